"""Tables of the commands: what is copied into another command stands in one piece, how narrow the terminal may be."""

import re
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from regiesysteem.cli import app
from regiesysteem.commands import toon_tabel, vraag_ja

KOPPEN = ("nr", "ontvanger", "zaak", "gebeurtenis", "stand", "wanneer", "melding")
RIJ = ("12", "WmoVoorziening", "19000000000345", "Update zaak", "gestrand", "2026-11-25 23:00:00", "Geen verbinding")


@pytest.mark.parametrize("breedte", [40, 80, 100, 120, 200])
def test_identifications_are_not_broken(
    breedte: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal
    monkeypatch.setenv("COLUMNS", str(breedte))
    toon_tabel("Notificaties", *KOPPEN, rijen=[RIJ, RIJ])
    woorden = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).split()
    assert [woorden.count(woord) for woord in ("WmoVoorziening", "19000000000345", "gestrand")] == [2, 2, 2]


def test_what_goes_to_a_file_is_a_table_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    toon_tabel("Notificaties", *KOPPEN, rijen=[RIJ])
    [regel] = [regel for regel in capsys.readouterr().out.splitlines() if regel.startswith("│")]
    assert tuple(cel.strip() for cel in regel.strip("│").split("│")) == RIJ


VERKEERD = [
    ("notificaties toon", "nummer ontbreekt."),
    ("notificaties toon x", "nummer: moet een geheel getal zijn."),
    ("notificaties toon 0", "nummer: moet minstens 1 zijn."),
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
    with pytest.MonkeyPatch.context() as anders:
        anders.setattr(app, "registered_callback", None)
        yield app


@pytest.mark.parametrize(("opdracht", "zin"), VERKEERD)
def test_a_mistake_is_told_in_a_dutch_sentence(regie: typer.Typer, opdracht: str, zin: str) -> None:
    uitkomst = CliRunner().invoke(regie, opdracht.split())
    assert (uitkomst.exit_code, uitkomst.stdout, uitkomst.stderr.splitlines()[0]) == (2, "", zin)


def _opdrachten(regie: typer.Typer) -> Iterator[list[str]]:
    def onder(groep: typer.Typer, pad: list[str]) -> Iterator[list[str]]:
        yield pad
        for een in groep.registered_commands:
            naam = een.name or (een.callback.__name__ if een.callback else "")
            yield [*pad, naam.strip("_").replace("_", "-")]
        for kind in groep.registered_groups:
            assert kind.typer_instance is not None
            yield from onder(kind.typer_instance, [*pad, str(kind.name)])

    return onder(regie, [])


def test_no_help_says_anything_in_english(regie: typer.Typer) -> None:
    opdrachten = list(_opdrachten(regie))
    assert len(opdrachten) > 30
    for opdracht in opdrachten:
        uitkomst = CliRunner().invoke(regie, [*opdracht, "--help"], env={"COLUMNS": "120"})
        assert uitkomst.exit_code == 0, (opdracht, uitkomst.stderr)
        assert "Gebruik: " in uitkomst.stdout
        engels = re.findall(r"\b(Usage|Options|Commands|Arguments|required|default|Show|exit)\b", uitkomst.stdout)
        assert engels == [], opdracht
        assert re.findall(r"<(?:list|str|int|float|bool|path)\b", uitkomst.stdout) == [], opdracht


@pytest.mark.parametrize(("getypt", "ja"), [("ja\n", True), ("J\n", True), ("nee\n", False), ("wat?\nn\n", False)])
def test_yes_and_no_are_dutch(getypt: str, ja: bool) -> None:
    proef = typer.Typer()
    proef.command()(lambda: print(vraag_ja("Mag het?")))
    uitkomst = CliRunner().invoke(proef, input=getypt)
    assert uitkomst.stdout.startswith("Mag het? [ja/nee] ")
    assert uitkomst.stdout.split()[-1] == str(ja)
    assert CliRunner().invoke(proef, input="").exit_code == 1, "nobody to ask"
