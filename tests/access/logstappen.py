"""Steps that tests of the read log share."""

from typing import Any

from sqlalchemy import Connection, Row, text
from tests.soap.conftest import Door

from regiesysteem.db import Sql

_LOOKS = text("""
    SELECT i.*, ARRAY(SELECT p.betrokkene FROM inzage_betrokkene p WHERE p.inzage_id = i.id) AS betrokkenen,
           ARRAY(SELECT p.soort FROM inzage_betrokkene p WHERE p.inzage_id = i.id ORDER BY 1) AS soorten
    FROM inzage i WHERE i.id > :na ORDER BY i.id
""")
_PSEUDONYM = Sql("SELECT regie_betrokkene(:sleutels)")


def newest(door: Door) -> int:
    """The number of the newest look."""
    with door.engine.connect() as connection:
        return int(connection.execute(text("SELECT coalesce(max(id), 0) FROM inzage")).scalar_one())


def looks(door: Door, after: int) -> list[Row[Any]]:
    """The looks after a number, the oldest first."""
    with door.engine.connect() as connection:
        return list(connection.execute(_LOOKS, {"na": after}))


def last(door: Door) -> Row[Any]:
    """The newest look."""
    return looks(door, newest(door) - 1)[0]


def people(row: Row[Any]) -> set[bytes]:
    """The pseudonyms of a look."""
    return {bytes(one) for one in row.betrokkenen}


def pseudonyms(door: Door, *sleutels: str) -> set[bytes]:
    """The pseudonyms of people, as the database makes them."""
    with door.engine.connect() as connection:
        return {bytes(one) for one in _PSEUDONYM.run(connection, {"sleutels": list(sleutels)}).scalar_one()}


def everything(connection: Connection) -> str:
    """All rows of the read log as text."""
    tables = ("inzage", "inzage_betrokkene")
    return "\n".join(
        row for table in tables for row in connection.execute(text(f"SELECT t::text FROM {table} t")).scalars()
    )
