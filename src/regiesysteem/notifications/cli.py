"""The commands about notifications, subscriptions and the postvak; output is Dutch."""

import datetime as dt
from typing import Annotated, Any, Final, get_args

import typer
from lxml import etree

from regiesysteem.access.command_looks import keep_command
from regiesysteem.commands import database, one_line, read_settings, show_table, tidy_errors, when
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.fields import Soort, folded
from regiesysteem.inrichting.load import lock_inrichting
from regiesysteem.logging_ import without_bsn
from regiesysteem.notifications import explain, reports
from regiesysteem.notifications.reports import (
    NotificatieState,
    OpenState,
    add,
    counted,
    listing_afnemersindicaties,
    remove_afnemersindicatie,
    require_known,
    set_afnemersindicatie,
)
from regiesysteem.notifications.reports import remove as remove_abonnement
from regiesysteem.stuf.xml import parse_own
from regiesysteem.zkn.rzs import GEBEURTENISSEN

# --- `regie notificaties` and `regie postvak`; output is Dutch

notificaties = typer.Typer(no_args_is_help=True, help="Wie wat te horen kreeg, en wat nog wacht of is gestrand.")
postvak = typer.Typer(no_args_is_help=True, help="Notificaties die andere systemen aan ons stuurden.")

_HIGHEST: Final = 2**63 - 1  # a number of the database
_Ids = Annotated[
    list[int] | None,
    typer.Argument(min=1, max=_HIGHEST, help="Nummers uit `regie notificaties lijst`.", show_default=False),
]
_State = Annotated[NotificatieState | None, typer.Option(help="Alleen in deze stand.", show_default=False)]
_OpenState = Annotated[OpenState | None, typer.Option("--stand", help="Alleen in deze stand.", show_default=False)]
_Ontvanger = Annotated[str | None, typer.Option(help="Alleen van deze applicatie.", show_default=False)]
_Zaak = Annotated[str | None, typer.Option("--zaak", help="Alleen van deze zaakidentificatie.", show_default=False)]
_Count = Annotated[int, typer.Option(help="Hoogstens zoveel regels.", min=1)]
_NUMBERS: Final = ("identificatie", "inp.bsn")
ShowBsn = Annotated[bool, typer.Option("--toon-bsn", help="Toon burgerservicenummers; anders staat er *********.")]


@notificaties.command("lijst")
def notificaties_lijst(
    stand: _State = None, ontvanger: _Ontvanger = None, zaaknummer: _Zaak = None, aantal: _Count = 50
) -> None:
    """Toon notificaties, de nieuwste eerst.

    Voorbeeld: regie notificaties lijst --stand gestrand
    """
    choice = reports.Selection(state=stand, ontvanger=ontvanger, zaak=zaaknummer)
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        reports.require_known(connection, ontvanger=ontvanger, zaak=zaaknummer)
        rows = reports.listing(connection, choice, aantal)
        keep_command(engine, "notificaties lijst", len(rows), zaken=(row["stroom"] for row in rows))
    heads = ("nr", "ontvanger", "zaak", "gebeurtenis", "bericht", "stand", "pogingen", "wanneer", "melding")
    show_table(
        "Notificaties",
        *heads,
        rows=(
            (
                str(row["id"]),
                row["ontvanger"],
                row["stroom"],
                row["gebeurtenis"],
                row["soort"],
                row["stand"],
                str(row["pogingen"]),
                when(row["afgehandeld_op"] or row["aangemaakt_op"]),
                row["melding"],
            )
            for row in rows
        ),
    )


def _shown_in(message: bytes) -> dict[str, set[str]]:
    """The numbers of zaken, documents and people in a message: an answer to a question is of no single zaak."""
    nodes = parse_own(message)
    return {naam: {(node.text or "").strip() for node in nodes.iter(f"{{*}}{naam}")} for naam in _NUMBERS}


@notificaties.command("toon")
def notificaties_toon(
    nummer: Annotated[int, typer.Argument(min=1, max=_HIGHEST, help="Nummer uit `regie notificaties lijst`.")],
    toon_bsn: ShowBsn = False,
) -> None:
    """Toon een notificatie helemaal, met het bericht zoals het verstuurd wordt."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        row = reports.show(connection, nummer)
        if row is not None:
            shown = _shown_in(bytes(row["inhoud"] or b"<leeg/>"))
            keep_command(
                engine,
                "notificaties toon",
                1,
                zaken={row["stroom"], *shown["identificatie"]},
                documenten=shown["identificatie"],
                sought={f"bsn:{bsn}" for bsn in shown["inp.bsn"]},
            )
    if row is None:
        typer.echo(f"Er is geen notificatie met nummer {nummer}.", err=True)
        raise typer.Exit(1)
    for head, waarde in (
        ("ontvanger", row["ontvanger"]),
        ("zaak", row["stroom"]),
        ("gebeurtenis", row["gebeurtenis"] or ""),
        ("veroorzaakt door", row["veroorzaker"] or ""),
        ("regel", row["reden"]),
        ("bericht", f"{row['soort']}, referentienummer {row['referentienummer']}"),
        ("stand", f"{row['stand']}, {counted(row['pogingen'], 'poging', 'pogingen')}"),
        ("aangemaakt", when(row["aangemaakt_op"])),
        ("volgende poging", when(row["volgende_poging"]) if row["stand"] == "wacht" else ""),
        ("afgehandeld", when(row["afgehandeld_op"])),
        ("melding", row["melding"]),
    ):
        if waarde:
            typer.echo(f"{head:<17}{one_line(waarde)}")
    if row["inhoud"] is None:
        typer.echo("Het bericht zelf is na de bewaartermijn verwijderd.")
        return
    message = etree.tostring(parse_own(bytes(row["inhoud"])), pretty_print=True, encoding="unicode")
    for line in (message if toon_bsn else without_bsn(message)).splitlines():
        typer.echo(one_line(line))


@notificaties.command("standen")
def notificaties_standen(ontvanger: _Ontvanger = None) -> None:
    """Toon per ontvanger hoeveel er wacht, sinds wanneer, en hoe het gaat."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        reports.require_known(connection, ontvanger=ontvanger)
        rows = reports.states(connection, ontvanger)
    now = dt.datetime.now(dt.UTC)
    heads = ("ontvanger", "wacht", "oudste", "gestrand", "rust tot", "melding")
    show_table(
        "Ontvangers",
        *(*heads, "ooit bezorgd", "ooit mislukt", "ooit gestrand"),
        rows=(
            (
                row["ontvanger"],
                str(row["wacht"]),
                when(row["oudste"]),
                str(row["gestrand_nu"]),
                when(row["rust_tot"]) if row["rust_tot"] and row["rust_tot"] > now else "",
                row["melding"] if row["fouten"] else "",
                str(row["bezorgd"]),
                str(row["mislukt"]),
                str(row["gestrand"]),
            )
            for row in rows
        ),
    )


@notificaties.command("opnieuw")
def notificaties_opnieuw(
    nummers: _Ids = None,
    stand: _OpenState = None,
    ontvanger: _Ontvanger = None,
    zaaknummer: _Zaak = None,
    *,
    alle: Annotated[bool, typer.Option("--alle", help="Alles wat wacht of is gestrand.")] = False,
) -> None:
    """Probeer notificaties die wachten of zijn gestrand nu opnieuw.

    Voorbeeld: regie notificaties opnieuw --ontvanger WmoVoorziening --stand gestrand
    """
    choice = _choice(nummers, stand, ontvanger, zaaknummer, every=alle)
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        reports.require_known(connection, ontvanger=ontvanger, zaak=zaaknummer)
        outside = reports.not_open(connection, nummers or [])
        done = reports.again(connection, choice)
    _report(done, counted(done.aantal, "notificatie wordt", "notificaties worden") + " opnieuw geprobeerd.", outside)
    _finish(done, nummers)


@notificaties.command("vervallen")
def notificaties_vervallen(
    nummers: _Ids = None,
    stand: _OpenState = None,
    ontvanger: _Ontvanger = None,
    zaaknummer: _Zaak = None,
    *,
    alle: Annotated[bool, typer.Option("--alle", help="Alles wat wacht of is gestrand.")] = False,
    reden: Annotated[str, typer.Option(help="Waarom; blijft bij de notificatie staan.")] = "vervallen verklaard",
) -> None:
    """Laat notificaties die wachten of zijn gestrand vervallen: ze worden nooit meer verstuurd."""
    choice = _choice(nummers, stand, ontvanger, zaaknummer, every=alle)
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        reports.require_known(connection, ontvanger=ontvanger, zaak=zaaknummer)
        outside = reports.not_open(connection, nummers or [])
        done = reports.vervallen(connection, choice, reden)
    _report(done, counted(done.aantal, "notificatie is", "notificaties zijn") + " vervallen.", outside)
    _finish(done, nummers)


@postvak.command("lijst")
def postvak_lijst(
    gezinsplan: Annotated[str | None, typer.Option(help="Alleen van dit gezinsplan.", show_default=False)] = None,
    ongelezen: Annotated[bool, typer.Option("--ongelezen", help="Alleen wat niemand nog zag.")] = False,
    aantal: _Count = 50,
    toon_bsn: ShowBsn = False,
) -> None:
    """Toon wat andere systemen ons meldden, de nieuwste eerst."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        reports.require_known(connection, zaak=gezinsplan)
        rows = reports.postvak(connection, gezinsplan=gezinsplan, unread=ongelezen, count=aantal)
        keep_command(engine, "postvak lijst", len(rows), zaken=(row["zaakidentificatie"] for row in rows))
    heads = ("nr", "gezinsplan", "zaak", "zaaktype", "gebeurtenis", "van", "ontvangen", "gelezen", "melding")
    show_table(
        "Postvak",
        *heads,
        rows=(
            (
                str(row["id"]),
                row["gezinsplan"] or "onbekend",
                row["zaakidentificatie"],
                row["gegevens"].get("code") or row["gegevens"].get("omschrijving") or "",
                row["gebeurtenis"],
                row["applicatie"],
                when(row["ontvangen_op"]),
                "ja" if row["gelezen_op"] else "",
                row["melding"] if toon_bsn else without_bsn(row["melding"]),
            )
            for row in rows
        ),
    )


@postvak.command("gelezen")
def postvak_gelezen(
    nummers: Annotated[list[int], typer.Argument(min=1, max=_HIGHEST, help="Nummers uit `regie postvak lijst`.")],
) -> None:
    """Noteer dat je meldingen hebt gezien."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        outside = reports.not_new(connection, nummers)
        count = reports.mark_read(connection, nummers)
    for number, exists in outside:
        typer.echo(f"Melding {number} was al gelezen." if exists else f"Er is geen melding {number}.", err=True)
    if not count:
        raise typer.Exit(1)
    typer.echo(counted(count, "melding is", "meldingen zijn") + " nu gelezen.")


def _report(done: reports.Done, text: str, outside: list[tuple[int, str]]) -> None:
    """Report the result (`text`), the rest, and the numbers that nothing could be done with."""
    for number, state in outside:
        explanation = f"Notificatie {number} is {state}; daar verandert niets aan."
        typer.echo(explanation if state else f"Er is geen notificatie {number}.", err=True)
    if done.aantal:
        typer.echo(text)
    elif not done.under_way and not outside:
        typer.echo("Er is niets dat wacht of is gestrand en nog kan worden verstuurd.")
    if done.under_way == 1:
        typer.echo("1 is juist onderweg naar de ontvanger; die blijft zoals zij is.")
    elif done.under_way:
        typer.echo(f"{done.under_way} zijn juist onderweg naar hun ontvanger; die blijven zoals ze zijn.")


def _finish(done: reports.Done, numbers: list[int] | None) -> None:
    """End with 1 when numbers were named and nothing could be done with any; an empty kind is no error."""
    if numbers and not done.aantal and not done.under_way:
        raise typer.Exit(1)


def _choice(
    numbers: list[int] | None, state: OpenState | None, ontvanger: str | None, zaaknummer: str | None, *, every: bool
) -> reports.Selection:
    choice = reports.Selection(numbers, state, ontvanger, zaaknummer)
    if choice.empty and not every:
        typer.echo("Zeg welke: nummers, --stand, --ontvanger of --zaak; of --alle.", err=True)
        raise typer.Exit(2)
    return choice


# --- `regie abonnement`: abonnementen beside those of the TOML, taken up by every process at once

abonnement = typer.Typer(no_args_is_help=True, help="Abonnementen: wie bericht krijgt van welke gebeurtenissen.")

Many = list[str] | None
_OF_INPUT = "-"
_PERSOON = "BSN of andere identificatie; - vraagt erom, zonder het te tonen."
_AFNEMERSINDICATIE = "Of de applicatie er een heeft op de zaak of haar gezinsplan."
_BERICHT = "notificeerOverZaak, of zakLk01: de zaak zelf."
_DOMEINGEGEVENS = "Gaan mee in een zakLk01: die van dit formaat, of alle."
_EVERY = "alle"


@abonnement.command("lijst")
def abonnement_lijst() -> None:
    """Toon alle abonnementen, in de volgorde waarin ze gelden, en waar ze vandaan komen."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        inrichting = read_inrichting(connection)
    known = {applicatie.naam for applicatie in inrichting.applicaties}
    show_table(
        "Abonnementen",
        *("herkomst", "nummer", "applicatie", "waarvan", "bericht", "verwachte actie"),
        rows=(
            (
                "opdracht" if rule.opdracht else "inrichting",
                str(rule.nummer),
                one.applicatie if one.applicatie in known else f"{one.applicatie} (niet in de inrichting)",
                str(one),
                one.bericht,
                one.verwachte_actie,
            )
            for rule in inrichting.abonnementen
            for one in (rule.abonnement,)
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
    applicatie: Annotated[str, typer.Argument(metavar="APPLICATIE", help="Wie bericht krijgt.")],
    gebeurtenis: Annotated[Many, typer.Option(metavar="NAAM", help="Zonder deze keuze: elke gebeurtenis.")] = None,
    zaaktype: Annotated[Many, typer.Option(metavar="CODE", help="Zonder deze keuze: elk zaaktype.")] = None,
    niet_zaaktype: Annotated[Many, typer.Option(metavar="CODE")] = None,
    soort: Annotated[Many, typer.Option(metavar="SOORT", help=f"{', '.join(get_args(Soort))}.")] = None,
    niet_soort: Annotated[Many, typer.Option(metavar="SOORT")] = None,
    gezinsplan: Annotated[Many, typer.Option(metavar="ZAAK", help="Dit gezinsplan en alles wat erbij hoort.")] = None,
    niet_gezinsplan: Annotated[Many, typer.Option(metavar="ZAAK")] = None,
    persoon: Annotated[Many, typer.Option(metavar="NUMMER", help=_PERSOON)] = None,
    niet_persoon: Annotated[Many, typer.Option(metavar="NUMMER")] = None,
    status: Annotated[Many, typer.Option(metavar="STATUS", help="Volgnummer, code of omschrijving.")] = None,
    niet_status: Annotated[Many, typer.Option(metavar="STATUS")] = None,
    zender: Annotated[Many, typer.Option(metavar="APPLICATIE", help="Wie de gebeurtenis veroorzaakte.")] = None,
    niet_zender: Annotated[Many, typer.Option(metavar="APPLICATIE")] = None,
    eindstatus: Annotated[
        bool | None, typer.Option("--eindstatus/--geen-eindstatus", help="Of de zaak een eindstatus heeft.")
    ] = None,
    afnemersindicatie: Annotated[
        bool | None, typer.Option("--afnemersindicatie/--geen-afnemersindicatie", help=_AFNEMERSINDICATIE)
    ] = None,
    verwachte_actie: Annotated[str, typer.Option(metavar="TEKST", help="Wat de ontvanger hoort te doen.")] = "",
    bericht: Annotated[str, typer.Option(metavar="BERICHT", help=_BERICHT)] = "notificeerOverZaak",
    domeingegevens: Annotated[Many, typer.Option(metavar="FORMAAT", help=_DOMEINGEGEVENS)] = None,
) -> None:
    """Maak een abonnement. Elke keuze mag vaker: een ervan moet gelden, van een niet-keuze geen. Alle keuzen samen."""
    table: dict[str, Any] = {sleutel: waarde for sleutel, waarde in locals().items() if waarde not in (None, [])}
    for sleutel, translate in (("persoon", _number), ("status", _status)):
        for naam in (sleutel, f"niet_{sleutel}"):
            if naam in table:
                table[naam] = [translate(waarde) for waarde in table[naam]]
    if _EVERY in table.get("domeingegevens", ()):
        table["domeingegevens"] = True
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        lock_inrichting(connection)
        number, abonnement = add(connection, read_inrichting(connection), table)
    typer.echo(f"Abonnement {number}: {abonnement.applicatie} krijgt {abonnement.bericht}: {abonnement}.")


@abonnement.command("verwijder")
def abonnement_verwijder(
    nummer: Annotated[int, typer.Argument(metavar="NUMMER", help="Van regie abonnement lijst, herkomst opdracht.")],
) -> None:
    """Verwijder een abonnement dat met een opdracht is gemaakt; die van de inrichting staan in haar bestand."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        lock_inrichting(connection)
        gone = remove_abonnement(connection, nummer)
    if not gone:
        typer.echo(f"Er is geen abonnement {nummer} dat met een opdracht is gemaakt.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Abonnement {nummer} is verwijderd.")


def _number(waarde: str) -> str:
    """The number of a person, asked for when it must not be in the history of the shell."""
    return str(typer.prompt("Nummer van de persoon", hide_input=True)) if waarde == _OF_INPUT else waarde


def _status(waarde: str) -> int | str:
    return int(waarde) if waarde.isascii() and waarde.isdigit() and len(waarde) < 10 else waarde


# --- `regie afnemersindicatie`: tells an applicatie of one zaak, or of all zaken of one gezinsplan

afnemersindicatie = typer.Typer(
    no_args_is_help=True, help="Wie bericht krijgt van één zaak, of van alle zaken van één gezinsplan."
)

Zaak = Annotated[str, typer.Argument(metavar="ZAAK", help="De zaakidentificatie; van een gezinsplan: ook zijn zaken.")]
Applicatie = Annotated[str, typer.Argument(metavar="APPLICATIE", help="Naam van een [[applicatie]] van de inrichting.")]


@afnemersindicatie.command("lijst")
def afnemersindicatie_lijst(
    zaak: Annotated[str, typer.Option(metavar="ZAAK", help="Alleen die op deze zaak.")] = "",
    applicatie: Annotated[str, typer.Option(metavar="APPLICATIE", help="Alleen die van deze applicatie.")] = "",
) -> None:
    """Toon de afnemersindicaties."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        require_known(connection, ontvanger=applicatie.strip(), zaak=zaak.strip())
        found = listing_afnemersindicaties(connection, zaak.strip(), applicatie.strip())
    show_table(
        "Afnemersindicaties",
        *("zaak", "soort", "applicatie", "verwachte actie", "sinds"),
        rows=(
            (
                one.zaak,
                one.soort or "",
                one.applicatie,
                one.verwachte_actie,
                when(one.sinds),
            )
            for one in found
        ),
    )


@afnemersindicatie.command(
    "zet", epilog="Voorbeeld: regie afnemersindicatie zet 19000000000012 WmoVoorziening --verwachte-actie 'Bel terug'"
)
def afnemersindicatie_zet(
    zaak: Zaak,
    applicatie: Applicatie,
    verwachte_actie: Annotated[str, typer.Option(help="Wat de ontvanger met een bericht hoort te doen.")] = "",
) -> None:
    """Laat een applicatie bericht krijgen van een zaak; van een gezinsplan geldt het ook voor zijn zaken."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        lock_inrichting(connection)
        inrichting = read_inrichting(connection)
        set_afnemersindicatie(connection, inrichting, zaak.strip(), applicatie.strip(), verwachte_actie.strip())
    typer.echo(f"{applicatie} krijgt bericht van zaak {zaak}.")


@afnemersindicatie.command("verwijder")
def afnemersindicatie_verwijder(zaak: Zaak, applicatie: Applicatie) -> None:
    """Laat een applicatie niet langer door een afnemersindicatie bericht krijgen van een zaak."""
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        lock_inrichting(connection)
        gone = remove_afnemersindicatie(connection, zaak.strip(), applicatie.strip())
    if not gone:
        typer.echo(f"{applicatie} heeft geen afnemersindicatie op zaak {zaak}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{applicatie} heeft geen afnemersindicatie meer op zaak {zaak}.")


# --- `regie routering`: explains the receivers of an event

routering = typer.Typer(no_args_is_help=True, help="Wie hoort wat, en waarom.")


@routering.callback()
def _routering() -> None:
    """Keep `verklaar` a command of its own, however few there are."""


@routering.command(
    "verklaar",
    epilog="Voorbeelden: regie routering verklaar 19000000000012 'Update zaak'; "
    "regie routering verklaar 19000000000012 'Creeer zaak' --zender GWS4all",
)
def routering_verklaar(
    zaak: Annotated[str, typer.Argument(metavar="ZAAK", help="De zaakidentificatie.")],
    gebeurtenis: Annotated[str, typer.Argument(metavar="GEBEURTENIS", help=f"{', '.join(GEBEURTENISSEN)}.")],
    zender: Annotated[str, typer.Option(metavar="APPLICATIE", help="Wie de gebeurtenis veroorzaakt.")] = "",
    zaaktype: Annotated[
        str, typer.Option(metavar="CODE", help="Van een zaak die wij niet hebben: wat een bericht daarvan zegt.")
    ] = "",
) -> None:
    """Zeg wie bericht zou krijgen van een gebeurtenis, door welke regel, en wie niet en waarom.

    Er wordt niets verstuurd. Het antwoord geldt voor de zaak en de regels zoals ze nu zijn, en komt van dezelfde code
    als die van de bezorging.
    """
    meant = next((naam for naam in GEBEURTENISSEN if folded(naam) == folded(gebeurtenis)), None)
    if meant is None:
        typer.echo(f"Er is geen gebeurtenis {gebeurtenis}; kies uit {', '.join(GEBEURTENISSEN)}.", err=True)
        raise typer.Exit(1)
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        inrichting = read_inrichting(connection)
        outcome = explain.explain(
            connection, inrichting, zaak.strip(), meant, zender=zender.strip(), zaaktype=zaaktype.strip()
        )
        keep_command(engine, "routering verklaar", 1, zaken=[zaak.strip()])
    for line in explain.regels(outcome):
        typer.echo(one_line(line))
