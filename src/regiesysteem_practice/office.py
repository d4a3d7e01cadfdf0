"""The back office itself: the order of its steps after a message, and its messages to the Regiesysteem."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from zeep.xsd import Nil

from regiesysteem.stuf.message import Systeem
from regiesysteem.zkn.rzs import GEACCEPTEERD, GEWEIGERD
from regiesysteem_practice import play_messages as b
from regiesysteem_practice import play_messages as d
from regiesysteem_practice.choices import TransferChoice
from regiesysteem_practice.conversation import Conversation, GesprekFout, Onbereikbaar, tekst
from regiesysteem_practice.intake import Received
from regiesysteem_practice.record import Archive, Screen

# --- The questions and messages of a back office to the Regiesysteem, with the zeep client of any other application

_DETAILS: Final = {
    "identificatie": Nil,
    "omschrijving": Nil,
    "isVan": b.ZAAKTYPE,
    "heeft": b.STATUSSEN,
    "heeftBetrekkingOpAndere": {
        "entiteittype": "ZAKZAKBTR",
        "gerelateerde": {"entiteittype": "ZAK", "identificatie": Nil, "omschrijving": Nil},
    },
}


class ReturnPath:
    """Sends messages as `eigen` to a server, one after another; it connects at the first one.

    Every method shows its steps as a block, and keeps the messages. All raise GesprekFout, Onbereikbaar among them.
    """

    def __init__(self, eigen: Systeem, server: str, scherm: Screen, archief: Archive) -> None:
        self._eigen = eigen
        self._server = server
        self._scherm = scherm
        self._archief = archief
        self._gesprek: Conversation | None = None

    def antwoord(self, zaak: str, aanbod: str, *, geaccepteerd: bool, melding: str = "") -> None:
        """Answer the transfer that was offered with the message `aanbod` (RZS 6.8.4)."""
        gezegd = GEACCEPTEERD if geaccepteerd else GEWEIGERD
        bericht = b.bevestig_overdragen_zaak(self._eigen.applicatie, zaak, gezegd, aanbod, melding)
        with self._scherm.gedaan(f"overdracht van {zaak} {'geaccepteerd' if geaccepteerd else 'geweigerd'}"):
            self._stuur("bevestigOverdragenZaak", bericht, zaak, gezegd, uitkomst=gezegd)

    def zet_status(self, zaak: str, volgnummer: int) -> None:
        """Tell that a zaak reached a status (actualiseerZaakstatus)."""
        wordt = b.gewijzigd(zaak, heeft=[b.status(volgnummer)])
        bericht = b.wijzig(self._eigen.applicatie, b.gewijzigd(zaak), wordt)
        with self._scherm.gedaan(f"voortgang van {zaak} gemeld"):
            self._stuur("actualiseerZaakstatus_Lk01", bericht, zaak, f"status {volgnummer}", status=str(volgnummer))

    def wijzig(self, zaak: str, omschrijving: str) -> None:
        """Change the omschrijving of a zaak (updateZaak)."""
        wordt = b.gewijzigd(zaak, omschrijving=omschrijving)
        bericht = b.wijzig(self._eigen.applicatie, b.gewijzigd(zaak), wordt)
        with self._scherm.gedaan(f"{zaak} gewijzigd"):
            self._stuur("updateZaak_Lk01", bericht, zaak, f"omschrijving: {omschrijving}")

    def haal_op(self, zaak: str) -> None:
        """Ask for everything about a zaak: its details, and its documents with their files."""
        with self._scherm.gedaan(f"{zaak} opgehaald", f"{zaak} deels opgehaald"):
            self._haal_details(zaak)
            for document in self._lijst(zaak):
                self._lees(zaak, document)

    def _haal_details(self, zaak: str) -> None:
        bericht = b.vraag(self._eigen.applicatie, {"identificatie": zaak}, _DETAILS)
        antwoord = self._stuur("geefZaakdetails_Lv01", bericht, zaak, f"details van {zaak}")
        for gevonden in (antwoord["antwoord"] or {"object": []})["object"]:
            self._toon(gevonden)

    def _toon(self, gevonden: Any) -> None:
        statussen = [_status(een) for een in _gevuld(gevonden["heeft"])]
        plannen = [een["gerelateerde"] for een in _gevuld(gevonden["heeftBetrekkingOpAndere"])]
        regels = [("omschrijving", tekst(gevonden["omschrijving"])), *(("status", een) for een in statussen)]
        regels += [("hoort bij", f"{tekst(plan['omschrijving'])} ({tekst(plan['identificatie'])})") for plan in plannen]
        for naam, waarde in regels:
            self._scherm.regel(naam, waarde)

    def _lijst(self, zaak: str) -> list[str]:
        bericht = d.lijst(self._eigen.applicatie, zaak)
        antwoord = self._stuur("geefLijstZaakdocumenten_Lv01", bericht, zaak, f"documenten van {zaak}")
        gevonden = (antwoord["antwoord"] or {"object": []})["object"]
        relaties = [relatie for een in gevonden for relatie in _gevuld(een["heeftRelevant"])]
        return [tekst(relatie["gerelateerde"]["identificatie"]) for relatie in relaties]

    def _lees(self, zaak: str, document: str) -> None:
        bericht = d.lezen(self._eigen.applicatie, document)
        antwoord = self._stuur("geefZaakdocumentLezen_Lv01", bericht, zaak, f"document {document}")
        for gevonden in (antwoord["antwoord"] or {"object": []})["object"]:
            inhoud = gevonden["inhoud"]
            naam = str(inhoud["bestandsnaam"] or document) if inhoud is not None else document
            data = (inhoud["_value_1"] or b"") if inhoud is not None else b""
            self._scherm.regel("document", f"{tekst(gevonden['titel'])}: {naam}, {len(data)} bytes")
            self._archief.bewaar("document", naam, data, zaak=zaak)

    def _stuur(self, dienst: str, bericht: dict[str, Any], zaak: str, wat: str, **regel: str) -> Any:
        kop = bericht["stuurgegevens"]
        kop["zender"]["organisatie"] = self._eigen.organisatie
        kop["ontvanger"]["organisatie"] = self._eigen.organisatie
        if self._gesprek is None:
            self._gesprek = Conversation(self._server, self._scherm.console)
        gehad = self._gesprek.aantal
        try:
            antwoord = self._gesprek.vraag(dienst, bericht, wat)
        except GesprekFout:
            if self._gesprek.aantal > gehad:  # it was answered, with a fault
                self._bewaar(self._gesprek, "geweigerd", dienst, zaak=zaak, wat=wat)
            raise
        self._bewaar(self._gesprek, "verstuurd", dienst, zaak=zaak, wat=wat, **regel)
        return antwoord

    def _bewaar(self, gesprek: Conversation, richting: str, dienst: str, *, zaak: str, **regel: str) -> None:
        self._archief.bewaar(richting, dienst, gesprek.laatst_verstuurd, zaak=zaak, **regel)
        self._archief.bewaar("antwoord", dienst, gesprek.laatst_ontvangen, zaak=zaak)


def _gevuld(relaties: list[Any] | None) -> list[Any]:
    """The relations that exist: zeep gives None for one that is absent by a StUF:noValue."""
    return [relatie for relatie in relaties or [] if relatie is not None and relatie["gerelateerde"] is not None]


def _status(status: Any) -> str:
    soort = status["gerelateerde"]
    return f"{tekst(soort['volgnummer'])}. {tekst(soort['omschrijving'])}"


# --- Does one thing after another in a thread that ends with the process; a failure is shown, and the next is done

_EERSTE_PAUZE_S = 1.0
_LANGSTE_PAUZE_S = 60.0


class WorkQueue:
    """A queue of things to do; a thing that needs an unreachable server is done later."""

    def __init__(self, scherm: Screen) -> None:
        self._scherm = scherm
        self._rij: queue.SimpleQueue[tuple[str, Callable[[], None], float]] = queue.SimpleQueue()

    def open(self) -> None:
        """Start to work."""
        threading.Thread(target=self._werk, name="werkrij", daemon=True).start()

    def doe(self, wat: str, werk: Callable[[], None], over_s: float = 0.0) -> None:
        """Do something, after so many seconds; `wat` describes it in Dutch."""
        self._zet((wat, werk, _EERSTE_PAUZE_S), over_s)

    def _zet(self, taak: tuple[str, Callable[[], None], float], over_s: float) -> None:
        if not over_s:
            self._rij.put(taak)
            return
        wekker = threading.Timer(over_s, self._rij.put, [taak])
        wekker.daemon = True
        wekker.start()

    def _werk(self) -> None:
        while True:
            wat, werk, pauze = self._rij.get()
            try:
                werk()
            except Onbereikbaar as fout:
                self._scherm.zeg(
                    f"{wat}: nog niet gelukt",
                    ("fout", f"{fout}; over {pauze:.0f} s weer"),
                    ("let op", "luistert het Regiesysteem op een ander adres, geef dat dan met --server"),
                    stijl="red",
                )
                self._zet((wat, werk, min(2 * pauze, _LANGSTE_PAUZE_S)), pauze)
            except GesprekFout as fout:
                self._scherm.zeg(f"{wat}: mislukt", ("fout", str(fout)), stijl="red")
            except Exception as fout:  # noqa: BLE001 - the next thing is to be done whatever this one was
                self._scherm.zeg(f"{wat}: mislukt", ("fout", f"{type(fout).__name__}: {fout}"), stijl="red")


# --- The back office itself: its steps after a message, and when somebody types

_ONBEKEND: Final = "onbekende zaak: sinds de start is dit het eerste bericht erover"


@dataclass(frozen=True)
class Behaviour:
    """The things that a back office does by itself.

    `pauze_s` goes before the answer to a transfer; `haal_op` fetches the zaak of a notification; `daarna` is reported
    after accepting a transfer.
    """

    overdracht: TransferChoice = TransferChoice.ACCEPTEREN
    pauze_s: float = 0.0
    haal_op: bool = False
    daarna: tuple[Callable[[ReturnPath, str], None], ...] = ()


class Office:
    """Keeps and shows the messages that come, and queues the steps after them."""

    def __init__(
        self, scherm: Screen, archief: Archive, terugweg: ReturnPath, werkrij: WorkQueue, gedrag: Behaviour
    ) -> None:
        self._scherm = scherm
        self._archief = archief
        self._terugweg = terugweg
        self._werkrij = werkrij
        self._gedrag = gedrag
        self._bekend: set[str] = set()  # the zaken of each message
        self._slot = threading.Lock()
        self._open: dict[str, str] = {}  # zaak -> referentienummer of the offer, the oldest first

    def neem_op(self, bericht: Received) -> None:
        """Keep and show a message; the first time, react to it."""
        gelezen = bericht.gelezen
        if gelezen is not None and gelezen.zaak:
            if gelezen.wijzigt and gelezen.zaak not in self._bekend:
                bericht = replace(bericht, waarschuwing="; ".join(filter(None, (_ONBEKEND, bericht.waarschuwing))))
            self._bekend.add(gelezen.zaak)
        zender = bericht.stuurgegevens.zender
        self._archief.bewaar(
            "ontvangen",
            gelezen.soort if gelezen else "geweigerd",
            bericht.envelop,
            zender=zender.applicatie if zender else "",
            referentienummer=bericht.stuurgegevens.referentienummer,
            zaak=gelezen.zaak if gelezen else "",
            gebeurtenis=gelezen.gebeurtenis if gelezen else "",
            status=gelezen.status if gelezen else "",
            gezinsplan=gelezen.gezinsplan if gelezen else "",
            meegestuurd=gelezen.meegestuurd if gelezen else "",
            dubbel=bericht.dubbel,
            uitkomst=bericht.uitkomst,
        )
        self._scherm.ontvangen(bericht)
        if gelezen is None or bericht.dubbel:
            return
        if gelezen.overdracht is not None:
            self._bied_aan(gelezen.zaak, bericht.stuurgegevens.referentienummer)
        elif gelezen.zaak and self._gedrag.haal_op:
            self.haal_op(gelezen.zaak)

    def haal_op(self, zaak: str) -> None:
        """Ask for everything about a zaak."""
        self._werkrij.doe(f"{zaak} ophalen", lambda: self._terugweg.haal_op(zaak))

    def zet_status(self, zaak: str, volgnummer: int) -> None:
        """Tell that a zaak reached a status."""
        self._werkrij.doe(f"status van {zaak} melden", lambda: self._terugweg.zet_status(zaak, volgnummer))

    def wijzig(self, zaak: str, omschrijving: str) -> None:
        """Change the omschrijving of a zaak."""
        self._werkrij.doe(f"{zaak} wijzigen", lambda: self._terugweg.wijzig(zaak, omschrijving))

    def beslis(self, zaak: str, *, geaccepteerd: bool, melding: str = "") -> bool:
        """Answer an open transfer, that of the oldest for an empty `zaak`; False when there is none."""
        with self._slot:
            zaak = zaak or next(iter(self._open), "")
            aanbod = self._open.pop(zaak, None)
        if aanbod is None:
            return False
        self._antwoord(zaak, aanbod, melding, 0.0, geaccepteerd=geaccepteerd)
        return True

    def _bied_aan(self, zaak: str, aanbod: str) -> None:
        keuze = self._gedrag.overdracht
        if keuze is not TransferChoice.VRAGEN:
            geaccepteerd = keuze is TransferChoice.ACCEPTEREN
            self._antwoord(zaak, aanbod, "", self._gedrag.pauze_s, geaccepteerd=geaccepteerd)
            return
        with self._slot:
            self._open[zaak] = aanbod
        self._scherm.zeg(f"{zaak} overnemen?", ("typ", "j of n, met als u wilt een melding erachter; dan Enter"))

    def _antwoord(self, zaak: str, aanbod: str, melding: str, over_s: float, *, geaccepteerd: bool) -> None:
        def antwoord() -> None:
            self._terugweg.antwoord(zaak, aanbod, geaccepteerd=geaccepteerd, melding=melding)
            if geaccepteerd:
                for stap in self._gedrag.daarna:
                    self._werkrij.doe(f"terugmelding over {zaak}", partial(stap, self._terugweg, zaak))

        self._werkrij.doe(f"overdracht van {zaak} beantwoorden", antwoord, over_s)
