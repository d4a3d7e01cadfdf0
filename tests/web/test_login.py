"""Logging in by name, password and code; links, roles, and a form that was sent when the session was over."""

import time
from collections.abc import Callable
from http import HTTPStatus

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.web.conftest import LogIn, token_of
from werkzeug.test import TestResponse

from regiesysteem.access.people.accounts import account_named, new_account, new_link
from regiesysteem.access.people.local_login import set_login
from regiesysteem.config import Settings
from regiesysteem.http.doors import make_services
from regiesysteem.web.routes import Services
from regiesysteem.web.site import make_web_app

PASSWORD = "correct-paard-batterij"
FACTOR = pyotp.random_base32()
HERE = {"Sec-Fetch-Site": "same-origin"}
SECURE = {"base_url": "https://regie.voorbeeld.nl"}

Try = Callable[..., TestResponse]


@pytest.fixture
def elsewhere(services: Services, engine: Engine) -> Flask:
    """The pages of a server that others reach."""
    return make_web_app(make_services(Settings(host="10.1.2.3"), engine))


def code(beside: int = 0) -> str:
    return pyotp.TOTP(FACTOR).at(int(time.time()) + 30 * beside)


@pytest.fixture
def visser(engine: Engine) -> int:
    """Somebody with a password and a second factor, whose last code was long ago."""
    with engine.begin() as connection:
        number = new_account(connection, "m.visser", ("regisseur", "beheerder"), medewerker="12345")
        assert set_login(connection, number, PASSWORD, FACTOR, code())
        connection.execute(text("UPDATE account SET factor_stap = 0"))
    return number


def attempt(client: FlaskClient, naam: str, password: str, code: str = "", terug: str = "") -> TestResponse:
    fields = {"naam": naam, "wachtwoord": password, "code": code, "terug": terug}
    token = token_of(client.get("/inloggen", **SECURE).text)
    return client.post(
        "/inloggen", data=fields | {"csrf_token": token}, headers={"Referer": "https://regie.voorbeeld.nl/"}, **SECURE
    )


def test_a_password_and_a_code_let_in_and_a_code_counts_once(elsewhere: Flask, visser: int) -> None:
    first, second = elsewhere.test_client(), elsewhere.test_client()
    assert attempt(first, "m.visser", PASSWORD, now := code()).status_code == 200
    assert first.get("/werkvoorraad", **SECURE).status_code == 200
    assert attempt(second, "m.visser", PASSWORD, now).status_code == 403
    assert attempt(second, "m.visser", PASSWORD, code(-1)).status_code == 403  # an older one neither
    assert second.get("/werkvoorraad", **SECURE).status_code == 303


@pytest.mark.parametrize(
    ("naam", "password", "given"),
    [
        ("m.visser", "fout-fout-fout", True),
        ("m.visser", PASSWORD, False),
        ("niemand", PASSWORD, True),
        ("leeg", "x-x-x-x", False),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    elsewhere: Flask, visser: int, engine: Engine, naam: str, password: str, given: bool
) -> None:
    with engine.begin() as connection:
        new_account(connection, "leeg", ("regisseur",))
    answer = attempt(elsewhere.test_client(), naam, password, code() if given else "000000")
    assert answer.status_code == 403
    assert "Naam, wachtwoord of code klopt niet." in answer.text
    assert password not in answer.text


def test_who_has_no_second_factor_gets_in_on_the_own_machine_only(elsewhere: Flask, app: Flask, engine: Engine) -> None:
    with engine.begin() as connection:
        set_login(connection, new_account(connection, "b.heer", ("beheerder",)), PASSWORD)
    assert attempt(elsewhere.test_client(), "b.heer", PASSWORD).status_code == 403
    assert attempt(app.test_client(), "b.heer", PASSWORD).status_code == 303


def test_attempts_are_bounded_per_name_and_tell_nothing(elsewhere: Flask, visser: int) -> None:
    for naam in ("m.visser", "niemand"):
        client = elsewhere.test_client()
        answers = [attempt(client, naam, f"fout-{one}").status_code for one in range(8)]
        assert answers[:5] == [403] * 5
        assert HTTPStatus.TOO_MANY_REQUESTS in answers[5:]
    refused = attempt(client, "m.visser", PASSWORD, code())
    assert refused.status_code == 429  # also when it is right
    assert int(refused.headers["Retry-After"]) > 0


def test_wrong_codes_behind_a_right_password_end_it_until_there_is_a_link(
    elsewhere: Flask, visser: int, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET factor_mislukt = 9"))
    assert attempt(elsewhere.test_client(), "m.visser", PASSWORD, "000000").status_code == 403
    assert attempt(elsewhere.test_client(), "m.visser", PASSWORD, code()).status_code == 403


def test_a_blocked_account_is_as_one_that_is_not_there(elsewhere: Flask, visser: int, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET geblokkeerd = true"))
    assert attempt(elsewhere.test_client(), "m.visser", PASSWORD, code()).status_code == 403


def test_nobody_logs_in_without_https_elsewhere(elsewhere: Flask, visser: int, engine: Engine) -> None:
    with engine.begin() as connection:
        path = new_link(connection, visser)
    for where in ("/inloggen", path):
        page = elsewhere.test_client().get(where, base_url="http://regie.voorbeeld.nl")
        assert page.status_code == 403
        assert "https" in page.text
        assert "<form" not in page.text


def test_a_link_elsewhere_asks_for_a_password_and_a_factor(elsewhere: Flask, engine: Engine) -> None:
    with engine.begin() as connection:
        path = new_link(connection, new_account(connection, "b.heer", ("beheerder",)))
    client = elsewhere.test_client()
    page = client.get(path, **SECURE).text
    secret = page.split("<dt>Sleutel</dt><dd>")[1].split("<")[0]
    right = {"wachtwoord": PASSWORD, "nogmaals": PASSWORD, "code": pyotp.TOTP(secret).now()}

    def send(**other: str) -> TestResponse:
        fields = right | other | {"csrf_token": token_of(page)}
        return client.post(path, data=fields, headers={"Referer": "https://regie.voorbeeld.nl/"}, **SECURE)

    for wrong in (
        {"wachtwoord": ""},
        {"wachtwoord": "kort", "nogmaals": "kort"},
        {"nogmaals": "anders"},
        {"code": "1"},
    ):
        assert send(**wrong).status_code == 400
    assert send().status_code == 303
    cookie = client.get_cookie("__Host-regie", domain="regie.voorbeeld.nl")
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    assert send().status_code in {400, 404}
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT wachtwoord, factor FROM account")).one()
    assert PASSWORD not in stored.wachtwoord
    assert stored.factor == secret


def test_a_person_is_in_one_role_and_a_change_is_a_new_session(app: Flask, visser: int, engine: Engine) -> None:
    client = app.test_client()
    with engine.begin() as connection:
        path = new_link(connection, visser)
    choice = client.post(path, data={"csrf_token": token_of(client.get(path).text)})
    assert "In welke rol werkt u nu?" in choice.text
    before = client.get_cookie("regie").value  # type: ignore[union-attr]
    for rol, status in (("privacy", 400), ("beheerder", 303)):
        answer = client.post("/rol", data={"csrf_token": token_of(client.get("/rol").text), "rol": rol})
        assert answer.status_code == status
    assert client.get_cookie("regie").value != before  # type: ignore[union-attr]
    assert client.get("/werkvoorraad").status_code == 404
    client.set_cookie("regie", before)
    assert client.get("/rol").status_code == 303


@pytest.mark.parametrize(
    "terug", ["//kwaad.nl", "https://kwaad.nl", "/\\kwaad.nl", "\\\\kwaad.nl", "/a\tb", "javascript:x"]
)
def test_logging_in_sends_nobody_elsewhere(app: Flask, engine: Engine, terug: str) -> None:
    with engine.begin() as connection:
        set_login(connection, new_account(connection, "b.heer", ("regisseur",)), PASSWORD)
    answer = attempt(app.test_client(), "b.heer", PASSWORD, terug=terug)
    assert (answer.status_code, answer.location) == (303, "/werkvoorraad")


def test_a_session_of_before_the_login_is_none_after_it(app: Flask, engine: Engine) -> None:
    """A cookie that was planted in a browser is worth nothing once its owner logged in (session fixation)."""
    with engine.begin() as connection:
        path = new_link(connection, new_account(connection, "b.heer", ("regisseur",)))
    planted = app.test_client()
    token = token_of(planted.get(path).text)
    anonymous = planted.get_cookie("regie-inloggen").value  # type: ignore[union-attr]
    victim = app.test_client()
    victim.set_cookie("regie-inloggen", anonymous)
    victim.set_cookie("regie", "geraden")
    victim.post(path, data={"csrf_token": token_of(victim.get(path).text)})
    assert victim.get_cookie("regie").value != "geraden"  # type: ignore[union-attr]
    assert victim.get_cookie("regie-inloggen") is None
    assert victim.post("/uitloggen", data={"csrf_token": token}).status_code == 400
    assert planted.get("/werkvoorraad").status_code == 303


def test_a_login_without_its_token_is_refused(app: Flask) -> None:
    assert app.test_client().post("/inloggen", data={"naam": "a", "wachtwoord": "b"}).status_code == 400


def test_a_new_password_ends_the_sessions(log_in: LogIn, engine: Engine) -> None:
    client = log_in("regisseur", "m.visser")
    assert client.get("/werkvoorraad").status_code == 200
    with engine.begin() as connection:
        set_login(connection, account_named(connection, "m.visser"), PASSWORD)
    assert client.get("/werkvoorraad").status_code == 303


def test_what_was_typed_is_kept_when_the_session_is_over(app: Flask, engine: Engine) -> None:
    with engine.begin() as connection:
        set_login(connection, new_account(connection, "m.visser", ("regisseur",)), PASSWORD)
    client = app.test_client()
    page = client.post("/zoeken", data={"vraag": "999993653 & <b>", "csrf_token": "oud"}, headers=HERE)
    assert page.status_code == 403
    assert "Wat u invulde is er nog" in page.text
    kept = page.text.split('name="bewaard" type="hidden" value="')[1].split('"')[0].replace("&#34;", '"')
    kept = kept.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    fields = {"naam": "m.visser", "wachtwoord": PASSWORD, "bewaard": kept, "csrf_token": token_of(page.text)}
    after = client.post("/inloggen", data=fields)
    assert 'name="vraag" value="999993653 &amp; &lt;b&gt;"' in after.text
    assert all("999993653" not in cookie for cookie in after.headers.getlist("Set-Cookie"))
    sent = client.post("/zoeken", data={"vraag": "999993653", "csrf_token": token_of(after.text)})
    assert sent.status_code == 200
    # Who logged in in another window goes on from the page that was kept.
    further = client.post("/verder", data={"bewaard": kept}, headers=HERE)
    assert 'name="vraag" value="999993653 &amp; &lt;b&gt;"' in further.text


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://kwaad.nl"}])
def test_a_form_of_another_site_is_not_kept(app: Flask, log_in: LogIn, headers: dict[str, str]) -> None:
    assert app.test_client().post("/zoeken", data={"vraag": "x"}, headers=headers).status_code == 400
    planted = {"bewaard": '["/zoeken",[["vraag","x"]],false]'}
    assert log_in("regisseur").post("/verder", data=planted, headers=headers).status_code == 400
