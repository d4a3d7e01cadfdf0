"""`regie notificaties` and `regie postvak`; output is Dutch."""

import datetime as dt
from typing import Annotated, Final

import typer
from lxml import etree

from regiesysteem.notificaties import overzichten
from regiesysteem.notificaties.overzichten import OpenStand, Stand
from regiesysteem.notificaties.tonen import geteld
from regiesysteem.opdrachtregel import database, lees_instellingen, nette_fouten, toon_tabel, wanneer
from regiesysteem.stuf.xml import ontleed_eigen

notificaties = typer.Typer(no_args_is_help=True, help="Wie wat te horen kreeg, en wat nog wacht of is gestrand.")
postvak = typer.Typer(no_args_is_help=True, help="Notificaties die andere systemen aan ons stuurden.")

_HOOGSTE: Final = 2**63 - 1  # a number of the database
_Ids = Annotated[
    list[int] | None,
    typer.Argument(min=1, max=_HOOGSTE, help="Nummers uit `regie notificaties lijst`.", show_default=False),
]
_Stand = Annotated[Stand | None, typer.Option(help="Alleen in deze stand.", show_default=False)]
_OpenStand = Annotated[OpenStand | None, typer.Option("--stand", help="Alleen in deze stand.", show_default=False)]
_Ontvanger = Annotated[str | None, typer.Option(help="Alleen van deze applicatie.", show_default=False)]
_Zaak = Annotated[str | None, typer.Option("--zaak", help="Alleen van deze zaakidentificatie.", show_default=False)]
_Aantal = Annotated[int, typer.Option(help="Hoogstens zoveel regels.", min=1)]


@notificaties.command("lijst")
def notificaties_lijst(
    stand: _Stand = None, ontvanger: _Ontvanger = None, zaaknummer: _Zaak = None, aantal: _Aantal = 50
) -> None:
    """Toon notificaties, de nieuwste eerst.

    Voorbeeld: regie notificaties lijst --stand gestrand
    """
    keuze = overzichten.Keuze(stand=stand, ontvanger=ontvanger, zaak=zaaknummer)
    with nette_fouten(), database(lees_instellingen()) as motor, motor.connect() as verbinding:
        overzichten.eis_bekend(verbinding, ontvanger=ontvanger, zaak=zaaknummer)
        rijen = overzichten.lijst(verbinding, keuze, aantal)
    koppen = ("nr", "ontvanger", "zaak", "gebeurtenis", "bericht", "stand", "pogingen", "wanneer", "melding")
    toon_tabel(
        "Notificaties",
        *koppen,
        rijen=(
            (
                str(rij["id"]),
                rij["ontvanger"],
                rij["stroom"],
                rij["gebeurtenis"],
                rij["soort"],
                rij["stand"],
                str(rij["pogingen"]),
                wanneer(rij["afgehandeld_op"] or rij["aangemaakt_op"]),
                rij["melding"],
            )
            for rij in rijen
        ),
    )


@notificaties.command("toon")
def notificaties_toon(
    nummer: Annotated[int, typer.Argument(min=1, max=_HOOGSTE, help="Nummer uit `regie notificaties lijst`.")],
) -> None:
    """Toon een notificatie helemaal, met het bericht zoals het verstuurd wordt."""
    with nette_fouten(), database(lees_instellingen()) as motor, motor.connect() as verbinding:
        rij = overzichten.toon(verbinding, nummer)
    if rij is None:
        typer.echo(f"Er is geen notificatie met nummer {nummer}.", err=True)
        raise typer.Exit(1)
    for kop, waarde in (
        ("ontvanger", rij["ontvanger"]),
        ("zaak", rij["stroom"]),
        ("gebeurtenis", rij["gebeurtenis"] or ""),
        ("veroorzaakt door", rij["veroorzaker"] or ""),
        ("regel", rij["reden"]),
        ("bericht", f"{rij['soort']}, referentienummer {rij['referentienummer']}"),
        ("stand", f"{rij['stand']}, {geteld(rij['pogingen'], 'poging', 'pogingen')}"),
        ("aangemaakt", wanneer(rij["aangemaakt_op"])),
        ("volgende poging", wanneer(rij["volgende_poging"]) if rij["stand"] == "wacht" else ""),
        ("afgehandeld", wanneer(rij["afgehandeld_op"])),
        ("melding", rij["melding"]),
    ):
        if waarde:
            typer.echo(f"{kop:<17}{waarde}")
    if rij["inhoud"] is None:
        typer.echo("Het bericht zelf is na de bewaartermijn verwijderd.")
        return
    typer.echo(etree.tostring(ontleed_eigen(bytes(rij["inhoud"])), pretty_print=True, encoding="unicode"), nl=False)


@notificaties.command("standen")
def notificaties_standen(ontvanger: _Ontvanger = None) -> None:
    """Toon per ontvanger hoeveel er wacht, sinds wanneer, en hoe het gaat."""
    with nette_fouten(), database(lees_instellingen()) as motor, motor.connect() as verbinding:
        overzichten.eis_bekend(verbinding, ontvanger=ontvanger)
        rijen = overzichten.standen(verbinding, ontvanger)
    nu = dt.datetime.now(dt.UTC)
    koppen = ("ontvanger", "wacht", "oudste", "gestrand", "rust tot", "melding")
    toon_tabel(
        "Ontvangers",
        *(*koppen, "ooit bezorgd", "ooit mislukt", "ooit gestrand"),
        rijen=(
            (
                rij["ontvanger"],
                str(rij["wacht"]),
                wanneer(rij["oudste"]),
                str(rij["gestrand_nu"]),
                wanneer(rij["rust_tot"]) if rij["rust_tot"] and rij["rust_tot"] > nu else "",
                rij["melding"] if rij["fouten"] else "",
                str(rij["bezorgd"]),
                str(rij["mislukt"]),
                str(rij["gestrand"]),
            )
            for rij in rijen
        ),
    )


@notificaties.command("opnieuw")
def notificaties_opnieuw(
    nummers: _Ids = None,
    stand: _OpenStand = None,
    ontvanger: _Ontvanger = None,
    zaaknummer: _Zaak = None,
    *,
    alle: Annotated[bool, typer.Option("--alle", help="Alles wat wacht of is gestrand.")] = False,
) -> None:
    """Probeer notificaties die wachten of zijn gestrand nu opnieuw.

    Voorbeeld: regie notificaties opnieuw --ontvanger WmoVoorziening --stand gestrand
    """
    keuze = _keuze(nummers, stand, ontvanger, zaaknummer, alle=alle)
    with nette_fouten(), database(lees_instellingen()) as motor, motor.begin() as verbinding:
        overzichten.eis_bekend(verbinding, ontvanger=ontvanger, zaak=zaaknummer)
        buiten = overzichten.niet_open(verbinding, nummers or [])
        gedaan = overzichten.opnieuw(verbinding, keuze)
    _meld(gedaan, geteld(gedaan.aantal, "notificatie wordt", "notificaties worden") + " opnieuw geprobeerd.", buiten)
    _eindig(gedaan, nummers)


@notificaties.command("vervallen")
def notificaties_vervallen(
    nummers: _Ids = None,
    stand: _OpenStand = None,
    ontvanger: _Ontvanger = None,
    zaaknummer: _Zaak = None,
    *,
    alle: Annotated[bool, typer.Option("--alle", help="Alles wat wacht of is gestrand.")] = False,
    reden: Annotated[str, typer.Option(help="Waarom; blijft bij de notificatie staan.")] = "vervallen verklaard",
) -> None:
    """Laat notificaties die wachten of zijn gestrand vervallen: ze worden nooit meer verstuurd."""
    keuze = _keuze(nummers, stand, ontvanger, zaaknummer, alle=alle)
    with nette_fouten(), database(lees_instellingen()) as motor, motor.begin() as verbinding:
        overzichten.eis_bekend(verbinding, ontvanger=ontvanger, zaak=zaaknummer)
        buiten = overzichten.niet_open(verbinding, nummers or [])
        gedaan = overzichten.vervallen(verbinding, keuze, reden)
    _meld(gedaan, geteld(gedaan.aantal, "notificatie is", "notificaties zijn") + " vervallen.", buiten)
    _eindig(gedaan, nummers)


@postvak.command("lijst")
def postvak_lijst(
    gezinsplan: Annotated[str | None, typer.Option(help="Alleen van dit gezinsplan.", show_default=False)] = None,
    ongelezen: Annotated[bool, typer.Option("--ongelezen", help="Alleen wat niemand nog zag.")] = False,
    aantal: _Aantal = 50,
) -> None:
    """Toon wat andere systemen ons meldden, de nieuwste eerst."""
    with nette_fouten(), database(lees_instellingen()) as motor, motor.connect() as verbinding:
        overzichten.eis_bekend(verbinding, zaak=gezinsplan)
        rijen = overzichten.postvak(verbinding, gezinsplan=gezinsplan, ongelezen=ongelezen, aantal=aantal)
    koppen = ("nr", "gezinsplan", "zaak", "zaaktype", "gebeurtenis", "van", "ontvangen", "gelezen", "melding")
    toon_tabel(
        "Postvak",
        *koppen,
        rijen=(
            (
                str(rij["id"]),
                rij["gezinsplan"] or "onbekend",
                rij["zaakidentificatie"],
                rij["gegevens"].get("code") or rij["gegevens"].get("omschrijving") or "",
                rij["gebeurtenis"],
                rij["applicatie"],
                wanneer(rij["ontvangen_op"]),
                "ja" if rij["gelezen_op"] else "",
                rij["melding"],
            )
            for rij in rijen
        ),
    )


@postvak.command("gelezen")
def postvak_gelezen(
    nummers: Annotated[list[int], typer.Argument(min=1, max=_HOOGSTE, help="Nummers uit `regie postvak lijst`.")],
) -> None:
    """Noteer dat je meldingen hebt gezien."""
    with nette_fouten(), database(lees_instellingen()) as motor, motor.begin() as verbinding:
        buiten = overzichten.niet_nieuw(verbinding, nummers)
        aantal = overzichten.gelezen(verbinding, nummers)
    for nummer, is_er in buiten:
        typer.echo(f"Melding {nummer} was al gelezen." if is_er else f"Er is geen melding {nummer}.", err=True)
    if not aantal:
        raise typer.Exit(1)
    typer.echo(geteld(aantal, "melding is", "meldingen zijn") + " nu gelezen.")


def _meld(gedaan: overzichten.Gedaan, tekst: str, buiten: list[tuple[int, str]]) -> None:
    """Say what was done (`tekst`), what was left, and of which numbers nothing could be done."""
    for nummer, stand in buiten:
        uitleg = f"Notificatie {nummer} is {stand}; daar verandert niets aan."
        typer.echo(uitleg if stand else f"Er is geen notificatie {nummer}.", err=True)
    if gedaan.aantal:
        typer.echo(tekst)
    elif not gedaan.onderweg and not buiten:
        typer.echo("Er is niets dat wacht of is gestrand en nog kan worden verstuurd.")
    if gedaan.onderweg == 1:
        typer.echo("1 is juist onderweg naar de ontvanger; die blijft zoals zij is.")
    elif gedaan.onderweg:
        typer.echo(f"{gedaan.onderweg} zijn juist onderweg naar hun ontvanger; die blijven zoals ze zijn.")


def _eindig(gedaan: overzichten.Gedaan, nummers: list[int] | None) -> None:
    """End with 1 when numbers were named and nothing came of any; that there is nothing of a kind is no error."""
    if nummers and not gedaan.aantal and not gedaan.onderweg:
        raise typer.Exit(1)


def _keuze(
    nummers: list[int] | None, stand: OpenStand | None, ontvanger: str | None, zaaknummer: str | None, *, alle: bool
) -> overzichten.Keuze:
    keuze = overzichten.Keuze(nummers, stand, ontvanger, zaaknummer)
    if keuze.leeg and not alle:
        typer.echo("Zeg welke: nummers, --stand, --ontvanger of --zaak; of --alle.", err=True)
        raise typer.Exit(2)
    return keuze
