"""The listening page as a command and as files: whole or not at all, same inputs, same bytes."""

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import librosa
import pytest
from folder_contents import contents

from eval_suite.listening_page.rows import flac
from eval_suite.pitch_name import pitch_name
from eval_suite.tables import METRICS, read_table


@pytest.fixture
def half(make_system, workplace: Path):
    return make_system(Path("systems/half"))


def listen(sing_eval, dataset, *arguments: object):
    return sing_eval("listen", "--data", dataset.folder, "--metric", "wav_mse", *arguments)


class Addresses(HTMLParser):
    """Everything that an HTML page would load or link to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href", "srcset")]


def test_the_folder_holds_the_page_and_each_notes_sounds_and_pictures(sing_eval, dataset, half):
    done = listen(sing_eval, dataset, "--limit", 3, "--out", "page")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "page/index.html\n"
    names = {f"notes/000{row}{end}" for row in range(3) for end in (".js", "-0.png", "-1.png")}
    assert {*contents(Path("page"))} == {"index.html", "listening-page.json", *names}
    page = Path("page/index.html").read_text()
    assert set(Addresses(page).found) == {name for name in names if name.endswith(".png")}
    script = Path("page/notes/0002.js").read_text()
    row, sounds = re.fullmatch(r"receiveSounds\((\d+), (\[.*\])\);\n", script).groups()
    assert row == "2"
    assert base64.b64decode(json.loads(sounds)[1]) == flac(half.waveform(half.notes[2]))


def test_same_inputs_give_the_same_bytes(sing_eval, dataset, half):
    for out in ("one", "two"):
        assert listen(sing_eval, dataset, "--limit", 2, "--out", out).exit_code == 0
    assert contents(Path("one")) == contents(Path("two"))


def test_numbers_of_a_table_are_shown_as_they_are(sing_eval, dataset, half):
    scored = sing_eval("metrics", "--data", dataset.folder, "--metric", "wav_mse", "--no-baselines")
    assert scored.exit_code == 0
    done = listen(sing_eval, dataset, "--metrics", "metrics.csv", "--out", "page")
    assert done.exit_code == 0, done.stderr
    page = Path("page/index.html").read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    table = read_table(Path("metrics.csv"), METRICS).set_index("note")["wav_mse"]
    for note in data["notes"]:
        assert note["values"] == [[pytest.approx(table[note["name"]], rel=1e-5)]]
        assert f"</span> {table[note['name']]:.4g}"[:14] in page


def test_one_file_refers_to_no_other(sing_eval, dataset, half):
    done = listen(sing_eval, dataset, "--self-contained", "--limit", 2, "--out", "page.html")
    assert done.exit_code == 0, done.stderr
    page = Path("page.html").read_text()
    assert [path.name for path in Path().iterdir() if path.name != "systems"] == ["page.html"]
    addresses = Addresses(page).found
    assert len(addresses) == 4
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    sounds = json.loads(re.search(r'id="sounds-1">(.*?)</script>', page)[1])
    assert base64.b64decode(sounds[1]) == flac(half.waveform(half.notes[1]))


def test_no_name_can_break_out_of_the_text(sing_eval, dataset, make_system, workplace):
    system = make_system(Path("systems/half"))
    about = system.folder / "system.json"
    name = "</script><img src=x onerror=alert(1)>"
    about.write_text(json.dumps({**json.loads(about.read_text()), "name": name}))
    done = listen(sing_eval, dataset, "--limit", 1, "--out", "page")
    assert done.exit_code == 0, done.stderr
    page = Path("page/index.html").read_text()
    assert "<img src=x" not in page
    assert page.count("</script>") == 2


def test_a_broken_sound_is_said_with_exit_code_3_and_the_rest_is_there(sing_eval, dataset, half):
    half.audio_path(half.notes[1]).write_bytes(b"RIFF, but no more than that")
    done = listen(sing_eval, dataset, "--limit", 3, "--out", "page")
    assert done.exit_code == 3
    assert (
        "page/index.html: written, but without sounds that should be there: 1; the first is half "
        in (done.stderr.splitlines()[-1])
    )
    assert "cannot be read as audio" in Path("page/index.html").read_text()
    assert not Path("page/notes/0001-1.png").exists()


def test_a_page_that_fails_leaves_nothing_and_the_old_one_as_it_was(
    sing_eval, dataset, half, monkeypatch
):
    assert listen(sing_eval, dataset, "--limit", 1, "--out", "page").exit_code == 0
    before = contents(Path("page"))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("eval_suite.listening_page.page.shown_row", stop)
    assert listen(sing_eval, dataset, "--limit", 2, "--out", "page", "--force").exit_code != 0
    assert contents(Path("page")) == before
    assert {path.name for path in Path().iterdir()} == {"page", "systems"}


def test_force_replaces_a_page_and_nothing_else(sing_eval, dataset, half):
    assert listen(sing_eval, dataset, "--limit", 2, "--out", "page").exit_code == 0
    done = listen(sing_eval, dataset, "--limit", 1, "--out", "page")
    assert done.exit_code == 2
    assert "page: the folder is not empty; pass --force" in done.stderr
    assert listen(sing_eval, dataset, "--limit", 1, "--out", "page", "--force").exit_code == 0
    assert not Path("page/notes/0001.js").exists()
    done = listen(sing_eval, dataset, "--limit", 1, "--out", "systems", "--force")
    assert done.exit_code == 2
    assert half.audio_path(half.notes[0]).is_file()


ERRORS = {
    ("--out", "page.html"): "page.html: names a file; --out names a folder unless --self-contained",
    ("--out", "page", "--self-contained"): "page: --self-contained writes one file; pass --out pag",
    (
        *("--out", "page.html", "--self-contained"),
        *("--limit", "31"),
    ): "--limit 31: at most 30 notes fit a self-contained page; pass --limit 30",
    ("nowhere", "--out", "page"): "nowhere: there is no such folder; check the path",
}


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_a_wrong_request_is_one_line_and_writes_nothing(sing_eval, dataset, half, arguments):
    done = listen(sing_eval, dataset, *arguments)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: {ERRORS[arguments]}")
    assert {path.name for path in Path().iterdir()} == {"systems"}


def test_pitches_have_their_usual_names():
    for pitch in range(128):
        assert librosa.note_to_midi(pitch_name(pitch)) == pitch
