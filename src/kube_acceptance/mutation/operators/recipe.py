"""A Dockerfile in stages and steps, each with its text to the letter, so that a rewriting fits exactly there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kube_acceptance.images.dockerfile import Dockerfile, Instruction
from kube_acceptance.mutation.derived import Concern, Derived

SCRATCH = "scratch"
SHOWN = 40  # characters of a step that name it
PAIR = re.compile(r"(?P<name>[\w./-]+)=(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|\S*)")
"""A name and a value, as `ENV`, `LABEL` and `ARG` have them."""
_VARIABLE = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True)
class Step:
    """An instruction with its text, and where that begins."""

    name: str
    rest: str
    text: str
    start: int

    @property
    def pairs(self) -> dict[str, str]:
        """The names and values that it sets, as they are written."""
        return {match["name"]: match["value"] for match in PAIR.finditer(self.rest)}

    @property
    def words(self) -> list[str]:
        """Its words, but for its flags."""
        return [word for word in self.rest.split() if not word.startswith("--")]

    @property
    def source(self) -> str:
        """Of a COPY, the stage or image that it copies from; empty where that is the context."""
        match = re.search(r"--from=(\S+)", self.rest)
        return match[1] if match else ""

    def setting(self, name: str, value: str) -> str:
        """Its text with another value for one of the names that it sets."""
        written = next(match for match in PAIR.finditer(self.text) if match["name"] == name)
        return self.text[: written.start("value")] + value + self.text[written.end("value") :]

    def without(self, name: str) -> str:
        """Its text without one of the names that it sets; empty when that is the only one."""
        rest = [f"{key}={value}" for key, value in self.pairs.items() if key != name]
        return f"{self.name} " + " \\\n    ".join(rest) if rest else ""


@dataclass(frozen=True)
class Stage:
    """A stage: its name, or its number where it has none, what it starts from, and its steps, `FROM` first."""

    name: str
    base: str
    steps: tuple[Step, ...]

    def of(self, *names: str) -> Iterator[Step]:
        """Its steps of some names."""
        return (step for step in self.steps if step.name in names)


@dataclass(frozen=True)
class Recipe:
    """The Dockerfile of an image."""

    image: str
    text: str

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps in order."""
        instructions = Dockerfile(Path("Dockerfile"), self.text).instructions
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        ends = [*(each.line - 1 for each in instructions[1:]), len(starts) - 1]
        return tuple(self._step(each, starts, end) for each, end in zip(instructions, ends, strict=True))

    def _step(self, instruction: Instruction, starts: Sequence[int], end: int) -> Step:
        start = starts[instruction.line - 1]
        lines = self.text[start : starts[end]].splitlines(keepends=True)
        # what is empty or a comment before the next instruction is that one's
        while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
            lines.pop()
        return Step(instruction.name, instruction.rest, "".join(lines).rstrip("\n"), start)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """All stages in order; the last is the image."""
        found: list[Stage] = []
        starts = [index for index, step in enumerate(self.steps) if step.name == "FROM"]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(self.steps)], strict=True)):
            words = self.steps[start].words
            named = len(words) == 3 and words[1].upper() == "AS"
            found.append(Stage(words[2] if named else str(number), words[0], self.steps[start:end]))
        return tuple(found)

    @property
    def runs(self) -> Iterator[tuple[Stage, Step]]:
        """The commands of all stages."""
        return ((stage, step) for stage in self.stages for step in stage.of("RUN"))

    @property
    def last(self) -> Stage:
        """The stage that the image is."""
        return self.stages[-1]

    @cached_property
    def arguments(self) -> dict[str, Step]:
        """The arguments with a value that bases may be named by, and where they stand."""
        found: dict[str, Step] = {}
        for step in self.steps:
            if step.name == "FROM":
                break
            if step.name == "ARG":
                found |= dict.fromkeys(step.pairs, step)
        return found

    def named(self, base: str) -> tuple[str, Step | None]:
        """What a base stands for, and the step that says it if that is an argument."""
        variable = _VARIABLE.match(base)
        if variable and variable[1] in self.arguments:
            step = self.arguments[variable[1]]
            return step.pairs[variable[1]].strip("\"'"), step
        return base, None

    def derive(
        self,
        operator: str,
        step: Step,
        put: str,
        *,
        takes_away: str,
        unnoticed: str,
        part: str = "",
        signs: Sequence[str] = (),
    ) -> Derived:
        """The mutant in which a step has another text; an empty one removes it."""
        find = re.escape(step.text)
        if self.text.count(step.text) > 1:
            # the same text elsewhere is none of it: all before it is put back as it was
            find = rf"\A([\s\S]{{{step.start}}}){find}"
        elif step.start == 0 or self.text[step.start - 1] == "\n":
            find = rf"^{find}"
        before = r"\g<1>" if find.startswith(r"\A(") else ""
        escaped = put.replace("\\", r"\\")
        return Derived.model_validate(
            {
                "operator": f"dockerfile-{operator}",
                "concern": Concern.BUILD,
                "object": f"image {self.image}",
                "part": part,
                "takes-away": takes_away,
                "unnoticed": unnoticed,
                "signs": (f"image {self.image}", f"Dockerfile of {self.image}", f"container {self.image}", *signs),
                "dockerfiles": [{"image": self.image, "find": find, "put": before + escaped}],
            }
        )

    def before_user(
        self, operator: str, lines: str, *, takes_away: str, unnoticed: str, signs: Sequence[str] = ()
    ) -> Derived:
        """The mutant in which the last stage has further steps, while its user is still root."""
        users = list(self.last.of("USER"))
        if users:
            step, put = users[0], f"{lines}\n{users[0].text}"
        else:
            step = self.last.steps[-1]
            put = f"{step.text}\n{lines}"
        return self.derive(operator, step, put, takes_away=takes_away, unnoticed=unnoticed, signs=signs)


def short(text: str) -> str:
    """A step as it is spoken of: on one line, and not too long."""
    said = re.sub(r"\s*\\\n\s*", " ", text).strip()
    return said if len(said) <= SHOWN else f"{said[:SHOWN].rstrip()}…"
