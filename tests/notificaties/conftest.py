"""Delivery is tested with a receiver in another process, a server that runs, and workers that can be killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.notificaties.ontvangst import Ontvangst
from tests.notificaties.opstelling import MaakOpstelling, Opstelling, inrichting


@pytest.fixture
def maak_ontvangst(tmp_path: Path) -> Iterator[Callable[[str], Ontvangst]]:
    """Makes receivers, each with a name; started, and ended with the test."""
    gemaakt: list[Ontvangst] = []

    def maak(naam: str) -> Ontvangst:
        map_ = tmp_path / naam
        map_.mkdir()
        ontvangst = Ontvangst(map_)
        gemaakt.append(ontvangst)
        ontvangst.start()
        return ontvangst

    yield maak
    for ontvangst in gemaakt:
        ontvangst.dood()


@pytest.fixture
def maak_opstelling(database_url: str, tmp_path: Path) -> Iterator[MaakOpstelling]:
    """Makes a server with the inrichting that consists of these parts; started, and ended with the test."""
    gemaakt: list[Opstelling] = []

    def maak(*delen: str, **omgeving: str) -> Opstelling:
        map_ = tmp_path / "regie"
        map_.mkdir()
        opstelling = Opstelling(database_url, map_, inrichting(*delen), omgeving)
        gemaakt.append(opstelling)
        opstelling.start()
        return opstelling

    yield maak
    for opstelling in gemaakt:
        opstelling.stop()
        assert "Traceback" not in opstelling.logboek.read_text()
