"""The catalogue of phrases, read from their definitions."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_bdd.steps import StepFunctionContext, step_function_context_registry
from rich.console import Console
from rich.table import Table

from kube_acceptance.errors import ConfigurationError
from kube_acceptance.vocabulary import MODULES
from kube_acceptance.vocabulary.pattern import Pattern

# what stands for a field in an example where the phrase gives none of its own
SAMPLES = {
    "base": "alpine:3.23",
    "class_name": "traefik",
    "command": "id -u",
    "component": "backend",
    "count": "2",
    "host": "shop.localhost",
    "kind": "Deployment",
    "kinds": "apk, pypi",
    "level": "error",
    "method": "GET",
    "metric": "http_requests_total",
    "name": "${RELEASE}-backend",
    "path": "/api/orders",
    "phase": "Running",
    "port": "8000",
    "reason": "OOMKilled",
    "reference": "postgres:17-alpine",
    "revision": "1",
    "rules": "os-release, musl-loader",
    "small": "the small list of advisories",
    "standard": "restricted",
    "status": "200",
    "type_": "ClusterIP",
    "url": "http://localhost:8000/livez",
    "user": "10001",
    "values": "values-dev.yaml",
    "within": "2 minutes",
}
_FIELD = re.compile(r"\{(\w+)(?::\w+)?\}")
_HOW = """\
Every Then may end in `within 2 minutes`, and is looked at until it is so, or in `for 10 seconds`, and must be so all
the time; without it is looked at once. Times are whole seconds, minutes or hours. Those marked ✗ speak of what is over,
such as an answer, and take no time.

`"backend"` and the like are tiers: the label `app.kubernetes.io/component` of their pods. `${RELEASE}`, `${NAMESPACE}`,
`${SCENARIO}` and `${RUN}` (another in every run) stand for what they name in every field, table and doc string.
A value is written as in JSON.
"""


@dataclass(frozen=True)
class Entry:
    """A phrase: its topic, whether Given, When or Then, its pattern, an example, what it says, and where it is."""

    topic: str
    kind: str
    pattern: str
    example: str
    says: str
    timed: bool
    file: str
    line: int

    @property
    def place(self) -> str:
        """Where it is defined, as FILE:LINE."""
        return f"{self.file}:{self.line}"


def general() -> list[ModuleType]:
    """The modules of the general phrases."""
    return [importlib.import_module(name) for name in MODULES]


def own(root: Path) -> list[ModuleType]:
    """The modules of a project's own phrases: its conftest.py, and what that names as pytest_plugins.

    Raises:
        ConfigurationError: They cannot be imported.
    """
    file = root / "conftest.py"
    if not file.is_file():
        return []
    sys.path.insert(0, str(root))
    try:
        spec = importlib.util.spec_from_file_location("conftest", file)
        assert spec is not None
        assert spec.loader is not None
        conftest = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(conftest)
        named = getattr(conftest, "pytest_plugins", ())
        modules = [importlib.import_module(name) for name in ([named] if isinstance(named, str) else named)]
    except Exception as error:  # it is somebody else's code
        raise ConfigurationError(
            f"the project's own phrases cannot be read: {type(error).__name__}: {error}",
            hint="Mend conftest.py or what it imports; pytest could not run its features either.",
        ) from error
    finally:
        sys.path.remove(str(root))
    return [conftest, *modules]


def entries(modules: Sequence[ModuleType], root: Path) -> list[Entry]:
    """The phrases of some modules, in the order in which they are written.

    Args:
        modules: The modules.
        root: What places are shown relative to, if they are below it.
    """
    contexts = list(step_function_context_registry.values())
    return [entry for module in modules for entry in _of_module(module, contexts, root)]


def having(found: Sequence[Entry], words: str) -> list[Entry]:
    """The entries that have all of some words, in whatever case."""
    wanted = words.lower().split()
    return [one for one in found if all(word in " ".join(map(str, asdict(one).values())).lower() for word in wanted)]


def plain(found: Sequence[Entry]) -> str:
    """The catalogue for a pipe: a line for the phrase, then indented what it says, its example and its place."""
    lines = []
    for topic, its in _by_topic(found):
        lines += [topic, ""]
        for one in its:
            lines += [f"  {one.kind} {one.pattern}{_time(one)}", f"      {one.says}"]
            lines += [f"      e.g. {one.kind} {one.example}"] if one.example != one.pattern else []
            lines += [f"      {one.place}", ""]
    return "\n".join(lines)


def show(found: Sequence[Entry], console: Console) -> None:
    """The catalogue for a terminal."""
    for topic, its in _by_topic(found):
        table = Table(title=topic, title_justify="left", title_style="bold", show_header=False, pad_edge=False)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(ratio=1)
        for one in its:
            said = f"[dim]{_escaped(one.says)}[/dim]"
            example = f"\n[green]{_escaped(one.example)}[/green]" if one.example != one.pattern else ""
            place = f"\n[dim]{one.place}[/dim]"
            table.add_row(one.kind, f"{_escaped(one.pattern + _time(one))}{example}\n{said}{place}")
        console.print(table)


def markdown(found: Sequence[Entry]) -> str:
    """The catalogue as a document; lines of files are left out, since they change with every edit."""
    lines = ["# Phrases", "", "Made from the code by `kube-acceptance steps --markdown`.", "", *_HOW.splitlines()]
    for topic, its in _by_topic(found):
        lines += [
            "",
            f"## {topic.rstrip('.')}",
            "",
            "| | Phrase | Example | What it does or proves |",
            "| --- | --- | --- | --- |",
        ]
        for one in its:
            example = "" if one.example == one.pattern else _code(one.example)
            pattern = _code(one.pattern) + ("" if one.timed or one.kind != "Then" else " ✗")
            lines.append(f"| {one.kind} | {pattern} | {example} | {_cell(one.says)} |")
        files = sorted({one.file for one in its})
        lines += ["", "In " + ", ".join(f"[{file}](../{file})" for file in files) + "."]
    return "\n".join(lines) + "\n"


def _of_module(module: ModuleType, contexts: Sequence[StepFunctionContext], root: Path) -> Iterator[Entry]:
    topic = (inspect.getdoc(module) or module.__name__).partition("\n")[0]
    its = [(inspect.unwrap(one.step_func), one) for one in contexts]
    mine = [(function, one) for function, one in its if defines(module, function)]
    for function, one in sorted(mine, key=lambda pair: pair[0].__code__.co_firstlineno):
        file = Path(function.__code__.co_filename)
        yield Entry(
            topic=topic,
            kind=(one.type or "step").title(),
            pattern=one.parser.name,
            example=example(one.parser),
            says=(inspect.getdoc(function) or "").partition("\n")[0],
            timed=isinstance(one.parser, Pattern) and one.parser.timed,
            file=file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix(),
            line=function.__code__.co_firstlineno,
        )


def defines(module: ModuleType, function: Any) -> bool:
    """Whether a module defines a function, as it is loaded now: what it was before may still be registered."""
    return getattr(module, function.__name__, None) is function


def example(parser: Any) -> str:
    """A sentence that a phrase takes: its own, else its pattern with samples for the fields that are known."""
    if given := getattr(parser, "example", ""):
        return str(given)
    filled = _FIELD.sub(lambda match: SAMPLES.get(match[1], match[0]), parser.name)
    return filled.replace("(s)", "s")


def _by_topic(found: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    for topic, its in groupby(found, key=lambda one: one.topic):
        yield topic, list(its)


def _time(one: Entry) -> str:
    return " [within TIME | for TIME]" if one.timed else ""


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
