"""Content by its SHA-256: stored once, checked when read, removed when nothing refers to it; what a place must do."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Literal, Protocol

from sqlalchemy import Connection, Engine

from regiesysteem.db import Sql
from regiesysteem.errors import Reportable
from regiesysteem.logging_ import logger

# --- The errors of content. The texts are Dutch, for operators; they name no machine, bucket or key


class StorageError(Exception):
    """Content could not be stored or given."""


class StorageUnreachable(Reportable, StorageError):
    """The object store does not answer, or refuses us: the same message may succeed later (StUF058, in Fo03 StUF046).

    An unreachable PostgreSQL raises the error of SQLAlchemy, as with every other statement.
    """

    exit_ = 2


class InhoudError(StorageError):
    """Something is wrong with one content; `reference` is its SHA-256 in hex, by which an operator finds it."""

    def __init__(self, reference: str, what: str) -> None:
        super().__init__(f"De inhoud met verwijzing {reference} {what}.")
        self.reference = reference


class InhoudVanished(InhoudError):
    """Nothing is stored under this SHA-256, or its bytes are gone from the store."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference, "is er niet meer")


class InhoudDamaged(InhoudError):
    """The store gave other bytes than were put in it."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference, "is beschadigd")


# --- The interface of a place for bytes, and the check on the bytes that it gives back

Write = Callable[[bytes | memoryview], object]
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
class Removed:
    """One thing that the clean-up removed: a content without references, or an object of a store without a row.

    Removing a content from S3 leaves its object without a row, so it is reported twice. `grootte` is in bytes, 0 for an
    upload that was never finished.
    """

    wat: Literal["inhoud", "object", "upload"]
    sha256: str
    grootte: int


class Store(Protocol):
    """A place for bytes. `Opslag`, and not this, knows identical contents and their users."""

    naam: str

    def new_sleutel(self, sha256: str) -> str | None:
        """Give the name under which a new content will be put, None where the row itself is enough."""

    def write(self, connection: Connection, inhoud: StoredInhoud, file: IO[bytes]) -> None:
        """Put all bytes of a file, from its present position; its row is there, in the transaction of `connection`.

        Raises StorageUnreachable.
        """

    def read(self, connection: Connection, inhoud: StoredInhoud, write: Write) -> None:
        """Give all bytes, in pieces. Raises InhoudVanished or StorageUnreachable."""

    def clean_up(self, engine: Engine) -> Iterator[Removed]:
        """Remove contents that have no row, and that no transaction is storing. Raises StorageUnreachable."""


class Checked:
    """Writes a content to a file and checks that it is the stored one."""

    def __init__(self, inhoud: StoredInhoud, file: IO[bytes]) -> None:
        self._inhoud = inhoud
        self._file = file
        self._sha256_seen = hashlib.sha256()
        self._size = 0

    def write(self, block: bytes | memoryview) -> None:
        """Take the next bytes; raises InhoudDamaged as soon as there are too many."""
        self._size += len(block)
        if self._size > self._inhoud.grootte:
            self._refuse()
        self._sha256_seen.update(block)
        self._file.write(block)

    def finish(self) -> None:
        """Raise InhoudDamaged unless size and SHA-256 are those of the content."""
        if self._size != self._inhoud.grootte or self._sha256_seen.digest() != self._inhoud.digest:
            self._refuse()

    def _refuse(self) -> None:
        inhoud = self._inhoud
        logger().error("inhoud_beschadigd", sha256=inhoud.sha256, opslag=inhoud.opslag, grootte=inhoud.grootte)
        raise InhoudDamaged(inhoud.sha256)


# --- Removes content that nothing refers to

_ROWS: Final = 1000
# A row that is deleted with a content is a part of it; every other foreign key is a user of it. Parts of a partitioned
# table have their foreign key from the whole.
_UNUSED: Final = Sql("""
    SELECT string_agg(format('NOT EXISTS (SELECT FROM %I.%I WHERE %I = i.sha256)', nspname, relname, attname), ' AND ')
    FROM pg_constraint sleutel
    JOIN pg_class tabel ON tabel.oid = sleutel.conrelid
    JOIN pg_namespace schema ON schema.oid = tabel.relnamespace
    JOIN pg_attribute kolom ON kolom.attrelid = sleutel.conrelid AND kolom.attnum = sleutel.conkey[1]
    WHERE sleutel.contype = 'f' AND sleutel.confrelid = 'document_inhoud'::regclass
      AND sleutel.confdeltype <> 'c' AND sleutel.conparentid = 0
""")
_LOCK: Final = Sql("SELECT 1 FROM document_inhoud WHERE sha256 = :digest FOR UPDATE SKIP LOCKED")


def clean_up_rows(engine: Engine) -> Iterator[Removed]:
    """Delete each content without a reference, in a transaction of its own, so that nobody waits long for one.

    Nothing is deleted in a database where no table can refer to content, because nothing there shows which content is
    in use.
    """
    vanaf = b""
    while True:
        with engine.connect() as connection:
            unused = _unused(connection)
            if unused is None:
                return
            page = Sql(f"""
                SELECT sha256 FROM document_inhoud i WHERE sha256 > :vanaf AND {unused}
                ORDER BY sha256 LIMIT :aantal
            """)  # noqa: S608 - names that PostgreSQL quoted
            rows = page.run(connection, {"vanaf": vanaf, "aantal": _ROWS})
            digests = [bytes(digest) for digest in rows.scalars()]
        for digest in digests:
            with engine.begin() as connection:
                gone = _remove(connection, digest, unused)
            if gone is not None:
                yield gone
        if len(digests) < _ROWS:
            return
        vanaf = digests[-1]


def _unused(connection: Connection) -> str | None:
    """Give the condition that nothing refers to content `i`, over all foreign keys that the database has now."""
    condition: str | None = _UNUSED.run(connection).scalar_one()
    return condition


def _remove(connection: Connection, digest: bytes, unused: str) -> Removed | None:
    """Delete one content if it is still unused.

    First the lock, then a statement that reads again: a transaction that refers to the content, or stores it anew,
    holds a lock on the row until its own commit. So after our lock every reference is visible and no new one can come.
    """
    if _LOCK.run(connection, {"digest": digest}).first() is None:
        return None
    remove = Sql(f"DELETE FROM document_inhoud i WHERE sha256 = :digest AND {unused} RETURNING grootte")  # noqa: S608
    size = remove.run(connection, {"digest": digest}).scalar_one_or_none()
    return None if size is None else Removed("inhoud", digest.hex(), size)


# --- Content by its SHA-256: stored once, checked when read, removed when nothing refers to it

_IN_MEMORY: Final = 1_000_000
_LARGE: Final = 32_000_000  # bytes from which the limits of a session may be too short
_MIN_BYTES_PER_S: Final = 1_000_000  # a slower transfer hangs
_MORE_TIME: Final = Sql("""
    SELECT set_config(name, greatest(CAST(setting AS bigint), :ms)::text, true) FROM pg_settings
    WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') AND setting <> '0'
""")
_ADD: Final = Sql("""
    INSERT INTO document_inhoud (sha256, grootte, opslag, sleutel) VALUES (:digest, :grootte, :opslag, :sleutel)
    ON CONFLICT DO NOTHING -- each content once
""")
_HOLD: Final = Sql("SELECT 1 FROM document_inhoud WHERE sha256 = :digest FOR KEY SHARE")
_READ: Final = Sql("SELECT grootte, opslag, sleutel FROM document_inhoud WHERE sha256 = :digest")


class Opslag:
    """The content of all documents. New content goes to one place; the row of each content names its place.

    Content belongs to the transaction that stores it, which must also refer to it by a foreign key with an index. It
    is there when that transaction commits. After a rollback, or when the process dies, it goes, or is cleaned up.
    """

    def __init__(self, place: Store, *others: Store) -> None:
        self._place = place
        self._places = {this.naam: this for this in (place, *others)}

    def keep(self, connection: Connection, file: IO[bytes], sha256: str, size: int) -> None:
        """Store all of a file, whose SHA-256 (hex) and size in bytes the caller knows, unless it is stored already.

        The clean-up cannot remove it until the end of the transaction. When two transactions store the same content at
        once, the second waits for the first. Raises StorageUnreachable, ValueError when the file has another size, or
        the error of reading the file; the transaction must then be rolled back.
        """
        if file.seek(0, os.SEEK_END) != size:
            raise ValueError(f"the file of content {sha256} is not {size} bytes")
        inhoud = StoredInhoud(sha256, size, self._place.naam, self._place.new_sleutel(sha256))
        while not _add(connection, inhoud):
            # The row that was in the way of the insert is gone: the clean-up removed it in between.
            if _hold(connection, inhoud):
                return
        _give_time(connection, size)
        file.seek(0)
        self._place.write(connection, inhoud, file)

    def read(self, connection: Connection, sha256: str) -> "SpooledTemporaryFile[bytes]":
        """Give a content as a file at its beginning, for the caller to close; at most 1 MB of it is in memory.

        All bytes were read and have the right SHA-256. Raises InhoudVanished, InhoudDamaged or StorageUnreachable.
        """
        row = _READ.run(connection, {"digest": bytes.fromhex(sha256)}).one_or_none()
        if row is None:
            raise InhoudVanished(sha256)
        inhoud = StoredInhoud(sha256, row.grootte, row.opslag, row.sleutel)
        place = self._places.get(inhoud.opslag)
        if place is None:
            raise StorageUnreachable(f"Er staat inhoud in {inhoud.opslag}, en die opslag is niet ingesteld.")
        _give_time(connection, inhoud.grootte)
        file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        try:
            if inhoud.grootte > _IN_MEMORY:
                file.rollover()
            check = Checked(inhoud, file)
            place.read(connection, inhoud, check.write)
            check.finish()
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def clean_up(self, engine: Engine) -> Iterator[Removed]:
        """Remove contents without references, in transactions of its own, and report each removed thing.

        Safe beside messages that store or read, and beside another clean-up. Raises StorageUnreachable.
        """
        yield from clean_up_rows(engine)
        for place in self._places.values():
            yield from place.clean_up(engine)


def _add(connection: Connection, inhoud: StoredInhoud) -> bool:
    """Insert the row of a content; False when it is there. Waits for transactions that are inserting or deleting it."""
    new = {name: getattr(inhoud, name) for name in ("digest", "grootte", "opslag", "sleutel")}
    return bool(_ADD.run(connection, new).rowcount)


def _hold(connection: Connection, inhoud: StoredInhoud) -> bool:
    """Keep the row of a content from being deleted until the end of the transaction; False when there is none."""
    return _HOLD.run(connection, {"digest": inhoud.digest}).first() is not None


def _give_time(connection: Connection, size: int) -> None:
    """Let a large content take longer than the limits of the session, until the end of the transaction."""
    if size > _LARGE:
        _MORE_TIME.run(connection, {"ms": 30_000 + size * 1000 // _MIN_BYTES_PER_S})
