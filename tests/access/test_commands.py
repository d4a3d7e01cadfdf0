"""`regie applicatie`: what a person sees, what is kept, and the exit codes."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from regiesysteem import config
from regiesysteem.access.cli import app
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text

SECRET = "geheim genoeg voor GWS"
Regie = Callable[..., tuple[int, str, str]]


@pytest.fixture
def regie(engine: Engine, database_url: str) -> Regie:
    """Run a command of `regie applicatie` on the example inrichting: exit code, stdout, stderr."""
    load_inrichting(engine, read_text(config.example_inrichting().read_text(), "test"))

    def do(*command: str, stdin: str = "") -> tuple[int, str, str]:
        environment = {"REGIE_DATABASE_URL": database_url, "COLUMNS": "200"}
        outcome = CliRunner().invoke(app, list(command), env=environment, input=stdin)
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        return outcome.exit_code, outcome.stdout, outcome.stderr

    return do


def test_a_password_is_read_from_a_pipe_and_kept_as_a_hash_alone(regie: Regie, engine: Engine) -> None:
    with engine.connect() as connection:
        before = read_inrichting(connection)
    code, stdout, stderr = regie("wachtwoord", "GWS4all", stdin=f"{SECRET}\nen meer\n")
    assert (code, stderr) == (0, "")
    assert SECRET not in stdout
    with engine.connect() as connection:
        after = read_inrichting(connection)
        rows = connection.execute(text("SELECT applicatie_wachtwoord::text FROM applicatie_wachtwoord")).scalars().all()
    assert after.versie > before.versie, "a running server sees it"
    assert after.wachtwoorden[("1900", "GWS4all", "")].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert SECRET not in "".join(rows)
    assert "argon2" not in repr(after)
    assert regie("wachtwoord", "GWS4all", "--weg")[1] == "GWS4all heeft geen wachtwoord meer.\n"
    assert regie("wachtwoord", "GWS4all", "--weg")[1] == "GWS4all had geen wachtwoord.\n"
    with engine.connect() as connection:
        assert read_inrichting(connection).wachtwoorden == {}


@pytest.mark.parametrize("wrong", ["", "elf tekens.", "x" * 201, "met een\tteken dat niet kan"])
def test_a_password_that_is_not_taken_changes_nothing(regie: Regie, engine: Engine, wrong: str) -> None:
    code, stdout, stderr = regie("wachtwoord", "GWS4all", stdin=f"{wrong}\n")
    assert (code, stdout) == (1, "")
    assert "Er is niets gewijzigd." in stderr
    assert not wrong or wrong not in stderr
    with engine.connect() as connection:
        assert read_inrichting(connection).wachtwoorden == {}


def test_an_applicatie_that_is_not_there_is_named_with_those_that_are(regie: Regie) -> None:
    code, _, stderr = regie("wachtwoord", "Vreemd", stdin=f"{SECRET}\n")
    assert code == 1
    assert "geen applicatie Vreemd" in stderr
    assert "GWS4all" in stderr


def test_of_two_with_one_name_one_is_chosen(regie: Regie, engine: Engine) -> None:
    toml = config.example_inrichting().read_text()
    toml += '\n[[applicatie]]\nnaam = "GWS4all"\norganisatie = "0363"\nadministratie = "Jeugd"\n'
    load_inrichting(engine, read_text(toml, "test"))
    code, _, stderr = regie("wachtwoord", "GWS4all", stdin=f"{SECRET}\n")
    assert code == 1
    assert "organisatie 0363, administratie Jeugd" in stderr
    assert regie("wachtwoord", "GWS4all", "--organisatie", "0363", stdin=f"{SECRET}\n")[0] == 0
    with engine.connect() as connection:
        assert list(read_inrichting(connection).wachtwoorden) == [("0363", "GWS4all", "Jeugd")]


def test_the_list_says_how_each_proves_itself(regie: Regie) -> None:
    regie("wachtwoord", "Schuldhulp", stdin=f"{SECRET}\n")
    code, stdout, _ = regie("lijst")
    assert code == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in stdout.splitlines() if "│" in line]
    ways = {row[0]: row[3] for row in rows}
    assert (ways["Schuldhulp"], ways["GWS4all"]) == ("wachtwoord", "geen")
    assert SECRET not in stdout
