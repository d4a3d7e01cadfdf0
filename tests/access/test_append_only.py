"""The read log only grows: rows stay as they are, months come by themselves and go as a whole."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from tests.access.logstappen import last
from tests.berichten.bouw import lv01
from tests.diensten.stappen import new, sleutel
from tests.soap.conftest import Door

from regiesysteem.access.inzage import drop_months, make_months

TABLES = ("inzage", "inzage_betrokkene")


def months(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent IN "
                "('inzage'::regclass, 'inzage_betrokkene'::regclass)"
            )
        )
        return set(found.scalars())


def of(moment: datetime) -> set[str]:
    return {f"{table}_{moment:%Y%m}" for table in TABLES}


@pytest.mark.parametrize("table", [*TABLES, *(f"{table}_{datetime.now(UTC):%Y%m}" for table in TABLES)])
@pytest.mark.parametrize("command", ["UPDATE {} SET tijdstip = tijdstip", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_the_owner_changes_or_deletes_a_row(door: Door, table: str, command: str) -> None:
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(new(door))))
    with door.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO inzage_betrokkene SELECT tijdstip, id, span_id, sha256(span_id), 'object' FROM inzage "
                "ON CONFLICT DO NOTHING"
            )
        )
    before = door.counts(*TABLES)
    with door.engine.connect() as connection, pytest.raises(ProgrammingError) as error:
        connection.execute(text(command.format(table)))
    assert isinstance(error.value.orig, InsufficientPrivilege)
    assert door.counts(*TABLES) == before


def test_a_look_makes_its_month_when_no_worker_did(door: Door) -> None:
    """Otherwise a worker that was away for three months would stop every question."""
    with door.engine.begin() as connection:
        for part in months(door.engine):
            connection.execute(text(f"DROP TABLE {part}"))
    number = new(door)
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number)))
    assert last(door).zaken == [number]
    assert of(datetime.now(UTC)) <= months(door.engine)
    assert len(months(door.engine)) == 6


@pytest.fixture
def old_months(engine: Engine) -> Iterator[None]:
    """Partitions of January and February 2020."""
    with engine.begin() as connection:
        for table in TABLES:
            for begin, end in (("2020-01-01", "2020-02-01"), ("2020-02-01", "2020-03-01")):
                part = f"{table}_{begin[:7].replace('-', '')}"
                connection.execute(
                    text(f"CREATE TABLE {part} PARTITION OF {table} FOR VALUES FROM ('{begin}') TO ('{end}')")
                )
    return


@pytest.mark.usefixtures("old_months")
def test_a_month_goes_when_its_last_day_is_past_the_term(engine: Engine) -> None:
    now = datetime.now(UTC)
    assert drop_months(engine, (now - datetime(2020, 1, 31, tzinfo=UTC)).days) == []
    assert drop_months(engine, (now - datetime(2020, 2, 2, tzinfo=UTC)).days) == ["202001"]
    assert not of(datetime(2020, 1, 1, tzinfo=UTC)) & months(engine)
    assert of(datetime(2020, 2, 1, tzinfo=UTC)) <= months(engine)
    assert drop_months(engine, 1) == ["202002"]
    assert of(now) <= months(engine)


def test_making_months_twice_changes_nothing(engine: Engine) -> None:
    before = months(engine)
    make_months(engine)
    assert months(engine) == before
    assert len(before) == 6
