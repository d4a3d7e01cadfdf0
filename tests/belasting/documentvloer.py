"""The floor of documents: the bytes themselves, between base64 and the tables of their storage, and nothing else.

No HTTP, no SOAP, no document: to write, base64 is decoded and digested (the tables are keyed on the SHA-256) and goes
into document_inhoud and document_stuk in one transaction; to read, it comes out of document_stuk and becomes base64.
"""

import hashlib
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import psycopg2
import pybase64
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class
from tests.belasting import documentberichten
from tests.belasting.berichten import zaaknummer
from tests.belasting.opdracht import Beurten, Opdracht, Stroom, Verslag, lever_in, meld_klaar, neem_aan
from tests.belasting.vloer import verbind

_STUK: Final = 256 * 1024
_MAX_FOUTEN: Final = 3
_KOP: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_DRIE_VELDEN: Final = struct.Struct("!hi32siii")
_INHOUD: Final = "INSERT INTO document_inhoud (sha256, grootte, opslag) VALUES (%s, %s, 'postgres')"
_DIGEST: Final = """
    SELECT v.sha256 FROM document d JOIN document_versie v ON v.document_id = d.id WHERE d.identificatie = %s
"""


def schrijf(verbinding: Connection, delen: Iterable[bytes]) -> tuple[str, int]:
    """Store a content that comes as base64; its SHA-256 and its size."""
    som, blokken = hashlib.sha256(), []
    for deel in delen:
        blok = pybase64.b64decode(deel, validate=True)
        som.update(blok)
        blokken.append(blok)
    grootte = sum(map(len, blokken))
    with verbinding, verbinding.cursor() as cursor:
        cursor.execute(_INHOUD, (som.digest(), grootte))
        cursor.copy_expert("COPY document_stuk FROM STDIN (FORMAT binary)", _Rijen(som.digest(), blokken), _STUK)
    return som.hexdigest(), grootte


def lees(verbinding: Connection, sha256: str) -> int:
    """Read a content and make it base64; how many characters."""
    uit = _Base64()
    vraag = f"SELECT bytes FROM document_stuk WHERE sha256 = '\\x{sha256}' ORDER BY volgnummer"
    with verbinding, verbinding.cursor() as cursor:
        cursor.copy_expert(f"COPY ({vraag}) TO STDOUT (FORMAT binary)", uit)
    return uit.lengte


class _Rijen:
    """What COPY reads: rows of digest, number and bytes."""

    def __init__(self, digest: bytes, blokken: list[bytes]) -> None:
        self._delen = self._maak(digest, blokken)

    def _maak(self, digest: bytes, blokken: list[bytes]) -> Iterator[bytes]:
        yield _KOP
        stukken = (blok[begin : begin + _STUK] for blok in blokken for begin in range(0, len(blok), _STUK))
        for nummer, stuk in enumerate(stukken):
            yield _DRIE_VELDEN.pack(3, 32, digest, 4, nummer, len(stuk))
            yield stuk
        yield b"\xff\xff"

    def read(self, _aantal: int = -1) -> bytes:
        """The next piece, whatever its length."""
        return next(self._delen, b"")


class _Base64:
    """What COPY writes to; the driver gives it the head, each row and the end apart, a row with six bytes before it."""

    def __init__(self) -> None:
        self._eerste = True
        self.lengte = 0

    def write(self, rij: bytes) -> None:
        """Take one row."""
        begin = 6 + (len(_KOP) if self._eerste else 0)
        self._eerste = False
        if len(rij) > begin:
            self.lengte += len(pybase64.b64encode(memoryview(rij)[begin:]))


def werk(opdracht: Opdracht) -> Verslag:
    """Prepare, wait for the sign to start, store or read contents, and report."""
    [stroom] = opdracht.stromen
    verbindingen = [verbind(opdracht.waar) for _ in range(opdracht.gelijktijdig)]
    doe = _schrijver(stroom) if stroom.bericht == "VOEG_TOE" else _lezer(stroom, verbindingen[0], opdracht.aantal)
    verslag = Verslag()
    meld_klaar()
    cpu, begin = time.process_time(), time.perf_counter()
    beurten = Beurten(opdracht.aantal, opdracht.seconden)
    draden = [threading.Thread(target=_draad, args=(doe, v, beurten, verslag)) for v in verbindingen]
    for draad in draden:
        draad.start()
    for draad in draden:
        draad.join()
    verslag.seconden, verslag.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return verslag


def _schrijver(stroom: Stroom) -> Callable[[Connection, int], None]:
    def doe(verbinding: Connection, keer: int) -> None:
        schrijf(verbinding, documentberichten.base64_van(stroom.reeks, stroom.volgnummer(keer), stroom.grootte))

    list(documentberichten.base64_van(stroom.reeks, 0, stroom.grootte))  # makes what all contents share
    return doe


def _lezer(stroom: Stroom, verbinding: Connection, aantal: int) -> Callable[[Connection, int], None]:
    verwacht = -(-stroom.grootte // 3) * 4
    digests = []
    with verbinding, verbinding.cursor() as cursor:
        for keer in range(aantal):
            cursor.execute(_DIGEST, (zaaknummer(stroom.zaken, stroom.waarover(keer)),))
            [(digest,)] = cursor.fetchall()
            digests.append(bytes(digest).hex())

    def doe(verbinding: Connection, keer: int) -> None:
        gelezen = lees(verbinding, digests[keer])
        # Each piece but the last is padded by itself.
        if not verwacht <= gelezen <= verwacht + stroom.grootte // _STUK * 4:
            raise ValueError(f"{gelezen} characters instead of {verwacht}")

    return doe


def _draad(doe: Callable[[Connection, int], None], verbinding: Connection, beurten: Beurten, verslag: Verslag) -> None:
    for keer in beurten:
        begin = time.perf_counter()
        try:
            doe(verbinding, keer)
        except (psycopg2.Error, ValueError) as fout:
            if len(verslag.fouten) < _MAX_FOUTEN:
                verslag.fouten.append(f"{type(fout).__name__}: {fout}")
        verslag.duur.append(time.perf_counter() - begin)


if __name__ == "__main__":
    lever_in(werk(neem_aan()))
