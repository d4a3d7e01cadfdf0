"""What a change of relations does, whatever their order, and what it refuses (StUF 03.01, 5.2.4, 5.2.6 and 5.2.7)."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.berichten.bouw import GEEN, ander, lv01, mdw, nps, rol, rol_leeg, status, teksten
from tests.berichten.documenten import edc, edc_lk01, relevant
from tests.diensten.documentstappen import documenten, voeg_toe
from tests.diensten.stappen import INITIATOR, details, element, laatste, nieuw, sleutel, weiger, wijzig
from tests.soap.conftest import Deur

from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP, LEIDT_TOT, ROLLEN

UITVOERENDE = "heeftAlsUitvoerende"
BSN_A, BSN_B, BSN_C = "111222333", "123456782", "999990019"
WEIGERT = "WMO-MAATW"
ANDERE = "heeftBetrekkingOpAndere"


def tekst(naam: str, waarde: str) -> str:
    return f"<ZKN:{naam}>{waarde}</ZKN:{naam}>"


def pand(soort: str) -> str:
    return f"""<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="{soort}">
        <BG:identificatie>1900100000000001</BG:identificatie></ZKN:pand>"""


def status_leeg(soort: str) -> str:
    return f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="{soort}" {GEEN}/>'


def ander_leeg(naam: str, soort: str) -> str:
    code = {"heeftAlsDeelzaak": "ZAKZAKDEL", ANDERE: "ZAKZAKBTR"}[naam]
    return f'<ZKN:{naam} StUF:entiteittype="{code}" StUF:verwerkingssoort="{soort}" {GEEN}/>'


@pytest.fixture(scope="module")
def deur(maak_deur: Callable[..., Deur]) -> Deur:
    """The doors, with one zaaktype that refuses what overtook another message."""
    return maak_deur(**{'code = "WMO-MAATW"': 'code = "WMO-MAATW"\nwas = "weigeren"'})


# --- the order of the relations in a message


@pytest.mark.parametrize("weg", ["V", "E"])
@pytest.mark.parametrize("toevoeging_eerst", [True, False])
def test_who_goes_and_comes_in_one_message_is_there_once(deur: Deur, weg: str, toevoeging_eerst: bool) -> None:
    def beurt(een: str, twee: str) -> str:
        return een + twee if toevoeging_eerst else twee + een

    for naam, wie, pad in (
        (UITVOERENDE, mdw("blijver"), "z:gerelateerde/z:medewerker"),
        ("heeftBetrekkingOp", pand("T"), "z:gerelateerde/z:pand"),
    ):
        nummer = nieuw(deur, relaties=rol(naam, wie) + INITIATOR)
        was = beurt(rol_leeg(naam, "T"), rol(naam, wie, soort=weg))
        wordt = beurt(rol(naam, wie), rol_leeg(naam, weg))
        wijzig(deur, nummer, was, wordt)
        assert len(details(deur, nummer).findall(f".//{{*}}object/{{*}}{naam}/{pad.replace('z:', '{*}')}")) == 1


@pytest.mark.parametrize("toevoeging_eerst", [True, False])
def test_a_status_that_goes_and_comes_in_one_message_is_there(deur: Deur, toevoeging_eerst: bool) -> None:
    nummer = nieuw(deur, na=status(1, "20260102") + status(2, "20260201120000000"))
    was = [status_leeg("T"), status(2, "20260201120000000", "V")]
    wordt = [status(2, "20260201120000000"), status_leeg("V")]
    plaatsen = (0, 1) if toevoeging_eerst else (1, 0)
    wijzig(deur, nummer, "".join(was[n] for n in plaatsen), "".join(wordt[n] for n in plaatsen))
    assert laatste(deur, nummer) == ["In behandeling"]


@pytest.mark.parametrize("volgorde", [(0, 1), (1, 0)])
def test_replacements_that_follow_each_other_all_hold(deur: Deur, volgorde: tuple[int, int]) -> None:
    nummer = nieuw(deur, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")) + rol(UITVOERENDE, mdw("m2")))
    was = [rol(UITVOERENDE, mdw(wie), soort="R") for wie in ("m1", "m2")]
    wordt = [rol(UITVOERENDE, mdw(wie), soort="R") for wie in ("m2", "m3")]
    wijzig(deur, nummer, "".join(was[n] for n in volgorde), "".join(wordt[n] for n in volgorde))
    assert sorted(element(deur, nummer, f"z:{UITVOERENDE}//z:identificatie")) == ["m2", "m3"]


def test_a_replacement_of_couplings_holds_in_both_orders(deur: Deur) -> None:
    een, twee, drie = (nieuw(deur) for _ in range(3))
    for volgorde in ((0, 1), (1, 0)):
        deel = nieuw(deur)
        wijzig(deur, deel, "", ander(ANDERE, een) + ander(ANDERE, twee))
        was = [ander(ANDERE, een, "R"), ander(ANDERE, twee, "R")]
        wordt = [ander(ANDERE, twee, "R"), ander(ANDERE, drie, "R")]
        wijzig(deur, deel, "".join(was[n] for n in volgorde), "".join(wordt[n] for n in volgorde))
        assert sorted(element(deur, deel, f"z:{ANDERE}/z:gerelateerde/z:identificatie")) == sorted([twee, drie])


_MOGELIJK = (
    ("V", "a", "", ""),
    ("E", "a", "", ""),
    ("R", "a", "b", ""),
    ("W", "a", "a", "nieuw"),
    ("W", "b", "c", ""),
    ("V", "b", "", ""),
    ("W", "b", "b", "anders"),
    ("R", "b", "a", "ruil"),
    ("T", "", "a", ""),
    ("T", "", "a", "terug"),
    ("T", "", "b", "erbij"),
    ("T", "", "c", ""),
)
"""Changes of one relation: verwerkingssoort, who was it, who it becomes, and its toelichting then."""


@settings(max_examples=40)
@given(keuze=st.lists(st.sampled_from(_MOGELIJK), min_size=2, max_size=5, unique=True), data=st.data())
def test_the_order_of_relations_in_a_message_does_not_matter(
    deur: Deur, keuze: list[tuple[str, str, str, str]], data: st.DataObject
) -> None:
    """StUF 5.2.4 lets a relation be in a message once; 5.2.6 wants the same order in was and wordt, and no other."""

    def uitkomst(veranderingen: list[tuple[str, str, str, str]]) -> object:
        relaties = "".join(rol(UITVOERENDE, mdw(wie), tekst("toelichting", "oud")) for wie in "ab")
        nummer = nieuw(deur, relaties=INITIATOR + relaties)
        was, wordt = [], []
        for soort, oud, na, toelichting in veranderingen:
            eigen = tekst("toelichting", toelichting) if toelichting else ""
            was.append(rol(UITVOERENDE, mdw(oud), soort=soort) if oud else rol_leeg(UITVOERENDE, soort))
            wordt.append(rol(UITVOERENDE, mdw(na), eigen, soort) if na else rol_leeg(UITVOERENDE, soort))
        bericht = f"{''.join(was)}", f"{''.join(wordt)}"
        try:
            wijzig(deur, nummer, *bericht)
        except AssertionError as fout:
            return [deel for deel in ("StUF064", "StUF067") if deel in str(fout)]
        paden = ("z:gerelateerde/z:medewerker/z:identificatie", "z:toelichting")
        rollen = details(deur, nummer).findall(f".//{{*}}object/{{*}}{UITVOERENDE}")
        return sorted(tuple("".join(teksten(een, pad)) for pad in paden) for een in rollen)

    een, ander_om = uitkomst(keuze), uitkomst(data.draw(st.permutations(keuze)))
    # Of two faults either may be met first.
    assert een == ander_om or (een and ander_om and "StUF06" in str(een) and "StUF06" in str(ander_om))


def test_one_relation_twice_in_a_message_is_refused(deur: Deur) -> None:
    deel, groot = nieuw(deur), nieuw(deur, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")))
    dubbel = rol(UITVOERENDE, mdw("m1"), soort="W") + rol(UITVOERENDE, mdw("m1"), soort="V")
    code, uitleg = weiger(deur, groot, dubbel, rol(UITVOERENDE, mdw("m1"), soort="W") + rol_leeg(UITVOERENDE, "V"))
    assert (code, "5.2.4" in uitleg) == ("StUF067", True)
    twee = "".join(rol(UITVOERENDE, mdw("m1"), tekst("toelichting", zegt)) for zegt in ("een", "twee"))
    assert weiger(deur, groot, "", twee)[0] == "StUF067", "which of the two holds?"
    wijzig(deur, groot, "", rol(UITVOERENDE, mdw("m1"), tekst("toelichting", "een")) * 2)
    wijzig(deur, deel, "", ander(ANDERE, groot) * 2)
    assert weiger(deur, deel, ander(ANDERE, groot, "V") * 2, ander_leeg(ANDERE, "V") * 2)[0] == "StUF067"


def test_w_of_several_people_in_another_order_changes_each_of_them(deur: Deur) -> None:
    eigen = tekst("omschrijving", "blijft")
    nummer = nieuw(deur, relaties=INITIATOR + "".join(rol(UITVOERENDE, mdw(wie), eigen) for wie in ("m1", "m2")))
    een, twee = (rol(UITVOERENDE, mdw(wie), tekst("toelichting", wie), "W") for wie in ("m1", "m2"))
    wijzig(deur, nummer, een + twee, twee + een)
    assert element(deur, nummer, f"z:{UITVOERENDE}/z:omschrijving") == ["blijft", "blijft"]


# --- what is shown is what is found


def gevonden(deur: Deur, nummer: str, relatie: str, criteria: str) -> bool:
    gelijk = f"<ZKN:{relatie}><ZKN:gerelateerde>{criteria}</ZKN:gerelateerde></ZKN:{relatie}>"
    scope = "<ZKN:identificatie xsi:nil='true'/>"
    return nummer in teksten(deur.gelukt("zakLv01", lv01(gelijk, scope)), "//z:antwoord/z:object/z:identificatie")


@pytest.mark.parametrize("soort", ["I", "W"])
def test_somebody_with_another_number_is_found_by_it_and_no_longer_by_the_old_one(deur: Deur, soort: str) -> None:
    naam, eigen = "heeftAlsBelanghebbende", tekst("omschrijving", "buur") + tekst("toelichting", "blijft")
    nummer = nieuw(deur, relaties=rol(naam, nps(BSN_A), eigen) + INITIATOR)
    was, wordt = (rol(naam, nps(bsn, soort="W"), tekst("omschrijving", "buur"), soort) for bsn in (BSN_A, BSN_B))
    wijzig(deur, nummer, was, wordt)
    assert element(deur, nummer, f"z:{naam}//b:inp.bsn") == [BSN_B]
    assert element(deur, nummer, f"z:{naam}/z:toelichting") == ["blijft"], "the relation stays"
    assert gevonden(deur, nummer, naam, tekst("identificatie", BSN_B))
    assert not gevonden(deur, nummer, naam, tekst("identificatie", BSN_A))


def test_somebody_who_gets_a_bsn_keeps_what_is_known_of_him(deur: Deur) -> None:
    naam = "heeftAlsBelanghebbende"
    extra = "<BG:voornamen>Anna</BG:voornamen>"
    zonder = nps("", "Zonder", "W", extra).replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {GEEN}/>")
    nummer = nieuw(deur, relaties=rol(naam, zonder.replace('soort="W"', 'soort="T"')) + INITIATOR)
    wijzig(deur, nummer, rol(naam, zonder, soort="I"), rol(naam, nps(BSN_C, "Zonder", "W"), soort="I"))
    assert element(deur, nummer, f"z:{naam}//b:inp.bsn") == [BSN_C]
    assert element(deur, nummer, f"z:{naam}//b:voornamen") == ["Anna"]
    assert gevonden(deur, nummer, naam, tekst("identificatie", BSN_C))


def test_a_name_that_only_this_zaak_says_is_found_with_this_zaak(deur: Deur) -> None:
    naam, bsn = "heeftAlsGemachtigde", "999993653"
    een = nieuw(deur, relaties=rol(naam, nps(bsn, "Oudenaam")) + INITIATOR)
    twee = nieuw(deur, relaties=rol(naam, nps(bsn, "Nieuwenaam")) + INITIATOR)
    for gezocht, wel, niet in (("Oudenaam", een, twee), ("Nieuwenaam", twee, een)):
        for criterium in (
            tekst("naam", gezocht),
            tekst("naam", gezocht) + tekst("identificatie", bsn),
            f"<ZKN:natuurlijkPersoon><BG:geslachtsnaam>{gezocht}</BG:geslachtsnaam></ZKN:natuurlijkPersoon>",
            f'<ZKN:naam StUF:exact="false">{gezocht[:-2].lower()}</ZKN:naam>',
        ):
            assert gevonden(deur, wel, naam, criterium)
            assert not gevonden(deur, niet, naam, criterium)


# --- the guard of was


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_what_goes_ends_or_is_replaced(deur: Deur, soort: str) -> None:
    relaties = rol(UITVOERENDE, mdw("m1"), tekst("toelichting", "nu B")) + INITIATOR
    nummer = nieuw(deur, code=WEIGERT, relaties=relaties)

    def halven(zegt: str) -> tuple[str, str]:
        nieuwe = rol(UITVOERENDE, mdw("m9"), soort="R") if soort == "R" else rol_leeg(UITVOERENDE, soort)
        return rol(UITVOERENDE, mdw("m1"), tekst("toelichting", zegt), soort), nieuwe

    code, uitleg = weiger(deur, nummer, *halven("was A"))
    assert (code, f"{UITVOERENDE}/toelichting" in uitleg) == ("StUF063", True)
    assert element(deur, nummer, f"z:{UITVOERENDE}/z:toelichting") == ["nu B"]
    wijzig(deur, nummer, *halven("nu B"))
    assert element(deur, nummer, f"z:{UITVOERENDE}//z:identificatie") == (["m9"] if soort == "R" else [])


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_statuses_too(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur, code=WEIGERT, na=status(1, "20260102", extra=tekst("toelichting", "nu B")))
    wordt = status(2, "20260301", "R") if soort == "R" else status_leeg(soort)
    was = status(1, "20260102", soort, extra=tekst("toelichting", "was A"))
    assert weiger(deur, nummer, was, wordt)[0] == "StUF063"


def test_the_end_of_a_status_changes_nothing_else_of_it(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260102", extra=tekst("toelichting", "blijft")))
    wijzig(deur, nummer, status(1, "20260102", "E", extra=tekst("toelichting", "anders")), status_leeg("E"))
    assert element(deur, nummer, "z:heeft/z:toelichting") == ["blijft"]


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_couplings_too(deur: Deur, soort: str) -> None:
    een, twee, drie = (nieuw(deur, code=WEIGERT) for _ in range(3))

    def met(begin: str, soort: str) -> str:
        tijdvak = f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie></StUF:tijdvakRelatie>"
        return ander(ANDERE, twee, soort).replace(f"</ZKN:{ANDERE}>", f"{tijdvak}</ZKN:{ANDERE}>")

    wijzig(deur, een, "", met("20260101", "T"))
    wordt = ander(ANDERE, drie, "R") if soort == "R" else ander_leeg(ANDERE, soort)
    assert weiger(deur, een, met("20250101", soort), wordt)[0] == "StUF063"
    wijzig(deur, een, met("20260101", soort), wordt)


# --- changes below a relation that only identifies


AANSPREEKPUNT = """<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{soort}">
    <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="I"><ZKN:naam>Smit</ZKN:naam>
    <ZKN:telefoonnummer>{nummer}</ZKN:telefoonnummer></ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""
GEEN_AANSPREEKPUNT = (
    f'<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{{soort}}" {GEEN}/>'
)


def test_what_changes_below_a_relation_with_verwerkingssoort_i_is_done(deur: Deur) -> None:
    """StUF 5.2.6, item 9: the relation itself stays as it is."""
    nummer, naam = nieuw(deur), "heeftAlsInitiator"
    telefoon = f"z:{naam}/z:heeftAlsAanspreekpunt/z:gerelateerde/z:telefoonnummer"

    def met(aanspreekpunt: str) -> str:
        return rol(naam, mdw("regie1", soort="I"), aanspreekpunt, "I")

    def bereikbaar(soort: str, op: str) -> str:
        return met(AANSPREEKPUNT.format(soort=soort, nummer=op))

    wijzig(deur, nummer, met(GEEN_AANSPREEKPUNT.format(soort="T")), bereikbaar("T", "0611"))
    assert element(deur, nummer, telefoon) == ["0611"]
    wijzig(deur, nummer, bereikbaar("W", "0611"), bereikbaar("W", "0622"))
    assert element(deur, nummer, telefoon) == ["0622"]
    wijzig(deur, nummer, bereikbaar("V", "0622"), met(GEEN_AANSPREEKPUNT.format(soort="V")))
    assert element(deur, nummer, telefoon) == []
    assert element(deur, nummer, f"z:{naam}//z:identificatie") == ["regie1"]


def test_one_object_with_a_change_below_i_is_done_too(deur: Deur) -> None:
    nummer, naam = nieuw(deur), "heeftAlsInitiator"
    wijzig(deur, nummer, "", rol(naam, mdw("regie1", soort="I"), AANSPREEKPUNT.format(soort="T", nummer="0633"), "I"))
    assert element(deur, nummer, f"z:{naam}/z:heeftAlsAanspreekpunt//z:telefoonnummer") == ["0633"]


def test_who_set_a_status_changes_below_i(deur: Deur) -> None:
    def gezet(wie: str, soort: str) -> str:
        door = f"""<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">
            <ZKN:gerelateerde>{mdw(wie)}</ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"""
        return status(1, "20260102", "I").replace("</ZKN:heeft>", door)

    nummer = nieuw(
        deur, na=gezet("m1", "T").replace('STT" StUF:verwerkingssoort="I">', 'STT" StUF:verwerkingssoort="T">', 1)
    )
    wijzig(deur, nummer, gezet("m1", "R"), gezet("m2", "R"))
    assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:identificatie") == ["m2"]


def test_a_related_zaak_is_not_changed_by_a_message_about_another(deur: Deur) -> None:
    """StUF 5.2.7: only where the sector model says so; the change must not get lost in silence."""
    een, twee = nieuw(deur), nieuw(deur)
    wijzig(deur, een, "", ander(ANDERE, twee))

    def met(omschrijving: str) -> str:
        return (
            ander(ANDERE, twee, "I")
            .replace('"ZAK" StUF:verwerkingssoort="I"', '"ZAK" StUF:verwerkingssoort="W"')
            .replace("</ZKN:gerelateerde>", f"{tekst('omschrijving', omschrijving)}</ZKN:gerelateerde>")
        )

    code, uitleg = weiger(deur, een, met("Zaak"), met("Anders"))
    assert (code, "5.2.7" in uitleg) == ("StUF055", True)


# --- hoofdzaak and deelzaak


def test_a_zaak_is_not_the_hoofdzaak_of_its_own_hoofdzaak(deur: Deur) -> None:
    een, twee, drie = (nieuw(deur) for _ in range(3))
    naam = "heeftAlsDeelzaak"
    wijzig(deur, een, "", ander(naam, twee))
    code, uitleg = weiger(deur, twee, ander_leeg(naam, "T"), ander(naam, een))
    assert (code, "eigen hoofdzaak" in uitleg) == ("StUF055", True)
    wijzig(deur, twee, "", ander(naam, drie))
    code, uitleg = weiger(deur, drie, "", ander(naam, een))
    assert (code, "eigen hoofdzaak" in uitleg) == ("StUF055", True), "nor by way of others"
    assert weiger(deur, twee, ander(naam, een, "V"), ander_leeg(naam, "V"))[0] == "StUF064", "that is the other way"
    pad = f"z:{naam}/z:gerelateerde/z:identificatie"
    assert (element(deur, een, pad), element(deur, twee, pad), element(deur, drie, pad)) == ([twee], [drie], [])
    wijzig(deur, een, "", ander(naam, twee))
    assert element(deur, een, pad) == [twee], "told again it is the same"


def test_a_document_that_is_released_and_related_in_one_message_belongs_to_the_zaak(deur: Deur) -> None:
    een, twee = nieuw(deur), nieuw(deur)

    def bericht(nummer: str, wordt: str) -> str:
        return edc_lk01("W", edc(sleutel(nummer)), edc(sleutel(nummer) + wordt))

    for soorten in ("TV", "VT"):
        nummer = voeg_toe(deur, een, twee)
        wordt = "".join(relevant(een, soort) for soort in soorten)
        deur.gelukt("voegZaakdocumentToe_Lk01", bericht(nummer, wordt))
        assert nummer in documenten(deur, een)
        anders = "".join(relevant(een, "T", tekst("titel", titel)) for titel in ("een", "twee"))
        assert deur.fout("voegZaakdocumentToe_Lk01", bericht(nummer, anders))[0] == "StUF067"
        deur.gelukt("voegZaakdocumentToe_Lk01", bericht(nummer, relevant(een, "T", tekst("titel", "een")) * 2))


def test_each_element_that_is_a_name_counts_as_a_name_of_its_own(deur: Deur) -> None:
    """What an index looks for and what the entity tables call a name are the same."""
    namen = {
        element.naam
        for relatie in (HEEFT_BETREKKING_OP, LEIDT_TOT, *ROLLEN)
        for keuze in relatie.gerelateerde
        for element in keuze.entiteit.elementen
        if element.kolom == "naam"
    }
    vraag = text("SELECT regie_eigen_naam(jsonb_build_object(CAST(:naam AS text), 'x'))")
    with deur.motor.connect() as verbinding:
        gezien = {naam for naam in (*namen, "voornamen") if verbinding.execute(vraag, {"naam": naam}).scalar_one()}
    assert gezien == namen
