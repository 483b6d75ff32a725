"""The patterns of phrases: `the "{component}" tier has {count:d} pod(s)`.

They are those of the library parse, with three things more: a field in quotes takes anything but a quote, another
field one word, and `(s)` an s or nothing. So no field can take what belongs to the rest of the sentence.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

import parse  # type: ignore[import-untyped]
from pytest_bdd import parsers

from kube_acceptance.vocabulary import durations

TIMING = "timing"

_VALUE = r'"[^"]*"|-?\d+(?:\.\d+)?|true|false|null|\[.*\]|\{.*\}'


def _type(pattern: str, convert: Any = str) -> Any:
    return parse.with_pattern(pattern)(lambda text: convert(text))


TYPES = {
    "quoted": _type(r'[^"]+'),
    "word": _type(r'[^\s",]+'),
    "kind": _type(r"[A-Z][A-Za-z]+"),
    "value": _type(_VALUE, json.loads),
    "duration": _type(durations.WRITTEN, durations.seconds),
    "plural": _type("s?"),
}


class Pattern(parsers.parse):
    """The parser of one phrase.

    Args:
        text: The pattern.
        timed: Whether a time phrase may follow.
        example: A sentence that it takes; derived from the pattern if empty.
    """

    def __init__(self, text: str, *, timed: bool = False, example: str = "") -> None:
        # past the base class, which compiles at once: of all patterns, a run needs a few
        super(parsers.parse, self).__init__(text)
        self.timed = timed
        self.example = example
        self._start = re.split(r"\{|\(s\)", text, maxsplit=1)[0]

    @cached_property
    def parser(self) -> parse.Parser:
        """The compiled pattern."""
        text = self.name.replace("(s)", "{:plural}")
        text = re.sub(r'"\{(\w+)\}"', r'"{\1:quoted}"', text)
        text = re.sub(r"\{(\w+)\}", r"{\1:word}", text)
        return parse.compile(text.replace("{kind:word}", "{kind:kind}"), TYPES, case_sensitive=True)

    @property
    def fields(self) -> list[str]:
        """The names of its fields."""
        return list(self.parser.named_fields)

    def is_matching(self, name: str) -> bool:
        """Whether a step says this phrase."""
        # every step is compared with every phrase, so the cheap question comes first
        if not name.startswith(self._start):
            return False
        return self.parser.parse(self._timing(name).sentence, evaluate_result=False) is not None

    def parse_arguments(self, name: str) -> dict[str, Any]:
        """The fields of a step, and its time phrase."""
        timing = self._timing(name)
        found = dict(self.parser.parse(timing.sentence).named)
        return {**found, TIMING: timing} if self.timed else found

    def _timing(self, name: str) -> durations.Timing:
        return durations.split(name) if self.timed else durations.Timing(name)
