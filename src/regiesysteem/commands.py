"""Shared by the commands: settings, a database, tables, errors that are a sentence, the texts of typer in Dutch."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import typer
from psycopg2.errors import LockNotAvailable, UndefinedTable
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from typer import rich_utils
from typer._click.core import Command
from typer._click.exceptions import BadParameter, MissingParameter, NoArgsIsHelpError, NoSuchOption, UsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperArgument, TyperGroup, TyperOption

from regiesysteem.config import Instellingen, laad_instellingen
from regiesysteem.db import engine_voor
from regiesysteem.embedded import IngebeddePostgres, ingebedde_postgres
from regiesysteem.errors import Meldbaar, os_reden

# --- Translates the texts of typer itself (a wrong option, its help) into Dutch; typer has no translations

_AFGEBROKEN: Final = 1
_GEBRUIK: Final = 2
_ZINNEN: Final = tuple(
    (re.compile(patroon, re.DOTALL), nederlands)
    for patroon, nederlands in (
        (r"Got unexpected extra argument\(s\) \((.*)\)", r"Dit is te veel: \1."),
        (r"""No such command ['"](.*)['"]\. Did you mean (.*)\?""", r"Er is geen opdracht \1; bedoelde u \2?"),
        (r"""No such command ['"](.*)['"]\.""", r"Er is geen opdracht \1."),
        (r"Missing command\.", r"Noem een opdracht."),
        (r"Option '(.*)' requires an argument\.", r"\1: hier hoort een waarde achter."),
        (r"Option '(.*)' requires \d+ arguments\.", r"\1: hier horen meer waarden achter."),
        (r"Option '(.*)' does not take a value\.", r"\1: hier hoort geen waarde achter."),
        (r"Argument '(.*)' takes \d+ values\.", r"\1: hier horen meer waarden."),
        (
            r"Input should be a valid integer.*|Unable to parse input string as an integer.*",
            "moet een geheel getal zijn.",
        ),
        (r"Input should be a valid number.*|Input should be a finite number.*", "moet een getal zijn."),
        (r"Input should be a valid boolean.*", "moet true of false zijn."),
        (r"Input should be greater than or equal to (.*)", r"moet minstens \1 zijn."),
        (r"Input should be less than or equal to (.*)", r"mag hoogstens \1 zijn."),
        (r"(?:Value error, )?.* is not one of (.*?)\.?", r"kan niet; kies uit \1."),
    )
)
_SOORTEN: Final = {
    "<bool>": "",
    "<str>": "<tekst>",
    "<int>": "<getal>",
    "<int range>": "<getal>",
    "<float>": "<getal>",
    "<float range>": "<getal>",
    "<path>": "<pad>",
    "<list[str]>": "<tekst>",
    "<list[int]>": "<getal>",
}
"""The Dutch name of a type in help; an option without a value has none."""


class DutchGroup(TyperGroup):
    """The commands of `regie`: a mistake in their use is a sentence on stderr, with exit code 2."""

    def main(  # noqa: D102 - as typer has it
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        opties = {"windows_expand_args": windows_expand_args, **extra}
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **opties)
        try:
            uitgang = super().main(args, prog_name, complete_var, standalone_mode=False, **opties)
        except NoArgsIsHelpError as fout:
            fout.show()
            sys.exit(_GEBRUIK)
        except UsageError as fout:
            typer.echo(_uitleg(fout), err=True)
            sys.exit(_GEBRUIK)
        except typer.Abort:
            typer.echo("Afgebroken.", err=True)
            sys.exit(_AFGEBROKEN)
        sys.exit(uitgang if isinstance(uitgang, int) else 0)


def _uitleg(fout: UsageError) -> str:
    """The mistake, and where to read more."""
    zin = _zin(fout)
    return f"{zin}\nUitleg: {fout.ctx.command_path} --help" if fout.ctx is not None else zin


def _zin(fout: UsageError) -> str:
    if isinstance(fout, NoSuchOption):
        mogelijk = f"; bedoelde u {' of '.join(sorted(fout.possibilities))}?" if fout.possibilities else "."
        return f"Er is geen optie {fout.option_name}{mogelijk}"
    if not isinstance(fout, BadParameter):
        return nederlands(fout.message)
    hint = fout.param.get_error_hint() if fout.param is not None else ""
    naam = hint.replace("'", "")
    if isinstance(fout, MissingParameter):
        return f"{naam} ontbreekt."
    return ": ".join(filter(None, (naam, nederlands(fout.message))))


def nederlands(zin: str) -> str:
    """Translate a sentence of typer or pydantic into Dutch; another one stays as it is."""
    for patroon, vertaling in _ZINNEN:
        if gevonden := patroon.fullmatch(zin):
            return gevonden.expand(vertaling)
    return zin


def _in_het_nederlands(soort_van: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    def soort(self: Any, ctx: Any) -> str:
        engels = soort_van(self, ctx)
        return _SOORTEN.get(engels, engels)

    return soort


def translate_help() -> None:
    """Make the help of all commands Dutch too."""
    rich_utils.OPTIONS_PANEL_TITLE = "Opties"
    rich_utils.ARGUMENTS_PANEL_TITLE = "Argumenten"
    rich_utils.COMMANDS_PANEL_TITLE = "Opdrachten"
    rich_utils.ERRORS_PANEL_TITLE = "Fout"
    rich_utils.REQUIRED_LONG_STRING = "[verplicht]"
    rich_utils.DEFAULT_STRING = "[standaard: {}]"
    rich_utils.ABORTED_TEXT = "Afgebroken."
    geef_hulpoptie, schrijf_gebruik = Command.get_help_option, HelpFormatter.write_usage

    def hulpoptie(self: Command, ctx: Any) -> Any:
        if (optie := geef_hulpoptie(self, ctx)) is not None:
            optie.help = "Toon deze uitleg."
        return optie

    def gebruik(self: HelpFormatter, prog: str, args: str = "", prefix: str | None = None) -> None:
        args = args.replace("[OPTIONS]", "[OPTIES]").replace("COMMAND [ARGS]...", "OPDRACHT ...")
        schrijf_gebruik(self, prog, args, prefix or "Gebruik: ")

    # Both inherit it from a base class without a public name.
    for soort in (TyperArgument, TyperOption):
        soort.display_type = _in_het_nederlands(soort.display_type)  # type: ignore[method-assign, assignment]
    Command.get_help_option = hulpoptie  # type: ignore[method-assign]
    HelpFormatter.write_usage = gebruik  # type: ignore[method-assign]


# --- The shared part of all commands: settings, a database, and errors that are a text instead of a traceback

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
