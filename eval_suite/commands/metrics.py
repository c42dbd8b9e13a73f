"""`sing-eval metrics`: score systems against the ground truth."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("sources", metavar="[SOURCE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--split",
    "split_name",
    type=click.Choice(["train", "valid", "test", "all"]),
    help="Part of the dataset to score.  [default: test; all notes of a list given by --notes]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DATASET",
    help="The dataset: its split, its training notes for nearest-pitch, and the reference.",
)
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="What to compare with: a dataset or a system folder.  [default: the sources' dataset]",
)
@click.option(
    "--metric",
    "metric_names",
    multiple=True,
    metavar="NAME[@EPSILON]",
    help="A metric; repeat for several. itakura_saito@1e-4 sets the floor under the spectra.",
)
@click.option(
    "--notes", "notes_file", metavar="CSV", help="Score these notes: a file, or paper-100."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N by name.")
@click.option("--baselines/--no-baselines", default=True, show_default=True, help="Add baselines.")
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Processes.  [default: one a core]"
)
@click.option("--seed", default=0, show_default=True, help="Seed of white-noise and the intervals.")
@click.option("--device", metavar="NAME", help="cpu, cuda or cuda:N.  [default: a GPU if any]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("metrics.csv"),
    show_default=True,
    help="The table, one row a system and note.",
)
@click.option("--resume", is_flag=True, help="Go on where a stopped command left off.")
@click.option("--force", is_flag=True, help="Replace an existing table.")
def metrics(
    sources: tuple[Path, ...],
    split_name: str | None,
    data: Path | None,
    reference: Path | None,
    metric_names: tuple[str, ...],
    notes_file: str | None,
    limit: int | None,
    baselines: bool,
    jobs: int | None,
    seed: int,
    device: str | None,
    out: Path,
    resume: bool,
    force: bool,
) -> None:
    """Score systems against the ground truth, note by note.

    A SOURCE is a folder, known by what it holds: system.json a system, config.toml a run (its
    notes are generated on the fly), examples.json a dataset. Without any: every folder in
    ./systems, else the demo run that comes with sing-eval.

    Writes a table with a row for each system and note, and prints each system's means with 95 %
    intervals beside those of the baselines silence, white-noise and nearest-pitch. A note that
    cannot be scored is a row with a reason, and the exit code is then 3.
    """
    from eval_suite import evaluate, request, summary, workers
    from sing.errors import SingError
    from sing.processes import processes

    asked = request.Request(
        sources, split_name, data, reference, metric_names, notes_file, limit, baselines, seed
    )
    with processes(device) as group:
        group.on_main(lambda: evaluate.check_output(out, resume, force))
        try:
            plan, splits = request.make_plan(asked, str(group.device))
        except SingError as error:
            group.fail(error)
        workers_wanted = jobs or workers.default_jobs(plan) if group.world_size == 1 else jobs or 1
        results = evaluate.evaluate(plan, splits, out, workers_wanted, resume, group)
        if results is None:
            return
    summary.print_summary(summary.summarize(plan, results, splits), summary.stdout_console())
    click.echo(str(out))
    evaluate.check_complete(out, plan, results)
