"""A step definition to paste, for a step that has none."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

_VALUE = re.compile(r'"[^"]*"|(?<![\w.,/-])\d+(?![\w/-])(?![.,]\d)')
"""What of a phrase is a value: quoted words and integers."""

_IMPORTS = ("from kube_acceptance import pending", "from pytest_bdd import ")


def phrase(text: str) -> str:
    """The phrase of a step, with fields where its values are: `the pod "{name}" has {count:d} containers`."""
    return _phrase(text)[0]


def snippet(kind: str, text: str, *, datatable: bool = False, docstring: bool = False) -> str:
    """A definition of a step that is pending until it is written.

    Args:
        kind: `given`, `when` or `then`.
        text: The step without its keyword.
        datatable: Whether the step has a data table.
        docstring: Whether it has a doc string.
    """
    pattern, fields = _phrase(text)
    arguments = [f"{name}: {'int' if name.startswith('count') else 'str'}" for name in fields]
    arguments += ["datatable: list[list[str]]"] if datatable else []
    arguments += ["docstring: str"] if docstring else []
    parser = f"parsers.parse({_literal(pattern)})" if fields else _literal(text)
    return (
        f"@{kind}({parser})\n"
        f"def {_function(text)}({', '.join(arguments)}) -> None:\n"
        f'    pending("the step is to be written")\n'
    )


def module(snippets: Iterable[str]) -> str:
    """The snippets with the imports that they need; functions of the same name get numbers.

    A phrase that is used with and without a table is defined once, without: then it serves both.
    """
    phrases: dict[str, str] = {}
    for text in snippets:
        decorator = text.partition("\n")[0]
        phrases[decorator] = min(phrases.get(decorator, text), text, key=len)
    found = list(phrases.values())
    seen: dict[str, int] = {}
    texts: list[str] = []
    for text in found:
        name = re.search(r"^def (\w+)", text, re.MULTILINE)[1]  # type: ignore[index]
        seen[name] = seen.get(name, 0) + 1
        texts.append(text if seen[name] == 1 else text.replace(f"def {name}(", f"def {name}_{seen[name]}("))
    used = sorted({text[1 : text.index("(")] for text in found} | {"parsers" for text in found if "(parsers." in text})
    head = f"{_IMPORTS[0]}\n{_IMPORTS[1]}{', '.join(used)}\n"
    return "\n\n".join([head, *texts])


def _phrase(text: str) -> tuple[str, list[str]]:
    fields: list[str] = []

    def field(match: re.Match[str]) -> str:
        base = "name" if match[0].startswith('"') else "count"
        number = sum(name.startswith(base) for name in fields) + 1
        fields.append(base if number == 1 else f"{base}_{number}")
        return f'"{{{fields[-1]}}}"' if base == "name" else f"{{{fields[-1]}:d}}"

    return _VALUE.sub(field, text.replace("{", "{{").replace("}", "}}")), fields


def _literal(text: str) -> str:
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'


def _function(text: str) -> str:
    words = "_".join(re.findall(r"\w+", _VALUE.sub(" ", text).lower()))[:60].strip("_")
    name = words if words.isidentifier() else f"step_{words}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) else name
