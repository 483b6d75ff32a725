from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from image_archives import ALPINE_LAYER, file, old_layout

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images import ImageContents
from kube_acceptance.sbom.locked import npm_finding, python_finding

SITE = "usr/local/lib/python3.13/site-packages"
LOCK = """\
# made by a tool
--index-url https://example.org/simple
alembic==1.2 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via app
Typing_Extensions==4.0 --hash=sha256:bb
tzdata==2026.1 ; sys_platform == 'win32' --hash=sha256:cc
musl-only==1.0 ; sys_platform == 'linux' and python_version >= '3.13' --hash=sha256:dd
"""
INSTALLED = {"alembic": "1.2", "typing_extensions": "4.0", "musl.only": "1.0"}


def python(installed: dict[str, str], lock: str, tmp_path: Path) -> tuple[bool, str]:
    files = [file(f"{SITE}/{n}-{v}.dist-info/METADATA", f"Name: {n}\nVersion: {v}\n\n") for n, v in installed.items()]
    # a package inside of another one is not installed
    files.append(file(f"{SITE}/alembic/_vendor/six-1.0.dist-info/METADATA", "Name: six\nVersion: 1.0\n"))
    (tmp_path / "r.lock").write_text(lock)
    with ImageContents("x:1", old_layout([ALPINE_LAYER, files])) as contents:
        found = python_finding(contents, tmp_path / "r.lock")
    return found.ok, found.said


def test_python_packages_as_locked(tmp_path: Path) -> None:
    assert python(INSTALLED, LOCK, tmp_path) == (True, "its 3 Python packages are those of r.lock")


@pytest.mark.parametrize(
    ("installed", "lock", "said"),
    [
        ({}, LOCK, "no Python packages are installed in it"),
        ({**INSTALLED, "alembic": "1.3"}, LOCK, "alembic 1.3 is installed, not 1.2 as r.lock says"),
        ({**INSTALLED, "six": "1.0"}, LOCK, "six 1.0 is installed, which r.lock does not name"),
        ({**INSTALLED, "tzdata": "2026.1"}, LOCK, "tzdata 2026.1 is installed, which r.lock does not name"),
        ({"alembic": "1.2", "musl.only": "1.0"}, LOCK, "typing-extensions 4.0 of r.lock is not installed"),
        (
            INSTALLED,
            LOCK.replace(" --hash=sha256:bb", ""),
            "r.lock does not say which bytes typing-extensions is: it has no version or no hash",
        ),
        ({**INSTALLED, "Musl-Only": "1.0"}, LOCK, "musl-only is installed more than once"),
    ],
)
def test_python_packages_that_are_not_as_locked(
    installed: dict[str, str], lock: str, said: str, tmp_path: Path
) -> None:
    assert python(installed, lock, tmp_path) == (False, said)


def test_a_range_is_no_version(tmp_path: Path) -> None:
    ok, said = python(INSTALLED, LOCK.replace("alembic==1.2", "alembic>=1.2"), tmp_path)
    assert not ok
    assert said.startswith("r.lock does not say which bytes alembic is: it has no version or no hash, alembic 1.2 is")


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("# nothing\n", "r.lock names no package for this image, so nothing can be compared"),
        ("two words\n", "r.lock holds no requirement: two words"),
    ],
)
def test_what_is_no_lock_file(lock: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        python(INSTALLED, lock, tmp_path)
    assert caught.value.summary == said


def npm(installed: dict[str, dict[str, Any]], packages: dict[str, Any], tmp_path: Path) -> tuple[bool, str]:
    files = [file(f"app/{place}/package.json", json.dumps(found)) for place, found in installed.items()]
    # neither is a package of its own
    files += [file("app/package.json", "{}"), file("app/node_modules/next/dist/compiled/x/package.json", "{}")]
    (tmp_path / "l.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    with ImageContents("x:1", old_layout([ALPINE_LAYER, files])) as contents:
        found = npm_finding(contents, tmp_path / "l.json", "app")
    return found.ok, found.said


NEXT = {"node_modules/next": {"name": "next", "version": "16"}}
BOTH = {**NEXT, "node_modules/next/node_modules/@swc/helpers": {"name": "@swc/helpers", "version": "1"}}
PACKAGES: dict[str, Any] = {
    "": {"dependencies": {"next": "16"}, "devDependencies": {"vitest": "1"}},
    "node_modules/next": {"version": "16", "integrity": "sha512-a"},
    "node_modules/next/node_modules/@swc/helpers": {"version": "1", "integrity": "sha512-b"},
    "node_modules/vitest": {"version": "1", "integrity": "sha512-c", "dev": True},
}


def test_npm_packages_as_locked(tmp_path: Path) -> None:
    assert npm(BOTH, PACKAGES, tmp_path) == (True, "its 2 npm packages are those of l.json")


@pytest.mark.parametrize(
    ("installed", "packages", "said"),
    [
        ({}, PACKAGES, "no npm packages are installed below /app"),
        (
            {"node_modules/next": {"name": "next", "version": "15"}},
            PACKAGES,
            "next 15 is installed in node_modules/next, not next 16 as l.json says",
        ),
        (
            {"node_modules/next": {"name": "text", "version": "16"}},
            PACKAGES,
            "text 16 is installed in node_modules/next, not next 16 as l.json says",
        ),
        (
            {**NEXT, "node_modules/x": {"name": "x", "version": "1"}},
            PACKAGES,
            "x 1 is installed in node_modules/x, which l.json does not name",
        ),
        (
            NEXT,
            {**PACKAGES, "node_modules/next": {"version": "16"}},
            "l.json does not say which bytes next is: it has no integrity",
        ),
        (
            {"node_modules/vitest": {"name": "vitest", "version": "1"}},
            PACKAGES,
            "next is asked for, but not installed",
        ),
    ],
)
def test_npm_packages_that_are_not_as_locked(
    installed: dict[str, dict[str, Any]], packages: dict[str, Any], said: str, tmp_path: Path
) -> None:
    assert npm(installed, packages, tmp_path) == (False, said)


def test_what_is_no_package_lock(tmp_path: Path) -> None:
    (tmp_path / "l.json").write_text('{"lockfileVersion": 1}')
    with ImageContents("x:1", old_layout([ALPINE_LAYER])) as contents:
        for lock, said in (
            ("l.json", "l.json is no package-lock.json of version 2 or 3"),
            ("none", "none cannot be read: No such file or directory"),
        ):
            with pytest.raises(ConfigurationError) as caught:
                npm_finding(contents, tmp_path / lock, "app")
            assert caught.value.summary == said
