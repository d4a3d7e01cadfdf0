"""`regie account`: the people who may log in on the pages."""

from typing import Annotated

import typer

from regiesysteem.access.people.accounts import account_named, new_account, new_link
from regiesysteem.access.people.roles import ROLES
from regiesysteem.commands import database, read_settings, tidy_errors

app = typer.Typer(no_args_is_help=True, help="De mensen die op de pagina's inloggen.")


@app.command()
def nieuw(
    naam: Annotated[str, typer.Argument(metavar="NAAM", help="naam om mee in te loggen")],
    rol: Annotated[list[str], typer.Option(help=f"rol: {', '.join(ROLES)}; mag vaker")],
    medewerker: Annotated[str, typer.Option(metavar="ID", help="identificatie van de medewerker in StUF")] = "",
    team: Annotated[str, typer.Option(metavar="ID", help="identificatie van de organisatorische eenheid")] = "",
    volledige_naam: Annotated[str, typer.Option(help="naam die anderen zien; leeg: NAAM")] = "",
) -> None:
    """Maak een account, en toon de link waarmee die persoon één keer inlogt.

    Voorbeeld: regie account nieuw m.visser --rol regisseur --medewerker 12345
    """
    settings = read_settings()
    with tidy_errors(), database(settings) as engine, engine.begin() as connection:
        account = new_account(connection, naam, tuple(rol), volledige_naam, medewerker, team)
        path = new_link(connection, account)
    typer.echo(f"Account {naam} is gemaakt. Inloggen, één keer, binnen een half uur:\n{settings.pages_url}{path}")


@app.command()
def link(naam: Annotated[str, typer.Argument(metavar="NAAM", help="naam van het account")]) -> None:
    """Toon een nieuwe link waarmee een persoon één keer inlogt."""
    settings = read_settings()
    with tidy_errors(), database(settings) as engine, engine.begin() as connection:
        path = new_link(connection, account_named(connection, naam))
    typer.echo(f"{settings.pages_url}{path}")
