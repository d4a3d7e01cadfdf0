"""Settings: defaults, and Dutch errors that name every wrong one."""

import re
from pathlib import Path

import pytest
from tests.conftest import regie

from regiesysteem.config import SettingError, Settings, load_settings
from regiesysteem.secret_file import SecretError, refuse_shared

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"REGIE_{field.upper()}", raising=False)
        monkeypatch.delenv(f"REGIE_{field.upper()}_FILE", raising=False)


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


def secret_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "geheim"
    file.touch(0o600)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_secret_may_be_in_a_file_and_no_error_repeats_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://regie:geheim@machine/regie"
    file = secret_file(tmp_path, f"{url}\n")
    monkeypatch.setenv("REGIE_DATABASE_URL_FILE", str(file))
    settings = load_settings()
    assert settings.database_url == url
    assert "geheim" not in f"{settings!r} {settings}"
    file.write_text("mysql://regie:geheim@machine/regie")
    with pytest.raises(SettingError, match=r"^REGIE_DATABASE_URL_FILE: de waarde is niet toegestaan") as error:
        load_settings()
    assert "geheim@" not in str(error.value)


def test_a_secret_in_two_places_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_DATABASE_URL", "postgresql://een")
    monkeypatch.setenv("REGIE_DATABASE_URL_FILE", str(secret_file(tmp_path, "postgresql://twee")))
    with pytest.raises(SettingError, match="REGIE_DATABASE_URL en REGIE_DATABASE_URL_FILE zijn allebei gezet"):
        load_settings()
    monkeypatch.setenv("REGIE_DATABASE_URL", "")  # as always, an empty one is not set
    assert load_settings().database_url == "postgresql://twee"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o444])
def test_a_file_that_others_may_read_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    file = secret_file(tmp_path, "postgresql://regie:geheim@machine/regie", mode)
    monkeypatch.setenv("REGIE_DATABASE_URL_FILE", str(file))
    with pytest.raises(SettingError, match=f"ook anderen mogen .* doe eerst: chmod go= {file}") as error:
        load_settings()
    assert "geheim@" not in str(error.value)


@pytest.mark.parametrize("mount", ["/run/secrets", "/var/run/secrets/regie", "/run/credentials/regie.service"])
def test_what_a_runtime_mounts_as_a_secret_is_one_unless_others_may_change_it(mount: str) -> None:
    """Docker gives a mounted secret mode 0444, and Kubernetes and systemd let its group read it."""
    for mode in (0o100444, 0o100440, 0o100644):
        refuse_shared(Path(mount, "database_url"), mode)
    for mode in (0o100664, 0o100666):
        with pytest.raises(SecretError, match=f"mogen het bestand {mount}/database_url wijzigen"):
            refuse_shared(Path(mount, "database_url"), mode)
    with pytest.raises(SecretError, match="mogen het bestand"):
        refuse_shared(Path(mount, "../../../tmp/geheim"), 0o100444)


@pytest.mark.parametrize(("text", "reason"), [(None, "bestaat niet"), ("\n", "is leeg"), ("x" * 5000, "te groot")])
def test_a_file_without_a_usable_secret_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, reason: str
) -> None:
    file = tmp_path / "weg" if text is None else secret_file(tmp_path, text)
    monkeypatch.setenv("REGIE_DATABASE_URL_FILE", str(file))
    with pytest.raises(SettingError, match=f"^REGIE_DATABASE_URL_FILE: het bestand {file} .*{reason}"):
        load_settings()


def test_only_a_secret_may_be_in_a_file() -> None:
    with pytest.raises(SettingError, match="REGIE_PORT_FILE: alleen een geheim kan in een bestand staan"):
        load_settings({"REGIE_PORT_FILE": "/tmp/poort"})
    with pytest.raises(SettingError, match="is REGIE_DATABASE_URL_FILE bedoeld"):
        load_settings({"REGIE_DATABASE_URL_FIEL": "/tmp/url"})


def test_a_setting_that_may_hold_a_password_is_shown_nowhere() -> None:
    """One that a later release adds is hidden too, by its name."""
    hidden = {naam for naam, field in Settings.model_fields.items() if not field.repr}
    telling = re.compile("url|endpoint|wachtwoord|geheim|sleutel|token")
    assert {naam for naam in Settings.model_fields if telling.search(naam) and not naam.endswith("_bestand")} == hidden


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
