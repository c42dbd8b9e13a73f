"""Which rows of a table of answers count: one study, one test, main trials, kept raters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.column_map import in_house_names
from analysis.dialect import read_cells
from analysis.times import utc_times
from eval_suite.contracts import Contract
from eval_suite.study_contracts import CHOICES, RATINGS, SCREENING
from eval_suite.tables import check_frame, read_table
from sing import files
from sing.errors import SingError, suggestion
from sing.notes import Note

MAIN = "main"


def read_answers(
    path: Path, contract: Contract, columns: Mapping[str, str] | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A table of answers under the contract's names, checked, and the place of each row.

    Notes named through a map, or in an MTurk batch, may have names of any form. The column `kind`
    is always there; `submitted_at`, if it is, holds times in UTC that sort as text.
    """
    cells = read_cells(path)
    frame, places = in_house_names(cells, contract, columns or {})
    if frame is not cells.frame:
        contract = with_any_note_names(contract)
    elif {one.name for one in contract.columns if one.is_required} <= {*frame}:
        _require_note_names(frame["note"], path, places)
    if cells.delimiter != ",":
        frame = _with_decimal_points(frame, contract)
    _require_kind_of_answer(frame, contract, path)
    if frame.empty:
        raise SingError(f"{path}: no row; there is nothing to analyse")
    checked = check_frame(frame, contract, str(path), places)
    if "submitted_at" in checked:
        times = utc_times(checked["submitted_at"], path, places)
        checked = checked.assign(submitted_at=times)
    kind = checked["kind"].where(checked["kind"] != "", MAIN) if "kind" in checked else MAIN
    return checked.assign(kind=kind), places


def _require_kind_of_answer(frame: pd.DataFrame, contract: Contract, path: Path) -> None:
    """Raise SingError for choices where ratings are expected, and the other way round."""
    # A table of choices may have scores too, those of CMOS.
    marks = {RATINGS.name: "system", CHOICES.name: "choice"}
    (theirs,) = marks.keys() - {contract.name}
    of_theirs = {marks[theirs], *(["score"] if theirs == RATINGS.name else [])}
    if marks[contract.name] not in frame and of_theirs & {*frame}:
        raise SingError(
            f"{path}: a table of {theirs}, not of {contract.name}; for choices there are sing-eval "
            "analyze abx, analyze screen --choices and analyze monitor --choices, for ratings "
            "analyze mos and compare"
        )


def with_any_note_names(contract: Contract) -> Contract:
    """The contract for answers collected elsewhere, whose notes may be called anything."""
    columns = (
        replace(column, kind="text") if column.kind == "note" else column
        for column in contract.columns
    )
    return replace(contract, columns=tuple(columns))


def _require_note_names(names: pd.Series, path: Path, places: tuple[str, ...]) -> None:
    """Raise SingError with the line of the first name that is none, and how to read such tables."""
    others = {name for name in names.unique() if name and not are_notes([name])}
    is_other = names.isin(others)
    first = names[is_other].head(1).sum()
    fault = (
        f"'{first}': not a note name such as bass_synthetic_068-049-025; mend it, or pass "
        "--column note=note if notes have other names"
    )
    require(~is_other, path, places, fault)


def _with_decimal_points(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Numbers such as 3,5 as 3.5: spreadsheets that write decimal commas separate by others."""
    numbers = [name for name in map(str, frame) if contract.column(name).kind == "number"]
    return frame.assign(
        **{name: frame[name].str.replace(r"^(-?\d*),(\d+)$", r"\1.\2", regex=True)
           for name in numbers}
    )  # fmt: skip


def are_notes(names: Iterable[str]) -> bool:
    """Whether all of these are names of notes as NSynth has them."""
    try:
        return all(Note.parse(name) for name in set(names))
    except SingError:
        return False


def require(is_fine: pd.Series, path: Path, places: tuple[str, ...], fault: str) -> None:
    """Raise SingError with the line of the first row that is not fine."""
    if not is_fine.all():
        raise SingError(f"{path}: {places[int((~is_fine).to_numpy().argmax())]}: {fault}")


def _chosen(frame: pd.DataFrame, column: str, wanted: str | None, path: Path) -> pd.Series:
    """Which rows are of the one study (or test, ...) that is asked for, or that is there.

    Raises SingError when there are several and none is asked for, or not the one asked for.
    """
    values = frame[column] if column in frame else pd.Series("", index=frame.index)
    names = sorted(map(str, values.unique()))
    if wanted is None:
        if len(names) > 1:
            listed = ", ".join(name or "(none)" for name in names)
            raise SingError(
                f"{path}: several in column '{column}': {listed}; name one with --{column}"
            )
        return pd.Series(True, index=frame.index)
    if wanted not in names:
        raise SingError(
            f"{path}: no {column} '{wanted}'; {suggestion(wanted, filter(None, names))}"
        )
    return values == wanted


def one_test(
    frame: pd.DataFrame,
    places: tuple[str, ...],
    study: str | None,
    test: str | None,
    path: Path,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows and places of the one study and test that are asked for, or that are there.

    Raises SingError when there are several and none is asked for, or not the one asked for, and
    when none of the rows is a main trial.
    """
    wanted = _chosen(frame, "study", study, path)
    # Only a study that is asked for narrows the tests that are looked at.
    inside = frame if study is None else frame[wanted]
    wanted &= _chosen(inside, "test", test, path).reindex(frame.index, fill_value=False)
    if not (frame["kind"][wanted] == MAIN).any():
        raise SingError(f"{path}: no row of kind main; controls and practice are no results")
    if wanted.all():
        return frame, places
    return frame[wanted].reset_index(drop=True), tuple(
        place for place, is_wanted in zip(places, wanted, strict=True) if is_wanted
    )


def of_kind(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The rows of this kind, numbered from 0."""
    return frame[frame["kind"] == kind].reset_index(drop=True)


def kept_by(screening: Path, frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of those whom the screening table at this path keeps, and its rules.

    Raises SingError when it does not fit its contract or these rows, or keeps nobody.
    """
    table, rules = _read_screening(screening)
    return _only_kept(frame, table, str(screening)), rules


def require_once(
    frame: pd.DataFrame, names: tuple[str, ...], path: Path, places: tuple[str, ...], what: str
) -> None:
    """Raise SingError for the second of two rows alike in these columns, as far as they are there.

    Repeats are told apart by session or position. `what` describes a row by its columns in braces.
    """
    further = ("kind", "session", "position")
    doubled = frame.duplicated([name for name in (*names, *further) if name in frame])
    if doubled.any():
        named = what.format_map(frame[doubled].iloc[0])
        fault = f"{named} stands there twice; remove one, or tell repeats apart by position"
        require(~doubled, path, places, fault)


def _only_kept(frame: pd.DataFrame, screening: pd.DataFrame, where: str) -> pd.DataFrame:
    """The rows of participants whom a screening table keeps.

    Raises SingError for a participant who is not in the screening table, and when nobody with a
    main trial is kept.
    """
    unknown = sorted({*frame["participant"]} - {*screening["participant"]})
    if unknown:
        raise SingError(
            f"{where}: no row for participant '{unknown[0]}' (and {len(unknown) - 1:,} more); "
            "screen this very table of answers"
        )
    kept = frame["participant"].isin(screening.loc[screening["kept"] == "yes", "participant"])
    if not kept.any():
        raise SingError(f"{where}: nobody is kept; choose other rules")
    if not (frame["kind"][kept] == MAIN).any():
        raise SingError(
            f"{where}: nobody who is kept has a row of kind main; controls and practice are no "
            "results; choose other rules"
        )
    return frame[kept].reset_index(drop=True)


def _read_screening(path: Path) -> tuple[pd.DataFrame, str]:
    """A screening table, and the name and hash of its rules ("unknown rules" without a record)."""
    frame = read_table(path, SCREENING)
    record = path.with_suffix(".provenance.json")
    if not record.is_file():
        return frame, "unknown rules"
    facts = files.read_json(record)
    rules = facts.get("rules", {}) if isinstance(facts, dict) else {}
    name, digest = rules.get("name"), rules.get("sha256")
    return frame, f"{name} ({digest[:12]})" if name and digest else "unknown rules"
