"""The parts of the bench: operations beside their floor, growth, a client with many zaken, memory."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.belasting import vulling
from tests.belasting.meting import Meter, Outcome, Size
from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.opdracht import Stroom
from tests.belasting.sjablonen import send

_TELLEN: Final = 5
_WARM: Final = 32
_SPREIDING: Final = 7919
"""A prime: clients asked one after the other do not lie beside each other."""
_GROEI_SMALL: Final = 1000
_MEMORY_STEP: Final = 1000
_PERSONEN_PER_RANGE: Final = 60_000
_FIRST_PERSOON: Final = 2_000_000
_BEGIN_MEMORY: Final = 0.2
"""Part of the requests after which memory should no longer grow."""

DOELEN: Final = {
    "vloer": {"CREEER_PLAN": 0.5, "CREEER_KLEIN": 0.5, "DETAILS": 0.5},
    "rondgangen": {"CREEER_PLAN": 10, "CREEER_KLEIN": 10, "DETAILS": 8, "ZOEK": 8, "ZOEK_VEEL": 8},
    "groei": 1.5,
    "veel": 0.3,
    "geheugen_mb": 200,
    "geheugen_groei": 1.05,
}
"""The target: at least (vloer, veel: part of the floor's throughput) or at most (the others)."""

TITELS: Final = {
    "GENEREER": "genereerZaakIdentificatie",
    "CREEER_PLAN": "creeerZaak, gezinsplan met 6 betrokkenen",
    "CREEER_KLEIN": "creeerZaak, deelplan met 1 betrokkene",
    "UPDATE": "updateZaak met status",
    "ACTUALISEER": "actualiseerZaakstatus",
    "STATUS": "geefZaakstatus",
    "DETAILS": "geefZaakdetails, scope alles",
    "ZOEK": "zakLv01 op een BSN",
    "ZOEK_VEEL": "zakLv01 op een BSN met 1.000 zaken",
}

Report = Callable[[str], object]
"""Hears what is being done."""


@dataclass
class Regel:
    """A kind of message: server and floor, and what one request asks of PostgreSQL."""

    server: Outcome = field(default_factory=Outcome)
    vloer: Outcome = field(default_factory=Outcome)
    statements: float = 0.0
    transactie: float = 0.0

    @property
    def verhouding(self) -> float:
        """The server's throughput as a part of the floor's."""
        return self.server.per_seconde / self.vloer.per_seconde

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "server": self.server.as_dict(),
            "vloer": self.vloer.as_dict(),
            "verhouding": round(self.verhouding, 3),
            "statements": self.statements,
            "begin_commit_rollback": self.transactie,
        }


class Reeksen:
    """Gives out numbers for runs, so that no message or zaak comes twice, and remembers which zaken were made."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.plans: dict[tuple[str, int], tuple[Stroom, int]] = {}

    def stroom(self, bericht: str) -> Stroom:
        """A stream that makes zaken, or needs none."""
        number = next(self._numbers)
        return Stroom(bericht, f"r{number:03d}", personen=_FIRST_PERSOON + number * _PERSONEN_PER_RANGE)

    def op(self, bericht: str, plans: tuple[Stroom, int], *, again: bool) -> tuple[Stroom, int]:
        """A stream about gezinsplannen that were made, and how many there are; `again`: again and again the same."""
        made, count = plans
        stroom = replace(self.stroom(bericht), zaken=made.reeks, personen=made.personen)
        return (replace(stroom, modulo=count), 10**9) if again else (stroom, count)


def count_statements(bank: Werkbank) -> dict[str, tuple[float, float]]:
    """The work that each kind of message asks of PostgreSQL: statements, BEGIN, COMMIT and ROLLBACK, per request."""
    out = {}
    with bank.server("tellen", tellen=True) as server:
        # Every worker reads the inrichting with its first message.
        send(server.port, Stroom("GENEREER", "warm"), count=_WARM, gelijktijdig=_WARM)
        vulling.fill(bank.beheer_url(server.database), _TELLEN * vulling.ZAKEN_PER_CLIENT, lambda _: None)
        reeksen = Reeksen()
        plan = reeksen.stroom("CREEER_PLAN")
        for naam in TITELS:
            stroom = plan if naam == "CREEER_PLAN" else reeksen.op(naam, (plan, _TELLEN), again=False)[0]
            if naam == "CREEER_KLEIN":
                stroom = reeksen.stroom(naam)
            elif naam == "ZOEK_VEEL":
                stroom = replace(stroom, personen=vulling.CLIENT_WITH_MANY, modulo=1)
            with bank.counts(server) as telling:
                send(server.port, stroom, count=_TELLEN)
            out[naam] = telling["statements"] / _TELLEN, telling["transactie"] / _TELLEN
    return out


def operaties(meter: Meter, server: Server, size: Size, report: Report) -> dict[str, Regel]:
    """Each operation on the server and on the floor, in turns."""
    reeksen = Reeksen()
    out: dict[str, Regel] = {}
    for naam in (naam for naam in TITELS if naam != "ZOEK_VEEL"):
        report(TITELS[naam])
        regel = out[naam] = Regel()
        for round_ in range(-1, size.rondes):
            # Round -1 warms up; it too leaves gezinsplannen behind, on which later kinds warm up.
            maat, uitkomsten = (size, (regel.server, regel.vloer)) if round_ >= 0 else (size.short(), (None, None))
            for who, outcome in zip(("server", "vloer"), uitkomsten, strict=True):
                if naam in ("GENEREER", "CREEER_PLAN", "CREEER_KLEIN"):
                    stroom, count = reeksen.stroom(naam), maat.aantal
                else:
                    read = naam in ("STATUS", "DETAILS", "ZOEK")
                    plans = reeksen.plans["server", 0] if read else reeksen.plans[who, round_]
                    stroom, count = reeksen.op(naam, plans, again=read)
                maat = replace(maat, aantal=min(maat.aantal, count))
                verslag = getattr(meter, who)(server, maat, stroom, outcome=outcome)
                if naam == "CREEER_PLAN":
                    reeksen.plans[who, round_] = stroom, verslag.aantal
    return out


@dataclass
class Groei:
    """The same question in a small and a large zakenmagazijn."""

    zaken: int
    small: Outcome = field(default_factory=Outcome)
    large: Outcome = field(default_factory=Outcome)

    @property
    def verhouding(self) -> float:
        """How much longer it takes in the large one: the median over the median."""
        return self.large.kwantiel(0.5) / self.small.kwantiel(0.5)

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "zaken": [_GROEI_SMALL, self.zaken],
            "klein": self.small.as_dict(),
            "groot": self.large.as_dict(),
            "verhouding": round(self.verhouding, 3),
        }


def groei(meter: Meter, small: Server, large: Server, zaken: int, size: Size) -> Groei:
    """Ask for the zaken of a client in both, in turns; both servers run, only one is asked at a time."""
    out = Groei(zaken)
    reeksen = Reeksen()
    for round_ in range(-1, size.rondes):
        for server, count, outcome in ((small, _GROEI_SMALL, out.small), (large, zaken, out.large)):
            stroom = replace(
                reeksen.stroom("ZOEK"),
                reeks=f"g{server.database[0]}{round_ + 1:02d}",
                personen=0,
                modulo=count // vulling.ZAKEN_PER_CLIENT,
                spreiding=_SPREIDING,
            )
            meter.server(server, size, stroom, outcome=outcome if round_ >= 0 else None)
    return out


def many(meter: Meter, server: Server, size: Size) -> Regel:
    """The client with many zaken, on the server and on the floor."""
    regel = Regel()
    for round_ in range(-1, size.rondes):
        for who, outcome in (("server", regel.server), ("vloer", regel.vloer)):
            stroom = Stroom("ZOEK_VEEL", f"{who[0]}{round_ + 1:03d}", personen=vulling.CLIENT_WITH_MANY, modulo=1)
            maat = size if round_ >= 0 else size.short()
            getattr(meter, who)(server, maat, stroom, outcome=outcome if round_ >= 0 else None)
    return regel


@dataclass
class Memory:
    """Resident memory of each worker, in MB, after so many requests of all kinds."""

    metingen: list[tuple[int, list[float]]] = field(default_factory=list)

    @property
    def highest(self) -> float:
        """The most that any worker had."""
        return max(max(mb) for _, mb in self.metingen)

    @property
    def groei(self) -> float:
        """The end over what it was when everything had been used; the worst worker."""
        total = self.metingen[-1][0]
        begin = next(mb for count, mb in self.metingen if count >= total * _BEGIN_MEMORY)
        return max(end / toen for end, toen in zip(self.metingen[-1][1], begin, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        metingen = [[count, [round(mb, 1) for mb in per_worker]] for count, per_worker in self.metingen]
        return {"metingen": metingen, "hoogste_mb": round(self.highest, 1), "groei": round(self.groei, 3)}


def memory(meter: Meter, server: Server, count: int, report: Callable[[int], object]) -> Memory:
    """Send messages of all kinds and look at the workers after every so many."""
    out = Memory([(0, server.memory())])
    soorten = ("CREEER_PLAN", "CREEER_KLEIN", "GENEREER", "UPDATE", "ACTUALISEER", "STATUS", "DETAILS", "ZOEK")
    step = min(_MEMORY_STEP, count)
    for keer in range(count // step):
        plan = Stroom("CREEER_PLAN", f"m{keer:03d}", personen=_FIRST_PERSOON - 1_000_000 + keer * 1000)
        rest = [replace(plan, bericht=naam, zaken=plan.reeks) for naam in soorten[3:]]
        small = replace(plan, bericht="CREEER_KLEIN", reeks=f"n{keer:03d}")
        # First zaken, then what is done with them: a client of the second run never comes before the first has ended.
        stromen = (plan, small, replace(small, bericht="GENEREER"))
        per_soort = step // len(soorten)
        meter.server(server, Size(per_soort * len(stromen), 600, 1), *stromen)
        meter.server(server, Size(step - per_soort * len(stromen), 600, 1), *rest)
        out.metingen.append(((keer + 1) * step, server.memory()))
        report(step)
    return out
