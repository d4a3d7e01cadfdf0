"""`regie backoffice` as a process, as the tests see it."""

import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from tests.berichten.bouw import SOAP11, envelop
from tests.conftest import omgeving, vrije_poort, wacht_tot

STOP_S: Final = 10


@dataclass
class Kantoor:
    """A back office that runs: what it said is in `uitvoer`, what it kept in `map`."""

    naam: str
    poort: int
    map: Path
    proces: subprocess.Popen[bytes]

    @property
    def adres(self) -> str:
        return f"http://127.0.0.1:{self.poort}/stuf"

    @property
    def uitvoer(self) -> str:
        return (self.map / "uitvoer").read_text()

    def regels(self, richting: str = "") -> list[dict[str, Any]]:
        """What it got and did, in order; a line that is being written is not there yet."""
        regels = (self.map / "berichten.jsonl").read_bytes().splitlines(keepends=True)
        gelezen = [orjson.loads(regel) for regel in regels if regel.endswith(b"\n")]
        return [regel for regel in gelezen if richting in {"", regel["richting"]}]

    def wacht(self, aantal: int, richting: str = "ontvangen") -> list[dict[str, Any]]:
        """What it got or did, once it is so many."""
        wacht_tot(lambda: len(self.regels(richting)) >= aantal, f"{aantal} x {richting}", logboek=self.map / "uitvoer")
        return self.regels(richting)

    def bericht(self, regel: dict[str, Any]) -> bytes:
        """The message that a line is about, in its envelope."""
        return (self.map / regel["bestand"]).read_bytes()

    def stuur(self, bericht: str, versie: str = SOAP11) -> tuple[int, bytes]:
        """Send it a message: HTTP status and answer."""
        verzoek = urllib.request.Request(self.adres, envelop(bericht, versie), {"Content-Type": "text/xml"})
        try:
            with urllib.request.urlopen(verzoek, timeout=30) as antwoord:
                return antwoord.status, antwoord.read()
        except urllib.error.HTTPError as fout:
            with fout:
                return fout.code, fout.read()

    def typ(self, regel: str) -> None:
        """Type a line on its terminal."""
        assert self.proces.stdin is not None
        self.proces.stdin.write(f"{regel}\n".encode())
        self.proces.stdin.flush()

    def stop(self) -> int:
        """End it as an operator does, and give its exit code."""
        if self.proces.poll() is None:
            self.proces.terminate()
        if self.proces.stdin is not None:
            self.proces.stdin.close()
        return self.proces.wait(STOP_S)


def start(naam: str, map_: Path, server: str, *opties: str, poort: int = 0) -> Kantoor:
    """Start one, and wait until it listens."""
    map_.mkdir()
    poort = poort or vrije_poort()
    opdracht = ("backoffice", "--naam", naam, "--poort", str(poort), "--server", server, "--sla-op", str(map_))
    with (map_ / "uitvoer").open("wb") as uitvoer:
        proces = subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", *opdracht, *opties],
            stdin=subprocess.PIPE,
            stdout=uitvoer,
            stderr=subprocess.STDOUT,
            env=omgeving(COLUMNS="200"),
            start_new_session=True,
        )
    kantoor = Kantoor(naam, poort, map_, proces)
    wacht_tot(lambda: "luistert op" in kantoor.uitvoer or proces.poll() is not None, "backoffice")
    assert proces.poll() is None, kantoor.uitvoer
    return kantoor
