"""Shared by the tests of the inrichting: a small right inrichting, ways to change it, a database."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from regiesysteem.db import make_engine
from regiesysteem.inrichting.load import Difference, Parsed, load_inrichting, read_text

Raw = dict[str, Any]


def _waarde(waarde: object) -> str:
    """One value. An int that is too long for decimals (Python limits them) goes in hexadecimals."""
    if isinstance(waarde, int) and abs(waarde) > 10**100:
        return hex(waarde)
    if isinstance(waarde, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_waarde(v)}" for k, v in waarde.items()) + " }"
    if isinstance(waarde, list):
        return "[" + ", ".join(map(_waarde, waarde)) + "]"
    if isinstance(waarde, dt.date | dt.time):
        return waarde.isoformat()
    # TOML takes no DEL in a text, and JSON writes it as it is.
    return json.dumps(waarde).replace("\x7f", "\\u007f") if isinstance(waarde, str) else str(waarde).lower()


def write_toml(raw: Raw) -> str:
    """Any tree of dicts and lists as TOML, on one line per key."""
    return "\n".join(f"{json.dumps(sleutel)} = {_waarde(waarde)}" for sleutel, waarde in raw.items())


def _raw() -> Raw:
    return {
        "gemeente": {"code": "1900", "naam": "Voorbeeldgemeente"},
        "systeem": {"ook_bekend_als": ["CDR"]},
        "regels": {},
        "applicatie": [{"naam": "GWS4all", "organisatie": "1900", "adres": "", "diensten": ["*"]}],
        "zaaktype": [
            {
                "code": "B1026",
                "omschrijving": "Aanvraag minima",
                "soort": "deelplan",
                "doorlooptijd_dagen": 42,
                "status": [
                    {"volgnummer": 1, "code": "Ontv", "omschrijving": "Ontvangen"},
                    {"volgnummer": 2, "code": "Afgeh", "omschrijving": "Afgehandeld", "eindstatus": True},
                ],
                "resultaat": [{"omschrijving": "Toegekend"}],
            },
            {"code": "GP", "omschrijving": "Gezinsplan", "soort": "gezinsplan", "trefwoorden": ["regie"]},
        ],
        "abonnement": [{"applicatie": "GWS4all", "zaaktype": "*", "gebeurtenis": ["Creeer zaak"]}],
    }


@pytest.fixture
def raw() -> Raw:
    """The tables of a small inrichting that is right."""
    return _raw()


@pytest.fixture(scope="session")
def as_toml() -> Callable[[Raw], str]:
    """Write tables as TOML."""
    return write_toml


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a migrated database of this test alone, with room for its threads."""
    made = make_engine(database_url, connections=12)
    yield made
    made.dispose()


Load = Callable[[Raw], Difference]


@pytest.fixture
def load(engine: Engine) -> Load:
    """Load tables into the database."""

    def do(raw: Raw) -> Difference:
        parsed: Parsed = read_text(write_toml(raw), "test.toml")
        return load_inrichting(engine, parsed)

    return do


@pytest.fixture
def rows(engine: Engine) -> Callable[[str], list[Any]]:
    """Rows of a query, for what only the database shows."""

    def do(question: str) -> list[Any]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question))]

    return do


def waiting(connection: Connection) -> int:
    """How many other sessions wait for the lock of the inrichting."""
    return connection.execute(
        text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
             " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
    ).scalar_one()  # fmt: skip


@pytest.fixture
def wait_on_waiting(engine: Engine) -> Callable[[int], None]:
    """Return when so many sessions wait for the lock; pg_sleep keeps the asking quiet."""

    def do(count: int) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for _ in range(3000):
                if waiting(connection) >= count:
                    return
                connection.execute(text("SELECT pg_sleep(0.02)"))
        raise AssertionError(f"no {count} sessions wait")

    return do
