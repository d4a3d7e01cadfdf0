"""The finer rules of documents: who has it, what is kept of it, what it costs."""

import pytest
from sqlalchemy import text
from tests.berichten.bouw import GEEN, NS, lk01, lv01, nieuw_nummer, obj, teksten, zaak
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
    bestand,
    check_uit,
    documenten,
    element,
    lees,
    lijst,
    maak,
    voeg_toe,
    weiger,
    werk_bij,
)
from tests.diensten.stappen import nieuw, sleutel, wijzig
from tests.diensten.test_documenten_gelijktijdig import heeft_relevant
from tests.soap.conftest import Deur

from regiesysteem.db import tel_statements
from regiesysteem.stuf.namespaces import NO_VALUE
from regiesysteem.stuf.schema import controleer
from regiesysteem.zkn.names import zkn

ZONDER_INHOUD = '<ZKN:identificatie xsi:nil="true"/><ZKN:titel xsi:nil="true"/>'
EIGEN = (
    "<ZKN:titel>Bij de zaak</ZKN:titel><ZKN:registratiedatum>20260203</ZKN:registratiedatum>"
    "<ZKN:stt.volgnummer>2</ZKN:stt.volgnummer><ZKN:stt.omschrijving>Intake</ZKN:stt.omschrijving>"
    "<ZKN:sta.datumStatusGezet>20260204</ZKN:sta.datumStatusGezet>"
)


def _statements(deur: Deur, dienst: str, bericht: str) -> int:
    with tel_statements() as teller:
        deur.gelukt(dienst, bericht)
    return teller.aantal


def _verouder(deur: Deur, nummer: str, dagen: int) -> None:
    """Let a check-out be of some days ago."""
    with deur.motor.begin() as verbinding:
        verbinding.execute(
            text(
                "UPDATE document_slot SET sinds = sinds - make_interval(days => :dagen) "
                "WHERE document_id = (SELECT id FROM document WHERE identificatie = :nummer)"
            ),
            {"dagen": dagen, "nummer": nummer},
        )


def test_a_key_expires_and_another_may_have_the_document(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    oud = check_uit(deur, nummer)
    _verouder(deur, nummer, 15)
    code, details = weiger(deur, "updateZaakdocument_Di02", update(nummer, oud, inhoud(b"te laat")))
    assert (code, "verlopen" in details) == ("StUF058", True)
    nieuwe = check_uit(deur, nummer, zender=SOEPEL)
    assert weiger(deur, "updateZaakdocument_Di02", update(nummer, oud, inhoud(b"te laat")))[0] == "StUF058"
    werk_bij(deur, nummer, nieuwe, inhoud(b"op tijd"), zender=SOEPEL)


def test_a_key_is_used_once(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    gekregen = check_uit(deur, nummer)
    werk_bij(deur, nummer, gekregen, "<ZKN:titel>Zonder nieuwe inhoud</ZKN:titel>")
    assert element(deur, nummer, "z:versie") == ["1.0"]
    assert element(deur, nummer, "z:titel") == ["Zonder nieuwe inhoud"]
    assert weiger(deur, "updateZaakdocument_Di02", update(nummer, gekregen, inhoud(b"x")))[0] == "StUF058"


def test_only_the_newest_version_is_edited(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    werk_bij(deur, nummer, check_uit(deur, nummer), inhoud(b"twee"))
    assert weiger(deur, "geefZaakdocumentbewerken_Di02", bewerken(nummer, versie="1.0"))[0] == "StUF058"
    deur.gelukt("geefZaakdocumentbewerken_Di02", bewerken(nummer, versie="2.0"))


def test_the_statuses_of_each_version_are_kept(deur: Deur) -> None:
    nummer = voeg_toe(deur, status="in concept")
    werk_bij(deur, nummer, None, "<ZKN:status>ter vaststelling</ZKN:status>")
    werk_bij(deur, nummer, check_uit(deur, nummer), f"<ZKN:status>definitief</ZKN:status>{inhoud(b'x')}")
    with deur.motor.connect() as verbinding:
        kept = verbinding.execute(
            text(
                "SELECT v.statussen FROM document_versie v JOIN document d ON d.id = v.document_id "
                "WHERE d.identificatie = :nummer ORDER BY v.volgnummer"
            ),
            {"nummer": nummer},
        ).scalars()
        assert [[een["status"] for een in versie] for versie in kept] == [
            ["in concept", "ter vaststelling"],
            ["definitief"],
        ]
    assert element(deur, nummer, "z:status", versie="1.0") == ["ter vaststelling"]


def test_what_the_relation_says_comes_back_from_both_sides(deur: Deur) -> None:
    waar, nummer = nieuw(deur), nieuw_nummer()
    deur.gelukt(
        "voegZaakdocumentToe_Lk01",
        edc_lk01("T", document(nummer, bestand=inhoud(b"x"), relaties=relevant(waar, eigen=EIGEN))),
    )
    for pad, waarde in {
        "z:titel": "Bij de zaak",
        "z:registratiedatum": "20260203",
        "z:stt.volgnummer": "2",
        "z:stt.omschrijving": "Intake",
    }.items():
        assert element(deur, nummer, f"z:isRelevantVoor/{pad}") == [waarde]
        alles = lijst(deur, waar, '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:scope="alles" xsi:nil="true"/>')
        assert teksten(alles, f"//z:heeftRelevant/{pad}") == [waarde]
    assert element(deur, nummer, "z:isRelevantVoor/z:sta.datumStatusGezet") == ["20260204"]


@pytest.mark.parametrize(
    ("gezegd", "verwacht"),
    [
        ('StUF:indOnvolledigeDatum="D">20260204', None),
        ('xsi:nil="true" StUF:noValue="vastgesteldOnbekend" StUF:indOnvolledigeDatum="J">', "vastgesteldOnbekend"),
        ('xsi:nil="true">', "geenWaarde"),
    ],
)
def test_of_the_date_of_a_status_a_zaak_says_only_why_it_has_none(
    deur: Deur, gezegd: str, verwacht: str | None
) -> None:
    """In heeftRelevant the schema gives it the type of a volgnummer (docs/afwijkingen.md 39)."""
    waar, naam = nieuw(deur), "sta.datumStatusGezet"
    eigen = f"<ZKN:{naam} {gezegd}</ZKN:{naam}>"
    bericht = edc_lk01("T", document(nieuw_nummer(), bestand=inhoud(b"x"), relaties=relevant(waar, eigen=eigen)))
    deur.gelukt("voegZaakdocumentToe_Lk01", bericht)
    [antwoord] = lijst(deur, waar, 'StUF:scope="alles"').iter(zkn("zakLa01"))
    assert controleer(antwoord) == []
    assert [een.get(NO_VALUE) for een in antwoord.iter(zkn(naam))] == ([verwacht] if verwacht else [])


def test_details_of_a_zaak_have_its_documents_when_asked(deur: Deur) -> None:
    waar = nieuw(deur)
    nummer = voeg_toe(deur, waar)
    for dienst in ("geefZaakdetails_Lv01", "zakLv01"):
        antwoord = deur.gelukt(dienst, lv01(sleutel(waar), 'StUF:scope="alles"'))
        assert teksten(antwoord, "//z:heeftRelevant/z:gerelateerde/z:identificatie") == [nummer]
        assert not list(antwoord.iter("{*}inhoud"))
    leeg = deur.gelukt("geefZaakdetails_Lv01", lv01(sleutel(nieuw(deur)), 'StUF:scope="alles"'))
    [knoop] = leeg.xpath("//z:heeftRelevant", namespaces=NS)
    assert knoop.get("{http://www.egem.nl/StUF/StUF0301}noValue") == "geenWaarde"


def test_a_change_of_a_document_by_a_kennisgeving(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    anders = edc_lk01("W", edc(f"{zelf}<ZKN:titel>Gezinsplan</ZKN:titel>"), edc(f"{zelf}<ZKN:titel>Anders</ZKN:titel>"))
    deur.gelukt("edcLk01", anders)
    assert element(deur, nummer, "z:titel") == ["Anders"]
    met_bestand = edc_lk01("W", edc(zelf), edc(zelf + inhoud(b"stiekem")))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", met_bestand)[0] == "StUF055"
    check_uit(deur, nummer, zender=SOEPEL)
    terug = edc_lk01("W", edc(zelf), edc(f"{zelf}<ZKN:titel>Terug</ZKN:titel>"))
    assert weiger(deur, "edcLk01", terug)[0] == "StUF058"
    elders = nieuw(deur)
    deur.gelukt("edcLk01", edc_lk01("W", edc(zelf), edc(zelf + relevant(elders))))
    assert documenten(deur, elders) == [nummer]


@pytest.mark.parametrize("mutatiesoort", ["V", "X"])
def test_a_document_does_not_disappear_by_a_message(deur: Deur, mutatiesoort: str) -> None:
    nummer = voeg_toe(deur)
    weg = edc_lk01(mutatiesoort, edc(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>", "V"))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", weg)[0] == "StUF055"


def test_a_relation_changes_in_place(deur: Deur) -> None:
    waar = nieuw(deur)
    nummer = voeg_toe(deur, waar)
    zelf = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    nieuwe = "<ZKN:titel>Zo heet het hier</ZKN:titel>"
    deur.gelukt("edcLk01", edc_lk01("W", edc(zelf + relevant(waar, "W")), edc(zelf + relevant(waar, "W", nieuwe))))
    assert element(deur, nummer, "z:isRelevantVoor/z:titel") == ["Zo heet het hier"]
    assert len(element(deur, nummer, "z:isRelevantVoor/z:registratiedatum")[0]) == 8


def test_a_zaak_tells_of_its_documents_when_its_sender_is_soepel(deur: Deur) -> None:
    een, nummer = nieuw(deur), voeg_toe(deur)
    wijzig(deur, een, "", heeft_relevant(nummer))
    assert documenten(deur, een) == [nummer]
    leeg = f'<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="V" {GEEN}/>'
    wijzig(deur, een, heeft_relevant(nummer, "V"), leeg)
    assert documenten(deur, een) == []
    ander = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(ander, na=heeft_relevant(nummer))))
    assert documenten(deur, ander) == [nummer]
    onbekend = lk01("W", obj(sleutel(een), "W"), obj(sleutel(een) + heeft_relevant("1900nergens"), "W"))
    assert weiger(deur, "updateZaak_Lk01", onbekend)[0] == "StUF064"
    streng = lk01("T", zaak(nieuw_nummer(), na=heeft_relevant(nummer)), zender=STRENG)
    assert weiger(deur, "creeerZaak_Lk01", streng)[0] == "StUF055"


def test_an_audit_line_for_each_zaak_of_the_document(deur: Deur) -> None:
    een, ander = nieuw(deur), nieuw(deur)
    nummer = voeg_toe(deur, een, ander)
    werk_bij(deur, nummer, check_uit(deur, nummer), f"<ZKN:titel>Anders</ZKN:titel>{inhoud(b'x')}")
    regels = text(
        "SELECT z.identificatie, a.gebeurtenis, a.gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id "
        "WHERE z.identificatie = ANY(:nummers) AND a.gebeurtenis LIKE '%zaakdocument%' ORDER BY a.id"
    )
    with deur.motor.connect() as verbinding:
        gevonden = [tuple(rij) for rij in verbinding.execute(regels, {"nummers": [een, ander]})]
    assert sorted(gevonden, key=str) == sorted(
        [
            *((nummer, "Voeg zaakdocument toe", []) for nummer in (een, ander)),
            *((nummer, "Update zaakdocument", ["titel", "versie", "inhoud"]) for nummer in (een, ander)),
        ],
        key=str,
    )


def test_the_same_message_twice_is_one_document(deur: Deur) -> None:
    nummer = nieuw_nummer()
    bericht = edc_lk01("T", document(nummer, nieuw(deur), bestand=inhoud(b"een keer")), ref=nummer)
    deur.gelukt("voegZaakdocumentToe_Lk01", bericht)
    voor = deur.aantallen("document", "document_versie")
    deur.gelukt("voegZaakdocumentToe_Lk01", bericht)
    assert deur.aantallen("document", "document_versie") == voor
    anders = bericht.replace(inhoud(b"een keer"), inhoud(b"ander bestand"))
    assert weiger(deur, "voegZaakdocumentToe_Lk01", anders)[0] == "StUF016"


def test_a_scope_with_an_empty_inhoud_is_understood_of_who_is_soepel(deur: Deur) -> None:
    nummer = voeg_toe(deur, data=b"gevraagd")
    scope = '<ZKN:identificatie xsi:nil="true"/><ZKN:inhoud xsi:nil="true"/>'
    soepel = deur.gelukt("geefZaakdocumentLezen_Lv01", edc_lv01(nummer, scope, zender=SOEPEL))
    assert bestand(soepel) == b"gevraagd"
    assert deur.fout("edcLv01", edc_lv01(nummer, scope, zender=STRENG))[0] == "StUF055"


def test_other_criteria_are_told_of_and_ranges_refused(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    vraag = edc_lv01(nummer).replace("</ZKN:gelijk>", "<ZKN:titel>Iets anders</ZKN:titel></ZKN:gelijk>")
    antwoord = deur.gelukt("geefZaakdocumentLezen_Lv01", vraag)
    assert teksten(antwoord, "//z:melding") == ["StUF0001: titel"]
    bereik = edc_lv01(nummer).replace(
        "<ZKN:scope>", '<ZKN:vanaf StUF:entiteittype="EDC"><ZKN:titel>A</ZKN:titel></ZKN:vanaf><ZKN:scope>'
    )
    assert deur.fout("geefZaakdocumentLezen_Lv01", bereik)[0] == "StUF055"


def test_a_document_of_100_kb_costs_few_statements(deur: Deur) -> None:
    waar, nummer = nieuw(deur), nieuw_nummer()
    erbij = edc_lk01("T", document(nummer, waar, bestand=inhoud(bytes(100_000))))
    # Two of these keep the events of the zaken; that was a trigger at the commit before.
    assert _statements(deur, "voegZaakdocumentToe_Lk01", erbij) <= 8
    assert _statements(deur, "geefZaakdocumentLezen_Lv01", edc_lv01(nummer)) <= 5
    assert _statements(deur, "geefZaakdocumentbewerken_Di02", bewerken(nummer)) <= 10


def test_a_scope_without_inhoud_reads_no_file(deur: Deur) -> None:
    nummer = voeg_toe(deur)
    assert _statements(deur, "geefZaakdocumentLezen_Lv01", edc_lv01(nummer, ZONDER_INHOUD)) == 2
    with deur.motor.begin() as verbinding:
        verbinding.execute(text("UPDATE document_stuk SET bytes = 'kapot'"))
    assert not list(lees(deur, nummer, ZONDER_INHOUD).iter("{*}inhoud"))
    assert deur.fout("geefZaakdocumentLezen_Lv01", edc_lv01(nummer))[0] == "StUF058"


def test_the_list_costs_the_same_however_many_and_however_large(deur: Deur) -> None:
    klein, groot = nieuw(deur), nieuw(deur)
    voeg_toe(deur, klein, data=b"x")
    for i in range(20):
        voeg_toe(deur, groot, data=bytes(10_000 + i))
    vragen = [lv01(sleutel(waar), 'StUF:scope="alles"') for waar in (klein, groot)]
    een, twintig = (_statements(deur, "geefLijstZaakdocumenten_Lv01", vraag) for vraag in vragen)
    assert een == twintig <= 4


def test_a_container_is_given_out_for_editing_too(deur: Deur) -> None:
    nummer = maak(deur)
    gekregen = check_uit(deur, nummer)
    assert weiger(deur, "updateZaakdocument_Di02", update(nummer, None, inhoud(b"x")))[0] == "StUF058"
    werk_bij(deur, nummer, gekregen, inhoud(b"gevuld"))
    assert bestand(lees(deur, nummer)) == b"gevuld"
