"""The rows that the server writes for a message, with the marks of `berichten` in place of what differs per message.

The vloer writes these same rows; taken from the database, they are the same by construction.
"""

import json
import re
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class
from tests.belasting import berichten
from tests.belasting.opdracht import Command, Lastproces, Stroom

ZAAK_COLUMNS: Final = [
    "identificatie",
    "zaaktype_id",
    "omschrijving",
    "toelichting",
    "startdatum",
    "registratiedatum",
    "publicatiedatum",
    "einddatum_gepland",
    "uiterlijke_einddatum",
    "einddatum",
    "betalings_indicatie",
    "laatste_betaaldatum",
    "archiefnominatie",
    "datum_vernietiging_dossier",
    "zaakniveau",
    "deelzaken_indicatie",
    "inhoud",
]
_PERSONEN: Final = 9_000_000
_RANGE: Final = "mal0"

_OBJECTEN: Final = """
    SELECT o.entiteittype, o.sleutel, o.identificatie, o.naam, o.inhoud::text FROM object o
    WHERE o.id IN (SELECT object_id FROM zaak_relatie WHERE zaak_id = %(id)s
                   UNION SELECT gezet_door_id FROM zaak_status WHERE zaak_id = %(id)s)
    ORDER BY o.id
"""
_RELATIES: Final = """
    SELECT r.relatie, o.entiteittype || '/' || o.sleutel, r.code, r.omschrijving, r.toelichting, r.inhoud::text
    FROM zaak_relatie r JOIN object o ON o.id = r.object_id WHERE r.zaak_id = %(id)s ORDER BY r.id
"""
_STATUSSEN: Final = """
    SELECT s.statustype_id, s.datum_status_gezet, s.moment, s.laatste, s.toelichting,
           o.entiteittype || '/' || o.sleutel, s.inhoud::text
    FROM zaak_status s LEFT JOIN object o ON o.id = s.gezet_door_id WHERE s.zaak_id = %(id)s ORDER BY s.id
"""
_AUDIT: Final = "SELECT gebeurtenis, gewijzigd::text FROM audit WHERE zaak_id = %(id)s ORDER BY id DESC LIMIT 1"
_ANSWER: Final = """
    SELECT convert_from(antwoord, 'UTF8') FROM bericht WHERE dienst = %(dienst)s ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Rows:
    """All rows of one zaak, and the answer to the last message of a dienst."""

    zaak: dict[str, Any]
    objecten: list[list[Any]]
    relaties: list[list[Any]]
    statussen: list[list[Any]]
    audit: list[Any]
    antwoord: str


def read_rows(url: str, identificatie: str, dienst: str) -> Rows:
    """The rows of a zaak as they are in the database, jsonb as text."""
    columns = ", ".join(f"{column}::text" if column == "inhoud" else column for column in ZAAK_COLUMNS)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {columns} FROM zaak WHERE identificatie = %s", (identificatie,))
        [(zaak_id, *waarden)] = cursor.fetchall()
        out = []
        for question in (_OBJECTEN, _RELATIES, _STATUSSEN, _AUDIT, _ANSWER):
            cursor.execute(question, {"id": zaak_id, "dienst": dienst})
            out.append([list(row) for row in cursor.fetchall()])
    objecten, relaties, statussen, audit, answer = out
    zaak = dict(zip(ZAAK_COLUMNS, waarden, strict=True))
    return Rows(zaak, objecten, relaties, statussen, audit[0], answer[0][0])


def take_sjablonen(url: str, port: int) -> dict[str, Any]:
    """Have the server handle one of each mutation and give the rows by name of the message; see `vloer_schrijven`."""
    plan = Stroom("CREEER_PLAN", _RANGE, personen=_PERSONEN)
    small = Stroom("CREEER_KLEIN", _RANGE, personen=_PERSONEN, eerste=1)
    sjablonen = {stroom.bericht: _after(url, port, stroom) for stroom in (plan, small)}
    for naam in ("UPDATE", "ACTUALISEER"):
        rows = _after(url, port, Stroom(naam, _RANGE))
        rows["statussen"] = rows["statussen"][-1:]
        sjablonen[naam] = rows
    send(port, Stroom("GENEREER", _RANGE))
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(_ANSWER, {"dienst": berichten.GENEREER.dienst})
        answer = re.sub(r"1900[0-9]{10}", berichten.ZAAK, str(cursor.fetchall()[0][0]))
        return sjablonen | {"GENEREER": {"antwoord": answer}, "ZOEK_VEEL": read_zaaktypen(cursor)}


def read_zaaktypen(cursor: Cursor) -> dict[str, Any]:
    """The part of the inrichting that a process has in memory: words of zaaktypen and statustypen by id, as text."""
    cursor.execute("SELECT id::text, ARRAY[code, omschrijving] FROM zaaktype")
    zaaktypen = dict(cursor.fetchall())
    cursor.execute("SELECT id::text, ARRAY[volgnummer::text, omschrijving] FROM statustype")
    return {"zaaktypen": zaaktypen, "statustypen": dict(cursor.fetchall())}


def send(
    port: int,
    *stromen: Stroom,
    count: int = 1,
    seconds: float = 60,
    gelijktijdig: int = 1,
    module: str = "klant",
) -> None:
    """Send messages to the server. Raises RuntimeError with the first answer that is not good."""
    process = Lastproces(module, Command(stromen, count, seconds, gelijktijdig, str(port)))
    process.wacht()
    process.start()
    report = process.report()
    process.close()
    if report.fouten:
        raise RuntimeError(report.fouten[0])


def _after(url: str, port: int, stroom: Stroom) -> dict[str, Any]:
    send(port, stroom)
    bericht: berichten.Bericht = getattr(berichten, stroom.bericht)
    identificatie = berichten.zaaknummer(_RANGE, stroom.eerste)
    text = json.dumps(vars(read_rows(url, identificatie, bericht.dienst)))
    text = text.replace(identificatie, berichten.ZAAK)
    for which, mark in enumerate(berichten.BSN):
        text = text.replace(berichten.bsn(_PERSONEN + stroom.eerste * berichten.PERSONEN + which), mark)
    rows: dict[str, Any] = json.loads(text)
    return rows
