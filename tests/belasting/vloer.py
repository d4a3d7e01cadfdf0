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
from tests.belasting.opdracht import Opdracht, Verslag, lever_in, meld_klaar, neem_aan

from regiesysteem import config

_MAX_FOUTEN: Final = 3
HANDELINGEN: Final[dict[str, Callable[..., object]]] = {**vloer_schrijven.HANDELINGEN, **vloer_lezen.HANDELINGEN}


class Vloer:
    """Handles messages by hand; `sjablonen` are the rows by name of message."""

    def __init__(self, sjablonen: dict[str, Any]) -> None:
        self._schema = etree.XMLSchema(file=str(config.xsd_map() / "zkn0310.xsd"))
        self._parser = partial(etree.XMLParser, resolve_entities=False, no_network=True)  # noqa: TID251 - as above
        self._sjablonen = sjablonen

    def behandel(self, naam: str, ruw: bytes, verbinding: Connection) -> object:
        """Parse, validate, and write or read; the answer, where one is made."""
        bericht = etree.fromstring(ruw, self._parser())[-1][0]  # noqa: TID251 - by hand is the point
        if not self._schema.validate(bericht):
            raise ValueError("invalid message")
        with verbinding, verbinding.cursor() as cursor:
            return HANDELINGEN[naam](cursor, bericht, ruw, self._sjablonen.get(naam, {}))


def verbind(url: str) -> Connection:
    """A connection with the settings that the server gives its own."""
    verbinding = psycopg2.connect(url, options="-c jit=off -c timezone=UTC")
    psycopg2.extras.register_default_jsonb(verbinding, loads=orjson.loads)
    return verbinding


def werk(opdracht: Opdracht) -> Verslag:
    """Prepare the messages, wait for the sign to start, handle them, and report."""
    vloer = Vloer(opdracht.sjablonen)
    werklijst = [
        (stroom.bericht, stroom.body(keer))
        for keer in range(-(-opdracht.aantal // len(opdracht.stromen)))
        for stroom in opdracht.stromen
    ][: opdracht.aantal]
    verbindingen = [verbind(opdracht.waar) for _ in range(opdracht.gelijktijdig)]
    verslag = Verslag(heen=sum(len(body) for _, body in werklijst))
    meld_klaar()
    cpu, begin = time.process_time(), time.perf_counter()
    bron = itertools.takewhile(lambda _: time.perf_counter() - begin < opdracht.seconden, werklijst)
    draden = [threading.Thread(target=_draad, args=(vloer, v, _Gedeeld(bron), verslag)) for v in verbindingen]
    for draad in draden:
        draad.start()
    for draad in draden:
        draad.join()
    verslag.seconden, verslag.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return verslag


class _Gedeeld:
    """An iterator for some threads."""

    _slot = threading.Lock()

    def __init__(self, bron: Iterator[tuple[str, bytes]]) -> None:
        self._bron = bron

    def __iter__(self) -> "_Gedeeld":
        return self

    def __next__(self) -> tuple[str, bytes]:
        with self._slot:
            return next(self._bron)


def _draad(vloer: Vloer, verbinding: Connection, werklijst: _Gedeeld, verslag: Verslag) -> None:
    for naam, ruw in werklijst:
        begin = time.perf_counter()
        try:
            vloer.behandel(naam, ruw, verbinding)
        except (psycopg2.Error, ValueError, LookupError) as fout:
            if len(verslag.fouten) < _MAX_FOUTEN:
                verslag.fouten.append(f"{type(fout).__name__}: {fout}")
        verslag.duur.append(time.perf_counter() - begin)


if __name__ == "__main__":
    lever_in(werk(neem_aan()))
