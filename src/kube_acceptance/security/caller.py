"""Runs inside a pod: calls the API server with the token of the pod's own service account.

Reads from stdin one JSON object:

    {"folder": WHERE_TOKEN_AND_CA_ARE, "timeout": SECONDS, "control": REQUEST, "requests": [REQUEST, …]}
    a request: {"method": "GET", "path": "/version", "headers": {}, "body": null}

and writes one: {"before": REPLY, "replies": [REPLY, …], "after": REPLY}; the control is called before and after all
others. A reply: {"status": 403, "body": TEXT}, or {"failed": WHY} when there was no answer.

Only the standard library: it is handed to a Python in a pod as text.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Reply = dict[str, Any]

CONNECTIONS = 4
READ_AT_MOST = 65536  # bytes of an answer


class Api:
    """The API server, over one connection.

    Args:
        folder: Where `token` and `ca.crt` are.
        timeout: Seconds that a call may take.
    """

    def __init__(self, folder: str, timeout: float) -> None:
        with open(os.path.join(folder, "token")) as file:  # noqa: PTH118, PTH123 - pathlib takes long to load
            self._token = file.read().strip()
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
        context = ssl.create_default_context(cafile=os.path.join(folder, "ca.crt"))  # noqa: PTH118
        self._connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)

    def call(self, request: Reply) -> Reply:
        """Make a call, and tell its answer or why there is none."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **request["headers"]}
        body = None if request["body"] is None else json.dumps(request["body"])
        try:
            self._connection.request(request["method"], request["path"], body, headers)
            answer = self._connection.getresponse()
            # the answer to a watch has no end that is worth waiting for
            endless = "watch=1" in request["path"] and answer.status == 200
            text = b"" if endless else answer.read(READ_AT_MOST)
            if endless or not answer.isclosed():
                self._connection.close()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return {"failed": explain(error)}
        return {"status": answer.status, "body": text.decode(errors="replace")}


def explain(error: Exception) -> str:
    """Say why there is no answer."""
    if isinstance(error, TimeoutError):
        return "the call timed out"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {getattr(error, 'reason', None) or error}"
    return f"the call failed: {error or type(error).__name__}"


def answer(asked: Reply) -> Reply:
    """Make all calls, over a few connections side by side."""
    requests = asked["requests"]
    replies: list[Reply] = [{"failed": "the call was not made"} for _ in requests]

    def work(first: int) -> None:
        api = Api(asked["folder"], asked["timeout"])
        for place in range(first, len(requests), CONNECTIONS):
            replies[place] = api.call(requests[place])

    before = Api(asked["folder"], asked["timeout"]).call(asked["control"])
    threads = [threading.Thread(target=work, args=(first,)) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = Api(asked["folder"], asked["timeout"]).call(asked["control"])
    return {"before": before, "replies": replies, "after": after}


if __name__ == "__main__":
    print(json.dumps(answer(json.load(sys.stdin))))
