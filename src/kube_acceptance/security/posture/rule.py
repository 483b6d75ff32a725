"""What a rule is, and how all of them are asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kube_acceptance.security.posture.rendered import Rendered

Find = Callable[[Rendered], Iterator[str]]


@dataclass(frozen=True)
class Rule:
    """Something that every rendered object must keep.

    Attributes:
        name: By which features and failures call it.
        theme: What it is about: the module that it stands in.
        asks: What it asks for, in a sentence.
        find: Yields what breaks it, a sentence each.
    """

    name: str
    theme: str
    asks: str
    find: Find


@dataclass(frozen=True)
class Breach:
    """A rule that something breaks, and how."""

    rule: str
    said: str

    def __str__(self) -> str:
        return f"{self.said} [{self.rule}]"


RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Find], Find]:
    """Make a function a rule; its docstring's first line says what it asks for."""

    def register(find: Find) -> Find:
        asks = (inspect.getdoc(find) or "").partition("\n")[0]
        RULES[name] = Rule(name, find.__module__.rpartition(".")[2], asks, find)
        return find

    return register


def breaches(rendered: Rendered, theme: str = "") -> list[Breach]:
    """What breaks the rules of a theme, or any rule."""
    asked = (each for each in RULES.values() if theme in ("", each.theme))
    return [Breach(each.name, said) for each in asked for said in each.find(rendered)]
