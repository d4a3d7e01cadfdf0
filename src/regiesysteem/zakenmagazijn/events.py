"""Events of zaken that others are told of: kept in the transaction in which they happened (RZS 1.0, 5.1 and 6.9.2).

The audit lines of a message say which zaken it changed. `report` makes them gebeurtenissen, with what a notification
says of the zaak at that moment, and defers the job that distributes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.db import Sql

UPDATE_ZAAK: Final = "Update zaak"
STATUS_CHANGE: Final = "Actualiseer zaakstatus"

TASK: Final = "verdeel_gebeurtenissen"
QUEUE: Final = "notificaties"
"""The task of the worker that decides who is told, and its queue."""

_PRIORITY: Final = 10  # before bringing messages: receivers that are slow must not keep others from hearing anything

# One job that waits does for all messages: it looks on for longer than a commit takes.
_DEFER: Final = f"""
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
    SELECT '{QUEUE}', '{TASK}', {_PRIORITY}, '{TASK}', '{TASK}', '{{}}' WHERE EXISTS (SELECT FROM nieuw)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""  # noqa: S608 - constants of this module
_DEFER_LEFT: Final = Sql(f"WITH nieuw AS (SELECT FROM gebeurtenis WHERE NOT verdeeld LIMIT 1) {_DEFER}")
_AUDIT_LINES: Final = Sql("""
    -- Until the commit no other transaction numbers gebeurtenissen of these zaken. The row of the zaak cannot be the
    -- lock: a message about a document locks that document first.
    WITH slot AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || z.identificatie, 0)) FROM (
            SELECT identificatie FROM zaak WHERE id IN (SELECT zaak_id FROM audit WHERE bericht_id = :bericht_id)
            ORDER BY id) z
    )
    SELECT a.zaak_id, a.gebeurtenis, a.gewijzigd <> '[]' AS changed, jsonb_exists(a.gewijzigd, 'heeft') AS has_status
    FROM audit a, (SELECT count(*) FROM slot) AS locked WHERE a.bericht_id = :bericht_id ORDER BY a.id
""")
_REPORT: Final = Sql(f"""
    WITH nieuw AS (
        INSERT INTO gebeurtenis (zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, bericht_id, gegevens)
        SELECT z.id, z.identificatie, e.soort, :organisatie, :applicatie, :bericht_id, regie_zaakgegevens(z.id)
        FROM unnest(CAST(:zaken AS bigint[]), CAST(:soorten AS text[])) WITH ORDINALITY AS e (zaak_id, soort, plaats)
        JOIN zaak z ON z.id = e.zaak_id ORDER BY e.plaats
        RETURNING id
    )
    {_DEFER}
""")  # noqa: S608 - constants of this module
_REPORT_CORRECTION: Final = Sql(f"""
    -- an update of zaken by an operator, told after all earlier events of each
    WITH slot AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || z.identificatie, 0))
        FROM (SELECT identificatie FROM zaak WHERE id = ANY(:zaken) ORDER BY id) z
    ), nieuw AS (
        INSERT INTO gebeurtenis (zaak_id, zaakidentificatie, gebeurtenis, gegevens)
        SELECT z.id, z.identificatie, '{UPDATE_ZAAK}', regie_zaakgegevens(z.id)
        FROM zaak z, (SELECT count(*) FROM slot) AS locked WHERE z.id = ANY(:zaken) ORDER BY z.id
        RETURNING id
    )
    {_DEFER}
""")  # noqa: S608 - constants of this module
_REPORT_ONE: Final = Sql(f"""
    -- events without a mutation of ours, of another system or of a transfer; those of one zaak go one by one
    WITH slot AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || :zaakidentificatie, 0))
    ), nieuw AS (
        INSERT INTO gebeurtenis (zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, bericht_id, gegevens)
        SELECT (SELECT id FROM zaak WHERE identificatie = :zaakidentificatie), :zaakidentificatie, :gebeurtenis,
               :organisatie, :applicatie, CAST(:bericht_id AS bigint), CAST(:gegevens AS jsonb)
        FROM slot RETURNING id
    )
    {_DEFER}
""")  # noqa: S608 - constants of this module

_REPORT_DESTROYED: Final = Sql(f"""
    -- zaken that were destroyed in this transaction, by what a notification said of them before
    WITH weg AS (
        SELECT * FROM jsonb_to_recordset(CAST(:zaken AS jsonb)) AS w (identificatie text, gegevens jsonb)
    ), slot AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || identificatie, 0)) FROM (
            SELECT identificatie FROM weg ORDER BY identificatie) w
    ), nieuw AS (
        INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, gegevens)
        SELECT identificatie, '{UPDATE_ZAAK}', gegevens FROM weg, (SELECT count(*) FROM slot) AS locked
        RETURNING id
    )
    {_DEFER}
""")  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An effect of a message on a zaak, `changed` when anything of it did; `has_status` when it got a status."""

    zaak_id: int
    gebeurtenis: str
    changed: bool
    has_status: bool


def events_of(lines: Iterable[AuditLine]) -> list[tuple[int, str]]:
    """The events that the audit lines of one message are, each once, in the order in which they are told.

    An update that sets a status is two events. An update or a status that changed nothing is none.
    """
    events = dict[tuple[int, str], bool]()
    for line in lines:
        if line.changed or line.gebeurtenis not in {UPDATE_ZAAK, STATUS_CHANGE}:
            event = line.zaak_id, line.gebeurtenis
            events[event] = events.get(event, False) or line.has_status
    told = list[tuple[int, str]]()
    for (zaak_id, event_name), has_status in events.items():
        told.append((zaak_id, event_name))
        if event_name == UPDATE_ZAAK and has_status:
            told.append((zaak_id, STATUS_CHANGE))
    return told


@dataclass(frozen=True, slots=True)
class OthersOwn:
    """An event that another system reported: `data` as in the table, `applicatie` the one that caused it."""

    zaakidentificatie: str
    gebeurtenis: str
    organisatie: str
    applicatie: str
    gegevens: dict[str, Any]


def report(connection: Connection, bericht_id: int, organisatie: str, applicatie: str) -> None:
    """Keep what a message did to zaken, and have it told to others.

    After all that changes zaken, at the end of the transaction: it locks what is told of these zaken. `organisatie` and
    `applicatie` are of its sender: the system that causes a change is not told of it (RZS 5.2.6).
    """
    lines = _AUDIT_LINES.run(connection, {"bericht_id": bericht_id})
    events = events_of(AuditLine(*tuple(line)) for line in lines)
    if events:
        zaken, soorten = (list(column) for column in zip(*events, strict=True))
        parameters = {"bericht_id": bericht_id, "organisatie": organisatie, "applicatie": applicatie}
        _REPORT.run(connection, parameters | {"zaken": zaken, "soorten": soorten})


def report_correction(connection: Connection, zaken: Sequence[int]) -> None:
    """Have everybody told that an operator changed these zaken (their ids); no system caused it."""
    if zaken:
        _REPORT_CORRECTION.run(connection, {"zaken": list(zaken)})


def defer_what_is_left(connection: Connection) -> None:
    """Defer the job that distributes when an event waits for it and no job does, as after the death of a worker."""
    _DEFER_LEFT.run(connection)


def report_others_own(connection: Connection, bericht_id: int, melding: OthersOwn) -> None:
    """Keep an event that another system reported, and have others told (RZS 6.10)."""
    _report_one(connection, {"bericht_id": bericht_id} | asdict(melding))


def report_overdracht(connection: Connection, zaakidentificatie: str, operation: str, data: dict[str, Any]) -> None:
    """Have a message of a transfer made, after those of all earlier events of the zaak (RZS 6.8).

    It is numbered like all events of the zaak, one after the other until the commit.
    """
    what = {"zaakidentificatie": zaakidentificatie, "gebeurtenis": operation, "gegevens": data}
    _report_one(connection, {"bericht_id": None, "organisatie": "", "applicatie": ""} | what)


def report_destroyed(connection: Connection, zaken: dict[str, dict[str, Any]]) -> None:
    """Have others told that zaken are gone; `zaken` has what a notification says of each, by its identificatie.

    RZS 6.9.2 has no event for it, so it is the last "Update zaak" (docs/afwijkingen.md 61).
    """
    rows = [{"identificatie": naam, "gegevens": data} for naam, data in zaken.items()]
    _REPORT_DESTROYED.run(connection, {"zaken": orjson.dumps(rows).decode()})


def _report_one(connection: Connection, fields: dict[str, Any]) -> None:
    _REPORT_ONE.run(connection, fields | {"gegevens": orjson.dumps(fields["gegevens"]).decode()})
