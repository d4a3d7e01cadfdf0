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

from regiesysteem.errors import Reportable
from regiesysteem.local import is_this_machine
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.zkn.operations import OPERATIONS, REGIE

_WAIT_S = 30
_EXAMPLE = "http://127.0.0.1:8080/stuf"


class ConversationError(Reportable):
    """The conversation cannot go on; the text says in Dutch why."""


class Unreachable(ConversationError):
    """Nobody answers at the address; later somebody may."""


def door(adres: str, *, option: str = "--adres") -> str:
    """Give the common door at an address, which may leave out /stuf or have ?wsdl.

    `option` is the source of the address. Raises ConversationError for text that is no address.
    """
    try:
        parts = urlsplit(adres.strip())
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConversationError(f"{adres} is geen adres van een server; geef met {option} er een als {_EXAMPLE}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or '/stuf'}"


class Conversation:
    """Calls operations at `adres` (the common door) and shows the messages on `screen`.

    Raises ConversationError when the server is not there or answers with a fault.
    """

    def __init__(self, adres: str, screen: Console, *, show_berichten: bool = False) -> None:
        self._adres = adres
        self._screen = screen
        self._show_berichten = show_berichten
        self._history = HistoryPlugin()  # type: ignore[no-untyped-call]
        self.aantal = 0
        self._transport = Transport(timeout=_WAIT_S, operation_timeout=_WAIT_S)  # type: ignore[no-untyped-call]
        # The way to another machine may be through the proxy of the environment; the way to this one never is.
        self._transport.session.trust_env = not is_this_machine(adres)
        self._clients = {adres: self._connect(adres)}

    @property
    def last_sent(self) -> bytes:
        """The last message that was sent, in its envelope."""
        sent = self._history.last_sent
        return etree.tostring(sent["envelope"]) if sent else b""

    @property
    def last_received(self) -> bytes:
        """The answer to it, in its envelope; empty when it could not be read."""
        received = self._history.last_received
        return etree.tostring(received["envelope"]) if received else b""

    def _connect(self, adres: str) -> zeep.Client:
        try:
            return zeep.Client(  # type: ignore[no-untyped-call]
                f"{adres}?wsdl",
                transport=self._transport,
                plugins=[self._history],
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise Unreachable(
                f"Op {adres} antwoordt geen server; start hem in een ander venster met: make run"
            ) from error
        except (requests.RequestException, zeep.exceptions.Error, etree.LxmlError) as error:
            raise ConversationError(
                f"{adres}?wsdl geeft geen WSDL; is dit het adres? Gewoonlijk is het {_EXAMPLE}"
            ) from error

    def _client_for(self, dienst: str) -> zeep.Client:
        """The common door has no WSDL for the messages of RZS; they have a namespace of their own."""
        door = OPERATIONS[dienst].door
        adres = f"{self._adres}/{door.path}" if door is REGIE else self._adres
        if adres not in self._clients:
            self._clients[adres] = self._connect(adres)
        return self._clients[adres]

    def question(self, dienst: str, bericht: dict[str, Any], what: str) -> Any:
        """Send a message to an operation, and give the answer as zeep reads it; `what` describes it in a line."""
        answer, duration = self._send(dienst, bericht)
        if isinstance(answer, Fault):
            self._show_xml()
            raise ConversationError(f"{dienst} van {_who(bericht)} is geweigerd: {_explanation(answer)}") from answer
        self._show(dienst, bericht, what, f"[green]{_short(answer):<34}[/] [dim]{duration:.0f} ms[/]")
        return answer

    def refusal(self, dienst: str, bericht: dict[str, Any], what: str) -> None:
        """Send a message that must be refused, and show the fault."""
        answer, duration = self._send(dienst, bericht)
        if not isinstance(answer, Fault):
            raise ConversationError(f"{dienst} van {_who(bericht)} had geweigerd moeten worden")
        self._show(dienst, bericht, what, f"[red]geweigerd[/] {escape(_explanation(answer))} [dim]{duration:.0f} ms[/]")

    def _send(self, dienst: str, bericht: dict[str, Any]) -> tuple[Any, float]:
        """Send a message; the answer, which may be a Fault, and how many milliseconds it took."""
        begin = time.perf_counter()
        try:
            operation = self._client_for(dienst).service[dienst]
        except AttributeError as error:
            raise ConversationError(
                f"{self._adres} kent {dienst} niet; het adres van alle berichten eindigt op /stuf"
            ) from error
        try:
            answer = operation(**bericht)
        except Fault as error:
            answer = error
        except requests.RequestException as error:
            raise Unreachable(f"{dienst} van {_who(bericht)} is mislukt: {self._adres} antwoordt niet meer") from error
        except zeep.exceptions.Error as error:
            raise ConversationError(
                f"{dienst} van {_who(bericht)} is mislukt: het antwoord was niet te lezen"
            ) from error
        self.aantal += 1
        return answer, (time.perf_counter() - begin) * 1000

    def _show(self, dienst: str, bericht: dict[str, Any], what: str, outcome: str) -> None:
        self._screen.print(f"  [cyan]{_who(bericht):<15}[/] [bold]{dienst:<34}[/] {escape(what)}", soft_wrap=True)
        self._screen.print(f"  {'Regiesysteem':<15} {outcome}", soft_wrap=True)
        self._show_xml()

    def _show_xml(self) -> None:
        if not self._show_berichten:
            return
        for side in filter(None, (self._history.last_sent, self._history.last_received)):
            text = etree.tostring(side["envelope"], pretty_print=True, encoding="unicode")
            self._screen.print(text, markup=False, highlight=False, soft_wrap=True)


def text(waarde: Any) -> str:
    """The text of an element as zeep reads it, with attributes or without."""
    inhoud = waarde["_value_1"] if hasattr(waarde, "_value_1") or isinstance(waarde, dict) else waarde
    return "" if inhoud is None else str(inhoud)


def _who(bericht: dict[str, Any]) -> str:
    return str(bericht["stuurgegevens"]["zender"]["applicatie"])


def _short(answer: Any) -> str:
    """The kind of an answer, in a few words."""
    if "berichtcode" in answer:
        return f"{answer['berichtcode']} ontvangen en verwerkt"
    soort = answer["stuurgegevens"]["berichtcode"]
    if soort == "Bv02":
        return "Bv02 ontvangen en verwerkt"
    if soort == "Du02":
        what = next((answer[naam] for naam in ("zaak", "document") if naam in answer), None)
        return f"Du02 {what['identificatie']['_value_1']}" if what else "Du02 in bewerking gegeven"
    found = (answer["antwoord"] or {"object": []})["object"]
    if answer["stuurgegevens"]["entiteittype"] == "EDC":
        return f"{soort} {sum(len(one['inhoud']['_value_1']) for one in found)} bytes"
    return f"{soort} {len(found)} " + ("zaak" if len(found) == 1 else "zaken")


def _explanation(error: Fault) -> str:
    """Code, omschrijving and details of a StUF fault."""
    if error.detail is None:
        return str(error.message)
    parts = [error.detail.findtext(f".//{{{STUF}}}{naam}") for naam in ("code", "omschrijving", "details")]
    return " - ".join(part for part in parts if part) or str(error.message)
