"""The tables of documents drive reading and writing: what an edcLk01 says can stand in an edcLa01 and in a row."""

from collections.abc import Mapping

import pytest
from lxml import etree
from tests.berichten.bouw import ZKN, element, texts
from tests.berichten.generator import WillekeurigeChoice, genereer

from regiesysteem.stuf.namespaces import BESTANDSNAAM, CONTENT_TYPE
from regiesysteem.stuf.read import Instance, Voorkomen, read_instance
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.write import RelatieView, Scope, View, read_scope, write_view
from regiesysteem.zakenmagazijn.rows import DOCUMENT_REST, columns, from_row, to_row
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.documentgegevens import INHOUD


def _parsed(bericht: etree._Element) -> Instance:
    return read_instance(element(etree.tostring(bericht, encoding="unicode")).findall(f"{{{ZKN}}}object")[-1], EDC)


def _views(relaties: Mapping[str, list[Voorkomen]]) -> dict[str, list[RelatieView]]:
    return {
        naam: [
            RelatieView(
                one.gegevens,
                one.relatie.choice(one.gerelateerde.naam),
                View(one.gerelateerde.gegevens, _views(one.gerelateerde.relaties)),
            )
            for one in voorkomens
            if one.gerelateerde
        ]
        for naam, voorkomens in relaties.items()
    }


def _answer(instance: Instance, scope: Scope) -> etree._Element:
    """An edcLa01 with one document."""
    bericht = genereer("edcLa01", WillekeurigeChoice(1), with_=["antwoord/object"], elementen=0)
    [answer] = bericht.findall(f"{{{ZKN}}}antwoord")
    for old in list(answer):
        answer.remove(old)
    view = View(instance.gegevens, _views(instance.relaties))
    write_view(etree.SubElement(answer, f"{{{ZKN}}}object"), EDC, view, scope)
    return element(etree.tostring(bericht, encoding="unicode"))


ALLES = read_scope(element('<scope><object xmlns:s="http://www.egem.nl/StUF/StUF0301" s:scope="alles"/></scope>'))


@pytest.mark.parametrize("zaad", range(40))
def test_what_a_kennisgeving_says_of_a_document_can_be_answered(zaad: int) -> None:
    instance = _parsed(genereer("edcLk01", WillekeurigeChoice(zaad)))
    assert check(_answer(instance, ALLES)) == []


@pytest.mark.parametrize("zaad", range(40))
def test_a_row_gives_back_what_was_said_and_calls_the_rest_gegevens(zaad: int) -> None:
    instance = _parsed(genereer("edcLk01", WillekeurigeChoice(zaad), full=["object"]))
    row = to_row(EDC.elementen, instance.gegevens, DOCUMENT_REST)
    assert row.keys() == set(columns(EDC.elementen, DOCUMENT_REST))
    assert row.keys() == {
        *("identificatie", "titel", "creatiedatum", "dct_omschrijving", "vertrouwelijk_aanduiding", "auteur"),
        *("formaat", "taal", "versie", "status", "tijdstip_registratie", "gegevens"),
    }
    assert from_row(EDC.elementen, row, DOCUMENT_REST) == instance.gegevens


def test_of_the_file_its_name_and_type_are_read_and_written_and_its_bytes_are_not() -> None:
    fixed = {"object/inhoud": "QUJD", "object/inhoud/@bestandsnaam": "plan.pdf"}
    instance = _parsed(
        genereer("edcLk01", WillekeurigeChoice(1), fixed={**fixed, "object/inhoud/@contentType": "application/pdf"})
    )
    file = {"_": "", "@contentType": "application/pdf", "@bestandsnaam": "plan.pdf"}
    assert instance.gegevens[INHOUD.naam] == file
    [inhoud] = _answer(instance, ALLES).iter(f"{{{ZKN}}}inhoud")
    assert (inhoud.text, inhoud.get(CONTENT_TYPE), inhoud.get(BESTANDSNAAM)) == (None, "application/pdf", "plan.pdf")


def test_a_file_that_is_not_there_is_left_out_of_the_answer_for_it_may_not_be_empty() -> None:
    instance = _parsed(genereer("edcLk01", WillekeurigeChoice(1), with_=["object/titel"], without=["object/inhoud"]))
    asked = f"<s><o><z:inhoud xmlns:z='{ZKN}'/><z:auteur xmlns:z='{ZKN}'/></o></s>"
    answer = _answer(instance, read_scope(element(asked)))
    assert [etree.QName(child).localname for child in answer.findall(f".//{{{ZKN}}}object/*")] == ["auteur"]
    assert texts(answer, "//z:inhoud") == []
    assert check(answer) == []
