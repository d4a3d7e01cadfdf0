"""Content by its SHA-256: stored once, checked when read, removed when nothing refers to it."""

import os
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert

from regiesysteem.opslag.bergplaats import Bergplaats, Gecontroleerd, Inhoud, Verwijderd
from regiesysteem.opslag.fouten import InhoudVerdwenen, OpslagOnbereikbaar
from regiesysteem.opslag.opruimen import ruim_rijen_op
from regiesysteem.opslag.tabellen import DocumentInhoudRij

_IN_GEHEUGEN: Final = 1_000_000
_GROOT: Final = 32_000_000  # bytes from which the limits of a session may be too short
_MIN_BYTES_PER_S: Final = 1_000_000  # a slower transfer hangs
_RUIMER = sa.text(
    "SELECT set_config(name, greatest(setting::bigint, :ms)::text, true) FROM pg_settings "
    "WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') AND setting <> '0'"
)


class Opslag:
    """The content of all documents. New content goes to one place; the row of each content names its place.

    Content belongs to the transaction that stores it, which must also refer to it (see `tabellen`). It is there when
    that transaction commits. After a rollback, or when the process dies, it is gone or will be cleaned up.
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
        rij = verbinding.execute(
            sa.select(DocumentInhoudRij.grootte, DocumentInhoudRij.opslag, DocumentInhoudRij.sleutel).where(
                DocumentInhoudRij.sha256 == bytes.fromhex(sha256)
            )
        ).one_or_none()
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
    nieuw = insert(DocumentInhoudRij).values(
        sha256=inhoud.digest, grootte=inhoud.grootte, opslag=inhoud.opslag, sleutel=inhoud.sleutel
    )
    return bool(verbinding.execute(nieuw.on_conflict_do_nothing()).rowcount)


def _houd_vast(verbinding: Connection, inhoud: Inhoud) -> bool:
    """Keep the row of a content from being deleted until the end of the transaction; False when there is none."""
    rij = sa.select(DocumentInhoudRij.sha256).where(DocumentInhoudRij.sha256 == inhoud.digest)
    return verbinding.execute(rij.with_for_update(read=True, key_share=True)).first() is not None


def _geef_tijd(verbinding: Connection, grootte: int) -> None:
    """Let a large content take longer than the limits of the session, until the end of the transaction."""
    if grootte > _GROOT:
        verbinding.execute(_RUIMER, {"ms": 30_000 + grootte * 1000 // _MIN_BYTES_PER_S})
