"""Ranges of dates and times, for values that may be incomplete (StUF 03.01, 6.3.1).

A complete value counts from its beginning (20260101 is 2026-01-01 00:00), and a bound covers the whole period that it
names. An incomplete date meets a range only when all days that it may mean do: a date without a day when its month
does, one without a month when its year does, one without a year never.
"""

import calendar
from dataclasses import dataclass
from typing import Final

LENGTE: Final = 17
"""Digits of a StUF time at full precision."""

_LAATSTE_TIJD: Final = "235959999"
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Grenzen:
    """A range as texts that compare: of complete values at full length, of months (6 digits) and of years (4).

    An open side has a bound that no value passes.
    """

    van: str
    tot: str
    maand_van: str
    maand_tot: str
    jaar_van: str
    jaar_tot: str

    @property
    def ruim(self) -> tuple[str, str]:
        """Bounds, for an index, within which every stored text lies that may meet the range, in its stored form."""
        laagste = min(self.van[:8], f"{self.maand_van}00", f"{self.jaar_van}0000")
        return laagste, max(self.tot, f"{self.maand_tot}99", f"{self.jaar_tot}9999")

    def bevat(self, tekst: str, indicatie: str) -> bool:
        """Tell whether a stored value with its indOnvolledigeDatum lies within."""
        if indicatie == "V":
            return self.van <= tekst.ljust(LENGTE, "0") <= self.tot
        if indicatie == "D":
            return self.maand_van <= tekst[:6] <= self.maand_tot
        return indicatie == "M" and self.jaar_van <= tekst[:4] <= self.jaar_tot


def grenzen(laag: str | None, hoog: str | None) -> Grenzen:
    """The range between two StUF dates or times of 8 to 17 digits; None leaves a side open."""
    van = (laag or "").ljust(LENGTE, "0") if laag else ""
    tot = (hoog or "").ljust(LENGTE, "9")
    return Grenzen(van, tot, _maand_van(van), _maand_tot(tot), _jaar_van(van), _jaar_tot(tot))


def _maand_van(van: str) -> str:
    """The first month that lies after `van` as a whole."""
    if not van or van <= f"{van[:6]}01".ljust(LENGTE, "0"):
        return van[:6]
    return _erna(van[:6], "01" if int(van[4:6]) >= _DECEMBER else f"{int(van[4:6]) + 1:02}")


def _erna(maand: str, volgende: str) -> str:
    jaar = int(maand[:4]) + (volgende == "01")
    # After the last month there is none: a longer text is greater than all of them.
    return f"{jaar:04}{volgende}" if jaar <= 9999 else f"{maand}9"


def _maand_tot(tot: str) -> str:
    """The last month that lies before `tot` as a whole."""
    jaar, maand = int(tot[:4]), int(tot[4:6])
    if maand > _DECEMBER:
        return f"{jaar:04}{_DECEMBER}"
    if maand and tot >= f"{tot[:6]}{calendar.monthrange(jaar, maand)[1]:02}{_LAATSTE_TIJD}":
        return tot[:6]
    return f"{jaar:04}{maand - 1:02}" if maand > 1 else _jaar(jaar - 1, f"{_DECEMBER}")


def _jaar_van(van: str) -> str:
    if not van or van <= f"{van[:4]}0101".ljust(LENGTE, "0"):
        return van[:4]
    return _jaar(int(van[:4]) + 1, "")


def _jaar_tot(tot: str) -> str:
    return tot[:4] if tot >= f"{tot[:4]}1231{_LAATSTE_TIJD}" else _jaar(int(tot[:4]) - 1, "")


def _jaar(jaar: int, rest: str) -> str:
    """A year as text; before the first one "", after the last one a text that is greater than all."""
    if jaar < 0:
        return ""
    return f"{jaar:04}{rest}" if jaar <= 9999 else "99999"
