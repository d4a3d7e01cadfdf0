"""Content in PostgreSQL: in pieces, written and read with one COPY each, in the transaction of the message."""

from collections.abc import Iterator
from typing import IO, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from regiesysteem.database import kopieer
from regiesysteem.opslag.bergplaats import Inhoud, Schrijf, Verwijderd
from regiesysteem.opslag.fouten import InhoudVerdwenen
from regiesysteem.opslag.kopie import Stukken, Veld

_STUK: Final = 256 * 1024  # bytes; measured: larger pieces write slower, smaller ones gain nothing


class PostgresBergplaats:
    """The default: one database to run and to back up. Deleting a row deletes its pieces."""

    naam = "postgres"

    def nieuwe_sleutel(self, _sha256: str) -> None:
        """None: the pieces are found by their SHA-256."""

    def schrijf(self, verbinding: Connection, inhoud: Inhoud, bestand: IO[bytes]) -> None:
        """Write all pieces; no content makes no statement."""
        if inhoud.grootte == 0:
            return
        stukken = Stukken(inhoud.digest, bestand, _STUK)
        try:
            kopieer(verbinding, "COPY document_stuk (sha256, volgnummer, bytes) FROM STDIN (FORMAT binary)", stukken)
        except DBAPIError:
            if stukken.fout is not None:
                raise stukken.fout from None
            raise

    def lees(self, verbinding: Connection, inhoud: Inhoud, schrijf: Schrijf) -> None:
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
