"""Tables of the commands: what is copied into another command stands in one piece, how narrow the terminal may be."""

import re
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from regiesysteem.cli import app
from regiesysteem.commands import ask_yes, one_line, show_table

HEADS = ("nr", "ontvanger", "zaak", "gebeurtenis", "stand", "wanneer", "melding")
ROW = ("12", "WmoVoorziening", "19000000000345", "Update zaak", "gestrand", "2026-11-25 23:00:00", "Geen verbinding")


@pytest.mark.parametrize("width", [40, 80, 100, 120, 200])
def test_identifications_are_not_broken(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal
    monkeypatch.setenv("COLUMNS", str(width))
    show_table("Notificaties", *HEADS, rows=[ROW, ROW])
    words = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).split()
    assert [words.count(word) for word in ("WmoVoorziening", "19000000000345", "gestrand")] == [2, 2, 2]


def test_what_goes_to_a_file_is_a_table_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    show_table("Notificaties", *HEADS, rows=[ROW])
    [regel] = [regel for regel in capsys.readouterr().out.splitlines() if regel.startswith("│")]
    assert tuple(cell.strip() for cell in regel.strip("│").split("│")) == ROW


@pytest.mark.parametrize("terminal", ["", "1"])
def test_what_a_sender_wrote_does_nothing_to_the_terminal(
    terminal: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """XML may hold U+009B, which a terminal takes for the beginning of a command, and U+202E, which turns a text."""
    monkeypatch.setenv("FORCE_COLOR", terminal) if terminal else monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    show_table("Notificaties", *HEADS, rows=[(*ROW[:-1], "voor\x9b2Jmidden\u202ena\x07\x1b]0;x[bold]")])
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert not set(shown) & set("\x9b\u202e\x07\x1b")
    assert "[bold]" in shown, "and rich takes nothing in it for its own"


def test_a_text_of_a_message_is_one_line() -> None:
    assert one_line("een\ntwee\tdrie\x85vier\u2028vijf\x9b") == "een twee drie vier vijf?"
    assert one_line("Één gezin, René") == "Één gezin, René"


WRONG = [
    ("notificaties toon", "NUMMER ontbreekt."),
    ("notificaties toon x", "NUMMER: moet een geheel getal zijn."),
    ("notificaties toon 0", "NUMMER: moet minstens 1 zijn."),
    ("notificaties toon 1 2", "Dit is te veel: 2."),
    ("notificaties lijst --aantal", "--aantal: hier hoort een waarde achter."),
    ("notificaties lijst --aantal 1e3", "--aantal: moet een geheel getal zijn."),
    ("notificaties lijst --ontvnger x", "Er is geen optie --ontvnger; bedoelde u --ontvanger?"),
    ("notificaties lijst --stand weg", "--stand: kan niet; kies uit 'wacht', 'bezorgd', 'gestrand', 'vervallen'."),
    ("notificaties opnieuw --alle=ja", "--alle: hier hoort geen waarde achter."),
    ("backoffice --naam Wmo", "--poort ontbreekt."),
    ("backoffice --naam Wmo --poort 65536", "--poort: mag hoogstens 65535 zijn."),
    ("backoffice --naam Wmo --poort 1 --pauze snel", "--pauze: moet een getal zijn."),
    ("weg", "Er is geen opdracht weg."),
    ("inrichting weg", "Er is geen opdracht weg."),
    ("serv", "Er is geen opdracht serv; bedoelde u 'serve'?"),
    ("inrichting laadt", "Er is geen opdracht laadt; bedoelde u 'laad'?"),
    ("it's", "Er is geen opdracht it's."),
    ("--weg", "Er is geen optie --weg."),
]


@pytest.fixture(scope="module")
def regie() -> Iterator[typer.Typer]:
    """The commands without what `regie` does first: that changes the log of this process."""
    with pytest.MonkeyPatch.context() as otherwise:
        otherwise.setattr(app, "registered_callback", None)
        yield app


@pytest.mark.parametrize(("command", "sentence"), WRONG)
def test_a_mistake_is_told_in_a_dutch_sentence(regie: typer.Typer, command: str, sentence: str) -> None:
    outcome = CliRunner().invoke(regie, command.split())
    assert (outcome.exit_code, outcome.stdout, outcome.stderr.splitlines()[0]) == (2, "", sentence)


def _commands(regie: typer.Typer) -> Iterator[list[str]]:
    def under(group: typer.Typer, path: list[str]) -> Iterator[list[str]]:
        yield path
        for one in group.registered_commands:
            naam = one.name or (one.callback.__name__ if one.callback else "")
            yield [*path, naam.strip("_").replace("_", "-")]
        for child in group.registered_groups:
            assert child.typer_instance is not None
            yield from under(child.typer_instance, [*path, str(child.name)])

    return under(regie, [])


def test_no_help_says_anything_in_english(regie: typer.Typer) -> None:
    commands = list(_commands(regie))
    assert len(commands) > 30
    for command in commands:
        outcome = CliRunner().invoke(regie, [*command, "--help"], env={"COLUMNS": "120"})
        assert outcome.exit_code == 0, (command, outcome.stderr)
        assert "Gebruik: " in outcome.stdout
        english = re.findall(r"\b(Usage|Options|Commands|Arguments|required|default|Show|exit)\b", outcome.stdout)
        assert english == [], command
        assert re.findall(r"<(?:list|str|int|float|bool|path)\b", outcome.stdout) == [], command


def test_help_is_whole_on_a_narrow_terminal_and_names_a_place_in_capitals(regie: typer.Typer) -> None:
    for command in _commands(regie):
        text = CliRunner().invoke(regie, [*command, "--help"], env={"COLUMNS": "80"}).stdout
        assert "…" not in text, command
        usage = " ".join(re.split(r"\n\s*\n", text.partition("Gebruik: ")[2])[0].split())
        places = [word for word in usage.split("[OPTIES]")[-1].split() if word != "OPDRACHT"]
        assert all(re.fullmatch(r"\[?[A-Z_]+\]?(?:\.\.\.)?|\.\.\.", word) for word in places), usage


@pytest.mark.parametrize(("getypt", "yes"), [("ja\n", True), ("J\n", True), ("nee\n", False), ("wat?\nn\n", False)])
def test_yes_and_no_are_dutch(getypt: str, yes: bool) -> None:
    trial = typer.Typer()
    trial.command()(lambda: print(ask_yes("Mag het?")))
    outcome = CliRunner().invoke(trial, input=getypt)
    assert outcome.stdout.startswith("Mag het? [ja/nee] ")
    assert outcome.stdout.split()[-1] == str(yes)
    assert CliRunner().invoke(trial, input="").exit_code == 1, "nobody to ask"
