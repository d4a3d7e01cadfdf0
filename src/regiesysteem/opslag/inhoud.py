"""Content by its SHA-256: stored once, checked when read, removed when nothing refers to it."""

import os
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from sqlalchemy import Connection, Engine

from regiesysteem.database import Sql
from regiesysteem.opslag.bergplaats import Bergplaats, Gecontroleerd, Inhoud, Verwijderd
from regiesysteem.opslag.fouten import InhoudVerdwenen, OpslagOnbereikbaar
from regiesysteem.opslag.opruimen import ruim_rijen_op

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
        inhoud = Inhoud(sha256, grootte, self._plek.naam, self._plek.nieuwe_sleutel(sha256))
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
        inhoud = Inhoud(sha256, rij.grootte, rij.opslag, rij.sleutel)
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


def _voeg_toe(verbinding: Connection, inhoud: Inhoud) -> bool:
    """Insert the row of a content; False when it is there. Waits for transactions that are inserting or deleting it."""
    nieuw = {naam: getattr(inhoud, naam) for naam in ("digest", "grootte", "opslag", "sleutel")}
    return bool(_VOEG_TOE.voer_uit(verbinding, nieuw).rowcount)


def _houd_vast(verbinding: Connection, inhoud: Inhoud) -> bool:
    """Keep the row of a content from being deleted until the end of the transaction; False when there is none."""
    return _HOUD_VAST.voer_uit(verbinding, {"digest": inhoud.digest}).first() is not None


def _geef_tijd(verbinding: Connection, grootte: int) -> None:
    """Let a large content take longer than the limits of the session, until the end of the transaction."""
    if grootte > _GROOT:
        _RUIMER.voer_uit(verbinding, {"ms": 30_000 + grootte * 1000 // _MIN_BYTES_PER_S})
