"""One-line errors and exit codes of the commands, as a shell sees them."""

import io
import subprocess
import sys

import click
import pytest

from sing.cli.lazy import run_command
from sing.errors import CheckFailed, SingError


def sing(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sing", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["trian"], "error: sing: no command 'trian'; did you mean 'train'?; see sing --help"),
        (["data", "chek", "x"], "error: sing data: no command 'chek'; did you mean 'check'?"),
        (["train"], "error: sing train: Missing argument 'CONFIG'; see sing train --help"),
        (["train", "tiny", "--sed", "3"], "error: sing train: No such option"),
        (["train", "tiny", "--seed", "x"], "error: sing train: Invalid value for '--seed'"),
        (["data", "info", "none"], "error: none: there is no such folder; check the path"),
    ],
)
def test_user_errors_are_one_line_on_stderr_and_exit_2(arguments, line):
    process = sing(*arguments)
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr.startswith(line)
    assert process.stderr.count("\n") == 1


def test_a_group_alone_prints_its_help_and_exits_2():
    process = sing("data")
    assert process.returncode == 2
    assert process.stderr.startswith("Usage: sing data [OPTIONS] COMMAND [ARGS]...\n")
    assert process.stderr.count("\n") > 10


def test_help_and_version_exit_0():
    assert sing("--version").stdout.startswith("sing, version ")
    assert "Commands:" in sing("--help").stdout


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (SingError("a: b; c"), 2),
        (CheckFailed("a: b; c"), 3),
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device", "x.csv"), 2),
    ],
)
def test_errors_have_their_exit_codes(error, exit_code, monkeypatch, capsys):
    @click.command()
    def fails() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["fails"])
    with pytest.raises(SystemExit) as stop:
        run_command(fails, "fails")
    assert stop.value.code == exit_code
    assert capsys.readouterr().err.strip().startswith("error: ")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_what_the_terminal_cannot_show_is_a_question_mark_and_no_error(encoding, monkeypatch):
    @click.command()
    def shows() -> None:
        sys.stdout.write("1 ± 2 → “3” \udcff")

    shown = io.BytesIO()
    monkeypatch.setattr(sys, "argv", ["shows"])
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding))
    run_command(shows, "shows")
    sys.stdout.flush()
    expected = "1 ± 2 → “3” \udcff".encode(encoding, "replace")
    assert shown.getvalue() == expected
    assert expected.endswith(b" ?")


def test_bugs_are_not_hidden(monkeypatch):
    @click.command()
    def buggy() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sys, "argv", ["buggy"])
    with pytest.raises(ZeroDivisionError):
        run_command(buggy, "buggy")


def test_a_reader_that_leaves_early_is_no_error():
    process = subprocess.run(
        f"{sys.executable} -m sing --help | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in process.stderr
