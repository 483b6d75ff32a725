"""The wheel of the harness, for those who have nothing else of it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import kube_acceptance
from kube_acceptance import command

# what `pip wheel` and `uv build` call (PEP 517), without their isolation, which would fetch it
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
MADE_WITHIN = 60.0  # seconds


def wheel_of(project: Path, folder: Path) -> Path:
    """The wheel of the harness that runs, made in a folder."""
    source = folder / "source"
    shutil.copytree(Path(kube_acceptance.__file__).parent, source / "src" / "kube_acceptance")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(project / name, source / name)
    command.run([sys.executable, "-c", BUILD, str(folder)], timeout=MADE_WITHIN, cwd=source)
    [wheel] = folder.glob("*.whl")
    return wheel
