"""Takeover from messages: once, whoever comes at the same time, and only when the message is kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from regiesysteem.inrichting.current import (
    GeenVolgnummer,
    Statustype,
    Zaaktype,
    lees_inrichting,
    neem_statustype_over,
    neem_zaaktype_over,
)
from regiesysteem.inrichting.load import Verschil

Rauw = dict[str, Any]
Laad = Callable[[Rauw], Verschil]
Rijen = Callable[[str], list[Any]]


@pytest.fixture
def b1026(laad: Laad, rauw: Rauw, engine: Engine) -> Zaaktype:
    laad(rauw)
    with engine.connect() as connection:
        zaaktype = lees_inrichting(connection).zaaktype("B1026", None)
    assert zaaktype is not None
    return zaaktype


@pytest.fixture
def tegelijk(
    engine: Engine, wacht_op_wachtenden: Callable[[int], None]
) -> Callable[[list[Callable[[Connection], Any]]], list[Any]]:
    """Run each in its own transaction, all let loose together once all of them wait for the lock."""

    def doe(werk: list[Callable[[Connection], Any]]) -> list[Any]:
        def in_transactie(taak: Callable[[Connection], Any]) -> Any:
            with engine.begin() as connection:
                return taak(connection)

        with engine.connect() as rem, ThreadPoolExecutor(len(werk)) as draden:
            rem.execute(text("SELECT pg_advisory_xact_lock(:slot)"), {"slot": 0x696E72696368})
            toekomst = [draden.submit(in_transactie, taak) for taak in werk]
            wacht_op_wachtenden(len(werk))
            rem.rollback()
            return [uitkomst.result(timeout=60) for uitkomst in toekomst]

    return doe


Tegelijk = Callable[[list[Callable[[Connection], Any]]], list[Any]]


def test_a_new_zaaktype_is_overig_and_has_the_rules_of_the_gemeente(b1026: Zaaktype, engine: Engine) -> None:
    with engine.begin() as connection:
        nieuw = neem_zaaktype_over(connection, "X1", "Onbekend", {"archiefcode": "7.1", "trefwoord": ["a", "b"]})
        assert nieuw == lees_inrichting(connection).zaaktype("X1", None)
    assert (nieuw.soort, nieuw.herkomst, nieuw.was) == ("overig", "overgenomen", b1026.was)
    assert nieuw.inhoud == {"archiefcode": "7.1", "trefwoord": ["a", "b"]}
    assert nieuw.statustypen == ()


def test_a_zaaktype_without_code_or_omschrijving(b1026: Zaaktype, engine: Engine) -> None:
    del b1026
    with engine.begin() as connection:
        assert neem_zaaktype_over(connection, "X1", None, {}).omschrijving == "X1"
        with pytest.raises(ValueError, match="zonder code"):
            neem_zaaktype_over(connection, " ", "Onbekend", {})


def test_a_known_zaaktype_stays_as_it_is(b1026: Zaaktype, engine: Engine, rijen: Rijen) -> None:
    with engine.begin() as connection:
        assert neem_zaaktype_over(connection, "B1026", "Anders", {"archiefcode": "1"}) == b1026
    assert rijen("SELECT versie FROM inrichting_stand") == [(1,)]


def test_a_vervallen_zaaktype_holds_again_with_its_statuses(
    b1026: Zaaktype, laad: Laad, rauw: Rauw, engine: Engine
) -> None:
    del rauw["zaaktype"][0]
    laad(rauw)
    with engine.begin() as connection:
        terug = neem_zaaktype_over(connection, "B1026", "Aanvraag minima", {})
    assert (terug.id, terug.vervallen, terug.herkomst) == (b1026.id, False, "overgenomen")
    assert terug.statustypen == b1026.statustypen


def test_the_same_zaaktype_of_six_messages_at_once_is_one(b1026: Zaaktype, tegelijk: Tegelijk, rijen: Rijen) -> None:
    del b1026
    overgenomen = tegelijk([lambda c: neem_zaaktype_over(c, "X1", "Onbekend", {})] * 6)
    assert len({zaaktype.id for zaaktype in overgenomen}) == 1
    assert rijen("SELECT count(*) FROM zaaktype WHERE code = 'X1'") == [(1,)]
    assert rijen("SELECT versie FROM inrichting_stand") == [(2,)]


def test_the_same_status_of_six_messages_at_once_is_one(b1026: Zaaktype, tegelijk: Tegelijk, rijen: Rijen) -> None:
    overgenomen = tegelijk(
        [lambda c: neem_statustype_over(c, b1026.id, 2, "Inbeh", "In behandeling", {"doorlooptijd": "3"})] * 6
    )
    assert len(set(overgenomen)) == 1
    # 2 is the number of Afgehandeld: the new one comes after it.
    assert rijen(
        "SELECT volgnummer, code, omschrijving, eindstatus, herkomst, inhoud FROM statustype WHERE id > 2"
    ) == [(3, "Inbeh", "In behandeling", False, "overgenomen", {"doorlooptijd": "3"})]


def test_different_statuses_with_one_volgnummer_at_once_get_one_each(
    b1026: Zaaktype, tegelijk: Tegelijk, rijen: Rijen
) -> None:
    def taak(nummer: int) -> Callable[[Connection], Statustype]:
        return lambda c: neem_statustype_over(c, b1026.id, 5, None, f"Status {nummer}", {})

    overgenomen = tegelijk([taak(nummer) for nummer in range(6)])
    assert sorted(statustype.volgnummer for statustype in overgenomen) == [5, 6, 7, 8, 9, 10]
    assert rijen("SELECT versie FROM inrichting_stand") == [(7,)]


@pytest.mark.parametrize(
    ("volgnummer", "code", "omschrijving", "volgt"),
    [
        (9, "zz", "ontvangen", 1),
        (9, "ONTV", None, 1),
        (2, None, None, 2),
        (9, "ontv", "Iets anders", 9),
        (None, None, "Iets anders", 3),
        (12_345, None, "Iets anders", 3),
        (0, None, "Iets anders", 3),
    ],
)
def test_what_is_meant(
    b1026: Zaaktype, engine: Engine, volgnummer: int | None, code: str | None, omschrijving: str | None, volgt: int
) -> None:
    with engine.begin() as connection:
        assert neem_statustype_over(connection, b1026.id, volgnummer, code, omschrijving, {}).volgnummer == volgt


def test_a_status_without_omschrijving_gets_one(b1026: Zaaktype, engine: Engine) -> None:
    with engine.begin() as connection:
        assert neem_statustype_over(connection, b1026.id, 8, "Inbeh", None, {}).omschrijving == "Inbeh"
        assert neem_statustype_over(connection, b1026.id, 9, None, None, {}).omschrijving == "Status 9"


def test_volgnummers_after_9999_fill_the_gaps(b1026: Zaaktype, engine: Engine) -> None:
    with engine.begin() as connection:
        assert neem_statustype_over(connection, b1026.id, 9999, None, "Laatste", {}).volgnummer == 9999
        assert neem_statustype_over(connection, b1026.id, 9999, None, "Nog een", {}).volgnummer == 9998
        connection.execute(
            text(
                "INSERT INTO statustype (zaaktype_id, volgnummer, omschrijving, herkomst)"
                " SELECT :id, n, n::text, 'overgenomen' FROM generate_series(3, 9997) n"
            ),
            {"id": b1026.id},
        )
        with pytest.raises(GeenVolgnummer, match="geen vrij volgnummer"):
            neem_statustype_over(connection, b1026.id, None, None, "Te veel", {})


def test_a_vervallen_status_with_the_same_name_holds_again(
    b1026: Zaaktype, laad: Laad, rauw: Rauw, engine: Engine
) -> None:
    rauw["zaaktype"][0]["status"].pop()
    laad(rauw)
    with engine.begin() as connection:
        terug = neem_statustype_over(connection, b1026.id, 2, "Afgeh", "Afgehandeld", {})
    assert terug == b1026.statustypen[1]


def test_a_message_that_fails_takes_nothing_over(b1026: Zaaktype, engine: Engine, rijen: Rijen) -> None:
    with engine.connect() as connection:
        neem_zaaktype_over(connection, "X1", "Onbekend", {})
        neem_statustype_over(connection, b1026.id, 5, None, "Nieuw", {})
        connection.rollback()
    assert rijen("SELECT count(*) FROM zaaktype") == [(2,)]
    assert rijen("SELECT versie FROM inrichting_stand") == [(1,)]
