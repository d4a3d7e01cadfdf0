"""Any question gets a valid answer: any zaak, any scope (StUF 03.01, 6.3.3 and 6.4.2)."""

import random
import uuid
from collections.abc import Iterator

import pytest
from lxml import etree
from tests.berichten.bouw import lv01, mdw, nps, other, rol, status, texts
from tests.berichten.generator import WillekeurigeChoice, genereer
from tests.diensten.stappen import new, sleutel
from tests.diensten.test_niets_verloren import _bericht
from tests.published import assert_valid
from tests.soap.conftest import Door

from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, NO_VALUE, SCOPE
from regiesysteem.stuf.schema import check
from regiesysteem.zkn.names import zkn

SCOPES = (
    "alles",
    "allesZonderMetagegevens",
    "allesMaarKerngegevensGerelateerden",
    "allesZonderMetagegevensMaarKerngegevensGerelateerden",
    "kerngegevens",
)


@pytest.fixture(scope="module")
def numbers(door: Door) -> list[str]:
    """Zaken of all sorts: bare, and with anything that the schema allows, related to each other."""
    source = random.Random(7)
    bare = new(door)
    full = []
    for elementen in (60, 200, 400, 400):
        number = f"1900{uuid.uuid4().hex}"
        bericht = _bericht(WillekeurigeChoice(source), number, elementen)
        door.succeeded("creeerZaak_Lk01", etree.tostring(bericht).decode())
        full.append(number)
    hoofd = new(
        door,
        relaties=rol("heeftAlsBelanghebbende", nps("111222333"))
        + rol("heeftAlsInitiator", mdw("regie1"))
        + "".join(other("heeftAlsDeelzaak", number) for number in (*full[:2], bare))
        + "".join(other("heeftBetrekkingOpAndere", number) for number in full[2:]),
        after=status(1, "20260301") + status(2, "20260401"),
    )
    return [bare, *full, hoofd]


def _question(choice: WillekeurigeChoice, number: str) -> etree._Element:
    """A question for one zaak with any scope that the schema allows."""
    question = genereer(
        "zakLv01",
        choice,
        fixed={
            "gelijk/identificatie": number,
            "parameters/sortering": "0",
            "parameters/indicatorVervolgvraag": "false",
        },
        with_=["scope/object"],
        without=["vanaf", "totEnMet", "start", "parameters/maximumAantal", "parameters/peiltijdstipMaterieel"],
        elementen=choice.choose((20, 80, 300)),
    )
    gelijk = question.find(zkn("gelijk"))
    assert gelijk is not None
    for child in list(gelijk)[1:]:
        gelijk.remove(child)
    gelijk[0].attrib.clear()
    for attribute in gelijk.attrib:
        if attribute != ENTITEITTYPE:
            del gelijk.attrib[attribute]
    for spot in question.findall(f"{zkn('scope')}//*"):
        if len(spot):  # with content as well it is StUF097
            spot.attrib.pop(SCOPE, None)
    return question


def _answer(door: Door, dienst: str, question: str) -> etree._Element:
    [answer] = door.succeeded(dienst, question).iter(zkn("zakLa01"))
    assert check(answer) == []
    return answer


@pytest.mark.parametrize("scope", SCOPES)
def test_answers_to_a_scope_attribute_are_valid(door: Door, numbers: list[str], scope: str) -> None:
    for number in numbers:
        answer = _answer(door, "geefZaakdetails_Lv01", lv01(sleutel(number), f'StUF:scope="{scope}"'))
        assert next(answer.iter(zkn("identificatie"))).text == number
        if next(answer.iter(zkn("isAanspreekpuntNamens")), None) is None:  # docs/afwijkingen.md 17
            assert_valid(answer)


@pytest.mark.parametrize("zaad", range(6))
def test_answers_to_any_scope_of_the_schema_are_valid(door: Door, numbers: list[str], zaad: int) -> None:
    choice = WillekeurigeChoice(zaad)
    for _ in range(30):
        question = _question(choice, choice.choose(numbers))
        assert check(question) == [], "the generator makes valid messages"
        answer = _answer(door, "zakLv01", etree.tostring(question).decode())
        assert answer.find(zkn("antwoord")) is not None


def test_answers_to_any_scope_are_valid(door: Door, numbers: list[str]) -> None:
    choice = WillekeurigeChoice(99)
    for _ in range(60):
        answer = _answer(door, "zakLv01", etree.tostring(_question(choice, choice.choose(numbers))).decode())
        if next(answer.iter(zkn("isAanspreekpuntNamens")), None) is None:
            assert_valid(answer)


GROUPS = {"kenmerk", "anderZaakObject", "resultaat", "opschorting", "verlenging"}


def _asked(scope: etree._Element) -> Iterator[str]:
    """Plain elements and relations asked of the zaak itself."""
    for child in scope:
        naam = etree.QName(child).localname
        if naam not in GROUPS | {"extraElementen", "historieMaterieel", "historieFormeel", "tijdvakGeldigheid"}:
            yield naam


@pytest.mark.parametrize("zaad", range(3))
def test_every_element_that_is_asked_is_answered_and_nothing_else(door: Door, numbers: list[str], zaad: int) -> None:
    """StUF 03.01, 3.4.1: what was asked and has no value is said with noValue."""
    choice = WillekeurigeChoice(1000 + zaad)
    for _ in range(30):
        question = _question(choice, choice.choose(numbers))
        [scope] = question.findall(f"{zkn('scope')}/{zkn('object')}")
        if not len(scope) or any(naam.endswith("}scope") for naam in scope.attrib):
            continue
        answer = _answer(door, "zakLv01", etree.tostring(question).decode())
        [object_] = answer.findall(f"{zkn('antwoord')}/{zkn('object')}")
        asked, given = set(_asked(scope)), {etree.QName(child).localname for child in object_}
        without_empty = {  # a relation of which only other kinds of gerelateerde exist is not there
            naam for naam in asked if scope.find(f"{zkn(naam)}/{zkn('gerelateerde')}") is not None
        }
        assert asked - given <= without_empty
        assert given <= asked | GROUPS | {"extraElementen", "tijdvakGeldigheid"}


def test_a_bare_zaak_says_of_each_relation_that_there_is_none(door: Door, numbers: list[str]) -> None:
    answer = _answer(door, "geefZaakdetails_Lv01", lv01(sleutel(numbers[0]), 'StUF:scope="alles"'))
    [gemachtigde] = answer.iter(zkn("heeftAlsGemachtigde"))
    assert (gemachtigde.get(NIL), gemachtigde.get(NO_VALUE)) == ("true", "geenWaarde")
    assert gemachtigde.get(ENTITEITTYPE) == "ZAKBTRGMC"


def test_a_zaak_beyond_a_related_zaak_is_given_with_its_kerngegevens(door: Door, numbers: list[str]) -> None:
    """zaak -> hoofdzaak -> its deelzaken: those have identificatie, omschrijving and zaaktype, whatever is asked."""
    answer = _answer(door, "geefZaakdetails_Lv01", lv01(sleutel(numbers[0]), 'StUF:scope="alles"'))
    path = "z:heeftAlsHoofdzaak/z:gerelateerde/z:heeftAlsDeelzaak/z:gerelateerde"
    assert set(texts(answer, f"//z:antwoord/z:object/{path}/z:identificatie")) == {*numbers[1:3], numbers[0]}
    assert texts(answer, f"//z:antwoord/z:object/{path}/z:isVan/z:gerelateerde/z:code") == ["B1026"] * 3
