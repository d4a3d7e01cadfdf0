"""The shared part of all commands: settings, a database, and errors that are a text instead of a traceback."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import typer
from psycopg2.errors import LockNotAvailable, UndefinedTable
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from regiesysteem.config import Instellingen, laad_instellingen
from regiesysteem.database import engine_voor
from regiesysteem.embedded import IngebeddePostgres, ingebedde_postgres
from regiesysteem.meldbaar import Meldbaar, os_reden

_BREED: Final = 240  # characters of a table that is not read in a terminal
_TIJDZONE: Final = ZoneInfo("Europe/Amsterdam")
_JA_NEE: Final = {"ja": True, "j": True, "nee": False, "n": False}
_HEEL: Final = frozenset({"nr", "nummer", "code", "zaak", "gezinsplan", "ontvanger", "applicatie", "stand"})
"""Columns that people copy into another command: not broken over lines."""


def lees_instellingen() -> Instellingen:
    """Read the settings, or end with a text about the wrong ones."""
    with nette_fouten():
        return laad_instellingen()
    raise AssertionError  # nette_fouten ends the process


class GeenDatabase(Meldbaar):
    """There is no embedded database here, and the command must not make one; the text is Dutch."""

    uitgang = 2

    def __init__(self, map_: Path) -> None:
        super().__init__(
            f"In {map_.resolve()} staat geen database van een Regiesysteem. Geef de opdracht in de map waarin u het "
            "start, of zet REGIE_DATA_DIR (bij een eigen PostgreSQL-server REGIE_DATABASE_URL)."
        )


@contextmanager
def database(instellingen: Instellingen, *, maak: bool = False, alleen: bool = False) -> Iterator[Engine]:
    """Give an engine on the database of the settings, the embedded one for as long as the command takes.

    With `maak` an embedded one that is not there yet is made. Raises GeenDatabase without. With `alleen` nobody else
    uses the embedded one meanwhile; raises PostgresFout when somebody does.
    """
    if not (maak or instellingen.database_url or IngebeddePostgres.bestaat(instellingen.data_dir)):
        raise GeenDatabase(instellingen.data_dir)
    with ExitStack() as stapel:
        url = instellingen.database_url
        if not url:
            postgres = stapel.enter_context(ingebedde_postgres(instellingen.data_dir))
            url = postgres.url
            if alleen:
                stapel.enter_context(postgres.alone())
        motor = engine_voor(instellingen, url, pool=False)
        stapel.callback(motor.dispose)
        yield motor


def vraag_ja(zin: str) -> bool:
    """Ask on the terminal until the answer is ja or nee. Raises typer.Abort when nobody can answer."""
    while True:
        antwoord = str(typer.prompt(f"{zin} [ja/nee]", prompt_suffix=" ")).strip().lower()
        if antwoord in _JA_NEE:
            return _JA_NEE[antwoord]
        typer.echo("Antwoord met ja of nee.", err=True)


@contextmanager
def nette_fouten() -> Iterator[None]:
    """End with a Dutch text instead of a traceback when the request or the surroundings are wrong."""
    try:
        yield
    except Meldbaar as fout:
        typer.echo(str(fout), err=True)
        sys.exit(fout.uitgang)
    except OperationalError as fout:
        if isinstance(fout.orig, LockNotAvailable):
            typer.echo("Iets anders houdt dit nu vast; er is niets gewijzigd. Probeer het zo opnieuw.", err=True)
            sys.exit(1)
        typer.echo(f"De database is niet bereikbaar: {str(fout.orig).strip()}", err=True)
        sys.exit(2)
    except ProgrammingError as fout:
        if not isinstance(fout.orig, UndefinedTable):
            raise
        typer.echo("De database heeft nog geen tabellen van deze versie; maak ze met: regie migreer", err=True)
        sys.exit(2)
    except PermissionError as fout:
        typer.echo(
            f"Geen toegang tot {fout.filename}: {os_reden(fout)}. Kies een andere map met REGIE_DATA_DIR.", err=True
        )
        sys.exit(2)


def wanneer(moment: datetime | None) -> str:
    """A moment in Dutch time, to the second, as every command shows it; nothing when there is none."""
    return f"{moment.astimezone(_TIJDZONE):%Y-%m-%d %H:%M:%S}" if moment else ""


def toon_tabel(titel: str, *koppen: str, rijen: Iterable[tuple[str, ...]]) -> None:
    """Show a table; in full, and as wide as needed, when it goes to a file or to another command.

    A terminal that is too narrow gets each row as a block of lines: nothing is cut off, or broken within a word.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=_BREED)
    kolommen = (Column(kop, overflow="fold", no_wrap=kop in _HEEL) for kop in koppen)
    tabel = Table(*kolommen, title=titel, title_justify="left")
    alle = [tuple(map(Text, rij)) for rij in rijen]  # a plain str would be read as markup
    for rij in alle:
        tabel.add_row(*rij)
    if not alle:
        console.print(f"{titel}: niets.", highlight=False)
    elif console.is_terminal and _smalst(console, tabel) > console.width:
        _toon_blokken(console, titel, koppen, alle)
    else:
        console.print(tabel, highlight=False)


def _smalst(console: Console, tabel: Table) -> int:
    """The width in which no word is broken; of the possible tables, not of the terminal."""
    return Measurement.get(console, console.options.update(max_width=_BREED * 10), tabel).minimum


def _toon_blokken(console: Console, titel: str, koppen: tuple[str, ...], rijen: list[tuple[Text, ...]]) -> None:
    breedte = max(map(len, koppen))
    console.print(Text(titel, style="italic"))
    for rij in rijen:
        console.print()
        for kop, cel in zip(koppen, rij, strict=True):
            if cel.plain:
                console.print(Text(f"{kop:<{breedte}}  ", style="bold"), cel, sep="", soft_wrap=True)
