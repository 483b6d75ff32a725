from __future__ import annotations

import pytest
from kubernetes.client.exceptions import ApiException

from kube_acceptance.api_errors import said_by_api


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"kind": "Status", "message": "pods \\"a\\" is forbidden"}', 'pods "a" is forbidden'),
        ('{"kind": "Status", "message": ""}', '{"kind": "Status", "message": ""}'),
        ("404 page not found\n", "404 page not found"),
        ("[1]", "[1]"),
        ("", "Forbidden"),
        (None, "Forbidden"),
    ],
)
def test_the_api_server_s_own_words_are_used(body: str | None, said: str) -> None:
    error = ApiException(status=403, reason="Forbidden")
    error.body = body
    assert said_by_api(error) == said
