"""The tasks of a worker that have to do with notifications."""

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import Final

import procrastinate
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.config import Instellingen
from regiesysteem.database import maak_engine
from regiesysteem.drukte import Drukte
from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.logboek import logger
from regiesysteem.notificaties.banen import Banen
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
_HULP_S: Final = 2.0  # and how often that is asked while none does
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
        if not banen.is_snel(ontvanger) and banen.is_alleen(ontvanger) and nu - gevraagd > _HULP_S:
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
