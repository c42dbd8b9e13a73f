"""The documentation is true: generated pages are current, links lead somewhere, commands run."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from forked_commands import run_command

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)")

# What makes a documented command small enough for a test; the rest of it runs as written.
SHORTER = {
    "sing train": "--set autoencoder.epochs=1 --set lstm.epochs=0 --set finetune.epochs=0 "
    "--set model.hidden_channels=4 --set model.decoder_channels=8 --set evaluation_notes=4 "
    "--set autoencoder.batch_size=256 --set autoencoder.crop_samples=1024",
    "sing generate": "--limit 4",
    "sing reconstruct": "--limit 4",
    "sing-eval metrics": "--limit 30",
    "sing data render": "--size tests",
    "sing-eval systems truth": "--limit 8",
    "sing-eval classifier train": "--epochs 1",
    "sing-eval study new": "--set notes.count=4 --set trials_per_rater=4 "
    "--set ratings_per_stimulus=2",
}
# Commands that need what a test does not have, and why.
NOT_RUN = {
    "sing data fetch": "downloads gigabytes",
    "sing import": "needs the public model, a download",
    "torchrun": "needs several GPUs; tests/sing/train/test_distributed.py runs two processes",
    "make": "is this very test, or what CI runs around it",
    "git": "clones the project",
    "pip": "tests/test_wheel.py installs the wheel",
    "python benchmarks/": "takes minutes; prints and asserts nothing",
    "aplay": "needs a loudspeaker",
}


def commands(page: Path) -> list[str]:
    text = "\n".join(BLOCK.findall(page.read_text())).replace("\\\n", " ")
    lines = (line.split("  #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_generated_pages_are_what_make_docs_writes():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name, page in generate.PAGES.items():
        assert (ROOT / "docs" / name).read_text() == page(), f"docs/{name}: run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_documented_command_is_one_that_tests_know():
    for page in PAGES:
        for line in commands(page):
            known = ("sing", "sing-eval", *NOT_RUN)
            assert line.startswith(tuple(f"{name} " for name in known) + tuple(NOT_RUN)), line


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_documented_commands_run(page, tmp_path, demo_cache):
    for line in commands(page):
        if line.startswith(tuple(NOT_RUN)):
            continue
        command = line.split(" | ")[0]
        extra = next((more for name, more in SHORTER.items() if command.startswith(name)), "")
        words = [*shlex.split(command), *shlex.split(extra)]
        done = run_command(words, tmp_path, {"SING_CACHE": str(demo_cache)})
        assert done.exit_code == 0, f"{line}\n{done.stderr}"
