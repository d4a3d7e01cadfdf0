"""The view of a process: what it finds, whom it lets in, and that it follows every change."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from regiesysteem.access.caller import grant_of
from regiesysteem.db import count_statements, make_engine
from regiesysteem.inrichting.check import InrichtingError
from regiesysteem.inrichting.current import Inrichting, InrichtingSource, NoInrichting, Zaaktype, read_inrichting
from regiesysteem.inrichting.load import Difference
from regiesysteem.inrichting.take_over import take_over_zaaktype

Raw = dict[str, Any]
Load = Callable[[Raw], Difference]


@pytest.fixture
def read(load: Load, engine: Engine) -> Callable[[Raw], Inrichting]:
    def do(raw: Raw) -> Inrichting:
        load(raw)
        with engine.connect() as connection:
            return read_inrichting(connection)

    return do


Read = Callable[[Raw], Inrichting]


def test_without_an_inrichting(engine: Engine) -> None:
    with pytest.raises(NoInrichting, match="regie inrichting laad"):
        InrichtingSource(engine).current(0)


def test_a_loaded_text_that_is_no_longer_allowed_says_what_is_wrong(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO inrichting (toml, sha256, bron) VALUES ('oud = 1', 'x', 'oud.toml')"))
        with pytest.raises(InrichtingError, match=r"oud\.toml: oud: onbekende sleutel"):
            read_inrichting(connection)


def test_everything_in_one_statement(raw: Raw, load: Load, engine: Engine) -> None:
    raw["zaaktype"] += [{"code": f"Z{i}", "omschrijving": "x", "soort": "overig"} for i in range(200)]
    load(raw)
    with engine.connect() as connection, count_statements() as counter:
        assert len(read_inrichting(connection).zaaktypen) == 202
    assert counter.aantal == 1


def test_the_code_of_a_zaaktype_goes_before_its_omschrijving(raw: Raw, read: Read) -> None:
    inrichting = read(raw)
    b1026, gezinsplan = inrichting.zaaktype("B1026", None), inrichting.zaaktype("GP", None)
    assert b1026 is not None
    assert gezinsplan is not None
    assert inrichting.zaaktype("B1026", "Gezinsplan") is b1026
    assert inrichting.zaaktype(None, "Gezinsplan") is gezinsplan
    assert inrichting.zaaktype("", "Gezinsplan") is gezinsplan
    assert inrichting.zaaktype("B9999", "Gezinsplan") is None
    assert inrichting.zaaktype("b1026", None) is None
    assert inrichting.zaaktype(None, "gezinsplan") is None
    assert inrichting.zaaktype(None, None) is None
    assert inrichting.zaaktype_with_id(b1026.id) is b1026
    assert inrichting.zaaktype_with_id(0) is None


def test_an_omschrijving_of_two_zaaktypen_finds_none(raw: Raw, read: Read, load: Load) -> None:
    raw["zaaktype"].append({"code": "GP2", "omschrijving": "Gezinsplan", "soort": "gezinsplan"})
    assert read(raw).zaaktype(None, "Gezinsplan") is None
    del raw["zaaktype"][1]
    rest = read(raw)
    assert rest.zaaktype(None, "Gezinsplan") is rest.zaaktype("GP2", None)
    del raw["zaaktype"][1]
    assert read(raw).zaaktype(None, "Gezinsplan") is None


def test_a_zaaktype_gives_its_elements_and_statuses(raw: Raw, read: Read) -> None:
    raw["zaaktype"][0]["status"].reverse()
    raw["zaaktype"][0] |= {"publicatie_indicatie": True, "ingangsdatum": "20150216", "trefwoorden": ["a", "b"]}
    raw["zaaktype"][0]["status"][1]["doorlooptijd_dagen"] = 3
    zaaktype = read(raw).zaaktype("B1026", None)
    assert zaaktype is not None
    assert zaaktype.doorlooptijd_dagen == 42
    assert zaaktype.inhoud == {
        "doorlooptijd": "42",
        "publicatieIndicatie": "J",
        "ingangsdatumObject": "20150216",
        "trefwoord": ["a", "b"],
    }
    assert [statustype.volgnummer for statustype in zaaktype.statustypen] == [1, 2]
    assert zaaktype.first_status is zaaktype.statustypen[0]
    assert zaaktype.first_status.inhoud == {"doorlooptijd": "3"}
    assert [one.eindstatus for one in zaaktype.statustypen] == [False, True]
    assert [resultaat.omschrijving for resultaat in zaaktype.resultaattypen] == ["Toegekend"]


def test_a_zaaktype_without_anything(raw: Raw, read: Read) -> None:
    zaaktype = read(raw).zaaktype("GP", None)
    assert zaaktype is not None
    assert (zaaktype.first_status, zaaktype.doorlooptijd_dagen) == (None, None)


def test_a_vervallen_status_is_there_for_old_zaken_only(raw: Raw, read: Read) -> None:
    toen = read(raw).zaaktype("B1026", None)
    del raw["zaaktype"][0]["status"][1]
    now = read(raw).zaaktype("B1026", None)
    assert toen is not None
    assert now is not None
    gone = toen.statustypen[1]
    assert now.statustypen == toen.statustypen[:1]
    old = now.statustype_with_id(gone.id)
    assert old is not None
    assert (old.omschrijving, old.vervallen) == (gone.omschrijving, True)


def test_rules_of_a_zaaktype_go_before_those_of_the_gemeente(raw: Raw, read: Read) -> None:
    raw["regels"] = {"was": "negeren", "status_tegenspraak": "volgnummer", "onbekende_status": "overnemen"}
    raw["zaaktype"][0] |= {"was": "weigeren", "status_tegenspraak": "omschrijving", "onbekende_status": "weigeren"}

    def regels(zaaktype: Zaaktype | None) -> tuple[str, ...]:
        assert zaaktype is not None
        return zaaktype.was, zaaktype.status_tegenspraak, zaaktype.onbekende_status

    inrichting = read(raw)
    assert regels(inrichting.zaaktype("B1026", None)) == ("weigeren", "omschrijving", "weigeren")
    assert regels(inrichting.zaaktype("GP", None)) == ("negeren", "volgnummer", "overnemen")


def test_an_applicatie_by_organisatie_name_and_administratie(raw: Raw, read: Read) -> None:
    raw["applicatie"] = [
        {"naam": "GWS4all"},
        {"naam": "GWS4all", "administratie": "Test", "schema": "soepel"},
        {"naam": "Elders", "organisatie": "0363"},
        {"naam": "Strikt", "administratie": "Productie"},
    ]
    inrichting = read(raw)
    general, test, elsewhere, strikt = inrichting.applicaties
    assert inrichting.applicatie("1900", "GWS4all") is general
    assert inrichting.applicatie("1900", "GWS4all", "Productie") is general
    assert inrichting.applicatie("1900", "GWS4all", "Test") is test
    assert inrichting.applicatie(None, "GWS4all", None) is general
    assert inrichting.applicatie("0363", "GWS4all") is None
    assert inrichting.applicatie("0363", "Elders") is elsewhere
    assert inrichting.applicatie(None, "Elders") is None
    assert inrichting.applicatie("1900", "Strikt") is None
    assert inrichting.applicatie("1900", "Strikt", "Productie") is strikt
    assert inrichting.applicatie("1900", "gws4all") is None
    assert inrichting.applicatie(None, None, None) is None
    assert inrichting.schema_for(test) == "soepel"
    assert inrichting.schema_for(general) == "streng"
    assert inrichting.schema_for(None) == "streng"


def test_meant_for_us(raw: Raw, read: Read) -> None:
    inrichting = read(raw)
    for organisatie, applicatie in (("1900", "Regiesysteem"), ("1900", "CDR"), (None, "CDR"), ("1900", None), ("", "")):
        assert inrichting.is_for_us(organisatie, applicatie)
    for organisatie, applicatie in (("0363", "CDR"), ("1900", "Ander"), (None, "Ander"), ("0363", None)):
        assert not inrichting.is_for_us(organisatie, applicatie)
    raw["systeem"]["organisatie"] = "Samenwerking"
    assert read(raw).is_for_us("Samenwerking", "CDR")


@pytest.mark.parametrize(
    ("regels", "known", "unknown"),
    [
        ({}, True, True),
        ({"onbekende_zender": "weigeren"}, True, False),
        ({"autorisatie": "applicaties"}, False, False),
        ({"autorisatie": "applicaties", "onbekende_zender": "weigeren"}, False, False),
    ],
)
def test_who_may_do_what(raw: Raw, read: Read, regels: Raw, known: bool, unknown: bool) -> None:
    raw["regels"] = regels
    raw["applicatie"][0]["diensten"] = ["zakLv01"]
    raw["applicatie"].append({"naam": "Alles"})
    inrichting = read(raw)
    gws, alles = inrichting.applicaties
    assert grant_of(inrichting, gws).allows("zakLv01")
    assert grant_of(inrichting, alles).allows("creeerZaak_Lk01")
    assert grant_of(inrichting, gws).allows("creeerZaak_Lk01") is known
    assert grant_of(inrichting, None).allows("zakLv01") is unknown


def test_the_source_reads_only_after_a_change(raw: Raw, load: Load, engine: Engine) -> None:
    source = InrichtingSource(engine)
    first = source.current(load(raw).versie)
    with count_statements() as counter:
        assert source.current(1) is first
    assert counter.aantal == 0
    with engine.begin() as connection:
        take_over_zaaktype(connection, "X1", "Onbekend", {})
    assert source.current(2).zaaktype("X1", None) is not None
    load({**raw, "regels": {"was": "negeren"}})
    assert source.current(3).regels.was == "negeren"


def test_a_source_that_lags_gives_what_is_there_now(raw: Raw, load: Load, engine: Engine) -> None:
    source = InrichtingSource(engine)
    load(raw)
    load({**raw, "regels": {"was": "negeren"}})
    assert source.current(1).versie == 2


def test_twelve_threads_read_a_change_once(raw: Raw, load: Load, engine: Engine) -> None:
    load(raw)
    source = InrichtingSource(engine)
    parsed: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: parsed.append(args[2]))
    together = threading.Barrier(12)

    def task() -> Inrichting:
        together.wait(timeout=60)
        return source.current(1)

    with ThreadPoolExecutor(12) as threads:
        uitkomsten = [toekomst.result(timeout=60) for toekomst in [threads.submit(task) for _ in range(12)]]
    assert len({id(outcome) for outcome in uitkomsten}) == 1
    assert len(parsed) == 1


def test_the_source_needs_no_more_than_the_connection_of_the_message(raw: Raw, load: Load, database_url: str) -> None:
    load(raw)
    full = make_engine(database_url, connections=1)
    with full.connect() as connection:
        assert InrichtingSource(full).current(1, connection).versie == 1
    full.dispose()


def test_another_connection_sees_what_was_taken_over_after_the_commit(raw: Raw, load: Load, engine: Engine) -> None:
    load(raw)
    with engine.begin() as bericht:
        take_over_zaaktype(bericht, "X1", "Onbekend", {})
        assert InrichtingSource(engine).current(1).zaaktype("X1", None) is None
    assert InrichtingSource(engine).current(2).zaaktype("X1", None) is not None


@pytest.mark.parametrize("may_open", [True, False])
def test_an_open_inrichting_opens_nothing_that_others_can_reach(
    raw: Raw, load: Load, engine: Engine, may_open: bool
) -> None:
    load({**raw, "regels": {"autorisatie": "open", "onbekende_zender": "accepteren"}})
    inrichting = InrichtingSource(engine, may_open=may_open).current(1)
    assert grant_of(inrichting, None).allows("zakLv01") is may_open
    assert inrichting.regels.unknown_zenders_allowed is may_open
