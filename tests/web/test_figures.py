"""Figures: right counts, small ones hidden, own plans only where that is the right."""

import pytest
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, new_number, other, rol, zaak
from tests.soap.conftest import Door
from tests.web.conftest import LogIn

from regiesysteem.db import count_statements

BSN = "999993653"


@pytest.fixture
def world(door: Door, log_in: LogIn, engine: Engine) -> None:
    """Twelve running plans of team NOORD, each with a late deelplan, and one plan of team ZUID."""
    log_in("regisseur", "n", "1", "NOORD")
    log_in("regisseur", "z", "2", "ZUID")
    with engine.begin() as connection:
        today = connection.execute(text("SELECT to_char(now(), 'YYYYMMDD')")).scalar_one()
    for number in [new_number() for _ in range(12)]:
        roles = client(BSN) + rol("heeftAlsInitiator", mdw("1"))
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "GEZINSPLAN", start=today, relaties=roles)))
        late = "<ZKN:einddatumGepland>20260102</ZKN:einddatumGepland>"
        deel = zaak(new_number(), elementen=late, after=other("heeftBetrekkingOpAndere", number))
        door.succeeded("creeerZaak_Lk01", lk01("T", deel))
    roles = client(BSN) + rol("heeftAlsInitiator", mdw("2"))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), "GEZINSPLAN", start=today, relaties=roles)))


def cells(page: str, table: int = 0) -> list[list[str]]:
    tree = etree.HTML(page)
    rows = tree.xpath(f"(//table)[{table + 1}]/tbody/tr")
    return [[cell.text or "" for cell in row] for row in rows]


def test_a_manager_sees_all_teams_and_no_small_number(world: None, log_in: LogIn) -> None:
    page = log_in("manager").get("/cijfers").text
    assert cells(page) == [
        ["NOORD", "12", "<10", "<10 plannen", "12", "12", "<10", "<10"],
        ["ZUID", "<10", "<10", "<10 plannen", "<10", "<10", "<10", "<10"],
    ]
    assert cells(page, 1)[-1][1:] == ["13", "<10"]


def test_a_regisseur_sees_his_own_and_all_of_it(world: None, log_in: LogIn) -> None:
    page = log_in("regisseur", "ook.z", "2", "ZUID").get("/cijfers").text
    assert [row[:2] for row in cells(page)] == [["ZUID", "1"]]


def test_a_coordinator_sees_his_team(world: None, log_in: LogIn) -> None:
    assert [row[0] for row in cells(log_in("coordinator", team="NOORD").get("/cijfers").text)] == ["NOORD"]
    assert "Er zijn nog geen plannen" in log_in("coordinator", "zonder").get("/cijfers").text


def test_the_chart_is_an_image_without_a_script(world: None, log_in: LogIn) -> None:
    answer = log_in("manager").get("/cijfers/plannen.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "<script" not in answer.text
    assert "http" not in answer.text.replace("http://www.w3.org/", "")
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_the_number_of_statements_is_constant(world: None, log_in: LogIn) -> None:
    who = log_in("manager")
    with count_statements() as counter:
        assert who.get("/cijfers").status_code == 200
    assert counter.aantal <= 12


def test_the_file_has_the_same_rows(world: None, log_in: LogIn) -> None:
    assert "NOORD;12;<10" in log_in("manager").get("/cijfers/cijfers.csv").text
