"""A scenario that would run, as programs read it."""

from __future__ import annotations

from pydantic import Field, TypeAdapter

from kube_acceptance.report.model import Record, Text


class Prospect(Record):
    """A scenario that would run; see `running.plan.Planned`.

    `seconds` is what it will take beside its fixtures, as far as that is known.
    """

    id: Text
    name: Text
    tier: Text
    serial: bool = False
    tags: list[Text] = Field(default_factory=list)
    requirements: list[Text] = Field(default_factory=list)
    fixtures: list[Text] = Field(default_factory=list)
    modules: list[Text] = Field(default_factory=list)
    seconds: float | None = None


PLAN = TypeAdapter(list[Prospect])
"""A whole plan."""
