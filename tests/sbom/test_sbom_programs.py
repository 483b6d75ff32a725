from __future__ import annotations

import pytest
from image_archives import Layer, file
from small_images import ELF, NODE, SITE, distribution, image

from kube_acceptance.sbom.golang import GoProgram, build_information
from kube_acceptance.sbom.programs import programs

LIBPYTHON = ELF + b"be %.50s, not %.50s\x003.13.2\x00%.80s (%.80s) %.80s\x00"
GCC = ELF + b"\0GCC: (Alpine 14.2.0) 14.2.0\0"


def build_info(text: str, go: str = "go1.24.4") -> bytes:
    marked = b"0123456789abcdef" + text.encode() + b"fedcba9876543210"
    size = bytes([len(marked) & 0x7F | 0x80, len(marked) >> 7]) if len(marked) > 127 else bytes([len(marked)])
    return ELF + b"\xff Go buildinf:\x08\x02" + bytes(16) + bytes([len(go)]) + go.encode() + size + marked


def found(*members: object) -> dict[str, list[str]]:
    with image(list(members)) as contents:  # type: ignore[arg-type]
        return {each.package.purl: sorted(each.files) for each in programs(contents).known}


@pytest.mark.parametrize(
    ("path", "body", "purl"),
    [
        ("usr/local/bin/node", NODE, "pkg:generic/node@22.20.0"),
        ("usr/local/lib/libpython3.13.so.1.0", LIBPYTHON, "pkg:generic/python@3.13.2"),
        ("usr/bin/python3.14", ELF + b"\x003.14.0rc2\0", "pkg:generic/python@3.14.0rc2"),
        ("usr/local/bin/postgres", ELF + b"postgres (PostgreSQL) 17.11\n\0", "pkg:generic/postgresql@17.11"),
        ("bin/bash", ELF + b"@(#)Bash version 5.2.37(1) release GNU", "pkg:generic/bash@5.2.37"),
        ("x/libreadline.so.8", ELF + b"\x008.2\0", "pkg:generic/readline@8.2"),
        ("x/libcrypto-b5f1.so.3", ELF + b"OpenSSL 3.5.7 9 Jun 2026", "pkg:generic/openssl@3.5.7"),
        ("x/libkrb5-4d.so.3.3", ELF + b"KRB5_BRAND: krb5-1.21.3-final 1.21.3", "pkg:generic/krb5@1.21.3"),
        ("usr/lib/libstdc++.so.6.0.34", GCC, "pkg:generic/libstdc%2B%2B@14.2.0"),
        ("usr/lib/libgcc_s.so.1", GCC, "pkg:generic/libgcc@14.2.0"),
        ("usr/lib/libffi.so.8", ELF + b"\x003.5.2\0", "pkg:generic/libffi@3.5.2"),
        ("usr/lib/libffi.so.8", ELF + b"LIBFFI_TMPDIR", "pkg:generic/libffi"),
    ],
)
def test_a_known_program_is_told_by_its_bytes(path: str, body: bytes, purl: str) -> None:
    assert found(file(path, body)) == {purl: [path]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("usr/local/bin/node", ELF + b"node-v22.20.0"),  # a name and a number alone are no evidence
        ("usr/local/bin/other", NODE.replace(ELF, b"#!/x")),  # no machine code
        ("usr/lib/libz.so.1", GCC),  # what compiled it is not what it is
        ("usr/local/bin/node", NODE + NODE.replace(b"22.20.0", b"22.20.1")),  # two versions
        ("usr/local/bin/python", LIBPYTHON),
    ],
)
def test_what_its_bytes_do_not_tell_is_not_assumed(path: str, body: bytes) -> None:
    assert found(file(path, body)) == {}


def test_several_versions_in_a_file_are_told_apart_by_its_name() -> None:
    assert found(file("lib/libpython3.13.so.1.0", LIBPYTHON + b"\x003.41.0\0")) == {
        "pkg:generic/python@3.13.2": ["lib/libpython3.13.so.1.0"]
    }


def test_parts_without_a_version_belong_to_the_program_beside_them() -> None:
    interpreter: Layer = [
        file("usr/local/lib/libpython3.13.so.1.0", LIBPYTHON),
        file("usr/local/bin/python3.13", ELF + b"Py_BytesMain"),
        file("usr/local/lib/python3.13/lib-dynload/math.so", ELF + b"PyInit_math"),
        file("usr/local/lib/python3.13/lib-dynload/evil.so", ELF + b"other"),
        file("usr/local/lib/python3.13/ast.py", "1"),
    ]
    with image(interpreter) as contents:
        looked = programs(contents)
    [python] = looked.known
    assert sorted(python.files) == [
        "usr/local/bin/python3.13",
        "usr/local/lib/libpython3.13.so.1.0",
        "usr/local/lib/python3.13/lib-dynload/math.so",
    ]
    assert (python.folder, python.package.path) == ("usr/local/lib/python3.13", "usr/local/lib/libpython3.13.so.1.0")
    assert python.cpe == "cpe:2.3:a:python:python:3.13.2:*:*:*:*:*:*:*"
    assert list(looked.unknown) == ["usr/local/lib/python3.13/lib-dynload/evil.so"]


def test_of_two_versions_the_nearer_one_has_the_part() -> None:
    assert found(
        file("opt/16/bin/postgres", ELF + b"postgres (PostgreSQL) 16.4\n"),
        file("opt/17/bin/postgres", ELF + b"postgres (PostgreSQL) 17.11\n"),
        file("opt/17/lib/libpq.so.5.17", ELF + b"PQconnectdb"),
    ) == {
        "pkg:generic/postgresql@16.4": ["opt/16/bin/postgres"],
        "pkg:generic/postgresql@17.11": ["opt/17/bin/postgres", "opt/17/lib/libpq.so.5.17"],
    }


def test_a_library_inside_of_a_package_is_named_as_well_but_needs_no_explanation() -> None:
    wheel = distribution(
        "binary", "1", {"binary.libs/libcrypto-1.so.3": ELF + b"OpenSSL 3.5.7 9 Jun 2026", "b.so": ELF}
    )
    with image(wheel) as contents:
        looked = programs(contents, owned={f"{SITE}/b.so"})
    assert [each.package.purl for each in looked.known] == ["pkg:generic/openssl@3.5.7"]
    assert not looked.unknown


def test_a_distributions_own_files_are_not_looked_at() -> None:
    with image([file("usr/bin/node", NODE)]) as contents:
        assert programs(contents, databases={"usr/bin/node"}).known == []


def test_go_programs_tell_their_modules() -> None:
    text = (
        "path\tx.org/run\nmod\tx.org/run\tv1.2.0\th1:=\n"
        "dep\ty.org/old/v2\tv2.1.0\n=>\ty.org/new/v2\tv2.2.0\th1:=\ndep\tz.org/z\tv0.1.0\n"
    )
    assert build_information(build_info(text)) == GoProgram(
        "1.24.4", (("x.org/run", "v1.2.0"), ("y.org/new/v2", "v2.2.0"), ("z.org/z", "v0.1.0"))
    )
    assert found(file("bin/run", build_info(text))) == {
        "pkg:golang/x.org/run@v1.2.0": ["bin/run"],
        "pkg:golang/y.org/new/v2@v2.2.0": [],
        "pkg:golang/z.org/z@v0.1.0": [],
        "pkg:golang/stdlib@1.24.4": [],
    }


def test_a_go_program_built_outside_of_its_repository_has_no_version() -> None:
    assert build_information(build_info("path\tgithub.com/tianon/gosu\nbuild\t-compiler=gc\n")) == GoProgram(
        "1.24.4", (("github.com/tianon/gosu", ""),)
    )
    devel = build_information(build_info("path\tx.org/run\nmod\tx.org/run\t(devel)\t\n"))
    assert devel == GoProgram("1.24.4", (("x.org/run", ""),))


@pytest.mark.parametrize("program", [b"", ELF, b"\xff Go buildinf:", b"\xff Go buildinf:\x08\x00" + bytes(32)])
def test_what_is_no_go_program(program: bytes) -> None:
    assert build_information(program) is None
