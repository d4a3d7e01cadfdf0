"""Removes content that nothing refers to."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Engine

from regiesysteem.database import Sql
from regiesysteem.opslag.bergplaats import Verwijderd

_RIJEN: Final = 1000
# A row that is deleted with a content is a part of it; every other foreign key is a user of it. Parts of a partitioned
# table have their foreign key from the whole.
_ONGEBRUIKT: Final = Sql("""
    SELECT string_agg(format('NOT EXISTS (SELECT FROM %I.%I WHERE %I = i.sha256)', nspname, relname, attname), ' AND ')
    FROM pg_constraint sleutel
    JOIN pg_class tabel ON tabel.oid = sleutel.conrelid
    JOIN pg_namespace schema ON schema.oid = tabel.relnamespace
    JOIN pg_attribute kolom ON kolom.attrelid = sleutel.conrelid AND kolom.attnum = sleutel.conkey[1]
    WHERE sleutel.contype = 'f' AND sleutel.confrelid = 'document_inhoud'::regclass
      AND sleutel.confdeltype <> 'c' AND sleutel.conparentid = 0
""")
_VERGRENDEL: Final = Sql("SELECT 1 FROM document_inhoud WHERE sha256 = :digest FOR UPDATE SKIP LOCKED")


def ruim_rijen_op(motor: Engine) -> Iterator[Verwijderd]:
    """Delete each content without a reference, in a transaction of its own, so that nobody waits long for one.

    Nothing is deleted in a database where no table can refer to content, because nothing there shows which content is
    in use.
    """
    vanaf = b""
    while True:
        with motor.connect() as verbinding:
            ongebruikt = _ongebruikt(verbinding)
            if ongebruikt is None:
                return
            pagina = Sql(f"""
                SELECT sha256 FROM document_inhoud i WHERE sha256 > :vanaf AND {ongebruikt}
                ORDER BY sha256 LIMIT :aantal
            """)  # noqa: S608 - names that PostgreSQL quoted
            rijen = pagina.voer_uit(verbinding, {"vanaf": vanaf, "aantal": _RIJEN})
            digests = [bytes(digest) for digest in rijen.scalars()]
        for digest in digests:
            with motor.begin() as verbinding:
                weg = _verwijder(verbinding, digest, ongebruikt)
            if weg is not None:
                yield weg
        if len(digests) < _RIJEN:
            return
        vanaf = digests[-1]


def _ongebruikt(verbinding: Connection) -> str | None:
    """Give the condition that nothing refers to content `i`, over all foreign keys that the database has now."""
    voorwaarde: str | None = _ONGEBRUIKT.voer_uit(verbinding).scalar_one()
    return voorwaarde


def _verwijder(verbinding: Connection, digest: bytes, ongebruikt: str) -> Verwijderd | None:
    """Delete one content if it is still unused.

    First the lock, then a statement that reads again: a transaction that refers to the content, or stores it anew,
    holds a lock on the row until its own commit. So after our lock every reference is visible and no new one can come.
    """
    if _VERGRENDEL.voer_uit(verbinding, {"digest": digest}).first() is None:
        return None
    verwijder = Sql(f"DELETE FROM document_inhoud i WHERE sha256 = :digest AND {ongebruikt} RETURNING grootte")  # noqa: S608
    grootte = verwijder.voer_uit(verbinding, {"digest": digest}).scalar_one_or_none()
    return None if grootte is None else Verwijderd("inhoud", digest.hex(), grootte)
