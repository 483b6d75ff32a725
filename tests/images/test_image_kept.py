from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image_archives import Engine, Image

from kube_acceptance.errors import ImageError
from kube_acceptance.images import CONTENT_LABEL, ImageSource, content_tag
from kube_acceptance.images.kept import Kept, built, load, save

# writes what it was asked for to the file that follows --output
SAVE = 'shift 2; file=$1; shift; echo "$*" >> $LOG; echo "$*" > "$file"'
TWO = {"web:1": "sha256:w", "api:1": "sha256:a"}


def source(folder: Path, name: str) -> ImageSource:
    (folder / name).mkdir()
    (folder / name / "Dockerfile").write_text(f"FROM {name}-base\n")
    return ImageSource(name, folder / name / "Dockerfile", folder / name)


def test_only_what_is_built_as_it_would_be_today(tmp_path: Path) -> None:
    web, api, baseless = (source(tmp_path, name) for name in ("web", "api", "baseless"))
    tag = content_tag(web, bases={"web-base": "sha256:b"})
    engine: Any = Engine({"web-base": Image("sha256:b"), "api-base": Image("sha256:b")})
    engine.known |= {f"web:{tag}": Image("sha256:w", {CONTENT_LABEL: tag}), "api:old": Image("sha256:a")}
    assert built([web, api, baseless], client=engine) == {f"web:{tag}": "sha256:w"}
    assert engine.pulled == []


def test_one_archive_that_is_not_written_twice(fake_docker: Callable[[str], Path], tmp_path: Path) -> None:
    log, folder = fake_docker(SAVE), tmp_path / "images"
    kept = save(TWO, folder)
    assert kept == Kept(folder / "ee9eb8062a055cad.tar", ("api:1", "web:1"), True)
    assert kept.file.read_text() == "api:1 web:1\n"
    assert save(TWO, folder) == Kept(kept.file, kept.references, False)
    assert log.read_text() == "api:1 web:1\n"


def test_it_takes_the_place_of_others(fake_docker: Callable[[str], Path], tmp_path: Path) -> None:
    fake_docker(SAVE)
    before = save(TWO, tmp_path / "images").file
    # the same content, built again from another commit
    now = save({**TWO, "web:1": "sha256:w2"}, tmp_path / "images").file
    assert now != before
    assert list((tmp_path / "images").iterdir()) == [now]


def test_nothing_to_keep(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"^none of the project's images is built\nA run builds them: pytest"):
        save({}, tmp_path)


def test_what_cannot_be_written_leaves_nothing(fake_docker: Callable[[str], Path], tmp_path: Path) -> None:
    fake_docker('echo torn > "$3"; echo "no space left on device" >&2; exit 1')
    with pytest.raises(ImageError) as caught:
        save(TWO, tmp_path / "images")
    assert str(caught.value).splitlines() == [
        f"the images cannot be kept in {tmp_path}/images",
        "It must be a folder that can be written to, on a disk with room for them.",
        "  docker save --output failed with exit status 1",
        "  no space left on device",
    ]
    assert list((tmp_path / "images").iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match=f"^the images cannot be kept in {tmp_path}/file/images\n"):
        save(TWO, tmp_path / "file" / "images")


def test_loads_what_is_kept(fake_docker: Callable[[str], Path], tmp_path: Path) -> None:
    log = fake_docker('echo "$*" >> $LOG')
    (tmp_path / "one.tar").touch()
    (tmp_path / "two.part").touch()
    assert load(tmp_path) == (tmp_path / "one.tar",)
    assert log.read_text() == f"load --quiet --input {tmp_path}/one.tar\n"
    assert load(tmp_path / "nowhere") == ()


def test_a_torn_archive(fake_docker: Callable[[str], Path], tmp_path: Path) -> None:
    fake_docker('echo "unexpected EOF" >&2; exit 1')
    (tmp_path / "one.tar").touch()
    with pytest.raises(ImageError) as caught:
        load(tmp_path)
    assert str(caught.value).splitlines() == [
        f"{tmp_path}/one.tar cannot be loaded into Docker",
        "Remove it: what is missing is built.",
        "  docker load --quiet failed with exit status 1",
        "  unexpected EOF",
    ]
