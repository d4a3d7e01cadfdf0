"""The product as what the kit talks to."""

from tests.conformance.conftest import server

__all__ = ["server"]
