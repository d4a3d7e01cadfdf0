"""The load generator for documents: clients in threads, since one large message would keep all others of one thread.

Requests are made piece by piece while they are sent, answers are counted and thrown away.
"""

import socket
import threading
import time
from typing import Final

from tests.belasting.documentberichten import verzoek
from tests.belasting.klant import inhoudslengte
from tests.belasting.opdracht import Beurten, Opdracht, Stroom, Verslag, lever_in, meld_klaar, neem_aan

_BLOK: Final = 1024 * 1024
_BEGIN: Final = 64 * 1024
"""Bytes of an answer that are kept, to see whether it is good."""
_STIL_S: Final = 60
_MAX_FOUTEN: Final = 3


class Documentklant:
    """One client on one connection that stays open."""

    _slot = threading.Lock()

    def __init__(self, poort: int, stroom: Stroom, verslag: Verslag) -> None:
        self._socket = socket.create_connection(("127.0.0.1", poort), timeout=_STIL_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stroom = stroom
        self._verslag = verslag
        self._buffer = bytearray(_BLOK)

    def draai(self, beurten: Beurten) -> None:
        """Send requests as long as there are turns; what goes wrong stands in the report."""
        try:
            with self._socket:
                for keer in beurten:
                    self._vraag(keer)
        except (OSError, ValueError) as fout:
            self._verslag.fouten.append(f"{type(fout).__name__}: {fout}")

    def _vraag(self, keer: int) -> None:
        delen, verwacht = verzoek(self._stroom, keer)
        begin = time.perf_counter()
        for deel in delen:
            self._socket.sendall(deel)
        antwoord, lengte = self._antwoord()
        self._verslag.duur.append(time.perf_counter() - begin)
        with self._slot:
            self._verslag.heen += sum(map(len, delen))
            self._verslag.terug += lengte
        if not antwoord.startswith(b"HTTP/1.1 200") or verwacht not in antwoord:
            self._verslag.fouten.append(antwoord[:2000].decode(errors="replace"))
            del self._verslag.fouten[_MAX_FOUTEN:]

    def _antwoord(self) -> tuple[bytes, int]:
        """Take in an answer: its beginning, and how long it is."""
        begin, gelezen, lengte = b"", 0, -1
        while lengte < 0 or gelezen < lengte:
            aantal = self._socket.recv_into(self._buffer)
            if not aantal:
                raise ConnectionError("the server closed the connection")
            if len(begin) < _BEGIN:
                begin += self._buffer[: min(aantal, _BEGIN - len(begin))]
            gelezen += aantal
            if lengte < 0 and (kop := begin.find(b"\r\n\r\n")) >= 0:
                lengte = kop + 4 + inhoudslengte(begin[:kop])
        return begin, gelezen


def werk(opdracht: Opdracht) -> Verslag:
    """Connect, wait for the sign to start, send the requests, and report."""
    [stroom] = opdracht.stromen
    verslag = Verslag()
    klanten = [Documentklant(int(opdracht.waar), stroom, verslag) for _ in range(opdracht.gelijktijdig)]
    verzoek(stroom, 0)  # makes what all requests share
    meld_klaar()
    cpu, begin = time.process_time(), time.perf_counter()
    beurten = Beurten(opdracht.aantal, opdracht.seconden)
    draden = [threading.Thread(target=klant.draai, args=(beurten,)) for klant in klanten]
    for draad in draden:
        draad.start()
    for draad in draden:
        draad.join()
    verslag.seconden, verslag.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return verslag


if __name__ == "__main__":
    lever_in(werk(neem_aan()))
