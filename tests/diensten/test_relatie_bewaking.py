"""What a change says of a relation must be there: below one that only identifies, and at its other end (StUF 5.2.5)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import GEEN, ander, is_van, lk01, mdw, nieuw_nummer, rol, status, zaak
from tests.berichten.documenten import SOEPEL, edc, edc_lk01, relevant
from tests.diensten.documentstappen import voeg_toe
from tests.diensten.stappen import element, nieuw, sleutel, weiger, wijzig
from tests.diensten.test_documenten_gelijktijdig import heeft_relevant
from tests.soap.conftest import Deur

ANDER_TYPE = "WMO-MAATW"
ANDERE = "heeftBetrekkingOpAndere"
DEELZAAK = "heeftAlsDeelzaak"
INITIATOR = "heeftAlsInitiator"
AANSPREEKPUNT = """<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{soort}">
    <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="I"><ZKN:naam>Smit</ZKN:naam>
    <ZKN:telefoonnummer>{nummer}</ZKN:telefoonnummer></ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""
GEEN_AANSPREEKPUNT = (
    f'<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="{{soort}}" {GEEN}/>'
)
GEEN_ZETTER = f'<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{{soort}}" {GEEN}/>'
TELEFOON = f"z:{INITIATOR}/z:heeftAlsAanspreekpunt//z:telefoonnummer"
ZETTER = "z:heeft/z:isGezetDoor//z:identificatie"


@pytest.fixture(scope="module")
def deur(maak_deur: Callable[..., Deur]) -> Deur:
    """The doors, which refuse what overtook another message."""
    return maak_deur(**{'was = "loggen"': 'was = "weigeren"'})


def bereikbaar(soort: str, nummer: str = "") -> str:
    """The initiator, identified only, with an aanspreekpunt; without a number with none."""
    punt = AANSPREEKPUNT.format(soort=soort, nummer=nummer) if nummer else GEEN_AANSPREEKPUNT.format(soort=soort)
    return rol(INITIATOR, mdw("regie1", soort="I"), punt, "I")


def gezet(soort: str, wie: str = "", onder: str = "I", volgnummer: int = 1) -> str:
    """A status, identified only unless `onder` says else, with who set it."""
    door = GEEN_ZETTER.format(soort=soort)
    if wie:
        door = f"""<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">
            <ZKN:gerelateerde>{mdw(wie)}</ZKN:gerelateerde></ZKN:isGezetDoor>"""
    return status(volgnummer, f"2026010{1 + volgnummer}", onder).replace("</ZKN:heeft>", f"{door}</ZKN:heeft>")


# --- below a relation that only identifies (StUF 5.2.4 and 5.2.6)


@pytest.mark.parametrize("soort", ["V", "E", "R", "W"])
def test_an_aanspreekpunt_that_is_not_there_is_stuf064(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur)
    na = bereikbaar(soort, "0622" if soort in "RW" else "")
    code, uitleg = weiger(deur, nummer, bereikbaar(soort, "0611"), na)
    assert (code, f"{INITIATOR}/heeftAlsAanspreekpunt" in uitleg) == ("StUF064", True)
    assert weiger(deur, nummer, "", bereikbaar(soort, "0611"))[0] == "StUF064", "one object says the same"
    assert element(deur, nummer, TELEFOON) == []
    wijzig(deur, nummer, bereikbaar(soort), bereikbaar(soort))
    assert element(deur, nummer, TELEFOON) == [], "names nobody, so nothing changes"
    wijzig(deur, nummer, "", bereikbaar("T", "0611"))
    wijzig(deur, nummer, bereikbaar(soort, "0611"), na)
    assert element(deur, nummer, TELEFOON) == (["0622"] if soort in "RW" else [])


@pytest.mark.parametrize("soort", ["V", "E"])
def test_what_goes_below_a_relation_goes_without_its_empty_half_too(deur: Deur, soort: str) -> None:
    """As a relation itself does (docs/afwijkingen.md 29)."""
    nummer = nieuw(deur, na=gezet("T", "m1", "T"))
    zonder = rol(INITIATOR, mdw("regie1", soort="I"), "", "I")
    assert weiger(deur, nummer, bereikbaar(soort, "0611"), zonder)[0] == "StUF064"
    wijzig(deur, nummer, "", bereikbaar("T", "0611"))
    wijzig(deur, nummer, bereikbaar(soort, "0611"), zonder)
    assert element(deur, nummer, TELEFOON) == []
    wijzig(deur, nummer, gezet(soort, "m1"), status(1, "20260102", "I"))
    assert element(deur, nummer, ZETTER) == []


@pytest.mark.parametrize("soort", ["V", "E", "R", "W"])
def test_a_status_that_nobody_set_has_nobody_to_change(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur, na=status(1, "20260102"))
    na = gezet(soort, "m2" if soort in "RW" else "")
    code, uitleg = weiger(deur, nummer, gezet(soort, "m1"), na)
    assert (code, "heeft/isGezetDoor" in uitleg) == ("StUF064", True)
    wijzig(deur, nummer, "", gezet("T", "m1"))
    assert element(deur, nummer, ZETTER) == ["m1"]
    wijzig(deur, nummer, gezet(soort, "m1"), na)
    assert element(deur, nummer, ZETTER) == (["m2"] if soort in "RW" else [])


def test_who_set_a_status_is_added_below_i_by_one_object(deur: Deur) -> None:
    """The status is found by its moment, so that of two of one type the named one gets it."""
    nummer = nieuw(deur, na=status(1, "20260102") + status(1, "20260103"))
    wijzig(deur, nummer, "", gezet("T", "m1"))
    pad = "z:heeft[z:datumStatusGezet='20260102']/z:isGezetDoor//z:identificatie"
    assert element(deur, nummer, pad) == element(deur, nummer, ZETTER) == ["m1"]


# --- what was says of a zaak or document at the other end


def _met(naam: str, nummer: str, soort: str, rest: str) -> str:
    return ander(naam, nummer, soort).replace("</ZKN:gerelateerde>", f"{rest}</ZKN:gerelateerde>", 1)


def _tekst(naam: str, waarde: str) -> str:
    return f"<ZKN:{naam}>{waarde}</ZKN:{naam}>"


@pytest.mark.parametrize("soort", ["V", "E", "R"])
@pytest.mark.parametrize("naam", [ANDERE, DEELZAAK])
def test_was_guards_what_it_says_of_a_related_zaak(deur: Deur, naam: str, soort: str) -> None:
    een, twee, drie = (nieuw(deur, code=ANDER_TYPE) for _ in range(3))
    wijzig(deur, een, "", ander(naam, twee))
    code = {ANDERE: "ZAKZAKBTR", DEELZAAK: "ZAKZAKDEL"}[naam]
    leeg = f'<ZKN:{naam} StUF:entiteittype="{code}" StUF:verwerkingssoort="{soort}" {GEEN}/>'
    wordt = ander(naam, drie, "R") if soort == "R" else leeg
    for rest in (_tekst("omschrijving", "Iets anders"), _tekst("omschrijving", "Zaak") + is_van("B1026", "I")):
        fout, uitleg = weiger(deur, een, _met(naam, twee, soort, rest), wordt)
        assert (fout, f"{naam}/gerelateerde/" in uitleg) == ("StUF063", True)
    wijzig(deur, een, _met(naam, twee, soort, _tekst("omschrijving", "Zaak") + is_van(ANDER_TYPE, "I")), wordt)
    pad = f"z:{naam}/z:gerelateerde/z:identificatie"
    assert element(deur, een, pad) == ([drie] if soort == "R" else [])


def test_a_related_zaak_that_w_says_the_same_of_on_both_sides_is_only_found_by_it(deur: Deur) -> None:
    """docs/afwijkingen.md 7."""
    een, twee = (nieuw(deur, code=ANDER_TYPE) for _ in range(2))
    wijzig(deur, een, "", ander(ANDERE, twee))

    def met(omschrijving: str, begin: str) -> str:
        tijdvak = f"<StUF:tijdvakRelatie><StUF:beginRelatie>{begin}</StUF:beginRelatie></StUF:tijdvakRelatie>"
        half = _met(ANDERE, twee, "W", _tekst("omschrijving", omschrijving))
        return half.replace(f"</ZKN:{ANDERE}>", f"{tijdvak}</ZKN:{ANDERE}>")

    assert weiger(deur, een, met("Oud", "20260101"), met("Nieuw", "20260101"))[0] == "StUF063"
    wijzig(deur, een, _met(ANDERE, twee, "W", _tekst("omschrijving", "Oud")), met("Oud", "20260101"))


@pytest.mark.parametrize("soort", ["V", "E"])
def test_was_guards_what_it_says_of_a_zaak_or_document_of_a_relation_between_them(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur, code=ANDER_TYPE)
    stuk = voeg_toe(deur, nummer, titel="Plan")

    def van_document(omschrijving: str) -> str:
        rest = _tekst("omschrijving", omschrijving)
        was = relevant(nummer, soort).replace("</ZKN:gerelateerde>", f"{rest}</ZKN:gerelateerde>")
        leeg = f'<ZKN:isRelevantVoor StUF:entiteittype="EDCZAK" StUF:verwerkingssoort="{soort}" {GEEN}/>'
        return edc_lk01("W", edc(sleutel(stuk) + was), edc(sleutel(stuk) + leeg))

    def van_zaak(titel: str) -> tuple[str, str]:
        was = heeft_relevant(stuk, soort).replace("</ZKN:gerelateerde>", f"{_tekst('titel', titel)}</ZKN:gerelateerde>")
        return was, f'<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC" StUF:verwerkingssoort="{soort}" {GEEN}/>'

    code, uitleg = deur.fout("edcLk01", van_document("Iets anders"))
    assert (code, "isRelevantVoor/gerelateerde/omschrijving" in uitleg) == ("StUF063", True)
    code, uitleg = weiger(deur, nummer, *van_zaak("Iets anders"))
    assert (code, "heeftRelevant/gerelateerde/titel" in uitleg) == ("StUF063", True)
    wijzig(deur, nummer, *van_zaak("Plan"))
    deur.gelukt("edcLk01", edc_lk01("W", edc(sleutel(stuk)), edc(sleutel(stuk) + relevant(nummer))))
    deur.gelukt("edcLk01", van_document("Zaak"))


# --- what no sender may say


def test_a_new_zaak_with_mutatiesoort_w_is_refused_of_a_soepel_sender_too(deur: Deur) -> None:
    """ZDS 4.1.4: it might be meant to change a zaak that is not here (docs/afwijkingen.md 54)."""
    code, uitleg = deur.fout("creeerZaak_Lk01", lk01("W", zaak(nieuw_nummer()), zender=SOEPEL))
    assert (code, "mutatiesoort T" in uitleg) == ("StUF055", True)
