"""Back offices as processes, each ended with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bezorging.conftest import make_opstelling
from tests.practice.kantoor import Office, start

MakeOffice = Callable[..., Office]

__all__ = ["make_opstelling"]


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[MakeOffice]:
    """Makes back offices by name, server and options; none leaves a traceback on the terminal."""
    made: list[Office] = []

    def make(naam: str, server: str, *options: str, port: int = 0) -> Office:
        office = start(naam, tmp_path / f"kantoor-{naam}", server, *options, port=port)
        made.append(office)
        return office

    yield make
    for office in made:
        assert office.stop() == 0
        assert "Traceback" not in office.output
