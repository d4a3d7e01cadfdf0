"""The figures of `/metrics`: how many messages, how long they took, how much they used the database.

The server processes keep them in memory that they share and that no file backs: a full disk cannot take it away, and
the figures of a process that dies stay. Each process has a part of its own, so none waits for another; the process that
answers `/metrics` adds up the parts.
"""

import mmap
import struct
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STATEMENTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 50)
_SECONDS_ON: Final = 0  # where the buckets begin in the cells of a series; their sum comes after the last
_STATEMENTS_ON: Final = len(_SECONDS) + 2
_CELLS: Final = _STATEMENTS_ON + len(_STATEMENTS) + 2
_NAAM: Final = struct.Struct("<H126s")
_ROW: Final = _NAAM.size + 8 * _CELLS
_ROWS: Final = 512  # more series than there are operations and kinds of answers
_PART: Final = 8 + _ROWS * _ROW


class Shared:
    """Memory for the figures of so many processes, made before them; each process writes in the part of its number."""

    def __init__(self, parts: int = 1) -> None:
        """Ask for the memory; the system gives a page of it when something is first written there."""
        self._memory = memoryview(mmap.mmap(-1, parts * _PART))
        self.parts = [Part(self._memory[number * _PART : (number + 1) * _PART]) for number in range(parts)]


class Part:
    """The figures of one process: rows of a name and cells, of which a counter says how many exist."""

    def __init__(self, memory: memoryview) -> None:
        self._count = memory[:8].cast("Q")
        self._rows = memory[8:]
        self._cells: dict[str, memoryview[float]] = {}
        self._lock = threading.Lock()

    def count(self, naam: str, seconds: float, statements: int) -> None:
        """Count a message in the series of this name. For many threads of one process."""
        with self._lock:
            cells = self._cells.get(naam) or self._search_or_begin(naam)
            if cells is None:
                return
            cells[_SECONDS_ON + bisect_left(_SECONDS, seconds)] += 1
            cells[_SECONDS_ON + len(_SECONDS) + 1] += seconds
            cells[_STATEMENTS_ON + bisect_left(_STATEMENTS, statements)] += 1
            cells[_STATEMENTS_ON + len(_STATEMENTS) + 1] += statements

    def read(self) -> Iterator[tuple[str, list[float]]]:
        """Give each series with its cells, also those of another process."""
        for number in range(self._count[0]):
            length, name = _NAAM.unpack_from(self._rows, number * _ROW)
            yield name[:length].decode(), list(self._row(number))

    def _search_or_begin(self, naam: str) -> "memoryview[float] | None":
        """Take the cells of a name, also those that an earlier process with this part made.

        None when all is full, which never happens: names come from our own lists.
        """
        if not self._cells:
            self._cells = {known: self._row(number) for number, (known, _) in enumerate(self.read())}
        if naam not in self._cells:
            number = self._count[0]
            if number == _ROWS:
                return None
            short = naam.encode()[:126]
            _NAAM.pack_into(self._rows, number * _ROW, len(short), short)
            self._cells[naam] = self._row(number)
            self._count[0] = number + 1  # last: a process that reads meanwhile sees whole rows
        return self._cells[naam]

    def _row(self, number: int) -> "memoryview[float]":
        begin = number * _ROW + _NAAM.size
        return self._rows[begin : begin + 8 * _CELLS].cast("d")


class Counters(Collector):
    """The counters of one process. With `shared` and the number of its part they are those of all together."""

    def __init__(self, shared: Shared | None = None, number: int = 0) -> None:
        """Register the counters in a registry of their own, so that two of these do not clash."""
        self._shared = shared or Shared()
        self._part = self._shared.parts[number]
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def count_bericht(self, dienst: str, outcome: str, seconds: float, statements: int) -> None:
        """Count a message; `outcome` is the kind of answer (Bv03, La01, Du02, Fo02, Fo03).

        `dienst` and `outcome` come from our own lists, never from the message: each value is a series that stays.
        """
        self._part.count(f"{dienst}/{outcome}", seconds, statements)

    def show(self) -> tuple[bytes, str]:
        """Give the figures, of all processes together when there are more, and their content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """Add up the counts of all processes, for prometheus_client."""
        berichten = CounterMetricFamily("berichten", "Berichten naar dienst en uitkomst", labels=["dienst", "uitkomst"])
        seconds = HistogramMetricFamily("bericht_duration_seconds", "Duur van een bericht", labels=["dienst"])
        statements = HistogramMetricFamily("bericht_statements", "SQL-opdrachten per bericht", labels=["dienst"])
        per_naam: dict[str, list[float]] = defaultdict(lambda: [0.0] * _CELLS)
        per_dienst: dict[str, list[float]] = defaultdict(lambda: [0.0] * _CELLS)
        for part in self._shared.parts:
            for name, cells in part.read():
                dienst = name.partition("/")[0]
                per_naam[name] = [total + cell for total, cell in zip(per_naam[name], cells, strict=True)]
                per_dienst[dienst] = [total + cell for total, cell in zip(per_dienst[dienst], cells, strict=True)]
        for name, cells in sorted(per_naam.items()):
            berichten.add_metric(name.split("/", 1), sum(cells[_SECONDS_ON : _STATEMENTS_ON - 1]))
        for dienst, cells in sorted(per_dienst.items()):
            _add(seconds, dienst, _SECONDS, cells[_SECONDS_ON:])
            _add(statements, dienst, _STATEMENTS, cells[_STATEMENTS_ON:])
        yield from (berichten, seconds, statements)


def _add(histogram: HistogramMetricFamily, dienst: str, bounds: tuple[float, ...], cells: list[float]) -> None:
    """Add a series; each of its buckets counts all values up to its bound, ours only those above the bound before."""
    until, buckets = 0.0, []
    for bound, count in zip((*map(float, bounds), float("inf")), cells, strict=False):
        until += count
        buckets.append(("+Inf" if bound == float("inf") else repr(bound), until))
    histogram.add_metric([dienst], buckets, sum_value=cells[len(bounds) + 1])
