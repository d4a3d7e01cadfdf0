"""The back office itself: the order of its steps after a message, and its messages to the Regiesysteem."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from zeep.xsd import Nil

from regiesysteem.stuf.message import Systeem
from regiesysteem.zkn.rzs import GEACCEPTEERD, REFUSED
from regiesysteem_practice import play_messages
from regiesysteem_practice.choices import TransferChoice
from regiesysteem_practice.conversation import Conversation, ConversationError, Unreachable, text
from regiesysteem_practice.intake import Received
from regiesysteem_practice.record import Archive, Screen

# --- The questions and messages of a back office to the Regiesysteem, with the zeep client of any other application

_DETAILS: Final = {
    "identificatie": Nil,
    "omschrijving": Nil,
    "isVan": play_messages.ZAAKTYPE,
    "heeft": play_messages.STATUSSEN,
    "heeftBetrekkingOpAndere": {
        "entiteittype": "ZAKZAKBTR",
        "gerelateerde": {"entiteittype": "ZAK", "identificatie": Nil, "omschrijving": Nil},
    },
}


class ReturnPath:
    """Sends messages as `own` to a server, one after another; it connects at the first one.

    Every method shows its steps as a block, keeps the messages, and raises ConversationError (Unreachable is one).
    """

    def __init__(self, own: Systeem, server: str, screen: Screen, archief: Archive) -> None:
        self._own = own
        self._server = server
        self._screen = screen
        self._archief = archief
        self._conversation: Conversation | None = None

    def answer(self, zaak: str, offer: str, *, geaccepteerd: bool, melding: str = "") -> None:
        """Answer the transfer that was offered with the message `offer` (RZS 6.8.4)."""
        said = GEACCEPTEERD if geaccepteerd else REFUSED
        bericht = play_messages.bevestig_overdragen_zaak(self._own.applicatie, zaak, said, offer, melding)
        with self._screen.done(f"overdracht van {zaak} {'geaccepteerd' if geaccepteerd else 'geweigerd'}"):
            self._send("bevestigOverdragenZaak", bericht, zaak, said, uitkomst=said)

    def set_status(self, zaak: str, volgnummer: int) -> None:
        """Tell that a zaak reached a status (actualiseerZaakstatus)."""
        wordt = play_messages.modified(zaak, heeft=[play_messages.status(volgnummer)])
        bericht = play_messages.change(self._own.applicatie, play_messages.modified(zaak), wordt)
        with self._screen.done(f"voortgang van {zaak} gemeld"):
            self._send("actualiseerZaakstatus_Lk01", bericht, zaak, f"status {volgnummer}", status=str(volgnummer))

    def change(self, zaak: str, omschrijving: str) -> None:
        """Change the omschrijving of a zaak (updateZaak)."""
        wordt = play_messages.modified(zaak, omschrijving=omschrijving)
        bericht = play_messages.change(self._own.applicatie, play_messages.modified(zaak), wordt)
        with self._screen.done(f"{zaak} gewijzigd"):
            self._send("updateZaak_Lk01", bericht, zaak, f"omschrijving: {omschrijving}")

    def fetch(self, zaak: str) -> None:
        """Ask for everything about a zaak: its details, and its documents with their files."""
        with self._screen.done(f"{zaak} opgehaald", f"{zaak} deels opgehaald"):
            self._fetch_details(zaak)
            for document in self._listing(zaak):
                self._read(zaak, document)

    def _fetch_details(self, zaak: str) -> None:
        bericht = play_messages.question(self._own.applicatie, {"identificatie": zaak}, _DETAILS)
        answer = self._send("geefZaakdetails_Lv01", bericht, zaak, f"details van {zaak}")
        for found in (answer["antwoord"] or {"object": []})["object"]:
            self._show(found)

    def _show(self, found: Any) -> None:
        statussen = [_status(one) for one in _filled(found["heeft"])]
        plans = [one["gerelateerde"] for one in _filled(found["heeftBetrekkingOpAndere"])]
        lines = [("omschrijving", text(found["omschrijving"])), *(("status", one) for one in statussen)]
        lines += [("hoort bij", f"{text(plan['omschrijving'])} ({text(plan['identificatie'])})") for plan in plans]
        for naam, waarde in lines:
            self._screen.line(naam, waarde)

    def _listing(self, zaak: str) -> list[str]:
        bericht = play_messages.listing(self._own.applicatie, zaak)
        answer = self._send("geefLijstZaakdocumenten_Lv01", bericht, zaak, f"documenten van {zaak}")
        found = (answer["antwoord"] or {"object": []})["object"]
        relaties = [relatie for one in found for relatie in _filled(one["heeftRelevant"])]
        return [text(relatie["gerelateerde"]["identificatie"]) for relatie in relaties]

    def _read(self, zaak: str, document: str) -> None:
        bericht = play_messages.read(self._own.applicatie, document)
        answer = self._send("geefZaakdocumentLezen_Lv01", bericht, zaak, f"document {document}")
        for found in (answer["antwoord"] or {"object": []})["object"]:
            inhoud = found["inhoud"]
            naam = str(inhoud["bestandsnaam"] or document) if inhoud is not None else document
            data = (inhoud["_value_1"] or b"") if inhoud is not None else b""
            self._screen.line("document", f"{text(found['titel'])}: {naam}, {len(data)} bytes")
            self._archief.keep("document", naam, data, zaak=zaak)

    def _send(self, dienst: str, bericht: dict[str, Any], zaak: str, what: str, **line: str) -> Any:
        head = bericht["stuurgegevens"]
        head["zender"]["organisatie"] = self._own.organisatie
        head["ontvanger"]["organisatie"] = self._own.organisatie
        if self._conversation is None:
            self._conversation = Conversation(self._server, self._screen.console)
        had = self._conversation.aantal
        try:
            answer = self._conversation.question(dienst, bericht, what)
        except ConversationError:
            if self._conversation.aantal > had:  # it was answered, with a fault
                self._keep(self._conversation, "geweigerd", dienst, zaak=zaak, wat=what)
            raise
        self._keep(self._conversation, "verstuurd", dienst, zaak=zaak, wat=what, **line)
        return answer

    def _keep(self, conversation: Conversation, direction: str, dienst: str, *, zaak: str, **line: str) -> None:
        self._archief.keep(direction, dienst, conversation.last_sent, zaak=zaak, **line)
        self._archief.keep("antwoord", dienst, conversation.last_received, zaak=zaak)


def _filled(relaties: list[Any] | None) -> list[Any]:
    """The relations that exist: zeep gives None for one that is absent by a StUF:noValue."""
    return [relatie for relatie in relaties or [] if relatie is not None and relatie["gerelateerde"] is not None]


def _status(status: Any) -> str:
    soort = status["gerelateerde"]
    return f"{text(soort['volgnummer'])}. {text(soort['omschrijving'])}"


# --- Does one thing after another in a thread that ends with the process; a failure is shown, and the next is done

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class WorkQueue:
    """A queue of things to do; a thing that needs an unreachable server is done later."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._row: queue.SimpleQueue[tuple[str, Callable[[], None], float]] = queue.SimpleQueue()

    def open(self) -> None:
        """Start to work."""
        threading.Thread(target=self._work, name="werkrij", daemon=True).start()

    def do(self, what: str, work: Callable[[], None], over_s: float = 0.0) -> None:
        """Do something, after so many seconds; `what` describes it in Dutch."""
        self._set((what, work, _FIRST_PAUSE_S), over_s)

    def _set(self, task: tuple[str, Callable[[], None], float], over_s: float) -> None:
        if not over_s:
            self._row.put(task)
            return
        waker = threading.Timer(over_s, self._row.put, [task])
        waker.daemon = True
        waker.start()

    def _work(self) -> None:
        while True:
            what, work, pause = self._row.get()
            try:
                work()
            except Unreachable as error:
                self._screen.say(
                    f"{what}: nog niet gelukt",
                    ("fout", f"{error}; over {pause:.0f} s weer"),
                    ("let op", "luistert het Regiesysteem op een ander adres, geef dat dan met --server"),
                    style="red",
                )
                self._set((what, work, min(2 * pause, _LONGEST_PAUSE_S)), pause)
            except ConversationError as error:
                self._screen.say(f"{what}: mislukt", ("fout", str(error)), style="red")
            except Exception as error:  # noqa: BLE001 - the next thing is to be done whatever this one was
                self._screen.say(f"{what}: mislukt", ("fout", f"{type(error).__name__}: {error}"), style="red")


# --- The back office itself: its steps after a message, and when somebody types

_UNKNOWN: Final = "onbekende zaak: sinds de start is dit het eerste bericht erover"


@dataclass(frozen=True)
class Behaviour:
    """The things that a back office does by itself.

    `pause_s` goes before the answer to a transfer; with `fetches` it asks for the zaak of each notification;
    `afterwards` is reported after accepting a transfer.
    """

    overdracht: TransferChoice = TransferChoice.ACCEPTEREN
    pause_s: float = 0.0
    fetches: bool = False
    afterwards: tuple[Callable[[ReturnPath, str], None], ...] = ()


class Office:
    """Keeps and shows the messages that come, and queues the steps after them."""

    def __init__(
        self, screen: Screen, archief: Archive, way_back: ReturnPath, workqueue: WorkQueue, behaviour: Behaviour
    ) -> None:
        self._screen = screen
        self._archief = archief
        self._way_back = way_back
        self._workqueue = workqueue
        self._behaviour = behaviour
        self._known: set[str] = set()  # the zaken of each message
        self._lock = threading.Lock()
        self._open: dict[str, str] = {}  # zaak -> referentienummer of the offer, the oldest first

    def take_in(self, bericht: Received) -> None:
        """Keep and show a message; the first time, react to it."""
        parsed = bericht.parsed
        if parsed is not None and parsed.zaak:
            if parsed.changes and parsed.zaak not in self._known:
                bericht = replace(bericht, waarschuwing="; ".join(filter(None, (_UNKNOWN, bericht.waarschuwing))))
            self._known.add(parsed.zaak)
        zender = bericht.stuurgegevens.zender
        self._archief.keep(
            "ontvangen",
            parsed.soort if parsed else "geweigerd",
            bericht.envelope,
            zender=zender.applicatie if zender else "",
            referentienummer=bericht.stuurgegevens.referentienummer,
            zaak=parsed.zaak if parsed else "",
            gebeurtenis=parsed.gebeurtenis if parsed else "",
            status=parsed.status if parsed else "",
            gezinsplan=parsed.gezinsplan if parsed else "",
            meegestuurd=parsed.meegestuurd if parsed else "",
            dubbel=bericht.double,
            uitkomst=bericht.outcome,
        )
        self._screen.received(bericht)
        if parsed is None or bericht.double:
            return
        if parsed.overdracht is not None:
            self._offer(parsed.zaak, bericht.stuurgegevens.referentienummer)
        elif parsed.zaak and self._behaviour.fetches:
            self.fetch(parsed.zaak)

    def fetch(self, zaak: str) -> None:
        """Ask for everything about a zaak."""
        self._workqueue.do(f"{zaak} ophalen", lambda: self._way_back.fetch(zaak))

    def set_status(self, zaak: str, volgnummer: int) -> None:
        """Tell that a zaak reached a status."""
        self._workqueue.do(f"status van {zaak} melden", lambda: self._way_back.set_status(zaak, volgnummer))

    def change(self, zaak: str, omschrijving: str) -> None:
        """Change the omschrijving of a zaak."""
        self._workqueue.do(f"{zaak} wijzigen", lambda: self._way_back.change(zaak, omschrijving))

    def decide(self, zaak: str, *, geaccepteerd: bool, melding: str = "") -> bool:
        """Answer an open transfer, that of the oldest for an empty `zaak`; False when there is none."""
        with self._lock:
            zaak = zaak or next(iter(self._open), "")
            offer = self._open.pop(zaak, None)
        if offer is None:
            return False
        self._answer(zaak, offer, melding, 0.0, geaccepteerd=geaccepteerd)
        return True

    def _offer(self, zaak: str, offer: str) -> None:
        choice = self._behaviour.overdracht
        if choice is not TransferChoice.ASK:
            geaccepteerd = choice is TransferChoice.ACCEPTEREN
            self._answer(zaak, offer, "", self._behaviour.pause_s, geaccepteerd=geaccepteerd)
            return
        with self._lock:
            self._open[zaak] = offer
        self._screen.say(f"{zaak} overnemen?", ("typ", "j of n, met als u wilt een melding erachter; dan Enter"))

    def _answer(self, zaak: str, offer: str, melding: str, over_s: float, *, geaccepteerd: bool) -> None:
        def answer() -> None:
            self._way_back.answer(zaak, offer, geaccepteerd=geaccepteerd, melding=melding)
            if geaccepteerd:
                for step in self._behaviour.afterwards:
                    self._workqueue.do(f"terugmelding over {zaak}", partial(step, self._way_back, zaak))

        self._workqueue.do(f"overdracht van {zaak} beantwoorden", answer, over_s)
