"""The conversation with the server: one zeep client, that shows every message pair in brief."""

import time
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from lxml import etree
from rich.console import Console
from rich.markup import escape
from zeep.exceptions import Fault
from zeep.plugins import HistoryPlugin
from zeep.transports import Transport

from regiesysteem.errors import Meldbaar
from regiesysteem.local import is_deze_machine
from regiesysteem.zkn.operations import OPERATIONS, REGIE

STUF = "http://www.egem.nl/StUF/StUF0301"
_WACHT_S = 30
_VOORBEELD = "http://127.0.0.1:8080/stuf"


class GesprekFout(Meldbaar):
    """The conversation cannot go on; the text says in Dutch why."""


class Onbereikbaar(GesprekFout):
    """Nobody answers at the address; later somebody may."""


def deur(adres: str, *, optie: str = "--adres") -> str:
    """Give the common door at an address, which may leave out /stuf or have ?wsdl.

    `optie` is the source of the address. Raises GesprekFout for text that is no address.
    """
    try:
        delen = urlsplit(adres.strip())
        goed = delen.scheme in {"http", "https"} and bool(delen.hostname) and delen.port != 0
    except ValueError:
        goed = False
    if not goed:
        raise GesprekFout(f"{adres} is geen adres van een server; geef met {optie} er een als {_VOORBEELD}")
    return f"{delen.scheme}://{delen.netloc}{delen.path.rstrip('/') or '/stuf'}"


class Conversation:
    """Calls operations at `adres` (the common door) and shows the messages on `scherm`.

    Raises GesprekFout when the server is not there or answers with a fault.
    """

    def __init__(self, adres: str, scherm: Console, *, toon_berichten: bool = False) -> None:
        self._adres = adres
        self._scherm = scherm
        self._toon_berichten = toon_berichten
        self._verloop = HistoryPlugin()  # type: ignore[no-untyped-call]
        self.aantal = 0
        self._transport = Transport(timeout=_WACHT_S, operation_timeout=_WACHT_S)  # type: ignore[no-untyped-call]
        # The way to another machine may be through the proxy of the environment; the way to this one never is.
        self._transport.session.trust_env = not is_deze_machine(adres)
        self._clients = {adres: self._verbind(adres)}

    @property
    def laatst_verstuurd(self) -> bytes:
        """The last message that was sent, in its envelope."""
        verstuurd = self._verloop.last_sent
        return etree.tostring(verstuurd["envelope"]) if verstuurd else b""

    @property
    def laatst_ontvangen(self) -> bytes:
        """The answer to it, in its envelope; empty when it could not be read."""
        ontvangen = self._verloop.last_received
        return etree.tostring(ontvangen["envelope"]) if ontvangen else b""

    def _verbind(self, adres: str) -> zeep.Client:
        try:
            return zeep.Client(  # type: ignore[no-untyped-call]
                f"{adres}?wsdl",
                transport=self._transport,
                plugins=[self._verloop],
            )
        except (requests.ConnectionError, requests.Timeout) as fout:
            raise Onbereikbaar(
                f"Op {adres} antwoordt geen server; start hem in een ander venster met: make run"
            ) from fout
        except (requests.RequestException, zeep.exceptions.Error, etree.LxmlError) as fout:
            raise GesprekFout(
                f"{adres}?wsdl geeft geen WSDL; is dit het adres? Gewoonlijk is het {_VOORBEELD}"
            ) from fout

    def _client_voor(self, dienst: str) -> zeep.Client:
        """The common door has no WSDL for the messages of RZS; they have a namespace of their own."""
        door = OPERATIONS[dienst].door
        adres = f"{self._adres}/{door.path}" if door is REGIE else self._adres
        if adres not in self._clients:
            self._clients[adres] = self._verbind(adres)
        return self._clients[adres]

    def vraag(self, dienst: str, bericht: dict[str, Any], wat: str) -> Any:
        """Send a message to an operation, and give the answer as zeep reads it; `wat` describes it in a line."""
        antwoord, duur = self._stuur(dienst, bericht)
        if isinstance(antwoord, Fault):
            self._toon_xml()
            raise GesprekFout(f"{dienst} van {_wie(bericht)} is geweigerd: {_uitleg(antwoord)}") from antwoord
        self._toon(dienst, bericht, wat, f"[green]{_kort(antwoord):<34}[/] [dim]{duur:.0f} ms[/]")
        return antwoord

    def weigering(self, dienst: str, bericht: dict[str, Any], wat: str) -> None:
        """Send a message that must be refused, and show the fault."""
        antwoord, duur = self._stuur(dienst, bericht)
        if not isinstance(antwoord, Fault):
            raise GesprekFout(f"{dienst} van {_wie(bericht)} had geweigerd moeten worden")
        self._toon(dienst, bericht, wat, f"[red]geweigerd[/] {escape(_uitleg(antwoord))} [dim]{duur:.0f} ms[/]")

    def _stuur(self, dienst: str, bericht: dict[str, Any]) -> tuple[Any, float]:
        """Send a message; the answer, which may be a Fault, and how many milliseconds it took."""
        begin = time.perf_counter()
        try:
            operatie = self._client_voor(dienst).service[dienst]
        except AttributeError as fout:
            raise GesprekFout(
                f"{self._adres} kent {dienst} niet; het adres van alle berichten eindigt op /stuf"
            ) from fout
        try:
            antwoord = operatie(**bericht)
        except Fault as fout:
            antwoord = fout
        except requests.RequestException as fout:
            raise Onbereikbaar(f"{dienst} van {_wie(bericht)} is mislukt: {self._adres} antwoordt niet meer") from fout
        except zeep.exceptions.Error as fout:
            raise GesprekFout(f"{dienst} van {_wie(bericht)} is mislukt: het antwoord was niet te lezen") from fout
        self.aantal += 1
        return antwoord, (time.perf_counter() - begin) * 1000

    def _toon(self, dienst: str, bericht: dict[str, Any], wat: str, uitkomst: str) -> None:
        self._scherm.print(f"  [cyan]{_wie(bericht):<15}[/] [bold]{dienst:<34}[/] {escape(wat)}", soft_wrap=True)
        self._scherm.print(f"  {'Regiesysteem':<15} {uitkomst}", soft_wrap=True)
        self._toon_xml()

    def _toon_xml(self) -> None:
        if not self._toon_berichten:
            return
        for kant in filter(None, (self._verloop.last_sent, self._verloop.last_received)):
            tekst = etree.tostring(kant["envelope"], pretty_print=True, encoding="unicode")
            self._scherm.print(tekst, markup=False, highlight=False, soft_wrap=True)


def tekst(waarde: Any) -> str:
    """The text of an element as zeep reads it, with attributes or without."""
    inhoud = waarde["_value_1"] if hasattr(waarde, "_value_1") or isinstance(waarde, dict) else waarde
    return "" if inhoud is None else str(inhoud)


def _wie(bericht: dict[str, Any]) -> str:
    return str(bericht["stuurgegevens"]["zender"]["applicatie"])


def _kort(antwoord: Any) -> str:
    """The kind of an answer, in a few words."""
    if "berichtcode" in antwoord:
        return f"{antwoord['berichtcode']} ontvangen en verwerkt"
    soort = antwoord["stuurgegevens"]["berichtcode"]
    if soort == "Bv02":
        return "Bv02 ontvangen en verwerkt"
    if soort == "Du02":
        wat = next((antwoord[naam] for naam in ("zaak", "document") if naam in antwoord), None)
        return f"Du02 {wat['identificatie']['_value_1']}" if wat else "Du02 in bewerking gegeven"
    gevonden = (antwoord["antwoord"] or {"object": []})["object"]
    if antwoord["stuurgegevens"]["entiteittype"] == "EDC":
        return f"{soort} {sum(len(een['inhoud']['_value_1']) for een in gevonden)} bytes"
    return f"{soort} {len(gevonden)} " + ("zaak" if len(gevonden) == 1 else "zaken")


def _uitleg(fout: Fault) -> str:
    """Code, omschrijving and details of a StUF fault."""
    if fout.detail is None:
        return str(fout.message)
    delen = [fout.detail.findtext(f".//{{{STUF}}}{naam}") for naam in ("code", "omschrijving", "details")]
    return " - ".join(deel for deel in delen if deel) or str(fout.message)
