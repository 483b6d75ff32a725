"""Another build of an image."""

from __future__ import annotations

from pathlib import Path

from kube_acceptance.images.another import another
from kube_acceptance.images.build import BuiltImage


def test_it_is_the_image_with_a_label_more(tmp_path: Path) -> None:
    source = another(BuiltImage("shop-web", "shop-web:1", "sha256:1", False, 0.0), tmp_path)
    assert (source.name, source.context) == ("shop-web", tmp_path)
    assert source.dockerfile.read_text() == 'FROM shop-web:1\nLABEL kube-acceptance.another-build="yes"\n'
