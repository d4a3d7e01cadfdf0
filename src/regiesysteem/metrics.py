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

_SECONDEN: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STATEMENTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 50)
_SECONDEN_OP: Final = 0  # where the buckets begin in the cells of a series; their sum comes after the last
_STATEMENTS_OP: Final = len(_SECONDEN) + 2
_CELLEN: Final = _STATEMENTS_OP + len(_STATEMENTS) + 2
_NAAM: Final = struct.Struct("<H126s")
_RIJ: Final = _NAAM.size + 8 * _CELLEN
_RIJEN: Final = 512  # more series than there are operations and kinds of answers
_DEEL: Final = 8 + _RIJEN * _RIJ


class Gedeeld:
    """Memory for the figures of so many processes, made before them; each process writes in the part of its number."""

    def __init__(self, delen: int = 1) -> None:
        """Ask for the memory; the system gives a page of it when something is first written there."""
        self._geheugen = memoryview(mmap.mmap(-1, delen * _DEEL))
        self.delen = [Deel(self._geheugen[nummer * _DEEL : (nummer + 1) * _DEEL]) for nummer in range(delen)]


class Deel:
    """The figures of one process: rows of a name and cells, of which a counter says how many exist."""

    def __init__(self, geheugen: memoryview) -> None:
        self._aantal = geheugen[:8].cast("Q")
        self._rijen = geheugen[8:]
        self._cellen: dict[str, memoryview[float]] = {}
        self._slot = threading.Lock()

    def tel(self, naam: str, seconden: float, statements: int) -> None:
        """Count a message in the series of this name. For many threads of one process."""
        with self._slot:
            cellen = self._cellen.get(naam) or self._zoek_of_begin(naam)
            if cellen is None:
                return
            cellen[_SECONDEN_OP + bisect_left(_SECONDEN, seconden)] += 1
            cellen[_SECONDEN_OP + len(_SECONDEN) + 1] += seconden
            cellen[_STATEMENTS_OP + bisect_left(_STATEMENTS, statements)] += 1
            cellen[_STATEMENTS_OP + len(_STATEMENTS) + 1] += statements

    def lees(self) -> Iterator[tuple[str, list[float]]]:
        """Give each series with its cells, also those of another process."""
        for nummer in range(self._aantal[0]):
            lengte, naam = _NAAM.unpack_from(self._rijen, nummer * _RIJ)
            yield naam[:lengte].decode(), list(self._rij(nummer))

    def _zoek_of_begin(self, naam: str) -> "memoryview[float] | None":
        """Take the cells of a name, also those that an earlier process with this part made.

        None when all is full, which never happens: names come from our own lists.
        """
        if not self._cellen:
            self._cellen = {bekend: self._rij(nummer) for nummer, (bekend, _) in enumerate(self.lees())}
        if naam not in self._cellen:
            nummer = self._aantal[0]
            if nummer == _RIJEN:
                return None
            kort = naam.encode()[:126]
            _NAAM.pack_into(self._rijen, nummer * _RIJ, len(kort), kort)
            self._cellen[naam] = self._rij(nummer)
            self._aantal[0] = nummer + 1  # last: a process that reads meanwhile sees whole rows
        return self._cellen[naam]

    def _rij(self, nummer: int) -> "memoryview[float]":
        begin = nummer * _RIJ + _NAAM.size
        return self._rijen[begin : begin + 8 * _CELLEN].cast("d")


class Tellers(Collector):
    """The counters of one process. With `gedeeld` and the number of its part they are those of all together."""

    def __init__(self, gedeeld: Gedeeld | None = None, nummer: int = 0) -> None:
        """Register the counters in a registry of their own, so that two of these do not clash."""
        self._gedeeld = gedeeld or Gedeeld()
        self._deel = self._gedeeld.delen[nummer]
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def tel_bericht(self, dienst: str, uitkomst: str, seconden: float, statements: int) -> None:
        """Count a message; `uitkomst` is the kind of answer (Bv03, La01, Du02, Fo02, Fo03).

        `dienst` and `uitkomst` come from our own lists, never from the message: each value is a series that stays.
        """
        self._deel.tel(f"{dienst}/{uitkomst}", seconden, statements)

    def toon(self) -> tuple[bytes, str]:
        """Give the figures, of all processes together when there are more, and their content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """Add up the counts of all processes, for prometheus_client."""
        berichten = CounterMetricFamily("berichten", "Berichten naar dienst en uitkomst", labels=["dienst", "uitkomst"])
        seconden = HistogramMetricFamily("bericht_duration_seconds", "Duur van een bericht", labels=["dienst"])
        statements = HistogramMetricFamily("bericht_statements", "SQL-opdrachten per bericht", labels=["dienst"])
        per_naam: dict[str, list[float]] = defaultdict(lambda: [0.0] * _CELLEN)
        per_dienst: dict[str, list[float]] = defaultdict(lambda: [0.0] * _CELLEN)
        for deel in self._gedeeld.delen:
            for naam, cellen in deel.lees():
                dienst = naam.partition("/")[0]
                per_naam[naam] = [som + cel for som, cel in zip(per_naam[naam], cellen, strict=True)]
                per_dienst[dienst] = [som + cel for som, cel in zip(per_dienst[dienst], cellen, strict=True)]
        for naam, cellen in sorted(per_naam.items()):
            berichten.add_metric(naam.split("/", 1), sum(cellen[_SECONDEN_OP : _STATEMENTS_OP - 1]))
        for dienst, cellen in sorted(per_dienst.items()):
            _voeg_toe(seconden, dienst, _SECONDEN, cellen[_SECONDEN_OP:])
            _voeg_toe(statements, dienst, _STATEMENTS, cellen[_STATEMENTS_OP:])
        yield from (berichten, seconden, statements)


def _voeg_toe(histogram: HistogramMetricFamily, dienst: str, grenzen: tuple[float, ...], cellen: list[float]) -> None:
    """Add a series; each of its buckets counts all values up to its bound, ours only those above the bound before."""
    tot, buckets = 0.0, []
    for grens, aantal in zip((*map(float, grenzen), float("inf")), cellen, strict=False):
        tot += aantal
        buckets.append(("+Inf" if grens == float("inf") else repr(grens), tot))
    histogram.add_metric([dienst], buckets, sum_value=cellen[len(grenzen) + 1])
