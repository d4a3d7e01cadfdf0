"""creeerZaak, updateZaak and actualiseerZaakstatus: what they keep, change and refuse (ZDS 4.1.3 - 4.1.5, StUF 5.2)."""

from collections.abc import Callable

import pytest
from lxml import etree
from tests.berichten.bouw import (
    GEEN,
    ander,
    client,
    gezinsplan,
    is_van,
    lk01,
    lv01,
    mdw,
    nieuw_nummer,
    nps,
    obj,
    rol,
    rol_leeg,
    status,
    teksten,
    zaak,
)
from tests.soap.conftest import Deur

BSN_A, BSN_B, BSN_C = "111222333", "123456782", "999990019"
INITIATOR = rol("heeftAlsInitiator", mdw("regie1"))


def _sleutel(nummer: str) -> str:
    return f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"


def _nieuw(deur: Deur, **rest: str) -> str:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer, **rest)))
    return nummer


def _update(nummer: str, was: str, wordt: str) -> str:
    return lk01("W", obj(_sleutel(nummer) + was, "W"), obj(_sleutel(nummer) + wordt, "W"))


def _details(deur: Deur, nummer: str, scope: str = 'StUF:scope="alles"') -> etree._Element:
    return deur.gelukt("geefZaakdetails_Lv01", lv01(_sleutel(nummer), scope))


def _element(deur: Deur, nummer: str, pad: str) -> list[str]:
    return teksten(_details(deur, nummer), f"//z:antwoord/z:object/{pad}")


# --- creeerZaak


@pytest.mark.parametrize(
    ("object_", "gemist"),
    [
        (zaak("1900a0001", relaties=""), "heeftAlsInitiator"),
        (zaak("1900a0001", relaties=INITIATOR * 2), "heeftAlsInitiator"),
        (zaak("1900a0001", start=""), "startdatum"),
        (zaak("abc"), "identificatie"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=INITIATOR), "client"),
        (zaak("1900a0001", "GEZINSPLAN", relaties=client(BSN_A) + rol("heeftAlsInitiator", nps(BSN_A))), "medewerker"),
        (zaak("1900a0001", "DOMEINPLAN", relaties=client(BSN_A) + INITIATOR), "gezinsplan"),
        (zaak("1900a0001", relaties=rol("heeftAlsInitiator", nps("123456789"))), "elfproef"),
        (zaak("1900a0001", start="20260230"), "datum"),
        (zaak("1900a0001", na=status(1, "20261301")), "maand"),
    ],
)
def test_a_new_zaak_that_lacks_a_required_part_or_has_a_wrong_value_is_stuf055(
    deur: Deur, object_: str, gemist: str
) -> None:
    voor = deur.aantallen()
    code, details = deur.fout("creeerZaak_Lk01", lk01("T", object_))
    assert code == "StUF055"
    assert gemist in details
    assert deur.aantallen() == voor


def test_an_unknown_zaaktype_statustype_or_related_zaak_is_stuf064(deur: Deur) -> None:
    voor = deur.aantallen()
    for object_ in (
        zaak("1900a0002", "NIETDAAR"),
        zaak("1900a0002", na=status(77, "20260101")),
        zaak("1900a0002", relaties=INITIATOR + ander("heeftBetrekkingOpAndere", "1900nergens")),
    ):
        assert deur.fout("creeerZaak_Lk01", lk01("T", object_))[0] == "StUF064"
    assert deur.aantallen() == voor


def test_an_identificatie_that_is_taken_is_stuf067(deur: Deur) -> None:
    nummer = _nieuw(deur)
    assert deur.fout("creeerZaak_Lk01", lk01("T", zaak(nummer)))[0] == "StUF067"


def test_what_the_sender_leaves_out_is_derived(deur: Deur) -> None:
    nummer = _nieuw(deur, start="20260101")
    assert _element(deur, nummer, "z:einddatumGepland") == ["20260212"]
    assert _element(deur, nummer, "z:zaakniveau") == ["1"]
    assert len(_element(deur, nummer, "z:registratiedatum")[0]) == 8
    assert _element(deur, nummer, "z:heeft/z:gerelateerde/z:omschrijving") == ["Ontvangen"]
    assert _element(deur, nummer, "z:heeft/z:indicatieLaatsteStatus") == ["J"]


def test_a_person_is_shared_and_a_later_message_does_not_change_him(deur: Deur) -> None:
    eerste = _nieuw(deur, relaties=rol("heeftAlsInitiator", nps(BSN_B, "Eerste")))
    tweede = _nieuw(
        deur, relaties=rol("heeftAlsInitiator", nps(BSN_B, "Tweede", extra="<BG:voornamen>Jan</BG:voornamen>"))
    )
    naam = "z:heeftAlsInitiator//b:geslachtsnaam"
    assert _element(deur, eerste, naam) == ["Eerste"]
    assert _element(deur, eerste, "z:heeftAlsInitiator//b:voornamen") == [""]
    assert _element(deur, tweede, naam) == ["Tweede"]
    assert _element(deur, tweede, "z:heeftAlsInitiator//b:voornamen") == ["Jan"]
    with deur.motor.connect() as verbinding:
        rijen = verbinding.exec_driver_sql("SELECT naam FROM object WHERE sleutel = %s", (f"bsn:{BSN_B}",)).all()
    assert rijen == [("Eerste",)]


def test_t_on_a_related_zaak_that_exists_counts_as_i(deur: Deur) -> None:
    plan = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    verwijzing = ander("heeftBetrekkingOpAndere", plan).replace(
        'entiteittype="ZAK" StUF:verwerkingssoort="I"', 'entiteittype="ZAK" StUF:verwerkingssoort="T"'
    )
    deel = _nieuw(deur, relaties=INITIATOR + verwijzing)
    assert _element(deur, deel, "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie") == [plan]


# --- updateZaak: elements


def test_absent_is_unchanged_and_geenwaarde_clears(deur: Deur) -> None:
    nummer = _nieuw(deur, elementen="<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>")
    deur.gelukt("updateZaak_Lk01", _update(nummer, "", "<ZKN:toelichting>nieuw</ZKN:toelichting>"))
    assert _element(deur, nummer, "z:publicatiedatum") == ["20260105"]
    assert _element(deur, nummer, "z:toelichting") == ["nieuw"]
    was = "<ZKN:publicatiedatum>20260105</ZKN:publicatiedatum>"
    deur.gelukt("updateZaak_Lk01", _update(nummer, was, f"<ZKN:publicatiedatum {GEEN}/>"))
    assert _element(deur, nummer, "z:publicatiedatum") == [""]
    assert _element(deur, nummer, "z:toelichting") == ["nieuw"]


@pytest.mark.parametrize("soort", ["waardeOnbekend", "vastgesteldOnbekend"])
def test_other_kinds_of_novalue_are_kept(deur: Deur, soort: str) -> None:
    nummer = _nieuw(deur)
    deur.gelukt("updateZaak_Lk01", _update(nummer, "", f'<ZKN:toelichting xsi:nil="true" StUF:noValue="{soort}"/>'))
    assert _element(deur, nummer, "z:toelichting/@s:noValue") == [soort]


@pytest.mark.parametrize("soort", ["nietOndersteund", "nietGeautoriseerd"])
def test_a_sender_that_does_not_know_an_element_does_not_change_it(deur: Deur, soort: str) -> None:
    nummer = _nieuw(deur)
    deur.gelukt("updateZaak_Lk01", _update(nummer, "", f'<ZKN:omschrijving xsi:nil="true" StUF:noValue="{soort}"/>'))
    assert _element(deur, nummer, "z:omschrijving") == ["Zaak"]


def test_a_repeating_element_is_replaced_as_a_whole(deur: Deur) -> None:
    def kenmerken(*namen: str) -> str:
        return "".join(
            f"<ZKN:kenmerk><ZKN:kenmerk>{naam}</ZKN:kenmerk><ZKN:bron>b</ZKN:bron></ZKN:kenmerk>" for naam in namen
        )

    nummer = _nieuw(deur)
    deur.gelukt("updateZaak_Lk01", _update(nummer, "", kenmerken("a", "b")))
    deur.gelukt("updateZaak_Lk01", _update(nummer, kenmerken("a", "b"), kenmerken("c")))
    assert _element(deur, nummer, "z:kenmerk/z:kenmerk") == ["c"]


def test_the_zaaktype_and_the_identificatie_do_not_change(deur: Deur) -> None:
    nummer = _nieuw(deur)
    assert deur.fout("updateZaak_Lk01", _update(nummer, "", is_van("WMO-MAATW", "W")))[0] == "StUF055"
    ander_nummer = lk01("W", obj(_sleutel(nummer), "W"), obj(_sleutel("1900anders"), "W"))
    assert deur.fout("updateZaak_Lk01", ander_nummer)[0] == "StUF055"
    assert deur.fout("updateZaak_Lk01", _update("1900nietda", "", ""))[0] == "StUF064"


def test_was_guards_against_messages_that_overtook_each_other(maak_deur: Callable[..., Deur]) -> None:
    streng = maak_deur(**{'code = "B1026"': 'code = "B1026"\nwas = "weigeren"'})
    nummer = _nieuw(streng)
    goed = "<ZKN:omschrijving>Zaak</ZKN:omschrijving>"
    nieuw = "<ZKN:omschrijving>Nieuw</ZKN:omschrijving>"
    streng.gelukt("updateZaak_Lk01", _update(nummer, goed, nieuw))
    code, details = streng.fout("updateZaak_Lk01", _update(nummer, goed, nieuw.replace("Nieuw", "Laat")))
    assert code == "StUF063"
    assert all(deel in details for deel in ("omschrijving", "Zaak", "Nieuw"))
    soepel = maak_deur()
    soepel.gelukt("updateZaak_Lk01", _update(nummer, goed, nieuw.replace("Nieuw", "Laat")))
    assert _element(soepel, nummer, "z:omschrijving") == ["Laat"]


def test_verwerkingssoort_i_on_the_object_still_applies_what_changed(deur: Deur) -> None:
    nummer = _nieuw(deur)
    bericht = lk01("W", obj(_sleutel(nummer), "I"), obj(_sleutel(nummer) + "<ZKN:toelichting>x</ZKN:toelichting>", "I"))
    deur.gelukt("updateZaak_Lk01", bericht)
    assert _element(deur, nummer, "z:toelichting") == ["x"]


# --- updateZaak: relations


@pytest.mark.parametrize("leeg", [True, False])
def test_relations_are_added_changed_and_removed(deur: Deur, leeg: bool) -> None:
    nummer, naam = _nieuw(deur), "heeftAlsBelanghebbende"
    wie = rol(naam, nps(BSN_A, "Buur"), "<ZKN:omschrijving>buurvrouw</ZKN:omschrijving>")
    deur.gelukt("updateZaak_Lk01", _update(nummer, rol_leeg(naam, "T") if leeg else "", wie))
    pad = f"z:{naam}/z:omschrijving"
    assert _element(deur, nummer, pad) == ["buurvrouw"]
    anders = wie.replace("buurvrouw", "mantelzorger").replace(
        'BLH" StUF:verwerkingssoort="T"', 'BLH" StUF:verwerkingssoort="W"'
    )
    oud = wie.replace('BLH" StUF:verwerkingssoort="T"', 'BLH" StUF:verwerkingssoort="W"')
    deur.gelukt("updateZaak_Lk01", _update(nummer, oud, anders))
    assert _element(deur, nummer, pad) == ["mantelzorger"]
    weg = rol(naam, nps(BSN_A, "Buur", "I"), soort="V")
    deur.gelukt("updateZaak_Lk01", _update(nummer, weg, rol_leeg(naam, "V") if leeg else ""))
    assert _element(deur, nummer, f"z:{naam}//b:inp.bsn") == []
    assert deur.fout("updateZaak_Lk01", _update(nummer, weg, rol_leeg(naam, "V")))[0] == "StUF064"


def test_a_relation_is_replaced_and_ended(deur: Deur) -> None:
    nummer, naam = _nieuw(deur), "heeftAlsUitvoerende"
    een, twee = (rol(naam, mdw(wie, wie), soort="R") for wie in ("een", "twee"))
    deur.gelukt(
        "updateZaak_Lk01",
        _update(
            nummer, rol_leeg(naam, "T"), een.replace('UTV" StUF:verwerkingssoort="R"', 'UTV" StUF:verwerkingssoort="T"')
        ),
    )
    deur.gelukt("updateZaak_Lk01", _update(nummer, een, twee))
    assert _element(deur, nummer, f"z:{naam}//z:achternaam") == ["twee"]
    deur.gelukt("updateZaak_Lk01", _update(nummer, rol(naam, mdw("twee", "twee", "I"), soort="E"), rol_leeg(naam, "E")))
    assert _element(deur, nummer, f"z:{naam}//z:achternaam") == []


@pytest.mark.parametrize("vanuit", ["plan", "deel"])
def test_a_zaak_is_coupled_to_a_gezinsplan_afterwards_and_both_show_it(deur: Deur, vanuit: str) -> None:
    plan, deel = nieuw_nummer(), _nieuw(deur)
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    zelf, anders = (plan, deel) if vanuit == "plan" else (deel, plan)
    for _ in range(2):  # told twice is told once
        deur.gelukt("updateZaak_Lk01", _update(zelf, "", ander("heeftBetrekkingOpAndere", anders)))
    pad = "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"
    assert _element(deur, plan, pad) == [deel]
    assert _element(deur, deel, pad) == [plan]
    deur.gelukt("updateZaak_Lk01", _update(anders, ander("heeftBetrekkingOpAndere", zelf, "V"), ""))
    assert _element(deur, plan, pad) == []


def test_a_hoofdzaak_shows_its_deelzaak_and_the_other_way_round(deur: Deur) -> None:
    deel = _nieuw(deur)
    hoofd = _nieuw(deur, relaties=INITIATOR + ander("heeftAlsDeelzaak", deel))
    assert _element(deur, hoofd, "z:heeftAlsDeelzaak/z:gerelateerde/z:identificatie") == [deel]
    assert _element(deur, deel, "z:heeftAlsHoofdzaak/z:gerelateerde/z:identificatie") == [hoofd]


# --- statuses


def _actualiseer(deur: Deur, nummer: str, *statussen: str) -> None:
    bericht = lk01("W", obj(_sleutel(nummer), "W"), obj(_sleutel(nummer) + "".join(statussen), "W"))
    deur.gelukt("actualiseerZaakstatus_Lk01", bericht)


def _laatste(deur: Deur, nummer: str) -> list[str]:
    return _element(deur, nummer, "z:heeft[z:indicatieLaatsteStatus='J']/z:gerelateerde/z:omschrijving")


@pytest.mark.parametrize(
    "op", ["20260301", "2026030108", "202603010801", "20260301080104", "2026030108010400", "20260301080104123"]
)
def test_a_timestamp_comes_back_as_precise_as_it_came(deur: Deur, op: str) -> None:
    nummer = _nieuw(deur, na=status(1, op))
    assert _element(deur, nummer, "z:heeft/z:datumStatusGezet") == [op]


def test_the_last_status_follows_from_datumstatusgezet_and_order_of_receipt(deur: Deur) -> None:
    nummer = _nieuw(deur, na=status(1, "20260301"))
    _actualiseer(deur, nummer, status(2, "20260401"))
    assert _laatste(deur, nummer) == ["In behandeling"]
    _actualiseer(deur, nummer, status(1, "20260315"))
    assert _laatste(deur, nummer) == ["In behandeling"]
    _actualiseer(deur, nummer, status(1, "20260401"))
    assert _laatste(deur, nummer) == ["Ontvangen"]


def test_an_eindstatus_closes_the_zaak_and_a_later_status_opens_it_again(deur: Deur) -> None:
    nummer = _nieuw(deur, na=status(1, "20260301"))
    _actualiseer(deur, nummer, status(3, "2026050110"))
    assert _element(deur, nummer, "z:einddatum") == ["20260501"]
    _actualiseer(deur, nummer, status(2, "20260401"))
    assert _element(deur, nummer, "z:einddatum") == ["20260501"], "an older status that came late opens nothing"
    _actualiseer(deur, nummer, status(2, "20260601"))
    assert _element(deur, nummer, "z:einddatum") == [""]


def test_einddatum_with_resultaat_closes_and_geenwaarde_reopens(deur: Deur) -> None:
    nummer = _nieuw(deur)
    resultaat = "<ZKN:resultaat><ZKN:omschrijving>Toegekend</ZKN:omschrijving></ZKN:resultaat>"
    deur.gelukt("updateZaak_Lk01", _update(nummer, "", f"{resultaat}<ZKN:einddatum>20260601</ZKN:einddatum>"))
    assert _element(deur, nummer, "z:einddatum") == ["20260601"]
    assert _element(deur, nummer, "z:resultaat/z:omschrijving") == ["Toegekend"]
    _actualiseer(deur, nummer, status(2, "20260602"))
    assert _element(deur, nummer, "z:einddatum") == ["20260601"], "closed by einddatum, so no status opens it"
    was = "<ZKN:einddatum>20260601</ZKN:einddatum>"
    deur.gelukt("updateZaak_Lk01", _update(nummer, was, f"<ZKN:einddatum {GEEN}/>"))
    assert _element(deur, nummer, "z:einddatum") == [""]


@pytest.mark.parametrize(
    "stt",
    [
        "<ZKN:volgnummer>2</ZKN:volgnummer>",
        "<ZKN:volgnummer>0002</ZKN:volgnummer>",
        "<ZKN:code>Inbeh</ZKN:code>",
        "<ZKN:omschrijving>In behandeling</ZKN:omschrijving>",
    ],
)
def test_a_statustype_is_found_by_volgnummer_code_or_omschrijving(deur: Deur, stt: str) -> None:
    nummer = _nieuw(deur, na=status("", "20260301", stt=stt))
    assert _laatste(deur, nummer) == ["In behandeling"]


def test_a_statustype_that_contradicts_itself_is_refused_with_both_values(deur: Deur) -> None:
    stt = "<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>Ontvangen</ZKN:omschrijving>"
    code, details = deur.fout("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=status("", "20260301", stt=stt))))
    assert code == "StUF055"
    assert "Ontvangen" in details
    assert "In behandeling" in details


def test_the_inrichting_decides_a_contradiction_and_takes_over_what_is_unknown(maak_deur: Callable[..., Deur]) -> None:
    stt = "<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>Ontvangen</ZKN:omschrijving>"
    for regel, gevonden in (("volgnummer", "In behandeling"), ("omschrijving", "Ontvangen")):
        deur = maak_deur(**{'code = "B1026"': f'code = "B1026"\nstatus_tegenspraak = "{regel}"'})
        assert _laatste(deur, _nieuw(deur, na=status("", "20260301", stt=stt))) == [gevonden]
    ruim = maak_deur(**{'code = "B1026"': 'code = "B1026"\nonbekende_status = "overnemen"'})
    nieuw = "<ZKN:volgnummer>88</ZKN:volgnummer><ZKN:omschrijving>Op bezoek</ZKN:omschrijving>"
    assert _laatste(ruim, _nieuw(ruim, na=status("", "20260301", stt=nieuw))) == ["Op bezoek"]
    maak_deur()


def test_who_set_a_status_is_kept(deur: Deur) -> None:
    wie = (
        '<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde>'
        f"{mdw('m9', 'Zetter')}</ZKN:gerelateerde><ZKN:rolOmschrijving>regisseur</ZKN:rolOmschrijving></ZKN:isGezetDoor>"
    )
    nummer = _nieuw(deur, na=status(1, "20260301").replace("</ZKN:heeft>", f"{wie}</ZKN:heeft>"))
    assert _element(deur, nummer, "z:heeft/z:isGezetDoor//z:achternaam") == ["Zetter"]
    assert _element(deur, nummer, "z:heeft/z:isGezetDoor/z:rolOmschrijving") == ["regisseur"]


def test_a_status_set_by_mistake_is_removed_and_the_zaak_opens_again(deur: Deur) -> None:
    nummer = _nieuw(deur, na=status(1, "20260301"))
    _actualiseer(deur, nummer, status(3, "20260501"))
    deur.gelukt("updateZaak_Lk01", _update(nummer, status(3, "20260501", "V"), ""))
    assert _laatste(deur, nummer) == ["Ontvangen"]
    assert _element(deur, nummer, "z:einddatum") == [""]


def test_actualiseerzaakstatus_without_a_status_is_stuf055(deur: Deur) -> None:
    nummer = _nieuw(deur)
    assert deur.fout("actualiseerZaakstatus_Lk01", _update(nummer, "", ""))[0] == "StUF055"


def test_a_message_costs_the_same_number_of_statements_however_many_parts_it_has(deur: Deur) -> None:
    from regiesysteem.database import tel_statements

    def kosten(aantal: int) -> int:
        relaties = "".join(rol("heeftAlsBelanghebbende", mdw(f"k{aantal}-{i}")) for i in range(aantal)) + INITIATOR
        statussen = "".join(status(1, f"202603{1 + i % 28:02d}") for i in range(aantal))
        bericht = lk01("T", zaak(nieuw_nummer(), relaties=relaties, na=statussen))
        with tel_statements() as teller:
            deur.gelukt("creeerZaak_Lk01", bericht)
        return teller.aantal

    assert kosten(2) == kosten(40) <= 8
