"""A question before what cannot be taken back."""

from __future__ import annotations

import sys

import click

from sing.errors import SingError


def confirm(question: str) -> None:
    """Ask on the terminal and go on only after a yes.

    Raises SingError when the answer is no, and when nobody is there to answer.
    """
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise SingError(f"{question} Nobody is there to answer; pass --yes") from None
    if not agreed:
        raise SingError("nothing was done: the answer was no")
