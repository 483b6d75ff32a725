"""Every failure becomes the same kind of answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from todo_backend import db, logs
from todo_backend.schemas import Error, ErrorBody, ErrorDetail

logger = logging.getLogger(__name__)

CODES = {404: "not_found", 405: "method_not_allowed", 413: "content_too_large"}


def handle_errors(app: FastAPI) -> None:
    """Answer the failures of this app in its error format."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    for error in db.UNAVAILABLE:
        app.add_exception_handler(error, _database_unavailable)


def answer(
    status: int,
    code: str,
    message: str,
    details: list[ErrorDetail] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Make an error answer that carries the id of the request being served."""
    body = ErrorBody(error=Error(code=code, message=message, details=details, request_id=logs.request_id.get() or ""))
    return JSONResponse(body.model_dump(exclude_none=True), status, headers)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return answer(422, "validation_error", "The request is not valid.", [_detail(item) for item in error.errors()])


def _detail(item: Mapping[str, Any]) -> ErrorDetail:
    where: Sequence[str | int] = item["loc"]
    if item["type"] == "json_invalid":
        return ErrorDetail(field="body", message=f"Body is not JSON: {item['ctx']['error']}, character {where[-1]}")
    return ErrorDetail(field=".".join(map(str, where)), message=item["msg"].removeprefix("Value error, "))


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code, "bad_request")
    return answer(error.status_code, code, error.detail, headers=error.headers)


def _database_unavailable(request: Request, error: Exception) -> JSONResponse:
    logger.warning("Database unavailable: %s", db.reason(error))
    return answer(
        503,
        "database_unavailable",
        "The database cannot be reached at the moment; try again shortly.",
        headers={"Retry-After": "2"},
    )
