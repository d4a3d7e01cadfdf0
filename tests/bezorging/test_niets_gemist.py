"""Nothing that was acknowledged goes untold, whatever dies; in order per zaak, doubles only where something died."""

import random
import re
import threading
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
from tests.berichten.bouw import lk01, nieuw_nummer, obj, status, zaak
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import wacht_tot

ZAKEN, STATUSSEN = 50, 9
BANEN, SAMEN = 4, 10


def _stuur(regie: Opstelling, dienst: str, bericht: str) -> None:
    """Send a message until it is acknowledged, as a sender does who knows that it may send again (StUF 4.4)."""

    def gelukt() -> bool:
        with suppress(OSError):
            return regie.stuur(dienst, bericht, timeout=10) == "Bv03"
        return False

    wacht_tot(gelukt, dienst, logboek=regie.logboek)


def _leven(regie: Opstelling, nummer: str) -> None:
    """All that happens to one zaak."""
    sleutel = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    _stuur(regie, "creeerZaak_Lk01", lk01("T", zaak(nummer), ref=uuid.uuid4().hex))
    for dag in range(1, STATUSSEN + 1):
        gezet = obj(sleutel + status(2, f"202603{dag:02d}"), "W")
        _stuur(regie, "actualiseerZaakstatus_Lk01", lk01("W", obj(sleutel, "W"), gezet, ref=uuid.uuid4().hex))


def _moordenaar(regie: Opstelling, klaar: threading.Event, gedood: list[str]) -> None:
    """Kill the worker and a server process, by turns of chance, until all was sent."""
    kans = random.Random(4)
    while not klaar.wait(kans.uniform(0.3, 1.2)):
        wat = kans.choice(("worker", "worker", "spawn_main"))
        slachtoffer = regie.proces_van(wat)
        if slachtoffer is not None:
            with suppress(psutil.NoSuchProcess):
                slachtoffer.kill()
                gedood.append(wat)


def _gehoord(ontvangst: Ontvangst) -> tuple[dict[str, list[str]], int]:
    """What a receiver heard of each zaak, in order and without doubles; and how many doubles there were."""
    gezien: set[str] = set()
    per_zaak = defaultdict[str, list[str]](list)
    dubbel = 0
    for een in ontvangst.ontvangen():
        if een.referentienummer in gezien:
            dubbel += 1
            continue
        gezien.add(een.referentienummer)
        gezet = re.search(r"datumStatusGezet>(\d+)<", een.bericht)
        per_zaak[een.zaak].append(gezet[1] if een.gebeurtenis != "Creeer zaak" and gezet else een.gebeurtenis)
    return per_zaak, dubbel


def test_kill_9_of_worker_and_server_during_500_mutations(
    maak_ontvangst: MaakOntvangst, maak_opstelling: MaakOpstelling
) -> None:
    ontvangers = [maak_ontvangst(naam) for naam in ("Een", "Twee")]
    regie = maak_opstelling(
        *(applicatie(naam, wie.adres) for naam, wie in zip(("Een", "Twee"), ontvangers, strict=True)),
        abonnement("Een"),
        abonnement("Twee"),
        REGIE_WORKERS="2",
    )
    nummers = [nieuw_nummer() for _ in range(ZAKEN)]
    klaar, gedood = threading.Event(), list[str]()
    moordenaar = threading.Thread(target=_moordenaar, args=(regie, klaar, gedood))
    moordenaar.start()
    try:
        with ThreadPoolExecutor(6) as draden:
            list(draden.map(lambda nummer: _leven(regie, nummer), nummers))
    finally:
        klaar.set()
        moordenaar.join()
    assert {"worker", "spawn_main"} <= set(gedood)

    verwacht = ["Creeer zaak", *(f"202603{dag:02d}" for dag in range(1, STATUSSEN + 1))]
    for ontvanger in ontvangers:
        wacht_tot(
            lambda ontvanger=ontvanger: sum(map(len, _gehoord(ontvanger)[0].values())) >= ZAKEN * (STATUSSEN + 1),
            "alles gehoord",
            90,
            regie.logboek,
        )
        gehoord, dubbel = _gehoord(ontvanger)
        assert {nummer: gehoord[nummer] for nummer in nummers} == dict.fromkeys(nummers, verwacht)
        assert dubbel <= len(gedood) * BANEN * SAMEN
