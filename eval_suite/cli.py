"""The command `sing-eval`. Commands are named as strings and imported when asked for."""

from __future__ import annotations

import click

from sing import __version__
from sing.cli.lazy import LazyGroup, run_command


@click.group(
    cls=LazyGroup,
    commands_at={"metrics": "eval_suite.commands.metrics:metrics"},
    summaries={"metrics": "Score systems against the ground truth, note by note."},
)
@click.version_option(__version__, prog_name="sing-eval")
def cli() -> None:
    """Evaluation of note synthesizers: everything is a (system, note) pair."""


def main() -> None:
    """Entry point of the command `sing-eval`."""
    run_command(cli, "sing-eval")
