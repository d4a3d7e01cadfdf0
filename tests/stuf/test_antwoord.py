"""Acknowledgements and fault messages: valid whatever came in, with the parties swapped."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.berichten.bouw import texts

from regiesysteem.stuf.answers import answer_stuurgegevens, bv02, bv03, foutbericht, tijdstip
from regiesysteem.stuf.faults import FOUTEN, StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem
from regiesysteem.stuf.schema import check
from regiesysteem.zkn.names import ZKN

NOW = datetime(2026, 7, 1, 22, 30, 15, 123999, tzinfo=UTC)
US = Systeem("1900", "Regiesysteem")
QUESTION = Stuurgegevens("Lk01", Systeem("1900", "GWS4all", "A", "Jan"), Systeem("1900", "CDR"), "ref-1")


def test_a_tijdstip_has_seventeen_digits_of_dutch_clock_time() -> None:
    assert tijdstip(NOW) == "20260702003015123"
    assert tijdstip(NOW.replace(month=1)) == "20260101233015123"


def test_bv03_swaps_the_parties_and_refers_to_the_message() -> None:
    bericht = bv03(QUESTION, US, NOW)
    assert check(bericht) == []
    assert texts(bericht, "//s:zender/s:applicatie") == ["CDR"]
    assert texts(bericht, "//s:ontvanger/*") == ["1900", "GWS4all", "A", "Jan"]
    assert texts(bericht, "//s:crossRefnummer") == ["ref-1"]
    assert texts(bericht, "//s:referentienummer") != texts(bv03(QUESTION, US, NOW), "//s:referentienummer")


def test_bv02_has_a_berichtcode_and_meldingen_only() -> None:
    bericht = bv02(["a", "b"])
    assert check(bericht) == []
    assert texts(bericht, "//s:stuurgegevens/*") == ["Bv02"]
    assert texts(bericht, "//s:melding") == ["a", "b"]


@pytest.mark.parametrize("code", FOUTEN)
def test_every_fault_makes_a_valid_message(code: str) -> None:
    for foutcode in ("Fo01", "Fo02", "Fo03"):
        bericht = foutbericht(StufFout(code, "waarom"), foutcode, QUESTION, US, NOW)
        assert check(bericht) == []
        assert texts(bericht, "//s:body/*") == [code, FOUTEN[code].plek, FOUTEN[code].omschrijving, "waarom"]


def test_fo02_has_the_berichtcode_only_and_fo03_all_stuurgegevens() -> None:
    assert texts(foutbericht(StufFout("StUF055"), "Fo02", QUESTION, US, NOW), "//s:stuurgegevens/*") == ["Fo02"]
    fo03 = foutbericht(StufFout("StUF055"), "Fo03", QUESTION, US, NOW)
    assert texts(fo03, "//s:zender/s:applicatie | //s:ontvanger/s:applicatie") == ["CDR", "GWS4all"]
    assert texts(fo03, "//s:crossRefnummer") == ["ref-1"]


_xml_text = st.text(
    alphabet=st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff")
)
_xml_systeem = st.none() | st.builds(Systeem, _xml_text, _xml_text, _xml_text, _xml_text)


@given(st.none() | st.builds(Stuurgegevens, _xml_text, _xml_systeem, _xml_systeem, _xml_text), st.text(max_size=3000))
def test_a_fault_message_is_valid_whatever_the_message_had(question: Stuurgegevens | None, details: str) -> None:
    for foutcode in ("Fo01", "Fo02", "Fo03"):
        assert check(foutbericht(StufFout("StUF058", details), foutcode, question, US, NOW)) == []


def test_details_in_xml_come_along() -> None:
    bericht = foutbericht(StufFout("StUF055", details_xml=etree.Element("x")), "Fo02", None, US, NOW)
    assert check(bericht) == []
    assert len(bericht.xpath("//*[local-name()='detailsXML']/x")) == 1


def test_an_answer_leaves_out_what_the_question_had_not() -> None:
    empty = answer_stuurgegevens(
        Bericht("x", etree.Element("x"), Stuurgegevens("Lv01")), "La01", NOW, namespace=ZKN, entiteittype="ZAK"
    )
    assert [etree.QName(child).localname for child in empty] == [
        "berichtcode",
        "referentienummer",
        "tijdstipBericht",
        "entiteittype",
    ]
    full = answer_stuurgegevens(Bericht("x", etree.Element("x"), QUESTION), "Du02", NOW, namespace=ZKN, functie="geef")
    assert texts(full, "s:zender/s:applicatie | s:ontvanger/s:applicatie") == ["CDR", "GWS4all"]
    assert texts(full, "s:crossRefnummer | s:functie") == ["ref-1", "geef"]
