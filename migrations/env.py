"""Alembic's environment: `regiesysteem.migratie` gives the connection and holds the lock."""

from alembic import context
from sqlalchemy import Connection

from regiesysteem.database import Base

verbinding: Connection = context.config.attributes["connection"]
context.configure(connection=verbinding, target_metadata=Base.metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
