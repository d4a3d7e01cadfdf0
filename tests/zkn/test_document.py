"""The tables of documents drive reading and writing: what an edcLk01 says can stand in an edcLa01 and in a row."""

from collections.abc import Mapping

import pytest
from lxml import etree
from tests.berichten.bouw import ZKN, element, teksten
from tests.berichten.generator import WillekeurigeKeuze, genereer

from regiesysteem.stuf.namespaces import BESTANDSNAAM, CONTENT_TYPE
from regiesysteem.stuf.read import Voorkomen, Voorwerp, lees_voorwerp
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.write import Beeld, RelatieBeeld, Scope, lees_scope, schrijf_beeld
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, kolommen, naar_rij, van_rij
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.documentgegevens import INHOUD


def _gelezen(bericht: etree._Element) -> Voorwerp:
    return lees_voorwerp(element(etree.tostring(bericht, encoding="unicode")).findall(f"{{{ZKN}}}object")[-1], EDC)


def _beelden(relaties: Mapping[str, list[Voorkomen]]) -> dict[str, list[RelatieBeeld]]:
    return {
        naam: [
            RelatieBeeld(
                een.gegevens,
                een.relatie.keuze(een.gerelateerde.naam),
                Beeld(een.gerelateerde.gegevens, _beelden(een.gerelateerde.relaties)),
            )
            for een in voorkomens
            if een.gerelateerde
        ]
        for naam, voorkomens in relaties.items()
    }


def _antwoord(voorwerp: Voorwerp, scope: Scope) -> etree._Element:
    """An edcLa01 with one document."""
    bericht = genereer("edcLa01", WillekeurigeKeuze(1), met=["antwoord/object"], elementen=0)
    [antwoord] = bericht.findall(f"{{{ZKN}}}antwoord")
    for oud in list(antwoord):
        antwoord.remove(oud)
    beeld = Beeld(voorwerp.gegevens, _beelden(voorwerp.relaties))
    schrijf_beeld(etree.SubElement(antwoord, f"{{{ZKN}}}object"), EDC, beeld, scope)
    return element(etree.tostring(bericht, encoding="unicode"))


ALLES = lees_scope(element('<scope><object xmlns:s="http://www.egem.nl/StUF/StUF0301" s:scope="alles"/></scope>'))


@pytest.mark.parametrize("zaad", range(40))
def test_what_a_kennisgeving_says_of_a_document_can_be_answered(zaad: int) -> None:
    voorwerp = _gelezen(genereer("edcLk01", WillekeurigeKeuze(zaad)))
    assert controleer(_antwoord(voorwerp, ALLES)) == []


@pytest.mark.parametrize("zaad", range(40))
def test_a_row_gives_back_what_was_said_and_calls_the_rest_gegevens(zaad: int) -> None:
    voorwerp = _gelezen(genereer("edcLk01", WillekeurigeKeuze(zaad), vol=["object"]))
    rij = naar_rij(EDC.elementen, voorwerp.gegevens, DOCUMENT_REST)
    assert rij.keys() == set(kolommen(EDC.elementen, DOCUMENT_REST))
    assert rij.keys() == {
        *("identificatie", "titel", "creatiedatum", "dct_omschrijving", "vertrouwelijk_aanduiding", "auteur"),
        *("formaat", "taal", "versie", "status", "tijdstip_registratie", "gegevens"),
    }
    assert van_rij(EDC.elementen, rij, DOCUMENT_REST) == voorwerp.gegevens


def test_of_the_file_its_name_and_type_are_read_and_written_and_its_bytes_are_not() -> None:
    vast = {"object/inhoud": "QUJD", "object/inhoud/@bestandsnaam": "plan.pdf"}
    voorwerp = _gelezen(
        genereer("edcLk01", WillekeurigeKeuze(1), vast={**vast, "object/inhoud/@contentType": "application/pdf"})
    )
    bestand = {"_": "", "@contentType": "application/pdf", "@bestandsnaam": "plan.pdf"}
    assert voorwerp.gegevens[INHOUD.naam] == bestand
    [inhoud] = _antwoord(voorwerp, ALLES).iter(f"{{{ZKN}}}inhoud")
    assert (inhoud.text, inhoud.get(CONTENT_TYPE), inhoud.get(BESTANDSNAAM)) == (None, "application/pdf", "plan.pdf")


def test_a_file_that_is_not_there_is_left_out_of_the_answer_for_it_may_not_be_empty() -> None:
    voorwerp = _gelezen(genereer("edcLk01", WillekeurigeKeuze(1), met=["object/titel"], zonder=["object/inhoud"]))
    gevraagd = f"<s><o><z:inhoud xmlns:z='{ZKN}'/><z:auteur xmlns:z='{ZKN}'/></o></s>"
    antwoord = _antwoord(voorwerp, lees_scope(element(gevraagd)))
    assert [etree.QName(kind).localname for kind in antwoord.findall(f".//{{{ZKN}}}object/*")] == ["auteur"]
    assert teksten(antwoord, "//z:inhoud") == []
    assert controleer(antwoord) == []
