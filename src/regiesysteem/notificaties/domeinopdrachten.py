"""`regie zaak domeingegevens`: what a zaak has in forms of its own domain; output is Dutch."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.meldbaar import Meldbaar, os_reden
from regiesysteem.opdrachtregel import database, lees_instellingen, nette_fouten, toon_tabel, wanneer
from regiesysteem.opslag import maak_opslag
from regiesysteem.zakenmagazijn.domeingegevens import Domeingegevens, domeingegevens_van, lees_inhoud

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
