"""With a role of its own, as docs/gebruiken/beheer.md makes it, the application works and cannot touch the read log."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from tests.access.logstappen import last, people, pseudonyms
from tests.berichten.bouw import client, lk01, lv01, new_number, zaak
from tests.berichten.documenten import edc_lv01
from tests.diensten.documentstappen import add
from tests.diensten.stappen import sleutel
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.access.inzage import NotTheOwner, Search, drop_months, find_looks, make_months, person_of_bsn
from regiesysteem.config import Settings
from regiesysteem.db import make_engine
from regiesysteem.embedded import SUPERUSER, EmbeddedPostgres
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters
from regiesysteem.migrate import migrate
from regiesysteem.worker import keep_inzage

PAGE = (Path(__file__).parents[2] / "docs/gebruiken/beheer.md").read_text()
ROLE = f"app_{os.getpid()}"


@pytest.fixture(scope="module")
def owner(module_database_url: str) -> Iterator[Engine]:
    """The engine of who owns the tables."""
    engine = make_engine(module_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def app(postgres: EmbeddedPostgres, owner: Engine) -> Iterator[Engine]:
    """The engine of the application, with the rights that the page gives it."""
    with closing(psycopg2.connect(postgres.url_for(SUPERUSER, SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {ROLE} LOGIN")
    [sql] = re.findall(r"### Twee rollen\n.*?```sql\n(.*?)```", PAGE, re.DOTALL)
    with owner.begin() as connection_:
        connection_.exec_driver_sql(sql.replace("regie_app", ROLE), execution_options={"no_parameters": True})
    engine = make_engine(postgres.url_for(str(make_url(str(owner.url)).database), ROLE))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def door(app: Engine) -> Door:
    """The doors of the application in its own role, which starts as `regie serve` does."""
    assert not migrate(app).done
    load_inrichting(app, read_text(config.example_inrichting().read_text(), "test"))
    return Door(Client(make_soap_app(Settings(), app, Counters())), app)


@pytest.fixture(scope="module")
def number(door: Door) -> str:
    """A zaak that was asked for, with its document."""
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, relaties=client("999990019"))))
    document = add(door, number)
    door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(document))
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number)))
    return number


def test_the_application_answers_and_its_look_is_there(door: Door, number: str) -> None:
    assert last(door).zaken == [number]
    assert people(last(door)) == pseudonyms(door, "bsn:999990019")
    with door.engine.connect() as connection:
        found = list(find_looks(connection, Search(person_of_bsn("999990019"))))
    assert [look.wat for look in found] == ["geefZaakdocumentLezen_Lv01", "geefZaakdetails_Lv01"]


@pytest.mark.parametrize(
    "command",
    [
        "UPDATE inzage SET applicatie = 'Ander'",
        "DELETE FROM inzage",
        "TRUNCATE inzage",
        "INSERT INTO inzage_betrokkene SELECT * FROM inzage_betrokkene",
        "DELETE FROM inzage_betrokkene",
        "UPDATE inzage_betrokkene SET soort = 'object'",
        "DROP TABLE inzage",
        "ALTER TABLE inzage DISABLE TRIGGER ALL",
        "CREATE OR REPLACE FUNCTION regie_inzage_blijft() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "SELECT sleutel FROM inzage_sleutel",
        "UPDATE inzage_sleutel SET sleutel = sha256('')",
    ],
)
@pytest.mark.usefixtures("number")
def test_the_application_changes_deletes_and_drops_nothing(door: Door, command: str) -> None:
    before = door.counts("inzage", "inzage_betrokkene")
    with door.engine.connect() as connection, pytest.raises(ProgrammingError) as error:
        connection.execute(text(command))
    assert isinstance(error.value.orig, InsufficientPrivilege)
    assert door.counts("inzage", "inzage_betrokkene") == before


def test_the_rights_of_a_month_are_those_of_the_log(door: Door, owner: Engine, number: str) -> None:
    """Also of a month that was made after the rights were given."""
    month = last(door).tijdstip.strftime("%Y%m")
    with owner.begin() as connection:
        for table in ("inzage_betrokkene", "inzage"):
            connection.execute(text(f"DROP TABLE {table}_{month}"))
    make_months(door.engine)
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number)))
    assert last(door).zaken == [number]
    for command in ("DELETE FROM", "TRUNCATE", "DROP TABLE"):
        with door.engine.connect() as connection, pytest.raises(ProgrammingError) as error:
            connection.execute(text(f"{command} inzage_{month}"))
        assert isinstance(error.value.orig, InsufficientPrivilege)


def test_old_months_are_for_the_owner(door: Door, owner: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with owner.begin() as connection:
        connection.execute(
            text("CREATE TABLE inzage_202001 PARTITION OF inzage FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")
        )
    with pytest.raises(NotTheOwner):
        drop_months(door.engine, 30)
    keep_inzage(door.engine, 30)
    assert "inzage_niet_opgeruimd" in capsys.readouterr().out
    assert drop_months(owner, 30) == ["202001"]
