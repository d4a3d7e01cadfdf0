"""Values of elements: numbers, dates and noValue, and how they are kept and compared (StUF 03.01, 3.4)."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final, cast

from lxml import etree

from regiesysteem.stuf.entity import Element, Elementen, Entiteit, Soort
from regiesysteem.stuf.namespaces import CONTENT_TYPE, ENTITEITTYPE, METAGEGEVEN, NIL, NO_VALUE, STUF, VERWERKINGSSOORT
from regiesysteem.stuf.xml import canoniek, ontleed_eigen

# --- Whole numbers in messages: read with a bound, so that no text makes the reading fail or take long

_GETAL: Final = re.compile(r"\+?[0-9]{1,18}")


def getal(tekst: str | None) -> int | None:
    """Read a number, with white space around it; None for another text, or a number of over 18 digits."""
    kaal = (tekst or "").strip()
    return int(kaal) if _GETAL.fullmatch(kaal) else None


# --- The values of elements between XML and database: reader and writer stand together, so that nothing is lost

Waarde = str | dict[str, Any] | list[Any]
Gegevens = dict[str, Waarde]

GEEN_WAARDE = "geenWaarde"
_STUF = f"{{{STUF}}}"
_LENGTE_STUF = len(_STUF)
_LEEG = frozenset({"@noValue", "@nil"})
_BESTAND = frozenset({"@bestandsnaam", "@contentType"})
# Attributes that say what a sender does with an entity or how it knows it, not what the entity is; `exact` belongs to a
# question (StUF 03.01, 6.3.1).
_STURING = frozenset(
    f"{_STUF}{naam}" for naam in ("verwerkingssoort", "sleutelVerzendend", "sleutelOntvangend", "sleutelGegevensbeheer",
                                  "sleutelSynchronisatie", "entiteittype", "scope", "functie", "exact")
)  # fmt: skip


def lees(knoop: etree._Element, element: Element) -> Waarde:
    """Give the stored value of one XML element.

    Shapes: a text; a dict with "#" for the text and "@name" for attributes; a dict by name for a group; a list for an
    element that repeats. "@noValue" and "@nil" stand for no value.
    """
    if element.letterlijk:
        leeg = {naam: waarde for naam, waarde in _attributen(knoop).items() if naam in _LEEG}
        return {"#": lees_letterlijk(knoop), **leeg}
    attributen = _attributen(knoop)
    if element.velden:
        if _LEEG.isdisjoint(attributen):
            attributen.update(lees_kinderen(knoop, element.velden))
        return attributen
    if element.soort is Soort.BINAIR:
        return _lees_bestand(knoop, attributen)
    tekst = knoop.text or ""
    if element.soort is not Soort.TEKST:
        tekst = tekst.strip()
    if not attributen:
        return tekst
    return {"_": tekst, **attributen} if _LEEG.isdisjoint(attributen) else attributen


def lees_letterlijk(knoop: etree._Element) -> str:
    """Give an element and its content as text that `schrijf` puts back."""
    return canoniek(_ontdaan(knoop)).decode()


def schrijf(ouder: etree._Element, element: Element, waarde: Waarde, ns: str) -> None:
    """Append a stored value to its parent as it came in; the inverse of `lees`.

    `ns` is the namespace of the entity, for an element that has none of its own.
    """
    if isinstance(waarde, list):
        for enkel in waarde:
            schrijf(ouder, element, enkel, ns)
        return
    if not isinstance(waarde, str) and "#" in waarde:
        ouder.append(_uit_tekst(waarde["#"], element))
        return
    if element.letterlijk and not element.nil:
        return  # a change removed it, and the schema does not allow it to be empty
    knoop = etree.SubElement(ouder, f"{{{element.ns or ns}}}{element.naam}")
    if element.entiteittype:
        knoop.set(ENTITEITTYPE, element.entiteittype)
    if isinstance(waarde, str):
        knoop.text = waarde
        return
    for naam, inhoud in waarde.items():
        if naam[0] == "@" and naam != "@nil":
            knoop.set(CONTENT_TYPE if naam == "@contentType" else _STUF + naam[1:], inhoud)
    if geen_waarde(waarde):
        knoop.set(NIL, "true")
    elif element.velden:
        _schrijf_velden(knoop, element, waarde, element.ns or ns)
    else:
        knoop.text = waarde.get("_", "")


def schrijf_leeg(ouder: etree._Element, naam: str, ns: str, soort: str, entiteittype: str = "") -> etree._Element:
    """Append an element without a value, xsi:nil and StUF:noValue (StUF 03.01, 3.4.1), and give it."""
    knoop = etree.SubElement(ouder, f"{{{ns}}}{naam}")
    if entiteittype:
        knoop.set(ENTITEITTYPE, entiteittype)
    knoop.set(NIL, "true")
    knoop.set(NO_VALUE, soort)
    return knoop


def schrijf_metagegeven(ouder: etree._Element, element: Element, ns: str, onbekend: str) -> etree._Element:
    """Append a metagegeven without a known value, and give it; one that may not be empty gets N."""
    if element.nil:
        knoop = schrijf_leeg(ouder, element.naam, ns, onbekend)
    else:
        knoop = etree.SubElement(ouder, f"{{{ns}}}{element.naam}")
        knoop.text = "N"
    knoop.set(METAGEGEVEN, "true")
    return knoop


def lees_kinderen(knoop: etree._Element, elementen: Iterable[Element]) -> Gegevens:
    """The stored values of those children that `elementen` knows, by name; others are skipped."""
    bekend = Elementen.van(elementen).op_naam
    uit: Gegevens = {}
    for kind in knoop:
        element = bekend.get(str(kind.tag).rpartition("}")[2])
        if element is not None:
            voeg_toe(uit, element, lees(kind, element))
    return uit


def voeg_toe(gegevens: Gegevens, element: Element, waarde: Waarde) -> None:
    """Add a value under its name; repeating elements collect in a list.

    A date or number without text is left out: senders that are not held to the schema write it for an absent value
    (docs/afwijkingen.md 31).
    """
    if waarde == "" and element.soort is not Soort.TEKST:
        return
    if not element.meervoudig:
        gegevens[element.naam] = waarde
        return
    lijst = gegevens.setdefault(element.naam, [])
    if isinstance(lijst, list):
        lijst.append(waarde)


def tekst(waarde: Waarde | None) -> str | None:
    """The text of a stored value; None where there is none (absent, noValue, a group)."""
    if isinstance(waarde, dict):
        kaal = waarde.get("_")
        return kaal if isinstance(kaal, str) else None
    return waarde if isinstance(waarde, str) else None


def geen_waarde(waarde: Waarde | None) -> str | None:
    """The kind of noValue of a stored value, or None."""
    if not isinstance(waarde, dict):
        return None
    return waarde.get("@noValue") or (GEEN_WAARDE if "@nil" in waarde else None)


def is_leeg(waarde: Waarde | None) -> bool:
    """Tell whether a stored value means "has no value": absent, or geenWaarde (for a group: all of its elements)."""
    soort = geen_waarde(waarde)
    if waarde is None or soort is not None:
        return soort in (None, GEEN_WAARDE)
    if isinstance(waarde, list):
        return all(is_leeg(enkel) for enkel in waarde)
    if isinstance(waarde, str) or "_" in waarde or "#" in waarde:
        return False
    return all(naam[0] == "@" or is_leeg(inhoud) for naam, inhoud in waarde.items())


def zonder_kale_nil(gegevens: Gegevens, gevonden: list[str]) -> Gegevens:
    """Give values without those that are xsi:nil and have no noValue; their names are added to `gevonden`."""
    uit: Gegevens = {}
    for naam, waarde in gegevens.items():
        gevuld = _extra_zonder_kale_nil(waarde) if naam == "extraElementen" else _zonder_kale_nil(waarde)
        if gevuld is not None:
            uit[naam] = gevuld
        if gevuld != waarde:
            gevonden.append(naam)
    return uit


def _extra_zonder_kale_nil(waarde: Waarde) -> Waarde | None:
    """The extraElementen with a value: each is an element of its own (StUF 03.01, 3.2.4.1)."""
    if not isinstance(waarde, dict) or "#" not in waarde or "nil=" not in waarde["#"]:
        return waarde
    knoop = ontleed_eigen(waarde["#"].encode())
    for kind in [kind for kind in knoop if kind.get(NIL) in ("true", "1") and NO_VALUE not in kind.attrib]:
        knoop.remove(kind)
    return {**waarde, "#": canoniek(knoop).decode()} if len(knoop) else None


def _zonder_kale_nil(waarde: Waarde) -> Waarde | None:
    if isinstance(waarde, list):
        delen = [deel for enkel in waarde if (deel := _zonder_kale_nil(enkel)) is not None]
        return delen if delen or not waarde else None
    if not isinstance(waarde, dict) or "_" in waarde or "@noValue" in waarde:
        return waarde
    if "@nil" in waarde:
        return None if _BESTAND.isdisjoint(waarde) else waarde
    velden = {naam: w if naam[0] in "@#" else _zonder_kale_nil(w) for naam, w in waarde.items()}
    over = {naam: w for naam, w in velden.items() if w is not None}
    return over if any(naam[0] != "@" for naam in over) or over == waarde else None


def _schrijf_velden(knoop: etree._Element, element: Element, waarde: dict[str, Any], ns: str) -> None:
    """Append the fields of a group; a required field that a change removed gets geenWaarde."""
    for veld in element.velden:
        if veld.naam in waarde:
            schrijf(knoop, veld, waarde[veld.naam], ns)
        elif veld.verplicht and not veld.velden:
            schrijf_leeg(knoop, veld.naam, veld.ns or ns, GEEN_WAARDE)


def _uit_tekst(tekst: str, element: Element) -> etree._Element:
    knoop = ontleed_eigen(tekst.encode())
    if not element.novalue and knoop.get(NIL) in ("true", "1"):
        knoop.attrib.pop(NO_VALUE, "")
    for plek in knoop.iter(etree.Element) if element.binnen else ():
        for entiteit in element.binnen:
            if plek.get(ENTITEITTYPE) == entiteit.code:
                _vul_paren_aan(plek, entiteit)
    return knoop


def _vul_paren_aan(knoop: etree._Element, entiteit: Entiteit) -> None:
    """Add the absent half of each pair of elements that accompany each other (`Element.met`)."""
    for element in entiteit.elementen:
        if not element.met:
            continue
        eerste, tweede = (knoop.find(f"{{{element.ns or entiteit.ns}}}{naam}") for naam in (element.met, element.naam))
        if eerste is not None and tweede is None:
            eerste.addnext(schrijf_metagegeven(knoop, element, element.ns or entiteit.ns, entiteit.onbekend))
        elif eerste is None and tweede is not None:
            tweede.addprevious(schrijf_leeg(knoop, element.met, element.ns or entiteit.ns, entiteit.onbekend))


def _attributen(knoop: etree._Element) -> dict[str, Any]:
    """The StUF attributes worth keeping, as {"@naam": waarde}; "@nil" for xsi:nil without a noValue."""
    uit: dict[str, Any] = {}
    leeg = False
    for naam, waarde in cast("list[tuple[str, str]]", knoop.items()):
        if naam.startswith(_STUF):
            if naam not in _STURING:
                uit[f"@{naam[_LENGTE_STUF:]}"] = waarde
        elif naam == NIL and waarde in ("true", "1"):
            leeg = True
    if leeg and "@noValue" not in uit:
        uit["@nil"] = "true"
    return uit


def _lees_bestand(knoop: etree._Element, attributen: dict[str, Any]) -> Waarde:
    """The stored value of a file, without its bytes; a large text is not touched."""
    if not _LEEG.isdisjoint(attributen):
        return attributen
    soort = knoop.get(CONTENT_TYPE)
    return {"_": "", **attributen, **({} if soort is None else {"@contentType": soort})}


def _ontdaan(knoop: etree._Element) -> etree._Element:
    """Copy an element without the attributes by which a sender steers the processing; an answer cannot have them."""
    kopie = ontleed_eigen(canoniek(knoop))
    for plek in kopie.iter(etree.Element):
        if VERWERKINGSSOORT in plek.attrib:
            del plek.attrib[VERWERKINGSSOORT]
    return kopie


# --- Dates and times of StUF: 8 to 17 digits, possibly incomplete (StUF 03.01, 3.2.2 and 3.4.1)

_DATUM: Final = 8
_LANGST: Final = 17
_MAANDEN: Final = 12
_GRENZEN: Final = ((8, 24, "uur dat"), (10, 60, "minuut die"), (12, 60, "seconde die"))

DATUMVORM: Final = "een datum is EEJJMMDD (20260131), een tijdstip EEJJMMDDuummss, zonder tekens ertussen"
"""Advice for a sender that writes a date otherwise."""
VOLLEDIG: Final = "V"
_MAAND_ONBEKEND: Final = ("M", "J")
"""indOnvolledigeDatum: J year, M month, D day unknown, V complete; below an unknown part nothing is known."""


def has_form(text: str) -> bool:
    """Tell whether a text is written as a date or time: 8 to 17 digits."""
    return text.isascii() and text.isdigit() and _DATUM <= len(text) <= _LANGST


def bezwaar(waarde: Waarde) -> str | None:
    """Give the reason why a value is no existing date or time (Dutch); None when it is one, or is empty."""
    gezegd = tekst(waarde)
    if gezegd is None:
        return None
    indicatie = waarde.get("@indOnvolledigeDatum", VOLLEDIG) if isinstance(waarde, dict) else VOLLEDIG
    if not has_form(gezegd):
        return f"{gezegd!r} is geen datum of tijdstip van 8 tot en met 17 cijfers; {DATUMVORM}"
    fout = _datum_bezwaar(gezegd, indicatie)
    if fout is None:
        fout = next(
            (
                f"{gezegd!r} heeft een {naam} niet bestaat"
                for plek, grens, naam in _GRENZEN
                if _te_groot(gezegd, plek, grens)
            ),
            None,
        )
    return fout


def _datum_bezwaar(tekst: str, indicatie: str) -> str | None:
    jaar, maand, dag = int(tekst[:4]), int(tekst[4:6]), int(tekst[6:8])
    if indicatie in _MAAND_ONBEKEND:
        return None
    if not 1 <= maand <= _MAANDEN:
        return f"{tekst!r} heeft een maand die niet bestaat"
    if indicatie != VOLLEDIG:
        return None
    if jaar == 0 or not 1 <= dag <= calendar.monthrange(jaar, maand)[1]:
        return f"{tekst!r} is een datum die niet bestaat"
    return None


def _te_groot(tekst: str, plek: int, grens: int) -> bool:
    return len(tekst) >= plek + 2 and int(tekst[plek : plek + 2]) >= grens


def plus_dagen(datum: str, dagen: int) -> str | None:
    """Add days to a complete StUF date; None when it is not complete or falls outside the calendar."""
    try:
        return (date.fromisoformat(datum[:_DATUM]) + timedelta(days=dagen)).strftime("%Y%m%d")
    except (ValueError, OverflowError):
        return None
