"""The operations are tested through the doors."""

from tests.soap.conftest import deur, maak_deur

__all__ = ["deur", "maak_deur"]
