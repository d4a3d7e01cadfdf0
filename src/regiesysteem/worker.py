"""`regie worker`: the jobs that come after a message or with the calendar, in procrastinate's tables."""

import asyncio
import socket
import threading
from collections import Counter
from contextlib import ExitStack, suppress

import procrastinate
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import Engine

from regiesysteem.access.inzage import NotTheOwner, drop_months, make_months
from regiesysteem.access.people.reasons import clean_up_reasons
from regiesysteem.access.people.sessions import clean_sessions
from regiesysteem.config import Settings
from regiesysteem.db import CONNECT_TIMEOUT_S, engine_for, network_limits
from regiesysteem.errors import Reportable
from regiesysteem.logging_ import logger
from regiesysteem.notifications.delivery import notification_tasks
from regiesysteem.notifications.inbox import clean_up_notificaties, remove_history
from regiesysteem.regie.signaal import clean_up_signaal
from regiesysteem.signals import on_signal
from regiesysteem.storage import Opslag, StorageUnreachable, make_storage
from regiesysteem.zakenmagazijn.deviations import clean_up_deviations
from regiesysteem.zakenmagazijn.messages import clean_up_berichten
from regiesysteem.zakenmagazijn.refusals import clean_up_refusals

# Others take over the jobs of a worker that gave no sign of life for so long; it gives one every five seconds.
_STUCK_S = 15
_HEARTBEAT_S = 5
_FAILED_KEEP_HOURS = 30 * 24  # of a job that failed; one that succeeded goes at once
_LOOK_S = 0.25  # how soon a job is seen whose time comes, or whose lock is free again: nobody tells of that
_DAILY = "17 3 * * *"
_EVERY_MINUTE = "* * * * *"
_EVERY_TEN_S = "* * * * * */10"
_WITHOUT_DATABASE = "De worker is gestopt, want zijn database is weg. Start hem opnieuw als zij er weer is."
_BEAT_S = 1.0
_WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"
_FOR_NO_REASON = "De worker is gestopt zonder dat iemand het vroeg; het log zegt waarom. Start hem opnieuw."


def make_tasks(connector: BaseConnector, engine: Engine, settings: Settings) -> procrastinate.App:
    """Make the procrastinate application with all tasks; they run on `engine`, in transactions of their own."""
    tasks = procrastinate.App(connector=connector)
    opslag = make_storage(settings)

    @tasks.periodic(cron=_DAILY)
    @tasks.task(name="ruim_berichten_op", queueing_lock="ruim_berichten_op", retry=3)
    def _clean_up(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        remove_old(engine, settings)

    @tasks.periodic(cron=_DAILY)
    @tasks.task(name="onderhoud_inzage", queueing_lock="onderhoud_inzage", retry=3)
    def _keep_inzage(timestamp: int) -> None:  # noqa: ARG001
        keep_inzage(engine, settings.inzage_dagen)

    @tasks.periodic(cron=_DAILY)
    @tasks.task(name="ruim_taken_op", queueing_lock="ruim_taken_op")
    async def _clean_up_tasks(timestamp: int) -> None:  # noqa: ARG001
        await tasks.job_manager.delete_old_jobs(
            _FAILED_KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    @tasks.periodic(cron=_EVERY_MINUTE)
    @tasks.task(name="ruim_documenten_op", queueing_lock="ruim_documenten_op")
    def _clean_up_documenten(timestamp: int) -> None:
        if timestamp // 60 % settings.documenten_opruimen_minuten == 0:
            clean_up_documenten(engine, opslag)

    @tasks.periodic(cron=_EVERY_TEN_S)
    @tasks.task(name="herneem_vastgelopen_taken", queueing_lock="herneem_vastgelopen_taken")
    async def _resume(timestamp: int) -> None:  # noqa: ARG001
        for task in await tasks.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STUCK_S):
            logger().warning("taak_hernomen", taak=task.task_name, nummer=task.id)
            try:
                await tasks.job_manager.retry_job(task)
            except (AlreadyEnqueued, UniqueViolation):
                # Its queueing lock is of a job that came after it, and does the same work.
                await tasks.job_manager.finish_job(task, Status.FAILED, delete_job=True)

    return tasks


def remove_old(engine: Engine, settings: Settings) -> None:
    """Remove what may not stay any longer, table by table, in batches; docs/gebruiken/beheer.md lists it."""
    dagen, refusal_days = settings.berichten_bewaren_dagen, settings.weigeringen_dagen
    logger().info("berichten_opgeruimd", aantal=clean_up_berichten(engine, dagen))
    logger().info("notificaties_opgeruimd", **clean_up_notificaties(engine, dagen))
    logger().info("geschiedenis_opgeruimd", **remove_history(engine, settings.notificaties_bewaren_dagen))
    logger().info("toegang_met_reden_opgeruimd", aantal=clean_up_reasons(engine, settings.inzage_dagen))
    logger().info("signaal_opgeruimd", aantal=clean_up_signaal(engine, settings.inzage_dagen))
    with engine.begin() as connection:
        logger().info("sessies_opgeruimd", aantal=clean_sessions(connection))
    logger().info("weigeringen_opgeruimd", **clean_up_refusals(engine, refusal_days))
    logger().info("afwijkingen_opgeruimd", aantal=clean_up_deviations(engine, refusal_days))


def keep_inzage(engine: Engine, keep_dagen: int) -> None:
    """Make the next months of the read log, and drop those whose term is over, unless that is for another role."""
    make_months(engine)
    try:
        logger().info("inzage_opgeruimd", maanden=drop_months(engine, keep_dagen))
    except NotTheOwner as error:
        logger().warning("inzage_niet_opgeruimd", reden=str(error))


def clean_up_documenten(engine: Engine, opslag: Opslag) -> None:
    """Remove the content of documents without references; while a store is away its content waits for a next time."""
    counts = Counter[str]()
    try:
        counts.update(gone.wat for gone in opslag.clean_up(engine))
    except StorageUnreachable as error:
        logger().warning("documenten_niet_opgeruimd", reden=str(error))
    logger().info("documenten_opgeruimd", **counts)


class WorkerStopped(Reportable):
    """The worker ended without a stop."""


def count_workers(engine: Engine) -> int:
    """The number of workers that gave a sign of life lately, on any machine."""
    with engine.connect() as connection:
        count: int = connection.exec_driver_sql(_WORKERS).scalar_one()
    return count


def work(settings: Settings, url: str, line: socket.socket | None = None) -> None:
    """Run jobs until a stop; jobs under way then get `stop_timeout` seconds.

    SIGTERM and Ctrl-C say stop, or the end of `line` where another process forked this one. On the line it says each
    second that it lives (`regiesysteem.processes`). Raises WorkerStopped when it ends by itself, as it does without its
    database.
    """
    try:
        stopped = asyncio.run(_work(settings, url, line))
    except ConnectorException as error:
        logger().error("worker_zonder_database", reden=str(error.__cause__ or error).strip())
        raise WorkerStopped(_WITHOUT_DATABASE) from error
    if not stopped:
        raise WorkerStopped(_FOR_NO_REASON)
    logger().info("worker_gestopt")


async def _work(settings: Settings, url: str, line: socket.socket | None) -> bool:
    """Tell whether it ended because of a stop."""
    connection = {
        "application_name": "regie worker",
        "connect_timeout": CONNECT_TIMEOUT_S,
        **network_limits(settings.statement_timeout),
    }
    connector = procrastinate.PsycopgConnector(conninfo=url, kwargs=connection, max_size=6)
    stopping = threading.Event()
    _hear_stop(stopping, line)
    with ExitStack() as stack:
        engine = engine_for(settings, url)
        stack.callback(engine.dispose)
        tasks = make_tasks(connector, engine, settings)
        stack.enter_context(notification_tasks(tasks, engine, settings, url, stopping))
        try:
            async with tasks.open_async():
                logger().info("worker_klaar")
                if line is not None:
                    beats = asyncio.create_task(_beat(line))
                    stack.callback(beats.cancel)
                await tasks.run_worker_async(
                    name="regie",
                    delete_jobs="successful",
                    shutdown_graceful_timeout=settings.stop_timeout,
                    concurrency=settings.worker_taken,
                    fetch_job_polling_interval=_LOOK_S,
                    update_heartbeat_interval=_HEARTBEAT_S,
                    stalled_worker_timeout=_STUCK_S,
                    install_signal_handlers=False,
                )
        except asyncio.CancelledError:
            return True
        finally:
            stopping.set()
    return False


def _hear_stop(stopping: threading.Event, line: socket.socket | None) -> None:
    """Set `stopping` and cancel this task when somebody says stop; a second time changes nothing."""
    loop, this = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if line is not None:
            loop.remove_reader(line)
        if this is None or stopping.is_set():
            return
        stopping.set()
        with suppress(RuntimeError):  # it ended meanwhile
            loop.call_soon_threadsafe(this.cancel)

    if line is None:
        on_signal(stop)
    else:
        loop.add_reader(line, stop)


async def _beat(line: socket.socket) -> None:
    """Say each second that this process lives; a loop that hangs says nothing."""
    while True:
        with suppress(OSError):
            line.send(b".")
        await asyncio.sleep(_BEAT_S)
