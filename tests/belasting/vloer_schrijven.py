"""The floor of the mutations: the rows that the server writes, written by hand with psycopg2 in one transaction."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class
from tests.belasting import berichten
from tests.belasting.sjablonen import ZAAKKOLOMMEN

_STUF: Final = "{http://www.egem.nl/StUF/StUF0301}"
_ZKN: Final = f"{{{berichten.ZKN}}}"
_BSN: Final = "{http://www.egem.nl/StUF/sector/bg/0310}inp.bsn"

_BERICHT: Final = """
    INSERT INTO bericht (zender_organisatie, zender_applicatie, zender_administratie, referentienummer, dienst,
                         ontvangen_op, tijdstip_bericht, digest, inhoud, antwoord)
    VALUES (%s, %s, '', %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_ZOEK_OBJECTEN: Final = "SELECT id, entiteittype || '/' || sleutel FROM object WHERE (sleutel, entiteittype) IN %s"
_OBJECTEN: Final = """
    INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud) VALUES {}
    ON CONFLICT (sleutel, entiteittype) DO NOTHING RETURNING id, entiteittype || '/' || sleutel
"""
_ZAAK: Final = f"""
    WITH nieuw AS (
        INSERT INTO zaak ({", ".join(ZAAKKOLOMMEN)}) VALUES ({", ".join(["%s"] * len(ZAAKKOLOMMEN))}) RETURNING id
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
_VERGRENDEL: Final = "SELECT id, toelichting, einddatum FROM zaak WHERE identificatie = %s FOR UPDATE"
_NIET_MEER_LAATSTE: Final = "UPDATE zaak_status SET laatste = false WHERE zaak_id = %s AND laatste"
_AUDIT: Final = "INSERT INTO audit (zaak_id, bericht_id, gebeurtenis, gewijzigd) VALUES (%s, %s, %s, %s)"
_WIJZIG: Final = f"WITH regel AS ({_AUDIT}) UPDATE zaak SET toelichting = %s WHERE id = %s"
_TREK: Final = """
    SELECT nummer FROM (SELECT '1900' || lpad(nextval('zaakidentificatie_seq')::text, 10, '0')) AS n (nummer)
    WHERE NOT EXISTS (SELECT FROM zaak WHERE identificatie = nummer)
"""

Handeling = Callable[[Cursor, etree._Element, bytes, dict[str, Any]], None]


def creeer(cursor: Cursor, bericht: etree._Element, ruw: bytes, sjabloon: dict[str, Any]) -> None:
    """Write a new zaak with all that hangs on it."""
    vul = _vuller(bericht)
    bericht_id = _schrijf_bericht(cursor, bericht, ruw, "creeerZaak_Lk01", sjabloon["antwoord"])
    objecten = [[vul(waarde) for waarde in rij] for rij in sjabloon["objecten"]]
    bekend = _objecten(cursor, objecten)
    zaak = [vul(sjabloon["zaak"][kolom]) for kolom in ZAAKKOLOMMEN]
    cursor.execute(_ZAAK, (*zaak, bericht_id, *sjabloon["audit"]))
    zaak_id = cursor.fetchone()[0]  # type: ignore[index]
    _voeg_toe(
        cursor, _RELATIES, [(zaak_id, rij[0], bekend[vul(rij[1])], *map(vul, rij[2:])) for rij in sjabloon["relaties"]]
    )
    _schrijf_statussen(cursor, zaak_id, sjabloon["statussen"], bekend)


def wijzig(cursor: Cursor, bericht: etree._Element, ruw: bytes, sjabloon: dict[str, Any]) -> None:
    """Write what updateZaak changes: an element of the zaak and a status."""
    zaak_id, bericht_id = _begin_wijziging(cursor, bericht, ruw, "updateZaak_Lk01", sjabloon)
    toelichting = bericht.findall(f"{_ZKN}object")[-1].findtext(f"{_ZKN}toelichting")
    cursor.execute(_WIJZIG, (zaak_id, bericht_id, *sjabloon["audit"], toelichting, zaak_id))


def zet_status(cursor: Cursor, bericht: etree._Element, ruw: bytes, sjabloon: dict[str, Any]) -> None:
    """Write what actualiseerZaakstatus changes: a status."""
    zaak_id, bericht_id = _begin_wijziging(cursor, bericht, ruw, "actualiseerZaakstatus_Lk01", sjabloon)
    cursor.execute(_AUDIT, (zaak_id, bericht_id, *sjabloon["audit"]))


def genereer(cursor: Cursor, bericht: etree._Element, ruw: bytes, sjabloon: dict[str, Any]) -> None:
    """Draw a number and keep the message with its answer."""
    cursor.execute(_TREK)
    identificatie = cursor.fetchone()[0]  # type: ignore[index]
    antwoord = sjabloon["antwoord"].replace(berichten.ZAAK, identificatie)
    _schrijf_bericht(cursor, bericht, ruw, "genereerZaakIdentificatie_Di02", antwoord)


def _begin_wijziging(
    cursor: Cursor, bericht: etree._Element, ruw: bytes, dienst: str, sjabloon: dict[str, Any]
) -> tuple[int, int]:
    bericht_id = _schrijf_bericht(cursor, bericht, ruw, dienst, sjabloon["antwoord"])
    cursor.execute(_VERGRENDEL, (bericht.findtext(f"{_ZKN}object/{_ZKN}identificatie"),))
    zaak_id = cursor.fetchone()[0]  # type: ignore[index]
    bekend = _zoek_objecten(cursor, [sjabloon["statussen"][0][5]])
    cursor.execute(_NIET_MEER_LAATSTE, (zaak_id,))
    _schrijf_statussen(cursor, zaak_id, sjabloon["statussen"], bekend)
    return zaak_id, bericht_id


def _schrijf_bericht(cursor: Cursor, bericht: etree._Element, ruw: bytes, dienst: str, antwoord: str) -> int:
    sturing = bericht[0]
    waarden = (
        *(sturing.findtext(f"{_STUF}zender/{_STUF}{naam}") for naam in ("organisatie", "applicatie")),
        sturing.findtext(f"{_STUF}referentienummer"),
        dienst,
        datetime.now(UTC),
        sturing.findtext(f"{_STUF}tijdstipBericht"),
        hashlib.sha256(ruw).digest(),
        ruw,
        antwoord.encode(),
    )
    cursor.execute(_BERICHT, waarden)
    return int(cursor.fetchone()[0])  # type: ignore[index]


def _objecten(cursor: Cursor, objecten: Sequence[Sequence[Any]]) -> dict[str, int]:
    """Find the objects of a message and register the new ones: id by entiteittype/sleutel."""
    bekend = _zoek_objecten(cursor, [f"{rij[0]}/{rij[1]}" for rij in objecten])
    nieuw = sorted((rij for rij in objecten if f"{rij[0]}/{rij[1]}" not in bekend), key=lambda rij: str(rij[1]))
    if nieuw:
        _voeg_toe(cursor, _OBJECTEN, nieuw)
        bekend.update((sleutel, nummer) for nummer, sleutel in cursor.fetchall())
    if len(bekend) < len(objecten):
        bekend.update(_zoek_objecten(cursor, [f"{rij[0]}/{rij[1]}" for rij in objecten]))
    return bekend


def _zoek_objecten(cursor: Cursor, sleutels: Sequence[str]) -> dict[str, int]:
    paren = tuple((sleutel.partition("/")[2], sleutel.partition("/")[0]) for sleutel in sleutels)
    cursor.execute(_ZOEK_OBJECTEN, (paren,))
    return {sleutel: nummer for nummer, sleutel in cursor.fetchall()}


def _schrijf_statussen(cursor: Cursor, zaak_id: int, statussen: Sequence[Any], bekend: dict[str, int]) -> None:
    if statussen:
        _voeg_toe(
            cursor, _STATUSSEN, [(zaak_id, *rij[:5], bekend[rij[5]] if rij[5] else None, rij[6]) for rij in statussen]
        )


def _voeg_toe(cursor: Cursor, opdracht: str, rijen: Sequence[Sequence[Any]]) -> None:
    """Insert rows in one statement."""
    rij = f"({', '.join(['%s'] * len(rijen[0]))})"
    cursor.execute(opdracht.format(", ".join([rij] * len(rijen))), [waarde for rij in rijen for waarde in rij])


def _vuller(bericht: etree._Element) -> Callable[[Any], Any]:
    """Puts what a message says in the place of the marks."""
    zaak = bericht.findtext(f"{_ZKN}object/{_ZKN}identificatie", "")
    merken = [(berichten.ZAAK, zaak), *zip(berichten.BSN, (e.text or "" for e in bericht.iter(_BSN)), strict=False)]

    def vul(waarde: Any) -> Any:
        if isinstance(waarde, str) and "@" in waarde:
            for merk, gezegd in merken:
                waarde = waarde.replace(merk, gezegd)
        return waarde

    return vul


HANDELINGEN: Final[dict[str, Handeling]] = {
    "GENEREER": genereer,
    "CREEER_PLAN": creeer,
    "CREEER_KLEIN": creeer,
    "UPDATE": wijzig,
    "ACTUALISEER": zet_status,
}
