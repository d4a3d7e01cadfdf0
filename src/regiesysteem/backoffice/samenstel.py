"""A back office wired together, from its start to the last block on the terminal."""

import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.console import Console

from regiesysteem.backoffice.archief import Archief
from regiesysteem.backoffice.deur import Deur
from regiesysteem.backoffice.herkomst import Herkomst
from regiesysteem.backoffice.kantoor import Gedrag, Kantoor
from regiesysteem.backoffice.ontvangst import Ontvangst
from regiesysteem.backoffice.scherm import Scherm
from regiesysteem.backoffice.storing import lees_storing
from regiesysteem.backoffice.terugweg import Terugweg
from regiesysteem.backoffice.toetsenbord import luister
from regiesysteem.backoffice.werkrij import Werkrij
from regiesysteem.demo.gesprek import deur
from regiesysteem.meldbaar import Meldbaar
from regiesysteem.signals import on_signal
from regiesysteem.stuf.message import Systeem

_STATUS: Final = re.compile(r"status:([1-9]\d{0,3})")
_ZICHTBAAR: Final = "anderen kunnen in die map zien welke bestanden er zijn, niet wat erin staat; chmod 700 sluit haar"
Stap = Callable[[Terugweg, str], None]


class NaamFout(Meldbaar):
    """A name that no message can carry."""


class AntwoordFout(Meldbaar):
    """A value of --antwoord that says nothing."""


def draai(
    eigen: Systeem,
    *,
    host: str,
    poort: int,
    server: str,
    gedrag: Gedrag,
    storing: str = "",
    sla_op: Path | None = None,
) -> None:
    """Be a back office until SIGTERM or Ctrl-C. Raises Meldbaar when it cannot start."""
    if not 3 <= len(eigen.applicatie) <= 50:
        raise NaamFout(f"--naam {eigen.applicatie}: StUF wil 3 tot 50 tekens.")
    scherm = Scherm(Console())
    archief = Archief(sla_op)
    adres = deur(server, optie="--server")
    werkrij = Werkrij(scherm)
    kantoor = Kantoor(scherm, archief, Terugweg(eigen, adres, scherm, archief), werkrij, gedrag)
    gespeeld = lees_storing(storing)
    ontvangst = Ontvangst(eigen, kantoor.neem_op, gespeeld, Herkomst(adres))
    ingang = Deur(eigen.applicatie, host, poort, ontvangst, gespeeld)
    stoppen = threading.Event()
    on_signal(stoppen.set)
    werkrij.open()
    ingang.open()
    luister(kantoor, scherm, stoppen.set)
    scherm.zeg(
        f"Backoffice {eigen.applicatie} luistert op http://{host}:{ingang.poort}/stuf",
        ("praat met", adres),
        ("overdracht", f"{gedrag.overdracht.value}{f', na {gedrag.pauze_s:g} s' if gedrag.pauze_s else ''}"),
        *((("storing", storing),) if storing else ()),
        *((("bewaart in", str(sla_op)),) if sla_op else ()),
        *((("let op", _ZICHTBAAR),) if archief.zichtbaar else ()),
        ("stoppen", "Ctrl-C; Enter na iets onbekends toont wat u kunt typen"),
    )
    stoppen.wait()
    ingang.sluit()
    sys.stdout.flush()
    # At once: threads that wait for the server or for a key have nothing to finish.
    os._exit(0)


def lees_antwoord(tekst: str) -> Stap:
    """Read a value of --antwoord. Raises AntwoordFout."""
    if gevonden := _STATUS.fullmatch(tekst):
        volgnummer = int(gevonden[1])
        return lambda terugweg, zaak: terugweg.zet_status(zaak, volgnummer)
    soort, _, omschrijving = tekst.partition(":")
    if soort == "omschrijving" and omschrijving.strip():
        return lambda terugweg, zaak: terugweg.wijzig(zaak, omschrijving.strip())
    raise AntwoordFout(f"--antwoord {tekst}: verwacht wordt status:NUMMER of omschrijving:TEKST.")
