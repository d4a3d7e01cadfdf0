"""A server for the demo: the shipped inrichting, with the back offices of the demo at ports that are free here."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.berichten.regie import leg_aanbod
from tests.bezorging.opstelling import Opstelling
from tests.conftest import Server, regie, vrije_port

from regiesysteem import config
from regiesysteem.db import make_engine


@dataclass
class Demoserver:
    """A server with a worker, and where the demo is to start its back offices."""

    regie: Opstelling
    ports: tuple[int, int]

    @property
    def adres(self) -> str:
        return f"http://127.0.0.1:{self.regie.port}/stuf"

    def play(self, *options: str, **settings: str) -> tuple[int, str, str]:
        """Play the demo: exit code, stdout and stderr."""
        wmo, schuldhulp = map(str, self.ports)
        outcome = regie(
            "demo", "--poort-wmo", wmo, "--poort-schuldhulp", schuldhulp, *options, COLUMNS="200", **settings
        )
        return outcome.returncode, outcome.stdout, outcome.stderr


def demo_inrichting(ports: tuple[int, int]) -> str:
    """The shipped inrichting, with the two back offices of the demo at these ports."""
    text = config.example_inrichting().read_text()
    for fixed, free in zip((8091, 8092), ports, strict=True):
        assert f":{fixed}/stuf" in text
        text = text.replace(f":{fixed}/stuf", f":{free}/stuf")
    return text


@pytest.fixture(scope="module")
def demoserver(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demoserver]:
    ports = vrije_port(), vrije_port()
    opstelling = Opstelling(module_database_url, tmp_path_factory.mktemp("demo"), demo_inrichting(ports))
    try:
        opstelling.start()
        yield Demoserver(opstelling, ports)
    finally:
        opstelling.stop()
        opstelling.engine.dispose()


@pytest.fixture(scope="module")
def offer(server: Server) -> None:
    """The offers that the answers of the clients are about: number 9 of zeep, o-1 of node."""
    engine = make_engine(server.database_url, pool=False)
    for number in ("9", "o-1"):
        leg_aanbod(engine, number, "1900123", "GWS4all")
    engine.dispose()
