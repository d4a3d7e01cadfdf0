"""The one lock and the one number that guard changes of the inrichting."""

from sqlalchemy import Connection, func, select, update

from regiesysteem.inrichting.tabellen import InrichtingStandRij

_SLOT = 0x696E72696368  # any number, the same in every process


def vergrendel(connection: Connection) -> None:
    """Wait for other changes of the inrichting and keep them out until the transaction ends (READ COMMITTED)."""
    connection.execute(select(func.pg_advisory_xact_lock(_SLOT)))


def verhoog(connection: Connection) -> int:
    """Give the inrichting its next versie, so that every process takes over the change once it is committed."""
    nieuw = update(InrichtingStandRij).values(versie=InrichtingStandRij.versie + 1).returning(InrichtingStandRij.versie)
    return connection.execute(nieuw).scalar_one()
