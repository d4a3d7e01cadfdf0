"""A client that keeps its pace: a request every so often, whether the ones before it were answered or not.

Like the other load processes; the `seconden` of its order are those from one request to the next.
"""

import http.client
import itertools
import threading
import time
from contextlib import closing
from typing import Final

from tests.belasting.opdracht import Opdracht, Verslag, lever_in, meld_klaar, neem_aan

_HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8"}


def werk(opdracht: Opdracht) -> Verslag:
    """Send the requests, each at its moment, by `gelijktijdig` threads; `duur` counts from that moment."""
    [stroom] = opdracht.stromen
    soort = stroom.soort()
    bodies = [stroom.body(nummer) for nummer in range(opdracht.aantal)]
    nummers = itertools.count()
    verslag = Verslag()
    meld_klaar()
    cpu, begin = time.process_time(), time.perf_counter()

    def draad() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", int(opdracht.waar))) as verbinding:
            while (nummer := next(nummers)) < opdracht.aantal:
                moment = begin + nummer * opdracht.seconden
                time.sleep(max(moment - time.perf_counter(), 0))
                verbinding.request("POST", soort.deur, bodies[nummer], _HEADERS)
                tekst = verbinding.getresponse().read().decode(errors="replace")
                verslag.duur.append(time.perf_counter() - moment)
                if soort.verwacht not in tekst:
                    verslag.fouten.append(tekst[:2000])

    draden = [threading.Thread(target=draad) for _ in range(opdracht.gelijktijdig)]
    for een in draden:
        een.start()
    for een in draden:
        een.join()
    verslag.seconden, verslag.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return verslag


if __name__ == "__main__":
    lever_in(werk(neem_aan()))
