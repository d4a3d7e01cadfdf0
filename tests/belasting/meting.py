"""Runs of the load on the server and on the floor, and the figures that come of them."""

import statistics
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.opdracht import Lastproces, Opdracht, Stroom, Verslag

GELIJKTIJDIG: Final = 8
_VLOERPROCESSEN: Final = 2


@dataclass
class Uitkomst:
    """Runs of one kind together.

    `per_seconde` is the median of the runs, `p50` and `p95` in milliseconds over all requests, `cpu`, `cpu_postgres`
    and `cpu_klant` in milliseconds per request, `heen` and `terug` in bytes per request.
    """

    verslagen: list[Verslag] = field(default_factory=list)
    cpu_s: float = 0.0
    postgres_s: float = 0.0

    @property
    def aantal(self) -> int:
        """Requests in all."""
        return sum(verslag.aantal for verslag in self.verslagen)

    @property
    def per_seconde(self) -> float:
        """Requests per second: the median of the runs."""
        return statistics.median(verslag.aantal / verslag.seconden for verslag in self.verslagen)

    @property
    def gemiddeld(self) -> float:
        """Mean duration in milliseconds."""
        return statistics.fmean(duur for verslag in self.verslagen for duur in verslag.duur) * 1000

    def kwantiel(self, deel: float) -> float:
        """Duration in milliseconds below which this part of the requests stays."""
        alle = sorted(duur for verslag in self.verslagen for duur in verslag.duur)
        return alle[min(int(len(alle) * deel), len(alle) - 1)] * 1000

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        aantal = self.aantal
        return {
            "aantal": aantal,
            "per_seconde": round(self.per_seconde, 1),
            "p50_ms": round(self.kwantiel(0.5), 2),
            "p95_ms": round(self.kwantiel(0.95), 2),
            "cpu_ms": round(self.cpu_s / aantal * 1000, 3),
            "cpu_postgres_ms": round(self.postgres_s / aantal * 1000, 3),
            "cpu_klant_ms": round(sum(verslag.cpu for verslag in self.verslagen) / aantal * 1000, 3),
            "bytes_heen": round(sum(verslag.heen for verslag in self.verslagen) / aantal),
            "bytes_terug": round(sum(verslag.terug for verslag in self.verslagen) / aantal),
        }


@dataclass(frozen=True)
class Omvang:
    """How long a run may take: at most `aantal` requests and `seconden`, in `rondes` runs after warming up."""

    aantal: int
    seconden: float
    rondes: int
    gelijktijdig: int = GELIJKTIJDIG

    def kort(self) -> "Omvang":
        """A run to warm up."""
        return replace(self, aantal=max(self.aantal // 10, 1), seconden=self.seconden / 4)


class Meter:
    """Measures on one workbench; `sjablonen` are the rows for the floor, `klant` and `vloer` the load processes."""

    def __init__(
        self, bank: Werkbank, sjablonen: dict[str, Any], *, klant: str = "klant", vloer: str = "vloer"
    ) -> None:
        self._klant = klant
        self._vloer = vloer
        self._bank = bank
        self._sjablonen = sjablonen

    def server(self, server: Server, omvang: Omvang, *stromen: Stroom, uitkomst: Uitkomst | None = None) -> Verslag:
        """One run on the server, added to `uitkomst`. Raises RuntimeError with the first answer that is not good."""
        opdracht = Opdracht(stromen, omvang.aantal, omvang.seconden, omvang.gelijktijdig, str(server.poort))
        return self._draai(server, [Lastproces(self._klant, opdracht)], uitkomst, klant=True)

    def vloer(self, server: Server, omvang: Omvang, stroom: Stroom, *, uitkomst: Uitkomst | None = None) -> Verslag:
        """One run on the floor, on the database of a server."""
        processen = [
            Lastproces(
                self._vloer,
                Opdracht(
                    (replace(stroom, eerste=nummer, stap=_VLOERPROCESSEN),),
                    -(-omvang.aantal // _VLOERPROCESSEN),
                    omvang.seconden,
                    -(-omvang.gelijktijdig // _VLOERPROCESSEN),
                    server.url,
                    self._sjablonen,
                ),
            )
            for nummer in range(_VLOERPROCESSEN)
        ]
        return self._draai(server, processen, uitkomst, klant=False)

    def _draai(self, server: Server, processen: list[Lastproces], uitkomst: Uitkomst | None, *, klant: bool) -> Verslag:
        try:
            for proces in processen:
                proces.wacht()
            voor = self._bank.cpu(server)
            for proces in processen:
                proces.start()
            delen = [proces.verslag() for proces in processen]
            verbruik = self._bank.cpu(server) - voor
            for proces in processen:
                proces.sluit()
        except BaseException:
            for proces in processen:
                proces.stop()
            raise
        verslag = Verslag()
        for deel in delen:
            verslag = verslag.erbij(deel)
        if verslag.fouten:
            raise RuntimeError(f"not every request went well: {verslag.fouten[0]}")
        if uitkomst is not None:
            # The floor does the work of server and generator in one process.
            uitkomst.verslagen.append(verslag if klant else replace(verslag, cpu=0.0))
            uitkomst.cpu_s += verbruik.workers if klant else verslag.cpu
            uitkomst.postgres_s += verbruik.postgres
        # What later runs build on: the numbers that are surely done.
        gedaan = min(deel.aantal for deel in delen) * len(delen)
        return replace(verslag, duur=verslag.duur[:gedaan])


def als_json(waarde: Any) -> Any:
    """For json.dumps: whatever has figures gives them as a dict."""
    return waarde.als_dict()
