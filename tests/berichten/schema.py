"""Reads XSD files into a small model that a generator can walk.

Knows what the StUF schemas use: named and anonymous types, groups, attribute groups, sequence, choice, any,
extension and restriction, and the facets. The published schemas (one namespace in many files, deep restriction
chains) and our own (groups) give the same kind of model, so one generator serves both.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"
STUF = "http://www.egem.nl/StUF/StUF0301"
ZKN = "http://www.egem.nl/StUF/sector/zkn/0310"
BG = "http://www.egem.nl/StUF/sector/bg/0310"
RZS = "http://www.stufstandaarden.nl/koppelvlak/rzs0310"
XMIME = "http://www.w3.org/2005/05/xmlmime"

EIGEN_SCHEMA = Path(__file__).resolve().parents[2] / "xsd" / "rzs0310.xsd"

DEEL_TAGS = {XS + tag for tag in ("sequence", "choice", "group", "element", "any")}


@dataclass(frozen=True)
class Waardetype:
    """A simple type: its built-in base (`string`, `decimal`, ...), the facets and the patterns that all must match."""

    basis: str
    facetten: tuple[tuple[str, str], ...] = ()
    patronen: tuple[tuple[str, ...], ...] = ()
    opsomming: tuple[str, ...] = ()

    def facet(self, naam: str) -> int | None:
        """The facet's number, None when the type does not have it."""
        waarde = dict(self.facetten).get(naam)
        return None if waarde is None else int(waarde)


@dataclass(frozen=True)
class Attribuut:
    """An attribute that a type allows; `vast` is its fixed value."""

    naam: str
    type: Waardetype
    verplicht: bool
    vast: str | None


@dataclass
class Inhoud:
    """A complex type: attributes and either a value (`waarde`) or a content model (`deel`)."""

    naam: str
    attributen: dict[str, Attribuut] = field(default_factory=dict)
    waarde: Waardetype | None = None
    deel: Deel | None = None

    def kinderen(self) -> list[Element]:
        """The declarations of all elements that may stand inside, in the order of the schema."""
        return [] if self.deel is None else list(self.deel.elementen())


@dataclass(frozen=True)
class Deel:
    """A particle. `soort` element has `element`, reeks and keus have `delen`, vrij (xs:any) has neither."""

    soort: Literal["element", "reeks", "keus", "vrij"]
    minimum: int
    maximum: int | None
    element: Element | None = None
    delen: tuple[Deel, ...] = ()

    def elementen(self) -> Iterator[Element]:
        """The element declarations in this particle, those of choices and inner sequences included."""
        if self.element is not None:
            yield self.element
        for onder in self.delen:
            yield from onder.elementen()


class Element:
    """An element declaration; its type is read when first asked for, so that types may refer to themselves."""

    def __init__(self, schema: Schema, knoop: etree._Element, naam: str) -> None:
        self._schema, self._knoop = schema, knoop
        self.naam = naam
        self.nillable = knoop.get("nillable") == "true"
        self.vast = knoop.get("fixed")
        self.standaard = knoop.get("default")

    @property
    def lokaal(self) -> str:
        """The name without its namespace."""
        return self.naam.rpartition("}")[2]

    @functools.cached_property
    def inhoud(self) -> Inhoud:
        """The type; that of an element with a simple type has no attributes."""
        return self._schema.inhoud_van(self._knoop)


class Schema:
    """All components that can be reached from XSD files through include and import with a relative location.

    Where files define one twice, the first counts: the published parts repeat simple types.
    """

    def __init__(self, *paden: Path) -> None:
        self._componenten: dict[tuple[str, str], etree._Element] = {}
        self._gezien: set[Path] = set()
        self._inhoud: dict[etree._Element, Inhoud] = {}
        for pad in paden:
            self._laad(pad)

    def _laad(self, pad: Path) -> None:
        pad = pad.resolve()
        if pad in self._gezien:
            return
        self._gezien.add(pad)
        wortel = etree.parse(str(pad)).getroot()  # noqa: TID251 - the project's own parser is for messages
        for knoop in wortel.iterchildren(XS + "*"):
            soort = _lokaal(knoop)
            if soort in {"include", "import"}:
                if plek := knoop.get("schemaLocation"):
                    self._laad(pad.parent / plek)
            elif naam := knoop.get("name"):
                soort = "type" if soort in {"simpleType", "complexType"} else soort
                self._componenten.setdefault((soort, f"{{{_doelruimte(knoop)}}}{naam}"), knoop)

    @functools.cache  # noqa: B019 - a schema lives as long as the tests
    def wortel(self, naam: str) -> Element:
        """The global element `naam`, in Clark notation or as the local name of an element of ZKN, RZS or StUF."""
        for sleutel in [naam] if naam.startswith("{") else [f"{{{ruimte}}}{naam}" for ruimte in (ZKN, RZS, STUF)]:
            if (knoop := self._componenten.get(("element", sleutel))) is not None:
                return Element(self, knoop, sleutel)
        raise KeyError(naam)

    def inhoud_van(self, declaratie: etree._Element) -> Inhoud:
        """The type of an element declaration, from its `type` or from the type inside it."""
        verwijzing = declaratie.get("type")
        if verwijzing is None:
            binnen = next((k for k in declaratie.iterchildren(XS + "complexType", XS + "simpleType")), None)
            if binnen is None:
                return Inhoud("anyType", deel=Deel("vrij", 0, None))
            return self._type(binnen)
        naam = _opgelost(declaratie, verwijzing)
        if naam.startswith(XS):
            return Inhoud(naam, waarde=Waardetype(naam.removeprefix(XS)))
        return self._type(self._componenten["type", naam])

    def _type(self, knoop: etree._Element) -> Inhoud:
        if knoop in self._inhoud:
            return self._inhoud[knoop]
        naam = knoop.get("name") or knoop.getparent().get("name", "")
        inhoud = self._inhoud[knoop] = Inhoud(naam)
        if knoop.tag == XS + "simpleType":
            inhoud.waarde = self._enkelvoudig(knoop)
            return inhoud
        eenvoudig, samengesteld = knoop.find(XS + "simpleContent"), knoop.find(XS + "complexContent")
        if eenvoudig is not None:
            self._afgeleid(eenvoudig, inhoud)
        elif samengesteld is not None:
            self._afgeleid(samengesteld, inhoud)
        else:
            inhoud.deel = self._inhoudsmodel(knoop)
            self._attributen(knoop, inhoud.attributen)
        return inhoud

    def _afgeleid(self, knoop: etree._Element, inhoud: Inhoud) -> None:
        """Fill `inhoud` from the extension or restriction in a simpleContent or complexContent."""
        afleiding = next(k for k in knoop.iterchildren(XS + "extension", XS + "restriction"))
        naam = _opgelost(afleiding, afleiding.get("base", ""))
        basis = Inhoud(naam) if naam == XS + "anyType" else self._basis(naam)
        inhoud.attributen.update(basis.attributen)
        self._attributen(afleiding, inhoud.attributen)
        uitbreiding = afleiding.tag == XS + "extension"
        if basis.waarde is not None:
            smaller = afleiding.find(XS + "simpleType")
            waarde = basis.waarde if smaller is None else self._enkelvoudig(smaller)
            inhoud.waarde = waarde if uitbreiding else _beperkt(waarde, afleiding)
            return
        eigen = self._inhoudsmodel(afleiding)
        delen = tuple(d for d in (basis.deel if uitbreiding else None, eigen) if d is not None)
        inhoud.deel = Deel("reeks", 1, 1, delen=delen) if len(delen) > 1 else next(iter(delen), None)

    def _basis(self, naam: str) -> Inhoud:
        if naam.startswith(XS):
            return Inhoud(naam, waarde=Waardetype(naam.removeprefix(XS)))
        return self._type(self._componenten["type", naam])

    def _enkelvoudig(self, knoop: etree._Element) -> Waardetype:
        beperking = knoop.find(XS + "restriction")
        if beperking is None:
            return Waardetype("string")
        binnen = beperking.find(XS + "simpleType")
        basis = self._enkelvoudig(binnen) if binnen is not None else self._waarde(beperking, beperking.get("base", ""))
        return _beperkt(basis, beperking)

    def _waarde(self, bij: etree._Element, verwijzing: str) -> Waardetype:
        waarde = self._basis(_opgelost(bij, verwijzing)).waarde
        assert waarde is not None, verwijzing
        return waarde

    def _attributen(self, knoop: etree._Element, verzameld: dict[str, Attribuut]) -> None:
        for kind in knoop.iterchildren(XS + "attribute", XS + "attributeGroup"):
            if kind.tag == XS + "attributeGroup":
                self._attributen(self._componenten["attributeGroup", _opgelost(kind, kind.get("ref", ""))], verzameld)
                continue
            naam, declaratie = kind.get("name", ""), kind
            if verwijzing := kind.get("ref"):
                naam = _opgelost(kind, verwijzing)
                declaratie = self._componenten.get(("attribute", naam), kind)
            if kind.get("use") == "prohibited":
                verzameld.pop(naam, None)
                continue
            binnen = declaratie.find(XS + "simpleType")
            type_ = self._enkelvoudig(binnen) if binnen is not None else Waardetype("string")
            if verwijzing := declaratie.get("type"):
                type_ = self._waarde(declaratie, verwijzing)
            vast = kind.get("fixed") or declaratie.get("fixed")
            verzameld[naam] = Attribuut(naam, type_, kind.get("use") == "required", vast)

    def _inhoudsmodel(self, knoop: etree._Element) -> Deel | None:
        eerste = next((k for k in knoop.iterchildren(XS + "*") if k.tag in DEEL_TAGS), None)
        return None if eerste is None else self._deel(eerste)

    def _deel(self, knoop: etree._Element) -> Deel:
        minimum, hoogst = int(knoop.get("minOccurs", "1")), knoop.get("maxOccurs", "1")
        maximum = None if hoogst == "unbounded" else int(hoogst)
        soort = _lokaal(knoop)
        if soort == "any":
            return Deel("vrij", minimum, maximum)
        if soort == "element":
            return Deel("element", minimum, maximum, element=self._element(knoop))
        if soort == "group":
            groep = self._inhoudsmodel(self._componenten["group", _opgelost(knoop, knoop.get("ref", ""))])
            assert groep is not None
            return Deel("reeks", minimum, maximum, delen=(groep,))
        delen = tuple(self._deel(k) for k in knoop.iterchildren(XS + "*") if k.tag in DEEL_TAGS)
        return Deel("reeks" if soort == "sequence" else "keus", minimum, maximum, delen=delen)

    def _element(self, knoop: etree._Element) -> Element:
        if verwijzing := knoop.get("ref"):
            naam = _opgelost(knoop, verwijzing)
            return Element(self, self._componenten["element", naam], naam)
        return Element(self, knoop, f"{{{_doelruimte(knoop)}}}{knoop.get('name')}")


def _beperkt(basis: Waardetype, knoop: etree._Element) -> Waardetype:
    """`basis` with the facets that stand in `knoop`; patterns of one step are alternatives, steps add up."""
    facetten, patronen, opsomming = dict(basis.facetten), [], []
    for kind in knoop.iterchildren(XS + "*"):
        naam, waarde = _lokaal(kind), kind.get("value", "")
        if naam == "pattern":
            patronen.append(waarde)
        elif naam == "enumeration":
            opsomming.append(waarde)
        elif naam.endswith(("Length", "Digits", "clusive")) or naam == "length":
            facetten[naam] = waarde
    eigen = (tuple(patronen),) if patronen else ()
    gekozen = tuple(opsomming) or basis.opsomming
    return Waardetype(basis.basis, tuple(facetten.items()), basis.patronen + eigen, gekozen)


def _lokaal(knoop: etree._Element) -> str:
    return str(etree.QName(knoop).localname)


def _doelruimte(knoop: etree._Element) -> str:
    return knoop.getroottree().getroot().get("targetNamespace", "")


def _opgelost(bij: etree._Element, verwijzing: str) -> str:
    """Clark notation of a prefixed name as it stands in the schema document."""
    voorvoegsel, _, lokaal = verwijzing.rpartition(":")
    ruimte = bij.nsmap.get(voorvoegsel or None)
    return f"{{{ruimte}}}{lokaal}" if ruimte else lokaal


@functools.cache
def schema(*paden: Path) -> Schema:
    """The model of a schema, read once per process; the default is our own contract."""
    return Schema(*(paden or (EIGEN_SCHEMA,)))
