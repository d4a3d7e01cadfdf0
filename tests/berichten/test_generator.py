"""The generator makes valid messages, does what it is asked, and what breaks a message breaks it."""

import re
from random import Random

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.berichten.generator import (
    BERICHTEN,
    HypothesisChoice,
    WillekeurigeChoice,
    chosen,
    gebroken,
    genereer,
    mutate,
)
from tests.berichten.mutaties import MUTATIES
from tests.berichten.schema import OWN_SCHEMA, Waardetype, schema
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
    return etree.XMLSchema(etree.parse(str(OWN_SCHEMA)))  # noqa: TID251


def fouten(xsd: etree.XMLSchema, bericht: etree._Element) -> list[str]:
    parsed = etree.fromstring(etree.tostring(bericht))  # noqa: TID251
    return [] if xsd.validate(parsed) else [error.message for error in xsd.error_log]


def test_all_messages_of_the_contract_are_known() -> None:
    """Those of ZDS 1.2 are not made here."""
    wortels = set()
    for path in {*OWN_SCHEMA.parent.glob("*.xsd")} - {OWN_SCHEMA.parent / "zds0120.xsd"}:
        wortels |= set(re.findall(r'^  <xs:element name="(\w+)">$', path.read_text("utf-8"), re.MULTILINE))
    assert wortels == set(BERICHTEN)


@pytest.mark.parametrize("echt", [True, False])
@pytest.mark.parametrize("naam", BERICHTEN)
def test_message_is_valid(xsd: etree.XMLSchema, naam: str, *, echt: bool) -> None:
    for zaad in range(50):
        assert fouten(xsd, genereer(naam, WillekeurigeChoice(zaad), echt=echt)) == [], f"{naam}, seed {zaad}"


def test_same_seed_gives_same_message() -> None:
    one, twee = (etree.tostring(genereer("zakLk01", WillekeurigeChoice(5))) for _ in range(2))
    assert one == twee != etree.tostring(genereer("zakLk01", WillekeurigeChoice(6)))


def test_every_child_and_attribute_comes_by() -> None:
    declaration = next(child for child in schema().root("zakLk01").inhoud.children() if child.local == "object")
    seen: set[str] = set()
    for zaad in range(100):
        kennisgeving = genereer("zakLk01", WillekeurigeChoice(zaad), full=["object"]).find("ZKN:object", NS)
        assert kennisgeving is not None
        seen |= {child.tag for child in kennisgeving} | set(kennisgeving.attrib)
    assert seen == {child.naam for child in declaration.inhoud.children()} | set(declaration.inhoud.attributes)


def test_pinned_values_are_there_and_brought_in_with_all_above_them(xsd: etree.XMLSchema) -> None:
    for zaad in range(40):
        bericht = genereer(
            "zakLk01",
            WillekeurigeChoice(zaad),
            fixed={
                "object/identificatie": "1900123",
                "object/@verwerkingssoort": "T",
                "object/einddatum": None,
                "object/isVan/gerelateerde/code": "B1026",
                "//inp.bsn": "111111110",
            },
            with_=["object/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/inp.bsn"],
            without=["object/heeftAlsDeelzaak"],
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
        numbers = [node for node in bericht.iter(f"{{{NS['BG']}}}inp.bsn") if node.get(NIL) is None]
        assert {node.text for node in numbers} == {"111111110"}


def test_a_path_that_the_schema_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="bestaatNiet"):
        genereer("zakLk01", WillekeurigeChoice(1), with_=["object/bestaatNiet"])


def test_no_value_only_where_nil_says_so_in_real_messages() -> None:
    for zaad in range(60):
        for node in genereer("zakLk01", WillekeurigeChoice(zaad)).iter("*"):
            assert NO_VALUE not in node.attrib or node.get(NIL) == "true"


@pytest.mark.parametrize("soort", MUTATIES)
def test_each_mistake_can_be_made_and_leaves_the_original_alone(xsd: etree.XMLSchema, soort: str) -> None:
    choice = WillekeurigeChoice(11)
    bericht = genereer("zakLk01", choice, full=["object"])
    first = etree.tostring(bericht)
    uitslagen = [mutate(bericht, choice, soort=soort) for _ in range(30)]
    assert soort in {made for _, made in uitslagen}
    assert any(fouten(xsd, copy) for copy, made in uitslagen if made == soort)
    assert etree.tostring(bericht) == first


@pytest.mark.parametrize("naam", BERICHTEN)
def test_a_broken_message_is_invalid(xsd: etree.XMLSchema, naam: str) -> None:
    for zaad in range(20):
        choice = WillekeurigeChoice(zaad)
        copy, soort = gebroken(genereer(naam, choice), choice, xsd)
        assert fouten(xsd, copy), soort


@settings(max_examples=25)
@given(bericht=chosen(lambda choice: genereer("zakLk01", choice, elementen=40)))
def test_hypothesis_drives_it_too(xsd: etree.XMLSchema, bericht: str) -> None:
    assert fouten(xsd, etree.fromstring(bericht)) == []  # noqa: TID251


def test_hypothesis_shrinks_to_the_smallest_message() -> None:
    @st.composite
    def berichten(draw: st.DrawFn) -> etree._Element:
        return genereer("zakLv01", HypothesisChoice(draw), elementen=12)

    kleinste = find(
        berichten(),
        lambda bericht: bericht.find("ZKN:parameters/StUF:maximumAantal", NS) is not None,
        settings=settings(database=None),
        random=Random(0),
    )
    assert [etree.QName(child).localname for child in kleinste] == ["stuurgegevens", "parameters"]
    assert [etree.QName(child).localname for child in kleinste[0]] == ["berichtcode", "entiteittype"]


@pytest.mark.parametrize("echt", [True, False])
@pytest.mark.parametrize("pattern", [r"[0-9]{8,17}", r"[1-9][0-9]{3}[A-Z]{0,2}", r"[a-zA-Z0-9]{0,4}", r"\d+"])
def test_values_match_their_pattern(pattern: str, *, echt: bool) -> None:
    soort = Waardetype("string", patronen=((pattern,),))
    for zaad in range(50):
        text = echte_waarde("x", soort, WillekeurigeChoice(zaad)) if echt else waarde(soort, WillekeurigeChoice(zaad))
        assert re.fullmatch(pattern, text)


def test_bsn_passes_the_elfproef() -> None:
    for zaad in range(100):
        number = bsn(WillekeurigeChoice(zaad))
        som = sum(int(digit) * weight for digit, weight in zip(number, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
        assert (len(number), som % 11) == (9, 0)
