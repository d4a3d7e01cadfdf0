"""Settings: defaults, and Dutch errors that name every wrong one."""

from pathlib import Path

import pytest
from tests.conftest import regie

from regiesysteem.config import SettingError, Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"REGIE_{field.upper()}", raising=False)


def test_defaults_are_for_the_own_machine() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8080, 2)
    assert settings.only_local
    assert settings.inrichting.is_file()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_PORT", "")
    assert load_settings().port == 8080


def test_every_wrong_setting_is_named_and_no_password_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_PORT", "tachtig")
    monkeypatch.setenv("REGIE_LOG", "xml")
    monkeypatch.setenv("REGIE_DATABASE_URL", "mysql://gebruiker:geheim@machine/database")
    with pytest.raises(SettingError) as error:
        load_settings()
    text = str(error.value)
    assert "REGIE_PORT: de waarde 'tachtig'" in text
    assert "verwacht wordt text of json" in text
    assert "REGIE_DATABASE_URL" in text
    assert "geheim" not in text


def test_s3_wants_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_OPSLAG", "s3")
    with pytest.raises(SettingError, match=r"REGIE_S3_BUCKET: .* verwacht wordt de naam van een bucket"):
        load_settings()
    monkeypatch.setenv("REGIE_S3_BUCKET", "documenten")
    assert load_settings().s3_voorvoegsel == "documenten/"


@pytest.mark.parametrize(
    "adres", ["https://gebruiker:geheim@machine:9000", "machine:9000", "ftp://machine", "https://"]
)
def test_the_address_of_a_store_is_one_and_holds_no_password(monkeypatch: pytest.MonkeyPatch, adres: str) -> None:
    monkeypatch.setenv("REGIE_S3_ENDPOINT", adres)
    with pytest.raises(SettingError, match="REGIE_S3_ENDPOINT: de waarde is niet toegestaan") as error:
        load_settings()
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize("prefix", ["/vooraan", "met spatie/", "dubbel//"])
def test_a_prefix_is_a_plain_name(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setenv("REGIE_S3_VOORVOEGSEL", prefix)
    with pytest.raises(SettingError, match="REGIE_S3_VOORVOEGSEL"):
        load_settings()


def test_a_misspelt_setting_is_not_silently_ignored() -> None:
    with pytest.raises(SettingError, match="REGIE_WORKRES: onbekende instelling; is REGIE_WORKERS bedoeld"):
        load_settings({"REGIE_WORKRES": "4"})


def test_what_is_somebody_elses_is_left_alone() -> None:
    load_settings({"REGIE_KANTOOR": "3e verdieping"})


@pytest.mark.parametrize("command", ["serve", "worker", "migreer", "status"])
def test_a_wrong_setting_ends_a_command_without_a_traceback(command: str) -> None:
    ready = regie(command, REGIE_WORKERS="nul")
    assert ready.returncode == 2
    assert ready.stderr.startswith("REGIE_WORKERS: de waarde 'nul' is niet toegestaan")
    assert "Traceback" not in ready.stderr


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.2", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_which_addresses_only_this_machine_reaches(host: str, local: bool) -> None:
    assert Settings(host=host).only_local is local


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    text = (ROOT / "docs/gebruiken/beheer.md").read_text()
    rows = [regel.split("|") for regel in text.splitlines() if regel.startswith("| `REGIE_")]
    named = {row[1].strip().strip("`"): row[2].strip().strip("`") for row in rows}
    known = {
        f"REGIE_{naam.upper()}": field.default for naam, field in Settings.model_fields.items() if naam != "inrichting"
    }
    assert set(named) == {*known, "REGIE_INRICHTING"}
    for naam, default in known.items():
        assert named[naam] == str(default).lower() or (default == "" and named[naam] == "leeg"), naam
