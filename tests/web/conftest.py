"""The pages, served in this process over a real database, and people who are logged in."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Engine
from tests.conftest import SJABLOON, as_superuser, fresh_database
from tests.soap.conftest import Door
from tests.web.planstappen import REGISSEUR, Family, make_family
from werkzeug.test import Client

from regiesysteem.access.people.accounts import new_account, new_link
from regiesysteem.config import Settings, example_inrichting
from regiesysteem.db import make_engine
from regiesysteem.embedded import OWNER, EmbeddedPostgres
from regiesysteem.http.doors import make_doors, make_services
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters
from regiesysteem.web.routes import Services
from regiesysteem.web.site import make_web_app

LogIn = Callable[..., FlaskClient]
EXAMPLE = "sjabloon_voorbeeld"


@pytest.fixture(scope="session")
def with_example(postgres: EmbeddedPostgres) -> str:
    """A database with the example inrichting, of which each test gets a copy: loading takes longer than copying."""
    as_superuser(postgres, f"CREATE DATABASE {EXAMPLE} OWNER {OWNER} TEMPLATE {SJABLOON} STRATEGY FILE_COPY")
    engine = make_engine(postgres.url_for(EXAMPLE), pool=False)
    load_inrichting(engine, read_text(example_inrichting().read_text(), "test"))
    engine.dispose()
    return EXAMPLE


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, with_example: str) -> Iterator[str]:
    """URL of a fresh database with the example inrichting."""
    yield from fresh_database(postgres, with_example)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates compiled once, and not for the application of each test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def services(engine: Engine) -> Services:
    """The parts that pages use, on a database with the example inrichting."""
    return make_services(Settings(), engine)


@pytest.fixture
def app(services: Services, compiled: BytecodeCache) -> Flask:
    """The application of the pages."""
    app = make_web_app(services)
    app.jinja_env.bytecode_cache = compiled
    return app


@pytest.fixture
def door(services: Services) -> Door:
    """The SOAP doors beside the pages: what back offices send."""
    return Door(Client(make_doors(services, Counters())), services.engine)


@pytest.fixture
def log_in(app: Flask, engine: Engine) -> LogIn:
    """Log somebody in, by a link as he would: `log_in("regisseur", medewerker="12345")`."""

    def do(rol: str, naam: str = "", medewerker: str = "", team: str = "") -> FlaskClient:
        with engine.begin() as connection:
            number = new_account(connection, naam or f"{rol}-{datetime.now(UTC):%f}", (rol,), naam, medewerker, team)
            path = new_link(connection, number)
        client = app.test_client()
        assert client.post(path, data={"csrf_token": token_of(client.get(path).text)}).status_code == 303
        return client

    return do


@pytest.fixture
def family(door: Door) -> Family:
    """A family with a plan and deelplannen of REGISSEUR."""
    return make_family(door)


@pytest.fixture
def regisseur(log_in: LogIn) -> FlaskClient:
    """The regisseur of the family, logged in."""
    return log_in("regisseur", "m.visser", medewerker=REGISSEUR)


def token_of(page: str) -> str:
    """The CSRF token of the form on a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]
