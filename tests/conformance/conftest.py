"""The product as the system under test."""

from collections.abc import Iterator

import pytest
from tests.browser.world import World, world


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Our application over HTTP in this process: a `regie serve` for each module takes seconds to start and stop."""
    with world(module_database_url, tmp_path_factory.mktemp("server")) as one:
        yield one
