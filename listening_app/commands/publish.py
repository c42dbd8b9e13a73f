"""`sing-eval study publish`: put the study before a platform's raters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from listening_app.commands.options import study_argument

if TYPE_CHECKING:
    from listening_app.crowd.recruiting import Offer


@click.command()
@study_argument
@click.option(
    "--url", "address", required=True, metavar="ADDRESS",
    help="The study's public address, such as https://study.example.org/.",
)  # fmt: skip
@click.option(
    "--places", type=click.IntRange(min=1), help="How many raters.  [default: as in study.toml]"
)
@click.option("--description", default="", help="What raters read.  [default: the consent text]")
@click.option("--live", is_flag=True, help="Prolific: not only a draft; raters can begin at once.")
def publish(folder: Path, address: str, places: int | None, description: str, live: bool) -> None:
    """Put the study in DIR before raters, on the platform that its study.toml names.

    local: write links, one a rater. prolific: make a draft through its interface, with the token
    in PROLIFIC_TOKEN, then take it live; without a token, print what to enter by hand. mturk:
    write the question that a HIT is made of.
    """
    from urllib.parse import urlsplit

    from listening_app.crowd.recruiters import recruiter_of
    from listening_app.crowd.recruiting import offer_of, secret_of
    from listening_app.study import open_study
    from sing.errors import SingError

    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        raise SingError(f"--url {address}: not an address; give https://HOST/")
    study = open_study(folder)
    secret = secret_of(folder)
    offer = offer_of(study, address, description, places or 0)
    if study.settings.platform.name == "prolific" and _has_no_token():
        for label, text in _by_hand(offer, secret):
            click.echo(f"{label:<16}{text}")
        return
    for line in recruiter_of(study, secret).publish(offer, live):
        click.echo(line)


def _has_no_token() -> bool:
    import os

    from listening_app.crowd.prolific_http import TOKEN

    return not os.environ.get(TOKEN)


def _by_hand(offer: Offer, secret: bytes) -> Iterator[tuple[str, str]]:
    """What to enter on Prolific's pages, since there is no token to do it with."""
    from listening_app.crowd.prolific import completion_codes, study_address

    yield "study link", study_address(offer.address)
    yield "places", f"{offer.places:,}"
    yield "minutes", f"{offer.minutes:,}"
    yield "reward", f"{offer.amount:.2f} {offer.currency}"
    for outcome, code in completion_codes(secret).items():
        yield "code", f"{code} for {outcome.replace('_', ' ')}"
    yield "", "enter these on Prolific, or set PROLIFIC_TOKEN and run this again"
