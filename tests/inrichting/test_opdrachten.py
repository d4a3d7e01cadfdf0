"""`regie inrichting`: what a person sees, and the exit codes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from regiesysteem import config
from regiesysteem.inrichting.cli import app
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.take_over import take_over_statustype, take_over_zaaktype

Raw = dict[str, Any]
EXAMPLE = str(config.example_inrichting())


@pytest.fixture
def regie(database_url: str) -> Callable[..., tuple[int, str, str]]:
    """Run a command on the database of this test: exit code, stdout, stderr."""

    def do(*command: str) -> tuple[int, str, str]:
        environment = {"REGIE_DATABASE_URL": database_url, "COLUMNS": "200"}
        outcome = CliRunner().invoke(app, list(command), env=environment)
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        return outcome.exit_code, outcome.stdout, outcome.stderr

    return do


Regie = Callable[..., tuple[int, str, str]]


def test_controleer_says_that_it_is_right() -> None:
    outcome = CliRunner().invoke(app, ["controleer", EXAMPLE])
    assert outcome.exit_code == 0
    assert "is in orde: gemeente 1900 Voorbeeldgemeente, 11 zaaktypen" in outcome.stdout
    assert 'Let op: autorisatie is "open"' in outcome.stdout


def test_controleer_says_all_that_is_wrong_on_stderr(tmp_path: Path) -> None:
    error = tmp_path / "fout.toml"
    error.write_text('[gemeente]\ncode = "19"\n[regels]\nwas = "x"\n')
    outcome = CliRunner().invoke(app, ["controleer", str(error)])
    assert (outcome.exit_code, outcome.stdout) == (1, "")
    assert [regel.split(": ")[1] for regel in outcome.stderr.splitlines()] == [
        "gemeente.code",
        "gemeente.naam",
        "regels.was",
    ]
    assert CliRunner().invoke(app, ["controleer", str(tmp_path / "weg.toml")]).exit_code == 1


def test_controleer_says_what_is_in_the_way_of_delivery(
    raw: Raw, as_toml: Callable[[Raw], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, secret = tmp_path / "mijn.toml", tmp_path / "geheim"

    def warnings(**sleutels: Any) -> list[str]:
        raw["applicatie"][0] = {"naam": "GWS4all", "adres": "https://x/"} | sleutels
        file.write_text(as_toml(raw))
        outcome = CliRunner().invoke(app, ["controleer", str(file)])
        assert outcome.exit_code == 0
        begin = "Let op: applicatie GWS4all: "
        return [regel.removeprefix(begin) for regel in outcome.stdout.splitlines() if regel.startswith(begin)]

    monkeypatch.delenv("GWS_GEHEIM", raising=False)
    with_env: dict[str, Any] = {"gebruiker": "regie", "wachtwoord_uit": "env:GWS_GEHEIM"}
    with_file: dict[str, Any] = {"gebruiker": "regie", "wachtwoord_uit": f"bestand:{secret}"}
    [env] = warnings(**with_env)
    assert "omgevingsvariabele GWS_GEHEIM bestaat niet" in env
    monkeypatch.setenv("GWS_GEHEIM", "x")
    assert warnings(**with_env) == []
    [gone] = warnings(**with_file)
    assert f"{secret} is niet te lezen" in gone
    secret.touch(0o600)
    for inhoud, reason in ((b"\n", "is leeg"), (b"x" * 5000, "te groot")):
        secret.write_bytes(inhoud)
        [melding] = warnings(**with_file)
        assert reason in melding
    secret.write_text("wachtwoord\n")
    assert warnings(**with_file) == []
    [open_] = warnings(**with_env, adres="http://x/")
    assert "het wachtwoord en de berichten gaan onversleuteld" in open_
    [open_] = warnings(adres="https://x/", adres_rzs="http://x/")
    assert "de berichten gaan onversleuteld" in open_
    assert warnings(**with_env, adres="http://127.0.0.1:9/") == []
    assert len(warnings(ca="/weg.pem", clientcertificaat="/weg.pem", clientsleutel=str(secret))) == 2
    secret.chmod(0o640)
    [shared] = warnings(**with_file)
    assert f"chmod go= {secret}" in shared
    [shared_key] = warnings(clientcertificaat=str(file), clientsleutel=str(secret))
    assert f"clientsleutel: ook anderen mogen het bestand {secret} lezen" in shared_key
    [without] = warnings(**with_env, adres="", ca="/weg.pem")
    assert without == "gebruiker, wachtwoord_uit, ca zonder adres betekent niets."


def test_laad_names_who_need_prove_nothing(
    regie: Regie, raw: Raw, as_toml: Callable[[Raw], str], tmp_path: Path
) -> None:
    file = tmp_path / "mijn.toml"
    raw["applicatie"].append({"naam": "Bewezen", "certificaat": [f"sha256:{'ab' * 32}"]})
    for autorisatie, named in (("open", False), ("applicaties", True)):
        raw["regels"]["autorisatie"] = autorisatie
        file.write_text(as_toml(raw))
        code, out, _ = regie("laad", str(file))
        assert code == 0
        assert ("toegelaten zonder bewijs: GWS4all." in out) is named


def test_laad_says_what_changes(regie: Regie, raw: Raw, as_toml: Callable[[Raw], str], tmp_path: Path) -> None:
    file = tmp_path / "mijn.toml"
    file.write_text(as_toml(raw))
    code, out, error = regie("laad", str(file))
    assert (code, error) == (0, "")
    assert "stand 1" in out
    assert "Nieuwe zaaktypen: B1026, GP" in out
    assert "er verandert niets" in regie("laad", str(file))[1]
    raw["zaaktype"][1]["code"] = "GP2"
    raw["zaaktype"][0]["doorlooptijd_dagen"] = 7
    raw["regels"]["was"] = "negeren"
    file.write_text(as_toml(raw))
    regels = regie("laad", str(file))[1].splitlines()
    gewaarschuwd = [regel for regel in regels if regel.startswith("Let op: ")]
    assert gewaarschuwd == regie("controleer", str(file))[1].splitlines()[:-1] != []
    assert regels[len(gewaarschuwd) :] == [
        "Geladen: dit is nu stand 2.",
        "  Nieuwe zaaktypen: GP2",
        "  Gewijzigde zaaktypen: B1026",
        "  Vervallen zaaktypen (hun zaken blijven): GP",
        "  Verder nieuw of gewijzigd: [regels]",
    ]


def test_toon_gives_the_text_as_it_was_loaded(regie: Regie) -> None:
    regie("laad", EXAMPLE)
    assert regie("toon", "--toml") == (0, Path(EXAMPLE).read_text(), "")


def test_toon_shows_what_was_taken_over_and_what_is_vervallen(regie: Regie, raw: Raw, as_toml: Callable[[Raw], str],
                                                            tmp_path: Path, engine: Engine) -> None:  # fmt: skip
    file = tmp_path / "mijn.toml"
    file.write_text(as_toml(raw))
    regie("laad", str(file))
    with engine.begin() as connection:
        take_over_zaaktype(connection, "X1", "[bold]Onbekend[/bold]", {})
        b1026 = read_inrichting(connection).zaaktype("B1026", None)
        assert b1026 is not None
        take_over_statustype(connection, b1026.id, 2, "Inbeh", "In behandeling", {})
    del raw["zaaktype"][1]
    file.write_text(as_toml(raw))
    regie("laad", str(file))
    code, out, _ = regie("toon")
    assert code == 0
    assert "Gemeente 1900 Voorbeeldgemeente; stand 4" in out
    regels = {regel.split()[1]: regel for regel in out.splitlines() if regel.startswith("│")}
    assert "[bold]Onbekend[/bold]" in regels["X1"]
    assert "overgenomen" in regels["X1"]
    assert "vervallen" in regels["GP"]
    assert "GWS4all" in regels
    assert "weigeren" in regels["onbekend_zaaktype"]
    code, out, _ = regie("toon", "B1026")
    statussen = [regel.split()[1:6:2] for regel in out.splitlines() if regel.startswith("│")]
    assert [status for status in statussen if status[0].isdigit()] == [
        ["1", "Ontv", "Ontvangen"],
        ["2", "Afgeh", "Afgehandeld"],
        ["3", "Inbeh", "In"],
    ]
    code, _, error = regie("toon", "B9")
    assert (code, error) == (1, "Er is geen zaaktype met code B9.\n")


def test_toon_shows_every_part_in_dutch_time(
    regie: Regie, raw: Raw, as_toml: Callable[[Raw], str], tmp_path: Path, engine: Engine
) -> None:
    raw["documenten"] = {"bewerken_dagen": 33}
    raw["notificaties"] = {"overdracht_dagen": 44}
    raw["applicatie"][0] |= {"adres": "https://x/a", "adres_rzs": "https://x/rzs", "timeout": 55}
    raw["zaaktype"][1] |= {"was": "negeren", "resultaat": [{"omschrijving": "Gered", "toelichting": "Eind goed"}]}
    raw["formaat"] = [{"naam": "iWmo", "mediatype": "application/xml"}]
    file = tmp_path / "mijn.toml"
    file.write_text(as_toml(raw))
    regie("laad", str(file))
    with engine.begin() as connection:
        connection.execute(text("UPDATE inrichting SET geladen_op = '2026-07-01 22:30:00Z'"))
    out = regie("toon")[1]
    assert "geladen 2026-07-02 00:30:00 uit" in out
    for part in ("CDR", "33", "44", "adres_rzs = https://x/rzs", "timeout = 55", "iWmo", "application/xml"):
        assert part in out
    out = regie("toon", "GP")[1]
    for part in ("negeren", "regie", "Gered", "Eind goed"):
        assert part in out


def test_toon_and_controleer_say_who_is_not_streng_and_in_what(
    regie: Regie, raw: Raw, as_toml: Callable[[Raw], str], tmp_path: Path
) -> None:
    raw["regels"]["identificatie"] = "vrij"
    raw["applicatie"] = [
        {"naam": "Streng", "identificatie": "rgbz"},
        {"naam": "Oud", "schema": "soepel", "bsn": "elfproef"},
    ]
    raw["abonnement"] = []
    file = tmp_path / "mijn.toml"
    file.write_text(as_toml(raw))
    _, out, _ = regie("controleer", str(file))
    assert "Niet streng: [regels] (identificatie vrij)." in out
    assert "Niet streng: Oud (schema soepel, identificatie vrij, nil_zonder_novalue ongewijzigd)." in out
    assert "Niet streng: Streng" not in out
    regie("laad", str(file))
    _, out, _ = regie("toon")
    regels = {regel.split("│")[1].strip(): [cell.strip() for cell in regel.split("│")[2:-1]]
              for regel in out.splitlines() if regel.count("│") > 2}  # fmt: skip
    assert [regels[naam][0] for naam in ("bsn", "identificatie", "nil_zonder_novalue")] == [
        "elfproef",
        "vrij",
        "geenWaarde",
    ]
    assert regels["Oud"][-5:-1] == ["soepel", "elfproef", "vrij", "ongewijzigd"]


def test_without_an_inrichting_toon_says_what_to_do(regie: Regie) -> None:
    code, _, error = regie("toon")
    assert code == 1
    assert "regie inrichting laad" in error


def test_an_empty_database_says_what_to_do(regie: Regie, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE inrichting CASCADE"))
    for command in (("toon",), ("laad", EXAMPLE)):
        assert regie(*command) == (
            2,
            "",
            "De database heeft nog geen tabellen van deze versie; maak ze met: regie migreer\n",
        )


def test_without_a_database_and_with_a_wrong_setting() -> None:
    gone = CliRunner().invoke(app, ["toon"], env={"REGIE_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"})
    assert gone.exit_code == 2
    assert "niet bereikbaar" in gone.stderr
    mis = CliRunner().invoke(app, ["toon"], env={"REGIE_DATABASE_URL": "mysql://x"})
    assert mis.exit_code == 2
    assert "REGIE_DATABASE_URL" in mis.stderr
