"""Where the generator's choices come from: a seeded random generator, or hypothesis, which can shrink a message."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from lxml import etree

T = TypeVar("T")


class Choice(Protocol):
    """Three kinds of choice; everything that the generator varies comes down to these."""

    def whole(self, low: int, high: int) -> int:
        """An integer from `low` up to and including `high`."""
        ...

    def choose(self, range_: Sequence[T]) -> T:
        """One of a non-empty sequence."""
        ...

    def yes(self, kans: float) -> bool:
        """True with this probability; 0 is never, 1 is always."""
        ...


class WillekeurigeChoice:
    """Choices of a `random.Random`: fast, and the same seed gives the same message."""

    def __init__(self, source: Random | int) -> None:
        self._source = Random(source) if isinstance(source, int) else source

    def whole(self, low: int, high: int) -> int:
        """An integer from `low` up to and including `high`, both ends included."""
        return self._source.randint(low, high)

    def choose(self, range_: Sequence[T]) -> T:
        """One of the sequence, each as likely."""
        return range_[int(self._source.random() * len(range_))]

    def yes(self, kans: float) -> bool:
        """True with this probability."""
        return self._source.random() < kans


@st.composite
def chosen(draw: st.DrawFn, make: Callable[[Choice], etree._Element]) -> str:
    """The messages that `make` makes of the choices of hypothesis; as text, so that a failure shows what failed."""
    return etree.tostring(make(HypothesisChoice(draw)), encoding="unicode")


# A message takes hundreds of choices, of few kinds; making the strategy costs more than drawing from it.
_gehelen = functools.cache(st.integers)


class HypothesisChoice:
    """Choices that hypothesis draws; made from the `draw` of a composite strategy (that of `data` is slow).

    Shrinks towards absent optional elements, first branches and low numbers. Keep messages small (`elementen=`):
    hypothesis gives up on examples of many thousands of draws.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def whole(self, low: int, high: int) -> int:
        """An integer from `low` up to and including `high`."""
        return int(self._draw(_gehelen(low, high)))

    def choose(self, range_: Sequence[T]) -> T:
        """One of the sequence; shrinks to the first."""
        return range_[self.whole(0, len(range_) - 1)]

    def yes(self, kans: float) -> bool:
        """True with about this probability; shrinks to False."""
        return kans > 0 and self.whole(0, 99) >= 100 - round(100 * kans)
