"""The files of a command that makes tables from tables: which it reads, which it writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from eval_suite.contracts import Contract
from eval_suite.tables import write_table
from sing import files
from sing.errors import SingError
from sing.provenance import provenance


def check_outputs(outputs: Sequence[Path], read: Iterable[Path], force: bool) -> None:
    """Make sure that the tables can be written. Raises SingError, saying what to do."""
    sources = {path.resolve() for path in read}
    for path in outputs:
        if path.is_dir():
            raise SingError(f"{path}: a folder; --out names the table's file, such as {path}/t.csv")
        if path.resolve() in sources:
            raise SingError(f"{path}: a table that is read; choose another --out")
        files.check_file(path, force)


def hashes(named: Mapping[str, Path]) -> dict[str, Any]:
    """Each file's path and SHA-256, by what it is."""
    return {name: {"file": str(path), "sha256": files.sha256(path)} for name, path in named.items()}


def write_tables(
    tables: Sequence[tuple[Path, Contract, pd.DataFrame]], facts: Mapping[str, Any]
) -> None:
    """Write the tables, the first one's record of where it comes from beside it."""
    for path, contract, table in tables:
        write_table(path, contract, table)
    record = tables[0][0].with_suffix(".provenance.json")
    files.write_json(record, provenance(**facts))
