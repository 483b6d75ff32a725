"""The configuration for people: what counts and who said so, and the reference docs/settings.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo

from kube_acceptance.config import FILE, Config, fields_of, section_of
from kube_acceptance.settings.keys import FILE_ALONE, KEYS, OTHERS, Key

if TYPE_CHECKING:
    from rich.table import Table

DEFAULT = "default"
_SHORT = 40  # characters of a default that is shown whole
_HEAD = f"""\
# Settings

What a project tells the harness stands in `[tool.kube-acceptance]` of its {FILE}. For one run it may be said otherwise,
by an option of pytest or by a variable of the environment; the command `kube-acceptance` heeds variables too. An option
counts more than a variable, a variable more than the file, and the file more than a default.

- Paths are relative to the folder of {FILE}, those of options to the folder in which pytest is called. Write options
  with an equals sign, `--chart=charts/shop`: pytest looks for {FILE} before it knows them, and would take
  `charts/shop` for a folder of tests.
- A list is separated by commas, `--values=a.yaml,b.yaml`, or its option is given several times. It may be TOML, too.
- What has names is TOML on one line: `KUBE_ACCEPTANCE_IMAGES='{{web = {{dockerfile = "Dockerfile", …}}}}'`. It
  takes the place of all that the file says of that key.
- An empty variable says nothing. One that begins with `KUBE_ACCEPTANCE_` and is not listed here is refused.
- `--kind-image` of pytest-kind is another name of `--cluster-image`, and `--assessment required|optional` one of
  `--vulnerabilities-required`.

`kube-acceptance settings` prints what counts for the project in the current folder, and who said so.
"""


def rows(config: Config) -> list[tuple[Key, str, str]]:
    """Every key with its value and who said it: the file, a variable, an option, or nobody."""
    values, given = config.model_dump(mode="json", by_alias=True), config.given()
    return [
        (key, _text(_at(values, key)), config.said.get(key.name) or (FILE if _at(given, key) is not None else DEFAULT))
        for key in KEYS.values()
    ]


def plain(config: Config) -> str:
    """The configuration for a pipe: a line for a key, with tabs between key, value and who said it."""
    return "\n".join("\t".join((key.name, value, by)) for key, value, by in rows(config))


def as_json(config: Config) -> str:
    """The configuration for programs, with the names of options and variables."""
    values = config.model_dump(mode="json", by_alias=True)
    found = [
        {
            "key": key.name,
            "value": _at(values, key),
            "from": by,
            "option": None if key.in_file_alone else key.option,
            "variable": None if key.in_file_alone else key.variable,
        }
        for key, _, by in rows(config)
    ]
    return json.dumps(found, indent=2)


def table(config: Config) -> Table:
    """The configuration for a terminal."""
    from rich.table import Table
    from rich.text import Text

    shown = Table("key", "value", "from")
    for key, value, by in rows(config):
        style = "dim" if by == DEFAULT else ""
        shown.add_row(*(Text(each, style=style) for each in (key.name, value, by)))
    return shown


def markdown() -> str:
    """The document docs/settings.md."""
    return "\n".join([_HEAD, *_reference(), *_others()])


def _reference() -> Iterator[str]:
    section: tuple[str, ...] | None = None
    for key in sorted(KEYS.values(), key=lambda each: each.path[:-1]):  # those without a section come first
        if section != key.path[:-1]:
            section = key.path[:-1]
            yield f"## [{'.'.join(('tool.kube-acceptance', *section))}]\n"
            if said := _about(section):
                yield f"{said}\n"
        yield f"### {key.name}\n"
        yield f"{_sentence(key.description)} {_usual(key)}\n"
        if key.in_file_alone:
            yield "In the file alone: what excuses a failure is written down where it is reviewed.\n"
        else:
            yield f"`{key.option}={key.metavar}`, `{key.variable}`\n"
        inner, _ = section_of(key.field)
        if inner:
            yield from (
                f"- `{name}`: {field.description}{'' if field.is_required() else '; may be left out'}"
                for name, field in fields_of(inner).items()
            )
            yield ""


def _others() -> list[str]:
    said = [f"- `{name}`: {what}" for name, what in OTHERS.items()]
    alone = ", ".join(f"`{name}`" for name in FILE_ALONE)
    return ["## Said otherwise\n", f"In the file alone: {alone}.\n", "Variables that stand for no key:\n", *said, ""]


def _about(section: tuple[str, ...]) -> str:
    """What the model of a section says of it."""
    field: FieldInfo | None = None
    model: Any = Config
    for name in section:
        field = fields_of(model)[name]
        model, _ = section_of(field)
    return (model.__doc__ or "").strip().replace("\n    ", "\n") if field else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _usual(key: Key) -> str:
    """What counts where nobody says anything."""
    if key.field.is_required():
        return "Has no default."
    text = _text(key.field.get_default(call_default_factory=True))
    if text in ("", "[]", "{}"):
        return "None by default."
    count = text.count(", ") + 1
    return f"By default `{text}`." if len(text) <= _SHORT else f"By default {count} of them."


def _text(value: Any) -> str:
    """A value on one line: words as they are, all else as JSON, nothing for none."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')


def _at(values: Any, key: Key) -> Any:
    """What a key holds; None where nothing is."""
    for name in key.path:
        values = values.get(name) if isinstance(values, dict) else None
    return values
