"""Hosts that files of images mention."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import ImageError
from kube_acceptance.images.mentions import mentioned, unstated


def an_image(**files: bytes) -> Any:
    there = {path.replace("__", "/"): content for path, content in files.items()}
    return Object(files=lambda: [Object(path=path) for path in there], read=lambda path: there[path])


IMAGES = {
    "web": an_image(app__a=b"// https://docs.example/ http://localhost:80", app__b=b"\xff http://x/", lib=b"http://y/")
}


def test_hosts_below_a_folder_but_the_machines_own() -> None:
    assert mentioned(IMAGES, "/app") == {"docs.example": "image web: app/a", "x": "image web: app/b"}
    with pytest.raises(ImageError) as refused:
        mentioned(IMAGES, "/opt")
    assert str(refused.value) == "no image has a file below /opt, so nothing was looked at"


def test_reasons_and_hosts_must_agree() -> None:
    reasons = {"docs.example": "", "z": "a link"}
    assert list(unstated(mentioned(IMAGES, "/app"), reasons)) == [
        "image web: app/b names x",
        "no file names z; take it out",
        "it is not said why docs.example is named",
    ]
