"""A change names only what is there: below a relation that only identifies, and at its other end (StUF 5.2.5)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import NO, is_van, lk01, mdw, new_number, other, rol, status, zaak
from tests.berichten.documenten import SOEPEL, edc, edc_lk01, relevant
from tests.diensten.documentstappen import add
from tests.diensten.stappen import change, element, new, refuse, sleutel
from tests.diensten.test_documenten_gelijktijdig import heeft_relevant
from tests.soap.conftest import Door

OTHER_TYPE = "WMO-MAATW"
OTHERS = "heeftBetrekkingOpAndere"
DEELZAAK = "heeftAlsDeelzaak"
INITIATOR = "heeftAlsInitiator"
AANSPREEKPUNT = """<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{soort}">
    <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="I"><ZKN:naam>Smit</ZKN:naam>
    <ZKN:telefoonnummer>{nummer}</ZKN:telefoonnummer></ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""
NO_AANSPREEKPUNT = (
    f'<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{{soort}}" {NO}/>'
)
NO_SETTER = f'<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{{soort}}" {NO}/>'
TELEFOON = f"z:{INITIATOR}/z:heeftAlsAanspreekpunt//z:telefoonnummer"
SETTER = "z:heeft/z:isGezetDoor//z:identificatie"


@pytest.fixture(scope="module")
def door(make_door: Callable[..., Door]) -> Door:
    """The doors, which refuse what overtook another message."""
    return make_door(**{'was = "loggen"': 'was = "weigeren"'})


def reachable(soort: str, number: str = "") -> str:
    """The initiator, identified only, with an aanspreekpunt; without a number with none."""
    punt = AANSPREEKPUNT.format(soort=soort, nummer=number) if number else NO_AANSPREEKPUNT.format(soort=soort)
    return rol(INITIATOR, mdw("regie1", soort="I"), punt, "I")


def gezet(soort: str, who: str = "", under: str = "I", volgnummer: int = 1) -> str:
    """A status, identified only unless `under` says else, with who set it."""
    by = NO_SETTER.format(soort=soort)
    if who:
        by = f"""<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">
            <ZKN:gerelateerde>{mdw(who)}</ZKN:gerelateerde></ZKN:isGezetDoor>"""
    return status(volgnummer, f"2026010{1 + volgnummer}", under).replace("</ZKN:heeft>", f"{by}</ZKN:heeft>")


# --- below a relation that only identifies (StUF 5.2.4 and 5.2.6)


@pytest.mark.parametrize("soort", ["V", "E", "R", "W"])
def test_an_aanspreekpunt_that_is_not_there_is_stuf064(door: Door, soort: str) -> None:
    number = new(door)
    after = reachable(soort, "0622" if soort in "RW" else "")
    code, explanation = refuse(door, number, reachable(soort, "0611"), after)
    assert (code, f"{INITIATOR}/heeftAlsAanspreekpunt" in explanation) == ("StUF064", True)
    assert refuse(door, number, "", reachable(soort, "0611"))[0] == "StUF064", "one object says the same"
    assert element(door, number, TELEFOON) == []
    change(door, number, reachable(soort), reachable(soort))
    assert element(door, number, TELEFOON) == [], "names nobody, so nothing changes"
    change(door, number, "", reachable("T", "0611"))
    change(door, number, reachable(soort, "0611"), after)
    assert element(door, number, TELEFOON) == (["0622"] if soort in "RW" else [])


@pytest.mark.parametrize("soort", ["V", "E"])
def test_what_goes_below_a_relation_goes_without_its_empty_half_too(door: Door, soort: str) -> None:
    """As a relation itself does (docs/afwijkingen.md 29)."""
    number = new(door, after=gezet("T", "m1", "T"))
    without = rol(INITIATOR, mdw("regie1", soort="I"), "", "I")
    assert refuse(door, number, reachable(soort, "0611"), without)[0] == "StUF064"
    change(door, number, "", reachable("T", "0611"))
    change(door, number, reachable(soort, "0611"), without)
    assert element(door, number, TELEFOON) == []
    change(door, number, gezet(soort, "m1"), status(1, "20260102", "I"))
    assert element(door, number, SETTER) == []


@pytest.mark.parametrize("soort", ["V", "E", "R", "W"])
def test_a_status_that_nobody_set_has_nobody_to_change(door: Door, soort: str) -> None:
    number = new(door, after=status(1, "20260102"))
    after = gezet(soort, "m2" if soort in "RW" else "")
    code, explanation = refuse(door, number, gezet(soort, "m1"), after)
    assert (code, "heeft/isGezetDoor" in explanation) == ("StUF064", True)
    change(door, number, "", gezet("T", "m1"))
    assert element(door, number, SETTER) == ["m1"]
    change(door, number, gezet(soort, "m1"), after)
    assert element(door, number, SETTER) == (["m2"] if soort in "RW" else [])


def test_who_set_a_status_is_added_below_i_by_one_object(door: Door) -> None:
    """The status is found by its moment, so that of two of one type the named one gets it."""
    number = new(door, after=status(1, "20260102") + status(1, "20260103"))
    change(door, number, "", gezet("T", "m1"))
    path = "z:heeft[z:datumStatusGezet='20260102']/z:isGezetDoor//z:identificatie"
    assert element(door, number, path) == element(door, number, SETTER) == ["m1"]


# --- what was says of a zaak or document at the other end


def _with(naam: str, number: str, soort: str, rest: str) -> str:
    return other(naam, number, soort).replace("</ZKN:gerelateerde>", f"{rest}</ZKN:gerelateerde>", 1)


def _text(naam: str, waarde: str) -> str:
    return f"<ZKN:{naam}>{waarde}</ZKN:{naam}>"


@pytest.mark.parametrize("soort", ["V", "E", "R"])
@pytest.mark.parametrize("naam", [OTHERS, DEELZAAK])
def test_was_guards_what_it_says_of_a_related_zaak(door: Door, naam: str, soort: str) -> None:
    one, twee, drie = (new(door, code=OTHER_TYPE) for _ in range(3))
    change(door, one, "", other(naam, twee))
    code = {OTHERS: "ZAKZAKBTR", DEELZAAK: "ZAKZAKDEL"}[naam]
    empty = f'<ZKN:{naam} StUF:entiteittype="{code}" StUF:verwerkingssoort="{soort}" {NO}/>'
    wordt = other(naam, drie, "R") if soort == "R" else empty
    for rest in (_text("omschrijving", "Iets anders"), _text("omschrijving", "Zaak") + is_van("B1026", "I")):
        error, explanation = refuse(door, one, _with(naam, twee, soort, rest), wordt)
        assert (error, f"{naam}/gerelateerde/" in explanation) == ("StUF063", True)
    change(door, one, _with(naam, twee, soort, _text("omschrijving", "Zaak") + is_van(OTHER_TYPE, "I")), wordt)
    path = f"z:{naam}/z:gerelateerde/z:identificatie"
    assert element(door, one, path) == ([drie] if soort == "R" else [])


def test_a_related_zaak_that_w_says_the_same_of_on_both_sides_is_only_found_by_it(door: Door) -> None:
    """docs/afwijkingen.md 7."""
    one, twee = (new(door, code=OTHER_TYPE) for _ in range(2))
    change(door, one, "", other(OTHERS, twee))

    def with_(omschrijving: str, begin: str) -> str:
        tijdvak = f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie></StUF:tijdvakRelatie>"
        half = _with(OTHERS, twee, "W", _text("omschrijving", omschrijving))
        return half.replace(f"</ZKN:{OTHERS}>", f"{tijdvak}</ZKN:{OTHERS}>")

    assert refuse(door, one, with_("Oud", "20260101"), with_("Nieuw", "20260101"))[0] == "StUF063"
    change(door, one, _with(OTHERS, twee, "W", _text("omschrijving", "Oud")), with_("Oud", "20260101"))


@pytest.mark.parametrize("soort", ["V", "E"])
def test_was_guards_what_it_says_of_a_zaak_or_document_of_a_relation_between_them(door: Door, soort: str) -> None:
    number = new(door, code=OTHER_TYPE)
    piece = add(door, number, titel="Plan")

    def of_document(omschrijving: str) -> str:
        rest = _text("omschrijving", omschrijving)
        was = relevant(number, soort).replace("</ZKN:gerelateerde>", f"{rest}</ZKN:gerelateerde>")
        empty = f'<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="{soort}" {NO}/>'
        return edc_lk01("W", edc(sleutel(piece) + was), edc(sleutel(piece) + empty))

    def of_zaak(titel: str) -> tuple[str, str]:
        was = heeft_relevant(piece, soort).replace("</ZKN:gerelateerde>", f"{_text('titel', titel)}</ZKN:gerelateerde>")
        return was, f'<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="{soort}" {NO}/>'

    code, explanation = door.fout("edcLk01", of_document("Iets anders"))
    assert (code, "isRelevantVoor/gerelateerde/omschrijving" in explanation) == ("StUF063", True)
    code, explanation = refuse(door, number, *of_zaak("Iets anders"))
    assert (code, "heeftRelevant/gerelateerde/titel" in explanation) == ("StUF063", True)
    change(door, number, *of_zaak("Plan"))
    door.succeeded("edcLk01", edc_lk01("W", edc(sleutel(piece)), edc(sleutel(piece) + relevant(number))))
    door.succeeded("edcLk01", of_document("Zaak"))


# --- what no sender may say


def test_a_new_zaak_with_mutatiesoort_w_is_refused_of_a_soepel_sender_too(door: Door) -> None:
    """ZDS 4.1.4: it might be meant to change a zaak that is not here (docs/afwijkingen.md 54)."""
    code, explanation = door.fout("creeerZaak_Lk01", lk01("W", zaak(new_number()), zender=SOEPEL))
    assert (code, "mutatiesoort T" in explanation) == ("StUF055", True)
