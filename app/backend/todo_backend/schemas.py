"""What goes in and out of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from typing_extensions import TypedDict

from todo_backend.models import TITLE_LENGTH

MAX_LIMIT = 100
MAX_OFFSET = 2**31 - 1


def _storable(text: str) -> str:
    if "\0" in text:  # the one character that PostgreSQL cannot store
        raise ValueError("String should not contain the character NUL")
    return text


def _not_empty(change: TodoChange) -> TodoChange:
    if not change:
        raise ValueError("At least one of title and completed should be given")
    return change


Title = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH),
    AfterValidator(_storable),
]


class NewTodo(BaseModel):
    """Body of a POST."""

    model_config = ConfigDict(extra="forbid")

    title: Title


class TodoChange(TypedDict, total=False):
    """Body of a PATCH: the fields to change, and no others."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    title: Title
    completed: StrictBool


SomeTodoChange = Annotated[TodoChange, AfterValidator(_not_empty)]


class TodoView(BaseModel):
    """A todo as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    completed: bool
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
