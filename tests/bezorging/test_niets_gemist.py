"""Nothing that was acknowledged goes untold, whatever dies; in order per zaak, doubles only where something died."""

import random
import re
import threading
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
from tests.berichten.bouw import lk01, nieuw_nummer, obj, status, zaak
from tests.bezorging.conftest import MaakOntvangst
from tests.bezorging.ontvangst import Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import wacht_tot

ZAKEN, STATUSSEN = 50, 9
SAMEN = 20
"""So many messages a worker sends in one transaction, at most: those come again when it dies before the end of it."""
SOORTEN = ("worker", "extra worker", "web")
"""Who may die: the worker of the server, another beside it, a server process."""
ONDERWEG = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'regie bezorger' AND xact_start IS NOT NULL"


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


@dataclass
class Doden:
    """What was killed, in order, and how many transactions that send messages were under way at those moments."""

    wie: list[str] = field(default_factory=list)
    onderweg: int = 0


def _moordenaar(regie: Opstelling, klaar: threading.Event, doden: Doden) -> None:
    """Kill a worker or a server process, by turns of chance, until all was sent and of each kind one died.

    The server starts its own again, this the extra worker. A worker is stopped first: what is under way then stays so.
    """
    kans = random.Random(4)
    extra = regie.start_worker()
    while not klaar.wait(kans.uniform(0.3, 1.5)) or not set(SOORTEN) <= set(doden.wie):
        wat = kans.choice(SOORTEN)
        slachtoffer = psutil.Process(extra.pid) if wat == "extra worker" else regie.proces_van(wat)
        if slachtoffer is None:
            continue
        with suppress(psutil.NoSuchProcess):
            if wat != "web":
                slachtoffer.suspend()
                doden.onderweg += int(str(regie.sql(ONDERWEG)[0][0]))
            slachtoffer.kill()
            doden.wie.append(wat)
        if wat == "extra worker":
            extra.wait()
            extra = regie.start_worker()


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
    klaar, doden = threading.Event(), Doden()
    moordenaar = threading.Thread(target=_moordenaar, args=(regie, klaar, doden))
    moordenaar.start()
    try:
        with ThreadPoolExecutor(6) as draden:
            list(draden.map(lambda nummer: _leven(regie, nummer), nummers))
    finally:
        klaar.set()
        moordenaar.join()

    verwacht = ["Creeer zaak", *(f"202603{dag:02d}" for dag in range(1, STATUSSEN + 1))]
    alle_dubbel = 0
    for ontvanger in ontvangers:
        wacht_tot(
            lambda ontvanger=ontvanger: sum(map(len, _gehoord(ontvanger)[0].values())) >= ZAKEN * (STATUSSEN + 1),
            "alles gehoord",
            180,  # a lane of a dead worker is free when a minute passed without a sign of life
            regie.logboek,
        )
        gehoord, dubbel = _gehoord(ontvanger)
        assert {nummer: gehoord[nummer] for nummer in nummers} == dict.fromkeys(nummers, verwacht)
        alle_dubbel += dubbel
    assert alle_dubbel <= doden.onderweg * SAMEN
