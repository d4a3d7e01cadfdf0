"""The floor: what a message costs when a careful engineer writes it by hand, without SOAP, rules or HTTP.

Parsed with lxml, validated with our XSD, its rows written or read with psycopg2 in one transaction: same tables, same
rows, same indexes, same durability. Some threads with a connection each, as a worker of the server has.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import orjson
import psycopg2
import psycopg2.extras
from lxml import etree
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class
from tests.belasting import vloer_lezen, vloer_schrijven
from tests.belasting.opdracht import Command, Report, lever_in, report_ready, take_to

from regiesysteem import config

_MAX_FOUTEN: Final = 3
HANDELINGEN: Final[dict[str, Callable[..., object]]] = {**vloer_schrijven.HANDELINGEN, **vloer_lezen.HANDELINGEN}


class Vloer:
    """Handles messages by hand; `sjablonen` are the rows by name of message."""

    def __init__(self, sjablonen: dict[str, Any]) -> None:
        self._schema = etree.XMLSchema(file=str(config.xsd_directory() / "zkn0310.xsd"))
        self._parser = partial(etree.XMLParser, resolve_entities=False, no_network=True)  # noqa: TID251 - as above
        self._sjablonen = sjablonen

    def handle(self, naam: str, raw: bytes, connection: Connection) -> object:
        """Parse, validate, and write or read; the answer, where one is made."""
        bericht = etree.fromstring(raw, self._parser())[-1][0]  # noqa: TID251 - by hand is the point
        if not self._schema.validate(bericht):
            raise ValueError("invalid message")
        with connection, connection.cursor() as cursor:
            return HANDELINGEN[naam](cursor, bericht, raw, self._sjablonen.get(naam, {}))


def connect(url: str) -> Connection:
    """A connection with the settings that the server gives its own."""
    connection = psycopg2.connect(url, options="-c jit=off -c timezone=UTC")
    psycopg2.extras.register_default_jsonb(connection, loads=orjson.loads)
    return connection


def work(command: Command) -> Report:
    """Prepare the messages, wait for the sign to start, handle them, and report."""
    vloer = Vloer(command.sjablonen)
    werklijst = [
        (stroom.bericht, stroom.body(keer))
        for keer in range(-(-command.aantal // len(command.stromen)))
        for stroom in command.stromen
    ][: command.aantal]
    connections = [connect(command.where) for _ in range(command.gelijktijdig)]
    report = Report(heen=sum(len(body) for _, body in werklijst))
    report_ready()
    cpu, begin = time.process_time(), time.perf_counter()
    source = itertools.takewhile(lambda _: time.perf_counter() - begin < command.seconden, werklijst)
    threads = [threading.Thread(target=_thread, args=(vloer, v, _Shared(source), report)) for v in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.seconden, report.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return report


class _Shared:
    """An iterator for some threads."""

    _lock = threading.Lock()

    def __init__(self, source: Iterator[tuple[str, bytes]]) -> None:
        self._source = source

    def __iter__(self) -> "_Shared":
        return self

    def __next__(self) -> tuple[str, bytes]:
        with self._lock:
            return next(self._source)


def _thread(vloer: Vloer, connection: Connection, werklijst: _Shared, report: Report) -> None:
    for naam, raw in werklijst:
        begin = time.perf_counter()
        try:
            vloer.handle(naam, raw, connection)
        except (psycopg2.Error, ValueError, LookupError) as error:
            if len(report.fouten) < _MAX_FOUTEN:
                report.fouten.append(f"{type(error).__name__}: {error}")
        report.duur.append(time.perf_counter() - begin)


if __name__ == "__main__":
    lever_in(work(take_to()))
