"""The engine: counts statements, hides parameters, and notices a restarted server without asking it."""

import io
import re
import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extensions import parse_dsn
from sqlalchemy import URL, Engine, bindparam, column, event, insert, table, text
from sqlalchemy.exc import DBAPIError

from regiesysteem.db import copy, count_statements, kenmerk, libpq_url, make_engine, psycopg2_url
from regiesysteem.embedded import EmbeddedPostgres, embedded_postgres

SSL_REQUEST = bytes.fromhex("0000000804d2162f")  # the question of a client whether the server speaks TLS


def test_statements_are_counted_and_nested_counts_add_up(engine: Engine) -> None:
    with count_statements() as outside, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with count_statements() as inside:
            connection.execute(text("SELECT 2"))
            connection.execute(text("SELECT 3"))
    assert (inside.aantal, outside.aantal) == (2, 3)
    assert outside.seconds > 0


def test_many_rows_are_one_statement(engine: Engine) -> None:
    rows = [
        {"code": f"z{number}", "omschrijving": "x", "soort": "overig", "herkomst": "inrichting"}
        for number in range(900)
    ]
    with engine.begin() as connection, count_statements() as counter:
        connection.execute(insert(table("zaaktype", *map(column, rows[0]))), rows)
    assert counter.aantal == 1


def test_a_copy_is_a_statement_like_any_other(engine: Engine) -> None:
    """It is counted, belongs to the transaction, and its errors are those of every statement."""
    source, target = io.BytesIO(b"1\n2\n3\n"), io.BytesIO()
    with engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE getal (n int)"))
        connection.commit()
        with count_statements() as counter:
            copy(connection, "COPY getal FROM STDIN", source)
            copy(connection, "COPY getal TO STDOUT", target)
        assert target.getvalue() == b"1\n2\n3\n"
        assert counter.aantal == 2
        assert counter.seconds > 0
        connection.rollback()
        assert connection.execute(text("SELECT count(*) FROM getal")).scalar_one() == 0
        with pytest.raises(DBAPIError) as error:
            copy(connection, "COPY getal FROM STDIN", io.BytesIO(b"geen getal\n"))
    assert getattr(error.value.orig, "pgcode", "") == "22P02"


def test_a_copy_on_a_broken_connection_says_that_it_is_broken(engine: Engine) -> None:
    with engine.connect() as connection, engine.connect() as other:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
        with pytest.raises(DBAPIError) as error:
            copy(connection, "COPY pg_class TO STDOUT", io.BytesIO())
        assert error.value.connection_invalidated


def test_an_error_does_not_repeat_the_values(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError) as error:
        connection.execute(text("SELECT CAST(:a AS int) / 0, :b").bindparams(bindparam("a", 1)), {"b": "111222333"})
    assert "111222333" not in str(error.value)


def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    engine = make_engine(database_url, statement_timeout=0.05)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(60)"))
    engine.dispose()


def test_after_a_restart_of_the_server_no_request_fails(tmp_path_factory: pytest.TempPathFactory) -> None:
    with embedded_postgres(tmp_path_factory.mktemp("pg")) as postgres:
        engine = make_engine(postgres.url, connections=3)
        connections = [engine.connect() for _ in range(3)]
        for connection in connections:
            connection.close()
        postgres.stop()
        postgres.ensure_running()
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()


@pytest.mark.parametrize("begin", ["postgres://", "postgresql://", "postgresql+psycopg2://"])
def test_any_postgresql_url_gets_our_driver(begin: str) -> None:
    url = psycopg2_url(f"{begin}iemand:geheim@machine:5432/database")
    assert url.drivername == "postgresql+psycopg2"
    assert url.render_as_string(hide_password=False).endswith("iemand:geheim@machine:5432/database")


def test_libpq_reads_the_same_of_a_url_as_we_do() -> None:
    parts = {"user": "ie mand", "password": "ge+h ?im", "host": "/een map/a+b&c", "dbname": "regie"}
    url = URL.create(
        "postgresql+psycopg2", parts["user"], parts["password"], database="regie", query={"host": parts["host"]}
    )
    assert parse_dsn(libpq_url(url)) == parts


def test_no_name_or_password_goes_to_a_server_that_speaks_no_tls_where_tls_is_asked() -> None:
    """With sslmode in its URL nobody between us and the database hears anything of it."""
    heard: list[bytes] = []

    def answer_without_tls(listener: socket.socket) -> None:
        with closing(listener.accept()[0]) as line:
            heard.append(line.recv(1024))
            line.sendall(b"N")
            heard.append(line.recv(1024))

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=answer_without_tls, args=(listener,))
        thread.start()
        url = f"postgresql://iemand:geheim@127.0.0.1:{listener.getsockname()[1]}/regie?sslmode=verify-full"
        with pytest.raises(DBAPIError, match="SSL"):
            make_engine(url, pool=False).connect()
        thread.join()
    assert heard == [SSL_REQUEST, b""]


def test_sessions_have_the_limits_of_the_settings(postgres: EmbeddedPostgres, database_url: str) -> None:
    engine = make_engine(database_url, statement_timeout=7, lock_timeout=3, naam="proef")
    with engine.connect() as connection:
        asked = ("statement_timeout", "lock_timeout", "application_name", "TimeZone")
        waarden = [connection.execute(text(f"SHOW {naam}")).scalar_one() for naam in asked]
    engine.dispose()
    assert waarden == ["7s", "3s", "proef", "UTC"]


def test_importing_makes_no_connection(tmp_path: Path) -> None:
    make_engine(f"postgresql://niemand@/x?host={tmp_path}").dispose()


def test_a_database_is_known_by_whoever_uses_it_and_another_is_another(engine: Engine, lege_database_url: str) -> None:
    this, other = kenmerk(engine), make_engine(lege_database_url, pool=False)
    assert re.fullmatch("[0-9a-f]{16}", this)
    assert kenmerk(engine) == this != kenmerk(other)
    with other.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION pg_control_system(OUT system_identifier bigint) LANGUAGE plpgsql AS "
            "'BEGIN RAISE insufficient_privilege; END'"
        )
    event.listen(other, "connect", lambda bare, _: bare.cursor().execute("SET search_path = public, pg_catalog"))
    assert kenmerk(other) == "", "a server may keep it from an ordinary role"
