"""Add the day on which a todo is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a column that may be empty: the version before neither reads nor writes it."""
    op.add_column("todos", sa.Column("due_on", sa.Date(), nullable=True))
