"""`regie conformiteit --luister` as a command: its address, its own store, going on later, and how it stops."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3
from tests.conformance.vendor import Vendor
from tests.conftest import environment, wait_until

from regiesysteem.conformance.consumer_session import ConsumerSession, example_of
from regiesysteem.conformance.listener import Listener, listening
from regiesysteem.conformance.profile import DEFAULT, Profile
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.conformance.scenarios import load_role
from regiesysteem.conformance.session_screen import checklist

ROLE = "zds-1.1/zaakservice-consumer"
STOP_S = 120


@contextmanager
def _session(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """The command that runs: its process, the address that it gives, and what it says."""
    said = directory.with_suffix(".uitvoer")
    with said.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "regiesysteem", "conformiteit", "--rol", ROLE),
                *("--luister", "0", "--sessie", str(directory)),
            ],
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: "Stuur, in" in said.read_text() or process.poll() is not None, "sessie", logboek=said)
        address = re.search(r"Adres van deze sessie: (\S+)/stuf", said.read_text())
        assert address is not None, said.read_text()
        yield process, address[1], said
    finally:
        process.kill()
        process.wait()


def _store(directory: Path) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", (directory / "register" / "logboek").read_text())
    assert found is not None
    return found[0]


def _answers(url: str) -> bool:
    try:
        urllib3.request("GET", url, retries=False, timeout=5)
    except urllib3.exceptions.HTTPError:
        return False
    return True


def test_a_session_stops_with_a_verdict_and_goes_on_later(korte_map: Path) -> None:
    """Stopped halfway it gives what it has and leaves no store; with the same directory it has the rest to come."""
    scenarios, directory = load_role(ROLE), korte_map / "sessie"
    with _session(directory) as (process, address, said):
        vendor = Vendor(address)
        vendor.play(scenarios[:2])
        store = _store(directory)
        assert _answers(store)
        process.terminate()
        assert process.wait(STOP_S) == 4, said.read_text()
        assert "6 scenario's: 2 geslaagd, 4 onvolledig" in said.read_text()
        assert not _answers(store)
    with _session(directory) as (process, address, said):
        assert address.endswith(vendor.address.rpartition("/")[2])
        vendor.address = address
        vendor.play(scenarios[2:])
        vendor.close()
        assert process.wait(STOP_S) == 0, said.read_text()
        assert "6 scenario's: 6 geslaagd" in said.read_text()


def test_the_trekker_makes_the_system_send(korte_map: Path) -> None:
    """It gets the scenario and the step; the session ends when the message is there."""
    scenarios, recorder = load_role(ROLE)[:1], Recorder()
    message = example_of(scenarios[0].stap[0], DEFAULT, {})
    (korte_map / "bericht.xml").write_bytes(message.envelope)
    own = DEFAULT.zender.as_systeem()
    listener = Listener("t", "http://127.0.0.1:9", recorder, {message.operation: "Bv03"}, own)
    with listening(listener, "t", "127.0.0.1", 0) as address:
        script = korte_map / "trek.py"
        script.write_text(
            "import sys, urllib.request\n"
            f"data = open({str(korte_map / 'bericht.xml')!r}, 'rb').read()\n"
            f"headers = {{'SOAPAction': {message.action!r}, 'Content-Type': 'text/xml'}}\n"
            f"urllib.request.urlopen(urllib.request.Request({address + '/stuf'!r}, data, headers)).read()\n"
            f"open({str(korte_map / 'gevraagd')!r}, 'a').write(' '.join(sys.argv[1:]))\n"
        )
        profile = Profile(trekker=f"{sys.executable} {script}")
        report = ConsumerSession(ROLE, scenarios, profile, recorder).run(STOP_S)
    assert (korte_map / "gevraagd").read_text() == f"{ROLE}/1 1"
    assert report.exit_code() == 0


def test_the_checklist_is_in_words() -> None:
    text = "\n".join(checklist(load_role("rzs-1.0/regiesysteem")))
    assert "een relatie met alleen gezinsplan uit stap 3 van scenario 1" in text
    assert "{" not in text
