"""What each WSDL must offer: the diensten of its door, and for now the operations that are published before them."""

from regiesysteem.diensten.tabel import DIENSTEN
from regiesysteem.soap.toepassing import DEUREN

NOG_GEEN_DIENST: dict[str, str] = {}
"""Operations of the contract without a dienst, and their door; a name goes out when its dienst comes in."""


def operaties(deur: str) -> set[str]:
    """The operations that the WSDL of a door must have; those of all doors for the common one."""
    deuren = {naam: dienst.deur for naam, dienst in DIENSTEN.items()}
    assert not deuren.keys() & NOG_GEEN_DIENST.keys(), "is a dienst now: take it off the list"
    return {naam for naam, van in (deuren | NOG_GEEN_DIENST).items() if deur in (DEUREN[""], van)}
