"""The commands `regie backoffice` and `regie demo`: their options; output is Dutch."""

from pathlib import Path
from typing import Annotated

import typer

from regiesysteem.commands import make_console, read_settings, tidy_errors
from regiesysteem.config import web_address
from regiesysteem.stuf.message import Systeem
from regiesysteem_practice.choices import TransferChoice

_Naam = Annotated[str, typer.Option(help="Naam van de applicatie, zoals in de inrichting.", show_default=False)]
_Port = Annotated[int, typer.Option(help="Poort om op te luisteren; 0: een vrije.", min=0, max=65535)]
_Server = Annotated[
    str,
    typer.Option(
        help="Adres van het Regiesysteem; leeg: dat van REGIE_HOST en REGIE_PORT, http://127.0.0.1:8080/stuf.",
        show_default=False,
    ),
]
_Overdracht = Annotated[
    TransferChoice, typer.Option(help="Wat te doen met een overdracht; vragen: u beslist op de terminal.")
]
_Pause = Annotated[float, typer.Option(help="Seconden voor het antwoord op een overdracht.", min=0, max=86400)]
_Answer = Annotated[
    list[str] | None,
    typer.Option(
        help="Wat na een geaccepteerde overdracht volgt: status:2 (actualiseerZaakstatus) of omschrijving:TEKST "
        "(updateZaak). Mag vaker.",
        show_default=False,
    ),
]
_Fetches = Annotated[bool, typer.Option("--haal-op", help="Haal na een notificatie de zaak en haar documenten op.")]
_Save = Annotated[
    Path | None,
    typer.Option(
        help="Map waarin elk bericht bewaard wordt, en elk antwoord van het Regiesysteem. Alleen de eigenaar kan de "
        "bestanden lezen; een map die er nog niet is, is ook alleen voor hem.",
        show_default=False,
    ),
]
_Failure = Annotated[
    str, typer.Option(help="Speel een slechte ontvanger: 500, rommel, weigeren of traag:SECONDEN.", show_default=False)
]
_Organisatie = Annotated[str, typer.Option(help="StUF:organisatie van de afzender.")]
_Host = Annotated[str, typer.Option(help="Adres om op te luisteren; standaard alleen deze machine.")]


def backoffice(  # noqa: PLR0917 - typer fills them by name
    naam: _Naam,
    poort: _Port,
    server: _Server = "",
    overdracht: _Overdracht = TransferChoice.ACCEPTEREN,
    pauze: _Pause = 0,
    antwoord: _Answer = None,
    haal_op: _Fetches = False,
    sla_op: _Save = None,
    storing: _Failure = "",
    organisatie: _Organisatie = "1900",
    host: _Host = "127.0.0.1",
) -> None:
    """Speel een backoffice: ontvang notificaties en overdrachten, antwoord, en toon alles. Stoppen met Ctrl-C.

    De naam en het adres staan in de inrichting van het Regiesysteem, met een abonnement. In de meegeleverde staan
    WmoVoorziening (poort 8091) en Schuldhulp (poort 8092).

    Voorbeelden:

    regie backoffice --naam WmoVoorziening --poort 8091 --haal-op

    regie backoffice --naam Schuldhulp --poort 8092 --overdracht vragen --antwoord status:2

    regie backoffice --naam WmoVoorziening --poort 8091 --storing traag:3 --sla-op berichten
    """
    # The other commands do not need zeep and Flask.
    from regiesysteem_practice.office import Behaviour  # noqa: PLC0415
    from regiesysteem_practice.run import read_step, run  # noqa: PLC0415

    if not server:
        settings = read_settings()
        server = web_address(settings.host, settings.port)
    with tidy_errors():
        behaviour = Behaviour(overdracht, pauze, haal_op, tuple(read_step(one) for one in antwoord or ()))
        run(
            Systeem(organisatie, naam),
            host=host,
            port=poort,
            server=server,
            behaviour=behaviour,
            failure=storing,
            save=sla_op,
        )


def demo(
    adres: str = typer.Option(
        "", "--adres", help="Adres van de server; leeg: dat van REGIE_HOST en REGIE_PORT, http://127.0.0.1:8080/stuf."
    ),
    toon_berichten: bool = typer.Option(False, "--toon-berichten", help="Toon elk bericht helemaal, als XML."),
    poort_wmo: int = typer.Option(
        8091, "--poort-wmo", help="Poort van backoffice WmoVoorziening, zoals in de inrichting.", min=1, max=65535
    ),
    poort_schuldhulp: int = typer.Option(
        8092, "--poort-schuldhulp", help="Poort van backoffice Schuldhulp, zoals in de inrichting.", min=1, max=65535
    ),
) -> None:
    """Speel de interacties tussen regiesysteem en backoffices tegen een server die draait.

    De server heeft de meegeleverde inrichting nodig, en een worker. De twee backoffices start en stopt de demo zelf.
    Plannen en documenten worden echt vastgelegd, elke keer nieuwe. De overdracht begint met `regie zaak overdragen`;
    die heeft de database van de server nodig, dus draai de demo met dezelfde instellingen als de server.
    """
    from regiesysteem_practice.conversation import door  # noqa: PLC0415
    from regiesysteem_practice.play import play  # noqa: PLC0415

    settings = read_settings()
    adres = adres or web_address(settings.host, settings.port)
    with tidy_errors():
        play(
            door(adres),
            make_console(),
            ports=(poort_wmo, poort_schuldhulp),
            reachable=bool(settings.database_url) or (settings.data_dir / "postgres").is_dir(),
            show_berichten=toon_berichten,
        )
