from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image_archives import Engine, Image

from kube_acceptance.errors import AcceptanceError, ClusterError, ImageError, MachineError
from kube_acceptance.images import load
from kube_acceptance.images.load import full_reference, node_images

TAKE = 'echo "$*: $(cat)" >> $LOG'
HEADER = "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"


def listing(**images: str) -> str:
    """What a node prints that has these images, each of a configuration `sha256:NAME`."""
    rows = [
        f"docker.io/library/{name}:1 type sha256:m-{config} 8.3 MiB linux/amd64 x\n"
        f"sha256:{config} type sha256:m-{config} 8.3 MiB linux/amd64 x\n"
        for name, config in images.items()
    ]
    return HEADER + "".join(rows)


@pytest.fixture
def engine() -> Any:
    return Engine({"a:1": Image("sha256:aaa"), "b:1": Image("sha256:bbb")})


@pytest.fixture
def nodes(fake_docker: Callable[[str], Path], tmp_path: Path) -> Callable[..., Path]:
    """A docker command with nodes; an import adds to what `ctr images list` prints afterwards."""

    def install(before: str, after: str, save: str = "printf archive", take: str = TAKE) -> Path:
        (tmp_path / "before").write_text(before)
        (tmp_path / "after").write_text(after)
        return fake_docker(
            f"""
case "$*" in
  "save "*) echo "$*" >> $LOG; {save} ;;
  *--help*) echo "--local run import locally" ;;
  *" import "*) shift; {take}; touch {tmp_path}/imported ;;
  *" list") if [ -e {tmp_path}/imported ]; then cat {tmp_path}/after; else cat {tmp_path}/before; fi ;;
esac
"""
        )

    return install


def test_what_is_there_is_skipped(engine: Any, nodes: Callable[..., Path]) -> None:
    log = nodes(listing(a="aaa", b="bbb"), "")
    report = load(["a:1", "b:1"], nodes=["one", "two"], client=engine)
    assert (report.loaded, report.skipped, report.bytes) == ((), ("a:1", "b:1"), 0)
    assert not log.exists()


def test_one_archive_goes_to_every_node(engine: Any, nodes: Callable[..., Path]) -> None:
    log = nodes(listing(a="aaa", b="old"), listing(a="aaa", b="bbb"))
    report = load(["a:1", "b:1", "b:1"], nodes=["one", "two"], client=engine)
    assert (report.loaded, report.skipped, report.bytes) == (("b:1",), ("a:1",), len("archive"))
    imported = "--privileged -i {} ctr --namespace k8s.io images import --local -: archive"
    assert sorted(log.read_text().splitlines()) == [imported.format("one"), imported.format("two"), "save b:1"]


def test_an_engine_that_names_images_by_their_manifest(nodes: Callable[..., Path]) -> None:
    engine: Any = Engine({"a:1": Image("sha256:m-aaa")})
    nodes(listing(a="aaa"), "")
    assert load(["a:1"], nodes=["one"], client=engine).skipped == ("a:1",)


def failure(engine: Any, references: list[str], **more: Any) -> AcceptanceError:
    with pytest.raises(AcceptanceError) as caught:
        load(references, nodes=["one"], client=engine, **more)
    return caught.value


def test_an_image_that_docker_has_not_got(engine: Any) -> None:
    error = failure(engine, ["c:1"])
    assert isinstance(error, ImageError)
    assert str(error) == "Docker has no image c:1 to load into the cluster\nBuild or pull it first."


def test_no_nodes(engine: Any) -> None:
    with pytest.raises(ClusterError) as caught:
        load(["a:1"], nodes=[], client=engine)
    assert str(caught.value) == "There is no node to load images into"


def test_a_node_that_cannot_be_asked(engine: Any, fake_docker: Callable[[str], Path]) -> None:
    fake_docker("echo 'No such container: one' >&2; exit 1")
    error = failure(engine, ["a:1"])
    assert isinstance(error, ClusterError)
    assert str(error) == (
        "The node one cannot be asked which images it has\n"
        "It must be a running Docker container with containerd's ctr.\n"
        "  docker exec one failed with exit status 1\n  No such container: one"
    )


def test_a_node_that_does_not_have_it_afterwards(
    engine: Any, nodes: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["kube_acceptance.images.load"], "_NOTICED_SECONDS", 0.3)
    nodes(HEADER, listing(a="other"))
    error = failure(engine, ["a:1"])
    assert isinstance(error, ImageError)
    assert str(error) == (
        "The node one does not have a:1 (sha256:aaa) after it was imported\n"
        "The image may be for another platform than the node's."
    )


def test_a_failing_import(engine: Any, nodes: Callable[..., Path]) -> None:
    nodes(
        HEADER,
        "",
        take="echo 'ctr: unexpected media type' >&2; echo 'level=warning msg=\"DEPRECATION: x\"' >&2; exit 1",
    )
    error = failure(engine, ["a:1"])
    assert isinstance(error, ClusterError)
    assert (
        error.summary == "The node one does not have a:1 (sha256:aaa) after it was imported"
        or "cannot import" in error.summary
    )


@pytest.mark.parametrize(
    ("complaint", "kind", "said"),
    [
        ("reference does not exist", ClusterError, "docker save failed: reference does not exist"),
        ("write /x: no space left on device", MachineError, "No space is left on the disk while saving a:1"),
        ("", ClusterError, "docker save failed: it said nothing"),
    ],
)
def test_a_failing_save(engine: Any, nodes: Callable[..., Path], complaint: str, kind: type, said: str) -> None:
    nodes(HEADER, "", save=f"echo '{complaint}' >&2; exit 1")
    error = failure(engine, ["a:1"])
    assert isinstance(error, kind)
    assert error.summary == said


def test_a_transfer_that_does_not_end(engine: Any, nodes: Callable[..., Path]) -> None:
    nodes(HEADER, "", save="exec sleep 60")
    assert failure(engine, ["a:1"], timeout=0.3).summary == "Loading a:1 into one took more than 0.3 seconds"


@pytest.mark.parametrize(
    ("reference", "full"),
    [
        ("a", "docker.io/library/a:latest"),
        ("a:1", "docker.io/library/a:1"),
        ("team/a:1", "docker.io/team/a:1"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost/a", "localhost/a:latest"),
        ("host:5000/a", "host:5000/a:latest"),
    ],
)
def test_full_references(reference: str, full: str) -> None:
    assert full_reference(reference) == full


def test_a_digest_is_no_name_for_an_archive() -> None:
    with pytest.raises(ImageError) as caught:
        full_reference("a@sha256:00")
    assert (
        str(caught.value) == "a@sha256:00 cannot be loaded into nodes by its digest\nGive the image a tag and use that."
    )


def test_an_image_that_the_kubelet_has_not_noticed_is_not_there() -> None:
    assert node_images(HEADER + "docker.io/library/a:1 type sha256:m 8.3 MiB\n") == {}
    assert node_images("") == {}
    assert node_images(listing(a="aaa")) == {"docker.io/library/a:1": frozenset({"sha256:m-aaa", "sha256:aaa"})}
