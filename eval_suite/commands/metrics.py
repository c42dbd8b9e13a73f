"""`sing-eval metrics`: score systems against the ground truth."""

from __future__ import annotations

from pathlib import Path

import click

from eval_suite.baselines import BASELINES


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
    "--baseline",
    "baseline_names",
    multiple=True,
    metavar="NAME",
    help=f"A baseline; repeat for several: {', '.join(BASELINES)}.  [default: all of them]",
)
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Processes.  [default: one a core]"
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed of white-noise, of griffin-lim's first phases and of the intervals.",
)
@click.option("--device", metavar="NAME", help="cpu, cuda or cuda:N.  [default: a GPU if any]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("metrics.csv"),
    show_default=True,
    help="The table, one row a system and note.",
)
@click.option(
    "--classifier",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Judge of pitch_accuracy, frechet_distance, ....  [default: the shipped one]",
)
@click.option(
    "--cache/--no-cache", default=True, show_default=True, help="Keep small features for later."
)
@click.option("--resume", is_flag=True, help="Go on where a stopped command left off.")
@click.option("--force", is_flag=True, help="Replace an existing table.")
@click.option("--list", "is_list_asked", is_flag=True, help="List the metrics, and stop.")
def metrics(
    sources: tuple[Path, ...],
    split_name: str | None,
    data: Path | None,
    reference: Path | None,
    metric_names: tuple[str, ...],
    notes_file: str | None,
    limit: int | None,
    baselines: bool,
    baseline_names: tuple[str, ...],
    jobs: int | None,
    seed: int,
    device: str | None,
    out: Path,
    classifier: Path | None,
    cache: bool,
    resume: bool,
    force: bool,
    is_list_asked: bool,
) -> None:
    """Score systems against the ground truth, note by note.

    A SOURCE is a folder, known by what it holds: system.json a system, config.toml a run (its
    notes are generated on the fly), examples.json a dataset. Without any: every folder in
    ./systems, else the demo run that comes with sing-eval.

    Writes a table with a row for each system and note, and prints each system's means with 95 %
    intervals beside those of the baselines. A note that cannot be scored is a row with a reason,
    and the exit code is then 3.

    The baselines: silence; white-noise; nearest-pitch, the nearest training note of the same
    instrument; griffin-lim, the reference's magnitudes with the phase estimated anew; mulaw8, the
    reference in 8-bit mu-law. The last two know the reference: nobody has to beat them.
    """
    from eval_suite import evaluate, request, summary, text_table, workers
    from eval_suite.distances import distances_path
    from eval_suite.metrics.listing import print_metrics
    from sing.errors import SingError
    from sing.processes import processes

    console = text_table.stdout_console()
    if is_list_asked:
        print_metrics(console)
        return
    given = (sources, split_name, data, reference, metric_names, notes_file, limit)
    asked = request.Request(*given, baselines, baseline_names, seed, classifier, cache)
    with processes(device) as group:
        group.on_main(lambda: evaluate.check_output(out, resume, force))
        try:
            plan, splits = request.make_plan(asked, str(group.device))
        except SingError as error:
            group.fail(error)
        written = "\n".join(map(str, [out, distances_path(out)][: 2 if plan.distances else 1]))
        if group.on_main(lambda: evaluate.is_finished(out, plan, resume, force)):
            if group.is_main:
                click.echo(written)
            return
        group.on_main(lambda: evaluate.check_distances(out, plan, force))
        workers_wanted = jobs or workers.default_jobs(plan) if group.world_size == 1 else jobs or 1
        made = evaluate.evaluate(plan, splits, out, workers_wanted, resume, group)
        if made is None:
            return
    text_table.print_table(summary.summarize(plan, made, splits), console)
    click.echo(written)
    evaluate.check_complete(out, plan, made.results)
