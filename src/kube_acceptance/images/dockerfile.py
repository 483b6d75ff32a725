"""What a Dockerfile refers to: base images, build arguments, secrets, and the line that a build step stands on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kube_acceptance.errors import ImageError

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::(?P<how>[-+])(?P<word>[^}]*))?\}|(?P<plain>\w+))")
_ESCAPE = re.compile(r"#\s*escape\s*=\s*(\S)", re.IGNORECASE)
_DIRECTIVE = re.compile(r"#\s*\w+\s*=")
_HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w+)\1")
_FROM_FLAG = re.compile(r"--from=(\S+)")
_MOUNT = re.compile(r"--mount=(\S+)")


@dataclass(frozen=True)
class Instruction:
    """One instruction: the line it starts on (from 1), its name in capitals, and the rest as one line."""

    line: int
    name: str
    rest: str


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile that was read; `path` is what messages call it."""

    path: Path
    text: str

    @classmethod
    def at(cls, path: Path, *, image: str) -> Dockerfile:
        """Read the Dockerfile of an image.

        Raises:
            ImageError: There is no file at `path`, or it holds no instruction.
        """
        try:
            found = cls(path, path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ImageError(
                f"The Dockerfile of {image} is not at {path}",
                hint="Create it, or correct the path in the configuration.",
            ) from None
        if not found.instructions:
            raise ImageError(f"{path} holds no instruction", hint="Begin it with FROM.")
        return found

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """All instructions in order, with continued lines joined and comments left out."""
        return tuple(_instructions(self.text))

    def bases(self, build_args: Mapping[str, str]) -> tuple[str, ...]:
        """The images that the build starts from or copies from, without stages of its own and `scratch`.

        Args:
            build_args: Values that replace the defaults of `ARG` lines before the first `FROM`.

        Raises:
            ImageError: A `FROM` names a variable that has no value.
        """
        known: dict[str, str] = {}
        stages: set[str] = set()
        found: dict[str, None] = {}
        in_stage = False
        for instruction in self.instructions:
            if instruction.name == "ARG" and not in_stage:
                for word in _words(instruction.rest):
                    name, given, default = word.partition("=")
                    if name in build_args:
                        known[name] = build_args[name]
                    elif given:
                        known[name] = self._filled(default, known, instruction.line)
            elif instruction.name == "FROM":
                in_stage = True
                words = [word for word in instruction.rest.split() if not word.startswith("--")]
                reference = self._filled(words[0], known, instruction.line) if words else ""
                if reference and reference != "scratch" and reference.lower() not in stages:
                    found[reference] = None
                if len(words) == 3 and words[1].upper() == "AS":
                    stages.add(words[2].lower())
            else:
                for reference in _copied_from(instruction):
                    # a number is a stage's place; variables are not expanded here by Docker either
                    if not reference.isdigit() and "$" not in reference and reference.lower() not in stages:
                        found[reference] = None
        return tuple(found)

    @cached_property
    def arguments(self) -> frozenset[str]:
        """The names of all `ARG` lines: the build arguments that the build can make use of."""
        return frozenset(
            word.partition("=")[0] for each in self.instructions if each.name == "ARG" for word in _words(each.rest)
        )

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The ids of the secrets that `RUN --mount=type=secret` asks for."""
        mounts = [_options(each) for run in self.instructions if run.name == "RUN" for each in _MOUNT.findall(run.rest)]
        return frozenset(
            mount.get("id") or Path(mount.get("target", mount.get("dst", ""))).name
            for mount in mounts
            if mount.get("type") == "secret"
        )

    def line_of(self, step: str) -> int | None:
        """The line (from 1) of the instruction that BuildKit shows as `step`, if the text tells."""
        wanted = step.split()
        for instruction in self.instructions:
            if [instruction.name, *instruction.rest.split()] == wanted:
                return instruction.line
        return None

    def _filled(self, text: str, known: Mapping[str, str], line: int) -> str:
        def value(match: re.Match[str]) -> str:
            name = match["braced"] or match["plain"]
            if match["how"] == "+":
                return match["word"] if known.get(name) else ""
            if known.get(name):
                return known[name]
            if match["how"] == "-":
                return match["word"]
            raise ImageError(
                f"{self.path} line {line} uses {match[0]}, but ARG {name} has no value",
                hint=f"Give ARG {name} a default before the first FROM, or pass it as a build argument.",
            )

        return _VARIABLE.sub(value, text)


def _instructions(text: str) -> Iterator[Instruction]:
    escape, directives = "\\", True
    lines = enumerate(text.splitlines(), start=1)
    for number, raw in lines:
        stripped = raw.strip()
        if directives and (match := _ESCAPE.match(stripped)):
            escape = match[1]
        directives = directives and bool(_DIRECTIVE.match(stripped))
        if not stripped or stripped.startswith("#"):
            continue
        parts = [stripped]
        while parts[-1].endswith(escape):
            parts[-1] = parts[-1].removesuffix(escape).rstrip()
            # comments and empty lines inside a continued instruction do not end it
            following = next((more.strip() for _, more in lines if more.strip() and more.strip()[0] != "#"), "")
            parts.append(following)
        name, _, rest = " ".join(parts).partition(" ")
        if name.upper() in {"RUN", "COPY", "ADD"}:
            for _, ending in _HEREDOC.findall(rest):
                for _, more in lines:
                    if more.strip() == ending:
                        break
        yield Instruction(number, name.upper(), rest.strip())


def _copied_from(instruction: Instruction) -> list[str]:
    if instruction.name == "COPY":
        return _FROM_FLAG.findall(instruction.rest)
    if instruction.name == "RUN":
        return [mount["from"] for each in _MOUNT.findall(instruction.rest) if "from" in (mount := _options(each))]
    return []


def _options(mount: str) -> dict[str, str]:
    return {key: value for key, _, value in (each.partition("=") for each in mount.split(","))}


def _words(rest: str) -> list[str]:
    try:
        return shlex.split(rest)
    except ValueError:  # a stray quote: Docker's to complain about
        return rest.split()
