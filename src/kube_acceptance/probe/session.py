"""A conversation with one agent: requests and replies, a line of JSON each, over one exec."""

from __future__ import annotations

import json
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream
from kubernetes.stream.ws_client import ERROR_CHANNEL
from websocket import WebSocketException

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe.containers import AGENT


class Session:
    """An agent's session in a running container.

    Args:
        api: An API client of its own: opening a stream changes the client for a moment.
        namespace: The pod's namespace.
        pod: The pod's name.
        container: The agent's container.

    Raises:
        ProbeError: The exec failed.
    """

    def __init__(self, api: client.ApiClient, namespace: str, pod: str, container: str) -> None:
        self._where = f"pod {namespace}/{pod}"
        try:
            self._stream: Any = stream(
                client.CoreV1Api(api).connect_get_namespaced_pod_exec,
                pod,
                namespace,
                container=container,
                command=[*AGENT, "session"],
                stdin=True,
                stdout=True,
                stderr=True,
                tty=False,
                _preload_content=False,
            )
        except ApiException as error:
            # a refused upgrade is told with its whole reply behind this mark
            reason = str(error.reason).partition(" -+-+- ")[0]
            raise ProbeError(f"exec into {self._where} failed: {reason}") from error

    def send(self, request: dict[str, Any]) -> None:
        """Send a request, and leave its reply for later; raises ProbeError when the session is over."""
        try:
            self._stream.write_stdin(json.dumps(request) + "\n")
        except (WebSocketException, OSError) as error:
            raise ProbeError(f"the agent in {self._where} was lost: {error}") from error

    def receive(self, *, within: float) -> dict[str, Any]:
        """Return the next reply; raises ProbeError when none comes within so many seconds."""
        try:
            line = self._stream.readline_stdout(timeout=within)
            if line:
                reply: dict[str, Any] = json.loads(line)
                return reply
            said = self._last_words() or f"silent for {within:g} s"
        except (WebSocketException, OSError, ValueError) as error:
            raise ProbeError(f"the agent in {self._where} was lost: {error}") from error
        raise ProbeError(f"the agent in {self._where} did not answer: {said}")

    def _last_words(self) -> str:
        """Why there is no reply: the last line on stderr, else what the exec itself says of its end."""
        lines: list[str] = self._stream.read_stderr(timeout=0).split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        status = self._stream.read_channel(ERROR_CHANNEL) if not self._stream.is_open() else ""
        return said or (str(json.loads(status).get("message", "it ended")) if status else "")

    def close(self) -> None:
        """End the agent's session; by a word, because closing only stdin is not possible with every API server."""
        try:
            self._stream.write_stdin("done\n")
            self._stream.close()
        except (WebSocketException, OSError):
            pass  # it is over already
