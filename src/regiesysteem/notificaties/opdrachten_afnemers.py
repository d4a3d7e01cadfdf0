"""`regie afnemersindicatie`: who is told of one zaak, or of all zaken of one gezinsplan."""

from typing import Annotated

import typer

from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.inrichting.load import vergrendel
from regiesysteem.notificaties.abonnementen import (
    lijst_afnemersindicaties,
    verwijder_afnemersindicatie,
    zet_afnemersindicatie,
)
from regiesysteem.notificaties.overzichten import eis_bekend
from regiesysteem.opdrachtregel import database, lees_instellingen, nette_fouten, toon_tabel, wanneer

app = typer.Typer(no_args_is_help=True, help="Wie bericht krijgt van één zaak, of van alle zaken van één gezinsplan.")

Zaak = Annotated[str, typer.Argument(metavar="ZAAK", help="de zaakidentificatie; van een gezinsplan: ook zijn zaken")]
Applicatie = Annotated[str, typer.Argument(metavar="APPLICATIE", help="naam van een [[applicatie]] van de inrichting")]


@app.command()
def lijst(
    zaak: Annotated[str, typer.Option(metavar="ZAAK", help="alleen die op deze zaak")] = "",
    applicatie: Annotated[str, typer.Option(metavar="APPLICATIE", help="alleen die van deze applicatie")] = "",
) -> None:
    """Toon de afnemersindicaties."""
    with nette_fouten(), database(lees_instellingen()) as engine, engine.connect() as verbinding:
        eis_bekend(verbinding, ontvanger=applicatie.strip(), zaak=zaak.strip())
        gevonden = lijst_afnemersindicaties(verbinding, zaak.strip(), applicatie.strip())
    toon_tabel(
        "Afnemersindicaties",
        *("zaak", "soort", "applicatie", "verwachte actie", "sinds"),
        rijen=(
            (
                een.zaak,
                een.soort or "",
                een.applicatie,
                een.verwachte_actie,
                wanneer(een.sinds),
            )
            for een in gevonden
        ),
    )


@app.command(
    epilog="Voorbeeld: regie afnemersindicatie zet 19000000000012 WmoVoorziening --verwachte-actie 'Bel terug'"
)
def zet(
    zaak: Zaak,
    applicatie: Applicatie,
    verwachte_actie: Annotated[str, typer.Option(help="wat de ontvanger met een bericht hoort te doen")] = "",
) -> None:
    """Laat een applicatie bericht krijgen van een zaak; van een gezinsplan geldt het ook voor zijn zaken."""
    with nette_fouten(), database(lees_instellingen()) as engine, engine.begin() as verbinding:
        vergrendel(verbinding)
        inrichting = lees_inrichting(verbinding)
        zet_afnemersindicatie(verbinding, inrichting, zaak.strip(), applicatie.strip(), verwachte_actie.strip())
    typer.echo(f"{applicatie} krijgt bericht van zaak {zaak}.")


@app.command()
def verwijder(zaak: Zaak, applicatie: Applicatie) -> None:
    """Laat een applicatie niet langer door een afnemersindicatie bericht krijgen van een zaak."""
    with nette_fouten(), database(lees_instellingen()) as engine, engine.begin() as verbinding:
        vergrendel(verbinding)
        weg = verwijder_afnemersindicatie(verbinding, zaak.strip(), applicatie.strip())
    if not weg:
        typer.echo(f"{applicatie} heeft geen afnemersindicatie op zaak {zaak}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{applicatie} heeft geen afnemersindicatie meer op zaak {zaak}.")
