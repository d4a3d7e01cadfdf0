"""The generator makes valid messages, does what it is asked, and what breaks a message breaks it."""

import re
from random import Random

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.berichten.generator import (
    BERICHTEN,
    HypothesisKeuze,
    WillekeurigeKeuze,
    gebroken,
    gekozen,
    genereer,
    muteer,
)
from tests.berichten.mutaties import MUTATIES
from tests.berichten.schema import EIGEN_SCHEMA, Waardetype, schema
from tests.berichten.waarden import bsn, echte_waarde, waarde

NS = {
    "ZKN": "http://www.egem.nl/StUF/sector/zkn/0310",
    "BG": "http://www.egem.nl/StUF/sector/bg/0310",
    "StUF": "http://www.egem.nl/StUF/StUF0301",
}
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NO_VALUE = f"{{{NS['StUF']}}}noValue"


@pytest.fixture(scope="module")
def xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(EIGEN_SCHEMA)))  # noqa: TID251


def fouten(xsd: etree.XMLSchema, bericht: etree._Element) -> list[str]:
    gelezen = etree.fromstring(etree.tostring(bericht))  # noqa: TID251
    return [] if xsd.validate(gelezen) else [fout.message for fout in xsd.error_log]


def test_all_messages_of_the_contract_are_known() -> None:
    wortels = set()
    for pad in EIGEN_SCHEMA.parent.glob("*.xsd"):
        wortels |= set(re.findall(r'^  <xs:element name="(\w+)">$', pad.read_text("utf-8"), re.MULTILINE))
    assert wortels == set(BERICHTEN)


@pytest.mark.parametrize("echt", [True, False])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_message_is_valid(xsd: etree.XMLSchema, naam: str, *, echt: bool) -> None:
    for zaad in range(50):
        assert fouten(xsd, genereer(naam, WillekeurigeKeuze(zaad), echt=echt)) == [], f"{naam}, seed {zaad}"


def test_same_seed_gives_same_message() -> None:
    een, twee = (etree.tostring(genereer("zakLk01", WillekeurigeKeuze(5))) for _ in range(2))
    assert een == twee != etree.tostring(genereer("zakLk01", WillekeurigeKeuze(6)))


def test_every_child_and_attribute_comes_by() -> None:
    declaratie = next(kind for kind in schema().wortel("zakLk01").inhoud.kinderen() if kind.lokaal == "object")
    gezien: set[str] = set()
    for zaad in range(100):
        kennisgeving = genereer("zakLk01", WillekeurigeKeuze(zaad), vol=["object"]).find("ZKN:object", NS)
        assert kennisgeving is not None
        gezien |= {kind.tag for kind in kennisgeving} | set(kennisgeving.attrib)
    assert gezien == {kind.naam for kind in declaratie.inhoud.kinderen()} | set(declaratie.inhoud.attributen)


def test_pinned_values_are_there_and_brought_in_with_all_above_them(xsd: etree.XMLSchema) -> None:
    for zaad in range(40):
        bericht = genereer(
            "zakLk01",
            WillekeurigeKeuze(zaad),
            vast={
                "object/identificatie": "1900123",
                "object/@verwerkingssoort": "T",
                "object/einddatum": None,
                "object/isVan/gerelateerde/code": "B1026",
                "//inp.bsn": "111111110",
            },
            met=["object/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/inp.bsn"],
            zonder=["object/heeftAlsDeelzaak"],
        )
        assert fouten(xsd, bericht) == []
        for zaak in bericht.findall("ZKN:object", NS):
            assert zaak.findtext("ZKN:identificatie", namespaces=NS) == "1900123"
            assert zaak.get(f"{{{NS['StUF']}}}verwerkingssoort") == "T"
            assert zaak.findtext("ZKN:isVan/ZKN:gerelateerde/ZKN:code", namespaces=NS) == "B1026"
            einddatum = zaak.find("ZKN:einddatum", NS)
            assert einddatum is not None
            assert (einddatum.get(NIL), einddatum.get(NO_VALUE)) == ("true", "geenWaarde")
            assert zaak.findall("ZKN:heeftAlsDeelzaak", NS) == []
        nummers = [knoop for knoop in bericht.iter(f"{{{NS['BG']}}}inp.bsn") if knoop.get(NIL) is None]
        assert {knoop.text for knoop in nummers} == {"111111110"}


def test_a_path_that_the_schema_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="bestaatNiet"):
        genereer("zakLk01", WillekeurigeKeuze(1), met=["object/bestaatNiet"])


def test_no_value_only_where_nil_says_so_in_real_messages() -> None:
    for zaad in range(60):
        for knoop in genereer("zakLk01", WillekeurigeKeuze(zaad)).iter("*"):
            assert NO_VALUE not in knoop.attrib or knoop.get(NIL) == "true"


@pytest.mark.parametrize("soort", MUTATIES)
def test_each_mistake_can_be_made_and_leaves_the_original_alone(xsd: etree.XMLSchema, soort: str) -> None:
    keuze = WillekeurigeKeuze(11)
    bericht = genereer("zakLk01", keuze, vol=["object"])
    eerst = etree.tostring(bericht)
    uitslagen = [muteer(bericht, keuze, soort=soort) for _ in range(30)]
    assert soort in {gemaakt for _, gemaakt in uitslagen}
    assert any(fouten(xsd, kopie) for kopie, gemaakt in uitslagen if gemaakt == soort)
    assert etree.tostring(bericht) == eerst


@pytest.mark.parametrize("naam", BERICHTEN)
def test_a_broken_message_is_invalid(xsd: etree.XMLSchema, naam: str) -> None:
    for zaad in range(20):
        keuze = WillekeurigeKeuze(zaad)
        kopie, soort = gebroken(genereer(naam, keuze), keuze, xsd)
        assert fouten(xsd, kopie), soort


@settings(max_examples=25)
@given(bericht=gekozen(lambda keuze: genereer("zakLk01", keuze, elementen=40)))
def test_hypothesis_drives_it_too(xsd: etree.XMLSchema, bericht: str) -> None:
    assert fouten(xsd, etree.fromstring(bericht)) == []  # noqa: TID251


def test_hypothesis_shrinks_to_the_smallest_message() -> None:
    @st.composite
    def berichten(draw: st.DrawFn) -> etree._Element:
        return genereer("zakLv01", HypothesisKeuze(draw), elementen=12)

    kleinste = find(
        berichten(),
        lambda bericht: bericht.find("ZKN:parameters/StUF:maximumAantal", NS) is not None,
        settings=settings(database=None),
        random=Random(0),
    )
    assert [etree.QName(kind).localname for kind in kleinste] == ["stuurgegevens", "parameters"]
    assert [etree.QName(kind).localname for kind in kleinste[0]] == ["berichtcode", "entiteittype"]


@pytest.mark.parametrize("echt", [True, False])
@pytest.mark.parametrize("patroon", [r"[0-9]{8,17}", r"[1-9][0-9]{3}[A-Z]{0,2}", r"[a-zA-Z0-9]{0,4}", r"\d+"])
def test_values_match_their_pattern(patroon: str, *, echt: bool) -> None:
    soort = Waardetype("string", patronen=((patroon,),))
    for zaad in range(50):
        tekst = echte_waarde("x", soort, WillekeurigeKeuze(zaad)) if echt else waarde(soort, WillekeurigeKeuze(zaad))
        assert re.fullmatch(patroon, tekst)


def test_bsn_passes_the_elfproef() -> None:
    for zaad in range(100):
        nummer = bsn(WillekeurigeKeuze(zaad))
        som = sum(int(cijfer) * gewicht for cijfer, gewicht in zip(nummer, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
        assert (len(nummer), som % 11) == (9, 0)
