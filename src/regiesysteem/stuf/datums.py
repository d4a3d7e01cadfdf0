"""Dates and times of StUF: 8 to 17 digits, possibly incomplete (StUF 03.01, 3.2.2 and 3.4.1)."""

import calendar
from datetime import date, timedelta
from typing import Final

from regiesysteem.stuf import waarden
from regiesysteem.stuf.waarden import Waarde

_DATUM: Final = 8
_LANGST: Final = 17
_MAANDEN: Final = 12
_GRENZEN: Final = ((8, 24, "uur dat"), (10, 60, "minuut die"), (12, 60, "seconde die"))

DATUMVORM: Final = "een datum is EEJJMMDD (20260131), een tijdstip EEJJMMDDuummss, zonder tekens ertussen"
"""What to tell a sender who writes it otherwise."""
VOLLEDIG: Final = "V"
_MAAND_ONBEKEND: Final = ("M", "J")
"""indOnvolledigeDatum: J year, M month, D day unknown, V complete; below an unknown part nothing is known."""


def has_form(text: str) -> bool:
    """Whether a text is written as a date or time: 8 to 17 digits."""
    return text.isascii() and text.isdigit() and _DATUM <= len(text) <= _LANGST


def bezwaar(waarde: Waarde) -> str | None:
    """Why a value is no date or time that exists (Dutch, for the sender); None when it is one, or is empty."""
    tekst = waarden.tekst(waarde)
    if tekst is None:
        return None
    indicatie = waarde.get("@indOnvolledigeDatum", VOLLEDIG) if isinstance(waarde, dict) else VOLLEDIG
    if not has_form(tekst):
        return f"{tekst!r} is geen datum of tijdstip van 8 tot en met 17 cijfers; {DATUMVORM}"
    fout = _datum_bezwaar(tekst, indicatie)
    if fout is None:
        fout = next(
            (
                f"{tekst!r} heeft een {naam} niet bestaat"
                for plek, grens, naam in _GRENZEN
                if _te_groot(tekst, plek, grens)
            ),
            None,
        )
    return fout


def _datum_bezwaar(tekst: str, indicatie: str) -> str | None:
    jaar, maand, dag = int(tekst[:4]), int(tekst[4:6]), int(tekst[6:8])
    if indicatie in _MAAND_ONBEKEND:
        return None
    if not 1 <= maand <= _MAANDEN:
        return f"{tekst!r} heeft een maand die niet bestaat"
    if indicatie != VOLLEDIG:
        return None
    if jaar == 0 or not 1 <= dag <= calendar.monthrange(jaar, maand)[1]:
        return f"{tekst!r} is een datum die niet bestaat"
    return None


def _te_groot(tekst: str, plek: int, grens: int) -> bool:
    return len(tekst) >= plek + 2 and int(tekst[plek : plek + 2]) >= grens


def plus_dagen(datum: str, dagen: int) -> str | None:
    """A complete StUF date some days later; None when it is not complete or falls outside the calendar."""
    try:
        return (date.fromisoformat(datum[:_DATUM]) + timedelta(days=dagen)).strftime("%Y%m%d")
    except (ValueError, OverflowError):
        return None
