"""Health and figures at an address of their own: there and nowhere else, in each process, and refused in words."""

import socket
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine
from tests.conftest import fetch, regie, start_server, stop_server, vrije_port, wait_on_server, wait_until
from tests.platform.test_server import question_number
from werkzeug.test import Client

from regiesysteem import config
from regiesysteem.config import Settings
from regiesysteem.http.app import make_app, make_beheer_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters

OWN = ("/readyz", "/metrics")


@pytest.fixture
def settings(engine: Engine, database_url: str) -> Settings:
    load_inrichting(engine, read_text(config.example_inrichting().read_text(), "test"))
    return Settings(database_url=database_url, beheer_host="127.0.0.1")


def test_the_public_address_has_no_more_than_a_sign_of_life(settings: Settings) -> None:
    client = Client(make_app(settings))
    assert client.get("/healthz").text == "ok\n"
    for path in OWN:
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.text.startswith("Deze pagina is er niet.")
        assert path not in client.get("/").text
    assert client.get("/stuf?wsdl").status_code == 200


def test_the_own_address_has_health_and_figures_and_takes_no_message(settings: Settings) -> None:
    client = Client(make_beheer_app(settings, Counters()))
    for path in ("/healthz", *OWN):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/", "/stuf", "/stuf?wsdl"):
        assert client.get(path).status_code == 404
    assert client.post("/stuf", data=b"<x/>").status_code == 404


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 421), ("0.0.0.0", 200)])
def test_a_web_page_does_not_read_the_figures_of_this_machine(settings: Settings, host: str, status: int) -> None:
    client = Client(make_beheer_app(settings.model_copy(update={"beheer_host": host}), Counters()))
    assert client.get("/metrics", headers={"Host": "kwaad.example"}).status_code == status
    assert client.get("/metrics", headers={"Host": "localhost:8081"}).status_code == 200


def test_a_server_with_both_says_where_and_its_status_looks_there(module_database_url: str, tmp_path: Path) -> None:
    port, own_port, logboek = vrije_port(), vrije_port(), tmp_path / "logboek"
    secret = tmp_path / "url"
    secret.touch(0o600)
    secret.write_text(module_database_url)
    settings = {
        "REGIE_PORT": str(port),
        "REGIE_BEHEER_HOST": "127.0.0.1",
        "REGIE_BEHEER_PORT": str(own_port),
        "REGIE_DATABASE_URL_FILE": str(secret),
        "REGIE_DATA_DIR": str(tmp_path / "data"),
    }
    process = start_server(logboek, **settings)
    public, own = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{own_port}"
    try:
        wait_on_server(process, logboek)
        for _ in range(6):
            question_number(public)
        for _ in range(3):  # whichever process answers
            assert fetch(f"{own}/readyz") == (200, "ok\n")
            assert 'genereerZaakIdentificatie_Di02",uitkomst="Du02"} 6.0' in fetch(f"{own}/metrics")[1]
            assert fetch(f"{public}/metrics")[0] == 404
        said = logboek.read_text()
        assert f"{own}/metrics " in said
        assert f"{public}/metrics" not in said
        wait_until(lambda: regie("status", **settings).returncode == 0, "alles goed", logboek=logboek)
        # A value from a file is in no environment and on no command line, which more people can see than the file.
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        assert len(family) > 3
        for one in family:
            assert module_database_url not in " ".join(one.cmdline())
            assert module_database_url not in one.environ().values()
    finally:
        assert stop_server(process) == 0
    with closing(socket.socket()) as again:
        assert again.connect_ex(("127.0.0.1", own_port)) != 0


def test_an_address_that_is_not_of_this_machine_is_refused_in_words(tmp_path: Path) -> None:
    ready = regie(
        "serve",
        REGIE_PORT=str(vrije_port()),
        REGIE_BEHEER_HOST="192.0.2.1",
        REGIE_BEHEER_PORT="8081",
        REGIE_DATA_DIR=str(tmp_path / "data"),
    )
    assert ready.returncode == 2
    said = "REGIE_BEHEER_HOST=192.0.2.1, REGIE_BEHEER_PORT=8081: hier kan de server niet luisteren (dat adres is niet"
    assert ready.stderr.startswith(said)
    assert not (tmp_path / "data").exists()
