"""Values that options of `regie backoffice` can have."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from regiesysteem.errors import Reportable

# --- Values that options of the command can have


class TransferChoice(StrEnum):
    """The reaction to a transfer."""

    ACCEPTEREN = "accepteren"
    REFUSE = "weigeren"
    ASK = "vragen"


# --- How a receiver misbehaves on purpose, so that a sender can be tried against it

SOORTEN: Final = "500, rommel, weigeren of traag:SECONDEN"
_SLOW: Final = re.compile(r"traag:(\d{1,4}(?:\.\d+)?)")


class FailureError(Reportable):
    """A storing that does not exist; the text names the existing ones."""


@dataclass(frozen=True)
class Failure:
    """A way to misbehave; `traag` answers as it should, after so many seconds."""

    soort: Literal["500", "rommel", "weigeren", "traag"]
    seconds: float = 0.0


def read_failure(text: str) -> Failure | None:
    """Read the value of --storing; None for none. Raises FailureError."""
    match text.strip().lower():
        case "":
            return None
        case ("500" | "rommel" | "weigeren") as soort:
            return Failure(soort)
        case otherwise if found := _SLOW.fullmatch(otherwise):
            return Failure("traag", float(found[1]))
        case _:
            raise FailureError(f"--storing {text}: kies {SOORTEN}.")
