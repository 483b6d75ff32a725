"""Secrets, and where their values must not stand. No message ever says a value."""

from __future__ import annotations

import base64

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.evidence import Redactor
from kube_acceptance.release import Release
from kube_acceptance.state import objects


def must_have_keys(release: Release, name: str, keys: list[str]) -> None:
    """Fail unless a Secret has just these keys, each with a value."""
    data = objects.read(release, "Secret", name).get("data") or {}
    if set(data) != set(keys):
        raise AcceptanceError(f"Secret {name} has the keys {', '.join(sorted(data)) or 'none'}, not {', '.join(keys)}")
    if empty := sorted(key for key, value in data.items() if not value):
        raise AcceptanceError(f"the value of {empty[0]} in Secret {name} is empty")


def leaks(release: Release, name: str, texts: dict[str, str]) -> list[str]:
    """Where a value of a Secret stands, plain or in base64, a sentence each.

    Args:
        release: The release.
        name: The Secret.
        texts: What is looked through, by what it is called.

    Raises:
        AcceptanceError: The Secret holds nothing long enough to be found, or there is nothing to look through.
    """
    data = objects.read(release, "Secret", name).get("data") or {}
    redactor = Redactor()
    for value in data.values():
        redactor.add(base64.b64decode(value).decode("utf-8", errors="ignore"))
    # the control: what is looked for would be found
    if any(redactor(value) == value for value in data.values()) or not data:
        raise AcceptanceError(f"Secret {name} holds a value that is too short to be looked for, or none")
    if not any(text.strip() for text in texts.values()):
        raise AcceptanceError(f"there is no text in which a value of Secret {name} could stand")
    return [f"a value of Secret {name} stands in {where}" for where, text in texts.items() if redactor(text) != text]
