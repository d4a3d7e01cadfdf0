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
from tests.belasting.opdracht import Beurten, Command, Report, Stroom, lever_in, report_ready, take_to
from tests.belasting.vloer import connect

_PIECE: Final = 256 * 1024
_MAX_FOUTEN: Final = 3
_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_DRIE_FIELDS: Final = struct.Struct("!hi32siii")
_INHOUD: Final = "INSERT INTO document_inhoud (sha256, grootte, opslag) VALUES (%s, %s, 'postgres')"
_DIGEST: Final = """
    SELECT v.sha256 FROM document d JOIN document_versie v ON v.document_id = d.id WHERE d.identificatie = %s
"""


def write(connection: Connection, parts: Iterable[bytes]) -> tuple[str, int]:
    """Store a content that comes as base64; its SHA-256 and its size."""
    som, blocks = hashlib.sha256(), []
    for part in parts:
        block = pybase64.b64decode(part, validate=True)
        som.update(block)
        blocks.append(block)
    size = sum(map(len, blocks))
    with connection, connection.cursor() as cursor:
        cursor.execute(_INHOUD, (som.digest(), size))
        cursor.copy_expert("COPY document_stuk FROM STDIN (FORMAT binary)", _Rows(som.digest(), blocks), _PIECE)
    return som.hexdigest(), size


def read(connection: Connection, sha256: str) -> int:
    """Read a content and make it base64; how many characters."""
    out = _Base64()
    question = f"SELECT bytes FROM document_stuk WHERE sha256 = '\\x{sha256}' ORDER BY volgnummer"
    with connection, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({question}) TO STDOUT (FORMAT binary)", out)
    return out.length


class _Rows:
    """The source that COPY reads: rows of digest, number and bytes."""

    def __init__(self, digest: bytes, blocks: list[bytes]) -> None:
        self._parts = self._make(digest, blocks)

    def _make(self, digest: bytes, blocks: list[bytes]) -> Iterator[bytes]:
        yield _HEAD
        pieces = (block[begin : begin + _PIECE] for block in blocks for begin in range(0, len(block), _PIECE))
        for number, piece in enumerate(pieces):
            yield _DRIE_FIELDS.pack(3, 32, digest, 4, number, len(piece))
            yield piece
        yield b"\xff\xff"

    def read(self, _count: int = -1) -> bytes:
        """The next piece, whatever its length."""
        return next(self._parts, b"")


class _Base64:
    """The target of COPY; the driver gives it the head, each row and the end apart, a row with six bytes before it."""

    def __init__(self) -> None:
        self._first = True
        self.length = 0

    def write(self, row: bytes) -> None:
        """Take one row."""
        begin = 6 + (len(_HEAD) if self._first else 0)
        self._first = False
        if len(row) > begin:
            self.length += len(pybase64.b64encode(memoryview(row)[begin:]))


def work(command: Command) -> Report:
    """Prepare, wait for the sign to start, store or read contents, and report."""
    [stroom] = command.stromen
    connections = [connect(command.where) for _ in range(command.gelijktijdig)]
    do = _writer(stroom) if stroom.bericht == "VOEG_TOE" else _reader(stroom, connections[0], command.aantal)
    report = Report()
    report_ready()
    cpu, begin = time.process_time(), time.perf_counter()
    beurten = Beurten(command.aantal, command.seconden)
    threads = [threading.Thread(target=_thread, args=(do, v, beurten, report)) for v in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.seconden, report.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return report


def _writer(stroom: Stroom) -> Callable[[Connection, int], None]:
    def do(connection: Connection, keer: int) -> None:
        write(connection, documentberichten.base_64_of(stroom.reeks, stroom.volgnummer(keer), stroom.grootte))

    list(documentberichten.base_64_of(stroom.reeks, 0, stroom.grootte))  # makes what all contents share
    return do


def _reader(stroom: Stroom, connection: Connection, count: int) -> Callable[[Connection, int], None]:
    expected = -(-stroom.grootte // 3) * 4
    digests = []
    with connection, connection.cursor() as cursor:
        for keer in range(count):
            cursor.execute(_DIGEST, (zaaknummer(stroom.zaken, stroom.waarover(keer)),))
            [(digest,)] = cursor.fetchall()
            digests.append(bytes(digest).hex())

    def do(connection: Connection, keer: int) -> None:
        parsed = read(connection, digests[keer])
        # Each piece but the last is padded by itself.
        if not expected <= parsed <= expected + stroom.grootte // _PIECE * 4:
            raise ValueError(f"{parsed} characters instead of {expected}")

    return do


def _thread(do: Callable[[Connection, int], None], connection: Connection, beurten: Beurten, report: Report) -> None:
    for keer in beurten:
        begin = time.perf_counter()
        try:
            do(connection, keer)
        except (psycopg2.Error, ValueError) as error:
            if len(report.fouten) < _MAX_FOUTEN:
                report.fouten.append(f"{type(error).__name__}: {error}")
        report.duur.append(time.perf_counter() - begin)


if __name__ == "__main__":
    lever_in(work(take_to()))
