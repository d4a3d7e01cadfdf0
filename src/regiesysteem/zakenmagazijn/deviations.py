"""Counts deviations of accepted messages per sender and rule of `inrichting.leniency`, with the newest as example."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import Connection, Engine

from regiesysteem.db import Sql, in_batches
from regiesysteem.inrichting.leniency import Rule

OTHERS: Final = "(overige)"
"""The shared name of senders that are not in the inrichting and that came when there were BOUND rows."""
BOUND: Final = 1000

# The commit does not wait for the disk, because every message of a busy sender counts in the same few rows, and the log
# has the deviation too. Rows are written in one order, so that two processes never wait for each other. A sender that
# is not in the inrichting may have any name, a new one each time: beyond a bound those senders count together.
_KEEP: Final = Sql("""
    -- the deviations of a message
    INSERT INTO afwijking AS a (organisatie, applicatie, administratie, regel, aantal, eerste, laatste, dienst, plek,
                                referentienummer)
    SELECT CASE WHEN vol THEN '' ELSE :organisatie END, CASE WHEN vol THEN :overige ELSE :applicatie END,
           CASE WHEN vol THEN '' ELSE :administratie END, r.regel, 1, :nu, :nu, :dienst, r.plek, :referentienummer
    FROM jsonb_to_recordset(CAST(:regels AS jsonb)) AS r (regel text, plek text),
         (SELECT set_config('synchronous_commit', 'off', true)) AS s,
         (SELECT NOT :listed
                 AND NOT EXISTS (SELECT FROM afwijking WHERE (organisatie, applicatie, administratie)
                                                           = (:organisatie, :applicatie, :administratie))
                 AND (SELECT count(*) FROM afwijking) >= :bound AS vol) AS v
    ORDER BY r.regel
    ON CONFLICT (organisatie, applicatie, administratie, regel) DO UPDATE
    SET aantal = a.aantal + 1, laatste = greatest(a.laatste, EXCLUDED.laatste), dienst = EXCLUDED.dienst,
        plek = EXCLUDED.plek, referentienummer = EXCLUDED.referentienummer
""")
_READ: Final = Sql("""
    -- the deviations of messages, by sender
    SELECT organisatie, applicatie, administratie, regel, aantal, eerste, laatste, dienst, plek, referentienummer
    FROM afwijking WHERE :applicatie IN ('', applicatie)
    ORDER BY applicatie, organisatie, administratie, aantal DESC, regel
""")
_REMOVE: Final = Sql("""
    -- deviations that did not come again, a batch at a time
    DELETE FROM afwijking WHERE ctid IN (
        SELECT ctid FROM afwijking WHERE laatste < :grens LIMIT :aantal FOR UPDATE SKIP LOCKED)
""")
_ROWS: Final = 5000


@dataclass(frozen=True)
class Deviation:
    """The number of messages of a sender that broke a rule; `dienst`, `plek`, `referentienummer` are of the newest."""

    organisatie: str
    applicatie: str
    administratie: str
    regel: str
    aantal: int
    eerste: datetime
    laatste: datetime
    dienst: str
    plek: str
    referentienummer: str


def keep_deviations(  # noqa: PLR0917 - whose, of which message, and what
    connection: Connection,
    zender: tuple[str, str, str],
    referentienummer: str,
    dienst: str,
    now: datetime,
    deviations: Mapping[Rule, str],
    *,
    listed: bool,
) -> None:
    """Count the deviations of a message (rule to place), in one statement that is a transaction of its own.

    `listed` says whether the sender is in the inrichting: such senders keep rows of their own, however many there are.
    """
    organisatie, applicatie, administratie = zender
    regels = [{"regel": rule, "plek": path} for rule, path in deviations.items()]
    parameters = {
        "organisatie": organisatie,
        "applicatie": applicatie,
        "administratie": administratie,
        "referentienummer": referentienummer,
        "dienst": dienst,
        "nu": now,
        "listed": listed,
        "overige": OTHERS,
        "bound": BOUND,
        "regels": orjson.dumps(regels).decode(),
    }
    _KEEP.run(connection, parameters)


def read_deviations(connection: Connection, applicatie: str = "") -> list[Deviation]:
    """All deviations, or those of the senders with this name."""
    return [Deviation(**row) for row in _READ.run(connection, {"applicatie": applicatie}).mappings()]


def clean_up_deviations(engine: Engine, keep_days: int) -> int:
    """Remove the deviations that did not come again for so many days, in batches; gives how many rows went."""
    return in_batches(engine, _REMOVE, {"grens": datetime.now(UTC) - timedelta(days=keep_days)}, _ROWS)
