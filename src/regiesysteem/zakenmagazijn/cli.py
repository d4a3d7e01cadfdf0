"""`regie documenten` (clean up content, show and release documents that somebody edits) and `regie afwijkingen`."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer

from regiesysteem.commands import database, lees_instellingen, nette_fouten, toon_tabel, wanneer
from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.inrichting.leniency import RULES
from regiesysteem.storage import maak_opslag
from regiesysteem.zakenmagazijn.checkout import alle_sloten, geef_vrij_als_beheerder
from regiesysteem.zakenmagazijn.deviations import Deviation, read_deviations

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
    instellingen = lees_instellingen()
    aantallen = Counter[str]()
    with nette_fouten(), database(instellingen) as motor:
        for weg in maak_opslag(instellingen).ruim_op(motor):
            typer.echo(f"{weg.wat:<6} {weg.grootte:>13} bytes  {weg.sha256}")
            aantallen[weg.wat] += 1
    samen = ", ".join(f"{aantal} x {wat}" for wat, aantal in aantallen.items())
    typer.echo(f"Opgeruimd: {samen}." if samen else "Er was niets op te ruimen.")


@documenten.command()
def sloten() -> None:
    """Toon welke documenten iemand bewerkt: checkedOutId, document, wie, sinds wanneer, en of dat verlopen is."""
    with nette_fouten(), database(lees_instellingen()) as motor, motor.connect() as verbinding:
        lijst = alle_sloten(verbinding)
        regels = lees_inrichting(verbinding).documenten if lijst else None
    nu = datetime.now(UTC)
    for identificatie, slot in lijst:
        verlopen = "" if regels is None or slot.geldt(regels, nu) else "  verlopen"
        typer.echo(_leesbaar(f"{slot.sleutel}  {identificatie}  {slot.beschrijf()}{verlopen}"))
    typer.echo(f"{len(lijst)} in bewerking." if lijst else "Niemand bewerkt een document.")


@documenten.command()
def geef_vrij(
    checked_out_id: Annotated[
        str, typer.Argument(metavar="CHECKEDOUTID", help="zoals `regie documenten sloten` hem toont")
    ],
) -> None:
    """Geef een document vrij dat iemand bewerkt; zijn checkedOutId geldt dan niet meer.

    Het document blijft zoals het is. Bij elke zaak van het document komt er een regel in de audit.
    """
    with nette_fouten(), database(lees_instellingen()) as motor, motor.begin() as verbinding:
        vrij = geef_vrij_als_beheerder(verbinding, checked_out_id)
    if vrij is None:
        typer.echo(f"Er is geen document in bewerking met checkedOutId {_leesbaar(checked_out_id)}.", err=True)
        raise typer.Exit(1)
    identificatie, slot = vrij
    typer.echo(_leesbaar(f"Vrijgegeven: document {identificatie}; het was {slot.beschrijf()}."))


def _leesbaar(tekst: str) -> str:
    """A text of messages without characters that a terminal would obey."""
    return "".join(teken if teken.isprintable() else "?" for teken in tekst)


# --- `regie afwijkingen`: the deviations of the messages of each sender from the standard


def afwijkingen(
    applicatie: Annotated[str, typer.Option(metavar="NAAM", help="alleen van deze applicatie")] = "",
    json: Annotated[bool, typer.Option("--json", help="een JSON-object per regel")] = False,
) -> None:
    """Toon waarin aangenomen berichten afwijken van de standaard, per afzender.

    Geteld wordt elk bericht dat is aangenomen, per regel een keer; het voorbeeld is het laatste.
    """
    with nette_fouten(), database(lees_instellingen()) as engine, engine.connect() as verbinding:
        gevonden = read_deviations(verbinding, applicatie.strip())
    if json:
        for een in gevonden:
            typer.echo(orjson.dumps(asdict(een)).decode())
        return
    toon_tabel(
        "Afwijkingen",
        *("applicatie", "organisatie", "administratie", "regel", "wat", "aantal", "eerste", "laatste", "voorbeeld"),
        rijen=map(_row, gevonden),
    )


def _row(een: Deviation) -> tuple[str, ...]:
    eerste, laatste = map(wanneer, (een.eerste, een.laatste))
    wat = next((wat for regel, wat in RULES.items() if regel == een.regel), "")
    voorbeeld = f"{een.dienst} {een.referentienummer}: {een.plek}"
    return (
        een.applicatie,
        een.organisatie,
        een.administratie,
        een.regel,
        wat,
        str(een.aantal),
        eerste,
        laatste,
        voorbeeld,
    )
