"""Secrets never appear in reports or evidence."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kube_acceptance.evidence.forms import URL_SAFE, forms

if TYPE_CHECKING:
    from kube_acceptance.release import Release

REDACTED = "[redacted]"
SHORTEST = 6  # characters: what is shorter occurs by chance
HELM_RECORD = "helm.sh/release.v1"
READ_WITHIN = (2.0, 5.0)  # seconds to connect and to read
# what stands in Secrets without being secret; taken out, it would make evidence unreadable
NOT_SECRET = frozenset({"user", "username", "host", "port", "database", "dbname", "namespace", "ca.crt", "tls.crt"})
# what is secret wherever it stands: Helm's values, and documents inside of Secrets such as .dockerconfigjson
SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|secret$|token$|credentials?$|api-?_?key$|private-?_?key$|^auth$", re.I
)


class Redactor:
    """Takes the secrets it has learned out of texts.

    A secret is known plain, line by line, and in the forms that texts may have it in; see `forms`.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, release: Release) -> None:
        """Learn what the Secrets of a release's namespace hold; Helm's own records are no secrets but its copies."""
        found = release.cluster.core.list_namespaced_secret(release.namespace, _request_timeout=READ_WITHIN).items
        for secret in found:
            if secret.type != HELM_RECORD:
                for key, encoded in (secret.data or {}).items():
                    if key.lower() not in NOT_SECRET:
                        self.add(base64.b64decode(encoded or ""))

    def add(self, secret: str | bytes) -> None:
        """Learn a secret, and those that it carries: a URL's password, a document's tokens.

        What is too short to be a secret is left alone.
        """
        raw = secret.encode() if isinstance(secret, str) else secret
        text = raw.decode("utf-8", errors="ignore").strip()
        if len(text) < SHORTEST:
            return
        self._forms |= {form for form in _forms(raw.strip(), text) if len(form) >= SHORTEST}
        self._pattern = None
        for part in _inside(text):
            self.add(part)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        if not self._forms:
            return text
        if self._pattern is None:  # the longest first: one secret may begin another
            self._pattern = re.compile("|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))))
        return self._pattern.sub(REDACTED, text)


def without_secret_values(tree: Any) -> Any:
    """A tree of builtin values, in which what has a secret's name is taken out whatever it is."""
    if isinstance(tree, dict):
        return {
            key: REDACTED if _is_secret(str(key), item) else without_secret_values(item) for key, item in tree.items()
        }
    return [without_secret_values(item) for item in tree] if isinstance(tree, list) else tree


def _is_secret(name: str, value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(value and SECRET_NAME.search(name))


def _forms(raw: bytes, text: str) -> Iterator[str]:
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if not line.startswith("-----"))
    whole = base64.b64encode(raw).decode().rstrip("=")  # its last letter too, where nothing follows
    yield from (whole, whole.translate(URL_SAFE))
    for several in (*forms(raw).values(), *forms(text.encode()).values()):
        yield from several


def _inside(text: str) -> Iterator[str | bytes]:
    if "://" in text:
        try:
            password = urlsplit(text).password
        except ValueError:
            password = None
        if password and password != text:
            yield password
    if text.startswith("{"):
        try:
            yield from _named(json.loads(text))
        except ValueError:
            return


def _named(tree: Any) -> Iterator[str | bytes]:
    for key, item in tree.items() if isinstance(tree, dict) else ():
        if isinstance(item, dict):
            yield from _named(item)
        elif isinstance(item, str) and SECRET_NAME.search(key):
            yield item
            if key == "auth":  # user:password in base64, as Docker keeps it
                try:
                    yield base64.b64decode(item, validate=True).partition(b":")[2]
                except (binascii.Error, ValueError):
                    continue
