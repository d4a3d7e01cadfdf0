"""The figures of the part of the bench about notifications."""

import statistics
from dataclasses import dataclass, field
from typing import Any, Final

from tests.belasting.meting import Outcome

DOELEN: Final = {"vloer": 0.25, "p95_ms": 1000, "creeer": 1.6}
"""At least (vloer: of the floor's messages per second, with one worker) or at most (the others)."""

ABONNEES: Final = 2
WITHOUT: Final = "zonder abonnementen, geen worker"
WITHOUT_WORKER: Final = "zonder abonnementen, met worker"
WITH: Final = f"{ABONNEES} abonnementen, geen worker"
WITH_WORKER: Final = f"{ABONNEES} abonnementen, worker bezorgt"


@dataclass
class Delivery:
    """Runs with so many workers together; CPU in seconds, and everything from what happened to the last receipt."""

    per_seconde: list[float] = field(default_factory=list)
    aantal: int = 0
    worker_s: float = 0.0
    postgres_s: float = 0.0
    ontvanger_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file; CPU in ms per notification."""
        return {
            "aantal": self.aantal,
            "per_seconde": round(statistics.median(self.per_seconde), 1),
            "rondes": [round(waarde, 1) for waarde in self.per_seconde],
            "cpu_ms": round(self.worker_s / self.aantal * 1000, 3),
            "cpu_postgres_ms": round(self.postgres_s / self.aantal * 1000, 3),
            "cpu_ontvanger_ms": round(self.ontvanger_s / self.aantal * 1000, 3),
        }


@dataclass
class Notificaties:
    """All figures of this part; `vertraging` in seconds from what happened to receipt, `creeer` by circumstance."""

    delivery: dict[int, Delivery] = field(default_factory=lambda: {1: Delivery(), 2: Delivery()})
    vloer: Delivery = field(default_factory=Delivery)
    ontvanger_to: float = 0.0
    statements: dict[str, tuple[float, float]] = field(default_factory=dict)
    vertraging: list[float] = field(default_factory=list)
    tempo: float = 0.0
    creeer: dict[str, Outcome] = field(default_factory=dict)
    delivered_tijdens: list[float] = field(default_factory=list)

    def verhouding(self, workers: int) -> float:
        """The workers' notifications per second as a part of the floor's: the median of the rounds."""
        pairs = zip(self.delivery[workers].per_seconde, self.vloer.per_seconde, strict=True)
        return statistics.median(one / vloer for one, vloer in pairs)

    def kwantiel_ms(self, part: float) -> float:
        """Milliseconds below which this part of the notifications arrived."""
        every = sorted(self.vertraging)
        return every[min(int(len(every) * part), len(every) - 1)] * 1000

    def trager(self, soort: str) -> float:
        """How many times slower creeerZaak is than without abonnementen and without worker."""
        return self.creeer[WITHOUT].per_seconde / self.creeer[soort].per_seconde

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "bezorging": {count: delivery.as_dict() for count, delivery in self.delivery.items()},
            "vloer": self.vloer.as_dict(),
            "verhouding": {count: round(self.verhouding(count), 3) for count in self.delivery},
            "ontvanger_kan_aan": round(self.ontvanger_to),
            "statements": self.statements,
            "vertraging_ms": {f"p{part}": round(self.kwantiel_ms(part / 100), 1) for part in (50, 95, 99)},
            "mutaties_per_seconde": round(self.tempo, 1),
            "creeer": {soort: outcome.as_dict() for soort, outcome in self.creeer.items()},
            "creeer_trager": {soort: round(self.trager(soort), 3) for soort in self.creeer},
            "bezorgd_per_seconde_tijdens_creeer": [round(waarde, 1) for waarde in self.delivered_tijdens],
        }
