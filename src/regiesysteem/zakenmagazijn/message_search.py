"""The log of accepted messages, searched: by sender, operation, zaak and referentienummer, the newest first."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from regiesysteem.db import Sql

_FIELDS: Final = """
    b.id, b.ontvangen_op, b.zender_applicatie AS applicatie, b.zender_organisatie AS organisatie, b.persoon, b.dienst,
    b.referentienummer,
    ARRAY(SELECT DISTINCT z.identificatie FROM audit a JOIN zaak z ON z.id = a.zaak_id WHERE a.bericht_id = b.id
          ORDER BY 1) AS zaken
"""
_SEARCH: Final = f"""
    -- accepted messages, the newest first
    SELECT {_FIELDS} FROM bericht b WHERE {{where}} ORDER BY b.id DESC LIMIT :aantal
"""  # noqa: S608 - a constant
_ONE: Final = Sql(f"""
    -- an accepted message with its content
    SELECT {_FIELDS}, b.inhoud, b.antwoord,
           ARRAY(SELECT DISTINCT zaak_id FROM audit WHERE bericht_id = b.id) AS zaak_ids
    FROM bericht b WHERE b.id = :id
""")  # noqa: S608 - a constant
_SENT_BY: Final = Sql("""
    -- the newest messages of an applicatie that still have their content, as many as fit
    SELECT ontvangen_op, dienst, inhoud, antwoord FROM (
        SELECT b.*, sum(length(b.inhoud) + length(b.antwoord)) OVER (ORDER BY b.id DESC) AS samen FROM (
            SELECT id, ontvangen_op, dienst, inhoud, antwoord FROM bericht
            WHERE zender_applicatie = :applicatie AND ontvangen_op >= :sinds AND inhoud IS NOT NULL
              AND length(inhoud) <= :grootte
            ORDER BY id DESC LIMIT :aantal) b) n
    WHERE samen <= :ruimte ORDER BY id DESC
""")
_CONDITIONS: Final = {
    "voor": "b.id < :voor",
    "applicatie": "b.zender_applicatie = :applicatie",
    "dienst": "b.dienst = :dienst",
    "referentienummer": "b.referentienummer = :referentienummer",
    "zaak": "b.id IN (SELECT a.bericht_id FROM audit a JOIN zaak z ON z.id = a.zaak_id WHERE z.identificatie = :zaak)",
    "sinds": "b.ontvangen_op >= :sinds",
    "tot": "b.ontvangen_op < :tot",
}


class LoggedBericht(NamedTuple):
    """An accepted message; `persoon` made it on a page, `zaken` are those that it changed."""

    id: int
    ontvangen_op: datetime
    applicatie: str
    organisatie: str
    persoon: str
    dienst: str
    referentienummer: str
    zaken: list[str]


class WholeBericht(NamedTuple):
    """An accepted message with its content, None after its term, and its answer; `zaak_ids` are rows."""

    head: LoggedBericht
    inhoud: bytes | None
    antwoord: bytes
    zaak_ids: list[int]


def search_berichten(connection: Connection, count: int, **conditions: Any) -> list[LoggedBericht]:
    """Accepted messages; a condition (see `_CONDITIONS`) that is empty finds all. `voor` is the id to go on from."""
    asked = {name: value for name, value in conditions.items() if value}
    where = " AND ".join(_CONDITIONS[name] for name in asked) or "true"
    rows = Sql(_SEARCH.format(where=where)).run(connection, asked | {"aantal": count})
    return [LoggedBericht(*tuple(row)) for row in rows]


def read_bericht(connection: Connection, number: int) -> WholeBericht | None:
    """One accepted message with its content; None when there is none."""
    row = _ONE.run(connection, {"id": number}).one_or_none()
    if row is None:
        return None
    content = bytes(row.inhoud) if row.inhoud is not None else None
    return WholeBericht(LoggedBericht(*tuple(row)[:8]), content, bytes(row.antwoord), row.zaak_ids)


class SentBericht(NamedTuple):
    """An accepted message with its answer, as XML without an envelope."""

    ontvangen_op: datetime
    dienst: str
    inhoud: bytes
    antwoord: bytes


def read_sent_by(
    connection: Connection, applicatie: str, since: datetime, *, most: int, size: int, room: int
) -> list[SentBericht]:
    """The newest accepted messages of an applicatie, in the order in which they came.

    Each has at most `size` bytes, and all of them, with their answers, `room`.
    """
    asked = {"applicatie": applicatie, "sinds": since, "aantal": most, "grootte": size, "ruimte": room}
    rows = [
        SentBericht(row.ontvangen_op, row.dienst, bytes(row.inhoud), bytes(row.antwoord))
        for row in _SENT_BY.run(connection, asked)
    ]
    return rows[::-1]
