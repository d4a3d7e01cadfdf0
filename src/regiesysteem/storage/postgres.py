"""Content in PostgreSQL: in pieces, written and read with one binary COPY each, in the transaction of the message."""

import struct
from collections.abc import Iterator
from typing import IO, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from regiesysteem.db import copy
from regiesysteem.storage.store import InhoudVanished, Removed, StoredInhoud, Write

# --- The binary form of PostgreSQL's COPY, both ways, in pieces: bytes go as they are, without escapes

_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
_TAIL: Final = b"\xff\xff"
_PIECE: Final = struct.Struct("!hi32siii")  # three fields: sha256, volgnummer, and the length of the bytes
_ROW: Final = struct.Struct("!hi")  # one field and its length


class Pieces:
    """A file as the rows (sha256, volgnummer, bytes) of `document_stuk`; the source of COPY FROM.

    An error while reading is kept in `error`, because the driver reports it to the server and then drops it.
    """

    def __init__(self, digest: bytes, file: IO[bytes], piece: int) -> None:
        self._parts = _pieces(digest, file, piece)
        self.error: Exception | None = None

    def read(self, _count: int = -1) -> bytes:
        """Give the next bytes, of any number; none when all were given."""
        try:
            return next(self._parts, b"")
        except Exception as error:
            self.error = error
            raise


def _pieces(digest: bytes, file: IO[bytes], piece: int) -> Iterator[bytes]:
    yield _HEAD
    volgnummer = 0
    while block := file.read(piece):
        yield _PIECE.pack(3, len(digest), digest, 4, volgnummer, len(block))
        yield block
        volgnummer += 1
    yield _TAIL


class Field:
    """The target of COPY TO for rows of one column that is not null; it passes on the bytes of that column."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._head = bytearray()
        self._head_length = len(_HEAD)
        self._rest = 0

    def write(self, block: bytes) -> None:
        """Take the next bytes, cut wherever the server or the driver cut them."""
        view = memoryview(block)
        while view:
            if self._rest:
                part = view[: self._rest]
                self._rest -= len(part)
                self._write(part)
            else:
                part = view[: self._head_length - len(self._head)]
                self._head += part
                # The two bytes of the end never make a complete head.
                if len(self._head) == self._head_length:
                    self._take_head()
            view = view[len(part) :]

    def _take_head(self) -> None:
        if self._head_length == _ROW.size:
            _, self._rest = _ROW.unpack(self._head)
        self._head_length = _ROW.size
        self._head.clear()


# --- Content in PostgreSQL: in pieces, written and read with one COPY each, in the transaction of the message

_PIECE_POSTGRES: Final = 256 * 1024  # bytes; measured: larger pieces write slower, smaller ones gain nothing


class PostgresStore:
    """The default: one database to run and to back up. Deleting a row deletes its pieces."""

    naam = "postgres"

    def new_sleutel(self, _sha256: str) -> None:
        """None: the pieces are found by their SHA-256."""

    def write(self, connection: Connection, inhoud: StoredInhoud, file: IO[bytes]) -> None:
        """Write all pieces; no content makes no statement."""
        if inhoud.grootte == 0:
            return
        pieces = Pieces(inhoud.digest, file, _PIECE_POSTGRES)
        try:
            copy(connection, "COPY document_stuk (sha256, volgnummer, bytes) FROM STDIN (FORMAT binary)", pieces)
        except DBAPIError:
            if pieces.error is not None:
                raise pieces.error from None
            raise

    def read(self, connection: Connection, inhoud: StoredInhoud, write: Write) -> None:
        """Read all pieces; the driver never holds more than one."""
        if inhoud.grootte == 0:
            return
        given = 0

        def count(block: bytes | memoryview) -> None:
            nonlocal given
            given += len(block)
            write(block)

        # COPY takes no parameters; the inserted text is hexadecimal.
        digest = inhoud.digest.hex()
        pieces = f"SELECT bytes FROM document_stuk WHERE sha256 = '\\x{digest}' ORDER BY volgnummer"  # noqa: S608
        copy(connection, f"COPY ({pieces}) TO STDOUT (FORMAT binary)", Field(count))
        if not given:
            raise InhoudVanished(inhoud.sha256)

    def clean_up(self, _engine: Engine) -> Iterator[Removed]:
        """Do nothing: pieces do not exist without their row."""
        return iter(())
