"""Run by Alembic: migrates over the connection it is handed, in that one's transaction."""

from __future__ import annotations

from alembic import context

from alerts.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite, too: we begin the transaction (engine.py)
)
with context.begin_transaction():
    context.run_migrations()
