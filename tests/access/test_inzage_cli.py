"""`regie inzage`: who looked at whom, as a table, as JSON, and as rows of Logboek Dataverwerkingen."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from tests.access.logstappen import last, newest
from tests.access.test_inzage import SPAN, TRACE, plan_with
from tests.berichten.bouw import ACTIE, envelope, lv01
from tests.conftest import regie
from tests.diensten.stappen import sleutel
from tests.soap.conftest import Door

from regiesysteem.access.inzage import looks_at_person, person_of_bsn
from regiesysteem.config import TIME_ZONE

BSN, OTHER_BSN = "999990044", "999990056"


@pytest.fixture(scope="module")
def plan(door: Door) -> str:
    """A zaak of two clients that two applicaties looked at."""
    number = plan_with(door, BSN, OTHER_BSN)
    for zender in ("GWS4all", "WmoVoorziening"):
        data = envelope(lv01(sleutel(number)).replace("GWS4all", zender))
        door.post(data, SOAPAction=f'"{ACTIE}geefZaakdetails_Lv01"', traceparent=f"00-{TRACE}-{SPAN}-01")
    return number


def ask(url: str, *arguments: str) -> list[dict[str, Any]]:
    ready = regie("inzage", *arguments, REGIE_DATABASE_URL=url)
    assert (ready.returncode, ready.stderr) == (0, "")
    return [json.loads(line) for line in ready.stdout.splitlines()]


@pytest.mark.parametrize("which", ["bsn", "zaak"])
def test_json_says_who_looked_at_a_person_or_a_zaak(module_database_url: str, plan: str, which: str) -> None:
    condition = ("--bsn", BSN) if which == "bsn" else ("--zaak", plan)
    found = [one for one in ask(module_database_url, *condition, "--json") if one["wat"] != "regie inzage"]
    assert [one["wie"] for one in found] == ["GWS4all", "WmoVoorziening"]
    assert set(found[0]) == {"tijdstip", "wie", "rol", "wat", "doel", "zaken", "personen", "aantal"}
    assert (found[0]["zaken"], found[0]["aantal"], len(found[0]["personen"])) == ([plan], 1, 2)
    assert datetime.fromisoformat(found[0]["tijdstip"]).tzinfo
    assert BSN not in json.dumps(found)


def test_conditions_go_together(module_database_url: str, door: Door, plan: str) -> None:
    today = f"{last(door).tijdstip.astimezone(TIME_ZONE):%Y-%m-%d}"
    [one] = ask(module_database_url, "--bsn", BSN, "--wie", "WmoVoorziening", "--van", today, "--tot", today, "--json")
    assert one["zaken"] == [plan]
    assert ask(module_database_url, "--zaak", plan, "--tot", "2020-01-01", "--json") == []
    assert ask(module_database_url, "--bsn", "123456782", "--json") == []


def test_a_look_into_the_log_is_on_record_and_not_in_its_own_answer(
    module_database_url: str, door: Door, plan: str
) -> None:
    before = newest(door)
    first = ask(module_database_url, "--zaak", plan, "--json")
    look = last(door)
    assert (look.id, look.wat, look.applicatie, look.rol) == (before + 1, "regie inzage", "Regiesysteem", "opdracht")
    assert (look.zaken, look.aantal, look.persoon != "") == ([plan], len(first), True)
    assert len(ask(module_database_url, "--zaak", plan, "--json")) == len(first) + 1


def test_the_table_names_what_people_need(module_database_url: str, plan: str) -> None:
    ready = regie("inzage", "--wie", "WmoVoorziening", "--zaak", plan, REGIE_DATABASE_URL=module_database_url)
    assert re.search(rf"WmoVoorziening .* geefZaakdetails_Lv01 .* {plan} ", ready.stdout)
    assert BSN not in ready.stdout
    assert regie("inzage", "--zaak", "x", REGIE_DATABASE_URL=module_database_url).stdout == "Inzage: niets.\n"


def test_a_day_that_is_none_is_a_sentence(module_database_url: str) -> None:
    ready = regie("inzage", "--van", "31-01-2026", REGIE_DATABASE_URL=module_database_url)
    assert (ready.returncode, ready.stderr) == (2, "31-01-2026 is geen dag; schrijf hem als 2026-01-31.\n")


def test_a_bsn_with_a_digit_too_few_is_not_taken_for_nobody_looked(module_database_url: str) -> None:
    ready = regie("inzage", "--bsn", "12345678", REGIE_DATABASE_URL=module_database_url)
    assert (ready.returncode, ready.stdout) == (2, "")
    assert "een BSN heeft negen cijfers" in ready.stderr


def test_rows_of_logboek_dataverwerkingen_have_one_person_each_and_no_reader(
    module_database_url: str, plan: str
) -> None:
    rows = ask(module_database_url, "--zaak", plan, "--wie", "GWS4all", "--logboek")
    assert len(rows) == 2
    for row in rows:
        assert {"trace_id", "span_id", "status", "name", "start_time", "end_time", "attributes"} <= set(row)
        assert (row["trace_id"], row["status"], row["name"]) == (TRACE, "Ok", "geefZaakdetails_Lv01")
        assert re.fullmatch(r"[0-9a-f]{16}", row["span_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["start_time"])
        assert row["start_time"] <= row["end_time"]
        attributes = row["attributes"]
        assert attributes["dpl.core.processing_activity_id"].startswith("urn:")
        assert re.fullmatch(r"[0-9a-f]{64}", attributes["dpl.core.data_subject_id"])
        assert attributes["dpl.core.data_subject_id_type"] == "BSN"
        assert attributes["dpl.core.foreign_operation.span_id"] == SPAN
        assert {"persoon", "rol", "wie"} & set(row) == set()
    assert len({row["span_id"] for row in rows}) == len({row["attributes"]["dpl.core.data_subject_id"] for row in rows})


def test_what_a_person_may_hear_has_no_employee_and_no_other_person(door: Door, plan: str) -> None:
    with door.engine.connect() as connection:
        heard = list(looks_at_person(connection, person_of_bsn(BSN)))
    assert [one.applicatie for one in heard][:2] == ["GWS4all", "WmoVoorziening"]
    assert {(one.persoon, one.rol, len(one.personen)) for one in heard} == {("", "", 0)}
    assert all(plan in one.zaken for one in heard if one.wat != "regie inzage")
