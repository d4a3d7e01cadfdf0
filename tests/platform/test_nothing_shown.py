"""No command, error or command line of a process shows a password, a BSN or a name."""

import hashlib
import io
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url
from tests.berichten.bouw import gezinsplan, lk01, new_number
from tests.conftest import regie, vrije_port
from tests.soap.conftest import Door
from werkzeug.test import Client

from regiesysteem import backup, config
from regiesysteem.config import SettingError, Settings, load_settings
from regiesysteem.http.doors import make_soap_app
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters
from regiesysteem.storage import make_storage

PASSWORD = "s3hr-geh31m"
BSN = "999993653"
NAME = "Jansen"
RECEIVER = """
[[applicatie]]
naam = "Ontvanger"
adres = "https://ontvanger.example/stuf"
gebruiker = "regie"
wachtwoord_uit = "env:REGIETEST_GEHEIM"

[[abonnement]]
applicatie = "Ontvanger"
zaaktype = "*"
gebeurtenis = "*"
persoon = ["999993653"]
"""
COMMANDS = (
    ("status",),
    ("inrichting", "toon"),
    ("inrichting", "toon", "--toml"),
    ("inrichting", "toon", "GEZINSPLAN"),
    ("applicatie", "lijst"),
    ("notificaties", "lijst"),
    ("notificaties", "standen"),
    ("documenten", "sloten"),
    ("postvak", "lijst"),
    ("overdracht", "lijst"),
    ("afwijkingen",),
    ("weigeringen",),
)


@pytest.fixture
def used(engine: Engine, database_url: str) -> str:
    """URL, with a password, of a database in which a plan of a person is, and a message about him was refused."""
    load_inrichting(engine, read_text(config.example_inrichting().read_text() + RECEIVER, "test"))
    door = Door(Client(make_soap_app(Settings(), engine, Counters())), engine)
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number, BSN)))
    door.fout("creeerZaak_Lk01", lk01("T", gezinsplan(number, BSN)))
    return make_url(database_url).set(password=PASSWORD).render_as_string(hide_password=False)


def test_no_command_that_looks_shows_a_password_or_a_person(used: str) -> None:
    settings = {"REGIE_DATABASE_URL": used, "REGIETEST_GEHEIM": PASSWORD, "REGIE_PORT": str(vrije_port())}
    for command in COMMANDS:
        done = regie(*command, **settings)
        said = done.stdout + done.stderr
        assert "Er is geen opdracht" not in said, command
        assert said.strip(), command
        assert "Traceback" not in said, command
        assert [secret for secret in (PASSWORD, BSN, NAME) if secret in said] == [], command


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://regie:{PASSWORD}@machine/regie",
        f"postgresql://regie:ge@{PASSWORD}@machine/regie",
        f"postgresql://regie:{PASSWORD}@machine:poort/regie",
        f"{PASSWORD}",
    ],
)
def test_a_wrong_address_of_the_database_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A password with an @ in it ends up in the name of the machine, which errors of the driver repeat."""
    monkeypatch.setenv("REGIE_DATABASE_URL", url)
    with pytest.raises(SettingError, match=r"^REGIE_DATABASE_URL: de waarde is niet toegestaan") as error:
        load_settings()
    assert PASSWORD not in str(error.value)


@pytest.mark.parametrize("command", ["serve", "worker", "migreer", "status", "back-up"])
def test_a_start_without_a_database_shows_no_password(command: str, tmp_path: Path) -> None:
    done = regie(
        *((command, str(tmp_path / "uit")) if command == "back-up" else (command,)),
        REGIE_DATABASE_URL=f"postgresql://regie:{PASSWORD}@127.0.0.1:9/regie",
        REGIE_PORT=str(vrije_port()),
        REGIE_DATA_DIR=str(tmp_path / "data"),
    )
    assert done.returncode != 0
    assert PASSWORD not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_programs_that_we_start_get_no_password_on_their_command_line() -> None:
    """Every user of a machine sees the command lines of all its processes."""
    url = make_url(f"postgresql://regie:{PASSWORD}@127.0.0.1:9/regie")
    done = backup._run("pg_dump", url, "--file=/dev/null")
    assert b"127.0.0.1" in done.stderr, "it had the address"
    assert PASSWORD.encode() not in done.stderr
    assert PASSWORD not in " ".join(done.args)
    assert PASSWORD not in " ".join(backup._connection(url))
    assert backup._environment(url)["PGPASSWORD"] == PASSWORD


def test_a_content_that_waits_on_disk_has_no_name_and_is_for_nobody_else(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    content = b"x" * 3_000_000
    storage, digest = make_storage(Settings()), hashlib.sha256(content).hexdigest()
    with engine.begin() as connection:
        storage.keep(connection, io.BytesIO(content), digest, len(content))
        with storage.read(connection, digest) as waiting:
            place = Path(f"/proc/self/fd/{waiting.fileno()}")
            assert place.stat().st_size == len(content)
            assert place.stat().st_mode & 0o077 == 0
            assert list(tmp_path.iterdir()) == []
