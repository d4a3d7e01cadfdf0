"""The frame of all pages: who gets in, what is refused, what is on record."""

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, is_van, lk01, mdw, obj, rol
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of

from regiesysteem.access.people.accounts import new_account, new_link
from regiesysteem.access.people.roles import ROLES
from regiesysteem.access.people.sessions import clean_sessions
from regiesysteem.web.routes import ROUTES

PLAN = "19000000000012"


@pytest.fixture
def plan(door: Door) -> str:
    """A gezinsplan of regisseur 12345."""
    inhoud = (
        f"<ZKN:identificatie>{PLAN}</ZKN:identificatie><ZKN:startdatum>20261103</ZKN:startdatum>"
        f"<ZKN:registratiedatum>20261103</ZKN:registratiedatum>{is_van('GEZINSPLAN')}"
        f"{client('999993653')}{rol('heeftAlsInitiator', mdw('12345'))}"
    )
    door.succeeded("creeerZaak_Lk01", lk01("T", obj(inhoud)))
    return PLAN


def looks(engine: Engine) -> list[tuple[str, str, str, list[str]]]:
    with engine.connect() as connection:
        return [
            tuple(row) for row in connection.execute(text("SELECT persoon, rol, wat, zaken FROM inzage ORDER BY id"))
        ]


def test_a_regisseur_sees_his_plan_and_that_is_on_record(log_in: LogIn, plan: str, engine: Engine) -> None:
    page = log_in("regisseur", "m.visser", medewerker="12345").get(f"/plannen/{plan}")
    assert page.status_code == 200
    assert "Gezinsplan 19000000000012" in page.text
    assert "3 november 2026" in page.text
    assert looks(engine) == [("m.visser", "regisseur", "GET /plannen/<zaaknummer>", [plan])]


def test_the_plan_of_another_is_as_one_that_is_not_there(log_in: LogIn, plan: str, engine: Engine) -> None:
    somebody = log_in("regisseur", medewerker="99999")
    theirs, nobodys = somebody.get(f"/plannen/{plan}"), somebody.get("/plannen/19009999999999")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.text == nobodys.text
    wat = "GET /plannen/<zaaknummer> geweigerd"
    assert [look[2:] for look in looks(engine)] == [(wat, [plan]), (wat, [])]


def test_without_a_session_a_page_sends_to_the_login(app: Flask, plan: str) -> None:
    answer = app.test_client().get(f"/plannen/{plan}")
    assert (answer.status_code, answer.location) == (303, f"/inloggen?terug=/plannen/{plan}")


def test_a_link_works_once(app: Flask, engine: Engine) -> None:
    with engine.begin() as connection:
        path = new_link(connection, new_account(connection, "b.heer", ("beheerder",)))
    first, second = app.test_client(), app.test_client()
    waiting = {"csrf_token": token_of(second.get(path).text)}
    assert first.post(path, data={"csrf_token": token_of(first.get(path).text)}).status_code == 303
    assert second.post(path, data=waiting).status_code == 404
    assert second.get(path).status_code == 404


def test_logging_out_ends_the_session_on_the_server(log_in: LogIn, plan: str, engine: Engine) -> None:
    client = log_in("regisseur", medewerker="12345")
    page = client.get(f"/plannen/{plan}")
    assert client.post("/uitloggen", data={"csrf_token": token_of(page.text)}).status_code == 303
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sessie")).scalar_one() == 0
    assert client.get(f"/plannen/{plan}").status_code == 303


def test_a_form_without_its_token_is_refused(log_in: LogIn) -> None:
    client = log_in("regisseur")
    assert client.post("/uitloggen", data={}).status_code == 400
    assert client.get("/werkvoorraad").status_code == 200


def test_no_log_no_page(log_in: LogIn, plan: str, engine: Engine) -> None:
    client = log_in("regisseur", medewerker="12345")
    with engine.begin() as connection:
        connection.execute(text("ALTER FUNCTION regie_inzage_schrijf RENAME TO weg"))
    answer = client.get(f"/plannen/{plan}")
    assert answer.status_code == 503
    assert plan not in answer.text


def test_every_page_is_in_the_table_with_a_right(app: Flask) -> None:
    served = {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}
    assert served == set(ROUTES)
    open_to_all = {one.rule for one in ROUTES.values() if one.right is None}
    assert open_to_all == {
        "/inloggen",
        "/inloggen/<token>",
        "/uitloggen",
        "/rol",
        "/verder",
        "/terug",
        "/inloggen/bij/<naam>",
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_the_pages_of_its_rights_and_no_others(role: str, log_in: LogIn) -> None:
    client = log_in(role)
    for one in ROUTES.values():
        if one.right is not None and "GET" in one.methods and "<" not in one.rule:
            expected = 200 if one.right in ROLES[role] else 404
            assert client.get(one.rule).status_code == expected, one.rule


def test_a_session_ends_after_a_quarter_without_use_and_is_cleaned_up(log_in: LogIn, engine: Engine) -> None:
    client = log_in("regisseur")
    assert client.get("/werkvoorraad").status_code == 200
    with engine.begin() as connection:
        connection.execute(text("UPDATE sessie SET laatst_op = now() - interval '16 minutes'"))
        connection.execute(text("UPDATE inlog_link SET verloopt_op = now() - interval '1 second'"))
    assert client.get("/werkvoorraad").status_code == 303
    with engine.begin() as connection:
        assert clean_sessions(connection) == 1
        assert connection.execute(text("SELECT count(*) FROM inlog_link")).scalar_one() == 0
