"""A server of pages over a real database, in this process, and a family in it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, nps, other, rol, status, zaak
from tests.berichten.documenten import document, edc_lk01, inhoud, pdf
from tests.diensten.stappen import actualiseer
from tests.soap.conftest import Door
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client

from regiesysteem.access.people.accounts import new_account, new_link
from regiesysteem.config import Settings, example_inrichting
from regiesysteem.db import make_engine
from regiesysteem.http.app import make_app
from regiesysteem.http.doors import make_doors, make_services
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.metrics import Counters

PLAN, WMO, SCHULD, DOCUMENT = "19000000000012", "19000000000013", "19000000000014", "19000000000015"
REGISSEUR, TEAM = "12345", "wijkteam-noord"
HE, SHE, NEIGHBOUR = "999993653", "999990020", "999990032"
DOMAINS = {
    "Wonen": ("19000000000020", [(WMO, "WMO-MAATW", "Huishoudelijke hulp, 4 uur per week", 3, "Bakker")]),
    "Geld": (
        "19000000000030",
        [
            (SCHULD, "SCHULDHULP", "Schulden regelen", 2, "De Boer"),
            ("19000000000031", "BIJSTAND", "Bijstand voor het gezin", 4, "De Boer"),
        ],
    ),
    "Opgroeien": (
        "19000000000040",
        [
            ("19000000000041", "JEUGDHULP", "Begeleiding van Bram", 4, "Smit"),
            ("19000000000042", "LLVERVOER", "Vervoer naar school", 1, "Jansen"),
        ],
    ),
}
"""The domains of the plan: number, and deelplannen with number, zaaktype, name, status reached and executor."""
HAPPENED = (
    f"""INSERT INTO overdracht (richting, zaak_id, zaakidentificatie, applicatie, referentienummer, stand, antwoord,
                                beantwoord_op)
        SELECT 'uit', id, identificatie, 'Schuldhulp', 'aanbod-1', 'geweigerd', 'Wij hebben een wachtlijst.', now()
        FROM zaak WHERE identificatie = '{SCHULD}'""",
    f"""INSERT INTO overdracht (richting, zaak_id, zaakidentificatie, applicatie, referentienummer, stand, uiterlijk)
        SELECT 'uit', id, identificatie, 'WmoVoorziening', 'aanbod-2', 'aangeboden', now() - interval '2 days'
        FROM zaak WHERE identificatie = '{WMO}'""",
    f"""INSERT INTO postvak (bericht_id, zaakidentificatie, gezinsplan, gebeurtenis, applicatie, gegevens, melding)
        VALUES (1, '{WMO}', '{PLAN}', 'Update zaak', 'WmoVoorziening', '{{}}', 'Kijk of het plan nog klopt')""",
    f"""INSERT INTO notificatie (ontvanger, stroom, soort, referentienummer, stand, inhoud)
        VALUES ('Schuldhulp', '{WMO}', 'notificeerOverZaak', 'melding-1', 'gestrand', '<a/>')""",
    f"UPDATE zaak SET uiterlijke_einddatum = '20261120' WHERE identificatie = '{SCHULD}'",
)
"""Statements for things that take a worker or time: offers, a melding, a stranded notification, a late zaak."""
_numbers = itertools.count(1)


class _Quiet(WSGIRequestHandler):
    """Tells nothing of a request."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as werkzeug has it
        pass


@dataclass(frozen=True)
class World:
    """Where the pages are, and the database behind them."""

    url: str
    engine: Engine
    settings: Settings

    def link(self, rol: str, medewerker: str = REGISSEUR) -> str:
        """Make somebody in a role; the path that logs him in once."""
        with self.engine.begin() as connection:
            name = f"{rol}-{next(_numbers)}"
            return new_link(connection, new_account(connection, name, (rol,), "M. Visser", medewerker, TEAM))


@contextmanager
def world(database_url: str, data_dir: Path) -> Iterator[World]:
    """Serve a database with the example inrichting; each request in a thread, as the product does."""
    engine = make_engine(database_url)
    load_inrichting(engine, read_text(example_inrichting().read_text(), "test"))
    settings = Settings(database_url=database_url, data_dir=data_dir)
    server = make_server("127.0.0.1", 0, make_app(settings), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield World(f"http://127.0.0.1:{server.port}", engine, settings)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        engine.dispose()


def fill(world: World) -> None:
    """Bring a family in: a plan of three domains with deelplannen, people, a document, and a refused message."""
    door = Door(Client(make_doors(make_services(world.settings, world.engine), Counters())), world.engine)
    family = client(HE, "De Wit") + client(SHE, "Groen") + rol("heeftAlsBelanghebbende", nps(NEIGHBOUR, "Blauw"))
    family += rol("heeftAlsInitiator", mdw(REGISSEUR, "Visser"))
    _new(door, PLAN, "GEZINSPLAN", "Gezinsplan De Wit en Groen", family)
    actualiseer(door, PLAN, status(2, "20261006"))
    of_domain = client(HE, "De Wit") + rol("heeftAlsInitiator", mdw(REGISSEUR, "Visser"))
    for domain, (number, parts) in DOMAINS.items():
        _new(door, number, "DOMEINPLAN", domain, of_domain, PLAN)
        for part, code, name, reached, executor in parts:
            people = rol("heeftAlsInitiator", nps(HE, "De Wit")) + rol("heeftAlsUitvoerende", mdw(executor, executor))
            _new(door, part, code, name, people, number)
            if reached > 1:
                actualiseer(door, part, status(reached, "20261109"))
    file = inhoud(pdf("verslag"), "verslag.pdf")
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(DOCUMENT, PLAN, file=file, titel="Verslag")))
    door.fout("creeerZaak_Lk01", lk01("T", zaak("19009999999999", "BESTAATNIET")))
    with world.engine.begin() as connection:
        for statement in HAPPENED:
            connection.execute(text(statement))


def _new(door: Door, number: str, code: str, name: str, people: str, inside: str = "") -> None:
    above = other("heeftBetrekkingOpAndere", inside) if inside else ""
    new = zaak(number, code, start="20261005", relaties=people, after=above)
    door.succeeded("creeerZaak_Lk01", lk01("T", new.replace(">Zaak<", f">{name}<")))
