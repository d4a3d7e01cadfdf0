"""`regie abonnement`: abonnementen beside those of the TOML, taken up by every process at once."""

from typing import Annotated, Any, get_args

import typer

from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.inrichting.fields import Soort
from regiesysteem.inrichting.load import vergrendel
from regiesysteem.notificaties.abonnementen import verwijder as verwijder_abonnement
from regiesysteem.notificaties.abonnementen import voeg_toe
from regiesysteem.opdrachtregel import database, lees_instellingen, nette_fouten, toon_tabel

app = typer.Typer(no_args_is_help=True, help="Abonnementen: wie bericht krijgt van welke gebeurtenissen.")

Veel = list[str] | None
_VAN_INVOER = "-"
_PERSOON = "BSN of andere identificatie; - vraagt erom, zonder het te tonen"
_AFNEMERSINDICATIE = "of de applicatie er een heeft op de zaak of haar gezinsplan"
_BERICHT = "notificeerOverZaak, of zakLk01: de zaak zelf"
_DOMEINGEGEVENS = "gaan mee in een zakLk01: die van dit formaat, of alle"
_ALLE = "alle"


@app.command()
def lijst() -> None:
    """Toon alle abonnementen, in de volgorde waarin ze gelden, en waar ze vandaan komen."""
    with nette_fouten(), database(lees_instellingen()) as engine, engine.connect() as verbinding:
        inrichting = lees_inrichting(verbinding)
    bekend = {applicatie.naam for applicatie in inrichting.applicaties}
    toon_tabel(
        "Abonnementen",
        *("herkomst", "nummer", "applicatie", "waarvan", "bericht", "verwachte actie"),
        rijen=(
            (
                "opdracht" if regel.opdracht else "inrichting",
                str(regel.nummer),
                een.applicatie if een.applicatie in bekend else f"{een.applicatie} (niet in de inrichting)",
                str(een),
                een.bericht,
                een.verwachte_actie,
            )
            for regel in inrichting.abonnementen
            for een in (regel.abonnement,)
        ),
    )
    if inrichting.notificaties.variant == "extern":
        typer.echo('Let op: variant is "extern", dus deze abonnementen gelden niet.')


@app.command(
    epilog="Voorbeelden: regie abonnement nieuw GWS4all --zaaktype GEZINSPLAN --gebeurtenis 'Creeer zaak'; "
    "regie abonnement nieuw WmoVoorziening --gezinsplan 19000000000012 --niet-zender Leerlingvervoer"
)
def nieuw(  # noqa: PLR0917 - the keys of an abonnement
    applicatie: Annotated[str, typer.Argument(metavar="APPLICATIE", help="wie bericht krijgt")],
    gebeurtenis: Annotated[Veel, typer.Option(metavar="NAAM", help="zonder deze keuze: elke gebeurtenis")] = None,
    zaaktype: Annotated[Veel, typer.Option(metavar="CODE", help="zonder deze keuze: elk zaaktype")] = None,
    niet_zaaktype: Annotated[Veel, typer.Option(metavar="CODE")] = None,
    soort: Annotated[Veel, typer.Option(metavar="SOORT", help=", ".join(get_args(Soort)))] = None,
    niet_soort: Annotated[Veel, typer.Option(metavar="SOORT")] = None,
    gezinsplan: Annotated[Veel, typer.Option(metavar="ZAAK", help="dit gezinsplan en alles wat erbij hoort")] = None,
    niet_gezinsplan: Annotated[Veel, typer.Option(metavar="ZAAK")] = None,
    persoon: Annotated[Veel, typer.Option(metavar="NUMMER", help=_PERSOON)] = None,
    niet_persoon: Annotated[Veel, typer.Option(metavar="NUMMER")] = None,
    status: Annotated[Veel, typer.Option(metavar="STATUS", help="volgnummer, code of omschrijving")] = None,
    niet_status: Annotated[Veel, typer.Option(metavar="STATUS")] = None,
    zender: Annotated[Veel, typer.Option(metavar="APPLICATIE", help="wie de gebeurtenis veroorzaakte")] = None,
    niet_zender: Annotated[Veel, typer.Option(metavar="APPLICATIE")] = None,
    eindstatus: Annotated[
        bool | None, typer.Option("--eindstatus/--geen-eindstatus", help="of de zaak een eindstatus heeft")
    ] = None,
    afnemersindicatie: Annotated[
        bool | None, typer.Option("--afnemersindicatie/--geen-afnemersindicatie", help=_AFNEMERSINDICATIE)
    ] = None,
    verwachte_actie: Annotated[str, typer.Option(metavar="TEKST", help="wat de ontvanger hoort te doen")] = "",
    bericht: Annotated[str, typer.Option(metavar="BERICHT", help=_BERICHT)] = "notificeerOverZaak",
    domeingegevens: Annotated[Veel, typer.Option(metavar="FORMAAT", help=_DOMEINGEGEVENS)] = None,
) -> None:
    """Maak een abonnement. Elke keuze mag vaker: een ervan moet gelden, van een niet-keuze geen. Alle keuzen samen."""
    tabel: dict[str, Any] = {sleutel: waarde for sleutel, waarde in locals().items() if waarde not in (None, [])}
    for sleutel, vertaal in (("persoon", _nummer), ("status", _status)):
        for naam in (sleutel, f"niet_{sleutel}"):
            if naam in tabel:
                tabel[naam] = [vertaal(waarde) for waarde in tabel[naam]]
    if _ALLE in tabel.get("domeingegevens", ()):
        tabel["domeingegevens"] = True
    with nette_fouten(), database(lees_instellingen()) as engine, engine.begin() as verbinding:
        vergrendel(verbinding)
        nummer, abonnement = voeg_toe(verbinding, lees_inrichting(verbinding), tabel)
    typer.echo(f"Abonnement {nummer}: {abonnement.applicatie} krijgt {abonnement.bericht}: {abonnement}.")


@app.command()
def verwijder(
    nummer: Annotated[int, typer.Argument(metavar="NUMMER", help="van regie abonnement lijst, herkomst opdracht")],
) -> None:
    """Verwijder een abonnement dat met een opdracht is gemaakt; die van de inrichting staan in haar bestand."""
    with nette_fouten(), database(lees_instellingen()) as engine, engine.begin() as verbinding:
        vergrendel(verbinding)
        weg = verwijder_abonnement(verbinding, nummer)
    if not weg:
        typer.echo(f"Er is geen abonnement {nummer} dat met een opdracht is gemaakt.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Abonnement {nummer} is verwijderd.")


def _nummer(waarde: str) -> str:
    """The number of a person, asked for when it should not stand in the history of the shell."""
    return str(typer.prompt("Nummer van de persoon", hide_input=True)) if waarde == _VAN_INVOER else waarde


def _status(waarde: str) -> int | str:
    return int(waarde) if waarde.isascii() and waarde.isdigit() and len(waarde) < 10 else waarde
