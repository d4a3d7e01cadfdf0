"""`regie account`: the people who may log in on the pages."""

from typing import Annotated

import typer

from regiesysteem.access.people.accounts import (
    Account,
    AccountError,
    account_named,
    block,
    change_account,
    find_account,
    list_accounts,
    new_account,
    new_link,
)
from regiesysteem.access.people.roles import ROLES
from regiesysteem.access.people.start_links import demo_links
from regiesysteem.commands import database, read_settings, show_table, tidy_errors, when
from regiesysteem.config import Settings

app = typer.Typer(no_args_is_help=True, help="De mensen die op de pagina's inloggen.")

Naam = Annotated[str, typer.Argument(metavar="NAAM", help="naam van het account")]
_ROL = f"rol: {', '.join(ROLES)}, of een van de inrichting; mag vaker"
_PAGE = 500


@app.command()
def nieuw(
    naam: Annotated[str, typer.Argument(metavar="NAAM", help="naam om mee in te loggen")],
    rol: Annotated[list[str], typer.Option(help=_ROL)],
    medewerker: Annotated[str, typer.Option(metavar="ID", help="identificatie van de medewerker in StUF")] = "",
    team: Annotated[str, typer.Option(metavar="ID", help="identificatie van de organisatorische eenheid")] = "",
    volledige_naam: Annotated[str, typer.Option(help="naam die anderen zien; leeg: NAAM")] = "",
) -> None:
    """Maak een account, en toon de link waarmee die persoon één keer inlogt.

    Voorbeeld: regie account nieuw m.visser --rol regisseur --medewerker 12345
    """
    settings = read_settings()
    with tidy_errors(), database(settings) as engine, engine.begin() as connection:
        account = new_account(connection, naam, rol, volledige_naam, medewerker, team)
        path = new_link(connection, account)
    typer.echo(f"Account {naam} is gemaakt. Inloggen, één keer, binnen een half uur:\n{_address(settings)}{path}")


@app.command()
def link(naam: Naam) -> None:
    """Toon een nieuwe link waarmee een persoon één keer inlogt, en een nieuw wachtwoord kan kiezen."""
    settings = read_settings()
    with tidy_errors(), database(settings) as engine, engine.begin() as connection:
        path = new_link(connection, account_named(connection, naam))
    typer.echo(f"{_address(settings)}{path}")


@app.command()
def lijst() -> None:
    """Toon de accounts."""
    found: list[Account] = []
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        while part := list_accounts(connection, found[-1].naam if found else "", _PAGE):
            found += part
    rows = (
        (
            one.naam,
            one.volledige_naam,
            ", ".join(one.rollen),
            one.medewerker,
            one.team,
            way_in(one),
            when(one.ingelogd_op),
        )
        for one in found
    )
    show_table("Accounts", "Naam", "Volledige naam", "Rollen", "Medewerker", "Team", "Inloggen", "Laatst", rows=rows)


@app.command()
def wijzig(
    naam: Naam,
    rol: Annotated[list[str] | None, typer.Option(help=f"{_ROL}; in plaats van die van nu")] = None,
    medewerker: Annotated[str | None, typer.Option(metavar="ID", help="identificatie van de medewerker")] = None,
    team: Annotated[str | None, typer.Option(metavar="ID", help="identificatie van de eenheid")] = None,
    volledige_naam: Annotated[str | None, typer.Option(help="naam die anderen zien")] = None,
) -> None:
    """Geef een account andere rollen of gegevens; wie ermee ingelogd is, moet opnieuw inloggen."""
    if rol is None and medewerker is None and team is None and volledige_naam is None:
        raise typer.BadParameter("noem wat er anders moet: --rol, --medewerker, --team of --volledige-naam")
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        was = find_account(connection, naam)
        change_account(
            connection,
            was,
            was.rollen if rol is None else rol,
            was.volledige_naam if volledige_naam is None else volledige_naam,
            was.medewerker if medewerker is None else medewerker,
            was.team if team is None else team,
        )
    typer.echo(f"Account {naam} is gewijzigd.")


@app.command()
def blokkeer(naam: Naam) -> None:
    """Laat een account niet meer inloggen; wie ermee ingelogd is, is dat niet meer."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        block(connection, find_account(connection, naam), blocked=True)
    typer.echo(f"Account {naam} is geblokkeerd.")


@app.command()
def deblokkeer(naam: Naam) -> None:
    """Laat een geblokkeerd account weer inloggen."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        block(connection, find_account(connection, naam), blocked=False)
    typer.echo(f"Account {naam} mag weer inloggen.")


@app.command("demo-links")
def demo_links_(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="zaaknummer van een gezinsplan")],
    adres: Annotated[str, typer.Option(metavar="URL", help="adres van de server; leeg: dat van de instellingen")] = "",
) -> None:
    """Toon drie links die één keer inloggen, om een plan te bekijken; alleen op de eigen machine."""
    settings = read_settings()
    with tidy_errors():
        if not settings.own_machine:
            raise AccountError(
                "Dit kan alleen op de eigen machine: zonder REGIE_HOST, REGIE_PROXY en REGIE_PROXY_ADRESSEN."
            )
        with database(settings) as engine, engine.begin() as connection:
            links = demo_links(connection, plan)
    for who, path in links:
        typer.echo(f"{who:<25} {adres or settings.pages_url}{path}")


def _address(settings: Settings) -> str:
    """The beginning of a link; elsewhere than on the own machine the beheerder knows the name of the server."""
    return settings.pages_url if settings.own_machine else "https://UW-ADRES"


def way_in(one: Account) -> str:
    """The way in which an account logs in, in words."""
    if one.geblokkeerd:
        return "geblokkeerd"
    if one.uitgever:
        return f"bij {one.uitgever}"
    if not one.met_wachtwoord:
        return "met een link"
    return "wachtwoord en code" if one.met_factor else "wachtwoord"
