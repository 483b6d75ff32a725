"""Which revision the database schema is at, and whether this version can work with it.

Revisions are four digits that count upwards. A migration only adds what the running version can ignore, so a newer
schema serves an older version: while processes are replaced one by one, the old ones stay ready after the migration.
"""

from __future__ import annotations

import re
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def alembic_config() -> Config:
    """Make Alembic's configuration for this package's migrations."""
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head() -> str:
    """Return the revision that this version of the application is made for."""
    revision = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert revision is not None
    return revision


def current(connection: Connection) -> str | None:
    """Return the revision that the database is at, None if it has never been migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_newer(revision: str | None, needed: str) -> bool:
    """Tell whether a schema has been migrated past the revision that is needed."""
    return revision is not None and re.fullmatch(r"\d{4}", revision) is not None and revision > needed


def problem(revision: str | None, needed: str) -> str | None:
    """Say why a schema at `revision` does not serve a version that needs `needed`; None if it does."""
    if revision == needed or is_newer(revision, needed):
        return None
    return f"schema is at {revision or 'nothing'}, {needed} is needed"
