"""`regie routering`: explains who is told of what."""

from typing import Annotated, get_args

import typer

from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.inrichting.fields import Gebeurtenis, gevouwen
from regiesysteem.notificaties import verklaren
from regiesysteem.opdrachtregel import database, lees_instellingen, nette_fouten

app = typer.Typer(no_args_is_help=True, help="Wie hoort wat, en waarom.")


GEBEURTENISSEN = tuple(naam for naam in get_args(Gebeurtenis) if naam != "*")


@app.callback()
def _routering() -> None:
    """Keeps `verklaar` a command of its own, however few there are."""


@app.command(
    epilog="Voorbeelden: regie routering verklaar 19000000000012 'Update zaak'; "
    "regie routering verklaar 19000000000012 'Creeer zaak' --zender GWS4all"
)
def verklaar(
    zaak: Annotated[str, typer.Argument(metavar="ZAAK", help="de zaakidentificatie")],
    gebeurtenis: Annotated[str, typer.Argument(metavar="GEBEURTENIS", help=", ".join(GEBEURTENISSEN))],
    zender: Annotated[str, typer.Option(metavar="APPLICATIE", help="wie de gebeurtenis veroorzaakt")] = "",
    zaaktype: Annotated[
        str, typer.Option(metavar="CODE", help="van een zaak die wij niet hebben: wat een bericht daarvan zegt")
    ] = "",
) -> None:
    """Zeg wie bericht zou krijgen van een gebeurtenis, door welke regel, en wie niet en waarom.

    Er wordt niets verstuurd. Het antwoord geldt voor de zaak en de regels zoals ze nu zijn, en komt van dezelfde code
    als die van de bezorging.
    """
    bedoeld = next((naam for naam in GEBEURTENISSEN if gevouwen(naam) == gevouwen(gebeurtenis)), None)
    if bedoeld is None:
        typer.echo(f"Er is geen gebeurtenis {gebeurtenis}; kies uit {', '.join(GEBEURTENISSEN)}.", err=True)
        raise typer.Exit(1)
    with nette_fouten(), database(lees_instellingen()) as engine, engine.connect() as verbinding:
        inrichting = lees_inrichting(verbinding)
        uitkomst = verklaren.verklaar(
            verbinding, inrichting, zaak.strip(), bedoeld, zender=zender.strip(), zaaktype=zaaktype.strip()
        )
    for regel in verklaren.regels(uitkomst):
        typer.echo(regel)
