"""The looks of commands: who works at the command line sees people too, so what a command shows is on record."""

import os
import pwd
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Engine

from regiesysteem.access.caller import Caller
from regiesysteem.access.inzage import Look, keep_look
from regiesysteem.db import Sql
from regiesysteem.stuf.message import Systeem

ROLE: Final = "opdracht"
"""The role of a person who looks with a command."""
MANAGEMENT: Final = "urn:regiesysteem:verwerkingsactiviteit:beheer"
"""The verwerkingsactiviteit of commands that keep the system running."""

_LOG: Final = Sql("SELECT to_regproc('regie_inzage_schrijf') IS NOT NULL")
_ZAKEN: Final = Sql("SELECT id FROM zaak WHERE identificatie = ANY(:zaken)")


def operator() -> str:
    """The name of the user of the operating system that runs this process; its number when that has no name.

    It comes from the kernel, and not from the environment, in which anybody can write another name.
    """
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def keep_command(
    engine: Engine,
    command: str,
    aantal: int,
    *,
    zaken: Iterable[str] = (),
    documenten: Iterable[str] = (),
    sought: Iterable[str] = (),
    doel: str = MANAGEMENT,
) -> None:
    """Put on record what a command is about to show, before it does; a transaction of its own.

    `command` is the command as it is typed, without its arguments; `zaken` and `documenten` are identificaties,
    `sought` people as `object.sleutel` writes them. `doel` is the verwerkingsactiviteit.
    """
    with engine.begin() as connection:
        caller = Caller(Systeem(applicatie="Regiesysteem"), persoon=operator(), rol=ROLE)
        look = Look(_ids(connection, zaken), set(documenten), set(sought), aantal)
        keep_look(connection, caller, f"regie {command}", doel, look)


def log_is_there(engine: Engine) -> bool:
    """Tell whether the database has a read log: it has none before it is migrated to this release."""
    with engine.connect() as connection:
        return bool(_LOG.run(connection).scalar_one())


def _ids(connection: Connection, zaken: Iterable[str]) -> set[int]:
    return set(_ZAKEN.run(connection, {"zaken": sorted(set(zaken))}).scalars())
