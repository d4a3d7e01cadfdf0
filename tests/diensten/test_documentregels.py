"""The finer rules of documents: who has it, what is kept of it, what it costs."""

import pytest
from sqlalchemy import text
from tests.berichten.bouw import NO, NS, lk01, lv01, new_number, obj, texts, zaak
from tests.berichten.documenten import (
    SOEPEL,
    STRENG,
    bewerken,
    document,
    edc,
    edc_lk01,
    edc_lv01,
    inhoud,
    relevant,
    update,
)
from tests.diensten.documentstappen import (
    add,
    check_out,
    documenten,
    element,
    file,
    listing,
    make,
    read,
    refuse,
    revise,
)
from tests.diensten.stappen import change, new, sleutel
from tests.diensten.test_documenten_gelijktijdig import heeft_relevant
from tests.soap.conftest import Door

from regiesysteem.db import count_statements
from regiesysteem.stuf.namespaces import NO_VALUE
from regiesysteem.stuf.schema import check
from regiesysteem.zkn.names import zkn

WITHOUT_INHOUD = '<ZKN:identificatie xsi:nil="true"/><ZKN:titel xsi:nil="true"/>'
OWN = (
    "<ZKN:titel>Bij de zaak</ZKN:titel><ZKN:registratiedatum>20260203</ZKN:registratiedatum>"
    "<ZKN:stt.volgnummer>2</ZKN:stt.volgnummer><ZKN:stt.omschrijving>Intake</ZKN:stt.omschrijving>"
    "<ZKN:sta.datumStatusGezet>20260204</ZKN:sta.datumStatusGezet>"
)


def _statements(door: Door, dienst: str, bericht: str) -> int:
    with count_statements() as counter:
        door.succeeded(dienst, bericht)
    return counter.aantal


def _verouder(door: Door, number: str, dagen: int) -> None:
    """Let a check-out be of some days ago."""
    with door.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE document_slot SET sinds = sinds - make_interval(days => :dagen) "
                "WHERE document_id = (SELECT id FROM document WHERE identificatie = :nummer)"
            ),
            {"dagen": dagen, "nummer": number},
        )


def test_a_key_expires_and_another_may_have_the_document(door: Door) -> None:
    number = add(door)
    old = check_out(door, number)
    _verouder(door, number, 15)
    code, details = refuse(door, "updateZaakdocument_Di02", update(number, old, inhoud(b"te laat")))
    assert (code, "verlopen" in details) == ("StUF058", True)
    new = check_out(door, number, zender=SOEPEL)
    assert refuse(door, "updateZaakdocument_Di02", update(number, old, inhoud(b"te laat")))[0] == "StUF058"
    revise(door, number, new, inhoud(b"op tijd"), zender=SOEPEL)


def test_a_key_is_used_once(door: Door) -> None:
    number = add(door)
    got = check_out(door, number)
    revise(door, number, got, "<ZKN:titel>Zonder nieuwe inhoud</ZKN:titel>")
    assert element(door, number, "z:versie") == ["1.0"]
    assert element(door, number, "z:titel") == ["Zonder nieuwe inhoud"]
    assert refuse(door, "updateZaakdocument_Di02", update(number, got, inhoud(b"x")))[0] == "StUF058"


def test_only_the_newest_version_is_edited(door: Door) -> None:
    number = add(door)
    revise(door, number, check_out(door, number), inhoud(b"twee"))
    assert refuse(door, "geefZaakdocumentbewerken_Di02", bewerken(number, versie="1.0"))[0] == "StUF058"
    door.succeeded("geefZaakdocumentbewerken_Di02", bewerken(number, versie="2.0"))


def test_the_statuses_of_each_version_are_kept(door: Door) -> None:
    number = add(door, status="in concept")
    revise(door, number, None, "<ZKN:status>ter vaststelling</ZKN:status>")
    revise(door, number, check_out(door, number), f"<ZKN:status>definitief</ZKN:status>{inhoud(b'x')}")
    with door.engine.connect() as connection:
        kept = connection.execute(
            text(
                "SELECT v.statussen FROM document_versie v JOIN document d ON d.id = v.document_id "
                "WHERE d.identificatie = :nummer ORDER BY v.volgnummer"
            ),
            {"nummer": number},
        ).scalars()
        assert [[one["status"] for one in versie] for versie in kept] == [
            ["in concept", "ter vaststelling"],
            ["definitief"],
        ]
    assert element(door, number, "z:status", versie="1.0") == ["ter vaststelling"]


def test_what_the_relation_says_comes_back_from_both_sides(door: Door) -> None:
    where, number = new(door), new_number()
    door.succeeded(
        "voegZaakdocumentToe_Lk01",
        edc_lk01("T", document(number, file=inhoud(b"x"), relaties=relevant(where, own=OWN))),
    )
    for path, waarde in {
        "z:titel": "Bij de zaak",
        "z:registratiedatum": "20260203",
        "z:stt.volgnummer": "2",
        "z:stt.omschrijving": "Intake",
    }.items():
        assert element(door, number, f"z:isRelevantVoor/{path}") == [waarde]
        alles = listing(
            door, where, '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:scope="alles" xsi:nil="true"/>'
        )
        assert texts(alles, f"//z:heeftRelevant/{path}") == [waarde]
    assert element(door, number, "z:isRelevantVoor/z:sta.datumStatusGezet") == ["20260204"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('StUF:indOnvolledigeDatum="D">20260204', None),
        ('xsi:nil="true" StUF:noValue="vastgesteldOnbekend" StUF:indOnvolledigeDatum="J">', "vastgesteldOnbekend"),
        ('xsi:nil="true">', "geenWaarde"),
    ],
)
def test_of_the_date_of_a_status_a_zaak_says_only_why_it_has_none(door: Door, said: str, expected: str | None) -> None:
    """In heeftRelevant the schema gives it the type of a volgnummer (docs/afwijkingen.md 39)."""
    where, naam = new(door), "sta.datumStatusGezet"
    own = f"<ZKN:{naam} {said}</ZKN:{naam}>"
    bericht = edc_lk01("T", document(new_number(), file=inhoud(b"x"), relaties=relevant(where, own=own)))
    door.succeeded("voegZaakdocumentToe_Lk01", bericht)
    [answer] = listing(door, where, 'StUF:scope="alles"').iter(zkn("zakLa01"))
    assert check(answer) == []
    assert [one.get(NO_VALUE) for one in answer.iter(zkn(naam))] == ([expected] if expected else [])


def test_details_of_a_zaak_have_its_documents_when_asked(door: Door) -> None:
    where = new(door)
    number = add(door, where)
    for dienst in ("geefZaakdetails_Lv01", "zakLv01"):
        answer = door.succeeded(dienst, lv01(sleutel(where), 'StUF:scope="alles"'))
        assert texts(answer, "//z:heeftRelevant/z:gerelateerde/z:identificatie") == [number]
        assert not list(answer.iter("{*}inhoud"))
    empty = door.succeeded("geefZaakdetails_Lv01", lv01(sleutel(new(door)), 'StUF:scope="alles"'))
    [node] = empty.xpath("//z:heeftRelevant", namespaces=NS)
    assert node.get("{http://www.egem.nl/StUF/StUF0301}noValue") == "geenWaarde"


def test_a_change_of_a_document_by_a_kennisgeving(door: Door) -> None:
    number = add(door)
    zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    otherwise = edc_lk01(
        "W", edc(f"{zelf}<ZKN:titel>Gezinsplan</ZKN:titel>"), edc(f"{zelf}<ZKN:titel>Anders</ZKN:titel>")
    )
    door.succeeded("edcLk01", otherwise)
    assert element(door, number, "z:titel") == ["Anders"]
    with_file = edc_lk01("W", edc(zelf), edc(zelf + inhoud(b"stiekem")))
    assert refuse(door, "voegZaakdocumentToe_Lk01", with_file)[0] == "StUF055"
    check_out(door, number, zender=SOEPEL)
    back = edc_lk01("W", edc(zelf), edc(f"{zelf}<ZKN:titel>Terug</ZKN:titel>"))
    assert refuse(door, "edcLk01", back)[0] == "StUF058"
    elsewhere = new(door)
    door.succeeded("edcLk01", edc_lk01("W", edc(zelf), edc(zelf + relevant(elsewhere))))
    assert documenten(door, elsewhere) == [number]


@pytest.mark.parametrize("mutatiesoort", ["V", "X"])
def test_a_document_does_not_disappear_by_a_message(door: Door, mutatiesoort: str) -> None:
    number = add(door)
    gone = edc_lk01(mutatiesoort, edc(f"<ZKN:identificatie>{number}</ZKN:identificatie>", "V"))
    assert refuse(door, "voegZaakdocumentToe_Lk01", gone)[0] == "StUF055"


def test_a_relation_changes_in_place(door: Door) -> None:
    where = new(door)
    number = add(door, where)
    zelf = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    nieuwe = "<ZKN:titel>Zo heet het hier</ZKN:titel>"
    door.succeeded("edcLk01", edc_lk01("W", edc(zelf + relevant(where, "W")), edc(zelf + relevant(where, "W", nieuwe))))
    assert element(door, number, "z:isRelevantVoor/z:titel") == ["Zo heet het hier"]
    assert len(element(door, number, "z:isRelevantVoor/z:registratiedatum")[0]) == 8


def test_a_zaak_tells_of_its_documents_when_its_sender_is_soepel(door: Door) -> None:
    one, number = new(door), add(door)
    change(door, one, "", heeft_relevant(number))
    assert documenten(door, one) == [number]
    empty = f'<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="V" {NO}/>'
    change(door, one, heeft_relevant(number, "V"), empty)
    assert documenten(door, one) == []
    other = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(other, after=heeft_relevant(number))))
    assert documenten(door, other) == [number]
    unknown = lk01("W", obj(sleutel(one), "W"), obj(sleutel(one) + heeft_relevant("1900nergens"), "W"))
    assert refuse(door, "updateZaak_Lk01", unknown)[0] == "StUF064"
    streng = lk01("T", zaak(new_number(), after=heeft_relevant(number)), zender=STRENG)
    assert refuse(door, "creeerZaak_Lk01", streng)[0] == "StUF055"


def test_an_audit_line_for_each_zaak_of_the_document(door: Door) -> None:
    one, other = new(door), new(door)
    number = add(door, one, other)
    revise(door, number, check_out(door, number), f"<ZKN:titel>Anders</ZKN:titel>{inhoud(b'x')}")
    regels = text(
        "SELECT z.identificatie, a.gebeurtenis, a.gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id "
        "WHERE z.identificatie = ANY(:nummers) AND a.gebeurtenis LIKE '%zaakdocument%' ORDER BY a.id"
    )
    with door.engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(regels, {"nummers": [one, other]})]
    assert sorted(found, key=str) == sorted(
        [
            *((number, "Voeg zaakdocument toe", []) for number in (one, other)),
            *((number, "Update zaakdocument", ["titel", "versie", "inhoud"]) for number in (one, other)),
        ],
        key=str,
    )


def test_the_same_message_twice_is_one_document(door: Door) -> None:
    number = new_number()
    bericht = edc_lk01("T", document(number, new(door), file=inhoud(b"een keer")), ref=number)
    door.succeeded("voegZaakdocumentToe_Lk01", bericht)
    for_ = door.counts("document", "document_versie")
    door.succeeded("voegZaakdocumentToe_Lk01", bericht)
    assert door.counts("document", "document_versie") == for_
    otherwise = bericht.replace(inhoud(b"een keer"), inhoud(b"ander bestand"))
    assert refuse(door, "voegZaakdocumentToe_Lk01", otherwise)[0] == "StUF016"


def test_a_scope_with_an_empty_inhoud_is_understood_of_who_is_soepel(door: Door) -> None:
    number = add(door, data=b"gevraagd")
    scope = '<ZKN:identificatie xsi:nil="true"/><ZKN:inhoud xsi:nil="true"/>'
    soepel = door.succeeded("geefZaakdocumentLezen_Lv01", edc_lv01(number, scope, zender=SOEPEL))
    assert file(soepel) == b"gevraagd"
    assert door.fout("edcLv01", edc_lv01(number, scope, zender=STRENG))[0] == "StUF055"


def test_other_criteria_are_told_of_and_ranges_refused(door: Door) -> None:
    number = add(door)
    question = edc_lv01(number).replace("</ZKN:gelijk>", "<ZKN:titel>Iets anders</ZKN:titel></ZKN:gelijk>")
    answer = door.succeeded("geefZaakdocumentLezen_Lv01", question)
    assert texts(answer, "//z:melding") == ["StUF0001: titel"]
    range_ = edc_lv01(number).replace(
        "<ZKN:scope>", '<ZKN:vanaf StUF:entiteittype="EDC"><ZKN:titel>A</ZKN:titel></ZKN:vanaf><ZKN:scope>'
    )
    assert door.fout("geefZaakdocumentLezen_Lv01", range_)[0] == "StUF055"


def test_a_document_of_100_kb_costs_few_statements(door: Door) -> None:
    where, number = new(door), new_number()
    added = edc_lk01("T", document(number, where, file=inhoud(bytes(100_000))))
    # Two of these keep the events of the zaken; that was a trigger at the commit before.
    assert _statements(door, "voegZaakdocumentToe_Lk01", added) <= 8
    assert _statements(door, "geefZaakdocumentLezen_Lv01", edc_lv01(number)) <= 6
    assert _statements(door, "geefZaakdocumentbewerken_Di02", bewerken(number)) <= 10


def test_a_scope_without_inhoud_reads_no_file(door: Door) -> None:
    number = add(door)
    assert (
        _statements(door, "geefZaakdocumentLezen_Lv01", edc_lv01(number, WITHOUT_INHOUD)) == 3
    )  # one is the look in the read log
    with door.engine.begin() as connection:
        connection.execute(text("UPDATE document_stuk SET bytes = 'kapot'"))
    assert not list(read(door, number, WITHOUT_INHOUD).iter("{*}inhoud"))
    assert door.fout("geefZaakdocumentLezen_Lv01", edc_lv01(number))[0] == "StUF058"


def test_the_list_costs_the_same_however_many_and_however_large(door: Door) -> None:
    small, large = new(door), new(door)
    add(door, small, data=b"x")
    for i in range(20):
        add(door, large, data=bytes(10_000 + i))
    questions = [lv01(sleutel(where), 'StUF:scope="alles"') for where in (small, large)]
    one, twintig = (_statements(door, "geefLijstZaakdocumenten_Lv01", question) for question in questions)
    assert one == twintig <= 5


def test_a_container_is_given_out_for_editing_too(door: Door) -> None:
    number = make(door)
    got = check_out(door, number)
    assert refuse(door, "updateZaakdocument_Di02", update(number, None, inhoud(b"x")))[0] == "StUF058"
    revise(door, number, got, inhoud(b"gevuld"))
    assert file(read(door, number)) == b"gevuld"
