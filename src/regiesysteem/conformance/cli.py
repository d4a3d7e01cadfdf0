"""The command `regie conformiteit`: plays a role of the test sets and reports; output is Dutch."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from regiesysteem.commands import ask_yes, make_console, tidy_errors
from regiesysteem.conformance import profile as profiles
from regiesysteem.conformance.exchanged import LogHead, read_log, write_log
from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.profile import Profile, read_profile
from regiesysteem.conformance.provider_run import LiveMessages, LoggedMessages, ProviderRun
from regiesysteem.conformance.report import RunReport
from regiesysteem.conformance.report_files import html_report, junit_report, save_messages
from regiesysteem.conformance.report_screen import ReportScreen
from regiesysteem.conformance.scenarios import Scenario, load_role, roles, version_of
from regiesysteem.errors import Reportable

_Role = Annotated[
    str, typer.Option("--rol", help="De rol van het systeem dat u toetst, zoals zaaksysteem.", show_default=False)
]
_Address = Annotated[str, typer.Option("--adres", help="Adres van het systeem dat u toetst.", show_default=False)]
_ProfileFile = Annotated[
    Path | None, typer.Option("--profiel", help="TOML met zender, zaaktypen en wat er niet is.", show_default=False)
]
_Only = Annotated[
    list[str] | None,
    typer.Option("--scenario", help="Alleen dit scenario, met wat eraan voorafgaat. Mag vaker.", show_default=False),
]
_Junit = Annotated[Path | None, typer.Option("--junit", help="Schrijf JUnit XML, voor CI.", show_default=False)]
_Html = Annotated[Path | None, typer.Option("--html", help="Schrijf een rapport om te sturen.", show_default=False)]
_Log = Annotated[
    Path | None,
    typer.Option("--verslag", help="Bewaar alle berichten in een bestand, voor --herkeur.", show_default=False),
]
_Again = Annotated[
    Path | None, typer.Option("--herkeur", help="Beoordeel een verslag opnieuw, zonder te sturen.", show_default=False)
]
_Messages = Annotated[
    Path | None, typer.Option("--berichten", help="Bewaar elk bericht en antwoord in deze map.", show_default=False)
]
_Data = Annotated[
    bool, typer.Option("--toon-gegevens", help="Toon een profiel met wat er moet zijn: zaaktypen en statussen.")
]
_List = Annotated[bool, typer.Option("--lijst", help="Toon de rollen, of met --rol de scenario's.")]


class _Misuse(Reportable):
    """The command was given wrongly."""

    exit_ = 2


def conformiteit(  # noqa: PLR0917 - typer fills them by name
    rol: _Role = "",
    adres: _Address = "",
    profiel: _ProfileFile = None,
    scenario: _Only = None,
    junit: _Junit = None,
    html: _Html = None,
    verslag: _Log = None,
    herkeur: _Again = None,
    berichten: _Messages = None,
    toon_gegevens: _Data = False,
    lijst: _List = False,
) -> None:
    """Toets een systeem aan de testsets van RZS en ZDS: speel een rol en beoordeel de berichten.

    Eindcode: 0 alles geslaagd, 1 gezakt, 2 verkeerd gebruik, 3 niet bereikbaar, 4 onvolledig of te bevestigen, 5 niets
    gespeeld.
    """
    with tidy_errors():
        if toon_gegevens:
            typer.echo(profiles.example())
            return
        if lijst:
            _show_list(rol)
            return
        report, head = _judge_again(herkeur) if herkeur else _play(rol, adres, profiel, scenario or [])
        _write_files(report, head, junit=junit, html=html, log=verslag, messages=berichten)
    raise typer.Exit(report.exit_code())


def _play(rol: str, adres: str, profiel: Path | None, only: Sequence[str]) -> tuple[RunReport, LogHead]:
    if not rol or not adres:
        raise _Misuse("Geef --rol en --adres; regie conformiteit --lijst toont de rollen.")
    role, profile = _role(rol), read_profile(profiel)
    head = _head(role, adres, profile)
    screen = ReportScreen(make_console(), head)
    asks = ask_yes if screen.is_terminal else None
    run = ProviderRun(LiveMessages(HttpLine(adres, profile), profile), profile, ask=asks, tell=screen.scenario)
    report = run.play(role, _chosen(load_role(role), only))
    screen.summary(report)
    return report, head


def _judge_again(log: Path) -> tuple[RunReport, LogHead]:
    try:
        head, exchanges = read_log(log.read_bytes())
    except OSError as error:
        raise _Misuse(f"{log} is niet te lezen: {error.strerror}") from None
    profile = Profile.model_validate(head.profile)
    logged = LoggedMessages(exchanges)
    screen = ReportScreen(make_console(), head)
    played = {one.scenario for one in exchanges}
    scenarios = [one for one in load_role(_role(head.role)) if one.id in played]
    report = ProviderRun(logged, profile, inbox=logged, tell=screen.scenario).play(head.role, scenarios)
    screen.summary(report)
    return report, replace(head, scenarios=version_of(head.role))


def _write_files(
    report: RunReport, head: LogHead, *, junit: Path | None, html: Path | None, log: Path | None, messages: Path | None
) -> None:
    written = write_log(head, report.exchanges)
    for file, make in (
        (log, None),
        (junit, junit_report),
        (html, partial(html_report, log=written)),
    ):
        if file is not None:
            file.write_bytes(make(report, head) if make else written)
            typer.echo(f"Geschreven: {file}")
    if messages is not None:
        typer.echo(f"Geschreven: {save_messages(report, messages)} bestanden in {messages}")


def _head(role: str, address: str, profile: Profile) -> LogHead:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return LogHead(role, now, version("regiesysteem"), version_of(role), address, profile.model_dump(mode="json"))


def _role(asked: str) -> str:
    """The role as set/role; without a set, that of RZS."""
    known = roles()
    for one in (asked, f"rzs-1.0/{asked}"):
        if one in known:
            return one
    raise _Misuse(f"Rol {asked} is er niet; wel: {', '.join(known)}.")


def _chosen(scenarios: list[Scenario], only: Sequence[str]) -> list[Scenario]:
    """The asked scenarios with those that come before them; a number stands for the whole id."""
    if not only:
        return scenarios
    by_id = {one.id: one for one in scenarios} | {one.nummer: one for one in scenarios}
    wanted: set[str] = set()
    waiting = list(only)
    while waiting:
        asked = waiting.pop()
        if asked not in by_id:
            raise _Misuse(f"Scenario {asked} is er niet; wel: {', '.join(one.nummer for one in scenarios)}.")
        wanted.add(by_id[asked].id)
        waiting += [one for one in by_id[asked].na if one not in wanted]
    return [one for one in scenarios if one.id in wanted]


def _show_list(rol: str) -> None:
    for role in [_role(rol)] if rol else roles():
        scenarios = load_role(role)
        typer.echo(f"{role}: {len(scenarios)} scenario's")
        for one in scenarios if rol else []:
            typer.echo(f"  {one.nummer:>3} {one.richting} {one.titel}")
