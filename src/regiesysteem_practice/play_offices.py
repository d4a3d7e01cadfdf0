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
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from regiesysteem.config import TIME_ZONE
from regiesysteem.errors import Reportable
from regiesysteem.local import get_own, is_this_machine

# --- The back offices of the demo: real processes (`regie backoffice`), started and ended here

_START_S: Final = 30.0
_LOOK_S: Final = 0.05
_STOP_S: Final = 10.0


class BackofficeError(Reportable):
    """A back office does not run, or did not get its messages; the text says in Dutch what to look at."""


@dataclass(frozen=True)
class Role:
    """A back office of the demo: its name, its port in the shipped inrichting, and its behaviour."""

    naam: str
    port: int
    behaviour: tuple[str, ...]


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
    port: int
    map: Path
    process: "subprocess.Popen[bytes]"
    _parsed: list[ArchiveLine] = field(default_factory=list)

    def lines(self) -> list[ArchiveLine]:
        """The messages that it got and sent until now, in order."""
        overview = self.map / "berichten.jsonl"
        text = overview.read_text() if overview.exists() else ""
        # Lines are only added; one that is being written does not count yet.
        new = text.splitlines(keepends=True)[len(self._parsed) :]
        self._parsed += [_line(self.rol.naam, json.loads(one)) for one in new if one.endswith("\n")]
        return self._parsed

    def wait_for(self, fits: Callable[[ArchiveLine], bool], seconds: float) -> ArchiveLine | None:
        """Wait for a line; None when none comes in time. Raises BackofficeError when the process ends."""
        until = time.monotonic() + seconds
        while True:
            found = next(filter(fits, self.lines()), None)
            if found is not None or time.monotonic() > until:
                return found
            if self.process.poll() is not None:
                raise BackofficeError(f"Backoffice {self.rol.naam} is gestopt: {self.output()}")
            time.sleep(_LOOK_S)

    def output(self) -> str:
        """Its output on the terminal."""
        return (self.map / "uitvoer").read_text(errors="replace").strip()

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def backoffices(server: str, rollen: dict[Role, int]) -> Iterator[dict[str, RunningOffice]]:
    """Start these at these ports, and end them however this ends. Raises BackofficeError when one does not start."""
    with ExitStack() as batch:
        map_ = Path(batch.enter_context(tempfile.TemporaryDirectory(prefix="regie-demo-")))
        running = {}
        for rol, port in rollen.items():
            running[rol.naam] = one = _start(server, rol, port, map_ / rol.naam)
            batch.callback(one.stop)
        for one in running.values():
            _wait_until_open(one)
        yield running


def _start(server: str, rol: Role, port: int, map_: Path) -> RunningOffice:
    map_.mkdir()
    options = ("--naam", rol.naam, "--poort", str(port), "--server", server, "--sla-op", str(map_), *rol.behaviour)
    with (map_ / "uitvoer").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", "backoffice", *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the demo, which ends it
        )
    return RunningOffice(rol, port, map_, process)


def _wait_until_open(one: RunningOffice) -> None:
    until = time.monotonic() + _START_S
    while f"Backoffice {one.rol.naam} luistert" not in one.output():
        if one.process.poll() is not None:
            raise BackofficeError(
                f"Backoffice {one.rol.naam} van de demo start niet. {one.output()}\n"
                "De demo start zelf haar backoffices; stop wie daar luistert, of geef de demo een andere poort "
                "(regie demo --help)."
            )
        if time.monotonic() > until:
            raise BackofficeError(f"Backoffice {one.rol.naam} van de demo start niet binnen {_START_S:.0f} seconden.")
        time.sleep(_LOOK_S)
    with get_own(f"http://127.0.0.1:{one.port}/", timeout=_STOP_S):
        pass


def _line(applicatie: str, parsed: dict[str, Any]) -> ArchiveLine:
    names = ("richting", "soort", "zaak", "gebeurtenis", "status", "gezinsplan", "meegestuurd", "wat")
    fields = {naam: str(parsed.get(naam, "")) for naam in names}
    return ArchiveLine(datetime.fromisoformat(parsed["tijd"]), applicatie, **fields)


# --- The news of a plan in the demo: who is told of it, and to whom it is handed over

WMO: Final = Role("WmoVoorziening", 8091, ("--haal-op", "--antwoord", "status:2"))
SCHULDHULP: Final = Role("Schuldhulp", 8092, ("--overdracht", "weigeren"))

_WAIT_S: Final = 20.0
_COMMAND_S: Final = 120.0


_AS_ZAAK: Final = {"Creeer zaak": "nieuwe zaak"}
"""The event of a zakLk01, by its mutatiesoort; a notificeerOverZaak names it."""


class Surroundings:
    """The back offices beside the play; `reachable` says whether commands can reach the database of the server."""

    def __init__(self, running: dict[str, RunningOffice], screen: Console, *, reachable: bool) -> None:
        self._running = running
        self._screen = screen
        self._reachable = reachable
        if reachable:
            # A message that was tried while nobody listened may rest for an hour.
            for naam in running:
                _regie("notificaties", "opnieuw", "--ontvanger", naam)

    def told(self, zaak: str, gebeurtenis: str, to: Iterable[Role], status: str = "") -> None:
        """See that these were told of an event of a zaak. Raises BackofficeError when one was not."""
        for rol in to:
            found = self._wait(
                rol,
                lambda line: (
                    (line.richting, line.zaak) == ("ontvangen", zaak)
                    and line.gebeurtenis in {gebeurtenis, _AS_ZAAK.get(gebeurtenis)}
                    and line.status.startswith(status)
                ),
                f"dat zaak {zaak} iets overkwam: {gebeurtenis}",
            )
            self._show(found)

    def hand_over(self, zaak: str, rol: Role, *, geaccepteerd: bool) -> bool:
        """Let the server offer a zaak to a back office, and see its answer; False when it cannot be started."""
        error = _regie("zaak", "overdragen", zaak, rol.naam) if self._reachable else _ELSEWHERE
        if error:
            self._screen.print(f"  {error}", soft_wrap=True, markup=False)
            self._screen.print(
                f"  Zelf proberen kan waar de server draait: regie zaak overdragen {zaak} {rol.naam}", soft_wrap=True
            )
            return False
        offer = self._wait(rol, lambda line: (line.soort, line.zaak) == ("overdragenZaak", zaak), "de overdracht")
        self._show(offer)
        answer = self._wait(
            rol, lambda line: (line.soort, line.zaak) == ("bevestigOverdragenZaak", zaak), "het antwoord"
        )
        self._show(answer)
        if geaccepteerd:
            reported = self._wait(
                rol,
                lambda line: (line.soort, line.zaak) == ("actualiseerZaakstatus_Lk01", zaak),
                "de eerste terugmelding",
            )
            self._show(reported)
        return True

    def show_links(self, plan: str, server: str) -> None:
        """Show the links with which three people log in once and see a plan, where the commands can make them."""
        if not (self._reachable and is_this_machine(server)):
            return
        address = urlsplit(server)
        begin = f"{address.scheme}://{address.netloc}"
        succeeded, output = _run_regie("account", "demo-links", plan, "--adres", begin)
        if succeeded:
            self._screen.print(f"\nBekijk plan {plan} zelf; elke link logt één keer in, binnen een half uur:")
            self._screen.print(output, soft_wrap=True, markup=False, highlight=False)

    def report(self, branch: Tree, zaak: str) -> None:
        """Add the news of a zaak to it in the tree: who was told, and when; and the reports of the back offices."""
        lines = [line for one in self._running.values() for line in one.lines() if line.zaak == zaak]
        for line in sorted(lines, key=lambda line: line.moment):
            if text := _sentence(line):
                branch.add(f"[dim]{_clock(line)}[/] [cyan]{line.applicatie}[/] {escape(text)}")

    def _wait(self, rol: Role, fits: Callable[[ArchiveLine], bool], what: str) -> ArchiveLine:
        backoffice = self._running[rol.naam]
        found = backoffice.wait_for(fits, _WAIT_S)
        if found is None:
            raise BackofficeError(
                f"{rol.naam} zag niet binnen {_WAIT_S:.0f} seconden: {what}. Kijk op de server of:\n"
                "- er een worker draait; `make run` start er een, anders: regie worker\n"
                f"- de inrichting bij {rol.naam} het adres http://127.0.0.1:{backoffice.port}/stuf heeft, en een "
                "abonnement, zoals de meegeleverde; nieuw inladen: regie inrichting laad BESTAND\n"
                f"- er iets wacht of gestrand is: regie notificaties lijst --ontvanger {rol.naam}"
            )
        return found

    def _show(self, line: ArchiveLine) -> None:
        who = f"[cyan]{line.applicatie:<15}[/] [bold]{_soort(line):<34}[/]"
        self._screen.print(f"  {who} {escape(_sentence(line))} [dim]{_clock(line)}[/]", soft_wrap=True)


_ELSEWHERE: Final = "De overdracht is overgeslagen: vanaf hier is de database van de server niet te bereiken."


def _regie(*command: str) -> str:
    """Run a command of ours; "" when it succeeded, else its output."""
    succeeded, output = _run_regie(*command)
    return "" if succeeded else output or f"regie {' '.join(command)} mislukte"


def _run_regie(*command: str) -> tuple[bool, str]:
    """Run a command of ours: whether it succeeded, and what it says."""
    try:
        ready = subprocess.run(
            [sys.executable, "-m", "regiesysteem", *command],
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return False, f"regie {' '.join(command)} was niet binnen {_COMMAND_S:.0f} seconden klaar"
    return ready.returncode == 0, (ready.stderr if ready.returncode else ready.stdout).strip()


def _sentence(line: ArchiveLine) -> str:
    """A line for people; "" for a message without news, such as a question."""
    match line.richting, line.soort:
        case "ontvangen", "overdragenZaak":
            return f"kreeg {line.zaak} aangeboden"
        case "ontvangen", "geweigerd":
            return ""
        case "ontvangen", _:
            status = f", status {line.status}" if line.status else ""
            plan = f", hoort bij {line.gezinsplan}" if line.gezinsplan else ""
            along = f", met {line.meegestuurd}" if line.meegestuurd else ""
            return f"hoorde: {line.gebeurtenis}{status}{plan}{along}"
        case "verstuurd", "bevestigOverdragenZaak" | "actualiseerZaakstatus_Lk01" | "updateZaak_Lk01":
            return f"antwoordde: {line.wat}" if line.soort == "bevestigOverdragenZaak" else f"meldde: {line.wat}"
        case _:
            return ""


def _soort(line: ArchiveLine) -> str:
    return f"{line.soort} {'<-' if line.richting == 'ontvangen' else '->'}"


def _clock(line: ArchiveLine) -> str:
    return f"{line.moment.astimezone(TIME_ZONE):%H:%M:%S.%f}"[:-3]
