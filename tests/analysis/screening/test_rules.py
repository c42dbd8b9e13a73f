"""Rule files: strict, shipped ones valid, and a hash that anybody can compute."""

import hashlib
from pathlib import Path

import pytest

from analysis.screening.rules import read_rules, rules_path, shipped
from sing.errors import SingError


def write(folder: Path, text: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_shipped_rules_are_valid_and_called_as_their_files():
    assert shipped() == ["default", "bs1534", "bt500", "crowdmos", "p808"]
    assert [read_rules(name).rules.name for name in shipped()] == shipped()


def test_the_hash_is_that_of_the_files_bytes(tmp_path: Path):
    text = 'name = "mine"\n[variance]\nsmallest = 0.1\n'
    path = write(tmp_path, text)
    assert read_rules(path).sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (
        read_rules(write(tmp_path, text + "# seen\n")).sha256
        != hashlib.sha256(text.encode()).hexdigest()
    )
    assert (
        read_rules("default").sha256
        == hashlib.sha256(rules_path("default").read_bytes()).hexdigest()
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no key 'name'"),
        ('name = "x"\n', r"no rule; expected a table such as \[permutation\]"),
        ('name = "a b"\n[variance]\n', "name = 'a b'"),
        ('name = "x"\n[varianse]\n', "no key 'varianse'; did you mean 'variance'"),
        ('name = "x"\n[variance]\nsmalest = 1\n', "no key 'variance.smalest'"),
        ('name = "x"\n[variance]\nsmallest = "0.1"\n', "variance.smallest = '0.1'"),
        ('name = "x"\n[permutation]\nfalse_pass_rate = 1.5\n', "less than 1"),
        ('name = "x"\n[headphones]\ntests = "some"\n', "headphones.tests = 'some'"),
        ('name = "x"\n[headphones]\nantiphase_hits = 7\n', "less than or equal to 6"),
        ("name = \n", "not TOML"),
    ],
)
def test_faulty_rules_are_one_line(tmp_path: Path, text: str, fault: str):
    path = write(tmp_path, text)
    with pytest.raises(SingError, match=fault) as error:
        read_rules(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("crowdmoss", "did you mean 'crowdmos'"), ("none.toml", "there is no such file")],
)
def test_unknown_rules_are_one_line(name: str, fault: str):
    with pytest.raises(SingError, match=fault):
        read_rules(name)
