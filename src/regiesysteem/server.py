"""`regie serve`: everything from an empty directory to a server that answers, and back to no process at all."""

import contextlib
import errno
import os
import resource
import select
import shlex
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem import config
from regiesysteem.access.bounds import Rates, SharedRates
from regiesysteem.access.caller import grant_of
from regiesysteem.access.people.accounts import AccountError
from regiesysteem.access.people.start_links import first_beheerder
from regiesysteem.config import DEFAULT_ADDRESS, SettingError, Settings, make_data_dir, web_address
from regiesysteem.db import engine_for, libpq_url
from regiesysteem.embedded import embedded_postgres, keep_running
from regiesysteem.errors import os_reason
from regiesysteem.http.app import make_app, make_beheer_app
from regiesysteem.http.front import CONNECTIONS, Front, listen
from regiesysteem.http.start import TRIAL_DIENST, start_text
from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.load import load_at_start
from regiesysteem.local import is_this_machine
from regiesysteem.logging_ import logger, set_up_logging
from regiesysteem.metrics import Counters, Shared
from regiesysteem.migrate import migrate
from regiesysteem.processes import Processes, places
from regiesysteem.signals import STOP, signal_pipe
from regiesysteem.stuf import schema
from regiesysteem.stuf.message import Systeem

_PORT_FREE_S = 5.0  # for a server that is just ending to release its port
_LOOK_S = 1.0
_WORKER_S = 0.1  # between two checks whether the worker works
_WORKER_READY_S = 15.0  # messages are taken without one too
_READY_S = 60.0  # a server that does not answer by then never will
_OTHER_FILES = 256  # that a process has open beside its connections: the database, the log, the storage
_MB = 1_000_000
OPEN = "open: wie dit adres bereikt, mag alles en hoeft niets te bewijzen; alleen voor de eigen machine"


def serve(settings: Settings) -> None:
    """Start everything, serve until a signal says stop, and leave no process behind.

    This process has no threads: it forks. Raises SettingError, PostgresError, MigrationError or InrichtingError, in
    Dutch, when it cannot start.
    """
    set_up_logging(settings.log, process="serve")
    sigs = StopSignals()
    listeners = _listeners(settings)
    make_data_dir(settings.data_dir)
    with contextlib.ExitStack() as stack:
        for listener in listeners:
            stack.callback(listener.close)
        url, omschrijving, look_after = stack.enter_context(_database(settings))
        sigs.stop_as_asked()
        engine = engine_for(settings, url, pool=False)
        inrichting = _prepare(settings, engine)
        sigs.stop_as_asked()
        adres = web_address(settings.host, listeners[0].getsockname()[1])
        text = start_text(
            adres,
            beheer_url=web_address(settings.beheer_host or settings.host, listeners[-1].getsockname()[1]),
            database=omschrijving,
            inrichting=_name(inrichting),
            trial=_trial(inrichting),
            practise=_practise(inrichting, adres),
            access=_access(inrichting),
            people=_people(settings, engine, adres),
        )
        settings = settings.model_copy(update={"database_url": url})
        workers = [_worker(settings, libpq_url(engine.url))] if settings.met_worker else []
        Supervisor(sigs, listeners, [*workers, _processes(settings, listeners)], look_after).run(engine, text)
    logger().info("gestopt")


class StopSignals:
    """The signals that say stop, or that a child process ended; for a process that waits for other things too."""

    def __init__(self) -> None:
        """From now on the signals come here."""
        self._reader = signal_pipe((*STOP, signal.SIGCHLD))
        os.set_blocking(self._reader, False)
        self.stopped = False

    def stop_as_asked(self) -> None:
        """Raise SystemExit when there was a stop."""
        self.wait((), 0)
        if self.stopped:
            sys.exit(0)

    def wait(self, lines: Iterable[socket.socket], seconds: float) -> None:
        """Wait until there is a signal, or something on one of these lines, at most so many seconds."""
        poll = select.poll()
        for source in (self._reader, *(line.fileno() for line in lines)):
            poll.register(source, select.POLLIN)
        poll.poll(seconds * 1000)
        with contextlib.suppress(BlockingIOError):
            while come := os.read(self._reader, 256):
                self.stopped = self.stopped or any(number in STOP for number in come)


class Supervisor:
    """Looks after the worker, the server processes and the embedded database, from start to stop."""

    def __init__(
        self,
        sigs: StopSignals,
        listeners: Sequence[socket.socket],
        processes: Sequence[Processes],
        look_after: Callable[[], object],
    ) -> None:
        """Nothing starts before `run`; the last of `processes` serve. `look_after` looks after the database."""
        self._sigs = sigs
        self._listeners = listeners
        self._processes = processes
        self._look_after = look_after

    def run(self, engine: Engine, text: str) -> None:
        """Serve until a signal; shows `text` once messages are answered. Exits with 1 when that never comes."""
        try:
            schema.load()
            tempfile.gettempdir()  # chosen once, and not by each process when its disk is full
            for processes in self._processes:
                processes.start()
            succeeded = self._wait_until_ready(engine)
            if succeeded:
                _show(text)
                while not self._sigs.stopped:
                    self._look(_LOOK_S)
            self._stop()
        finally:
            for processes in self._processes:
                processes.kill()
        if not succeeded:
            sys.exit(1)

    def _wait_until_ready(self, engine: Engine) -> bool:
        """Tell whether it is ready; True too when a stop comes first."""
        begin = time.monotonic()
        *workers, serving = self._processes
        while not self._sigs.stopped and not serving.ready:
            if time.monotonic() > begin + _READY_S:
                logger().error("serverprocessen_starten_niet", seconden=_READY_S)
                return False
            self._look(_LOOK_S)
        if workers:
            while not self._sigs.stopped and time.monotonic() < begin + _WORKER_READY_S and not _works(engine):
                self._look(_WORKER_S)
        return True

    def _stop(self) -> None:
        for listener in self._listeners:
            listener.close()
        for processes in self._processes:
            processes.stop()
        while not all(processes.ended for processes in self._processes):
            self._look(_LOOK_S)

    def _look(self, seconds: float) -> None:
        self._sigs.wait((line for processes in self._processes for line in processes.lines()), seconds)
        for processes in self._processes:
            processes.look()
        self._look_after()


def _works(engine: Engine) -> bool:
    from regiesysteem.worker import count_workers  # noqa: PLC0415

    with contextlib.suppress(SQLAlchemyError):
        return count_workers(engine) > 0
    return False


def _worker(settings: Settings, url: str) -> Processes:
    """The worker, still to be started: a process that is forked too, so that it shares what is loaded."""

    def run(line: socket.socket, place: int) -> None:  # noqa: ARG001 - a process is called so
        from regiesysteem.worker import WorkerStopped, work  # noqa: PLC0415 - only the worker needs it

        set_up_logging(settings.log, process="worker")
        try:
            work(settings, url, line)
        except WorkerStopped:
            sys.exit(1)  # the log has the reason

    return Processes(run, count=1, name="regie worker", kind="worker", stop_timeout=settings.stop_timeout)


def _processes(settings: Settings, listeners: Sequence[socket.socket]) -> Processes:
    """The server processes, still to be started; the objects that they need and can share are made here."""
    shared, shared_rates = Shared(places(settings.workers)), SharedRates(places(settings.workers))
    connections = _max_connections()

    def run(line: socket.socket, place: int) -> None:
        set_up_logging(settings.log, process="web")
        counters = Counters(shared, place)
        listener, *beheer = listeners
        front = Front(
            make_app(settings, counters, Rates(shared_rates, place)),
            listener,
            threads=settings.threads,
            max_bytes=settings.max_bericht_mb * _MB,
            patience=settings.lees_timeout,
            connections=connections,
            beheer=(make_beheer_app(settings, counters), beheer[0]) if beheer else None,
        )
        front.run(line, settings.stop_timeout)

    return Processes(
        run,
        count=settings.workers,
        name="regie web",
        keep=[listener.fileno() for listener in listeners],
        stop_timeout=settings.stop_timeout,
        max_bytes=settings.worker_max_mb * _MB,
    )


def _max_connections() -> int:
    """The largest number that the file descriptors allow: a message and its answer may each need a temporary file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 3 * CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        # The processes that serve are ours, and so inherit this.
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, min(CONNECTIONS, (soft - _OTHER_FILES) // 3))
    return CONNECTIONS


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """Give the URL of the database, what to call it, and what to do now and then so that it stays."""
    if settings.database_url:
        yield settings.database_url, "de PostgreSQL-server van REGIE_DATABASE_URL", lambda: None
        return
    with embedded_postgres(settings.data_dir) as postgres:
        where = f"ingebedde PostgreSQL in {settings.data_dir / 'postgres'}"
        yield postgres.url, where, lambda: keep_running(postgres)


def _prepare(settings: Settings, engine: Engine) -> Inrichting:
    """Migrate, load the inrichting, and give it. Refuses to be open to other machines by accident."""
    migration = migrate(engine)
    if migration.done:
        logger().info("gemigreerd", van=migration.before, naar=migration.after)
    example = settings.inrichting.resolve() == config.example_inrichting().resolve()
    load_at_start(engine, settings.inrichting, chosen=not example)
    with engine.connect() as connection:
        inrichting = read_inrichting(connection)
    if inrichting.regels.autorisatie == "open":
        logger().warning("autorisatie_open", gevolg=OPEN)
    if settings.guarded:
        return inrichting
    if inrichting.regels.autorisatie == "open":
        raise SettingError(
            'De inrichting heeft autorisatie = "open": wie het adres kent, mag alles. '
            f"Daarom luistert de server niet op {settings.host}.\nKies een van deze:\n"
            "- laat REGIE_HOST, REGIE_PROXY en REGIE_PROXY_ADRESSEN weg; dan kan alleen deze machine erbij;\n"
            '- zet in de inrichting autorisatie = "applicaties" en noem de applicaties die mogen;\n'
            "- regelt iets anders wie erbij kan (een container waarvan de poort alleen op 127.0.0.1 is gepubliceerd, "
            "een proxy), zet dan REGIE_AFGESCHERMD=true."
        )
    if without := inrichting.without_credential:
        first, *_ = names = sorted({one.naam for one in without})
        raise SettingError(
            f"Deze applicaties kunnen niet bewijzen wie zij zijn: {', '.join(names)}. Daarom luistert de server niet "
            f"op {settings.host}, waar ook andere machines bij kunnen.\nKies een van deze:\n"
            f"- geef elk een wachtwoord: regie applicatie wachtwoord {shlex.quote(first)};\n"
            "- noem haar clientcertificaat in de inrichting: regie applicatie certificaat BESTAND toont de regel;\n"
            "- laat REGIE_HOST, REGIE_PROXY en REGIE_PROXY_ADRESSEN weg; dan kan alleen deze machine erbij;\n"
            "- regelt iets anders wie erbij kan, zet dan REGIE_AFGESCHERMD=true."
        )
    return inrichting


def _name(inrichting: Inrichting) -> str:
    zaaktypen = sum(not zaaktype.vervallen for zaaktype in inrichting.zaaktypen)
    return f"{inrichting.gemeente.naam} ({inrichting.gemeente.code}), {zaaktypen} zaaktypen"


def _access(inrichting: Inrichting) -> str:
    """How one gets in, in the words for the terminal."""
    if inrichting.regels.autorisatie == "open":
        return OPEN
    without = ", ".join(sorted({one.naam for one in inrichting.without_credential}))
    return f"alleen de applicaties van de inrichting{f'; zonder bewijs: {without}' if without else ''}"


def _people(settings: Settings, engine: Engine, address: str) -> str:
    """How people get in, in the words for the terminal; on the own machine a link makes the first beheerder."""
    pages = f"{address}/inloggen"
    if not settings.own_machine:
        return pages
    try:
        with engine.begin() as connection:
            path = first_beheerder(connection)
    except AccountError:
        return pages
    return f"{address}{path}\n  logt één keer in, binnen een half uur, als de eerste beheerder" if path else pages


def _trial(inrichting: Inrichting) -> tuple[Systeem, Systeem] | None:
    """Zender and ontvanger of the message to try it with; a zender that is held to the schema, if there is one."""
    unproven = inrichting.applicaties if inrichting.regels.autorisatie == "open" else inrichting.without_credential
    may = [one for one in unproven if grant_of(inrichting, one).allows(TRIAL_DIENST)]
    may.sort(key=lambda one: inrichting.schema_for(one) != "streng")
    us = Systeem(inrichting.organisatie, inrichting.systeem.applicatie)
    if may:
        zender = may[0]
        return Systeem(zender.organisatie or inrichting.gemeente.code, zender.naam, zender.administratie), us
    if inrichting.regels.unknown_zenders_allowed:
        return Systeem(inrichting.gemeente.code, "Regie-app"), us
    return None


def _practise(inrichting: Inrichting, server: str) -> str:
    """The command line of a back office in the place of the first applicatie that receives on this machine.

    It names the server when that is not at the address where a shell without settings would look.
    """
    here = (one for one in inrichting.applicaties if is_this_machine(one.adres))
    if (first := next(here, None)) is None:
        return ""
    called = sys.argv[0] if Path(sys.argv[0]).name == "regie" else "regie"
    port = urlsplit(first.adres).port or 80
    where = "" if server == DEFAULT_ADDRESS else f" --server {shlex.quote(server)}"
    return f"{called} backoffice --naam {shlex.quote(first.naam)} --poort {port}{where}"


def _listeners(settings: Settings) -> list[socket.socket]:
    """Take the port, and that of health and figures when they have an address of their own."""
    listeners = [_listen("", settings.host, settings.port)]
    if settings.beheer_host:
        listeners.append(_listen("BEHEER_", settings.beheer_host, settings.beheer_port))
    return listeners


def _listen(which: str, host: str, port: int) -> socket.socket:
    """Take a port; port 0 becomes a free one. Connections are answered once the server processes are there.

    `which` is the middle of the names of its settings. Raises SettingError.
    """
    latest = time.monotonic() + _PORT_FREE_S
    while True:
        try:
            return listen(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SettingError(
                    f"REGIE_{which}HOST={host}, REGIE_{which}PORT={port}: hier kan de server niet luisteren "
                    f"({os_reason(error)})."
                ) from error
            if time.monotonic() > latest:
                raise SettingError(
                    f"REGIE_{which}PORT={port}: deze poort is al in gebruik. Draait er al een Regiesysteem? "
                    f"Kies anders een andere poort, bijvoorbeeld: REGIE_{which}PORT={port + 1} make run"
                ) from error
            time.sleep(0.1)


def _show(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()
