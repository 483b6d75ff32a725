"""Ways that can be gone, and the sentences for those that cannot."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.ledger import Way


def test_what_the_writer_is_told() -> None:
    way = Way("api", "http://api.shop.svc:8000/orders", {"name": "${CONTENT}"}, headers={"Host": "shop"}, tier="api")
    assert way.plan() == {
        "name": "api",
        "method": "POST",
        "url": "http://api.shop.svc:8000/orders",
        "headers": {"Host": "shop"},
        "body": {"name": "${CONTENT}"},
        "acknowledges": [201],
        "id": "id",
    }


@pytest.mark.parametrize("url", ["https://api/orders", "api/orders", "http:///orders"])
def test_only_http_can_be_gone(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Way("api", url, {"name": "${CONTENT}"})
    assert str(caught.value) == f"the way api cannot be gone: {url!r} is no URL of http"


def test_a_body_must_hold_the_content() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Way("api", "http://api/orders", {"name": "the same again"})
    assert str(caught.value) == "the way api would write nothing: ${CONTENT} does not stand in its body"
