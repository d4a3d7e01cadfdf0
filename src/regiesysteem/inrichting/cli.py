"""`regie inrichting`: check, load and show the inrichting. Output on stdout, errors on stderr, both in Dutch."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console
from sqlalchemy import select

from regiesysteem.commands import database, one_line, read_settings, show_table, tidy_errors, when
from regiesysteem.config import TIME_ZONE
from regiesysteem.inrichting.agreements import Agreement, State, agreements, agreements_in_force
from regiesysteem.inrichting.check import warnings
from regiesysteem.inrichting.current import Inrichting, Zaaktype, read_inrichting
from regiesysteem.inrichting.first_inrichting import FileIsThere, compose, kinds, write_new
from regiesysteem.inrichting.from_ztc import read_export, take_zaaktypen
from regiesysteem.inrichting.leniency import PER_SENDER, Leniency, leniency_for
from regiesysteem.inrichting.load import Difference, load_file, read_file, read_text, without_personen
from regiesysteem.inrichting.model import (
    Afspraken,
    Applicatie,
    Documenten,
    Documenttype,
    Formaat,
    Inrichtingsbestand,
    Notificaties,
    Regels,
    Systeem,
)
from regiesysteem.inrichting.tables import InrichtingRow
from regiesysteem.inrichting.taken_zaaktype import UnreadableExport
from regiesysteem.stuf.faults import shorten

app = typer.Typer(no_args_is_help=True, help="De inrichting van de gemeente: controleren, laden, tonen.")

_IN_COLUMN: Final = frozenset({"naam", "organisatie", "administratie", "adres", "diensten", *PER_SENDER})
_MARKS: Final[dict[State, str]] = {"gemaakt": "x", "open": " ", "buiten de inrichting": "-"}
_LONGEST_LINE: Final = 400
_MOST_NAMES: Final = 10_000
File = Annotated[Path, typer.Argument(metavar="BESTAND", help="Het TOML-bestand met de inrichting.")]


@app.command()
def controleer(bestand: File) -> None:
    """Zeg wat er in een bestand niet klopt, zonder iets te veranderen."""
    with tidy_errors():
        inrichting = read_file(bestand).inrichting
    _warn(warnings(inrichting))
    statussen = sum(len(zaaktype.status) for zaaktype in inrichting.zaaktype)
    typer.echo(
        f"{bestand} is in orde: gemeente {inrichting.gemeente.code} {inrichting.gemeente.naam}, "
        f"{len(inrichting.zaaktype)} zaaktypen, {statussen} statussen, "
        f"{len(inrichting.applicatie)} applicaties, {len(inrichting.abonnement)} abonnementen."
    )
    for line in _soepel(inrichting):
        typer.echo(line)


@app.command()
def laad(bestand: File) -> None:
    """Neem een bestand in gebruik; een server die draait neemt het bij het volgende bericht over."""
    with tidy_errors(), database(read_settings()) as engine:
        difference = load_file(engine, bestand)
        with engine.connect() as connection:
            unproven = {one.naam for one in read_inrichting(connection).without_credential}
    _warn(difference.remarks)
    if unproven:
        names = ", ".join(sorted(unproven))
        _warn([f"zonder wachtwoord of certificaat, en op deze machine toegelaten zonder bewijs: {names}"])
    for line in _report(difference):
        typer.echo(line)


@app.command()
def nieuw(
    naam: Annotated[str | None, typer.Option(help="Naam van de gemeente.")] = None,
    code: Annotated[str | None, typer.Option(help="CBS-gemeentecode, vier cijfers.")] = None,
    soort: Annotated[
        list[str] | None, typer.Option(help="Een soort backoffice die meedoet, of alle; mag vaker.")
    ] = None,
    naar: Annotated[Path | None, typer.Option(metavar="BESTAND", help="Waar de inrichting komt.")] = None,
    overschrijf: Annotated[bool, typer.Option("--overschrijf", help="Vervang een bestand dat er al is.")] = False,
) -> None:
    """Maak de eerste inrichting van een gemeente; vraagt wat u niet als optie geeft."""
    with tidy_errors():
        if naar is not None and naar.exists() and not overschrijf:
            raise FileIsThere(naar)
        naam = naam if naam is not None else str(typer.prompt("Naam van de gemeente"))
        code = code if code is not None else str(typer.prompt("CBS-gemeentecode (vier cijfers)"))
        chosen = soort or _ask_kinds()
        text = compose(naam, code, kinds() if "alle" in chosen else chosen)
        parsed = read_text(text, "de nieuwe inrichting")
        naar = naar or Path(typer.prompt("Naar welk bestand", default="inrichting.toml"))
        write_new(naar, text, overwrite=overschrijf)
    _next_steps(naar, parsed.inrichting)


def _ask_kinds() -> list[str]:
    """Ask which kinds of back office take part, by number or name, or alle, until each word is one of them."""
    known = kinds()
    typer.echo("Welke backoffices doen mee?")
    for number, (kind, title) in enumerate(known.items(), 1):
        typer.echo(f"  {number}  {kind:<17}{title}")
    choices = {str(number): kind for number, kind in enumerate(known, 1)} | {kind: kind for kind in known}
    while True:
        words = str(typer.prompt("Nummers of namen, of alle")).replace(",", " ").split()
        if words == ["alle"]:
            return words
        if words and not (wrong := [word for word in words if word not in choices]):
            return [choices[word] for word in words]
        typer.echo(f"{', '.join(map(repr, wrong))} staat er niet bij.", err=True)


def _next_steps(file: Path, inrichting: Inrichtingsbestand) -> None:
    name = shlex.quote(str(file))
    typer.echo(
        f"{file} is klaar: {len(inrichting.zaaktype)} zaaktypen en {len(inrichting.applicatie)} applicaties. Daarna:\n"
        f"  1. lees het bestand na; elke keuze staat erbij\n"
        f"  2. regie inrichting laad {name}\n"
        f"  3. geef elke applicatie een wachtwoord:"
    )
    for one in inrichting.applicatie:
        typer.echo(f"       regie applicatie wachtwoord {shlex.quote(one.naam)}")
    typer.echo(
        "  4. vul in waar zij berichten ontvangen (adres), haal de hekjes van hun abonnementen weg, en laad opnieuw\n"
        f"  5. regie checklist {name} --open: wat u nog met de leveranciers afspreekt"
    )


@app.command("van-ztc")
def van_ztc(
    bestand: Annotated[Path, typer.Argument(metavar="BESTAND", help="Export van i-Navigator of de Catalogi API.")],
    zaaktype: Annotated[list[str] | None, typer.Option(help="Identificatie van een zaaktype; mag vaker.")] = None,
    code: Annotated[
        list[str] | None, typer.Option(metavar="IDENTIFICATIE=CODE", help="De code van een zaaktype; mag vaker.")
    ] = None,
    soort: Annotated[str, typer.Option(help="Soort van de zaaktypen: een export kent die niet.")] = "deelplan",
    op: Annotated[str, typer.Option(metavar="DATUM", help="Wat geldt op deze dag, zoals 2027-01-31.")] = "",
) -> None:
    """Maak van een export de tabellen van zaaktypen; zegt op stderr wat niet past.

    Eindigt met 0 als alles past, met 3 als er iets niet of anders is overgenomen, en met 1 als er niets is.
    """
    with tidy_errors():
        if wrong := [one for one in code or () if "=" not in one]:
            raise UnreadableExport(f"--code {wrong[0]}: schrijf IDENTIFICATIE=CODE")
        codes = dict(one.rpartition("=")[::2] for one in code or ())
        on = _day(op)
        text, count, report = take_zaaktypen(
            read_export(bestand), soort=soort, on=on, codes=codes, only=tuple(zaaktype or ())
        )
    typer.echo(text, nl=False)
    for problem in report.problems:
        typer.echo(shorten(one_line(str(problem)), _LONGEST_LINE), err=True)
    if report.without_key:
        names = ", ".join(f"{naam} ({times})" for naam, times in sorted(report.without_key.items()))
        typer.echo(
            f"Geen sleutel in de inrichting, en hoe vaak gevuld: {shorten(one_line(names), _MOST_NAMES)}.", err=True
        )
    if report.skipped:
        typer.echo(f"Overgeslagen: {shorten(one_line(', '.join(report.skipped)), _MOST_NAMES)}.", err=True)
    typer.echo(f"{count} zaaktypen overgenomen, als soort {soort}; {len(report.problems)} meldingen.", err=True)
    raise typer.Exit(1 if not count else 3 if report.problems else 0)


def _day(text: str) -> date:
    """A day as people write it; today for none."""
    try:
        return date.fromisoformat(text) if text else datetime.now(TIME_ZONE).date()
    except ValueError:
        raise UnreadableExport(f"{text} is geen datum, zoals 2027-01-31") from None


@app.command()
def toon(
    zaaktype: Annotated[
        str | None, typer.Argument(metavar="ZAAKTYPE", help="Code: toon van dit zaaktype alles.")
    ] = None,
    toml: Annotated[
        bool, typer.Option("--toml", help="Toon de tekst zoals die geladen is, zonder de BSN's in abonnementen.")
    ] = False,
) -> None:
    """Toon de inrichting die nu geldt, ook wat uit berichten is overgenomen."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        inrichting = read_inrichting(connection)
        last = connection.execute(
            select(InrichtingRow.toml, InrichtingRow.geladen_op).order_by(InrichtingRow.versie.desc()).limit(1)
        ).one()
    if toml:
        typer.echo(without_personen(last.toml), nl=False)
        return
    console = Console()
    if zaaktype is None:
        console.print(
            f"Gemeente {inrichting.gemeente.code} {inrichting.gemeente.naam}; stand {inrichting.versie}, "
            f"geladen {when(last.geladen_op)} uit {inrichting.bron}",
            highlight=False,
            markup=False,
        )
        for table in (inrichting.systeem, inrichting.regels, inrichting.documenten, inrichting.notificaties):
            _sleutels(type(table).__name__, _said(inrichting, table))
        if inrichting.afspraken != Afspraken():
            _sleutels("Afspraken", _said(inrichting, inrichting.afspraken))
        _applicaties(inrichting)
        _zaaktypen(inrichting.zaaktypen)
        if inrichting.formaten:
            _formats(inrichting.formaten)
        if inrichting.abonnementen:
            console.print(f"{len(inrichting.abonnementen)} abonnementen; zie: regie abonnement lijst", highlight=False)
        return
    found = inrichting.zaaktype(zaaktype, None)
    if found is None:
        typer.echo(f"Er is geen zaaktype met code {zaaktype}.", err=True)
        raise typer.Exit(1)
    _zaaktypen([found])
    _sleutels(f"Verder van {found.code}", _further_of(found))
    _statussen(found)
    if found.resultaattypen:
        _resultaten(found)
    if found.documenttypen or found.andere_documenten == "weigeren":
        _documenttypen(found)


def checklist(
    bestand: Annotated[
        Path | None, typer.Argument(metavar="BESTAND", help="Een TOML-bestand; zonder: de inrichting die nu geldt.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Alleen wat nog niet is afgesproken.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Een JSON-object per regel.")] = False,
    eis_alles: Annotated[bool, typer.Option("--eis-alles", help="Eindig met 1 als er nog iets open is.")] = False,
) -> None:
    """Toon de afspraken die twee partijen maken voor zij aansluiten (RZS 1.0, 2.8), en welke er nog niet zijn."""
    with tidy_errors():
        if bestand is not None:
            every = agreements(read_file(bestand).inrichting)
        else:
            with database(read_settings()) as engine, engine.connect() as connection:
                every = agreements_in_force(connection)
    shown = [one for one in every if one.state == "open" or not open_]
    if json:
        for one in shown:
            typer.echo(orjson.dumps(_as_json(one)).decode())
    else:
        _show_agreements(every, shown)
    if eis_alles and any(one.state == "open" for one in every):
        raise typer.Exit(1)


def _as_json(one: Agreement) -> dict[str, object]:
    names = {"naam": "afspraak", "question": "vraag", "source": "bron", "settings": "instellingen"}
    names |= {"state": "stand", "lines": "waarde"}
    return {names[key]: value for key, value in asdict(one).items()}


def _show_agreements(every: Iterable[Agreement], shown: Iterable[Agreement]) -> None:
    for one in shown:
        typer.echo(f"[{_MARKS[one.state]}] {one.question}  ({one.naam}; {one.source})")
        for line in one.lines:
            typer.echo(f"      {one_line(line)}")
        if one.settings and one.state == "open":
            typer.echo(f"      instelling: {', '.join(one.settings)}")
    counts = Counter(one.state for one in every)
    typer.echo(
        f"{counts['gemaakt']} gemaakt, {counts['open']} nog open, {counts['buiten de inrichting']} zonder instelling."
    )


def _soepel(file: Inrichtingsbestand) -> Iterator[str]:
    """List the applicaties that are not held to the standard, and the rules that they may break."""
    streng = Leniency()
    for naam, applicatie in (("[regels]", None), *((one.naam, one) for one in file.applicatie)):
        leniency = leniency_for(file.regels, applicatie)
        otherwise = [f"{sleutel} {getattr(leniency, sleutel)}" for sleutel in PER_SENDER
                  if getattr(leniency, sleutel) != getattr(streng, sleutel)]  # fmt: skip
        if otherwise:
            yield f"Niet streng: {naam} ({', '.join(otherwise)})."


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(f"Let op: {line}.")


def _report(difference: Difference) -> Iterator[str]:
    if not difference.loaded:
        yield f"Deze inrichting was al geladen (stand {difference.versie}); er verandert niets."
        return
    yield f"Geladen: dit is nu stand {difference.versie}."
    groups = (
        ("Nieuwe zaaktypen", difference.new),
        ("Gewijzigde zaaktypen", difference.modified),
        ("Vervallen zaaktypen (hun zaken blijven)", difference.vervallen),
        ("Verder nieuw of gewijzigd", tuple(f"[{part}]" for part in difference.parts)),
    )
    yield from (f"  {head}: {', '.join(names)}" for head, names in groups if names)


def _sleutels(title: str, sleutels: Iterable[tuple[str, object]]) -> None:
    """A table of the file, or another thing by its name; keys without a value are left out."""
    filled = ((naam, _waarde(waarde)) for naam, waarde in sleutels)
    show_table(title, "sleutel", "waarde", rows=((naam, text) for naam, text in filled if text))


def _said(
    inrichting: Inrichting, table: Systeem | Regels | Documenten | Notificaties | Afspraken
) -> Iterator[tuple[str, object]]:
    """The keys of a table with their values; a key about how senders are judged gets the value that holds."""
    leniency = inrichting.leniency_for(None)
    for field in fields(table):
        yield field.name, getattr(leniency if field.name in PER_SENDER else table, field.name)


def _waarde(waarde: object) -> str:
    if isinstance(waarde, bool):
        return "ja" if waarde else "nee"
    if isinstance(waarde, list | tuple):
        return ", ".join(map(str, waarde))
    return "" if waarde is None else str(waarde)


def _applicaties(inrichting: Inrichting) -> None:
    show_table(
        "Applicaties",
        *("naam", "organisatie", "administratie", "adres", "diensten", *PER_SENDER, "verder"),
        rows=(
            (
                applicatie.naam,
                applicatie.organisatie or inrichting.gemeente.code,
                applicatie.administratie,
                applicatie.adres,
                ", ".join(applicatie.diensten),
                *(getattr(inrichting.leniency_for(applicatie), naam) for naam in PER_SENDER),
                ", ".join(_further(applicatie)),
            )
            for applicatie in inrichting.applicaties
        ),
    )


def _further(applicatie: Applicatie) -> Iterator[str]:
    """The keys of an applicatie that have no column, where they differ from the default."""
    for field in fields(applicatie):
        waarde = getattr(applicatie, field.name)
        if field.name not in _IN_COLUMN and waarde != field.default:
            yield f"{field.name} = {_waarde(waarde)}"


def _formats(formats: Iterable[Formaat]) -> None:
    names = [field.name for field in fields(Formaat)]
    show_table("Formaten", *names, rows=(tuple(_waarde(getattr(one, naam)) for naam in names) for one in formats))


def _further_of(zaaktype: Zaaktype) -> Iterator[tuple[str, object]]:
    yield from ((naam, getattr(zaaktype, naam)) for naam in ("was", "status_tegenspraak", "onbekende_status"))
    yield "andere_documenten", zaaktype.andere_documenten
    yield "overdracht_dagen", zaaktype.overdracht_dagen
    yield from zaaktype.inhoud.items()


def _resultaten(zaaktype: Zaaktype) -> None:
    show_table(
        f"Resultaten van {zaaktype.code}",
        "omschrijving",
        "toelichting",
        rows=((one.omschrijving, _waarde(one.inhoud.get("toelichting"))) for one in zaaktype.resultaattypen),
    )


def _zaaktypen(zaaktypen: Iterable[Zaaktype]) -> None:
    show_table(
        "Zaaktypen",
        "code",
        "omschrijving",
        "soort",
        "dagen",
        "statussen",
        "herkomst",
        rows=(
            (
                zaaktype.code,
                zaaktype.omschrijving,
                zaaktype.soort,
                str(zaaktype.doorlooptijd_dagen or ""),
                str(len(zaaktype.statustypen)),
                "vervallen" if zaaktype.vervallen else zaaktype.herkomst,
            )
            for zaaktype in zaaktypen
        ),
    )


def _statussen(zaaktype: Zaaktype) -> None:
    every = [(status, "ja" if status.eindstatus else "") for status in zaaktype.statustypen]
    every += [(status, "vervallen") for status in zaaktype.vervallen_statustypen]
    show_table(
        f"Statussen van {zaaktype.code}",
        "volgnummer",
        "code",
        "omschrijving",
        "eindstatus",
        rows=((str(st.volgnummer), st.code or "", st.omschrijving, end) for st, end in every),
    )


def _documenttypen(zaaktype: Zaaktype) -> None:
    show_table(
        f"Documenttypen van {zaaktype.code} (andere: {zaaktype.andere_documenten})",
        "omschrijving",
        "regel",
        rows=((soort.omschrijving, _regel(soort)) for soort in zaaktype.documenttypen),
    )


def _regel(soort: Documenttype) -> str:
    if soort.geweigerd:
        return "geweigerd"
    return f"verplicht bij status {soort.verplicht_bij_status}" if soort.verplicht_bij_status else "mag"
