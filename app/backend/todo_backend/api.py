"""The todos: create, list, read, change, delete.

Each transaction is committed before its answer is made, so that nothing is acknowledged that is not stored.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, HTTPException, Query, Request
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from todo_backend.models import Todo
from todo_backend.schemas import MAX_LIMIT, MAX_OFFSET, ErrorBody, NewTodo, Page, SomeTodoChange, TodoView

router = APIRouter(
    prefix="/api/todos",
    tags=["todos"],
    responses={422: {"model": ErrorBody}, 503: {"model": ErrorBody, "description": "Database unavailable"}},
)
NOT_FOUND: dict[int | str, dict[str, object]] = {404: {"model": ErrorBody}}


def _sessions(request: Request) -> sessionmaker[Session]:
    sessions: sessionmaker[Session] = request.app.state.sessions
    return sessions


Sessions = Annotated[sessionmaker[Session], Depends(_sessions)]


@router.post("", status_code=201)
def create(new: NewTodo, sessions: Sessions) -> TodoView:
    """Store a new todo."""
    with sessions.begin() as session:
        todo = Todo(title=new.title, due_on=new.due_on)
        session.add(todo)
    return TodoView.model_validate(todo)


@router.get("")
def page(
    sessions: Sessions,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    completed: bool | None = None,
) -> Page:
    """List todos, newest first."""
    which = [] if completed is None else [Todo.completed == completed]
    newest_first = select(Todo).where(*which).order_by(Todo.created_at.desc(), Todo.id.desc())
    with sessions() as session:
        total = session.scalar(select(func.count()).select_from(Todo).where(*which)) or 0
        items = session.scalars(newest_first.limit(limit).offset(offset)).all()
    return Page(items=[TodoView.model_validate(item) for item in items], total=total, limit=limit, offset=offset)


@router.get("/{todo_id}", responses=NOT_FOUND)
def read(todo_id: UUID, sessions: Sessions) -> TodoView:
    """Return one todo."""
    with sessions() as session:
        todo = session.get(Todo, todo_id)
    return _view(todo, todo_id)


@router.patch("/{todo_id}", responses=NOT_FOUND)
def change(todo_id: UUID, to: Annotated[SomeTodoChange, Body()], sessions: Sessions) -> TodoView:
    """Rename a todo, mark it completed or not, or say when it is due."""
    with sessions.begin() as session:
        todo = session.scalar(update(Todo).where(Todo.id == todo_id).values(**to).returning(Todo))
    return _view(todo, todo_id)


@router.delete("/{todo_id}", status_code=204, responses=NOT_FOUND)
def remove(todo_id: UUID, sessions: Sessions) -> None:
    """Delete a todo."""
    with sessions.begin() as session:
        todo = session.scalar(delete(Todo).where(Todo.id == todo_id).returning(Todo))
    _view(todo, todo_id)


def _view(todo: Todo | None, todo_id: UUID) -> TodoView:
    if todo is None:
        raise HTTPException(404, f"There is no todo {todo_id}.")
    return TodoView.model_validate(todo)
