"""How the commands write what they show."""

import datetime as dt

from regiesysteem.stuf.antwoord import TIJDZONE


def wanneer(moment: dt.datetime | None) -> str:
    """A moment in Dutch time, to the second; nothing when there is none."""
    return f"{moment.astimezone(TIJDZONE):%Y-%m-%d %H:%M:%S}" if moment else ""


def geteld(aantal: int, een: str, meer: str) -> str:
    """A number with what there are so many of."""
    return f"{aantal} {een if aantal == 1 else meer}"
