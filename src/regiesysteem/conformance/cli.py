"""The command `regie conformiteit`: plays a role of the test sets and reports; output is Dutch."""

import re
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from lxml import etree

from regiesysteem.commands import make_console, one_line, tidy_errors
from regiesysteem.conformance import profile as profiles
from regiesysteem.conformance.consumer_run import judge_session
from regiesysteem.conformance.consumer_session import (
    ConsumerSession,
    example_of,
    hear_stop_as_ctrl_c,
    open_session,
    session_log,
    vendor_begins,
)
from regiesysteem.conformance.exchanged import Exchanged, LogError, LogHead, read_log, write_log
from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.profile import Profile, read_profile
from regiesysteem.conformance.provider_run import LiveMessages, LoggedMessages, ProviderRun
from regiesysteem.conformance.report import RunReport
from regiesysteem.conformance.report_files import html_report, junit_report, save_messages, write_file
from regiesysteem.conformance.report_screen import ReportScreen
from regiesysteem.conformance.scenarios import Scenario, load_role, roles, version_of
from regiesysteem.conformance.session_screen import SessionScreen
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
_Listen = Annotated[
    str,
    typer.Option(
        "--luister",
        metavar="[HOST:]POORT",
        help="Luister naar berichten van het systeem dat u toetst. Zonder host alleen op deze machine.",
        show_default=False,
    ),
]
_Session = Annotated[
    Path | None,
    typer.Option("--sessie", help="Bewaar de sessie in deze map, om later verder te gaan.", show_default=False),
]
_Wait = Annotated[str, typer.Option("--wacht", help="Zo lang wacht een sessie op berichten, zoals 90s of 30m.")]
_Show = Annotated[
    str, typer.Option("--toon", help="Toon voorbeelden van de berichten van dit scenario.", show_default=False)
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
    luister: _Listen = "",
    sessie: _Session = None,
    wacht: _Wait = "30m",
    toon: _Show = "",
    toon_gegevens: _Data = False,
    lijst: _List = False,
) -> None:
    """Toets een systeem aan de testsets van RZS en ZDS: speel een rol en beoordeel de berichten.

    Antwoordt uw systeem:
    regie conformiteit --rol zaaksysteem --adres http://127.0.0.1:8080/stuf

    Begint uw systeem zelf:
    regie conformiteit --rol taakspecifiek --luister 8099 --sessie ./sessie

    Eindcode: 0 geslaagd, 1 gezakt, 2 verkeerd gebruik, 3 niet bereikbaar,
    4 onvolledig, 5 niets gespeeld. Meer staat in
    docs/gebruiken/conformiteit.md.
    """
    with tidy_errors():
        if toon_gegevens:
            typer.echo(profiles.example())
            return
        if lijst:
            _show_list(rol)
            return
        if toon:
            _show_examples(rol, toon, read_profile(profiel), sessie)
            return
        if herkeur:
            report, head = _judge_again(herkeur)
        elif luister:
            report, head = _listen(rol, adres, profiel, scenario or [], where=luister, wait=wacht, directory=sessie)
        else:
            report, head = _play(rol, adres, profiel, scenario or [])
        _write_files(report, head, junit=junit, html=html, log=verslag, messages=berichten)
    raise typer.Exit(report.exit_code())


def _play(rol: str, adres: str, profiel: Path | None, only: Sequence[str]) -> tuple[RunReport, LogHead]:
    if not rol or not adres:
        raise _Misuse("Geef --rol en --adres; regie conformiteit --lijst toont de rollen.")
    _check_address(adres)
    role, profile = _role(rol), read_profile(profiel)
    if vendor_begins(load_role(role)):
        raise _Misuse(f"Het systeem in rol {role} begint zelf: geef --luister met een poort.")
    head = _head(role, adres, profile)
    screen = ReportScreen(make_console(), head)
    run = ProviderRun(LiveMessages(HttpLine(adres, profile), profile), profile, tell=screen.scenario)
    report = run.play(role, _chosen(load_role(role), only))
    screen.summary(report)
    return report, head


def _listen(
    rol: str, adres: str, profiel: Path | None, only: Sequence[str], *, where: str, wait: str, directory: Path | None
) -> tuple[RunReport, LogHead]:
    """Play a role in which the system under test sends to us; `adres` may be absent when it begins itself."""
    if not rol:
        raise _Misuse("Geef --rol; regie conformiteit --lijst toont de rollen.")
    if adres:
        _check_address(adres)
    role, profile = _role(rol), read_profile(profiel)
    whole = load_role(role)
    scenarios, begins = _chosen(whole, only), vendor_begins(whole)
    if not begins and not adres:
        raise _Misuse(f"In rol {role} sturen wij het eerste bericht: geef ook --adres.")
    (host, port), seconds, console = _host_and_port(where), _seconds(wait), make_console()
    hear_stop_as_ctrl_c()
    with ExitStack() as stack:
        place = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformiteit-")))
        session = stack.enter_context(open_session(place, host, port, scenarios, profile))
        head = _head(role, adres or session.address.rpartition("/")[0], profile)
        screen, told = ReportScreen(console, head), SessionScreen(console)
        told.opened(session.address, scenarios, begins)
        messages = LiveMessages(HttpLine(adres, profile), profile) if adres else None
        if begins or messages is None:
            play = ConsumerSession(role, scenarios, profile, session.recorder, messages=messages, tell=told.progress)
            report = play.run(seconds)
            told.unmatched(report)
            for result in report.results:
                screen.scenario(result)
        else:
            run = ProviderRun(messages, profile, inbox=session.recorder, tell=screen.scenario)
            report = run.play(role, scenarios)
        screen.summary(report)
    return report, head


def _check_address(adres: str) -> None:
    """Refuse what is no address of a web service; a password in it would be in every report."""
    try:
        parts = urlsplit(adres)
        good, secret = parts.scheme in {"http", "https"} and bool(parts.hostname), "@" in parts.netloc
    except ValueError:
        good = secret = False
    if secret:
        raise _Misuse("In --adres mag geen wachtwoord staan: het profiel heeft gebruiker en wachtwoord_bestand.")
    if not good:
        raise _Misuse("--adres is geen adres dat met http:// of https:// begint.")


def _host_and_port(where: str) -> tuple[str, int]:
    host, _, port = where.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise _Misuse(f"--luister {where} is geen poort en geen host:poort.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _seconds(wait: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}[smu]", wait):
        raise _Misuse(f"--wacht {wait} is geen tijd, zoals 90s, 30m of 2u.")
    return int(wait[:-1]) * {"s": 1, "m": 60, "u": 3600}[wait[-1]]


def _show_examples(rol: str, asked: str, profile: Profile, directory: Path | None) -> None:
    """Show the messages that a scenario waits for; with the numbers of a session as far as it knows them."""
    role = _role(rol or asked.rpartition("/")[0])
    scenarios = load_role(role)
    variables: dict[str, str] = {}
    if directory is not None:
        recorder = session_log(directory)
        variables = judge_session(role, scenarios, recorder.exchanges(), profile).variables
    for step in _chosen(scenarios, [asked])[-1].stap:
        if step.voorbeeld is not None:
            message = example_of(step, profile, variables)
            lines = message.envelope.decode().split("\n")
            typer.echo("\n".join([f"<!-- {step.ontvang}, SOAPAction: {message.action} -->", *map(one_line, lines)]))


def _judge_again(log: Path) -> tuple[RunReport, LogHead]:
    try:
        head, exchanges = read_log(log.read_bytes())
    except OSError as error:
        raise _Misuse(f"{log} is niet te lezen: {error.strerror}") from None
    profile, role = profiles.profile_of(head.profile, log), _role(head.role)
    screen = ReportScreen(make_console(), head)
    try:
        report = _verdict(role, exchanges, profile, screen)
    except (KeyError, etree.XPathError):
        raise LogError(f"{log} heeft andere waarden dan de scenario's kennen.") from None
    screen.summary(report)
    return report, replace(head, scenarios=version_of(role))


def _verdict(role: str, exchanges: list[Exchanged], profile: Profile, screen: ReportScreen) -> RunReport:
    scenarios = load_role(role)
    if vendor_begins(scenarios):
        report = judge_session(role, scenarios, exchanges, profile)
        SessionScreen(make_console()).unmatched(report)
        for result in report.results:
            screen.scenario(result)
        return report
    logged = LoggedMessages(exchanges)
    played = {one.scenario for one in exchanges}
    scenarios = _chosen(scenarios, [one.id for one in scenarios if one.id in played])
    return ProviderRun(logged, profile, inbox=logged, tell=screen.scenario).play(role, scenarios)


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
            write_file(file, make(report, head) if make else written)
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
