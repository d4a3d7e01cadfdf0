"""Sends the waiting messages, receiver by receiver; and the tasks of the worker that do so."""

import asyncio
import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import procrastinate
from lxml import etree
from sqlalchemy import Connection, Engine

from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.logging_ import logger
from regiesysteem.notifications import queue
from regiesysteem.notifications.client import SoapCourier
from regiesysteem.notifications.outbox import Distributor
from regiesysteem.notifications.outcome import Outcome, temporary
from regiesysteem.notifications.queue import DELIVER, QueueHead, Waiting, wake_due, wake_when_due
from regiesysteem.storage import make_storage
from regiesysteem.zakenmagazijn.events import QUEUE, TASK, defer_what_is_left
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

# --- Sends the messages of a receiver, until none is left that can be sent now


class Courier(Protocol):
    """The interface that sends messages."""

    def make_ready(self) -> None:
        """Read the data that sending needs. Raises the errors of reading, which are no fault of a receiver."""

    def send(self, applicatie: str, soort: str, inhoud: bytes) -> Outcome:
        """Send a message: name of the receiver, operation, and the message."""

    def process(self, connection: Connection, applicatie: str, waiting: Waiting, answer: etree._Element) -> None:
        """Process a message that came as an answer, in the transaction that keeps that ours arrived.

        Raises the error for which it must come again.
        """


_FIRST_PAUSE_S: Final = 2.0
_LONGER: Final = 1.2
_LONGEST_PAUSE_S: Final = 3600.0
_PER_ZAAK: Final = 50  # messages of one zaak before another has its turn
_ZAKEN: Final = 1000  # looked up at a time: it costs the more, the more messages wait for the receiver
_UNEXPECTED: Final = "hier ging iets mis; het log van de worker zegt wat"
_ANSWERED: Final = "beantwoord met Du01"
_NOT_PROCESSED: Final = "het antwoord van de ontvanger kon nu niet worden verwerkt"
_BATCH: Final = 20  # messages of different zaken in one transaction, if they go quickly
_BATCH_S: Final = 0.2
_LOOK_S: Final = 0.1  # how often new messages are looked for while a job runs
_IDLE_S: Final = 0.5  # a job that finds nothing for so long ends: starting one costs more than a message
_STAY_S: Final = 30.0  # after so long a job ends, so that others have its slot, and the next one reads the inrichting
_SILENT_S: Final = 2.0  # unless something is under way for so long after that: the other zaken do not wait for it
_AFTER_ERROR_S: Final = 5.0
_SEND_AT_ONCE: Final = 4
_MOST_AT_ONCE: Final = 32  # the highest `tegelijk` of an applicatie
_PLACES: Final = 54  # of all receivers of a worker together


class Places:
    """The places for messages under way of all receivers of a worker; each has a connection and a transaction.

    A receiver that has a place gets more only while fewer than `shared` are taken: receivers that are silent leave the
    rest of `total` to the others, one for each.
    """

    def __init__(self, total: int = _PLACES, shared: int = _MOST_AT_ONCE) -> None:
        self._total, self._shared = total, shared
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, *, has_one: bool) -> bool:
        """Take a place when there is one now."""
        with self._lock:
            free = self._taken < (self._shared if has_one else self._total)
            self._taken += free
            return free

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Give a place that was taken back in the end."""
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1


class Deliverer:
    """Sends messages; `retention` is how long a message is tried, `longest_pause_s` the longest time between two tries.

    `stopping` says that the process ends: messages under way are finished, and the rest is left to others. `at_once` is
    how many messages may be under way to a receiver at a time, `places` bounds those of all receivers together, and
    `stay_s` is how long a job stays with a receiver for which new messages keep coming.
    """

    def __init__(
        self,
        engine: Engine,
        courier: Courier,
        retention: timedelta,
        longest_pause_s: float = _LONGEST_PAUSE_S,
        *,
        stopping: Callable[[], bool] = lambda: False,
        at_once: Callable[[str], int] = lambda _: _SEND_AT_ONCE,
        places: Places | None = None,
        stay_s: float = _STAY_S,
    ) -> None:
        self._stopping = stopping
        self._at_once = at_once
        self._places = places or Places()
        self._stay_s = stay_s
        self._engine = engine
        self._courier = courier
        self._retention = retention
        self._longest_pause_s = longest_pause_s

    def deliver(self, ontvanger: str) -> int:
        """Send the messages that may go to a receiver now, over threads of its own; gives how many need no more.

        It ends when nothing is found for a while or when it stayed long enough, and then defers the job for the moment
        that something may go again; after an error of ours not before a pause.
        """
        aside = set[str]()
        try:
            done = self._until_idle(ontvanger, aside)
        except Exception:
            self._plan(ontvanger, _AFTER_ERROR_S)
            raise
        self._plan(ontvanger, _AFTER_ERROR_S if aside else 0)
        return done

    def _plan(self, ontvanger: str, pause_s: float) -> None:
        with self._engine.begin() as connection:
            wake_when_due(connection, ontvanger, pause_s)

    def _until_idle(self, ontvanger: str, aside: set[str]) -> int:
        """Send until it is time to end; the zaken whose sending gave an error of ours come in `aside` and wait."""
        done, places = 0, self._at_once(ontvanger)
        under_way: dict[Future[int], list[QueueHead]] = {}
        ahead: list[QueueHead] = []
        with ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="bezorgen") as threads:
            now = last = time.monotonic()
            until = now + self._stay_s
            while under_way or (now - last <= _IDLE_S and now <= until and not self._stopping()):
                if now > until + _SILENT_S:
                    places, until = self._at_once(ontvanger), now + self._stay_s
                for batch in self._batches(ontvanger, places, under_way, aside, ahead) if now <= until else ():
                    if self._places.take(has_one=bool(under_way)):
                        under_way[threads.submit(self._send_batch, ontvanger, batch, until)] = batch
                ready, _ = wait(under_way, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
                sent = sum(_result(ontvanger, future, under_way.pop(future), aside) for future in ready)
                done += sent
                now = time.monotonic()
                if sent:
                    last = now
                else:
                    time.sleep(0 if under_way else _LOOK_S)
        return done

    def _batches(
        self,
        ontvanger: str,
        places: int,
        under_way: dict[Future[int], list[QueueHead]],
        aside: set[str],
        ahead: list[QueueHead],
    ) -> list[list[QueueHead]]:
        """Divide the messages that may go now over the places that are free; a zaak under way or `aside` waits.

        The rest stays in `ahead` for the next time. The thread that takes a message looks whether it may still be sent.
        """
        free = places - len(under_way)
        if free <= 0 or self._stopping():
            return []
        self._courier.make_ready()
        busy = aside.union(head.stroom for batch in under_way.values() for head in batch)
        ahead[:] = [head for head in ahead if head.stroom not in busy]
        if not ahead:
            with self._engine.begin() as connection:
                ahead += queue.heads(connection, ontvanger, _ZAKEN, _PER_ZAAK, busy)
        if ahead and ahead[0].fouten >= queue.THRESHOLD:
            first = ahead[:1]
            ahead.clear()
            return [] if under_way else [first]
        size = max(1, min(_BATCH, -(-len(ahead) // places)))
        batches = [ahead[begin : begin + size] for begin in range(0, len(ahead), size)][:free]
        del ahead[: size * len(batches)]
        return batches

    def _send_batch(self, ontvanger: str, batch: list[QueueHead], until: float) -> int:
        """Send these messages, and then the waiting ones of the same zaken until then; gives how many need no more."""
        with self._places.taken(), self._engine.connect() as connection:
            with connection.begin():
                taken = queue.take_heads(connection, ontvanger, [head.id for head in batch])
                ready, stop = self._send(connection, ontvanger, taken)
            count = len(ready)
            for head in batch:
                for _ in range(head.behind if head.id in ready else 0):
                    if stop or self._stopping() or time.monotonic() > until:
                        return count
                    with connection.begin():
                        taken = queue.take_next(connection, ontvanger, head.stroom)
                        done, stop = self._send(connection, ontvanger, taken)
                    count += len(done)
                    if not done:
                        break
        return count

    def _send(self, connection: Connection, ontvanger: str, taken: list[Waiting]) -> tuple[set[int], bool]:
        """Send these one after the other, for a moment because they are locked, and only then keep their outcomes.

        Keeping an outcome locks the row of the receiver, and processing an answer locks a zaak: nothing is sent while
        these are locked. Gives the ids that need no more, and whether to leave the receiver alone for now.
        """
        outcomes = list[tuple[Waiting, Outcome, datetime]]()
        until = time.monotonic() + _BATCH_S
        for waiting in taken:
            outcome = self._try(ontvanger, waiting)
            outcomes.append((waiting, outcome, datetime.now(UTC)))
            if outcome.soort == "tijdelijk" or self._stopping() or time.monotonic() > until:
                break
        return self._keep(connection, ontvanger, outcomes)

    def _keep(
        self, connection: Connection, ontvanger: str, outcomes: list[tuple[Waiting, Outcome, datetime]]
    ) -> tuple[set[int], bool]:
        ready, stop = set[int](), False
        arrived, refused = list[queue.Arrived](), list[queue.Arrived]()
        failed = list[tuple[Waiting, Outcome]]()
        for waiting, said, when in outcomes:
            outcome = said
            if said.antwoord is not None:
                outcome = self._process(connection, ontvanger, waiting, said, said.antwoord)
            if outcome.soort == "tijdelijk" and queue.is_answered(connection, waiting):
                queue.done(connection, ontvanger, waiting, _ANSWERED)
            elif outcome.soort == "tijdelijk":
                failed.append((waiting, outcome))
                continue
            else:
                listing = arrived if outcome.soort == "bevestigd" else refused
                listing.append(queue.Arrived(waiting.id, when, outcome.omschrijving))
            ready.add(waiting.id)
        queue.delivered(connection, ontvanger, arrived)
        queue.strand(connection, ontvanger, refused)
        for count, (waiting, outcome) in enumerate(failed):
            earlier = (0 if arrived else waiting.fouten) + count
            stop = self._failed(connection, ontvanger, waiting, outcome, earlier) or stop
        return ready, stop

    def _try(self, ontvanger: str, waiting: Waiting) -> Outcome:
        try:
            return self._courier.send(ontvanger, waiting.soort, waiting.inhoud)
        except Exception:  # noqa: BLE001
            # Every error counts as an attempt: a message that fails each time must not be tried for ever.
            logger().exception("notificatie_fout", ontvanger=ontvanger, referentienummer=waiting.referentienummer)
            return temporary(_UNEXPECTED)

    def _process(
        self,
        connection: Connection,
        ontvanger: str,
        waiting: Waiting,
        outcome: Outcome,
        answer: etree._Element,
    ) -> Outcome:
        """Process an answer; when that is not possible now the message goes again, for the same answer (StUF 4.4)."""
        try:
            with connection.begin_nested():
                # The receiver believes that we know its answer, so the answer must survive the machine.
                connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
                self._courier.process(connection, ontvanger, waiting, answer)
        except Exception:  # noqa: BLE001
            logger().exception("antwoord_fout", ontvanger=ontvanger, referentienummer=waiting.referentienummer)
            return temporary(_NOT_PROCESSED)
        return outcome

    def _failed(self, connection: Connection, ontvanger: str, waiting: Waiting, outcome: Outcome, earlier: int) -> bool:
        """Keep a failure, the next one after so many `earlier`; whether to leave the receiver alone for now."""
        melding = outcome.omschrijving
        fouten = max(waiting.pogingen, earlier - queue.THRESHOLD + 1)
        pause = max(self._pause(fouten), timedelta(seconds=outcome.wait_s or 0))
        queue.failed(connection, ontvanger, waiting, melding, pause)
        bound = datetime.now(UTC) - self._retention
        enough = earlier + 1 >= queue.THRESHOLD
        if enough or waiting.bewaren_vanaf < bound:
            queue.expire(connection, ontvanger, bound, melding)
        return enough

    def _pause(self, earlier: int) -> timedelta:
        """A pause that grows with each failure, up to the longest; a random part keeps retries apart.

        A pause is about a sixth of the time that it went wrong, so a receiver that is back is not long without
        messages.
        """
        pause = min(_FIRST_PAUSE_S * _LONGER ** min(earlier, 100), self._longest_pause_s)
        return timedelta(seconds=pause * random.uniform(0.75, 1.25))  # noqa: S311 - not for secrets


def _result(ontvanger: str, future: Future[int], batch: list[QueueHead], aside: set[str]) -> int:
    """How many messages of a batch need no more; after an error it is undone, and its zaken come in `aside`."""
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - the other batches, and the other zaken, go on
        # Not its text: that of the database may quote a row.
        where = "".join(traceback.format_tb(error.__traceback__))
        logger().error("bezorgen_mislukt", ontvanger=ontvanger, fout=type(error).__name__, waar=where)
        aside.update(head.stroom for head in batch)
        return 0


# --- The tasks of a worker for notifications

_SAFETY_NET: Final = "* * * * * */15"
_IN_CONVERSATION_MS: Final = 600_000  # longer than a receiver may take (300 s): then the worker itself is gone
_CONNECTIONS: Final = _PLACES + 6  # the jobs share the others, a moment each, to look for messages


@contextmanager
def notification_tasks(
    tasks: procrastinate.App,
    engine: Engine,
    settings: Settings,
    url: str,
    stopping: threading.Event,
) -> Iterator[None]:
    """Add the tasks to those of a worker for as long as it runs; `stopping` is set when it is to end.

    The deliverer has connections of its own: in a transaction it waits for a receiver, and when the machine stops
    before it is on disk that a message arrived, the message is sent again.
    """
    delivery_engine = make_engine(
        url,
        connections=_CONNECTIONS,
        naam="regie bezorger",
        options={"idle_in_transaction_session_timeout": _IN_CONVERSATION_MS, "synchronous_commit": "off"},
    )
    source, opslag = InrichtingSource(engine), make_storage(settings)
    retention = timedelta(days=settings.notificatie_dagen)

    def at_once(ontvanger: str) -> int:
        with engine.connect() as connection:
            applicatie = source.current(read_inrichting_versie(connection), connection).ontvanger(ontvanger)
        return applicatie.tegelijk if applicatie else 1

    with ExitStack() as stack:
        stack.callback(delivery_engine.dispose)
        courier = stack.enter_context(SoapCourier(engine, source))
        threads = stack.enter_context(ThreadPoolExecutor(settings.worker_taken, thread_name_prefix="notificaties"))
        pause = settings.notificatie_pauze
        deliverer = Deliverer(delivery_engine, courier, retention, pause, stopping=stopping.is_set, at_once=at_once)
        _add(tasks, engine, Distributor(engine, source, opslag, stopping=stopping.is_set), deliverer, threads)
        yield


def _add(
    tasks: procrastinate.App,
    engine: Engine,
    distributor: Distributor,
    deliverer: Deliverer,
    threads: ThreadPoolExecutor,
) -> None:
    async def do(work: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(threads, work)

    @tasks.task(name=TASK, queue=QUEUE)
    async def _distribute() -> None:
        await do(distributor.distribute)

    @tasks.task(name=DELIVER, queue=QUEUE)
    async def _deliver(ontvanger: str) -> None:
        await do(lambda: deliverer.deliver(ontvanger))

    @tasks.periodic(cron=_SAFETY_NET)
    @tasks.task(name="wek_wachtende_notificaties", queue=QUEUE, queueing_lock="wek_wachtende_notificaties")
    async def _wake(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives it
        await do(lambda: defer_all_that_waits(engine))


def defer_all_that_waits(engine: Engine) -> None:
    """Defer the jobs for all that waits, as after the death of a worker; their locks let one run at a time."""
    with engine.begin() as connection:
        defer_what_is_left(connection)
        wake_due(connection)
