"""The reports of `regie conformiteit`: the command against our own server, and what it writes."""

import re
from pathlib import Path

import pytest
from lxml import etree
from tests.conftest import Server
from tests.conftest import regie as command

from regiesysteem.conformance.exchanged import read_log
from regiesysteem.conformance.profile import DEFAULT, Profile, example, read_profile
from regiesysteem.stuf.xml import parse


@pytest.fixture
def written(server: Server, tmp_path: Path) -> Path:
    """A directory with every report of one run of the first two scenarios."""
    files = ("--junit", tmp_path / "j.xml", "--html", tmp_path / "r.html", "--verslag", tmp_path / "log.jsonl")
    outcome = command(
        *("conformiteit", "--rol", "zaaksysteem", "--adres", f"{server.url}/stuf", "--scenario", "2"),
        *map(str, files),
        *("--berichten", str(tmp_path / "berichten")),
    )
    assert outcome.returncode == 0, outcome.stderr
    (tmp_path / "scherm").write_text(outcome.stdout)
    return tmp_path


def test_a_run_shows_a_line_per_scenario_and_writes_its_reports(written: Path) -> None:
    screen = (written / "scherm").read_text()
    assert re.search(r"^geslaagd +2 +\S", screen, re.MULTILINE)
    assert "2 scenario's: 2 geslaagd" in screen
    junit = parse((written / "j.xml").read_bytes())
    assert junit.xpath("string(testsuite/@failures)") == "0"
    assert set(junit.xpath("//testcase/@classname")) == {"rzs-1.0.zaaksysteem.1", "rzs-1.0.zaaksysteem.2"}
    page = etree.HTML((written / "r.html").read_text())
    assert "Alle verplichte scenario's zijn geslaagd." in "".join(page.itertext())
    assert page.xpath("//script | //link | //img | //@src") == []
    head, exchanges = read_log((written / "log.jsonl").read_bytes())
    assert head.role == "rzs-1.0/zaaksysteem"
    assert len(list((written / "berichten").iterdir())) == 2 * len(exchanges)


def test_a_log_is_judged_again_without_traffic(written: Path) -> None:
    """With an answer that is wrong the verdict is another one, and the reason is in every report."""
    log = written / "log.jsonl"
    assert command("conformiteit", "--herkeur", str(log)).returncode == 0
    log.write_text(log.read_text().replace("Bv03", "Bv04"))
    outcome = command("conformiteit", "--herkeur", str(log), "--junit", str(written / "j.xml"))
    assert outcome.returncode == 1
    assert "verwacht Bv03; gevonden Bv04Bericht" in outcome.stdout
    junit = parse((written / "j.xml").read_bytes())
    assert "verwacht Bv03; gevonden Bv04Bericht" in junit.xpath("string(//failure/@message)")


def test_what_a_system_lacks_is_lacking_when_it_is_judged_again_too(server: Server, tmp_path: Path) -> None:
    profile, log = tmp_path / "p.toml", tmp_path / "log.jsonl"
    profile.write_text('niet_ondersteund = ["levensdomeinplan"]')
    where = ("--rol", "zaaksysteem", "--adres", f"{server.url}/stuf", "--profiel", str(profile))
    played = command("conformiteit", *where, "--scenario", "4", "--verslag", str(log))
    again = command("conformiteit", "--herkeur", str(log))
    for outcome in (played, again):
        assert outcome.returncode == 0, outcome.stdout
        assert "4 scenario's: 3 geslaagd, 1 niet ondersteund" in outcome.stdout


def test_nobody_at_the_address_is_no_verdict_on_him() -> None:
    outcome = command("conformiteit", "--rol", "zaaksysteem", "--adres", "http://127.0.0.1:9/stuf")
    assert outcome.returncode == 3
    assert "er is geen verbinding te maken" in outcome.stdout
    assert "gezakt" not in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Geef --rol en --adres"),
        (("--rol", "burgemeester", "--adres", "http://127.0.0.1:9"), "Rol burgemeester is er niet"),
        (("--rol", "zaaksysteem", "--adres", "http://127.0.0.1:9", "--scenario", "99"), "Scenario 99 is er niet"),
        (("--herkeur", "/er/is/niets"), "/er/is/niets is niet te lezen"),
    ],
)
def test_wrong_use_is_told(arguments: tuple[str, ...], said: str) -> None:
    outcome = command("conformiteit", *arguments)
    assert outcome.returncode == 2
    assert said in outcome.stderr


def test_the_example_profile_is_the_default(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(example())
    assert read_profile(file) == DEFAULT
    assert {line.split(" ")[0] for line in example().splitlines() if " = " in line} >= {
        name for name in Profile.model_fields if name not in {"zender", "ontvanger", "zaaktype"}
    }
