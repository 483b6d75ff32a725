"""What BuildKit did in a build, step by step: what it ran, what it took from its cache, and how long each took."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kube_acceptance.images.failure import TITLE

_CACHED = re.compile(r"^#(?P<id>\d+) CACHED$")
_DONE = re.compile(r"^#(?P<id>\d+) DONE (?P<seconds>\d+(?:\.\d+)?)s$")


@dataclass(frozen=True)
class BuildStep:
    """An instruction of a Dockerfile in one build.

    Attributes:
        place: Its stage and place there, as in `dependencies 4/4`.
        text: The instruction in one line.
        cached: Whether its result came from the build cache.
        seconds: How long it ran; 0 for one that did not.
    """

    place: str
    text: str
    cached: bool
    seconds: float

    def runs(self, program: str) -> bool:
        """Whether it is a RUN instruction in which the words of a program's call stand, as in `npm ci`."""
        return self.text.startswith("RUN ") and bool(re.search(rf"(?<![\w-]){re.escape(program)}(?![\w-])", self.text))


def build_steps(lines: Iterable[str]) -> list[BuildStep]:
    """The steps of a build, in the order in which they began.

    Args:
        lines: All that `docker build --progress plain` printed.
    """
    titles: dict[str, tuple[str, str]] = {}
    cached: set[str] = set()
    seconds: dict[str, float] = {}
    for line in lines:
        if match := TITLE.match(line):
            titles[match["id"]] = (f"{match['place']} {match['step']}/{match['steps']}".lstrip(), match["text"])
        elif match := _CACHED.match(line):
            cached.add(match["id"])
        elif match := _DONE.match(line):
            seconds[match["id"]] = max(seconds.get(match["id"], 0), float(match["seconds"]))
    return [
        BuildStep(place, text, number in cached, 0 if number in cached else seconds.get(number, 0))
        for number, (place, text) in titles.items()
    ]
