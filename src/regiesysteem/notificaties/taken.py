"""The tasks of a worker that have to do with notifications."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Final

import procrastinate
from sqlalchemy import Engine

from regiesysteem.config import Instellingen
from regiesysteem.database import maak_engine
from regiesysteem.inrichting.bron import InrichtingBron
from regiesysteem.notificaties.bezorgen import Bezorger
from regiesysteem.notificaties.kamer import Verzendkamer
from regiesysteem.notificaties.verdelen import Verdeler, is_er_te_verdelen
from regiesysteem.notificaties.wekken import BANEN, BEZORG, wek_wachtenden
from regiesysteem.opslag import maak_opslag
from regiesysteem.zakenmagazijn.gebeurtenissen import RIJ, TAAK

_VANGNET: Final = "* * * * * */15"
_VRIJ: Final = 2  # tasks of a worker that bringing messages leaves to others
_STRAKS_S: Final = 1.0
_KIJK_S: Final = 0.25  # how soon other lanes help one that a receiver keeps waiting
_IN_GESPREK_MS: Final = 600_000  # longer than a receiver may take (300 s): then the worker itself is gone


@contextmanager
def notificaties(
    taken: procrastinate.App, motor: Engine, instellingen: Instellingen, url: str, stoppen: threading.Event
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
        banen = _Banen(aantal - _VRIJ)
        pauze = instellingen.notificatie_pauze
        bezorger = Bezorger(bezorgmotor, kamer, bewaren, pauze, stoppen=stoppen.is_set, maak_plaats=banen.maak_plaats)
        verdeler = Verdeler(motor, bron, opslag, stoppen.is_set)
        _voeg_toe(taken, motor, verdeler, bezorger, draden, banen)
        yield


class _Banen:
    """The lanes that this process sends by, counted by receiver; only its event loop changes them."""

    def __init__(self, plaatsen: int) -> None:
        self._vrij = plaatsen
        self._lopend = Counter[str]()
        self._nog_eens = set[str]()

    def is_vol(self) -> bool:
        """Whether another lane must wait: slow receivers must leave room to find out who is told."""
        return self._vrij <= 0

    def maak_plaats(self, ontvanger: str) -> bool:
        """Whether a lane to this receiver should end: others wait, or there is another to it, which may be enough."""
        return self.is_vol() or self._lopend[ontvanger] > 1

    def laat_over(self, ontvanger: str) -> bool:
        """Leave a wake-up to a lane of this process that sends to the receiver; whether there is one."""
        if not self._lopend[ontvanger]:
            return False
        self._nog_eens.add(ontvanger)
        return True

    @contextmanager
    def baan(self, ontvanger: str) -> Iterator[None]:
        """Hold a lane."""
        self._vrij -= 1
        self._lopend[ontvanger] += 1
        try:
            yield
        finally:
            self._lopend[ontvanger] -= 1
            self._vrij += 1

    def moet_nog_eens(self, ontvanger: str) -> bool:
        """Whether a wake-up was left to a lane; asked when it has ended, which may have been before it looked."""
        moet = ontvanger in self._nog_eens
        self._nog_eens.discard(ontvanger)
        return moet


def _voeg_toe(  # noqa: PLR0917 - what the tasks work with
    taken: procrastinate.App,
    motor: Engine,
    verdeler: Verdeler,
    bezorger: Bezorger,
    draden: ThreadPoolExecutor,
    banen: _Banen,
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
        if bezorger.is_snel(ontvanger) and banen.laat_over(ontvanger):
            return
        if banen.is_vol():
            await doe(lambda: bezorger.wek(ontvanger, straks_s=_STRAKS_S))
            return
        with banen.baan(ontvanger):
            werk = asyncio.ensure_future(doe(lambda: bezorger.bezorg(ontvanger, baan)))
            traag = False
            while not (await asyncio.wait((werk,), timeout=_KIJK_S))[0]:
                was, traag = traag, not bezorger.is_snel(ontvanger)
                if traag and not was:
                    # Others need not wait for what this receiver is slow with.
                    await doe(lambda: bezorger.wek(ontvanger, BANEN))
            await werk
        if banen.moet_nog_eens(ontvanger):
            await doe(lambda: bezorger.wek(ontvanger))

    @taken.periodic(cron=_VANGNET)
    @taken.task(name="wek_wachtende_notificaties", queue=RIJ, queueing_lock="wek_wachtende_notificaties")
    async def _wek(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        await doe(lambda: _vang_op(motor, verdeler))


def _vang_op(motor: Engine, verdeler: Verdeler) -> None:
    """What a worker that died left: it is seen within a quarter of a minute, whatever became of its jobs."""
    with motor.begin() as verbinding:
        over = is_er_te_verdelen(verbinding)
        wek_wachtenden(verbinding)
    if over:
        verdeler.verdeel()
