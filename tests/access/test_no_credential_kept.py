"""A credential that came along, right or wrong, is afterwards nowhere: not in a table, the log or an answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import structlog
from sqlalchemy import text
from tests.access.conftest import GWS, PASSWORDS, Doors, basic, outcome, token
from tests.berichten.bouw import lk01, lv01, new_number, zaak

WRONG = "een verkeerd wachtwoord"
TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"


def secrets_of(password: str) -> Iterator[str]:
    """A password, and the form that it has in a header."""
    yield password
    yield basic("GWS4all", password)["Authorization"].removeprefix("Basic ")


def kept(doors: Doors) -> str:
    """Every row of every table; bytes as text, because a message is kept as bytes."""
    with doors.engine.connect() as connection:
        tables = connection.execute(text(TABLES)).scalars().all()
        assert len(tables) > 20
        rows = [row for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]
    cells = (bytes(cell) if isinstance(cell, memoryview) else cell for row in rows for cell in row)
    return "\n".join(cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in cells)


@pytest.mark.parametrize("password", [PASSWORDS[GWS], WRONG])
def test_a_password_is_afterwards_nowhere(make_doors: Callable[..., Doors], password: str) -> None:
    doors = make_doors()
    ways = ({"headers": basic("GWS4all", password)}, {"header": token("GWS4all", password)})
    with ExitStack() as stack:
        lines = stack.enter_context(structlog.testing.capture_logs())
        answers = [
            doors.send(dienst, bericht, **way)  # type: ignore[arg-type]
            for way in ways
            for dienst, bericht in (
                ("creeerZaak_Lk01", lk01("T", zaak(new_number()))),
                ("zakLv01", lv01()),
                ("zakLv01", lv01().replace("ZAK</", "ONZIN</")),
            )
        ]
    assert {outcome(answer)[0] for answer in answers} == ({401, 429} if password == WRONG else {200, 500})
    assert lines, "there is a line for each message"
    told = "\n".join([kept(doors), repr(lines), *(f"{answer.headers}{answer.text}" for answer in answers)])
    assert "GWS4all" in told
    assert [secret for secret in secrets_of(password) if secret in told] == []
