"""`regie koppelvlak`: writes the koppelvlakspecificatie with the checklist of agreements; output is Dutch."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from regiesysteem.commands import database, read_settings, tidy_errors
from regiesysteem.errors import Reportable, os_reason
from regiesysteem.inrichting.agreements import Agreement, agreements, agreements_in_force
from regiesysteem.inrichting.current import NoInrichting
from regiesysteem.inrichting.load import history, read_file, read_text
from regiesysteem.inrichting.model import Inrichtingsbestand

_NAME: Final = "koppelvlakspecificatie"


def koppelvlak(
    map_: Annotated[Path, typer.Option("--map", metavar="MAP", help="Waar de bestanden komen.")] = Path("koppelvlak"),
    pdf: Annotated[bool, typer.Option("--pdf/--geen-pdf", help="Ook als PDF; zonder typst kan dat niet.")] = True,
    inrichting: Annotated[
        Path | None,
        typer.Option("--inrichting", metavar="BESTAND", help="Een TOML-bestand, in plaats van wat in gebruik is."),
    ] = None,
) -> None:
    """Schrijf de koppelvlakspecificatie met de checklist van afspraken, voor een leverancier die aansluit.

    Zij komt uit het contract, de documentatie en de inrichting die nu geldt. Adressen en wachtwoorden van applicaties
    staan er niet in.
    """
    # The other commands do not need the schema as tables, nor the reader of pages.
    from regiesysteem.kit.contract_model import read_contract  # noqa: PLC0415
    from regiesysteem.kit.specification import Basis, NoPdf, compose, write_html, write_pdf  # noqa: PLC0415

    html, as_pdf = map_ / f"{_NAME}.html", map_ / f"{_NAME}.pdf"
    with tidy_errors():
        source = Basis(*_in_force() if inrichting is None else _in_file(inrichting))
        document = compose(read_contract(), source)
        with _writable(map_):
            map_.mkdir(parents=True, exist_ok=True)
            write_html(document, html)
        typer.echo(f"De koppelvlakspecificatie staat in {html}.")
        if not pdf:
            return
        try:
            with _writable(map_):
                write_pdf(document, as_pdf, source.moment)
        except NoPdf as error:
            typer.echo(str(error), err=True)
        else:
            typer.echo(f"De PDF staat in {as_pdf}.")


@contextmanager
def _writable(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Reportable(f"In {directory} kan niet geschreven worden: {os_reason(error)}.") from None


def _in_file(file: Path) -> tuple[Inrichtingsbestand, list[Agreement], str, datetime]:
    made = read_file(file).inrichting
    return made, agreements(made), f"bestand {file.name}", datetime.now(UTC)


def _in_force() -> tuple[Inrichtingsbestand, list[Agreement], str, datetime]:
    with database(read_settings()) as engine, engine.connect() as connection:
        loaded = history(connection, 1)
        if not loaded:
            raise NoInrichting
        made = read_text(loaded[0].toml, loaded[0].bron).inrichting
        return made, agreements_in_force(connection), f"stand {loaded[0].versie}", loaded[0].geladen_op
