"""How Alembic runs the migrations: in the transaction that the caller has opened."""

from __future__ import annotations

from alembic import context

from todo_backend.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
