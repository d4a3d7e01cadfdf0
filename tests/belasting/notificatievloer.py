"""The floor of delivery: a loop that posts the bytes of a notification, with the HTTP library that delivers them.

Like the other load processes; the header and body in the sjablonen of its order are those that the receiver got last.
"""

import time
from typing import Final

import requests
from tests.belasting.opdracht import Opdracht, Verslag, lever_in, meld_klaar, neem_aan

_EIGEN: Final = frozenset({"host", "content-length", "connection"})
"""Headers that the HTTP library writes itself."""


def werk(opdracht: Opdracht) -> Verslag:
    """Post the message `aantal` times, one after the other, on a connection that stays open."""
    kop, body = opdracht.sjablonen["kop"], opdracht.sjablonen["body"].encode()
    regels = (regel.partition(": ") for regel in kop.split("\r\n")[1:])
    headers = {naam: waarde for naam, _, waarde in regels if naam.lower() not in _EIGEN}
    verslag = Verslag()
    with requests.Session() as sessie:
        sessie.trust_env = False
        sessie.post(opdracht.waar, data=body, headers=headers, timeout=10).raise_for_status()
        meld_klaar()
        cpu, begin = time.process_time(), time.perf_counter()
        for _ in range(opdracht.aantal):
            vanaf = time.perf_counter()
            antwoord = sessie.post(opdracht.waar, data=body, headers=headers, timeout=10)
            if b"Bv03" not in antwoord.content:
                verslag.fouten.append(antwoord.text[:1000])
                break
            verslag.duur.append(time.perf_counter() - vanaf)
            verslag.heen += len(body)
            verslag.terug += len(antwoord.content)
            if vanaf - begin > opdracht.seconden:
                break
        verslag.seconden, verslag.cpu = time.perf_counter() - begin, time.process_time() - cpu
    return verslag


if __name__ == "__main__":
    lever_in(werk(neem_aan()))
