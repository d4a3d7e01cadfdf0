"""The floor of the questions: the rows that the server reads, read by hand with psycopg2 in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from lxml import etree
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class
from tests.belasting import berichten
from tests.belasting.sjablonen import ZAAK_COLUMNS

_ZKN: Final = f"{{{berichten.ZKN}}}"
_BG: Final = "{http://www.egem.nl/StUF/sector/bg/0310}"
_STUF: Final = "{http://www.egem.nl/StUF/StUF0301}"
_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
_NSMAP: Final = {"StUF": _STUF[1:-1], "ZKN": _ZKN[1:-1], "BG": _BG[1:-1], "xsi": _NIL[1:-4]}
_ENTITEITTYPE: Final = f"{_STUF}entiteittype"
_CLIENT: Final = "heeftBetrekkingOp"
_INITIATOR: Final = "heeftAlsInitiator"

_ZAAK: Final = f"SELECT id, {', '.join(ZAAK_COLUMNS)} FROM zaak"
_RELATIES: Final = """
    SELECT r.zaak_id, r.relatie, r.code, r.omschrijving, r.toelichting, r.inhoud,
           o.entiteittype, o.identificatie, o.naam, o.inhoud
    FROM zaak_relatie r LEFT JOIN object o ON o.id = r.object_id
    WHERE r.zaak_id = ANY(%s) AND r.beeindigd IS NULL ORDER BY r.id
"""
_STATUSSEN: Final = """
    SELECT s.zaak_id, s.statustype_id, s.datum_status_gezet, s.laatste, s.toelichting, s.inhoud,
           o.entiteittype, o.identificatie, o.naam, o.inhoud
    FROM zaak_status s LEFT JOIN object o ON o.id = s.gezet_door_id WHERE s.zaak_id = ANY(%s) ORDER BY s.moment, s.id
"""
_LINKS: Final = f"""
    SELECT k.relatie, k.inhoud, k.van_id, {", ".join(f"z.{column}" for column in ZAAK_COLUMNS)}
    FROM zaak_zaak k JOIN zaak z ON z.id = CASE k.van_id WHEN %(id)s THEN k.naar_id ELSE k.van_id END
    WHERE (k.van_id = %(id)s OR k.naar_id = %(id)s) AND k.beeindigd IS NULL ORDER BY k.id
"""
_OF_CLIENT: Final = f"""
    SELECT z.id, {", ".join(f"z.{column}" for column in ZAAK_COLUMNS)} FROM zaak z
    WHERE z.id IN (SELECT r.zaak_id FROM zaak_relatie r JOIN object o ON o.id = r.object_id
                   WHERE o.sleutel = %s AND o.entiteittype = 'NPS' AND r.relatie = 'heeftBetrekkingOp'
                     AND r.beeindigd IS NULL)
    ORDER BY z.id
"""
_OF_BETROKKENEN: Final = _RELATIES.replace("ORDER", "AND r.relatie IN ('heeftBetrekkingOp', 'heeftAlsInitiator') ORDER")

Row = tuple[Any, ...]


def zaakstatus(cursor: Cursor, bericht: etree._Element, _raw: bytes, _sjabloon: dict[str, Any]) -> None:
    """Read what geefZaakstatus needs."""
    cursor.execute(f"{_ZAAK} WHERE identificatie = %s", (_asked(bericht),))
    [zaak] = cursor.fetchall()
    _every(cursor, _STATUSSEN.replace("ANY(%s)", "ANY(%s) AND s.laatste"), ([zaak[0]],))


def zaakdetails(cursor: Cursor, bericht: etree._Element, _raw: bytes, _sjabloon: dict[str, Any]) -> None:
    """Read what geefZaakdetails with scope alles needs."""
    cursor.execute(f"{_ZAAK} WHERE identificatie = %s", (_asked(bericht),))
    [zaak] = cursor.fetchall()
    _every(cursor, _RELATIES, ([zaak[0]],))
    _every(cursor, _STATUSSEN, ([zaak[0]],))
    _every(cursor, _LINKS, {"id": zaak[0]})


def search(cursor: Cursor, bericht: etree._Element, _raw: bytes, _sjabloon: dict[str, Any]) -> None:
    """Read what zakLv01 on a BSN needs."""
    _read_overview(cursor, bericht)


def search_many(cursor: Cursor, bericht: etree._Element, _raw: bytes, sjabloon: dict[str, Any]) -> bytes:
    """Read what zakLv01 on a BSN needs and write the answer by hand."""
    zaken, relaties, statussen = _read_overview(cursor, bericht)
    envelope = etree.Element(f"{_SOAP}Envelope", nsmap={"soap": _SOAP[1:-1]})
    answer = etree.SubElement(etree.SubElement(envelope, f"{_SOAP}Body"), f"{_ZKN}zakLa01", nsmap=_NSMAP)
    _sturing(answer)
    holder = etree.SubElement(answer, f"{_ZKN}antwoord")
    per_zaak, per_status = _per_zaak(relaties), _per_zaak(statussen)
    for zaak in zaken:
        _write_zaak(holder, zaak, per_zaak[zaak[0]], per_status[zaak[0]], sjabloon)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _read_overview(cursor: Cursor, bericht: etree._Element) -> tuple[list[Row], list[Row], list[Row]]:
    path = "/".join(f"{_ZKN}{naam}" for naam in ("gelijk", _CLIENT, "gerelateerde", "identificatie"))
    zaken = _every(cursor, _OF_CLIENT, (f"bsn:{bericht.findtext(path, '')[2:]}",))
    ids = [zaak[0] for zaak in zaken]
    return zaken, _every(cursor, _OF_BETROKKENEN, (ids,)), _every(cursor, _STATUSSEN, (ids,))


def _asked(bericht: etree._Element) -> str:
    return bericht.findtext(f"{_ZKN}gelijk/{_ZKN}identificatie", "")


def _every(cursor: Cursor, question: str, parameters: Any) -> list[Row]:
    cursor.execute(question, parameters)
    return cursor.fetchall()


def _per_zaak(rows: Sequence[Row]) -> dict[int, list[Row]]:
    out = defaultdict(list)
    for row in rows:
        out[row[0]].append(row)
    return out


def _sturing(answer: etree._Element) -> None:
    sturing = etree.SubElement(answer, f"{_ZKN}stuurgegevens")
    for naam, waarde in (("berichtcode", "La01"), ("entiteittype", "ZAK")):
        etree.SubElement(sturing, _STUF + naam).text = waarde
    parameters = etree.SubElement(answer, f"{_ZKN}parameters")
    etree.SubElement(parameters, f"{_STUF}indicatorVervolgvraag").text = "false"


def _write_zaak(
    holder: etree._Element, zaak: Row, relaties: list[Row], statussen: list[Row], inrichting: dict[str, Any]
) -> None:
    sub = etree.SubElement
    object_ = sub(holder, f"{_ZKN}object", {_ENTITEITTYPE: "ZAK", f"{_STUF}sleutelVerzendend": str(zaak[0])})
    for naam, waarde in zip(
        ("identificatie", "omschrijving", "startdatum", "einddatum"), (zaak[1], zaak[3], zaak[5], zaak[10]), strict=True
    ):
        _element(object_, _ZKN + naam, waarde, "geenWaarde")
    code, omschrijving = inrichting["zaaktypen"][str(zaak[2])]
    is_van = sub(sub(object_, f"{_ZKN}isVan", {_ENTITEITTYPE: "ZAKZKT"}), f"{_ZKN}gerelateerde", {_ENTITEITTYPE: "ZKT"})
    sub(is_van, f"{_ZKN}omschrijving").text = omschrijving
    sub(is_van, f"{_ZKN}code").text = code
    for soort in (_CLIENT, _INITIATOR):
        for relatie in relaties:
            if relatie[1] == soort:
                _write_relatie(object_, relatie)
    for status in statussen:
        volgnummer, naam = inrichting["statustypen"][str(status[1])]
        heeft = sub(object_, f"{_ZKN}heeft", {_ENTITEITTYPE: "ZAKSTT"})
        statustype = sub(heeft, f"{_ZKN}gerelateerde", {_ENTITEITTYPE: "STT"})
        sub(statustype, f"{_ZKN}volgnummer").text = volgnummer
        sub(statustype, f"{_ZKN}omschrijving").text = naam
        sub(heeft, f"{_ZKN}datumStatusGezet").text = status[2]
        sub(heeft, f"{_ZKN}indicatieLaatsteStatus").text = "J" if status[3] else "N"


def _write_relatie(object_: etree._Element, relatie: Row) -> None:
    client = relatie[1] == _CLIENT
    node = etree.SubElement(object_, _ZKN + relatie[1], {_ENTITEITTYPE: "ZAKOBJ" if client else "ZAKBTRINI"})
    gerelateerde = etree.SubElement(node, f"{_ZKN}gerelateerde")
    if client:
        _write_persoon(gerelateerde, relatie[7], relatie[8], relatie[9])
        _element(node, f"{_ZKN}omschrijving", relatie[3], "geenWaarde")
    else:
        medewerker = etree.SubElement(gerelateerde, f"{_ZKN}medewerker", {_ENTITEITTYPE: "MDW"})
        etree.SubElement(medewerker, f"{_ZKN}identificatie").text = relatie[7]
        etree.SubElement(medewerker, f"{_ZKN}achternaam").text = relatie[8]
        for naam in ("voorletters", "voorvoegselAchternaam"):
            _element(medewerker, _ZKN + naam, relatie[9].get(naam), "waardeOnbekend")


_FOR_ADRES: Final = ["voorvoegselGeslachtsnaam", "voorletters", "voornamen", "geslachtsaanduiding", "geboortedatum"]
_ADRES: Final = [
    "aoa.identificatie",
    "authentiek",
    "wpl.woonplaatsNaam",
    "gor.openbareRuimteNaam",
    "gor.straatnaam",
    "aoa.postcode",
    "aoa.huisnummer",
    "aoa.huisletter",
    "aoa.huisnummertoevoeging",
    "inp.locatiebeschrijving",
]


def _write_persoon(gerelateerde: etree._Element, bsn: str, naam: str, inhoud: dict[str, Any]) -> None:
    persoon = etree.SubElement(gerelateerde, f"{_ZKN}natuurlijkPersoon", {_ENTITEITTYPE: "NPS"})
    etree.SubElement(persoon, f"{_BG}inp.bsn").text = bsn
    _element(persoon, f"{_BG}authentiek", inhoud.get("authentiek"), "waardeOnbekend")
    etree.SubElement(persoon, f"{_BG}geslachtsnaam").text = naam
    for field in _FOR_ADRES:
        _element(persoon, _BG + field, inhoud.get(field), "waardeOnbekend")
    adres = etree.SubElement(persoon, f"{_BG}verblijfsadres")
    for field in _ADRES:
        if field in inhoud["verblijfsadres"]:
            _element(adres, _BG + field, inhoud["verblijfsadres"][field], "")


def _element(parent: etree._Element, naam: str, waarde: Any, without: str) -> None:
    element = etree.SubElement(parent, naam)
    if isinstance(waarde, str):
        element.text = waarde
    elif waarde is None or "@noValue" in waarde:
        element.set(_NIL, "true")
        element.set(f"{_STUF}noValue", waarde["@noValue"] if waarde else without)
    else:
        element.text = waarde["_"]
        element.set(f"{_STUF}metagegeven", waarde["@metagegeven"])


HANDELINGEN: Final[dict[str, Callable[[Cursor, etree._Element, bytes, dict[str, Any]], object]]] = {
    "STATUS": zaakstatus,
    "DETAILS": zaakdetails,
    "ZOEK": search,
    "ZOEK_VEEL": search_many,
}
