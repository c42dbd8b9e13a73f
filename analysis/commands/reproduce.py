"""`sing-eval reproduce`: analyse a bundle again."""

from __future__ import annotations

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("bundle", type=_PATH)
@click.option("--out", type=_PATH, help="Where to unpack it.  [default: the bundle's name]")
@click.option("--force", is_flag=True, help="Replace what an earlier run unpacked.")
def reproduce(bundle: Path, out: Path | None, force: bool) -> None:
    """Check a study's archive, compute its results again, and compare the bytes.

    BUNDLE is what `sing-eval bundle` wrote. Exit code 3 says that results differ.
    """
    from analysis import bundle as bundles

    target = out or bundle.with_suffix("")
    found = bundles.reproduce(bundle, target, force)
    click.echo(f"{len(found.same):,} results, all the same bytes")
    click.echo(str(found.folder))
