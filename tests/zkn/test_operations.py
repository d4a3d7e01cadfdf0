"""The operation that a message is for when the sender does not say: element, mutatiesoort, and what is asked."""

import pytest
from tests.berichten import documenten as d
from tests.berichten.bouw import NO, di02, element, lk01, lv01, obj, status, zaak

from regiesysteem.diensten.table import FUNCTIONS
from regiesysteem.zkn.operations import OPERATIONS, recognise

SLEUTEL = "<ZKN:identificatie>1900X1</ZKN:identificatie>"
STATUS = status(2, "20260301")
LEGE_STATUS = f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" {NO}/>'
QUESTION_STATUS = '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:datumStatusGezet xsi:nil="true"/></ZKN:heeft>'
QUESTION_DOCUMENTEN = '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:scope="alles"/>'
LAST = (  # ZDS 4.1.1.2
    '<ZKN:heeft StUF:entiteittype="ZAKSTT"><ZKN:indicatieLaatsteStatus>J</ZKN:indicatieLaatsteStatus></ZKN:heeft>'
)
QUESTION_NAAM = '<ZKN:omschrijving xsi:nil="true"/>'


@pytest.mark.parametrize(
    ("bericht", "dienst"),
    [
        (di02(), "genereerZaakIdentificatie_Di02"),
        (lk01("T", zaak("1900X1")), "creeerZaak_Lk01"),
        (lk01(" T ", zaak("1900X1")), "creeerZaak_Lk01"),
        (lk01("W", obj(SLEUTEL), obj(SLEUTEL + STATUS)), "actualiseerZaakstatus_Lk01"),
        (lk01("W", obj(SLEUTEL + LEGE_STATUS), obj(SLEUTEL + STATUS)), "actualiseerZaakstatus_Lk01"),
        (lk01("W", obj(SLEUTEL), obj(SLEUTEL + "<ZKN:omschrijving>x</ZKN:omschrijving>" + STATUS)), "updateZaak_Lk01"),
        (lk01("W", obj(SLEUTEL), obj(SLEUTEL)), "updateZaak_Lk01"),
        (lk01("W", obj(SLEUTEL), obj(SLEUTEL + LEGE_STATUS)), "updateZaak_Lk01"),
        (lk01("W"), "updateZaak_Lk01"),
        (lk01(""), "updateZaak_Lk01"),
        (lk01("V", obj(SLEUTEL, "V")), "zakLk01"),
        (lk01("V", obj(SLEUTEL + STATUS, "V"), overname="I"), "zakLk01"),
        (lk01("T", zaak("1900X1"), overname="I"), "creeerZaak_Lk01"),
        (d.edc_lk01("V", d.edc(SLEUTEL, "V")), "edcLk01"),
        (lv01(SLEUTEL, QUESTION_STATUS), "geefZaakstatus_Lv01"),
        (lv01(SLEUTEL, '<ZKN:identificatie xsi:nil="true"/>' + QUESTION_STATUS), "geefZaakstatus_Lv01"),
        (lv01(SLEUTEL + LAST, QUESTION_STATUS), "geefZaakstatus_Lv01"),
        (lv01(SLEUTEL + LAST.replace("J", "N"), QUESTION_STATUS), "zakLv01"),
        (lv01(SLEUTEL, QUESTION_NAAM + QUESTION_STATUS), "geefZaakdetails_Lv01"),
        (lv01(SLEUTEL, 'StUF:scope="alles"'), "geefZaakdetails_Lv01"),
        (lv01(SLEUTEL), "geefZaakdetails_Lv01"),
        (lv01(SLEUTEL + "<ZKN:omschrijving>x</ZKN:omschrijving>", QUESTION_STATUS), "zakLv01"),
        (lv01("<ZKN:omschrijving>x</ZKN:omschrijving>"), "zakLv01"),
        (lv01(SLEUTEL, rest='<ZKN:start StUF:entiteittype="ZAK"/>'), "zakLv01"),
        (lv01(), "zakLv01"),
        (lv01(SLEUTEL, QUESTION_DOCUMENTEN), "geefLijstZaakdocumenten_Lv01"),
        (lv01(SLEUTEL, QUESTION_NAAM + QUESTION_DOCUMENTEN), "geefZaakdetails_Lv01"),
        (d.edc_lk01("T", d.document("1900D1", "1900X1", file=d.inhoud(b"x"))), "voegZaakdocumentToe_Lk01"),
        (d.edc_lk01("T", d.document("1900D1", "1900X1")), "maakZaakdocument_Lk01"),
        (d.edc_lk01("T", d.document("1900D1", "1900X1", file=d.inhoud(b""))), "maakZaakdocument_Lk01"),
        (d.edc_lk01("W", d.edc(SLEUTEL), d.edc(SLEUTEL)), "voegZaakdocumentToe_Lk01"),
        (d.edc_lv01("1900D1"), "geefZaakdocumentLezen_Lv01"),
        (d.edc_lv01("1900D1", versie="1"), "geefZaakdocumentLezen_Lv01"),
        (d.edc_select(SLEUTEL + "<ZKN:titel>x</ZKN:titel>"), "edcLv01"),
        (d.edc_select("<ZKN:titel>x</ZKN:titel>"), "edcLv01"),
        (d.edc_select(SLEUTEL, start=SLEUTEL), "edcLv01"),
        (d.edc_select(), "edcLv01"),
        (d.genereer(), "genereerDocumentIdentificatie_Di02"),
        (d.bewerken("1900D1"), "geefZaakdocumentbewerken_Di02"),
        (d.update("1900D1"), "updateZaakdocument_Di02"),
        (d.cancel("1900D1", "x"), "cancelCheckout_Di02"),
        ('<x xmlns="urn:x"/>', ""),
        (di02().replace("genereerZaakIdentificatie_Di02", "maakKoffie_Di02"), ""),
    ],
)
def test_the_message_tells_its_operation(bericht: str, dienst: str) -> None:
    assert recognise(element(bericht)) == dienst


@pytest.mark.parametrize(
    ("bericht", "dienst"),
    [
        (lk01("T", zaak("1900X1")), "creeerZaak_Lk01"),
        (lk01("T", zaak("1900X1"), overname="I"), "zakLk01"),
        (lk01("W", obj(SLEUTEL), obj(SLEUTEL), overname="I"), "updateZaak_Lk01"),
        (d.edc_lk01("T", d.document("1900D1", "1900X1"), overname="I"), "maakZaakdocument_Lk01"),
    ],
)
def test_a_plain_message_for_information_is_of_no_operation_of_zds(bericht: str, dienst: str) -> None:
    assert recognise(element(bericht), plain=True) == dienst


def test_every_operation_has_a_function() -> None:
    assert list(FUNCTIONS) == list(OPERATIONS)
