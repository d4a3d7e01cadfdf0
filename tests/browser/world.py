"""A server of pages over a real database, in this process, and a family in it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
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
    """Bring a family in: a plan with two deelplannen, people, a document, and a message that was refused."""
    door = Door(Client(make_doors(make_services(world.settings, world.engine), Counters())), world.engine)
    family = client(HE, "De Wit") + client(SHE, "Groen") + rol("heeftAlsBelanghebbende", nps(NEIGHBOUR, "Blauw"))
    family += rol("heeftAlsInitiator", mdw(REGISSEUR, "Visser"))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(PLAN, "GEZINSPLAN", relaties=family)))
    people = rol("heeftAlsInitiator", nps(HE, "De Wit")) + rol("heeftAlsUitvoerende", mdw("777", "Bakker"))
    for number, code in ((WMO, "WMO-MAATW"), (SCHULD, "SCHULDHULP")):
        inside = other("heeftBetrekkingOpAndere", PLAN)
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, code, relaties=people, after=inside)))
    actualiseer(door, WMO, status(2, "20260203"))
    file = inhoud(pdf("verslag"), "verslag.pdf")
    door.succeeded("voegZaakdocumentToe_Lk01", edc_lk01("T", document(DOCUMENT, PLAN, file=file, titel="Verslag")))
    door.fout("creeerZaak_Lk01", lk01("T", zaak("19009999999999", "BESTAATNIET")))
