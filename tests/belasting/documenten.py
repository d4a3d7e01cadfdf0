"""The part of the bench about documents: stored, read and listed, by size, beside the floor and geefZaakdetails."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Final

import psycopg2
from tests.belasting.berichten import zaaknummer
from tests.belasting.documentberichten import PER_ZAAK
from tests.belasting.meting import Meter, Outcome, Size
from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.opdracht import Stroom
from tests.belasting.sjablonen import send

DOELEN: Final = {"vloer": 0.5, "vanaf": 3_500_000, "lijst": 1.0, "sql": 10, "sql_grootte": 100_000, "geheugen_mb": 64}
"""At least (vloer: of the floor's MB/s, from so many bytes up; lijst: of geefZaakdetails) or at most (the others)."""

VOLUIT: Final = {
    10_000: Size(2000, 5, 3),
    100_000: Size(1000, 5, 3),
    3_500_000: Size(60, 10, 4, 4),
    100_000_000: Size(4, 30, 6, 2),
}
FAST: Final = {
    10_000: Size(300, 2, 1),
    100_000: Size(300, 2, 1),
    3_500_000: Size(20, 5, 4, 4),
    100_000_000: Size(2, 30, 2, 2),
}
"""How much is measured of each size. Large ones go two at a time: there are two workers, and two cores."""

TITELS: Final = {"VOEG_TOE": "voegZaakdocumentToe", "LEES": "geefZaakdocumentLezen"}
_LISTING: Final = Size(2000, 5, 3)
_TELLEN: Final = 3
_WARM: Final = 32
_ZAKEN: Final = 50
_PERSONEN: Final = 4_000_000
_OTHER_INHOUD: Final = """
    UPDATE document_versie SET sha256 = (
        SELECT v.sha256 FROM document d JOIN document_versie v ON v.document_id = d.id WHERE d.identificatie = %s)
    WHERE document_id IN (
        SELECT r.document_id FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id WHERE z.identificatie = %s)
"""

Report = Callable[[str], object]


@dataclass
class Documentregel:
    """One operation with contents of one size; `piek_mb` is what the memory of a worker grew by at most in a run."""

    naam: str
    grootte: int
    server: Outcome = field(default_factory=Outcome)
    vloer: Outcome = field(default_factory=Outcome)
    piek_mb: float = 0.0
    statements: float = 0.0
    transactie: float = 0.0

    @property
    def mb_per_seconde(self) -> tuple[float, float]:
        """MB of content per second, of server and floor."""
        return self.server.per_seconde * self.grootte / 1e6, self.vloer.per_seconde * self.grootte / 1e6

    @property
    def verhouding(self) -> float:
        """The server's throughput as a part of the floor's."""
        return self.server.per_seconde / self.vloer.per_seconde

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "grootte": self.grootte,
            "server": self.server.as_dict(),
            "vloer": self.vloer.as_dict(),
            "mb_per_seconde": [round(mb, 1) for mb in self.mb_per_seconde],
            "verhouding": round(self.verhouding, 3),
            "piek_mb": round(self.piek_mb, 1),
            "statements": self.statements,
            "begin_commit_rollback": self.transactie,
        }


@dataclass
class Lijstregel:
    """The list of PER_ZAAK documents of one size; of size 0: geefZaakdetails in the same run."""

    grootte: int
    server: Outcome = field(default_factory=Outcome)
    statements: float = 0.0
    transactie: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {"grootte": self.grootte, "server": self.server.as_dict(), "statements": self.statements}


@dataclass
class Documenten:
    """All lines of this part; the first line of `lists` is geefZaakdetails."""

    regels: list[Documentregel] = field(default_factory=list)
    lists: list[Lijstregel] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        regels = {f"{regel.naam} {regel.grootte}": regel.as_dict() for regel in self.regels}
        return {"documenten": regels, "lijsten": [regel.as_dict() for regel in self.lists]}


Tellingen = dict[tuple[str, int], tuple[float, float]]
"""SQL statements, and BEGIN, COMMIT and ROLLBACK, per request, by operation and size; of LIJST the size is 0."""


def count_documenten(bank: Werkbank, maten: Iterable[int]) -> Tellingen:
    """The work that each operation asks of PostgreSQL.

    Counted twice, and the least of both: a worker reads the inrichting with its first message, whenever that comes.
    """
    out: Tellingen = {}
    with bank.server("doctellen", tellen=True) as server:
        send(server.port, Stroom("GENEREER", "warm"), count=_WARM, gelijktijdig=_WARM)
        zaken = replace(_make_zaken(server, 1), zaken="zaak", modulo=1)
        for keer in range(2):
            for number, maat in enumerate(maten):
                toe = replace(zaken, bericht="VOEG_TOE", reeks=f"t{number:02d}{keer}", grootte=maat)
                read = replace(toe, bericht="LEES", reeks=f"u{number:02d}{keer}", zaken=toe.reeks, modulo=_TELLEN)
                _count(bank, server, toe, out)
                _count(bank, server, read, out)
            _count(bank, server, replace(zaken, bericht="LIJST", reeks=f"lij{keer}"), out)
    return out


def _count(bank: Werkbank, server: Server, stroom: Stroom, out: Tellingen) -> None:
    with bank.counts(server) as telling:
        send(server.port, stroom, count=_TELLEN, module="documentklant")
    counted = telling["statements"] / _TELLEN, telling["transactie"] / _TELLEN
    sleutel = (stroom.bericht, stroom.grootte)
    out[sleutel] = min(counted, out.get(sleutel, counted))


def documenten(
    bank: Werkbank, server: Server, maten: dict[int, Size], tellingen: Tellingen, report: Report
) -> Documenten:
    """Each operation at each size on the server and on the floor, in turns, then the lists."""
    meter = Meter(bank, {}, client="documentklant", vloer="documentvloer")
    out = Documenten()
    zaken = _make_zaken(server, _ZAKEN)
    made = {}
    for place, (maat, size) in enumerate(maten.items()):
        toe, read = (Documentregel(naam, maat) for naam in TITELS)
        out.regels += [toe, read]
        for round_ in range(-1, size.rondes):
            report(f"documenten van {maat:,} bytes, ronde {max(round_ + 1, 0)}")
            new = replace(zaken, bericht="VOEG_TOE", reeks=f"d{place}{round_ + 1:02d}", zaken=zaken.reeks, grootte=maat)
            count = _meet(meter, server, toe, replace(new, modulo=_ZAKEN), size, round_)
            # The documents that were just stored, again and again.
            question = replace(new, bericht="LEES", reeks=f"e{place}{round_ + 1:02d}", zaken=new.reeks, modulo=count)
            _meet(meter, server, read, question, size, round_)
            made[maat] = zaaknummer(new.reeks, 0)
        for regel in (toe, read):
            regel.statements, regel.transactie = tellingen[regel.naam, maat]
    out.lists = _lists(Meter(bank, {}), server, made, min(maten.values(), key=lambda size: size.rondes), report)
    for listing in out.lists[1:]:
        listing.statements, listing.transactie = tellingen["LIJST", 0]
    return out


def _meet(meter: Meter, server: Server, regel: Documentregel, stroom: Stroom, size: Size, round_: int) -> int:
    """A run on the server and one on the floor; how many requests the server did. Round -1 warms up.

    By turns one and the other goes first: memory and disk are slower for who has them first.
    """
    if round_ < 0:
        count = meter.server(server, size.short(), stroom).aantal
        meter.vloer(server, size.short(), _vloer(stroom))
        return count
    if round_ % 2:
        meter.vloer(server, size, _vloer(stroom), outcome=regel.vloer)
    server.begin_piek()
    count = meter.server(server, size, stroom, outcome=regel.server).aantal
    regel.piek_mb = max(regel.piek_mb, server.piek())
    if not round_ % 2:
        meter.vloer(server, size, _vloer(stroom), outcome=regel.vloer)
    return count


def _vloer(stroom: Stroom) -> Stroom:
    """The same for the floor: new contents are its own, what it reads is the server's."""
    return replace(stroom, reeks=f"v{stroom.reeks[1:]}")


def _lists(meter: Meter, server: Server, inhouden: dict[int, str], size: Size, report: Report) -> list[Lijstregel]:
    """Ask for geefZaakdetails and for lists, in turns; `inhouden` is a document of each size.

    The documents are stored small and then made to refer to a content of each size.
    """
    out = [Lijstregel(0)]
    stromen = []
    for place, (maat, document) in enumerate(inhouden.items()):
        zaken = replace(_make_zaken(server, 1, f"l{place:03d}"), modulo=1)
        new = replace(zaken, bericht="VOEG_TOE", reeks=f"k{place:03d}", zaken=zaken.reeks, grootte=1000)
        send(server.port, new, count=PER_ZAAK, module="documentklant")
        with closing(psycopg2.connect(server.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(_OTHER_INHOUD, (document, zaaknummer(zaken.reeks, 0)))
        stromen.append(replace(zaken, bericht="LIJST", reeks=f"h{place:03d}", zaken=zaken.reeks))
        out.append(Lijstregel(maat))
    # A zaak without documents, as where geefZaakdetails is measured by itself.
    stromen.insert(0, replace(_make_zaken(server, 1, "leeg"), bericht="DETAILS", reeks="h999", zaken="leeg", modulo=1))
    maat = replace(_LISTING, aantal=min(_LISTING.aantal, 10 * size.aantal), seconden=size.seconden, rondes=size.rondes)
    for round_ in range(-1, maat.rondes):
        report(f"lijsten van {PER_ZAAK} documenten, ronde {max(round_ + 1, 0)}")
        for regel, stroom in zip(out, stromen, strict=True):
            meter.server(
                server, maat if round_ >= 0 else maat.short(), stroom, outcome=regel.server if round_ >= 0 else None
            )
    return out


def _make_zaken(server: Server, count: int, range_: str = "zaak") -> Stroom:
    stroom = Stroom("CREEER_PLAN", range_, personen=_PERSONEN)
    send(server.port, stroom, count=count)
    return stroom
