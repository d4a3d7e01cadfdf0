"""Back offices as processes, each ended with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bezorging.conftest import maak_opstelling
from tests.practice.kantoor import Kantoor, start

MaakKantoor = Callable[..., Kantoor]

__all__ = ["maak_opstelling"]


@pytest.fixture
def maak_kantoor(tmp_path: Path) -> Iterator[MaakKantoor]:
    """Makes back offices by name, server and options; none leaves a traceback on the terminal."""
    gemaakt: list[Kantoor] = []

    def maak(naam: str, server: str, *opties: str, poort: int = 0) -> Kantoor:
        kantoor = start(naam, tmp_path / f"kantoor-{naam}", server, *opties, poort=poort)
        gemaakt.append(kantoor)
        return kantoor

    yield maak
    for kantoor in gemaakt:
        assert kantoor.stop() == 0
        assert "Traceback" not in kantoor.uitvoer
