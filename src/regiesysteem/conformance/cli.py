"""The command `regie conformiteit`: plays a role of the test sets and reports; output is Dutch."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from regiesysteem.commands import make_console, tidy_errors
from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.profile import read_profile
from regiesysteem.conformance.provider_run import ProviderRun
from regiesysteem.conformance.report import ScenarioResult, StepState
from regiesysteem.conformance.scenarios import load_role, roles
from regiesysteem.errors import Reportable

_Role = Annotated[str, typer.Option("--rol", help="De rol, zoals zaaksysteem of rzs-1.0/zaaksysteem.")]
_Address = Annotated[str, typer.Option("--adres", help="Adres van het systeem dat u toetst.", show_default=False)]
_ProfileFile = Annotated[
    Path | None, typer.Option("--profiel", help="TOML met zender, zaaktypen en wat er niet is.", show_default=False)
]


class _UnknownRole(Reportable):
    """There is no such role."""

    exit_ = 2


_COLOURS = {
    StepState.GESLAAGD: "green",
    StepState.OPMERKING: "yellow",
    StepState.GEZAKT: "red",
    StepState.STORING: "red",
}


def conformiteit(rol: _Role, adres: _Address, profiel: _ProfileFile = None) -> None:
    """Toets een systeem aan de testsets van RZS en ZDS: speel een rol en beoordeel de berichten."""
    console = make_console()
    with tidy_errors():
        role = _role(rol)
        profile = read_profile(profiel)
        player = ProviderRun(HttpLine(adres, profile), profile, tell=lambda result: _show(console, result))
        report = player.play(role, load_role(role))
    raise typer.Exit(report.exit_code())


def _role(asked: str) -> str:
    """The role as set/role; without a set, that of RZS."""
    known = roles()
    for one in (asked, f"rzs-1.0/{asked}"):
        if one in known:
            return one
    raise _UnknownRole(f"Rol {asked} is er niet; wel: {', '.join(known)}.")


def _show(console: Console, result: ScenarioResult) -> None:
    state = result.state
    colour = _COLOURS.get(state, "cyan")
    console.print(f"[{colour}]{state:<17}[/] {escape(result.scenario.id)}  {escape(result.scenario.titel)}")
    for step in result.steps:
        if step.said and step.state is not StepState.GESLAAGD:
            console.print(f"    {escape(step.title)}: {escape(step.said)}")
        for one in step.findings:
            where = f" ({one.place})" if one.place else ""
            console.print(f"    {escape(f'{step.title}: verwacht {one.expected}, gevonden {one.found}{where}')}")
            if one.bron:
                console.print(f"      [dim]{escape(one.bron)}[/]")
