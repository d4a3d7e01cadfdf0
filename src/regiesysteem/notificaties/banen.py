"""The lanes by which this process brings messages, and how quickly each receiver takes them.

To a receiver that is quick one lane is enough: two threads of a process keep each other from the interpreter, and send
no more together. To one that makes us wait more lanes may send at a time.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SNEL_S: Final = 0.1  # what a quick receiver takes for a message, at most


class Banen:
    """What is under way in this process; for many threads. `plaatsen` is how many lanes there may be at a time."""

    def __init__(self, plaatsen: int = 1) -> None:
        self._slot = threading.Lock()
        self._vrij = plaatsen
        self._lopend = Counter[str]()
        self._nog_eens = set[str]()
        self._snel: dict[str, bool] = {}
        self._onderweg: dict[tuple[str, int], float] = {}

    def is_vol(self) -> bool:
        """Whether another lane must wait: slow receivers must leave room to find out who is told."""
        return self._vrij <= 0

    def maak_plaats(self, ontvanger: str) -> bool:
        """Whether a lane to this receiver should end: others wait, or there is another to it, which may be enough."""
        return self.is_vol() or self._lopend[ontvanger] > 1

    @contextmanager
    def baan(self, ontvanger: str) -> Iterator[None]:
        """Hold a lane."""
        with self._slot:
            self._vrij -= 1
            self._lopend[ontvanger] += 1
        try:
            yield
        finally:
            with self._slot:
                self._lopend[ontvanger] -= 1
                self._vrij += 1

    @contextmanager
    def zending(self, ontvanger: str) -> Iterator[None]:
        """Send a message by the lane of this thread."""
        deze = ontvanger, threading.get_ident()
        with self._slot:
            self._onderweg[deze] = time.monotonic()
        try:
            yield
        finally:
            with self._slot:
                del self._onderweg[deze]

    def noteer(self, ontvanger: str, duur_s: float | None) -> None:
        """Keep how many seconds the receiver took for a message; None when it did not take it."""
        self._snel[ontvanger] = duur_s is not None and duur_s < _SNEL_S

    def is_snel(self, ontvanger: str) -> bool:
        """Whether the receiver took its last message quickly, and has none under way for long."""
        grens = time.monotonic() - _SNEL_S
        with self._slot:
            onderweg = [begin for (naam, _), begin in self._onderweg.items() if naam == ontvanger]
        return self._snel.get(ontvanger, False) and all(begin > grens for begin in onderweg)

    def is_genoeg(self, ontvanger: str) -> bool:
        """Whether a lane of this process brings what waits for the receiver, and more would not help."""
        return self._lopend[ontvanger] > 0 and self.is_snel(ontvanger)

    def is_alleen(self, ontvanger: str) -> bool:
        """Whether there is one lane to the receiver."""
        return self._lopend[ontvanger] == 1

    def laat_over(self, ontvanger: str) -> bool:
        """Leave what is committed now to such a lane; whether there is one. What it misses is for `moet_nog_eens`."""
        if not self.is_snel(ontvanger):
            return False
        with self._slot:
            loopt = self._lopend[ontvanger] > 0
            if loopt:
                self._nog_eens.add(ontvanger)
        return loopt

    def moet_nog_eens(self, ontvanger: str) -> bool:
        """Whether something was left to a lane; asked when it has ended, and it may have looked before that came."""
        with self._slot:
            moet = ontvanger in self._nog_eens
            self._nog_eens.discard(ontvanger)
        return moet
