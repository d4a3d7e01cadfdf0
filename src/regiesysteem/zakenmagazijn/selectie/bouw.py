"""What a query is built of: conditions as SQL with parameters by name, and the criteria that had to be ignored."""

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.stuf.entiteit import Element
from regiesysteem.stuf.namespaces import EXACT, NIL, NO_VALUE

NOOIT = "false"
"""A condition that no zaak meets."""


@dataclass(slots=True)
class Bouw:
    """Collects the parameters of one query; the SQL text depends on which criteria there are, never on their values."""

    inrichting: Inrichting
    parameters: dict[str, Any] = field(default_factory=dict)
    genegeerd: list[str] = field(default_factory=list)
    _alias: int = 0

    def parameter(self, waarde: Any) -> str:
        """Bind a value and give its placeholder."""
        naam = f"p{len(self.parameters)}"
        self.parameters[naam] = waarde
        return f":{naam}"

    def alias(self, letter: str) -> str:
        """A table alias of its own."""
        self._alias += 1
        return f"{letter}{self._alias}"

    def negeer(self, naam: str) -> None:
        """Note a criterion that is not supported (StUF 03.01, 6.3.1: melding StUF0001)."""
        if naam not in self.genegeerd:
            self.genegeerd.append(naam)


@dataclass(frozen=True, slots=True)
class Criterium:
    """An element of <gelijk> (`laag`), or the same one of <vanaf> and <totEnMet> (`laag` and `hoog`)."""

    laag: etree._Element
    hoog: etree._Element | None = None

    @property
    def bereik(self) -> bool:
        """Whether it is a range."""
        return self.hoog is not None

    @property
    def leeg(self) -> str:
        """The kind of noValue of an element that has no content; "" when it has a value."""
        return geen_waarde(self.laag)

    def kinderen(self) -> "list[tuple[str, Criterium]]":
        """The elements inside, by name."""
        lage = list(self.laag.iterchildren(tag=etree.Element))
        if self.hoog is None:
            return [(lokaal(kind), Criterium(kind)) for kind in lage]
        hoge = list(self.hoog.iterchildren(tag=etree.Element))
        return [(lokaal(laag), Criterium(laag, hoog)) for laag, hoog in zip(lage, hoge, strict=False)]


def lokaal(knoop: etree._Element) -> str:
    """The local name of an element."""
    return str(knoop.tag).rpartition("}")[2]


def tekst(knoop: etree._Element) -> str:
    """The text of an element."""
    return (knoop.text or "").strip()


def geen_waarde(knoop: etree._Element) -> str:
    """The kind of noValue of an element, geenWaarde for a bare xsi:nil, "" when it has a value."""
    soort = knoop.get(NO_VALUE)
    if soort:
        return str(soort)
    return "geenWaarde" if knoop.get(NIL) in ("true", "1") else ""


def deels(knoop: etree._Element) -> bool:
    """Whether part of the value is enough: StUF:exact="false"."""
    return knoop.get(EXACT) in ("false", "0")


def inhoud_pad(alias: str, *namen: str) -> str:
    """The jsonb of an element inside `inhoud`; names come from the entity tables."""
    return f"{alias}.inhoud" + "".join(f" -> '{naam}'" for naam in namen)


def tekst_van(alias: str, element: Element, *groep: str) -> str:
    """The SQL that gives the text of an element of a row, inside a group when one is named."""
    if element.kolom and not groep:
        return f"{alias}.{element.kolom}"
    pad = inhoud_pad(alias, *groep)
    return f"coalesce({pad} -> '{element.naam}' ->> '_', {pad} ->> '{element.naam}')"
