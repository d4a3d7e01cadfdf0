"""updateZaak: what changes, what stays, what is refused (ZDS 4.1.5; RZS 4.7 and 6.11 - 6.13; StUF 03.01, 5.2)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import (
    GEEN,
    ander,
    client,
    gezinsplan,
    is_van,
    lk01,
    mdw,
    nieuw_nummer,
    nps,
    obj,
    rol,
    rol_leeg,
    status,
    zaak,
)
from tests.diensten.stappen import (
    INITIATOR,
    actualiseer,
    element,
    laatste,
    nieuw,
    sleutel,
    weiger,
    wijzig,
    wijziging,
)
from tests.soap.conftest import Deur

from regiesysteem.db import tel_statements
from regiesysteem.zakenmagazijn import objects

BSN_A, BSN_B, BSN_C = "111222333", "123456782", "999990019"
BESLUIT = """<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="{soort}">
    <ZKN:gerelateerde StUF:entiteittype="BSL" StUF:verwerkingssoort="T">
    <ZKN:identificatie>{nummer}</ZKN:identificatie><ZKN:bst.omschrijving>{naam}</ZKN:bst.omschrijving>
    <ZKN:datumBeslissing>20260101</ZKN:datumBeslissing></ZKN:gerelateerde></ZKN:leidtTot>"""


def tekst(naam: str, waarde: str) -> str:
    """A plain element of the zaak."""
    return f"<ZKN:{naam}>{waarde}</ZKN:{naam}>"


def omschreven(omschrijving: str, toelichting: str = "") -> str:
    """The own elements of a relation."""
    return tekst("omschrijving", omschrijving) + (tekst("toelichting", toelichting) if toelichting else "")


# --- elements


def test_absent_is_unchanged_and_geenwaarde_clears(deur: Deur) -> None:
    nummer = nieuw(deur, elementen=tekst("publicatiedatum", "20260105"))
    wijzig(deur, nummer, "", tekst("toelichting", "nieuw"))
    assert element(deur, nummer, "z:publicatiedatum") == ["20260105"]
    assert element(deur, nummer, "z:toelichting") == ["nieuw"]
    wijzig(deur, nummer, tekst("publicatiedatum", "20260105"), f"<ZKN:publicatiedatum {GEEN}/>")
    assert element(deur, nummer, "z:publicatiedatum") == [""]
    assert element(deur, nummer, "z:toelichting") == ["nieuw"]


@pytest.mark.parametrize("soort", ["waardeOnbekend", "vastgesteldOnbekend"])
def test_other_kinds_of_novalue_are_kept(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur)
    wijzig(deur, nummer, "", f'<ZKN:toelichting xsi:nil="true" StUF:noValue="{soort}"/>')
    assert element(deur, nummer, "z:toelichting/@s:noValue") == [soort]


@pytest.mark.parametrize("soort", ["nietOndersteund", "nietGeautoriseerd"])
def test_a_sender_that_does_not_know_an_element_does_not_change_it(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur)
    wijzig(deur, nummer, "", f'<ZKN:omschrijving xsi:nil="true" StUF:noValue="{soort}"/>')
    assert element(deur, nummer, "z:omschrijving") == ["Zaak"]


def test_a_required_field_of_a_group_that_nobody_knows_is_answered_as_absent(deur: Deur) -> None:
    nummer = nieuw(deur)
    kenmerk = '<ZKN:kenmerk><ZKN:kenmerk>K</ZKN:kenmerk><ZKN:bron xsi:nil="true" StUF:noValue="{soort}"/></ZKN:kenmerk>'
    wijzig(deur, nummer, "", kenmerk.format(soort="nietOndersteund"))
    assert element(deur, nummer, "z:kenmerk/z:kenmerk") == ["K"]
    assert element(deur, nummer, "z:kenmerk/z:bron/@s:noValue") == ["geenWaarde"]


def test_a_repeating_element_is_replaced_as_a_whole(deur: Deur) -> None:
    def kenmerken(*namen: str) -> str:
        return "".join(tekst("kenmerk", tekst("kenmerk", naam) + tekst("bron", "b")) for naam in namen)

    nummer = nieuw(deur)
    wijzig(deur, nummer, "", kenmerken("a", "b"))
    wijzig(deur, nummer, kenmerken("a", "b"), kenmerken("c"))
    assert element(deur, nummer, "z:kenmerk/z:kenmerk") == ["c"]


KENMERK = "<ZKN:kenmerk><ZKN:kenmerk>A</ZKN:kenmerk><ZKN:bron>b</ZKN:bron></ZKN:kenmerk>"
ANDER_OBJECT = "<ZKN:anderZaakObject><ZKN:omschrijving>boom</ZKN:omschrijving></ZKN:anderZaakObject>"
NATIONALITEIT = "<BG:acd.code>1</BG:acd.code>"


@pytest.mark.parametrize(
    ("wat", "pad"),
    [
        (KENMERK, "z:kenmerk/z:kenmerk"),
        (ANDER_OBJECT, "z:anderZaakObject/z:omschrijving"),
        (
            rol("heeftAlsBelanghebbende", nps(BSN_A, soort="W", extra=NATIONALITEIT), soort="I"),
            "z:heeftAlsBelanghebbende//b:acd.code",
        ),
    ],
)
@pytest.mark.parametrize("met_regel", ["loggen", "weigeren"])
def test_the_last_value_of_a_repeating_element_goes_when_wordt_has_it_no_more(
    maak_deur: Callable[..., Deur], wat: str, pad: str, met_regel: str
) -> None:
    """StUF 03.01, 5.2.4, Overige regels; a group that repeats cannot be said to have no value."""
    deur = maak_deur(**{'code = "B1026"': f'code = "B1026"\nwas = "{met_regel}"'})
    nummer = nieuw(deur, relaties=rol("heeftAlsBelanghebbende", nps(BSN_A)) + INITIATOR)
    wijzig(deur, nummer, "", wat)
    assert [een for een in element(deur, nummer, pad) if een]
    wijzig(deur, nummer, wat, wat.replace(NATIONALITEIT, "") if NATIONALITEIT in wat else "")
    assert [een for een in element(deur, nummer, pad) if een] == []


def test_a_group_changes_field_by_field(deur: Deur) -> None:
    def groep(indicatie: str, reden: str) -> str:
        return tekst("opschorting", tekst("indicatie", indicatie) + tekst("reden", reden))

    nummer = nieuw(deur)
    wijzig(deur, nummer, "", groep("J", "wacht"))
    wijzig(deur, nummer, groep("J", "wacht"), groep("J", "wacht op stukken"))
    assert element(deur, nummer, "z:opschorting/z:indicatie") == ["J"]
    assert element(deur, nummer, "z:opschorting/z:reden") == ["wacht op stukken"]


def test_the_zaaktype_and_the_identificatie_do_not_change(deur: Deur) -> None:
    nummer = nieuw(deur)
    assert weiger(deur, nummer, "", is_van("WMO-MAATW", "W"))[0] == "StUF055"
    ander_nummer = lk01("W", obj(sleutel(nummer), "W"), obj(sleutel("1900anders"), "W"))
    assert deur.fout("updateZaak_Lk01", ander_nummer)[0] == "StUF055"
    zonder = lk01("W", obj(sleutel(nummer), "W"), obj(f"<ZKN:identificatie {GEEN}/>", "W"))
    assert deur.fout("updateZaak_Lk01", zonder)[0] == "StUF055"
    assert deur.fout("updateZaak_Lk01", lk01("W", obj("", "W"), obj("", "W")))[0] == "StUF055"
    assert weiger(deur, "1900nietda", "", "")[0] == "StUF064"
    assert element(deur, nummer, "z:isVan/z:gerelateerde/z:code") == ["B1026"]


def test_an_identificatie_that_wordt_does_not_know_is_that_of_was(deur: Deur) -> None:
    nummer = nieuw(deur)
    niet = '<ZKN:identificatie xsi:nil="true" StUF:noValue="waardeOnbekend"/>' + tekst("toelichting", "nieuw")
    deur.gelukt("updateZaak_Lk01", lk01("W", obj(sleutel(nummer), "W"), obj(niet, "W")))
    assert element(deur, nummer, "z:toelichting") == ["nieuw"]


def test_was_guards_against_messages_that_overtook_each_other(maak_deur: Callable[..., Deur]) -> None:
    streng = maak_deur(**{'code = "B1026"': 'code = "B1026"\nwas = "weigeren"'})
    nummer = nieuw(streng)
    was, eerst, laat = (tekst("omschrijving", waarde) for waarde in ("Zaak", "Nieuw", "Laat"))
    wijzig(streng, nummer, was, eerst)
    code, details = weiger(streng, nummer, was, laat)
    assert code == "StUF063"
    assert all(deel in details for deel in ("omschrijving", "Zaak", "Nieuw"))
    naam = "heeftAlsBelanghebbende"
    wijzig(streng, nummer, "", rol(naam, nps(BSN_A), omschreven("buur", "ja")))
    code, details = weiger(
        streng,
        nummer,
        rol(naam, nps(BSN_A), omschreven("buur", "nee"), "W"),
        rol(naam, nps(BSN_A), omschreven("buur", "misschien"), "W"),
    )
    assert code == "StUF063"
    assert all(deel in details for deel in (f"{naam}/toelichting", "'nee'", "'ja'"))
    soepel = maak_deur()
    wijzig(soepel, nummer, was, laat)
    assert element(soepel, nummer, "z:omschrijving") == ["Laat"]


@pytest.mark.parametrize("soort", ["I", "W"])
def test_verwerkingssoort_of_the_object_does_not_matter_for_what_changed(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur)
    bericht = lk01("W", obj(sleutel(nummer), soort), obj(sleutel(nummer) + tekst("toelichting", "x"), soort))
    deur.gelukt("updateZaak_Lk01", bericht)
    assert element(deur, nummer, "z:toelichting") == ["x"]


def test_one_object_is_the_new_situation(deur: Deur) -> None:
    nummer = nieuw(deur)
    deur.gelukt("updateZaak_Lk01", lk01("W", obj(sleutel(nummer) + tekst("toelichting", "x"), "W")))
    assert element(deur, nummer, "z:toelichting") == ["x"]


@pytest.mark.parametrize(("mutatiesoort", "soort"), [("T", "T"), ("V", "V"), ("W", "V"), ("C", "S"), ("C", "O")])
def test_a_zaak_is_not_removed_or_renamed_by_a_message(deur: Deur, mutatiesoort: str, soort: str) -> None:
    nummer = nieuw(deur)
    for zender in ("WmoVoorziening", *(["GWS4all"] if mutatiesoort != "T" else [])):
        bericht = lk01(mutatiesoort, obj(sleutel(nummer), soort), obj(sleutel(nummer), soort), zender=zender)
        assert deur.fout("updateZaak_Lk01", bericht)[0] == "StUF055"


@pytest.mark.parametrize("mutatiesoort", ["C", "F"])
def test_a_correction_changes_too(deur: Deur, mutatiesoort: str) -> None:
    nummer = nieuw(deur)
    wijzig(deur, nummer, tekst("omschrijving", "Zaak"), tekst("omschrijving", "Goed"), mutatiesoort)
    assert element(deur, nummer, "z:omschrijving") == ["Goed"]


# --- relations


@pytest.mark.parametrize("leeg", [True, False])
def test_relations_are_added_changed_and_removed(deur: Deur, leeg: bool) -> None:
    nummer, naam = nieuw(deur), "heeftAlsBelanghebbende"

    def wie(omschrijving: str, soort: str) -> str:
        return rol(naam, nps(BSN_A, "Buur"), omschreven(omschrijving, "blijft"), soort)

    wijzig(deur, nummer, rol_leeg(naam, "T") if leeg else "", wie("buurvrouw", "T"))
    assert element(deur, nummer, f"z:{naam}/z:omschrijving") == ["buurvrouw"]
    wijzig(deur, nummer, wie("buurvrouw", "W"), rol(naam, nps(BSN_A, "Buur"), omschreven("mantelzorger"), "W"))
    assert element(deur, nummer, f"z:{naam}/z:omschrijving") == ["mantelzorger"]
    assert element(deur, nummer, f"z:{naam}/z:toelichting") == ["blijft"]
    weg = rol(naam, nps(BSN_A, "Buur", "I"), soort="V")
    wijzig(deur, nummer, weg, rol_leeg(naam, "V") if leeg else "")
    assert element(deur, nummer, f"z:{naam}//b:inp.bsn") == []
    assert weiger(deur, nummer, weg, rol_leeg(naam, "V"))[0] == "StUF064"


def test_a_relation_is_replaced_and_ended(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsUitvoerende"
    wijzig(deur, nummer, rol_leeg(naam, "T"), rol(naam, mdw("een", "een")))
    wijzig(deur, nummer, rol(naam, mdw("een", "een"), soort="R"), rol(naam, mdw("twee", "twee"), soort="R"))
    assert element(deur, nummer, f"z:{naam}//z:achternaam") == ["twee"]
    einde = """<StUF:tijdvakRelatie><StUF:beginRelatie>20260101</StUF:beginRelatie>
        <StUF:eindRelatie>20260401</StUF:eindRelatie></StUF:tijdvakRelatie>"""
    wijzig(deur, nummer, rol(naam, mdw("twee", "twee", "I"), einde, "E"), rol_leeg(naam, "E"))
    assert element(deur, nummer, f"z:{naam}//z:achternaam") == []
    with deur.motor.connect() as verbinding:
        vraag = (
            "SELECT beeindigd FROM zaak_relatie r JOIN zaak z ON z.id = r.zaak_id WHERE (identificatie, relatie) = %s"
        )
        gebleven = verbinding.exec_driver_sql(vraag, ((nummer, naam),)).scalars().all()
    assert len(gebleven) == 2, "what has ended is kept"
    assert "20260401" in gebleven


def test_w_with_another_person_is_a_replacement(deur: Deur) -> None:
    """Senders in the field change a verantwoordelijke with W: the new one must not get lost."""
    nummer, naam = nieuw(deur), "heeftAlsVerantwoordelijke"
    wijzig(deur, nummer, "", rol(naam, mdw("een", "een")))
    wijzig(deur, nummer, rol(naam, mdw("een", "een"), soort="W"), rol(naam, mdw("twee", "twee"), soort="W"))
    assert element(deur, nummer, f"z:{naam}//z:achternaam") == ["twee"]


def test_a_removal_and_an_addition_without_their_empty_halves_are_both_done(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsUitvoerende"
    wijzig(deur, nummer, "", rol(naam, mdw("een", "een")))
    wijzig(deur, nummer, rol(naam, mdw("een", "een"), soort="V"), rol(naam, mdw("twee", "twee")))
    assert element(deur, nummer, f"z:{naam}//z:achternaam") == ["twee"]


def test_a_relation_that_is_there_is_not_added_twice_and_takes_what_is_new(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsBelanghebbende"
    wijzig(deur, nummer, "", rol(naam, nps(BSN_C, "Buur"), omschreven("buur", "eerst")))
    extra = "<BG:voornamen>Bea</BG:voornamen>"
    wijzig(deur, nummer, "", rol(naam, nps(BSN_C, "Buur", extra=extra), omschreven("buur", "later")))
    assert element(deur, nummer, f"z:{naam}/z:toelichting") == ["later"]
    assert element(deur, nummer, f"z:{naam}//b:voornamen") == ["Bea"]
    wijzig(deur, nummer, "", rol(naam, nps(BSN_C, "Buur"), omschreven("mantelzorger")))
    assert element(deur, nummer, f"z:{naam}/z:omschrijving") == ["buur", "mantelzorger"]


def test_of_two_relations_with_one_person_the_meant_one_goes(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsBelanghebbende"
    for soort in ("buur", "mantelzorger", "vriend"):
        wijzig(deur, nummer, "", rol(naam, nps(BSN_A), omschreven(soort)))
    code, details = weiger(deur, nummer, rol(naam, nps(BSN_A), soort="V"), rol_leeg(naam, "V"))
    assert (code, naam in details) == ("StUF067", True)
    weg = "".join(rol(naam, nps(BSN_A), omschreven(soort), "V") for soort in ("mantelzorger", "vriend"))
    wijzig(deur, nummer, weg, rol_leeg(naam, "V") * 2)
    assert element(deur, nummer, f"z:{naam}/z:omschrijving") == ["buur"]


def test_what_a_zaak_says_of_a_person_changes_for_that_zaak_only(deur: Deur) -> None:
    naam = "heeftAlsBelanghebbende"
    een, twee = (nieuw(deur, relaties=rol(naam, nps("999993872", "Oud")) + INITIATOR) for _ in range(2))
    was, wordt = (rol(naam, nps("999993872", wie, "W"), soort="I") for wie in ("Oud", "Getrouwd"))
    wijzig(deur, een, was, wordt)
    assert element(deur, een, f"z:{naam}//b:geslachtsnaam") == ["Getrouwd"]
    assert element(deur, twee, f"z:{naam}//b:geslachtsnaam") == ["Oud"]


def test_verwerkingssoort_i_only_identifies(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsBelanghebbende"
    wijzig(deur, nummer, "", rol(naam, nps(BSN_A, "Buur"), omschreven("buur")))
    onbekend = rol(naam, nps(BSN_B, "Niemand", "I"), soort="I")
    gewijzigd = rol(naam, nps(BSN_A, "Anders", "I"), omschreven("anders"), "I")
    wijzig(deur, nummer, gewijzigd + onbekend, gewijzigd + onbekend + tekst("x", ""))
    assert element(deur, nummer, f"z:{naam}//b:geslachtsnaam") == ["Buur"]
    assert element(deur, nummer, f"z:{naam}/z:omschrijving") == ["buur"]


@pytest.mark.parametrize("soort", ["V", "E", "R", "W"])
def test_a_person_that_the_zaak_does_not_have_is_stuf064(deur: Deur, soort: str) -> None:
    nummer, naam = nieuw(deur), "heeftAlsGemachtigde"
    relatie = rol(naam, nps(BSN_B), omschreven("x"), soort)
    code, details = weiger(deur, nummer, relatie, relatie if soort in "RW" else rol_leeg(naam, soort))
    assert code == "StUF064"
    assert naam in details
    assert f"natuurlijkPersoon met inp.bsn '{BSN_B}'" in details
    relatie = rol(naam, mdw("jansen"), omschreven("x"), soort)
    _, details = weiger(deur, nummer, relatie, relatie if soort in "RW" else rol_leeg(naam, soort))
    assert "geen zodanige relatie met medewerker met identificatie 'jansen'" in details


def test_zaakobjecten_and_besluiten_change_as_roles_do(deur: Deur) -> None:
    nummer = nieuw(deur)
    adres = """<ZKN:adres StUF:entiteittype="AOA" StUF:verwerkingssoort="T"><BG:identificatie>{}</BG:identificatie>
        <BG:authentiek StUF:metagegeven="true">J</BG:authentiek></ZKN:adres>"""
    pand = """<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="{}">
        <BG:identificatie>1900100000000001</BG:identificatie></ZKN:pand>"""
    wijzig(deur, nummer, "", rol("heeftBetrekkingOp", adres.format("1900200000000001")))
    wijzig(deur, nummer, "", rol("heeftBetrekkingOp", pand.format("T"), tekst("omschrijving", "woning")))
    wijzig(deur, nummer, "", BESLUIT.format(soort="T", nummer="B1", naam="Toekenning"))
    pad = "z:heeftBetrekkingOp/z:gerelateerde/*/b:identificatie"
    assert element(deur, nummer, pad) == ["1900200000000001", "1900100000000001"]
    assert element(deur, nummer, "z:leidtTot/z:gerelateerde/z:bst.omschrijving") == ["Toekenning"]
    wijzig(
        deur,
        nummer,
        rol("heeftBetrekkingOp", adres.format("1900200000000001"), soort="R"),
        rol("heeftBetrekkingOp", adres.format("1900200000000002"), soort="R"),
    )
    wijzig(deur, nummer, rol("heeftBetrekkingOp", pand.format("I"), soort="V"), "")
    leeg = f'<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="V" {GEEN}/>'
    wijzig(deur, nummer, BESLUIT.format(soort="V", nummer="B1", naam="Toekenning"), leeg)
    assert element(deur, nummer, pad) == ["1900200000000002"]
    assert element(deur, nummer, "z:leidtTot/z:gerelateerde/z:bst.omschrijving") == []


def test_someone_without_a_number_is_found_by_kerngegevens(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsBelanghebbende"
    kern = nps("").replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {GEEN}/>")
    wijzig(deur, nummer, "", rol(naam, kern.replace("Jansen", "Een")) + rol(naam, kern.replace("Jansen", "Twee")))
    wijzig(deur, nummer, rol(naam, kern.replace("Jansen", "Een"), soort="V"), rol_leeg(naam, "V"))
    assert element(deur, nummer, f"z:{naam}//b:geslachtsnaam") == ["Twee"]


def test_a_zaak_keeps_one_initiator(deur: Deur) -> None:
    """RZS 6.11.1: after a change the rules of a new zaak still hold."""
    nummer, naam = nieuw(deur), "heeftAlsInitiator"
    oud, nieuwe = rol(naam, mdw("regie1"), soort="{}"), rol(naam, mdw("regie2"), soort="{}")
    assert weiger(deur, nummer, "", nieuwe.format("T"))[0] == "StUF055"
    zonder = wijziging(nummer, oud.format("V"), "").replace("GWS4all", "WmoVoorziening")
    assert deur.fout("updateZaak_Lk01", zonder)[0] == "StUF055"
    wijzig(deur, nummer, oud.format("R"), nieuwe.format("R"))
    assert element(deur, nummer, f"z:{naam}//z:identificatie") == ["regie2"]
    wijzig(deur, nummer, nieuwe.format("V"), oud.format("T"))
    assert element(deur, nummer, f"z:{naam}//z:identificatie") == ["regie1"]


def test_a_gezinsplan_keeps_a_client_and_a_regisseur(deur: Deur) -> None:
    plan = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    weg = client(BSN_C).replace('OBJ" StUF:verwerkingssoort="T"', 'OBJ" StUF:verwerkingssoort="V"')
    code, details = weiger(deur, plan, weg, rol_leeg("heeftBetrekkingOp", "V"))
    assert (code, "over blijft geen heeftBetrekkingOp" in details) == ("StUF055", True)
    wie = rol("heeftAlsInitiator", nps(BSN_C), soort="R")
    code, details = weiger(deur, plan, rol("heeftAlsInitiator", mdw("regie1"), soort="R"), wie)
    assert (code, "medewerker" in details) == ("StUF055", True)
    wijzig(deur, plan, rol_leeg("heeftBetrekkingOp", "T") + weg, client(BSN_A) + rol_leeg("heeftBetrekkingOp", "V"))
    assert element(deur, plan, "z:heeftBetrekkingOp//b:inp.bsn") == [BSN_A]


def test_nothing_said_of_a_relation_on_either_side_changes_nothing(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsGemachtigde"
    wijzig(deur, nummer, rol_leeg(naam, "T"), rol_leeg(naam, "T") + tekst("x", ""))
    assert element(deur, nummer, f"z:{naam}//b:inp.bsn") == []


# --- relations with other zaken


def test_why_a_relation_is_absent_is_kept_and_goes_when_it_is_there(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsGemachtigde"
    soorten = f"z:{naam}/@s:noValue"

    def zegt(soort: str) -> str:
        return f'<ZKN:{naam} StUF:entiteittype="ZAKBTRGMC" xsi:nil="true" StUF:noValue="{soort}"/>'

    for soort, verwacht in (
        ("vastgesteldOnbekend", "vastgesteldOnbekend"),
        ("nietOndersteund", "vastgesteldOnbekend"),
        ("geenWaarde", "geenWaarde"),
        ("waardeOnbekend", "waardeOnbekend"),
    ):
        wijzig(deur, nummer, "", zegt(soort))
        assert element(deur, nummer, soorten) == [verwacht]
    wijzig(deur, nummer, rol_leeg(naam, "T"), rol(naam, mdw("regie2")))
    assert element(deur, nummer, soorten) == []


@pytest.mark.parametrize("vanuit", ["plan", "deel"])
def test_a_zaak_is_coupled_to_a_gezinsplan_afterwards_and_both_show_it(deur: Deur, vanuit: str) -> None:
    plan, deel = nieuw_nummer(), nieuw(deur)
    deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    zelf, anders = (plan, deel) if vanuit == "plan" else (deel, plan)
    for _ in range(2):  # told twice is told once
        wijzig(deur, zelf, "", ander("heeftBetrekkingOpAndere", anders))
    pad = "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"
    assert element(deur, plan, pad) == [deel]
    assert element(deur, deel, pad) == [plan]
    wijzig(deur, anders, "", ander("heeftBetrekkingOpAndere", zelf))
    assert element(deur, plan, pad) == [deel], "told from the other side it is the same"
    wijzig(deur, anders, ander("heeftBetrekkingOpAndere", zelf, "V"), "")
    assert element(deur, plan, pad) == []


def test_the_elements_of_a_coupling_are_kept_and_change(deur: Deur) -> None:
    een, twee, naam = nieuw(deur), nieuw(deur), "heeftBetrekkingOpAndere"

    def met(soort: str, begin: str) -> str:
        tijdvak = (
            f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie>"
            f"<StUF:eindRelatie {GEEN}/></StUF:tijdvakRelatie>"
        )
        return ander(naam, twee, soort).replace(f"</ZKN:{naam}>", f"{tijdvak}</ZKN:{naam}>")

    pad = f"z:{naam}/s:tijdvakRelatie/s:beginRelatie"
    wijzig(deur, twee, "", ander(naam, een))
    wijzig(deur, een, "", met("T", "20260101"))
    assert element(deur, twee, pad) == ["20260101"], "told again with more"
    wijzig(deur, een, met("W", "20260101"), met("W", "20260202"))
    assert element(deur, een, pad) == ["20260202"]


def test_a_coupling_is_replaced_and_ended(deur: Deur) -> None:
    deel, een, twee, naam = nieuw(deur), nieuw(deur), nieuw(deur), "heeftBetrekkingOpAndere"
    pad = f"z:{naam}/z:gerelateerde/z:identificatie"
    wijzig(deur, deel, "", ander(naam, een))
    wijzig(deur, deel, ander(naam, een, "R"), ander(naam, twee, "R"))
    assert (element(deur, deel, pad), element(deur, een, pad), element(deur, twee, pad)) == ([twee], [], [deel])
    wijzig(deur, deel, ander(naam, twee, "E"), "")
    assert element(deur, deel, pad) == []
    wijzig(deur, deel, "", ander(naam, twee))
    assert element(deur, deel, pad) == [twee], "after its end it may begin again"


@pytest.mark.parametrize("soort", ["V", "E", "W", "R"])
def test_a_coupling_that_is_not_there_is_stuf064(deur: Deur, soort: str) -> None:
    een, twee, naam = nieuw(deur), nieuw(deur), "heeftAlsDeelzaak"
    relatie = ander(naam, twee, soort)
    assert weiger(deur, een, relatie, relatie if soort in "RW" else "")[0] == "StUF064"
    assert weiger(deur, een, "", ander(naam, "1900nergens"))[0] == "StUF064"
    assert weiger(deur, een, "", ander(naam, een))[0] == "StUF055", "not with itself"


@pytest.mark.parametrize("vanuit", ["plan", "domein"])
def test_a_levensdomeinplan_keeps_its_gezinsplan(deur: Deur, vanuit: str) -> None:
    plan, tweede, domein, naam = nieuw_nummer(), nieuw_nummer(), nieuw_nummer(), "heeftBetrekkingOpAndere"
    for nummer in (plan, tweede):
        deur.gelukt("creeerZaak_Lk01", lk01("T", gezinsplan(nummer, BSN_C)))
    relaties = client(BSN_C) + rol("heeftAlsInitiator", mdw("regie1")) + ander(naam, plan)
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(domein, "DOMEINPLAN", relaties=relaties)))
    zelf, anders = (plan, domein) if vanuit == "plan" else (domein, plan)
    code, details = weiger(deur, zelf, ander(naam, anders, "V"), "")
    assert (code, domein in details) == ("StUF055", True)
    wijzig(deur, domein, ander(naam, plan, "R"), ander(naam, tweede, "R"))
    assert element(deur, domein, f"z:{naam}/z:gerelateerde/z:identificatie") == [tweede]


# --- closing and opening


def test_einddatum_with_resultaat_closes_and_geenwaarde_reopens(deur: Deur) -> None:
    nummer = nieuw(deur)
    resultaat = tekst("resultaat", tekst("omschrijving", "Toegekend"))
    wijzig(deur, nummer, "", resultaat + tekst("einddatum", "20260601"))
    assert element(deur, nummer, "z:einddatum") == ["20260601"]
    assert element(deur, nummer, "z:resultaat/z:omschrijving") == ["Toegekend"]
    actualiseer(deur, nummer, status(2, "20260602"))
    assert element(deur, nummer, "z:einddatum") == ["20260601"], "closed by einddatum, so no status opens it"
    wijzig(deur, nummer, tekst("einddatum", "20260601"), f"<ZKN:einddatum {GEEN}/>")
    assert element(deur, nummer, "z:einddatum") == [""]


def test_a_status_comes_in_through_updatezaak_too(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    leeg = f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" {GEEN}/>'
    wijzig(deur, nummer, leeg, status(2, "2026031107510600"))
    assert laatste(deur, nummer) == ["In behandeling"]
    wijzig(deur, nummer, "", tekst("toelichting", "klaar") + status(3, "20260401"))
    assert element(deur, nummer, "z:einddatum") == ["20260401"]
    assert element(deur, nummer, "z:toelichting") == ["klaar"]


def test_an_einddatum_that_is_said_goes_before_that_of_the_eindstatus(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    wijzig(deur, nummer, "", tekst("einddatum", "20260331") + status(3, "20260401"))
    assert element(deur, nummer, "z:einddatum") == ["20260331"]


# --- the whole


def test_statements_do_not_grow_with_the_message(deur: Deur) -> None:
    naam, andere = "heeftAlsBelanghebbende", [nieuw(deur) for _ in range(12)]

    def kosten(aantal: int) -> int:
        nummer = nieuw(deur)
        oud = [rol(naam, mdw(f"s{i}"), soort="{}") for i in range(aantal)]
        zaken = [ander("heeftBetrekkingOpAndere", anders, "{}") for anders in andere[: aantal // 4]]
        wijzig(deur, nummer, "", "".join(deel.format("T") for deel in [*oud, *zaken]))
        weg = "".join(deel.format("V") for deel in [*oud[::2], *zaken])
        wordt = "".join(deel.format("W") for deel in oud[1::2])
        nieuwe = "".join(rol(naam, mdw(f"n{aantal}-{i}")) for i in range(aantal))
        statussen = "".join(status(1, f"202603{1 + i % 28:02d}") for i in range(aantal))
        with tel_statements() as teller:
            wijzig(deur, nummer, weg + wordt, wordt + nieuwe + statussen)
        assert len(element(deur, nummer, f"z:{naam}//z:identificatie")) == aantal // 2 + aantal
        return teller.aantal

    assert kosten(4) == kosten(48)


def test_a_huge_change_is_done_whole(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsBelanghebbende"
    wijzig(deur, nummer, "", "".join(rol(naam, mdw(f"veel{i}")) for i in range(500)))
    wijzig(deur, nummer, "".join(rol(naam, mdw(f"veel{i}"), soort="V") for i in range(499)), "")
    assert element(deur, nummer, f"z:{naam}//z:identificatie") == ["veel499"]


def test_a_change_that_is_refused_at_its_end_leaves_nothing(deur: Deur) -> None:
    nummer = nieuw(deur)
    goed = tekst("toelichting", "x") + rol("heeftAlsBelanghebbende", mdw("spoor"))
    assert weiger(deur, nummer, "", goed + status(99, "20260401"))[0] == "StUF064"
    assert weiger(deur, nummer, "", goed + ander("heeftAlsDeelzaak", "1900nergens"))[0] == "StUF064"
    assert element(deur, nummer, "z:toelichting") == [""]


def test_each_change_has_its_audit_line(deur: Deur) -> None:
    nummer = nieuw(deur)
    wijzig(
        deur, nummer, "", tekst("toelichting", "x") + rol("heeftAlsBelanghebbende", mdw("a1")) + status(2, "20260401")
    )
    deur.gelukt("updateZaak_Lk01", wijziging(nummer, "", ""))
    with deur.motor.connect() as verbinding:
        vraag = (
            "SELECT gebeurtenis, gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id "
            "WHERE identificatie = %s ORDER BY a.id"
        )
        regels = verbinding.exec_driver_sql(vraag, (nummer,)).all()
    assert [tuple(regel) for regel in regels] == [
        ("Creeer zaak", []),
        ("Update zaak", ["toelichting", "heeftAlsBelanghebbende", "heeft"]),
        ("Update zaak", []),
    ]


def test_many_relations_with_one_object_are_not_gone_through_for_each(
    deur: Deur, monkeypatch: pytest.MonkeyPatch
) -> None:
    aantal = 60
    bekeken: list[object] = []
    zegt = objects._zegt
    monkeypatch.setattr(objects, "_zegt", lambda *wat: bekeken.append(wat) or zegt(*wat))
    namen = [f"rol {n}" for n in range(aantal)]

    def rollen(soort: str, meer: str = "") -> str:
        eigen = (f"<ZKN:omschrijving>{naam}</ZKN:omschrijving>{meer}" for naam in namen)
        return "".join(rol("heeftAlsBelanghebbende", mdw("m1", soort="I"), een, soort) for een in eigen)

    nummer = nieuw(deur, relaties=rollen("T") + INITIATOR)
    wijzig(deur, nummer, rollen("W"), rollen("W", "<ZKN:toelichting>nieuw</ZKN:toelichting>"))
    assert element(deur, nummer, "z:heeftAlsBelanghebbende/z:omschrijving") == namen
    assert element(deur, nummer, "z:heeftAlsBelanghebbende/z:toelichting") == ["nieuw"] * aantal
    wijzig(deur, nummer, rollen("V"), "")
    assert element(deur, nummer, "z:heeftAlsBelanghebbende/z:omschrijving") == []
    assert len(bekeken) <= 2 * aantal
