"""The load generator: some clients that each send their next message as soon as they have the answer to the last.

One thread with raw sockets and bodies made beforehand, because it shares the machine with what it measures.
"""

import selectors
import socket
import time
from collections.abc import Iterator
from typing import Final

from tests.belasting.opdracht import Opdracht, Verslag, lever_in, meld_klaar, neem_aan

_BLOK: Final = 256 * 1024
_MAX_FOUTEN: Final = 3
_STIL_S: Final = 60
Verzoek = tuple[bytes, bytes]
"""A request, header included, and what its answer must hold."""


class Klant:
    """One client on one connection that stays open."""

    def __init__(self, poort: int, verzoeken: Iterator[Verzoek], verslag: Verslag) -> None:
        self.socket = socket.create_connection(("127.0.0.1", poort))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._verzoeken = verzoeken
        self._verslag = verslag
        self._antwoord = bytearray()
        self._lengte = -1
        self._begin = 0.0
        self._verwacht = b""

    def stuur(self) -> bool:
        """Send the next request; False when there is none."""
        verzoek = next(self._verzoeken, None)
        if verzoek is None:
            return False
        bericht, self._verwacht = verzoek
        self._verslag.heen += len(bericht)
        self._begin = time.perf_counter()
        self.socket.sendall(bericht)
        return True

    def ontvang(self) -> bool:
        """Take in what is there; True when the answer is complete, and then it is in the report."""
        deel = self.socket.recv(_BLOK)
        if not deel:
            raise ConnectionError("the server closed the connection")
        self._antwoord += deel
        if self._lengte < 0 and (kop := self._antwoord.find(b"\r\n\r\n")) >= 0:
            self._lengte = kop + 4 + inhoudslengte(bytes(self._antwoord[:kop]))
        if self._lengte < 0 or len(self._antwoord) < self._lengte:
            return False
        self._noteer()
        return True

    def _noteer(self) -> None:
        verslag = self._verslag
        verslag.duur.append(time.perf_counter() - self._begin)
        verslag.terug += len(self._antwoord)
        if not self._antwoord.startswith(b"HTTP/1.1 200") or self._verwacht not in self._antwoord:
            verslag.fouten.append(self._antwoord[:2000].decode(errors="replace"))
            del verslag.fouten[_MAX_FOUTEN:]
        self._antwoord.clear()
        self._lengte = -1


def werk(opdracht: Opdracht) -> Verslag:
    """Prepare the requests, wait for the sign to start, send them, and report."""
    gemaakt = list(_verzoeken(opdracht))
    verslag = Verslag()
    bron = tijdig(gemaakt, opdracht.seconden)
    klanten = [Klant(int(opdracht.waar), bron, verslag) for _ in range(opdracht.gelijktijdig)]
    meld_klaar()
    cpu, begin = time.process_time(), time.perf_counter()
    _draai(klanten)
    verslag.seconden, verslag.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return verslag


def tijdig(verzoeken: list[Verzoek], seconden: float) -> Iterator[Verzoek]:
    """The requests, as long as the time lasts from the first one on."""
    uiterlijk = time.perf_counter() + seconden
    for verzoek in verzoeken:
        if time.perf_counter() > uiterlijk:
            return
        yield verzoek


def _draai(klanten: list[Klant]) -> None:
    with selectors.EpollSelector() as wachter:
        bezig = 0
        for klant in klanten:
            if klant.stuur():
                wachter.register(klant.socket, selectors.EVENT_READ, klant)
                bezig += 1
        while bezig:
            klaar = wachter.select(_STIL_S)
            if not klaar:
                raise TimeoutError("no answer")
            for sleutel, _ in klaar:
                if sleutel.data.ontvang() and not sleutel.data.stuur():
                    wachter.unregister(sleutel.fileobj)
                    sleutel.data.socket.close()
                    bezig -= 1


def _verzoeken(opdracht: Opdracht) -> Iterator[Verzoek]:
    soorten = [stroom.soort() for stroom in opdracht.stromen]
    koppen = [(soort.kop(), soort.verwacht.encode()) for soort in soorten]
    for nummer in range(opdracht.aantal):
        keer, welke = divmod(nummer, len(koppen))
        kop, verwacht = koppen[welke]
        yield kop + opdracht.stromen[welke].body(keer), verwacht


def inhoudslengte(kop: bytes) -> int:
    """What the header of an answer says that its length is."""
    for regel in kop.lower().split(b"\r\n"):
        if regel.startswith(b"content-length:"):
            return int(regel.partition(b":")[2])
    raise ValueError("an answer without Content-Length")


if __name__ == "__main__":
    lever_in(werk(neem_aan()))
