"""Rows of notifications, put straight into the tables, and the commands on them."""

from typing import Any

from sqlalchemy import Engine, column, text
from tests.conftest import insert_into
from typer.testing import CliRunner

from regiesysteem.notifications import cli

COMMANDS = {"notificaties": cli.notificaties, "postvak": cli.postvak}
"""Without what `regie` does first: that changes the log of this process."""


def notificatie(engine: Engine, referentienummer: str, **otherwise: Any) -> int:
    """A message to Wmo that waits; its id."""
    row = {"ontvanger": "Wmo", "stroom": referentienummer, "soort": "notificeerOverZaak", "inhoud": b"<x/>"} | otherwise
    make = insert_into("notificatie", row | {"referentienummer": referentienummer}).returning(column("id"))
    with engine.begin() as connection:
        return connection.execute(make).scalar_one()


def sql(engine: Engine, question: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The result of a statement, in a transaction of its own."""
    with engine.begin() as connection:
        outcome = connection.execute(text(question), parameters)
        return [tuple(row) for row in outcome] if outcome.returns_rows else []


def do(database_url: str, *arguments: str) -> tuple[int, str, str]:
    """A command: its exit code, output and errors."""
    naam, *rest = arguments
    outcome = CliRunner().invoke(COMMANDS[naam], rest, env={"REGIE_DATABASE_URL": database_url, "COLUMNS": "240"})
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, outcome.stdout, outcome.stderr
