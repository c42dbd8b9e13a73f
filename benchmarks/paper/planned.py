"""The planned runs of runs.toml, and how far each of them has come in a folder of runs."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sing.config import Config, first_difference, load_config
from sing.errors import SingError, suggestion
from sing.run import Run, epochs_done, is_begun, open_run
from sing.train import PHASES
from sing.train.checkpoints import CheckpointFile, Setting

PLAN = Path(__file__).with_name("runs.toml")

FINISHED = "finished"
ABSENT = "not begun"


@dataclass(frozen=True)
class PlannedRun:
    """A run to be: `variant` is its name in runs.toml, `settings` what changes the base."""

    variant: str
    purpose: str
    base: str
    settings: tuple[str, ...]
    seed: int
    is_first_seed: bool
    reconstructs: bool

    @property
    def name(self) -> str:
        """The name of its folder: the variant's, with the seed unless that is the first."""
        return self.variant if self.is_first_seed else f"{self.variant}-seed{self.seed}"

    @property
    def overrides(self) -> tuple[str, ...]:
        """All settings that lead from the base to this run, as `sing train --set` takes them."""
        return (*self.settings, f"seed={self.seed}", f"name={self.name}")

    @property
    def config(self) -> Config:
        """The resolved configuration."""
        return load_config(self.base, self.overrides)


def planned_runs(
    plan: Path = PLAN, only: Sequence[str] = (), settings: Iterable[str] = ()
) -> list[PlannedRun]:
    """The runs of a plan, all first seeds before the second ones; `only` these variants.

    `settings` change every run, before its own do. Raises SingError for a variant that the plan
    does not have.
    """
    content = tomllib.loads(plan.read_text(encoding="utf-8"))
    variants: dict[str, dict[str, Any]] = content["runs"]
    for name in only:
        if name not in variants:
            raise SingError(f"--only {name}: not in {plan.name}; {suggestion(name, variants)}")
    shared = tuple(settings)
    found = [
        (place, PlannedRun(
            name, str(run["purpose"]), str(content["base"]), (*shared, *run.get("set", ())),
            seed, place == 0, bool(run.get("reconstruct", False)),
        ))
        for name, run in variants.items()
        if name in only or not only
        for place, seed in enumerate(run.get("seeds", content["seeds"]))
    ]  # fmt: skip
    return [run for _, run in sorted(found, key=lambda pair: pair[0])]


def open_planned(folder: Path, planned: PlannedRun) -> Run:
    """The run of this plan in `folder`, under its planned name, which tables use.

    Raises SingError when the folder holds a run of another configuration; names may differ.
    """
    run = open_run(folder, planned.name)
    if difference := first_difference(planned.config, run.config, "name"):
        key, ours, theirs = difference
        raise SingError(
            f"{folder}: '{key}' is {theirs} in the run and {ours} in the plan; "
            "move the folder away, or change runs.toml"
        )
    return run


def state(folder: Path, planned: PlannedRun) -> str:
    """FINISHED, ABSENT, or where the run in `folder` stands. Errors as `open_planned`."""
    if not is_begun(folder):
        return ABSENT
    run = open_planned(folder, planned)
    is_complete = _all_epochs(run)
    try:
        checkpoint = CheckpointFile(folder, Setting.here(1)).load()
    except SingError:  # of an older version, which does not matter to a finished run
        if is_complete:
            return FINISHED
        raise
    if checkpoint is None or checkpoint.position.is_past(PHASES[-1]):
        return FINISHED if is_complete else ABSENT
    position = checkpoint.position
    epochs = getattr(run.config, position.phase).epochs
    return f"stopped in {position.phase}, {position.epoch} of {epochs} epochs done"


def _all_epochs(run: Run) -> bool:
    done = epochs_done(run) or Counter()
    return all(done.get(phase, 0) == epochs for phase, epochs in run.config.planned_epochs.items())
