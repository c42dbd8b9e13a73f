"""Reading choices between two systems."""

from pathlib import Path

import pytest
from text_files import write_lines

from analysis.choices import keep, read_choices
from analysis.ratings import read_ratings
from sing.errors import SingError

NOTE = "bass_synthetic_068-049-025"
HEADER = "participant,note,reference,a,b,choice"


def test_a_choice_is_a_system_or_its_place(tmp_path: Path):
    rows = [
        f"ann,{NOTE},truth,sing,wavenet,sing",
        f"bob,{NOTE},truth,sing,wavenet,B",
        f"cem,{NOTE},truth,sing,wavenet,a",
        f"dee,{NOTE},truth,b,a,a",  # systems of these names: the name counts, not the place
    ]
    choices = read_choices(write_lines(tmp_path / "c.csv", HEADER, *rows))
    assert choices.main["choice"].tolist() == ["sing", "wavenet", "sing", "a"]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([f"ann,{NOTE},truth,sing,wavenet,truth"], "line 2: the choice is neither a nor b"),
        ([f"ann,{NOTE},truth,sing,sing,sing"], "line 2: a and b are the same system"),
        ([f"ann,{NOTE},truth,sing,wavenet,"], "line 2: no choice"),
        ([f"ann,{NOTE},truth,sing,wavenet,a"] * 2, "line 3: ann's choice .* stands there twice"),
        ([], "no row"),
    ],
)
def test_faulty_choices_are_one_line(tmp_path: Path, rows: list[str], fault: str):
    with pytest.raises(SingError, match=fault):
        read_choices(write_lines(tmp_path / "c.csv", HEADER, *rows))


def test_a_table_of_the_other_kind_says_which_commands_read_it(tmp_path: Path):
    choices = write_lines(tmp_path / "c.csv", HEADER, f"ann,{NOTE},truth,sing,wavenet,a")
    with pytest.raises(SingError, match=r"a table of choices, not of ratings; .* screen --choices"):
        read_ratings(choices)
    ratings = write_lines(tmp_path / "r.csv", "participant,system,note,score", f"ann,sing,{NOTE},3")
    with pytest.raises(SingError, match=r"a table of ratings, not of choices; .* analyze mos"):
        read_choices(ratings)


def test_preference_and_classic_abx_are_not_mixed(tmp_path: Path):
    header = "test,session,position,participant,kind,note,reference,a,b,choice"
    path = write_lines(
        tmp_path / "c.csv",
        header,
        f"abx,s,1,ann,main,{NOTE},sing,sing,wavenet,sing",
        f"preference,s,2,ann,main,{NOTE},truth,sing,wavenet,sing",
        f"preference,s,3,ann,control,{NOTE},truth,sing,wavenet,wavenet",
    )
    with pytest.raises(SingError, match="several in column 'test': abx, preference"):
        read_choices(path)
    chosen = read_choices(path, test="preference")
    assert len(chosen.main) == len(chosen.controls) == 1


def test_a_comparison_score_needs_no_choice_between_the_two(tmp_path: Path):
    header = "test,participant,note,a,b,choice,score"
    path = write_lines(tmp_path / "c.csv", header, f"cmos,ann,{NOTE},sing,wavenet,equal,0")
    assert read_choices(path).main["score"].tolist() == [0]


def test_mturk_choices_are_read(tmp_path: Path):
    path = write_lines(
        tmp_path / "Batch.csv",
        "HITId,AssignmentId,WorkerId,Input.note,Input.reference,Input.a,Input.b,Answer.choice",
        f"h,a1,W1,{NOTE},truth,sing,wavenet,A",
    )
    row = read_choices(path).main.iloc[0]
    assert (row["participant"], row["session"], row["choice"]) == ("W1", "a1", "sing")


def test_a_screening_table_applies_to_choices(tmp_path: Path):
    rows = [f"{who},{NOTE},truth,sing,wavenet,sing" for who in ("ann", "bob")]
    choices = read_choices(write_lines(tmp_path / "c.csv", HEADER, *rows))
    screening = write_lines(
        tmp_path / "s.csv",
        "participant,ratings,correlation,null_quantile,control_score,kept,reason",
        "ann,1,,,,yes,",
        "bob,1,,,,no,listens with speakers",
    )
    assert keep(choices, screening).main["participant"].tolist() == ["ann"]
