"""`regie inrichting`: what a person sees, and the exit codes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from regiesysteem import config
from regiesysteem.inrichting.cli import app
from regiesysteem.inrichting.current import lees_inrichting, neem_statustype_over, neem_zaaktype_over

Rauw = dict[str, Any]
VOORBEELD = str(config.voorbeeld_inrichting())


@pytest.fixture
def regie(database_url: str) -> Callable[..., tuple[int, str, str]]:
    """Run a command on the database of this test: exit code, stdout, stderr."""

    def doe(*opdracht: str) -> tuple[int, str, str]:
        omgeving = {"REGIE_DATABASE_URL": database_url, "COLUMNS": "200"}
        uitkomst = CliRunner().invoke(app, list(opdracht), env=omgeving)
        assert uitkomst.exception is None or isinstance(uitkomst.exception, SystemExit)
        return uitkomst.exit_code, uitkomst.stdout, uitkomst.stderr

    return doe


Regie = Callable[..., tuple[int, str, str]]


def test_controleer_says_that_it_is_right() -> None:
    uitkomst = CliRunner().invoke(app, ["controleer", VOORBEELD])
    assert uitkomst.exit_code == 0
    assert "is in orde: gemeente 1900 Voorbeeldgemeente, 11 zaaktypen" in uitkomst.stdout
    assert 'Let op: autorisatie is "open"' in uitkomst.stdout


def test_controleer_says_all_that_is_wrong_on_stderr(tmp_path: Path) -> None:
    fout = tmp_path / "fout.toml"
    fout.write_text('[gemeente]\ncode = "19"\n[regels]\nwas = "x"\n')
    uitkomst = CliRunner().invoke(app, ["controleer", str(fout)])
    assert (uitkomst.exit_code, uitkomst.stdout) == (1, "")
    assert [regel.split(": ")[1] for regel in uitkomst.stderr.splitlines()] == [
        "gemeente.code",
        "gemeente.naam",
        "regels.was",
    ]
    assert CliRunner().invoke(app, ["controleer", str(tmp_path / "weg.toml")]).exit_code == 1


def test_controleer_says_what_is_in_the_way_of_delivery(
    rauw: Rauw, als_toml: Callable[[Rauw], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bestand, geheim = tmp_path / "mijn.toml", tmp_path / "geheim"

    def waarschuwingen(**sleutels: Any) -> list[str]:
        rauw["applicatie"][0] = {"naam": "GWS4all", "adres": "https://x/"} | sleutels
        bestand.write_text(als_toml(rauw))
        uitkomst = CliRunner().invoke(app, ["controleer", str(bestand)])
        assert uitkomst.exit_code == 0
        begin = "Let op: applicatie GWS4all: "
        return [regel.removeprefix(begin) for regel in uitkomst.stdout.splitlines() if regel.startswith(begin)]

    monkeypatch.delenv("GWS_GEHEIM", raising=False)
    met_env: dict[str, Any] = {"gebruiker": "regie", "wachtwoord_uit": "env:GWS_GEHEIM"}
    met_bestand: dict[str, Any] = {"gebruiker": "regie", "wachtwoord_uit": f"bestand:{geheim}"}
    [env] = waarschuwingen(**met_env)
    assert "omgevingsvariabele GWS_GEHEIM bestaat niet" in env
    monkeypatch.setenv("GWS_GEHEIM", "x")
    assert waarschuwingen(**met_env) == []
    [weg] = waarschuwingen(**met_bestand)
    assert f"{geheim} is niet te lezen" in weg
    for inhoud, reden in ((b"\n", "is leeg"), (b"x" * 5000, "te groot")):
        geheim.write_bytes(inhoud)
        [melding] = waarschuwingen(**met_bestand)
        assert reden in melding
    geheim.write_text("wachtwoord\n")
    assert waarschuwingen(**met_bestand) == []
    [open_] = waarschuwingen(**met_env, adres="http://x/")
    assert "onversleuteld" in open_
    assert waarschuwingen(**met_env, adres="http://127.0.0.1:9/") == []
    assert len(waarschuwingen(ca="/weg.pem", clientcertificaat="/weg.pem", clientsleutel=str(geheim))) == 2
    [zonder] = waarschuwingen(**met_env, adres="", ca="/weg.pem")
    assert zonder == "gebruiker, wachtwoord_uit, ca zonder adres betekent niets."


def test_laad_says_what_changes(regie: Regie, rauw: Rauw, als_toml: Callable[[Rauw], str], tmp_path: Path) -> None:
    bestand = tmp_path / "mijn.toml"
    bestand.write_text(als_toml(rauw))
    code, uit, fout = regie("laad", str(bestand))
    assert (code, fout) == (0, "")
    assert "stand 1" in uit
    assert "Nieuwe zaaktypen: B1026, GP" in uit
    assert "er verandert niets" in regie("laad", str(bestand))[1]
    rauw["zaaktype"][1]["code"] = "GP2"
    rauw["zaaktype"][0]["doorlooptijd_dagen"] = 7
    rauw["regels"]["was"] = "negeren"
    bestand.write_text(als_toml(rauw))
    regels = regie("laad", str(bestand))[1].splitlines()
    gewaarschuwd = [regel for regel in regels if regel.startswith("Let op: ")]
    assert gewaarschuwd == regie("controleer", str(bestand))[1].splitlines()[:-1] != []
    assert regels[len(gewaarschuwd) :] == [
        "Geladen: dit is nu stand 2.",
        "  Nieuwe zaaktypen: GP2",
        "  Gewijzigde zaaktypen: B1026",
        "  Vervallen zaaktypen (hun zaken blijven): GP",
        "  Verder nieuw of gewijzigd: [regels]",
    ]


def test_toon_gives_the_text_as_it_was_loaded(regie: Regie) -> None:
    regie("laad", VOORBEELD)
    assert regie("toon", "--toml") == (0, Path(VOORBEELD).read_text(), "")


def test_toon_shows_what_was_taken_over_and_what_is_vervallen(regie: Regie, rauw: Rauw, als_toml: Callable[[Rauw], str],
                                                            tmp_path: Path, engine: Engine) -> None:  # fmt: skip
    bestand = tmp_path / "mijn.toml"
    bestand.write_text(als_toml(rauw))
    regie("laad", str(bestand))
    with engine.begin() as connection:
        neem_zaaktype_over(connection, "X1", "[bold]Onbekend[/bold]", {})
        b1026 = lees_inrichting(connection).zaaktype("B1026", None)
        assert b1026 is not None
        neem_statustype_over(connection, b1026.id, 2, "Inbeh", "In behandeling", {})
    del rauw["zaaktype"][1]
    bestand.write_text(als_toml(rauw))
    regie("laad", str(bestand))
    code, uit, _ = regie("toon")
    assert code == 0
    assert "Gemeente 1900 Voorbeeldgemeente; stand 4" in uit
    regels = {regel.split()[1]: regel for regel in uit.splitlines() if regel.startswith("│")}
    assert "[bold]Onbekend[/bold]" in regels["X1"]
    assert "overgenomen" in regels["X1"]
    assert "vervallen" in regels["GP"]
    assert "GWS4all" in regels
    assert "weigeren" in regels["onbekend_zaaktype"]
    code, uit, _ = regie("toon", "B1026")
    statussen = [regel.split()[1:6:2] for regel in uit.splitlines() if regel.startswith("│")]
    assert [status for status in statussen if status[0].isdigit()] == [
        ["1", "Ontv", "Ontvangen"],
        ["2", "Afgeh", "Afgehandeld"],
        ["3", "Inbeh", "In"],
    ]
    code, _, fout = regie("toon", "B9")
    assert (code, fout) == (1, "Er is geen zaaktype met code B9.\n")


def test_toon_shows_every_part_in_dutch_time(
    regie: Regie, rauw: Rauw, als_toml: Callable[[Rauw], str], tmp_path: Path, engine: Engine
) -> None:
    rauw["documenten"] = {"bewerken_dagen": 33}
    rauw["notificaties"] = {"overdracht_dagen": 44}
    rauw["applicatie"][0] |= {"adres": "https://x/a", "adres_rzs": "https://x/rzs", "timeout": 55}
    rauw["zaaktype"][1] |= {"was": "negeren", "resultaat": [{"omschrijving": "Gered", "toelichting": "Eind goed"}]}
    rauw["formaat"] = [{"naam": "iWmo", "mediatype": "application/xml"}]
    bestand = tmp_path / "mijn.toml"
    bestand.write_text(als_toml(rauw))
    regie("laad", str(bestand))
    with engine.begin() as connection:
        connection.execute(text("UPDATE inrichting SET geladen_op = '2026-07-01 22:30:00Z'"))
    uit = regie("toon")[1]
    assert "geladen 2026-07-02 00:30:00 uit" in uit
    for deel in ("CDR", "33", "44", "adres_rzs = https://x/rzs", "timeout = 55", "iWmo", "application/xml"):
        assert deel in uit
    uit = regie("toon", "GP")[1]
    for deel in ("negeren", "regie", "Gered", "Eind goed"):
        assert deel in uit


def test_toon_and_controleer_say_who_is_not_streng_and_in_what(
    regie: Regie, rauw: Rauw, als_toml: Callable[[Rauw], str], tmp_path: Path
) -> None:
    rauw["regels"]["identificatie"] = "vrij"
    rauw["applicatie"] = [
        {"naam": "Streng", "identificatie": "rgbz"},
        {"naam": "Oud", "schema": "soepel", "bsn": "elfproef"},
    ]
    rauw["abonnement"] = []
    bestand = tmp_path / "mijn.toml"
    bestand.write_text(als_toml(rauw))
    _, uit, _ = regie("controleer", str(bestand))
    assert "Niet streng: [regels] (identificatie vrij)." in uit
    assert "Niet streng: Oud (schema soepel, identificatie vrij, nil_zonder_novalue ongewijzigd)." in uit
    assert "Niet streng: Streng" not in uit
    regie("laad", str(bestand))
    _, uit, _ = regie("toon")
    regels = {regel.split("│")[1].strip(): [cel.strip() for cel in regel.split("│")[2:-1]]
              for regel in uit.splitlines() if regel.count("│") > 2}  # fmt: skip
    assert [regels[naam][0] for naam in ("bsn", "identificatie", "nil_zonder_novalue")] == [
        "elfproef",
        "vrij",
        "geenWaarde",
    ]
    assert regels["Oud"][-5:-1] == ["soepel", "elfproef", "vrij", "ongewijzigd"]


def test_without_an_inrichting_toon_says_what_to_do(regie: Regie) -> None:
    code, _, fout = regie("toon")
    assert code == 1
    assert "regie inrichting laad" in fout


def test_an_empty_database_says_what_to_do(regie: Regie, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE inrichting CASCADE"))
    for opdracht in (("toon",), ("laad", VOORBEELD)):
        assert regie(*opdracht) == (
            2,
            "",
            "De database heeft nog geen tabellen van deze versie; maak ze met: regie migreer\n",
        )


def test_without_a_database_and_with_a_wrong_setting() -> None:
    weg = CliRunner().invoke(app, ["toon"], env={"REGIE_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"})
    assert weg.exit_code == 2
    assert "niet bereikbaar" in weg.stderr
    mis = CliRunner().invoke(app, ["toon"], env={"REGIE_DATABASE_URL": "mysql://x"})
    assert mis.exit_code == 2
    assert "REGIE_DATABASE_URL" in mis.stderr
