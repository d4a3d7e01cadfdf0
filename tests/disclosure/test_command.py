"""`regie inzageverzoek`: where the BSN may come from, and what is written."""

import json
from pathlib import Path

import pytest
from tests.berichten.bouw import gezinsplan, lk01, new_number
from tests.soap.conftest import Door
from typer.testing import CliRunner, Result

from regiesysteem.cli import app

BSN = "999990068"


@pytest.fixture
def run(door: Door, module_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Run":
    """Runs the command on the database of this module."""
    monkeypatch.setenv("REGIE_DATABASE_URL", module_database_url)
    monkeypatch.setenv("REGIE_DATA_DIR", str(tmp_path / "data"))
    return Run()


class Run:
    """The command, in this process."""

    def __call__(self, *arguments: str, said: str = "") -> Result:
        """Run it, with a text on standard input."""
        return CliRunner().invoke(app, ["inzageverzoek", *arguments], input=said)


def test_the_bsn_comes_from_standard_input_so_that_no_history_has_it(door: Door, run: Run, tmp_path: Path) -> None:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number, BSN)))
    folder = tmp_path / "uit"
    outcome = run("--uit", str(folder), said=f"{BSN}\n")
    assert outcome.exit_code == 0, outcome.output
    assert "1 zaken" in outcome.stdout
    assert BSN not in outcome.output
    data = json.loads((folder / "inzage.json").read_text())
    assert [one["identificatie"] for one in data["zaken"]] == [number]
    assert data["gemeente"] == "Voorbeeldgemeente"
    assert (folder / "inzage.html").exists()


def test_only_json_leaves_the_page_out(run: Run, tmp_path: Path) -> None:
    assert run(BSN, "--uit", str(tmp_path / "uit"), "--json").exit_code == 0
    assert [one.name for one in (tmp_path / "uit").iterdir()] == ["inzage.json"]


@pytest.mark.parametrize("wrong", ["999990069", "12", "", "abcdefghi"])
def test_a_number_that_is_no_bsn_is_refused_and_not_repeated(run: Run, tmp_path: Path, wrong: str) -> None:
    outcome = run("--uit", str(tmp_path / "uit"), said=f"{wrong}\n")
    assert outcome.exit_code == 1
    assert "elfproef" in outcome.output
    assert not wrong or wrong not in outcome.output
    assert not (tmp_path / "uit").exists()
