"""What goes round a plan in the demo: who is told of it, and to whom it is handed over.

The demo itself speaks SOAP only. A transfer is started on the server's side, with `regie zaak overdragen`, as an
operator does; that needs the database of the server.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from regiesysteem.demo.backoffices import Backoffice, BackofficeFout, Regel, Rol
from regiesysteem.stuf.answers import TIJDZONE

WMO: Final = Rol("WmoVoorziening", 8091, ("--haal-op", "--antwoord", "status:2"))
SCHULDHULP: Final = Rol("Schuldhulp", 8092, ("--overdracht", "weigeren"))

_WACHT_S: Final = 20.0
_OPDRACHT_S: Final = 120.0


_ALS_ZAAK: Final = {"Creeer zaak": "nieuwe zaak"}
"""What a zakLk01 says where a notificeerOverZaak names the gebeurtenis."""


class Rondom:
    """The back offices beside the play; `bereikbaar` says whether commands can reach the database of the server."""

    def __init__(self, lopend: dict[str, Backoffice], scherm: Console, *, bereikbaar: bool) -> None:
        self._lopend = lopend
        self._scherm = scherm
        self._bereikbaar = bereikbaar
        if bereikbaar:
            # What was tried while nobody listened may rest for an hour.
            for naam in lopend:
                _regie("notificaties", "opnieuw", "--ontvanger", naam)

    def verteld(self, zaak: str, gebeurtenis: str, aan: Iterable[Rol], status: str = "") -> None:
        """See that these were told of what happened to a zaak. Raises BackofficeFout when one was not."""
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

    def draag_over(self, zaak: str, rol: Rol, *, geaccepteerd: bool) -> bool:
        """Let the server offer a zaak to a back office, and see what that answers; False when it cannot be started."""
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
        """Hang under a zaak who was told what of it, and when; and what the back offices told themselves."""
        regels = [regel for een in self._lopend.values() for regel in een.regels() if regel.zaak == zaak]
        for regel in sorted(regels, key=lambda regel: regel.moment):
            if tekst := _zin(regel):
                tak.add(f"[dim]{_klok(regel)}[/] [cyan]{regel.applicatie}[/] {escape(tekst)}")

    def _wacht(self, rol: Rol, past: Callable[[Regel], bool], wat: str) -> Regel:
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

    def _toon(self, regel: Regel) -> None:
        wie = f"[cyan]{regel.applicatie:<15}[/] [bold]{_soort(regel):<34}[/]"
        self._scherm.print(f"  {wie} {escape(_zin(regel))} [dim]{_klok(regel)}[/]", soft_wrap=True)


_ELDERS: Final = "De overdracht is overgeslagen: vanaf hier is de database van de server niet te bereiken."


def _regie(*opdracht: str) -> str:
    """Run a command of ours; "" when it did what it should, else what it said."""
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


def _zin(regel: Regel) -> str:
    """A line for people; "" for what tells nothing, such as a question."""
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


def _soort(regel: Regel) -> str:
    return f"{regel.soort} {'<-' if regel.richting == 'ontvangen' else '->'}"


def _klok(regel: Regel) -> str:
    return f"{regel.moment.astimezone(TIJDZONE):%H:%M:%S.%f}"[:-3]
