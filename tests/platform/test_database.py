"""The engine: counts statements, hides parameters, and notices a restarted server without asking it."""

import io
import re
from pathlib import Path

import pytest
from psycopg2.extensions import parse_dsn
from sqlalchemy import URL, Engine, bindparam, column, event, insert, table, text
from sqlalchemy.exc import DBAPIError

from regiesysteem.db import kenmerk, kopieer, libpq_url, maak_engine, psycopg2_url, tel_statements
from regiesysteem.embedded import IngebeddePostgres, ingebedde_postgres


def test_statements_are_counted_and_nested_counts_add_up(engine: Engine) -> None:
    with tel_statements() as buiten, engine.connect() as verbinding:
        verbinding.execute(text("SELECT 1"))
        with tel_statements() as binnen:
            verbinding.execute(text("SELECT 2"))
            verbinding.execute(text("SELECT 3"))
    assert (binnen.aantal, buiten.aantal) == (2, 3)
    assert buiten.seconden > 0


def test_many_rows_are_one_statement(engine: Engine) -> None:
    rijen = [
        {"code": f"z{nummer}", "omschrijving": "x", "soort": "overig", "herkomst": "inrichting"}
        for nummer in range(900)
    ]
    with engine.begin() as verbinding, tel_statements() as teller:
        verbinding.execute(insert(table("zaaktype", *map(column, rijen[0]))), rijen)
    assert teller.aantal == 1


def test_a_copy_is_a_statement_like_any_other(engine: Engine) -> None:
    """It is counted, belongs to the transaction, and its errors are those of every statement."""
    bron, doel = io.BytesIO(b"1\n2\n3\n"), io.BytesIO()
    with engine.connect() as verbinding:
        verbinding.execute(text("CREATE TEMPORARY TABLE getal (n int)"))
        verbinding.commit()
        with tel_statements() as teller:
            kopieer(verbinding, "COPY getal FROM STDIN", bron)
            kopieer(verbinding, "COPY getal TO STDOUT", doel)
        assert doel.getvalue() == b"1\n2\n3\n"
        assert teller.aantal == 2
        assert teller.seconden > 0
        verbinding.rollback()
        assert verbinding.execute(text("SELECT count(*) FROM getal")).scalar_one() == 0
        with pytest.raises(DBAPIError) as fout:
            kopieer(verbinding, "COPY getal FROM STDIN", io.BytesIO(b"geen getal\n"))
    assert getattr(fout.value.orig, "pgcode", "") == "22P02"


def test_a_copy_on_a_broken_connection_says_that_it_is_broken(engine: Engine) -> None:
    with engine.connect() as verbinding, engine.connect() as ander:
        pid = verbinding.execute(text("SELECT pg_backend_pid()")).scalar_one()
        ander.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
        with pytest.raises(DBAPIError) as fout:
            kopieer(verbinding, "COPY pg_class TO STDOUT", io.BytesIO())
        assert fout.value.connection_invalidated


def test_an_error_does_not_repeat_the_values(engine: Engine) -> None:
    with engine.connect() as verbinding, pytest.raises(DBAPIError) as fout:
        verbinding.execute(text("SELECT CAST(:a AS int) / 0, :b").bindparams(bindparam("a", 1)), {"b": "111222333"})
    assert "111222333" not in str(fout.value)


def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    motor = maak_engine(database_url, statement_timeout=0.05)
    with motor.connect() as verbinding, pytest.raises(DBAPIError, match="statement timeout"):
        verbinding.execute(text("SELECT pg_sleep(60)"))
    motor.dispose()


def test_after_a_restart_of_the_server_no_request_fails(tmp_path_factory: pytest.TempPathFactory) -> None:
    with ingebedde_postgres(tmp_path_factory.mktemp("pg")) as postgres:
        motor = maak_engine(postgres.url, verbindingen=3)
        verbindingen = [motor.connect() for _ in range(3)]
        for verbinding in verbindingen:
            verbinding.close()
        postgres.stop()
        postgres.zorg_dat_hij_draait()
        with motor.connect() as verbinding:
            assert verbinding.execute(text("SELECT 1")).scalar_one() == 1
        motor.dispose()


@pytest.mark.parametrize("begin", ["postgres://", "postgresql://", "postgresql+psycopg2://"])
def test_any_postgresql_url_gets_our_driver(begin: str) -> None:
    url = psycopg2_url(f"{begin}iemand:geheim@machine:5432/database")
    assert url.drivername == "postgresql+psycopg2"
    assert url.render_as_string(hide_password=False).endswith("iemand:geheim@machine:5432/database")


def test_libpq_reads_the_same_of_a_url_as_we_do() -> None:
    delen = {"user": "ie mand", "password": "ge+h ?im", "host": "/een map/a+b&c", "dbname": "regie"}
    url = URL.create(
        "postgresql+psycopg2", delen["user"], delen["password"], database="regie", query={"host": delen["host"]}
    )
    assert parse_dsn(libpq_url(url)) == delen


def test_sessions_have_the_limits_of_the_settings(postgres: IngebeddePostgres, database_url: str) -> None:
    motor = maak_engine(database_url, statement_timeout=7, lock_timeout=3, naam="proef")
    with motor.connect() as verbinding:
        gevraagd = ("statement_timeout", "lock_timeout", "application_name", "TimeZone")
        waarden = [verbinding.execute(text(f"SHOW {naam}")).scalar_one() for naam in gevraagd]
    motor.dispose()
    assert waarden == ["7s", "3s", "proef", "UTC"]


def test_importing_makes_no_connection(tmp_path: Path) -> None:
    maak_engine(f"postgresql://niemand@/x?host={tmp_path}").dispose()


def test_a_database_is_known_by_whoever_uses_it_and_another_is_another(engine: Engine, lege_database_url: str) -> None:
    deze, ander = kenmerk(engine), maak_engine(lege_database_url, pool=False)
    assert re.fullmatch("[0-9a-f]{16}", deze)
    assert kenmerk(engine) == deze != kenmerk(ander)
    with ander.begin() as verbinding:
        verbinding.exec_driver_sql(
            "CREATE FUNCTION pg_control_system(OUT system_identifier bigint) LANGUAGE plpgsql AS "
            "'BEGIN RAISE insufficient_privilege; END'"
        )
    event.listen(ander, "connect", lambda kaal, _: kaal.cursor().execute("SET search_path = public, pg_catalog"))
    assert kenmerk(ander) == "", "a server may keep it from an ordinary role"
