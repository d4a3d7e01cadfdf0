"""Words for people: dates in full, numbers of people masked."""

from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_datetime

from regiesysteem.config import TIME_ZONE
from regiesysteem.regie.plans import day_of

_SHOWN: Final = 4


def in_words(moment: date | datetime | None) -> str:
    """A day as "3 november 2026", a moment as "3 november 2026, 10.04 uur" (Dutch time); "" for none."""
    if isinstance(moment, datetime):
        return format_datetime(moment, "d MMMM y, HH.mm 'uur'", tzinfo=TIME_ZONE, locale="nl")
    return format_date(moment, "d MMMM y", locale="nl") if moment is not None else ""


def day_in_words(moment: str | None) -> str:
    """The day of a date of StUF as "3 november 2026"; what is no day stays as it is."""
    return in_words(day_of(moment)) or moment or ""


def masked_bsn(bsn: str) -> str:
    """A BSN with its last four digits only."""
    return "*" * (len(bsn) - _SHOWN) + bsn[-_SHOWN:]
