"""Access with a reason: a plan of another, for four hours, told to its regisseur and to the privacy officer."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine

from regiesysteem.access.people.roles import Person
from regiesysteem.db import Sql, in_batches

VALID: Final = timedelta(hours=4)
REASONS: Final = {
    "gevaar": "Er is acuut gevaar",
    "overleg": "Ik overleg met de regisseur",
    "inwoner": "De inwoner vraagt het",
    "onderzoek": "Ik onderzoek een klacht of een fout",
}
"""The reasons to choose from, with their texts."""

_BATCH: Final = 5000
_GIVE: Final = Sql("""
    INSERT INTO toegang_reden (persoon, rol, zaakidentificatie, reden, toelichting, verloopt_op)
    VALUES (:persoon, :rol, :zaakidentificatie, :reden, :toelichting, :verloopt_op)
""")
_OF: Final = Sql("""
    -- access with a reason to these zaken, the newest first
    SELECT zaakidentificatie, persoon, rol, reden, toelichting, gegeven_op, verloopt_op, gezien_op FROM toegang_reden
    WHERE zaakidentificatie = ANY(:zaken) ORDER BY gegeven_op DESC, id DESC LIMIT :aantal
""")
_ALL: Final = Sql("""
    -- access with a reason, the newest first
    SELECT zaakidentificatie, persoon, rol, reden, toelichting, gegeven_op, verloopt_op, gezien_op FROM toegang_reden
    WHERE gegeven_op >= :sinds ORDER BY gegeven_op DESC, id DESC LIMIT :aantal
""")
_SEEN: Final = Sql("""
    UPDATE toegang_reden SET gezien_op = now() WHERE zaakidentificatie = ANY(:zaken) AND gezien_op IS NULL
""")
_CLEAN: Final = Sql("""
    DELETE FROM toegang_reden WHERE id IN (
        SELECT id FROM toegang_reden WHERE gegeven_op < :grens LIMIT :aantal)
""")


class GivenReason(NamedTuple):
    """Access that somebody gave himself; `reden` is a key of `REASONS`, `gezien_op` is when the regisseur saw it."""

    zaakidentificatie: str
    persoon: str
    rol: str
    reden: str
    toelichting: str
    gegeven_op: datetime
    verloopt_op: datetime
    gezien_op: datetime | None


def give_reason(connection: Connection, person: Person, zaaknummer: str, reden: str, toelichting: str) -> None:
    """Let a person into a plan for four hours; `reden` is a key of `REASONS`."""
    row = {
        "persoon": person.naam,
        "rol": person.rol,
        "zaakidentificatie": zaaknummer,
        "reden": reden,
        "toelichting": toelichting,
        "verloopt_op": datetime.now(UTC) + VALID,
    }
    _GIVE.run(connection, row)


def reasons_for(connection: Connection, zaken: list[str], count: int = 20) -> list[GivenReason]:
    """The access with a reason to these plans, by their identificaties, the newest first."""
    return [GivenReason(*tuple(row)) for row in _OF.run(connection, {"zaken": zaken, "aantal": count})]


def all_reasons(connection: Connection, since: datetime, count: int = 100) -> list[GivenReason]:
    """All access with a reason since a moment, the newest first."""
    return [GivenReason(*tuple(row)) for row in _ALL.run(connection, {"sinds": since, "aantal": count})]


def mark_seen(connection: Connection, zaken: list[str]) -> None:
    """Keep that the regisseur of these plans has seen who got in."""
    _SEEN.run(connection, {"zaken": zaken})


def clean_up_reasons(engine: Engine, keep_days: int) -> int:
    """Delete what is older than so many days, and tell how many."""
    return in_batches(engine, _CLEAN, {"grens": datetime.now(UTC) - timedelta(days=keep_days)}, _BATCH)
