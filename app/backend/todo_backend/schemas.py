"""What goes in and out of the API."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints
from typing_extensions import TypedDict

from todo_backend.models import TITLE_LENGTH

MAX_LIMIT = 100
MAX_OFFSET = 2**31 - 1


def _storable(text: str) -> str:
    if "\0" in text:  # the one character that PostgreSQL cannot store
        raise ValueError("String should not contain the character NUL")
    return text


def _written_as_a_day(value: object) -> object:
    # pydantic itself would also take seconds since 1970, and times of midnight
    if value is not None and not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)):
        raise ValueError("Input should be a day, written as YYYY-MM-DD")
    return value


def _not_empty(change: TodoChange) -> TodoChange:
    if not change:
        raise ValueError("At least one of title, completed and due_on should be given")
    return change


Title = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH),
    AfterValidator(_storable),
]


Day = Annotated[date | None, BeforeValidator(_written_as_a_day)]


class NewTodo(BaseModel):
    """Body of a POST."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    due_on: Day = None


class TodoChange(TypedDict, total=False):
    """Body of a PATCH: the fields to change, and no others."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    title: Title
    completed: StrictBool
    due_on: Day


SomeTodoChange = Annotated[TodoChange, AfterValidator(_not_empty)]


class TodoView(BaseModel):
    """A todo as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    completed: bool
    due_on: date | None
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    """Some todos, newest first, out of all that match."""

    items: list[TodoView]
    total: int = Field(description="How many todos match, on all pages together.")
    limit: int
    offset: int


class ErrorDetail(BaseModel):
    """One thing that is wrong with a request."""

    field: str
    message: str


class Error(BaseModel):
    """What went wrong."""

    code: str
    message: str
    details: list[ErrorDetail] | None = None
    request_id: str


class ErrorBody(BaseModel):
    """Body of every answer from 400 upwards, except that of /readyz."""

    error: Error


class Health(BaseModel):
    """Answer of the health endpoints."""

    service: str
    status: str
    pod: str
    reason: str | None = None
