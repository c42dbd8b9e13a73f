"""The wheel alone, in an empty environment and another folder, does the main job."""

import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = ("demo", "silence", "white-noise", "nearest-pitch", "griffin-lim", "mulaw8")
ROW = re.compile(rf"^({'|'.join(SYSTEMS)})\b.*$", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.-])\d[\d,.]*(?:e[+-]?\d+)?")


@pytest.mark.slow
def test_installed_wheel_prints_the_numbers_of_the_readme(tmp_path, demo_cache):
    pip = [sys.executable, "-m", "pip"]
    run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("sing_eval-*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env")
    binaries = tmp_path / "env" / "bin"
    (packages,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    run(*pip, "--python", binaries / "python", "install", "--quiet", "--no-deps", wheel)
    (own,) = distributions(path=[str(packages)])
    for name in needed_by(own):
        link(distribution(name), packages)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {
        "SING_CACHE": str(demo_cache),
        "OMP_NUM_THREADS": "1",
        "PATH": os.environ["PATH"],
    }
    command = (binaries / "sing-eval", "metrics", "--split", "test")
    printed = run(*command, cwd=elsewhere, env=environment)
    assert (elsewhere / "metrics.csv").is_file()
    ours, theirs = table(printed), table((ROOT / "README.md").read_text())
    assert {*ours} == {*SYSTEMS}
    assert {*theirs} == {*ours}
    for system, numbers in ours.items():
        assert numbers == pytest.approx(theirs[system], rel=0.01), system
    # The classifier's weights and the page's templates are files of the package too.
    few = ("--limit", "2", "--no-baselines", "--metric", "pitch_accuracy", "--out", "few.csv")
    run(*command[:2], *few, cwd=elsewhere, env=environment)
    page = (binaries / "sing-eval", "listen", "--limit", "2", "--out", "page")
    run(*page, cwd=elsewhere, env=environment)
    assert (elsewhere / "page" / "index.html").is_file()


def needed_by(own: Distribution) -> set[str]:
    """The names of all distributions that the wheel's own metadata ask for, and theirs."""
    needed: set[str] = set()
    waiting = [Requirement(line) for line in own.requires or ()]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = ["", *requirement.extras]
        if name in needed or not applies(requirement, [""]):
            continue
        needed.add(name)
        theirs = [Requirement(line) for line in distribution(name).requires or ()]
        waiting += [each for each in theirs if applies(each, extras)]
    return needed


def applies(requirement: Requirement, extras: list[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def link(found: Distribution, packages: Path) -> None:
    """Install what is installed here once more, without copying it."""
    for file in found.files or ():
        place, source = packages / file, Path(str(found.locate_file(file)))
        if ".." not in file.parts and source.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, place)


def run(*command: object, **options: object) -> str:
    process = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **options
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def table(text: str) -> dict[str, list[float]]:
    """The numbers in the rows of the printed table, by system."""
    rows = (match[0] for match in ROW.finditer(text))
    numbers = {row.split()[0]: NUMBER.findall(row.replace("±", " ")) for row in rows}
    return {system: [float(n.replace(",", "")) for n in found] for system, found in numbers.items()}
