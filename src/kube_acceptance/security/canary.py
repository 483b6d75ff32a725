"""Canaries: random secrets that nobody else knows, so that wherever one stands, it has leaked. No message says a value.

What is seen is judged by a table of places. A place counts as free of a canary only when a planted one, of which
everybody may know, was found there by the same look.
"""

from __future__ import annotations

import base64
import re
import secrets
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kube_acceptance.errors import AcceptanceError, ConfigurationError
from kube_acceptance.evidence.forms import forms

PLANTED = "planted"
LONG_ENOUGH = 12  # characters that do not stand anywhere by chance
LETTERS = string.ascii_letters + string.digits
# what shells, URLs, JSON, YAML, SQL and connection strings would stumble over
SPECIAL = "/+ '\"\\&%$(:@)`<"


@dataclass(frozen=True)
class Canary:
    """A secret to be looked for.

    Attributes:
        name: What messages call it.
        value: The secret; no representation of a canary shows it.
    """

    name: str
    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if max(map(len, self._words), default=0) < LONG_ENOUGH:
            raise AcceptanceError(f"the value of {self.name} is too short to be looked for")

    @property
    def _words(self) -> list[str]:
        return re.findall(r"[A-Za-z0-9]+", self.value)

    @cached_property
    def marks(self) -> Mapping[str, str]:
        """What gives it away, and the form that it stands in then.

        Its longest run of letters and digits is among them: no escape changes that, however often it is applied.
        """
        run = max(self._words, key=len)
        found: dict[str, str] = {}
        for secret in (self.value, run):
            for form, several in forms(secret.encode()).items():
                for mark in several:
                    found.setdefault(mark, form)
        return found

    def seen_in(self, text: str | bytes) -> list[str]:
        """The forms in which it stands in a text."""
        if isinstance(text, bytes):
            return list(dict.fromkeys(form for mark, form in self.marks.items() if mark.encode() in text))
        return list(dict.fromkeys(form for mark, form in self.marks.items() if mark in text))


def of_secret(name: str, secret: Mapping[str, Any]) -> list[Canary]:
    """The values of a Secret as canaries, called by its keys.

    Args:
        name: The Secret's name, for messages.
        secret: The Secret.

    Raises:
        AcceptanceError: It has none, or one is too short to be looked for.
    """
    data = secret.get("data") or {}
    if not data:
        raise AcceptanceError(f"Secret {name} is empty, so nothing can be looked for")
    return [Canary(key, base64.b64decode(value).decode()) for key, value in data.items()]


def new(name: str) -> Canary:
    """A random canary, with every character in it that something could stumble over."""
    return Canary(name, _letters(8) + SPECIAL + _letters(24))


def plain(name: str) -> Canary:
    """A random canary of letters and digits alone, for where anything else would have to be escaped."""
    return Canary(name, _letters(32))


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


@dataclass(frozen=True)
class Sighting:
    """A canary that was seen: its name, the place as the table calls it, where exactly, and in which form."""

    canary: str
    place: str
    where: str
    form: str

    def __str__(self) -> str:
        return f"the value of {self.canary} stands {self.form} in {self.where}"


@dataclass
class Look:
    """What a look at all places saw.

    Attributes:
        canaries: What is looked for, the planted one too.
        seen: Every canary that was seen.
        looked: How many texts, files or processes were looked at, by place.
    """

    canaries: list[Canary]
    seen: list[Sighting] = field(default_factory=list)
    looked: dict[str, int] = field(default_factory=dict)

    def at(self, place: str, where: str, text: str | bytes, *, count: int = 1) -> None:
        """Look through one text.

        Args:
            place: The place as the table calls it.
            where: Where exactly, for people.
            text: What stands there.
            count: How many things it is of.
        """
        self.looked[place] = self.looked.get(place, 0) + count
        for canary in self.canaries:
            self.seen += [Sighting(canary.name, place, where, form) for form in canary.seen_in(text)]

    def mark(self, place: str, where: str, mark: str) -> None:
        """Take note of a mark that something else has found in a place."""
        for canary in self.canaries:
            if form := canary.marks.get(mark):
                self.seen.append(Sighting(canary.name, place, where, form))

    def findings(self, expected: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
        """What is not as a table has it, a sentence each; leaks first.

        Args:
            expected: Whether each canary is in a place, by the place and the canary's name. It must name every place
                that was looked at, for every canary.

        Raises:
            ConfigurationError: It names other canaries.
        """
        names = {canary.name for canary in self.canaries} - {PLANTED}
        if any(row.keys() != names for row in expected.values()):
            raise ConfigurationError(f"the table must have a column for each of {', '.join(sorted(names))}, no others")
        for each in self.seen:
            if each.canary != PLANTED and not expected.get(each.place, {}).get(each.canary):
                yield str(each)
        unnamed = [place for place in self.looked if place not in expected and not place.endswith(f" of {PLANTED}")]
        yield from (f"the table does not say what stands in {place}" for place in unnamed)
        found = {(each.place, each.canary) for each in self.seen}
        shown = {kind(each.place) for each in self.seen if each.canary == PLANTED}
        for place, row in expected.items():
            if not self.looked.get(place):
                yield f"there is nothing in the place {place!r}, so nothing was checked"
                continue
            for name, there in row.items():
                if there and (place, name) not in found:
                    yield f"the value of {name} does not stand in {place}"
            if not all(row.values()) and kind(place) not in shown:
                yield f"not even the planted value was found in {place}, so nothing can be said of others"

    def unrecognised(self, where: str) -> list[str]:
        """The forms of the planted canary that were not recognised in a text that holds them all."""
        seen = {each.form for each in self.seen if each.canary == PLANTED and each.where == where}
        [planted] = [canary for canary in self.canaries if canary.name == PLANTED]
        return [form for form in dict.fromkeys(planted.marks.values()) if form not in seen]


def kind(place: str) -> str:
    """What places of one kind have in common: `mounts of web` and `mounts of database` are looked at in one way."""
    return place.partition(" of ")[0]
