"""Loading: all or nothing, the same text changes nothing, what zaken refer to keeps its row."""

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from regiesysteem import config
from regiesysteem.inrichting.check import InrichtingError
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.load import Difference, load_at_start, load_file, load_inrichting, read_text
from regiesysteem.inrichting.take_over import take_over_statustype, take_over_zaaktype

Raw = dict[str, Any]
Load = Callable[[Raw], Difference]
Rows = Callable[[str], list[Any]]

STATUSSEN = "SELECT volgnummer, code, omschrijving, eindstatus, herkomst, vervallen FROM statustype ORDER BY id"


def test_the_first_time_all_is_new(load: Load, raw: Raw) -> None:
    difference = load(raw)
    assert difference.loaded
    assert difference.versie == 1
    assert difference.new == ("B1026", "GP")
    assert (difference.modified, difference.vervallen) == ((), ())


def test_the_same_text_changes_nothing(load: Load, raw: Raw, rows: Rows) -> None:
    load(raw)
    quiet = "SELECT xmin::text, id FROM zaaktype UNION ALL SELECT xmin::text, id FROM statustype ORDER BY 1, 2"
    first = rows(quiet)
    difference = load(raw)
    assert not difference.loaded
    assert difference.versie == 1
    assert rows("SELECT count(*) FROM inrichting") == [(1,)]
    assert rows(quiet) == first


def test_back_to_an_earlier_text_is_a_new_version(load: Load, raw: Raw) -> None:
    load(raw)
    load({**raw, "regels": {"was": "negeren"}})
    assert load(raw).versie == 3


def test_the_difference_names_new_changed_and_vervallen(load: Load, raw: Raw) -> None:
    load(raw)
    raw["zaaktype"][0]["omschrijving"] = "Aanvraag minimaregeling"
    raw["zaaktype"][1] = {"code": "GP2", "omschrijving": "Gezinsplan", "soort": "gezinsplan"}
    raw["gemeente"]["naam"] = "Elders"
    difference = load(raw)
    assert difference.new == ("GP2",)
    assert difference.modified == ("B1026",)
    assert difference.vervallen == ("GP",)
    assert difference.parts == ("gemeente",)


@pytest.mark.parametrize(
    "verander",
    [
        lambda zaaktype: zaaktype.update(was="weigeren"),
        lambda zaaktype: zaaktype.update(doorlooptijd_dagen=7),
        lambda zaaktype: zaaktype["status"][0].update(omschrijving_generiek="Begin"),
        lambda zaaktype: zaaktype["status"].pop(),
        lambda zaaktype: zaaktype["resultaat"].append({"omschrijving": "Afgewezen"}),
        lambda zaaktype: zaaktype["resultaat"].pop(),
    ],
)
def test_every_change_of_a_zaaktype_is_told(load: Load, raw: Raw, verander: Callable[[Raw], object]) -> None:
    load(raw)
    verander(raw["zaaktype"][0])
    difference = load(raw)
    assert difference.modified == ("B1026",)
    assert (difference.new, difference.vervallen, difference.parts) == ((), (), ())


def test_a_vervallen_zaaktype_stays_and_can_come_back(load: Load, raw: Raw, engine: Engine) -> None:
    load(raw)
    without = copy.deepcopy(raw)
    del without["zaaktype"][0]
    assert load(without).vervallen == ("B1026",)
    with engine.connect() as connection:
        vervallen = read_inrichting(connection).zaaktype("B1026", None)
    assert vervallen is not None
    assert vervallen.vervallen
    assert len(vervallen.statustypen) == 2
    assert load(without).vervallen == ()
    assert load(raw).modified == ("B1026",)
    with engine.connect() as connection:
        back = read_inrichting(connection).zaaktype("B1026", None)
    assert back is not None
    assert (back.id, back.vervallen) == (vervallen.id, False)


def test_new_numbers_rename_no_statuses_of_old_zaken(load: Load, raw: Raw, rows: Rows) -> None:
    load(raw)
    raw["zaaktype"][0]["status"] = [
        {"volgnummer": 2, "code": "Ontv", "omschrijving": "Ontvangen"},
        {"volgnummer": 1, "code": "Afgeh", "omschrijving": "Afgehandeld", "eindstatus": True},
        {"volgnummer": 3, "code": "Inbeh", "omschrijving": "In behandeling"},
    ]
    load(raw)
    assert rows(STATUSSEN) == [
        (2, "Ontv", "Ontvangen", False, "inrichting", False),
        (1, "Afgeh", "Afgehandeld", True, "inrichting", False),
        (3, "Inbeh", "In behandeling", False, "inrichting", False),
    ]


def test_another_name_with_the_same_code_is_the_same_status(load: Load, raw: Raw, rows: Rows) -> None:
    load(raw)
    raw["zaaktype"][0]["status"][0].update(omschrijving="Binnengekomen")
    load(raw)
    assert [row[2] for row in rows(STATUSSEN)] == ["Binnengekomen", "Afgehandeld"]


def test_another_name_and_code_at_the_same_number_is_another_status(load: Load, raw: Raw, rows: Rows) -> None:
    load(raw)
    old = copy.deepcopy(raw)
    raw["zaaktype"][0]["status"][0].update(code="Nieuw", omschrijving="Nieuw")
    load(raw)
    assert rows(STATUSSEN) == [
        (1, "Ontv", "Ontvangen", False, "inrichting", True),
        (2, "Afgeh", "Afgehandeld", True, "inrichting", False),
        (1, "Nieuw", "Nieuw", False, "inrichting", False),
    ]
    load(old)
    assert [row[5] for row in rows(STATUSSEN)] == [False, False, True]


def test_what_was_taken_over_stays_until_the_file_names_it(load: Load, raw: Raw, engine: Engine, rows: Rows) -> None:
    load(raw)
    with engine.begin() as connection:
        own = take_over_zaaktype(connection, "X1", "Onbekend", {})
        known = read_inrichting(connection).zaaktype("B1026", None)
        assert known is not None
        take_over_statustype(connection, known.id, 7, "Wacht", "Wacht op klant", {})
        take_over_statustype(connection, known.id, 3, None, "Inbehandeling", {})
    load({**raw, "gemeente": {"code": "1900", "naam": "Y"}})
    assert rows("SELECT code, herkomst, vervallen FROM zaaktype WHERE code = 'X1'") == [("X1", "overgenomen", False)]
    assert [row[5] for row in rows(STATUSSEN)] == [False] * 4

    raw["zaaktype"].append({"code": "X1", "omschrijving": "Nu bekend", "soort": "deelplan"})
    # The first is now known; the other two take the number and the words of what was taken over.
    raw["zaaktype"][0]["status"] += [
        {"volgnummer": 3, "code": "Wacht", "omschrijving": "Wacht op klant"},
    ]
    load(raw)
    assert rows("SELECT id, soort, herkomst FROM zaaktype WHERE code = 'X1'") == [(own.id, "deelplan", "inrichting")]
    assert rows(STATUSSEN)[2:] == [
        (3, "Wacht", "Wacht op klant", False, "inrichting", False),
        (3, None, "Inbehandeling", False, "overgenomen", True),
    ]


def test_a_wrong_file_changes_nothing(engine: Engine, tmp_path: Path, rows: Rows) -> None:
    error = tmp_path / "fout.toml"
    error.write_text(config.example_inrichting().read_text().replace('soort = "gezinsplan"', 'soort = "plan"'))
    with pytest.raises(InrichtingError):
        load_file(engine, error)
    assert rows("SELECT versie FROM inrichting_stand") == [(0,)]


def test_at_start_the_example_never_replaces_an_own_inrichting(
    engine: Engine, raw: Raw, as_toml: Callable[[Raw], str], tmp_path: Path, rows: Rows
) -> None:
    example = config.example_inrichting()
    first = load_at_start(engine, example, chosen=False)
    assert first is not None
    assert first.loaded
    second = load_at_start(engine, example, chosen=False)
    assert second is not None
    assert (second.versie, second.loaded) == (1, False)
    own = tmp_path / "eigen.toml"
    own.write_text(as_toml(raw))
    load_file(engine, own)
    assert load_at_start(engine, example, chosen=False) is None
    assert rows("SELECT versie FROM inrichting_stand") == [(2,)]
    chosen = load_at_start(engine, example, chosen=True)
    assert chosen is not None
    assert chosen.versie == 3


def test_a_copy_of_the_example_is_an_own_inrichting(engine: Engine, tmp_path: Path) -> None:
    example = config.example_inrichting()
    load_at_start(engine, example, chosen=False)
    copy = tmp_path / "mijn.toml"
    copy.write_bytes(example.read_bytes())
    assert not load_file(engine, copy).loaded
    assert load_at_start(engine, example, chosen=False) is None


def test_a_text_that_is_no_longer_allowed_is_not_in_the_way_of_a_new_one(load: Load, raw: Raw, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO inrichting (toml, sha256, bron) VALUES ('oud = 1', 'x', 'oud.toml')"))
    assert load(raw).loaded


def test_processes_load_at_once(
    database_url: str,
    engine: Engine,
    raw: Raw,
    as_toml: Callable[[Raw], str],
    tmp_path: Path,
    wait_on_waiting: Callable[[int], None],
    rows: Rows,
) -> None:
    files = []
    for number in range(3):
        own = copy.deepcopy(raw)
        # Two of the three are equal, and all fight for the numbers of the same zaaktype.
        own["zaaktype"][0]["status"][0]["volgnummer"] = 10 + number // 2
        files.append(tmp_path / f"{number}.toml")
        files[-1].write_text(as_toml(own))
    command = "from regiesysteem.inrichting.cli import app; app()"
    with ExitStack() as gestart, engine.connect() as rem:
        rem.execute(text("SELECT pg_advisory_xact_lock(:slot)"), {"slot": 0x696E72696368})
        processes = [
            gestart.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", command, "laad", str(file)],
                    env={**os.environ, "REGIE_DATABASE_URL": database_url},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for file in files
        ]
        for process in processes:
            gestart.callback(process.kill)
        wait_on_waiting(3)
        rem.rollback()
        uitkomsten = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], uitkomsten
    (count,) = rows("SELECT count(*) FROM inrichting")[0]
    assert count in {2, 3}  # the equal ones in a row are one version
    assert rows("SELECT versie FROM inrichting_stand") == [(count,)]
    last = read_text(rows("SELECT toml FROM inrichting ORDER BY versie DESC LIMIT 1")[0][0], "laatste")
    assert rows("SELECT volgnummer FROM statustype WHERE code = 'Ontv'") == [
        (last.inrichting.zaaktype[0].status[0].volgnummer,)
    ]


def test_loading_waits_for_what_a_message_takes_over_and_sees_it(
    load: Load, raw: Raw, engine: Engine, as_toml: Callable[[Raw], str]
) -> None:
    load(raw)
    with engine.begin() as connection:
        take_over_zaaktype(connection, "X1", "Onbekend", {})
    raw["zaaktype"].append({"code": "X1", "omschrijving": "Bekend", "soort": "deelplan"})
    difference = load_inrichting(engine, read_text(as_toml(raw), "t.toml"))
    assert (difference.new, difference.modified) == ((), ("X1",))
