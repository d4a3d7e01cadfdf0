"""Removes content that nothing refers to."""

from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from regiesysteem.opslag.bergplaats import Verwijderd
from regiesysteem.opslag.tabellen import DocumentInhoudRij

_RIJEN: Final = 1000
# A row that is deleted with a content is a part of it; every other foreign key is a user of it. Parts of a partitioned
# table have their foreign key from the whole.
_VERWIJZERS: Final = sa.text(
    """
    SELECT schema.nspname, tabel.relname, kolom.attname
    FROM pg_constraint sleutel
    JOIN pg_class tabel ON tabel.oid = sleutel.conrelid
    JOIN pg_namespace schema ON schema.oid = tabel.relnamespace
    JOIN pg_attribute kolom ON kolom.attrelid = sleutel.conrelid AND kolom.attnum = sleutel.conkey[1]
    WHERE sleutel.contype = 'f' AND sleutel.confrelid = 'document_inhoud'::regclass
      AND sleutel.confdeltype <> 'c' AND sleutel.conparentid = 0
    """
)


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
            inhoud = DocumentInhoudRij.sha256
            pagina = sa.select(inhoud).where(inhoud > vanaf, ongebruikt).order_by(inhoud).limit(_RIJEN)
            digests: Sequence[bytes] = verbinding.execute(pagina).scalars().all()
        for digest in digests:
            with motor.begin() as verbinding:
                weg = _verwijder(verbinding, digest, ongebruikt)
            if weg is not None:
                yield weg
        if len(digests) < _RIJEN:
            return
        vanaf = digests[-1]


def _ongebruikt(verbinding: Connection) -> sa.ColumnElement[bool] | None:
    """Give the condition that nothing refers to a content, over all foreign keys that the database has now."""
    verwijzers = [
        sa.table(tabel, sa.column(kolom), schema=schema).c[kolom]
        for schema, tabel, kolom in verbinding.execute(_VERWIJZERS)
    ]
    if not verwijzers:
        return None
    return sa.and_(*(~sa.exists().where(kolom == DocumentInhoudRij.sha256) for kolom in verwijzers))


def _verwijder(verbinding: Connection, digest: bytes, ongebruikt: sa.ColumnElement[bool]) -> Verwijderd | None:
    """Delete one content if it is still unused.

    First the lock, then a statement that reads again: a transaction that refers to the content, or stores it anew,
    holds a lock on the row until its own commit. So after our lock every reference is visible and no new one can come.
    """
    deze = DocumentInhoudRij.sha256 == digest
    slot = sa.select(DocumentInhoudRij.sha256).where(deze).with_for_update(skip_locked=True)
    if verbinding.execute(slot).first() is None:
        return None
    weg = sa.delete(DocumentInhoudRij).where(deze, ongebruikt).returning(DocumentInhoudRij.grootte)
    grootte = verbinding.execute(weg).scalar_one_or_none()
    return None if grootte is None else Verwijderd("inhoud", digest.hex(), grootte)
