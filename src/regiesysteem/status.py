"""`regie status`: tells in a few lines what works, from outside and without starting anything."""

import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.config import Settings, web_address
from regiesysteem.db import make_engine, psycopg2_url
from regiesysteem.embedded import EmbeddedPostgres
from regiesysteem.inrichting.current import NoInrichting, read_inrichting
from regiesysteem.local import get_own
from regiesysteem.migrate import head_revision, objection_to_revision, revisie
from regiesysteem.notifications.reports import count_stranded, states
from regiesysteem.worker import count_workers

_SECONDS = 3
_ESTIMATE = "SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE schemaname = current_schema()"
_COUNTS = {"zaak": "zaken", "document": "documenten", "bericht": "berichten"}
"""Each table, and what its rows are."""


@dataclass(frozen=True)
class StatusLine:
    """One line: the thing that was checked, whether it works, and a remark."""

    what: str
    good: bool
    text: str


def look_at(settings: Settings) -> list[StatusLine]:
    """Check the web server, the database, its tables, the inrichting, the worker and its backlog."""
    lines = [_webserver(settings)]
    url, name = settings.database_url, "server"
    if not url:
        postgres = EmbeddedPostgres.find(settings.data_dir)
        if postgres is None:
            text = f"ingebed in {settings.data_dir / 'postgres'}, niet gestart; regie serve start haar"
            return [*lines, StatusLine("database", good=False, text=text)]
        url, name = postgres.url, f"ingebed in {settings.data_dir / 'postgres'}"
    engine = make_engine(url, pool=False, statement_timeout=_SECONDS, connect_timeout=_SECONDS, naam="regie status")
    steps = {
        "database": lambda m: _database(m, name),
        "tabellen": _tables,
        "inrichting": _inrichting,
        "gegevens": _data,
        "worker": _worker,
        "notificaties": _notificaties,
    }
    for what, look in steps.items():
        lines.append(_line(what, look, engine))
        if not lines[-1].good and what not in ("gegevens", "worker", "notificaties"):
            break
    engine.dispose()
    return lines


def _line(what: str, look: Callable[[Engine], tuple[bool, str]], engine: Engine) -> StatusLine:
    try:
        good, text = look(engine)
    except SQLAlchemyError as error:
        return StatusLine(what, good=False, text=str(error.__cause__ or error).strip().replace("\n", " "))
    return StatusLine(what, good, text)


def _webserver(settings: Settings) -> StatusLine:
    adres = web_address(settings.host, settings.port)
    beheer = web_address(settings.beheer_host, settings.beheer_port) if settings.beheer_host else adres
    try:
        with get_own(f"{beheer}/readyz", timeout=_SECONDS):
            return StatusLine("webserver", good=True, text=f"{urlsplit(adres).netloc} is klaar voor berichten")
    except urllib.error.HTTPError as error:
        with error:
            return StatusLine(
                "webserver", good=False, text=f"{beheer}: {error.read(500).decode(errors='replace').strip()}"
            )
    except OSError:
        return StatusLine("webserver", good=False, text=f"{beheer} antwoordt niet")


def _database(engine: Engine, naam: str) -> tuple[bool, str]:
    with engine.connect() as connection:
        versie = connection.exec_driver_sql("SHOW server_version").scalar_one()
        size = connection.exec_driver_sql("SELECT pg_size_pretty(pg_database_size(current_database()))").scalar_one()
        only_read = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on"
    text = f"PostgreSQL {versie}, {naam} ({psycopg2_url(str(engine.url)).database}, {size})"
    return not only_read, f"{text} kan nu alleen gelezen worden" if only_read else text


def _tables(engine: Engine) -> tuple[bool, str]:
    with engine.connect() as connection:
        heeft = revisie(connection)
    if heeft == head_revision():
        return True, f"op {heeft}"
    if reason := objection_to_revision(heeft):
        return False, reason
    return False, f"op {heeft or 'geen revisie'}, deze versie vraagt {head_revision()}; regie migreer brengt ze daar"


def _inrichting(engine: Engine) -> tuple[bool, str]:
    try:
        with engine.connect() as connection:
            inrichting = read_inrichting(connection)
    except NoInrichting as error:
        return False, str(error)
    unproven = ", ".join(sorted({one.naam for one in inrichting.without_credential}))
    return True, (
        f"{inrichting.gemeente.naam} ({inrichting.gemeente.code}), stand {inrichting.versie}, "
        f"{sum(not one.vervallen for one in inrichting.zaaktypen)} zaaktypen, "
        f"{len(inrichting.applicaties)} applicaties, "
        f"autorisatie {inrichting.regels.autorisatie}" + (f"; zonder bewijs: {unproven}" if unproven else "")
    )


def _data(engine: Engine) -> tuple[bool, str]:
    """The numbers of rows, as PostgreSQL estimates them: counting takes time in proportion."""
    with engine.connect() as connection:
        count = {row.relname: row.n_live_tup for row in connection.exec_driver_sql(_ESTIMATE)}
    return True, "ongeveer " + ", ".join(f"{count.get(table, 0)} {what}" for table, what in _COUNTS.items())


def _worker(engine: Engine) -> tuple[bool, str]:
    count = count_workers(engine)
    if count:
        return True, f"{count} actief"
    return False, "er draait er geen: notificaties blijven liggen; regie serve start er een (REGIE_MET_WORKER)"


def _notificaties(engine: Engine) -> tuple[bool, str]:
    with engine.connect() as connection:
        rows, stuck = states(connection), count_stranded(connection)
    together = {name: sum(row[name] for row in rows) for name in ("wacht", "bezorgd")}
    rest = ", ".join(row["ontvanger"] for row in rows if row["fouten"] and row["wacht"])
    text = f"{together['bezorgd']} bezorgd, {together['wacht']} wachten, {stuck} gestrand"
    return not stuck, f"{text}; moeite met {rest}" if rest else text
