"""`sing-eval study serve`: the web server of a study."""

from __future__ import annotations

from pathlib import Path

import click

from listening_app.commands.options import database_option, study_argument


@click.command()
@study_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True,
    help="Port to listen on; 0 takes a free one.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True,
    help="Processes; more than one are of use with PostgreSQL.",
)  # fmt: skip
@database_option
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="A proxy of yours (nginx, say) stands before: believe what it says of addresses.",
)
@click.option(
    "--unlimited", is_flag=True, help="No rate limits: for rehearsals from a single computer."
)
def serve(
    folder: Path,
    host: str,
    port: int,
    workers: int,
    database_url: str | None,
    behind_proxy: bool,
    unlimited: bool,
) -> None:
    """Serve the study in DIR to raters, until Ctrl-C.

    The monitor page is at /monitor; its password is printed once, at the first start. Stop and
    start as you like: every answer that a rater's page has seen stored is on disk.
    """
    from listening_app.monitor_password import first_password
    from listening_app.serve import Serving
    from listening_app.serve import serve as run

    def ready(address: str) -> None:
        password = first_password(folder)
        if password:
            click.echo(f"monitor password, shown this once: {password}")
        click.echo(f"serving {folder} at {address} (monitor: {address}monitor)")

    run(
        Serving(
            folder=folder,
            host=host,
            port=port,
            workers=workers,
            database_url=database_url,
            is_behind_proxy=behind_proxy,
            is_limited=not unlimited,
        ),
        ready,
    )
