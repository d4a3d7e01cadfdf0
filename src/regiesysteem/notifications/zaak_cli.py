"""The commands `regie zaak` and `regie overdracht`; output is Dutch."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from regiesysteem.commands import database, lees_instellingen, nette_fouten, toon_tabel, wanneer
from regiesysteem.db import Sql
from regiesysteem.errors import Meldbaar, os_reden
from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.notifications import reports
from regiesysteem.notifications.transfers import antwoord_op_aanbod, draag_over, trek_in
from regiesysteem.storage import maak_opslag
from regiesysteem.zakenmagazijn.domain_data import Domeingegevens, domeingegevens_van, lees_inhoud

# --- `regie zaak domeingegevens`: the data of a zaak in forms of its own domain; output is Dutch

_ZAAK = Sql("SELECT id FROM zaak WHERE identificatie = :zaaknummer")


def domeingegevens(
    zaaknummer: Annotated[str, typer.Argument(metavar="ZAAK", help="Zaakidentificatie.")],
    formaat: Annotated[str, typer.Option("--formaat", help="Alleen dit formaat.")] = "",
    naar: Annotated[
        Path | None, typer.Option("--naar", metavar="BESTAND", help="Schrijf de inhoud van dat formaat in een bestand.")
    ] = None,
    alles: Annotated[bool, typer.Option("--alles", help="Toon ook wat door nieuwere gegevens is vervangen.")] = False,
) -> None:
    """Toon de domeingegevens van een zaak, of haal ze eruit, byte voor byte zoals ze kwamen.

    Voorbeeld: regie zaak domeingegevens 19000000000012 --formaat iWmo --naar toewijzing.xml
    """
    if naar is not None and not formaat:
        raise typer.BadParameter("noem met --formaat welk formaat in het bestand moet")
    instellingen = lees_instellingen()
    with nette_fouten(), database(instellingen) as motor, motor.begin() as verbinding:
        gevonden = _zoek(verbinding, zaaknummer, formaat, alles=alles and naar is None)
        if naar is None:
            _toon(gevonden)
            return
        [gegevens] = gevonden
        inhoud = lees_inhoud(verbinding, maak_opslag(instellingen), gegevens)
        try:
            naar.write_bytes(inhoud)
        except OSError as fout:
            raise Meldbaar(f"{naar} is niet te schrijven: {os_reden(fout)}") from None
    typer.echo(f"{gegevens.formaat} van zaak {zaaknummer}: {len(inhoud)} bytes {gegevens.mediatype} in {naar}.")


def _zoek(verbinding: Connection, zaaknummer: str, formaat: str, *, alles: bool) -> list[Domeingegevens]:
    zaak_id = _ZAAK.voer_uit(verbinding, {"zaaknummer": zaaknummer}).scalar_one_or_none()
    if zaak_id is None:
        raise Meldbaar(f"Er is geen zaak {zaaknummer}.")
    gevonden = domeingegevens_van(verbinding, zaak_id, ook_vervangen=alles)
    passend = [een for een in gevonden if formaat in ("", een.formaat)]
    if not passend:
        heeft = ", ".join(een.formaat for een in gevonden) or "geen"
        wat = f" van formaat {formaat}; wel: {heeft}" if formaat else ""
        raise Meldbaar(f"Zaak {zaaknummer} heeft geen domeingegevens{wat}.")
    return passend


def _toon(rijen: list[Domeingegevens]) -> None:
    koppen = ("formaat", "mediatype", "bytes", "kwam met", "ontvangen", "vervangen", "SHA-256")
    toon_tabel(
        "Domeingegevens",
        *koppen,
        rijen=(
            (
                een.formaat,
                een.mediatype,
                str(een.grootte),
                een.herkomst,
                wanneer(een.ontvangen_op),
                wanneer(een.vervangen_op),
                een.sha256[:16],
            )
            for een in rijen
        ),
    )


# --- `regie zaak` and `regie overdracht`: offer a zaak, and answer offers of others; output is Dutch

zaak = typer.Typer(no_args_is_help=True, help="Wat met een zaak gebeurt buiten de berichten om.")
zaak.command("domeingegevens")(domeingegevens)
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
    with nette_fouten(), database(lees_instellingen()) as motor, motor.begin() as verbinding:
        nummer = draag_over(verbinding, lees_inrichting(verbinding), zaaknummer, applicatie, melding)
    typer.echo(
        f"Zaak {zaaknummer} is aangeboden aan {applicatie}: overdracht {nummer}. De worker verstuurt het bericht."
    )


@overdracht.command("lijst")
def overdracht_lijst(
    alleen_open: Annotated[bool, typer.Option("--open", help="Alleen wat nog geen antwoord heeft.")] = False,
    zaaknummer: Annotated[
        str | None, typer.Option("--zaak", help="Alleen van deze zaakidentificatie.", show_default=False)
    ] = None,
    aantal: Annotated[int, typer.Option(help="Hoogstens zoveel regels.", min=1)] = 50,
) -> None:
    """Toon overdrachten, de nieuwste eerst; wat te laat is staat erbij, en wat er bij aanbod en antwoord is gezegd."""
    with nette_fouten(), database(lees_instellingen()) as motor, motor.connect() as verbinding:
        reports.eis_bekend(verbinding, zaak=zaaknummer)
        rijen = reports.overdrachten(verbinding, alleen_open=alleen_open, zaak=zaaknummer, aantal=aantal)
    koppen = ("nr", "richting", "zaak", "applicatie", "stand", "aangeboden", "uiterlijk", "beantwoord")
    toon_tabel(
        "Overdrachten",
        *(*koppen, "melding", "antwoord"),
        rijen=(
            (
                str(rij["id"]),
                "van ons" if rij["richting"] == "uit" else "aan ons",
                rij["zaakidentificatie"],
                rij["applicatie"],
                "te laat" if rij["te_laat"] else rij["stand"],
                wanneer(rij["aangeboden_op"]),
                wanneer(rij["uiterlijk"]),
                wanneer(rij["beantwoord_op"]),
                rij["melding"],
                rij["antwoord"] or rij["bezorgmelding"],
            )
            for rij in rijen
        ),
    )


@overdracht.command("accepteer")
def overdracht_accepteer(
    nummer: Annotated[int, typer.Argument(help="Nummer uit `regie overdracht lijst`.")],
    melding: Annotated[str, typer.Option(help="Tekst die meegaat.")] = "",
) -> None:
    """Neem een zaak over die een ander systeem aan ons aanbood (overdragenZaak_Du01)."""
    _beantwoord(nummer, melding, geaccepteerd=True)


@overdracht.command("weiger")
def overdracht_weiger(
    nummer: Annotated[int, typer.Argument(help="Nummer uit `regie overdracht lijst`.")],
    melding: Annotated[str, typer.Option(help="Waarom; gaat mee in het bericht.")] = "",
) -> None:
    """Weiger een zaak die een ander systeem aan ons aanbood (overdragenZaak_Du01)."""
    _beantwoord(nummer, melding, geaccepteerd=False)


@overdracht.command("trek-in")
def overdracht_trek_in(
    nummer: Annotated[int, typer.Argument(help="Nummer uit `regie overdracht lijst`.")],
    reden: Annotated[str, typer.Option(help="Waarom; blijft bij de overdracht staan en gaat niet mee.")] = "",
) -> None:
    """Trek een aanbod van ons in; wat nog wacht vervalt, en een antwoord erop wordt geweigerd."""
    with nette_fouten(), database(lees_instellingen()) as motor, motor.begin() as verbinding:
        trek_in(verbinding, nummer, reden)
    typer.echo(f"Overdracht {nummer} is ingetrokken; de zaak kan opnieuw worden aangeboden.")


def _beantwoord(nummer: int, melding: str, *, geaccepteerd: bool) -> None:
    with nette_fouten(), database(lees_instellingen()) as motor, motor.begin() as verbinding:
        antwoord_op_aanbod(verbinding, lees_inrichting(verbinding), nummer, geaccepteerd=geaccepteerd, melding=melding)
    typer.echo(f"Overdracht {nummer} is {'geaccepteerd' if geaccepteerd else 'geweigerd'}; de worker verstuurt het.")
