"""Alembic's environment: `regiesysteem.migrate` gives the connection and holds the lock."""

from alembic import context
from sqlalchemy import Connection

verbinding: Connection = context.config.attributes["connection"]
context.configure(connection=verbinding, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
