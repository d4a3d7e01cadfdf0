"""Keeps refused messages, a row for each: who sent what, the code, and the places in it, without any value of it.

A flood may not fill the disk or slow the server. Each process keeps `PER_SENDER` rows a minute for a sender, and
`UNPROVEN` for all senders together that proved nothing: they may invent a new name each time. It counts what comes
beyond that, and what the database did not take; the count becomes rows of its own, without a message, at ten, a
hundred, a thousand ... of them, and with the next refusal after the minute.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import psycopg2
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.db import Sql, in_batches
from regiesysteem.logging_ import logger, without_bsn

PER_SENDER: Final = 60
"""Rows that a process keeps a minute for one sender."""
UNPROVEN: Final = 120
"""Rows that a process keeps a minute for all senders together that proved nothing."""
ADDRESS_DAYS: Final = 14
"""Days that the address of the client stays."""
MOST_ROWS: Final = 1_000_000
"""Rows that stay after the nightly clean-up; the oldest go first."""

_MINUTE_S: Final = 60.0
_REST_S: Final = 10.0  # after a failure: a database that is away does not hold up every refusal again
_LENGTHS: Final = {"organisatie": 200, "applicatie": 50, "administratie": 50, "referentienummer": 40}
_LENGTH_ZAAK: Final = 40
_LENGTH_PLACE: Final = 500
_BATCH: Final = 5000

# The commit does not wait for the disk: nobody got a promise that this row is there.
_KEEP: Final = Sql("""
    -- refused messages; of a zaak only when there is one
    INSERT INTO weigering (tijdstip, organisatie, applicatie, administratie, bewezen, bewijs, adres, dienst,
                           referentienummer, zaak, code, http_status, plek, aantal)
    SELECT w.tijdstip, w.organisatie, w.applicatie, w.administratie, w.bewezen, w.bewijs, w.adres, w.dienst,
           w.referentienummer, coalesce((SELECT identificatie FROM zaak WHERE identificatie = w.zaak), ''), w.code,
           w.http_status, w.plek, w.aantal
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS s,
         jsonb_to_recordset(CAST(:rijen AS jsonb)) AS w (
             tijdstip timestamptz, organisatie text, applicatie text, administratie text, bewezen text, bewijs text,
             adres text, dienst text, referentienummer text, zaak text, code text, http_status smallint, plek text,
             aantal bigint)
""")
_READ: Final = Sql("""
    -- refused messages, newest first
    SELECT tijdstip, organisatie, applicatie, administratie, bewezen, bewijs, adres, dienst, referentienummer, zaak,
           code, http_status, plek, aantal
    FROM weigering
    WHERE :applicatie IN ('', applicatie, bewezen) AND :code IN ('', code) AND :zaak IN ('', zaak)
      AND tijdstip >= :sinds
    ORDER BY tijdstip DESC, id DESC
    LIMIT :aantal
""")
_REMOVE: Final = Sql("""
    -- refused messages that are too old, or of which there are too many, a batch at a time
    DELETE FROM weigering WHERE id IN (
        SELECT id FROM weigering
        WHERE tijdstip < :grens OR id <= (SELECT id FROM weigering ORDER BY id DESC OFFSET :hoogstens LIMIT 1)
        ORDER BY id LIMIT :aantal FOR UPDATE SKIP LOCKED)
""")
_FORGET_ADDRESSES: Final = Sql("""
    -- the addresses of refused messages of some time ago, a batch at a time
    UPDATE weigering SET adres = '' WHERE id IN (
        SELECT id FROM weigering WHERE tijdstip < :grens AND adres <> ''
        ORDER BY tijdstip LIMIT :aantal FOR UPDATE SKIP LOCKED)
""")


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A refused message, or a count of them.

    `organisatie`, `applicatie`, `administratie` and `referentienummer` are as sent; `bewezen` is the applicatie that
    the sender proved to be, "" for none, by `bewijs`. `zaak` is the zaak that the message names, kept only when it
    exists. `code` is a StUF code, or a fault code of SOAP. `plek` has names of elements and kinds of deviations.
    """

    tijdstip: datetime
    organisatie: str = ""
    applicatie: str = ""
    administratie: str = ""
    bewezen: str = ""
    bewijs: str = ""
    adres: str = ""
    dienst: str = ""
    referentienummer: str = ""
    zaak: str = ""
    code: str = ""
    http_status: int = 0
    plek: str = ""
    aantal: int = 1


@dataclass(slots=True)
class _Beyond:
    """Refusals that became no row: their number since the last row, and the number at which there is a row again."""

    like: RefusedMessage
    number: int = 0
    at: int = 10


@dataclass(slots=True)
class _Minute:
    """The refusals of one process since `began`."""

    began: float
    kept: dict[tuple[str, ...], int] = field(default_factory=dict)
    unproven: int = 0
    beyond: dict[tuple[str, ...], _Beyond] = field(default_factory=dict)


class RefusalRecord:
    """Keeps the refused messages of one process; for many threads."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._minute = _Minute(clock())
        self._rest_until = float("-inf")

    def __call__(self, message: RefusedMessage) -> None:
        """Keep a refused message, in one statement that is a transaction of its own; never raises for the database."""
        message = _bounded(message)
        with self._lock:
            rows = self._rows(message)
        if not rows:
            return
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                _KEEP.run(connection, {"rijen": orjson.dumps([asdict(row) for row in rows]).decode()})
        except (SQLAlchemyError, psycopg2.Error) as error:
            with self._lock:
                self._rest_until = self._clock() + _REST_S
                for row in rows:
                    self._count(row, row.aantal)
            logger().error("weigering_niet_bewaard", code=message.code, soort=type(error).__name__)

    def _rows(self, message: RefusedMessage) -> list[RefusedMessage]:
        """Give the rows to write now: the message when there is room for it, and counts that are due."""
        now = self._clock()
        if now < self._rest_until:
            self._count(message)
            return []
        out: list[RefusedMessage] = []
        if now - self._minute.began >= _MINUTE_S:
            out += self._counts()
            self._minute = _Minute(now)
        minute, sender = self._minute, _sender(message)
        if minute.kept.get(sender, 0) < PER_SENDER and (message.bewezen or minute.unproven < UNPROVEN):
            minute.kept[sender] = minute.kept.get(sender, 0) + 1
            minute.unproven += not message.bewezen
            return [message, *out]
        beyond = self._count(message)
        if beyond.number >= beyond.at:
            out.append(_row(beyond))
            beyond.number, beyond.at = 0, beyond.at * 10
        return out

    def _counts(self) -> Iterator[RefusedMessage]:
        return (_row(beyond) for beyond in self._minute.beyond.values() if beyond.number)

    def _count(self, message: RefusedMessage, number: int = 1) -> _Beyond:
        """Count a message for its sender; those who prove nothing, and are not among the first, count together."""
        sender = _sender(message)
        if not message.bewezen and sender not in self._minute.kept:
            message, sender = RefusedMessage(message.tijdstip), ()
        beyond = self._minute.beyond.setdefault(sender, _Beyond(message))
        beyond.number += number
        return beyond


def _sender(message: RefusedMessage) -> tuple[str, ...]:
    if message.bewezen:
        return (message.bewezen,)
    return message.adres, message.organisatie, message.applicatie, message.administratie


def _row(beyond: _Beyond) -> RefusedMessage:
    """A row for refusals that have none of their own."""
    return replace(
        beyond.like, dienst="", referentienummer="", zaak="", code="", http_status=0, plek="", aantal=beyond.number
    )


def _bounded(message: RefusedMessage) -> RefusedMessage:
    """Bound the texts that came with the message, without a BSN or a character that a terminal would obey."""
    bounded: dict[str, Any] = {name: _safe(getattr(message, name), length) for name, length in _LENGTHS.items()}
    plek = without_bsn(message.plek)[:_LENGTH_PLACE]
    return replace(message, **bounded, zaak=message.zaak if len(message.zaak) <= _LENGTH_ZAAK else "", plek=plek)


def _safe(text: str, length: int) -> str:
    return without_bsn("".join(sign if sign.isprintable() else "?" for sign in text[:length]))


def read_refusals(
    connection: Connection,
    *,
    applicatie: str = "",
    code: str = "",
    zaak: str = "",
    since: datetime | None = None,
    most: int | None = None,
) -> list[RefusedMessage]:
    """Give refused messages, newest first; `applicatie` as the message said, or as it was proven."""
    since = since or datetime.min.replace(tzinfo=UTC)
    parameters = {"applicatie": applicatie, "code": code, "zaak": zaak, "sinds": since, "aantal": most}
    return [RefusedMessage(**row) for row in _READ.run(connection, parameters).mappings()]


def clean_up_refusals(engine: Engine, keep_days: int) -> dict[str, int]:
    """Remove refused messages of more than so many days ago, and addresses of two weeks ago, in batches.

    Gives how many rows and addresses went.
    """
    now = datetime.now(UTC)
    old = {"grens": now - timedelta(days=keep_days), "hoogstens": MOST_ROWS}
    some_time_ago = {"grens": now - timedelta(days=ADDRESS_DAYS)}
    return {
        "weigeringen": in_batches(engine, _REMOVE, old, _BATCH),
        "adressen": in_batches(engine, _FORGET_ADDRESSES, some_time_ago, _BATCH),
    }
