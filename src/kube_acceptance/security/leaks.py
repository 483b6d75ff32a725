"""Secrets in images: in any layer, also one whose file a later layer hides, in the history, and in the settings.

Two kinds are looked for: what a build was given, and what has the shape of a secret that everybody can tell. The shapes
are few and end in enough characters of their own to be no chance: those of gitleaks' rules (config/gitleaks.toml) and
detect-secrets' plugins that need no guess. Both tools read text files line by line and know nothing of layers; over the
bytes of an image they would take minutes.

Layers are searched as they are, byte by byte. What is compressed or encrypted inside of a file is not seen.
"""

from __future__ import annotations

import bisect
import re
import secrets as random
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.images import Entry, ImageContents
from kube_acceptance.security.canary import Canary
from kube_acceptance.security.tree import strings

_ALNUM = string.ascii_letters + string.digits
_WORD = re.compile(rb"[A-Za-z0-9_]")
_LONG_ENOUGH = 8  # characters that do not stand anywhere by chance
_TAIL = 4096  # bytes by whose end a whole file is known: more than one certificate, which a bundle shares with others
_OVERLAP = 8192  # bytes; more than any mark is long
# a step names its instruction; of a RUN there may be the command alone
_INSTRUCTION = re.compile(r"(?:/bin/sh -c #\(nop\)\s+)?([A-Z]+)\b")
_IN_FILES = (
    re.compile(r"://[^\s/:@]*:([^\s/@]+)@"),
    re.compile(r"(?im)^[^#;\n]*?(?:_authToken|_auth|_password|password|token)[ \t]*[=:][ \t]*[\"']?([^\s\"']+)"),
)


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Attributes:
        name: What messages call it; they never show the value.
        patterns: What gives it away; each begins with letters of its own, which is what makes the search quick.
        bounded: Whether a letter before it makes it a part of something else.
    """

    name: str
    patterns: tuple[re.Pattern[bytes], ...] = field(repr=False)
    bounded: bool = False


@dataclass(frozen=True)
class Leak:
    """Something that was found: what it is, the image, and where."""

    what: str
    image: str
    where: str

    def __str__(self) -> str:
        return f"{self.what} stands in {self.where}"


@dataclass(frozen=True)
class Shape:
    """A secret that its shape gives away, and how to make one that opens nothing."""

    name: str
    pattern: bytes
    example: Callable[[], str] = field(repr=False)


def _some(count: int, letters: str = _ALNUM) -> str:
    return "".join(random.choice(letters) for _ in range(count))


# beginning and end apart, so that no scanner takes this file for a leak
SHAPES = (
    Shape(
        "a private key",
        rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|\s){1,4}"
        rb"(?:[A-Za-z0-9+/]{16}|Proc-Type|Version|Comment)",
        lambda: f"-----BEGIN {'PRIVATE'} KEY-----\n{_some(64)}\n-----END {'PRIVATE'} KEY-----\n",
    ),
    Shape("a key of AWS", rb"AKIA[A-Z2-7]{16}(?![A-Za-z0-9])", lambda: "AKIA" + _some(16, "ABCDEFGH234567")),
    Shape("a passing key of AWS", rb"ASIA[A-Z2-7]{16}(?![A-Za-z0-9])", lambda: "ASIA" + _some(16, "ABCDEFGH234567")),
    Shape("a token of GitHub", rb"gh[pousr]_[0-9A-Za-z]{36}", lambda: "ghp_" + _some(36)),
    Shape("a fine-grained token of GitHub", rb"github_pat_\w{82}", lambda: "github_pat_" + _some(82)),
    Shape("a token of GitLab", rb"glpat-[0-9A-Za-z_-]{20}", lambda: "glpat-" + _some(20)),
    Shape("a token of npm", rb"npm_[0-9A-Za-z]{36}", lambda: "npm_" + _some(36)),
    Shape("a login of npm", rb"_authToken\s*=\s*[^\s\"'${}]{8,}", lambda: "//r.example/:_authToken=" + _some(24)),
    Shape("a token of PyPI", rb"pypi-AgE[0-9A-Za-z_-]{60,}", lambda: "pypi-AgE" + _some(80)),
    Shape("a token of Slack", rb"xox[abeoprs]-[0-9]{10,}-[0-9A-Za-z-]{10,}", lambda: f"xoxb-{10**11}-{_some(24)}"),
    Shape("a key of Google", rb"AIza[0-9A-Za-z_-]{35}", lambda: "AIza" + _some(35)),
    Shape("a key of Stripe", rb"sk_live_[0-9A-Za-z]{20,}", lambda: "sk_live_" + _some(24)),
    Shape("a token of Docker Hub", rb"dckr_pat_[0-9A-Za-z_-]{27}", lambda: "dckr_pat_" + _some(27)),
)


def shapes() -> list[Wanted]:
    """The known shapes of secrets, to be looked for."""
    # the login of npm follows a colon or a name
    return [Wanted(each.name, (re.compile(each.pattern),), bounded=each.name != "a login of npm") for each in SHAPES]


def of_canary(canary: Canary) -> Wanted:
    """A canary in all its forms."""
    return _literal(f"the value of {canary.name}", [mark.encode() for mark in canary.marks])


def handed_in(given: Mapping[str, Path]) -> tuple[list[Wanted], list[str]]:
    """What a build was given as secrets: each file as it is, and the credentials in it.

    Args:
        given: The files by the ids that Dockerfiles use.

    Returns:
        What is looked for, and what is too short to be, in words.
    """
    wanted, short = [], []
    for name, file in given.items():
        raw = file.read_bytes().strip()
        if len(raw) >= _LONG_ENOUGH:
            wanted.append(_literal(f"the build secret {name}, the file,", [raw[-_TAIL:]]))
        for number, value in enumerate(_credentials(raw.decode("utf-8", errors="replace")), start=1):
            what = f"credential {number} of the build secret {name}"
            if len(value) < _LONG_ENOUGH:
                short.append(f"{what} is too short to be looked for")
                continue
            try:
                marks = [mark.encode() for mark in Canary(what, value).marks]
            except AcceptanceError:  # too many characters of it are special for all its forms
                marks = [value.encode()]
            wanted.append(_literal(what, marks))
    return wanted, short


def leaks(images: Mapping[str, ImageContents], wanted: Sequence[Wanted]) -> list[Leak]:
    """What of it stands in images; a layer that several share is searched once, and told of the first.

    Args:
        images: The images, by the names that messages call them.
        wanted: What is looked for.

    Raises:
        AcceptanceError: Nothing is looked for, or there is nothing to search.
    """
    if not wanted:
        raise AcceptanceError("no secret is looked for, so none can be found")
    found: list[Leak] = []
    searched: set[str] = set()
    for name, contents in images.items():
        if not any(layer.entries for layer in contents.layers):
            raise AcceptanceError(f"image {name} has no files, so nothing can be said of it")
        for where, text in _settings(contents.config, name):
            raw = text.encode()
            found += [Leak(each.name, name, where) for each in wanted if next(_matches(each, raw), None) is not None]
        for number, layer in enumerate(contents.layers):
            if layer.diff_id not in searched:
                searched.add(layer.diff_id)
                found += _in_layer(name, contents, number, wanted)
    return list(dict.fromkeys(found))


def _in_layer(name: str, contents: ImageContents, number: int, wanted: Sequence[Wanted]) -> Iterator[Leak]:
    places = sorted((entry for entry in contents.layers[number].entries), key=lambda entry: entry.offset)
    starts = [entry.offset for entry in places]
    for start, part in contents.parts(number, overlap=_OVERLAP):
        for each in wanted:
            for at in _matches(each, part):
                yield Leak(each.name, name, _place(name, contents, number, places, starts, start + at))


def _place(
    name: str, contents: ImageContents, number: int, places: Sequence[Entry], starts: Sequence[int], at: int
) -> str:
    """Where a byte of a layer is: in a file, or before the first byte of one, where its name and attributes are."""
    after = bisect.bisect_right(starts, at)
    entry = places[after - 1] if after else None
    inside = entry is not None and at < entry.offset + entry.size
    if not inside:
        entry = places[after] if after < len(places) else None
    if entry is None:
        return f"layer {number + 1} of image {name}"
    hidden = "" if contents.merged.get(entry.path) is entry else ", which a later layer hides"
    return f"{'' if inside else 'the name of '}/{entry.path} in layer {number + 1} of image {name}{hidden}"


def _matches(wanted: Wanted, raw: bytes) -> Iterator[int]:
    for pattern in wanted.patterns:
        for match in pattern.finditer(raw):
            start = match.start()
            if not (wanted.bounded and start and _WORD.match(raw, start - 1)):
                yield start


def _settings(config: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """All that an image's configuration says, with the place in words."""
    rest = dict(config)
    for step in rest.pop("history", None) or []:
        match = _INSTRUCTION.match(str(step.get("created_by") or ""))
        yield f"the history of image {name}, at {match[1] if match else 'RUN'}", " ".join(map(str, step.values()))
    settings = dict(rest.pop("config", None) or {})
    for variable in settings.pop("Env", None) or []:
        yield f"the environment variable {variable.partition('=')[0]} of image {name}", variable
    for key, value in (settings.pop("Labels", None) or {}).items():
        yield f"the label {key} of image {name}", f"{key} {value}"
    yield f"the configuration of image {name}", "\n".join(strings([settings, rest]))


def _credentials(text: str) -> list[str]:
    """The passwords and tokens of a pip.conf, an .npmrc or the like; what names a variable is none."""
    found = [match[1] for pattern in _IN_FILES for match in pattern.finditer(text)]
    return list(dict.fromkeys(unquote(value) for value in found if not value.startswith(("${", "$"))))


def _literal(name: str, marks: Sequence[bytes]) -> Wanted:
    return Wanted(name, tuple(re.compile(re.escape(mark)) for mark in dict.fromkeys(marks)))
