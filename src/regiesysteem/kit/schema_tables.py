"""The published XSD as tables for people: the elements of a message or a type, with cardinality and values.

    Schemas           the published schema files, with the `table` of a message or type
    ElementRow        an element in its place
    ElementTable      the rows of a message, or of a type that several messages share

A message shows its own elements and those of the entity in it; a type that is larger than that has a table of its own,
to which the row refers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from lxml import etree

from regiesysteem.stuf.flat_schema import flat_schemas, prefixes
from regiesysteem.stuf.namespaces import ENTITEITTYPE, STUF, xs
from regiesysteem.stuf.xml import parse_own

_GROUPS: Final = frozenset({xs("sequence"), xs("choice"), xs("all")})
_DERIVED: Final = frozenset({xs("extension"), xs("restriction")})
_KNOWN_VALUES: Final = {
    f"{{{STUF}}}Datum": "datum (JJJJMMDD)",
    f"{{{STUF}}}Tijdstip": "tijdstip (JJJJMMDDuummssddd, 8 tot en met 17 cijfers)",
}
_BASES: Final = {
    "boolean": "true of false",
    "base64Binary": "bytes in base64",
    "anyURI": "URI",
    "decimal": "getal",
    "integer": "geheel getal",
    "nonNegativeInteger": "geheel getal",
    "positiveInteger": "geheel getal",
}
_FACETS: Final = {
    "minLength": "minstens {} tekens",
    "maxLength": "hoogstens {} tekens",
    "length": "precies {} tekens",
    "totalDigits": "hoogstens {} cijfers",
    "fractionDigits": "{} cijfers achter de komma",
    "minInclusive": "minstens {}",
    "maxInclusive": "hoogstens {}",
    "minExclusive": "meer dan {}",
    "maxExclusive": "minder dan {}",
    "pattern": "patroon {}",
}
_TEXT: Final = "tekst"


@dataclass(frozen=True)
class ElementRow:
    """An element of a message or type.

    `owner` is the entiteittype of the entity or relation that it belongs to, "" outside one; `path` its names from
    there, as the pages write them. `maximum` None means any number. `choice`: others may stand in its place. `nil`: it
    may be empty. `value` (Dutch) is what it may hold, `refers` the type that has its elements in a table of its own,
    `attributes` what it must carry. `meaning` is filled in by others.
    """

    depth: int
    naam: str
    owner: str
    path: str
    minimum: int
    maximum: int | None
    choice: bool
    nil: bool
    value: str
    refers: str = ""
    attributes: tuple[str, ...] = ()
    meaning: str = ""

    @property
    def cardinality(self) -> str:
        """How often it may be there, as people write it."""
        most = "n" if self.maximum is None else str(self.maximum)
        return most if str(self.minimum) == most else f"{self.minimum}..{most}"


@dataclass(frozen=True)
class ElementTable:
    """The elements of a message or type; `naam` has our prefix, `key` is its {namespace}name."""

    key: str
    naam: str
    rows: tuple[ElementRow, ...]


class _Particle(NamedTuple):
    """An element or wildcard of a type, and how often it may be there."""

    node: etree._Element
    minimum: int
    maximum: int | None
    choice: bool


@dataclass(frozen=True)
class _Place:
    """A place in a table: how deep, in which entity, and which types are open there or already shown."""

    depth: int
    owner: str
    path: str
    seen: set[str]

    def inside(self, owner: str, path: str) -> "_Place":
        return replace(self, depth=self.depth + 1, owner=owner, path=path)


class Schemas:
    """The schema files that we publish, groups written out."""

    def __init__(self) -> None:
        self._roots = [parse_own(text.encode()) for text in flat_schemas().values()]

    @cached_property
    def _globals(self) -> dict[tuple[str, str], etree._Element]:
        """Kind and {namespace}name -> declaration."""
        return {
            (etree.QName(node).localname, f"{{{root.get('targetNamespace')}}}{node.get('name')}"): node
            for root in self._roots
            for node in root.iterchildren(etree.Element)
            if node.get("name")
        }

    @cached_property
    def messages(self) -> frozenset[str]:
        """The {namespace}name of every global element."""
        return frozenset(naam for kind, naam in self._globals if kind == "element")

    def message(self, element: str) -> ElementTable:
        """The table of a message: its elements, down to those of the entity in it."""
        node = self._globals["element", element]
        declared = self._type_of(node)
        place = _Place(0, "", "", set())
        rows = tuple(self._rows(declared, place)) if declared is not None else ()
        return ElementTable(element, with_prefix(element), rows)

    def table(self, naam: str) -> ElementTable:
        """The table that a row refers to: of a named type, or of an element that is the same everywhere."""
        node = self._globals.get(("complexType", naam))
        if node is None:
            return self.message(naam)
        entity = self.entiteittype(node)
        place = _Place(0, entity, "", {naam})
        return ElementTable(naam, with_prefix(naam), tuple(self._rows(node, place, inner=True)))

    def entiteittype(self, node: etree._Element) -> str:
        """The entiteittype that a type prescribes, "" for a type that is no entity or relation."""
        for attribute in node.iterchildren(xs("attribute")):
            if attribute.get("ref") and self._name(attribute, attribute.get("ref", "")) == ENTITEITTYPE:
                return attribute.get("fixed", "")
        return ""

    # --- Rows

    def _rows(self, node: etree._Element, place: _Place, *, inner: bool = False) -> Iterator[ElementRow]:
        """The rows of a type. `inner`: it belongs to an entity, so only small parts are shown inside."""
        for particle in _particles(node):
            if particle.node.tag == xs("any"):
                yield ElementRow(
                    place.depth, "…", place.owner, "", particle.minimum, particle.maximum, particle.choice,
                    nil=False, value="elk element",
                )  # fmt: skip
                continue
            yield from self._element(particle, place, inner=inner)

    def _element(self, particle: _Particle, place: _Place, *, inner: bool) -> Iterator[ElementRow]:
        node = particle.node
        if reference := node.get("ref"):
            node = self._globals["element", self._name(node, reference)]
        key = self._element_name(node)
        local = etree.QName(key).localname
        path = f"{place.path}/{local}" if place.path else local
        declared = self._type_of(node)
        shared = key if particle.node.get("ref") else ""
        row = ElementRow(
            place.depth, with_prefix(key), place.owner, path, particle.minimum, particle.maximum, particle.choice,
            nil=node.get("nillable") in {"true", "1"}, value="",
        )  # fmt: skip
        if declared is None or not _particles(declared):
            yield replace(row, value=self.value(node, declared))
            return
        row = replace(row, attributes=tuple(self._attributes(declared)))
        naam = self._name_of(declared) or shared
        if naam and (naam in place.seen or (inner and (shared or not self._is_small(declared)))):
            yield replace(row, refers=naam)
            return
        yield row
        entity = self.entiteittype(declared)
        place.seen.add(naam)
        under = place.inside(entity or place.owner, "" if entity else path)
        yield from self._rows(declared, under, inner=inner or bool(entity))

    def _is_small(self, node: etree._Element) -> bool:
        """Tell whether a type is a group of plain values, that is no entity."""
        if self.entiteittype(node):
            return False
        return all(
            particle.node.tag != xs("any")
            and ((inside := self._type_of(self._declaration(particle.node))) is None or not _particles(inside))
            for particle in _particles(node)
        )

    def _declaration(self, node: etree._Element) -> etree._Element:
        return self._globals["element", self._name(node, node.get("ref", ""))] if node.get("ref") else node

    def _attributes(self, node: etree._Element) -> Iterator[str]:
        """The attributes that an element must have, with their value when there is only one."""
        for attribute in node.iterchildren(xs("attribute")):
            if attribute.get("use") == "required":
                naam = attribute.get("ref", "") or attribute.get("name", "")
                fixed = attribute.get("fixed")
                yield f'{naam}="{fixed}"' if fixed is not None else naam

    # --- Values

    def value(self, node: etree._Element, declared: etree._Element | None) -> str:
        """The values of an element without elements, in Dutch."""
        if declared is None:
            return self._plain(self._name(node, node.get("type", ""))) if node.get("type") else "elk element"
        return self._value_of(declared, {})

    def _value_of(self, node: etree._Element, facets: dict[str, list[str]]) -> str:
        naam = self._name_of(node)
        if naam in _KNOWN_VALUES and not facets.get("enumeration"):
            return _KNOWN_VALUES[naam]
        inside = next((one for one in node.iter(*_DERIVED)), None)
        if inside is None:
            return "leeg"
        for facet in inside.iterchildren(etree.Element):
            kind = etree.QName(facet).localname
            if facet.get("value") is not None and (kind == "enumeration" or kind not in facets):
                facets.setdefault(kind, []).append(facet.get("value", ""))
        base = self._name(inside, inside.get("base", ""))
        above = self._globals.get(("complexType", base), self._globals.get(("simpleType", base)))
        if above is not None:
            if "enumeration" in facets:
                return _one_of(facets["enumeration"])
            return self._value_of(above, facets)
        return _in_words(self._plain(base), facets)

    @staticmethod
    def _plain(base: str) -> str:
        return _BASES.get(etree.QName(base).localname, _TEXT)

    # --- Names and types

    def _type_of(self, node: etree._Element) -> etree._Element | None:
        """The declaration of the type of an element; None when it is one of XML Schema itself."""
        own = next(node.iterchildren(xs("complexType"), xs("simpleType")), None)
        if own is not None:
            # A message of ZDS 1.2 is a type of StUF-ZKN to which nothing is added.
            extended = own.find(f"{xs('complexContent')}/{xs('extension')}")
            if extended is None or len(extended):
                return own
            return self._globals["complexType", self._name(extended, extended.get("base", ""))]
        naam = self._name(node, node.get("type", ""))
        return self._globals.get(("complexType", naam), self._globals.get(("simpleType", naam)))

    def _name_of(self, node: etree._Element) -> str:
        """The {namespace}name of a type, "" for one without a name."""
        return f"{{{_namespace(node)}}}{node.get('name')}" if node.get("name") else ""

    def _element_name(self, node: etree._Element) -> str:
        return f"{{{_namespace(node)}}}{node.get('name')}"

    @staticmethod
    def _name(node: etree._Element, reference: str) -> str:
        prefix, _, local = reference.rpartition(":")
        return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"


def _namespace(node: etree._Element) -> str:
    return node.getroottree().getroot().get("targetNamespace", "")


def with_prefix(naam: str) -> str:
    """Write a {namespace}name with the prefix that our schemas have for it."""
    split = etree.QName(naam)
    return f"{prefixes().get(split.namespace or '', '?')}:{split.localname}"


def _particles(node: etree._Element) -> list[_Particle]:
    """The elements of a type in the order of the schema, each with the bounds that all groups around it make."""
    return [
        particle
        for group in node.iterchildren(*_GROUPS)
        for particle in _of_group(group, _Particle(group, 1, 1, False))
    ]


def _of_group(group: etree._Element, around: _Particle) -> Iterator[_Particle]:
    here = _bounds(group, around)
    parts = list(group.iterchildren(*_GROUPS, xs("element"), xs("any")))
    if group.tag == xs("choice") and len(parts) > 1:
        here = here._replace(minimum=0, choice=True)
    for part in parts:
        if part.tag in _GROUPS:
            yield from _of_group(part, here)
        else:
            yield _bounds(part, here)


def _bounds(node: etree._Element, around: _Particle) -> _Particle:
    most = node.get("maxOccurs", "1")
    maximum = None if most == "unbounded" or around.maximum is None else int(most) * around.maximum
    return _Particle(node, int(node.get("minOccurs", "1")) * around.minimum, maximum, around.choice)


def _one_of(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} of {values[-1]}"


def _in_words(base: str, facets: dict[str, list[str]]) -> str:
    if "enumeration" in facets:
        return _one_of(facets["enumeration"])
    rules = [form.format(facets[kind][0]) for kind, form in _FACETS.items() if kind in facets]
    return ", ".join([base, *rules])
