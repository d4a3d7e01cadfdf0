"""What somebody types at a back office that runs, a line at a time."""

import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from regiesysteem.backoffice.kantoor import Kantoor
from regiesysteem.backoffice.scherm import Scherm

HULP = (
    ("j / n", "de oudste overdracht die openstaat accepteren of weigeren; wat erachter staat gaat als melding mee"),
    ("accepteer ZAAK", "die overdracht accepteren; zo ook: weiger ZAAK"),
    ("status ZAAK 2", "melden dat de zaak die status heeft (actualiseerZaakstatus)"),
    ("wijzig ZAAK TEKST", "de zaak een andere omschrijving geven (updateZaak)"),
    ("details ZAAK", "zaak en documenten ophalen"),
    ("stop", "stoppen; Ctrl-C doet dat ook"),
)
"""What can be typed, and what it does."""
_BREED: Final = max(len(wat) for wat, _ in HULP) + 1


def luister(kantoor: Kantoor, scherm: Scherm, stop: Callable[[], None]) -> None:
    """Do what is typed, in a thread that ends with the process; without anything to read that does nothing."""
    # In the background of a terminal, reading would suspend the process; now it fails.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    threading.Thread(target=_lees, args=(kantoor, scherm, stop), name="toetsenbord", daemon=True).start()


def _lees(kantoor: Kantoor, scherm: Scherm, stop: Callable[[], None]) -> None:
    try:
        # Not sys.stdin: a thread that waits in it has a lock that the end of the process needs.
        with io.FileIO(os.dup(sys.__stdin__.fileno() if sys.__stdin__ else 0)) as invoer:
            while regel := invoer.readline():
                if not doe(regel.decode(errors="replace"), kantoor, stop):
                    scherm.zeg("dat kan hier niet", *((f"{wat:<{_BREED}}", doet) for wat, doet in HULP))
    except (OSError, ValueError):
        return


def doe(regel: str, kantoor: Kantoor, stop: Callable[[], None]) -> bool:
    """Do what a line says; False when it says nothing that can be done."""
    woord, _, rest = regel.strip().partition(" ")
    zaak, _, tekst = rest.strip().partition(" ")
    match woord.lower():
        case "":
            return True
        case "j" | "n" as kort:
            return kantoor.beslis("", geaccepteerd=kort == "j", melding=rest.strip())
        case "accepteer" | "weiger" as lang if zaak:
            return kantoor.beslis(zaak, geaccepteerd=lang == "accepteer", melding=tekst.strip())
        case "status" if tekst.strip().isdecimal():
            kantoor.zet_status(zaak, int(tekst))
        case "wijzig" if tekst.strip():
            kantoor.wijzig(zaak, tekst.strip())
        case "details" if zaak:
            kantoor.haal_op(zaak)
        case "stop":
            stop()
        case _:
            return False
    return True
