"""Rows of notifications, put straight into the tables, and the commands on them."""

from typing import Any

from sqlalchemy import Engine, column, text
from tests.conftest import insert_into
from typer.testing import CliRunner

from regiesysteem.notifications import cli

OPDRACHTEN = {"notificaties": cli.notificaties, "postvak": cli.postvak}
"""Without what `regie` does first: that changes the log of this process."""


def notificatie(engine: Engine, referentienummer: str, **anders: Any) -> int:
    """A message to Wmo that waits; its id."""
    rij = {"ontvanger": "Wmo", "stroom": referentienummer, "soort": "notificeerOverZaak", "inhoud": b"<x/>"} | anders
    maak = insert_into("notificatie", rij | {"referentienummer": referentienummer}).returning(column("id"))
    with engine.begin() as verbinding:
        return verbinding.execute(maak).scalar_one()


def sql(engine: Engine, vraag: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """What a statement gives, in a transaction of its own."""
    with engine.begin() as verbinding:
        uitkomst = verbinding.execute(text(vraag), parameters)
        return [tuple(rij) for rij in uitkomst] if uitkomst.returns_rows else []


def doe(database_url: str, *argumenten: str) -> tuple[int, str, str]:
    """A command: its exit code, output and errors."""
    naam, *rest = argumenten
    uitkomst = CliRunner().invoke(OPDRACHTEN[naam], rest, env={"REGIE_DATABASE_URL": database_url, "COLUMNS": "240"})
    assert uitkomst.exception is None or isinstance(uitkomst.exception, SystemExit), uitkomst.exception
    return uitkomst.exit_code, uitkomst.stdout, uitkomst.stderr
