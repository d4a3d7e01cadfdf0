"""`regie worker`: the jobs that come after a message or with the calendar, in procrastinate's tables."""

import asyncio
import threading
from collections import Counter
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

import procrastinate
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import Engine

from regiesysteem.config import Instellingen
from regiesysteem.db import VERBIND_TIMEOUT_S, Sql, engine_voor, network_limits
from regiesysteem.errors import Meldbaar
from regiesysteem.job_worker import stop_met_hoofdproces
from regiesysteem.logging_ import logger
from regiesysteem.notifications.delivery import notificaties
from regiesysteem.notifications.inbox import remove_history, ruim_notificaties_op
from regiesysteem.signals import on_signal
from regiesysteem.storage import Opslag, OpslagOnbereikbaar, maak_opslag

# Others take over the jobs of a worker that gave no sign of life for so long; it gives one every five seconds.
_VASTGELOPEN_S = 15
_TEKEN_S = 5
_VERTELT = "geefZaakdocumentbewerken_Di02"  # the only operation whose stored answer has data of a document
_RIJEN = 5000
_MISLUKT_BEWAREN_UREN = 30 * 24  # of a job that failed; one that succeeded goes at once
_KIJK_S = 0.25  # how soon a job is seen whose time comes, or whose lane is free again: nobody tells of that
_DAGELIJKS = "17 3 * * *"
_ELKE_MINUUT = "* * * * *"
_ELKE_TIEN_S = "* * * * * */10"
_MAAK_LEEG = Sql("""
    UPDATE bericht SET inhoud = NULL, antwoord = CASE WHEN dienst = :vertelt THEN '' ELSE antwoord END
    WHERE id IN (
        SELECT id FROM bericht WHERE ontvangen_op < :grens AND inhoud IS NOT NULL
        ORDER BY ontvangen_op LIMIT :aantal FOR UPDATE SKIP LOCKED)
    -- the body of old messages, and the answer that tells of a document, a batch at a time
""")
_ZONDER_DATABASE = "De worker is gestopt, want zijn database is weg. Start hem opnieuw als zij er weer is."
_ZOMAAR = "De worker is gestopt zonder dat iemand het vroeg; het log zegt waarom. Start hem opnieuw."


def maak_taken(connector: BaseConnector, motor: Engine, instellingen: Instellingen) -> procrastinate.App:
    """Make the procrastinate application with all tasks; they run on `motor`, in transactions of their own."""
    taken = procrastinate.App(connector=connector)
    opslag = maak_opslag(instellingen)

    @taken.periodic(cron=_DAGELIJKS)
    @taken.task(name="ruim_berichten_op", queueing_lock="ruim_berichten_op", retry=3)
    def _ruim_op(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        dagen = instellingen.berichten_bewaren_dagen
        logger().info("berichten_opgeruimd", aantal=ruim_berichten_op(motor, dagen))
        logger().info("notificaties_opgeruimd", **ruim_notificaties_op(motor, dagen))
        logger().info("geschiedenis_opgeruimd", **remove_history(motor, instellingen.notificaties_bewaren_dagen))

    @taken.periodic(cron=_DAGELIJKS)
    @taken.task(name="ruim_taken_op", queueing_lock="ruim_taken_op")
    async def _ruim_taken_op(timestamp: int) -> None:  # noqa: ARG001
        await taken.job_manager.delete_old_jobs(
            _MISLUKT_BEWAREN_UREN, include_failed=True, include_cancelled=True, include_aborted=True
        )

    @taken.periodic(cron=_ELKE_MINUUT)
    @taken.task(name="ruim_documenten_op", queueing_lock="ruim_documenten_op")
    def _ruim_documenten_op(timestamp: int) -> None:
        if timestamp // 60 % instellingen.documenten_opruimen_minuten == 0:
            ruim_documenten_op(motor, opslag)

    @taken.periodic(cron=_ELKE_TIEN_S)
    @taken.task(name="herneem_vastgelopen_taken", queueing_lock="herneem_vastgelopen_taken")
    async def _herneem(timestamp: int) -> None:  # noqa: ARG001
        for taak in await taken.job_manager.get_stalled_jobs(seconds_since_heartbeat=_VASTGELOPEN_S):
            logger().warning("taak_hernomen", taak=taak.task_name, nummer=taak.id)
            try:
                await taken.job_manager.retry_job(taak)
            except (AlreadyEnqueued, UniqueViolation):
                # Its queueing lock is of a job that came after it, and does the same work.
                await taken.job_manager.finish_job(taak, Status.FAILED, delete_job=True)

    return taken


def ruim_berichten_op(motor: Engine, bewaren_dagen: int) -> int:
    """Remove the body of messages older than so many days, and give their number; key and digest stay.

    The answer stays too when it is an acknowledgement or a number; one with data of a document may name people, and
    goes.

    In batches: a year of messages in one transaction would hold up the vacuum of everything else.
    """
    grens = datetime.now(UTC) - timedelta(days=bewaren_dagen)
    parameters = {"grens": grens, "vertelt": _VERTELT, "aantal": _RIJEN}
    totaal = 0
    while True:
        with motor.begin() as verbinding:
            aantal = _MAAK_LEEG.voer_uit(verbinding, parameters).rowcount
        totaal += aantal
        if aantal < _RIJEN:
            return totaal


def ruim_documenten_op(motor: Engine, opslag: Opslag) -> None:
    """Remove the content of documents without references; while a store is away its content waits for a next time."""
    aantallen = Counter[str]()
    try:
        aantallen.update(weg.wat for weg in opslag.ruim_op(motor))
    except OpslagOnbereikbaar as fout:
        logger().warning("documenten_niet_opgeruimd", reden=str(fout))
    logger().info("documenten_opgeruimd", **aantallen)


class WorkerGestopt(Meldbaar):
    """The worker ended without a stop."""


def werk(instellingen: Instellingen, url: str, *, onder_serve: bool = False) -> None:
    """Run jobs until SIGTERM or Ctrl-C; jobs under way then get `stop_timeout` seconds.

    `onder_serve`: another process started this one and stops it; it ends with that one too. Raises WorkerGestopt when
    it ends by itself, as it does without its database.
    """
    try:
        gestopt = asyncio.run(_werk(instellingen, url, onder_serve=onder_serve))
    except ConnectorException as fout:
        logger().error("worker_zonder_database", reden=str(fout.__cause__ or fout).strip())
        raise WorkerGestopt(_ZONDER_DATABASE) from fout
    if not gestopt:
        raise WorkerGestopt(_ZOMAAR)
    logger().info("worker_gestopt")


async def _werk(instellingen: Instellingen, url: str, *, onder_serve: bool) -> bool:
    """Tell whether it ended because of a stop."""
    verbinding = {
        "application_name": "regie worker",
        "connect_timeout": VERBIND_TIMEOUT_S,
        **network_limits(instellingen.statement_timeout),
    }
    connector = procrastinate.PsycopgConnector(conninfo=url, kwargs=verbinding, max_size=6)
    stoppen = threading.Event()
    _hoor_stop(stoppen, onder_serve=onder_serve)
    with ExitStack() as stapel:
        motor = engine_voor(instellingen, url)
        stapel.callback(motor.dispose)
        taken = maak_taken(connector, motor, instellingen)
        stapel.enter_context(notificaties(taken, motor, instellingen, url, stoppen))
        try:
            async with taken.open_async():
                logger().info("worker_klaar")
                await taken.run_worker_async(
                    name="regie",
                    delete_jobs="successful",
                    shutdown_graceful_timeout=instellingen.stop_timeout,
                    concurrency=instellingen.worker_taken,
                    fetch_job_polling_interval=_KIJK_S,
                    update_heartbeat_interval=_TEKEN_S,
                    stalled_worker_timeout=_VASTGELOPEN_S,
                    install_signal_handlers=False,
                )
        except asyncio.CancelledError:
            return True
        finally:
            stoppen.set()
    return False


def _hoor_stop(stoppen: threading.Event, *, onder_serve: bool) -> None:
    """Set `stoppen` and cancel this task when somebody says stop; a second time changes nothing."""
    lus, deze = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if deze is None or stoppen.is_set():
            return
        stoppen.set()
        with suppress(RuntimeError):  # it ended meanwhile
            lus.call_soon_threadsafe(deze.cancel)

    on_signal(stop)
    if onder_serve:
        stop_met_hoofdproces(stop)
