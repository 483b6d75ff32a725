from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image_archives import (
    Engine,
    Image,
    Layer,
    archive,
    configuration,
    digest,
    file,
    folder,
    link,
    oci_layout,
    old_layout,
)

from kube_acceptance.errors import ImageError, MachineError
from kube_acceptance.images import ImageContents, layer_ids, open_archive, open_image, same_image

LOWER: Layer = [
    folder("etc"),
    file("etc/kept", "lower"),
    file("etc/gone", "x"),
    folder("cache"),
    file("cache/a/deep", "x"),
    file("cache/b", "x"),
    folder("opaque"),
    file("opaque/old", "x"),
    file("becomes-file/inside", "x"),
    link("lib", "usr/lib"),
    file("usr/lib/thing", "thing"),
    file("twin", "same bytes"),
    link("other-twin", "twin", hard=True),
]
UPPER: Layer = [
    file("./etc/kept", "upper", 0o4755),
    file("etc/.wh.gone"),
    file(".wh.cache"),
    file("opaque/new", "x"),
    file("opaque/.wh..wh..opq"),
    file("becomes-file", "now a file"),
    file("twin", "other bytes"),
    link("round", "round"),
    link("up", "../../usr/lib/../lib/thing"),
]
LAYOUTS = {
    "old": old_layout,
    "oci": oci_layout,
    "oci compressed": lambda *args, **more: oci_layout(*args, compressed=True, **more),
    "oci nested": lambda *args, **more: oci_layout(*args, nested=True, **more),
}


@pytest.fixture(params=LAYOUTS)
def contents(request: pytest.FixtureRequest) -> Any:
    export = LAYOUTS[request.param]([LOWER, UPPER], User="10001")
    with ImageContents("x:1", export, architecture="amd64") as opened:
        yield opened


def test_whiteouts_take_away_what_is_below_only(contents: ImageContents) -> None:
    assert sorted(entry.path for entry in contents.files()) == [
        "becomes-file",
        "etc/kept",
        "opaque/new",
        "other-twin",
        "twin",
        "usr/lib/thing",
    ]


def test_layers_keep_what_later_ones_delete(contents: ImageContents) -> None:
    assert [layer.diff_id for layer in contents.layers] == [digest(archive(LOWER)), digest(archive(UPPER))]
    assert "etc/gone" in {entry.path for entry in contents.layers[0].entries}
    assert ".wh.cache" in {entry.path for entry in contents.layers[1].entries}


def test_files_are_read_through_links(contents: ImageContents) -> None:
    assert contents.read("/etc/kept") == b"upper"
    assert contents.read("lib/thing") == b"thing"
    assert contents.read("up") == b"thing"
    assert contents.merged["etc/kept"].mode == 0o4755


def test_a_hard_link_means_the_file_of_its_own_layer(contents: ImageContents) -> None:
    assert contents.read("twin") == b"other bytes"
    assert contents.read("other-twin") == b"same bytes"


@pytest.mark.parametrize("path", ["etc/gone", "cache/a/deep", "etc", "round", "nowhere/at/all"])
def test_what_is_not_a_file_cannot_be_read(contents: ImageContents, path: str) -> None:
    with pytest.raises(ImageError) as caught:
        contents.read(path)
    assert str(caught.value) == f"x:1 has no file {path}"


def test_the_configuration_and_its_digest(contents: ImageContents) -> None:
    expected = configuration([archive(LOWER), archive(UPPER)], User="10001")
    assert contents.config["config"]["User"] == "10001"
    assert contents.config_digest == digest(expected)


def test_a_layers_own_bytes_are_hashed(contents: ImageContents) -> None:
    assert [contents.layer_digest(number) for number in (0, 1)] == [layer.diff_id for layer in contents.layers]


def test_an_image_without_layers_is_empty() -> None:
    with ImageContents("x:1", old_layout([])) as contents:
        assert contents.layers == ()
        assert contents.merged == {}


def test_a_layer_that_stands_twice_is_followed() -> None:
    with ImageContents("x:1", old_layout([LOWER, UPPER, LOWER])) as contents:
        assert contents.read("etc/gone") == b"x"


def test_an_empty_layer_file_has_no_entries() -> None:
    config = configuration([b""])
    manifest = b'[{"Config": "c.json", "Layers": ["l/layer.tar"]}]'
    export = archive([file("c.json", config), file("l/layer.tar", b""), file("manifest.json", manifest)])
    with ImageContents("x:1", io.BytesIO(export)) as contents:
        assert contents.layers[0].entries == ()


@pytest.mark.parametrize(
    ("export", "said"),
    [
        (b"not a tar archive", "The export of x:1 cannot be read: truncated header"),
        (
            archive([file("readme", "x")]),
            "The export of x:1 is not an image: it has neither index.json nor manifest.json",
        ),
        (
            archive([file("manifest.json", '[{"Config": "c", "Layers": ["l"]}]')]),
            "The export of x:1 is damaged: c is not in it",
        ),
        (
            archive([file("index.json", '{"manifests": [{"digest": "sha256:00"}]}')]),
            "The export of x:1 holds no image, only an index of images elsewhere",
        ),
        (
            archive(
                [
                    file("c", '{"rootfs": {"diff_ids": ["sha256:1"]}}'),
                    file("manifest.json", '[{"Config":"c","Layers":[]}]'),
                ]
            ),
            "The export of x:1 is damaged: its configuration names 1 layers, the export has 0",
        ),
        (
            archive(
                [
                    file("c", '{"rootfs": {"diff_ids": ["sha256:1"]}}'),
                    file("l", b"\x28\xb5\x2f\xfd...."),
                    file("manifest.json", '[{"Config": "c", "Layers": ["l"]}]'),
                ]
            ),
            "x:1 has layers compressed with zstd, which cannot be read here\n"
            "Build it with gzip or uncompressed layers.",
        ),
    ],
)
def test_what_is_not_an_image_is_refused(export: bytes, said: str) -> None:
    stream = io.BytesIO(export)
    with pytest.raises(ImageError) as caught:
        ImageContents("x:1", stream)
    assert str(caught.value).startswith(said)
    assert stream.closed


def test_an_image_is_opened_from_the_engine() -> None:
    image = Image(
        "sha256:manifest", Architecture="amd64", RepoDigests=["x@sha256:pulled"], Descriptor={"digest": "sha256:index"}
    )
    engine: Any = Engine({"x:1": image}, {"x:1": old_layout([LOWER]).getvalue()})
    with open_image(engine, "x:1") as contents:
        assert contents.read("etc/gone") == b"x"
        assert contents.manifest_digests == {"sha256:pulled", "sha256:index"}


def test_an_image_that_docker_has_not_got() -> None:
    engine: Any = Engine()
    with pytest.raises(ImageError) as caught:
        open_image(engine, "x:1")
    assert str(caught.value) == "Docker has no image x:1\nBuild it first, or load it with `docker load`."
    with pytest.raises(ImageError) as caught:
        layer_ids(engine, "x:1")
    assert str(caught.value) == "Docker has no image x:1"


def test_layer_ids_are_never_none() -> None:
    engine: Any = Engine({"x:1": Image("i", RootFS={"Layers": ["sha256:1"]}), "empty:1": Image("i", RootFS={})})
    assert layer_ids(engine, "x:1") == ("sha256:1",)
    with pytest.raises(ImageError) as caught:
        layer_ids(engine, "empty:1")
    assert str(caught.value) == "empty:1 has no layers"


def test_same_image_by_configuration_or_manifest() -> None:
    with ImageContents(
        "x:1", oci_layout([LOWER], nested=True), architecture="amd64", digests=["sha256:repo"]
    ) as contents:
        config, (first, *_) = contents.config_digest, sorted(contents.manifest_digests)
        assert len(contents.manifest_digests) == 3
        assert same_image(config, contents)
        assert same_image(f"docker://{config}", contents)
        assert same_image(f"docker.io/library/x@{first}", contents)
        assert same_image("docker-pullable://registry:5000/x@sha256:repo", contents)
        assert not same_image(f"docker.io/library/import-2026-11-23@{digest(b'archive')}", contents)
        assert not same_image("docker.io/library/x:1", contents)
        assert not same_image("", contents)


def test_a_full_disk_while_exporting(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    file = Full()
    monkeypatch.setattr("tempfile.TemporaryFile", lambda: file)
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    engine: Any = Engine({"x:1": Image("i")}, {"x:1": b"archive"})
    with pytest.raises(MachineError) as caught:
        open_image(engine, "x:1")
    assert str(caught.value) == (
        "The export of x:1 cannot be kept in /tmp: No space left on device\n"
        "Free some space there, or set TMPDIR to another folder."
    )
    assert file.closed


def test_a_damaged_compressed_layer() -> None:
    export = oci_layout([LOWER], compressed=True).getvalue()
    start = export.index(b"\x1f\x8b")
    damaged = export[: start + 20] + b"\0" * 20 + export[start + 40 :]
    with pytest.raises(ImageError, match=r"^The export of x:1 cannot be read: "):
        ImageContents("x:1", io.BytesIO(damaged))


@pytest.mark.parametrize("layout", [old_layout, oci_layout])
def test_an_archive_is_read_as_it_is(tmp_path: Path, layout: Callable[[list[Layer]], io.BytesIO]) -> None:
    (tmp_path / "shop.tar").write_bytes(layout([LOWER, UPPER]).getvalue())
    with open_archive(tmp_path / "shop.tar") as contents:
        assert contents.read("etc/kept") == b"upper"


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"/none\.tar cannot be read: No such file or directory$"):
        open_archive(tmp_path / "none.tar")
    (tmp_path / "text.tar").write_text("not an archive")
    with pytest.raises(ImageError, match=r"^The export of text\.tar cannot be read: "):
        open_archive(tmp_path / "text.tar")
