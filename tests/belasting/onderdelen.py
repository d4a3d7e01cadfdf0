"""The parts of the bench: operations beside their floor, growth, a client with many zaken, memory."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.belasting import vulling
from tests.belasting.meting import Meter, Omvang, Uitkomst
from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.opdracht import Stroom
from tests.belasting.sjablonen import stuur

_TELLEN: Final = 5
_WARM: Final = 32
_SPREIDING: Final = 7919
"""A prime: clients asked one after the other do not lie beside each other."""
_GROEI_KLEIN: Final = 1000
_GEHEUGEN_STAP: Final = 1000
_PERSONEN_PER_REEKS: Final = 60_000
_EERSTE_PERSOON: Final = 2_000_000
_BEGIN_GEHEUGEN: Final = 0.2
"""Part of the requests after which memory should no longer grow."""

DOELEN: Final = {
    "vloer": {"CREEER_PLAN": 0.5, "CREEER_KLEIN": 0.5, "DETAILS": 0.5},
    "rondgangen": {"CREEER_PLAN": 10, "CREEER_KLEIN": 10, "DETAILS": 8, "ZOEK": 8, "ZOEK_VEEL": 8},
    "groei": 1.5,
    "veel": 0.3,
    "geheugen_mb": 200,
    "geheugen_groei": 1.05,
}
"""What must be reached: at least (vloer, veel: part of the floor's throughput) or at most (the others)."""

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

Meld = Callable[[str], object]
"""Hears what is being done."""


@dataclass
class Regel:
    """A kind of message: server and floor, and what one request asks of PostgreSQL."""

    server: Uitkomst = field(default_factory=Uitkomst)
    vloer: Uitkomst = field(default_factory=Uitkomst)
    statements: float = 0.0
    transactie: float = 0.0

    @property
    def verhouding(self) -> float:
        """The server's throughput as a part of the floor's."""
        return self.server.per_seconde / self.vloer.per_seconde

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "server": self.server.als_dict(),
            "vloer": self.vloer.als_dict(),
            "verhouding": round(self.verhouding, 3),
            "statements": self.statements,
            "begin_commit_rollback": self.transactie,
        }


class Reeksen:
    """Gives out numbers for runs, so that no message or zaak comes twice, and remembers which zaken were made."""

    def __init__(self) -> None:
        self._nummers = itertools.count(1)
        self.plannen: dict[tuple[str, int], tuple[Stroom, int]] = {}

    def stroom(self, bericht: str) -> Stroom:
        """A stream that makes zaken, or needs none."""
        nummer = next(self._nummers)
        return Stroom(bericht, f"r{nummer:03d}", personen=_EERSTE_PERSOON + nummer * _PERSONEN_PER_REEKS)

    def op(self, bericht: str, plannen: tuple[Stroom, int], *, opnieuw: bool) -> tuple[Stroom, int]:
        """A stream about gezinsplannen that were made, and how many there are; `opnieuw`: again and again the same."""
        gemaakt, aantal = plannen
        stroom = replace(self.stroom(bericht), zaken=gemaakt.reeks, personen=gemaakt.personen)
        return (replace(stroom, modulo=aantal), 10**9) if opnieuw else (stroom, aantal)


def tel_statements(bank: Werkbank) -> dict[str, tuple[float, float]]:
    """What each kind of message asks of PostgreSQL: statements, and BEGIN, COMMIT and ROLLBACK, per request."""
    uit = {}
    with bank.server("tellen", tellen=True) as server:
        # Every worker reads the inrichting with its first message.
        stuur(server.poort, Stroom("GENEREER", "warm"), aantal=_WARM, gelijktijdig=_WARM)
        vulling.vul(bank.beheer_url(server.database), _TELLEN * vulling.ZAKEN_PER_CLIENT, lambda _: None)
        reeksen = Reeksen()
        plan = reeksen.stroom("CREEER_PLAN")
        for naam in TITELS:
            stroom = plan if naam == "CREEER_PLAN" else reeksen.op(naam, (plan, _TELLEN), opnieuw=False)[0]
            if naam == "CREEER_KLEIN":
                stroom = reeksen.stroom(naam)
            elif naam == "ZOEK_VEEL":
                stroom = replace(stroom, personen=vulling.CLIENT_MET_VEEL, modulo=1)
            with bank.telt(server) as telling:
                stuur(server.poort, stroom, aantal=_TELLEN)
            uit[naam] = telling["statements"] / _TELLEN, telling["transactie"] / _TELLEN
    return uit


def operaties(meter: Meter, server: Server, omvang: Omvang, meld: Meld) -> dict[str, Regel]:
    """Each operation on the server and on the floor, in turns."""
    reeksen = Reeksen()
    uit: dict[str, Regel] = {}
    for naam in (naam for naam in TITELS if naam != "ZOEK_VEEL"):
        meld(TITELS[naam])
        regel = uit[naam] = Regel()
        for ronde in range(-1, omvang.rondes):
            # Round -1 warms up; it too leaves gezinsplannen behind, on which later kinds warm up.
            maat, uitkomsten = (omvang, (regel.server, regel.vloer)) if ronde >= 0 else (omvang.kort(), (None, None))
            for wie, uitkomst in zip(("server", "vloer"), uitkomsten, strict=True):
                if naam in ("GENEREER", "CREEER_PLAN", "CREEER_KLEIN"):
                    stroom, aantal = reeksen.stroom(naam), maat.aantal
                else:
                    lezen = naam in ("STATUS", "DETAILS", "ZOEK")
                    plannen = reeksen.plannen["server", 0] if lezen else reeksen.plannen[wie, ronde]
                    stroom, aantal = reeksen.op(naam, plannen, opnieuw=lezen)
                maat = replace(maat, aantal=min(maat.aantal, aantal))
                verslag = getattr(meter, wie)(server, maat, stroom, uitkomst=uitkomst)
                if naam == "CREEER_PLAN":
                    reeksen.plannen[wie, ronde] = stroom, verslag.aantal
    return uit


@dataclass
class Groei:
    """The same question in a small and a large zakenmagazijn."""

    zaken: int
    klein: Uitkomst = field(default_factory=Uitkomst)
    groot: Uitkomst = field(default_factory=Uitkomst)

    @property
    def verhouding(self) -> float:
        """How much longer it takes in the large one: the median over the median."""
        return self.groot.kwantiel(0.5) / self.klein.kwantiel(0.5)

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "zaken": [_GROEI_KLEIN, self.zaken],
            "klein": self.klein.als_dict(),
            "groot": self.groot.als_dict(),
            "verhouding": round(self.verhouding, 3),
        }


def groei(meter: Meter, klein: Server, groot: Server, zaken: int, omvang: Omvang) -> Groei:
    """Ask for the zaken of a client in both, in turns; both servers run, only one is asked at a time."""
    uit = Groei(zaken)
    reeksen = Reeksen()
    for ronde in range(-1, omvang.rondes):
        for server, aantal, uitkomst in ((klein, _GROEI_KLEIN, uit.klein), (groot, zaken, uit.groot)):
            stroom = replace(
                reeksen.stroom("ZOEK"),
                reeks=f"g{server.database[0]}{ronde + 1:02d}",
                personen=0,
                modulo=aantal // vulling.ZAKEN_PER_CLIENT,
                spreiding=_SPREIDING,
            )
            meter.server(server, omvang, stroom, uitkomst=uitkomst if ronde >= 0 else None)
    return uit


def veel(meter: Meter, server: Server, omvang: Omvang) -> Regel:
    """The client with many zaken, on the server and on the floor."""
    regel = Regel()
    for ronde in range(-1, omvang.rondes):
        for wie, uitkomst in (("server", regel.server), ("vloer", regel.vloer)):
            stroom = Stroom("ZOEK_VEEL", f"{wie[0]}{ronde + 1:03d}", personen=vulling.CLIENT_MET_VEEL, modulo=1)
            maat = omvang if ronde >= 0 else omvang.kort()
            getattr(meter, wie)(server, maat, stroom, uitkomst=uitkomst if ronde >= 0 else None)
    return regel


@dataclass
class Geheugen:
    """Resident memory of each worker, in MB, after so many requests of all kinds."""

    metingen: list[tuple[int, list[float]]] = field(default_factory=list)

    @property
    def hoogste(self) -> float:
        """The most that any worker had."""
        return max(max(mb) for _, mb in self.metingen)

    @property
    def groei(self) -> float:
        """The end over what it was when everything had been used; the worst worker."""
        totaal = self.metingen[-1][0]
        begin = next(mb for aantal, mb in self.metingen if aantal >= totaal * _BEGIN_GEHEUGEN)
        return max(einde / toen for einde, toen in zip(self.metingen[-1][1], begin, strict=True))

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        metingen = [[aantal, [round(mb, 1) for mb in per_worker]] for aantal, per_worker in self.metingen]
        return {"metingen": metingen, "hoogste_mb": round(self.hoogste, 1), "groei": round(self.groei, 3)}


def geheugen(meter: Meter, server: Server, aantal: int, meld: Callable[[int], object]) -> Geheugen:
    """Send messages of all kinds and look at the workers after every so many."""
    uit = Geheugen([(0, server.geheugen())])
    soorten = ("CREEER_PLAN", "CREEER_KLEIN", "GENEREER", "UPDATE", "ACTUALISEER", "STATUS", "DETAILS", "ZOEK")
    stap = min(_GEHEUGEN_STAP, aantal)
    for keer in range(aantal // stap):
        plan = Stroom("CREEER_PLAN", f"m{keer:03d}", personen=_EERSTE_PERSOON - 1_000_000 + keer * 1000)
        rest = [replace(plan, bericht=naam, zaken=plan.reeks) for naam in soorten[3:]]
        klein = replace(plan, bericht="CREEER_KLEIN", reeks=f"n{keer:03d}")
        # First zaken, then what is done with them: a client of the second run never comes before the first has ended.
        stromen = (plan, klein, replace(klein, bericht="GENEREER"))
        per_soort = stap // len(soorten)
        meter.server(server, Omvang(per_soort * len(stromen), 600, 1), *stromen)
        meter.server(server, Omvang(stap - per_soort * len(stromen), 600, 1), *rest)
        uit.metingen.append(((keer + 1) * stap, server.geheugen()))
        meld(stap)
    return uit
