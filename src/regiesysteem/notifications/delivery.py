"""Sends what waits, receiver by receiver, and the tasks of the worker that do so."""

import asyncio
import math
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import procrastinate
from lxml import etree
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.config import Instellingen
from regiesysteem.database import maak_engine
from regiesysteem.drukte import Drukte
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.logboek import logger
from regiesysteem.notifications import queue
from regiesysteem.notifications.client import Verzendkamer
from regiesysteem.notifications.outbox import Verdeler, is_er_te_verdelen
from regiesysteem.notifications.outcome import Uitkomst, tijdelijk
from regiesysteem.notifications.queue import (
    BANEN,
    BEZORG,
    Banen,
    Wachtend,
    voeg_bezorgen_samen,
    wek,
    wek_hulp,
    wek_wachtenden,
)
from regiesysteem.opslag import maak_opslag
from regiesysteem.zakenmagazijn.gebeurtenissen import RIJ, TAAK

# --- Brings what waits to a receiver, until nothing is left that can be sent now


class Kamer(Protocol):
    """What sends messages."""

    def maak_gereed(self) -> None:
        """Read what is needed to send. Raises what that raises: it is no fault of a receiver."""

    def verzend(self, applicatie: str, soort: str, inhoud: bytes) -> Uitkomst:
        """Send a message: name of the receiver, operation, and the message."""

    def verwerk(self, verbinding: Connection, applicatie: str, wachtend: Wachtend, antwoord: etree._Element) -> None:
        """Do what the message that came as an answer asks, in the transaction that keeps that ours arrived.

        Raises what makes that it must come again.
        """


_EERSTE_PAUZE_S: Final = 2.0
_LANGER: Final = 1.2
_LANGSTE_PAUZE_S: Final = 3600.0
_PER_ZAAK: Final = 50  # messages of one zaak before another has its turn
_ZAKEN: Final = 200
_ONVERWACHT: Final = "hier ging iets mis; het log van de worker zegt wat"
_BEANTWOORD: Final = "beantwoord met Du01"
_NIET_VERWERKT: Final = "het antwoord van de ontvanger kon nu niet worden verwerkt"
_SAMEN: Final = 20  # messages of different zaken in one transaction, if they go quickly
_SAMEN_S: Final = 0.2
_KEUZE: Final = 2 * _SAMEN  # so many first messages to choose from: what another lane has is among them
_PAUZE_S: Final = 0.1
_BLIJF_S: Final = 2.0  # after so long whoever waits for another receiver has his turn
_OPZIJ_S: Final = 1.0  # how long a few messages wait each time that the machine has no time for them
_VEEL: Final = 100  # zaken with something to send for which another worker may help
_HULP_S: Final = 1.0  # how often that is asked


@dataclass(slots=True)
class _Ronde:
    """What was sent in one transaction: the ids that need no more, the last that was tried, and whether to stop."""

    klaar: list[int] = field(default_factory=list)
    laatste: int | None = None
    stop: bool = False


class Bezorger:
    """Brings messages; `bewaren` is how long a message is tried, `langste_pauze_s` the longest time between two tries.

    `stoppen` says that the process ends: then what is under way is finished, and the rest left to others. `banen` are
    the lanes of this process, `drukte` says whether the machine has no time for them.
    """

    def __init__(
        self,
        motor: Engine,
        kamer: Kamer,
        bewaren: timedelta,
        langste_pauze_s: float = _LANGSTE_PAUZE_S,
        *,
        stoppen: Callable[[], bool] = lambda: False,
        banen: Banen | None = None,
        drukte: Drukte | None = None,
    ) -> None:
        self._stoppen = stoppen
        self._banen = banen or Banen()
        self._drukte = drukte or Drukte(aan=False)
        self._motor = motor
        self._kamer = kamer
        self._bewaren = bewaren
        self._langste_pauze_s = langste_pauze_s
        self._hulp_gevraagd: dict[str, float] = {}

    def bezorg(self, ontvanger: str, baan: str | None = None) -> int:
        """Send what waits for a receiver and may go now; gives how many need no more.

        `baan` is the lane of the wake-up that this is for. After a while others have their turn, if there are any.
        """
        aantal = 0
        while True:
            uiterlijk = time.monotonic() + _BLIJF_S
            gedaan, klaar = self._blijf(ontvanger, baan, uiterlijk)
            aantal += gedaan
            if klaar:
                return aantal
            if self._stoppen() or self._banen.maak_plaats(ontvanger):
                self.wek(ontvanger)
                return aantal

    def wek(self, ontvanger: str, banen: int = 1, straks_s: float = 0) -> None:
        """Have so many lanes look what waits for a receiver, now or in so many seconds."""
        wanneer = datetime.now(UTC) + timedelta(seconds=straks_s) if straks_s else None
        with self._motor.begin() as verbinding:
            wek(verbinding, [ontvanger], banen, wanneer)

    def _ga_opzij(self) -> None:
        """Leave the machine to others for a while when it is theirs; not while anything is locked."""
        if self._drukte.is_groot():
            time.sleep(_OPZIJ_S)

    def _klaar(self, uiterlijk: float) -> bool:
        return self._stoppen() or time.monotonic() > uiterlijk

    def _blijf(self, ontvanger: str, baan: str | None, uiterlijk: float) -> tuple[int, bool]:
        """Send until time is up; how many are done, and whether there is no more to do now."""
        aantal = 0
        while True:
            with self._motor.begin() as verbinding:
                voeg_bezorgen_samen(verbinding, ontvanger, baan)
            gedaan, stop = self._ronden(ontvanger, uiterlijk)
            aantal += gedaan
            if stop:
                return aantal, True
            if self._klaar(uiterlijk):
                # It may not have looked at all since the wake-ups were removed.
                return aantal, False
            if not gedaan:
                return aantal, True
            # What comes meanwhile is for this look, and not for a job of its own: that costs more than a message.
            time.sleep(_PAUZE_S)

    def _ronden(self, ontvanger: str, uiterlijk: float) -> tuple[int, bool]:
        """Look what waits and send it, until nothing is found or time is up; and whether the receiver needs a rest."""
        aantal = 0
        with self._motor.connect() as verbinding:
            while not self._klaar(uiterlijk):
                with verbinding.begin():
                    koppen = queue.koppen(verbinding, ontvanger, _ZAKEN)
                    self._vraag_hulp(verbinding, ontvanger, len(koppen))
                gedaan, stop = self._zaken(verbinding, ontvanger, koppen, uiterlijk)
                aantal += gedaan
                if stop or not gedaan:
                    return aantal, stop
        return aantal, False

    def _vraag_hulp(self, verbinding: Connection, ontvanger: str, zaken: int) -> None:
        """Have another worker help when there is enough to send, if there is one."""
        nu = time.monotonic()
        if zaken >= _VEEL and nu - self._hulp_gevraagd.get(ontvanger, -_HULP_S) >= _HULP_S:
            self._hulp_gevraagd[ontvanger] = nu
            wek_hulp(verbinding, ontvanger)

    def _zaken(
        self, verbinding: Connection, ontvanger: str, koppen: list[queue.Kop], uiterlijk: float
    ) -> tuple[int, bool]:
        """Send these messages, but for those that another sends, and what waits behind them; how many are done."""
        aantal = 0
        plaats = {kop.id: nummer for nummer, kop in enumerate(koppen)}
        nog = [kop.id for kop in koppen]
        while nog and not self._klaar(uiterlijk):
            self._ga_opzij()
            self._kamer.maak_gereed()
            with verbinding.begin():
                genomen = queue.neem_koppen(verbinding, ontvanger, nog[:_KEUZE], self._samen(ontvanger))
                ronde = self._verzend(verbinding, ontvanger, genomen)
            if ronde.laatste is None:
                nog = nog[_KEUZE:]
                continue
            # Those before it were sent, or others have them.
            nog = [kop.id for kop in koppen[plaats[ronde.laatste] + 1 :]]
            aantal += len(ronde.klaar)
            if ronde.stop:
                return aantal, True
            for nummer in ronde.klaar:
                kop = koppen[plaats[nummer]]
                erbij, stop = self._zaak(verbinding, ontvanger, kop, uiterlijk)
                aantal += erbij
                if stop:
                    return aantal, True
        return aantal, False

    def _zaak(self, verbinding: Connection, ontvanger: str, kop: queue.Kop, uiterlijk: float) -> tuple[int, bool]:
        """Send what waits of a zaak behind its first message, in order; how many are done, and whether to stop."""
        for aantal in range(min(kop.erachter, _PER_ZAAK)):
            if self._klaar(uiterlijk):
                return aantal, False
            self._ga_opzij()
            with verbinding.begin():
                genomen = queue.neem_volgende(verbinding, ontvanger, kop.stroom)
                ronde = self._verzend(verbinding, ontvanger, genomen)
            if not ronde.klaar:
                return aantal, ronde.stop
        return min(kop.erachter, _PER_ZAAK), False

    def _samen(self, ontvanger: str) -> int:
        """How many messages to lock at a time: what is locked waits for what is sent before it."""
        return _SAMEN if self._banen.is_snel(ontvanger) else 1

    def _verzend(self, verbinding: Connection, ontvanger: str, genomen: list[Wachtend]) -> _Ronde:
        """Send these one after the other, and then keep what came of them; not for long, because they are locked.

        What is kept locks the row of the receiver, and an answer that is processed locks a zaak: so nothing is sent
        after that in the same transaction.
        """
        ronde = _Ronde()
        aangekomen, geweigerd = list[queue.Aangekomen](), list[queue.Aangekomen]()
        mislukt: tuple[Wachtend, Uitkomst] | None = None
        uiterlijk = time.monotonic() + _SAMEN_S
        for wachtend in genomen:
            ronde.laatste = wachtend.id
            uitkomst = self._probeer(ontvanger, wachtend)
            met_antwoord = uitkomst.antwoord is not None
            if uitkomst.antwoord is not None:
                uitkomst = self._verwerk(verbinding, ontvanger, wachtend, uitkomst, uitkomst.antwoord)
            if uitkomst.soort == "tijdelijk" and queue.is_beantwoord(verbinding, wachtend):
                queue.afgedaan(verbinding, ontvanger, wachtend, _BEANTWOORD)
                ronde.klaar.append(wachtend.id)
                break
            if uitkomst.soort == "tijdelijk":
                mislukt = wachtend, uitkomst
                break
            ronde.klaar.append(wachtend.id)
            lijst = aangekomen if uitkomst.soort == "bevestigd" else geweigerd
            lijst.append(queue.Aangekomen(wachtend.id, datetime.now(UTC), uitkomst.omschrijving))
            if met_antwoord or self._klaar(uiterlijk):
                break
        queue.bezorgd(verbinding, ontvanger, aangekomen)
        queue.gestrand(verbinding, ontvanger, geweigerd)
        if aangekomen and genomen[0].fouten >= queue.DREMPEL:
            wek(verbinding, [ontvanger], BANEN)
        if mislukt:
            eerder = 0 if aangekomen else mislukt[0].fouten
            ronde.stop = self._mislukt(verbinding, ontvanger, *mislukt, eerder)
        return ronde

    def _probeer(self, ontvanger: str, wachtend: Wachtend) -> Uitkomst:
        try:
            with self._banen.zending(ontvanger):
                uitkomst = self._kamer.verzend(ontvanger, wachtend.soort, wachtend.inhoud)
        except Exception:  # noqa: BLE001
            # Whatever it is, it counts as an attempt: what fails each time must not be tried for ever.
            logger().exception("notificatie_fout", ontvanger=ontvanger, referentienummer=wachtend.referentienummer)
            uitkomst = tijdelijk(_ONVERWACHT)
        self._banen.noteer(ontvanger, uitkomst.duur_s if uitkomst.soort == "bevestigd" else None)
        return uitkomst

    def _verwerk(
        self,
        verbinding: Connection,
        ontvanger: str,
        wachtend: Wachtend,
        uitkomst: Uitkomst,
        antwoord: etree._Element,
    ) -> Uitkomst:
        """Do what an answer asks; when that cannot be now the message goes again, for the same answer (StUF 4.4)."""
        try:
            with verbinding.begin_nested():
                # What the receiver thinks that we know must survive the machine.
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
        wanneer = queue.mislukt(verbinding, ontvanger, wachtend, melding, pauze)
        wek(verbinding, [ontvanger], wanneer=wanneer)
        grens = datetime.now(UTC) - self._bewaren
        genoeg = eerder + 1 >= queue.DREMPEL
        if genoeg or wachtend.bewaren_vanaf < grens:
            queue.verloop(verbinding, ontvanger, grens, melding)
        return genoeg

    def _pauze(self, eerder: int) -> timedelta:
        """A bit longer each time, up to the longest; a part of chance, so that not all come back at once.

        A pause is about a sixth of the time that it went wrong, so who is back is not long without messages.
        """
        pauze = min(_EERSTE_PAUZE_S * _LANGER ** min(eerder, 100), self._langste_pauze_s)
        return timedelta(seconds=pauze * random.uniform(0.75, 1.25))  # noqa: S311 - not for secrets


# --- The tasks of a worker that have to do with notifications

_VANGNET: Final = "* * * * * */15"
_VRIJ: Final = 2  # tasks of a worker that bringing messages leaves to others
_STRAKS_S: Final = 1.0
_KIJK_S: Final = 0.25  # how soon other lanes help one that a receiver keeps waiting
_HULP_S_TAKEN: Final = 2.0  # and how often that is asked while none does
_IN_GESPREK_MS: Final = 600_000  # longer than a receiver may take (300 s): then the worker itself is gone


@contextmanager
def notificaties(
    taken: procrastinate.App,
    motor: Engine,
    instellingen: Instellingen,
    url: str,
    stoppen: threading.Event,
) -> Iterator[None]:
    """Add the tasks to those of a worker for as long as it runs; `stoppen` is set when it is to end.

    The bezorger has connections of its own: in a transaction it waits for a receiver, and when the machine stops before
    it is on disk that a message arrived, it is sent again.
    """
    aantal = instellingen.worker_taken
    bezorgmotor = maak_engine(
        url,
        verbindingen=aantal,
        naam="regie bezorger",
        opties={
            "idle_in_transaction_session_timeout": _IN_GESPREK_MS,
            "synchronous_commit": "off",
            # The plans of these sessions are kept: one that was made when hardly anything waited must suit thousands.
            "enable_seqscan": "off",
        },
    )
    bron, opslag = InrichtingBron(motor), maak_opslag(instellingen)
    bewaren = timedelta(days=instellingen.notificatie_dagen)
    with ExitStack() as stapel:
        stapel.callback(bezorgmotor.dispose)
        kamer = stapel.enter_context(Verzendkamer(motor, bron))
        draden = stapel.enter_context(ThreadPoolExecutor(aantal, thread_name_prefix="notificaties"))
        banen, drukte = Banen(aantal - _VRIJ), Drukte(aan=instellingen.worker_nice > 0)
        pauze = instellingen.notificatie_pauze
        bezorger = Bezorger(bezorgmotor, kamer, bewaren, pauze, stoppen=stoppen.is_set, banen=banen, drukte=drukte)
        verdeler = Verdeler(motor, bron, opslag, stoppen=stoppen.is_set, banen=banen, drukte=drukte)
        _voeg_toe(taken, motor, verdeler, bezorger, draden, banen)
        yield


def _voeg_toe(  # noqa: PLR0917 - what the tasks work with
    taken: procrastinate.App,
    motor: Engine,
    verdeler: Verdeler,
    bezorger: Bezorger,
    draden: ThreadPoolExecutor,
    banen: Banen,
) -> None:
    async def doe(werk: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(draden, werk)

    @taken.task(name=TAAK, queue=RIJ)
    async def _verdeel() -> None:
        await doe(verdeler.verdeel)

    @taken.task(name=BEZORG, queue=RIJ, pass_context=True)
    async def _bezorg(context: procrastinate.JobContext, ontvanger: str) -> None:
        baan = context.job.lock
        if not baan:
            # One whose time has come holds no lane: it wakes one, so that there are never more than there are lanes.
            await doe(lambda: bezorger.wek(ontvanger))
            return
        if banen.laat_over(ontvanger):
            return
        if banen.is_vol():
            await doe(lambda: bezorger.wek(ontvanger, straks_s=_STRAKS_S))
            return
        try:
            with banen.baan(ontvanger):
                werk = asyncio.ensure_future(doe(lambda: bezorger.bezorg(ontvanger, baan)))
                await _help_als_het_stokt(werk, banen, ontvanger, lambda: doe(lambda: bezorger.wek(ontvanger, BANEN)))
                await werk
        finally:
            if banen.moet_nog_eens(ontvanger):
                await doe(lambda: bezorger.wek(ontvanger))

    @taken.periodic(cron=_VANGNET)
    @taken.task(name="wek_wachtende_notificaties", queue=RIJ, queueing_lock="wek_wachtende_notificaties")
    async def _wek(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        await doe(lambda: _vang_op(motor, verdeler))


async def _help_als_het_stokt(
    werk: asyncio.Future[None], banen: Banen, ontvanger: str, wek: Callable[[], Awaitable[None]]
) -> None:
    """Until a lane ends: wake others when the receiver keeps it waiting and it is the only one."""
    gevraagd = -math.inf
    while not (await asyncio.wait((werk,), timeout=_KIJK_S))[0]:
        nu = time.monotonic()
        if not banen.is_snel(ontvanger) and banen.is_alleen(ontvanger) and nu - gevraagd > _HULP_S_TAKEN:
            if gevraagd < 0:
                logger().info("ontvanger_laat_wachten", ontvanger=ontvanger)
            gevraagd = nu
            with suppress(SQLAlchemyError):  # the lane itself will meet the same trouble
                await wek()


def _vang_op(motor: Engine, verdeler: Verdeler) -> None:
    """What a worker that died left: it is seen within a quarter of a minute, whatever became of its jobs."""
    with motor.begin() as verbinding:
        over = is_er_te_verdelen(verbinding)
        wek_wachtenden(verbinding)
    if over:
        verdeler.verdeel()
