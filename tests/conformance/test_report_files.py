"""The reports of `regie conformiteit`: the command against our own server, and what it writes."""

import contextlib
import json
import re
import socket
import stat
import threading
from pathlib import Path

import pytest
from lxml import etree
from tests.browser.world import World
from tests.conftest import regie as command

from regiesysteem.commands import ask_yes
from regiesysteem.conformance.exchanged import Exchanged, read_log
from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.outgoing import Outgoing
from regiesysteem.conformance.profile import DEFAULT, Profile, example, read_profile
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.conformance.report import RunReport
from regiesysteem.conformance.report_files import save_messages
from regiesysteem.stuf.xml import parse


@pytest.fixture
def written(server: World, tmp_path: Path) -> Path:
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


def test_what_a_system_lacks_is_lacking_when_it_is_judged_again_too(server: World, tmp_path: Path) -> None:
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


# --- What somebody else made: an address, an answer, a log


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://wie:geheim-9@127.0.0.1:9/stuf", "mag geen wachtwoord staan"),
        ("file:///etc/passwd", "is geen adres"),
        ("http://[::1/stuf", "is geen adres"),
    ],
)
def test_an_address_with_a_password_or_of_no_web_service_is_refused(address: str, said: str) -> None:
    outcome = command("conformiteit", "--rol", "zaaksysteem", "--adres", address)
    assert (outcome.returncode, said in outcome.stderr) == (2, True)
    assert "geheim-9" not in outcome.stdout + outcome.stderr


def test_an_answer_that_never_ends_is_too_late() -> None:
    """Each part comes in time, and the whole does not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(1_000_000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
                while not stopped.wait(0.1):
                    connection.sendall(b" ")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        line = HttpLine(f"http://127.0.0.1:{server.getsockname()[1]}/stuf", DEFAULT)
        reply = line.post(Outgoing("zakLv01", b"<a/>", "", "1"), 1)
        stopped.set()
        thread.join()
    assert (reply.body, reply.trouble) == (b"", "te laat: na 1 seconden is het antwoord nog niet af")


def _log(file: Path, **other: object) -> Path:
    head = {
        "role": "rzs-1.0/zaaksysteem",
        "moment": "2026",
        "runner": "1",
        "scenarios": "1",
        "address": "",
        "profile": {},
    }
    line = {"moment": "2026", "direction": "uit", "operation": "zakLv01", "action": "", "question": "<a/>"}
    line |= {"scenario": "rzs-1.0/zaaksysteem/1", "step": 1}
    lines = [head | other.get("head", {}), line | other.get("line", {})]  # type: ignore[operator]
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def test_a_log_of_somebody_else_writes_nowhere_but_in_its_directory(tmp_path: Path) -> None:
    log = _log(tmp_path / "log", line={"operation": "/../../../weg", "scenario": "..", "direction": "in"})
    head, exchanges = read_log(log.read_bytes())
    directory = tmp_path / "a" / "b" / "c"
    directory.mkdir(parents=True)
    assert save_messages(RunReport(head.role, (), tuple(exchanges)), directory) == 1
    assert [file.parent for file in tmp_path.rglob("*.xml")] == [directory]


@pytest.mark.parametrize(
    "other",
    [
        {"line": {"question": 1}},
        {"line": {"variables": {}}},
        {"line": {"direction": "heen"}},
        {"head": {"profile": {"zender": 1}}},
        {"head": {"profile": []}},
        {"head": {"address": 1}},
    ],
)
def test_a_log_that_cannot_be_judged_is_told_in_a_line(tmp_path: Path, other: dict[str, object]) -> None:
    outcome = command("conformiteit", "--herkeur", str(_log(tmp_path / "log", **other)))
    assert "Traceback" not in outcome.stderr
    assert outcome.returncode in (1, 2)


def test_what_a_run_leaves_on_disk_is_for_its_owner_alone(written: Path, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "berichten.jsonl")
    recorder.add(Exchanged("2026", "in", "zakLv01", "", "<a/>"))
    files = ("j.xml", "r.html", "log.jsonl", "berichten", "berichten.jsonl")
    assert {name: stat.S_IMODE((written / name).stat().st_mode) & 0o077 for name in files} == dict.fromkeys(files, 0)


def test_a_question_to_a_person_has_nothing_that_his_terminal_obeys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step may quote what a message said, and XML lets a terminal's C1 characters through."""
    asked: list[str] = []
    monkeypatch.setattr("typer.prompt", lambda text, **_: asked.append(text) or "ja")
    assert ask_yes("Sluit zaak 1900\x9b2J")
    assert asked == ["Sluit zaak 1900?2J [ja/nee]"]
