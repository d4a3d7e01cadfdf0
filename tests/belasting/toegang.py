"""The cost of access for a question: the same server with the read log and without it, in turns."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.belasting.meting import Meter, Outcome, Size
from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.onderdelen import TITELS, Reeksen

DOELEN: Final = {"inzage": 1.15}
"""How many times as slow a question may be."""
QUESTIONS: Final = ("STATUS", "DETAILS", "ZOEK")
FAST, FULL = Size(600, 3, 5), Size(4000, 6, 9)
_PLANS: Final = 400


@dataclass
class InzageKosten:
    """One kind of question, with the read log and without."""

    met: Outcome = field(default_factory=Outcome)
    zonder: Outcome = field(default_factory=Outcome)

    @property
    def verhouding(self) -> float:
        """How many times as slow: the throughput without over the throughput with."""
        return self.zonder.per_seconde / self.met.per_seconde

    @property
    def cpu_verhouding(self) -> float:
        """How many times as much CPU, of server and database together: a busy machine changes it less."""
        met, zonder = ((one.cpu_s + one.postgres_s) / one.aantal for one in (self.met, self.zonder))
        return met / zonder

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        sides = {"met": self.met.as_dict(), "zonder": self.zonder.as_dict()}
        return {
            **sides,
            "verhouding": round(self.verhouding, 3),
            "cpu_verhouding": round(self.cpu_verhouding, 3),
        }


def toegang(bank: Werkbank, size: Size, report: Callable[[str], object]) -> dict[str, InzageKosten]:
    """Ask both servers the same of as many zaken, in turns; each has a database of its own."""
    out = {naam: InzageKosten() for naam in QUESTIONS}
    meter = Meter(bank, {})
    with (
        bank.server("inzage_met") as one,
        bank.server("inzage_zonder", module="tests.belasting.zonder_inzage") as other,
    ):
        sides = ((one, "met"), (other, "zonder"))
        for naam, kosten in out.items():
            report(f"{TITELS[naam]}, met en zonder leeslogboek")
            _measure(meter, naam, size, [(server, getattr(kosten, side)) for server, side in sides])
    return out


def _measure(meter: Meter, naam: str, size: Size, sides: list[tuple[Server, Outcome]]) -> None:
    reeksen, count = Reeksen(), min(_PLANS, size.aantal)
    plans = {}
    for server, _ in sides:
        stroom = replace(reeksen.stroom("CREEER_PLAN"), reeks=f"{naam[0].lower()}{server.database[-3:]}")
        meter.server(server, replace(size, aantal=count, seconden=60), stroom)
        plans[server.database] = stroom, count
    for round_ in range(-1, size.rondes):
        # The order changes each round, so that what the other left behind costs both as much.
        for server, outcome in sides if round_ % 2 else reversed(sides):
            stroom, _ = reeksen.op(naam, plans[server.database], again=True)
            if round_ < 0:
                meter.server(server, size.short(), stroom)
            else:
                meter.server(server, size, stroom, outcome=outcome)
