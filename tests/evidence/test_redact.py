"""Secrets are taken out, plain and encoded."""

from __future__ import annotations

import base64

import fakes
import pytest

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


def test_takes_out_what_encodings_make_of_it() -> None:
    redact = Redactor()
    redact.add('pass word/1+"2"<ü>')
    forms = [
        "pass%20word%2F1%2B%222%22%3C%C3%BC%3E",
        "pass+word%2F1%2B%222%22%3C%C3%BC%3E",
        'pass word/1+\\"2\\"<ü>',
        'pass word/1+\\"2\\"<\\u00fc>',
        "pass word/1+&quot;2&quot;&lt;ü&gt;",
        'pass word/1+"2"&lt;ü&gt;',
        'pass word/1+"2"<ü>'.encode().hex(),
    ]
    assert [redact(form) for form in forms] == ["[redacted]"] * len(forms)


@pytest.mark.parametrize("user", ["todo", "admin", "app-01"])
def test_takes_out_of_an_authorization_header(user: str) -> None:
    redact = Redactor()
    redact.add("hunter2hunter2")
    header = base64.b64encode(f"{user}:hunter2hunter2!".encode()).decode()
    assert "[redacted]" in redact(header)
    assert len(redact(header)) < len(user) * 2 + len("[redacted]") + 8


def test_takes_out_urlsafe_base64() -> None:
    redact = Redactor()
    redact.add(bytes(range(240, 256)))
    assert redact("") == ""
    redact.add("~~~~???>>>")
    assert redact(base64.urlsafe_b64encode(b"~~~~???>>>").decode()) == "[redacted]=="


def test_takes_out_each_line_of_a_key() -> None:
    redact = Redactor()
    redact.add("-----BEGIN KEY-----\nMIIabcdef\nghijklmno\n-----END KEY-----\n")
    assert redact("a -----BEGIN KEY----- with MIIabcdef and ghijklmno") == (
        "a -----BEGIN KEY----- with [redacted] and [redacted]"
    )


def test_learns_what_a_secret_carries() -> None:
    redact = Redactor()
    redact.add("postgresql://todo:hunter2hunter2@database/todo")
    redact.add('{"auths": {"registry": {"username": "bot", "password": "swordfish", "auth": "Ym90OnN3b3JkZmlzaDI="}}}')
    assert redact("hunter2hunter2 swordfish2 swordfish registry") == "[redacted] [redacted] [redacted] registry"


def test_names_of_users_are_no_secrets_and_helms_record_is_not_learned() -> None:
    redact = Redactor()
    redact.learn(fakes.Release())  # type: ignore[arg-type]
    assert redact(f"website replicas: 2 {fakes.PASSWORD} {fakes.ENCODED}") == (
        "website replicas: 2 [redacted] [redacted]=="
    )
