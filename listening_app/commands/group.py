"""`sing-eval study`: listening studies from study.toml to exported ratings."""

from __future__ import annotations

import click

from sing.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    commands_at={
        "new": "listening_app.commands.new:new",
        "build": "listening_app.commands.build:build",
        "check": "listening_app.commands.check:check",
        "serve": "listening_app.commands.serve:serve",
        "status": "listening_app.commands.status:status",
        "export": "listening_app.commands.export:export",
        "erase": "listening_app.commands.erase:erase",
        "rehearse": "listening_app.commands.rehearse:rehearse",
        "lock-rules": "listening_app.commands.lock_rules:lock_rules",
        "publish": "listening_app.commands.publish:publish",
        "pay": "listening_app.commands.pay:pay",
    },
    summaries={
        "new": "Write a commented study.toml.",
        "build": "Draw notes and sheets, and make the stimuli.",
        "check": "The blinding audit: does anything but the sound tell the system?",
        "serve": "Serve the study to raters.",
        "status": "How far the study is; never scores.",
        "export": "Write the tables of what raters did.",
        "erase": "Remove one rater's data.",
        "rehearse": "Let synthetic raters take the whole study: go or no-go.",
        "lock-rules": "Fix the screening rules before anybody sees a score.",
        "publish": "Put the study before a platform's raters.",
        "pay": "Pay a platform's raters.",
    },
)
def study() -> None:
    """Listening studies: a folder with study.toml, from design to ratings."""
