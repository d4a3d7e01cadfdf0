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
from tests.belasting.opdracht import Lastproces, Opdracht, Stroom

ZAAKKOLOMMEN: Final = [
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
_REEKS: Final = "mal0"

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
_ANTWOORD: Final = """
    SELECT convert_from(antwoord, 'UTF8') FROM bericht WHERE dienst = %(dienst)s ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Rijen:
    """All rows of one zaak, and the answer to the last message of a dienst."""

    zaak: dict[str, Any]
    objecten: list[list[Any]]
    relaties: list[list[Any]]
    statussen: list[list[Any]]
    audit: list[Any]
    antwoord: str


def lees_rijen(url: str, identificatie: str, dienst: str) -> Rijen:
    """The rows of a zaak as they are in the database, jsonb as text."""
    kolommen = ", ".join(f"{kolom}::text" if kolom == "inhoud" else kolom for kolom in ZAAKKOLOMMEN)
    with closing(psycopg2.connect(url)) as verbinding, verbinding.cursor() as cursor:
        cursor.execute(f"SELECT id, {kolommen} FROM zaak WHERE identificatie = %s", (identificatie,))
        [(zaak_id, *waarden)] = cursor.fetchall()
        uit = []
        for vraag in (_OBJECTEN, _RELATIES, _STATUSSEN, _AUDIT, _ANTWOORD):
            cursor.execute(vraag, {"id": zaak_id, "dienst": dienst})
            uit.append([list(rij) for rij in cursor.fetchall()])
    objecten, relaties, statussen, audit, antwoord = uit
    zaak = dict(zip(ZAAKKOLOMMEN, waarden, strict=True))
    return Rijen(zaak, objecten, relaties, statussen, audit[0], antwoord[0][0])


def neem_sjablonen(url: str, poort: int) -> dict[str, Any]:
    """Have the server handle one of each mutation and give the rows by name of the message; see `vloer_schrijven`."""
    plan = Stroom("CREEER_PLAN", _REEKS, personen=_PERSONEN)
    klein = Stroom("CREEER_KLEIN", _REEKS, personen=_PERSONEN, eerste=1)
    sjablonen = {stroom.bericht: _na(url, poort, stroom) for stroom in (plan, klein)}
    for naam in ("UPDATE", "ACTUALISEER"):
        rijen = _na(url, poort, Stroom(naam, _REEKS))
        rijen["statussen"] = rijen["statussen"][-1:]
        sjablonen[naam] = rijen
    stuur(poort, Stroom("GENEREER", _REEKS))
    with closing(psycopg2.connect(url)) as verbinding, verbinding.cursor() as cursor:
        cursor.execute(_ANTWOORD, {"dienst": berichten.GENEREER.dienst})
        antwoord = re.sub(r"1900[0-9]{10}", berichten.ZAAK, str(cursor.fetchall()[0][0]))
        return sjablonen | {"GENEREER": {"antwoord": antwoord}, "ZOEK_VEEL": lees_zaaktypen(cursor)}


def lees_zaaktypen(cursor: Cursor) -> dict[str, Any]:
    """What a process has in memory of the inrichting: the words of zaaktypen and statustypen by id, as text."""
    cursor.execute("SELECT id::text, ARRAY[code, omschrijving] FROM zaaktype")
    zaaktypen = dict(cursor.fetchall())
    cursor.execute("SELECT id::text, ARRAY[volgnummer::text, omschrijving] FROM statustype")
    return {"zaaktypen": zaaktypen, "statustypen": dict(cursor.fetchall())}


def stuur(
    poort: int,
    *stromen: Stroom,
    aantal: int = 1,
    seconden: float = 60,
    gelijktijdig: int = 1,
    module: str = "klant",
) -> None:
    """Send messages to the server. Raises RuntimeError with the first answer that is not good."""
    proces = Lastproces(module, Opdracht(stromen, aantal, seconden, gelijktijdig, str(poort)))
    proces.wacht()
    proces.start()
    verslag = proces.verslag()
    proces.sluit()
    if verslag.fouten:
        raise RuntimeError(verslag.fouten[0])


def _na(url: str, poort: int, stroom: Stroom) -> dict[str, Any]:
    stuur(poort, stroom)
    bericht: berichten.Bericht = getattr(berichten, stroom.bericht)
    identificatie = berichten.zaaknummer(_REEKS, stroom.eerste)
    tekst = json.dumps(vars(lees_rijen(url, identificatie, bericht.dienst)))
    tekst = tekst.replace(identificatie, berichten.ZAAK)
    for welke, merk in enumerate(berichten.BSN):
        tekst = tekst.replace(berichten.bsn(_PERSONEN + stroom.eerste * berichten.PERSONEN + welke), merk)
    rijen: dict[str, Any] = json.loads(tekst)
    return rijen
