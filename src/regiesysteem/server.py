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
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem import config
from regiesysteem.config import STANDAARDADRES, Instellingen, InstellingFout, maak_data_dir, webadres
from regiesysteem.db import engine_voor
from regiesysteem.embedded import houd_draaiend, ingebedde_postgres
from regiesysteem.http.app import PROEFDIENST, Partij, maak_app, starttekst
from regiesysteem.http.front import CONNECTIONS, Front, listen
from regiesysteem.http.processes import Processes, places
from regiesysteem.inrichting.current import Inrichting, lees_inrichting
from regiesysteem.inrichting.load import laad_bij_start
from regiesysteem.job_worker import Jobwerker, tel_workers
from regiesysteem.local import is_deze_machine
from regiesysteem.logging_ import logger, stel_logboek_in
from regiesysteem.metrics import Gedeeld, Tellers
from regiesysteem.migrate import migreer
from regiesysteem.signals import STOP, signal_pipe
from regiesysteem.stuf import schema

_POORT_VRIJ_S = 5.0  # for a server that is just ending to release its port
_KIJK_S = 1.0
_WORKER_S = 0.1  # between two checks whether the worker works
_WORKER_KLAAR_S = 15.0  # messages are taken without one too
_KLAAR_S = 60.0  # a server that does not answer by then never will
_ANDERE_BESTANDEN = 256  # that a process has open beside its connections: the database, the log, the storage
_MB = 1_000_000


def serve(instellingen: Instellingen) -> None:
    """Start everything, serve until a signal says stop, and leave no process behind.

    This process has no threads: it forks. Raises InstellingFout, PostgresFout, MigratieFout or InrichtingFout, in
    Dutch, when it cannot start.
    """
    stel_logboek_in(instellingen.log, proces="serve")
    signalen = Signalen()
    luisteraar = _luister(instellingen.host, instellingen.port)
    maak_data_dir(instellingen.data_dir)
    with contextlib.closing(luisteraar), _database(instellingen) as (url, omschrijving, kijk_na):
        signalen.stop_als_gevraagd()
        os.environ["REGIE_DATABASE_URL"] = url
        motor = engine_voor(instellingen, url, pool=False)
        inrichting = _bereid_voor(instellingen, motor)
        signalen.stop_als_gevraagd()
        adres = webadres(instellingen.host, luisteraar.getsockname()[1])
        tekst = starttekst(
            adres,
            database=omschrijving,
            inrichting=_noem(inrichting),
            proef=_proef(inrichting),
            oefenen=_oefenen(inrichting, adres),
        )
        worker = Jobwerker(instellingen.stop_timeout) if instellingen.met_worker else None
        processen = _processen(instellingen.model_copy(update={"database_url": url}), luisteraar)
        Bewaker(signalen, luisteraar, processen, worker, kijk_na).draai(motor, tekst)
    logger().info("gestopt")


class Signalen:
    """The signals that say stop, or that a child process ended; for a process that waits for other things too."""

    def __init__(self) -> None:
        """From now on the signals come here."""
        self._lezer = signal_pipe((*STOP, signal.SIGCHLD))
        os.set_blocking(self._lezer, False)
        self.gestopt = False

    def stop_als_gevraagd(self) -> None:
        """Raise SystemExit when there was a stop."""
        self.wacht((), 0)
        if self.gestopt:
            sys.exit(0)

    def wacht(self, lijnen: Iterable[socket.socket], seconden: float) -> None:
        """Wait until there is a signal, or something on one of these lines, at most so many seconds."""
        poll = select.poll()
        for bron in (self._lezer, *(lijn.fileno() for lijn in lijnen)):
            poll.register(bron, select.POLLIN)
        poll.poll(seconden * 1000)
        with contextlib.suppress(BlockingIOError):
            while gekomen := os.read(self._lezer, 256):
                self.gestopt = self.gestopt or any(nummer in STOP for nummer in gekomen)


class Bewaker:
    """Looks after the server processes, the worker and the embedded database, from start to stop."""

    def __init__(
        self,
        signalen: Signalen,
        luisteraar: socket.socket,
        processen: Processes,
        worker: Jobwerker | None,
        kijk_na: Callable[[], object],
    ) -> None:
        """Nothing starts before `draai`; `kijk_na` looks after the database."""
        self._signalen = signalen
        self._luisteraar = luisteraar
        self._processen = processen
        self._worker = worker
        self._kijk_na = kijk_na

    def draai(self, motor: Engine, tekst: str) -> None:
        """Serve until a signal; shows `tekst` once messages are answered. Exits with 1 when that never comes."""
        try:
            if self._worker is not None:
                self._worker.start()
            schema.laad()
            tempfile.gettempdir()  # chosen once, and not by each process when its disk is full
            self._processen.start()
            gelukt = self._wacht_tot_klaar(motor)
            if gelukt:
                _toon(tekst)
                while not self._signalen.gestopt:
                    self._kijk(_KIJK_S)
            self._stop()
        finally:
            self._processen.kill()
            if self._worker is not None:
                self._worker.dood()
        if not gelukt:
            sys.exit(1)

    def _wacht_tot_klaar(self, motor: Engine) -> bool:
        """Tell whether it is ready; True too when a stop comes first."""
        begin = time.monotonic()
        while not self._signalen.gestopt and not self._processen.ready:
            if time.monotonic() > begin + _KLAAR_S:
                logger().error("serverprocessen_starten_niet", seconden=_KLAAR_S)
                return False
            self._kijk(_KIJK_S)
        if self._worker is not None:
            while not self._signalen.gestopt and time.monotonic() < begin + _WORKER_KLAAR_S and not _werkt(motor):
                self._kijk(_WORKER_S)
        return True

    def _stop(self) -> None:
        self._luisteraar.close()
        self._processen.stop()
        if self._worker is not None:
            self._worker.stop()
        while not (self._processen.ended and (self._worker is None or self._worker.gestopt)):
            self._kijk(_KIJK_S)

    def _kijk(self, seconden: float) -> None:
        self._signalen.wacht(self._processen.lines(), seconden)
        self._processen.look()
        if self._worker is not None:
            self._worker.kijk()
        self._kijk_na()


def _werkt(motor: Engine) -> bool:
    with contextlib.suppress(SQLAlchemyError):
        return tel_workers(motor) > 0
    return False


def _processen(instellingen: Instellingen, luisteraar: socket.socket) -> Processes:
    """The server processes, still to be started; the objects that they need and can share are made here."""
    gedeeld = Gedeeld(places(instellingen.workers))
    verbindingen = _max_verbindingen()

    def werk(lijn: socket.socket, plaats: int) -> None:
        stel_logboek_in(instellingen.log, proces="web")
        front = Front(
            maak_app(instellingen, Tellers(gedeeld, plaats)),
            luisteraar,
            threads=instellingen.threads,
            max_bytes=instellingen.max_bericht_mb * _MB,
            patience=instellingen.lees_timeout,
            connections=verbindingen,
        )
        front.run(lijn, instellingen.stop_timeout)

    return Processes(
        werk,
        count=instellingen.workers,
        name="regie web",
        keep=(luisteraar.fileno(),),
        stop_timeout=instellingen.stop_timeout,
        max_bytes=instellingen.worker_max_mb * _MB,
    )


def _max_verbindingen() -> int:
    """The largest number that the file descriptors allow: a message and its answer may each need a temporary file."""
    zacht, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    nodig = 3 * CONNECTIONS + _ANDERE_BESTANDEN
    if zacht != resource.RLIM_INFINITY and zacht < nodig:
        # The processes that serve are ours, and so inherit this.
        zacht = nodig if hard == resource.RLIM_INFINITY else min(nodig, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (zacht, hard))
        return max(1, min(CONNECTIONS, (zacht - _ANDERE_BESTANDEN) // 3))
    return CONNECTIONS


@contextlib.contextmanager
def _database(instellingen: Instellingen) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """Give the URL of the database, what to call it, and what to do now and then so that it stays."""
    if instellingen.database_url:
        yield instellingen.database_url, "de PostgreSQL-server van REGIE_DATABASE_URL", lambda: None
        return
    with ingebedde_postgres(instellingen.data_dir) as postgres:
        waar = f"ingebedde PostgreSQL in {instellingen.data_dir / 'postgres'}"
        yield postgres.url, waar, lambda: houd_draaiend(postgres)


def _bereid_voor(instellingen: Instellingen, motor: Engine) -> Inrichting:
    """Migrate, load the inrichting, and give it. Refuses to be open to other machines by accident."""
    migratie = migreer(motor)
    if migratie.gedaan:
        logger().info("gemigreerd", van=migratie.van, naar=migratie.naar)
    voorbeeld = instellingen.inrichting.resolve() == config.voorbeeld_inrichting().resolve()
    laad_bij_start(motor, instellingen.inrichting, gekozen=not voorbeeld)
    with motor.connect() as verbinding:
        inrichting = lees_inrichting(verbinding)
    if inrichting.regels.autorisatie == "open" and not (instellingen.alleen_lokaal or instellingen.afgeschermd):
        raise InstellingFout(
            'De inrichting heeft autorisatie = "open": wie het adres kent, mag alles. '
            f"Daarom luistert de server niet op {instellingen.host}.\nKies een van deze:\n"
            "- laat REGIE_HOST weg; dan is hij alleen op deze machine bereikbaar;\n"
            '- zet in de inrichting autorisatie = "applicaties" en noem de applicaties die mogen;\n'
            "- regelt iets anders wie erbij kan (een container waarvan de poort alleen op 127.0.0.1 is gepubliceerd, "
            "een proxy), zet dan REGIE_AFGESCHERMD=true."
        )
    return inrichting


def _noem(inrichting: Inrichting) -> str:
    zaaktypen = sum(not zaaktype.vervallen for zaaktype in inrichting.zaaktypen)
    return f"{inrichting.gemeente.naam} ({inrichting.gemeente.code}), {zaaktypen} zaaktypen"


def _proef(inrichting: Inrichting) -> tuple[Partij, Partij] | None:
    """Zender and ontvanger of the message to try it with; a zender that is held to the schema, if there is one."""
    mogen = [een for een in inrichting.applicaties if inrichting.dienst_toegestaan(een, PROEFDIENST)]
    mogen.sort(key=lambda een: inrichting.schema_voor(een) != "streng")
    ons = Partij(inrichting.organisatie, inrichting.systeem.applicatie)
    if mogen:
        zender = mogen[0]
        return Partij(zender.organisatie or inrichting.gemeente.code, zender.naam, zender.administratie), ons
    if inrichting.regels.onbekende_zenders_mogen:
        return Partij(inrichting.gemeente.code, "Regie-app"), ons
    return None


def _oefenen(inrichting: Inrichting, server: str) -> str:
    """The command line of a back office in the place of the first applicatie that receives on this machine.

    It names the server when that is not at the address where a shell without settings would look.
    """
    hier = (een for een in inrichting.applicaties if is_deze_machine(een.adres))
    if (eerste := next(hier, None)) is None:
        return ""
    aangeroepen = sys.argv[0] if Path(sys.argv[0]).name == "regie" else "regie"
    poort = urlsplit(eerste.adres).port or 80
    waar = "" if server == STANDAARDADRES else f" --server {shlex.quote(server)}"
    return f"{aangeroepen} backoffice --naam {shlex.quote(eerste.naam)} --poort {poort}{waar}"


def _luister(host: str, poort: int) -> socket.socket:
    """Take the port; port 0 becomes a free one. Connections are answered once the server processes are there."""
    uiterlijk = time.monotonic() + _POORT_VRIJ_S
    while True:
        try:
            return listen(host, poort)
        except OSError as fout:
            if fout.errno != errno.EADDRINUSE:
                raise InstellingFout(
                    f"REGIE_HOST={host}, REGIE_PORT={poort}: hier kan de server niet luisteren ({fout.strerror})."
                ) from fout
            if time.monotonic() > uiterlijk:
                raise InstellingFout(
                    f"REGIE_PORT={poort}: deze poort is al in gebruik. Draait er al een Regiesysteem? "
                    f"Kies anders een andere poort, bijvoorbeeld: REGIE_PORT={poort + 1} make run"
                ) from fout
            time.sleep(0.1)


def _toon(tekst: str) -> None:
    typer.echo(tekst)
    sys.stdout.flush()
