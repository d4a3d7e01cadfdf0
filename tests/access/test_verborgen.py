"""What a sender may not see is not there: a world of zaken answers as the same world without the hidden ones."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine
from tests.access.wereld import RECHTEN, ZAKEN, Recht, Wereld, make_wereld, question, steps
from tests.berichten.bouw import texts
from tests.conftest import SJABLOON, _database

from regiesysteem.db import make_engine
from regiesysteem.embedded import EmbeddedPostgres


@dataclass(frozen=True)
class Pair:
    """The world of a sender with hidden zaken, and the world in which those never were."""

    recht: Recht
    all_of_it: Wereld
    without: Wereld

    def same(self, dienst: str, bericht: str) -> str:
        """The answer of both; they must agree."""
        answer = self.all_of_it.answer(dienst, bericht)
        assert answer == self.without.answer(dienst, bericht)
        return answer


@contextmanager
def _engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    for url in _database(postgres, SJABLOON):
        engine = make_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module", params=RECHTEN, ids=lambda recht: recht.naam)
def pair(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Both worlds of one kind of right."""
    recht: Recht = request.param
    with ExitStack() as stack:
        engines = [stack.enter_context(_engine(postgres)) for _ in range(2)]
        every, seen = steps(), steps(recht.hides)
        yield Pair(recht, make_wereld(engines[0], recht.rechten, every), make_wereld(engines[1], recht.rechten, seen))


def test_about_half_is_hidden(pair: Pair) -> None:
    hidden = [zaak for zaak in ZAKEN if pair.recht.hides(zaak.nummer)]
    assert 3 <= len(hidden) <= 8
    answer = pair.all_of_it.door.send("zakLv01", question())
    assert len(texts(answer, "//z:antwoord/z:object")) == len(ZAKEN) - len(hidden)


@pytest.mark.parametrize("scope", ["alles", "allesMaarKerngegevensGerelateerden", "kerngegevens"])
def test_all_zaken_with_all_that_is_related(pair: Pair, scope: str) -> None:
    pair.same("zakLv01", question(scope=f'StUF:scope="{scope}"'))
