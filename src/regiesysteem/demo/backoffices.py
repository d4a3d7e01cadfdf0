"""The back offices of the demo: real processes (`regie backoffice`), started and ended here.

What they got and did is read from the files that they keep.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from regiesysteem.meldbaar import Meldbaar
from regiesysteem.nabij import vraag

_START_S: Final = 30.0
_KIJK_S: Final = 0.05
_STOP_S: Final = 10.0


class BackofficeFout(Meldbaar):
    """A back office does not run, or did not get what it should; the text says in Dutch what to look at."""


@dataclass(frozen=True)
class Rol:
    """A back office of the demo: its name, its port in the shipped inrichting, and how it behaves."""

    naam: str
    poort: int
    gedrag: tuple[str, ...]


@dataclass(frozen=True)
class Regel:
    """Something that a back office got or sent, and when; what is not about it is ""."""

    moment: datetime
    applicatie: str
    richting: str
    soort: str
    zaak: str
    gebeurtenis: str = ""
    status: str = ""
    gezinsplan: str = ""
    meegestuurd: str = ""
    wat: str = ""


@dataclass
class Backoffice:
    """A back office that runs."""

    rol: Rol
    poort: int
    map: Path
    proces: "subprocess.Popen[bytes]"
    _gelezen: list[Regel] = field(default_factory=list)

    def regels(self) -> list[Regel]:
        """What it got and sent until now, in order."""
        overzicht = self.map / "berichten.jsonl"
        tekst = overzicht.read_text() if overzicht.exists() else ""
        # Lines are only added; one that is being written is not there yet.
        nieuw = tekst.splitlines(keepends=True)[len(self._gelezen) :]
        self._gelezen += [_regel(self.rol.naam, json.loads(een)) for een in nieuw if een.endswith("\n")]
        return self._gelezen

    def wacht_op(self, past: Callable[[Regel], bool], seconden: float) -> Regel | None:
        """Wait for a line; None when none comes in time. Raises BackofficeFout when the process ends."""
        uiterlijk = time.monotonic() + seconden
        while True:
            gevonden = next(filter(past, self.regels()), None)
            if gevonden is not None or time.monotonic() > uiterlijk:
                return gevonden
            if self.proces.poll() is not None:
                raise BackofficeFout(f"Backoffice {self.rol.naam} is gestopt: {self.uitvoer()}")
            time.sleep(_KIJK_S)

    def uitvoer(self) -> str:
        """What it said on the terminal."""
        return (self.map / "uitvoer").read_text(errors="replace").strip()

    def stop(self) -> None:
        """End it."""
        self.proces.terminate()
        try:
            self.proces.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.proces.kill()
            self.proces.wait()


@contextmanager
def backoffices(server: str, rollen: dict[Rol, int]) -> Iterator[dict[str, Backoffice]]:
    """Start these at these ports, and end them however this ends. Raises BackofficeFout when one does not start."""
    with ExitStack() as stapel:
        map_ = Path(stapel.enter_context(tempfile.TemporaryDirectory(prefix="regie-demo-")))
        lopend = {}
        for rol, poort in rollen.items():
            lopend[rol.naam] = een = _start(server, rol, poort, map_ / rol.naam)
            stapel.callback(een.stop)
        for een in lopend.values():
            _wacht_tot_open(een)
        yield lopend


def _start(server: str, rol: Rol, poort: int, map_: Path) -> Backoffice:
    map_.mkdir()
    opties = ("--naam", rol.naam, "--poort", str(poort), "--server", server, "--sla-op", str(map_), *rol.gedrag)
    with (map_ / "uitvoer").open("wb") as uitvoer:
        proces = subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", "backoffice", *opties],
            stdin=subprocess.DEVNULL,
            stdout=uitvoer,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the demo, which ends it
        )
    return Backoffice(rol, poort, map_, proces)


def _wacht_tot_open(een: Backoffice) -> None:
    uiterlijk = time.monotonic() + _START_S
    while f"Backoffice {een.rol.naam} luistert" not in een.uitvoer():
        if een.proces.poll() is not None:
            raise BackofficeFout(
                f"Backoffice {een.rol.naam} van de demo start niet. {een.uitvoer()}\n"
                "De demo start zelf haar backoffices; stop wie daar luistert, of geef de demo een andere poort "
                "(regie demo --help)."
            )
        if time.monotonic() > uiterlijk:
            raise BackofficeFout(f"Backoffice {een.rol.naam} van de demo start niet binnen {_START_S:.0f} seconden.")
        time.sleep(_KIJK_S)
    with vraag(f"http://127.0.0.1:{een.poort}/", timeout=_STOP_S):
        pass


def _regel(applicatie: str, gelezen: dict[str, Any]) -> Regel:
    namen = ("richting", "soort", "zaak", "gebeurtenis", "status", "gezinsplan", "meegestuurd", "wat")
    velden = {naam: str(gelezen.get(naam, "")) for naam in namen}
    return Regel(datetime.fromisoformat(gelezen["tijd"]), applicatie, **velden)
