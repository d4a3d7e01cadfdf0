"""The answer to an inzageverzoek is tested on zaken that came in through the doors."""

from tests.soap.conftest import door, make_door

__all__ = ["door", "make_door"]
