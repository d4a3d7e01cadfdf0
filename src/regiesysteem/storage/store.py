"""Content by its SHA-256: stored once, checked when read, removed when nothing refers to it; what a place must do."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Literal, Protocol

from sqlalchemy import Connection, Engine

from regiesysteem.db import Sql
from regiesysteem.errors import Meldbaar
from regiesysteem.logging_ import logger

# --- The errors of content. The texts are Dutch, for operators; they name no machine, bucket or key


class OpslagFout(Exception):
    """Content could not be stored or given."""


class OpslagOnbereikbaar(Meldbaar, OpslagFout):
    """The object store does not answer, or refuses us: the same message may succeed later (StUF058, in Fo03 StUF046).

    An unreachable PostgreSQL raises the error of SQLAlchemy, as with every other statement.
    """

    uitgang = 2


class InhoudFout(OpslagFout):
    """Something is wrong with one content; `verwijzing` is its SHA-256 in hex, by which an operator finds it."""

    def __init__(self, verwijzing: str, wat: str) -> None:
        super().__init__(f"De inhoud met verwijzing {verwijzing} {wat}.")
        self.verwijzing = verwijzing


class InhoudVerdwenen(InhoudFout):
    """Nothing is stored under this SHA-256, or its bytes are gone from the store."""

    def __init__(self, verwijzing: str) -> None:
        super().__init__(verwijzing, "is er niet meer")


class InhoudBeschadigd(InhoudFout):
    """The store gave other bytes than were put in it."""

    def __init__(self, verwijzing: str) -> None:
        super().__init__(verwijzing, "is beschadigd")


# --- The interface of a place for bytes, and the check on the bytes that it gives back

Schrijf = Callable[[bytes | memoryview], object]
"""Takes the next bytes of a content."""


@dataclass(frozen=True)
class StoredInhoud:
    """A content as `document_inhoud` has it: SHA-256 in hex, size in bytes, the place, and its name in that place."""

    sha256: str
    grootte: int
    opslag: str
    sleutel: str | None = None

    @property
    def digest(self) -> bytes:
        """The SHA-256 as the column has it."""
        return bytes.fromhex(self.sha256)


@dataclass(frozen=True)
class Verwijderd:
    """One thing that the clean-up removed: a content without references, or an object of a store without a row.

    Removing a content from S3 leaves its object without a row, so it is reported twice. `grootte` is in bytes, 0 for an
    upload that was never finished.
    """

    wat: Literal["inhoud", "object", "upload"]
    sha256: str
    grootte: int


class Bergplaats(Protocol):
    """A place for bytes. `Opslag`, and not this, knows identical contents and their users."""

    naam: str

    def nieuwe_sleutel(self, sha256: str) -> str | None:
        """Give the name under which a new content will be put, None where the row itself is enough."""

    def schrijf(self, verbinding: Connection, inhoud: StoredInhoud, bestand: IO[bytes]) -> None:
        """Put all bytes of a file, from its present position; its row is there, in the transaction of `verbinding`.

        Raises OpslagOnbereikbaar.
        """

    def lees(self, verbinding: Connection, inhoud: StoredInhoud, schrijf: Schrijf) -> None:
        """Give all bytes, in pieces. Raises InhoudVerdwenen or OpslagOnbereikbaar."""

    def ruim_op(self, motor: Engine) -> Iterator[Verwijderd]:
        """Remove contents that have no row, and that no transaction is storing. Raises OpslagOnbereikbaar."""


class Gecontroleerd:
    """Writes a content to a file and checks that it is the stored one."""

    def __init__(self, inhoud: StoredInhoud, bestand: IO[bytes]) -> None:
        self._inhoud = inhoud
        self._bestand = bestand
        self._som = hashlib.sha256()
        self._grootte = 0

    def schrijf(self, blok: bytes | memoryview) -> None:
        """Take the next bytes; raises InhoudBeschadigd as soon as there are too many."""
        self._grootte += len(blok)
        if self._grootte > self._inhoud.grootte:
            self._weiger()
        self._som.update(blok)
        self._bestand.write(blok)

    def rond_af(self) -> None:
        """Raise InhoudBeschadigd unless size and SHA-256 are those of the content."""
        if self._grootte != self._inhoud.grootte or self._som.digest() != self._inhoud.digest:
            self._weiger()

    def _weiger(self) -> None:
        inhoud = self._inhoud
        logger().error("inhoud_beschadigd", sha256=inhoud.sha256, opslag=inhoud.opslag, grootte=inhoud.grootte)
        raise InhoudBeschadigd(inhoud.sha256)


# --- Removes content that nothing refers to

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


# --- Content by its SHA-256: stored once, checked when read, removed when nothing refers to it

_IN_GEHEUGEN: Final = 1_000_000
_GROOT: Final = 32_000_000  # bytes from which the limits of a session may be too short
_MIN_BYTES_PER_S: Final = 1_000_000  # a slower transfer hangs
_RUIMER: Final = Sql("""
    SELECT set_config(name, greatest(CAST(setting AS bigint), :ms)::text, true) FROM pg_settings
    WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') AND setting <> '0'
""")
_VOEG_TOE: Final = Sql("""
    INSERT INTO document_inhoud (sha256, grootte, opslag, sleutel) VALUES (:digest, :grootte, :opslag, :sleutel)
    ON CONFLICT DO NOTHING -- each content once
""")
_HOUD_VAST: Final = Sql("SELECT 1 FROM document_inhoud WHERE sha256 = :digest FOR KEY SHARE")
_LEES: Final = Sql("SELECT grootte, opslag, sleutel FROM document_inhoud WHERE sha256 = :digest")


class Opslag:
    """The content of all documents. New content goes to one place; the row of each content names its place.

    Content belongs to the transaction that stores it, which must also refer to it by a foreign key with an index. It
    is there when that transaction commits. After a rollback, or when the process dies, it goes, or is cleaned up.
    """

    def __init__(self, plek: Bergplaats, *andere: Bergplaats) -> None:
        self._plek = plek
        self._plekken = {deze.naam: deze for deze in (plek, *andere)}

    def bewaar(self, verbinding: Connection, bestand: IO[bytes], sha256: str, grootte: int) -> None:
        """Store all of a file, whose SHA-256 (hex) and size in bytes the caller knows, unless it is stored already.

        The clean-up cannot remove it until the end of the transaction. When two transactions store the same content at
        once, the second waits for the first. Raises OpslagOnbereikbaar, ValueError when the file has another size, or
        the error of reading the file; the transaction must then be rolled back.
        """
        if bestand.seek(0, os.SEEK_END) != grootte:
            raise ValueError(f"the file of content {sha256} is not {grootte} bytes")
        inhoud = StoredInhoud(sha256, grootte, self._plek.naam, self._plek.nieuwe_sleutel(sha256))
        while not _voeg_toe(verbinding, inhoud):
            # The row that was in the way of the insert is gone: the clean-up removed it in between.
            if _houd_vast(verbinding, inhoud):
                return
        _geef_tijd(verbinding, grootte)
        bestand.seek(0)
        self._plek.schrijf(verbinding, inhoud, bestand)

    def lees(self, verbinding: Connection, sha256: str) -> "SpooledTemporaryFile[bytes]":
        """Give a content as a file at its beginning, for the caller to close; at most 1 MB of it is in memory.

        All bytes were read and have the right SHA-256. Raises InhoudVerdwenen, InhoudBeschadigd or OpslagOnbereikbaar.
        """
        rij = _LEES.voer_uit(verbinding, {"digest": bytes.fromhex(sha256)}).one_or_none()
        if rij is None:
            raise InhoudVerdwenen(sha256)
        inhoud = StoredInhoud(sha256, rij.grootte, rij.opslag, rij.sleutel)
        plek = self._plekken.get(inhoud.opslag)
        if plek is None:
            raise OpslagOnbereikbaar(f"Er staat inhoud in {inhoud.opslag}, en die opslag is niet ingesteld.")
        _geef_tijd(verbinding, inhoud.grootte)
        bestand: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=_IN_GEHEUGEN)  # noqa: SIM115
        try:
            if inhoud.grootte > _IN_GEHEUGEN:
                bestand.rollover()
            controle = Gecontroleerd(inhoud, bestand)
            plek.lees(verbinding, inhoud, controle.schrijf)
            controle.rond_af()
            bestand.seek(0)
        except BaseException:
            bestand.close()
            raise
        return bestand

    def ruim_op(self, motor: Engine) -> Iterator[Verwijderd]:
        """Remove contents without references, in transactions of its own, and report each removed thing.

        Safe beside messages that store or read, and beside another clean-up. Raises OpslagOnbereikbaar.
        """
        yield from ruim_rijen_op(motor)
        for plek in self._plekken.values():
            yield from plek.ruim_op(motor)


def _voeg_toe(verbinding: Connection, inhoud: StoredInhoud) -> bool:
    """Insert the row of a content; False when it is there. Waits for transactions that are inserting or deleting it."""
    nieuw = {naam: getattr(inhoud, naam) for naam in ("digest", "grootte", "opslag", "sleutel")}
    return bool(_VOEG_TOE.voer_uit(verbinding, nieuw).rowcount)


def _houd_vast(verbinding: Connection, inhoud: StoredInhoud) -> bool:
    """Keep the row of a content from being deleted until the end of the transaction; False when there is none."""
    return _HOUD_VAST.voer_uit(verbinding, {"digest": inhoud.digest}).first() is not None


def _geef_tijd(verbinding: Connection, grootte: int) -> None:
    """Let a large content take longer than the limits of the session, until the end of the transaction."""
    if grootte > _GROOT:
        _RUIMER.voer_uit(verbinding, {"ms": 30_000 + grootte * 1000 // _MIN_BYTES_PER_S})
