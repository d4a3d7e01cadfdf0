"""Every answer tells a browser to do nothing more with it, and nothing says which program made it."""

import base64
import hashlib
import re

import pytest
from lxml import html
from sqlalchemy import Engine
from tests.berichten.bouw import ACTIE, di02, envelope
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.http.app import make_app
from regiesysteem.http.headers import policy, with_safe_headers
from regiesysteem.inrichting.load import load_inrichting, read_text

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
READ = {
    "/": 200,
    "/healthz": 200,
    "/readyz": 200,
    "/metrics": 200,
    "/weg": 404,
    "/stuf": 200,
    "/stuf?wsdl": 200,
    "/stuf/xsd/rzs0310.xsd": 200,
    "/stuf/weg": 404,
}


@pytest.fixture
def client(engine: Engine, database_url: str) -> Client:
    load_inrichting(engine, read_text(config.example_inrichting().read_text(), "test"))
    return Client(make_app(Settings(database_url=database_url)))


def check(answer: TestResponse) -> None:
    assert {name: answer.headers.getlist(name) for name in SAFE} == {name: [value] for name, value in SAFE.items()}
    [security] = answer.headers.getlist("Content-Security-Policy")
    for directive in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert f"{directive} 'none'" in security
    assert "Server" not in answer.headers
    assert not re.search("waitress|werkzeug|spyne|python", str(answer.headers), re.IGNORECASE)


def test_every_answer_has_them_whatever_it_is(client: Client) -> None:
    for path, status in READ.items():
        answer = client.get(path)
        assert answer.status_code == status, path
        check(answer)
    for answer in (client.post("/healthz"), client.put("/stuf"), client.get("/", headers={"Host": "kwaad.example"})):
        assert answer.status_code in {405, 421}
        check(answer)


def test_no_cache_keeps_the_answer_to_a_message_or_its_refusal(client: Client) -> None:
    head = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTIE}genereerZaakIdentificatie_Di02"'}
    for data, status in ((envelope(di02()), 200), ("<x/>", 400), ("geen xml", 400)):
        answer = client.post("/stuf/VrijeBerichten", data=data, headers=head)
        assert (answer.status_code == 200) is (status == 200)
        check(answer)


def test_the_start_page_may_use_its_own_style_and_nothing_else(client: Client) -> None:
    answer = client.get("/")
    page = html.document_fromstring(answer.text)
    [style] = page.iter("style")
    digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert [element for element in page.iter() if {"style", "src", "onclick", "onload"} & set(element.attrib)] == []
    assert list(page.iter("script")) == []


def test_a_page_may_ask_for_more_and_keeps_the_rest() -> None:
    allowed = policy(style_src="'self'")
    own = {"content-security-policy": allowed, "Server": "iets/1.2", "Cache-Control": "private"}
    headers = Client(with_safe_headers(Response("x", headers=own))).get("/").headers
    assert headers.getlist("Content-Security-Policy") == [allowed]
    assert allowed.startswith("default-src 'none';")
    assert allowed.endswith("style-src 'self'")
    assert headers.getlist("Cache-Control") == ["private"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in headers
