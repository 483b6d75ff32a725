"""Scripts of shells in ConfigMaps and arguments: what makes them end at the first error, and tidy up after themselves.

Only single lines are taken away, and by `:`, which does nothing and may stand wherever a command may. What is within
quotes or a here-document, or goes on in the next line, is left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kube_acceptance.mutation.derived import Derived
from kube_acceptance.mutation.operators import Object
from kube_acceptance.mutation.operators.settings import Text, texts

SIMPLE = {
    "set": "what makes it end at an error",
    "umask": "what says who may read its files",
    "trap": "what it does when it ends or is told to",
    "sync": "what brings its files to the disk",
    "export": "what it tells the programs that it starts",
    "rm": "what it removes",
    "find": "what it looks for and does with that",
    "chmod": "what says who may read its files",
    "chown": "what says whose its files are",
    "touch": "what shows that it was here",
    "mv": "what gives a file its last name",
    "sleep": "what it waits for",
    "wait": "what it waits for",
    "kill": "what it sends signals to",
}
"""Commands that a script is safer or tidier by, and what is gone without them."""
GUARD = re.compile(r"\|\|\s+(?:fail|die|abort|error|exit|return)\b(?:[^;{}\"']|\"[^\"]*\"|'[^']*')*$")
"""What is done when a command fails, up to the end of its line."""
STATUS = re.compile(r"^\s*exit\s+[\"']?\$\S+$")
HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w+)\1")
SHOWN = 40  # characters of a line that name it


class Line(NamedTuple):
    """A line of a script that is a command of its own: where it begins, and what it says."""

    start: int
    text: str


def scripts(objects: Sequence[Object]) -> Iterator[Derived]:
    """Each line gone that makes a script safer or tidier, each guard, and each exit status that is passed on."""
    for text in texts(objects):
        if not text.script:
            continue
        named: Counter[str] = Counter()
        for line in commands(text.text):
            said = line.text.strip()
            word = said.partition(" ")[0]
            indent = line.text[: len(line.text) - len(line.text.lstrip())]
            guard = GUARD.search(line.text)
            if (
                word in SIMPLE
                and not said.startswith("set --")
                and not re.search(r"&&|\|\||;|\||&$", said.replace("2>&1", ""))
            ):
                yield _derived(
                    text,
                    line,
                    named,
                    "line-removed",
                    f"{SIMPLE[word]}: `{said}`",
                    f"`{said}` is missing in {text}",
                    f"{indent}:",
                )
            if STATUS.match(line.text):
                yield _derived(
                    text,
                    line,
                    named,
                    "status-hidden",
                    f"the status that it ends with: `{said}`",
                    f"{text} ends with status 0 whatever has happened",
                    f"{indent}exit 0",
                )
            elif guard:
                yield _derived(
                    text,
                    line,
                    named,
                    "guard-removed",
                    f"what it does on failure: `{guard[0]}`",
                    f"{text} goes on whatever comes of `{_short(said)}`",
                    f"{line.text[: guard.start()]}|| true",
                )


def commands(script: str) -> Iterator[Line]:
    """The lines that neither begin nor end within quotes, a here-document or a continued line."""
    start, quote, ending, continued = 0, "", "", False
    for line in script.splitlines(keepends=True):
        text = line.rstrip("\n")
        if ending:
            ending = "" if text.strip() == ending else ending
        else:
            before, quote = quote, _quote(text, quote)
            goes_on = not quote and text.endswith("\\")
            heredoc = HEREDOC.search(text) if not quote else None
            if not (before or quote or continued or goes_on or heredoc) and text.strip() and text.strip()[0] != "#":
                yield Line(start, text)
            ending = heredoc[2] if heredoc else ""
            continued = goes_on
        start += len(line)


def _quote(line: str, quote: str) -> str:
    """The quotation mark that is still open at the end of a line, given the one that was at its beginning."""
    previous = " "
    characters = iter(line)
    for each in characters:
        if quote:
            if each == "\\" and quote == '"':
                next(characters, "")
            elif each == quote:
                quote = ""
        elif each == "\\":
            next(characters, "")
        elif each in "'\"":
            quote = each
        elif each == "#" and previous.isspace():
            break
        previous = each
    return quote


def _derived(
    text: Text, line: Line, named: Counter[str], operator: str, what: str, unnoticed: str, instead: str
) -> Derived:
    said = f"{operator} {_short(line.text.strip())}"
    named[said] += 1
    number = f" {named[said]}" if named[said] > 1 else ""
    return text.derive(
        f"script-{operator}",
        part=f"{text.name.removeprefix('the ')}, {_short(line.text.strip())}{number}",
        takes_away=f"{what}, in {text}",
        unnoticed=unnoticed,
        text=text.text[: line.start] + instead + text.text[line.start + len(line.text) :],
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip()}…"


OPERATORS = (scripts,)
