"""Make a trained run the demo run of the package.

    sing train demo --out runs/demo && python docs/ship_demo.py runs/demo

The weights stay in float32 (10 MB): in float16 the printed metrics changed in their last digit.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sing.generate.selection import shipped_run
from sing.run import open_run

SHIPPED = (
    *("config.toml", "provenance.json", "vocabulary.json", "split.csv", "history.csv"),
    *("model.safetensors", "autoencoder.safetensors"),
)


def main(run: Path) -> None:
    """Replace the package's demo run by `run`."""
    open_run(run).networks()  # says what is wrong before anything is replaced
    target = shipped_run()
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in SHIPPED:
        shutil.copyfile(run / name, target / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
