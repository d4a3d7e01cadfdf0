"""`regie afwijkingen`: the deviations of the messages of each sender from the standard."""

from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from regiesysteem.inrichting.leniency import RULES
from regiesysteem.opdrachtregel import database, lees_instellingen, nette_fouten, toon_tabel, wanneer
from regiesysteem.zakenmagazijn.afwijkingen import Deviation, read_deviations


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
