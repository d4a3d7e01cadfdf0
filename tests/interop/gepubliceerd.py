"""What each WSDL must offer: the diensten of its door, and for now the operations that are published before them.

The common door takes all; its WSDL is that of the sector model. RZS 1.0 has a namespace and a WSDL of its own.
"""

from regiesysteem.diensten.tabel import DIENSTEN
from regiesysteem.soap.toepassing import DEUREN

REGIE = "RegieZaakServices"
NIET_IN_WSDL = {"Bv01", "Bv04", "Fo01"}
"""What is taken without being an operation of RZS: a service bus answers so."""

NOG_GEEN_DIENST: dict[str, str] = {}
"""Operations of the contract without a dienst, and their door; a name goes out when its dienst comes in."""


def operaties(deur: str) -> set[str]:
    """The operations that the WSDL of a door must have; those of all doors of StUF-ZKN for the common one."""
    deuren = {naam: dienst.deur for naam, dienst in DIENSTEN.items()}
    assert not deuren.keys() & NOG_GEEN_DIENST.keys(), "is a dienst now: take it off the list"
    alle = {naam: van for naam, van in (deuren | NOG_GEEN_DIENST).items() if naam not in NIET_IN_WSDL}
    return {naam for naam, van in alle.items() if deur == van or (deur == DEUREN[""] and van != REGIE)}


def poort(deur: str) -> str:
    """What the port in the WSDL of a door is called."""
    return "OntvangAsynchroon" if deur == REGIE else deur
