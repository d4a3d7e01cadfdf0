"""The command `regie`. Answers on stdout, errors on stderr, both in Dutch; 2 when the surroundings are wrong."""

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from psycopg2.errors import UndefinedTable
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from regiesysteem.config import Instellingen, InstellingFout, laad_instellingen, webadres
from regiesysteem.database import engine_voor, libpq_url
from regiesysteem.embedded import PostgresFout, ingebedde_postgres
from regiesysteem.inrichting.actueel import GeenInrichting, lees_inrichting
from regiesysteem.inrichting.meldingen import InrichtingFout
from regiesysteem.inrichting.opdrachten import app as inrichting
from regiesysteem.logboek import stel_logboek_in
from regiesysteem.migratie import MigratieFout
from regiesysteem.migratie import migreer as voer_migratie_uit
from regiesysteem.opslag import OpslagOnbereikbaar, maak_opslag
from regiesysteem.overzicht import versie
from regiesysteem.zakenmagazijn.documentsloten import alle_sloten, geef_vrij_als_beheerder

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Het Regiesysteem: zakenmagazijn en regie voor het sociaal domein (StUF-ZKN 3.10, ZDS 1.1, RZS 1.0). "
        "Instellingen komen uit omgevingsvariabelen die met REGIE_ beginnen; docs/beheer.md noemt ze."
    ),
)
app.add_typer(inrichting, name="inrichting")
documenten = typer.Typer(no_args_is_help=True, help="De inhoud van documenten.")
app.add_typer(documenten, name="documenten")
document = typer.Typer(no_args_is_help=True, help="Documenten die bewerkt worden: tonen wie ze heeft, en vrijgeven.")
app.add_typer(document, name="document")


@app.command()
def serve() -> None:
    """Start alles en dien berichten: database, tabellen, inrichting, webserver. Stoppen met Ctrl-C."""
    # Granian and Flask are of no use to the other commands.
    from regiesysteem.server import serve as start  # noqa: PLC0415

    with nette_fouten():
        start(laad())


@app.command()
def worker() -> None:
    """Voer taken uit: opruimen van oude berichten en documenten, hernemen van wat bleef liggen. Stoppen met Ctrl-C."""
    from regiesysteem.worker import werk  # noqa: PLC0415

    instellingen = laad()
    stel_logboek_in(instellingen.log, proces="worker")
    # Until the jobs run, a stop must also let go of the database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with nette_fouten(), database(instellingen) as motor:
        voer_migratie_uit(motor)
        werk(instellingen, libpq_url(motor.url))


@app.command()
def status() -> None:
    """Toon in een paar regels wat werkt: webserver, database, tabellen, inrichting. Start zelf niets."""
    from regiesysteem.status import bekijk  # noqa: PLC0415

    regels = bekijk(laad())
    for regel in regels:
        typer.echo(f"{'goed' if regel.goed else 'FOUT'}  {regel.wat:<11} {regel.tekst}")
    raise typer.Exit(0 if all(regel.goed for regel in regels) else 1)


@app.command()
def migreer() -> None:
    """Breng de tabellen van de database op de stand van deze versie."""
    with nette_fouten(), database(laad()) as motor:
        migratie = voer_migratie_uit(motor)
    typer.echo(
        f"Gemigreerd van {migratie.van or 'leeg'} naar {migratie.naar}."
        if migratie.gedaan
        else f"Al op {migratie.naar}."
    )


@documenten.command()
def opruimen() -> None:
    """Verwijder inhoud die geen document meer gebruikt; de worker doet dit ook, elke REGIE_DOCUMENTEN_OPRUIMEN_MINUTEN.

    Mag tijdens het werk. Per regel wat weg is (inhoud, of in S3 een los object of een afgebroken upload), hoe groot het
    was, en zijn SHA-256.
    """
    instellingen = laad()
    aantallen = Counter[str]()
    with nette_fouten(), database(instellingen) as motor:
        for weg in maak_opslag(instellingen).ruim_op(motor):
            typer.echo(f"{weg.wat:<6} {weg.grootte:>13} bytes  {weg.sha256}")
            aantallen[weg.wat] += 1
    samen = ", ".join(f"{aantal} x {wat}" for wat, aantal in aantallen.items())
    typer.echo(f"Opgeruimd: {samen}." if samen else "Er was niets op te ruimen.")


@document.command()
def sloten() -> None:
    """Toon welke documenten iemand bewerkt: checkedOutId, document, wie, sinds wanneer, en of dat verlopen is."""
    with nette_fouten(), database(laad()) as motor, motor.connect() as verbinding:
        lijst = alle_sloten(verbinding)
        regels = lees_inrichting(verbinding).documenten if lijst else None
    nu = datetime.now(UTC)
    for identificatie, slot in lijst:
        verlopen = "" if regels is None or slot.geldt(regels, nu) else "  verlopen"
        typer.echo(leesbaar(f"{slot.sleutel}  {identificatie}  {slot.beschrijf()}{verlopen}"))
    typer.echo(f"{len(lijst)} in bewerking." if lijst else "Niemand bewerkt een document.")


@document.command()
def geef_vrij(
    checked_out_id: Annotated[
        str, typer.Argument(metavar="CHECKEDOUTID", help="zoals `regie document sloten` hem toont")
    ],
) -> None:
    """Geef een document vrij dat iemand bewerkt; zijn checkedOutId geldt dan niet meer.

    Het document blijft zoals het is. Bij elke zaak van het document komt er een regel in de audit.
    """
    with nette_fouten(), database(laad()) as motor, motor.begin() as verbinding:
        vrij = geef_vrij_als_beheerder(verbinding, checked_out_id)
    if vrij is None:
        typer.echo(f"Er is geen document in bewerking met checkedOutId {leesbaar(checked_out_id)}.", err=True)
        raise typer.Exit(1)
    identificatie, slot = vrij
    typer.echo(leesbaar(f"Vrijgegeven: document {identificatie}; het was {slot.beschrijf()}."))


@app.command()
def demo(
    adres: str = typer.Option(
        "", "--adres", help="Adres van de server; leeg: dat van REGIE_HOST en REGIE_PORT, http://127.0.0.1:8080/stuf."
    ),
    toon_berichten: bool = typer.Option(False, "--toon-berichten", help="Toon elk bericht helemaal, als XML."),
) -> None:
    """Speel de interacties tussen regiesysteem en backoffice tegen een server die draait. Start zelf niets.

    De server heeft de meegeleverde inrichting nodig. Plannen en documenten worden echt vastgelegd, elke keer nieuwe.
    """
    from rich.console import Console  # noqa: PLC0415

    from regiesysteem.demo.gesprek import DemoFout, deur  # noqa: PLC0415
    from regiesysteem.demo.spel import speel  # noqa: PLC0415

    if not adres:
        instellingen = laad()
        adres = webadres(instellingen.host, instellingen.port)
    try:
        speel(deur(adres), Console(), toon_berichten=toon_berichten)
    except DemoFout as fout:
        typer.echo(str(fout), err=True)
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _hoofd(toon_versie: bool = typer.Option(False, "--versie", help="Toon de versie.")) -> None:
    # Commands say what they did; what starts and stops beneath them is for serve and worker to tell.
    stel_logboek_in("text", stil=True)
    if toon_versie:
        typer.echo(versie())
        raise typer.Exit


def laad() -> Instellingen:
    """Read the settings, or end with what is wrong with them."""
    with nette_fouten():
        return laad_instellingen()
    raise AssertionError  # nette_fouten ends the process


@contextmanager
def database(instellingen: Instellingen) -> Iterator[Engine]:
    """Give an engine on the database of the settings, the embedded one for as long as the command takes."""
    with ExitStack() as stapel:
        url = instellingen.database_url or stapel.enter_context(ingebedde_postgres(instellingen.data_dir)).url
        motor = engine_voor(instellingen, url, pool=False)
        stapel.callback(motor.dispose)
        yield motor


@contextmanager
def nette_fouten() -> Iterator[None]:
    """End with a Dutch text instead of a traceback where the surroundings are wrong."""
    try:
        yield
    except (InrichtingFout, GeenInrichting) as fout:
        typer.echo(str(fout), err=True)
        sys.exit(1)
    except (InstellingFout, PostgresFout, MigratieFout, OpslagOnbereikbaar) as fout:
        typer.echo(str(fout), err=True)
        sys.exit(2)
    except OperationalError as fout:
        typer.echo(f"De database is niet bereikbaar: {str(fout.orig).strip()}", err=True)
        sys.exit(2)
    except ProgrammingError as fout:
        if not isinstance(fout.orig, UndefinedTable):
            raise
        typer.echo("De database heeft nog geen tabellen van deze versie; maak ze met: regie migreer", err=True)
        sys.exit(2)
    except PermissionError as fout:
        typer.echo(
            f"Geen toegang tot {fout.filename}: {fout.strerror}. Kies een andere map met REGIE_DATA_DIR.", err=True
        )
        sys.exit(2)


def leesbaar(tekst: str) -> str:
    """A text from messages without what a terminal would obey."""
    return "".join(teken if teken.isprintable() else "?" for teken in tekst)
