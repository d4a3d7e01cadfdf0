"""Health and figures, for operators: whether a message can be taken, and the counters."""

from contextlib import suppress

from flask import Flask, Response
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem import migrate
from regiesysteem.config import Settings
from regiesysteem.db import kenmerk, make_engine
from regiesysteem.http.headers import plain_text
from regiesysteem.local import KENMERK_HEADER
from regiesysteem.logging_ import logger
from regiesysteem.metrics import Counters
from regiesysteem.notifications.reports import show_figures

_CHECK_S = 1  # an answer about health that comes late is the wrong answer
_CONNECT_S = 2  # the least that libpq takes
_ONLY_READ = "SELECT current_setting('transaction_read_only') = 'on'"
# Two megabytes that do not fit in memory go to a temporary file: a full disk is noticed, and nothing of it stays.
_WRITE_TRIAL = """
    SET LOCAL work_mem = '64kB';
    WITH proef AS MATERIALIZED (SELECT repeat('x', 8000) AS x FROM generate_series(1, 250))
    SELECT sum(length(x)) FROM proef
"""
_OBJECTIONS = {
    "53100": "de schijf van de database is vol",
    "53": "de database heeft geen ruimte of verbindingen over",
}


def trial_engine(settings: Settings) -> Engine:
    """Make the engine of the questions about health, which fail soon."""
    return make_engine(
        settings.database_url,
        pool=False,
        statement_timeout=_CHECK_S,
        lock_timeout=_CHECK_S,
        connect_timeout=_CONNECT_S,
        naam="regie readyz",
    )


def state_of_database(engine: Engine) -> str:
    """Give the reason, in Dutch, why the database cannot take a message; empty when it can."""
    try:
        with engine.connect() as connection:
            revisie = migrate.revisie(connection)
            only_read = connection.exec_driver_sql(_ONLY_READ).scalar_one()
            connection.exec_driver_sql(_WRITE_TRIAL)
    except SQLAlchemyError as error:
        # The text of the driver names machine and user; callers of /readyz need not know those.
        logger().warning("database_onbereikbaar", reden=str(error.__cause__ or error).strip())
        state = getattr(getattr(error, "orig", None), "pgcode", None) or ""
        return _OBJECTIONS.get(state) or _OBJECTIONS.get(state[:2], "de database is niet bereikbaar")
    if revisie != migrate.head_revision():
        return f"de database is op revisie {revisie or 'geen'} en moet op {migrate.head_revision()} zijn"
    return "de database kan alleen gelezen worden" if only_read else ""


def add_beheer(app: Flask, counters: Counters, trial: Engine) -> None:
    """Add the routes for operators: whether it is ready, and figures."""

    @app.get("/readyz")
    def ready() -> Response:
        objection = state_of_database(trial)
        answer = plain_text(objection or "ok", 503 if objection else 200)
        with suppress(SQLAlchemyError):
            answer.headers[KENMERK_HEADER] = "" if objection else kenmerk(trial)
        return answer

    @app.get("/metrics")
    def figures() -> Response:
        inhoud, kind = counters.show()
        return Response(inhoud + show_figures(trial), content_type=kind)
