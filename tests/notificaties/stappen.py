"""Rows of notifications, put straight into the tables, and the commands on them."""

from typing import Any

from sqlalchemy import Engine, insert, text
from typer.testing import CliRunner

from regiesysteem.cli import app
from regiesysteem.zakenmagazijn.modellen.notificatie import NotificatieRij


def notificatie(engine: Engine, referentienummer: str, **anders: Any) -> int:
    """A message to Wmo that waits; its id."""
    rij = {"ontvanger": "Wmo", "stroom": referentienummer, "soort": "notificeerOverZaak", "inhoud": b"<x/>"} | anders
    maak = insert(NotificatieRij).values(rij | {"referentienummer": referentienummer}).returning(NotificatieRij.id)
    with engine.begin() as verbinding:
        return verbinding.execute(maak).scalar_one()


def sql(engine: Engine, vraag: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """What a statement gives, in a transaction of its own."""
    with engine.begin() as verbinding:
        uitkomst = verbinding.execute(text(vraag), parameters)
        return [tuple(rij) for rij in uitkomst] if uitkomst.returns_rows else []


def doe(database_url: str, *argumenten: str) -> tuple[int, str, str]:
    """A command: its exit code, output and errors."""
    uitkomst = CliRunner().invoke(app, argumenten, env={"REGIE_DATABASE_URL": database_url})
    assert uitkomst.exception is None or isinstance(uitkomst.exception, SystemExit), uitkomst.exception
    return uitkomst.exit_code, uitkomst.stdout, uitkomst.stderr
