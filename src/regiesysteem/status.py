"""`regie status`: tells in a few lines what works, from outside and without starting anything."""

import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.config import Instellingen, webadres
from regiesysteem.db import maak_engine, psycopg2_url
from regiesysteem.embedded import IngebeddePostgres
from regiesysteem.inrichting.current import GeenInrichting, lees_inrichting
from regiesysteem.job_worker import tel_workers
from regiesysteem.local import vraag
from regiesysteem.migrate import hoofdrevisie, revisie
from regiesysteem.notifications.reports import gestrand, standen

_SECONDEN = 3
_SCHATTING = "SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE schemaname = current_schema()"
_TELT = {"zaak": "zaken", "document": "documenten", "bericht": "berichten"}
"""Each table, and what its rows are."""


@dataclass(frozen=True)
class StatusLine:
    """One line: the thing that was checked, whether it works, and a remark."""

    wat: str
    goed: bool
    tekst: str


def bekijk(instellingen: Instellingen) -> list[StatusLine]:
    """Check the web server, the database, its tables, the inrichting, the worker and its backlog."""
    regels = [_webserver(instellingen)]
    url, naam = instellingen.database_url, "server"
    if not url:
        postgres = IngebeddePostgres.vind(instellingen.data_dir)
        if postgres is None:
            tekst = f"ingebed in {instellingen.data_dir / 'postgres'}, niet gestart; regie serve start haar"
            return [*regels, StatusLine("database", goed=False, tekst=tekst)]
        url, naam = postgres.url, f"ingebed in {instellingen.data_dir / 'postgres'}"
    motor = maak_engine(url, pool=False, statement_timeout=_SECONDEN, verbind_timeout=_SECONDEN, naam="regie status")
    stappen = {
        "database": lambda m: _database(m, naam),
        "tabellen": _tabellen,
        "inrichting": _inrichting,
        "gegevens": _gegevens,
        "worker": _worker,
        "notificaties": _notificaties,
    }
    for wat, kijk in stappen.items():
        regels.append(_regel(wat, kijk, motor))
        if not regels[-1].goed and wat not in ("gegevens", "worker", "notificaties"):
            break
    motor.dispose()
    return regels


def _regel(wat: str, kijk: Callable[[Engine], tuple[bool, str]], motor: Engine) -> StatusLine:
    try:
        goed, tekst = kijk(motor)
    except SQLAlchemyError as fout:
        return StatusLine(wat, goed=False, tekst=str(fout.__cause__ or fout).strip().replace("\n", " "))
    return StatusLine(wat, goed, tekst)


def _webserver(instellingen: Instellingen) -> StatusLine:
    adres = webadres(instellingen.host, instellingen.port)
    try:
        with vraag(f"{adres}/readyz", timeout=_SECONDEN):
            return StatusLine("webserver", goed=True, tekst=f"{urlsplit(adres).netloc} is klaar voor berichten")
    except urllib.error.HTTPError as fout:
        with fout:
            return StatusLine(
                "webserver", goed=False, tekst=f"{adres}: {fout.read(500).decode(errors='replace').strip()}"
            )
    except OSError:
        return StatusLine("webserver", goed=False, tekst=f"{adres} antwoordt niet")


def _database(motor: Engine, naam: str) -> tuple[bool, str]:
    with motor.connect() as verbinding:
        versie = verbinding.exec_driver_sql("SHOW server_version").scalar_one()
        grootte = verbinding.exec_driver_sql("SELECT pg_size_pretty(pg_database_size(current_database()))").scalar_one()
        alleen_lezen = verbinding.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on"
    tekst = f"PostgreSQL {versie}, {naam} ({psycopg2_url(str(motor.url)).database}, {grootte})"
    return not alleen_lezen, f"{tekst} kan nu alleen gelezen worden" if alleen_lezen else tekst


def _tabellen(motor: Engine) -> tuple[bool, str]:
    with motor.connect() as verbinding:
        heeft = revisie(verbinding)
    if heeft == hoofdrevisie():
        return True, f"op {heeft}"
    return False, f"op {heeft or 'geen revisie'}, deze versie vraagt {hoofdrevisie()}; regie migreer brengt ze daar"


def _inrichting(motor: Engine) -> tuple[bool, str]:
    try:
        with motor.connect() as verbinding:
            inrichting = lees_inrichting(verbinding)
    except GeenInrichting as fout:
        return False, str(fout)
    return True, (
        f"{inrichting.gemeente.naam} ({inrichting.gemeente.code}), stand {inrichting.versie}, "
        f"{sum(not een.vervallen for een in inrichting.zaaktypen)} zaaktypen, "
        f"{len(inrichting.applicaties)} applicaties, "
        f"autorisatie {inrichting.regels.autorisatie}"
    )


def _gegevens(motor: Engine) -> tuple[bool, str]:
    """The numbers of rows, as PostgreSQL estimates them: counting takes time in proportion."""
    with motor.connect() as verbinding:
        aantal = {rij.relname: rij.n_live_tup for rij in verbinding.exec_driver_sql(_SCHATTING)}
    return True, "ongeveer " + ", ".join(f"{aantal.get(tabel, 0)} {wat}" for tabel, wat in _TELT.items())


def _worker(motor: Engine) -> tuple[bool, str]:
    aantal = tel_workers(motor)
    if aantal:
        return True, f"{aantal} actief"
    return False, "er draait er geen: notificaties blijven liggen; regie serve start er een (REGIE_MET_WORKER)"


def _notificaties(motor: Engine) -> tuple[bool, str]:
    with motor.connect() as verbinding:
        rijen, vast = standen(verbinding), gestrand(verbinding)
    samen = {naam: sum(rij[naam] for rij in rijen) for naam in ("wacht", "bezorgd")}
    rust = ", ".join(rij["ontvanger"] for rij in rijen if rij["fouten"] and rij["wacht"])
    tekst = f"{samen['bezorgd']} bezorgd, {samen['wacht']} wachten, {vast} gestrand"
    return not vast, f"{tekst}; moeite met {rust}" if rust else tekst
