"""Step definitions as data: their phrases, functions and places, and which of them a step means."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pytest_bdd import parsers
from pytest_bdd.compat import get_fixture_names, getfixturedefs
from pytest_bdd.scenario import STEP_ARGUMENTS_RESERVED_NAMES
from pytest_bdd.steps import step_function_context_registry
from pytest_bdd.utils import get_required_args

from kube_acceptance.report.plan import shown_path
from kube_acceptance.trace import Place


class Definition(NamedTuple):
    """A phrase that a function defines; a function may have several.

    Attributes:
        fixture: pytest's fixture for it: pytest-bdd keeps step definitions as fixtures.
        type: `given`, `when`, `then`, or empty for all of them.
        phrase: The pattern as it is written.
        function: What runs.
        parser: pytest-bdd's parser, which matches and takes the step's values.
        makes: The fixture that what it returns becomes for the steps after it; empty for none.
    """

    fixture: pytest.FixtureDef[Any]
    type: str
    phrase: str
    function: Any
    parser: Any
    makes: str = ""

    def needs(self, text: str) -> list[str]:
        """The fixtures that a step asks for: the arguments that its own text and block do not give."""
        given = {*(self.parser.parse_arguments(text) or ()), *STEP_ARGUMENTS_RESERVED_NAMES, "request"}
        return [name for name in get_required_args(self.function) if name not in given]

    def matches(self, kind: str, text: str) -> bool:
        """Whether it defines a step; an empty `kind` stands for any."""
        return (not self.type or not kind or self.type == kind) and self.parser.is_matching(text)

    @property
    def file(self) -> Path:
        """Where it is written."""
        return Path(self._code.co_filename)

    def place(self, root: Path) -> Place:
        """Where it is written, for people."""
        return Place(shown_path(self.file, root), self._code.co_firstlineno)

    @property
    def _code(self) -> Any:
        function = inspect.unwrap(self.function)
        return getattr(function, "func", function).__code__  # a functools.partial has its function in `func`

    @property
    def is_async(self) -> bool:
        """Whether it would make a coroutine that nobody awaits."""
        return inspect.iscoroutinefunction(self.function) or inspect.isasyncgenfunction(self.function)

    @property
    def fields(self) -> list[str]:
        """The names of its values, where the parser tells them."""
        if isinstance(self.parser, parsers.parse):
            return list(self.parser.parser.named_fields)
        return list(self.parser.regex.groupindex) if isinstance(self.parser, parsers.re) else []


def shape(phrase: str) -> str:
    """A phrase without the names of its fields, to compare with others."""
    return re.sub(r"\{[^{}]*\}|\(\?P<\w+>[^)]*\)", "{}", phrase)


lookup_key = pytest.StashKey["Lookup"]()
"""Where a session keeps the one that its features were judged with."""


class Lookup:
    """Finds the definitions of a step among those that a feature file can see, each phrase once.

    A file's definitions are listed once, and what was found for a phrase is kept.
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._visible: dict[pytest.Collector, list[Definition]] = {}
        self._found: dict[tuple[pytest.Collector, str, str], list[Definition]] = {}

    def visible(self, file: pytest.Collector) -> list[Definition]:
        """All definitions that scenarios of the file can use, in pytest-bdd's order."""
        if file not in self._visible:
            self._visible[file] = list(self._definitions(file))
        return self._visible[file]

    def find(self, file: pytest.Collector, kind: str, text: str) -> list[Definition]:
        """The definitions that match a step."""
        key = (file, kind, text)
        if key not in self._found:
            self._found[key] = [each for each in self.visible(file) if each.matches(kind, text)]
        return self._found[key]

    def is_fixture(self, name: str, item: pytest.Item) -> bool:
        """Whether a scenario can ask for a fixture of that name whatever its steps make."""
        return bool(getfixturedefs(self._manager, name, item))

    def serve(self, patch: pytest.MonkeyPatch) -> None:
        """Let pytest-bdd run what was found here, which collection has judged.

        By itself pytest-bdd asks for the visibility of every fixture of the session for every step that runs; with two
        hundred phrases that is most of the time of a trivial scenario (benchmarks/collection). It has no hook for this.

        Args:
            patch: Undoes it when the session is over.
        """
        runner = importlib.import_module("pytest_bdd.scenario")  # pytest_bdd itself calls a function so
        otherwise = runner.find_fixturedefs_for_step

        def find(step: Any, fixturemanager: Any, node: pytest.Item) -> Iterable[pytest.FixtureDef[Any]]:
            if isinstance(node.parent, pytest.Collector) and node.parent in self._visible:
                return [each.fixture for each in self.find(node.parent, step.type, step.name)]
            return otherwise(step=step, fixturemanager=fixturemanager, node=node)  # type: ignore[no-any-return]

        patch.setattr(runner, "find_fixturedefs_for_step", find)

    def _definitions(self, file: pytest.Collector) -> Iterator[Definition]:
        for name in get_fixture_names(fixturemanager=self._manager):
            for fixture in getfixturedefs(self._manager, name, file) or ():
                context = step_function_context_registry.get(fixture.func)
                if context is not None:
                    yield Definition(
                        fixture,
                        context.type or "",
                        context.parser.name,
                        context.step_func,
                        context.parser,
                        context.target_fixture or "",
                    )
