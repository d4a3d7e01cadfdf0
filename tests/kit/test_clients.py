"""The scripts of voorbeelden/clients: each plays the story in a language of vendors, where that is on this machine."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3
from tests.browser.world import World

from regiesysteem.conformance.judgement import open_message
from regiesysteem.kit.story import from_us
from regiesysteem.stuf.schema import check

CLIENTS = Path(__file__).parents[2] / "voorbeelden/clients"
_JAXWS = Path("/usr/share/java/jaxws-rt.jar")
SAID = [
    r"zaak 1900\d{10}",
    "creeerZaak: Bv03",
    "actualiseerZaakstatus: Bv03",
    "geefZaakstatus: Gezinsplan opgesteld",
    "voegZaakdocumentToe: Bv03",
    "creeerZaak nog eens: StUF067",
]


def _zeep(_: Path) -> list[str]:
    return [sys.executable, "-W", "error", str(CLIENTS / "verhaal.py")]


def _node(directory: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not on this machine")
    for name in ("package.json", "package-lock.json", "verhaal.js"):
        shutil.copy(CLIENTS / name, directory)
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    outcome = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if outcome.returncode:
        pytest.skip(f"npm ci finds no packages here: {outcome.stderr[-300:]}")
    return ["node", str(directory / "verhaal.js")]


def _php(_: Path) -> list[str]:
    asks = ["php", "-r", "exit(extension_loaded('soap') ? 0 : 1);"]
    if shutil.which("php") is None or subprocess.run(asks, check=False).returncode:
        pytest.skip("php with its soap extension is not on this machine (Debian: php-cli, php-soap)")
    return ["php", str(CLIENTS / "verhaal.php")]


def _java(_: Path) -> list[str]:
    if shutil.which("javac") is None or not _JAXWS.is_file():
        pytest.skip("JAX-WS and a JDK are not on this machine (Debian: jaxws, default-jdk-headless)")
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", str(_JAXWS), "Verhaal.java"]


@pytest.mark.parametrize("client", [_zeep, _node, _php, _java])
def test_a_client_plays_the_story(server: World, tmp_path: Path, client: Callable[[Path], list[str]]) -> None:
    command = [*client(tmp_path), f"{server.url}/stuf"]
    outcome = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True, check=False)
    lines = outcome.stdout.splitlines()
    assert len(lines) == len(SAID), outcome.stdout + outcome.stderr
    for line, said in zip(lines, SAID, strict=True):
        assert re.fullmatch(said, line), outcome.stdout + outcome.stderr


def test_the_receiver_confirms_what_we_send() -> None:
    command = [sys.executable, str(CLIENTS / "ontvanger.py"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            for sent in from_us():
                head = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{sent.message.action}"'}
                answer = urllib3.request("POST", url, body=sent.text.encode(), headers=head, retries=False)
                opened = open_message(answer.data)
                assert opened.message is not None
                assert (opened.name, check(opened.message)) == ("Bv03Bericht", [])
                kruis = re.search("referentienummer>([^<]*)", sent.text)
                assert kruis is not None
                assert opened.message.findtext(".//{*}crossRefnummer") == kruis[1]
        finally:
            process.kill()
        assert process.stdout.readline() == "notificeerOverZaak_Di01 over zaak 19000000000001\n"
