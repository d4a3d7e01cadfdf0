"""`regie serve`: everything from an empty directory to a server that answers, and back to no process at all."""

import contextlib
import errno
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import typer
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import MPServer
from sqlalchemy import Engine

from regiesysteem import metrics, paden
from regiesysteem.config import Instellingen, InstellingFout
from regiesysteem.database import engine_voor
from regiesysteem.embedded import bewaak, ingebedde_postgres
from regiesysteem.inrichting.actueel import lees_inrichting
from regiesysteem.inrichting.laden import laad_bij_start
from regiesysteem.logboek import granian_logconfig, logger, stel_logboek_in
from regiesysteem.migratie import migreer
from regiesysteem.overzicht import starttekst

_GELIJKTIJDIG = 256  # requests that a process takes in at a time; the others wait in the kernel's queue
_KOPREGELS_MS = 15_000  # for the header of a request
_POORT_VRIJ_S = 5.0  # what a server that is just ending may take to let go of its port
_HERSTARTS = (
    5  # in this many seconds, more than this many times: then something is wrong that starting again does not mend
)
_HERSTARTS_S = 60.0


def serve(instellingen: Instellingen) -> None:
    """Start everything, serve until a signal says stop, and leave no process behind.

    Raises InstellingFout, PostgresFout, MigratieFout or InrichtingFout, in Dutch, when it cannot start.
    """
    stel_logboek_in(instellingen.log, proces="serve")
    # Until granian takes the signals over, a stop must also run the clean-up below.
    for signaal in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signaal, lambda *_: sys.exit(0))
    poort = _kies_poort(instellingen.host, instellingen.port)
    with _database(instellingen) as (url, omschrijving):
        os.environ["REGIE_DATABASE_URL"] = url
        motor = engine_voor(instellingen, url, pool=False)
        inrichting = _bereid_voor(instellingen, motor)
        motor.dispose()
        metrics.leg_tellermap_aan(instellingen.data_dir, str(poort))
        adres = f"http://{_voor_url(instellingen.host)}:{poort}"
        tekst = starttekst(adres, database=omschrijving, inrichting=inrichting)
        threading.Thread(target=_meld_klaar, args=(adres, tekst), daemon=True).start()
        _draai(instellingen, poort)
    logger().info("gestopt")


@contextlib.contextmanager
def _database(instellingen: Instellingen) -> Iterator[tuple[str, str]]:
    """Give the URL of the database and what to call it; an embedded one is watched and ends with us."""
    if instellingen.database_url:
        yield instellingen.database_url, "de PostgreSQL-server van REGIE_DATABASE_URL"
        return
    stoppen = threading.Event()
    with ingebedde_postgres(instellingen.data_dir) as postgres:
        wacht = threading.Thread(target=bewaak, args=(postgres, stoppen), daemon=True)
        wacht.start()
        try:
            yield postgres.url, f"ingebedde PostgreSQL in {instellingen.data_dir / 'postgres'}"
        finally:
            # It must not start again what is about to be stopped.
            stoppen.set()
            wacht.join()


def _bereid_voor(instellingen: Instellingen, motor: Engine) -> str:
    """Migrate, load the inrichting, and tell which it is. Refuses to be open to other machines by accident."""
    migratie = migreer(motor)
    if migratie.gedaan:
        logger().info("gemigreerd", van=migratie.van, naar=migratie.naar)
    voorbeeld = instellingen.inrichting.resolve() == paden.voorbeeld_inrichting().resolve()
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
    return f"{inrichting.gemeente.naam} ({inrichting.gemeente.code}), {len(inrichting.zaaktypen)} zaaktypen"


def _draai(instellingen: Instellingen, poort: int) -> None:
    """Run the server processes until a signal; granian gives up when one dies at once after starting, we try again."""
    # A process that starts clean has no locks, threads or connections of ours.
    multiprocessing.set_start_method("spawn", force=True)
    herstarts: list[float] = []
    while True:
        server = _granian(instellingen, poort)
        try:
            server.serve()
        except SystemExit:
            nu = time.monotonic()
            herstarts = [moment for moment in herstarts if nu - moment < _HERSTARTS_S] + [nu]
            if server.interrupt_signal:
                return
            if len(herstarts) > _HERSTARTS:
                raise
            logger().error("serverprocessen_opnieuw")
        else:
            return


def _granian(instellingen: Instellingen, poort: int) -> MPServer:
    server = MPServer(
        "regiesysteem.asgi:app",
        factory=True,
        interface=Interfaces.ASGINL,
        address=instellingen.host,
        port=poort,
        workers=instellingen.workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_KOPREGELS_MS),
        websockets=False,
        backpressure=_GELIJKTIJDIG,
        respawn_failed_workers=True,
        workers_kill_timeout=instellingen.stop_timeout,
        log_dictconfig=granian_logconfig(),
    )

    def ook_bij_een_gesloten_terminal() -> None:
        signal.signal(signal.SIGHUP, server.signal_handler_interrupt)

    server.on_startup(ook_bij_een_gesloten_terminal)
    return server


def _kies_poort(host: str, poort: int) -> int:
    """Check that we can listen; granian itself would share the port with whoever has it. Port 0 becomes a free one."""
    uiterlijk = time.monotonic() + _POORT_VRIJ_S
    while True:
        try:
            familie, soort, protocol, _, adres = socket.getaddrinfo(host, poort, type=socket.SOCK_STREAM)[0]
            with socket.socket(familie, soort, protocol) as proef:
                proef.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                proef.bind(adres)
                proef.listen(1)
                gekozen: int = proef.getsockname()[1]
                return gekozen
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


def _voor_url(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - not to listen on but to show
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _meld_klaar(adres: str, tekst: str) -> None:
    """Print `tekst` once the server answers."""
    while True:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{adres}/healthz", timeout=1).close()  # noqa: S310 - our own address
            typer.echo(tekst)
            sys.stdout.flush()
            return
        time.sleep(0.05)
