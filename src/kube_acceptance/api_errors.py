"""What the API server says when it refuses."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubernetes.client.exceptions import ApiException


def said_by_api(error: ApiException) -> str:
    """The API server's own sentence in an error: it names the policy, the quota or the right that is missing.

    It stands in the answer's Status object; where there is none, the answer's text is told, or else HTTP's reason.
    """
    body = str(error.body or "").strip()
    with contextlib.suppress(ValueError, AttributeError):
        if message := json.loads(body).get("message"):
            return str(message)
    return body or str(error.reason)
