"""Changes of relations have one effect in any order; some are refused (StUF 03.01, 5.2.4, 5.2.6 and 5.2.7)."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.berichten.bouw import NO, lv01, mdw, nps, other, rol, rol_empty, status, texts
from tests.berichten.documenten import edc, edc_lk01, relevant
from tests.diensten.documentstappen import add, documenten
from tests.diensten.stappen import INITIATOR, change, details, element, last, new, refuse, sleutel
from tests.soap.conftest import Door

from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP, LEIDT_TOT, ROLLEN

UITVOERENDE = "heeftAlsUitvoerende"
BSN_A, BSN_B, BSN_C = "111222333", "123456782", "999990019"
WEIGERT = "WMO-MAATW"
OTHERS = "heeftBetrekkingOpAndere"


def tekst(naam: str, waarde: str) -> str:
    return f"<ZKN:{naam}>{waarde}</ZKN:{naam}>"


def pand(soort: str) -> str:
    return f"""<ZKN:pand StUF:entiteittype="PND" StUF:verwerkingssoort="{soort}">
        <BG:identificatie>1900100000000001</BG:identificatie></ZKN:pand>"""


def status_empty(soort: str) -> str:
    return f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="{soort}" {NO}/>'


def other_empty(naam: str, soort: str) -> str:
    code = {"heeftAlsDeelzaak": "ZAKZAKDEL", OTHERS: "ZAKZAKBTR"}[naam]
    return f'<ZKN:{naam} StUF:entiteittype="{code}" StUF:verwerkingssoort="{soort}" {NO}/>'


@pytest.fixture(scope="module")
def door(make_door: Callable[..., Door]) -> Door:
    """The doors, with one zaaktype that refuses what overtook another message."""
    return make_door(**{'code = "WMO-MAATW"': 'code = "WMO-MAATW"\nwas = "weigeren"'})


# --- the order of the relations in a message


@pytest.mark.parametrize("gone", ["V", "E"])
@pytest.mark.parametrize("addition_first", [True, False])
def test_who_goes_and_comes_in_one_message_is_there_once(door: Door, gone: str, addition_first: bool) -> None:
    def beurt(one: str, twee: str) -> str:
        return one + twee if addition_first else twee + one

    for naam, who, path in (
        (UITVOERENDE, mdw("blijver"), "z:gerelateerde/z:medewerker"),
        ("heeftBetrekkingOp", pand("T"), "z:gerelateerde/z:pand"),
    ):
        number = new(door, relaties=rol(naam, who) + INITIATOR)
        was = beurt(rol_empty(naam, "T"), rol(naam, who, soort=gone))
        wordt = beurt(rol(naam, who), rol_empty(naam, gone))
        change(door, number, was, wordt)
        assert len(details(door, number).findall(f".//{{*}}object/{{*}}{naam}/{path.replace('z:', '{*}')}")) == 1


@pytest.mark.parametrize("addition_first", [True, False])
def test_a_status_that_goes_and_comes_in_one_message_is_there(door: Door, addition_first: bool) -> None:
    number = new(door, after=status(1, "20260102") + status(2, "20260201120000000"))
    was = [status_empty("T"), status(2, "20260201120000000", "V")]
    wordt = [status(2, "20260201120000000"), status_empty("V")]
    places = (0, 1) if addition_first else (1, 0)
    change(door, number, "".join(was[n] for n in places), "".join(wordt[n] for n in places))
    assert last(door, number) == ["In behandeling"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_replacements_that_follow_each_other_all_hold(door: Door, order: tuple[int, int]) -> None:
    number = new(door, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")) + rol(UITVOERENDE, mdw("m2")))
    was = [rol(UITVOERENDE, mdw(who), soort="R") for who in ("m1", "m2")]
    wordt = [rol(UITVOERENDE, mdw(who), soort="R") for who in ("m2", "m3")]
    change(door, number, "".join(was[n] for n in order), "".join(wordt[n] for n in order))
    assert sorted(element(door, number, f"z:{UITVOERENDE}//z:identificatie")) == ["m2", "m3"]


def test_a_replacement_of_couplings_holds_in_both_orders(door: Door) -> None:
    one, twee, drie = (new(door) for _ in range(3))
    for order in ((0, 1), (1, 0)):
        part = new(door)
        change(door, part, "", other(OTHERS, one) + other(OTHERS, twee))
        was = [other(OTHERS, one, "R"), other(OTHERS, twee, "R")]
        wordt = [other(OTHERS, twee, "R"), other(OTHERS, drie, "R")]
        change(door, part, "".join(was[n] for n in order), "".join(wordt[n] for n in order))
        assert sorted(element(door, part, f"z:{OTHERS}/z:gerelateerde/z:identificatie")) == sorted([twee, drie])


_POSSIBLE = (
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
@given(choice=st.lists(st.sampled_from(_POSSIBLE), min_size=2, max_size=5, unique=True), data=st.data())
def test_the_order_of_relations_in_a_message_does_not_matter(
    door: Door, choice: list[tuple[str, str, str, str]], data: st.DataObject
) -> None:
    """StUF 5.2.4 lets a relation be in a message once; 5.2.6 wants the same order in was and wordt, and no other."""

    def outcome(changes: list[tuple[str, str, str, str]]) -> object:
        relaties = "".join(rol(UITVOERENDE, mdw(who), tekst("toelichting", "oud")) for who in "ab")
        number = new(door, relaties=INITIATOR + relaties)
        was, wordt = [], []
        for soort, old, after, toelichting in changes:
            own = tekst("toelichting", toelichting) if toelichting else ""
            was.append(rol(UITVOERENDE, mdw(old), soort=soort) if old else rol_empty(UITVOERENDE, soort))
            wordt.append(rol(UITVOERENDE, mdw(after), own, soort) if after else rol_empty(UITVOERENDE, soort))
        bericht = f"{''.join(was)}", f"{''.join(wordt)}"
        try:
            change(door, number, *bericht)
        except AssertionError as error:
            return [part for part in ("StUF064", "StUF067") if part in str(error)]
        paths = ("z:gerelateerde/z:medewerker/z:identificatie", "z:toelichting")
        rollen = details(door, number).findall(f".//{{*}}object/{{*}}{UITVOERENDE}")
        return sorted(tuple("".join(texts(one, path)) for path in paths) for one in rollen)

    one, other_om = outcome(choice), outcome(data.draw(st.permutations(choice)))
    # Either of two faults may be met first.
    assert one == other_om or (one and other_om and "StUF06" in str(one) and "StUF06" in str(other_om))


def test_one_relation_twice_in_a_message_is_refused(door: Door) -> None:
    part, large = new(door), new(door, relaties=INITIATOR + rol(UITVOERENDE, mdw("m1")))
    double = rol(UITVOERENDE, mdw("m1"), soort="W") + rol(UITVOERENDE, mdw("m1"), soort="V")
    code, explanation = refuse(
        door, large, double, rol(UITVOERENDE, mdw("m1"), soort="W") + rol_empty(UITVOERENDE, "V")
    )
    assert (code, "5.2.4" in explanation) == ("StUF067", True)
    twee = "".join(rol(UITVOERENDE, mdw("m1"), tekst("toelichting", says)) for says in ("een", "twee"))
    assert refuse(door, large, "", twee)[0] == "StUF067", "which of the two holds?"
    change(door, large, "", rol(UITVOERENDE, mdw("m1"), tekst("toelichting", "een")) * 2)
    change(door, part, "", other(OTHERS, large) * 2)
    assert refuse(door, part, other(OTHERS, large, "V") * 2, other_empty(OTHERS, "V") * 2)[0] == "StUF067"


def test_w_of_several_people_in_another_order_changes_each_of_them(door: Door) -> None:
    own = tekst("omschrijving", "blijft")
    number = new(door, relaties=INITIATOR + "".join(rol(UITVOERENDE, mdw(who), own) for who in ("m1", "m2")))
    one, twee = (rol(UITVOERENDE, mdw(who), tekst("toelichting", who), "W") for who in ("m1", "m2"))
    change(door, number, one + twee, twee + one)
    assert element(door, number, f"z:{UITVOERENDE}/z:omschrijving") == ["blijft", "blijft"]


# --- what is shown is what is found


def found(door: Door, number: str, relatie: str, criteria: str) -> bool:
    gelijk = f"<ZKN:{relatie}><ZKN:gerelateerde>{criteria}</ZKN:gerelateerde></ZKN:{relatie}>"
    scope = "<ZKN:identificatie xsi:nil='true'/>"
    return number in texts(door.succeeded("zakLv01", lv01(gelijk, scope)), "//z:antwoord/z:object/z:identificatie")


@pytest.mark.parametrize("soort", ["I", "W"])
def test_somebody_with_another_number_is_found_by_it_and_no_longer_by_the_old_one(door: Door, soort: str) -> None:
    naam, own = "heeftAlsBelanghebbende", tekst("omschrijving", "buur") + tekst("toelichting", "blijft")
    number = new(door, relaties=rol(naam, nps(BSN_A), own) + INITIATOR)
    was, wordt = (rol(naam, nps(bsn, soort="W"), tekst("omschrijving", "buur"), soort) for bsn in (BSN_A, BSN_B))
    change(door, number, was, wordt)
    assert element(door, number, f"z:{naam}//b:inp.bsn") == [BSN_B]
    assert element(door, number, f"z:{naam}/z:toelichting") == ["blijft"], "the relation stays"
    assert found(door, number, naam, tekst("identificatie", BSN_B))
    assert not found(door, number, naam, tekst("identificatie", BSN_A))


def test_somebody_who_gets_a_bsn_keeps_what_is_known_of_him(door: Door) -> None:
    naam = "heeftAlsBelanghebbende"
    extra = "<BG:voornamen>Anna</BG:voornamen>"
    without = nps("", "Zonder", "W", extra).replace("<BG:inp.bsn></BG:inp.bsn>", f"<BG:inp.bsn {NO}/>")
    number = new(door, relaties=rol(naam, without.replace('soort="W"', 'soort="T"')) + INITIATOR)
    change(door, number, rol(naam, without, soort="I"), rol(naam, nps(BSN_C, "Zonder", "W"), soort="I"))
    assert element(door, number, f"z:{naam}//b:inp.bsn") == [BSN_C]
    assert element(door, number, f"z:{naam}//b:voornamen") == ["Anna"]
    assert found(door, number, naam, tekst("identificatie", BSN_C))


def test_a_name_that_only_this_zaak_says_is_found_with_this_zaak(door: Door) -> None:
    naam, bsn = "heeftAlsGemachtigde", "999993653"
    one = new(door, relaties=rol(naam, nps(bsn, "Oudenaam")) + INITIATOR)
    twee = new(door, relaties=rol(naam, nps(bsn, "Nieuwenaam")) + INITIATOR)
    for sought, indeed, not_ in (("Oudenaam", one, twee), ("Nieuwenaam", twee, one)):
        for criterium in (
            tekst("naam", sought),
            tekst("naam", sought) + tekst("identificatie", bsn),
            f"<ZKN:natuurlijkPersoon><BG:geslachtsnaam>{sought}</BG:geslachtsnaam></ZKN:natuurlijkPersoon>",
            f'<ZKN:naam StUF:exact="false">{sought[:-2].lower()}</ZKN:naam>',
        ):
            assert found(door, indeed, naam, criterium)
            assert not found(door, not_, naam, criterium)


# --- the guard of was


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_what_goes_ends_or_is_replaced(door: Door, soort: str) -> None:
    relaties = rol(UITVOERENDE, mdw("m1"), tekst("toelichting", "nu B")) + INITIATOR
    number = new(door, code=WEIGERT, relaties=relaties)

    def halves(says: str) -> tuple[str, str]:
        nieuwe = rol(UITVOERENDE, mdw("m9"), soort="R") if soort == "R" else rol_empty(UITVOERENDE, soort)
        return rol(UITVOERENDE, mdw("m1"), tekst("toelichting", says), soort), nieuwe

    code, explanation = refuse(door, number, *halves("was A"))
    assert (code, f"{UITVOERENDE}/toelichting" in explanation) == ("StUF063", True)
    assert element(door, number, f"z:{UITVOERENDE}/z:toelichting") == ["nu B"]
    change(door, number, *halves("nu B"))
    assert element(door, number, f"z:{UITVOERENDE}//z:identificatie") == (["m9"] if soort == "R" else [])


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_statuses_too(door: Door, soort: str) -> None:
    number = new(door, code=WEIGERT, after=status(1, "20260102", extra=tekst("toelichting", "nu B")))
    wordt = status(2, "20260301", "R") if soort == "R" else status_empty(soort)
    was = status(1, "20260102", soort, extra=tekst("toelichting", "was A"))
    assert refuse(door, number, was, wordt)[0] == "StUF063"


def test_the_end_of_a_status_changes_nothing_else_of_it(door: Door) -> None:
    number = new(door, after=status(1, "20260102", extra=tekst("toelichting", "blijft")))
    change(door, number, status(1, "20260102", "E", extra=tekst("toelichting", "anders")), status_empty("E"))
    assert element(door, number, "z:heeft/z:toelichting") == ["blijft"]


@pytest.mark.parametrize("soort", ["V", "E", "R"])
def test_was_guards_couplings_too(door: Door, soort: str) -> None:
    one, twee, drie = (new(door, code=WEIGERT) for _ in range(3))

    def with_(begin: str, soort: str) -> str:
        tijdvak = f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie></StUF:tijdvakRelatie>"
        return other(OTHERS, twee, soort).replace(f"</ZKN:{OTHERS}>", f"{tijdvak}</ZKN:{OTHERS}>")

    change(door, one, "", with_("20260101", "T"))
    wordt = other(OTHERS, drie, "R") if soort == "R" else other_empty(OTHERS, soort)
    assert refuse(door, one, with_("20250101", soort), wordt)[0] == "StUF063"
    change(door, one, with_("20260101", soort), wordt)


# --- changes below a relation that only identifies


AANSPREEKPUNT = """<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{soort}">
    <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="I"><ZKN:naam>Smit</ZKN:naam>
    <ZKN:telefoonnummer>{nummer}</ZKN:telefoonnummer></ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""
NO_AANSPREEKPUNT = (
    f'<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{{soort}}" {NO}/>'
)


def test_what_changes_below_a_relation_with_verwerkingssoort_i_is_done(door: Door) -> None:
    """StUF 5.2.6, item 9: the relation itself stays as it is."""
    number, naam = new(door), "heeftAlsInitiator"
    telefoon = f"z:{naam}/z:heeftAlsAanspreekpunt/z:gerelateerde/z:telefoonnummer"

    def with_(aanspreekpunt: str) -> str:
        return rol(naam, mdw("regie1", soort="I"), aanspreekpunt, "I")

    def reachable(soort: str, on: str) -> str:
        return with_(AANSPREEKPUNT.format(soort=soort, nummer=on))

    change(door, number, with_(NO_AANSPREEKPUNT.format(soort="T")), reachable("T", "0611"))
    assert element(door, number, telefoon) == ["0611"]
    change(door, number, reachable("W", "0611"), reachable("W", "0622"))
    assert element(door, number, telefoon) == ["0622"]
    change(door, number, reachable("V", "0622"), with_(NO_AANSPREEKPUNT.format(soort="V")))
    assert element(door, number, telefoon) == []
    assert element(door, number, f"z:{naam}//z:identificatie") == ["regie1"]


def test_one_object_with_a_change_below_i_is_done_too(door: Door) -> None:
    number, naam = new(door), "heeftAlsInitiator"
    change(door, number, "", rol(naam, mdw("regie1", soort="I"), AANSPREEKPUNT.format(soort="T", nummer="0633"), "I"))
    assert element(door, number, f"z:{naam}/z:heeftAlsAanspreekpunt//z:telefoonnummer") == ["0633"]


def test_who_set_a_status_changes_below_i(door: Door) -> None:
    def gezet(who: str, soort: str) -> str:
        by = f"""<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">
            <ZKN:gerelateerde>{mdw(who)}</ZKN:gerelateerde></ZKN:isGezetDoor></ZKN:heeft>"""
        return status(1, "20260102", "I").replace("</ZKN:heeft>", by)

    number = new(
        door, after=gezet("m1", "T").replace('STT" StUF:verwerkingssoort="I">', 'STT" StUF:verwerkingssoort="T">', 1)
    )
    change(door, number, gezet("m1", "R"), gezet("m2", "R"))
    assert element(door, number, "z:heeft/z:isGezetDoor//z:identificatie") == ["m2"]


def test_a_related_zaak_is_not_changed_by_a_message_about_another(door: Door) -> None:
    """StUF 5.2.7: only where the sector model says so; the change must not get lost in silence."""
    one, twee = new(door), new(door)
    change(door, one, "", other(OTHERS, twee))

    def with_(omschrijving: str) -> str:
        return (
            other(OTHERS, twee, "I")
            .replace('"ZAK" StUF:verwerkingssoort="I"', '"ZAK" StUF:verwerkingssoort="W"')
            .replace("</ZKN:gerelateerde>", f"{tekst('omschrijving', omschrijving)}</ZKN:gerelateerde>")
        )

    code, explanation = refuse(door, one, with_("Zaak"), with_("Anders"))
    assert (code, "5.2.7" in explanation) == ("StUF055", True)


# --- hoofdzaak and deelzaak


def test_a_zaak_is_not_the_hoofdzaak_of_its_own_hoofdzaak(door: Door) -> None:
    one, twee, drie = (new(door) for _ in range(3))
    naam = "heeftAlsDeelzaak"
    change(door, one, "", other(naam, twee))
    code, explanation = refuse(door, twee, other_empty(naam, "T"), other(naam, one))
    assert (code, "eigen hoofdzaak" in explanation) == ("StUF055", True)
    change(door, twee, "", other(naam, drie))
    code, explanation = refuse(door, drie, "", other(naam, one))
    assert (code, "eigen hoofdzaak" in explanation) == ("StUF055", True), "nor by way of others"
    assert refuse(door, twee, other(naam, one, "V"), other_empty(naam, "V"))[0] == "StUF064", "that is the other way"
    path = f"z:{naam}/z:gerelateerde/z:identificatie"
    assert (element(door, one, path), element(door, twee, path), element(door, drie, path)) == ([twee], [drie], [])
    change(door, one, "", other(naam, twee))
    assert element(door, one, path) == [twee], "told again it is the same"


def test_a_document_that_is_released_and_related_in_one_message_belongs_to_the_zaak(door: Door) -> None:
    one, twee = new(door), new(door)

    def bericht(number: str, wordt: str) -> str:
        return edc_lk01("W", edc(sleutel(number)), edc(sleutel(number) + wordt))

    for soorten in ("TV", "VT"):
        number = add(door, one, twee)
        wordt = "".join(relevant(one, soort) for soort in soorten)
        door.succeeded("voegZaakdocumentToe_Lk01", bericht(number, wordt))
        assert number in documenten(door, one)
        otherwise = "".join(relevant(one, "T", tekst("titel", titel)) for titel in ("een", "twee"))
        assert door.fout("voegZaakdocumentToe_Lk01", bericht(number, otherwise))[0] == "StUF067"
        door.succeeded("voegZaakdocumentToe_Lk01", bericht(number, relevant(one, "T", tekst("titel", "een")) * 2))


def test_each_element_that_is_a_name_counts_as_a_name_of_its_own(door: Door) -> None:
    """The index looks for the elements that the entity tables call a name."""
    names = {
        element.naam
        for relatie in (HEEFT_BETREKKING_OP, LEIDT_TOT, *ROLLEN)
        for choice in relatie.gerelateerde
        for element in choice.entiteit.elementen
        if element.kolom == "naam"
    }
    question = text("SELECT regie_eigen_naam(jsonb_build_object(CAST(:naam AS text), 'x'))")
    with door.engine.connect() as connection:
        seen = {naam for naam in (*names, "voornamen") if connection.execute(question, {"naam": naam}).scalar_one()}
    assert seen == names
