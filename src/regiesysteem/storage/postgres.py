"""Content in PostgreSQL: in pieces, written and read with one binary COPY each, in the transaction of the message."""

import struct
from collections.abc import Iterator
from typing import IO, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from regiesysteem.db import kopieer
from regiesysteem.storage.store import InhoudVerdwenen, Schrijf, StoredInhoud, Verwijderd

# --- The binary form of PostgreSQL's COPY, both ways, in pieces: bytes go as they are, without escapes

_KOP: Final = b"PGCOPY\n\xff\r\n\x00" + struct.pack("!ii", 0, 0)
_STAART: Final = b"\xff\xff"
_STUK: Final = struct.Struct("!hi32siii")  # three fields: sha256, volgnummer, and the length of the bytes
_RIJ: Final = struct.Struct("!hi")  # one field and its length


class Stukken:
    """A file as the rows (sha256, volgnummer, bytes) of `document_stuk`; the source of COPY FROM.

    An error while reading is kept in `fout`, because the driver reports it to the server and then drops it.
    """

    def __init__(self, digest: bytes, bestand: IO[bytes], stuk: int) -> None:
        self._delen = _stukken(digest, bestand, stuk)
        self.fout: Exception | None = None

    def read(self, _aantal: int = -1) -> bytes:
        """Give the next bytes, of any number; none when all were given."""
        try:
            return next(self._delen, b"")
        except Exception as fout:
            self.fout = fout
            raise


def _stukken(digest: bytes, bestand: IO[bytes], stuk: int) -> Iterator[bytes]:
    yield _KOP
    volgnummer = 0
    while blok := bestand.read(stuk):
        yield _STUK.pack(3, len(digest), digest, 4, volgnummer, len(blok))
        yield blok
        volgnummer += 1
    yield _STAART


class Veld:
    """The target of COPY TO for rows of one column that is not null; it passes on the bytes of that column."""

    def __init__(self, schrijf: Schrijf) -> None:
        self._schrijf = schrijf
        self._kop = bytearray()
        self._koplengte = len(_KOP)
        self._rest = 0

    def write(self, blok: bytes) -> None:
        """Take the next bytes, cut wherever the server or the driver cut them."""
        zicht = memoryview(blok)
        while zicht:
            if self._rest:
                deel = zicht[: self._rest]
                self._rest -= len(deel)
                self._schrijf(deel)
            else:
                deel = zicht[: self._koplengte - len(self._kop)]
                self._kop += deel
                # The two bytes of the end never make a complete head.
                if len(self._kop) == self._koplengte:
                    self._neem_kop()
            zicht = zicht[len(deel) :]

    def _neem_kop(self) -> None:
        if self._koplengte == _RIJ.size:
            _, self._rest = _RIJ.unpack(self._kop)
        self._koplengte = _RIJ.size
        self._kop.clear()


# --- Content in PostgreSQL: in pieces, written and read with one COPY each, in the transaction of the message

_STUK_POSTGRES: Final = 256 * 1024  # bytes; measured: larger pieces write slower, smaller ones gain nothing


class PostgresBergplaats:
    """The default: one database to run and to back up. Deleting a row deletes its pieces."""

    naam = "postgres"

    def nieuwe_sleutel(self, _sha256: str) -> None:
        """None: the pieces are found by their SHA-256."""

    def schrijf(self, verbinding: Connection, inhoud: StoredInhoud, bestand: IO[bytes]) -> None:
        """Write all pieces; no content makes no statement."""
        if inhoud.grootte == 0:
            return
        stukken = Stukken(inhoud.digest, bestand, _STUK_POSTGRES)
        try:
            kopieer(verbinding, "COPY document_stuk (sha256, volgnummer, bytes) FROM STDIN (FORMAT binary)", stukken)
        except DBAPIError:
            if stukken.fout is not None:
                raise stukken.fout from None
            raise

    def lees(self, verbinding: Connection, inhoud: StoredInhoud, schrijf: Schrijf) -> None:
        """Read all pieces; the driver never holds more than one."""
        if inhoud.grootte == 0:
            return
        gelezen = 0

        def tel(blok: bytes | memoryview) -> None:
            nonlocal gelezen
            gelezen += len(blok)
            schrijf(blok)

        # COPY takes no parameters; the inserted text is hexadecimal.
        digest = inhoud.digest.hex()
        stukken = f"SELECT bytes FROM document_stuk WHERE sha256 = '\\x{digest}' ORDER BY volgnummer"  # noqa: S608
        kopieer(verbinding, f"COPY ({stukken}) TO STDOUT (FORMAT binary)", Veld(tel))
        if not gelezen:
            raise InhoudVerdwenen(inhoud.sha256)

    def ruim_op(self, _motor: Engine) -> Iterator[Verwijderd]:
        """Do nothing: pieces do not exist without their row."""
        return iter(())
