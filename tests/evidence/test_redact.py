"""Secrets are taken out, plain and encoded."""

from __future__ import annotations

import base64

from kube_acceptance.evidence import Redactor


def test_takes_out_plain_and_base64() -> None:
    redact = Redactor()
    redact.add("hunter2hunter2\n")
    encoded = base64.b64encode(b"hunter2hunter2").decode()
    assert redact(f"password=hunter2hunter2 data: {encoded}") == "password=[redacted] data: [redacted]="


def test_leaves_what_is_too_short_to_be_a_secret() -> None:
    redact = Redactor()
    redact.add("todo")
    assert redact("todo list") == "todo list"


def test_the_longest_first() -> None:
    redact = Redactor()
    redact.add("secret")
    redact.add("secret-and-more")
    assert redact("secret-and-more") == "[redacted]"
