"""Delivery is tested with a receiver in another process, a server that runs, and workers that can be killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.notificaties.ontvangst import Ontvangst


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
