"""actualiseerZaakstatus: which status a zaak gets, which is its last, when it closes (ZDS 4.1.3)."""

from collections.abc import Callable

import pytest
from tests.berichten.bouw import NO, lk01, lv01, mdw, obj, status, texts
from tests.diensten.stappen import actualiseer, change, element, last, modification, new, refuse, sleutel
from tests.soap.conftest import Door

from regiesysteem.db import count_statements

DATES = "z:heeft/z:datumStatusGezet"
NAMES = "z:heeft/z:gerelateerde/z:omschrijving"


def setter(who: str, soort: str = "T", rest: str = "") -> str:
    """The element of the person who set a status."""
    return (
        f'<ZKN:isGezetDoor StUF:entiteittype="ZAKSTTBTR" StUF:verwerkingssoort="{soort}">'
        f"<ZKN:gerelateerde>{who}</ZKN:gerelateerde>{rest}</ZKN:isGezetDoor>"
    )


def with_setter(status_: str, by: str) -> str:
    """A status with who set it."""
    return status_.replace("</ZKN:heeft>", f"{by}</ZKN:heeft>")


def toelichting(waarde: str) -> str:
    """The toelichting of a status, for `status(extra=...)`."""
    return f"<ZKN:toelichting>{waarde}</ZKN:toelichting>"


def test_a_status_of_the_same_day_comes_after_the_one_that_we_derived(door: Door) -> None:
    """A back office that knows the day only must not lose to a first status that nobody sent."""
    begin = "20260301"
    number = new(door, start=begin)
    actualiseer(door, number, status(2, begin))
    assert last(door, number) == ["In behandeling"]


# --- which status


@pytest.mark.parametrize("length", [8, 10, 12, 14, 15, 16, 17])
def test_a_timestamp_comes_back_as_precise_as_it_came(door: Door, length: int) -> None:
    on = "20260301080104123"[:length]
    number = new(door, after=status(1, on))
    assert element(door, number, DATES) == [on]
    actualiseer(door, number, status(2, on.replace("20260301", "20260302")))
    assert element(door, number, DATES) == [on, on.replace("20260301", "20260302")]


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
        f"<ZKN:volgnummer {NO}/><ZKN:code>Inbeh</ZKN:code>",
        "<ZKN:zkt.code>B1026</ZKN:zkt.code><ZKN:volgnummer>2</ZKN:volgnummer>",
    ],
)
def test_a_statustype_is_found_by_volgnummer_code_or_omschrijving(door: Door, stt: str) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status("", "20260302", stt=stt))
    assert last(door, number) == ["In behandeling"]


@pytest.mark.parametrize(
    ("stt", "code", "named"),
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
    door: Door, stt: str, code: str, named: str
) -> None:
    number = new(door, after=status(1, "20260301"))
    heeft = status("", "20260302", stt=stt or " ")
    seen, details = door.fout("actualiseerZaakstatus_Lk01", modification(number, "", heeft))
    assert (seen, named in details) == (code, True)
    assert element(door, number, NAMES) == ["Ontvangen"]


def test_the_inrichting_decides_a_contradiction_and_takes_over_what_is_unknown(make_door: Callable[..., Door]) -> None:
    stt = "<ZKN:volgnummer>2</ZKN:volgnummer><ZKN:omschrijving>Ontvangen</ZKN:omschrijving>"
    for regel, found in (("volgnummer", "In behandeling"), ("omschrijving", "Ontvangen")):
        door = make_door(**{'code = "B1026"': f'code = "B1026"\nstatus_tegenspraak = "{regel}"'})
        assert last(door, new(door, after=status("", "20260301", stt=stt))) == [found]
    clear = make_door(**{'code = "B1026"': 'code = "B1026"\nonbekende_status = "overnemen"'})
    otherwise = "<ZKN:volgnummer>88</ZKN:volgnummer><ZKN:omschrijving>Op bezoek</ZKN:omschrijving>"
    number = new(clear, after=status(1, "20260301"))
    actualiseer(clear, number, status("", "20260302", stt=otherwise), status("", "20260303", stt=otherwise))
    assert element(clear, number, NAMES) == ["Ontvangen", "Op bezoek", "Op bezoek"]
    with clear.engine.connect() as connection:
        question = "SELECT count(*) FROM statustype WHERE omschrijving = 'Op bezoek'"
        assert connection.exec_driver_sql(question).scalar_one() == 1
    make_door()


def test_a_status_that_is_to_go_takes_over_no_statustype(make_door: Callable[..., Door]) -> None:
    clear = make_door(**{'code = "B1026"': 'code = "B1026"\nonbekende_status = "overnemen"'})
    number = new(clear, after=status(1, "20260301"))
    gone = status("", "20260302", "V", stt="<ZKN:omschrijving>Nooit gezien</ZKN:omschrijving>")
    assert refuse(clear, number, gone, "")[0] == "StUF064"
    with clear.engine.connect() as connection:
        question = "SELECT count(*) FROM statustype WHERE omschrijving = 'Nooit gezien'"
        assert connection.exec_driver_sql(question).scalar_one() == 0
    make_door()


@pytest.mark.parametrize("on", ["", f"<{NO}>", "20260230", "2026013"])
def test_a_status_without_a_date_that_exists_is_refused(door: Door, on: str) -> None:
    number = new(door)
    datum = (
        f"<ZKN:datumStatusGezet {NO}/>" if on.startswith("<") else f"<ZKN:datumStatusGezet>{on}</ZKN:datumStatusGezet>"
    )
    heeft = status(2, "X").replace("<ZKN:datumStatusGezet>X</ZKN:datumStatusGezet>", datum if on else "")
    assert door.fout("actualiseerZaakstatus_Lk01", modification(number, "", heeft))[0] == "StUF055"


def test_a_message_without_a_status_is_stuf055(door: Door) -> None:
    number = new(door)
    assert door.fout("actualiseerZaakstatus_Lk01", modification(number, "", ""))[0] == "StUF055"
    empty = f'<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" {NO}/>'
    assert door.fout("actualiseerZaakstatus_Lk01", modification(number, empty, empty))[0] == "StUF055"


# --- the ways in which senders set one


@pytest.mark.parametrize("soort", ["T", "I", "W", "R", ""])
@pytest.mark.parametrize("was", ["leeg", "weg", "vorige"])
def test_a_new_status_is_set_whatever_the_verwerkingssoort(door: Door, soort: str, was: str) -> None:
    number = new(door, after=status(1, "20260301"))
    kenmerk = f' StUF:verwerkingssoort="{soort}"' if soort else ""
    old = {
        "leeg": f'<ZKN:heeft StUF:entiteittype="ZAKSTT"{kenmerk} {NO}/>',
        "weg": "",
        "vorige": status(1, "20260301", "I" if soort in "TI" and soort else soort),
    }[was]
    wordt = status(2, "20260401", soort) + (status(1, "20260301", "I") if was == "vorige" and soort == "T" else "")
    bericht = modification(number, old, wordt).replace(' StUF:verwerkingssoort=""', "")
    door.succeeded("actualiseerZaakstatus_Lk01", bericht)
    assert element(door, number, NAMES) == ["Ontvangen", "In behandeling"]
    assert last(door, number) == ["In behandeling"]


def test_statuses_that_are_there_already_are_not_set_again(door: Door) -> None:
    """ZDS names I for the statuses that exist; a sender that was not sure may tell the last one again."""
    number = new(door, after=with_setter(status(1, "20260301"), setter(mdw("m1"))))
    actualiseer(door, number, status(1, "20260301", "I"), status(2, "20260401"))
    actualiseer(door, number, status(2, "20260401"))
    assert element(door, number, NAMES) == ["Ontvangen", "In behandeling"]
    actualiseer(door, number, status(2, "20260401", extra=toelichting("nu met reden")))
    assert element(door, number, "z:heeft/z:toelichting") == ["", "", "nu met reden"], "what is new is not lost"


def test_verwerkingssoort_i_in_updatezaak_only_identifies(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    change(door, number, status(2, "20260401", "I"), status(2, "20260401", "I"))
    assert element(door, number, NAMES) == ["Ontvangen"]


# --- which is the last


def test_the_last_status_follows_from_datumstatusgezet_and_order_of_receipt(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(2, "20260401"))
    assert last(door, number) == ["In behandeling"]
    actualiseer(door, number, status(1, "20260315"))
    assert last(door, number) == ["In behandeling"]
    actualiseer(door, number, status(1, "20260401"))
    assert last(door, number) == ["Ontvangen"]
    actualiseer(door, number, status(2, "20260401"))
    assert last(door, number) == ["In behandeling"], "there and back on one day"
    assert element(door, number, NAMES) == ["Ontvangen", "Ontvangen", "In behandeling", "Ontvangen", "In behandeling"]


def test_statuses_of_one_message_with_one_date_keep_their_order(door: Door) -> None:
    number = new(door, after=status(2, "20260301") + status(1, "20260301"))
    assert element(door, number, NAMES) == ["In behandeling", "Ontvangen"]
    assert last(door, number) == ["Ontvangen"]
    actualiseer(door, number, status(1, "20260302"), status(2, "20260302"))
    assert last(door, number) == ["In behandeling"]


def test_precisions_compare_by_their_moment(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(2, "2026030108"))
    assert last(door, number) == ["In behandeling"]
    actualiseer(door, number, status(1, "202603010759"))
    assert last(door, number) == ["In behandeling"]
    actualiseer(door, number, status(1, "20260301080000000"))
    assert last(door, number) == ["Ontvangen"], "the same moment, received later"


@pytest.mark.parametrize("indicatie", ["J", "N"])
def test_what_a_sender_says_is_the_last_does_not_count(door: Door, indicatie: str) -> None:
    said = f"<ZKN:indicatieLaatsteStatus>{indicatie}</ZKN:indicatieLaatsteStatus></ZKN:heeft>"
    number = new(door, after=status(1, "20260301") + status(2, "20260201").replace("</ZKN:heeft>", said))
    assert element(door, number, "z:heeft/z:indicatieLaatsteStatus") == ["N", "J"]
    assert last(door, number) == ["Ontvangen"]


def test_geefzaakstatus_gives_the_last_one(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(2, "20260401"), status(1, "20260201"))
    answer = door.succeeded("geefZaakstatus_Lv01", lv01(sleutel(number), 'StUF:scope="alles"'))
    assert texts(answer, f"//z:object/{NAMES}") == ["In behandeling"]


# --- closing and opening


def test_an_eindstatus_closes_the_zaak_and_a_later_status_opens_it_again(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(3, "2026050110"))
    assert element(door, number, "z:einddatum") == ["20260501"]
    actualiseer(door, number, status(2, "20260401"))
    assert element(door, number, "z:einddatum") == ["20260501"], "an older status that came late opens nothing"
    actualiseer(door, number, status(2, "20260601"))
    assert element(door, number, "z:einddatum") == [""]


def test_an_eindstatus_that_comes_late_does_not_close(door: Door) -> None:
    number = new(door, after=status(2, "20260301"))
    actualiseer(door, number, status(3, "20260201"))
    assert element(door, number, "z:einddatum") == [""]
    assert last(door, number) == ["In behandeling"]


def test_a_zaak_that_begins_with_an_eindstatus_is_closed(door: Door) -> None:
    number = new(door, after=status(1, "20260301") + status(3, "2026030217"))
    assert element(door, number, "z:einddatum") == ["20260302"]


def test_a_zaaktype_may_have_several_eindstatussen(make_door: Callable[..., Door]) -> None:
    door = make_door(**{'omschrijving = "In behandeling"': 'omschrijving = "Ingetrokken"\neindstatus = true'})
    with door.engine.connect() as connection:
        question = (
            "SELECT z.code, s.volgnummer FROM statustype s JOIN zaaktype z ON z.id = zaaktype_id "
            "WHERE s.omschrijving = 'Ingetrokken' AND NOT s.vervallen"
        )
        code, volgnummer = connection.exec_driver_sql(question).one()
    for number_status in (volgnummer, 3):
        number = new(door, code=code, after=status(1, "20260301"))
        actualiseer(door, number, status(number_status, "20260401"))
        assert element(door, number, "z:einddatum") == ["20260401"]
    actualiseer(door, number, status(volgnummer, "20260501"))
    assert element(door, number, "z:einddatum") == ["20260501"], "from one eindstatus to the next"
    make_door()


# --- who set it


def test_who_set_a_status_is_kept(door: Door) -> None:
    rest = "<ZKN:rolOmschrijving>regisseur</ZKN:rolOmschrijving>"
    number = new(door, after=with_setter(status(1, "20260301"), setter(mdw("m9", "Zetter"), rest=rest)))
    unit = (
        '<ZKN:organisatorischeEenheid StUF:entiteittype="OEH" StUF:verwerkingssoort="I">'
        "<ZKN:identificatie>wijkteam</ZKN:identificatie><ZKN:naam>Wijkteam</ZKN:naam></ZKN:organisatorischeEenheid>"
    )
    actualiseer(door, number, with_setter(status(2, "20260401"), setter(unit, "I")))
    assert element(door, number, "z:heeft/z:isGezetDoor//z:achternaam") == ["Zetter"]
    assert element(door, number, "z:heeft/z:isGezetDoor//z:naam") == ["Wijkteam"]
    assert element(door, number, "z:heeft[1]/z:isGezetDoor/z:rolOmschrijving") == ["regisseur"]


def test_a_message_that_names_one_medewerker_often_registers_him_once(door: Door) -> None:
    who = setter(mdw("m77", "Vaak"))
    number = new(door, after=with_setter(status(1, "20260301"), who) + with_setter(status(2, "20260302"), who))
    assert element(door, number, "z:heeft/z:isGezetDoor//z:achternaam") == ["Vaak", "Vaak"]
    with door.engine.connect() as connection:
        question = "SELECT count(*) FROM object WHERE sleutel = 'medewerker:m77'"
        assert connection.exec_driver_sql(question).scalar_one() == 1


# --- correction and removal


@pytest.mark.parametrize("mutatiesoort", ["W", "C", "F"])
def test_a_correction_keeps_what_it_does_not_name_and_the_place_in_the_order(door: Door, mutatiesoort: str) -> None:
    error = with_setter(status(2, "20260301", extra=toelichting("goed")), setter(mdw("m1", "Zetter")))
    number = new(door, after=error + status(1, "20260301"))
    change(door, number, status(2, "20260301", "W"), status(3, "20260301", "W"), mutatiesoort)
    assert element(door, number, NAMES) == ["Afgehandeld", "Ontvangen"]
    assert last(door, number) == ["Ontvangen"], "the order of receipt did not change"
    assert element(door, number, "z:heeft[1]/z:toelichting") == ["goed"]
    assert element(door, number, "z:heeft[1]/z:isGezetDoor//z:achternaam") == ["Zetter"]
    assert element(door, number, "z:einddatum") == [""]


def test_a_corrected_date_moves_the_last_status_and_the_einddatum(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(3, "20260501"))
    change(door, number, status(3, "20260501", "W"), status(3, "20260601", "W"))
    assert element(door, number, "z:einddatum") == ["20260601"]
    change(door, number, status(3, "20260601", "W"), status(3, "20260201", "W"))
    assert last(door, number) == ["Ontvangen"]
    assert element(door, number, "z:einddatum") == [""]


def test_a_corrected_statustype_of_the_last_status_opens_and_closes(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(3, "20260501"))
    change(door, number, status(3, "20260501", "W"), status(2, "20260501", "W"))
    assert element(door, number, "z:einddatum") == [""]
    change(door, number, status(2, "20260501", "W"), status(3, "20260501", "W"))
    assert element(door, number, "z:einddatum") == ["20260501"]


def test_w_of_another_status_at_another_moment_is_the_next_one_unless_it_corrects(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    change(door, number, status(1, "20260301", "W"), status(2, "20260401", "W"))
    assert element(door, number, NAMES) == ["Ontvangen", "In behandeling"]
    change(door, number, status(2, "20260401", "W"), status(3, "20260501", "W"), "C")
    assert element(door, number, NAMES) == ["Ontvangen", "Afgehandeld"]


@pytest.mark.parametrize(("soort", "remaining"), [("E", 2), ("R", 3)])
def test_a_status_that_ends_stays_in_the_history(door: Door, soort: str, remaining: int) -> None:
    number = new(door, after=status(1, "20260301") + status(2, "20260401"))
    wordt = status(3, "20260501", "R") if soort == "R" else ""
    change(door, number, status(2, "20260401", soort), wordt)
    assert len(element(door, number, NAMES)) == remaining


def test_who_set_a_status_is_corrected(door: Door) -> None:
    number = new(door, after=with_setter(status(1, "20260301"), setter(mdw("m1", "Een"))))
    change(
        door,
        number,
        status(1, "20260301", "W"),
        with_setter(status(1, "20260301", "W"), setter(mdw("m2", "Twee"), "W")),
    )
    assert element(door, number, "z:heeft/z:isGezetDoor//z:achternaam") == ["Twee"]


def test_a_status_set_by_mistake_is_removed_and_the_zaak_opens_again(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    actualiseer(door, number, status(3, "20260501"))
    change(door, number, status(3, "20260501", "V"), "")
    assert last(door, number) == ["Ontvangen"]
    assert element(door, number, "z:einddatum") == [""]
    change(door, number, status(1, "20260301", "V"), "")
    assert element(door, number, NAMES) == []


def test_of_two_equal_statuses_each_removal_takes_one(door: Door) -> None:
    number = new(
        door, after=status(1, "20260301", extra=toelichting("a")) + status(1, "20260301", extra=toelichting("b"))
    )
    change(door, number, status(1, "20260301", "V") * 2, "")
    assert element(door, number, NAMES) == []


@pytest.mark.parametrize("soort", ["V", "E", "W"])
def test_a_status_that_the_zaak_does_not_have_is_stuf064(door: Door, soort: str) -> None:
    number = new(door, after=status(1, "20260301"))
    mutatiesoort, wordt = ("C", status(3, "20260401", "W")) if soort == "W" else ("W", "")
    code, details = refuse(door, number, status(2, "20260401", soort), wordt, mutatiesoort)
    assert (code, "In behandeling" in details, "20260401" in details) == ("StUF064", True, True)


def test_a_status_is_guarded_by_was(make_door: Callable[..., Door]) -> None:
    streng = make_door(**{'code = "B1026"': 'code = "B1026"\nwas = "weigeren"'})
    number = new(streng, after=status(1, "20260301", extra=toelichting("nu")))
    was, wordt = (status(1, "20260301", "W", extra=toelichting(text)) for text in ("toen", "straks"))
    code, details = refuse(streng, number, was, wordt)
    assert (code, "heeft/toelichting" in details) == ("StUF063", True)
    change(streng, number, was.replace("toen", "nu"), wordt)
    assert element(streng, number, "z:heeft/z:toelichting") == ["straks"]
    make_door()


def test_a_status_costs_the_same_however_many_there_are(door: Door) -> None:
    number = new(door, after=status(1, "20250101"))

    def kosten(month: int, count: int) -> int:
        statussen = [
            with_setter(status(1 + i % 2, f"2026{month:02d}{1 + i:02d}"), setter(mdw(f"z{month}-{i}")))
            for i in range(count)
        ]
        with count_statements() as counter:
            actualiseer(door, number, *statussen)
        return counter.aantal

    assert kosten(1, 1) == kosten(2, 25) == kosten(3, 1)


def test_the_zaak_object_of_a_status_may_say_i(door: Door) -> None:
    number = new(door, after=status(1, "20260301"))
    bericht = lk01("W", obj(sleutel(number), "I"), obj(sleutel(number) + status(2, "20260401"), "I"))
    door.succeeded("actualiseerZaakstatus_Lk01", bericht)
    assert last(door, number) == ["In behandeling"]
