"""The privacy officer: who looked, who gave himself access, and an inzageverzoek."""

import io
import json
import zipfile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of
from tests.web.test_frame import PLAN, looks, plan

__all__ = ["plan"]
BSN = "999993653"


@pytest.fixture
def officer(log_in: LogIn, plan: str, engine: Engine) -> FlaskClient:
    """A privacy officer, after a regisseur looked at a plan and a colleague gave a reason."""
    log_in("regisseur", "m.visser", "12345").get(f"/plannen/{plan}")
    with engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO toegang_reden (zaakidentificatie, persoon, rol, reden, toelichting, verloopt_op)
                    VALUES (:z, 'j.snel', 'teamlid', 'gevaar', 'De buren belden', now())"""),
            {"z": plan},
        )
    return log_in("privacy", "p.officer")


def ask(who: FlaskClient, path: str = "/inzage", **fields: str) -> str:
    answer = who.post(path, data={"csrf_token": token_of(who.get("/inzage").text), **fields})
    assert answer.status_code == 200
    return answer.text


def test_access_with_a_reason_stands_on_top(officer: FlaskClient) -> None:
    page = officer.get("/inzage").text
    assert all(word in page for word in ("j.snel", "De buren belden", "Er is acuut gevaar", PLAN, "nog niet gezien"))


@pytest.mark.parametrize("field", [{"bsn": BSN}, {"zaak": PLAN}, {"wie": "m.visser"}, {}])
def test_a_search_finds_the_look_and_is_on_record_itself(
    officer: FlaskClient, engine: Engine, field: dict[str, str]
) -> None:
    page = ask(officer, **field)
    assert "GET /plannen/&lt;zaaknummer&gt;" in page
    assert looks(engine)[-1][:3] == ("p.officer", "privacy", "POST /inzage")
    with engine.connect() as connection:
        sought = connection.execute(text("SELECT count(*) FROM inzage_betrokkene p JOIN inzage i ON i.id = p.inzage_id "
                                         "WHERE i.wat = 'POST /inzage'")).scalar_one()  # fmt: skip
    assert sought == ("bsn" in field)


def test_another_period_or_person_finds_nothing(officer: FlaskClient) -> None:
    assert "Niemand keek hiernaar" in ask(officer, bsn="999990019")
    assert "Niemand keek hiernaar" in ask(officer, zaak=PLAN, tot="2020-01-01")


def test_a_bsn_that_is_none_is_told_and_what_was_typed_stays(officer: FlaskClient) -> None:
    page = ask(officer, bsn="123456789", wie="iemand")
    assert "elfproef" in page
    assert 'value="123456789"' in page
    assert 'value="iemand"' in page
    assert "<title>Fout: Inzage" in page


def test_a_file_of_looks_holds_no_formula(officer: FlaskClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET naam = '=1+1' WHERE naam = 'm.visser'"))
    assert ask(officer, "/inzage/csv", wie="m.visser").startswith("\ufefftijdstip;wie;")


def test_an_inzageverzoek_is_one_file_with_what_is_kept_and_is_on_record(officer: FlaskClient, engine: Engine) -> None:
    form = {"csrf_token": token_of(officer.get("/inzageverzoek").text), "bsn": BSN}
    answer = officer.post("/inzageverzoek", data=form, buffered=True)
    answer.close()
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert sorted(archive.namelist()) == ["inzage/inzage.html", "inzage/inzage.json"]
        data = json.loads(archive.read("inzage/inzage.json"))
    assert data["bsn"] == BSN
    assert len(data["zaken"]) == 1
    assert looks(engine)[-1] == ("p.officer", "privacy", "POST /inzageverzoek", [PLAN])


def test_an_inzageverzoek_for_no_bsn_is_told(officer: FlaskClient) -> None:
    form = {"csrf_token": token_of(officer.get("/inzageverzoek").text), "bsn": "12"}
    assert "elfproef" in officer.post("/inzageverzoek", data=form).text


def test_nobody_else_reads_the_log(log_in: LogIn, door: Door) -> None:
    for role in ("regisseur", "beheerder", "coordinator", "archivaris"):
        assert log_in(role).get("/inzage").status_code == 404
