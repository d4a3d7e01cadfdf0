"""The checklist of agreements: one table, each with the value that an inrichting has for it, and which are not made."""

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from regiesysteem import config
from regiesysteem.cli import app
from regiesysteem.inrichting import model
from regiesysteem.inrichting.agreements import AGREEMENTS, Agreement, agreements
from regiesysteem.inrichting.load import read_file, read_text

Raw = dict[str, Any]
AsToml = Callable[[Raw], str]
EXAMPLE = config.example_inrichting()


@pytest.fixture
def found(raw: Raw, as_toml: AsToml) -> Callable[..., dict[str, Agreement]]:
    """The agreements of the small inrichting, by their key."""

    def do(passwords: set[str] | None = None) -> dict[str, Agreement]:
        file = read_text(as_toml(raw), "test.toml").inrichting
        return {one.naam: one for one in agreements(file, passwords)}

    return do


Found = Callable[..., dict[str, Agreement]]


def test_every_agreement_has_its_own_name_and_a_source() -> None:
    names = [topic.naam for topic in AGREEMENTS]
    assert len(set(names)) == len(names) == 34
    assert all(topic.question.endswith("?") and topic.source for topic in AGREEMENTS)
    assert sum("2.8" in topic.source for topic in AGREEMENTS[:9]) == 9


def test_every_setting_of_an_agreement_is_one_of_the_inrichting() -> None:
    known = {".".join(spot): model.keys_of(table) for spot, table in model.tables().items()}
    for topic in AGREEMENTS:
        for setting in topic.settings:
            parts = re.fullmatch(r"\[+([a-z.]+)\]+(?: (\w+)(?: = .*)?)?", setting)
            assert parts, setting
            assert parts[1] in known, setting
            assert parts[2] is None or parts[2] in known[parts[1]], setting


def test_without_a_setting_it_goes_on_paper() -> None:
    for one in agreements(read_file(EXAMPLE).inrichting):
        assert (one.state == "buiten de inrichting") is (one.settings == ()), one.naam


@pytest.mark.parametrize("key", [field.name for field in fields(model.Afspraken)])
def test_a_key_of_afspraken_is_open_until_it_is_said(key: str, raw: Raw, found: Found) -> None:
    assert found()[key].state == "open"
    value: object = "beide" if key in {"deelplan_door", "aanvraag_via"} else False
    raw["afspraken"] = {key: value}
    assert (found()[key].state, found()[key].value) == ("gemaakt", "beide" if value else "nee")


def test_the_family_plan_and_its_deelplannen(raw: Raw, found: Found) -> None:
    assert found()["deelplannen_gezinsplan"].lines == ("B1026 (Aanvraag minima)",)
    assert found()["levensdomeinplannen"].value.startswith("nee")
    assert found()["deelplannen_levensdomeinplan"].value.startswith("geen")
    raw["zaaktype"].append({"code": "DP", "omschrijving": "Domeinplan", "soort": "levensdomeinplan"})
    assert "DP" in found()["levensdomeinplannen"].value
    assert found()["deelplannen_levensdomeinplan"].value.startswith("dezelfde")
    del raw["zaaktype"][1:]
    assert found()["deelplannen_gezinsplan"].state == "open"


def test_what_is_told_to_whom(raw: Raw, found: Found) -> None:
    assert found()["notificaties_zaak"].lines == ("Creeer zaak",)
    assert found()["notificaties_document"].value == "voor geen enkel zaaktype"
    assert (found()["bestemming"].state, found()["bestemming"].value) == ("open", "GWS4all: nog geen adres")
    assert found()["verwachte_actie"].state == "open"
    raw["applicatie"][0]["adres"] = "https://x/stuf"
    raw["abonnement"][0] |= {"gebeurtenis": ["Update zaakdocument"], "verwachte_actie": "Lees het"}
    after = found()
    assert after["notificaties_zaak"].state == "open"
    assert after["notificaties_document"].lines == ("Update zaakdocument",)
    assert after["bestemming"].value == "GWS4all: https://x/stuf"
    assert after["verwachte_actie"].value == "GWS4all: Update zaakdocument: Lees het"
    del raw["abonnement"]
    keys = ("notificaties_zaak", "notificaties_document", "bestemming", "verwachte_actie")
    assert {found()[key].state for key in keys} == {"open"}
    raw["notificaties"] = {"variant": "extern", "abonnementenbeheer": "GWS4all"}
    assert {found()[key].state for key in keys} == {"gemaakt"}
    assert found()["abonnementenbeheer"].value.startswith("extern: GWS4all")


def test_a_bsn_in_an_abonnement_is_not_shown(raw: Raw, found: Found) -> None:
    raw["abonnement"][0]["persoon"] = ["999990019"]
    assert "999990019" not in str(found())


def test_proof_and_rights_are_open_while_anybody_may_do_anything(raw: Raw, found: Found) -> None:
    assert {found({"GWS4all"})[key].state for key in ("authenticatie", "autorisatie")} == {"open"}
    raw["regels"]["autorisatie"] = "applicaties"
    assert found()["autorisatie"].state == "gemaakt"
    assert found()["authenticatie"].value == "GWS4all: wachtwoord, of nog niets"
    assert found(set())["authenticatie"].value == "GWS4all: nog niets"
    assert found(set())["authenticatie"].state == found()["authenticatie"].state == "open"
    assert found({"GWS4all"})["authenticatie"].state == "gemaakt"
    raw["applicatie"][0] |= {"certificaat": ["CN=x"], "zonder": ["inp.bsn"], "diensten": ["zakLv01"]}
    assert found()["authenticatie"].lines == ("GWS4all: certificaat",)
    assert found()["autorisatie"].lines == ("GWS4all: zakLv01; beperkt door zonder",)


def test_messages_go_encrypted_or_the_protocol_is_open(raw: Raw, found: Found) -> None:
    for adres, state in (
        ("", "open"),
        ("http://x/", "open"),
        ("http://127.0.0.1/", "gemaakt"),
        ("https://x/", "gemaakt"),
    ):
        raw["applicatie"][0]["adres"] = adres
        assert found()["protocol"].state == state, adres


def test_every_result_has_a_term_or_keeping_is_open(raw: Raw, found: Found) -> None:
    assert found()["bewaren"].lines == ("B1026: Toegekend nog geen termijn", "GP: verder nog geen termijn")
    rule = {"archiefnominatie": "vernietigen", "archiefactietermijn": "5 jaar"}
    raw["zaaktype"][0]["resultaat"][0] |= rule
    raw["zaaktype"][1] |= {"archiefnominatie": "blijvend bewaren"}
    assert found()["bewaren"].state == "gemaakt"
    assert found()["bewaren"].lines == ("B1026: Toegekend 5 jaar", "GP: verder blijvend bewaren")


def test_other_choices_show_what_holds(raw: Raw, found: Found) -> None:
    assert found()["strengheid"].lines == ("was loggen", "iedereen: streng")
    raw["applicatie"][0] |= {"schema": "soepel", "verzoeken_per_minuut": 5, "verwerkingsactiviteit": "urn:x:y"}
    raw["formaat"] = [{"naam": "iWmo"}]
    raw["abonnement"][0] |= {"afnemersindicatie": True, "bericht": "zakLk01", "domeingegevens": True}
    raw["zaaktype"][1]["documenttype"] = [{"omschrijving": "Gezinsplan"}]
    after = found()
    assert after["strengheid"].lines[1].startswith("GWS4all: schema soepel")
    assert after["tempo"].lines[-1] == "anders voor GWS4all"
    assert after["verwerkingsactiviteit"].lines == ("GWS4all: urn:x:y",)
    assert after["domeingegevens"].lines == ("formaten: iWmo", "gaan mee naar: GWS4all")
    assert after["afnemersindicaties"].value == "ja, voor GWS4all"
    assert after["documenten_gezinsplan"].value == "GP: Gezinsplan; andere: overnemen"
    assert {after[key].state for key in ("domeingegevens", "documenten_gezinsplan", "verwerkingsactiviteit")} == {
        "gemaakt"
    }


# --- The command


def test_toon_shows_afspraken_once_there_are(database_url: str, load: Callable[[Raw], object], raw: Raw) -> None:
    for afspraken in ({}, {"deelplan_door": "backoffice"}):
        load(raw | {"afspraken": afspraken})
        outcome = CliRunner().invoke(app, ["inrichting", "toon"], env={"REGIE_DATABASE_URL": database_url})
        assert ("Afspraken" in outcome.stdout, "backoffice" in outcome.stdout) == (bool(afspraken), bool(afspraken))


def run(*command: str, **environment: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, ["checklist", *command], env=environment)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
    return outcome.exit_code, outcome.stdout


def test_checklist_of_a_file_needs_no_database() -> None:
    code, out = run(str(EXAMPLE))
    assert code == 0
    assert "[x] Wordt er met levensdomeinplannen gewerkt?" in out
    assert "[ ] Wie maakt de zaak van een deelplan aan?" in out
    assert "instelling: [afspraken] deelplan_door" in out
    assert "[-] Hoe komt iemand zonder BSN in een plan?" in out
    assert out.splitlines()[-1] == "16 gemaakt, 12 nog open, 6 zonder instelling."
    code, out = run(str(EXAMPLE), "--open")
    assert (code, "[x]" in out, "[-]" in out, "[ ]" in out) == (0, False, False, True)


def test_checklist_ends_with_1_only_when_asked(raw: Raw, as_toml: AsToml, tmp_path: Path) -> None:
    assert run(str(EXAMPLE), "--eis-alles")[0] == 1
    assert run(str(tmp_path / "weg.toml"))[0] == 1


def test_checklist_as_json_has_an_object_per_line() -> None:
    lines = [json.loads(line) for line in run(str(EXAMPLE), "--json")[1].splitlines()]
    assert [line["afspraak"] for line in lines] == [topic.naam for topic in AGREEMENTS]
    assert {tuple(line) for line in lines} == {("afspraak", "vraag", "bron", "instellingen", "stand", "waarde")}
    assert all(isinstance(line["waarde"], list) for line in lines)


def test_checklist_of_what_is_in_force(
    database_url: str, engine: Engine, load: Callable[[Raw], object], raw: Raw
) -> None:
    raw["regels"]["autorisatie"] = "applicaties"
    load(raw)
    with engine.begin() as connection:
        connection.execute(
            text('INSERT INTO abonnement (regel) VALUES (\'{"applicatie": "GWS4all", "soort": ["overig"]}\')')
        )
        connection.execute(
            text("INSERT INTO applicatie_wachtwoord (organisatie, naam, administratie, hash)"
                 " VALUES ('1900', 'GWS4all', '', 'x')")
        )  # fmt: skip
    code, out = run("--json", REGIE_DATABASE_URL=database_url)
    every = {line["afspraak"]: line for line in map(json.loads, out.splitlines())}
    assert code == 0
    assert every["notificaties_zaak"]["waarde"] == ["Creeer zaak", "elke gebeurtenis; soort overig"]
    assert every["authenticatie"]["stand"] == "gemaakt"
