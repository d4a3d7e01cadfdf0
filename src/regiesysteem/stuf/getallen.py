"""Whole numbers in messages: read with a bound, so that no text makes the reading fail or take long."""

import re
from typing import Final

_GETAL: Final = re.compile(r"\+?[0-9]{1,18}")


def getal(tekst: str | None) -> int | None:
    """The number that a text is, white space around it aside; None for another text, or one of over 18 digits."""
    kaal = (tekst or "").strip()
    return int(kaal) if _GETAL.fullmatch(kaal) else None
