"""The messages that we send are ours to get right: every template gives a valid message, by our schema too."""

from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree
from tests.published import assert_valid

from regiesysteem.conformance.outgoing import make_message, render, template_names
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.operations import OPERATIONS

_ZAAK = {"identificatie": "1900C1"}
_TEXT = "VmVyc2xhZwo="
MESSAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("genereerZaakIdentificatie_Di02", "genereerzaakidentificatie.xml", {}),
    ("creeerZaak_Lk01", "creeerzaak.xml", _ZAAK | {"zaaktype": "gezinsplan"}),
    ("creeerZaak_Lk01", "creeerzaak.xml", _ZAAK | {"zaaktype": "overig", "initiator": "natuurlijkPersoon"}),
    ("creeerZaak_Lk01", "creeerzaak.xml", _ZAAK | {"zaaktype": "overig", "initiator": "vestiging"}),
    (
        "creeerZaak_Lk01",
        "creeerzaak.xml",
        _ZAAK
        | {"zaaktype": "deelplan", "clienten": 3, "belanghebbenden": 2, "uitvoerende_medewerkers": 2}
        | {"uitvoerende_vestigingen": 2, "gezinsplan": "1900C2", "levensdomeinplan": "1900C3"},
    ),
    ("updateZaak_Lk01", "updatezaak.xml", _ZAAK | {"omschrijving": "Anders", "omschrijving_was": "Eerst"}),
    (
        "updateZaak_Lk01",
        "updatezaak.xml",
        _ZAAK
        | {"client_erbij": 4, "belanghebbende_erbij": 5, "uitvoerende_weg": "uitv01", "uitvoerende_erbij": "uitv09"}
        | {"gezinsplan_erbij": "1900C2"},
    ),
    (
        "actualiseerZaakstatus_Lk01",
        "actualiseerzaakstatus.xml",
        _ZAAK | {"zaaktype": "gezinsplan", "status": 1, "moment": "20260101120000"},
    ),
    ("geefZaakstatus_Lv01", "geefzaakstatus.xml", _ZAAK),
    ("geefZaakdetails_Lv01", "geefzaakdetails.xml", _ZAAK),
    ("geefLijstZaakdocumenten_Lv01", "geeflijstzaakdocumenten.xml", _ZAAK),
    ("genereerDocumentIdentificatie_Di02", "genereerdocumentidentificatie.xml", {}),
    ("voegZaakdocumentToe_Lk01", "voegzaakdocumenttoe.xml", _ZAAK | {"zaak": "1900C2", "inhoud": _TEXT}),
    ("maakZaakdocument_Lk01", "maakzaakdocument.xml", _ZAAK | {"zaak": "1900C2"}),
    ("geefZaakdocumentLezen_Lv01", "geefzaakdocumentlezen.xml", _ZAAK),
    ("geefZaakdocumentbewerken_Di02", "geefzaakdocumentbewerken.xml", _ZAAK),
    ("updateZaakdocument_Di02", "updatezaakdocument.xml", _ZAAK | {"checkedout": "c-1", "inhoud": _TEXT}),
    ("zakLv01", "zaklv01.xml", {"bsn": "999990007"}),
    ("zakLv02", "zaklv01.xml", {"bsn": "999990007", "asynchroon": True}),
    ("edcLv01", "edclv01.xml", {"titel": "Verslag"}),
    ("edcLv02", "edclv01.xml", {"titel": "Verslag", "asynchroon": True}),
    ("zakSa03", "zaksa03.xml", _ZAAK),
    ("zakSh03", "zaksa03.xml", _ZAAK | {"code": "Sh03"}),
    ("Fo03", "bevestiging.xml", {"code": "Fo03", "kruis": "x-1"}),
    ("cancelCheckout_Di02", "cancelcheckout.xml", _ZAAK | {"checkedout": "c-1"}),
    ("zakLk01", "afmelden.xml", _ZAAK | {"soort": "ZAK"}),
    ("edcLk01", "afmelden.xml", _ZAAK | {"soort": "EDC"}),
    ("genereerBesluitIdentificatie_Di02", "genereerbesluitidentificatie.xml", {}),
    ("voegBesluitToe_Di01", "voegbesluittoe.xml", _ZAAK | {"zaak": "1900C2", "document": "1900D1"}),
    ("updateBesluit_BslLk01", "updatebesluit.xml", _ZAAK | {"toelichting": "Drie uur per week"}),
    ("geefBesluitdetails_BslLv01", "geefbesluitdetails.xml", _ZAAK),
    ("geefLijstBesluiten_ZakLv01", "geeflijstbesluiten.xml", _ZAAK),
    ("ontkoppelZaakdocument_Di02", "ontkoppelzaakdocument.xml", _ZAAK | {"zaak": "1900C2"}),
]
MOMENT = datetime(2026, 12, 1, tzinfo=UTC)


def _message(*given: Any, zds12: bool = False) -> etree._Element:
    message = make_message(*given, DEFAULT, MOMENT, zds12=zds12)
    [body] = parse(message.envelope).iter("{*}Body")
    [element] = body
    return parse(etree.tostring(element))


@pytest.mark.parametrize(("operation", "template", "values"), MESSAGES)
def test_a_template_gives_a_valid_message(operation: str, template: str, values: dict[str, Any]) -> None:
    element = _message(operation, template, values)
    assert element.tag == OPERATIONS[operation].element
    assert_valid(element)


@pytest.mark.parametrize(
    ("operation", "template", "values"), [one for one in MESSAGES if OPERATIONS[one[0]].element_zds12]
)
def test_the_same_message_in_zds_1_2_is_valid_too(operation: str, template: str, values: dict[str, Any]) -> None:
    element = _message(operation, template, values, zds12=True)
    assert element.tag == OPERATIONS[operation].element_zds12
    assert_valid(element)


def test_a_value_that_a_template_needs_is_not_forgotten_in_silence() -> None:
    with pytest.raises(Exception, match="identificatie"):
        make_message("geefZaakstatus_Lv01", "geefzaakstatus.xml", {}, DEFAULT, MOMENT)


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("la02.xml", {"soort": "ZAK", "omschrijving": "Zaak"}),
        ("la02.xml", {"soort": "EDC", "titel": "Verslag"}),
        ("sa01.xml", {"omschrijving": "Zaak"}),
        ("sa01.xml", {"omschrijving": "Zaak", "historie": True}),
    ],
)
def test_an_answer_that_goes_out_later_is_valid(template: str, values: dict[str, Any]) -> None:
    given = _ZAAK | {"kruis": "x-1"} | values
    assert_valid(parse(render(template, given, DEFAULT, referentie="x-2", moment=MOMENT).encode()))


def test_every_template_is_tried() -> None:
    regie = {one for one in template_names() if "overzaak" in one or "overdragenzaak" in one}
    assert {template for _, template, _ in MESSAGES} | regie | {"la02.xml", "sa01.xml"} == template_names()
