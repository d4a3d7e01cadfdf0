"""Delivery is tested with receivers in other processes, a server that runs, and workers that can be killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bezorging.ontvangst import Ontvangst
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, inrichting

MaakOntvangst = Callable[[str], Ontvangst]


def ontvangsten(map_: Path) -> Iterator[MaakOntvangst]:
    """Makes receivers, each with a name; started, and ended in the end."""
    gemaakt: list[Ontvangst] = []

    def maak(naam: str) -> Ontvangst:
        eigen = map_ / naam
        eigen.mkdir()
        ontvangst = Ontvangst(eigen)
        gemaakt.append(ontvangst)
        ontvangst.start()
        return ontvangst

    yield maak
    for ontvangst in gemaakt:
        ontvangst.dood()


def opstellingen(database_url: str, map_: Path) -> Iterator[MaakOpstelling]:
    """Makes a server with the inrichting that consists of these parts; started, and ended in the end."""
    gemaakt: list[Opstelling] = []

    def maak(*delen: str, **omgeving: str) -> Opstelling:
        eigen = map_ / "regie"
        eigen.mkdir()
        opstelling = Opstelling(database_url, eigen, inrichting(*delen), omgeving)
        gemaakt.append(opstelling)
        opstelling.start()
        return opstelling

    yield maak
    for opstelling in gemaakt:
        opstelling.stop()
        opstelling.motor.dispose()
        for onrust in ("Traceback", "Fatal Python error"):
            assert onrust not in opstelling.logboek.read_text()


@pytest.fixture
def maak_ontvangst(tmp_path: Path) -> Iterator[MaakOntvangst]:
    yield from ontvangsten(tmp_path)


@pytest.fixture
def maak_opstelling(database_url: str, tmp_path: Path) -> Iterator[MaakOpstelling]:
    yield from opstellingen(database_url, tmp_path)


@pytest.fixture(scope="module")
def module_ontvangst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MaakOntvangst]:
    yield from ontvangsten(tmp_path_factory.mktemp("ontvangst"))


@pytest.fixture(scope="module")
def module_opstelling(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MaakOpstelling]:
    yield from opstellingen(module_database_url, tmp_path_factory.mktemp("opstelling"))
