"""Connections take turns: now and then an answer is the last of its connection."""

from __future__ import annotations

import asyncio
import random

import pytest
from starlette.types import Message, Receive, Scope, Send

from todo_backend.turns import REQUESTS, Turns, _by_chance


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"keep-alive", b"timeout=3")]})
    await send({"type": "http.response.body", "body": b"here"})


def asked(path: str, *, last: bool) -> dict[bytes, bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Turns(answers, lambda: last)({"type": "http", "path": path}, receive, send))
    assert sent[1]["body"] == b"here"
    return dict(sent[0]["headers"])


def test_an_answer_that_is_the_last_says_so() -> None:
    assert asked("/api/todos", last=True) == {b"connection": b"close"}
    assert asked("/api/todos", last=False) == {b"keep-alive": b"timeout=3"}


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/nothing"])
def test_only_the_api_takes_turns(path: str) -> None:
    assert asked(path, last=True) == {b"keep-alive": b"timeout=3"}


def test_a_connection_lasts_for_some_requests_on_average() -> None:
    random.seed(1)
    assert 900 < sum(_by_chance() for _ in range(1000 * REQUESTS)) < 1100
