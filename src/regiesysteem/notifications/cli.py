"""The commands about notifications, subscriptions and the postvak; output is Dutch."""

import datetime as dt
from typing import Annotated, Any, Final, get_args

import typer
from lxml import etree

from regiesysteem.commands import database, lees_instellingen, nette_fouten, toon_tabel, wanneer
from regiesysteem.inrichting.current import lees_inrichting
from regiesysteem.inrichting.fields import Gebeurtenis, Soort, gevouwen
from regiesysteem.inrichting.load import vergrendel
from regiesysteem.notifications import explain, reports
from regiesysteem.notifications.reports import (
    NotificatieState,
    OpenStand,
    eis_bekend,
    geteld,
    lijst_afnemersindicaties,
    verwijder_afnemersindicatie,
    voeg_toe,
    zet_afnemersindicatie,
)
from regiesysteem.notifications.reports import verwijder as verwijder_abonnement
from regiesysteem.stuf.xml import ontleed_eigen

# --- `regie notificaties` and `regie postvak`; output is Dutch

notificaties = typer.Typer(no_args_is_help=True, help="Wie wat te horen kreeg, en wat nog wacht of is gestrand.")
postvak = typer.Typer(no_args_is_help=True, help="Notificaties die andere systemen aan ons stuurden.")

_HOOGSTE: Final = 2**63 - 1  # a number of the database
_Ids = Annotated[
    list[int] | None,
    typer.Argument(min=1, max=_HOOGSTE, help="Nummers uit `regie notificaties lijst`.", show_default=False),
]
_Stand = Annotated[NotificatieState | None, typer.Option(help="Alleen in deze stand.", show_default=False)]
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
    keuze = reports.Selection(stand=stand, ontvanger=ontvanger, zaak=zaaknummer)
    with nette_fouten(), database(lees_instellingen()) as motor, motor.connect() as verbinding:
        reports.eis_bekend(verbinding, ontvanger=ontvanger, zaak=zaaknummer)
        rijen = reports.lijst(verbinding, keuze, aantal)
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
        rij = reports.toon(verbinding, nummer)
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
        reports.eis_bekend(verbinding, ontvanger=ontvanger)
        rijen = reports.standen(verbinding, ontvanger)
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
        reports.eis_bekend(verbinding, ontvanger=ontvanger, zaak=zaaknummer)
        buiten = reports.niet_open(verbinding, nummers or [])
        gedaan = reports.opnieuw(verbinding, keuze)
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
        reports.eis_bekend(verbinding, ontvanger=ontvanger, zaak=zaaknummer)
        buiten = reports.niet_open(verbinding, nummers or [])
        gedaan = reports.vervallen(verbinding, keuze, reden)
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
        reports.eis_bekend(verbinding, zaak=gezinsplan)
        rijen = reports.postvak(verbinding, gezinsplan=gezinsplan, ongelezen=ongelezen, aantal=aantal)
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
        buiten = reports.niet_nieuw(verbinding, nummers)
        aantal = reports.gelezen(verbinding, nummers)
    for nummer, is_er in buiten:
        typer.echo(f"Melding {nummer} was al gelezen." if is_er else f"Er is geen melding {nummer}.", err=True)
    if not aantal:
        raise typer.Exit(1)
    typer.echo(geteld(aantal, "melding is", "meldingen zijn") + " nu gelezen.")


def _meld(gedaan: reports.Gedaan, tekst: str, buiten: list[tuple[int, str]]) -> None:
    """Report the result (`tekst`), the rest, and the numbers that nothing could be done with."""
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


def _eindig(gedaan: reports.Gedaan, nummers: list[int] | None) -> None:
    """End with 1 when numbers were named and nothing could be done with any; an empty kind is no error."""
    if nummers and not gedaan.aantal and not gedaan.onderweg:
        raise typer.Exit(1)


def _keuze(
    nummers: list[int] | None, stand: OpenStand | None, ontvanger: str | None, zaaknummer: str | None, *, alle: bool
) -> reports.Selection:
    keuze = reports.Selection(nummers, stand, ontvanger, zaaknummer)
    if keuze.leeg and not alle:
        typer.echo("Zeg welke: nummers, --stand, --ontvanger of --zaak; of --alle.", err=True)
        raise typer.Exit(2)
    return keuze


# --- `regie abonnement`: abonnementen beside those of the TOML, taken up by every process at once

abonnement = typer.Typer(no_args_is_help=True, help="Abonnementen: wie bericht krijgt van welke gebeurtenissen.")

Veel = list[str] | None
_VAN_INVOER = "-"
_PERSOON = "BSN of andere identificatie; - vraagt erom, zonder het te tonen"
_AFNEMERSINDICATIE = "of de applicatie er een heeft op de zaak of haar gezinsplan"
_BERICHT = "notificeerOverZaak, of zakLk01: de zaak zelf"
_DOMEINGEGEVENS = "gaan mee in een zakLk01: die van dit formaat, of alle"
_ALLE = "alle"


@abonnement.command("lijst")
def abonnement_lijst() -> None:
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


@abonnement.command(
    "nieuw",
    epilog="Voorbeelden: regie abonnement nieuw GWS4all --zaaktype GEZINSPLAN --gebeurtenis 'Creeer zaak'; "
    "regie abonnement nieuw WmoVoorziening --gezinsplan 19000000000012 --niet-zender Leerlingvervoer",
)
def abonnement_nieuw(  # noqa: PLR0917 - the keys of an abonnement
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


@abonnement.command("verwijder")
def abonnement_verwijder(
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
    """The number of a person, asked for when it must not be in the history of the shell."""
    return str(typer.prompt("Nummer van de persoon", hide_input=True)) if waarde == _VAN_INVOER else waarde


def _status(waarde: str) -> int | str:
    return int(waarde) if waarde.isascii() and waarde.isdigit() and len(waarde) < 10 else waarde


# --- `regie afnemersindicatie`: tells an applicatie of one zaak, or of all zaken of one gezinsplan

afnemersindicatie = typer.Typer(
    no_args_is_help=True, help="Wie bericht krijgt van één zaak, of van alle zaken van één gezinsplan."
)

Zaak = Annotated[str, typer.Argument(metavar="ZAAK", help="de zaakidentificatie; van een gezinsplan: ook zijn zaken")]
Applicatie = Annotated[str, typer.Argument(metavar="APPLICATIE", help="naam van een [[applicatie]] van de inrichting")]


@afnemersindicatie.command("lijst")
def afnemersindicatie_lijst(
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


@afnemersindicatie.command(
    "zet", epilog="Voorbeeld: regie afnemersindicatie zet 19000000000012 WmoVoorziening --verwachte-actie 'Bel terug'"
)
def afnemersindicatie_zet(
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


@afnemersindicatie.command("verwijder")
def afnemersindicatie_verwijder(zaak: Zaak, applicatie: Applicatie) -> None:
    """Laat een applicatie niet langer door een afnemersindicatie bericht krijgen van een zaak."""
    with nette_fouten(), database(lees_instellingen()) as engine, engine.begin() as verbinding:
        vergrendel(verbinding)
        weg = verwijder_afnemersindicatie(verbinding, zaak.strip(), applicatie.strip())
    if not weg:
        typer.echo(f"{applicatie} heeft geen afnemersindicatie op zaak {zaak}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{applicatie} heeft geen afnemersindicatie meer op zaak {zaak}.")


# --- `regie routering`: explains the receivers of an event

routering = typer.Typer(no_args_is_help=True, help="Wie hoort wat, en waarom.")


GEBEURTENISSEN = tuple(naam for naam in get_args(Gebeurtenis) if naam != "*")


@routering.callback()
def _routering() -> None:
    """Keeps `verklaar` a command of its own, however few there are."""


@routering.command(
    "verklaar",
    epilog="Voorbeelden: regie routering verklaar 19000000000012 'Update zaak'; "
    "regie routering verklaar 19000000000012 'Creeer zaak' --zender GWS4all",
)
def routering_verklaar(
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
        uitkomst = explain.verklaar(
            verbinding, inrichting, zaak.strip(), bedoeld, zender=zender.strip(), zaaktype=zaaktype.strip()
        )
    for regel in explain.regels(uitkomst):
        typer.echo(regel)
