"""Settings: defaults, and Dutch errors that name every wrong one."""

from pathlib import Path

import pytest
from tests.conftest import regie

from regiesysteem.config import Instellingen, InstellingFout, laad_instellingen

WORTEL = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _geen_instellingen(monkeypatch: pytest.MonkeyPatch) -> None:
    for veld in Instellingen.model_fields:
        monkeypatch.delenv(f"REGIE_{veld.upper()}", raising=False)


def test_defaults_are_for_the_own_machine() -> None:
    instellingen = laad_instellingen()
    assert (instellingen.host, instellingen.port, instellingen.workers) == ("127.0.0.1", 8080, 2)
    assert instellingen.alleen_lokaal
    assert instellingen.inrichting.is_file()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_PORT", "")
    assert laad_instellingen().port == 8080


def test_every_wrong_setting_is_named_and_no_password_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_PORT", "tachtig")
    monkeypatch.setenv("REGIE_LOG", "xml")
    monkeypatch.setenv("REGIE_DATABASE_URL", "mysql://gebruiker:geheim@machine/database")
    with pytest.raises(InstellingFout) as fout:
        laad_instellingen()
    tekst = str(fout.value)
    assert "REGIE_PORT: de waarde 'tachtig'" in tekst
    assert "verwacht wordt text of json" in tekst
    assert "REGIE_DATABASE_URL" in tekst
    assert "geheim" not in tekst


def test_s3_wants_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIE_OPSLAG", "s3")
    with pytest.raises(InstellingFout, match=r"REGIE_S3_BUCKET: .* verwacht wordt de naam van een bucket"):
        laad_instellingen()
    monkeypatch.setenv("REGIE_S3_BUCKET", "documenten")
    assert laad_instellingen().s3_voorvoegsel == "documenten/"


@pytest.mark.parametrize(
    "adres", ["https://gebruiker:geheim@machine:9000", "machine:9000", "ftp://machine", "https://"]
)
def test_the_address_of_a_store_is_one_and_holds_no_password(monkeypatch: pytest.MonkeyPatch, adres: str) -> None:
    monkeypatch.setenv("REGIE_S3_ENDPOINT", adres)
    with pytest.raises(InstellingFout, match="REGIE_S3_ENDPOINT: de waarde is niet toegestaan") as fout:
        laad_instellingen()
    assert "geheim" not in str(fout.value)


@pytest.mark.parametrize("voorvoegsel", ["/vooraan", "met spatie/", "dubbel//"])
def test_a_prefix_is_a_plain_name(monkeypatch: pytest.MonkeyPatch, voorvoegsel: str) -> None:
    monkeypatch.setenv("REGIE_S3_VOORVOEGSEL", voorvoegsel)
    with pytest.raises(InstellingFout, match="REGIE_S3_VOORVOEGSEL"):
        laad_instellingen()


def test_a_misspelt_setting_is_not_silently_ignored() -> None:
    with pytest.raises(InstellingFout, match="REGIE_WORKRES: onbekende instelling; is REGIE_WORKERS bedoeld"):
        laad_instellingen({"REGIE_WORKRES": "4"})


def test_what_is_somebody_elses_is_left_alone() -> None:
    laad_instellingen({"REGIE_KANTOOR": "3e verdieping"})


@pytest.mark.parametrize("opdracht", ["serve", "worker", "migreer", "status"])
def test_a_wrong_setting_ends_a_command_without_a_traceback(opdracht: str) -> None:
    klaar = regie(opdracht, REGIE_WORKERS="nul")
    assert klaar.returncode == 2
    assert klaar.stderr.startswith("REGIE_WORKERS: de waarde 'nul' is niet toegestaan")
    assert "Traceback" not in klaar.stderr


@pytest.mark.parametrize(
    ("host", "lokaal"), [("127.0.0.2", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_which_addresses_only_this_machine_reaches(host: str, lokaal: bool) -> None:
    assert Instellingen(host=host).alleen_lokaal is lokaal


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    tekst = (WORTEL / "docs/gebruiken/beheer.md").read_text()
    rijen = [regel.split("|") for regel in tekst.splitlines() if regel.startswith("| `REGIE_")]
    genoemd = {rij[1].strip().strip("`"): rij[2].strip().strip("`") for rij in rijen}
    bekend = {
        f"REGIE_{naam.upper()}": veld.default
        for naam, veld in Instellingen.model_fields.items()
        if naam != "inrichting"
    }
    assert set(genoemd) == {*bekend, "REGIE_INRICHTING"}
    for naam, standaard in bekend.items():
        assert genoemd[naam] == str(standaard).lower() or (standaard == "" and genoemd[naam] == "leeg"), naam
