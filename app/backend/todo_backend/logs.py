"""One JSON object a line on standard output, whoever logs."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from types import TracebackType

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the request that is being served, if any."""


def configure() -> None:
    """Send all logging, warnings and uncaught exceptions to standard output as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_complete)
    handler.setFormatter(
        JsonFormatter(
            ["level", "name", "message", "request_id"],
            timestamp=True,
            rename_fields={"name": "logger"},
            reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn repeats each message in colours
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells at each look that it looks
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def set_level(level: str) -> None:
    """Log from this level (debug, info, warning or error) upwards."""
    logging.getLogger().setLevel(level.upper())


def _complete(record: logging.LogRecord) -> bool:
    record.level = record.levelname.lower()
    record.request_id = request_id.get()
    return True


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("Uncaught exception", exc_info=(kind, error, traceback))
