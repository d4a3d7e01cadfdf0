"""The road to PostgreSQL: engine, declarative base, and how many statements a message costs."""

import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.engine import URL, Engine, ExceptionContext, make_url
from sqlalchemy.exc import InvalidatePoolError, ProgrammingError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, PoolProxiedConnection

from regiesysteem.config import Settings

_ROWS_PER_BATCH = 1000
_POOL_TIMEOUT_S = 10
_DIALECT = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
_COPY = "regie_kopie"  # the execution option with the reader or writer of a COPY
_COPY_BLOCK = 256 * 1024

CONNECT_TIMEOUT_S = 5
"""Seconds that connecting to the database may take."""

READ_ONLY = "25006"
"""SQLSTATE of a statement that would write to a database that can only be read."""

# Names that migrations can refer to on every machine.
NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

TEXT = sa.Text(collation="C")
"""Text of messages: sorted and compared by code point, as Python does, whatever collation the database has."""


_KENMERK = """
    SELECT left(encode(sha256(convert_to(system_identifier || '/' || oid, 'UTF8')), 'hex'), 16)
    FROM pg_control_system(), pg_database WHERE datname = current_database()
"""


class CopySource(Protocol):
    """The source of COPY FROM STDIN."""

    def read(self, count: int = -1, /) -> bytes:
        """Give the next bytes, none at the end."""


class CopyTarget(Protocol):
    """The target of COPY TO STDOUT."""

    def write(self, block: bytes, /) -> object:
        """Take the next bytes."""


def kenmerk(engine: Engine) -> str:
    """Tell which database this is, as 16 hexadecimal digits: the same on every machine, different for another database.

    A back-up that is restored elsewhere is another system, so the digits depend on nothing in a back-up. Empty for a
    role that may not ask. Raises SQLAlchemyError without a database.
    """
    with engine.connect() as connection:
        try:
            value: str = connection.exec_driver_sql(_KENMERK).scalar_one()
        except ProgrammingError:
            return ""
    return value


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = sa.MetaData(naming_convention=NAMING)


@dataclass
class StatementCounter:
    """The statements (without BEGIN and COMMIT) and seconds of the database in one context."""

    aantal: int = 0
    seconds: float = 0.0


class Sql:
    """A statement with :names for its parameters, compiled for psycopg2 once and not at each use.

    SQLAlchemy compiles a `text()` at each use, which takes longer than psycopg2 takes to send it.
    """

    __slots__ = ("_sql",)

    def __init__(self, text: str) -> None:
        """Compile the statement."""
        self._sql = str(sa.text(text).compile(dialect=_DIALECT))

    def __str__(self) -> str:
        """The statement as psycopg2 gets it, with %(name)s for each parameter."""
        return self._sql

    def run(self, connection: sa.Connection, parameters: Mapping[str, Any] | None = None) -> sa.CursorResult[Any]:
        """Execute it in the transaction of this connection. Raises the errors of SQLAlchemy."""
        return connection.exec_driver_sql(self._sql, dict(parameters or {}))


def in_batches(engine: sa.Engine, statement: Sql, parameters: Mapping[str, Any], rows: int) -> int:
    """Run a statement that changes at most `:aantal` rows until none are left, and give how many it changed.

    Each time is a transaction of its own: a year of rows in one would hold up the vacuum of everything else.
    """
    total = 0
    while True:
        with engine.begin() as connection:
            count = statement.run(connection, {**parameters, "aantal": rows}).rowcount
        total += count
        if count < rows:
            return total


_counter: ContextVar[StatementCounter | None] = ContextVar("statement_teller", default=None)


@contextmanager
def count_statements() -> Iterator[StatementCounter]:
    """Count the statements of this thread on every engine of `make_engine`; a nested count counts for both."""
    counter = StatementCounter()
    outside = _counter.get()
    token = _counter.set(counter)
    try:
        yield counter
    finally:
        _counter.reset(token)
        if outside is not None:
            outside.aantal += counter.aantal
            outside.seconds += counter.seconds


def psycopg2_url(url: str) -> URL:
    """Give a `postgres://` or `postgresql://` URL the driver of this project."""
    return make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg2")


def libpq_url(url: URL) -> str:
    """Write a URL as libpq reads it: to SQLAlchemy a + in the query is a space, to libpq it is a +."""
    adres, question_mark, rest = url.set(drivername="postgresql").render_as_string(hide_password=False).partition("?")
    return f"{adres}{question_mark}{rest.replace('+', '%20')}"


def make_engine(
    url: str,
    *,
    connections: int = 5,
    pool: bool = True,
    statement_timeout: float = 30,
    lock_timeout: float = 10,
    connect_timeout: int = CONNECT_TIMEOUT_S,
    naam: str = "regiesysteem",
    options: Mapping[str, str | int] | None = None,
) -> Engine:
    """Make an engine; nothing connects before the first use.

    Timeouts are in seconds; `options` are settings of its sessions that differ from ours. `pool=False` gives a
    connection per use, for commands and short-lived checks.
    """
    complete = psycopg2_url(url)
    connect_args = {"connect_timeout": connect_timeout, "application_name": naam, **network_limits(statement_timeout)}
    pool_choice: dict[str, Any] = (
        {"pool_size": connections, "max_overflow": 0, "pool_timeout": _POOL_TIMEOUT_S, "pool_use_lifo": True}
        if pool
        else {"poolclass": NullPool}
    )
    engine = sa.create_engine(
        complete,
        connect_args=connect_args,
        json_serializer=_json_text,
        json_deserializer=orjson.loads,
        executemany_mode="values_plus_batch",
        executemany_batch_page_size=_ROWS_PER_BATCH,
        insertmanyvalues_page_size=_ROWS_PER_BATCH,
        hide_parameters=True,  # an error text may reach a log, and parameters hold BSNs
        **pool_choice,
    )
    settings = _session_settings(complete, statement_timeout, lock_timeout, options or {})
    event.listen(engine, "connect", lambda dbapi_connection, _record: _apply(dbapi_connection, settings))
    event.listen(engine, "checkout", _refuse_closed_connection)
    event.listen(engine, "handle_error", _drop_read_only)
    event.listen(engine, "do_execute", _run_copy)
    event.listen(engine, "before_cursor_execute", _begin_statement)
    event.listen(engine, "after_cursor_execute", _end_statement)
    return engine


def engine_for(settings: Settings, url: str, *, pool: bool = True) -> Engine:
    """Make the engine of a process with its settings; `url` is that of the server or of the embedded PostgreSQL."""
    return make_engine(
        url,
        connections=settings.connections,
        pool=pool,
        statement_timeout=settings.statement_timeout,
        lock_timeout=settings.lock_timeout,
    )


def copy(connection: Connection, command: str, file: CopySource | CopyTarget) -> None:
    """Execute `COPY ... FROM STDIN` from something with `read`, or `COPY ... TO STDOUT` to something with `write`.

    It is a statement like any other: in the transaction of `connection`, counted, with the same errors. `connection`
    must be of an engine of `make_engine`.
    """
    connection.exec_driver_sql(command, execution_options={_COPY: file})


def _run_copy(cursor: Any, statement: str, _parameters: Any, context: Any) -> bool:
    """Execute a statement ourselves, instead of SQLAlchemy, when it is a COPY with a reader or writer.

    psycopg2 has a method of its own for COPY, which SQLAlchemy does not know.
    """
    file = context.execution_options.get(_COPY) if context is not None else None
    if file is None:
        return False
    cursor.copy_expert(statement, file, _COPY_BLOCK)
    return True


def network_limits(seconds: float) -> dict[str, int]:
    """The options for libpq that end a statement within so many seconds when the network is silent.

    The kernel of a busy server still answers its probes. The rest of the seconds is for one new connection.
    """
    silence = min(60, max(seconds / 2, seconds - CONNECT_TIMEOUT_S - 1))
    probe = min(10, max(1, int(silence // 5)))
    return {
        "keepalives_idle": probe,
        "keepalives_interval": probe,
        "keepalives_count": 3,
        "tcp_user_timeout": int(silence * 1000),
    }


def _session_settings(
    url: URL, statement_timeout: float, lock_timeout: float, others: Mapping[str, str | int]
) -> dict[str, str]:
    """Settings of each session; settings in the options of the URL are left alone."""
    own = str(url.query.get("options", ""))
    settings = {
        "statement_timeout": round(statement_timeout * 1000),
        "lock_timeout": round(lock_timeout * 1000),
        # A process that hangs in a transaction must not hold its locks for ever.
        "idle_in_transaction_session_timeout": round(statement_timeout * 1000) + 30_000,
        # A process on a machine that went away must not either: the server sends it probes.
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
        "timezone": "UTC",
        "jit": "off",  # compiling costs more than our short queries take
        **others,
    }
    return {name: str(value) for name, value in settings.items() if f"{name}=" not in own}


def _apply(dbapi_connection: Any, settings: Mapping[str, str]) -> None:
    """Set them with a statement: PgBouncer refuses a connection that brings them along as options."""
    dbapi_connection.autocommit = True
    with dbapi_connection.cursor() as cursor:
        calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        cursor.execute(f"SELECT {calls}", [text for pair in settings.items() for text in pair])
    dbapi_connection.autocommit = False


def _drop_read_only(context: ExceptionContext) -> None:
    """Treat a session that can only read as a broken one: after a failover it stays with the old server."""
    if getattr(context.original_exception, "pgcode", None) == READ_ONLY:
        context.is_disconnect = True


def _json_text(waarde: object) -> str:
    return orjson.dumps(waarde).decode()


def _refuse_closed_connection(
    dbapi_connection: Any, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """See without a round trip whether the server closed this connection while it was in the pool.

    An idle connection has no messages: when its socket is readable, a server that restarted has said goodbye.
    """
    poll = select.poll()
    poll.register(dbapi_connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise InvalidatePoolError("server closed the connection")


def _begin_statement(
    _conn: Any, _cursor: Any, _statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    counter = _counter.get()
    if counter is None:
        return
    # A list goes to psycopg2, which sends it in pages; insertmanyvalues comes here once for each page of its own.
    counter.aantal += -(-len(parameters) // _ROWS_PER_BATCH) if executemany and isinstance(parameters, list) else 1
    if context is not None:
        context.regie_begin = time.perf_counter()


def _end_statement(
    _conn: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _executemany: bool
) -> None:
    counter = _counter.get()
    begin = getattr(context, "regie_begin", None)
    if counter is not None and begin is not None:
        counter.seconds += time.perf_counter() - begin
