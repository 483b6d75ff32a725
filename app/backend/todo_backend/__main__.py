"""Serve: `python -m todo_backend`."""

from __future__ import annotations

import logging
import sys

import uvicorn

from todo_backend import logs
from todo_backend.app import create_app
from todo_backend.parting import KEEP_ALIVE_SECONDS, Parting, Server
from todo_backend.settings import SettingsError, from_environment

SHUTDOWN_SECONDS = 10


def main() -> int:
    """Serve until told to stop and a while longer, then finish the requests under way."""
    logs.configure()
    try:
        settings = from_environment()
    except SettingsError as error:
        logging.getLogger("todo_backend").critical("%s", error)
        return 1
    logs.set_level(settings.log_level)
    parting = Parting(settings.drain_seconds)
    config = uvicorn.Config(
        create_app(settings, parting),
        host="0.0.0.0",
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    Server(config, parting).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
