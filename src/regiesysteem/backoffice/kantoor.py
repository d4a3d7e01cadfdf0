"""The back office itself: what it does after a message, and when it is told to."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from regiesysteem.backoffice.archief import Archief
from regiesysteem.backoffice.keuzen import Overdrachtkeuze
from regiesysteem.backoffice.ontvangst import Ontvangen
from regiesysteem.backoffice.scherm import Scherm
from regiesysteem.backoffice.terugweg import Terugweg
from regiesysteem.backoffice.werkrij import Werkrij

_ONBEKEND: Final = "onbekende zaak: sinds de start is dit het eerste bericht erover"


@dataclass(frozen=True)
class Gedrag:
    """What a back office does by itself.

    `pauze_s` goes before the answer to a transfer; `haal_op` asks after a notification what it is about; `daarna` is
    told after accepting a transfer.
    """

    overdracht: Overdrachtkeuze = Overdrachtkeuze.ACCEPTEREN
    pauze_s: float = 0.0
    haal_op: bool = False
    daarna: tuple[Callable[[Terugweg, str], None], ...] = ()


class Kantoor:
    """Keeps and shows what comes, and puts in the queue what is to be done about it."""

    def __init__(self, scherm: Scherm, archief: Archief, terugweg: Terugweg, werkrij: Werkrij, gedrag: Gedrag) -> None:
        self._scherm = scherm
        self._archief = archief
        self._terugweg = terugweg
        self._werkrij = werkrij
        self._gedrag = gedrag
        self._bekend: set[str] = set()  # the zaken that a message was about
        self._slot = threading.Lock()
        self._open: dict[str, str] = {}  # zaak -> referentienummer of the offer, the oldest first

    def neem_op(self, bericht: Ontvangen) -> None:
        """Keep and show a message; the first time, do something about it."""
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
        """Ask what there is to know of a zaak."""
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
        if keuze is not Overdrachtkeuze.VRAGEN:
            geaccepteerd = keuze is Overdrachtkeuze.ACCEPTEREN
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
