"""The operations that each WSDL must offer: those of its door; the common door has those of the sector model.

RZS 1.0 has a namespace and a WSDL of its own.
"""

from regiesysteem.zkn.operations import COMMON, DOORS, OPERATIONS, REGIE


def operaties(deur: str) -> set[str]:
    """The operations that the WSDL of a door must have; those of all doors of StUF-ZKN for the common one."""
    [door] = (een for een in DOORS.values() if een.name == deur)
    published = [een for een in OPERATIONS.values() if een.published]
    return {een.name for een in published if door is een.door or (door is COMMON and een.door is not REGIE)}


def poort(deur: str) -> str:
    """What the port in the WSDL of a door is called."""
    return "OntvangAsynchroon" if deur == REGIE.name else deur
