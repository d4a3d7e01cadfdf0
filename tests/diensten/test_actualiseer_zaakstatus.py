"""actualiseerZaakstatus: which status a zaak gets, which is its last, when it closes (ZDS 4.1.3)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import GEEN, lk01, lv01, mdw, obj, status, teksten
from tests.diensten.stappen import actualiseer, element, laatste, nieuw, sleutel, weiger, wijzig, wijziging
from tests.soap.conftest import Deur

from regiesysteem.db import tel_statements

DATUMS = "z:heeft/z:datumStatusGezet"
NAMEN = "z:heeft/z:gerelateerde/z:omschrijving"


def zetter(wie: str, soort: str = "T", rest: str = "") -> str:
    """Who set a status."""
    return (
        f'<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">'
        f"<ZKN:gerelateerde>{wie}</ZKN:gerelateerde>{rest}</ZKN:isGezetDoor>"
    )


def met_zetter(status_: str, door: str) -> str:
    """A status with who set it."""
    return status_.replace("</ZKN:heeft>", f"{door}</ZKN:heeft>")


def toelichting(waarde: str) -> str:
    """The toelichting of a status, for `status(extra=...)`."""
    return f"<ZKN:toelichting>{waarde}</ZKN:toelichting>"


def test_a_status_of_the_same_day_comes_after_the_one_that_we_derived(deur: Deur) -> None:
    """A back office that knows the day only must not lose to a first status that nobody sent."""
    begin = "20260301"
    nummer = nieuw(deur, start=begin)
    actualiseer(deur, nummer, status(2, begin))
    assert laatste(deur, nummer) == ["In behandeling"]


# --- which status


@pytest.mark.parametrize("lengte", [8, 10, 12, 14, 15, 16, 17])
def test_a_timestamp_comes_back_as_precise_as_it_came(deur: Deur, lengte: int) -> None:
    op = "20260301080104123"[:lengte]
    nummer = nieuw(deur, na=status(1, op))
    assert element(deur, nummer, DATUMS) == [op]
    actualiseer(deur, nummer, status(2, op.replace("20260301", "20260302")))
    assert element(deur, nummer, DATUMS) == [op, op.replace("20260301", "20260302")]


@pytest.mark.parametrize(
    "stt",
    [
        "<ZKN:volgnummer>2</ZKN:volgnummer>",
        "<ZKN:volgnummer>0002</ZKN:volgnummer>",
        "<ZKN:code>Inbeh</ZKN:code>",
        "<ZKN:code>INBEH</ZKN:code>",
        "<ZKN:omschrijving>In behandeling</ZKN:omschrijving>",
        "<ZKN:omschrijving>in  behandeling</ZKN:omschrijving>",
        "<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>In behandeling</ZKN:omschrijving>",
        f"<ZKN:volgnummer {GEEN}/><ZKN:code>Inbeh</ZKN:code>",
        "<ZKN:zkt.code>B1026</ZKN:zkt.code><ZKN:volgnummer>2</ZKN:volgnummer>",
    ],
)
def test_a_statustype_is_found_by_volgnummer_code_or_omschrijving(deur: Deur, stt: str) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status("", "20260302", stt=stt))
    assert laatste(deur, nummer) == ["In behandeling"]


@pytest.mark.parametrize(
    ("stt", "code", "genoemd"),
    [
        ("", "StUF055", "volgnummer, code of omschrijving"),
        ("<ZKN:volgnummer>77</ZKN:volgnummer>", "StUF064", "volgnummer 77"),
        ("<ZKN:omschrijving>In behande</ZKN:omschrijving>", "StUF064", "In behande"),
        ("<ZKN:zkt.code>ANDERS</ZKN:zkt.code><ZKN:volgnummer>2</ZKN:volgnummer>", "StUF055", "ANDERS"),
        (
            "<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>Ontvangen</ZKN:omschrijving>",
            "StUF055",
            "In behandeling",
        ),
    ],
)
def test_a_statustype_that_is_not_of_the_zaaktype_is_refused_with_what_was_sent(
    deur: Deur, stt: str, code: str, genoemd: str
) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    heeft = status("", "20260302", stt=stt or " ")
    gezien, details = deur.fout("actualiseerZaakstatus_Lk01", wijziging(nummer, "", heeft))
    assert (gezien, genoemd in details) == (code, True)
    assert element(deur, nummer, NAMEN) == ["Ontvangen"]


def test_the_inrichting_decides_a_contradiction_and_takes_over_what_is_unknown(maak_deur: Callable[..., Deur]) -> None:
    stt = "<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>Ontvangen</ZKN:omschrijving>"
    for regel, gevonden in (("volgnummer", "In behandeling"), ("omschrijving", "Ontvangen")):
        deur = maak_deur(**{'code = "B1026"': f'code = "B1026"\nstatus_tegenspraak = "{regel}"'})
        assert laatste(deur, nieuw(deur, na=status("", "20260301", stt=stt))) == [gevonden]
    ruim = maak_deur(**{'code = "B1026"': 'code = "B1026"\nonbekende_status = "overnemen"'})
    anders = "<ZKN:volgnummer>88</ZKN:volgnummer><ZKN:omschrijving>Op bezoek</ZKN:omschrijving>"
    nummer = nieuw(ruim, na=status(1, "20260301"))
    actualiseer(ruim, nummer, status("", "20260302", stt=anders), status("", "20260303", stt=anders))
    assert element(ruim, nummer, NAMEN) == ["Ontvangen", "Op bezoek", "Op bezoek"]
    with ruim.motor.connect() as verbinding:
        vraag = "SELECT count(*) FROM statustype WHERE omschrijving = 'Op bezoek'"
        assert verbinding.exec_driver_sql(vraag).scalar_one() == 1
    maak_deur()


def test_a_status_that_is_to_go_takes_over_no_statustype(maak_deur: Callable[..., Deur]) -> None:
    ruim = maak_deur(**{'code = "B1026"': 'code = "B1026"\nonbekende_status = "overnemen"'})
    nummer = nieuw(ruim, na=status(1, "20260301"))
    weg = status("", "20260302", "V", stt="<ZKN:omschrijving>Nooit gezien</ZKN:omschrijving>")
    assert weiger(ruim, nummer, weg, "")[0] == "StUF064"
    with ruim.motor.connect() as verbinding:
        vraag = "SELECT count(*) FROM statustype WHERE omschrijving = 'Nooit gezien'"
        assert verbinding.exec_driver_sql(vraag).scalar_one() == 0
    maak_deur()


@pytest.mark.parametrize("op", ["", f"<{GEEN}>", "20260230", "2026013"])
def test_a_status_without_a_date_that_exists_is_refused(deur: Deur, op: str) -> None:
    nummer = nieuw(deur)
    datum = (
        f"<ZKN:datumStatusGezet {GEEN}/>"
        if op.startswith("<")
        else f"<ZKN:datumStatusGezet>{op}</ZKN:datumStatusGezet>"
    )
    heeft = status(2, "X").replace("<ZKN:datumStatusGezet>X</ZKN:datumStatusGezet>", datum if op else "")
    assert deur.fout("actualiseerZaakstatus_Lk01", wijziging(nummer, "", heeft))[0] == "StUF055"


def test_a_message_without_a_status_is_stuf055(deur: Deur) -> None:
    nummer = nieuw(deur)
    assert deur.fout("actualiseerZaakstatus_Lk01", wijziging(nummer, "", ""))[0] == "StUF055"
    leeg = f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" {GEEN}/>'
    assert deur.fout("actualiseerZaakstatus_Lk01", wijziging(nummer, leeg, leeg))[0] == "StUF055"


# --- the ways in which senders set one


@pytest.mark.parametrize("soort", ["T", "I", "W", "R", ""])
@pytest.mark.parametrize("was", ["leeg", "weg", "vorige"])
def test_a_new_status_is_set_whatever_the_verwerkingssoort(deur: Deur, soort: str, was: str) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    kenmerk = f' StUF:verwerkingssoort="{soort}"' if soort else ""
    oud = {
        "leeg": f'<ZKN:heeft StUF:entiteittype="ZAKSTT"{kenmerk} {GEEN}/>',
        "weg": "",
        "vorige": status(1, "20260301", "I" if soort in "TI" and soort else soort),
    }[was]
    wordt = status(2, "20260401", soort) + (status(1, "20260301", "I") if was == "vorige" and soort == "T" else "")
    bericht = wijziging(nummer, oud, wordt).replace(' StUF:verwerkingssoort=""', "")
    deur.gelukt("actualiseerZaakstatus_Lk01", bericht)
    assert element(deur, nummer, NAMEN) == ["Ontvangen", "In behandeling"]
    assert laatste(deur, nummer) == ["In behandeling"]


def test_statuses_that_are_there_already_are_not_set_again(deur: Deur) -> None:
    """ZDS names I for the statuses that exist; a sender that was not sure may tell the last one again."""
    nummer = nieuw(deur, na=met_zetter(status(1, "20260301"), zetter(mdw("m1"))))
    actualiseer(deur, nummer, status(1, "20260301", "I"), status(2, "20260401"))
    actualiseer(deur, nummer, status(2, "20260401"))
    assert element(deur, nummer, NAMEN) == ["Ontvangen", "In behandeling"]
    actualiseer(deur, nummer, status(2, "20260401", extra=toelichting("nu met reden")))
    assert element(deur, nummer, "z:heeft/z:toelichting") == ["", "", "nu met reden"], "what is new is not lost"


def test_verwerkingssoort_i_in_updatezaak_only_identifies(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    wijzig(deur, nummer, status(2, "20260401", "I"), status(2, "20260401", "I"))
    assert element(deur, nummer, NAMEN) == ["Ontvangen"]


# --- which is the last


def test_the_last_status_follows_from_datumstatusgezet_and_order_of_receipt(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(2, "20260401"))
    assert laatste(deur, nummer) == ["In behandeling"]
    actualiseer(deur, nummer, status(1, "20260315"))
    assert laatste(deur, nummer) == ["In behandeling"]
    actualiseer(deur, nummer, status(1, "20260401"))
    assert laatste(deur, nummer) == ["Ontvangen"]
    actualiseer(deur, nummer, status(2, "20260401"))
    assert laatste(deur, nummer) == ["In behandeling"], "there and back on one day"
    assert element(deur, nummer, NAMEN) == ["Ontvangen", "Ontvangen", "In behandeling", "Ontvangen", "In behandeling"]


def test_statuses_of_one_message_with_one_date_keep_their_order(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(2, "20260301") + status(1, "20260301"))
    assert element(deur, nummer, NAMEN) == ["In behandeling", "Ontvangen"]
    assert laatste(deur, nummer) == ["Ontvangen"]
    actualiseer(deur, nummer, status(1, "20260302"), status(2, "20260302"))
    assert laatste(deur, nummer) == ["In behandeling"]


def test_precisions_compare_by_their_moment(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(2, "2026030108"))
    assert laatste(deur, nummer) == ["In behandeling"]
    actualiseer(deur, nummer, status(1, "202603010759"))
    assert laatste(deur, nummer) == ["In behandeling"]
    actualiseer(deur, nummer, status(1, "20260301080000000"))
    assert laatste(deur, nummer) == ["Ontvangen"], "the same moment, received later"


@pytest.mark.parametrize("indicatie", ["J", "N"])
def test_what_a_sender_says_is_the_last_does_not_count(deur: Deur, indicatie: str) -> None:
    gezegd = f"<ZKN:indicatieLaatsteStatus>{indicatie}</ZKN:indicatieLaatsteStatus></ZKN:heeft>"
    nummer = nieuw(deur, na=status(1, "20260301") + status(2, "20260201").replace("</ZKN:heeft>", gezegd))
    assert element(deur, nummer, "z:heeft/z:indicatieLaatsteStatus") == ["N", "J"]
    assert laatste(deur, nummer) == ["Ontvangen"]


def test_geefzaakstatus_gives_the_last_one(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(2, "20260401"), status(1, "20260201"))
    antwoord = deur.gelukt("geefZaakstatus_Lv01", lv01(sleutel(nummer), 'StUF:scope="alles"'))
    assert teksten(antwoord, f"//z:object/{NAMEN}") == ["In behandeling"]


# --- closing and opening


def test_an_eindstatus_closes_the_zaak_and_a_later_status_opens_it_again(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(3, "2026050110"))
    assert element(deur, nummer, "z:einddatum") == ["20260501"]
    actualiseer(deur, nummer, status(2, "20260401"))
    assert element(deur, nummer, "z:einddatum") == ["20260501"], "an older status that came late opens nothing"
    actualiseer(deur, nummer, status(2, "20260601"))
    assert element(deur, nummer, "z:einddatum") == [""]


def test_an_eindstatus_that_comes_late_does_not_close(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(2, "20260301"))
    actualiseer(deur, nummer, status(3, "20260201"))
    assert element(deur, nummer, "z:einddatum") == [""]
    assert laatste(deur, nummer) == ["In behandeling"]


def test_a_zaak_that_begins_with_an_eindstatus_is_closed(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301") + status(3, "2026030217"))
    assert element(deur, nummer, "z:einddatum") == ["20260302"]


def test_a_zaaktype_may_have_several_eindstatussen(maak_deur: Callable[..., Deur]) -> None:
    deur = maak_deur(**{'omschrijving = "In behandeling"': 'omschrijving = "Ingetrokken"\neindstatus = true'})
    with deur.motor.connect() as verbinding:
        vraag = (
            "SELECT z.code, s.volgnummer FROM statustype s JOIN zaaktype z ON z.id = zaaktype_id "
            "WHERE s.omschrijving = 'Ingetrokken' AND NOT s.vervallen"
        )
        code, volgnummer = verbinding.exec_driver_sql(vraag).one()
    for nummer_status in (volgnummer, 3):
        nummer = nieuw(deur, code=code, na=status(1, "20260301"))
        actualiseer(deur, nummer, status(nummer_status, "20260401"))
        assert element(deur, nummer, "z:einddatum") == ["20260401"]
    actualiseer(deur, nummer, status(volgnummer, "20260501"))
    assert element(deur, nummer, "z:einddatum") == ["20260501"], "from one eindstatus to the next"
    maak_deur()


# --- who set it


def test_who_set_a_status_is_kept(deur: Deur) -> None:
    rest = "<ZKN:rolOmschrijving>regisseur</ZKN:rolOmschrijving>"
    nummer = nieuw(deur, na=met_zetter(status(1, "20260301"), zetter(mdw("m9", "Zetter"), rest=rest)))
    eenheid = (
        '<ZKN:organisatorischeEenheid StUF:entiteittype="OEH" StUF:verwerkingssoort="I">'
        "<ZKN:identificatie>wijkteam</ZKN:identificatie><ZKN:naam>Wijkteam</ZKN:naam></ZKN:organisatorischeEenheid>"
    )
    actualiseer(deur, nummer, met_zetter(status(2, "20260401"), zetter(eenheid, "I")))
    assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:achternaam") == ["Zetter"]
    assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:naam") == ["Wijkteam"]
    assert element(deur, nummer, "z:heeft[1]/z:isGezetDoor/z:rolOmschrijving") == ["regisseur"]


def test_a_message_that_names_one_medewerker_often_registers_him_once(deur: Deur) -> None:
    wie = zetter(mdw("m77", "Vaak"))
    nummer = nieuw(deur, na=met_zetter(status(1, "20260301"), wie) + met_zetter(status(2, "20260302"), wie))
    assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:achternaam") == ["Vaak", "Vaak"]
    with deur.motor.connect() as verbinding:
        vraag = "SELECT count(*) FROM object WHERE sleutel = 'medewerker:m77'"
        assert verbinding.exec_driver_sql(vraag).scalar_one() == 1


# --- correction and removal


@pytest.mark.parametrize("mutatiesoort", ["W", "C", "F"])
def test_a_correction_keeps_what_it_does_not_name_and_the_place_in_the_order(deur: Deur, mutatiesoort: str) -> None:
    fout = met_zetter(status(2, "20260301", extra=toelichting("goed")), zetter(mdw("m1", "Zetter")))
    nummer = nieuw(deur, na=fout + status(1, "20260301"))
    wijzig(deur, nummer, status(2, "20260301", "W"), status(3, "20260301", "W"), mutatiesoort)
    assert element(deur, nummer, NAMEN) == ["Afgehandeld", "Ontvangen"]
    assert laatste(deur, nummer) == ["Ontvangen"], "the order of receipt did not change"
    assert element(deur, nummer, "z:heeft[1]/z:toelichting") == ["goed"]
    assert element(deur, nummer, "z:heeft[1]/z:isGezetDoor//z:achternaam") == ["Zetter"]
    assert element(deur, nummer, "z:einddatum") == [""]


def test_a_corrected_date_moves_the_last_status_and_the_einddatum(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(3, "20260501"))
    wijzig(deur, nummer, status(3, "20260501", "W"), status(3, "20260601", "W"))
    assert element(deur, nummer, "z:einddatum") == ["20260601"]
    wijzig(deur, nummer, status(3, "20260601", "W"), status(3, "20260201", "W"))
    assert laatste(deur, nummer) == ["Ontvangen"]
    assert element(deur, nummer, "z:einddatum") == [""]


def test_a_corrected_statustype_of_the_last_status_opens_and_closes(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(3, "20260501"))
    wijzig(deur, nummer, status(3, "20260501", "W"), status(2, "20260501", "W"))
    assert element(deur, nummer, "z:einddatum") == [""]
    wijzig(deur, nummer, status(2, "20260501", "W"), status(3, "20260501", "W"))
    assert element(deur, nummer, "z:einddatum") == ["20260501"]


def test_w_of_another_status_at_another_moment_is_the_next_one_unless_it_corrects(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    wijzig(deur, nummer, status(1, "20260301", "W"), status(2, "20260401", "W"))
    assert element(deur, nummer, NAMEN) == ["Ontvangen", "In behandeling"]
    wijzig(deur, nummer, status(2, "20260401", "W"), status(3, "20260501", "W"), "C")
    assert element(deur, nummer, NAMEN) == ["Ontvangen", "Afgehandeld"]


@pytest.mark.parametrize(("soort", "gebleven"), [("E", 2), ("R", 3)])
def test_a_status_that_ends_stays_in_the_history(deur: Deur, soort: str, gebleven: int) -> None:
    nummer = nieuw(deur, na=status(1, "20260301") + status(2, "20260401"))
    wordt = status(3, "20260501", "R") if soort == "R" else ""
    wijzig(deur, nummer, status(2, "20260401", soort), wordt)
    assert len(element(deur, nummer, NAMEN)) == gebleven


def test_who_set_a_status_is_corrected(deur: Deur) -> None:
    nummer = nieuw(deur, na=met_zetter(status(1, "20260301"), zetter(mdw("m1", "Een"))))
    wijzig(
        deur, nummer, status(1, "20260301", "W"), met_zetter(status(1, "20260301", "W"), zetter(mdw("m2", "Twee"), "W"))
    )
    assert element(deur, nummer, "z:heeft/z:isGezetDoor//z:achternaam") == ["Twee"]


def test_a_status_set_by_mistake_is_removed_and_the_zaak_opens_again(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    actualiseer(deur, nummer, status(3, "20260501"))
    wijzig(deur, nummer, status(3, "20260501", "V"), "")
    assert laatste(deur, nummer) == ["Ontvangen"]
    assert element(deur, nummer, "z:einddatum") == [""]
    wijzig(deur, nummer, status(1, "20260301", "V"), "")
    assert element(deur, nummer, NAMEN) == []


def test_of_two_equal_statuses_each_removal_takes_one(deur: Deur) -> None:
    nummer = nieuw(
        deur, na=status(1, "20260301", extra=toelichting("a")) + status(1, "20260301", extra=toelichting("b"))
    )
    wijzig(deur, nummer, status(1, "20260301", "V") * 2, "")
    assert element(deur, nummer, NAMEN) == []


@pytest.mark.parametrize("soort", ["V", "E", "W"])
def test_a_status_that_the_zaak_does_not_have_is_stuf064(deur: Deur, soort: str) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    mutatiesoort, wordt = ("C", status(3, "20260401", "W")) if soort == "W" else ("W", "")
    code, details = weiger(deur, nummer, status(2, "20260401", soort), wordt, mutatiesoort)
    assert (code, "In behandeling" in details, "20260401" in details) == ("StUF064", True, True)


def test_a_status_is_guarded_by_was(maak_deur: Callable[..., Deur]) -> None:
    streng = maak_deur(**{'code = "B1026"': 'code = "B1026"\nwas = "weigeren"'})
    nummer = nieuw(streng, na=status(1, "20260301", extra=toelichting("nu")))
    was, wordt = (status(1, "20260301", "W", extra=toelichting(tekst)) for tekst in ("toen", "straks"))
    code, details = weiger(streng, nummer, was, wordt)
    assert (code, "heeft/toelichting" in details) == ("StUF063", True)
    wijzig(streng, nummer, was.replace("toen", "nu"), wordt)
    assert element(streng, nummer, "z:heeft/z:toelichting") == ["straks"]
    maak_deur()


def test_a_status_costs_the_same_however_many_there_are(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20250101"))

    def kosten(maand: int, aantal: int) -> int:
        statussen = [
            met_zetter(status(1 + i % 2, f"2026{maand:02d}{1 + i:02d}"), zetter(mdw(f"z{maand}-{i}")))
            for i in range(aantal)
        ]
        with tel_statements() as teller:
            actualiseer(deur, nummer, *statussen)
        return teller.aantal

    assert kosten(1, 1) == kosten(2, 25) == kosten(3, 1)


def test_the_zaak_object_of_a_status_may_say_i(deur: Deur) -> None:
    nummer = nieuw(deur, na=status(1, "20260301"))
    bericht = lk01("W", obj(sleutel(nummer), "I"), obj(sleutel(nummer) + status(2, "20260401"), "I"))
    deur.gelukt("actualiseerZaakstatus_Lk01", bericht)
    assert laatste(deur, nummer) == ["In behandeling"]
