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
from tests.berichten.bouw import lk01, new_number, obj, status, zaak
from tests.bezorging.conftest import MakeReception
from tests.bezorging.ontvangst import Reception
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, abonnement, applicatie
from tests.conftest import wait_until

ZAKEN, STATUSSEN = 50, 9
TOGETHER = 20
"""So many messages a worker sends in one transaction, at most: those come again when it dies before the end of it."""
SOORTEN = ("worker", "extra worker", "web")
"""The processes that may die: the worker of the server, another beside it, a server process."""
UNDER_WAY = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'regie bezorger' AND xact_start IS NOT NULL"


def _send(regie: Opstelling, dienst: str, bericht: str) -> None:
    """Send a message until it is acknowledged, as a sender does who knows that it may send again (StUF 4.4)."""

    def succeeded() -> bool:
        with suppress(OSError):
            return regie.send(dienst, bericht, timeout=10) == "Bv03"
        return False

    wait_until(succeeded, dienst, logboek=regie.logboek)


def _leven(regie: Opstelling, number: str) -> None:
    """All that happens to one zaak."""
    sleutel = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    _send(regie, "creeerZaak_Lk01", lk01("T", zaak(number), ref=uuid.uuid4().hex))
    for day in range(1, STATUSSEN + 1):
        gezet = obj(sleutel + status(2, f"202603{day:02d}"), "W")
        _send(regie, "actualiseerZaakstatus_Lk01", lk01("W", obj(sleutel, "W"), gezet, ref=uuid.uuid4().hex))


@dataclass
class Doden:
    """The killed processes, in order, and how many transactions that send messages were under way at those moments."""

    wie: list[str] = field(default_factory=list)
    under_way: int = 0


def _moordenaar(regie: Opstelling, ready: threading.Event, doden: Doden) -> None:
    """Kill a worker or a server process, by turns of chance, until all was sent and of each kind one died.

    The server starts its own again, this the extra worker. A worker is stopped first: what is under way then stays so.
    """
    kans = random.Random(4)
    extra = regie.start_worker()
    while not ready.wait(kans.uniform(0.3, 1.5)) or not set(SOORTEN) <= set(doden.wie):
        what = kans.choice(SOORTEN)
        slachtoffer = psutil.Process(extra.pid) if what == "extra worker" else regie.process_of(what)
        if slachtoffer is None:
            continue
        with suppress(psutil.NoSuchProcess):
            if what != "web":
                slachtoffer.suspend()
                doden.under_way += int(str(regie.sql(UNDER_WAY)[0][0]))
            slachtoffer.kill()
            doden.wie.append(what)
        if what == "extra worker":
            extra.wait()
            extra = regie.start_worker()


def _gehoord(reception: Reception) -> tuple[dict[str, list[str]], int]:
    """The messages that a receiver got of each zaak, in order and without doubles; and how many doubles there were."""
    seen: set[str] = set()
    per_zaak = defaultdict[str, list[str]](list)
    double = 0
    for one in reception.received():
        if one.referentienummer in seen:
            double += 1
            continue
        seen.add(one.referentienummer)
        gezet = re.search(r"datumStatusGezet>(\d+)<", one.bericht)
        per_zaak[one.zaak].append(gezet[1] if one.gebeurtenis != "Creeer zaak" and gezet else one.gebeurtenis)
    return per_zaak, double


def test_kill_9_of_worker_and_server_during_500_mutations(
    make_reception: MakeReception, make_opstelling: MakeOpstelling
) -> None:
    ontvangers = [make_reception(naam) for naam in ("Een", "Twee")]
    regie = make_opstelling(
        *(applicatie(naam, who.adres) for naam, who in zip(("Een", "Twee"), ontvangers, strict=True)),
        abonnement("Een"),
        abonnement("Twee"),
        REGIE_WORKERS="2",
    )
    numbers = [new_number() for _ in range(ZAKEN)]
    ready, doden = threading.Event(), Doden()
    moordenaar = threading.Thread(target=_moordenaar, args=(regie, ready, doden))
    moordenaar.start()
    try:
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda number: _leven(regie, number), numbers))
    finally:
        ready.set()
        moordenaar.join()

    expected = ["Creeer zaak", *(f"202603{day:02d}" for day in range(1, STATUSSEN + 1))]
    every_double = 0
    for ontvanger in ontvangers:
        wait_until(
            lambda ontvanger=ontvanger: sum(map(len, _gehoord(ontvanger)[0].values())) >= ZAKEN * (STATUSSEN + 1),
            "alles gehoord",
            180,  # the lock of a dead worker's job is free when it gave no sign of life for a while
            regie.logboek,
        )
        gehoord, double = _gehoord(ontvanger)
        assert {number: gehoord[number] for number in numbers} == dict.fromkeys(numbers, expected)
        every_double += double
    assert every_double <= doden.under_way * TOGETHER
