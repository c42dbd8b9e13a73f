"""Reading ratings: the house's table, other tools' tables, MTurk batches, and what is refused."""

from pathlib import Path

import pytest
from text_files import write_lines

from analysis.column_map import parse_columns
from analysis.ratings import keep, read_ratings
from sing.errors import SingError

NOTE = "bass_synthetic_068-049-025"
OTHER = "flute_acoustic_073-060-100"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two raters, two systems; a control and a practice trial."""
    header = "study,test,session,position,system,participant,kind,note,score,scale_min,scale_max"
    rows = [
        f"{study},mos,{session},{place},{system},{rater},{kind},{NOTE},{score},1,5"
        for study, session, place, system, rater, kind, score in (
            ("s", "a", 1, "sing", "ann", "main", 4),
            ("s", "a", 2, "wavenet", "ann", "", 3),
            ("s", "a", 3, "sing", "ann", "control", 1),
            ("s", "b", 1, "sing", "bob", "main", 5),
            ("s", "b", 2, "sing", "bob", "practice", 2),
        )
    ]
    return write_lines(tmp_path / "ratings.csv", header, *rows)


def test_only_main_rows_are_results_and_no_kind_means_main(table: Path):
    ratings = read_ratings(table)
    assert len(ratings.table) == 5
    assert ratings.main["score"].tolist() == [4, 3, 5]
    assert ratings.controls["score"].tolist() == [1]
    assert ratings.scale == (1, 5)
    assert ratings.rules == "none"


def test_four_columns_are_enough(tmp_path: Path):
    path = write_lines(tmp_path / "r.csv", "participant,system,note,score", f"ann,sing,{NOTE},4")
    assert read_ratings(path).main["score"].tolist() == [4]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_delimiters_and_decimal_commas_are_understood(tmp_path: Path, mark: str):
    header = mark.join(["participant", "system", "note", "score"])
    path = write_lines(tmp_path / "r.csv", header, mark.join(["ann", "sing", NOTE, "3,5"]))
    assert read_ratings(path).main["score"].tolist() == [3.5]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "line 1: empty"),
        (b"ratings of my study\n4\n", "line 1: one column only, 'ratings of my study'"),
        (b"participant,system,note,score\n", "no row"),
        (b"participant,system,note,score\nann,sing\n", "line 2: 2 cells, expected 4"),
        (b"PK\x03\x04\xff\xfe", "not a UTF-8 CSV file"),
        (b"participant,system,note,score,score\n", "two columns are called 'score'"),
        (b"participant,system,note,rating\n1,2,3,4\n", "no column 'score'"),
        (f"participant,system,note,score\nann,sing,{NOTE},good\n".encode(), "line 2: 'good'"),
        (f"participant,system,note,score\nann,sing,{NOTE},nan\n".encode(), "line 2: 'nan'"),
        (b"participant,system,note,score\nann,sing,stim7,4\n", "line 2: 'stim7': not a note"),
        (f"participant,system,note,score\n,sing,{NOTE},4\n".encode(), "line 2: no participant"),
    ],
)
def test_a_faulty_file_is_one_line_with_its_place(tmp_path: Path, content: bytes, fault: str):
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(SingError) as error:
        read_ratings(path)
    assert str(error.value).startswith(f"{path}: ")
    assert fault in str(error.value)


def test_a_missing_file_is_one_line(tmp_path: Path):
    with pytest.raises(SingError, match="there is no such file"):
        read_ratings(tmp_path / "none.csv")


def test_columns_of_other_names_are_mapped(tmp_path: Path):
    path = write_lines(tmp_path / "r.csv", "worker;codec;file;mos", "ann;sing;out/clip 7.wav;4")
    columns = parse_columns(["participant=worker", "system=codec", "note=file", "score=mos"])
    main = read_ratings(path, columns).main
    assert main[["participant", "system", "note", "score"]].values.tolist() == [
        ["ann", "sing", "clip 7", 4.0]
    ]


def test_a_map_of_some_columns_leaves_the_others_their_names(tmp_path: Path):
    header = "worker,system,note,score,kind,device"
    rows = ("ann,sing,clip 7,4,main,x", "ann,sing,clip 8,1,control,x")
    path = write_lines(tmp_path / "r.csv", header, *rows)
    ratings = read_ratings(path, parse_columns(["participant=worker", "device="]))
    assert ratings.main[["participant", "note", "score"]].values.tolist() == [["ann", "clip 7", 4]]
    assert len(ratings.controls) == 1
    assert "device" not in ratings.table


def test_a_column_map_can_be_a_toml_file(tmp_path: Path):
    given = write_lines(tmp_path / "map.toml", 'participant = "worker"', 'stimulus = "url"')
    columns = parse_columns([str(given), "score=mos"])
    path = write_lines(
        tmp_path / "r.csv", "worker,url,mos", f"ann,https://x/y/sing/{NOTE}.wav?v=1,4"
    )
    row = read_ratings(path, columns).main.iloc[0]
    assert (row["system"], row["note"]) == ("sing", NOTE)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (["score=points"], "no column 'points' for score"),
        (["skore=score"], "did you mean 'score'"),
        (["score"], "expected HOUSE=THEIRS or a .toml file"),
        (["score=a", "score=b"], "given twice"),
        (["score=none{n}"], "with a number n"),
    ],
)
def test_faulty_column_maps_are_one_line(tmp_path: Path, given: list[str], fault: str):
    path = write_lines(tmp_path / "r.csv", "participant,system,note,score", f"ann,sing,{NOTE},4")
    with pytest.raises(SingError, match=fault):
        read_ratings(path, parse_columns(given))


def test_an_mturk_batch_holds_several_ratings_in_a_row(tmp_path: Path):
    stimuli = f"https://b.example/sing/{NOTE}.wav", f"https://b.example/wavenet/{OTHER}.wav"
    path = write_lines(
        tmp_path / "Batch_1.csv",
        '"HITId","AssignmentId","WorkerId","AssignmentStatus","WorkTimeInSeconds","Input.stimulus1",'
        '"Input.stimulus2","Answer.score1","Answer.score2"',
        f'"h1","a1","W1","Approved","30","{stimuli[0]}","{stimuli[1]}","4","2"',
        f'"h2","a2","W2","Submitted","12","{stimuli[1]}","","3",""',
    )
    main = read_ratings(path).main
    rows = main[["participant", "session", "position", "system", "note", "score", "seconds"]]
    assert rows.values.tolist() == [
        ["W1", "a1", 1, "sing", NOTE, 4, 15],
        ["W1", "a1", 2, "wavenet", OTHER, 2, 15],
        ["W2", "a2", 1, "wavenet", OTHER, 3, 12],
    ]


def test_an_mturk_batch_without_an_answer_is_one_line(tmp_path: Path):
    header = "HITId,AssignmentId,WorkerId,Input.stimulus,Answer.score"
    path = write_lines(tmp_path / "Batch.csv", header)
    with pytest.raises(SingError, match=r"Batch.csv: no row; there is nothing to analyse"):
        read_ratings(path)


def test_numbers_of_one_value_keep_their_order(tmp_path: Path):
    columns = parse_columns(["participant=who", "note=n{n}", "system=s", "score=q{n}"])
    header = "who,s,q1,n1,q01,n01,q001,n001"
    path = write_lines(tmp_path / "wide.csv", header, "ann,sing,1,a,2,b,3,c")
    assert read_ratings(path, columns).main["score"].tolist() == [3, 2, 1]


def test_times_of_any_form_are_utc_that_sorts_as_text(tmp_path: Path):
    # The winter's clock of California is 8 hours behind UTC, the summer's 7.
    told = [
        ("Tue Dec 31 23:30:00 PST 2019", "2020-01-01T07:30:00.000000Z"),
        ("Mon Jan 06 10:00:00 PST 2020", "2020-01-06T18:00:00.000000Z"),
        ("2020-01-06T19:00:00.5+01:00", "2020-01-06T18:00:00.500000Z"),
        ("Fri Jul  3 17:00:00 PDT 2020", "2020-07-04T00:00:00.000000Z"),
        ("2027-01-15T08:00:00.000Z", "2027-01-15T08:00:00.000000Z"),
        ("2027-01-15 08:00:01", "2027-01-15T08:00:01.000000Z"),
    ]
    rows = [f"a{place},W{place},{NOTE},sing,4,{time}" for place, (time, _) in enumerate(told)]
    header = "AssignmentId,WorkerId,Input.note,Input.system,Answer.score,SubmitTime"
    path = write_lines(tmp_path / "Batch.csv", header, *rows)
    found = read_ratings(path).main["submitted_at"].tolist()
    assert found == sorted(found) == [utc for _, utc in told]


@pytest.mark.parametrize(
    "time", ["Mon Jan 06 10:00:00 EST 2020", "06.01.2020 10:00", "PST 2020", "1578333600"]
)
def test_a_time_that_does_not_sort_is_refused_with_its_line(tmp_path: Path, time: str):
    header = "participant,system,note,score,submitted_at"
    rows = [f"ann,sing,{NOTE},4,2020-01-06T10:00:00Z", f"bob,sing,{NOTE},4,{time}"]
    path = write_lines(tmp_path / "r.csv", header, *rows)
    with pytest.raises(SingError, match=f"r.csv: line 3: submitted_at '{time}' is no time such"):
        read_ratings(path)
    assert len(read_ratings(path, parse_columns(["submitted_at="])).main) == 2


def test_numbered_columns_of_any_tool_become_rows(tmp_path: Path):
    path = write_lines(
        tmp_path / "wide.csv",
        "who,file_1,model_1,q_1,file_2,model_2,q_2",
        f"ann,{NOTE},sing,4,{OTHER},sing,2",
    )
    columns = parse_columns(["participant=who", "note=file_{n}", "system=model_{n}", "score=q_{n}"])
    main = read_ratings(path, columns).main
    assert main["note"].tolist() == [NOTE, OTHER]
    assert main["score"].tolist() == [4, 2]


def test_an_answer_left_out_of_a_wide_row_is_named(tmp_path: Path):
    path = write_lines(
        tmp_path / "Batch.csv",
        "AssignmentId,WorkerId,Input.note1,Input.system1,Answer.score1",
        f"a1,W1,{NOTE},sing,",
    )
    with pytest.raises(SingError, match=r"line 2: no score"):
        read_ratings(path)


def test_a_score_outside_the_scale_is_named(table: Path):
    table.write_text(table.read_text().replace(",4,1,5", ",6,1,5"))
    with pytest.raises(SingError, match=r"line 2: score \S+ is outside the scale, 1 to 5"):
        read_ratings(table)
    with pytest.raises(SingError, match=r"line 3: score \S+ is outside the scale, 4 to 6"):
        read_ratings(table, scale=(4, 6))


def test_two_scales_are_refused(table: Path):
    table.write_text(table.read_text().replace("3,1,5", "3,0,100"))
    with pytest.raises(SingError, match="several scales"):
        read_ratings(table)


def test_a_rating_that_stands_there_twice_is_refused_unless_positions_tell(tmp_path: Path):
    row = f"ann,sing,{NOTE},4"
    path = write_lines(tmp_path / "r.csv", "participant,system,note,score", row, row)
    with pytest.raises(SingError, match=r"line 3: ann's rating of sing.* stands there twice"):
        read_ratings(path)
    path = write_lines(
        tmp_path / "r.csv", "participant,system,note,score,position", f"{row},1", f"{row},2"
    )
    assert len(read_ratings(path).main) == 2


def test_several_studies_are_refused_unless_one_is_named(table: Path):
    table.write_text(table.read_text().replace("s,mos,b", "t,mushra,b"))
    with pytest.raises(SingError, match=r"several in column 'study': s, t; name one with --study"):
        read_ratings(table)
    assert set(read_ratings(table, study="s").main["participant"]) == {"ann"}
    with pytest.raises(SingError, match="no study 'u'"):
        read_ratings(table, study="u")


def test_several_tests_are_refused_unless_one_is_named(table: Path):
    table.write_text(table.read_text().replace("s,mos,b", "s,mushra,b"))
    with pytest.raises(SingError, match=r"several in column 'test': mos, mushra"):
        read_ratings(table)
    assert set(read_ratings(table, test="mushra").main["participant"]) == {"bob"}


def test_an_unknown_kind_is_refused(table: Path):
    table.write_text(table.read_text().replace("practice", "warmup"))
    with pytest.raises(SingError, match="'warmup': kind must be one of main, control, practice"):
        read_ratings(table)


def test_a_table_of_controls_only_is_refused(table: Path):
    table.write_text(table.read_text().replace(",main,", ",control,").replace(",,", ",control,"))
    with pytest.raises(SingError, match="no row of kind main"):
        read_ratings(table)


def test_cells_that_look_like_formulas_are_names(tmp_path: Path):
    name = '=HYPERLINK(""http://x"")'
    path = write_lines(
        tmp_path / "r.csv", "participant,system,note,score", f'"{name}",@sum,{NOTE},-1'
    )
    row = read_ratings(path).main.iloc[0]
    assert (row["participant"], row["system"]) == ('=HYPERLINK("http://x")', "@sum")
    assert row["score"] == -1


SCREENED = "participant,ratings,correlation,null_quantile,control_score,kept,reason"


def test_a_screening_table_keeps_rows_of_the_kept(table: Path, tmp_path: Path):
    path = write_lines(tmp_path / "s.csv", SCREENED, "ann,2,,,,no,too fast", "bob,1,,,,yes,")
    kept = keep(read_ratings(table), path)
    assert kept.main["participant"].tolist() == ["bob"]
    assert kept.rules == "unknown rules"


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["bob,1,,,,yes,"], "no row for participant 'ann'"),
        (["ann,2,,,,no,x", "bob,1,,,,no,x"], "nobody is kept"),
        (["ann,2,,,,no,x", "bob,1,,,,yes,"], "nobody who is kept has a row of kind main"),
        (["ann,2,,,,maybe,x"], "kept must be one of yes, no"),
    ],
)
def test_a_screening_table_that_does_not_fit_is_refused(
    table: Path, tmp_path: Path, rows: list[str], fault: str
):
    table.write_text(table.read_text().replace("bob,main", "bob,control"))
    path = write_lines(tmp_path / "s.csv", SCREENED, *rows)
    with pytest.raises(SingError, match=fault):
        keep(read_ratings(table), path)


def test_the_numbers_of_a_batchs_columns_may_follow_an_underscore(tmp_path: Path):
    header = (
        "AssignmentId,WorkerId,Input.note_1,Input.system_1,Answer.score1,Input.note_2,"
        "Input.system_2,Answer.score2"
    )
    path = write_lines(tmp_path / "b.csv", header, f"a1,W1,{NOTE},sing,4,{OTHER},wavenet,2")
    main = read_ratings(path).main
    assert main["system"].tolist() == ["sing", "wavenet"]
    assert main["score"].tolist() == [4, 2]


def test_a_batch_without_a_needed_column_lists_those_that_it_has(tmp_path: Path):
    header = "AssignmentId,WorkerId,Input.note1,Input.codec1,Answer.score1"
    path = write_lines(tmp_path / "b.csv", header, f"a1,W1,{NOTE},sing,4")
    fault = (
        "b.csv: line 1: no column 'Input.system' for system, nor 'Input.system1' or "
        "'Input.system_1'; pass --column system=THEIRS, one of AssignmentId, WorkerId, Input.note1"
    )
    with pytest.raises(SingError, match=fault):
        read_ratings(path)
