from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from image_archives import Layer, file, link
from small_images import (
    ALPINE,
    DATABASE,
    ELF,
    SITE,
    TEA,
    WEB,
    apk_record,
    described,
    distribution,
    image,
)

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.sbom import Bill, Disk, bill, in_bill, inventory, kinds, on_disk, overlooked, versions
from kube_acceptance.sbom.control import without
from kube_acceptance.sbom.own import Own

EVERYTHING: Sequence[Layer] = (ALPINE, [*TEA, *WEB])


def said(findings: Sequence[Any]) -> list[str]:
    return [finding.said for finding in findings if not finding.ok]


def compared(
    layers: Sequence[Layer],
    *,
    of: Sequence[Layer] = (),
    change: Callable[[dict[str, Any]], None] | None = None,
    own: Sequence[str] = (),
) -> tuple[list[str], list[str]]:
    """What is told of a bill (of these layers, or others) on the disk that these layers make."""
    with image(*(of or layers)) as contents:
        written = json.loads(bill(contents))
    if change:
        change(written)
    with image(*layers) as contents:
        read, disk = Bill(json.dumps(written)), Disk(contents)
        return said(on_disk(read, disk, own=own)), said(in_bill(read, disk, own=own))


def set_to(of: str, /, **values: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        [each] = [each for each in document["components"] if each.get("purl", "").startswith(of)]
        each.update(values)

    return change


def test_a_true_bill_is_told_with_what_was_looked_at() -> None:
    with image(*EVERYTHING) as contents:
        read, disk = Bill(bill(contents)), Disk(contents)
        [there], [here] = on_disk(read, disk), in_bill(read, disk)
    assert (there.ok, here.ok) == (True, True)
    assert there.said == (
        "all 8 components are on the disk: 1 files of programs, 3 descriptions of Node's packages, "
        "3 files of Alpine's packages, 3 files of Python's distributions, 1 operating system; "
        "commands of distributions that are not there: tea"
    )
    assert here.said == (
        "7 records of packages and 14 programs, libraries and files of packages are in the bill, "
        "or the project's own (0)"
    )


# ---- in the bill, but not on the disk


def test_the_files_of_a_package_are_gone() -> None:
    layer = [file("bin/.wh.busybox", "")]
    assert compared([*EVERYTHING, layer])[0] == ["/bin/busybox of busybox 1.37.0-r30 is not there: see layer 3 of 3"]


def test_a_file_of_a_package_was_overwritten() -> None:
    changed = [file("bin/busybox", ELF + b"other", 0o755), file(f"{SITE}/tea/__init__.py", "2")]
    assert compared([*EVERYTHING, changed])[0] == [
        "/bin/busybox of busybox 1.37.0-r30 is not what its record states: see layer 3 of 3",
        f"/{SITE}/tea/__init__.py of tea-pot 1.0 is not what its record states: see layer 3 of 3",
    ]
    assert compared([*EVERYTHING, changed], own=["/bin", f"/{SITE}/tea"])[0] == []


def test_settings_may_change_and_are_told_but_certificate_authorities_may_not() -> None:
    record = apk_record("ca", "1", {"etc/ssl/certs/ca-certificates.crt": b"ca"})
    with image(
        ALPINE,
        [file("lib/apk/db/installed", DATABASE + record)],
        [file("etc/motd", "hi"), file("etc/ssl/certs/ca-certificates.crt", "evil")],
    ) as contents:
        findings = on_disk(Bill(bill(contents)), Disk(contents))
    assert said(findings) == [
        "/etc/ssl/certs/ca-certificates.crt of ca 1 is not what its record states: see layer 3 of 3"
    ]
    with image(ALPINE, [file("etc/motd", "hi")]) as contents:
        [finding] = on_disk(Bill(bill(contents)), Disk(contents))
    assert finding.said.endswith("other than their packages brought them: /etc/motd (layer 2 of 2)")


def test_links_are_compared_by_what_they_point_to() -> None:
    record = apk_record("z", "1", {"usr/lib/libz.so.1": b"libz.so.1.3"})
    database = file("lib/apk/db/installed", DATABASE + record)
    assert compared([ALPINE, [database, link("usr/lib/libz.so.1", "libz.so.1.3")]])[0] == []
    assert compared([ALPINE, [database, link("usr/lib/libz.so.1", "evil.so")]])[0] == [
        "/usr/lib/libz.so.1 of z 1 is not what its record states: see layer 2 of 2"
    ]


@pytest.mark.parametrize(
    ("purl", "values", "told"),
    [
        (
            "pkg:apk/alpine/musl",
            {"name": "muslin"},
            "the bill has muslin 1.2.5-r23, but Alpine's database has no muslin",
        ),
        (
            "pkg:pypi/tea-pot",
            {"evidence": {"occurrences": [{"location": "/x/METADATA"}]}},
            "the bill has tea-pot 1.0, but /x/METADATA is not there",
        ),
        ("pkg:npm/next", {"evidence": {}}, "the bill has next 16.4.5, but does not say where it stands"),
        (
            "pkg:npm/next",
            {"name": "nxt"},
            "the bill has nxt 16.4.5, but /app/node_modules/next/package.json says next 16.4.5",
        ),
        ("pkg:generic/node", {"name": "deno"}, "the bill has deno 22.20.0, but /usr/local/bin/node shows node 22.20.0"),
        ("pkg:generic/node", {"evidence": {}}, "the bill has node 22.20.0, but names no file of it"),
        (
            "pkg:generic/node",
            {"evidence": {"occurrences": [{"location": "/etc/motd"}]}},
            "/etc/motd of node 22.20.0 is not there, or is no program: see layer 1 of 2",
        ),
        (
            "pkg:generic/node",
            {"hashes": [{"alg": "SHA-256", "content": "0" * 64}]},
            f"no file of node 22.20.0 has the checksum that the bill states: sha256:{'0' * 64}",
        ),
        ("pkg:npm/next", {"version": "17"}, "the bill has next 17, but its package URL is pkg:npm/next@16.4.5"),
        (
            "pkg:pypi/tea-pot",
            {"purl": "pkg:gem/rails@1.0"},
            "the bill has tea-pot 1.0, whose kind nothing on a disk shows: gem",
        ),
    ],
)
def test_a_component_that_is_not_there(purl: str, values: dict[str, Any], told: str) -> None:
    assert compared(EVERYTHING, change=set_to(purl, **values))[0] == [told]


@pytest.mark.parametrize(
    ("purl", "told"),
    [
        ("pkg:apk/alpine/musl", "the bill has musl 9, but Alpine's database has musl 1.2.5-r23"),
        ("pkg:pypi/tea-pot", f"the bill has tea-pot 9, but /{SITE}/Tea_Pot-1.0.dist-info/METADATA says Tea_Pot 1.0"),
        ("pkg:npm/next", "the bill has next 9, but /app/node_modules/next/package.json says next 16.4.5"),
        ("pkg:generic/node", "the bill has node 9, but /usr/local/bin/node shows node 22.20.0"),
    ],
)
def test_another_version(purl: str, told: str) -> None:
    assert compared(EVERYTHING, change=set_to(purl, version="9", purl=f"{purl}@9"))[0] == [told]


def test_another_operating_system() -> None:
    def change(document: dict[str, Any]) -> None:
        [each] = [each for each in document["components"] if each["type"] == "operating-system"]
        each["version"] = "3.22.0"

    assert compared(EVERYTHING, change=change)[0] == [
        "the bill has the system alpine 3.22.0, but /etc/os-release says alpine 3.23.6"
    ]


def test_a_distribution_without_a_list_of_its_files() -> None:
    bare = [file("opt/old.egg-info/PKG-INFO", "Name: old\nVersion: 3\n")]
    assert compared([ALPINE, bare])[0] == [
        "old 3 has no list of its files beside /opt/old.egg-info/PKG-INFO, so they cannot be checked"
    ]


# ---- on the disk, but not in the bill


def test_packages_that_came_after_the_bill() -> None:
    database = [file("lib/apk/db/installed", DATABASE + apk_record("curl", "8"))]
    more = [*distribution("late", "2", {"late.py": b""}), *described("app/node_modules/late", name="late", version="3")]
    there, missing = compared([*EVERYTHING, database, more], of=EVERYTHING)
    assert there == []
    assert missing == [
        "the bill has no curl 8, which is in Alpine's database",
        f"the bill has no late 2, which is in /{SITE}/late-2.dist-info/METADATA: see layer 4 of 4",
        "the bill has no late 3, which is in /app/node_modules/late/package.json: see layer 4 of 4",
        "/app/node_modules/late/index.js is a file of no package or program that the bill has: see layer 4 of 4",
        "/app/node_modules/late/package.json is a file of no package or program that the bill has: see layer 4 of 4",
        *(
            f"/{SITE}/{path} is a file of no package or program that the bill has: see layer 4 of 4"
            for path in ("late-2.dist-info/METADATA", "late-2.dist-info/RECORD", "late.py")
        ),
    ]


def test_files_whose_record_was_taken_away() -> None:
    gone = [file(f"{SITE}/.wh.Tea_Pot-1.0.dist-info", "")]
    assert compared([*EVERYTHING, gone])[1] == [
        f"/{SITE}/tea/__init__.py is a file of no package or program that the bill has: see layer 2 of 3"
    ]


def test_an_emptied_database() -> None:
    assert compared([*EVERYTHING, [file("lib/apk/db/installed", "")]])[1] == [
        f"/{path} is a program or a library of no package or program that the bill has: see layer 1 of 3"
        for path in ("bin/busybox", "lib/ld-musl-x86_64.so.1")
    ]


def test_programs_scripts_and_modules_that_nobody_knows() -> None:
    planted = [
        file("opt/program", ELF, 0o644),
        file("opt/run.sh", "#!/bin/sh\n", 0o755),
        file("opt/readme.sh", "#!/bin/sh\n", 0o644),
        file(f"{SITE}/evil.py", "1"),
        file(f"{SITE}/tea/__pycache__/__init__.cpython-313.pyc", "1"),
        file(f"{SITE}/tea/__pycache__/evil.cpython-313.pyc", "1"),
        file("app/node_modules/.bin/evil", "1"),
    ]
    strangers = {
        "/app/node_modules/.bin/evil": "is a file",
        "/opt/program": "is a program or a library",
        "/opt/run.sh": "is a script",
        f"/{SITE}/evil.py": "is a file",
        f"/{SITE}/tea/__pycache__/evil.cpython-313.pyc": "is a file",
    }
    assert compared([*EVERYTHING, planted])[1] == [
        f"{path} {what} of no package or program that the bill has: see layer 3 of 3"
        for path, what in strangers.items()
    ]
    assert (
        compared([*EVERYTHING, planted], own=["/opt", f"/{SITE}/*il.py", "/app/node_modules/.bin", f"/{SITE}/tea"])[1]
        == []
    )


def test_a_package_json_that_describes_nothing_known() -> None:
    own = described("app", private=True)
    told = ["/app/package.json tells no name and version, and is no part of a package: see layer 3 of 3"]
    assert compared([*EVERYTHING, own])[1] == told
    assert compared([*EVERYTHING, own], own=["/app/package.json"])[1] == []


def test_a_hard_link_to_a_packages_file_is_its_own() -> None:
    linked = [*ALPINE, link("bin/sh", "bin/busybox", hard=True)]
    assert compared([linked])[1] == []


def test_known_programs_inside_of_packages_are_missed_as_well() -> None:
    wheel = distribution(
        "w", "1", {"w.libs/libcrypto-1.so.3": ELF + b"OpenSSL 3.5.7 9 Jun 2026", "go.so": ELF + b"\xff Go buildinf:"}
    )
    with image(ALPINE, wheel) as contents:
        written, disk = bill(contents), Disk(contents)
        [openssl] = Bill(written).of("generic")
        assert said(in_bill(Bill(without(written, openssl)), disk)) == [
            f"the bill has no module of Go for /{SITE}/go.so, which Go made: see layer 2 of 2",
            f"the bill has no openssl 3.5.7, which /{SITE}/w.libs/libcrypto-1.so.3 shows: see layer 2 of 2",
        ]


def test_a_programs_own_folder_explains_its_scripts_but_no_libraries_and_no_packages() -> None:
    home: Layer = [
        file("usr/local/bin/postgres", ELF + b"postgres (PostgreSQL) 17.11\n", 0o755),
        file("usr/local/lib/postgresql/install-sh", "#!/bin/sh", 0o755),
        file("usr/local/lib/postgresql/x.so", ELF + b"Pg_magic_func"),
        file("usr/local/lib/postgresql/evil.so", ELF),
        file("usr/local/lib/postgresql/site-packages/evil.py", "1"),
    ]
    told = "of no package or program that the bill has: see layer 2 of 2"
    assert compared([ALPINE, home])[1] == [
        f"/usr/local/lib/postgresql/evil.so is a program or a library {told}",
        f"/usr/local/lib/postgresql/site-packages/evil.py is a file {told}",
    ]


def test_what_is_said_to_be_the_projects_own_must_be_there() -> None:
    assert compared(EVERYTHING, own=["/app", "/nowhere/"])[1] == [
        "/nowhere is said to be the project's own, but nothing stands there, and no package's record has it"
    ]


def test_what_the_project_took_away_is_told_without_being_wrong() -> None:
    gone, own = [file(f"{SITE}/.wh.tea", "")], [f"/{SITE}/tea"]
    assert compared([*EVERYTHING, gone], own=own) == ([], [])
    assert compared([*EVERYTHING, gone]) == (
        [f"/{SITE}/tea/__init__.py of tea-pot 1.0 is not there: see layer 3 of 3"],
        [],
    )
    with image(*EVERYTHING, gone) as contents:
        [finding] = on_disk(Bill(bill(contents)), Disk(contents), own=own)
    assert f"other than their packages brought them: /{SITE}/tea/__init__.py (gone, layer 3 of 3)" in finding.said


def test_own_paths_stand_for_what_is_below_and_a_star_for_part_of_a_name() -> None:
    own = Own(["/app", "/bin/docker-*.sh"])
    assert [path for path in ("app", "app/x/y", "apple", "bin/docker-a.sh", "bin/docker-a/b.sh") if path in own] == [
        "app",
        "app/x/y",
        "bin/docker-a.sh",
    ]


# ---- kinds, versions, and whether the comparison can tell


def test_kinds_must_be_just_those_that_are_stated() -> None:
    with image(*EVERYTHING) as contents:
        read = Bill(bill(contents))
    assert kinds(read, ["apk", "generic", "npm", "pypi"]).said == "the bill has 2 apk, 1 generic, 3 npm, 1 pypi"
    assert kinds(read, ["apk", "golang"]).said == "the bill has no component of the kind golang"
    assert kinds(read, ["apk", "npm"]).said == "the bill has components of a kind that is not stated: generic, pypi"


def test_versions_must_be_told_besides_those_named() -> None:
    with image(ALPINE, [file("usr/lib/libffi.so.8", ELF + b"LIBFFI_TMPDIR")]) as contents:
        read = Bill(bill(contents))
    assert said(versions(read)) == ["the bill tells no version of libffi"]
    [finding] = versions(read, but=["libffi"])
    assert (finding.ok, finding.said) == (True, "the bill tells versions of 4 components, none of libffi")


def test_the_comparison_tells_what_is_left_out_made_up_or_of_another_version() -> None:
    with image(*EVERYTHING) as contents:
        assert list(overlooked(bill(contents), Disk(contents))) == []


def test_what_the_comparison_cannot_tell_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with image(*EVERYTHING) as contents:
        written, disk = bill(contents), Disk(contents)
        for look in ("in_bill", "on_disk"):
            monkeypatch.setattr(f"kube_acceptance.sbom.control.{look}", lambda *_: [])
        told = list(overlooked(written, disk))
    assert len(told) == 12
    assert told[:3] == [
        "nothing is said of a bill without the pypi package tea-pot 1.0",
        "nothing is said of a bill with tea-pot 1.0 in another version",
        "nothing is said of a bill with a made-up package of the kind pypi",
    ]


def test_a_bill_without_packages_cannot_be_made_wrong() -> None:
    document = '{"components": [{"type": "file", "name": "/x"}]}'
    with image(ALPINE) as contents, pytest.raises(AcceptanceError, match=r"^The bill of materials has no package"):
        list(overlooked(document, Disk(contents)))


def test_the_image_without_anything_planted_has_nothing_to_tell() -> None:
    assert compared(EVERYTHING) == ([], [])
    with image(*EVERYTHING) as contents:
        assert not inventory(contents).unknown
