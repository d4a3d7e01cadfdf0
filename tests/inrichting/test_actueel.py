"""The view of a process: what it finds, whom it lets in, and that it follows every change."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from regiesysteem.db import maak_engine, tel_statements
from regiesysteem.inrichting.check import InrichtingFout
from regiesysteem.inrichting.current import (
    GeenInrichting,
    Inrichting,
    InrichtingBron,
    Zaaktype,
    lees_inrichting,
    neem_zaaktype_over,
)
from regiesysteem.inrichting.load import Verschil

Rauw = dict[str, Any]
Laad = Callable[[Rauw], Verschil]


@pytest.fixture
def lees(laad: Laad, engine: Engine) -> Callable[[Rauw], Inrichting]:
    def doe(rauw: Rauw) -> Inrichting:
        laad(rauw)
        with engine.connect() as connection:
            return lees_inrichting(connection)

    return doe


Lees = Callable[[Rauw], Inrichting]


def test_without_an_inrichting(engine: Engine) -> None:
    with pytest.raises(GeenInrichting, match="regie inrichting laad"):
        InrichtingBron(engine).actueel(0)


def test_a_loaded_text_that_is_no_longer_allowed_says_what_is_wrong(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO inrichting (toml, sha256, bron) VALUES ('oud = 1', 'x', 'oud.toml')"))
        with pytest.raises(InrichtingFout, match=r"oud\.toml: oud: onbekende sleutel"):
            lees_inrichting(connection)


def test_everything_in_one_statement(rauw: Rauw, laad: Laad, engine: Engine) -> None:
    rauw["zaaktype"] += [{"code": f"Z{i}", "omschrijving": "x", "soort": "overig"} for i in range(200)]
    laad(rauw)
    with engine.connect() as connection, tel_statements() as teller:
        assert len(lees_inrichting(connection).zaaktypen) == 202
    assert teller.aantal == 1


def test_the_code_of_a_zaaktype_goes_before_its_omschrijving(rauw: Rauw, lees: Lees) -> None:
    inrichting = lees(rauw)
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
    assert inrichting.zaaktype_met_id(b1026.id) is b1026
    assert inrichting.zaaktype_met_id(0) is None


def test_an_omschrijving_of_two_zaaktypen_finds_none(rauw: Rauw, lees: Lees, laad: Laad) -> None:
    rauw["zaaktype"].append({"code": "GP2", "omschrijving": "Gezinsplan", "soort": "gezinsplan"})
    assert lees(rauw).zaaktype(None, "Gezinsplan") is None
    del rauw["zaaktype"][1]
    rest = lees(rauw)
    assert rest.zaaktype(None, "Gezinsplan") is rest.zaaktype("GP2", None)
    del rauw["zaaktype"][1]
    assert lees(rauw).zaaktype(None, "Gezinsplan") is None


def test_a_zaaktype_gives_its_elements_and_statuses(rauw: Rauw, lees: Lees) -> None:
    rauw["zaaktype"][0]["status"].reverse()
    rauw["zaaktype"][0] |= {"publicatie_indicatie": True, "ingangsdatum": "20150216", "trefwoorden": ["a", "b"]}
    rauw["zaaktype"][0]["status"][1]["doorlooptijd_dagen"] = 3
    zaaktype = lees(rauw).zaaktype("B1026", None)
    assert zaaktype is not None
    assert zaaktype.doorlooptijd_dagen == 42
    assert zaaktype.inhoud == {
        "doorlooptijd": "42",
        "publicatieIndicatie": "J",
        "ingangsdatumObject": "20150216",
        "trefwoord": ["a", "b"],
    }
    assert [statustype.volgnummer for statustype in zaaktype.statustypen] == [1, 2]
    assert zaaktype.eerste_status is zaaktype.statustypen[0]
    assert zaaktype.eerste_status.inhoud == {"doorlooptijd": "3"}
    assert [een.eindstatus for een in zaaktype.statustypen] == [False, True]
    assert [resultaat.omschrijving for resultaat in zaaktype.resultaattypen] == ["Toegekend"]


def test_a_zaaktype_without_anything(rauw: Rauw, lees: Lees) -> None:
    zaaktype = lees(rauw).zaaktype("GP", None)
    assert zaaktype is not None
    assert (zaaktype.eerste_status, zaaktype.doorlooptijd_dagen) == (None, None)


def test_a_vervallen_status_is_there_for_old_zaken_only(rauw: Rauw, lees: Lees) -> None:
    toen = lees(rauw).zaaktype("B1026", None)
    del rauw["zaaktype"][0]["status"][1]
    nu = lees(rauw).zaaktype("B1026", None)
    assert toen is not None
    assert nu is not None
    weg = toen.statustypen[1]
    assert nu.statustypen == toen.statustypen[:1]
    oud = nu.statustype_met_id(weg.id)
    assert oud is not None
    assert (oud.omschrijving, oud.vervallen) == (weg.omschrijving, True)


def test_rules_of_a_zaaktype_go_before_those_of_the_gemeente(rauw: Rauw, lees: Lees) -> None:
    rauw["regels"] = {"was": "negeren", "status_tegenspraak": "volgnummer", "onbekende_status": "overnemen"}
    rauw["zaaktype"][0] |= {"was": "weigeren", "status_tegenspraak": "omschrijving", "onbekende_status": "weigeren"}

    def regels(zaaktype: Zaaktype | None) -> tuple[str, ...]:
        assert zaaktype is not None
        return zaaktype.was, zaaktype.status_tegenspraak, zaaktype.onbekende_status

    inrichting = lees(rauw)
    assert regels(inrichting.zaaktype("B1026", None)) == ("weigeren", "omschrijving", "weigeren")
    assert regels(inrichting.zaaktype("GP", None)) == ("negeren", "volgnummer", "overnemen")


def test_an_applicatie_by_organisatie_name_and_administratie(rauw: Rauw, lees: Lees) -> None:
    rauw["applicatie"] = [
        {"naam": "GWS4all"},
        {"naam": "GWS4all", "administratie": "Test", "schema": "soepel"},
        {"naam": "Elders", "organisatie": "0363"},
        {"naam": "Strikt", "administratie": "Productie"},
    ]
    inrichting = lees(rauw)
    algemeen, test, elders, strikt = inrichting.applicaties
    assert inrichting.applicatie("1900", "GWS4all") is algemeen
    assert inrichting.applicatie("1900", "GWS4all", "Productie") is algemeen
    assert inrichting.applicatie("1900", "GWS4all", "Test") is test
    assert inrichting.applicatie(None, "GWS4all", None) is algemeen
    assert inrichting.applicatie("0363", "GWS4all") is None
    assert inrichting.applicatie("0363", "Elders") is elders
    assert inrichting.applicatie(None, "Elders") is None
    assert inrichting.applicatie("1900", "Strikt") is None
    assert inrichting.applicatie("1900", "Strikt", "Productie") is strikt
    assert inrichting.applicatie("1900", "gws4all") is None
    assert inrichting.applicatie(None, None, None) is None
    assert inrichting.schema_voor(test) == "soepel"
    assert inrichting.schema_voor(algemeen) == "streng"
    assert inrichting.schema_voor(None) == "streng"


def test_meant_for_us(rauw: Rauw, lees: Lees) -> None:
    inrichting = lees(rauw)
    for organisatie, applicatie in (("1900", "Regiesysteem"), ("1900", "CDR"), (None, "CDR"), ("1900", None), ("", "")):
        assert inrichting.is_voor_ons(organisatie, applicatie)
    for organisatie, applicatie in (("0363", "CDR"), ("1900", "Ander"), (None, "Ander"), ("0363", None)):
        assert not inrichting.is_voor_ons(organisatie, applicatie)
    rauw["systeem"]["organisatie"] = "Samenwerking"
    assert lees(rauw).is_voor_ons("Samenwerking", "CDR")


@pytest.mark.parametrize(
    ("regels", "bekend", "onbekend"),
    [
        ({}, True, True),
        ({"onbekende_zender": "weigeren"}, True, False),
        ({"autorisatie": "applicaties"}, False, False),
        ({"autorisatie": "applicaties", "onbekende_zender": "weigeren"}, False, False),
    ],
)
def test_who_may_do_what(rauw: Rauw, lees: Lees, regels: Rauw, bekend: bool, onbekend: bool) -> None:
    rauw["regels"] = regels
    rauw["applicatie"][0]["diensten"] = ["zakLv01"]
    rauw["applicatie"].append({"naam": "Alles"})
    inrichting = lees(rauw)
    gws, alles = inrichting.applicaties
    assert inrichting.dienst_toegestaan(gws, "zakLv01")
    assert inrichting.dienst_toegestaan(alles, "creeerZaak_Lk01")
    assert inrichting.dienst_toegestaan(gws, "creeerZaak_Lk01") is bekend
    assert inrichting.dienst_toegestaan(None, "zakLv01") is onbekend


def test_the_source_reads_only_after_a_change(rauw: Rauw, laad: Laad, engine: Engine) -> None:
    bron = InrichtingBron(engine)
    eerste = bron.actueel(laad(rauw).versie)
    with tel_statements() as teller:
        assert bron.actueel(1) is eerste
    assert teller.aantal == 0
    with engine.begin() as connection:
        neem_zaaktype_over(connection, "X1", "Onbekend", {})
    assert bron.actueel(2).zaaktype("X1", None) is not None
    laad({**rauw, "regels": {"was": "negeren"}})
    assert bron.actueel(3).regels.was == "negeren"


def test_a_source_that_lags_gives_what_is_there_now(rauw: Rauw, laad: Laad, engine: Engine) -> None:
    bron = InrichtingBron(engine)
    laad(rauw)
    laad({**rauw, "regels": {"was": "negeren"}})
    assert bron.actueel(1).versie == 2


def test_twelve_threads_read_a_change_once(rauw: Rauw, laad: Laad, engine: Engine) -> None:
    laad(rauw)
    bron = InrichtingBron(engine)
    gelezen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: gelezen.append(args[2]))
    samen = threading.Barrier(12)

    def taak() -> Inrichting:
        samen.wait(timeout=60)
        return bron.actueel(1)

    with ThreadPoolExecutor(12) as draden:
        uitkomsten = [toekomst.result(timeout=60) for toekomst in [draden.submit(taak) for _ in range(12)]]
    assert len({id(uitkomst) for uitkomst in uitkomsten}) == 1
    assert len(gelezen) == 1


def test_the_source_needs_no_more_than_the_connection_of_the_message(rauw: Rauw, laad: Laad, database_url: str) -> None:
    laad(rauw)
    vol = maak_engine(database_url, verbindingen=1)
    with vol.connect() as connection:
        assert InrichtingBron(vol).actueel(1, connection).versie == 1
    vol.dispose()


def test_another_connection_sees_what_was_taken_over_after_the_commit(rauw: Rauw, laad: Laad, engine: Engine) -> None:
    laad(rauw)
    with engine.begin() as bericht:
        neem_zaaktype_over(bericht, "X1", "Onbekend", {})
        assert InrichtingBron(engine).actueel(1).zaaktype("X1", None) is None
    assert InrichtingBron(engine).actueel(2).zaaktype("X1", None) is not None


@pytest.mark.parametrize("open_mag", [True, False])
def test_an_open_inrichting_opens_nothing_that_others_can_reach(
    rauw: Rauw, laad: Laad, engine: Engine, open_mag: bool
) -> None:
    laad({**rauw, "regels": {"autorisatie": "open", "onbekende_zender": "accepteren"}})
    inrichting = InrichtingBron(engine, open_mag=open_mag).actueel(1)
    assert inrichting.dienst_toegestaan(None, "zakLv01") is open_mag
    assert inrichting.regels.onbekende_zenders_mogen is open_mag
