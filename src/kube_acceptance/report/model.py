"""What a run is made of, as data that survives a round trip through JSON.

Run
├── Shard            which part of the scenarios it ran, where others run the rest
├── Problem          what kept scenarios from being collected or the run from ending well
├── Behaviour        ── Cell: what became of it with each values file
├── Requirement      ── Task
├── Past             what became of a scenario in an earlier run
└── Feature          ── Rule
    └── Scenario     ── Failure, Attachment, and the scenario's earlier attempts in this run
        └── Step     ── Wait
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field, model_validator

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(value: object) -> object:
    """A string as it can be shown and stored: no colour codes, control characters made visible, valid Unicode."""
    if not isinstance(value, str):
        return value
    text = _ANSI.sub("", value).replace("\r\n", "\n")
    text = _CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])) if ord(found[0]) < 0x20 else "\ufffd", text)
    return text.encode("utf-8", "replace").decode("utf-8")


Text = Annotated[str, BeforeValidator(printable)]
ScenarioStatus = Literal["failed", "broken", "undefined", "pending", "flaky", "not run", "skipped", "passed"]
"""From worst to best.

Broken: no verdict, because set-up or clean-up failed or the run ended in the middle of it. Undefined: a step has no
definition. Pending: a step's definition says that it is not written yet. Flaky: it passed, but only when repeated.
"""
StepStatus = Literal["passed", "failed", "skipped", "undefined", "pending", "not run"]
Outcome = Literal[
    "failed",
    "broken",
    "undefined",
    "pending",
    "flaky",
    "not run",
    "skipped",
    "passed in part",
    "passed",
    "not in this run",
    "not yet covered",
]
Verdict = Literal["passed", "failed", "incomplete", "nothing proved"]

STATUSES: tuple[ScenarioStatus, ...] = get_args(ScenarioStatus)
RED: frozenset[ScenarioStatus] = frozenset({"failed", "broken", "undefined", "pending", "flaky"})
"""What fails a run; of these, a flaky scenario that is in quarantine only keeps it from being whole."""


class Record(BaseModel):
    """The base of all parts: strict about its fields, and plain data on the way out and in."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    def to_dict(self) -> dict[str, Any]:
        """This record as builtin values, ready for JSON."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The record that `to_dict` turned into `data`.

        Raises:
            pydantic.ValidationError: A field is unknown, missing or of the wrong type.
        """
        return cls.model_validate(data)

    def redacted(self, redact: Callable[[str], str]) -> Self:
        """A copy in which every free text went through `redact`; statuses, times and numbers stay."""
        return self.model_copy(update={name: _redact(getattr(self, name), redact) for name in _free(type(self))})


@cache
def _free(kind: type[Record]) -> list[str]:
    """The fields that hold what somebody wrote, or parts that do."""
    return [name for name, field in kind.model_fields.items() if get_origin(field.annotation) is not Literal]


_Value = TypeVar("_Value")


def _redact(value: _Value, redact: Callable[[str], str]) -> _Value:
    match value:
        case str():
            return redact(value)  # type: ignore[return-value]
        case Record():
            return value.redacted(redact)
        case list():
            return [_redact(item, redact) for item in value]  # type: ignore[return-value]
        case dict():
            return {_redact(key, redact): _redact(item, redact) for key, item in value.items()}  # type: ignore[return-value]
        case _:
            return value


class Failure(Record):
    """Why something failed: one line that names the cause, what else the error said, the full trace, its class."""

    first_line: Text
    details: Text = ""
    text: Text = ""
    error: Text = ""


class Problem(Record):
    """What kept scenarios from being collected or the run from ending well."""

    where: Text
    failure: Failure


class Attachment(Record):
    """A file or folder of evidence, by its path relative to the report, and its size in bytes."""

    name: Text
    path: Text
    bytes: int


class Wait(Record):
    """How long a condition took to come true, in seconds, and how long it was given."""

    what: Text
    seconds: float
    budget: float


class Step(Record):
    """A line of a scenario, and what became of it.

    `duration` counts seconds from the first fixture made ready for the step to its end; `setup` is the fixtures' part.
    `where` is the `path:line` of the step definition, once it was found; `suggestion` is code for one that is missing.
    """

    keyword: Text
    text: Text
    line: int
    background: bool = False
    datatable: list[list[Text]] = Field(default_factory=list)
    docstring: Text | None = None
    status: StepStatus = "not run"
    started: datetime | None = None
    duration: float = 0.0
    setup: float = 0.0
    where: Text = ""
    suggestion: Text = ""
    waits: list[Wait] = Field(default_factory=list)
    facts: list[Text] = Field(default_factory=list)


def word(steps: Sequence[Step]) -> str:
    """Given, when or then: the keyword that the last of some steps has, or goes on with; empty when none has."""
    words = (step.keyword.lower() for step in reversed(steps))
    return next((word for word in words if word in ("given", "when", "then")), "")


class Scenario(Record):
    """A scenario, or one row of a scenario outline, and what became of it.

    `id` is the pytest node id, so that `pytest ID` runs it again. `row` counts those of an outline, which all have its
    line. `reason` says why it was skipped, is pending or did not run. `touched` are the kinds of objects that the API
    server was asked for, as it calls them. `earlier` holds its attempts before this one, oldest first; `quarantine`
    says who answers for its flakiness and until when; `worker` is the process of pytest-xdist that ran it.
    """

    id: Text
    uri: Text
    line: int
    row: int = 0
    name: Text
    description: Text = ""
    rule: Text = ""
    tags: list[Text] = Field(default_factory=list)
    requirements: list[Text] = Field(default_factory=list)
    example: dict[Text, Text] = Field(default_factory=dict)
    status: ScenarioStatus = "not run"
    reason: Text = ""
    quarantine: Text = ""
    worker: Text = ""
    started: datetime | None = None
    duration: float = 0.0
    steps: list[Step] = Field(default_factory=list)
    failure: Failure | None = None
    facts: list[Text] = Field(default_factory=list)
    attachments: list[Attachment] = Field(default_factory=list)
    touched: list[Text] = Field(default_factory=list)
    earlier: list[Scenario] = Field(default_factory=list)

    @property
    def red(self) -> bool:
        """Whether it fails the run."""
        return self.status in RED and not (self.status == "flaky" and self.quarantine)

    @property
    def made_ready(self) -> float:
        """The seconds that its steps spent on fixtures, such as the release that it shares with others."""
        return sum(step.setup for step in self.steps)


class Past(Record):
    """What became of a scenario in an earlier run.

    `seconds` leaves out what its fixtures took; `attempts` is more than 1 where it was repeated.
    """

    run: datetime
    status: ScenarioStatus
    seconds: float
    attempts: int = 1


class Rule(Record):
    """A rule of a feature, with the scenarios that name it."""

    name: Text
    description: Text = ""


class Feature(Record):
    """A feature file: one chapter of what the deployment does."""

    uri: Text
    name: Text
    description: Text = ""
    tags: list[Text] = Field(default_factory=list)
    background: list[Step] = Field(default_factory=list)
    rules: list[Rule] = Field(default_factory=list)
    scenarios: list[Scenario] = Field(default_factory=list)


class Task(Record):
    """A task that fulfils a requirement, and the patterns of the files it is done in."""

    id: Text
    title: Text
    files: list[Text] = Field(default_factory=list)


class Requirement(Record):
    """A requirement, how it is fulfilled and what this run says about it.

    The caller gives what the specification says. `declared` counts the scenarios that carry its number in all feature
    files (0: not known), so that a run of a part is not taken for the whole; `due` names the later work that will cover
    it. The run fills in `scenarios` (ids), how many more were `left_out` of this run, and the `outcome`.
    """

    id: Text
    title: Text
    chapter: Text = ""
    behaviour: Text = ""
    status: Literal["covered", "not yet covered"] = "covered"
    due: Text = ""
    clauses: list[Text] = Field(default_factory=list)
    tasks: list[Task] = Field(default_factory=list)
    declared: int = 0
    scenarios: list[Text] = Field(default_factory=list)
    left_out: int = 0
    outcome: Outcome = "not in this run"


class Cell(Record):
    """What became of a behaviour with one values file.

    `scenario` is the id of the outline's row, and `said` what the row says besides, such as how many pods there are.
    """

    scenario: Text
    status: ScenarioStatus
    said: dict[Text, Text] = Field(default_factory=dict)


class Behaviour(Record):
    """A scenario outline whose rows have each a values file, by which `cells` are found; see `report.comparison`."""

    feature: Text
    name: Text
    rule: Text = ""
    cells: dict[Text, Cell]


class Shard(Record):
    """A part of the scenarios, `number` of `of`; `dealt` are the ids of those that were dealt to all parts together."""

    number: int
    of: int
    dealt: list[Text] = Field(default_factory=list)

    def __str__(self) -> str:
        return f"shard {self.number} of {self.of}"


class Run(Record):
    """One run: what was asked for, on what, and everything that came of it.

    `shard` is the part of the scenarios that it ran, if that was not all. `left_out` counts the scenarios that were
    collected but not selected, or are other shards'; `behaviours` compares the values files; `past`
    holds what is recorded of scenarios (by id, oldest first) in the runs before this one.
    """

    title: Text
    started: datetime
    finished: datetime
    command: Text
    shard: Shard | None = None
    environment: dict[Text, Text] = Field(default_factory=dict)
    features: list[Feature] = Field(default_factory=list)
    left_out: int = 0
    requirements: list[Requirement] = Field(default_factory=list)
    behaviours: list[Behaviour] = Field(default_factory=list)
    problems: list[Problem] = Field(default_factory=list)
    past: dict[Text, list[Past]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _drop_derived(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if name not in cls.model_computed_fields}
        return data

    def scenarios(self) -> Iterator[Scenario]:
        """All scenarios, feature by feature."""
        for feature in self.features:
            yield from feature.scenarios

    @computed_field  # type: ignore[prop-decorator]
    @property
    def totals(self) -> dict[ScenarioStatus, int]:
        """How many scenarios ended in each status, every status named."""
        found = Counter(scenario.status for scenario in self.scenarios())
        return {status: found[status] for status in STATUSES}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict(self) -> Verdict:
        """What the run says as a whole: passed only if there is something, all of it passed and nothing went wrong."""
        totals = self.totals
        if self.problems or any(scenario.red for scenario in self.scenarios()):
            return "failed"
        if not totals["passed"] and not totals["flaky"]:
            return "nothing proved"
        whole = totals["passed"] == sum(totals.values()) + self.left_out
        # also where the other shards have nothing to run: nobody sees that from here
        return "passed" if whole and (self.shard is None or self.shard.of == 1) else "incomplete"
