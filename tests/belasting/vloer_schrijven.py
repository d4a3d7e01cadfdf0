"""The floor of the mutations: the rows that the server writes, written by hand with psycopg2 in one transaction."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class
from tests.belasting import berichten
from tests.belasting.sjablonen import ZAAK_COLUMNS

_STUF: Final = "{http://www.egem.nl/StUF/StUF0301}"
_ZKN: Final = f"{{{berichten.ZKN}}}"
_BSN: Final = "{http://www.egem.nl/StUF/sector/bg/0310}inp.bsn"

_BERICHT: Final = """
    INSERT INTO bericht (zender_organisatie, zender_applicatie, zender_administratie, referentienummer, dienst,
                         ontvangen_op, tijdstip_bericht, digest, inhoud, antwoord)
    VALUES (%s, %s, '', %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_SEARCH_OBJECTEN: Final = "SELECT id, entiteittype || '/' || sleutel FROM object WHERE (sleutel, entiteittype) IN %s"
_OBJECTEN: Final = """
    INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud) VALUES {}
    ON CONFLICT (sleutel, entiteittype) DO NOTHING RETURNING id, entiteittype || '/' || sleutel
"""
_ZAAK: Final = f"""
    WITH nieuw AS (
        INSERT INTO zaak ({", ".join(ZAAK_COLUMNS)}) VALUES ({", ".join(["%s"] * len(ZAAK_COLUMNS))}) RETURNING id
    ), regel AS (
        INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd) SELECT id, %s, %s, %s FROM nieuw
    )
    SELECT id FROM nieuw
"""
_RELATIES: Final = """
    INSERT INTO zaak_relatie (zaak_id, relatie, object_id, code, omschrijving, toelichting, inhoud) VALUES {}
"""
_STATUSSEN: Final = """
    INSERT INTO zaak_status
        (zaak_id, statustype_id, datum_status_gezet, moment, laatste, toelichting, gezet_door_id, inhoud) VALUES {}
"""
_LOCK: Final = "SELECT id, toelichting, einddatum FROM zaak WHERE identificatie = %s FOR UPDATE"
_NOT_MORE_LAST: Final = "UPDATE zaak_status SET laatste = false WHERE zaak_id = %s AND laatste"
_AUDIT: Final = "INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd) VALUES (%s, %s, %s, %s)"
_CHANGE: Final = f"WITH regel AS ({_AUDIT}) UPDATE zaak SET toelichting = %s WHERE id = %s"
_DRAW: Final = """
    SELECT nummer FROM (SELECT '1900' || lpad(nextval('zaakidentificatie_seq')::text, 10, '0')) AS n (nummer)
    WHERE NOT EXISTS (SELECT FROM zaak WHERE identificatie = nummer)
"""

Handeling = Callable[[Cursor, etree._Element, bytes, dict[str, Any]], None]


def creeer(cursor: Cursor, bericht: etree._Element, raw: bytes, sjabloon: dict[str, Any]) -> None:
    """Write a new zaak with all that hangs on it."""
    fill = _vuller(bericht)
    bericht_id = _write_bericht(cursor, bericht, raw, "creeerZaak_Lk01", sjabloon["antwoord"])
    objecten = [[fill(waarde) for waarde in row] for row in sjabloon["objecten"]]
    known = _objecten(cursor, objecten)
    zaak = [fill(sjabloon["zaak"][column]) for column in ZAAK_COLUMNS]
    cursor.execute(_ZAAK, (*zaak, bericht_id, *sjabloon["audit"]))
    zaak_id = cursor.fetchone()[0]  # type: ignore[index]
    _add(
        cursor, _RELATIES, [(zaak_id, row[0], known[fill(row[1])], *map(fill, row[2:])) for row in sjabloon["relaties"]]
    )
    _write_statussen(cursor, zaak_id, sjabloon["statussen"], known)


def change(cursor: Cursor, bericht: etree._Element, raw: bytes, sjabloon: dict[str, Any]) -> None:
    """Write what updateZaak changes: an element of the zaak and a status."""
    zaak_id, bericht_id = _begin_modification(cursor, bericht, raw, "updateZaak_Lk01", sjabloon)
    toelichting = bericht.findall(f"{_ZKN}object")[-1].findtext(f"{_ZKN}toelichting")
    cursor.execute(_CHANGE, (zaak_id, bericht_id, *sjabloon["audit"], toelichting, zaak_id))


def set_status(cursor: Cursor, bericht: etree._Element, raw: bytes, sjabloon: dict[str, Any]) -> None:
    """Write what actualiseerZaakstatus changes: a status."""
    zaak_id, bericht_id = _begin_modification(cursor, bericht, raw, "actualiseerZaakstatus_Lk01", sjabloon)
    cursor.execute(_AUDIT, (zaak_id, bericht_id, *sjabloon["audit"]))


def genereer(cursor: Cursor, bericht: etree._Element, raw: bytes, sjabloon: dict[str, Any]) -> None:
    """Draw a number and keep the message with its answer."""
    cursor.execute(_DRAW)
    identificatie = cursor.fetchone()[0]  # type: ignore[index]
    answer = sjabloon["antwoord"].replace(berichten.ZAAK, identificatie)
    _write_bericht(cursor, bericht, raw, "genereerZaakIdentificatie_Di02", answer)


def _begin_modification(
    cursor: Cursor, bericht: etree._Element, raw: bytes, dienst: str, sjabloon: dict[str, Any]
) -> tuple[int, int]:
    bericht_id = _write_bericht(cursor, bericht, raw, dienst, sjabloon["antwoord"])
    cursor.execute(_LOCK, (bericht.findtext(f"{_ZKN}object/{_ZKN}identificatie"),))
    zaak_id = cursor.fetchone()[0]  # type: ignore[index]
    known = _search_objecten(cursor, [sjabloon["statussen"][0][5]])
    cursor.execute(_NOT_MORE_LAST, (zaak_id,))
    _write_statussen(cursor, zaak_id, sjabloon["statussen"], known)
    return zaak_id, bericht_id


def _write_bericht(cursor: Cursor, bericht: etree._Element, raw: bytes, dienst: str, answer: str) -> int:
    sturing = bericht[0]
    waarden = (
        *(sturing.findtext(f"{_STUF}zender/{_STUF}{naam}") for naam in ("organisatie", "applicatie")),
        sturing.findtext(f"{_STUF}referentienummer"),
        dienst,
        datetime.now(UTC),
        sturing.findtext(f"{_STUF}tijdstipBericht"),
        hashlib.sha256(raw).digest(),
        raw,
        answer.encode(),
    )
    cursor.execute(_BERICHT, waarden)
    return int(cursor.fetchone()[0])  # type: ignore[index]


def _objecten(cursor: Cursor, objecten: Sequence[Sequence[Any]]) -> dict[str, int]:
    """Find the objects of a message and register the new ones: id by entiteittype/sleutel."""
    known = _search_objecten(cursor, [f"{row[0]}/{row[1]}" for row in objecten])
    new = sorted((row for row in objecten if f"{row[0]}/{row[1]}" not in known), key=lambda row: str(row[1]))
    if new:
        _add(cursor, _OBJECTEN, new)
        known.update((sleutel, number) for number, sleutel in cursor.fetchall())
    if len(known) < len(objecten):
        known.update(_search_objecten(cursor, [f"{row[0]}/{row[1]}" for row in objecten]))
    return known


def _search_objecten(cursor: Cursor, sleutels: Sequence[str]) -> dict[str, int]:
    pairs = tuple((sleutel.partition("/")[2], sleutel.partition("/")[0]) for sleutel in sleutels)
    cursor.execute(_SEARCH_OBJECTEN, (pairs,))
    return {sleutel: number for number, sleutel in cursor.fetchall()}


def _write_statussen(cursor: Cursor, zaak_id: int, statussen: Sequence[Any], known: dict[str, int]) -> None:
    if statussen:
        _add(cursor, _STATUSSEN, [(zaak_id, *row[:5], known[row[5]] if row[5] else None, row[6]) for row in statussen])


def _add(cursor: Cursor, command: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows in one statement."""
    row = f"({', '.join(['%s'] * len(rows[0]))})"
    cursor.execute(command.format(", ".join([row] * len(rows))), [waarde for row in rows for waarde in row])


def _vuller(bericht: etree._Element) -> Callable[[Any], Any]:
    """Puts what a message says in the place of the marks."""
    zaak = bericht.findtext(f"{_ZKN}object/{_ZKN}identificatie", "")
    marks = [(berichten.ZAAK, zaak), *zip(berichten.BSN, (e.text or "" for e in bericht.iter(_BSN)), strict=False)]

    def fill(waarde: Any) -> Any:
        if isinstance(waarde, str) and "@" in waarde:
            for mark, said in marks:
                waarde = waarde.replace(mark, said)
        return waarde

    return fill


HANDELINGEN: Final[dict[str, Handeling]] = {
    "GENEREER": genereer,
    "CREEER_PLAN": creeer,
    "CREEER_KLEIN": creeer,
    "UPDATE": change,
    "ACTUALISEER": set_status,
}
