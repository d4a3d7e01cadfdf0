"""`regie abonnement`, `afnemersindicatie` and `routering`: what a person sees, and what a process sees of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine, text
from tests.notifications.routeringstappen import BSN, TOML, betrek, indiceer, link, load, set_status, zaak
from typer.testing import CliRunner

from regiesysteem.inrichting.cli import app as inrichting
from regiesysteem.inrichting.current import InrichtingSource, read_inrichting
from regiesysteem.notifications.cli import abonnement, afnemersindicatie, routering
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

Regie = Callable[..., tuple[int, str, str]]
COMMANDS: dict[str, typer.Typer] = {
    "abonnement": abonnement,
    "afnemersindicatie": afnemersindicatie,
    "routering": routering,
    "inrichting": inrichting,
}


@pytest.fixture
def regie(database_url: str) -> Regie:
    """Run a command on the database of this test: exit code, stdout, stderr."""

    def do(naam: str, *command: str, input_: str = "") -> tuple[int, str, str]:
        environment = {"REGIE_DATABASE_URL": database_url, "COLUMNS": "250"}
        outcome = CliRunner().invoke(COMMANDS[naam], list(command), env=environment, input=input_)
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
        return outcome.exit_code, outcome.stdout, outcome.stderr

    return do


def rows(out: str) -> list[list[str]]:
    """The cells of a table."""
    return [[cell.strip() for cell in regel.strip("│").split("│")] for regel in out.splitlines() if regel[:1] == "│"]


def test_an_abonnement_is_made_shown_and_removed(regie: Regie, engine: Engine) -> None:
    load(engine, '[[abonnement]]\napplicatie = "WmoVoorziening"\nzaaktype = "WMO"\nverwachte_actie = "Bel"\n')
    code, out, error = regie(
        "abonnement", "nieuw", "GWS4all", "--gebeurtenis", "Creeer zaak", "--soort", "deelplan", "--soort", "overig",
        "--niet-status", "2", "--niet-status", "Afgeh", "--geen-eindstatus", "--afnemersindicatie",
        "--bericht", "zakLk01",
    )  # fmt: skip
    assert (code, error) == (0, "")
    assert out == (
        "Abonnement 1: GWS4all krijgt zakLk01: Creeer zaak; soort deelplan of overig; niet status 2 of Afgeh; "
        "geen eindstatus; met afnemersindicatie.\n"
    )
    assert rows(regie("abonnement", "lijst")[1]) == [
        ["inrichting", "1", "WmoVoorziening", "elke gebeurtenis; zaaktype WMO", "notificeerOverZaak", "Bel"],
        ["opdracht", "1", "GWS4all", ("Creeer zaak; soort deelplan of overig; niet status 2 of Afgeh; geen eindstatus; "
         "met afnemersindicatie"), "zakLk01", ""],
    ]  # fmt: skip
    assert regie("abonnement", "verwijder", "1") == (0, "Abonnement 1 is verwijderd.\n", "")
    assert regie("abonnement", "verwijder", "1") == (
        1, "", "Er is geen abonnement 1 dat met een opdracht is gemaakt.\n"
    )  # fmt: skip
    assert len(rows(regie("abonnement", "lijst")[1])) == 1


@pytest.mark.parametrize(("choices", "kept"), [(["alle"], True), (["iWmo", "iJw"], ["iWmo", "iJw"])])
def test_domeingegevens_are_a_choice_like_every_key(
    regie: Regie, engine: Engine, choices: list[str], kept: object
) -> None:
    load(engine)
    options = [part for choice in choices for part in ("--domeingegevens", choice)]
    assert regie("abonnement", "nieuw", "GWS4all", "--bericht", "zakLk01", *options)[0] == 0
    with engine.connect() as connection:
        regel = connection.execute(text("SELECT regel FROM abonnement")).scalar_one()
    assert regel["domeingegevens"] == kept


def test_a_running_process_takes_an_abonnement_over_at_once(regie: Regie, engine: Engine) -> None:
    load(engine)
    source = InrichtingSource(engine)

    def geldend() -> list[str]:
        with engine.connect() as connection:
            regels = source.current(read_inrichting_versie(connection), connection).abonnementen
        return [f"{regel.naam}: {regel.abonnement.applicatie}" for regel in regels]

    assert geldend() == []
    regie("abonnement", "nieuw", "GWS4all")
    assert geldend() == ["abonnement 1: GWS4all"]
    regie("abonnement", "verwijder", "1")
    assert geldend() == []


def test_all_that_is_wrong_with_an_abonnement_is_said_at_once_and_nothing_changes(regie: Regie, engine: Engine) -> None:
    state = load(engine).versie
    code, out, error = regie(
        "abonnement", "nieuw", "GWS4al", "--zaaktype", "WMOO", "--soort", "deelzaak", "--persoon", "123456789",
        "--status", "0", "--zender", "Kas", "--niet-zender", "kas", "--bericht", "zakLk02",
    )  # fmt: skip
    assert (code, out) == (1, "")
    assert sorted(error.splitlines()) == sorted(
        [
            'abonnement: applicatie: "GWS4al" staat niet als [[applicatie]] in de inrichting; bedoelde u "GWS4all"?',
            'abonnement: zaaktype[1]: "WMOO" staat niet als [[zaaktype]] in de inrichting; bedoelde u "WMO"?',
            (
                'abonnement: soort[1]: "deelzaak" is niet toegestaan; kies uit "gezinsplan", "levensdomeinplan", '
                '"deelplan", "overig"; bedoelde u "deelplan"?'
            ),
            'abonnement: persoon[1]: "*********" is geen burgerservicenummer: de elfproef klopt niet',
            "abonnement: status[1]: 0 is geen volgnummer: 1 tot 9999",
            'abonnement: niet_zender[1]: "kas" staat ook bij zender; kies een van beide',
            (
                'abonnement: bericht: "zakLk02" is niet toegestaan; kies uit "notificeerOverZaak", "zakLk01"; '
                'bedoelde u "zakLk01"?'
            ),
        ]
    )
    with engine.connect() as connection:
        assert read_inrichting(connection).versie == state
        assert connection.execute(text("SELECT count(*) FROM abonnement")).scalar_one() == 0


def test_the_same_abonnement_again_is_refused(regie: Regie, engine: Engine) -> None:
    load(engine, '[[abonnement]]\napplicatie = "GWS4all"\nzaaktype = ["WMO"]\n')
    assert regie("abonnement", "nieuw", "GWS4all", "--zaaktype", "WMO") == (
        1, "", "abonnement: is er al: abonnement[1] van de inrichting\n"
    )  # fmt: skip
    assert regie("abonnement", "nieuw", "GWS4all")[0] == 0
    assert regie("abonnement", "nieuw", "GWS4all") == (1, "", "abonnement: is er al: abonnement 1\n")


def test_an_abonnement_of_an_applicatie_that_left_the_inrichting_says_so(regie: Regie, engine: Engine) -> None:
    load(engine)
    regie("abonnement", "nieuw", "Leerlingvervoer")
    load(engine, toml=TOML.replace('naam = "Leerlingvervoer"', 'naam = "Vervoer"'))
    assert rows(regie("abonnement", "lijst")[1])[0][2] == "Leerlingvervoer (niet in de inrichting)"


def test_no_bsn_stands_in_what_the_commands_show(regie: Regie, engine: Engine) -> None:
    regels = f'[[abonnement]]\napplicatie = "GWS4all"\npersoon = ["{BSN}", "11{BSN}"]\nniet_persoon = ["12345672"]\n'
    load(engine, regels)
    with engine.begin() as connection:
        betrek(connection, zaak(connection, "Z1"), "111222333")
    seen = [
        regie("abonnement", "nieuw", "WmoVoorziening", "--persoon", "-", input_=f"{BSN}\n"),
        regie("abonnement", "nieuw", "WmoVoorziening", "--persoon", "111222333", "--niet-persoon", BSN),
        regie("abonnement", "lijst"),
        regie("inrichting", "toon"),
        regie("inrichting", "toon", "--toml"),
        regie("routering", "verklaar", "Z1", "Update zaak"),
    ]
    assert [code for code, _, _ in seen] == [0] * len(seen)
    for _, out, error in seen:
        assert not any(number in out + error for number in (BSN, "12345672", "111222333"))
    assert seen[4][1] == (TOML + regels).replace(f"11{BSN}", "*********").replace(BSN, "*********").replace(
        "12345672", "*********"
    )
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT regel FROM abonnement ORDER BY id LIMIT 1")).scalar_one()
    assert kept == {"applicatie": "WmoVoorziening", "persoon": [BSN]}


def test_a_masked_text_is_not_loaded(regie: Regie, engine: Engine, tmp_path: Path) -> None:
    load(engine, f'[[abonnement]]\napplicatie = "GWS4all"\npersoon = ["{BSN}"]\n')
    file = tmp_path / "terug.toml"
    file.write_text(regie("inrichting", "toon", "--toml")[1])
    code, _, error = regie("inrichting", "laad", str(file))
    assert code == 1
    assert "abonnement[1].persoon[1]" in error
    assert "gemaskeerd nummer" in error


def test_an_afnemersindicatie_is_set_shown_and_removed(regie: Regie, engine: Engine) -> None:
    state = load(engine).versie
    with engine.begin() as connection:
        for number, zaaktype in (("Z1", "WMO"), ("PLAN", "GP")):
            zaak(connection, number, zaaktype)
    assert regie("afnemersindicatie", "lijst")[1] == "Afnemersindicaties: niets.\n"
    for command in (("Z1", "GWS4all"), ("PLAN", "GWS4all"), ("PLAN", "GWS4all", "--verwachte-actie", "Bel")):
        assert regie("afnemersindicatie", "zet", *command)[::2] == (0, "")
    with engine.connect() as connection:
        parsed = read_inrichting(connection)
    assert (parsed.versie, parsed.afnemers) == (state + 1, True)
    shown = [row[:4] for row in rows(regie("afnemersindicatie", "lijst")[1])]
    assert shown == [["PLAN", "gezinsplan", "GWS4all", "Bel"], ["Z1", "deelplan", "GWS4all", ""]]
    assert len(rows(regie("afnemersindicatie", "lijst", "--zaak", "Z1")[1])) == 1
    assert regie("afnemersindicatie", "verwijder", "Z1", "GWS4all")[0] == 0
    assert regie("afnemersindicatie", "verwijder", "Z1", "GWS4all")[0] == 1
    regie("afnemersindicatie", "verwijder", "PLAN", "GWS4all")
    with engine.connect() as connection:
        parsed = read_inrichting(connection)
    assert (parsed.versie, parsed.afnemers) == (state + 2, False)


def test_an_afnemersindicatie_names_a_zaak_and_an_applicatie_that_are_there(regie: Regie, engine: Engine) -> None:
    load(engine)
    code, _, error = regie("afnemersindicatie", "zet", "Z9", "GWS4al")
    assert (code, error.splitlines()) == (
        1,
        [
            'afnemersindicatie: zaak: "Z9" hebben wij niet',
            (
                'afnemersindicatie: applicatie: "GWS4al" staat niet als [[applicatie]] in de inrichting; '
                'bedoelde u "GWS4all"?'
            ),
        ],
    )


REGELS = f"""
[[abonnement]]
applicatie = "Leerlingvervoer"
gezinsplan = ["PLAN"]
verwachte_actie = "Kijk mee"
[[abonnement]]
applicatie = "WmoVoorziening"
zaaktype = ["GP"]
gebeurtenis = ["Creeer zaak"]
niet_zender = ["GWS4all"]
persoon = ["{BSN}"]
status = ["Ontv"]
eindstatus = false
afnemersindicatie = true
[[abonnement]]
applicatie = "GWS4all"
"""


def test_verklaar_says_who_hears_it_who_does_not_and_why(regie: Regie, engine: Engine) -> None:
    load(engine, REGELS)
    with engine.begin() as connection:
        plan, part = zaak(connection, "PLAN", "GP"), zaak(connection, "DEEL")
        link(connection, part, plan)
        set_status(connection, part, 2)
    code, out, error = regie("routering", "verklaar", "DEEL", "update ZAAK", "--zender", "GWS4all")
    assert (code, error) == (0, "")
    assert out.splitlines() == [
        (
            "Zaak DEEL: zaaktype WMO, soort deelplan, "
            'status volgnummer 2, code Afgeh, omschrijving "Afgehandeld", gezinsplan PLAN.'
        ),
        "Gebeurtenis: Update zaak, zender: GWS4all.",
        "",
        "Krijgt bericht:",
        "  Leerlingvervoer: notificeerOverZaak",
        "    door abonnement[1] van de inrichting: elke gebeurtenis; gezinsplan PLAN",
        "    verwachte actie: Kijk mee",
        "Krijgt hierdoor geen bericht:",
        (
            "  WmoVoorziening, abonnement[2] van de inrichting: Creeer zaak; zaaktype GP; status Ontv; "
            "niet zender GWS4all; persoon *********; geen eindstatus; met afnemersindicatie"
        ),
        "    gebeurtenis: de regel zegt Creeer zaak, het is Update zaak",
        "    zaaktype: de regel zegt GP, het is WMO",
        '    status: de regel zegt Ontv, het is volgnummer 2, code Afgeh, omschrijving "Afgehandeld"',
        "    niet_zender: de regel zegt GWS4all, het is GWS4all",
        "    eindstatus: de zaak heeft een eindstatus",
        "    persoon: niemand van wie de regel noemt komt voor in de zaak of haar gezinsplan",
        "    afnemersindicatie: WmoVoorziening heeft er geen op de zaak of haar gezinsplan",
        "  GWS4all, abonnement[3] van de inrichting: elke gebeurtenis",
        "    heeft de gebeurtenis zelf veroorzaakt (RZS 5.2.6)",
    ]


def test_verklaar_names_an_earlier_rule_an_afnemersindicatie_and_who_no_rule_names(
    regie: Regie, engine: Engine
) -> None:
    load(engine, '[[abonnement]]\napplicatie = "GWS4all"\n[[abonnement]]\napplicatie = "GWS4all"\nsoort = "overig"\n')
    with engine.begin() as connection:
        number = zaak(connection, "Z1", "OVERIG")
        for naam in ("GWS4all", "WmoVoorziening"):
            indiceer(connection, number, naam, "Bel")
    out = regie("routering", "verklaar", "Z1", "Creeer zaak")[1]
    assert out.splitlines()[3:] == [
        "Krijgt bericht:",
        "  GWS4all: notificeerOverZaak",
        "    door abonnement[1] van de inrichting: elke gebeurtenis",
        "  WmoVoorziening: notificeerOverZaak",
        "    door afnemersindicatie",
        "    verwachte actie: Bel",
        "Krijgt hierdoor geen bericht:",
        "  GWS4all, abonnement[2] van de inrichting: elke gebeurtenis; soort overig",
        "    hoort het al door een eerdere regel",
        "  GWS4all, afnemersindicatie",
        "    hoort het al door een eerdere regel",
        "Geen regel noemt: Leerlingvervoer.",
    ]


def test_verklaar_says_that_we_have_not_got_a_zaak(regie: Regie, engine: Engine) -> None:
    load(engine, REGELS)
    out = regie("routering", "verklaar", "ELDERS", "Creeer zaak", "--zaaktype", "GP")[1]
    assert "Zaak ELDERS hebben wij niet; zaaktype GP, soort gezinsplan." in out
    assert "    gezinsplan: dat is niet bekend van een zaak die wij niet hebben" in out
    assert "  GWS4all: notificeerOverZaak" in out


def test_verklaar_with_variant_extern(regie: Regie, engine: Engine) -> None:
    load(engine, f'[notificaties]\nvariant = "extern"\nabonnementenbeheer = "WmoVoorziening"\n{REGELS}')
    out = regie("routering", "verklaar", "ELDERS", "Creeer zaak")[1]
    assert "  WmoVoorziening: initieerNotificeerOverZaak\n    door variant extern\n" in out
    assert "Variant extern: het abonnementenbeheer van een ander beslist" in out
    assert "GWS4all" not in out
    assert 'variant is "extern"' in regie("abonnement", "lijst")[1]


def test_verklaar_knows_only_the_gebeurtenissen_of_rzs(regie: Regie, engine: Engine) -> None:
    load(engine)
    assert regie("routering", "verklaar", "Z1", "*") == (
        1, "", ("Er is geen gebeurtenis *; kies uit Creeer zaak, Actualiseer zaakstatus, Update zaak, "
        "Voeg zaakdocument toe, Update zaakdocument.\n")
    )  # fmt: skip


def test_the_rules_go_to_the_database_and_back(regie: Regie, engine: Engine) -> None:
    load(engine)
    regie("abonnement", "nieuw", "GWS4all", "--status", "2", "--status", "Ontv", "--afnemersindicatie")
    with engine.connect() as connection:
        [regel] = read_inrichting(connection).abonnementen
        kept = connection.execute(text("SELECT regel::text FROM abonnement")).scalar_one()
    assert json.loads(kept) == {"applicatie": "GWS4all", "status": [2, "Ontv"], "afnemersindicatie": True}
    assert (regel.abonnement.status, regel.abonnement.eindstatus) == ((2, "Ontv"), None)
