"""Nothing of a document is lost, and every answer about it is valid by our schema and the published one."""

import base64
import uuid
from collections import Counter

import pytest
from hypothesis import given, settings
from lxml import etree
from tests.berichten.bouw import STUF, ZKN
from tests.berichten.documenten import SOEPEL, bewerken, edc_lv01, relevant
from tests.berichten.generator import Choice, WillekeurigeChoice, chosen, genereer
from tests.diensten.documentstappen import listing
from tests.diensten.stappen import new
from tests.diensten.test_niets_verloren import Blad, _leaves
from tests.published import assert_valid
from tests.soap.conftest import Door

from regiesysteem.stuf.namespaces import ENTITEITTYPE
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse, serialise
from regiesysteem.zkn.names import zkn

RELATIE = (
    '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:scope="alles" xsi:nil="true"/>',
    'StUF:scope="alles"',
    'StUF:scope="allesMaarKerngegevensGerelateerden"',
    'StUF:scope="kerngegevens"',
    "",
)

ZAAK_AT_DOCUMENT = """<ZKN:versie xsi:nil="true"/><ZKN:isRelevantVoor StUF:entiteittype="EDCZAK">
  <ZKN:gerelateerde StUF:entiteittype="ZAK"><ZKN:identificatie xsi:nil="true"/>
  <ZKN:isVan StUF:entiteittype="ZAKZKT" xsi:nil="true"/><ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>
  </ZKN:gerelateerde></ZKN:isRelevantVoor>"""


@pytest.fixture(scope="module")
def zaak(door: Door) -> str:
    """The zaak that all documents belong to."""
    return new(door)


def _bericht(choice: Choice, elementen: int) -> etree._Element:
    """A toevoegkennisgeving with anything that the schema allows, of which only what must exist is pinned."""
    number = f"1900{uuid.uuid4().hex}"
    fixed: dict[str, str | None] = {
        "stuurgegevens/zender/applicatie": "WmoVoorziening",
        "stuurgegevens/zender/organisatie": "1900",
        "stuurgegevens/referentienummer": number,
        "parameters/mutatiesoort": "T",
        "object/identificatie": number,
        "object/titel": "Titel",
        "//eindRelatie": None,  # a relation that has ended is not answered (StUF 5.2.6)
    }
    bericht = genereer("edcLk01", choice, fixed=fixed, elementen=elementen)
    instance, *teveel = bericht.findall(zkn("object"))
    for object_ in teveel:
        bericht.remove(object_)
    instance.set(f"{{{STUF}}}verwerkingssoort", "T")
    for inhoud in instance.findall(zkn("inhoud")):
        inhoud.set(f"{{{STUF}}}bestandsnaam", "plan.pdf")
        inhoud.text = base64.b64encode(number.encode()).decode()
    return parse(serialise(bericht))


def _send(door: Door, zaak: str, bericht: etree._Element) -> str:
    """Register a document of a zaak; its identificatie."""
    instance = bericht.find(zkn("object"))
    assert instance is not None
    _relate(instance, zaak)
    assert check(bericht) == [], "the generator makes valid messages"
    door.succeeded("edcLk01", etree.tostring(bericht).decode())
    return instance.findtext(zkn("identificatie")) or ""


def _relate(instance: etree._Element, zaak: str) -> None:
    """One relation, with the zaak that there is."""
    filled = [one for one in instance.findall(zkn("isRelevantVoor")) if len(one)]
    for one in instance.findall(zkn("isRelevantVoor")):
        if one not in filled[:1]:
            instance.remove(one)
    with_ = parse(f'<x xmlns:ZKN="{ZKN}" xmlns:StUF="{STUF}">{relevant(zaak)}</x>'.encode())[0]
    if not filled:
        instance.append(with_)
    else:
        filled[0].set(f"{{{STUF}}}verwerkingssoort", "T")
        filled[0].replace(filled[0][0], with_[0])


def _said(blad: Blad) -> bool:
    """Tell whether a leaf must come back: all but the identification of the zaak, and a version without a number."""
    return "/gerelateerde/" not in blad[0] and not (blad[0].endswith("object/versie") and not blad[1])


def _valid(answer: etree._Element, element: str) -> etree._Element:
    [found] = answer.iter(zkn(element))
    assert check(found) == []
    return found


def _check(door: Door, zaak: str, bericht: etree._Element) -> list[etree._Element]:
    """Register a document, ask it back, check it out; the answers."""
    number = _send(door, zaak, bericht)
    parsed = _valid(door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(number)), "edcLa01")
    sent = Counter({b: n for b, n in _leaves(bericht.find(zkn("object"))).items() if _said(b)})
    if not any(True for inhoud in bericht.iter(zkn("inhoud")) if inhoud.text):
        sent = Counter({b: n for b, n in sent.items() if not b[0].endswith("/inhoud")})
    [back] = parsed.find(zkn("antwoord"))
    assert sent - _leaves(back) == Counter()
    uitgecheckt = door.succeeded("geefZaakdocumentbewerken_Di02", bewerken(number))
    return [parsed, _valid(uitgecheckt, "geefZaakdocumentbewerken_Du02")]


@settings(max_examples=40)
@given(bericht=chosen(lambda choice: _bericht(choice, 40)))
def test_whatever_the_schema_allows_of_a_document_comes_back(door: Door, zaak: str, bericht: str) -> None:
    _check(door, zaak, parse(bericht.encode()))


def test_the_answers_are_valid(door: Door, zaak: str) -> None:
    answers = [answer for zaad in range(30) for answer in _check(door, zaak, _bericht(WillekeurigeChoice(zaad), 120))]
    answers += [_valid(listing(door, zaak, scope), "zakLa01") for scope in RELATIE]
    for answer in answers:
        assert_valid(answer)


@pytest.mark.parametrize(
    "scope",
    [
        "",
        'StUF:scope="kerngegevens"',
        '<ZKN:identificatie xsi:nil="true"/>',
        ZAAK_AT_DOCUMENT,
    ],
)
def test_whatever_the_scope_the_answers_are_valid(door: Door, zaak: str, scope: str) -> None:
    number = _send(door, zaak, _bericht(WillekeurigeChoice(7), 200))
    _valid(door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(number, scope)), "edcLa01")
    answer = door.succeeded("geefZaakdocumentbewerken_Di02", bewerken(number, scope, zender=SOEPEL))
    [instance] = _valid(answer, "geefZaakdocumentbewerken_Du02").iter(zkn("object"))
    assert instance.get(ENTITEITTYPE) == "EDC"
