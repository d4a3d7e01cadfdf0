"""Commands about documents (clean up, show and release those being edited), deviations and refused messages."""

import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from sqlalchemy import Connection

from regiesysteem.access.command_looks import keep_command
from regiesysteem.access.inzage import person_of_bsn
from regiesysteem.commands import beginning_of, database, one_line, read_settings, show_table, tidy_errors, when
from regiesysteem.db import Sql
from regiesysteem.errors import Reportable, os_reason
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.inrichting.leniency import RULES
from regiesysteem.secret_file import for_owner
from regiesysteem.storage import make_storage
from regiesysteem.zakenmagazijn.checkout import all_check_outs, release_as_beheerder
from regiesysteem.zakenmagazijn.deviations import Deviation, read_deviations
from regiesysteem.zakenmagazijn.domain_data import Domeingegevens, domeingegevens_of, read_inhoud
from regiesysteem.zakenmagazijn.rectification import CORRECTABLE, Corrected, Correction, correct_person
from regiesysteem.zakenmagazijn.refusals import RefusedMessage, read_refusals

# --- `regie documenten`: clean up, and see and release what somebody is editing

documenten = typer.Typer(
    no_args_is_help=True, help="De inhoud van documenten opruimen; zien en vrijgeven wat iemand bewerkt."
)


@documenten.command()
def opruimen() -> None:
    """Verwijder inhoud die geen document meer gebruikt; de worker doet dit ook, elke REGIE_DOCUMENTEN_OPRUIMEN_MINUTEN.

    Mag tijdens het werk. Per regel wat weg is (inhoud, of in S3 een los object of een afgebroken upload), hoe groot het
    was, en zijn SHA-256.
    """
    settings = read_settings()
    counts = Counter[str]()
    with tidy_errors(), database(settings) as engine:
        for gone in make_storage(settings).clean_up(engine):
            typer.echo(f"{gone.wat:<6} {gone.grootte:>13} bytes  {gone.sha256}")
            counts[gone.wat] += 1
    together = ", ".join(f"{count} x {what}" for what, count in counts.items())
    typer.echo(f"Opgeruimd: {together}." if together else "Er was niets op te ruimen.")


@documenten.command()
def sloten() -> None:
    """Toon welke documenten iemand bewerkt: checkedOutId, document, wie, sinds wanneer, en of dat verlopen is."""
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        listing = all_check_outs(connection)
        regels = read_inrichting(connection).documenten if listing else None
    now = datetime.now(UTC)
    for identificatie, lock in listing:
        expired = "" if regels is None or lock.applies(regels, now) else "  verlopen"
        typer.echo(one_line(f"{lock.sleutel}  {identificatie}  {lock.describe()}{expired}"))
    typer.echo(f"{len(listing)} in bewerking." if listing else "Niemand bewerkt een document.")


@documenten.command()
def geef_vrij(
    checked_out_id: Annotated[
        str, typer.Argument(metavar="CHECKEDOUTID", help="Zoals `regie documenten sloten` hem toont.")
    ],
) -> None:
    """Geef een document vrij dat iemand bewerkt; zijn checkedOutId geldt dan niet meer.

    Het document blijft zoals het is. Bij elke zaak van het document komt er een regel in de audit.
    """
    with tidy_errors(), database(read_settings()) as engine, engine.begin() as connection:
        free = release_as_beheerder(connection, checked_out_id)
    if free is None:
        typer.echo(f"Er is geen document in bewerking met checkedOutId {one_line(checked_out_id)}.", err=True)
        raise typer.Exit(1)
    identificatie, lock = free
    typer.echo(one_line(f"Vrijgegeven: document {identificatie}; het was {lock.describe()}."))


# --- `regie afwijkingen`: the deviations of the messages of each sender from the standard


def afwijkingen(
    applicatie: Annotated[str, typer.Option(metavar="NAAM", help="Alleen van deze applicatie.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Een JSON-object per regel.")] = False,
) -> None:
    """Toon waarin aangenomen berichten afwijken van de standaard, per afzender.

    Geteld wordt elk bericht dat is aangenomen, per regel een keer; het voorbeeld is het laatste.
    """
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        found = read_deviations(connection, applicatie.strip())
    if json:
        for one in found:
            typer.echo(orjson.dumps(asdict(one)).decode())
        return
    show_table(
        "Afwijkingen",
        *("applicatie", "organisatie", "administratie", "regel", "wat", "aantal", "eerste", "laatste", "voorbeeld"),
        rows=map(_deviation_row, found),
    )


def _deviation_row(one: Deviation) -> tuple[str, ...]:
    first, last = map(when, (one.eerste, one.laatste))
    what = next((what for rule, what in RULES.items() if rule == one.regel), "")
    example = f"{one.dienst} {one.referentienummer}: {one.plek}"
    return (
        one.applicatie,
        one.organisatie,
        one.administratie,
        one.regel,
        what,
        str(one.aantal),
        first,
        last,
        example,
    )


# --- `regie weigeringen`: the messages that were refused

_MOST: Final = 200
_MAX_LINE: Final = 300
_RECTIFICATION: Final = "urn:regiesysteem:verwerkingsactiviteit:verzoek-om-rectificatie"


def weigeringen(
    applicatie: Annotated[
        str, typer.Option(metavar="NAAM", help="alleen van deze applicatie, bewezen of naar eigen zeggen")
    ] = "",
    code: Annotated[str, typer.Option(metavar="CODE", help="alleen met deze foutcode, zoals StUF055")] = "",
    zaak: Annotated[str, typer.Option(metavar="ZAAK", help="alleen over deze zaak")] = "",
    sinds: Annotated[
        datetime | None, typer.Option(metavar="JJJJ-MM-DD", formats=["%Y-%m-%d"], help="vanaf deze dag")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="een JSON-object per regel, en alle regels")] = False,
) -> None:
    """Toon welke berichten geweigerd zijn, het nieuwste eerst: van wie, met welke code, en om welke plek.

    Wat in het bericht stond wordt niet bewaard.
    """
    since = beginning_of(sinds) if sinds else None
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        found = read_refusals(
            connection,
            applicatie=applicatie.strip(),
            code=code.strip(),
            zaak=zaak.strip(),
            since=since,
            most=None if json else _MOST + 1,
        )
    if json:
        for one in found:
            typer.echo(orjson.dumps(asdict(one)).decode())
        return
    show_table(
        "Weigeringen",
        *("tijd", "applicatie", "bewezen", "adres", "dienst", "referentienummer", "zaak", "code", "http", "plek"),
        rows=map(_refusal_row, found[:_MOST]),
    )
    if len(found) > _MOST:
        typer.echo(f"Dit zijn de nieuwste {_MOST}; kies met --applicatie, --code, --zaak of --sinds, of neem --json.")


def _refusal_row(one: RefusedMessage) -> tuple[str, ...]:
    proven = f"{one.bewezen} ({one.bewijs})" if one.bewezen else ""
    place = one.plek if one.code else f"nog {one.aantal} berichten, te snel na elkaar om apart te bewaren"
    status = str(one.http_status or "")
    return (
        *(when(one.tijdstip), one.applicatie, proven, one.adres, one.dienst, one.referentienummer, one.zaak),
        *(one.code, status, place),
    )


# --- `regie persoon`: correct the BSN or other data of a person

persoon = typer.Typer(no_args_is_help=True, help="De gegevens van een persoon corrigeren.")
_ASK: Final = "-"


@persoon.callback()
def _person_commands() -> None:
    """Keep `corrigeer` a command of its own, beside those to come."""


@persoon.command()
def corrigeer(
    bsn: Annotated[
        str, typer.Argument(metavar="BSN", help="zonder: de opdracht vraagt ernaar", show_default=False)
    ] = _ASK,
    new_bsn: Annotated[
        str, typer.Option("--in", metavar="BSN", help="het juiste BSN; - : de opdracht vraagt ernaar")
    ] = "",
    zet: Annotated[
        list[str] | None,
        typer.Option(metavar="NAAM=WAARDE", help=f"de juiste waarde van {', '.join(CORRECTABLE)}; mag vaker"),
    ] = None,
    zaak: Annotated[
        list[str] | None, typer.Option(metavar="ZAAK", help="alleen in deze zaak het andere BSN; mag vaker")
    ] = None,
    uitvoeren: Annotated[bool, typer.Option("--uitvoeren", help="doe het; zonder is het een proef")] = False,
) -> None:
    """Corrigeer een persoon in al zijn zaken, en meld het aan wie over die zaken hoort (AVG artikel 16 en 19).

    Zonder --uitvoeren verandert er niets: u ziet wat er zou veranderen. Laat BSN weg, of geef --in - of --zet NAAM
    zonder waarde, dan komen ze niet in de geschiedenis van uw opdrachten: ze worden gevraagd, of elk van een regel van
    standaardinvoer gelezen.
    """
    number = _asked(bsn, "Burgerservicenummer")
    other = _asked(new_bsn, "Het juiste burgerservicenummer")
    pairs = [one.partition("=") for one in zet or ()]
    new_values = {name: _asked(value if sign else _ASK, name) for name, sign, value in pairs}
    correction = Correction(number, other, new_values, tuple(zaak) if zaak else None)
    with tidy_errors(), database(read_settings()) as engine, engine.connect() as connection:
        done = correct_person(connection, correction)
        keep_command(
            engine,
            "persoon corrigeer",
            len(done.zaken),
            zaken=done.zaken,
            sought=person_of_bsn(number),
            doel=_RECTIFICATION,
        )
        if uitvoeren:
            connection.commit()
    _show_correction(done, uitvoeren)


def _asked(given: str, what: str) -> str:
    """Give a value of the command, or ask for it on the terminal without showing it, or read a line of input."""
    if given != _ASK:
        return given.strip()
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, prompt_suffix=": ")).strip()
    return sys.stdin.readline(_MAX_LINE).strip()


def _show_correction(done: Corrected, executed: bool) -> None:
    typer.echo("Gecorrigeerd:" if executed else "Proef; met --uitvoeren wordt dit gecorrigeerd:")
    typer.echo(f"  {len(done.zaken)} zaken, {done.relations} relaties: {', '.join(done.zaken)}")
    if done.merged:
        typer.echo("  Het juiste BSN was er al: de zaken gaan naar die persoon.")
    typer.echo(
        f"  {done.messages} ontvangen en {done.notifications} verstuurde berichten met het verkeerde BSN verliezen hun "
        "inhoud."
    )
    for table, count in done.left.items():
        typer.echo(f"  Het oude BSN staat nog in {count} rijen van {table}: bekijk die zelf (regie inzageverzoek).")


# --- `regie zaak domeingegevens`: the data of a zaak in forms of its own domain

zaak = typer.Typer(no_args_is_help=True, help="Wat met een zaak gebeurt buiten de berichten om.")
_ZAAK = Sql("SELECT id FROM zaak WHERE identificatie = :zaaknummer")


@zaak.command()
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
    settings = read_settings()
    with tidy_errors(), database(settings) as engine, engine.begin() as connection:
        found = _domain_data(connection, zaaknummer, formaat, alles=alles and naar is None)
        keep_command(engine, "zaak domeingegevens", len(found), zaken=[zaaknummer])
        if naar is None:
            _show_domain_data(found)
            return
        [data] = found
        inhoud = read_inhoud(connection, make_storage(settings), data)
        try:
            with open(naar, "wb", opener=for_owner) as file:
                file.write(inhoud)
        except OSError as error:
            raise Reportable(f"{naar} is niet te schrijven: {os_reason(error)}") from None
    typer.echo(f"{data.formaat} van zaak {zaaknummer}: {len(inhoud)} bytes {data.mediatype} in {naar}.")


def _domain_data(connection: Connection, zaaknummer: str, formaat: str, *, alles: bool) -> list[Domeingegevens]:
    zaak_id = _ZAAK.run(connection, {"zaaknummer": zaaknummer}).scalar_one_or_none()
    if zaak_id is None:
        raise Reportable(f"Er is geen zaak {zaaknummer}.")
    found = domeingegevens_of(connection, zaak_id, replaced_too=alles)
    fitting = [one for one in found if formaat in ("", one.formaat)]
    if not fitting:
        heeft = ", ".join(one.formaat for one in found) or "geen"
        what = f" van formaat {formaat}; wel: {heeft}" if formaat else ""
        raise Reportable(f"Zaak {zaaknummer} heeft geen domeingegevens{what}.")
    return fitting


def _show_domain_data(rows: list[Domeingegevens]) -> None:
    heads = ("formaat", "mediatype", "bytes", "kwam met", "ontvangen", "vervangen", "SHA-256")
    show_table(
        "Domeingegevens",
        *heads,
        rows=(
            (
                one.formaat,
                one.mediatype,
                str(one.grootte),
                one.herkomst,
                when(one.ontvangen_op),
                when(one.vervangen_op),
                one.sha256[:16],
            )
            for one in rows
        ),
    )
