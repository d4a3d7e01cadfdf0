"""Where the generator's choices come from: a seeded random generator, or hypothesis, which can shrink a message."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from lxml import etree

T = TypeVar("T")


class Keuze(Protocol):
    """Three kinds of choice; everything that the generator varies comes down to these."""

    def geheel(self, laag: int, hoog: int) -> int:
        """An integer from `laag` up to and including `hoog`."""
        ...

    def kies(self, reeks: Sequence[T]) -> T:
        """One of a non-empty sequence."""
        ...

    def ja(self, kans: float) -> bool:
        """True with this probability; 0 is never, 1 is always."""
        ...


class WillekeurigeKeuze:
    """Choices of a `random.Random`: fast, and the same seed gives the same message."""

    def __init__(self, bron: Random | int) -> None:
        self._bron = Random(bron) if isinstance(bron, int) else bron

    def geheel(self, laag: int, hoog: int) -> int:
        """An integer from `laag` up to and including `hoog`, both ends included."""
        return self._bron.randint(laag, hoog)

    def kies(self, reeks: Sequence[T]) -> T:
        """One of the sequence, each as likely."""
        return reeks[int(self._bron.random() * len(reeks))]

    def ja(self, kans: float) -> bool:
        """True with this probability."""
        return self._bron.random() < kans


@st.composite
def gekozen(draw: st.DrawFn, maak: Callable[[Keuze], etree._Element]) -> str:
    """The messages that `maak` makes of the choices of hypothesis; as text, so that a failure shows what failed."""
    return etree.tostring(maak(HypothesisKeuze(draw)), encoding="unicode")


# A message takes hundreds of choices, of few kinds; making the strategy costs more than drawing from it.
_gehelen = functools.cache(st.integers)


class HypothesisKeuze:
    """Choices that hypothesis draws; made from the `draw` of a composite strategy (that of `data` is slow).

    Shrinks towards absent optional elements, first branches and low numbers. Keep messages small (`elementen=`):
    hypothesis gives up on examples of many thousands of draws.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def geheel(self, laag: int, hoog: int) -> int:
        """An integer from `laag` up to and including `hoog`."""
        return int(self._draw(_gehelen(laag, hoog)))

    def kies(self, reeks: Sequence[T]) -> T:
        """One of the sequence; shrinks to the first."""
        return reeks[self.geheel(0, len(reeks) - 1)]

    def ja(self, kans: float) -> bool:
        """True with about this probability; shrinks to False."""
        return kans > 0 and self.geheel(0, 99) >= 100 - round(100 * kans)
