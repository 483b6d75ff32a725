from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException
from websocket import WebSocketConnectionClosedException

from kube_acceptance.errors import ProbeError
from kube_acceptance.probe import session as module
from kube_acceptance.probe.session import Session


class Stream:
    """An exec's stream with given output."""

    def __init__(self, stdout: str = "", stderr: str = "", status: str = "", broken: Exception | None = None) -> None:
        self.stdout, self.stderr, self.status, self.broken = stdout, stderr, status, broken
        self.written: list[str] = []

    def write_stdin(self, text: str) -> None:
        if self.broken:
            raise self.broken
        self.written.append(text)

    def readline_stdout(self, timeout: float) -> str:
        return self.stdout

    def read_stderr(self, timeout: float) -> str:
        return self.stderr

    def read_channel(self, channel: int) -> str:
        assert channel == 3
        return self.status

    def is_open(self) -> bool:
        return not self.status

    def close(self) -> None:
        self.written.append("closed")


def session(monkeypatch: pytest.MonkeyPatch, stream: Stream | Exception) -> Session:
    def open_stream(method: Any, pod: str, namespace: str, **options: Any) -> Stream:
        assert (pod, namespace, options["container"]) == ("frontend-0", "shop", "probe")
        assert options["command"] == ["python3", "-I", "-S", "-B", "/agent.py", "session"]
        if isinstance(stream, Exception):
            raise stream
        return stream

    monkeypatch.setattr(module, "stream", open_stream)
    # the real client loads itself when it is touched, which takes seconds
    pods = SimpleNamespace(connect_get_namespaced_pod_exec=None)
    monkeypatch.setattr(module, "client", SimpleNamespace(CoreV1Api=lambda _: pods))
    made: Any = Session
    found: Session = made(None, "shop", "frontend-0", "probe")
    return found


def failure(monkeypatch: pytest.MonkeyPatch, stream: Stream) -> str:
    with pytest.raises(ProbeError) as caught:
        session(monkeypatch, stream).receive(within=33)
    return caught.value.summary


def test_requests_and_replies_are_lines_and_the_end_is_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(stdout='{"self": ""}')
    talk = session(monkeypatch, stream)
    talk.send({"do": "witness"})
    assert talk.receive(within=1) == {"self": ""}
    talk.close()
    assert stream.written == ['{"do": "witness"}\n', "done\n", "closed"]


def test_an_exec_that_fails_is_told_from_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProbeError) as caught:
        session(monkeypatch, ApiException(status=0, reason="Handshake status 404 Not Found -+-+- {'audit-id': 1}"))
    assert caught.value.summary == "exec into pod shop/frontend-0 failed: Handshake status 404 Not Found"


def test_silence_is_told_from_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    where = "the agent in pod shop/frontend-0 did not answer: "
    ended = json.dumps({"status": "Failure", "message": "command terminated with exit code 142"})
    assert failure(monkeypatch, Stream()) == where + "silent for 33 s"
    assert failure(monkeypatch, Stream(status=ended)) == where + "command terminated with exit code 142"
    trace = "Traceback:\n  File\nMemoryError\n\n"
    assert failure(monkeypatch, Stream(stderr=trace, status=ended)) == where + "MemoryError"


def test_a_stream_that_breaks_is_a_lost_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = session(monkeypatch, Stream(broken=WebSocketConnectionClosedException("socket is already closed.")))
    with pytest.raises(ProbeError) as caught:
        broken.send({})
    assert caught.value.summary == "the agent in pod shop/frontend-0 was lost: socket is already closed."
    broken.close()
    assert failure(monkeypatch, Stream(stdout="no JSON")).startswith("the agent in pod shop/frontend-0 was lost: ")
