"""Values of elements: numbers, dates and noValue, and how they are kept and compared (StUF 03.01, 3.4)."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final, cast

from lxml import etree

from regiesysteem.stuf.entity import Element, Elementen, Entiteit, Soort
from regiesysteem.stuf.namespaces import CONTENT_TYPE, ENTITEITTYPE, METAGEGEVEN, NIL, NO_VALUE, STUF, VERWERKINGSSOORT
from regiesysteem.stuf.xml import canonical, parse_own

# --- Whole numbers in messages: read with a bound, so that no text makes the reading fail or take long

_NUMERAL: Final = re.compile(r"\+?[0-9]{1,18}")


def numeral(text: str | None) -> int | None:
    """Read a number, with white space around it; None for another text, or a number of over 18 digits."""
    bare = (text or "").strip()
    return int(bare) if _NUMERAL.fullmatch(bare) else None


# --- The values of elements between XML and database: reader and writer stand together, so that nothing is lost

Waarde = str | dict[str, Any] | list[Any]
Data = dict[str, Waarde]

NO_WAARDE = "geenWaarde"
_STUF = f"{{{STUF}}}"
_LENGTH_STUF = len(_STUF)
_EMPTY = frozenset({"@noValue", "@nil"})
_FILE = frozenset({"@bestandsnaam", "@contentType"})
# Attributes that say what a sender does with an entity or how it knows it, not what the entity is; `exact` belongs to a
# question (StUF 03.01, 6.3.1).
_STURING = frozenset(
    f"{_STUF}{naam}" for naam in ("verwerkingssoort", "sleutelVerzendend", "sleutelOntvangend", "sleutelGegevensbeheer",
                                  "sleutelSynchronisatie", "entiteittype", "scope", "functie", "exact")
)  # fmt: skip


def read(node: etree._Element, element: Element) -> Waarde:
    """Give the stored value of one XML element.

    Shapes: a text; a dict with "#" for the text and "@name" for attributes; a dict by name for a group; a list for an
    element that repeats. "@noValue" and "@nil" stand for no value.
    """
    if element.verbatim:
        empty = {naam: waarde for naam, waarde in _attributes(node).items() if naam in _EMPTY}
        return {"#": read_verbatim(node), **empty}
    attributes = _attributes(node)
    if element.fields:
        if _EMPTY.isdisjoint(attributes):
            attributes.update(read_children(node, element.fields))
        return attributes
    if element.soort is Soort.BINAIR:
        return _read_file(node, attributes)
    text = node.text or ""
    if element.soort is not Soort.TEXT:
        text = text.strip()
    if not attributes:
        return text
    return {"_": text, **attributes} if _EMPTY.isdisjoint(attributes) else attributes


def read_verbatim(node: etree._Element) -> str:
    """Give an element and its content as text that `write` puts back."""
    return canonical(_stripped(node)).decode()


def write(parent: etree._Element, element: Element, waarde: Waarde, ns: str) -> None:
    """Append a stored value to its parent as it came in; the inverse of `read`.

    `ns` is the namespace of the entity, for an element that has none of its own.
    """
    if isinstance(waarde, list):
        for single in waarde:
            write(parent, element, single, ns)
        return
    if not isinstance(waarde, str) and "#" in waarde:
        parent.append(_from_text(waarde["#"], element))
        return
    if element.verbatim and not element.nil:
        return  # a change removed it, and the schema does not allow it to be empty
    node = etree.SubElement(parent, f"{{{element.ns or ns}}}{element.naam}")
    if element.entiteittype:
        node.set(ENTITEITTYPE, element.entiteittype)
    if isinstance(waarde, str):
        node.text = waarde
        return
    for naam, inhoud in waarde.items():
        if naam[0] == "@" and naam != "@nil":
            node.set(CONTENT_TYPE if naam == "@contentType" else _STUF + naam[1:], inhoud)
    if no_waarde(waarde):
        node.set(NIL, "true")
    elif element.fields:
        _write_fields(node, element, waarde, element.ns or ns)
    else:
        node.text = waarde.get("_", "")


def write_empty(parent: etree._Element, naam: str, ns: str, soort: str, entiteittype: str = "") -> etree._Element:
    """Append an element without a value, xsi:nil and StUF:noValue (StUF 03.01, 3.4.1), and give it."""
    node = etree.SubElement(parent, f"{{{ns}}}{naam}")
    if entiteittype:
        node.set(ENTITEITTYPE, entiteittype)
    node.set(NIL, "true")
    node.set(NO_VALUE, soort)
    return node


def write_metagegeven(parent: etree._Element, element: Element, ns: str, unknown: str) -> etree._Element:
    """Append a metagegeven without a known value, and give it; one that may not be empty gets N."""
    if element.nil:
        node = write_empty(parent, element.naam, ns, unknown)
    else:
        node = etree.SubElement(parent, f"{{{ns}}}{element.naam}")
        node.text = "N"
    node.set(METAGEGEVEN, "true")
    return node


def read_children(node: etree._Element, elementen: Iterable[Element]) -> Data:
    """The stored values of those children that `elementen` knows, by name; others are skipped."""
    known = Elementen.of(elementen).by_naam
    out: Data = {}
    for child in node:
        element = known.get(str(child.tag).rpartition("}")[2])
        if element is not None:
            add(out, element, read(child, element))
    return out


def add(data: Data, element: Element, waarde: Waarde) -> None:
    """Add a value under its name; repeating elements collect in a list.

    A date or number without text is left out: senders that are not held to the schema write it for an absent value
    (docs/afwijkingen.md 31).
    """
    if waarde == "" and element.soort is not Soort.TEXT:
        return
    if not element.repeatable:
        data[element.naam] = waarde
        return
    listing = data.setdefault(element.naam, [])
    if isinstance(listing, list):
        listing.append(waarde)


def text(waarde: Waarde | None) -> str | None:
    """The text of a stored value; None where there is none (absent, noValue, a group)."""
    if isinstance(waarde, dict):
        bare = waarde.get("_")
        return bare if isinstance(bare, str) else None
    return waarde if isinstance(waarde, str) else None


def no_waarde(waarde: Waarde | None) -> str | None:
    """The kind of noValue of a stored value, or None."""
    if not isinstance(waarde, dict):
        return None
    return waarde.get("@noValue") or (NO_WAARDE if "@nil" in waarde else None)


def is_empty(waarde: Waarde | None) -> bool:
    """Tell whether a stored value means "has no value": absent, or geenWaarde (for a group: all of its elements)."""
    soort = no_waarde(waarde)
    if waarde is None or soort is not None:
        return soort in (None, NO_WAARDE)
    if isinstance(waarde, list):
        return all(is_empty(single) for single in waarde)
    if isinstance(waarde, str) or "_" in waarde or "#" in waarde:
        return False
    return all(naam[0] == "@" or is_empty(inhoud) for naam, inhoud in waarde.items())


def without_bare_nil(data: Data, found: list[str]) -> Data:
    """Give values without those that are xsi:nil and have no noValue; their names are added to `found`."""
    out: Data = {}
    for naam, waarde in data.items():
        filled = _extra_without_bare_nil(waarde) if naam == "extraElementen" else _without_bare_nil(waarde)
        if filled is not None:
            out[naam] = filled
        if filled != waarde:
            found.append(naam)
    return out


def _extra_without_bare_nil(waarde: Waarde) -> Waarde | None:
    """The extraElementen with a value: each is an element of its own (StUF 03.01, 3.2.4.1)."""
    if not isinstance(waarde, dict) or "#" not in waarde or "nil=" not in waarde["#"]:
        return waarde
    node = parse_own(waarde["#"].encode())
    for child in [child for child in node if child.get(NIL) in ("true", "1") and NO_VALUE not in child.attrib]:
        node.remove(child)
    return {**waarde, "#": canonical(node).decode()} if len(node) else None


def _without_bare_nil(waarde: Waarde) -> Waarde | None:
    if isinstance(waarde, list):
        parts = [part for single in waarde if (part := _without_bare_nil(single)) is not None]
        return parts if parts or not waarde else None
    if not isinstance(waarde, dict) or "_" in waarde or "@noValue" in waarde:
        return waarde
    if "@nil" in waarde:
        return None if _FILE.isdisjoint(waarde) else waarde
    fields = {naam: w if naam[0] in "@#" else _without_bare_nil(w) for naam, w in waarde.items()}
    over = {naam: w for naam, w in fields.items() if w is not None}
    return over if any(naam[0] != "@" for naam in over) or over == waarde else None


def _write_fields(node: etree._Element, element: Element, waarde: dict[str, Any], ns: str) -> None:
    """Append the fields of a group; a required field that a change removed gets geenWaarde."""
    for field in element.fields:
        if field.naam in waarde:
            write(node, field, waarde[field.naam], ns)
        elif field.verplicht and not field.fields:
            write_empty(node, field.naam, field.ns or ns, NO_WAARDE)


def _from_text(text: str, element: Element) -> etree._Element:
    node = parse_own(text.encode())
    if not element.novalue and node.get(NIL) in ("true", "1"):
        node.attrib.pop(NO_VALUE, "")
    for inner in node.iter(etree.Element) if element.inside else ():
        for entiteit in element.inside:
            if inner.get(ENTITEITTYPE) == entiteit.code:
                _complete_pairs(inner, entiteit)
    return node


def _complete_pairs(node: etree._Element, entiteit: Entiteit) -> None:
    """Add the absent half of each pair of elements that accompany each other (`Element.with_`)."""
    for element in entiteit.elementen:
        if not element.with_:
            continue
        first, second = (node.find(f"{{{element.ns or entiteit.ns}}}{naam}") for naam in (element.with_, element.naam))
        if first is not None and second is None:
            first.addnext(write_metagegeven(node, element, element.ns or entiteit.ns, entiteit.unknown))
        elif first is None and second is not None:
            second.addprevious(write_empty(node, element.with_, element.ns or entiteit.ns, entiteit.unknown))


def _attributes(node: etree._Element) -> dict[str, Any]:
    """The StUF attributes worth keeping, as {"@naam": waarde}; "@nil" for xsi:nil without a noValue."""
    out: dict[str, Any] = {}
    empty = False
    for naam, waarde in cast("list[tuple[str, str]]", node.items()):
        if naam.startswith(_STUF):
            if naam not in _STURING:
                out[f"@{naam[_LENGTH_STUF:]}"] = waarde
        elif naam == NIL and waarde in ("true", "1"):
            empty = True
    if empty and "@noValue" not in out:
        out["@nil"] = "true"
    return out


def _read_file(node: etree._Element, attributes: dict[str, Any]) -> Waarde:
    """The stored value of a file, without its bytes; a large text is not touched."""
    if not _EMPTY.isdisjoint(attributes):
        return attributes
    soort = node.get(CONTENT_TYPE)
    return {"_": "", **attributes, **({} if soort is None else {"@contentType": soort})}


def _stripped(node: etree._Element) -> etree._Element:
    """Copy an element without the attributes by which a sender steers the processing; an answer cannot have them."""
    copy = parse_own(canonical(node))
    for inner in copy.iter(etree.Element):
        if VERWERKINGSSOORT in inner.attrib:
            del inner.attrib[VERWERKINGSSOORT]
    return copy


# --- Dates and times of StUF: 8 to 17 digits, possibly incomplete (StUF 03.01, 3.2.2 and 3.4.1)

_DATUM: Final = 8
_LONGEST: Final = 17
_MONTHS: Final = 12
_BOUNDS: Final = ((8, 24, "uur dat"), (10, 60, "minuut die"), (12, 60, "seconde die"))

DATUM_FORM: Final = "een datum is EEJJMMDD (20260131), een tijdstip EEJJMMDDuummss, zonder tekens ertussen"
"""Advice for a sender that writes a date otherwise."""
COMPLETE: Final = "V"
_MONTH_UNKNOWN: Final = ("M", "J")
"""indOnvolledigeDatum: J year, M month, D day unknown, V complete; below an unknown part nothing is known."""


def has_form(text: str) -> bool:
    """Tell whether a text is written as a date or time: 8 to 17 digits."""
    return text.isascii() and text.isdigit() and _DATUM <= len(text) <= _LONGEST


def objection(waarde: Waarde) -> str | None:
    """Give the reason why a value is no existing date or time (Dutch); None when it is one, or is empty."""
    said = text(waarde)
    if said is None:
        return None
    indicatie = waarde.get("@indOnvolledigeDatum", COMPLETE) if isinstance(waarde, dict) else COMPLETE
    if not has_form(said):
        return f"{said!r} is geen datum of tijdstip van 8 tot en met 17 cijfers; {DATUM_FORM}"
    error = _datum_objection(said, indicatie)
    if error is None:
        error = next(
            (
                f"{said!r} heeft een {naam} niet bestaat"
                for offset, bound, naam in _BOUNDS
                if _too_large(said, offset, bound)
            ),
            None,
        )
    return error


def _datum_objection(text: str, indicatie: str) -> str | None:
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    if indicatie in _MONTH_UNKNOWN:
        return None
    if not 1 <= month <= _MONTHS:
        return f"{text!r} heeft een maand die niet bestaat"
    if indicatie != COMPLETE:
        return None
    if year == 0 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return f"{text!r} is een datum die niet bestaat"
    return None


def _too_large(text: str, offset: int, bound: int) -> bool:
    return len(text) >= offset + 2 and int(text[offset : offset + 2]) >= bound


def plus_days(datum: str, days: int) -> str | None:
    """Add days to a complete StUF date; None when it is not complete or falls outside the calendar."""
    try:
        return (date.fromisoformat(datum[:_DATUM]) + timedelta(days=days)).strftime("%Y%m%d")
    except (ValueError, OverflowError):
        return None
