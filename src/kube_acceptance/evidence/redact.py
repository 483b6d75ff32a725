"""Secrets never appear in reports or evidence."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kube_acceptance.release import Release

REDACTED = "[redacted]"
SHORTEST = 6  # characters: what is shorter occurs by chance
HELM_RECORD = "helm.sh/release.v1"


class Redactor:
    """Takes the secrets it has learned, plain and base64, out of texts."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def learn(self, release: Release) -> None:
        """Learn what the Secrets of a release's namespace hold."""
        for secret in release.cluster.core.list_namespaced_secret(release.namespace).items:
            if secret.type != HELM_RECORD:
                for encoded in (secret.data or {}).values():
                    self.add(base64.b64decode(encoded).decode("utf-8", errors="ignore"))

    def add(self, secret: str) -> None:
        """Learn a secret; one that is too short to be one is left alone."""
        if len(secret.strip()) >= SHORTEST:
            plain = secret.strip()
            self._secrets |= {plain, base64.b64encode(plain.encode()).decode().rstrip("=")}

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, REDACTED)
        return text
