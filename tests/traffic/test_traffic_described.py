"""Requests as tables describe them."""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.traffic import described


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(described, "ingress_inside", lambda _: "http://door:80")
    spec = {"selector": {"app.kubernetes.io/component": "api"}, "ports": [{"port": 8000}]}
    service = {"kind": "Service", "metadata": {"name": "shop-api"}, "spec": spec}
    return Object(name="shop", namespace="here", objects=lambda: [service], ingress_host=lambda: "shop.test")


def test_what_is_left_away_is_ordinary(release: Any) -> None:
    [one] = described.requests(release, [{"name": "page", "path": "/"}])
    assert (one.url, one.method, one.headers) == ("http://door:80/", "GET", {"Host": "shop.test"})
    assert (one.body, one.keep_alive, one.tier, one.takes) == (None, False, "", 0.0)
    assert one.says == {"pod": "header:X-Served-By"}


def test_everything_that_can_be_said(release: Any) -> None:
    row = {"name": "order", "tier": "api", "method": "POST", "path": "/orders", "body": '{"n": 1}'}
    [one] = described.requests(release, [{**row, "connections": "kept", "takes": "8 seconds"}])
    assert (one.url, one.method, one.headers) == ("http://shop-api.here.svc:8000/orders", "POST", {})
    assert (one.body, one.keep_alive, one.tier, one.takes) == ({"n": 1}, True, "api", 8.0)


def test_headers_and_what_else_is_noted(release: Any) -> None:
    row = {"name": "page", "path": "/", "headers": '{"X-One": "1"}', "says": "X-Pod, json:error.code"}
    [one] = described.requests(release, [row])
    assert one.headers == {"Host": "shop.test", "X-One": "1"}
    assert one.says == {
        "pod": "header:X-Served-By",
        "X-Pod": "header:X-Pod",
        "json:error.code": "json:error.code",
    }


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"color": "red"}, "requests have no 'color'"),
        ({"connections": "old"}, "connections are new or kept, not 'old'"),
    ],
)
def test_what_no_table_may_say(release: Any, row: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        described.requests(release, [{"name": "page", "path": "/", **row}])
    assert caught.value.summary == said


def test_a_tier_without_a_service(release: Any) -> None:
    with pytest.raises(AcceptanceError) as caught:
        described.requests(release, [{"name": "page", "path": "/", "tier": "web"}])
    assert str(caught.value) == "no Service of release shop is the web tier's, so it cannot be asked"
