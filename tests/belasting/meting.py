"""Runs of the load on the server and on the floor, and the figures that come of them."""

import statistics
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.opdracht import Command, Lastproces, Report, Stroom

GELIJKTIJDIG: Final = 8
_VLOERPROCESSEN: Final = 2


@dataclass
class Outcome:
    """Runs of one kind together.

    `per_seconde` is the median of the runs, `p50` and `p95` in milliseconds over all requests, `cpu`, `cpu_postgres`
    and `cpu_klant` in milliseconds per request, `heen` and `back` in bytes per request.
    """

    verslagen: list[Report] = field(default_factory=list)
    cpu_s: float = 0.0
    postgres_s: float = 0.0

    @property
    def aantal(self) -> int:
        """Requests in all."""
        return sum(report.aantal for report in self.verslagen)

    @property
    def per_seconde(self) -> float:
        """Requests per second: the median of the runs."""
        return statistics.median(report.aantal / report.seconden for report in self.verslagen)

    @property
    def gemiddeld(self) -> float:
        """Mean duration in milliseconds."""
        return statistics.fmean(duration for report in self.verslagen for duration in report.duur) * 1000

    def kwantiel(self, part: float) -> float:
        """Duration in milliseconds below which this part of the requests stays."""
        every = sorted(duration for report in self.verslagen for duration in report.duur)
        return every[min(int(len(every) * part), len(every) - 1)] * 1000

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        count = self.aantal
        return {
            "aantal": count,
            "per_seconde": round(self.per_seconde, 1),
            "p50_ms": round(self.kwantiel(0.5), 2),
            "p95_ms": round(self.kwantiel(0.95), 2),
            "cpu_ms": round(self.cpu_s / count * 1000, 3),
            "cpu_postgres_ms": round(self.postgres_s / count * 1000, 3),
            "cpu_klant_ms": round(sum(report.cpu for report in self.verslagen) / count * 1000, 3),
            "bytes_heen": round(sum(report.heen for report in self.verslagen) / count),
            "bytes_terug": round(sum(report.terug for report in self.verslagen) / count),
        }


@dataclass(frozen=True)
class Size:
    """How long a run may take: at most `count` requests and `seconds`, in `rondes` runs after warming up."""

    aantal: int
    seconden: float
    rondes: int
    gelijktijdig: int = GELIJKTIJDIG

    def short(self) -> "Size":
        """A run to warm up."""
        return replace(self, aantal=max(self.aantal // 10, 1), seconden=self.seconden / 4)


class Meter:
    """Measures on one workbench; `sjablonen` are the rows for the floor, `client` and `vloer` the load processes."""

    def __init__(
        self, bank: Werkbank, sjablonen: dict[str, Any], *, client: str = "klant", vloer: str = "vloer"
    ) -> None:
        self._client = client
        self._vloer = vloer
        self._bank = bank
        self._sjablonen = sjablonen

    def server(self, server: Server, size: Size, *stromen: Stroom, outcome: Outcome | None = None) -> Report:
        """One run on the server, added to `outcome`. Raises RuntimeError with the first answer that is not good."""
        command = Command(stromen, size.aantal, size.seconden, size.gelijktijdig, str(server.port))
        return self._run(server, [Lastproces(self._client, command)], outcome, client=True)

    def vloer(self, server: Server, size: Size, stroom: Stroom, *, outcome: Outcome | None = None) -> Report:
        """One run on the floor, on the database of a server."""
        processes = [
            Lastproces(
                self._vloer,
                Command(
                    (replace(stroom, eerste=number, stap=_VLOERPROCESSEN),),
                    -(-size.aantal // _VLOERPROCESSEN),
                    size.seconden,
                    -(-size.gelijktijdig // _VLOERPROCESSEN),
                    server.url,
                    self._sjablonen,
                ),
            )
            for number in range(_VLOERPROCESSEN)
        ]
        return self._run(server, processes, outcome, client=False)

    def _run(self, server: Server, processes: list[Lastproces], outcome: Outcome | None, *, client: bool) -> Report:
        try:
            for process in processes:
                process.wacht()
            for_ = self._bank.cpu(server)
            for process in processes:
                process.start()
            parts = [process.report() for process in processes]
            verbruik = self._bank.cpu(server) - for_
            for process in processes:
                process.close()
        except BaseException:
            for process in processes:
                process.stop()
            raise
        report = Report()
        for part in parts:
            report = report.added(part)
        if report.fouten:
            raise RuntimeError(f"not every request went well: {report.fouten[0]}")
        if outcome is not None:
            # The floor does the work of server and generator in one process.
            outcome.verslagen.append(report if client else replace(report, cpu=0.0))
            outcome.cpu_s += verbruik.workers if client else report.cpu
            outcome.postgres_s += verbruik.postgres
        # Later runs build on the numbers that are surely done.
        done = min(part.aantal for part in parts) * len(parts)
        return replace(report, duur=report.duur[:done])


def as_json(waarde: Any) -> Any:
    """For json.dumps: whatever has figures gives them as a dict."""
    return waarde.as_dict()
