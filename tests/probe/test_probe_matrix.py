from __future__ import annotations

import pytest

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.matrix import Expectation
from kube_acceptance.probe.outcome import Outcome, Protocol


def test_rows_are_read_as_people_write_them() -> None:
    assert Expectation.parse("frontend", "backend:8000", "allowed") == Expectation(
        "frontend", "backend", 8000, Protocol.TCP, Outcome.ALLOWED
    )
    row = Expectation.parse("stranger", "service backend:53/UDP", "blocked")
    assert (row.target, row.port, row.protocol) == ("service backend", 53, Protocol.UDP)
    assert str(row) == "stranger -> service backend:53/UDP"


@pytest.mark.parametrize(
    ("target", "expected", "text"),
    [
        ("backend", "allowed", "the target 'backend' is not NAME:PORT or NAME:PORT/UDP"),
        ("backend:http", "allowed", "the target 'backend:http' is not NAME:PORT or NAME:PORT/UDP"),
        ("backend:1/SCTP", "allowed", "the target 'backend:1/SCTP' is not NAME:PORT or NAME:PORT/UDP"),
        ("backend:1", "broken", "a connection can be expected to be allowed or blocked, not 'broken'"),
        ("backend:1", "Allowed", "a connection can be expected to be allowed or blocked, not 'Allowed'"),
    ],
)
def test_what_cannot_be_read_is_refused(target: str, expected: str, text: str) -> None:
    with pytest.raises(ProbeError) as caught:
        Expectation.parse("frontend", target, expected)
    assert caught.value.summary == text
