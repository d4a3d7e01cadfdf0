"""A command that shows people is on record: the user of the machine, before anything is shown."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from tests.conftest import insert_into
from typer.main import get_command
from typer.testing import CliRunner, Result

from regiesysteem.cli import app
from regiesysteem.config import example_inrichting

BSN = "999990081"
NUMBER = "19000000009999"
OF_A_ZAAK = ("notificaties", "postvak", "overdracht", "zaak", "routering", "applicatie")

SHOWS_PEOPLE = {
    "notificaties lijst": (),
    "notificaties toon": ("1",),
    "postvak lijst": (),
    "overdracht lijst": (),
    "zaak domeingegevens": (NUMBER,),
    "routering verklaar": (NUMBER, "Update zaak"),
    "applicatie toets": ("--applicatie", "GWS4all", "--dienst", "zakLv01", "--zaak", NUMBER),
    "inzage": ("--bsn", BSN),
    "inzageverzoek": (BSN, "--uit", "uit"),
    "persoon corrigeer": (BSN, "--zet", "geslachtsnaam=Smit"),
    "back-up": ("back-up",),
}
"""The commands that show or hand out data of people, with arguments that do."""

SHOWS_NOBODY = {
    "account": {"blokkeer", "deblokkeer", "demo-links", "lijst", "link", "nieuw", "wijzig"},
    "abonnement": {"lijst", "nieuw", "verwijder"},
    "afnemersindicatie": {"lijst", "verwijder", "zet"},
    "applicatie": {"certificaat", "lijst", "nieuw", "toon", "wachtwoord"},
    "bewaren": {"bereken", "blokkeer", "deblokkeer", "keur-af", "keur-goed", "lijst", "lijsten", "verklaring",
                "vernietig", "voer-uit"},
    "documenten": {"geef-vrij", "opruimen", "sloten"},
    "inrichting": {"controleer", "laad", "nieuw", "toon", "van-ztc"},
    "notificaties": {"opnieuw", "standen", "vervallen"},
    "overdracht": {"accepteer", "weiger", "trek-in"},
    "postvak": {"gelezen"},
    "zaak": {"overdragen"},
    "": {"afwijkingen", "weigeringen", "migreer", "herstel", "serve", "worker", "status", "backoffice", "demo",
         "conformiteit", "checklist", "koppelvlak"},
}  # fmt: skip
"""The other commands: rules, numbers of zaken, counts; a BSN in a rule is masked."""


@pytest.fixture
def run(database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Run":
    """Runs commands on a database with data about a person."""
    monkeypatch.setenv("REGIE_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    run = Run()
    assert run("inrichting", "laad", str(example_inrichting())).exit_code == 0
    rows: dict[str, dict[str, Any]] = {
        "zaak": {"identificatie": NUMBER},
        "object": {"entiteittype": "NPS", "sleutel": f"bsn:{BSN}", "identificatie": BSN},
        "domeingegevens": {"zaak_id": 1, "formaat": "iWmo", "mediatype": "text/xml", "herkomst": "extraElementen",
                           "sha256": b"1", "grootte": 1, "inhoud": b"1", "bericht_id": 1},
        "notificatie": {"ontvanger": "Wmo", "stroom": NUMBER, "soort": "zakLk01", "referentienummer": "1",
                        "inhoud": f"<a>{BSN}</a>".encode()},
        "postvak": {"bericht_id": 1, "zaakidentificatie": NUMBER, "gebeurtenis": "Update zaak", "applicatie": "Wmo",
                    "gegevens": "{}", "melding": f"Bel {BSN}"},
        "overdracht": {"richting": "in", "zaakidentificatie": NUMBER, "applicatie": "Wmo", "referentienummer": "1",
                       "melding": f"Neem {BSN} over"},
    }  # fmt: skip
    with engine.begin() as connection:
        for table, row in rows.items():
            connection.execute(insert_into(table, row))
    return run


class Run:
    """`regie` in this process."""

    def __call__(self, *arguments: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "240"})


def _names(command: Any, before: str = "") -> Iterator[str]:
    for name, one in getattr(command, "commands", {}).items():
        full = f"{before} {name}".strip()
        yield from _names(one, full) if hasattr(one, "commands") else [full]


def test_every_command_either_is_on_record_or_shows_nobody() -> None:
    """A new command has to be in one of the two."""
    nobody = {f"{group} {name}".strip() for group, names in SHOWS_NOBODY.items() for name in names}
    assert set(_names(get_command(app))) - nobody == set(SHOWS_PEOPLE)


@pytest.mark.parametrize("command", SHOWS_PEOPLE)
def test_a_command_that_shows_people_is_on_record_as_the_user_of_the_machine(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The environment may say another name: it is not believed."""
    monkeypatch.setenv("LOGNAME", "burgemeester")
    monkeypatch.setenv("USER", "burgemeester")
    outcome = run(*command.split(), *SHOWS_PEOPLE[command])
    assert outcome.exit_code == 0, outcome.output
    with engine.begin() as connection:
        [look] = connection.execute(text("SELECT * FROM inzage")).all()
    assert (look.wat, look.persoon, look.rol) == (f"regie {command}", pwd.getpwuid(os.getuid()).pw_name, "opdracht")
    assert look.zaken == ([NUMBER] if command.startswith(OF_A_ZAAK) else [])


@pytest.mark.parametrize("command", ["notificaties toon", "postvak lijst", "overdracht lijst"])
def test_a_bsn_is_shown_only_to_who_asks_for_it(run: Run, command: str) -> None:
    words = (*command.split(), *SHOWS_PEOPLE[command])
    assert BSN not in run(*words).stdout
    assert "*********" in run(*words).stdout
    assert BSN in run(*words, "--toon-bsn").stdout


def test_a_database_from_before_the_read_log_can_be_backed_up(run: Run, engine: Engine) -> None:
    """The back-up comes before the migration to a release."""
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION regie_inzage_schrijf"))
    assert run("back-up", "bestand").exit_code == 0


@pytest.mark.parametrize("command", sorted(set(SHOWS_PEOPLE) - {"inzageverzoek", "back-up"}))
def test_without_a_record_nothing_is_shown(run: Run, engine: Engine, command: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION regie_inzage_schrijf"))
    outcome = run(*command.split(), *SHOWS_PEOPLE[command])
    assert outcome.exit_code != 0
    assert outcome.stdout == ""


def test_an_answer_to_a_question_is_on_record_with_the_zaak_and_the_people_in_it(run: Run, engine: Engine) -> None:
    """It waits to be delivered among the messages of its question, and not among those of a zaak."""
    object_ = f"<z:identificatie>{NUMBER}</z:identificatie><b:inp.bsn>{BSN}</b:inp.bsn>"
    answer = f'<z:zakLa02 xmlns:z="z:z" xmlns:b="b:b">{object_}</z:zakLa02>'
    row = {"ontvanger": "Wmo", "stroom": "vraag 1", "soort": "zakLa02", "referentienummer": "2"}
    with engine.begin() as connection:
        connection.execute(insert_into("notificatie", row | {"inhoud": answer.encode()}))
        number = connection.execute(text("SELECT max(id) FROM notificatie")).scalar_one()
    assert run("notificaties", "toon", str(number)).exit_code == 0
    with engine.begin() as connection:
        [look] = connection.execute(text("SELECT id, zaken FROM inzage")).all()
        people = connection.execute(
            text("SELECT betrokkene = ANY(regie_betrokkene(:bsn)) FROM inzage_betrokkene"), {"bsn": [f"bsn:{BSN}"]}
        )
        assert (look.zaken, list(people.scalars())) == ([NUMBER], [True])
