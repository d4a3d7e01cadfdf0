"""`regie serve`: everything from an empty directory to a server that answers, and back to no process at all."""

import contextlib
import errno
import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import typer
from sqlalchemy import Engine

from regiesysteem import metrics, paden
from regiesysteem.config import STANDAARDADRES, Instellingen, InstellingFout, maak_data_dir, webadres
from regiesysteem.database import engine_voor
from regiesysteem.embedded import bewaak, ingebedde_postgres
from regiesysteem.inrichting.actueel import Inrichting, lees_inrichting
from regiesysteem.inrichting.laden import laad_bij_start
from regiesysteem.jobwerker import Jobwerker, wacht_op_worker
from regiesysteem.logboek import logger, stel_logboek_in
from regiesysteem.migratie import migreer
from regiesysteem.nabij import is_deze_machine
from regiesysteem.overzicht import PROEFDIENST, Partij, starttekst
from regiesysteem.serverprocessen import Serverprocessen

_POORT_VRIJ_S = 5.0  # what a server that is just ending may take to let go of its port


def serve(instellingen: Instellingen) -> None:
    """Start everything, serve until a signal says stop, and leave no process behind.

    Raises InstellingFout, PostgresFout, MigratieFout or InrichtingFout, in Dutch, when it cannot start.
    """
    stel_logboek_in(instellingen.log, proces="serve")
    # Until granian takes the signals over, a stop must also run the clean-up below.
    for signaal in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signaal, lambda *_: sys.exit(0))
    poort = _kies_poort(instellingen.host, instellingen.port)
    # The counters are kept there also when the database is elsewhere.
    maak_data_dir(instellingen.data_dir)
    with _database(instellingen) as (url, omschrijving):
        os.environ["REGIE_DATABASE_URL"] = url
        motor = engine_voor(instellingen, url, pool=False)
        inrichting = _bereid_voor(instellingen, motor)
        motor.dispose()
        metrics.leg_tellermap_aan(instellingen.data_dir, str(poort))
        adres = webadres(instellingen.host, poort)
        tekst = starttekst(
            adres,
            database=omschrijving,
            inrichting=_noem(inrichting),
            proef=_proef(inrichting),
            oefenen=_oefenen(inrichting, adres),
        )
        worker = Jobwerker(instellingen.stop_timeout) if instellingen.met_worker else contextlib.nullcontext()

        def klaar() -> None:
            if instellingen.met_worker:
                wacht_op_worker(motor)
            _toon(tekst)

        with worker:
            Serverprocessen(instellingen, poort).draai(adres, klaar=klaar)
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


def _bereid_voor(instellingen: Instellingen, motor: Engine) -> Inrichting:
    """Migrate, load the inrichting, and give it. Refuses to be open to other machines by accident."""
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
    return inrichting


def _noem(inrichting: Inrichting) -> str:
    zaaktypen = sum(not zaaktype.vervallen for zaaktype in inrichting.zaaktypen)
    return f"{inrichting.gemeente.naam} ({inrichting.gemeente.code}), {zaaktypen} zaaktypen"


def _proef(inrichting: Inrichting) -> tuple[Partij, Partij] | None:
    """Zender and ontvanger of the message to try it with; the zender one that is held to the schema, if there is."""
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

    It names the server when that is not where a shell without settings would look.
    """
    hier = (een for een in inrichting.applicaties if is_deze_machine(een.adres))
    if (eerste := next(hier, None)) is None:
        return ""
    aangeroepen = sys.argv[0] if Path(sys.argv[0]).name == "regie" else "regie"
    poort = urlsplit(eerste.adres).port or 80
    waar = "" if server == STANDAARDADRES else f" --server {shlex.quote(server)}"
    return f"{aangeroepen} backoffice --naam {shlex.quote(eerste.naam)} --poort {poort}{waar}"


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


def _toon(tekst: str) -> None:
    typer.echo(tekst)
    sys.stdout.flush()
