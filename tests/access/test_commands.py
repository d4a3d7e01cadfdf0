"""`regie applicatie`: what a person sees, what is kept, and the exit codes."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from tests.access.certificates import CLIENT, EXPIRED, OIN, STRANGER
from typer.testing import CliRunner

from regiesysteem import config
from regiesysteem.access.cli import app
from regiesysteem.inrichting.check import InrichtingError
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


def test_one_is_shown_with_its_rights(regie: Regie, engine: Engine) -> None:
    toml = config.example_inrichting().read_text()
    rechten = 'zaaktypen = ["GEZINSPLAN"]\nzonder = ["inp.bsn", "naam"]\nsignaal = true\nvertrouwelijkheid = "INTERN"'
    load_inrichting(engine, read_text(f'{toml}\n[[applicatie]]\nnaam = "Smal"\n{rechten}\n', "test"))
    rows = [line.split("│")[1:-1] for line in regie("toon", "Smal")[1].splitlines() if "│" in line]
    shown = {sleutel.strip(): value.strip() for sleutel, value in rows}
    assert (shown["zaaktypen"], shown["zonder"], shown["signaal"]) == ("GEZINSPLAN", "inp.bsn, naam", "true")
    assert shown["vertrouwelijkheid"] == "INTERN"
    assert "eigen_zaken" not in shown


def test_a_new_applicatie_is_a_block_to_paste(regie: Regie, tmp_path: Path) -> None:
    cert, _ = CLIENT.write(tmp_path, "client")
    code, stdout, _ = regie("nieuw", "Nieuw Pakket", "--dienst", "zakLv01", "--certificaat", cert)
    assert code == 0
    only_this = [f"sha256:{CLIENT.fingerprint}"]
    expected = {"naam": "Nieuw Pakket", "diensten": ["zakLv01"], "certificaat": only_this}
    assert tomllib.loads(stdout) == {"applicatie": [expected]}
    assert "regie inrichting laad BESTAND" in stdout
    code, stdout, _ = regie("nieuw", "Nieuw", "--organisatie", "0363")
    assert tomllib.loads(stdout)["applicatie"] == [{"naam": "Nieuw", "organisatie": "0363", "diensten": ["*"]}]
    assert "regie applicatie wachtwoord Nieuw" in stdout
    code, stdout, stderr = regie("nieuw", "Nieuw", "--dienst", "zakLv99")
    assert (code, stdout) == (1, "")
    assert "zakLv99" in stderr


def test_a_certificate_is_told_with_its_lines(regie: Regie, tmp_path: Path) -> None:
    (tmp_path / "client.der").write_bytes(CLIENT.der)
    for file in (CLIENT.write(tmp_path, "client")[0], str(tmp_path / "client.der")):
        code, stdout, _ = regie("certificaat", file)
        assert code == 0
        for part in (f'"sha256:{CLIENT.fingerprint}"', '"CN=backoffice.voorbeeld.nl"', f'"OIN={OIN}"'):
            assert part in stdout
        assert "LET OP" not in stdout
    assert "LET OP" in regie("certificaat", EXPIRED.write(tmp_path, "oud")[0])[1]
    assert regie("certificaat", str(tmp_path / "weg"))[2] == f"{tmp_path / 'weg'} is niet te lezen (bestaat niet).\n"
    (tmp_path / "onzin").write_bytes(b"-----BEGIN CERTIFICATE-----")
    assert "geen certificaat dat te lezen is" in regie("certificaat", str(tmp_path / "onzin"))[2]


@pytest.fixture
def narrow(engine: Engine, regie: Regie) -> Regie:
    """The commands, where only listed applicaties may; GWS4all has a certificate and one dienst."""
    toml = config.example_inrichting().read_text().replace('autorisatie = "open"', 'autorisatie = "applicaties"')
    toml = toml.replace('diensten = ["*"]', f'certificaat = ["OIN={OIN}"]\ndiensten = ["zakLv01"]', 1)
    load_inrichting(engine, read_text(toml, "test"))
    return regie


def test_toets_says_who_a_caller_is_and_by_which_rule_it_may(narrow: Regie, tmp_path: Path) -> None:
    client, old, stranger = (made.write(tmp_path, made.fingerprint)[0] for made in (CLIENT, EXPIRED, STRANGER))
    code, stdout, _ = narrow("toets", "--certificaat", client, "--dienst", "zakLv01")
    assert code == 0
    assert f"1900 / GWS4all / elke, door certificaat OIN={OIN}" in stdout
    assert "ja         diensten: zakLv01 staat er wel bij" in stdout
    code, stdout, _ = narrow("toets", "--applicatie", "GWS4all", "--dienst", "creeerZaak_Lk01")
    assert (code, "nee        diensten: creeerZaak_Lk01 staat er niet bij" in stdout) == (1, True)
    assert narrow("toets", "--applicatie", "Schuldhulp", "--dienst", "creeerZaak_Lk01")[0] == 0
    for command, words in (
        (("--certificaat", old), "Nee: het certificaat is geldig van"),
        (("--certificaat", stranger), "Nee: certificaat van geen enkele"),
        (("--applicatie", "GWS4all", "--dienst", "onzin"), "geen operatie onzin"),
        (("--applicatie", "GWS4all", "--zaak", "19001"), "ook de operatie"),
        ((), "Noem een van de twee"),
        (("--applicatie", "Vreemd"), "geen applicatie Vreemd"),
    ):
        code, _, stderr = narrow("toets", *command)
        assert code == 1
        assert words in stderr


def test_toets_explains_a_zaak_too(engine: Engine, regie: Regie) -> None:
    toml = config.example_inrichting().read_text().replace('autorisatie = "open"', 'autorisatie = "applicaties"')
    toml = toml.replace('diensten = ["*"]', 'zaaktypen = ["B1026"]', 1)
    load_inrichting(engine, read_text(toml, "test"))
    code, stdout, _ = regie("toets", "--applicatie", "GWS4all", "--dienst", "geefZaakdetails_Lv01", "--zaak", "1900x")
    assert (code, "nee        zaak 1900x bestaat niet" in stdout) == (1, True)


def test_toon_says_how_an_applicatie_gets_in(narrow: Regie) -> None:
    narrow("wachtwoord", "GWS4all", stdin=f"{SECRET}\n")
    stdout = narrow("toon", "GWS4all")[1]
    assert "gezet op 20" in stdout
    assert f"OIN={OIN}" in stdout
    assert "argon2" not in stdout
    assert "geen bewijs" in narrow("toon", "Schuldhulp")[1]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("sha256:abc", "64 hexadecimale"),
        ("OIN=123", "20 cijfers"),
        ("O=Gemeente Voorbeeld", "CN of het serialNumber"),
        ("CN=a,CN=b", "CN of het serialNumber"),
        ("backoffice.voorbeeld.nl", "moet zijn als"),
    ],
)
def test_a_way_that_names_nobody_or_too_many_is_refused(way: str, words: str) -> None:
    toml = config.example_inrichting().read_text().replace("diensten =", f'certificaat = "{way}"\ndiensten =', 1)
    with pytest.raises(InrichtingError, match=words):
        read_text(toml, "test")
