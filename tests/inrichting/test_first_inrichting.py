"""The kinds of back office that are shipped, and `regie inrichting nieuw`, which makes an inrichting of them."""

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regiesysteem import config
from regiesysteem.cli import app as regie
from regiesysteem.inrichting.check import warnings
from regiesysteem.inrichting.cli import app
from regiesysteem.inrichting.first_inrichting import FileIsThere, UnknownKind, compose, kinds, write_new
from regiesysteem.inrichting.load import read_file, read_text
from regiesysteem.inrichting.model import Inrichtingsbestand

NINE = (
    "budgetadvies",
    "inburgering",
    "leerlingenbeheer",
    "leerlingvervoer",
    "re-integratie",
    "rmc",
    "subsidies",
    "wmo",
    "wwb",
)
CHOICES = [*((kind,) for kind in NINE), NINE]


def made(*chosen: str) -> Inrichtingsbestand:
    return read_text(compose("Ons Dorp", "0599", chosen), "nieuw").inrichting


def with_abonnementen(*chosen: str) -> Inrichtingsbestand:
    """The inrichting of somebody who filled in every address and took the signs before the abonnementen away."""
    text = compose("Ons Dorp", "0599", chosen).replace('adres = "" ', 'adres = "https://x/" ')
    before, title, after = text.partition("# Wie krijgt bericht waarvan.")
    shown = re.sub(r"^# ", "", after.partition("\n\n\n")[2], flags=re.MULTILINE)
    return read_text(f"{before}{title}\n{shown}", "nieuw").inrichting


def test_the_nine_kinds_of_the_assignment_are_there() -> None:
    assert tuple(kinds()) == NINE
    assert all(title and "[" not in title for title in kinds().values())


@pytest.mark.parametrize("chosen", CHOICES, ids="+".join)
def test_each_kind_and_all_together_are_right_without_a_warning(chosen: tuple[str, ...]) -> None:
    file = made(*chosen)
    assert warnings(file) == []
    assert {zaaktype.code for zaaktype in file.zaaktype} >= {"GEZINSPLAN", "DOMEINPLAN"}
    assert len(file.applicatie) == len(chosen)
    assert not any(one.adres for one in file.applicatie)
    assert file.abonnement == ()


@pytest.mark.parametrize("chosen", CHOICES, ids="+".join)
def test_with_addresses_and_abonnementen_there_is_no_warning_either(chosen: tuple[str, ...]) -> None:
    file = with_abonnementen(*chosen)
    assert warnings(file) == []
    assert {one.applicatie for one in file.abonnement} == {one.naam for one in file.applicatie}
    assert all(one.verwachte_actie for one in file.abonnement)


@pytest.mark.parametrize("kind", NINE)
def test_a_kind_has_all_that_a_back_office_needs(kind: str) -> None:
    file = made(kind)
    own = [zaaktype for zaaktype in file.zaaktype if zaaktype.soort == "deelplan"]
    assert own
    assert file.formaat
    for zaaktype in own:
        assert len(zaaktype.status) >= 2
        assert all(status.code for status in zaaktype.status)
        assert zaaktype.resultaat
        assert zaaktype.documenttype
        assert zaaktype.vertrouwelijk_aanduiding
        assert zaaktype.code in file.applicatie[0].zaaktypen
    assert any(one.zaaktype == ("GEZINSPLAN",) for one in with_abonnementen(kind).abonnement)


def test_the_zaaktypen_without_a_term_are_those_that_the_selectielijst_leaves_open() -> None:
    without = {
        zaaktype.code
        for zaaktype in made(*NINE).zaaktype
        if not (zaaktype.archiefnominatie or all(one.archiefnominatie for one in zaaktype.resultaat))
    }
    assert without == {"LLVERVOER", "LLVWIJZIG", "VSV"}


def test_the_plans_are_those_of_the_shipped_example() -> None:
    example = {one.code: one for one in read_file(config.example_inrichting()).inrichting.zaaktype}
    assert {one.code: one for one in made("wmo").zaaktype if "PLAN" in one.code} == {
        code: example[code] for code in ("GEZINSPLAN", "DOMEINPLAN")
    }


def test_what_kinds_share_is_there_once() -> None:
    assert [one.naam for one in made("re-integratie", "wwb", "wwb").formaat] == ["SuwiML"]


@pytest.mark.parametrize(
    "naam", ["'s-Hertogenbosch", 'Een "dorp"', "Súdwest-Fryslân", "a\\b", "$code ${x}", "[[x]]\n#", "\x7f"]
)
def test_any_name_of_a_municipality_is_kept(naam: str) -> None:
    text = compose(naam, "0599", ["wmo"])
    assert tomllib.loads(text)["gemeente"] == {"code": "0599", "naam": naam}
    assert text.startswith("# Inrichting van het Regiesysteem voor ")


@pytest.mark.parametrize("kind", ["", "Wmo", "../begin", "wmo.toml"])
def test_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(UnknownKind, match="kies uit budgetadvies, "):
        compose("x", "0599", [kind])


# --- The command


def run(*command: str, answers: str = "") -> tuple[int, str, str]:
    outcome = CliRunner().invoke(app, ["nieuw", *command], input=answers)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit)
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_nieuw_asks_what_it_was_not_told(tmp_path: Path) -> None:
    file = tmp_path / "mijn.toml"
    code, out, _ = run("--naar", str(file), answers="Ons Dorp\n0599\n8, rmc\n")
    assert code == 0
    assert "8  wmo " in out
    assert f"regie inrichting laad {file}" in out
    assert "regie applicatie wachtwoord RMC-loket" in out
    inrichting = read_file(file).inrichting
    assert (inrichting.gemeente.naam, inrichting.gemeente.code) == ("Ons Dorp", "0599")
    assert [one.naam for one in inrichting.applicatie] == ["WmoVoorziening", "RMC-loket"]
    assert CliRunner().invoke(app, ["controleer", str(file)]).stdout.startswith(f"{file} is in orde")


def test_nieuw_asks_again_for_a_kind_that_is_not_there(tmp_path: Path) -> None:
    """The answers before it are kept, and a space parts names as a comma does."""
    file = tmp_path / "mijn.toml"
    code, _, err = run("--naar", str(file), answers="Ons Dorp\n0599\nwmo zorg\nwmo wwb\n")
    assert code == 0
    assert "'zorg' staat er niet bij" in err
    assert len(read_file(file).inrichting.applicatie) == 2


def test_nieuw_asks_nothing_when_it_was_told_all(tmp_path: Path) -> None:
    file = tmp_path / "mijn.toml"
    told = ("--naam", "Ons Dorp", "--code", "0599", "--soort", "wmo", "--soort", "wwb", "--naar", str(file))
    assert run(*told)[0] == 0
    assert len(read_file(file).inrichting.applicatie) == 2
    assert run("--naam", "x", "--code", "0599", "--soort", "alle", "--naar", str(tmp_path / "alle.toml"))[0] == 0
    assert len(read_file(tmp_path / "alle.toml").inrichting.applicatie) == 9


def test_nieuw_replaces_a_file_only_when_told(tmp_path: Path) -> None:
    file = tmp_path / "mijn.toml"
    file.write_text("van mij")
    told = ("--naam", "Ons Dorp", "--code", "0599", "--soort", "wmo", "--naar", str(file))
    code, _, error = run(*told)
    assert (code, "is er al" in error, file.read_text()) == (1, True, "van mij")
    with pytest.raises(FileIsThere):  # also when it came while the questions were asked
        write_new(file, "x", overwrite=False)
    assert file.read_text() == "van mij"
    assert run(*told, "--overschrijf")[0] == 0
    assert read_file(file).inrichting.gemeente.naam == "Ons Dorp"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("--code", "599"), 'gemeente.code: "599" moet uit precies vier cijfers bestaan'),
        (("--code", '0599"\n[x]'), "gemeente.code"),
        (("--naam", ""), "gemeente.naam"),
        (("--naam", "\x01"), "onleesbaar teken"),
        (("--soort", "zorg"), "zorg is geen soort backoffice"),
        (("--naar", "/nergens/mijn.toml"), "kan niet worden geschreven (bestaat niet)"),
    ],
)
def test_nieuw_writes_nothing_that_is_wrong(told: tuple[str, str], said: str, tmp_path: Path) -> None:
    options = {"--naam": "Ons Dorp", "--code": "0599", "--soort": "wmo", "--naar": str(tmp_path / "mijn.toml")}
    options |= dict([told])
    code, out, error = run(*(word for option in options.items() for word in option))
    assert (code, out, said in error) == (1, "", True), error
    assert list(tmp_path.iterdir()) == []


def test_a_municipality_can_make_every_agreement_that_has_a_setting(tmp_path: Path) -> None:
    """The file of `nieuw`, with the signs before its choices and abonnementen taken away and its blanks filled in."""
    text = compose("Ons Dorp", "0599", ["wmo"])
    text = re.sub(r"^# (\w+ = (?:true|false|\"beide\"|\"https://register))", r"\1", text, flags=re.MULTILINE)
    text = text.replace('adres = "" ', 'certificaat = "CN=wmo"\nadres = "https://x/" ')
    before, _, after = text.partition("# Wie krijgt bericht waarvan.")
    file = tmp_path / "mijn.toml"
    file.write_text(before + re.sub(r"^# ", "", after.partition("\n\n\n")[2], flags=re.MULTILINE))
    outcome = CliRunner().invoke(regie, ["checklist", str(file), "--eis-alles"])
    assert (outcome.exit_code, "[ ]" in outcome.stdout) == (0, False), outcome.stdout
