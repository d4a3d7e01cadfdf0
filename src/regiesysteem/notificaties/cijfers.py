"""The figures of notifications for `/metrics`: kept in the database, so that they count for all workers together."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from regiesysteem.logboek import logger
from regiesysteem.notificaties.overzichten import standen

_TELLERS = {
    "bezorgd": "Notificaties die zijn aangekomen",
    "mislukt": "Pogingen die mislukten en herhaald worden",
    "gestrand": "Notificaties die niet meer vanzelf geprobeerd worden",
}


def toon_cijfers(motor: Engine) -> bytes:
    """Per receiver: what waits and since when, what arrived, failed and stranded; and whether this could be read.

    When the database is away, or takes too long, the last is all there is: no figure of that moment is a wrong one.
    """
    rijen = None
    try:
        with motor.connect() as verbinding:
            rijen = standen(verbinding)
    except SQLAlchemyError as fout:
        logger().warning("cijfers_onleesbaar", reden=str(fout.__cause__ or fout).strip())
    registry = CollectorRegistry()
    registry.register(_Standen(rijen))
    return generate_latest(registry)


class _Standen(Collector):
    def __init__(self, rijen: Sequence[Any] | None) -> None:
        self._rijen = rijen

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        gelezen = 0 if self._rijen is None else 1
        yield GaugeMetricFamily(
            "notificaties_cijfers_beschikbaar", "0: de cijfers van notificaties zijn nu niet te lezen", gelezen
        )
        if self._rijen is None:
            return
        nu = datetime.now(UTC)
        wacht = GaugeMetricFamily("notificaties_wachtend", "Notificaties die wachten", labels=["ontvanger"])
        oudste = GaugeMetricFamily(
            "notificaties_oudste_seconden", "Hoe lang de oudste al wacht", labels=["ontvanger"]
        )  # fmt: skip
        vast = GaugeMetricFamily(
            "notificaties_gestrand_nu", "Notificaties die nu zijn gestrand", labels=["ontvanger"]
        )  # fmt: skip
        rust = GaugeMetricFamily("notificaties_rust", "1: de ontvanger krijgt nu rust", labels=["ontvanger"])
        for rij in self._rijen:
            ontvanger = [rij["ontvanger"]]
            wacht.add_metric(ontvanger, rij["wacht"])
            oudste.add_metric(ontvanger, (nu - rij["oudste"]).total_seconds() if rij["oudste"] else 0)
            vast.add_metric(ontvanger, rij["gestrand_nu"])
            rust.add_metric(ontvanger, 1 if rij["rust_tot"] and rij["rust_tot"] > nu else 0)
        yield from (wacht, oudste, vast, rust)
        for naam, uitleg in _TELLERS.items():
            teller = CounterMetricFamily(f"notificaties_{naam}", uitleg, labels=["ontvanger"])
            for rij in self._rijen:
                teller.add_metric([rij["ontvanger"]], rij[naam])
            yield teller
