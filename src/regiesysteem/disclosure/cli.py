"""`regie inzageverzoek`: the answer to a person who asks what we keep of him; output is Dutch."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from regiesysteem.access.command_looks import keep_command
from regiesysteem.access.inzage import person_of_bsn
from regiesysteem.commands import database, read_settings, tidy_errors
from regiesysteem.disclosure.answer_files import AnswerFolder, content_reader, heading
from regiesysteem.errors import Reportable
from regiesysteem.inrichting.current import read_inrichting
from regiesysteem.storage import make_storage
from regiesysteem.stuf.checks import elfproef
from regiesysteem.zakenmagazijn.subject_access import find_subject, gather

_MAX_LINE: Final = 100
_PURPOSE: Final = "urn:regiesysteem:verwerkingsactiviteit:verzoek-om-inzage"


def inzageverzoek(
    uit: Annotated[Path, typer.Option("--uit", metavar="MAP", help="Nieuwe of lege map waar het antwoord komt.")],
    bsn: Annotated[
        str | None,
        typer.Argument(metavar="BSN", help="Zonder: de opdracht vraagt ernaar.", show_default=False),
    ] = None,
    documenten: Annotated[bool, typer.Option("--documenten", help="Kopieer ook de documenten zelf.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Alleen inzage.json, geen pagina.")] = False,
) -> None:
    """Verzamel wat er van een persoon bewaard wordt, voor zijn verzoek om inzage (AVG artikel 15).

    Laat BSN weg, dan komt het niet in de geschiedenis van uw opdrachten: het wordt gevraagd, of van standaardinvoer
    gelezen. Wat over anderen kan gaan, is gemarkeerd; een mens besluit daarover voordat het weggaat.
    """
    number = _read_bsn(bsn)
    settings = read_settings()
    with tidy_errors(), database(settings) as engine:
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with engine.connect().execution_options(**snapshot) as connection:
            inrichting = read_inrichting(connection)
            folder = AnswerFolder(
                uit,
                heading(number, inrichting, datetime.now(UTC), documenten=documenten),
                content_reader(connection, make_storage(settings)) if documenten else None,
                lambda text: typer.echo(text, err=True),
            )
            subject = find_subject(connection, number)
            keep_command(
                engine,
                "inzageverzoek",
                len(subject.zaken),
                zaken=subject.identificaties,
                sought=person_of_bsn(number),
                doel=_PURPOSE,
            )
            folder.write(gather(connection, inrichting, subject), page=not json)
    counts = folder.counts
    typer.echo(f"Het antwoord staat in {uit}: {counts['zaken']} zaken, {counts['berichten']} berichten.")
    typer.echo("Besluit over elk kader voordat u het geeft. Vernietig de map daarna.")
    if folder.missing:
        typer.echo(f"Niet gekopieerd, want niet te lezen: {', '.join(folder.missing)}", err=True)
        raise typer.Exit(1)


def _read_bsn(given: str | None) -> str:
    """Read a BSN from the command, from the terminal without showing it, or from standard input."""
    if given is None and sys.stdin.isatty():
        given = typer.prompt("Burgerservicenummer", hide_input=True, prompt_suffix=": ")
    number = (sys.stdin.readline(_MAX_LINE) if given is None else given).strip()
    with tidy_errors():
        if not elfproef(number):
            raise Reportable("Dit is geen burgerservicenummer: negen cijfers waarvan de elfproef klopt.")
    return number
