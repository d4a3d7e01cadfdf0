"""`regie backoffice` as a process, as the tests see it."""

import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from tests.berichten.bouw import SOAP11, envelope
from tests.conftest import environment, vrije_port, wait_until

STOP_S: Final = 10


@dataclass
class Office:
    """A back office that runs: what it said is in `output`, what it kept in `map`."""

    naam: str
    port: int
    map: Path
    process: subprocess.Popen[bytes]

    @property
    def adres(self) -> str:
        return f"http://127.0.0.1:{self.port}/stuf"

    @property
    def output(self) -> str:
        return (self.map / "uitvoer").read_text()

    def regels(self, direction: str = "") -> list[dict[str, Any]]:
        """The lines of its work, in order; a line that is being written is not there yet."""
        regels = (self.map / "berichten.jsonl").read_bytes().splitlines(keepends=True)
        parsed = [orjson.loads(regel) for regel in regels if regel.endswith(b"\n")]
        return [regel for regel in parsed if direction in {"", regel["richting"]}]

    def wacht(self, count: int, direction: str = "ontvangen") -> list[dict[str, Any]]:
        """The lines of its work, once there are so many."""
        wait_until(lambda: len(self.regels(direction)) >= count, f"{count} x {direction}", logboek=self.map / "uitvoer")
        return self.regels(direction)

    def bericht(self, regel: dict[str, Any]) -> bytes:
        """The message that a line is about, in its envelope."""
        return (self.map / regel["bestand"]).read_bytes()

    def send(self, bericht: str, versie: str = SOAP11) -> tuple[int, bytes]:
        """Send it a message: HTTP status and answer."""
        request = urllib.request.Request(self.adres, envelope(bericht, versie), {"Content-Type": "text/xml"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def typ(self, regel: str) -> None:
        """Type a line on its terminal."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{regel}\n".encode())
        self.process.stdin.flush()

    def stop(self) -> int:
        """End it as an operator does, and give its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait(STOP_S)


def start(naam: str, map_: Path, server: str, *options: str, port: int = 0) -> Office:
    """Start one, and wait until it listens."""
    map_.mkdir()
    port = port or vrije_port()
    command = ("backoffice", "--naam", naam, "--poort", str(port), "--server", server, "--sla-op", str(map_))
    with (map_ / "uitvoer").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", *command, *options],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(COLUMNS="200"),
            start_new_session=True,
        )
    office = Office(naam, port, map_, process)
    wait_until(lambda: "luistert op" in office.output or process.poll() is not None, "backoffice")
    assert process.poll() is None, office.output
    return office
