"""Sends the waiting messages, receiver by receiver; and the tasks of the worker that do so."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import procrastinate
from lxml import etree
from sqlalchemy import Connection, Engine

from regiesysteem.config import Instellingen
from regiesysteem.db import maak_engine
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.logging_ import logger
from regiesysteem.notifications import queue
from regiesysteem.notifications.client import Verzendkamer
from regiesysteem.notifications.outbox import Verdeler, is_er_te_verdelen
from regiesysteem.notifications.outcome import Uitkomst, tijdelijk
from regiesysteem.notifications.queue import DELIVER, QueueHead, Wachtend, wake_due, wake_when_due
from regiesysteem.storage import maak_opslag
from regiesysteem.zakenmagazijn.events import RIJ, TAAK
from regiesysteem.zakenmagazijn.messages import lees_inrichting_versie

# --- Sends the messages of a receiver, until none is left that can be sent now


class Kamer(Protocol):
    """The interface that sends messages."""

    def maak_gereed(self) -> None:
        """Read the data that sending needs. Raises the errors of reading, which are no fault of a receiver."""

    def verzend(self, applicatie: str, soort: str, inhoud: bytes) -> Uitkomst:
        """Send a message: name of the receiver, operation, and the message."""

    def verwerk(self, verbinding: Connection, applicatie: str, wachtend: Wachtend, antwoord: etree._Element) -> None:
        """Process a message that came as an answer, in the transaction that keeps that ours arrived.

        Raises the error for which it must come again.
        """


_EERSTE_PAUZE_S: Final = 2.0
_LANGER: Final = 1.2
_LANGSTE_PAUZE_S: Final = 3600.0
_PER_ZAAK: Final = 50  # messages of one zaak before another has its turn
_ZAKEN: Final = 200
_ONVERWACHT: Final = "hier ging iets mis; het log van de worker zegt wat"
_BEANTWOORD: Final = "beantwoord met Du01"
_NIET_VERWERKT: Final = "het antwoord van de ontvanger kon nu niet worden verwerkt"
_BATCH: Final = 20  # messages of different zaken in one transaction, if they go quickly
_BATCH_S: Final = 0.2
_LOOK_S: Final = 0.1  # how often new messages are looked for while a job runs
_IDLE_S: Final = 0.5  # a job that finds nothing for so long ends: starting one costs more than a message
_SEND_AT_ONCE: Final = 4


class Deliverer:
    """Sends messages; `bewaren` is how long a message is tried, `langste_pauze_s` the longest time between two tries.

    `stoppen` says that the process ends: messages under way are finished, and the rest is left to others. `at_once` is
    how many messages may be under way to a receiver at a time.
    """

    def __init__(
        self,
        motor: Engine,
        kamer: Kamer,
        bewaren: timedelta,
        langste_pauze_s: float = _LANGSTE_PAUZE_S,
        *,
        stoppen: Callable[[], bool] = lambda: False,
        at_once: Callable[[str], int] = lambda _: _SEND_AT_ONCE,
    ) -> None:
        self._stoppen = stoppen
        self._at_once = at_once
        self._motor = motor
        self._kamer = kamer
        self._bewaren = bewaren
        self._langste_pauze_s = langste_pauze_s

    def deliver(self, ontvanger: str) -> int:
        """Send the messages that may go to a receiver now, over threads of its own; gives how many need no more.

        It ends when nothing is found for a while, and then defers the job for the moment that something may go again.
        """
        done = 0
        places = self._at_once(ontvanger)
        under_way: dict[Future[int], list[QueueHead]] = {}
        with ThreadPoolExecutor(places, thread_name_prefix="bezorgen") as threads:
            last = time.monotonic()
            while under_way or (time.monotonic() - last <= _IDLE_S and not self._stoppen()):
                for batch in self._batches(ontvanger, places, under_way):
                    under_way[threads.submit(self._send_batch, ontvanger, batch)] = batch
                ready, _ = wait(under_way, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
                sent = 0
                for future in ready:
                    del under_way[future]
                    sent += future.result()
                done += sent
                if sent:
                    last = time.monotonic()
                else:
                    time.sleep(0 if under_way else _LOOK_S)
        with self._motor.begin() as verbinding:
            wake_when_due(verbinding, ontvanger)
        return done

    def _batches(
        self, ontvanger: str, places: int, under_way: dict[Future[int], list[QueueHead]]
    ) -> list[list[QueueHead]]:
        """Divide the messages that may go now over the places that are free; a zaak that is under way waits."""
        free = places - len(under_way)
        if not free or self._stoppen():
            return []
        self._kamer.maak_gereed()
        busy = [kop.stroom for batch in under_way.values() for kop in batch]
        with self._motor.begin() as verbinding:
            koppen = queue.koppen(verbinding, ontvanger, _ZAKEN, busy)
        if koppen and koppen[0].fouten >= queue.DREMPEL:
            return [] if under_way else [koppen[:1]]
        size = max(1, min(_BATCH, -(-len(koppen) // places)))
        return [koppen[begin : begin + size] for begin in range(0, len(koppen), size)][:free]

    def _send_batch(self, ontvanger: str, batch: list[QueueHead]) -> int:
        """Send these messages, and then the waiting ones of the same zaken; gives how many need no more."""
        with self._motor.connect() as verbinding:
            with verbinding.begin():
                genomen = queue.neem_koppen(verbinding, ontvanger, [kop.id for kop in batch])
                klaar, stop = self._send(verbinding, ontvanger, genomen)
            aantal = len(klaar)
            for kop in batch:
                for _ in range(min(kop.erachter, _PER_ZAAK) if kop.id in klaar else 0):
                    if stop or self._stoppen():
                        return aantal
                    with verbinding.begin():
                        genomen = queue.neem_volgende(verbinding, ontvanger, kop.stroom)
                        gedaan, stop = self._send(verbinding, ontvanger, genomen)
                    aantal += len(gedaan)
                    if not gedaan:
                        break
        return aantal

    def _send(self, verbinding: Connection, ontvanger: str, genomen: list[Wachtend]) -> tuple[set[int], bool]:
        """Send these one after the other, for a moment because they are locked, and only then keep their outcomes.

        Keeping an outcome locks the row of the receiver, and processing an answer locks a zaak: nothing is sent while
        these are locked. Gives the ids that need no more, and whether to leave the receiver alone for now.
        """
        outcomes = list[tuple[Wachtend, Uitkomst, datetime]]()
        uiterlijk = time.monotonic() + _BATCH_S
        for wachtend in genomen:
            uitkomst = self._probeer(ontvanger, wachtend)
            outcomes.append((wachtend, uitkomst, datetime.now(UTC)))
            if uitkomst.soort == "tijdelijk" or self._stoppen() or time.monotonic() > uiterlijk:
                break
        return self._keep(verbinding, ontvanger, outcomes)

    def _keep(
        self, verbinding: Connection, ontvanger: str, outcomes: list[tuple[Wachtend, Uitkomst, datetime]]
    ) -> tuple[set[int], bool]:
        klaar, stop = set[int](), False
        aangekomen, geweigerd = list[queue.Aangekomen](), list[queue.Aangekomen]()
        mislukt = list[tuple[Wachtend, Uitkomst]]()
        for wachtend, gezegd, wanneer in outcomes:
            uitkomst = gezegd
            if gezegd.antwoord is not None:
                uitkomst = self._verwerk(verbinding, ontvanger, wachtend, gezegd, gezegd.antwoord)
            if uitkomst.soort == "tijdelijk" and queue.is_beantwoord(verbinding, wachtend):
                queue.afgedaan(verbinding, ontvanger, wachtend, _BEANTWOORD)
            elif uitkomst.soort == "tijdelijk":
                mislukt.append((wachtend, uitkomst))
                continue
            else:
                lijst = aangekomen if uitkomst.soort == "bevestigd" else geweigerd
                lijst.append(queue.Aangekomen(wachtend.id, wanneer, uitkomst.omschrijving))
            klaar.add(wachtend.id)
        queue.bezorgd(verbinding, ontvanger, aangekomen)
        queue.gestrand(verbinding, ontvanger, geweigerd)
        for aantal, (wachtend, uitkomst) in enumerate(mislukt):
            eerder = (0 if aangekomen else wachtend.fouten) + aantal
            stop = self._mislukt(verbinding, ontvanger, wachtend, uitkomst, eerder) or stop
        return klaar, stop

    def _probeer(self, ontvanger: str, wachtend: Wachtend) -> Uitkomst:
        try:
            return self._kamer.verzend(ontvanger, wachtend.soort, wachtend.inhoud)
        except Exception:  # noqa: BLE001
            # Every error counts as an attempt: a message that fails each time must not be tried for ever.
            logger().exception("notificatie_fout", ontvanger=ontvanger, referentienummer=wachtend.referentienummer)
            return tijdelijk(_ONVERWACHT)

    def _verwerk(
        self,
        verbinding: Connection,
        ontvanger: str,
        wachtend: Wachtend,
        uitkomst: Uitkomst,
        antwoord: etree._Element,
    ) -> Uitkomst:
        """Process an answer; when that is not possible now the message goes again, for the same answer (StUF 4.4)."""
        try:
            with verbinding.begin_nested():
                # The receiver believes that we know its answer, so the answer must survive the machine.
                verbinding.exec_driver_sql("SET LOCAL synchronous_commit = on")
                self._kamer.verwerk(verbinding, ontvanger, wachtend, antwoord)
        except Exception:  # noqa: BLE001
            logger().exception("antwoord_fout", ontvanger=ontvanger, referentienummer=wachtend.referentienummer)
            return tijdelijk(_NIET_VERWERKT)
        return uitkomst

    def _mislukt(
        self, verbinding: Connection, ontvanger: str, wachtend: Wachtend, uitkomst: Uitkomst, eerder: int
    ) -> bool:
        """Keep a failure, the next one after so many `eerder`; whether to leave the receiver alone for now."""
        melding = uitkomst.omschrijving
        fouten = max(wachtend.pogingen, eerder - queue.DREMPEL + 1)
        pauze = max(self._pauze(fouten), timedelta(seconds=uitkomst.wacht_s or 0))
        queue.mislukt(verbinding, ontvanger, wachtend, melding, pauze)
        grens = datetime.now(UTC) - self._bewaren
        genoeg = eerder + 1 >= queue.DREMPEL
        if genoeg or wachtend.bewaren_vanaf < grens:
            queue.verloop(verbinding, ontvanger, grens, melding)
        return genoeg

    def _pauze(self, eerder: int) -> timedelta:
        """A pause that grows with each failure, up to the longest; a random part keeps retries apart.

        A pause is about a sixth of the time that it went wrong, so a receiver that is back is not long without
        messages.
        """
        pauze = min(_EERSTE_PAUZE_S * _LANGER ** min(eerder, 100), self._langste_pauze_s)
        return timedelta(seconds=pauze * random.uniform(0.75, 1.25))  # noqa: S311 - not for secrets


# --- The tasks of a worker for notifications

_VANGNET: Final = "* * * * * */15"
_IN_GESPREK_MS: Final = 600_000  # longer than a receiver may take (300 s): then the worker itself is gone
_CONNECTIONS: Final = 60  # a message that is under way has one


@contextmanager
def notificaties(
    taken: procrastinate.App,
    motor: Engine,
    instellingen: Instellingen,
    url: str,
    stoppen: threading.Event,
) -> Iterator[None]:
    """Add the tasks to those of a worker for as long as it runs; `stoppen` is set when it is to end.

    The deliverer has connections of its own: in a transaction it waits for a receiver, and when the machine stops
    before it is on disk that a message arrived, the message is sent again.
    """
    bezorgmotor = maak_engine(
        url,
        verbindingen=_CONNECTIONS,
        naam="regie bezorger",
        opties={"idle_in_transaction_session_timeout": _IN_GESPREK_MS, "synchronous_commit": "off"},
    )
    bron, opslag = InrichtingBron(motor), maak_opslag(instellingen)
    bewaren = timedelta(days=instellingen.notificatie_dagen)

    def at_once(ontvanger: str) -> int:
        with motor.connect() as verbinding:
            applicatie = bron.actueel(lees_inrichting_versie(verbinding), verbinding).ontvanger(ontvanger)
        return applicatie.tegelijk if applicatie else 1

    with ExitStack() as stapel:
        stapel.callback(bezorgmotor.dispose)
        kamer = stapel.enter_context(Verzendkamer(motor, bron))
        draden = stapel.enter_context(ThreadPoolExecutor(instellingen.worker_taken, thread_name_prefix="notificaties"))
        pauze = instellingen.notificatie_pauze
        deliverer = Deliverer(bezorgmotor, kamer, bewaren, pauze, stoppen=stoppen.is_set, at_once=at_once)
        _voeg_toe(taken, motor, Verdeler(motor, bron, opslag, stoppen=stoppen.is_set), deliverer, draden)
        yield


def _voeg_toe(
    taken: procrastinate.App, motor: Engine, verdeler: Verdeler, deliverer: Deliverer, draden: ThreadPoolExecutor
) -> None:
    async def doe(werk: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(draden, werk)

    @taken.task(name=TAAK, queue=RIJ)
    async def _verdeel() -> None:
        await doe(verdeler.verdeel)

    @taken.task(name=DELIVER, queue=RIJ)
    async def _deliver(ontvanger: str) -> None:
        await doe(lambda: deliverer.deliver(ontvanger))

    @taken.periodic(cron=_VANGNET)
    @taken.task(name="wek_wachtende_notificaties", queue=RIJ, queueing_lock="wek_wachtende_notificaties")
    async def _wek(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        await doe(lambda: _vang_op(motor, verdeler))


def _vang_op(motor: Engine, verdeler: Verdeler) -> None:
    """Defer the jobs that a dead worker left: within a quarter of a minute, whatever became of its jobs."""
    with motor.begin() as verbinding:
        over = is_er_te_verdelen(verbinding)
        wake_due(verbinding)
    if over:
        verdeler.verdeel()
