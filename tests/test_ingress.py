"""The way through the Ingress controller."""

from __future__ import annotations

import pytest

from kube_acceptance.ingress import Ingress


@pytest.mark.parametrize(("port", "url"), [(80, "http://shop.localhost/"), (32768, "http://shop.localhost:32768/")])
def test_an_address_is_as_a_browser_writes_it(port: int, url: str) -> None:
    assert Ingress(("192.0.2.1", port), "shop.localhost").url == url
