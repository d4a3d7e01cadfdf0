"""The page with accounts: what a beheerder does there is what the command does."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from tests.web.conftest import LogIn, token_of


def send(client: FlaskClient, path: str, form: str, **fields: object) -> tuple[int, str]:
    token = token_of(client.get(form).text)
    answer = client.post(path, data={"csrf_token": token, **fields})
    return answer.status_code, answer.text


def test_a_beheerder_makes_changes_and_blocks_an_account(app: Flask, log_in: LogIn, engine: Engine) -> None:
    beheerder = log_in("beheerder", "b.heer")
    new = "/beheer/accounts/nieuw"
    status, page = send(beheerder, new, new, naam="m.visser", rollen=["regisseur"], medewerker="12345")
    assert status == 200
    found = re.search(r"http://localhost(/inloggen/[\w-]+)", page)
    assert found is not None
    visser = app.test_client()
    assert send(visser, found[1], found[1])[0] == 303
    assert visser.get("/werkvoorraad").status_code == 200
    listed = beheerder.get("/beheer/accounts").text
    place = re.search(r'(/beheer/accounts/\d+)">m.visser', listed)
    assert place is not None
    assert found[1] not in listed
    assert send(beheerder, place[1], place[1], rollen=["teamlid", "signaal"], volledige_naam="M. Visser")[0] == 303
    assert visser.get("/werkvoorraad").status_code == 303
    assert "teamlid, signaal" in beheerder.get("/beheer/accounts").text
    assert "/inloggen/" in send(beheerder, f"{place[1]}/link", place[1])[1]
    assert send(beheerder, f"{place[1]}/blokkeren", place[1])[0] == 303
    assert "geblokkeerd" in beheerder.get("/beheer/accounts").text
    assert send(beheerder, f"{place[1]}/blokkeren", place[1], deblokkeer="ja")[0] == 303
    with engine.connect() as connection:
        assert not connection.execute(text("SELECT bool_or(geblokkeerd) FROM account")).scalar_one()


def test_what_cannot_be_is_said_and_what_was_typed_stays(log_in: LogIn, engine: Engine) -> None:
    beheerder = log_in("beheerder", "b.heer")
    new = "/beheer/accounts/nieuw"
    for fields, why in (
        ({"naam": "b.heer", "rollen": ["signaal"], "team": "T1"}, "Er is al een account b.heer."),
        ({"naam": "m.visser", "team": "T1"}, "Kies een rol"),
        ({"naam": "m visser", "rollen": ["signaal"], "team": "T1"}, "zonder spaties"),
    ):
        page = send(beheerder, new, new, **fields)[1]
        assert why in page
        assert 'value="T1"' in page
    with engine.connect() as connection:
        own = connection.execute(text("SELECT id FROM account")).scalar_one()
    send(beheerder, f"/beheer/accounts/{own}/blokkeren", new)
    assert "eigen account niet blokkeren" in beheerder.get("/beheer/accounts").text
    assert beheerder.get("/beheer/accounts/999999").status_code == 404


def test_only_a_beheerder_has_accounts(log_in: LogIn) -> None:
    regisseur = log_in("regisseur")
    token = token_of(regisseur.get("/werkvoorraad").text)
    for path in ("/beheer/accounts", "/beheer/accounts/nieuw", "/beheer/accounts/1"):
        assert regisseur.get(path).status_code == 404
    for path in ("/beheer/accounts/nieuw", "/beheer/accounts/1/link", "/beheer/accounts/1/blokkeren"):
        assert regisseur.post(path, data={"csrf_token": token}).status_code == 404
