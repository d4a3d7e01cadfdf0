"""SOAP: envelopes, faults and the published contract, on spyne."""

from regiesysteem.soap.toepassing import maak_soap_app

__all__ = ["maak_soap_app"]
