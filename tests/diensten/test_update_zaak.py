"""updateZaak: what changes, what stays, what is refused (ZDS 4.1.5; RZS 4.7 and 6.11 - 6.13; StUF 03.01, 5.2)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import (
    NO,
    client,
    gezinsplan,
    is_van,
    lk01,
    mdw,
    new_number,
    nps,
    obj,
    other,
    rol,
    rol_empty,
    status,
    zaak,
)
from tests.diensten.stappen import (
    INITIATOR,
    actualiseer,
    change,
    element,
    last,
    modification,
    new,
    refuse,
    sleutel,
)
from tests.soap.conftest import Door

from regiesysteem.db import count_statements
from regiesysteem.zakenmagazijn import objects

BSN_A, BSN_B, BSN_C = "111222333", "123456782", "999990019"
BESLUIT = """<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="{soort}">
    <ZKN:gerelateerde StUF:entiteittype="BSL" StUF:verwerkingssoort="T">
    <ZKN:identificatie>{nummer}</ZKN:identificatie><ZKN:bst.omschrijving>{naam}</ZKN:bst.omschrijving>
    <ZKN:datumBeslissing>20260101</ZKN:datumBeslissing></ZKN:gerelateerde></ZKN:leidtTot>"""


def text(naam: str, waarde: str) -> str:
    """A plain element of the zaak."""
    return f"<ZKN:{naam}>{waarde}</ZKN:{naam}>"


def omschreven(omschrijving: str, toelichting: str = "") -> str:
    """The own elements of a relation."""
    return text("omschrijving", omschrijving) + (text("toelichting", toelichting) if toelichting else "")


# --- elements


def test_absent_is_unchanged_and_geenwaarde_clears(door: Door) -> None:
    number = new(door, elementen=text("publicatiedatum", "20260105"))
    change(door, number, "", text("toelichting", "nieuw"))
    assert element(door, number, "z:publicatiedatum") == ["20260105"]
    assert element(door, number, "z:toelichting") == ["nieuw"]
    change(door, number, text("publicatiedatum", "20260105"), f"<ZKN:publicatiedatum {NO}/>")
    assert element(door, number, "z:publicatiedatum") == [""]
    assert element(door, number, "z:toelichting") == ["nieuw"]


@pytest.mark.parametrize("soort", ["waardeOnbekend", "vastgesteldOnbekend"])
def test_other_kinds_of_novalue_are_kept(door: Door, soort: str) -> None:
    number = new(door)
    change(door, number, "", f'<ZKN:toelichting xsi:nil="true" StUF:noValue="{soort}"/>')
    assert element(door, number, "z:toelichting/@s:noValue") == [soort]


@pytest.mark.parametrize("soort", ["nietOndersteund", "nietGeautoriseerd"])
def test_a_sender_that_does_not_know_an_element_does_not_change_it(door: Door, soort: str) -> None:
    number = new(door)
    change(door, number, "", f'<ZKN:omschrijving xsi:nil="true" StUF:noValue="{soort}"/>')
    assert element(door, number, "z:omschrijving") == ["Zaak"]


def test_a_required_field_of_a_group_that_nobody_knows_is_answered_as_absent(door: Door) -> None:
    number = new(door)
    kenmerk = '<ZKN:kenmerk><ZKN:kenmerk>K</ZKN:kenmerk><ZKN:bron xsi:nil="true" StUF:noValue="{soort}"/></ZKN:kenmerk>'
    change(door, number, "", kenmerk.format(soort="nietOndersteund"))
    assert element(door, number, "z:kenmerk/z:kenmerk") == ["K"]
    assert element(door, number, "z:kenmerk/z:bron/@s:noValue") == ["geenWaarde"]


def test_a_repeating_element_is_replaced_as_a_whole(door: Door) -> None:
    def kenmerken(*names: str) -> str:
        return "".join(text("kenmerk", text("kenmerk", naam) + text("bron", "b")) for naam in names)

    number = new(door)
    change(door, number, "", kenmerken("a", "b"))
    change(door, number, kenmerken("a", "b"), kenmerken("c"))
    assert element(door, number, "z:kenmerk/z:kenmerk") == ["c"]


KENMERK = "<ZKN:kenmerk><ZKN:kenmerk>A</ZKN:kenmerk><ZKN:bron>b</ZKN:bron></ZKN:kenmerk>"
OTHER_OBJECT = "<ZKN:anderZaakObject><ZKN:omschrijving>boom</ZKN:omschrijving></ZKN:anderZaakObject>"
NATIONALITEIT = "<BG:acd.code>1</BG:acd.code>"


@pytest.mark.parametrize(
    ("what", "path"),
    [
        (KENMERK, "z:kenmerk/z:kenmerk"),
        (OTHER_OBJECT, "z:anderZaakObject/z:omschrijving"),
        (
            rol("heeftAlsBelanghebbende", nps(BSN_A, soort="W", extra=NATIONALITEIT), soort="I"),
            "z:heeftAlsBelanghebbende//b:acd.code",
        ),
    ],
)
@pytest.mark.parametrize("with_regel", ["loggen", "weigeren"])
def test_the_last_value_of_a_repeating_element_goes_when_wordt_has_it_no_more(
    make_door: Callable[..., Door], what: str, path: str, with_regel: str
) -> None:
    """StUF 03.01, 5.2.4, Overige regels; a group that repeats cannot be said to have no value."""
    door = make_door(**{'code = "B1026"': f'code = "B1026"\nwas = "{with_regel}"'})
    number = new(door, relaties=rol("heeftAlsBelanghebbende", nps(BSN_A)) + INITIATOR)
    change(door, number, "", what)
    assert [one for one in element(door, number, path) if one]
    change(door, number, what, what.replace(NATIONALITEIT, "") if NATIONALITEIT in what else "")
    assert [one for one in element(door, number, path) if one] == []


def test_a_group_changes_field_by_field(door: Door) -> None:
    def group(indicatie: str, reason: str) -> str:
        return text("opschorting", text("indicatie", indicatie) + text("reden", reason))

    number = new(door)
    change(door, number, "", group("J", "wacht"))
    change(door, number, group("J", "wacht"), group("J", "wacht op stukken"))
    assert element(door, number, "z:opschorting/z:indicatie") == ["J"]
    assert element(door, number, "z:opschorting/z:reden") == ["wacht op stukken"]


def test_the_zaaktype_and_the_identificatie_do_not_change(door: Door) -> None:
    number = new(door)
    assert refuse(door, number, "", is_van("WMO-MAATW", "W"))[0] == "StUF055"
    other_number = lk01("W", obj(sleutel(number), "W"), obj(sleutel("1900anders"), "W"))
    assert door.fout("updateZaak_Lk01", other_number)[0] == "StUF055"
    without = lk01("W", obj(sleutel(number), "W"), obj(f"<ZKN:identificatie {NO}/>", "W"))
    assert door.fout("updateZaak_Lk01", without)[0] == "StUF055"
    assert door.fout("updateZaak_Lk01", lk01("W", obj("", "W"), obj("", "W")))[0] == "StUF055"
    assert refuse(door, "1900nietda", "", "")[0] == "StUF064"
    assert element(door, number, "z:isVan/z:gerelateerde/z:code") == ["B1026"]


def test_an_identificatie_that_wordt_does_not_know_is_that_of_was(door: Door) -> None:
    number = new(door)
    not_ = '<ZKN:identificatie xsi:nil="true" StUF:noValue="waardeOnbekend"/>' + text("toelichting", "nieuw")
    door.succeeded("updateZaak_Lk01", lk01("W", obj(sleutel(number), "W"), obj(not_, "W")))
    assert element(door, number, "z:toelichting") == ["nieuw"]


def test_was_guards_against_messages_that_overtook_each_other(make_door: Callable[..., Door]) -> None:
    streng = make_door(**{'code = "B1026"': 'code = "B1026"\nwas = "weigeren"'})
    number = new(streng)
    was, first, laat = (text("omschrijving", waarde) for waarde in ("Zaak", "Nieuw", "Laat"))
    change(streng, number, was, first)
    code, details = refuse(streng, number, was, laat)
    assert code == "StUF063"
    assert all(part in details for part in ("omschrijving", "Zaak", "Nieuw"))
    naam = "heeftAlsBelanghebbende"
    change(streng, number, "", rol(naam, nps(BSN_A), omschreven("buur", "ja")))
    code, details = refuse(
        streng,
        number,
        rol(naam, nps(BSN_A), omschreven("buur", "nee"), "W"),
        rol(naam, nps(BSN_A), omschreven("buur", "misschien"), "W"),
    )
    assert code == "StUF063"
    assert all(part in details for part in (f"{naam}/toelichting", "'nee'", "'ja'"))
    soepel = make_door()
    change(soepel, number, was, laat)
    assert element(soepel, number, "z:omschrijving") == ["Laat"]


@pytest.mark.parametrize("soort", ["I", "W"])
def test_verwerkingssoort_of_the_object_does_not_matter_for_what_changed(door: Door, soort: str) -> None:
    number = new(door)
    bericht = lk01("W", obj(sleutel(number), soort), obj(sleutel(number) + text("toelichting", "x"), soort))
    door.succeeded("updateZaak_Lk01", bericht)
    assert element(door, number, "z:toelichting") == ["x"]


def test_one_object_is_the_new_situation(door: Door) -> None:
    number = new(door)
    door.succeeded("updateZaak_Lk01", lk01("W", obj(sleutel(number) + text("toelichting", "x"), "W")))
    assert element(door, number, "z:toelichting") == ["x"]


@pytest.mark.parametrize(("mutatiesoort", "soort"), [("T", "T"), ("V", "V"), ("W", "V"), ("C", "S"), ("C", "O")])
def test_a_zaak_is_not_removed_or_renamed_by_a_message(door: Door, mutatiesoort: str, soort: str) -> None:
    number = new(door)
    for zender in ("WmoVoorziening", *(["GWS4all"] if mutatiesoort != "T" else [])):
        bericht = lk01(mutatiesoort, obj(sleutel(number), soort), obj(sleutel(number), soort), zender=zender)
        assert door.fout("updateZaak_Lk01", bericht)[0] == "StUF055"


@pytest.mark.parametrize("mutatiesoort", ["C", "F"])
def test_a_correction_changes_too(door: Door, mutatiesoort: str) -> None:
    number = new(door)
    change(door, number, text("omschrijving", "Zaak"), text("omschrijving", "Goed"), mutatiesoort)
    assert element(door, number, "z:omschrijving") == ["Goed"]


# --- relations


@pytest.mark.parametrize("empty", [True, False])
def test_relations_are_added_changed_and_removed(door: Door, empty: bool) -> None:
    number, naam = new(door), "heeftAlsBelanghebbende"

    def who(omschrijving: str, soort: str) -> str:
        return rol(naam, nps(BSN_A, "Buur"), omschreven(omschrijving, "blijft"), soort)

    change(door, number, rol_empty(naam, "T") if empty else "", who("buurvrouw", "T"))
    assert element(door, number, f"z:{naam}/z:omschrijving") == ["buurvrouw"]
    change(door, number, who("buurvrouw", "W"), rol(naam, nps(BSN_A, "Buur"), omschreven("mantelzorger"), "W"))
    assert element(door, number, f"z:{naam}/z:omschrijving") == ["mantelzorger"]
    assert element(door, number, f"z:{naam}/z:toelichting") == ["blijft"]
    gone = rol(naam, nps(BSN_A, "Buur", "I"), soort="V")
    change(door, number, gone, rol_empty(naam, "V") if empty else "")
    assert element(door, number, f"z:{naam}//b:inp.bsn") == []
    assert refuse(door, number, gone, rol_empty(naam, "V"))[0] == "StUF064"


def test_a_relation_is_replaced_and_ended(door: Door) -> None:
    number, naam = new(door), "heeftAlsUitvoerende"
    change(door, number, rol_empty(naam, "T"), rol(naam, mdw("een", "een")))
    change(door, number, rol(naam, mdw("een", "een"), soort="R"), rol(naam, mdw("twee", "twee"), soort="R"))
    assert element(door, number, f"z:{naam}//z:achternaam") == ["twee"]
    end = """<StUF:tijdvakRelatie><StUF:beginRelatie>20260101</StUF:beginRelatie>
        <StUF:eindRelatie>20260401</StUF:eindRelatie></StUF:tijdvakRelatie>"""
    change(door, number, rol(naam, mdw("twee", "twee", "I"), end, "E"), rol_empty(naam, "E"))
    assert element(door, number, f"z:{naam}//z:achternaam") == []
    with door.engine.connect() as connection:
        question = (
            "SELECT beeindigd FROM zaak_relatie r JOIN zaak z ON z.id = r.zaak_id WHERE (identificatie, relatie) = %s"
        )
        remaining = connection.exec_driver_sql(question, ((number, naam),)).scalars().all()
    assert len(remaining) == 2, "what has ended is kept"
    assert "20260401" in remaining


def test_w_with_another_person_is_a_replacement(door: Door) -> None:
    """Senders in the field change a verantwoordelijke with W: the new one must not get lost."""
    number, naam = new(door), "heeftAlsVerantwoordelijke"
    change(door, number, "", rol(naam, mdw("een", "een")))
    change(door, number, rol(naam, mdw("een", "een"), soort="W"), rol(naam, mdw("twee", "twee"), soort="W"))
    assert element(door, number, f"z:{naam}//z:achternaam") == ["twee"]


def test_a_removal_and_an_addition_without_their_empty_halves_are_both_done(door: Door) -> None:
    number, naam = new(door), "heeftAlsUitvoerende"
    change(door, number, "", rol(naam, mdw("een", "een")))
    change(door, number, rol(naam, mdw("een", "een"), soort="V"), rol(naam, mdw("twee", "twee")))
    assert element(door, number, f"z:{naam}//z:achternaam") == ["twee"]


def test_a_relation_that_is_there_is_not_added_twice_and_takes_what_is_new(door: Door) -> None:
    number, naam = new(door), "heeftAlsBelanghebbende"
    change(door, number, "", rol(naam, nps(BSN_C, "Buur"), omschreven("buur", "eerst")))
    extra = "<BG:voornamen>Bea</BG:voornamen>"
    change(door, number, "", rol(naam, nps(BSN_C, "Buur", extra=extra), omschreven("buur", "later")))
    assert element(door, number, f"z:{naam}/z:toelichting") == ["later"]
    assert element(door, number, f"z:{naam}//b:voornamen") == ["Bea"]
    change(door, number, "", rol(naam, nps(BSN_C, "Buur"), omschreven("mantelzorger")))
    assert element(door, number, f"z:{naam}/z:omschrijving") == ["buur", "mantelzorger"]


def test_of_two_relations_with_one_person_the_meant_one_goes(door: Door) -> None:
    number, naam = new(door), "heeftAlsBelanghebbende"
    for soort in ("buur", "mantelzorger", "vriend"):
        change(door, number, "", rol(naam, nps(BSN_A), omschreven(soort)))
    code, details = refuse(door, number, rol(naam, nps(BSN_A), soort="V"), rol_empty(naam, "V"))
    assert (code, naam in details) == ("StUF067", True)
    gone = "".join(rol(naam, nps(BSN_A), omschreven(soort), "V") for soort in ("mantelzorger", "vriend"))
    change(door, number, gone, rol_empty(naam, "V") * 2)
    assert element(door, number, f"z:{naam}/z:omschrijving") == ["buur"]


def test_what_a_zaak_says_of_a_person_changes_for_that_zaak_only(door: Door) -> None:
    naam = "heeftAlsBelanghebbende"
    one, twee = (new(door, relaties=rol(naam, nps("999993872", "Oud")) + INITIATOR) for _ in range(2))
    was, wordt = (rol(naam, nps("999993872", who, "W"), soort="I") for who in ("Oud", "Getrouwd"))
    change(door, one, was, wordt)
    assert element(door, one, f"z:{naam}//b:geslachtsnaam") == ["Getrouwd"]
    assert element(door, twee, f"z:{naam}//b:geslachtsnaam") == ["Oud"]


def test_verwerkingssoort_i_only_identifies(door: Door) -> None:
    number, naam = new(door), "heeftAlsBelanghebbende"
    change(door, number, "", rol(naam, nps(BSN_A, "Buur"), omschreven("buur")))
    unknown = rol(naam, nps(BSN_B, "Niemand", "I"), soort="I")
    modified = rol(naam, nps(BSN_A, "Anders", "I"), omschreven("anders"), "I")
    change(door, number, modified + unknown, modified + unknown + text("x", ""))
    assert element(door, number, f"z:{naam}//b:geslachtsnaam") == ["Buur"]
    assert element(door, number, f"z:{naam}/z:omschrijving") == ["buur"]


@pytest.mark.parametrize("soort", ["V", "E", "R", "W"])
def test_a_person_that_the_zaak_does_not_have_is_stuf064(door: Door, soort: str) -> None:
    number, naam = new(door), "heeftAlsGemachtigde"
    relatie = rol(naam, nps(BSN_B), omschreven("x"), soort)
    code, details = refuse(door, number, relatie, relatie if soort in "RW" else rol_empty(naam, soort))
    assert code == "StUF064"
    assert naam in details
    assert f"natuurlijkPersoon met inp.bsn '{BSN_B}'" in details
    relatie = rol(naam, mdw("jansen"), omschreven("x"), soort)
    _, details = refuse(door, number, relatie, relatie if soort in "RW" else rol_empty(naam, soort))
    assert "geen zodanige relatie met medewerker met identificatie 'jansen'" in details


def test_zaakobjecten_and_besluiten_change_as_roles_do(door: Door) -> None:
    number = new(door)
    adres = """<ZKN:adres StUF:entiteittype="AOA" StUF:verwerkingssoort="T"><BG:identificatie>{}</BG:identificatie>
        <BG:authentiek StUF:metagegeven="true">J</BG:authentiek></ZKN:adres>"""
    pand = """<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="{}">
        <BG:identificatie>1900100000000001</BG:identificatie></ZKN:pand>"""
    change(door, number, "", rol("heeftBetrekkingOp", adres.format("1900200000000001")))
    change(door, number, "", rol("heeftBetrekkingOp", pand.format("T"), text("omschrijving", "woning")))
    change(door, number, "", BESLUIT.format(soort="T", nummer="B1", naam="Toekenning"))
    path = "z:heeftBetrekkingOp/z:gerelateerde/*/b:identificatie"
    assert element(door, number, path) == ["1900200000000001", "1900100000000001"]
    assert element(door, number, "z:leidtTot/z:gerelateerde/z:bst.omschrijving") == ["Toekenning"]
    change(
        door,
        number,
        rol("heeftBetrekkingOp", adres.format("1900200000000001"), soort="R"),
        rol("heeftBetrekkingOp", adres.format("1900200000000002"), soort="R"),
    )
    change(door, number, rol("heeftBetrekkingOp", pand.format("I"), soort="V"), "")
    empty = f'<ZKN:leidtTot StUF:entiteittype="ZAKBSL" StUF:verwerkingssoort="V" {NO}/>'
    change(door, number, BESLUIT.format(soort="V", nummer="B1", naam="Toekenning"), empty)
    assert element(door, number, path) == ["1900200000000002"]
    assert element(door, number, "z:leidtTot/z:gerelateerde/z:bst.omschrijving") == []


def test_someone_without_a_number_is_found_by_kerngegevens(door: Door) -> None:
    number, naam = new(door), "heeftAlsBelanghebbende"
    kern = nps("").replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {NO}/>")
    change(door, number, "", rol(naam, kern.replace("Jansen", "Een")) + rol(naam, kern.replace("Jansen", "Twee")))
    change(door, number, rol(naam, kern.replace("Jansen", "Een"), soort="V"), rol_empty(naam, "V"))
    assert element(door, number, f"z:{naam}//b:geslachtsnaam") == ["Twee"]


def test_a_zaak_keeps_one_initiator(door: Door) -> None:
    """RZS 6.11.1: after a change the rules of a new zaak still hold."""
    number, naam = new(door), "heeftAlsInitiator"
    old, nieuwe = rol(naam, mdw("regie1"), soort="{}"), rol(naam, mdw("regie2"), soort="{}")
    assert refuse(door, number, "", nieuwe.format("T"))[0] == "StUF055"
    without = modification(number, old.format("V"), "").replace("GWS4all", "WmoVoorziening")
    assert door.fout("updateZaak_Lk01", without)[0] == "StUF055"
    change(door, number, old.format("R"), nieuwe.format("R"))
    assert element(door, number, f"z:{naam}//z:identificatie") == ["regie2"]
    change(door, number, nieuwe.format("V"), old.format("T"))
    assert element(door, number, f"z:{naam}//z:identificatie") == ["regie1"]


def test_a_gezinsplan_keeps_a_client_and_a_regisseur(door: Door) -> None:
    plan = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    gone = client(BSN_C).replace('OBJ" StUF:verwerkingssoort="T"', 'OBJ" StUF:verwerkingssoort="V"')
    code, details = refuse(door, plan, gone, rol_empty("heeftBetrekkingOp", "V"))
    assert (code, "over blijft geen heeftBetrekkingOp" in details) == ("StUF055", True)
    who = rol("heeftAlsInitiator", nps(BSN_C), soort="R")
    code, details = refuse(door, plan, rol("heeftAlsInitiator", mdw("regie1"), soort="R"), who)
    assert (code, "medewerker" in details) == ("StUF055", True)
    change(door, plan, rol_empty("heeftBetrekkingOp", "T") + gone, client(BSN_A) + rol_empty("heeftBetrekkingOp", "V"))
    assert element(door, plan, "z:heeftBetrekkingOp//b:inp.bsn") == [BSN_A]


def test_nothing_said_of_a_relation_on_either_side_changes_nothing(door: Door) -> None:
    number, naam = new(door), "heeftAlsGemachtigde"
    change(door, number, rol_empty(naam, "T"), rol_empty(naam, "T") + text("x", ""))
    assert element(door, number, f"z:{naam}//b:inp.bsn") == []


# --- relations with other zaken


def test_why_a_relation_is_absent_is_kept_and_goes_when_it_is_there(door: Door) -> None:
    number, naam = new(door), "heeftAlsGemachtigde"
    soorten = f"z:{naam}/@s:noValue"

    def says(soort: str) -> str:
        return f'<ZKN:{naam} StUF:entiteittype="ZAKBTRGMC" xsi:nil="true" StUF:noValue="{soort}"/>'

    for soort, expected in (
        ("vastgesteldOnbekend", "vastgesteldOnbekend"),
        ("nietOndersteund", "vastgesteldOnbekend"),
        ("geenWaarde", "geenWaarde"),
        ("waardeOnbekend", "waardeOnbekend"),
    ):
        change(door, number, "", says(soort))
        assert element(door, number, soorten) == [expected]
    change(door, number, rol_empty(naam, "T"), rol(naam, mdw("regie2")))
    assert element(door, number, soorten) == []


@pytest.mark.parametrize("vanuit", ["plan", "deel"])
def test_a_zaak_is_coupled_to_a_gezinsplan_afterwards_and_both_show_it(door: Door, vanuit: str) -> None:
    plan, part = new_number(), new(door)
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(plan, BSN_C)))
    zelf, otherwise = (plan, part) if vanuit == "plan" else (part, plan)
    for _ in range(2):  # told twice is told once
        change(door, zelf, "", other("heeftBetrekkingOpAndere", otherwise))
    path = "z:heeftBetrekkingOpAndere/z:gerelateerde/z:identificatie"
    assert element(door, plan, path) == [part]
    assert element(door, part, path) == [plan]
    change(door, otherwise, "", other("heeftBetrekkingOpAndere", zelf))
    assert element(door, plan, path) == [part], "told from the other side it is the same"
    change(door, otherwise, other("heeftBetrekkingOpAndere", zelf, "V"), "")
    assert element(door, plan, path) == []


def test_the_elements_of_a_coupling_are_kept_and_change(door: Door) -> None:
    one, twee, naam = new(door), new(door), "heeftBetrekkingOpAndere"

    def with_(soort: str, begin: str) -> str:
        tijdvak = (
            f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie>"
            f"<StUF:eindRelatie {NO}/></StUF:tijdvakRelatie>"
        )
        return other(naam, twee, soort).replace(f"</ZKN:{naam}>", f"{tijdvak}</ZKN:{naam}>")

    path = f"z:{naam}/s:tijdvakRelatie/s:beginRelatie"
    change(door, twee, "", other(naam, one))
    change(door, one, "", with_("T", "20260101"))
    assert element(door, twee, path) == ["20260101"], "told again with more"
    change(door, one, with_("W", "20260101"), with_("W", "20260202"))
    assert element(door, one, path) == ["20260202"]


def test_a_coupling_is_replaced_and_ended(door: Door) -> None:
    part, one, twee, naam = new(door), new(door), new(door), "heeftBetrekkingOpAndere"
    path = f"z:{naam}/z:gerelateerde/z:identificatie"
    change(door, part, "", other(naam, one))
    change(door, part, other(naam, one, "R"), other(naam, twee, "R"))
    assert (element(door, part, path), element(door, one, path), element(door, twee, path)) == ([twee], [], [part])
    change(door, part, other(naam, twee, "E"), "")
    assert element(door, part, path) == []
    change(door, part, "", other(naam, twee))
    assert element(door, part, path) == [twee], "after its end it may begin again"


@pytest.mark.parametrize("soort", ["V", "E", "W", "R"])
def test_a_coupling_that_is_not_there_is_stuf064(door: Door, soort: str) -> None:
    one, twee, naam = new(door), new(door), "heeftAlsDeelzaak"
    relatie = other(naam, twee, soort)
    assert refuse(door, one, relatie, relatie if soort in "RW" else "")[0] == "StUF064"
    assert refuse(door, one, "", other(naam, "1900nergens"))[0] == "StUF064"
    assert refuse(door, one, "", other(naam, one))[0] == "StUF055", "not with itself"


@pytest.mark.parametrize("vanuit", ["plan", "domein"])
def test_a_levensdomeinplan_keeps_its_gezinsplan(door: Door, vanuit: str) -> None:
    plan, second, domein, naam = new_number(), new_number(), new_number(), "heeftBetrekkingOpAndere"
    for number in (plan, second):
        door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number, BSN_C)))
    relaties = client(BSN_C) + rol("heeftAlsInitiator", mdw("regie1")) + other(naam, plan)
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(domein, "DOMEINPLAN", relaties=relaties)))
    zelf, otherwise = (plan, domein) if vanuit == "plan" else (domein, plan)
    code, details = refuse(door, zelf, other(naam, otherwise, "V"), "")
    assert (code, domein in details) == ("StUF055", True)
    change(door, domein, other(naam, plan, "R"), other(naam, second, "R"))
    assert element(door, domein, f"z:{naam}/z:gerelateerde/z:identificatie") == [second]


# --- closing and opening


def test_einddatum_with_resultaat_closes_and_geenwaarde_reopens(door: Door) -> None:
    number = new(door)
    resultaat = text("resultaat", text("omschrijving", "Toegekend"))
    change(door, number, "", resultaat + text("einddatum", "20260601"))
    assert element(door, number, "z:einddatum") == ["20260601"]
    assert element(door, number, "z:resultaat/z:omschrijving") == ["Toegekend"]
    actualiseer(door, number, status(2, "20260602"))
    assert element(door, number, "z:einddatum") == ["20260601"], "closed by einddatum, so no status opens it"
    change(door, number, text("einddatum", "20260601"), f"<ZKN:einddatum {NO}/>")
    assert element(door, number, "z:einddatum") == [""]


def test_a_status_comes_in_through_updatezaak_too(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    empty = f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" {NO}/>'
    change(door, number, empty, status(2, "2026031107510600"))
    assert last(door, number) == ["In behandeling"]
    change(door, number, "", text("toelichting", "klaar") + status(3, "20260401"))
    assert element(door, number, "z:einddatum") == ["20260401"]
    assert element(door, number, "z:toelichting") == ["klaar"]


def test_an_einddatum_that_is_said_goes_before_that_of_the_eindstatus(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    change(door, number, "", text("einddatum", "20260331") + status(3, "20260401"))
    assert element(door, number, "z:einddatum") == ["20260331"]


# --- the whole


def test_statements_do_not_grow_with_the_message(door: Door) -> None:
    naam, others = "heeftAlsBelanghebbende", [new(door) for _ in range(12)]

    def kosten(count: int) -> int:
        number = new(door)
        old = [rol(naam, mdw(f"s{i}"), soort="{}") for i in range(count)]
        zaken = [other("heeftBetrekkingOpAndere", otherwise, "{}") for otherwise in others[: count // 4]]
        change(door, number, "", "".join(part.format("T") for part in [*old, *zaken]))
        gone = "".join(part.format("V") for part in [*old[::2], *zaken])
        wordt = "".join(part.format("W") for part in old[1::2])
        nieuwe = "".join(rol(naam, mdw(f"n{count}-{i}")) for i in range(count))
        statussen = "".join(status(1, f"202603{1 + i % 28:02d}") for i in range(count))
        with count_statements() as counter:
            change(door, number, gone + wordt, wordt + nieuwe + statussen)
        assert len(element(door, number, f"z:{naam}//z:identificatie")) == count // 2 + count
        return counter.aantal

    assert kosten(4) == kosten(48)


def test_a_huge_change_is_done_whole(door: Door) -> None:
    number, naam = new(door), "heeftAlsBelanghebbende"
    change(door, number, "", "".join(rol(naam, mdw(f"veel{i}")) for i in range(500)))
    change(door, number, "".join(rol(naam, mdw(f"veel{i}"), soort="V") for i in range(499)), "")
    assert element(door, number, f"z:{naam}//z:identificatie") == ["veel499"]


def test_a_change_that_is_refused_at_its_end_leaves_nothing(door: Door) -> None:
    number = new(door)
    good = text("toelichting", "x") + rol("heeftAlsBelanghebbende", mdw("spoor"))
    assert refuse(door, number, "", good + status(99, "20260401"))[0] == "StUF064"
    assert refuse(door, number, "", good + other("heeftAlsDeelzaak", "1900nergens"))[0] == "StUF064"
    assert element(door, number, "z:toelichting") == [""]


def test_each_change_has_its_audit_line(door: Door) -> None:
    number = new(door)
    change(
        door, number, "", text("toelichting", "x") + rol("heeftAlsBelanghebbende", mdw("a1")) + status(2, "20260401")
    )
    door.succeeded("updateZaak_Lk01", modification(number, "", ""))
    with door.engine.connect() as connection:
        question = (
            "SELECT gebeurtenis, gewijzigd FROM audit a JOIN zaak z ON z.id = a.zaak_id "
            "WHERE identificatie = %s ORDER BY a.id"
        )
        regels = connection.exec_driver_sql(question, (number,)).all()
    assert [tuple(regel) for regel in regels] == [
        ("Creeer zaak", []),
        ("Update zaak", ["toelichting", "heeftAlsBelanghebbende", "heeft"]),
        ("Update zaak", []),
    ]


def test_many_relations_with_one_object_are_not_gone_through_for_each(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 60
    bekeken: list[object] = []
    says = objects._says
    monkeypatch.setattr(objects, "_says", lambda *what: bekeken.append(what) or says(*what))
    names = [f"rol {n}" for n in range(count)]

    def rollen(soort: str, more: str = "") -> str:
        own = (f"<ZKN:omschrijving>{naam}</ZKN:omschrijving>{more}" for naam in names)
        return "".join(rol("heeftAlsBelanghebbende", mdw("m1", soort="I"), one, soort) for one in own)

    number = new(door, relaties=rollen("T") + INITIATOR)
    change(door, number, rollen("W"), rollen("W", "<ZKN:toelichting>nieuw</ZKN:toelichting>"))
    assert element(door, number, "z:heeftAlsBelanghebbende/z:omschrijving") == names
    assert element(door, number, "z:heeftAlsBelanghebbende/z:toelichting") == ["nieuw"] * count
    change(door, number, rollen("V"), "")
    assert element(door, number, "z:heeftAlsBelanghebbende/z:omschrijving") == []
    assert len(bekeken) <= 2 * count
