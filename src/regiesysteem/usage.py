"""Translates the texts of typer itself (a wrong option, its help) into Dutch; typer has no translations.

Its vendored click and the titles of its help have no public names. The lock file fixes the version, and a test checks
that no command says anything in English.
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import typer
from typer import rich_utils
from typer._click.core import Command
from typer._click.exceptions import BadParameter, MissingParameter, NoArgsIsHelpError, NoSuchOption, UsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperArgument, TyperGroup, TyperOption

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
