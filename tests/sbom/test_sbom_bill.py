from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from image_archives import file, old_layout
from small_images import ALPINE, ELF, TEA, WEB, image

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.sbom import Bill, bill, keep_schema
from kube_acceptance.sbom.document import split

LABELS = {"org.opencontainers.image.version": "0.2.0", "org.opencontainers.image.created": "2026-01-02T03:04:05+00:00"}


def written(*layers: Any, **settings: Any) -> tuple[dict[str, Any], str]:
    with image(*layers, **settings) as contents:
        return json.loads(bill(contents)), contents.config_digest


def component(document: dict[str, Any], ref: str) -> dict[str, Any]:
    [found] = [each for each in document["components"] if each["bom-ref"] == ref]
    return found


def test_the_bill_is_about_the_image() -> None:
    document, digest = written(ALPINE, Labels=LABELS)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    about = document["metadata"]
    assert about["timestamp"] == "2026-01-02T03:04:05+00:00"
    assert {key: about["component"][key] for key in ("type", "name", "version", "bom-ref", "hashes")} == {
        "type": "container",
        "name": "shop",
        "version": "0.2.0",
        "bom-ref": digest,
        "hashes": [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}],
    }
    [own] = [each for each in document["dependencies"] if each["ref"] == digest]
    assert len(own["dependsOn"]) == len(document["components"]) == 3


@pytest.mark.parametrize("created", ["unknown", "2026-01-02"])
def test_without_a_moment_in_its_label_it_has_no_time_and_without_a_version_the_tags(created: str) -> None:
    document, _ = written(ALPINE, Labels={"org.opencontainers.image.created": created})
    assert "timestamp" not in document["metadata"]
    assert document["metadata"]["component"]["version"] == "1"


def test_scanners_learn_the_distribution() -> None:
    document, _ = written(ALPINE)
    system = component(document, "os:alpine-3.23.6")
    assert (system["type"], system["name"], system["version"]) == ("operating-system", "alpine", "3.23.6")
    assert {each["name"]: each["value"] for each in system["properties"]} == {
        "syft:distro:id": "alpine",
        "syft:distro:prettyName": "Alpine Linux v3.23",
        "syft:distro:versionID": "3.23.6",
    }


def test_components_tell_licences_needs_places_and_what_they_carry_along() -> None:
    document, _ = written(ALPINE, [*TEA, *WEB])
    following = component(document, "pkg:npm/next@16.4.5")
    assert following["licenses"] == [{"license": {"id": "MIT"}}]
    assert following["evidence"]["occurrences"] == [{"location": "/app/node_modules/next/package.json"}]
    assert following["properties"] == [{"name": "kube-acceptance:bundles", "value": "semver"}]
    needs = {each["ref"]: each.get("dependsOn") for each in document["dependencies"]}
    assert needs["pkg:npm/next@16.4.5"] == ["pkg:npm/%40next/env@16.4.5"]
    busybox, musl = (
        f"pkg:apk/alpine/{each}?arch=x86_64&distro=alpine-3.23.6" for each in ("busybox@1.37.0-r30", "musl@1.2.5-r23")
    )
    assert needs[busybox] == [musl]
    scoped = component(document, "pkg:npm/%40next/env@16.4.5")
    assert (scoped["group"], scoped["name"]) == ("@next", "env")
    program = component(document, "pkg:generic/node@22.20.0")
    assert program["type"] == "application"
    assert program["cpe"] == "cpe:2.3:a:nodejs:node.js:22.20.0:*:*:*:*:*:*:*"
    assert program["hashes"][0]["alg"] == "SHA-256"


def test_a_package_in_two_places_is_one_component() -> None:
    again = [(info, body) for info, body in WEB if isinstance(info, object)]
    copies = [file(info.name.replace("app/", "other/"), body) for info, body in again if "react-is" in info.name]
    document, _ = written(ALPINE, [*WEB, *copies])
    assert [each["location"] for each in component(document, "pkg:npm/react-is@19.3.0")["evidence"]["occurrences"]] == [
        "/app/node_modules/next/dist/compiled/react-is/package.json",
        "/other/node_modules/next/dist/compiled/react-is/package.json",
    ]


def test_a_program_that_nothing_explains_is_a_file_in_the_bill() -> None:
    document, _ = written(ALPINE, [file("opt/strange", ELF + b"?", 0o755)])
    strange = component(document, "file:/opt/strange")
    assert (strange["type"], strange["name"]) == ("file", "/opt/strange")
    assert "purl" not in strange


def test_the_same_image_has_the_same_bill_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(old_layout([ALPINE, [*TEA, *WEB]]).getvalue())
    code = (
        "import sys; from kube_acceptance.images import ImageContents; from kube_acceptance.sbom import bill\n"
        "sys.stdout.write(bill(ImageContents('shop:1', open(sys.argv[1], 'rb'))))"
    )
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / "image.tar"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second
    assert json.loads(first)["serialNumber"].startswith("urn:uuid:")


def test_another_image_has_another_serial_number() -> None:
    assert written(ALPINE)[0]["serialNumber"] != written(ALPINE, User="1")[0]["serialNumber"]


def test_what_does_not_keep_the_schema_is_told() -> None:
    with pytest.raises(AcceptanceError, match=r"^The bill of materials of shop is not CycloneDX 1\.6: "):
        keep_schema('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "x"}]}', of="shop")


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ("https://shop.example/a?b#c", True),
        ("swh:1:rev:0", True),
        ("https://bücher.example/größe", True),
        ("not an address", False),
        ("https://shop.example/%zz", False),
    ],
)
def test_addresses_are_held_against_their_form(place: str, kept: bool) -> None:
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "externalReferences": [{"type": "vcs", "url": place}]}
    with contextlib.nullcontext() if kept else pytest.raises(AcceptanceError, match="is not CycloneDX 1"):
        keep_schema(json.dumps(bom), of="shop")


def test_a_time_is_held_against_its_form() -> None:
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": "yesterday"}}
    with pytest.raises(AcceptanceError, match="is not CycloneDX 1"):
        keep_schema(json.dumps(bom), of="shop")


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"components": [{}]}'])
def test_what_cannot_be_read_back_is_told(document: str) -> None:
    with pytest.raises(AcceptanceError, match=r"^The bill of materials cannot be read: "):
        Bill(document)


def test_an_empty_bill_is_told() -> None:
    with pytest.raises(AcceptanceError, match=r"^The bill of materials has no components"):
        Bill('{"components": []}')


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("postgres:17-alpine", ("postgres", "17-alpine")),
        ("localhost:5000/shop", ("localhost:5000/shop", "")),
        ("localhost:5000/shop:1", ("localhost:5000/shop", "1")),
        ("shop", ("shop", "")),
        ("shop:1@sha256:ab", ("shop", "1")),
    ],
)
def test_a_reference_has_a_name_and_a_tag(reference: str, parts: tuple[str, str]) -> None:
    assert split(reference) == parts
