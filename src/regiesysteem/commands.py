"""Shared by the commands: settings, a database, tables, errors that are a sentence, the texts of typer in Dutch."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typer
from psycopg2.errors import LockNotAvailable, UndefinedTable
from rich.console import Console, Group, RenderableType
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

from regiesysteem.config import TIME_ZONE, Settings, load_settings
from regiesysteem.db import engine_for
from regiesysteem.embedded import EmbeddedPostgres, embedded_postgres
from regiesysteem.errors import Reportable, os_reason

# --- Translates the texts of typer itself (a wrong option, its help) into Dutch; typer has no translations

_ABORTED: Final = 1
_USAGE: Final = 2
_SENTENCES: Final = tuple(
    (re.compile(pattern, re.DOTALL), translation)
    for pattern, translation in (
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
        options = {"windows_expand_args": windows_expand_args, **extra}
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **options)
        try:
            exit_ = super().main(args, prog_name, complete_var, standalone_mode=False, **options)
        except NoArgsIsHelpError as error:
            error.show()
            sys.exit(_USAGE)
        except UsageError as error:
            typer.echo(_explanation(error), err=True)
            sys.exit(_USAGE)
        except typer.Abort:
            typer.echo("Afgebroken.", err=True)
            sys.exit(_ABORTED)
        sys.exit(exit_ if isinstance(exit_, int) else 0)


def _explanation(error: UsageError) -> str:
    """The mistake, and where to read more."""
    sentence = _sentence(error)
    return f"{sentence}\nUitleg: {error.ctx.command_path} --help" if error.ctx is not None else sentence


def _sentence(error: UsageError) -> str:
    if isinstance(error, NoSuchOption):
        possible = f"; bedoelde u {' of '.join(sorted(error.possibilities))}?" if error.possibilities else "."
        return f"Er is geen optie {error.option_name}{possible}"
    if not isinstance(error, BadParameter):
        return sentence_in_dutch(error.message)
    hint = error.param.get_error_hint() if error.param is not None else ""
    name = hint.replace("'", "")
    if isinstance(error, MissingParameter):
        return f"{name} ontbreekt."
    return ": ".join(filter(None, (name, sentence_in_dutch(error.message))))


def sentence_in_dutch(sentence: str) -> str:
    """Translate a sentence of typer or pydantic into Dutch; another one stays as it is."""
    for pattern, translation in _SENTENCES:
        if found := pattern.fullmatch(sentence):
            return found.expand(translation)
    return sentence


def _in_dutch(kind_of: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    def kind(self: Any, ctx: Any) -> str:
        english = kind_of(self, ctx)
        return _SOORTEN.get(english, english)

    return kind


class _FoldingTable(Table):
    """A table of help; a word that is too long for its column goes on in the next line."""

    def add_row(self, *cells: Any, **style: Any) -> None:
        super().add_row(*cells, **style)
        for column in self.columns:
            column.overflow = "fold"


def _under_each_other(parts: Iterable[RenderableType]) -> Group:
    return Group(*parts)


def translate_help() -> None:
    """Make the help of all commands Dutch too."""
    rich_utils.OPTIONS_PANEL_TITLE = "Opties"
    rich_utils.ARGUMENTS_PANEL_TITLE = "Argumenten"
    rich_utils.COMMANDS_PANEL_TITLE = "Opdrachten"
    rich_utils.ERRORS_PANEL_TITLE = "Fout"
    rich_utils.REQUIRED_LONG_STRING = "[verplicht]"
    rich_utils.DEFAULT_STRING = "[standaard: {}]"
    rich_utils.ABORTED_TEXT = "Afgebroken."
    # On a narrow terminal both would cut a long word off.
    rich_utils.Table = _FoldingTable  # type: ignore[attr-defined]
    rich_utils.Columns = _under_each_other  # type: ignore[attr-defined, assignment]
    give_help_option, write_usage = Command.get_help_option, HelpFormatter.write_usage

    def help_option(self: Command, ctx: Any) -> Any:
        if (option := give_help_option(self, ctx)) is not None:
            option.help = "Toon deze uitleg."
        return option

    def usage(self: HelpFormatter, prog: str, args: str = "", prefix: str | None = None) -> None:
        args = args.replace("[OPTIONS]", "[OPTIES]").replace("COMMAND [ARGS]...", "OPDRACHT ...")
        write_usage(self, prog, re.sub("[{}]", "", args), prefix or "Gebruik: ")

    # Both inherit it from a base class without a public name.
    for kind in (TyperArgument, TyperOption):
        kind.display_type = _in_dutch(kind.display_type)  # type: ignore[method-assign, assignment]
    argument_name: Any = TyperArgument.display_name_raw
    TyperArgument.display_name_raw = property(lambda self: argument_name.fget(self).upper())  # type: ignore[method-assign, assignment]
    Command.get_help_option = help_option  # type: ignore[method-assign]
    HelpFormatter.write_usage = usage  # type: ignore[method-assign]


# --- The shared part of all commands: settings, a database, and errors that are a text instead of a traceback

_WIDE: Final = 240  # characters of a table that is not read in a terminal
_YES_NO: Final = {"ja": True, "j": True, "nee": False, "n": False}
_WHOLE: Final = frozenset({"nr", "nummer", "code", "zaak", "gezinsplan", "ontvanger", "applicatie", "stand"})
"""Columns that people copy into another command: not broken over lines."""


def read_settings() -> Settings:
    """Read the settings, or end with a text about the wrong ones."""
    with tidy_errors():
        return load_settings()
    raise AssertionError  # `tidy_errors` ended the process


class NoDatabase(Reportable):
    """There is no embedded database here, and the command must not make one; the text is Dutch."""

    exit_ = 2

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"In {directory.resolve()} staat geen database van een Regiesysteem. Geef de opdracht in de map waarin u "
            "het start, of zet REGIE_DATA_DIR (bij een eigen PostgreSQL-server REGIE_DATABASE_URL)."
        )


@contextmanager
def database(settings: Settings, *, make: bool = False, only: bool = False) -> Iterator[Engine]:
    """Give an engine on the database of the settings, the embedded one for as long as the command takes.

    With `make` an embedded one that is not there yet is made. Raises NoDatabase without. With `only` nobody else
    uses the embedded one meanwhile; raises PostgresError when somebody does.
    """
    if not (make or settings.database_url or EmbeddedPostgres.exists(settings.data_dir)):
        raise NoDatabase(settings.data_dir)
    with ExitStack() as stack:
        url = settings.database_url
        if not url:
            postgres = stack.enter_context(embedded_postgres(settings.data_dir))
            url = postgres.url
            if only:
                stack.enter_context(postgres.alone())
        engine = engine_for(settings, url, pool=False)
        stack.callback(engine.dispose)
        yield engine


def ask_yes(sentence: str) -> bool:
    """Ask on the terminal until the answer is ja or nee. Raises typer.Abort when nobody can answer."""
    while True:
        answer = str(typer.prompt(f"{one_line(sentence)} [ja/nee]", prompt_suffix=" ")).strip().lower()
        if answer in _YES_NO:
            return _YES_NO[answer]
        typer.echo("Antwoord met ja of nee.", err=True)


@contextmanager
def tidy_errors() -> Iterator[None]:
    """End with a Dutch text instead of a traceback when the request or the surroundings are wrong."""
    try:
        yield
    except Reportable as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            typer.echo("Iets anders houdt dit nu vast; er is niets gewijzigd. Probeer het zo opnieuw.", err=True)
            sys.exit(1)
        typer.echo(f"De database is niet bereikbaar: {str(error.orig).strip()}", err=True)
        sys.exit(2)
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable):
            raise
        typer.echo("De database heeft nog geen tabellen van deze versie; maak ze met: regie migreer", err=True)
        sys.exit(2)
    except PermissionError as error:
        typer.echo(
            f"Geen toegang tot {error.filename}: {os_reason(error)}. Kies een andere map met REGIE_DATA_DIR.", err=True
        )
        sys.exit(2)


def when(moment: datetime | None) -> str:
    """A moment in Dutch time, to the second, as every command shows it; nothing when there is none."""
    return f"{moment.astimezone(TIME_ZONE):%Y-%m-%d %H:%M:%S}" if moment else ""


def beginning_of(day: datetime) -> datetime:
    """Give the first moment of a day in Dutch time."""
    return day.replace(tzinfo=TIME_ZONE)


def one_line(text: str) -> str:
    """A text of messages as one line without characters that a terminal would obey."""
    return "".join(character if character.isprintable() else " " if character.isspace() else "?" for character in text)


def _cell(text: str) -> Text:
    """A cell of a table; a plain str would be read as markup."""
    return Text("\n".join(map(one_line, text.split("\n"))))


def make_console() -> Console:
    """The console of a command: as wide as its terminal, and wide enough for whole lines in a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def show_table(title: str, *heads: str, rows: Iterable[tuple[str, ...]]) -> None:
    """Show a table; in full, and as wide as needed, when it goes to a file or to another command.

    A terminal that is too narrow gets each row as a block of lines: nothing is cut off, or broken within a word.
    """
    console = make_console()
    columns = (Column(head, overflow="fold", no_wrap=head in _WHOLE) for head in heads)
    table = Table(*columns, title=title, title_justify="left")
    every = [tuple(map(_cell, row)) for row in rows]
    for row in every:
        table.add_row(*row)
    if not every:
        console.print(f"{title}: niets.", highlight=False)
    elif console.is_terminal and _narrowest(console, table) > console.width:
        _show_blocks(console, title, heads, every)
    else:
        console.print(table, highlight=False)


def _narrowest(console: Console, table: Table) -> int:
    """The width in which no word is broken; of the possible tables, not of the terminal."""
    return Measurement.get(console, console.options.update(max_width=_WIDE * 10), table).minimum


def _show_blocks(console: Console, title: str, heads: tuple[str, ...], rows: list[tuple[Text, ...]]) -> None:
    width = max(map(len, heads))
    console.print(Text(title, style="italic"))
    for row in rows:
        console.print()
        for head, cell in zip(heads, row, strict=True):
            if cell.plain:
                console.print(Text(f"{head:<{width}}  ", style="bold"), cell, sep="", soft_wrap=True)
