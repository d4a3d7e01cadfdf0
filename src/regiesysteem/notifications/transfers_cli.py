"""The commands `regie zaak overdragen` and `regie overdracht`; output is Dutch."""

from typing import Annotated

import typer

from regiesysteem.access.command_looks import keep_command
from regiesysteem.commands import database, read_settings, show_table, tidy_errors, when
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.logging_ import without_bsn
from regiesysteem.notifications import reports
from regiesysteem.notifications.cli import ShowBsn
from regiesysteem.notifications.transfers import answer_to_offer, hand_over, withdraw
from regiesysteem.zakenmagazijn.cli import zaak

overdracht = typer.Typer(
    no_args_is_help=True, help="Zaken die aan een backoffice zijn aangeboden, en door anderen aan ons."
)


@zaak.command("overdragen")
def zaak_overdragen(
    zaaknummer: Annotated[str, typer.Argument(metavar="ZAAK", help="Zaakidentificatie van het deelplan.")],
    applicatie: Annotated[str, typer.Argument(help="De applicatie die het overneemt, zoals in de inrichting.")],
    melding: Annotated[str, typer.Option(help="Tekst die meegaat.")] = "",
) -> None:
    """Bied een deelplan aan een backoffice aan (overdragenZaak, RZS 6.8); het antwoord komt later.

    Voorbeeld: regie zaak overdragen 19000000000012 WmoVoorziening
    """
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        number = hand_over(connection, read_inrichting(connection), zaaknummer, applicatie, melding)
    typer.echo(
        f"Zaak {zaaknummer} is aangeboden aan {applicatie}: overdracht {number}. De worker verstuurt het bericht."
    )


@overdracht.command("lijst")
def overdracht_lijst(
    alleen_open: Annotated[bool, typer.Option("--open", help="Alleen wat nog geen antwoord heeft.")] = False,
    zaaknummer: Annotated[
        str | None, typer.Option("--zaak", help="Alleen van deze zaakidentificatie.", show_default=False)
    ] = None,
    aantal: Annotated[int, typer.Option(help="Hoogstens zoveel regels.", min=1)] = 50,
    toon_bsn: ShowBsn = False,
) -> None:
    """Toon overdrachten, de nieuwste eerst; wat te laat is staat erbij, en wat er bij aanbod en antwoord is gezegd."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        reports.require_known(connection, zaak=zaaknummer)
        rows = reports.overdrachten(connection, only_open=alleen_open, zaak=zaaknummer, count=aantal)
        keep_command(engine, "overdracht lijst", len(rows), zaken=(row["zaakidentificatie"] for row in rows))
    heads = ("nr", "richting", "zaak", "applicatie", "stand", "aangeboden", "uiterlijk", "beantwoord")
    show_table(
        "Overdrachten",
        *(*heads, "melding", "antwoord"),
        rows=(
            (
                str(row["id"]),
                "van ons" if row["richting"] == "uit" else "aan ons",
                row["zaakidentificatie"],
                row["applicatie"],
                "te laat" if row["te_laat"] else row["stand"],
                when(row["aangeboden_op"]),
                when(row["uiterlijk"]),
                when(row["beantwoord_op"]),
                *(text if toon_bsn else without_bsn(text) for text in (row["melding"], said)),
            )
            for row in rows
            for said in (row["antwoord"] or row["bezorgmelding"],)
        ),
    )


@overdracht.command("accepteer")
def overdracht_accepteer(
    nummer: Annotated[int, typer.Argument(help="Nummer uit `regie overdracht lijst`.")],
    melding: Annotated[str, typer.Option(help="Tekst die meegaat.")] = "",
) -> None:
    """Neem een zaak over die een ander systeem aan ons aanbood (overdragenZaak_Du01)."""
    _answer(nummer, melding, geaccepteerd=True)


@overdracht.command("weiger")
def overdracht_weiger(
    nummer: Annotated[int, typer.Argument(help="Nummer uit `regie overdracht lijst`.")],
    melding: Annotated[str, typer.Option(help="Waarom; gaat mee in het bericht.")] = "",
) -> None:
    """Weiger een zaak die een ander systeem aan ons aanbood (overdragenZaak_Du01)."""
    _answer(nummer, melding, geaccepteerd=False)


@overdracht.command("trek-in")
def overdracht_trek_in(
    nummer: Annotated[int, typer.Argument(help="Nummer uit `regie overdracht lijst`.")],
    reden: Annotated[str, typer.Option(help="Waarom; blijft bij de overdracht staan en gaat niet mee.")] = "",
) -> None:
    """Trek een aanbod van ons in; wat nog wacht vervalt, en een antwoord erop wordt geweigerd."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        withdraw(connection, nummer, reden)
    typer.echo(f"Overdracht {nummer} is ingetrokken; de zaak kan opnieuw worden aangeboden.")


def _answer(number: int, melding: str, *, geaccepteerd: bool) -> None:
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        answer_to_offer(connection, read_inrichting(connection), number, geaccepteerd=geaccepteerd, melding=melding)
    typer.echo(f"Overdracht {number} is {'geaccepteerd' if geaccepteerd else 'geweigerd'}; de worker verstuurt het.")
