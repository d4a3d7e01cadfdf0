"""Our contract and the published schemas, declaration by declaration: the same elements, order, counts and types.

Where `test_zelfde_oordeel` tries messages, this reads both schemas side by side, so that nothing depends on chance.
"""

from __future__ import annotations

from collections import deque

import pytest
from tests.berichten.generator import BERICHTEN
from tests.berichten.schema import Element, Inhoud, Schema, Waardetype, schema
from tests.conformiteit.gericht import gesloten
from tests.conformiteit.talen import model, zelfde_taal
from tests.conformiteit.test_wsdl import BERICHTEN as OPERATIES
from tests.conformiteit.test_wsdl import INGANGEN, NS, REGIE_INGANG, actie, contract, lees
from tests.conformiteit.verschillen import SOEPELE_TYPEN
from tests.published import STANDARD, need

need(STANDARD, "the published schemas of StUF-ZKN and RZS")


def _waarde(soort: Waardetype | None) -> tuple[object, ...]:
    if soort is None:
        return ()
    return soort.basis, sorted(soort.facetten), [sorted(stap) for stap in soort.patronen], sorted(soort.opsomming)


def _attributen(inhoud: Inhoud) -> dict[str, tuple[object, ...]]:
    return {naam: (_waarde(a.type), a.verplicht, a.vast) for naam, a in inhoud.attributen.items()}


def _declaraties(inhoud: Inhoud) -> set[tuple[object, ...]]:
    """What is declared of each child; XSD allows one type per name within a content model."""
    return {(kind.naam, kind.nillable, kind.vast, kind.standaard) for kind in inhoud.kinderen()}


def _verschil(ons: Element, hun: Element) -> str | None:
    onze, hunne = ons.inhoud, hun.inhoud
    if ons.vast is None and _waarde(onze.waarde) != _waarde(hunne.waarde):
        return f"value {_waarde(onze.waarde)}, published {_waarde(hunne.waarde)}"
    if _attributen(onze) != _attributen(hunne):
        return f"attributes {_attributen(onze)}, published {_attributen(hunne)}"
    if _declaraties(onze) != _declaraties(hunne):
        return f"declared in one only {_declaraties(onze) ^ _declaraties(hunne)}"
    woord = zelfde_taal(model(onze.deel), model(hunne.deel))
    if woord is not None and onze.naam not in SOEPELE_TYPEN:
        return f"in one only the children {woord}"
    return None


@pytest.mark.parametrize("naam", BERICHTEN)
def test_every_declaration_is_the_published_one(gepubliceerd: Schema, naam: str) -> None:
    gezien: set[tuple[int, int]] = set()
    wachtrij: deque[tuple[str, Element, Element]] = deque([("", schema().wortel(naam), gepubliceerd.wortel(naam))])
    while wachtrij:
        pad, ons, hun = wachtrij.popleft()
        paar = (id(ons.inhoud), id(hun.inhoud))
        if paar in gezien:
            continue
        gezien.add(paar)
        assert _verschil(ons, hun) is None, f"{pad} ({ons.inhoud.naam})"
        hunne = {kind.naam: kind for kind in hun.inhoud.kinderen()}
        wachtrij.extend((f"{pad}/{kind.lokaal}".lstrip("/"), kind, hunne[kind.naam]) for kind in gesloten(ons))


@pytest.mark.parametrize("naam", sorted(SOEPELE_TYPEN))
def test_a_type_that_is_listed_as_more_lenient_is_just_that(gepubliceerd: Schema, naam: str) -> None:
    """What the published type allows ours allows too; see `talen` for a word that shows that they differ."""
    onze, hunne = (_gevonden(bron, naam) for bron in (schema(), gepubliceerd))
    beide = model(onze.deel), model(hunne.deel)
    assert zelfde_taal(*beide) is not None
    assert zelfde_taal(("keus", frozenset(beide)), beide[0]) is None


def _gevonden(bron: Schema, naam: str) -> Inhoud:
    gezien: set[int] = set()
    wachtrij = deque([bron.wortel("zakLa01")])
    while wachtrij:
        inhoud = wachtrij.popleft().inhoud
        if inhoud.naam == naam:
            return inhoud
        if id(inhoud) not in gezien:
            gezien.add(id(inhoud))
            wachtrij.extend(inhoud.kinderen())
    raise AssertionError(f"{naam} is not in zakLa01")


@pytest.mark.parametrize("operatie", OPERATIES)
def test_each_operation_is_the_published_one(operatie: str) -> None:
    map_ = "rzs0310" if operatie in INGANGEN[REGIE_INGANG] else "zkn0310"
    wsdls = [lees(pad) for pad in sorted((STANDARD / "schema" / map_).rglob("*.wsdl"))]
    gevonden = [w for w in wsdls if w.find(f"wsdl:portType/wsdl:operation[@name='{operatie}']", NS) is not None]
    assert gevonden
    for wsdl in gevonden:
        assert contract(wsdl, operatie) == OPERATIES[operatie]
        knoop = wsdl.find(f"wsdl:binding/wsdl:operation[@name='{operatie}']/soap:operation", NS)
        assert knoop is not None
        assert knoop.get("soapAction") == actie(operatie)
