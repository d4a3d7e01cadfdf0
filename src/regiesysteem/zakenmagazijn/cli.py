"""Commands about documents (clean up, show and release those being edited), deviations and refused messages."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final

import orjson
import typer

from regiesysteem.commands import beginning_of, database, read_settings, show_table, tidy_errors, when
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.leniency import RULES
from regiesysteem.storage import make_storage
from regiesysteem.zakenmagazijn.checkout import all_locks, release_as_beheerder
from regiesysteem.zakenmagazijn.deviations import Deviation, read_deviations
from regiesysteem.zakenmagazijn.refusals import RefusedMessage, read_refusals

# --- `regie documenten`: clean up, and see and release what somebody is editing

documenten = typer.Typer(
    no_args_is_help=True, help="De inhoud van documenten opruimen; zien en vrijgeven wat iemand bewerkt."
)


@documenten.command()
def opruimen() -> None:
    """Verwijder inhoud die geen document meer gebruikt; de worker doet dit ook, elke REGIE_DOCUMENTEN_OPRUIMEN_MINUTEN.

    Mag tijdens het werk. Per regel wat weg is (inhoud, of in S3 een los object of een afgebroken upload), hoe groot het
    was, en zijn SHA-256.
    """
    settings = read_settings()
    counts = Counter[str]()
    with tidy_errors(), database(settings) as engine:
        for gone in make_storage(settings).clean_up(engine):
            typer.echo(f"{gone.wat:<6} {gone.grootte:>13} bytes  {gone.sha256}")
            counts[gone.wat] += 1
    together = ", ".join(f"{count} x {what}" for what, count in counts.items())
    typer.echo(f"Opgeruimd: {together}." if together else "Er was niets op te ruimen.")


@documenten.command()
def sloten() -> None:
    """Toon welke documenten iemand bewerkt: checkedOutId, document, wie, sinds wanneer, en of dat verlopen is."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        listing = all_locks(connection)
        regels = read_inrichting(connection).documenten if listing else None
    now = datetime.now(UTC)
    for identificatie, lock in listing:
        expired = "" if regels is None or lock.applies(regels, now) else "  verlopen"
        typer.echo(_readable(f"{lock.sleutel}  {identificatie}  {lock.describe()}{expired}"))
    typer.echo(f"{len(listing)} in bewerking." if listing else "Niemand bewerkt een document.")


@documenten.command()
def geef_vrij(
    checked_out_id: Annotated[
        str, typer.Argument(metavar="CHECKEDOUTID", help="zoals `regie documenten sloten` hem toont")
    ],
) -> None:
    """Geef een document vrij dat iemand bewerkt; zijn checkedOutId geldt dan niet meer.

    Het document blijft zoals het is. Bij elke zaak van het document komt er een regel in de audit.
    """
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        free = release_as_beheerder(connection, checked_out_id)
    if free is None:
        typer.echo(f"Er is geen document in bewerking met checkedOutId {_readable(checked_out_id)}.", err=True)
        raise typer.Exit(1)
    identificatie, lock = free
    typer.echo(_readable(f"Vrijgegeven: document {identificatie}; het was {lock.describe()}."))


def _readable(text: str) -> str:
    """A text of messages without characters that a terminal would obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


# --- `regie afwijkingen`: the deviations of the messages of each sender from the standard


def afwijkingen(
    applicatie: Annotated[str, typer.Option(metavar="NAAM", help="alleen van deze applicatie")] = "",
    json: Annotated[bool, typer.Option("--json", help="een JSON-object per regel")] = False,
) -> None:
    """Toon waarin aangenomen berichten afwijken van de standaard, per afzender.

    Geteld wordt elk bericht dat is aangenomen, per regel een keer; het voorbeeld is het laatste.
    """
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        found = read_deviations(connection, applicatie.strip())
    if json:
        for one in found:
            typer.echo(orjson.dumps(asdict(one)).decode())
        return
    show_table(
        "Afwijkingen",
        *("applicatie", "organisatie", "administratie", "regel", "wat", "aantal", "eerste", "laatste", "voorbeeld"),
        rows=map(_deviation_row, found),
    )


def _deviation_row(one: Deviation) -> tuple[str, ...]:
    first, last = map(when, (one.eerste, one.laatste))
    what = next((what for regel, what in RULES.items() if regel == one.regel), "")
    example = f"{one.dienst} {one.referentienummer}: {one.plek}"
    return (
        one.applicatie,
        one.organisatie,
        one.administratie,
        one.regel,
        what,
        str(one.aantal),
        first,
        last,
        example,
    )


# --- `regie weigeringen`: the messages that were refused

_MOST: Final = 200


def weigeringen(
    applicatie: Annotated[
        str, typer.Option(metavar="NAAM", help="alleen van deze applicatie, bewezen of naar eigen zeggen")
    ] = "",
    code: Annotated[str, typer.Option(metavar="CODE", help="alleen met deze foutcode, zoals StUF055")] = "",
    zaak: Annotated[str, typer.Option(metavar="ZAAK", help="alleen over deze zaak")] = "",
    sinds: Annotated[
        datetime | None, typer.Option(metavar="JJJJ-MM-DD", formats=["%Y-%m-%d"], help="vanaf deze dag")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="een JSON-object per regel, en alle regels")] = False,
) -> None:
    """Toon welke berichten geweigerd zijn, het nieuwste eerst: van wie, met welke code, en om welke plek.

    Wat in het bericht stond wordt niet bewaard.
    """
    since = beginning_of(sinds) if sinds else None
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        found = read_refusals(
            connection,
            applicatie=applicatie.strip(),
            code=code.strip(),
            zaak=zaak.strip(),
            since=since,
            most=None if json else _MOST + 1,
        )
    if json:
        for one in found:
            typer.echo(orjson.dumps(asdict(one)).decode())
        return
    show_table(
        "Weigeringen",
        *("tijd", "applicatie", "bewezen", "adres", "dienst", "referentienummer", "zaak", "code", "http", "plek"),
        rows=map(_refusal_row, found[:_MOST]),
    )
    if len(found) > _MOST:
        typer.echo(f"Dit zijn de nieuwste {_MOST}; kies met --applicatie, --code, --zaak of --sinds, of neem --json.")


def _refusal_row(one: RefusedMessage) -> tuple[str, ...]:
    proven = f"{one.bewezen} ({one.bewijs})" if one.bewezen else ""
    place = one.plek if one.code else f"nog {one.aantal} berichten, te snel na elkaar om apart te bewaren"
    status = str(one.http_status or "")
    return (
        *(when(one.tijdstip), one.applicatie, proven, one.adres, one.dienst, one.referentienummer, one.zaak),
        *(one.code, status, place),
    )
