from __future__ import annotations

from typing import Any

import pytest
from image_archives import ALPINE_LAYER, Layer, file, folder, old_layout

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.images import (
    ImageContents,
    budget_findings,
    exec_form_finding,
    label,
    label_findings,
    port_finding,
    size_of,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LABELS = {
    "source": "https://example.org/shop.git",
    "revision": COMMIT,
    "version": "1.2.3",
    "created": "2026-11-28T03:37:09+00:00",
}


def image(layers: list[Layer] | None = None, **settings: Any) -> ImageContents:
    return ImageContents("x:1", old_layout(layers or [ALPINE_LAYER], **settings))


def labelled(**changed: str) -> dict[str, tuple[bool, str]]:
    labels = {f"org.opencontainers.image.{name}": text for name, text in (LABELS | changed).items()}
    with image(Labels=labels) as contents:
        return {each.rule: (each.ok, each.said) for each in label_findings(contents, version="1.2.3")}


def test_labels_that_tell() -> None:
    assert labelled() == {f"label-{name}": (True, f"its {name} is {text}") for name, text in LABELS.items()}


@pytest.mark.parametrize("source", ["ssh://git@example.org/shop", f"swh:1:rev:{COMMIT}", "git+ssh://a.example/b"])
def test_where_sources_may_be(source: str) -> None:
    assert labelled(source=source)["label-source"] == (True, f"its source is {source}")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("source", "unknown", "its label org.opencontainers.image.source is missing or unknown"),
        ("source", "/home/me/shop", "its source is /home/me/shop, which is no address of sources"),
        ("revision", "main", "its revision is main, which is no commit in full"),
        ("version", "1.2.4", "its version is 1.2.4, which is not the chart's 1.2.3"),
        ("version", "", "its label org.opencontainers.image.version is missing or unknown"),
        ("created", "2026-11-28", "its created is 2026-11-28, which is no time as in RFC 3339"),
        ("created", "2026-13-28T03:37:09Z", "its created is 2026-13-28T03:37:09Z, which is no time as in RFC 3339"),
    ],
)
def test_labels_that_do_not_tell(name: str, text: str, said: str) -> None:
    assert labelled(**{name: text})[f"label-{name}"] == (False, said)


def test_no_labels_at_all() -> None:
    with image() as contents:
        assert label(contents, "source") == ""
        assert [each.ok for each in label_findings(contents, version="1")] == [False] * 4


@pytest.mark.parametrize(
    ("exposed", "ports", "ok", "said"),
    [
        ({"8000/tcp": {}}, {"8000/tcp"}, True, "it exposes 8000/tcp, as the chart has it"),
        ({"8000": {}}, {"8000/tcp"}, True, "it exposes 8000/tcp, as the chart has it"),
        (None, set(), True, "it exposes no port, as the chart has it"),
        (
            *({"22/tcp": {}, "80/tcp": {}}, {"80/tcp"}, False),
            "it exposes 22/tcp, which the chart names for none of its containers",
        ),
        (None, {"53/udp"}, False, "it does not expose 53/udp, which the chart names"),
    ],
)
def test_ports(exposed: Any, ports: set[str], ok: bool, said: str) -> None:
    with image(ExposedPorts=exposed) as contents:
        finding = port_finding(contents, ports)
    assert (finding.ok, finding.said) == (ok, said)


@pytest.mark.parametrize(
    ("settings", "ok", "said"),
    [
        ({"Entrypoint": ["python", "-m", "shop"]}, True, "it starts python -m shop"),
        ({"Entrypoint": ["/run.sh"], "Cmd": ["-c"]}, True, "it starts /run.sh -c"),
        ({"Cmd": ["sh"]}, True, "it starts sh"),
        (
            *({"Entrypoint": ["/bin/sh", "-c", "shop"]}, False),
            "it starts /bin/sh -c, which keeps signals from the program: write a list of words",
        ),
        (
            *({"Cmd": ["bash", "-ec", "shop"]}, False),
            "it starts bash -ec, which keeps signals from the program: write a list of words",
        ),
        ({}, False, "it names no program to start"),
    ],
)
def test_how_the_program_is_started(settings: dict[str, Any], ok: bool, said: str) -> None:
    with image(**settings) as contents:
        finding = exec_form_finding(contents)
    assert (finding.ok, finding.said) == (ok, said)


def test_budgets_count_every_layer() -> None:
    layers: list[Layer] = [[file("a", b"x" * 900)], [file("b", b"x" * 300), file("c", b"x" * 100)], [file(".wh.b")]]
    with image(layers) as contents:
        within = [(each.rule, each.ok) for each in budget_findings(contents, total=1300, layer=900)]
        beyond = [each.said for each in budget_findings(contents, total=1299, layer=399) if not each.ok]
    assert within == [("size-budget", True), *[("layer-budget", True)] * 3]
    assert beyond == [
        "it has 0.0 MB, above its budget of 0.0 MB; the largest files: /a (0.0 MB), /b (0.0 MB), /c (0.0 MB)",
        "its layer 1 has 0.0 MB, above its budget of 0.0 MB; the largest files: /a (0.0 MB)",
        "its layer 2 has 0.0 MB, above its budget of 0.0 MB; the largest files: /b (0.0 MB), /c (0.0 MB)",
    ]


def test_an_image_without_files_has_no_size() -> None:
    with image([[folder("a")]]) as contents:
        assert [each.said for each in budget_findings(contents, total=9, layer=9)] == [
            "x:1 has no files, so nothing can be said of its size"
        ]


@pytest.mark.parametrize(("text", "size"), [("110 MB", 110_000_000), ("1.5GB", 1_500_000_000), ("7 kB", 7_000)])
def test_sizes(text: str, size: int) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["110", "110 MiB", "many", ""])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        size_of(text)
    assert error.value.summary == f"{text!r} is no size; write it as in 110 MB"
