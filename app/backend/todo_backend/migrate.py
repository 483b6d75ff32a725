"""Bring the database schema up to date: `python -m todo_backend.migrate`."""

from __future__ import annotations

import logging
import sys

from alembic import command
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from todo_backend import db, logs, schema
from todo_backend.settings import Settings, SettingsError, from_environment

logger = logging.getLogger("todo_backend.migrate")

PATIENCE_SECONDS = 60
LOCK = 7_463_001
"""Key of the advisory lock that migrations of this application hold."""


def migrate(settings: Settings, patience: float = PATIENCE_SECONDS) -> str:
    """Upgrade the schema to this version's head, all or nothing, one process at a time.

    Args:
        settings: where the database is.
        patience: seconds to wait for the database, and again for a migration that is already running.

    Returns:
        What was done, as a sentence.

    Raises:
        sqlalchemy.exc.DBAPIError: the database did not come, the lock was not freed, or a migration failed.
    """
    needed = schema.head()
    with _connected(db.migrating_engine(settings), patience) as connection, connection.begin():
        connection.execute(text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": f"{patience}s"})
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        found = schema.current(connection)
        if found == needed or schema.is_newer(found, needed):
            return f"Nothing to migrate: the schema is at {found}, {needed} is needed."
        config = schema.alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return f"Migrated the schema from {found or 'nothing'} to {needed}."


def _connected(engine: Engine, patience: float) -> Connection:
    """Connect as soon as the database is there; what then migrates is this connection, for a second one may fail."""
    retrying = Retrying(
        stop=stop_after_delay(patience), wait=wait_fixed(1), retry=retry_if_exception_type(db.UNAVAILABLE), reraise=True
    )
    return retrying(engine.connect)


def main(patience: float = PATIENCE_SECONDS) -> int:
    """Migrate as the environment says; return the exit status."""
    logs.configure()
    try:
        settings = from_environment()
        logs.set_level(settings.log_level)
        logger.info("%s", migrate(settings, patience))
    except SettingsError as error:
        logger.critical("%s", error)
        return 1
    except DBAPIError as error:
        logger.critical("The schema was not migrated: %s", db.reason(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
