"""The wheel holds all that an installation needs: every file of the package, the plugin and the command."""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# what `pip wheel`, `python -m build` and `uv build` call (PEP 517), without their isolation, which would fetch it
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=ROOT, check=True, timeout=60)
    [file] = folder.glob("kube_acceptance-*-py3-none-any.whl")
    return zipfile.ZipFile(file)


def test_it_holds_every_file_of_the_package_and_no_other(wheel: zipfile.ZipFile) -> None:
    source = ROOT / "src"
    files = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {Path(name).suffix for name in files} >= {".py", ".j2", ".js", ".css", ".json", ".yaml"}
    assert "kube_acceptance/probe/image/Dockerfile" in files
    held = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    assert held.keys() == files.keys()
    assert held == files


def test_it_brings_the_plugin_and_the_command(wheel: zipfile.ZipFile) -> None:
    [name] = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(wheel.read(name).decode())
    assert {section: dict(points[section]) for section in points.sections()} == {
        "console_scripts": {"kube-acceptance": "kube_acceptance.cli:main"},
        "pytest11": {"kube-acceptance": "kube_acceptance.plugin"},
    }
