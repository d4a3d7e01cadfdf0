"""The operations are tested through the doors."""

from tests.soap.conftest import door, make_door

__all__ = ["door", "make_door"]
