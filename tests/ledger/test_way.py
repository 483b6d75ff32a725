"""Ways that can be gone, and the sentences for those that cannot."""

from __future__ import annotations

import pytest

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.ledger import Way
from kube_acceptance.traffic import Answer


def test_what_the_writer_is_told() -> None:
    way = Way("api", "http://api.shop.svc:8000/orders", {"name": "${CONTENT}"}, headers={"Host": "shop"}, tier="api")
    request = way.request()
    assert (request.method, request.url, request.headers) == ("POST", way.url, {"Host": "shop"})
    assert (request.body, request.says, request.tier) == ({"name": "${CONTENT}"}, {"id": "json:id"}, "api")


@pytest.mark.parametrize(
    ("status", "sent", "why", "expected"),
    [
        (201, True, "", ("acknowledged", "7", "")),
        (200, True, "", ("indeterminate", "", "answered 200")),
        (404, True, "", ("failed", "", "answered 404")),
        (422, True, "", ("failed", "", "answered 422")),
        (500, True, "", ("indeterminate", "", "answered 500")),
        (503, True, "", ("indeterminate", "", "answered 503")),
        (None, True, "no answer: timed out", ("indeterminate", "", "no answer: timed out")),
        (None, False, "not connected: timed out", ("failed", "", "not connected: timed out")),
    ],
)
def test_what_is_known_of_a_write(status: int | None, sent: bool, why: str, expected: tuple[str, str, str]) -> None:
    way = Way("api", "http://api/orders", {"name": "${CONTENT}"})
    said = {"id": "7"} if status else {}
    write = way.write(Answer("api", 3, 1.0, 2.0, status, said, why=why, sent=sent, content="Write 3"))
    assert (write.outcome, write.key, write.why) == expected
    assert (write.way, write.number, write.content, write.began, write.ended) == ("api", 3, "Write 3", 1.0, 2.0)


@pytest.mark.parametrize("url", ["https://api/orders", "api/orders", "http:///orders"])
def test_only_http_can_be_gone(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Way("api", url, {"name": "${CONTENT}"})
    assert str(caught.value) == f"the way api cannot be gone: {url!r} is no URL of http"


def test_a_body_must_hold_the_content() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Way("api", "http://api/orders", {"name": "the same again"})
    assert str(caught.value) == "the way api would write nothing: ${CONTENT} does not stand in its body"
