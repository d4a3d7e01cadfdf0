"""Takeover from messages: once, whoever comes at the same time, and only when the message is kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from regiesysteem.inrichting.current import Statustype, Zaaktype, read_inrichting
from regiesysteem.inrichting.load import Difference
from regiesysteem.inrichting.take_over import NoVolgnummer, take_over_statustype, take_over_zaaktype

Raw = dict[str, Any]
Load = Callable[[Raw], Difference]
Rows = Callable[[str], list[Any]]


@pytest.fixture
def b1026(load: Load, raw: Raw, engine: Engine) -> Zaaktype:
    load(raw)
    with engine.connect() as connection:
        zaaktype = read_inrichting(connection).zaaktype("B1026", None)
    assert zaaktype is not None
    return zaaktype


@pytest.fixture
def tegelijk(
    engine: Engine, wait_on_waiting: Callable[[int], None]
) -> Callable[[list[Callable[[Connection], Any]]], list[Any]]:
    """Run each in its own transaction, all let loose together once all of them wait for the lock."""

    def do(work: list[Callable[[Connection], Any]]) -> list[Any]:
        def in_transactie(task: Callable[[Connection], Any]) -> Any:
            with engine.begin() as connection:
                return task(connection)

        with engine.connect() as rem, ThreadPoolExecutor(len(work)) as threads:
            rem.execute(text("SELECT pg_advisory_xact_lock(:slot)"), {"slot": 0x696E72696368})
            toekomst = [threads.submit(in_transactie, task) for task in work]
            wait_on_waiting(len(work))
            rem.rollback()
            return [outcome.result(timeout=60) for outcome in toekomst]

    return do


Tegelijk = Callable[[list[Callable[[Connection], Any]]], list[Any]]


def test_a_new_zaaktype_is_overig_and_has_the_rules_of_the_gemeente(b1026: Zaaktype, engine: Engine) -> None:
    with engine.begin() as connection:
        new = take_over_zaaktype(connection, "X1", "Onbekend", {"archiefcode": "7.1", "trefwoord": ["a", "b"]})
        assert new == read_inrichting(connection).zaaktype("X1", None)
    assert (new.soort, new.herkomst, new.was) == ("overig", "overgenomen", b1026.was)
    assert new.inhoud == {"archiefcode": "7.1", "trefwoord": ["a", "b"]}
    assert new.statustypen == ()


def test_a_zaaktype_without_code_or_omschrijving(b1026: Zaaktype, engine: Engine) -> None:
    del b1026
    with engine.begin() as connection:
        assert take_over_zaaktype(connection, "X1", None, {}).omschrijving == "X1"
        with pytest.raises(ValueError, match="zonder code"):
            take_over_zaaktype(connection, " ", "Onbekend", {})


def test_a_known_zaaktype_stays_as_it_is(b1026: Zaaktype, engine: Engine, rows: Rows) -> None:
    with engine.begin() as connection:
        assert take_over_zaaktype(connection, "B1026", "Anders", {"archiefcode": "1"}) == b1026
    assert rows("SELECT versie FROM inrichting_stand") == [(1,)]


def test_a_vervallen_zaaktype_holds_again_with_its_statuses(
    b1026: Zaaktype, load: Load, raw: Raw, engine: Engine
) -> None:
    del raw["zaaktype"][0]
    load(raw)
    with engine.begin() as connection:
        back = take_over_zaaktype(connection, "B1026", "Aanvraag minima", {})
    assert (back.id, back.vervallen, back.herkomst) == (b1026.id, False, "overgenomen")
    assert back.statustypen == b1026.statustypen


def test_the_same_zaaktype_of_six_messages_at_once_is_one(b1026: Zaaktype, tegelijk: Tegelijk, rows: Rows) -> None:
    del b1026
    taken_over = tegelijk([lambda c: take_over_zaaktype(c, "X1", "Onbekend", {})] * 6)
    assert len({zaaktype.id for zaaktype in taken_over}) == 1
    assert rows("SELECT count(*) FROM zaaktype WHERE code = 'X1'") == [(1,)]
    assert rows("SELECT versie FROM inrichting_stand") == [(2,)]


def test_the_same_status_of_six_messages_at_once_is_one(b1026: Zaaktype, tegelijk: Tegelijk, rows: Rows) -> None:
    taken_over = tegelijk(
        [lambda c: take_over_statustype(c, b1026.id, 2, "Inbeh", "In behandeling", {"doorlooptijd": "3"})] * 6
    )
    assert len(set(taken_over)) == 1
    # 2 is the number of Afgehandeld: the new one comes after it.
    assert rows("SELECT volgnummer, code, omschrijving, eindstatus, herkomst, inhoud FROM statustype WHERE id > 2") == [
        (3, "Inbeh", "In behandeling", False, "overgenomen", {"doorlooptijd": "3"})
    ]


def test_different_statuses_with_one_volgnummer_at_once_get_one_each(
    b1026: Zaaktype, tegelijk: Tegelijk, rows: Rows
) -> None:
    def task(number: int) -> Callable[[Connection], Statustype]:
        return lambda c: take_over_statustype(c, b1026.id, 5, None, f"Status {number}", {})

    taken_over = tegelijk([task(number) for number in range(6)])
    assert sorted(statustype.volgnummer for statustype in taken_over) == [5, 6, 7, 8, 9, 10]
    assert rows("SELECT versie FROM inrichting_stand") == [(7,)]


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
        assert take_over_statustype(connection, b1026.id, volgnummer, code, omschrijving, {}).volgnummer == volgt


def test_a_status_without_omschrijving_gets_one(b1026: Zaaktype, engine: Engine) -> None:
    with engine.begin() as connection:
        assert take_over_statustype(connection, b1026.id, 8, "Inbeh", None, {}).omschrijving == "Inbeh"
        assert take_over_statustype(connection, b1026.id, 9, None, None, {}).omschrijving == "Status 9"


def test_volgnummers_after_9999_fill_the_gaps(b1026: Zaaktype, engine: Engine) -> None:
    with engine.begin() as connection:
        assert take_over_statustype(connection, b1026.id, 9999, None, "Laatste", {}).volgnummer == 9999
        assert take_over_statustype(connection, b1026.id, 9999, None, "Nog een", {}).volgnummer == 9998
        connection.execute(
            text(
                "INSERT INTO statustype (zaaktype_id, volgnummer, omschrijving, herkomst)"
                " SELECT :id, n, n::text, 'overgenomen' FROM generate_series(3, 9997) n"
            ),
            {"id": b1026.id},
        )
        with pytest.raises(NoVolgnummer, match="geen vrij volgnummer"):
            take_over_statustype(connection, b1026.id, None, None, "Te veel", {})


def test_a_vervallen_status_with_the_same_name_holds_again(
    b1026: Zaaktype, load: Load, raw: Raw, engine: Engine
) -> None:
    raw["zaaktype"][0]["status"].pop()
    load(raw)
    with engine.begin() as connection:
        back = take_over_statustype(connection, b1026.id, 2, "Afgeh", "Afgehandeld", {})
    assert back == b1026.statustypen[1]


def test_a_message_that_fails_takes_nothing_over(b1026: Zaaktype, engine: Engine, rows: Rows) -> None:
    with engine.connect() as connection:
        take_over_zaaktype(connection, "X1", "Onbekend", {})
        take_over_statustype(connection, b1026.id, 5, None, "Nieuw", {})
        connection.rollback()
    assert rows("SELECT count(*) FROM zaaktype") == [(2,)]
    assert rows("SELECT versie FROM inrichting_stand") == [(1,)]
