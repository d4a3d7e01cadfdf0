"""The figures of `/metrics`: how many messages, how long they took, what they asked of the database.

Each server process keeps its own in a file; who answers `/metrics` adds up the files (Prometheus' multiprocess mode).
"""

import os
import shutil
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_OMGEVING = "PROMETHEUS_MULTIPROC_DIR"
_SECONDEN = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STATEMENTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 50)


class Tellers:
    """The counters of one process; made once, after `leg_tellermap_aan` and before the first message."""

    def __init__(self) -> None:
        """Register the counters in a registry of their own, so that two of these do not clash."""
        registry = self._registry = CollectorRegistry()
        self._berichten = Counter(
            "berichten_total", "Berichten naar dienst en uitkomst", ["dienst", "uitkomst"], registry=registry
        )
        self._seconden = Histogram(
            "bericht_duration_seconds", "Duur van een bericht", ["dienst"], buckets=_SECONDEN, registry=registry
        )
        self._statements = Histogram(
            "bericht_statements", "SQL-opdrachten per bericht", ["dienst"], buckets=_STATEMENTS, registry=registry
        )

    def tel_bericht(self, dienst: str, uitkomst: str, seconden: float, statements: int) -> None:
        """Count a message; `uitkomst` is the kind of answer (Bv03, La01, Du02, Fo02, Fo03).

        `dienst` and `uitkomst` come from our own lists, never from the message: each value is a series that stays.
        """
        self._berichten.labels(dienst, uitkomst).inc()
        self._seconden.labels(dienst).observe(seconden)
        self._statements.labels(dienst).observe(statements)

    def toon(self) -> tuple[bytes, str]:
        """Give the figures, of all processes together when there are more, and their content type."""
        registry = self._registry
        if _OMGEVING in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST


def leg_tellermap_aan(data_dir: Path, instantie: str) -> None:
    """Empty or make the directory of the counters and tell it to this process and its children.

    `instantie` keeps two servers with the same data directory apart (their port). Only children that import this module
    afterwards count together: prometheus_client chooses at import.
    """
    map_ = data_dir / "metrics" / instantie
    shutil.rmtree(map_, ignore_errors=True)
    map_.mkdir(parents=True)
    os.environ[_OMGEVING] = str(map_.resolve())
