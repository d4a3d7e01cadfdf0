"""Slows down whoever tries passwords: per address, per name, and per name from one address; in memory, per process.

No thread waits: too early is refused, with the seconds to wait. Names count as they were given, also those of nobody,
so that the pace tells nothing about which names exist.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

_MOST: Final = 10_000
"""Addresses and names that are remembered; the one that failed longest ago goes first."""

_NAME_LENGTH: Final = 200


class Pace(NamedTuple):
    """So many failures at once, and then one each `seconds`."""

    burst: int
    seconds: float


OF_ADDRESS: Final = Pace(30, 1)
OF_NAME: Final = Pace(30, 1)
OF_BOTH: Final = Pace(5, 6)


class Failures:
    """The failed attempts of one process. For many threads.

    Each address, name and combination has a debt that grows with a failure and shrinks with time. `clock` gives
    seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._debts: OrderedDict[tuple[str, str, str], tuple[float, float]] = OrderedDict()

    def count(self, address: str, name: str) -> int:
        """Count an attempt as failed and give 0, or give the seconds to wait and count nothing."""
        now = self._clock()
        with self._lock:
            debts = [(key, pace, self._debt(key, pace, now)) for key, pace in _keys(address, name)]
            wait = max((debt + 1 - pace.burst) * pace.seconds for _, pace, debt in debts)
            if wait > 0:
                return math.ceil(wait)
            for key, _, debt in debts:
                self._set(key, debt + 1, now)
        return 0

    def take_back(self, address: str, name: str) -> None:
        """Do as if the last attempt was not: it did not fail, or nobody verified it."""
        now = self._clock()
        with self._lock:
            for key, pace in _keys(address, name):
                self._set(key, max(0.0, self._debt(key, pace, now) - 1), now)

    def _debt(self, key: tuple[str, str, str], pace: Pace, now: float) -> float:
        debt, then = self._debts.get(key, (0.0, now))
        return max(0.0, debt - (now - then) / pace.seconds)

    def _set(self, key: tuple[str, str, str], debt: float, now: float) -> None:
        self._debts.pop(key, None)
        if debt > 0:
            self._debts[key] = (debt, now)
            if len(self._debts) > _MOST:
                self._debts.popitem(last=False)


def _keys(address: str, name: str) -> Iterator[tuple[tuple[str, str, str], Pace]]:
    short = name[:_NAME_LENGTH]
    yield ("both", address, short), OF_BOTH
    yield ("address", address, ""), OF_ADDRESS
    yield ("name", "", short), OF_NAME
