"""The read log: every answered question leaves a look with its people, and without the look there is no answer."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from tests.access.logstappen import everything, last, looks, newest, people, pseudonyms
from tests.berichten.besluiten import (
    TOEKENNING,
    besluitdetails,
    bsl,
    lijst_besluiten,
    update_besluit,
    vastgelegd,
    voeg_toe,
)
from tests.berichten.bouw import (
    ACTIE,
    client,
    di02,
    envelope,
    gezinsplan,
    lk01,
    lv01,
    new_number,
    nps,
    other,
    rol,
    rol_empty,
    texts,
    zaak,
)
from tests.berichten.documenten import SOEPEL, bewerken, edc_lv01, edc_select, of_zaak
from tests.berichten.zds12 import kennisgeving, vraag, wijziging
from tests.diensten.documentstappen import add
from tests.diensten.stappen import modification, new, sleutel
from tests.soap.conftest import Door

from regiesysteem.access.inzage import read_trace
from regiesysteem.db import count_statements
from regiesysteem.zkn.operations import OPERATIONS

BSN, OTHER_BSN, THIRD_BSN = "999990019", "999990020", "999990032"
ALLES = 'StUF:scope="alles"'
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

QUESTIONS: dict[str, Callable[[str, str], str]] = {
    "geefZaakstatus_Lv01": lambda number, _: lv01(sleutel(number)),
    "geefZaakdetails_Lv01": lambda number, _: lv01(sleutel(number)),
    "zakLv01": lambda number, _: lv01(sleutel(number)),
    "geefLijstZaakdocumenten_Lv01": lambda number, _: lv01(sleutel(number)),
    "geefZaakdocumentLezen_Lv01": lambda _, document: edc_lv01(document),
    "zakLv07": lambda number, _: lv01(sleutel(number)).replace("Lv01", "Lv07"),
    "edcLv01": lambda number, _: edc_select(of_zaak(sleutel(number))),
    "geefZaakdocumentbewerken_Di02": lambda _, document: bewerken(document),
    "geefBesluitdetails_BslLv01": lambda number, _: besluitdetails(f"B{number}"),
    "geefLijstBesluiten_ZakLv01": lambda number, _: lijst_besluiten(number),
}
"""Everything that hands out data of people, as a question about one zaak, its document or its besluit."""
HANDS_OUT = ("geefZaakdocumentLezen_Lv01", "edcLv01", "geefZaakdocumentbewerken_Di02")
"""Those that are about a document itself."""


def plan_with(door: Door, *bsns: str, **rest: str) -> str:
    """Register a zaak with these clients."""
    return new(door, relaties="".join(map(client, bsns)) + rol("heeftAlsInitiator", nps(bsns[0])), **rest)


def test_no_question_is_forgotten_here() -> None:
    assert {naam for naam, one in OPERATIONS.items() if not one.mutates} <= set(QUESTIONS)


@pytest.mark.parametrize("dienst", QUESTIONS)
def test_an_answer_is_on_record_with_who_what_why_which_and_whom(door: Door, dienst: str) -> None:
    number = plan_with(door, BSN, OTHER_BSN)
    document = add(door, number)
    door.succeeded("voegBesluitToe_Di01", voeg_toe(f"B{number}", number))
    before = newest(door)
    door.succeeded(dienst, QUESTIONS[dienst](number, document))
    [look] = looks(door, before)
    assert (look.wat, look.organisatie, look.persoon, look.rol) == (dienst, "1900", "", "")
    assert look.applicatie in {"GWS4all", "WmoVoorziening"}
    assert (look.doel, look.status) == ("urn:regiesysteem:verwerkingsactiviteit:onbekend", "Ok")
    assert (look.zaken, look.aantal) == ([number], 1)
    assert look.documenten == ([document] if dienst in HANDS_OUT else [])
    assert people(look) == pseudonyms(door, f"bsn:{BSN}", f"bsn:{OTHER_BSN}")
    assert look.soorten == ["BSN", "BSN"]
    assert look.tijdstip <= look.einde


def test_a_besluit_tells_of_its_zaak_also_in_a_document_of_another(door: Door) -> None:
    """The values are of that zaak, and the fault that tells what they are now is a look too."""
    plan, part = plan_with(door, BSN), plan_with(door, OTHER_BSN)
    document = add(door, part)
    door.succeeded("voegBesluitToe_Di01", voeg_toe(f"B{plan}", plan, TOEKENNING + vastgelegd(document)))
    door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(document))
    assert sorted(last(door).zaken) == sorted([plan, part])
    door.succeeded("edcLv01", edc_select(of_zaak(sleutel(part))))
    assert sorted(last(door).zaken) == sorted([plan, part])


def test_related_zaken_count_when_the_answer_shows_them(door: Door) -> None:
    plan = plan_with(door, BSN)
    part = plan_with(door, OTHER_BSN, after=other("heeftBetrekkingOpAndere", plan))
    further = plan_with(door, THIRD_BSN, after=other("heeftAlsDeelzaak", part))
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(plan), '<ZKN:omschrijving xsi:nil="true"/>'))
    assert last(door).zaken == [plan]
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(plan)))
    look = last(door)
    assert (look.zaken, look.aantal) == (sorted([plan, part]), 1)
    assert people(look) == pseudonyms(door, f"bsn:{BSN}", f"bsn:{OTHER_BSN}")
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(plan), ALLES))
    assert {plan, part, further} <= set(last(door).zaken)


def test_the_zaken_of_a_document_and_theirs_count_too(door: Door) -> None:
    part = plan_with(door, OTHER_BSN)
    plan = plan_with(door, BSN, after=other("heeftAlsDeelzaak", part))
    document = add(door, part)
    door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(document, '<ZKN:titel xsi:nil="true"/>'))
    assert last(door).zaken == [part]
    door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(document, ALLES))
    assert last(door).zaken == sorted([plan, part])


def test_a_search_for_a_person_without_hits_is_about_that_person(door: Door) -> None:
    for bsn, identificatie in (("111222333", "111222333"), ("123456782", "11123456782")):
        who = (
            '<ZKN:heeftAlsInitiator StUF:entiteittype="ZAKBTRINI"><ZKN:gerelateerde StUF:entiteittype="BTR">'
            f"<ZKN:identificatie>{identificatie}</ZKN:identificatie></ZKN:gerelateerde></ZKN:heeftAlsInitiator>"
        )
        door.succeeded("zakLv01", lv01(who))
        look = last(door)
        assert (look.zaken, look.aantal, look.soorten) == ([], 0, ["BSN"])
        assert people(look) == pseudonyms(door, f"bsn:{bsn}")


def test_a_person_without_a_number_counts_and_an_employee_does_not(door: Door) -> None:
    nobody = (
        nps(BSN, "Zonder Nummer")
        .replace(f"<BG:inp.bsn>{BSN}</BG:inp.bsn>", "")
        .replace('<BG:authentiek StUF:metagegeven="true">J</BG:authentiek>', "")
    )
    number = new(door, relaties=rol("heeftAlsBelanghebbende", nobody) + rol("heeftAlsInitiator", nps(BSN)))
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number)))
    assert last(door).soorten == ["BSN", "object"]
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(new(door))))
    assert last(door).soorten == []


def test_who_left_a_zaak_is_not_in_the_looks_after_that(door: Door) -> None:
    number = plan_with(door, BSN, OTHER_BSN)
    gone = rol("heeftBetrekkingOp", nps(OTHER_BSN, soort="I"), soort="V")
    door.succeeded("updateZaak_Lk01", modification(number, gone, rol_empty("heeftBetrekkingOp", "V")))
    door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number)))
    assert people(last(door)) == pseudonyms(door, f"bsn:{BSN}")


def test_a_message_that_hands_out_nothing_is_no_look(door: Door) -> None:
    before = newest(door)
    number = plan_with(door, BSN)
    door.succeeded("updateZaak_Lk01", modification(number, "", "<ZKN:toelichting>x</ZKN:toelichting>"))
    door.succeeded("genereerZaakIdentificatie_Di02", di02())
    assert looks(door, before) == []


def test_a_guess_that_is_told_the_stored_value_is_a_look(make_door: Callable[..., Door]) -> None:
    """The guard of `was` quotes what is registered, to a sender that may ask no question."""
    door = make_door(**{'was = "loggen"': 'was = "weigeren"'})
    number, after = plan_with(door, BSN, elementen="<ZKN:toelichting>Bewaard</ZKN:toelichting>"), newest(door)
    was, wordt = (f"<ZKN:toelichting>{text_}</ZKN:toelichting>" for text_ in ("Geraden", "Nieuw"))
    code, details_ = door.fout("updateZaak_Lk01", modification(number, was, wordt))
    assert (code, "Bewaard" in details_) == ("StUF063", True)
    [look] = looks(door, after)
    assert (look.wat, look.zaken, look.aantal) == ("updateZaak_Lk01", [number], 1)
    assert people(look) == pseudonyms(door, f"bsn:{BSN}")
    door.succeeded("voegBesluitToe_Di01", voeg_toe(f"B{number}", number))
    was, wordt = (bsl(f"B{number}", text_) for text_ in (was, wordt))
    assert door.fout("updateBesluit_BslLk01", update_besluit(was, wordt))[0] == "StUF063"
    assert (last(door).wat, last(door).zaken) == ("updateBesluit_BslLk01", [number])


def test_a_message_of_zds_12_is_a_look_at_what_was_read_in_it(make_door: Callable[..., Door]) -> None:
    """A lenient sender may write names in the namespace of ZDS: they are read, in the criteria and in `was`."""
    door = make_door(**{'was = "loggen"': 'was = "weigeren"'})
    number, after = plan_with(door, BSN, elementen="<ZKN:toelichting>Bewaard</ZKN:toelichting>"), newest(door)
    unknown = vraag("geefZaakdetails_ZakLv01", client("999990044"), zender=SOEPEL).replace("ZKN:", "ZDS:")
    door.succeeded("", unknown.replace("ZDS:stuurgegevens", "ZKN:stuurgegevens"))
    [look] = looks(door, after)
    assert people(look) == pseudonyms(door, "bsn:999990044")
    objecten = wijziging(number, *(f"<ZKN:toelichting>{text_}</ZKN:toelichting>" for text_ in ("Geraden", "Nieuw")))
    guess = kennisgeving("updateZaak_ZakLk01", "W", *objecten, zender=SOEPEL).replace("ZKN:", "ZDS:")
    code, details_ = door.fout("", guess.replace("ZDS:stuurgegevens", "ZKN:stuurgegevens"))
    assert (code, "Bewaard" in details_) == ("StUF063", True)
    assert (last(door).wat, last(door).zaken) == ("updateZaak_Lk01", [number])


def test_a_document_that_is_handed_out_again_is_a_second_look(door: Door) -> None:
    number = plan_with(door, BSN)
    document = add(door, number)
    question, before = bewerken(document), newest(door)
    first, second = (door.succeeded("geefZaakdocumentbewerken_Di02", question) for _ in range(2))
    assert texts(first, "//z:checkedOutId") == texts(second, "//z:checkedOutId")
    one, two = looks(door, before)
    assert (
        (two.zaken, two.documenten, two.aantal) == (one.zaken, one.documenten, one.aantal) == ([number], [document], 1)
    )
    assert people(one) == people(two) == pseudonyms(door, f"bsn:{BSN}")


@pytest.mark.parametrize("dienst", QUESTIONS)
def test_what_cannot_be_written_down_is_not_answered(door: Door, dienst: str) -> None:
    number = plan_with(door, BSN)
    document = add(door, number)
    slots = door.counts("document_slot")
    _rename(door, "inzage_betrokkene", "weg")
    try:
        code, details = door.fout(dienst, QUESTIONS[dienst](number, document))
    finally:
        _rename(door, "weg", "inzage_betrokkene")
    assert code == "StUF058"
    assert details == "Het leeslogboek kan nu niet worden bijgehouden; bied het bericht later opnieuw aan."
    assert door.counts("document_slot") == slots, "the document was given out all the same"
    door.succeeded(dienst, QUESTIONS[dienst](number, document))


def _rename(door: Door, one: str, other: str) -> None:
    with door.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {one} RENAME TO {other}"))


def test_no_number_name_or_address_of_a_person_is_in_the_log(door: Door) -> None:
    bsn = "123456782"
    adres = (
        "<BG:verblijfsadres><BG:wpl.woonplaatsNaam>Geheimendorp</BG:wpl.woonplaatsNaam>"
        "<BG:gor.straatnaam>Verborgenpad</BG:gor.straatnaam></BG:verblijfsadres>"
    )
    relaties = rol("heeftAlsInitiator", nps(bsn, "Gemarkeerd", extra=adres))
    number = new(door, relaties=relaties)
    document = add(door, number)
    for dienst, question in QUESTIONS.items():
        door.succeeded(dienst, question(number, document))
    who = (
        '<ZKN:heeftAlsInitiator StUF:entiteittype="ZAKBTRINI"><ZKN:gerelateerde StUF:entiteittype="NPS">'
        f"<BG:inp.bsn>{bsn}</BG:inp.bsn><BG:geslachtsnaam>Gemarkeerd</BG:geslachtsnaam>"
        "</ZKN:gerelateerde></ZKN:heeftAlsInitiator>"
    )
    door.send("zakLv01", lv01(who))
    with door.engine.connect() as connection:
        log = everything(connection)
    assert number in log
    for marked in (bsn, "Gemarkeerd", "Geheimendorp", "Verborgenpad"):
        assert marked not in log
        assert marked.encode().hex() not in log


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "x",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
    ],
)
def test_a_traceparent_that_is_none_gives_a_new_trace(traceparent: str) -> None:
    one, two = read_trace(traceparent), read_trace(traceparent)
    assert (len(one.trace_id), one.parent) == (16, None)
    assert one.trace_id != two.trace_id


def test_a_look_is_part_of_the_trace_of_its_request(door: Door) -> None:
    data = envelope(lv01(sleutel(new(door))))
    door.post(data, SOAPAction=f'"{ACTIE}geefZaakdetails_Lv01"', traceparent=f"00-{TRACE}-{SPAN}-01")
    look = last(door)
    assert (bytes(look.trace_id).hex(), bytes(look.parent_span_id).hex()) == (TRACE, SPAN)
    assert bytes(look.span_id).hex() != SPAN


def test_the_purpose_is_that_of_the_applicatie_or_else_of_the_municipality(make_door: Callable[..., Door]) -> None:
    door = make_door(
        **{
            'onbekende_ontvanger = "accepteren"': 'onbekende_ontvanger = "accepteren"\nverwerkingsactiviteit = "https://x/1"',
            'naam = "GWS4all"': 'naam = "GWS4all"\nverwerkingsactiviteit = "https://x/2"',
        }
    )
    try:
        number = new(door)
        for zender, doel in (("GWS4all", "https://x/2"), ("WmoVoorziening", "https://x/1")):
            door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(number)).replace("GWS4all", zender))
            assert (last(door).applicatie, last(door).doel) == (zender, doel)
    finally:
        make_door()


def test_a_thousand_zaken_are_one_look_and_cost_no_more_statements(door: Door) -> None:
    number = plan_with(door, THIRD_BSN)
    with door.engine.begin() as connection:
        connection.execute(
            text("""
                WITH nieuw AS (
                    INSERT INTO zaak (identificatie, zaaktype_id)
                    SELECT z.identificatie || '-' || n, z.zaaktype_id FROM zaak z, generate_series(1, 999) n
                    WHERE z.identificatie = :nummer RETURNING id)
                INSERT INTO zaak_relatie (zaak_id, relatie, object_id)
                SELECT nieuw.id, r.relatie, r.object_id
                FROM nieuw, zaak_relatie r JOIN zaak z ON z.id = r.zaak_id WHERE z.identificatie = :nummer
            """),
            {"nummer": number},
        )
    who = (
        '<ZKN:heeftAlsInitiator StUF:entiteittype="ZAKBTRINI"><ZKN:gerelateerde StUF:entiteittype="BTR">'
        f"<ZKN:identificatie>{THIRD_BSN}</ZKN:identificatie></ZKN:gerelateerde></ZKN:heeftAlsInitiator>"
    )
    kosten = []
    for maximum in (1, 50):
        with count_statements() as counter:
            door.succeeded("zakLv01", lv01(who, '<ZKN:identificatie xsi:nil="true"/>', maximum=maximum))
        kosten.append(counter.aantal)
    assert kosten[0] == kosten[1]
    door.succeeded("zakLv01", lv01(who, '<ZKN:identificatie xsi:nil="true"/>', maximum=1000))
    look = last(door)
    assert (len(look.zaken), look.aantal) == (1000, 1000)
    assert people(look) == pseudonyms(door, f"bsn:{THIRD_BSN}")


def test_a_zaak_that_nobody_is_in_is_on_record_too(door: Door) -> None:
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number := new_number())))
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(new_number())))
    door.succeeded("geefZaakstatus_Lv01", lv01(sleutel(number)))
    assert (last(door).zaken, last(door).soorten) == ([number], [])
