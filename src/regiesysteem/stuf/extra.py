"""StUF:extraElementen: elements that each have a naam, kept together as one text (StUF 03.01, 3.2.4.1).

    {"#": "<StUF:extraElementen><StUF:extraElement naam="reden">verhuizing</StUF:extraElement></StUF:extraElementen>"}

Each naam is an element of its own: a change that does not name it leaves it, and a scope may ask it alone. A naam that
occurs twice is a repeating element. Of domain data (`stuf.payload`) the form counts, and not how it was sent.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Final

from lxml import etree

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element
from regiesysteem.stuf.namespaces import NIL, NO_VALUE, STUF, XSI
from regiesysteem.stuf.payload import EXTRA, EXTRA_ELEMENT, VOORVOEGSEL
from regiesysteem.stuf.values import Waarde
from regiesysteem.stuf.xml import canoniek, ontleed_eigen

NAAM: Final = "extraElementen"

Delen = dict[str, list["etree._Element"]]  # noqa: SLF001 - the type has no other name
"""The extraElementen with each naam, in the order in which the namen come."""

_DEEL: Final = Element("extraElement", STUF)


def wie(naam: str) -> str:
    """Give the key by which two extraElementen are the same: the naam, without the parameters of domain data."""
    naam = naam.strip()
    return naam.partition(";")[0] if naam.startswith(VOORVOEGSEL) else naam


def per_naam(waarde: Waarde | None) -> Delen:
    """The extraElementen of a stored value by their naam; none for a value that says there are none."""
    uit: Delen = {}
    tekst = waarde.get("#") if isinstance(waarde, dict) else None
    for knoop in ontleed_eigen(tekst.encode()).iterchildren(tag=EXTRA_ELEMENT) if tekst else ():
        uit.setdefault(wie(knoop.get("naam", "")), []).append(knoop)
    return uit


def gezegd(delen: Iterable[etree._Element] | None) -> Waarde | None:
    """The values of the extraElementen with one naam, to compare: a list for several, None for none."""
    uit = [_waarde(knoop) for knoop in delen or ()]
    return uit[0] if len(uit) == 1 else uit or None


def met(waarde: Waarde | None, nieuw: Mapping[str, list[etree._Element]]) -> Waarde:
    """A stored value in which the extraElementen with these namen are replaced; others keep their content and order."""
    uit = etree.Element(EXTRA, nsmap={"StUF": STUF})
    delen = per_naam(waarde)
    for naam in dict.fromkeys((*delen, *nieuw)):
        uit.extend(deepcopy(knoop) for knoop in nieuw.get(naam, delen.get(naam, ())))
    return {"#": canoniek(uit).decode()} if len(uit) else {"@noValue": values.GEEN_WAARDE}


def met_waarde(delen: Iterable[etree._Element]) -> list[etree._Element]:
    """Those of these extraElementen that have a value."""
    return [knoop for knoop in delen if not values.is_leeg(_waarde(knoop))]


def samen(bekend: Waarde | None, nieuw: Waarde) -> Waarde:
    """The known extraElementen after a message: its namen replace, and a naam without a value goes."""
    delen = {naam: met_waarde(knopen) for naam, knopen in per_naam(nieuw).items()}
    return met(bekend, delen) if isinstance(nieuw, dict) and "#" in nieuw else nieuw


def aangevuld(bekend: Mapping[str, Waarde], nieuw: Mapping[str, Waarde]) -> dict[str, Waarde]:
    """New values over known ones; each naam of extraElementen is replaced by itself."""
    erbij = {NAAM: samen(bekend[NAAM], nieuw[NAAM])} if NAAM in bekend and NAAM in nieuw else {}
    return {**bekend, **nieuw, **erbij}


def alleen(waarde: Waarde | None, gevraagd: Iterable[str], onbekend: str) -> Waarde:
    """The extraElementen with the asked namen; a naam that is absent gets a noValue (StUF 03.01, 6.4.2)."""
    delen = per_naam(waarde)
    uit = {wie(naam): delen.get(wie(naam)) or [_leeg(naam, onbekend)] for naam in gevraagd}
    return met(None, uit)


def _waarde(knoop: etree._Element) -> Waarde:
    uit: dict[str, Any] = {}
    if len(knoop):  # from a sender that is not held to the schema
        uit = {"#": canoniek(knoop).decode()}
    else:
        waarde = values.lees(knoop, _DEEL)
        naam = knoop.get("naam", "").strip()
        if isinstance(waarde, str) and naam == wie(naam):
            return waarde
        uit = {"_": waarde} if isinstance(waarde, str) else dict(waarde) if isinstance(waarde, dict) else {}
        if naam != wie(naam) and "_" in uit:
            uit["@naam"] = naam
    return uit


def _leeg(naam: str, onbekend: str) -> etree._Element:
    return etree.Element(
        EXTRA_ELEMENT, {"naam": naam, NIL: "true", NO_VALUE: onbekend}, nsmap={"StUF": STUF, "xsi": XSI}
    )
