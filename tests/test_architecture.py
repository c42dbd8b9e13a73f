"""The house rules of docs/guide/contributing.md that a machine can check."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sing", "eval_suite", "listening_app", "analysis")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
HEAVY = ("torch", "numpy", "pandas", "scipy", "librosa", "matplotlib", "flask", "soundfile")


def test_import_contracts_hold():
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    process = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout


def command_lines() -> list[list[str]]:
    probe = (
        "import click; from sing.cli import cli as a; from eval_suite.cli import cli as b\n"
        "def walk(group, path):\n"
        "    print(*path)\n"
        "    for name in group.list_commands(None):\n"
        "        command = group.get_command(None, name)\n"
        "        walk(command, [*path, name]) if isinstance(command, click.Group) "
        "else print(*path, name)\n"
        "walk(a, ['sing']); walk(b, ['eval_suite'])"
    )
    process = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    return [line.split() for line in process.stdout.splitlines()]


def test_help_of_every_command_loads_no_heavy_package():
    lines = command_lines()
    assert len(lines) > 10
    calls = "\n".join(f"call({line!r})" for line in lines)
    probe = (
        "import sys\n"
        "import importlib\n"
        "def call(line):\n"
        "    module = 'sing.cli' if line[0] == 'sing' else 'eval_suite.cli'\n"
        "    try:\n"
        "        importlib.import_module(module).cli.main([*line[1:], '--help'], 'x')\n"
        "    except SystemExit as stop:\n"
        "        assert stop.code == 0, line\n"
        f"{calls}\n"
        f"loaded = {{name.split('.')[0] for name in sys.modules}} & set({HEAVY!r})\n"
        "assert not loaded, loaded\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        ("analysis.*", "torch librosa flask sqlalchemy"),
        ("listening_app.*", "torch librosa"),
        ("listening_app.serve", "torch librosa pandas matplotlib scipy soundfile pyloudnorm"),
    ],
)
def test_modules_do_without(modules, absent):
    """Whatever imports them: import contracts see direct imports alone."""
    probe = (
        "import importlib, pkgutil, sys\n"
        f"name, star, _ = {modules!r}.partition('.*')\n"
        "package = importlib.import_module(name)\n"
        "found = pkgutil.walk_packages(package.__path__, name + '.') if star else ()\n"
        "for module in found: importlib.import_module(module.name)\n"
        f"print(*sorted({set(absent.split())!r} & set(sys.modules)))"
    )
    process = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == ""


def test_files_and_functions_stay_short():
    assert [fault for path in SOURCES for fault in too_long(path)] == []


def too_long(path: Path) -> Iterator[str]:
    text, name = path.read_text(), path.relative_to(ROOT)
    if text.count("\n") > 300:
        yield f"{name}: over 300 lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and not is_command(node):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > 40:
                yield f"{name}: {node.name}: {lines} lines"


def is_command(node: ast.FunctionDef) -> bool:
    """Commands are as long as their options."""
    return any("command" in ast.unparse(decorator) for decorator in node.decorator_list)


def test_no_file_is_called_after_nothing():
    nothing = {"utils", "util", "core", "common", "helpers", "base", "misc"}
    assert [path for path in SOURCES if path.stem in nothing] == []


def test_torchaudio_is_imported_nowhere():
    found = [
        path for path in ROOT.rglob("*.py") if ".venv" not in path.parts and uses_torchaudio(path)
    ]
    assert not found


def uses_torchaudio(path: Path) -> bool:
    text = path.read_text()
    if "torchaudio" not in text:
        return False
    imports = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return any("torchaudio" in ast.unparse(node) for node in imports)
