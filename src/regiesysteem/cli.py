"""The command `regie`. Answers on stdout, errors on stderr, both in Dutch; 2 when the surroundings are wrong.

Other packages add commands of their own through the entry point group `regiesysteem.commands`.
"""

import signal
import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated

import typer

from regiesysteem.access.cli import app as applicatie
from regiesysteem.access.command_looks import keep_command, log_is_there
from regiesysteem.access.inzage_cli import inzage
from regiesysteem.access.people.cli import app as account
from regiesysteem.commands import DutchGroup, ask_yes, database, read_settings, tidy_errors, translate_help
from regiesysteem.conformance.cli import conformiteit
from regiesysteem.db import libpq_url
from regiesysteem.disclosure.cli import inzageverzoek
from regiesysteem.inrichting.cli import app as inrichting
from regiesysteem.inrichting.cli import checklist
from regiesysteem.kit.cli import koppelvlak
from regiesysteem.logging_ import set_up_logging
from regiesysteem.migrate import migrate as run_migration
from regiesysteem.notifications.cli import abonnement, afnemersindicatie, notificaties, postvak, routering
from regiesysteem.notifications.transfers_cli import overdracht
from regiesysteem.signals import STOP
from regiesysteem.zakenmagazijn.cli import afwijkingen, documenten, persoon, weigeringen, zaak
from regiesysteem.zakenmagazijn.keeping_cli import bewaren

translate_help()
app = typer.Typer(
    cls=DutchGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Het Regiesysteem: zakenmagazijn en regie voor het sociaal domein (StUF-ZKN 3.10, ZDS 1.1, RZS 1.0). "
        "Instellingen komen uit omgevingsvariabelen die met REGIE_ beginnen; docs/gebruiken/beheer.md noemt ze."
    ),
)
app.add_typer(inrichting, name="inrichting")
app.add_typer(applicatie, name="applicatie")
app.add_typer(account, name="account")
app.add_typer(abonnement, name="abonnement")
app.add_typer(afnemersindicatie, name="afnemersindicatie")
app.add_typer(routering, name="routering")
app.add_typer(documenten, name="documenten")
app.add_typer(bewaren, name="bewaren")
app.add_typer(notificaties, name="notificaties")
app.add_typer(zaak, name="zaak")
app.add_typer(overdracht, name="overdracht")
app.add_typer(postvak, name="postvak")
app.add_typer(persoon, name="persoon")
app.command()(afwijkingen)
app.command()(checklist)
app.command()(koppelvlak)
app.command()(inzageverzoek)
app.command()(weigeringen)
app.command()(inzage)
app.command()(conformiteit)
for command in sorted(entry_points(group="regiesysteem.commands"), key=lambda one: one.name):
    app.command(command.name)(command.load())


@app.command()
def serve() -> None:
    """Start alles en verwerk berichten: database, tabellen, inrichting, webserver. Stoppen met Ctrl-C."""
    # The other commands do not need waitress and Flask.
    from regiesysteem.server import serve as start  # noqa: PLC0415

    with tidy_errors():
        start(read_settings())


@app.command()
def worker() -> None:
    """Voer taken uit: notificaties bezorgen, opruimen, hernemen van wat bleef liggen. Stoppen met Ctrl-C.

    `regie serve` start er zelf een (REGIE_MET_WORKER); meer mag, ook op andere machines met dezelfde database.
    """
    from regiesysteem.worker import work  # noqa: PLC0415

    settings = read_settings()
    set_up_logging(settings.log, process="worker")
    # Until the jobs run, a stop must also end waiting for the database.
    for sig in STOP:
        signal.signal(sig, lambda *_: sys.exit(0))
    with tidy_errors(), database(settings, make=True) as engine:
        run_migration(engine)
        work(settings, libpq_url(engine.url))


@app.command()
def status() -> None:
    """Toon in een paar regels wat werkt: webserver, database, tabellen, inrichting. Start zelf niets."""
    from regiesysteem.status import look_at  # noqa: PLC0415

    lines = look_at(read_settings())
    for line in lines:
        typer.echo(f"{'goed' if line.good else 'FOUT'}  {line.what:<11} {line.text}")
    raise typer.Exit(0 if all(line.good for line in lines) else 1)


@app.command()
def migreer() -> None:
    """Breng de tabellen van de database op de stand van deze versie."""
    with tidy_errors(), database(read_settings(), make=True) as engine:
        migration = run_migration(engine)
    typer.echo(
        f"Gemigreerd van {migration.before or 'leeg'} naar {migration.after}."
        if migration.done
        else f"Al op {migration.after}."
    )


@app.command("back-up")
def back_up(
    bestand: Annotated[Path, typer.Argument(help="Waar de back-up komt; wat er staat wordt vervangen.")],
) -> None:
    """Maak een back-up van de database, ook terwijl alles draait."""
    from regiesysteem.backup import make  # noqa: PLC0415

    with tidy_errors(), database(read_settings()) as engine:
        if log_is_there(engine):  # not yet before the first migration to a release that has it
            keep_command(engine, "back-up", 1)
        make(engine, bestand)
    typer.echo(f"De back-up staat in {bestand} ({bestand.stat().st_size / 1_000_000:.1f} MB).")


@app.command()
def herstel(
    bestand: Annotated[Path, typer.Argument(help="Back-up van regie back-up, of van pg_dump met --format=custom.")],
    ja: Annotated[bool, typer.Option("--ja", help="Vraag niet of het mag.")] = False,
) -> None:
    """Zet een back-up terug in de plaats van alles wat in de database staat. Stop eerst elke server en worker.

    Het gaat heel of niet: tot alles terug is, en als het mislukt, blijft staan wat er stond. Daarna staan de tabellen
    op de stand van deze versie.
    """
    from regiesysteem.backup import check_backup, restore  # noqa: PLC0415

    with tidy_errors():
        check_backup(bestand)
        with database(read_settings(), make=True, only=True) as engine:
            if not (ja or ask_yes(f"Alles in database {engine.url.database} vervangen door {bestand}?")):
                typer.echo("Er is niets veranderd.")
                raise typer.Exit(1)
            migration = restore(engine, bestand, typer.echo)
    done = f", en de tabellen zijn gebracht van {migration.before} naar {migration.after}" if migration.done else ""
    typer.echo(f"De back-up is teruggezet{done}.")


@app.callback(invoke_without_command=True)
def _main(toon_versie: bool = typer.Option(False, "--versie", help="Toon de versie.")) -> None:
    # Commands report their own results; only serve and worker report starting and stopping.
    set_up_logging("text", quiet=True)
    if toon_versie:
        typer.echo(version("regiesysteem"))
        raise typer.Exit
