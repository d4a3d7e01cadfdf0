"""Acknowledgements and fault messages: valid whatever came in, with the parties swapped."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.berichten.bouw import teksten

from regiesysteem.stuf.answers import antwoord_stuurgegevens, bv02, bv03, foutbericht, tijdstip
from regiesysteem.stuf.faults import FOUTEN, StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem
from regiesysteem.stuf.schema import controleer
from regiesysteem.zkn.names import ZKN

NU = datetime(2026, 7, 1, 22, 30, 15, 123999, tzinfo=UTC)
ONS = Systeem("1900", "Regiesysteem")
VRAAG = Stuurgegevens("Lk01", Systeem("1900", "GWS4all", "A", "Jan"), Systeem("1900", "CDR"), "ref-1")


def test_a_tijdstip_has_seventeen_digits_of_dutch_clock_time() -> None:
    assert tijdstip(NU) == "20260702003015123"
    assert tijdstip(NU.replace(month=1)) == "20260101233015123"


def test_bv03_swaps_the_parties_and_refers_to_the_message() -> None:
    bericht = bv03(VRAAG, ONS, NU)
    assert controleer(bericht) == []
    assert teksten(bericht, "//s:zender/s:applicatie") == ["CDR"]
    assert teksten(bericht, "//s:ontvanger/*") == ["1900", "GWS4all", "A", "Jan"]
    assert teksten(bericht, "//s:crossRefnummer") == ["ref-1"]
    assert teksten(bericht, "//s:referentienummer") != teksten(bv03(VRAAG, ONS, NU), "//s:referentienummer")


def test_bv02_has_a_berichtcode_and_meldingen_only() -> None:
    bericht = bv02(["a", "b"])
    assert controleer(bericht) == []
    assert teksten(bericht, "//s:stuurgegevens/*") == ["Bv02"]
    assert teksten(bericht, "//s:melding") == ["a", "b"]


@pytest.mark.parametrize("code", FOUTEN)
def test_every_fault_makes_a_valid_message(code: str) -> None:
    for foutcode in ("Fo01", "Fo02", "Fo03"):
        bericht = foutbericht(StufFout(code, "waarom"), foutcode, VRAAG, ONS, NU)
        assert controleer(bericht) == []
        assert teksten(bericht, "//s:body/*") == [code, FOUTEN[code].plek, FOUTEN[code].omschrijving, "waarom"]


def test_fo02_has_the_berichtcode_only_and_fo03_all_stuurgegevens() -> None:
    assert teksten(foutbericht(StufFout("StUF055"), "Fo02", VRAAG, ONS, NU), "//s:stuurgegevens/*") == ["Fo02"]
    fo03 = foutbericht(StufFout("StUF055"), "Fo03", VRAAG, ONS, NU)
    assert teksten(fo03, "//s:zender/s:applicatie | //s:ontvanger/s:applicatie") == ["CDR", "GWS4all"]
    assert teksten(fo03, "//s:crossRefnummer") == ["ref-1"]


_xml_tekst = st.text(
    alphabet=st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff")
)
_xml_systeem = st.none() | st.builds(Systeem, _xml_tekst, _xml_tekst, _xml_tekst, _xml_tekst)


@given(st.none() | st.builds(Stuurgegevens, _xml_tekst, _xml_systeem, _xml_systeem, _xml_tekst), st.text(max_size=3000))
def test_a_fault_message_is_valid_whatever_the_message_had(vraag: Stuurgegevens | None, details: str) -> None:
    for foutcode in ("Fo01", "Fo02", "Fo03"):
        assert controleer(foutbericht(StufFout("StUF058", details), foutcode, vraag, ONS, NU)) == []


def test_details_in_xml_come_along() -> None:
    bericht = foutbericht(StufFout("StUF055", details_xml=etree.Element("x")), "Fo02", None, ONS, NU)
    assert controleer(bericht) == []
    assert len(bericht.xpath("//*[local-name()='detailsXML']/x")) == 1


def test_an_answer_leaves_out_what_the_question_had_not() -> None:
    leeg = antwoord_stuurgegevens(
        Bericht("x", etree.Element("x"), Stuurgegevens("Lv01")), "La01", NU, namespace=ZKN, entiteittype="ZAK"
    )
    assert [etree.QName(kind).localname for kind in leeg] == [
        "berichtcode",
        "referentienummer",
        "tijdstipBericht",
        "entiteittype",
    ]
    vol = antwoord_stuurgegevens(Bericht("x", etree.Element("x"), VRAAG), "Du02", NU, namespace=ZKN, functie="geef")
    assert teksten(vol, "s:zender/s:applicatie | s:ontvanger/s:applicatie") == ["CDR", "GWS4all"]
    assert teksten(vol, "s:crossRefnummer | s:functie") == ["ref-1", "geef"]
