"""The figures of the part of the bench about notifications."""

import statistics
from dataclasses import dataclass, field
from typing import Any, Final

from tests.belasting.meting import Uitkomst

DOELEN: Final = {"vloer": 0.4, "p95_ms": 1000, "creeer": 1.3}
"""At least (vloer: of the floor's messages per second, with one worker) or at most (the others)."""

ABONNEES: Final = 2
ZONDER: Final = "zonder abonnementen, geen worker"
ZONDER_WORKER: Final = "zonder abonnementen, met worker"
MET: Final = f"{ABONNEES} abonnementen, geen worker"
MET_WORKER: Final = f"{ABONNEES} abonnementen, worker bezorgt"


@dataclass
class Bezorging:
    """Runs with so many workers together; CPU in seconds, and everything from what happened to the last receipt."""

    per_seconde: list[float] = field(default_factory=list)
    aantal: int = 0
    worker_s: float = 0.0
    postgres_s: float = 0.0
    ontvanger_s: float = 0.0

    def als_dict(self) -> dict[str, Any]:
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

    bezorging: dict[int, Bezorging] = field(default_factory=lambda: {1: Bezorging(), 2: Bezorging()})
    vloer: Bezorging = field(default_factory=Bezorging)
    ontvanger_aan: float = 0.0
    statements: dict[str, tuple[float, float]] = field(default_factory=dict)
    vertraging: list[float] = field(default_factory=list)
    tempo: float = 0.0
    creeer: dict[str, Uitkomst] = field(default_factory=dict)
    bezorgd_tijdens: list[float] = field(default_factory=list)

    def verhouding(self, workers: int) -> float:
        """The workers' notifications per second as a part of the floor's: the median of the rounds."""
        paren = zip(self.bezorging[workers].per_seconde, self.vloer.per_seconde, strict=True)
        return statistics.median(een / vloer for een, vloer in paren)

    def kwantiel_ms(self, deel: float) -> float:
        """Milliseconds below which this part of the notifications arrived."""
        alle = sorted(self.vertraging)
        return alle[min(int(len(alle) * deel), len(alle) - 1)] * 1000

    def trager(self, soort: str) -> float:
        """How many times slower creeerZaak is than without abonnementen and without worker."""
        return self.creeer[ZONDER].per_seconde / self.creeer[soort].per_seconde

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "bezorging": {aantal: bezorging.als_dict() for aantal, bezorging in self.bezorging.items()},
            "vloer": self.vloer.als_dict(),
            "verhouding": {aantal: round(self.verhouding(aantal), 3) for aantal in self.bezorging},
            "ontvanger_kan_aan": round(self.ontvanger_aan),
            "statements": self.statements,
            "vertraging_ms": {f"p{deel}": round(self.kwantiel_ms(deel / 100), 1) for deel in (50, 95, 99)},
            "mutaties_per_seconde": round(self.tempo, 1),
            "creeer": {soort: uitkomst.als_dict() for soort, uitkomst in self.creeer.items()},
            "creeer_trager": {soort: round(self.trager(soort), 3) for soort in self.creeer},
            "bezorgd_per_seconde_tijdens_creeer": [round(waarde, 1) for waarde in self.bezorgd_tijdens],
        }
