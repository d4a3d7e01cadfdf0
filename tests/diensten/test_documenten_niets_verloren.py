"""Nothing of a document is lost, and every answer about it is valid by our schema and the published one."""

import base64
import uuid
from collections import Counter

import pytest
from hypothesis import given, settings
from lxml import etree
from tests.berichten.bouw import STUF, ZKN
from tests.berichten.documenten import SOEPEL, bewerken, edc_lv01, relevant
from tests.berichten.generator import Keuze, WillekeurigeKeuze, gekozen, genereer
from tests.diensten.documentstappen import lijst
from tests.diensten.stappen import nieuw
from tests.diensten.test_niets_verloren import Blad, _bladen
from tests.published import assert_valid
from tests.soap.conftest import Deur

from regiesysteem.stuf.namespaces import ENTITEITTYPE
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed, serialiseer
from regiesysteem.zkn.names import zkn

RELATIE = (
    '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:scope="alles" xsi:nil="true"/>',
    'StUF:scope="alles"',
    'StUF:scope="allesMaarKerngegevensGerelateerden"',
    'StUF:scope="kerngegevens"',
    "",
)

ZAAK_BIJ_DOCUMENT = """<ZKN:versie xsi:nil="true"/><ZKN:isRelevantVoor StUF:entiteittype="EDCZAK">
  <ZKN:gerelateerde StUF:entiteittype="ZAK"><ZKN:identificatie xsi:nil="true"/>
  <ZKN:isVan StUF:entiteittype="ZAKZKT" xsi:nil="true"/><ZKN:heeft StUF:entiteittype="ZAKSTT" xsi:nil="true"/>
  </ZKN:gerelateerde></ZKN:isRelevantVoor>"""


@pytest.fixture(scope="module")
def zaak(deur: Deur) -> str:
    """The zaak that all documents belong to."""
    return nieuw(deur)


def _bericht(keuze: Keuze, elementen: int) -> etree._Element:
    """A toevoegkennisgeving with anything that the schema allows, of which only what must exist is pinned."""
    nummer = f"1900{uuid.uuid4().hex}"
    vast: dict[str, str | None] = {
        "stuurgegevens/zender/applicatie": "WmoVoorziening",
        "stuurgegevens/zender/organisatie": "1900",
        "stuurgegevens/referentienummer": nummer,
        "parameters/mutatiesoort": "T",
        "object/identificatie": nummer,
        "object/titel": "Titel",
        "//eindRelatie": None,  # a relation that has ended is not answered (StUF 5.2.6)
    }
    bericht = genereer("edcLk01", keuze, vast=vast, elementen=elementen)
    voorwerp, *teveel = bericht.findall(zkn("object"))
    for object_ in teveel:
        bericht.remove(object_)
    voorwerp.set(f"{{{STUF}}}verwerkingssoort", "T")
    for inhoud in voorwerp.findall(zkn("inhoud")):
        inhoud.set(f"{{{STUF}}}bestandsnaam", "plan.pdf")
        inhoud.text = base64.b64encode(nummer.encode()).decode()
    return ontleed(serialiseer(bericht))


def _stuur(deur: Deur, zaak: str, bericht: etree._Element) -> str:
    """Register a document of a zaak; its identificatie."""
    voorwerp = bericht.find(zkn("object"))
    assert voorwerp is not None
    _relateer(voorwerp, zaak)
    assert controleer(bericht) == [], "the generator makes valid messages"
    deur.gelukt("edcLk01", etree.tostring(bericht).decode())
    return voorwerp.findtext(zkn("identificatie")) or ""


def _relateer(voorwerp: etree._Element, zaak: str) -> None:
    """One relation, with the zaak that there is."""
    gevuld = [een for een in voorwerp.findall(zkn("isRelevantVoor")) if len(een)]
    for een in voorwerp.findall(zkn("isRelevantVoor")):
        if een not in gevuld[:1]:
            voorwerp.remove(een)
    met = ontleed(f'<x xmlns:ZKN="{ZKN}" xmlns:StUF="{STUF}">{relevant(zaak)}</x>'.encode())[0]
    if not gevuld:
        voorwerp.append(met)
    else:
        gevuld[0].set(f"{{{STUF}}}verwerkingssoort", "T")
        gevuld[0].replace(gevuld[0][0], met[0])


def _gezegd(blad: Blad) -> bool:
    """Whether a leaf must come back: not what identifies the zaak, nor a version without a number: that gets one."""
    return "/gerelateerde/" not in blad[0] and not (blad[0].endswith("object/versie") and not blad[1])


def _geldig(antwoord: etree._Element, element: str) -> etree._Element:
    [gevonden] = antwoord.iter(zkn(element))
    assert controleer(gevonden) == []
    return gevonden


def _controleer(deur: Deur, zaak: str, bericht: etree._Element) -> list[etree._Element]:
    """Register a document, ask it back, check it out; the answers."""
    nummer = _stuur(deur, zaak, bericht)
    gelezen = _geldig(deur.gelukt("geefZaakdocumentLezen_Lv01", edc_lv01(nummer)), "edcLa01")
    gezonden = Counter({b: n for b, n in _bladen(bericht.find(zkn("object"))).items() if _gezegd(b)})
    if not any(True for inhoud in bericht.iter(zkn("inhoud")) if inhoud.text):
        gezonden = Counter({b: n for b, n in gezonden.items() if not b[0].endswith("/inhoud")})
    [terug] = gelezen.find(zkn("antwoord"))
    assert gezonden - _bladen(terug) == Counter()
    uitgecheckt = deur.gelukt("geefZaakdocumentbewerken_Di02", bewerken(nummer))
    return [gelezen, _geldig(uitgecheckt, "geefZaakdocumentbewerken_Du02")]


@settings(max_examples=40)
@given(bericht=gekozen(lambda keuze: _bericht(keuze, 40)))
def test_whatever_the_schema_allows_of_a_document_comes_back(deur: Deur, zaak: str, bericht: str) -> None:
    _controleer(deur, zaak, ontleed(bericht.encode()))


def test_the_answers_are_valid(deur: Deur, zaak: str) -> None:
    antwoorden = [
        antwoord for zaad in range(30) for antwoord in _controleer(deur, zaak, _bericht(WillekeurigeKeuze(zaad), 120))
    ]
    antwoorden += [_geldig(lijst(deur, zaak, scope), "zakLa01") for scope in RELATIE]
    for antwoord in antwoorden:
        assert_valid(antwoord)


@pytest.mark.parametrize(
    "scope",
    [
        "",
        'StUF:scope="kerngegevens"',
        '<ZKN:identificatie xsi:nil="true"/>',
        ZAAK_BIJ_DOCUMENT,
    ],
)
def test_whatever_the_scope_the_answers_are_valid(deur: Deur, zaak: str, scope: str) -> None:
    nummer = _stuur(deur, zaak, _bericht(WillekeurigeKeuze(7), 200))
    _geldig(deur.gelukt("geefZaakdocumentLezen_Lv01", edc_lv01(nummer, scope)), "edcLa01")
    antwoord = deur.gelukt("geefZaakdocumentbewerken_Di02", bewerken(nummer, scope, zender=SOEPEL))
    [voorwerp] = _geldig(antwoord, "geefZaakdocumentbewerken_Du02").iter(zkn("object"))
    assert voorwerp.get(ENTITEITTYPE) == "EDC"
