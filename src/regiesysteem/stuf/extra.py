"""StUF:extraElementen: elements that each have a naam, kept together as one text (StUF 03.01, 3.2.4.1).

    {"#": "<StUF:extraElementen><StUF:extraElement naam="reden">verhuizing</StUF:extraElement></StUF:extraElementen>"}

Each naam is an element of its own: a change that does not name it leaves it, and a scope may ask it alone. A naam that
occurs twice is a repeating element. Domain data (`stuf.payload`) count by their form, and not by how they were sent.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Final

from lxml import etree

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element
from regiesysteem.stuf.namespaces import NIL, NO_VALUE, STUF, XSI
from regiesysteem.stuf.payload import EXTRA, EXTRA_ELEMENT, PREFIX
from regiesysteem.stuf.values import Waarde
from regiesysteem.stuf.xml import canonical, parse_own

NAAM: Final = "extraElementen"

Parts = dict[str, list["etree._Element"]]  # noqa: SLF001 - the type has no other name
"""The extraElementen with each naam, in the order in which the namen come."""

_PART: Final = Element("extraElement", STUF)


def key_of(naam: str) -> str:
    """Give the key by which two extraElementen are the same: the naam, without the parameters of domain data."""
    naam = naam.strip()
    return naam.partition(";")[0] if naam.startswith(PREFIX) else naam


def per_naam(waarde: Waarde | None) -> Parts:
    """The extraElementen of a stored value by their naam; none for a value that says there are none."""
    out: Parts = {}
    text = waarde.get("#") if isinstance(waarde, dict) else None
    for node in parse_own(text.encode()).iterchildren(tag=EXTRA_ELEMENT) if text else ():
        out.setdefault(key_of(node.get("naam", "")), []).append(node)
    return out


def comparable(parts: Iterable[etree._Element] | None) -> Waarde | None:
    """The values of the extraElementen with one naam, to compare: a list for several, None for none."""
    out = [_waarde(node) for node in parts or ()]
    return out[0] if len(out) == 1 else out or None


def with_replaced(waarde: Waarde | None, new: Mapping[str, list[etree._Element]]) -> Waarde:
    """A stored value in which the extraElementen with these namen are replaced; others keep their content and order."""
    out = etree.Element(EXTRA, nsmap={"StUF": STUF})
    parts = per_naam(waarde)
    for naam in dict.fromkeys((*parts, *new)):
        out.extend(deepcopy(node) for node in new.get(naam, parts.get(naam, ())))
    return {"#": canonical(out).decode()} if len(out) else {"@noValue": values.NO_WAARDE}


def having_value(parts: Iterable[etree._Element]) -> list[etree._Element]:
    """The extraElementen among these that have a value."""
    return [node for node in parts if not values.is_empty(_waarde(node))]


def after_change(known: Waarde | None, new: Waarde) -> Waarde:
    """The known extraElementen after a message: its namen replace, and a naam without a value goes."""
    parts = {naam: having_value(nodes) for naam, nodes in per_naam(new).items()}
    return with_replaced(known, parts) if isinstance(new, dict) and "#" in new else new


def completed(known: Mapping[str, Waarde], new: Mapping[str, Waarde]) -> dict[str, Waarde]:
    """New values over known ones; each naam of extraElementen is replaced by itself."""
    added = {NAAM: after_change(known[NAAM], new[NAAM])} if NAAM in known and NAAM in new else {}
    return {**known, **new, **added}


def only_asked(waarde: Waarde | None, asked: Iterable[str], unknown: str) -> Waarde:
    """The extraElementen with the asked namen; a naam that is absent gets a noValue (StUF 03.01, 6.4.2)."""
    parts = per_naam(waarde)
    out = {key_of(naam): parts.get(key_of(naam)) or [_empty(naam, unknown)] for naam in asked}
    return with_replaced(None, out)


def _waarde(node: etree._Element) -> Waarde:
    out: dict[str, Any] = {}
    if len(node):  # from a sender that is not held to the schema
        out = {"#": canonical(node).decode()}
    else:
        waarde = values.read(node, _PART)
        naam = node.get("naam", "").strip()
        if isinstance(waarde, str) and naam == key_of(naam):
            return waarde
        out = {"_": waarde} if isinstance(waarde, str) else dict(waarde) if isinstance(waarde, dict) else {}
        if naam != key_of(naam) and "_" in out:
            out["@naam"] = naam
    return out


def _empty(naam: str, unknown: str) -> etree._Element:
    return etree.Element(
        EXTRA_ELEMENT, {"naam": naam, NIL: "true", NO_VALUE: unknown}, nsmap={"StUF": STUF, "xsi": XSI}
    )
