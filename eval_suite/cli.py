"""The command `sing-eval`. Commands are named as strings and imported when asked for."""

from __future__ import annotations

import click

from sing import __version__
from sing.cli.lazy import LazyGroup, run_command


@click.group(
    cls=LazyGroup,
    commands_at={
        "metrics": "eval_suite.commands.metrics:metrics",
        "breakdown": "eval_suite.commands.breakdown:breakdown",
        "differences": "eval_suite.commands.differences:differences",
        "systems": "eval_suite.commands.systems:systems",
        "rainbowgram": "eval_suite.commands.rainbowgram:rainbowgram",
        "listen": "eval_suite.commands.listen:listen",
        "classifier": "eval_suite.commands.classifier:classifier",
        "study": "listening_app.commands.group:study",
        "analyze": "analysis.commands.group:analyze",
        "tables": "analysis.commands.tables:tables",
        "figures": "analysis.commands.figures:figures",
        "report": "analysis.commands.report:report",
        "bundle": "analysis.commands.bundle:bundle",
        "reproduce": "analysis.commands.reproduce:reproduce",
    },
    summaries={
        "metrics": "Score systems against the ground truth, note by note.",
        "breakdown": "Means by instrument family, source, octave or velocity.",
        "differences": "Paired differences of systems, with two-way intervals.",
        "systems": "Bring outputs from anywhere into one form, list and check them.",
        "rainbowgram": "Pictures of notes: loudness and phase over pitch and time.",
        "listen": "A page on which a person listens and compares.",
        "classifier": "The classifier of pitch and family behind some metrics.",
        "study": "Listening studies: MOS, preference, ABX, from a file and a folder.",
        "analyze": "Statistics of ratings: screening, scores, intervals, plans.",
        "tables": "The paper's tables, ours beside the published numbers.",
        "figures": "Figures of scores, metrics, pitches and training.",
        "report": "One page that tells a study's story.",
        "bundle": "A study as one archive that can be analysed again.",
        "reproduce": "Analyse a bundle again and compare the bytes.",
    },
)
@click.version_option(__version__, prog_name="sing-eval")
def cli() -> None:
    """Evaluation of note synthesizers: everything is a (system, note) pair."""


def main() -> None:
    """Entry point of the command `sing-eval`."""
    run_command(cli, "sing-eval")
