from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from image_archives import (
    ALPINE_BASE,
    ALPINE_LAYER,
    APK_DATABASE,
    DEBIAN_LAYER,
    GLIBC,
    MUSL,
    Layer,
    archive,
    digest,
    elf,
    file,
    link,
    oci_layout,
    old_layout,
)

from kube_acceptance.images import ImageContents, alpine_findings, apk_packages, elf_interpreter

PROGRAM: Layer = [file("app/run", elf(MUSL), 0o755)]


def verdicts(
    layers: Sequence[Layer],
    *,
    bases: Sequence[Sequence[str]] = (ALPINE_BASE,),
    executables: Sequence[str] = (),
    **settings: Any,
) -> dict[str, tuple[bool, str]]:
    with ImageContents("x:1", old_layout(layers, **settings)) as contents:
        found = alpine_findings(contents, bases=bases, executables=executables)
    return {finding.rule: (finding.ok, finding.said) for finding in found}


def test_an_image_on_alpine() -> None:
    assert verdicts([ALPINE_LAYER, PROGRAM], Entrypoint=["/app/run"]) == {
        "base-layers": (True, f"the first of its 2 layers are those of Alpine ({ALPINE_BASE[0]})"),
        "os-release": (True, "/etc/os-release says alpine 3.23.6"),
        "apk-database": (True, "its package database names 2 packages, musl 1.2.5-r23"),
        "musl-loader": (True, "its loader is /lib/ld-musl-x86_64.so.1"),
        "no-glibc": (True, "none of its 9 paths is a part of glibc"),
        "executable /app/run": (True, f"/app/run, which is loaded by {MUSL}"),
    }


def test_an_image_on_debian() -> None:
    assert verdicts([DEBIAN_LAYER], Cmd=["bash"]) == {
        "base-layers": (
            False,
            f"its first layer {digest(archive(DEBIAN_LAYER))} is none of the 1 accepted Alpine bases' layers",
        ),
        "os-release": (False, "/etc/os-release says debian 12"),
        "apk-database": (False, "it has no Alpine package database, or an empty one"),
        "musl-loader": (False, "it has no musl loader (/lib/ld-musl-*.so.1)"),
        "no-glibc": (
            False,
            "it has parts of glibc: /usr/lib/x86_64-linux-gnu/libc.so.6, /usr/lib64/ld-linux-x86-64.so.2",
        ),
        "executable bash": (False, f"bash, which is loaded by {GLIBC}"),
    }


def test_an_image_from_scratch_is_not_alpine() -> None:
    assert verdicts([]) == {
        "base-layers": (False, "x:1 has no layers"),
        "os-release": (False, "it has no /etc/os-release"),
        "apk-database": (False, "it has no Alpine package database, or an empty one"),
        "musl-loader": (False, "it has no musl loader (/lib/ld-musl-*.so.1)"),
        "no-glibc": (False, "x:1 has no files"),
        "executable": (False, "it names no program to start"),
    }


def test_alpines_files_without_its_layers_are_a_forgery() -> None:
    forged: Layer = [*ALPINE_LAYER, file("extra", "x")]
    assert [rule for rule, (ok, _) in verdicts([forged], Cmd=["sh"]).items() if not ok] == ["base-layers"]


def test_layer_names_without_their_bytes_are_a_forgery() -> None:
    export = oci_layout([ALPINE_LAYER], Cmd=["sh"]).getvalue()
    other = export.replace(b"ID=alpine", b"ID=4lpine")
    with ImageContents("x:1", io.BytesIO(other)) as contents:
        first, *_ = alpine_findings(contents, bases=[ALPINE_BASE])
    assert (first.ok, first.said) == (False, "its configuration names Alpine's layers, but their bytes are others")


@pytest.mark.parametrize("bases", [[], [[]]])
def test_nothing_to_compare_with_fails(bases: list[list[str]]) -> None:
    found = verdicts([ALPINE_LAYER], bases=bases, Cmd=["sh"])
    assert found["base-layers"] == (False, "no Alpine image was given to compare the layers with")


def test_a_deleted_package_database_fails() -> None:
    found = verdicts([ALPINE_LAYER, [file("lib/apk/db/.wh.installed")]], Cmd=["sh"])
    assert found["apk-database"] == (False, "it has no Alpine package database, or an empty one")


def test_a_package_database_without_alpine_fails() -> None:
    found = verdicts([ALPINE_LAYER, [file("lib/apk/db/installed", "P:busybox\nV:1\n")]], Cmd=["sh"])
    assert found["apk-database"] == (False, "its package database names 1 packages, but not alpine-baselayout and musl")


def test_a_glibc_program_in_alpine_is_found() -> None:
    found = verdicts([ALPINE_LAYER, [file("app/run", elf(GLIBC))]], Entrypoint=["/app/run"])
    assert found["executable /app/run"] == (False, f"/app/run, which is loaded by {GLIBC}")


def test_programs_are_found_as_the_kernel_finds_them() -> None:
    layer: Layer = [
        file("srv/start", "#!/usr/bin/env python\nprint()\n", 0o755),
        file("opt/bin/python", elf(MUSL), 0o755),
        file("opt/bin/static", elf(None), 0o755),
        file("opt/bin/text", "hello", 0o755),
        file("opt/bin/loop", "#!/opt/bin/loop\n", 0o755),
        link("opt/bin/dangling", "nowhere"),
    ]
    found = verdicts(
        [ALPINE_LAYER, layer],
        executables=["static", "text", "loop", "dangling", "sh"],
        Entrypoint=["./start"],
        WorkingDir="/srv",
        Env=["PATH=/opt/bin:/bin"],
    )
    assert found["executable ./start"] == (True, f"./start is run by python, which is loaded by {MUSL}")
    assert found["executable static"] == (True, "static, which is static")
    assert found["executable text"] == (False, "text, which is neither an ELF file nor a script")
    assert found["executable dangling"] == (False, "dangling, which is not in it")
    assert found["executable sh"] == (True, f"sh, which is loaded by {MUSL}")
    assert found["executable loop"] == (
        False,
        "loop" + " is run by /opt/bin/loop" * 4 + ", and so on: no program at the end",
    )


def test_packages_are_read_from_the_newer_place_too() -> None:
    with ImageContents("x:1", old_layout([[file("usr/lib/apk/db/installed", APK_DATABASE)]])) as contents:
        assert apk_packages(contents) == {"alpine-baselayout": "3.7.0-r0", "musl": "1.2.5-r23"}


def test_the_loader_of_an_elf_file() -> None:
    assert elf_interpreter(io.BytesIO(elf(MUSL))) == MUSL
    assert elf_interpreter(io.BytesIO(elf(None))) is None
    with pytest.raises(ValueError, match=r"^not an ELF file: "):
        elf_interpreter(io.BytesIO(b"#!/bin/sh\n"))
