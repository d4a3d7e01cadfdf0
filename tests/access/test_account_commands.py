"""`regie account`, the first beheerder and the links of the demo: who gets in, and who does not."""

import re

import pytest
from sqlalchemy import Engine, text
from tests.web.conftest import token_of
from typer.testing import CliRunner, Result

from regiesysteem.access.people.sessions import find_session
from regiesysteem.access.people.start_links import first_beheerder
from regiesysteem.cli import app as commands
from regiesysteem.config import Settings, example_inrichting
from regiesysteem.http.doors import make_services
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.web.site import make_web_app

PLAN = "19000000000012"


class Accounts:
    """Runs the commands, and follows their links."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.web = make_web_app(make_services(Settings(), engine))

    def __call__(self, *command: str) -> Result:
        return CliRunner().invoke(commands, ["account", *command])

    def follow(self, path: str) -> tuple[int, str]:
        """Use a link: the status, and who is logged in as what."""
        client = self.web.test_client()
        page = client.get(path)
        if page.status_code != 200:
            return page.status_code, ""
        answer = client.post(path, data={"csrf_token": token_of(page.text)})
        cookie = client.get_cookie("regie")
        with self.engine.begin() as connection:
            found = find_session(connection, cookie.value) if cookie else None
        return answer.status_code, f"{found.person.naam}:{found.person.rol}" if found else ""


@pytest.fixture
def accounts(database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setenv("REGIE_DATABASE_URL", database_url)
    load_inrichting(engine, read_text(example_inrichting().read_text(), "test"))
    return Accounts(engine)


def path_in(output: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8080(/inloggen/[\w-]+)", output)
    assert found is not None, output
    return found[1]


def test_a_new_account_gets_a_link_that_works_once(accounts: Accounts) -> None:
    output = accounts("nieuw", "m.visser", "--rol", "regisseur", "--medewerker", "12345").output
    assert accounts.follow(path_in(output)) == (303, "m.visser:regisseur")
    assert accounts.follow(path_in(output))[0] == 404
    assert "m.visser" in accounts("lijst").output


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("nieuw", "a b", "--rol", "regisseur"), "zonder spaties"),
        (("nieuw", "a", "--rol", "directeur"), "Er is geen rol directeur"),
        (("nieuw", "bekend", "--rol", "regisseur"), "Er is al een account bekend"),
        (("link", "niemand"), "Er is geen account niemand"),
        (("wijzig", "bekend", "--rol", "directeur"), "Er is geen rol directeur"),
        (("deblokkeer", "bekend"), "is niet geblokkeerd"),
        (("demo-links", PLAN), f"Er is geen plan {PLAN}"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(accounts: Accounts, command: tuple[str, ...], why: str) -> None:
    accounts("nieuw", "bekend", "--rol", "regisseur")
    refused = accounts(*command)
    assert refused.exit_code == 1
    assert why in refused.output


def test_a_change_ends_the_sessions_and_a_block_the_links_too(accounts: Accounts) -> None:
    first = path_in(accounts("nieuw", "m.visser", "--rol", "regisseur").output)
    client = accounts.web.test_client()
    client.post(first, data={"csrf_token": token_of(client.get(first).text)})
    assert client.get("/werkvoorraad").status_code == 200
    assert accounts("wijzig", "m.visser", "--rol", "teamlid", "--rol", "regisseur").exit_code == 0
    assert client.get("/werkvoorraad").status_code == 303
    waiting = path_in(accounts("link", "m.visser").output)
    assert accounts("blokkeer", "m.visser").exit_code == 0
    assert accounts.follow(waiting)[0] == 404
    assert accounts("link", "m.visser").exit_code == 1
    assert accounts("deblokkeer", "m.visser").exit_code == 0
    assert accounts.follow(path_in(accounts("link", "m.visser").output))[1] == "m.visser:teamlid"


def test_the_first_beheerder_gets_links_until_one_was_logged_in(accounts: Accounts, engine: Engine) -> None:
    with engine.begin() as connection:
        paths = first_beheerder(connection), first_beheerder(connection)
    assert accounts.follow(paths[1]) == (303, "beheerder:beheerder")
    with engine.begin() as connection:
        assert first_beheerder(connection) == ""


def test_the_demo_gives_three_people_a_link(accounts: Accounts, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO zaak (identificatie) VALUES (:nummer)"), {"nummer": PLAN})
    for _ in range(2):  # the second time the accounts are there
        output = accounts("demo-links", PLAN, "--adres", "http://127.0.0.1:8080").output
        people = [accounts.follow(path)[1] for path in re.findall(r":8080(/inloggen/[\w-]+)", output)]
        assert people == ["demo-regisseur:regisseur", "demo-wijkteam:teamlid", "demo-beheerder:beheerder"]


def test_links_of_the_demo_are_for_the_own_machine(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_HOST", "0.0.0.0")
    assert accounts("demo-links", PLAN).exit_code == 1
