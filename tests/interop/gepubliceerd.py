"""The operations that each WSDL must offer: those of its door; the common door has those of the sector model.

RZS 1.0 has a namespace and a WSDL of its own.
"""

from regiesysteem.zkn.operations import COMMON, DOORS, OPERATIONS, REGIE


def operaties(door: str) -> set[str]:
    """The operations that the WSDL of a door must have; those of all doors of StUF-ZKN for the common one."""
    [at] = (one for one in DOORS.values() if one.name == door)
    published = [one for one in OPERATIONS.values() if one.published]
    return {one.name for one in published if at is one.door or (at is COMMON and one.door is not REGIE)}


def port(door: str) -> str:
    """The name of the port in the WSDL of a door."""
    return "OntvangAsynchroon" if door == REGIE.name else door
