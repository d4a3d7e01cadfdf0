"""Delivery is tested with receivers in other processes, a server that runs, and workers that can be killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bezorging.ontvangst import Reception
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, inrichting

MakeReception = Callable[[str], Reception]


def ontvangsten(map_: Path) -> Iterator[MakeReception]:
    """Makes receivers, each with a name; started, and ended in the end."""
    made: list[Reception] = []

    def make(naam: str) -> Reception:
        own = map_ / naam
        own.mkdir()
        reception = Reception(own)
        made.append(reception)
        reception.start()
        return reception

    yield make
    for reception in made:
        reception.dood()


def opstellingen(database_url: str, map_: Path) -> Iterator[MakeOpstelling]:
    """Makes a server with the inrichting that consists of these parts; started, and ended in the end."""
    made: list[Opstelling] = []

    def make(*parts: str, **environment: str) -> Opstelling:
        own = map_ / "regie"
        own.mkdir()
        opstelling = Opstelling(database_url, own, inrichting(*parts), environment)
        made.append(opstelling)
        opstelling.start()
        return opstelling

    yield make
    for opstelling in made:
        opstelling.stop()
        opstelling.engine.dispose()
        for onrust in ("Traceback", "Fatal Python error"):
            assert onrust not in opstelling.logboek.read_text()


@pytest.fixture
def make_reception(tmp_path: Path) -> Iterator[MakeReception]:
    yield from ontvangsten(tmp_path)


@pytest.fixture
def make_opstelling(database_url: str, tmp_path: Path) -> Iterator[MakeOpstelling]:
    yield from opstellingen(database_url, tmp_path)


@pytest.fixture(scope="module")
def module_reception(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeReception]:
    yield from ontvangsten(tmp_path_factory.mktemp("ontvangst"))


@pytest.fixture(scope="module")
def module_opstelling(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeOpstelling]:
    yield from opstellingen(module_database_url, tmp_path_factory.mktemp("opstelling"))
