"""The figures of notifications for `/metrics`: kept in the database, so that they count for all workers together."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from regiesysteem.notificaties.overzichten import standen

_TELLERS = {
    "bezorgd": "Notificaties die zijn aangekomen",
    "mislukt": "Pogingen die mislukten en herhaald worden",
    "gestrand": "Notificaties die niet meer vanzelf geprobeerd worden",
}


def toon_cijfers(motor: Engine) -> bytes:
    """Per receiver: what waits and since when, what arrived, failed and stranded. Raises what SQLAlchemy raises."""
    with motor.connect() as verbinding:
        rijen = standen(verbinding)
    registry = CollectorRegistry()
    registry.register(_Standen(rijen))
    return generate_latest(registry)


class _Standen(Collector):
    def __init__(self, rijen: Iterable[Any]) -> None:
        self._rijen = list(rijen)

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        nu = datetime.now(UTC)
        wacht = GaugeMetricFamily("notificaties_wachtend", "Notificaties die wachten", labels=["ontvanger"])
        oudste = GaugeMetricFamily(
            "notificaties_oudste_seconden", "Hoe lang de oudste al wacht", labels=["ontvanger"]
        )  # fmt: skip
        rust = GaugeMetricFamily("notificaties_rust", "1: de ontvanger krijgt nu rust", labels=["ontvanger"])
        for rij in self._rijen:
            ontvanger = [rij["ontvanger"]]
            wacht.add_metric(ontvanger, rij["wacht"])
            oudste.add_metric(ontvanger, (nu - rij["oudste"]).total_seconds() if rij["oudste"] else 0)
            rust.add_metric(ontvanger, 1 if rij["rust_tot"] and rij["rust_tot"] > nu else 0)
        yield from (wacht, oudste, rust)
        for naam, uitleg in _TELLERS.items():
            teller = CounterMetricFamily(f"notificaties_{naam}", uitleg, labels=["ontvanger"])
            for rij in self._rijen:
                teller.add_metric([rij["ontvanger"]], rij[naam])
            yield teller
