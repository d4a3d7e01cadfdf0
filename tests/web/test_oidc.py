"""Logging in at an OpenID provider, which runs here over HTTP; and what it, or somebody in its place, may not do."""

import base64
import io
import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, text
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from regiesysteem.config import Settings, example_inrichting
from regiesysteem.http.doors import make_services
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.web.routes import Services
from regiesysteem.web.site import make_web_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oidc_provider_mock
    from oidc_provider_mock._storage import User

# The provider of the tests uses parts of Authlib that it will lose.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

KEY, OTHER_KEY = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
PEOPLE = (
    User(
        sub="s1",
        claims={"name": "M. Visser", "groups": ["SD-Regie"], "medewerker": "12345", "preferred_username": "mv"},
    ),
    User(sub="s2", claims={"name": "Zonder Rol", "groups": ["Elders"]}),
    User(sub="s3", claims={"name": "Twee", "groups": ["SD-Regie", "SD-Beheer"], "preferred_username": "mv"}),
)
Forge = Callable[[dict[str, Any]], str]


def signed(claims: dict[str, Any], key: RSAKey = KEY, **header: str) -> str:
    return jwt.encode({"alg": "RS256"} | header, claims, key)


class Provider:
    """The provider, with a token of our own making in place of its own."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._inner = oidc_provider_mock.app(user_claims=PEOPLE)
        self.forge: Forge = signed
        self.sent: list[dict[str, str]] = []
        self._server = make_server("127.0.0.1", 0, self._wsgi, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _wsgi(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        if request.path == "/jwks":
            answer = Response(json.dumps({"keys": [KEY.as_dict(private=False)]}), mimetype="application/json")
            return answer(environ, start)
        if request.path != "/oauth2/token":
            return self._inner(environ, start)
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        self.sent.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
        inner = Response.from_app(self._inner, environ)
        tokens = json.loads(inner.get_data())
        if "id_token" in tokens:
            part = tokens["id_token"].split(".")[1]
            tokens["id_token"] = self.forge(json.loads(base64.urlsafe_b64decode(part + "==")))
        return Response(json.dumps(tokens), inner.status_code, mimetype="application/json")(environ, start)


@pytest.fixture
def provider() -> Iterator[Provider]:
    one = Provider()
    yield one
    one.close()


@pytest.fixture
def web(services: Services, engine: Engine, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The pages, with the provider in the inrichting."""
    monkeypatch.setenv("OIDC_GEHEIM", "geheim")
    toml = (
        example_inrichting().read_text()
        + f"""
[[rol]]
naam = "regisseur"
groepen = ["SD-Regie"]
[[rol]]
naam = "beheerder"
groepen = ["SD-Beheer"]
[[oidc]]
naam = "Gemeente"
uitgever = "{provider.url}"
client_id = "regiesysteem"
geheim_uit = "env:OIDC_GEHEIM"
"""
    )
    load_inrichting(engine, read_text(toml, "test"))
    return make_web_app(make_services(Settings(oidc_medewerker_claim="medewerker"), engine))


def at_provider(client: FlaskClient, sub: str = "s1", terug: str = "") -> str:
    """Log in at the provider, and give the address that it sends us back to."""
    sent = client.get("/inloggen/bij/Gemeente", query_string={"terug": terug} if terug else {})
    assert sent.status_code == 303
    asked = parse_qs(urlsplit(sent.location).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"]
    assert asked["redirect_uri"] == ["http://localhost/terug"]
    given = requests.post(sent.location, data={"sub": sub}, allow_redirects=False, timeout=10)
    return given.headers["Location"]


def come_back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def accounts(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT naam, rollen, medewerker, onderwerp FROM account ORDER BY id")))


def test_a_login_makes_an_account_with_the_roles_of_the_groups(web: Flask, provider: Provider, engine: Engine) -> None:
    client = web.test_client()
    assert "Log in bij Gemeente" in client.get("/inloggen").text
    back = come_back(client, at_provider(client, terug="/zoeken"))
    assert (back.status_code, back.location) == (303, "/zoeken")
    assert "M. Visser, regisseur" in client.get("/werkvoorraad").text
    assert accounts(engine) == [("mv", ["regisseur"], "12345", "s1")]
    assert provider.sent[0]["code_verifier"]
    other = web.test_client()  # another person with the same name there is another person here
    assert "In welke rol werkt u nu?" in come_back(other, at_provider(other, "s3")).text
    assert accounts(engine)[1] == ("mv (Gemeente)", ["regisseur", "beheerder"], "", "s3")


def test_who_has_no_role_gets_a_page_and_no_account(web: Flask, engine: Engine) -> None:
    client = web.test_client()
    refused = come_back(client, at_provider(client, "s2"))
    assert refused.status_code == 403
    assert "geen rol" in refused.text
    assert accounts(engine) == []


def test_who_lost_his_groups_or_is_blocked_loses_his_session(web: Flask, provider: Provider, engine: Engine) -> None:
    client, again = web.test_client(), web.test_client()
    come_back(client, at_provider(client))
    assert client.get("/werkvoorraad").status_code == 200
    provider.forge = lambda claims: signed(claims | {"groups": []})
    assert come_back(again, at_provider(again)).status_code == 403
    assert client.get("/werkvoorraad").status_code == 303
    provider.forge = signed
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET geblokkeerd = true"))
    assert come_back(again, at_provider(again)).status_code == 403


def unsigned(claims: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}."


def without(name: str) -> Forge:
    return lambda claims: signed({key: value for key, value in claims.items() if key != name})


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda claims: signed(claims | {"nonce": "ander"}), id="nonce"),
        pytest.param(without("nonce"), id="no nonce"),
        pytest.param(lambda claims: signed(claims | {"aud": "ander"}), id="audience"),
        pytest.param(lambda claims: signed(claims | {"aud": ["ander"]}), id="audiences"),
        pytest.param(without("aud"), id="no audience"),
        pytest.param(lambda claims: signed(claims | {"iss": "https://kwaad.nl"}), id="issuer"),
        pytest.param(lambda claims: signed(claims | {"exp": int(time.time()) - 3600}), id="expired"),
        pytest.param(without("exp"), id="no expiry"),
        pytest.param(without("sub"), id="no subject"),
        pytest.param(lambda claims: signed(claims, OTHER_KEY), id="key"),
        pytest.param(unsigned, id="alg none"),
        pytest.param(lambda claims: "geen.token.", id="no token"),
    ],
)
def test_a_token_that_is_not_right_lets_nobody_in(web: Flask, provider: Provider, engine: Engine, forge: Forge) -> None:
    provider.forge = forge
    client = web.test_client()
    assert come_back(client, at_provider(client)).status_code == 403
    assert client.get_cookie("regie") is None
    assert accounts(engine) == []


def test_a_state_is_of_one_browser_and_serves_once(web: Flask, engine: Engine) -> None:
    """Nobody is logged in as another by a link with the code of the other (login CSRF)."""
    attacker, victim = web.test_client(), web.test_client()
    address = at_provider(attacker)
    assert come_back(victim, address).status_code == 403
    assert come_back(attacker, address.replace("state=", "state=x")).status_code == 403
    assert come_back(attacker, address).status_code == 303
    assert come_back(attacker, address).status_code == 403
    assert attacker.get("/terug").status_code == 403
    assert attacker.get("/terug?error=access_denied&state=x").status_code == 403


def test_an_answer_of_another_issuer_is_refused(web: Flask) -> None:
    client = web.test_client()
    assert come_back(client, at_provider(client) + "&iss=https://kwaad.nl").status_code == 403


def test_a_provider_that_is_away_or_another_is_said(web: Flask, provider: Provider) -> None:
    assert web.test_client().get("/inloggen/bij/Ander").status_code == 404
    provider.close()
    page = web.test_client().get("/inloggen/bij/Gemeente")
    assert page.status_code == 403
    assert "niet gelukt" in page.text
