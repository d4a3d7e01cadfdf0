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
from regiesysteem.inrichting.check import InrichtingFout
from regiesysteem.inrichting.current import lees_inrichting, neem_statustype_over, neem_zaaktype_over
from regiesysteem.inrichting.load import Verschil, laad_bestand, laad_bij_start, laad_inrichting, lees_tekst

Rauw = dict[str, Any]
Laad = Callable[[Rauw], Verschil]
Rijen = Callable[[str], list[Any]]

STATUSSEN = "SELECT volgnummer, code, omschrijving, eindstatus, herkomst, vervallen FROM statustype ORDER BY id"


def test_the_first_time_all_is_new(laad: Laad, rauw: Rauw) -> None:
    verschil = laad(rauw)
    assert verschil.geladen
    assert verschil.versie == 1
    assert verschil.nieuw == ("B1026", "GP")
    assert (verschil.gewijzigd, verschil.vervallen) == ((), ())


def test_the_same_text_changes_nothing(laad: Laad, rauw: Rauw, rijen: Rijen) -> None:
    laad(rauw)
    stil = "SELECT xmin::text, id FROM zaaktype UNION ALL SELECT xmin::text, id FROM statustype ORDER BY 1, 2"
    eerst = rijen(stil)
    verschil = laad(rauw)
    assert not verschil.geladen
    assert verschil.versie == 1
    assert rijen("SELECT count(*) FROM inrichting") == [(1,)]
    assert rijen(stil) == eerst


def test_back_to_an_earlier_text_is_a_new_version(laad: Laad, rauw: Rauw) -> None:
    laad(rauw)
    laad({**rauw, "regels": {"was": "negeren"}})
    assert laad(rauw).versie == 3


def test_the_difference_names_new_changed_and_vervallen(laad: Laad, rauw: Rauw) -> None:
    laad(rauw)
    rauw["zaaktype"][0]["omschrijving"] = "Aanvraag minimaregeling"
    rauw["zaaktype"][1] = {"code": "GP2", "omschrijving": "Gezinsplan", "soort": "gezinsplan"}
    rauw["gemeente"]["naam"] = "Elders"
    verschil = laad(rauw)
    assert verschil.nieuw == ("GP2",)
    assert verschil.gewijzigd == ("B1026",)
    assert verschil.vervallen == ("GP",)
    assert verschil.onderdelen == ("gemeente",)


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
def test_every_change_of_a_zaaktype_is_told(laad: Laad, rauw: Rauw, verander: Callable[[Rauw], object]) -> None:
    laad(rauw)
    verander(rauw["zaaktype"][0])
    verschil = laad(rauw)
    assert verschil.gewijzigd == ("B1026",)
    assert (verschil.nieuw, verschil.vervallen, verschil.onderdelen) == ((), (), ())


def test_a_vervallen_zaaktype_stays_and_can_come_back(laad: Laad, rauw: Rauw, engine: Engine) -> None:
    laad(rauw)
    zonder = copy.deepcopy(rauw)
    del zonder["zaaktype"][0]
    assert laad(zonder).vervallen == ("B1026",)
    with engine.connect() as connection:
        vervallen = lees_inrichting(connection).zaaktype("B1026", None)
    assert vervallen is not None
    assert vervallen.vervallen
    assert len(vervallen.statustypen) == 2
    assert laad(zonder).vervallen == ()
    assert laad(rauw).gewijzigd == ("B1026",)
    with engine.connect() as connection:
        terug = lees_inrichting(connection).zaaktype("B1026", None)
    assert terug is not None
    assert (terug.id, terug.vervallen) == (vervallen.id, False)


def test_new_numbers_rename_no_statuses_of_old_zaken(laad: Laad, rauw: Rauw, rijen: Rijen) -> None:
    laad(rauw)
    rauw["zaaktype"][0]["status"] = [
        {"volgnummer": 2, "code": "Ontv", "omschrijving": "Ontvangen"},
        {"volgnummer": 1, "code": "Afgeh", "omschrijving": "Afgehandeld", "eindstatus": True},
        {"volgnummer": 3, "code": "Inbeh", "omschrijving": "In behandeling"},
    ]
    laad(rauw)
    assert rijen(STATUSSEN) == [
        (2, "Ontv", "Ontvangen", False, "inrichting", False),
        (1, "Afgeh", "Afgehandeld", True, "inrichting", False),
        (3, "Inbeh", "In behandeling", False, "inrichting", False),
    ]


def test_another_name_with_the_same_code_is_the_same_status(laad: Laad, rauw: Rauw, rijen: Rijen) -> None:
    laad(rauw)
    rauw["zaaktype"][0]["status"][0].update(omschrijving="Binnengekomen")
    laad(rauw)
    assert [rij[2] for rij in rijen(STATUSSEN)] == ["Binnengekomen", "Afgehandeld"]


def test_another_name_and_code_at_the_same_number_is_another_status(laad: Laad, rauw: Rauw, rijen: Rijen) -> None:
    laad(rauw)
    oud = copy.deepcopy(rauw)
    rauw["zaaktype"][0]["status"][0].update(code="Nieuw", omschrijving="Nieuw")
    laad(rauw)
    assert rijen(STATUSSEN) == [
        (1, "Ontv", "Ontvangen", False, "inrichting", True),
        (2, "Afgeh", "Afgehandeld", True, "inrichting", False),
        (1, "Nieuw", "Nieuw", False, "inrichting", False),
    ]
    laad(oud)
    assert [rij[5] for rij in rijen(STATUSSEN)] == [False, False, True]


def test_what_was_taken_over_stays_until_the_file_names_it(
    laad: Laad, rauw: Rauw, engine: Engine, rijen: Rijen
) -> None:
    laad(rauw)
    with engine.begin() as connection:
        eigen = neem_zaaktype_over(connection, "X1", "Onbekend", {})
        bekend = lees_inrichting(connection).zaaktype("B1026", None)
        assert bekend is not None
        neem_statustype_over(connection, bekend.id, 7, "Wacht", "Wacht op klant", {})
        neem_statustype_over(connection, bekend.id, 3, None, "Inbehandeling", {})
    laad({**rauw, "gemeente": {"code": "1900", "naam": "Y"}})
    assert rijen("SELECT code, herkomst, vervallen FROM zaaktype WHERE code = 'X1'") == [("X1", "overgenomen", False)]
    assert [rij[5] for rij in rijen(STATUSSEN)] == [False] * 4

    rauw["zaaktype"].append({"code": "X1", "omschrijving": "Nu bekend", "soort": "deelplan"})
    # The first is now known; the other two take the number and the words of what was taken over.
    rauw["zaaktype"][0]["status"] += [
        {"volgnummer": 3, "code": "Wacht", "omschrijving": "Wacht op klant"},
    ]
    laad(rauw)
    assert rijen("SELECT id, soort, herkomst FROM zaaktype WHERE code = 'X1'") == [(eigen.id, "deelplan", "inrichting")]
    assert rijen(STATUSSEN)[2:] == [
        (3, "Wacht", "Wacht op klant", False, "inrichting", False),
        (3, None, "Inbehandeling", False, "overgenomen", True),
    ]


def test_a_wrong_file_changes_nothing(engine: Engine, tmp_path: Path, rijen: Rijen) -> None:
    fout = tmp_path / "fout.toml"
    fout.write_text(config.voorbeeld_inrichting().read_text().replace('soort = "gezinsplan"', 'soort = "plan"'))
    with pytest.raises(InrichtingFout):
        laad_bestand(engine, fout)
    assert rijen("SELECT versie FROM inrichting_stand") == [(0,)]


def test_at_start_the_example_never_replaces_an_own_inrichting(
    engine: Engine, rauw: Rauw, als_toml: Callable[[Rauw], str], tmp_path: Path, rijen: Rijen
) -> None:
    voorbeeld = config.voorbeeld_inrichting()
    eerste = laad_bij_start(engine, voorbeeld, gekozen=False)
    assert eerste is not None
    assert eerste.geladen
    tweede = laad_bij_start(engine, voorbeeld, gekozen=False)
    assert tweede is not None
    assert (tweede.versie, tweede.geladen) == (1, False)
    eigen = tmp_path / "eigen.toml"
    eigen.write_text(als_toml(rauw))
    laad_bestand(engine, eigen)
    assert laad_bij_start(engine, voorbeeld, gekozen=False) is None
    assert rijen("SELECT versie FROM inrichting_stand") == [(2,)]
    gekozen = laad_bij_start(engine, voorbeeld, gekozen=True)
    assert gekozen is not None
    assert gekozen.versie == 3


def test_a_copy_of_the_example_is_an_own_inrichting(engine: Engine, tmp_path: Path) -> None:
    voorbeeld = config.voorbeeld_inrichting()
    laad_bij_start(engine, voorbeeld, gekozen=False)
    kopie = tmp_path / "mijn.toml"
    kopie.write_bytes(voorbeeld.read_bytes())
    assert not laad_bestand(engine, kopie).geladen
    assert laad_bij_start(engine, voorbeeld, gekozen=False) is None


def test_a_text_that_is_no_longer_allowed_is_not_in_the_way_of_a_new_one(
    laad: Laad, rauw: Rauw, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO inrichting (toml, sha256, bron) VALUES ('oud = 1', 'x', 'oud.toml')"))
    assert laad(rauw).geladen


def test_processes_load_at_once(
    database_url: str,
    engine: Engine,
    rauw: Rauw,
    als_toml: Callable[[Rauw], str],
    tmp_path: Path,
    wacht_op_wachtenden: Callable[[int], None],
    rijen: Rijen,
) -> None:
    bestanden = []
    for nummer in range(3):
        eigen = copy.deepcopy(rauw)
        # Two of the three are equal, and all fight for the numbers of the same zaaktype.
        eigen["zaaktype"][0]["status"][0]["volgnummer"] = 10 + nummer // 2
        bestanden.append(tmp_path / f"{nummer}.toml")
        bestanden[-1].write_text(als_toml(eigen))
    opdracht = "from regiesysteem.inrichting.cli import app; app()"
    with ExitStack() as gestart, engine.connect() as rem:
        rem.execute(text("SELECT pg_advisory_xact_lock(:slot)"), {"slot": 0x696E72696368})
        processen = [
            gestart.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", opdracht, "laad", str(bestand)],
                    env={**os.environ, "REGIE_DATABASE_URL": database_url},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for bestand in bestanden
        ]
        for proces in processen:
            gestart.callback(proces.kill)
        wacht_op_wachtenden(3)
        rem.rollback()
        uitkomsten = [proces.communicate(timeout=60) for proces in processen]
    assert [proces.returncode for proces in processen] == [0, 0, 0], uitkomsten
    (aantal,) = rijen("SELECT count(*) FROM inrichting")[0]
    assert aantal in {2, 3}  # the equal ones in a row are one version
    assert rijen("SELECT versie FROM inrichting_stand") == [(aantal,)]
    laatste = lees_tekst(rijen("SELECT toml FROM inrichting ORDER BY versie DESC LIMIT 1")[0][0], "laatste")
    assert rijen("SELECT volgnummer FROM statustype WHERE code = 'Ontv'") == [
        (laatste.inrichting.zaaktype[0].status[0].volgnummer,)
    ]


def test_loading_waits_for_what_a_message_takes_over_and_sees_it(
    laad: Laad, rauw: Rauw, engine: Engine, als_toml: Callable[[Rauw], str]
) -> None:
    laad(rauw)
    with engine.begin() as connection:
        neem_zaaktype_over(connection, "X1", "Onbekend", {})
    rauw["zaaktype"].append({"code": "X1", "omschrijving": "Bekend", "soort": "deelplan"})
    verschil = laad_inrichting(engine, lees_tekst(als_toml(rauw), "t.toml"))
    assert (verschil.nieuw, verschil.gewijzigd) == ((), ("X1",))
