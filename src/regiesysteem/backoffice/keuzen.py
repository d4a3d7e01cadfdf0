"""Values that options of the command can have."""

from enum import StrEnum


class Overdrachtkeuze(StrEnum):
    """What to do with a transfer."""

    ACCEPTEREN = "accepteren"
    WEIGEREN = "weigeren"
    VRAGEN = "vragen"
