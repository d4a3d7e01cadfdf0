"""`regie bewaren`: what may be destroyed, by whom it was decided, and destroying it; output is Dutch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Engine

from regiesysteem.access.command_looks import operator
from regiesysteem.commands import database, read_settings, show_table, tidy_errors, when
from regiesysteem.config import TIME_ZONE
from regiesysteem.errors import Reportable, os_reason
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.storage import StorageUnreachable, make_storage
from regiesysteem.zakenmagazijn import keeping
from regiesysteem.zakenmagazijn.archive import derive_closed
from regiesysteem.zakenmagazijn.destruction import left, renew_samples, step

BATCH: Final = 100
"""The zaken that go in one transaction."""
_DERIVED: Final = 500
_HOW: Final = (
    "De gegevens zijn verwijderd uit de database, en de inhoud van documenten ook uit de opslag. Back-ups van daarvoor "
    "verdwijnen op hun eigen termijn."
)

bewaren = typer.Typer(no_args_is_help=True, help="Wat vernietigd mag worden, wie dat besluit, en het vernietigen zelf.")

Json = Annotated[bool, typer.Option("--json", help="JSON in plaats van een tabel.")]
Who = Annotated[str, typer.Option("--als", metavar="NAAM", help="Wie u bent; anders uw gebruikersnaam hier.")]
Number = Annotated[int, typer.Argument(metavar="NUMMER", help="Nummer van de lijst.")]
Zaak = Annotated[str, typer.Argument(metavar="ZAAK", help="Zaakidentificatie.")]


@bewaren.command()
def lijst(
    tot: Annotated[str, typer.Option(metavar="DATUM", help="Wat mag tot en met deze dag, zoals 2027-01-31.")] = "",
    zonder_datum: Annotated[
        bool, typer.Option("--zonder-datum", help="Gesloten zaken waarvan niemand weet wanneer het mag.")
    ] = False,
    json: Json = False,
) -> None:
    """Toon welke zaken vernietigd mogen worden, en wat dat tegenhoudt; zonder --tot: vandaag.

    Met --json een object per regel. Het veld identificatie past op een regel van het bestand van --lijst.
    """
    on = _day(tot)
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        if zonder_datum:
            _show("Gesloten zaken zonder datum", [dict(row) for row in keeping.without_date(connection)], json=json)
            return
        found = keeping.due(connection, on)
    _show(f"Te vernietigen tot en met {on}", [asdict(one) for one in found], json=json)


@bewaren.command()
def blokkeer(zaak: Zaak, reden: Annotated[str, typer.Option(help="Waarom.")], als: Who = "") -> None:
    """Houd een zaak tegen: zij wordt niet vernietigd tot u haar deblokkeert. Noem in de reden geen personen."""
    if not reden.strip():
        raise typer.BadParameter("zeg met --reden waarom")
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        keeping.block(connection, zaak, reden.strip(), _who(als))
    typer.echo(f"Zaak {zaak} is geblokkeerd.")


@bewaren.command()
def deblokkeer(zaak: Zaak) -> None:
    """Laat een zaak weer vernietigen als haar dag er is."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        keeping.release(connection, zaak)
    typer.echo(f"Zaak {zaak} is niet meer geblokkeerd.")


@bewaren.command()
def bereken() -> None:
    """Bereken van elke gesloten zaak opnieuw wanneer zij weg mag, na een nieuwe inrichting of een nieuwe versie.

    Wat een bericht of mens zelf zette, blijft.
    """
    after: int | None = 0
    with tidy_errors(), database(read_settings()) as engine:
        while after is not None:
            with engine.begin() as connection:
                after = derive_closed(connection, read_inrichting(connection), after, _DERIVED)
    typer.echo("De datums zijn berekend; regie bewaren lijst --zonder-datum toont wat er nog geen heeft.")


@bewaren.command()
def vernietig(
    lijst: Annotated[
        Path | None, typer.Option(metavar="BESTAND", help="Een zaakidentificatie per regel; anders alles wat mag.")
    ] = None,
    als: Who = "",
) -> None:
    """Stel een lijst voor om te vernietigen. Er is dan nog niets weg: een ander moet haar goedkeuren.

    Daarna: regie bewaren keur-goed NUMMER (of keur-af), en regie bewaren voer-uit NUMMER.
    """
    zaken = _read(lijst) if lijst is not None else None
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        number, count = keeping.propose(connection, _who(als), zaken, _day(""))
    typer.echo(f"Lijst {number} heeft {count} zaken. Een ander beoordeelt haar: regie bewaren keur-goed {number}")


@bewaren.command()
def lijsten(json: Json = False) -> None:
    """Toon de lijsten: wie ze voorstelde en beoordeelde, en wat ervan is uitgevoerd."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        rows = [dict(row) for row in keeping.lists(connection)]
    names = ("nummer", "stand", "zaken", "vernietigd", "overgeslagen")
    people = ("voorgesteld_door", "voorgesteld_op", "beoordeeld_door", "beoordeeld_op", "reden", "uitgevoerd_op")
    _show("Lijsten", [{naam: row[naam] for naam in (*names, *people)} for row in rows], json=json)


@bewaren.command("keur-goed")
def keur_goed(nummer: Number, als: Who = "") -> None:
    """Keur een lijst goed die een ander voorstelde."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        keeping.judge(connection, nummer, _who(als), approved=True)
    typer.echo(f"Lijst {nummer} is goedgekeurd. Uitvoeren: regie bewaren voer-uit {nummer}")


@bewaren.command("keur-af")
def keur_af(nummer: Number, reden: Annotated[str, typer.Option(help="Waarom.")], als: Who = "") -> None:
    """Keur een lijst af die een ander voorstelde, in haar geheel; de zaken kunnen daarna op een nieuwe."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        keeping.judge(connection, nummer, _who(als), approved=False, reden=reden.strip())
    typer.echo(f"Lijst {nummer} is afgekeurd.")


@bewaren.command("voer-uit")
def voer_uit(
    nummer: Number,
    als: Who = "",
    per_keer: Annotated[int, typer.Option(help="Zaken in een transactie.", min=1, max=1000)] = BATCH,
) -> None:
    """Vernietig de zaken van een goedgekeurde lijst. Stopt het halverwege, geef de opdracht dan nog eens.

    Elke zaak wordt eerst weer bekeken: wat intussen wijzigde of geblokkeerd is, wordt overgeslagen.
    """
    settings = read_settings()
    with tidy_errors(), database(settings) as engine:
        skipped = _carry_out(engine, nummer, _who(als), per_keer)
        with engine.begin() as connection:
            renew_samples(connection)
        try:
            for _ in make_storage(settings).clean_up(engine):
                pass
        except StorageUnreachable as error:
            typer.echo(f"{error} De worker verwijdert de inhoud van documenten als de opslag er weer is.", err=True)
    for reason, count in skipped.items():
        typer.echo(f"Overgeslagen, {reason}: {count}.")
    typer.echo(f"Lijst {nummer} is uitgevoerd. De verklaring: regie bewaren verklaring {nummer}")


def _carry_out(engine: Engine, number: int, who: str, count: int) -> Counter[str]:
    """Do all steps, each in a transaction of its own, and show how far it is."""
    with engine.connect() as connection:
        todo = left(connection, number)
    skipped = Counter[str]()
    columns = (TextColumn("{task.description}"), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        zaken = progress.add_task("zaken", total=todo)
        messages = progress.add_task("berichten doorzocht", total=None)
        while True:
            with engine.begin() as connection:
                done = step(connection, read_inrichting(connection), number, who, _day(""), count)
            skipped.update(done.skipped or {})
            progress.advance(zaken, done.destroyed + sum((done.skipped or {}).values()))
            progress.advance(messages, done.searched)
            if not done.more:
                return skipped


@bewaren.command("verklaring")
def toon_verklaring(nummer: Number, json: Json = False) -> None:
    """Toon de verklaring van vernietiging van een lijst: wat, op welke grond, wie en wanneer; zonder personen."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        found = keeping.verklaring(connection, nummer)
    if json:
        zaken = [dict(zaak) for zaak in found.zaken]
        whole = asdict(found) | {"aantallen": found.aantallen, "hoe": _HOW, "zaken": zaken}
        typer.echo(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode())
        return
    typer.echo(f"Verklaring van vernietiging, lijst {found.nummer} ({found.stand})\n")
    for wat, who, on in (
        ("Voorgesteld", found.voorgesteld_door, found.voorgesteld_op),
        (found.stand.capitalize() if found.stand == "afgekeurd" else "Goedgekeurd", found.beoordeeld_door,
         found.beoordeeld_op),
        ("Uitgevoerd", found.uitgevoerd_door, found.uitgevoerd_op),
    ):  # fmt: skip
        typer.echo(f"{wat:<12} {who or 'nog niet'}{f', {when(on)}' if on else ''}")
    typer.echo("Aantallen    " + ", ".join(f"{count} {what}" for what, count in found.aantallen.items()))
    typer.echo(f"Hoe          {_HOW}\n")
    _show("Zaken", [{naam: w for naam, w in zaak.items() if naam != "aantallen"} for zaak in found.zaken], json=False)


def _show(titel: str, rows: Sequence[Mapping[str, Any]], *, json: bool) -> None:
    """Rows as a table, or as a JSON object a line."""
    if json:
        for row in rows:
            typer.echo(orjson.dumps(dict(row)).decode())
        return
    heads = list(rows[0]) if rows else []
    shown = [head.replace("_", " ") for head in heads]
    show_table(titel, *shown, rows=(tuple(_cells(row[head] for head in heads)) for row in rows))


def _cells(waarden: Iterable[object]) -> Iterable[str]:
    for waarde in waarden:
        yield when(waarde) if isinstance(waarde, datetime) else "" if waarde is None else str(waarde)


def _day(text: str) -> date:
    """A day as people and StUF write it; today for none."""
    try:
        return date.fromisoformat(text) if text else datetime.now(TIME_ZONE).date()
    except ValueError:
        raise typer.BadParameter(f"{text} is geen datum, zoals 2027-01-31") from None


def _who(als: str) -> str:
    naam = " ".join(als.split()) or operator()
    if not naam.isprintable() or len(naam) > 100:
        raise typer.BadParameter("een naam heeft hoogstens 100 leesbare tekens")
    return naam


def _read(file: Path) -> list[str]:
    """The zaakidentificaties in a file, one a line; a line that begins with # is a remark."""
    with tidy_errors():
        try:
            lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
        except UnicodeDecodeError:
            raise Reportable(f"{file} is geen UTF-8.") from None
        except OSError as error:
            raise Reportable(f"{file} is niet te lezen: {os_reason(error)}") from None
        return [line for line in lines if line and not line.startswith("#")]
    raise AssertionError  # tidy_errors ends the process
