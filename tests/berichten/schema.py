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
ZDS = "http://www.stufstandaarden.nl/koppelvlak/zds0120"
XMIME = "http://www.w3.org/2005/05/xmlmime"

OWN_SCHEMA = Path(__file__).resolve().parents[2] / "xsd" / "rzs0310.xsd"
OWN_ZDS12 = OWN_SCHEMA.with_name("zds0120.xsd")

PART_TAGS = {XS + tag for tag in ("sequence", "choice", "group", "element", "any")}


@dataclass(frozen=True)
class Waardetype:
    """A simple type: its built-in base (`string`, `decimal`, ...), the facets and the patterns that all must match."""

    basis: str
    facetten: tuple[tuple[str, str], ...] = ()
    patronen: tuple[tuple[str, ...], ...] = ()
    enumeration: tuple[str, ...] = ()

    def facet(self, naam: str) -> int | None:
        """The facet's number, None when the type does not have it."""
        waarde = dict(self.facetten).get(naam)
        return None if waarde is None else int(waarde)


@dataclass(frozen=True)
class Attribute:
    """An attribute that a type allows; `fixed` is its fixed value."""

    naam: str
    type: Waardetype
    verplicht: bool
    fixed: str | None


@dataclass
class Inhoud:
    """A complex type: attributes and either a value (`waarde`) or a content model (`part`)."""

    naam: str
    attributes: dict[str, Attribute] = field(default_factory=dict)
    waarde: Waardetype | None = None
    deel: Part | None = None

    def children(self) -> list[Element]:
        """The declarations of all elements that may stand inside, in the order of the schema."""
        return [] if self.deel is None else list(self.deel.elementen())


@dataclass(frozen=True)
class Part:
    """A particle. `soort` element has `element`, reeks and keus have `parts`, vrij (xs:any) has neither."""

    soort: Literal["element", "reeks", "keus", "vrij"]
    minimum: int
    maximum: int | None
    element: Element | None = None
    parts: tuple[Part, ...] = ()

    def elementen(self) -> Iterator[Element]:
        """The element declarations in this particle, those of choices and inner sequences included."""
        if self.element is not None:
            yield self.element
        for under in self.parts:
            yield from under.elementen()


class Element:
    """An element declaration; its type is read when first asked for, so that types may refer to themselves."""

    def __init__(self, schema: Schema, node: etree._Element, naam: str) -> None:
        self._schema, self._node = schema, node
        self.naam = naam
        self.nillable = node.get("nillable") == "true"
        self.fixed = node.get("fixed")
        self.default = node.get("default")

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.naam.rpartition("}")[2]

    @functools.cached_property
    def inhoud(self) -> Inhoud:
        """The type; that of an element with a simple type has no attributes."""
        return self._schema.inhoud_of(self._node)


class Schema:
    """All components that can be reached from XSD files through include and import with a relative location.

    Where files define one twice, the first counts: the published parts repeat simple types.
    """

    def __init__(self, *paths: Path) -> None:
        self._componenten: dict[tuple[str, str], etree._Element] = {}
        self._seen: set[Path] = set()
        self._inhoud: dict[etree._Element, Inhoud] = {}
        for path in paths:
            self._load(path)

    def _load(self, path: Path) -> None:
        path = path.resolve()
        if path in self._seen:
            return
        self._seen.add(path)
        root = etree.parse(str(path)).getroot()  # noqa: TID251 - the project's own parser is for messages
        for node in root.iterchildren(XS + "*"):
            soort = _local(node)
            if soort in {"include", "import"}:
                if spot := node.get("schemaLocation"):
                    self._load(path.parent / spot)
            elif naam := node.get("name"):
                soort = "type" if soort in {"simpleType", "complexType"} else soort
                self._componenten.setdefault((soort, f"{{{_doelruimte(node)}}}{naam}"), node)

    @functools.cache  # noqa: B019 - a schema lives as long as the tests
    def root(self, naam: str) -> Element:
        """The global element `naam`, in Clark notation or as the local name of an element of ZKN, RZS or StUF."""
        for sleutel in [naam] if naam.startswith("{") else [f"{{{room}}}{naam}" for room in (ZKN, RZS, STUF)]:
            if (node := self._componenten.get(("element", sleutel))) is not None:
                return Element(self, node, sleutel)
        raise KeyError(naam)

    def has(self, naam: str) -> bool:
        """Tell whether there is a global element of this name, as `root` takes it."""
        try:
            return bool(self.root(naam).naam)
        except KeyError:
            return False

    def inhoud_of(self, declaration: etree._Element) -> Inhoud:
        """The type of an element declaration, from its `type` or from the type inside it."""
        reference = declaration.get("type")
        if reference is None:
            inside = next((k for k in declaration.iterchildren(XS + "complexType", XS + "simpleType")), None)
            if inside is None:
                return Inhoud("anyType", deel=Part("vrij", 0, None))
            return self._type(inside)
        naam = _opgelost(declaration, reference)
        if naam.startswith(XS):
            return Inhoud(naam, waarde=Waardetype(naam.removeprefix(XS)))
        return self._type(self._componenten["type", naam])

    def _type(self, node: etree._Element) -> Inhoud:
        if node in self._inhoud:
            return self._inhoud[node]
        naam = node.get("name") or node.getparent().get("name", "")
        inhoud = self._inhoud[node] = Inhoud(naam)
        if node.tag == XS + "simpleType":
            inhoud.waarde = self._enkelvoudig(node)
            return inhoud
        eenvoudig, samengesteld = node.find(XS + "simpleContent"), node.find(XS + "complexContent")
        if eenvoudig is not None:
            self._derived(eenvoudig, inhoud)
        elif samengesteld is not None:
            self._derived(samengesteld, inhoud)
        else:
            inhoud.deel = self._inhoudsmodel(node)
            self._attributes(node, inhoud.attributes)
        return inhoud

    def _derived(self, node: etree._Element, inhoud: Inhoud) -> None:
        """Fill `inhoud` from the extension or restriction in a simpleContent or complexContent."""
        afleiding = next(k for k in node.iterchildren(XS + "extension", XS + "restriction"))
        naam = _opgelost(afleiding, afleiding.get("base", ""))
        basis = Inhoud(naam) if naam == XS + "anyType" else self._basis(naam)
        inhoud.attributes.update(basis.attributes)
        self._attributes(afleiding, inhoud.attributes)
        uitbreiding = afleiding.tag == XS + "extension"
        if basis.waarde is not None:
            smaller = afleiding.find(XS + "simpleType")
            waarde = basis.waarde if smaller is None else self._enkelvoudig(smaller)
            inhoud.waarde = waarde if uitbreiding else _limited(waarde, afleiding)
            return
        own = self._inhoudsmodel(afleiding)
        parts = tuple(d for d in (basis.deel if uitbreiding else None, own) if d is not None)
        inhoud.deel = Part("reeks", 1, 1, parts=parts) if len(parts) > 1 else next(iter(parts), None)

    def _basis(self, naam: str) -> Inhoud:
        if naam.startswith(XS):
            return Inhoud(naam, waarde=Waardetype(naam.removeprefix(XS)))
        return self._type(self._componenten["type", naam])

    def _enkelvoudig(self, node: etree._Element) -> Waardetype:
        beperking = node.find(XS + "restriction")
        if beperking is None:
            return Waardetype("string")
        inside = beperking.find(XS + "simpleType")
        basis = self._enkelvoudig(inside) if inside is not None else self._waarde(beperking, beperking.get("base", ""))
        return _limited(basis, beperking)

    def _waarde(self, at: etree._Element, reference: str) -> Waardetype:
        waarde = self._basis(_opgelost(at, reference)).waarde
        assert waarde is not None, reference
        return waarde

    def _attributes(self, node: etree._Element, verzameld: dict[str, Attribute]) -> None:
        for child in node.iterchildren(XS + "attribute", XS + "attributeGroup"):
            if child.tag == XS + "attributeGroup":
                self._attributes(self._componenten["attributeGroup", _opgelost(child, child.get("ref", ""))], verzameld)
                continue
            naam, declaration = child.get("name", ""), child
            if reference := child.get("ref"):
                naam = _opgelost(child, reference)
                declaration = self._componenten.get(("attribute", naam), child)
            if child.get("use") == "prohibited":
                verzameld.pop(naam, None)
                continue
            inside = declaration.find(XS + "simpleType")
            type_ = self._enkelvoudig(inside) if inside is not None else Waardetype("string")
            if reference := declaration.get("type"):
                type_ = self._waarde(declaration, reference)
            fixed = child.get("fixed") or declaration.get("fixed")
            verzameld[naam] = Attribute(naam, type_, child.get("use") == "required", fixed)

    def _inhoudsmodel(self, node: etree._Element) -> Part | None:
        first = next((k for k in node.iterchildren(XS + "*") if k.tag in PART_TAGS), None)
        return None if first is None else self._part(first)

    def _part(self, node: etree._Element) -> Part:
        minimum, highest = int(node.get("minOccurs", "1")), node.get("maxOccurs", "1")
        maximum = None if highest == "unbounded" else int(highest)
        soort = _local(node)
        if soort == "any":
            return Part("vrij", minimum, maximum)
        if soort == "element":
            return Part("element", minimum, maximum, element=self._element(node))
        if soort == "group":
            group = self._inhoudsmodel(self._componenten["group", _opgelost(node, node.get("ref", ""))])
            assert group is not None
            return Part("reeks", minimum, maximum, parts=(group,))
        parts = tuple(self._part(k) for k in node.iterchildren(XS + "*") if k.tag in PART_TAGS)
        return Part("reeks" if soort == "sequence" else "keus", minimum, maximum, parts=parts)

    def _element(self, node: etree._Element) -> Element:
        if reference := node.get("ref"):
            naam = _opgelost(node, reference)
            return Element(self, self._componenten["element", naam], naam)
        return Element(self, node, f"{{{_doelruimte(node)}}}{node.get('name')}")


def _limited(basis: Waardetype, node: etree._Element) -> Waardetype:
    """`basis` with the facets that stand in `node`; patterns of one step are alternatives, steps add up."""
    facetten, patronen, enumeration = dict(basis.facetten), [], []
    for child in node.iterchildren(XS + "*"):
        naam, waarde = _local(child), child.get("value", "")
        if naam == "pattern":
            patronen.append(waarde)
        elif naam == "enumeration":
            enumeration.append(waarde)
        elif naam.endswith(("Length", "Digits", "clusive")) or naam == "length":
            facetten[naam] = waarde
    own = (tuple(patronen),) if patronen else ()
    chosen = tuple(enumeration) or basis.enumeration
    return Waardetype(basis.basis, tuple(facetten.items()), basis.patronen + own, chosen)


def _local(node: etree._Element) -> str:
    return str(etree.QName(node).localname)


def _doelruimte(node: etree._Element) -> str:
    return node.getroottree().getroot().get("targetNamespace", "")


def _opgelost(at: etree._Element, reference: str) -> str:
    """Clark notation of a prefixed name as it stands in the schema document."""
    prefix, _, local = reference.rpartition(":")
    room = at.nsmap.get(prefix or None)
    return f"{{{room}}}{local}" if room else local


@functools.cache
def schema(*paths: Path) -> Schema:
    """The model of a schema, read once per process; the default is our own contract."""
    return Schema(*(paths or (OWN_SCHEMA, OWN_ZDS12)))
