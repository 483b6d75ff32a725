"""Bills of materials: what the images hold, and whether that is true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from kube_acceptance.images import Finding, ImageContents
from kube_acceptance.report import attach, note
from kube_acceptance.sbom import Bill, Disk, bill, in_bill, keep_schema, kinds, on_disk, overlooked, versions
from kube_acceptance.steps.images import Images, must_be_kept
from kube_acceptance.vocabulary import assertion, given, must, rows, some, when

Bills = Mapping[str, Path]


@pytest.fixture(scope="session")
def disks() -> Callable[[ImageContents], Disk]:
    """The disks of images, each looked at once."""
    known: dict[str, Disk] = {}
    return lambda contents: known.setdefault(contents.config_digest, Disk(contents))


@pytest.fixture
def own_files() -> dict[str, list[str]]:
    """No file is the project's own unless a feature says so."""
    return {}


@given("these of their files the project itself put there, changed or took away", target_fixture="own_files")
def files_of_the_project(datatable: list[list[str]]) -> dict[str, list[str]]:
    """Files and folders that need no package, or are not as a package brought them, by the columns image and path.

    Each stands for all below it, and `*` for any part of one name. A path that stands for nothing fails.
    """
    table: dict[str, list[str]] = {}
    for row in rows(datatable):
        table.setdefault(row["image"], []).append(row["path"])
    return table


@when("their bills of materials are written", target_fixture="bills")
def write_bills(images: Images, tmp_path: Path) -> Bills:
    """Packages and programs are read from the layers, and a CycloneDX document is written for each image."""
    written = {}
    for name, contents in images.items():
        written[name] = tmp_path / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', name)}.cdx.json"
        written[name].write_text(bill(contents), encoding="utf-8")
    return written


@assertion("each is a CycloneDX document that keeps its schema")
def valid(bills: Bills) -> None:
    """The documents, read back, keep the schema of CycloneDX 1.6."""
    for name, path in some(bills.items(), what="bills of materials"):
        keep_schema(path.read_text(encoding="utf-8"), of=name)


@assertion("they name packages of these kinds")
def of_these_kinds(bills: Bills, datatable: list[list[str]]) -> None:
    """Each bill has components of just the kinds that the table gives, by the columns image and kinds."""
    table = {row["image"]: row["kinds"].split(", ") for row in rows(datatable)}
    must(
        (f"the table says nothing of the image {name}" for name in set(bills) ^ set(table)), of="images and their kinds"
    )
    _must_be(bills, lambda name, path: [kinds(_read(path), table[name])])


@assertion('they tell the version of every component except "{names}"')
def tell_versions(bills: Bills, names: str) -> None:
    """Every component has a version, besides those of these names (whose files tell none)."""
    _must_be(bills, lambda _, path: versions(_read(path), but=names.split(", ")))


@assertion("every component is on its image's disk, with the files and checksums that its record states")
def components_on_disk(
    bills: Bills, images: Images, disks: Callable[[ImageContents], Disk], own_files: dict[str, list[str]]
) -> None:
    """What a bill says is true: names, versions, files and checksums are those on the disk."""
    _must_be(bills, lambda name, path: on_disk(_read(path), disks(images[name]), own=own_files.get(name, ())))


@assertion("every package, program and library on an image's disk is in its bill")
def disk_in_bill(
    bills: Bills, images: Images, disks: Callable[[ImageContents], Disk], own_files: dict[str, list[str]]
) -> None:
    """What is on the disk is in the bill: records of packages, programs, shared libraries, files among packages."""
    _must_be(bills, lambda name, path: in_bill(_read(path), disks(images[name]), own=own_files.get(name, ())))


@assertion("bills with a package left out, made up or in another version are told from them")
def wrong_bills_are_told(bills: Bills, images: Images, disks: Callable[[ImageContents], Disk]) -> None:
    """The comparison with the disk can tell: of each kind, a component is left out, made up or given a version."""
    for name, path in some(bills.items(), what="bills of materials"):
        must(
            (f"image {name}: {said}" for said in overlooked(path.read_text(encoding="utf-8"), disks(images[name]))),
            of="wrong bills",
        )


@assertion("each hangs on this report")
def attached(bills: Bills) -> None:
    """The documents are linked from the living documentation, byte for byte, with their counts beside them."""
    for name, path in some(bills.items(), what="bills of materials"):
        linked = attach(path)
        if linked is None or linked.read_bytes() != path.read_bytes():
            pytest.fail(f"the report has no copy of {path.name}")
        note(f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in _read(path).counts.items()))


def _read(path: Path) -> Bill:
    return Bill(path.read_text(encoding="utf-8"))


def _must_be(bills: Bills, look: Callable[[str, Path], Iterable[Finding]]) -> None:
    images = some(bills.items(), what="bills of materials")
    found = {name: some(look(name, path), what=f"findings on the bill of {name}") for name, path in images}
    must_be_kept(found, of="findings")
