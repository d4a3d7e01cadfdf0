"""Values that options of `regie backoffice` can have."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from regiesysteem.errors import Meldbaar

# --- Values that options of the command can have


class TransferChoice(StrEnum):
    """The reaction to a transfer."""

    ACCEPTEREN = "accepteren"
    WEIGEREN = "weigeren"
    VRAGEN = "vragen"


# --- How a receiver misbehaves on purpose, so that a sender can be tried against it

SOORTEN: Final = "500, rommel, weigeren of traag:SECONDEN"
_TRAAG: Final = re.compile(r"traag:(\d{1,4}(?:\.\d+)?)")


class StoringFout(Meldbaar):
    """A storing that does not exist; the text names the existing ones."""


@dataclass(frozen=True)
class Storing:
    """A way to misbehave; `traag` answers as it should, after so many seconds."""

    soort: Literal["500", "rommel", "weigeren", "traag"]
    seconden: float = 0.0


def lees_storing(tekst: str) -> Storing | None:
    """Read the value of --storing; None for none. Raises StoringFout."""
    match tekst.strip().lower():
        case "":
            return None
        case ("500" | "rommel" | "weigeren") as soort:
            return Storing(soort)
        case anders if gevonden := _TRAAG.fullmatch(anders):
            return Storing("traag", float(gevonden[1]))
        case _:
            raise StoringFout(f"--storing {tekst}: kies {SOORTEN}.")
