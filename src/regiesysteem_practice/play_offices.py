"""The back offices beside the demo: their processes, the news that they get of a plan, and its transfer.

The demo itself speaks SOAP only. A transfer is started on the server's side, with `regie zaak overdragen`, as an
operator does; that needs the database of the server.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from regiesysteem.errors import Meldbaar
from regiesysteem.local import vraag
from regiesysteem.stuf.answers import TIJDZONE

# --- The back offices of the demo: real processes (`regie backoffice`), started and ended here

_START_S: Final = 30.0
_KIJK_S: Final = 0.05
_STOP_S: Final = 10.0


class BackofficeFout(Meldbaar):
    """A back office does not run, or did not get its messages; the text says in Dutch what to look at."""


@dataclass(frozen=True)
class Role:
    """A back office of the demo: its name, its port in the shipped inrichting, and its behaviour."""

    naam: str
    poort: int
    gedrag: tuple[str, ...]


@dataclass(frozen=True)
class ArchiveLine:
    """A message that a back office got or sent, and when; a part that it does not have is ""."""

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
class RunningOffice:
    """A back office that runs."""

    rol: Role
    poort: int
    map: Path
    proces: "subprocess.Popen[bytes]"
    _gelezen: list[ArchiveLine] = field(default_factory=list)

    def regels(self) -> list[ArchiveLine]:
        """The messages that it got and sent until now, in order."""
        overzicht = self.map / "berichten.jsonl"
        tekst = overzicht.read_text() if overzicht.exists() else ""
        # Lines are only added; one that is being written does not count yet.
        nieuw = tekst.splitlines(keepends=True)[len(self._gelezen) :]
        self._gelezen += [_regel(self.rol.naam, json.loads(een)) for een in nieuw if een.endswith("\n")]
        return self._gelezen

    def wacht_op(self, past: Callable[[ArchiveLine], bool], seconden: float) -> ArchiveLine | None:
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
        """Its output on the terminal."""
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
def backoffices(server: str, rollen: dict[Role, int]) -> Iterator[dict[str, RunningOffice]]:
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


def _start(server: str, rol: Role, poort: int, map_: Path) -> RunningOffice:
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
    return RunningOffice(rol, poort, map_, proces)


def _wacht_tot_open(een: RunningOffice) -> None:
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


def _regel(applicatie: str, gelezen: dict[str, Any]) -> ArchiveLine:
    namen = ("richting", "soort", "zaak", "gebeurtenis", "status", "gezinsplan", "meegestuurd", "wat")
    velden = {naam: str(gelezen.get(naam, "")) for naam in namen}
    return ArchiveLine(datetime.fromisoformat(gelezen["tijd"]), applicatie, **velden)


# --- The news of a plan in the demo: who is told of it, and to whom it is handed over

WMO: Final = Role("WmoVoorziening", 8091, ("--haal-op", "--antwoord", "status:2"))
SCHULDHULP: Final = Role("Schuldhulp", 8092, ("--overdracht", "weigeren"))

_WACHT_S: Final = 20.0
_OPDRACHT_S: Final = 120.0


_ALS_ZAAK: Final = {"Creeer zaak": "nieuwe zaak"}
"""The event of a zakLk01, by its mutatiesoort; a notificeerOverZaak names it."""


class Surroundings:
    """The back offices beside the play; `bereikbaar` says whether commands can reach the database of the server."""

    def __init__(self, lopend: dict[str, RunningOffice], scherm: Console, *, bereikbaar: bool) -> None:
        self._lopend = lopend
        self._scherm = scherm
        self._bereikbaar = bereikbaar
        if bereikbaar:
            # A message that was tried while nobody listened may rest for an hour.
            for naam in lopend:
                _regie("notificaties", "opnieuw", "--ontvanger", naam)

    def verteld(self, zaak: str, gebeurtenis: str, aan: Iterable[Role], status: str = "") -> None:
        """See that these were told of an event of a zaak. Raises BackofficeFout when one was not."""
        for rol in aan:
            gevonden = self._wacht(
                rol,
                lambda regel: (
                    (regel.richting, regel.zaak) == ("ontvangen", zaak)
                    and regel.gebeurtenis in {gebeurtenis, _ALS_ZAAK.get(gebeurtenis)}
                    and regel.status.startswith(status)
                ),
                f"dat zaak {zaak} iets overkwam: {gebeurtenis}",
            )
            self._toon(gevonden)

    def draag_over(self, zaak: str, rol: Role, *, geaccepteerd: bool) -> bool:
        """Let the server offer a zaak to a back office, and see its answer; False when it cannot be started."""
        fout = _regie("zaak", "overdragen", zaak, rol.naam) if self._bereikbaar else _ELDERS
        if fout:
            self._scherm.print(f"  {fout}", soft_wrap=True, markup=False)
            self._scherm.print(
                f"  Zelf proberen kan waar de server draait: regie zaak overdragen {zaak} {rol.naam}", soft_wrap=True
            )
            return False
        aanbod = self._wacht(rol, lambda regel: (regel.soort, regel.zaak) == ("overdragenZaak", zaak), "de overdracht")
        self._toon(aanbod)
        antwoord = self._wacht(
            rol, lambda regel: (regel.soort, regel.zaak) == ("bevestigOverdragenZaak", zaak), "het antwoord"
        )
        self._toon(antwoord)
        if geaccepteerd:
            gemeld = self._wacht(
                rol,
                lambda regel: (regel.soort, regel.zaak) == ("actualiseerZaakstatus_Lk01", zaak),
                "de eerste terugmelding",
            )
            self._toon(gemeld)
        return True

    def verslag(self, tak: Tree, zaak: str) -> None:
        """Add the news of a zaak to it in the tree: who was told, and when; and the reports of the back offices."""
        regels = [regel for een in self._lopend.values() for regel in een.regels() if regel.zaak == zaak]
        for regel in sorted(regels, key=lambda regel: regel.moment):
            if tekst := _zin(regel):
                tak.add(f"[dim]{_klok(regel)}[/] [cyan]{regel.applicatie}[/] {escape(tekst)}")

    def _wacht(self, rol: Role, past: Callable[[ArchiveLine], bool], wat: str) -> ArchiveLine:
        backoffice = self._lopend[rol.naam]
        gevonden = backoffice.wacht_op(past, _WACHT_S)
        if gevonden is None:
            raise BackofficeFout(
                f"{rol.naam} zag niet binnen {_WACHT_S:.0f} seconden: {wat}. Kijk op de server of:\n"
                "- er een worker draait; `make run` start er een, anders: regie worker\n"
                f"- de inrichting bij {rol.naam} het adres http://127.0.0.1:{backoffice.poort}/stuf heeft, en een "
                "abonnement, zoals de meegeleverde; nieuw inladen: regie inrichting laad BESTAND\n"
                f"- er iets wacht of gestrand is: regie notificaties lijst --ontvanger {rol.naam}"
            )
        return gevonden

    def _toon(self, regel: ArchiveLine) -> None:
        wie = f"[cyan]{regel.applicatie:<15}[/] [bold]{_soort(regel):<34}[/]"
        self._scherm.print(f"  {wie} {escape(_zin(regel))} [dim]{_klok(regel)}[/]", soft_wrap=True)


_ELDERS: Final = "De overdracht is overgeslagen: vanaf hier is de database van de server niet te bereiken."


def _regie(*opdracht: str) -> str:
    """Run a command of ours; "" when it succeeded, else its output."""
    try:
        klaar = subprocess.run(
            [sys.executable, "-m", "regiesysteem", *opdracht],
            capture_output=True,
            text=True,
            timeout=_OPDRACHT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"regie {' '.join(opdracht)} was niet binnen {_OPDRACHT_S:.0f} seconden klaar"
    return "" if klaar.returncode == 0 else klaar.stderr.strip() or f"regie {' '.join(opdracht)} mislukte"


def _zin(regel: ArchiveLine) -> str:
    """A line for people; "" for a message without news, such as a question."""
    match regel.richting, regel.soort:
        case "ontvangen", "overdragenZaak":
            return f"kreeg {regel.zaak} aangeboden"
        case "ontvangen", "geweigerd":
            return ""
        case "ontvangen", _:
            status = f", status {regel.status}" if regel.status else ""
            plan = f", hoort bij {regel.gezinsplan}" if regel.gezinsplan else ""
            mee = f", met {regel.meegestuurd}" if regel.meegestuurd else ""
            return f"hoorde: {regel.gebeurtenis}{status}{plan}{mee}"
        case "verstuurd", "bevestigOverdragenZaak" | "actualiseerZaakstatus_Lk01" | "updateZaak_Lk01":
            return f"antwoordde: {regel.wat}" if regel.soort == "bevestigOverdragenZaak" else f"meldde: {regel.wat}"
        case _:
            return ""


def _soort(regel: ArchiveLine) -> str:
    return f"{regel.soort} {'<-' if regel.richting == 'ontvangen' else '->'}"


def _klok(regel: ArchiveLine) -> str:
    return f"{regel.moment.astimezone(TIJDZONE):%H:%M:%S.%f}"[:-3]
