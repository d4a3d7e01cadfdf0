"""Our contract and the published schemas, declaration by declaration: the same elements, order, counts and types.

Where `test_zelfde_oordeel` tries messages, this reads both schemas side by side, so that nothing depends on chance.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import pytest
from tests.berichten.generator import BERICHTEN, BERICHTEN_ZDS12
from tests.berichten.schema import Element, Inhoud, Part, Schema, Waardetype, schema
from tests.conformiteit.gericht import gesloten
from tests.conformiteit.talen import model, same_taal
from tests.conformiteit.test_wsdl import BERICHTEN as OPERATIES
from tests.conformiteit.test_wsdl import BERICHTEN_12 as OPERATIES_12
from tests.conformiteit.test_wsdl import INGANGEN, NS, REGIE_ENTRY, ZDS12, actie, contract, read
from tests.conformiteit.verschillen import OMITTED, SOEPELE_TYPES
from tests.published import STANDARD, need

need(STANDARD, "the published schemas of StUF-ZKN and RZS")


def _waarde(soort: Waardetype | None) -> tuple[object, ...]:
    if soort is None:
        return ()
    return soort.basis, sorted(soort.facetten), [sorted(step) for step in soort.patronen], sorted(soort.enumeration)


def _attributes(inhoud: Inhoud) -> dict[str, tuple[object, ...]]:
    return {naam: (_waarde(a.type), a.verplicht, a.fixed) for naam, a in inhoud.attributes.items()}


def _as_ours(part: Part | None, omitted: set[str]) -> Part | None:
    """A published content model without the listed differences of soort strenger."""
    if part is None or (part.element is not None and part.element.local in omitted):
        return None
    if part.element is not None:
        return replace(part, maximum=1) if part.element.local == "historieFormeel" else part
    return replace(part, parts=tuple(under for one in part.parts if (under := _as_ours(one, omitted)) is not None))


def _declarations(inhoud: Inhoud) -> set[tuple[object, ...]]:
    """The declaration of each child; XSD allows one type per name within a content model."""
    return {(child.naam, child.nillable, child.fixed, child.default) for child in inhoud.children()}


def _difference(us: Element, hun: Element) -> str | None:
    onze = us.inhoud
    hunne = replace(hun.inhoud, deel=_as_ours(hun.inhoud.deel, OMITTED.get(onze.naam, set())))
    if us.fixed is None and _waarde(onze.waarde) != _waarde(hunne.waarde):
        return f"value {_waarde(onze.waarde)}, published {_waarde(hunne.waarde)}"
    if _attributes(onze) != _attributes(hunne):
        return f"attributes {_attributes(onze)}, published {_attributes(hunne)}"
    if _declarations(onze) != _declarations(hunne):
        return f"declared in one only {_declarations(onze) ^ _declarations(hunne)}"
    word = same_taal(model(_as_ours(onze.deel, set())), model(hunne.deel))
    if word is not None and onze.naam not in SOEPELE_TYPES:
        return f"in one only the children {word}"
    return None


@pytest.mark.parametrize("naam", [*BERICHTEN, *BERICHTEN_ZDS12])
def test_every_declaration_is_the_published_one(gepubliceerd: Schema, published_zds12: Schema, naam: str) -> None:
    published = published_zds12 if naam in BERICHTEN_ZDS12 else gepubliceerd
    seen: set[tuple[int, int]] = set()
    queue: deque[tuple[str, Element, Element]] = deque([("", schema().root(naam), published.root(naam))])
    while queue:
        path, us, hun = queue.popleft()
        pair = (id(us.inhoud), id(hun.inhoud))
        if pair in seen:
            continue
        seen.add(pair)
        assert _difference(us, hun) is None, f"{path} ({us.inhoud.naam})"
        hunne = {child.naam: child for child in hun.inhoud.children()}
        queue.extend((f"{path}/{child.local}".lstrip("/"), child, hunne[child.naam]) for child in gesloten(us))


@pytest.mark.parametrize("naam", sorted(SOEPELE_TYPES))
def test_a_type_that_is_listed_as_more_lenient_is_just_that(gepubliceerd: Schema, naam: str) -> None:
    """Our type allows all that the published type allows; see `talen` for a word that shows that they differ."""
    onze, hunne = (_found(source, naam) for source in (schema(), gepubliceerd))
    beide = model(onze.deel), model(hunne.deel)
    assert same_taal(*beide) is not None
    assert same_taal(("keus", frozenset(beide)), beide[0]) is None


def _found(source: Schema, naam: str) -> Inhoud:
    seen: set[int] = set()
    queue = deque([source.root("zakLa01")])
    while queue:
        inhoud = queue.popleft().inhoud
        if inhoud.naam == naam:
            return inhoud
        if id(inhoud) not in seen:
            seen.add(id(inhoud))
            queue.extend(inhoud.children())
    raise AssertionError(f"{naam} is not in zakLa01")


@pytest.mark.parametrize("operatie", OPERATIES_12)
def test_each_operation_of_zds_12_is_the_published_one(operatie: str) -> None:
    """But for the capitals of geefZaakdocumentBewerken, which that WSDL writes otherwise than its schema."""
    wsdls = [read(path) for path in sorted((STANDARD / "schema-zds-1.2" / "zds0120").rglob("*.wsdl"))]
    found = [w for w in wsdls if w.find(f"wsdl:portType/wsdl:operation[@name='{operatie}']", NS) is not None]
    assert found
    for wsdl in found:
        ours = [one.casefold() for one in OPERATIES_12[operatie]]
        assert [one.casefold() for one in contract(wsdl, operatie)] == ours
        node = wsdl.find(f"wsdl:binding/wsdl:operation[@name='{operatie}']/soap:operation", NS)
        assert node is not None
        assert node.get("soapAction") == actie(operatie, ZDS12)


WITHOUT_WSDL = ("zakLv02", "edcLv02", "zakLa02", "edcLa02")
"""The schemas of StUF-ZKN have asynchronous questions and answers, and none of its WSDLs."""


@pytest.mark.parametrize("operatie", [one for one in OPERATIES if one not in WITHOUT_WSDL])
def test_each_operation_is_the_published_one(operatie: str) -> None:
    map_ = "rzs0310" if operatie in INGANGEN[REGIE_ENTRY] else "zkn0310"
    wsdls = [read(path) for path in sorted((STANDARD / "schema" / map_).rglob("*.wsdl"))]
    found = [w for w in wsdls if w.find(f"wsdl:portType/wsdl:operation[@name='{operatie}']", NS) is not None]
    assert found
    for wsdl in found:
        assert contract(wsdl, operatie) == OPERATIES[operatie]
        node = wsdl.find(f"wsdl:binding/wsdl:operation[@name='{operatie}']/soap:operation", NS)
        assert node is not None
        assert node.get("soapAction") == actie(operatie)
