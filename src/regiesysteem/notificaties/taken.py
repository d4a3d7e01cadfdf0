"""The tasks of a worker that have to do with notifications."""

import asyncio
import threading
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
from regiesysteem.notificaties.wekken import BEZORG, wek_wachtenden
from regiesysteem.opslag import maak_opslag
from regiesysteem.zakenmagazijn.gebeurtenissen import RIJ, TAAK

_VANGNET: Final = "* * * * * */15"
_VRIJ: Final = 2  # tasks of a worker that bringing messages leaves to others
_STRAKS_S: Final = 1.0
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
        opties={"idle_in_transaction_session_timeout": _IN_GESPREK_MS, "synchronous_commit": "off"},
    )
    bron, opslag = InrichtingBron(motor), maak_opslag(instellingen)
    bewaren = timedelta(days=instellingen.notificatie_dagen)
    with ExitStack() as stapel:
        stapel.callback(bezorgmotor.dispose)
        kamer = stapel.enter_context(Verzendkamer(motor, bron))
        draden = stapel.enter_context(ThreadPoolExecutor(aantal, thread_name_prefix="notificaties"))
        bezorger = Bezorger(bezorgmotor, kamer, bewaren, instellingen.notificatie_pauze, stoppen.is_set)
        verdeler = Verdeler(motor, bron, opslag, stoppen.is_set)
        _voeg_toe(taken, motor, verdeler, bezorger, draden, aantal)
        yield


def _voeg_toe(  # noqa: PLR0917 - what the tasks work with
    taken: procrastinate.App,
    motor: Engine,
    verdeler: Verdeler,
    bezorger: Bezorger,
    draden: ThreadPoolExecutor,
    aantal: int,
) -> None:
    bezig = 0

    async def doe(werk: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(draden, werk)

    @taken.task(name=TAAK, queue=RIJ)
    async def _verdeel() -> None:
        await doe(verdeler.verdeel)

    @taken.task(name=BEZORG, queue=RIJ, pass_context=True)
    async def _bezorg(context: procrastinate.JobContext, ontvanger: str) -> None:
        nonlocal bezig
        baan = context.job.lock
        if not baan:
            # One whose time has come holds no lane: it wakes one, so that there are never more than there are lanes.
            await doe(lambda: bezorger.wek(ontvanger))
            return
        if bezig >= aantal - _VRIJ:
            # Slow receivers must leave room to find out who is told.
            await doe(lambda: bezorger.wek(ontvanger, _STRAKS_S))
            return
        bezig += 1
        try:
            await doe(lambda: bezorger.bezorg(ontvanger, baan))
        finally:
            bezig -= 1

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
