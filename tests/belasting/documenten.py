"""The part of the bench about documents: stored, read and listed, by size, beside the floor and geefZaakdetails."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Final

import psycopg2
from tests.belasting.berichten import zaaknummer
from tests.belasting.documentberichten import PER_ZAAK
from tests.belasting.meting import Meter, Omvang, Uitkomst
from tests.belasting.omgeving import Server, Werkbank
from tests.belasting.opdracht import Stroom
from tests.belasting.sjablonen import stuur

DOELEN: Final = {"vloer": 0.5, "vanaf": 3_500_000, "lijst": 1.0, "sql": 10, "sql_grootte": 100_000, "geheugen_mb": 64}
"""At least (vloer: of the floor's MB/s, from so many bytes up; lijst: of geefZaakdetails) or at most (the others)."""

VOLUIT: Final = {
    10_000: Omvang(2000, 5, 3),
    100_000: Omvang(1000, 5, 3),
    3_500_000: Omvang(60, 10, 4, 4),
    100_000_000: Omvang(4, 30, 6, 2),
}
SNEL: Final = {
    10_000: Omvang(300, 2, 1),
    100_000: Omvang(300, 2, 1),
    3_500_000: Omvang(20, 5, 4, 4),
    100_000_000: Omvang(2, 30, 2, 2),
}
"""How much is measured of each size. Large ones go two at a time: there are two workers, and two cores."""

TITELS: Final = {"VOEG_TOE": "voegZaakdocumentToe", "LEES": "geefZaakdocumentLezen"}
_LIJST: Final = Omvang(2000, 5, 3)
_TELLEN: Final = 3
_WARM: Final = 32
_ZAKEN: Final = 50
_PERSONEN: Final = 4_000_000
_ANDERE_INHOUD: Final = """
    UPDATE document_versie SET sha256 = (
        SELECT v.sha256 FROM document d JOIN document_versie v ON v.document_id = d.id WHERE d.identificatie = %s)
    WHERE document_id IN (
        SELECT r.document_id FROM document_zaak r JOIN zaak z ON z.id = r.zaak_id WHERE z.identificatie = %s)
"""

Meld = Callable[[str], object]


@dataclass
class Documentregel:
    """One operation with contents of one size; `piek_mb` is what the memory of a worker grew by at most in a run."""

    naam: str
    grootte: int
    server: Uitkomst = field(default_factory=Uitkomst)
    vloer: Uitkomst = field(default_factory=Uitkomst)
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

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {
            "grootte": self.grootte,
            "server": self.server.als_dict(),
            "vloer": self.vloer.als_dict(),
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
    server: Uitkomst = field(default_factory=Uitkomst)
    statements: float = 0.0
    transactie: float = 0.0

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        return {"grootte": self.grootte, "server": self.server.als_dict(), "statements": self.statements}


@dataclass
class Documenten:
    """All lines of this part; the first line of `lijsten` is geefZaakdetails."""

    regels: list[Documentregel] = field(default_factory=list)
    lijsten: list[Lijstregel] = field(default_factory=list)

    def als_dict(self) -> dict[str, Any]:
        """The figures, for the file."""
        regels = {f"{regel.naam} {regel.grootte}": regel.als_dict() for regel in self.regels}
        return {"documenten": regels, "lijsten": [regel.als_dict() for regel in self.lijsten]}


Tellingen = dict[tuple[str, int], tuple[float, float]]
"""SQL statements, and BEGIN, COMMIT and ROLLBACK, per request, by operation and size; of LIJST the size is 0."""


def tel_documenten(bank: Werkbank, maten: Iterable[int]) -> Tellingen:
    """What each operation asks of PostgreSQL.

    Counted twice, and the least of both: a worker reads the inrichting with its first message, whenever that comes.
    """
    uit: Tellingen = {}
    with bank.server("doctellen", tellen=True) as server:
        stuur(server.poort, Stroom("GENEREER", "warm"), aantal=_WARM, gelijktijdig=_WARM)
        zaken = replace(_maak_zaken(server, 1), zaken="zaak", modulo=1)
        for keer in range(2):
            for nummer, maat in enumerate(maten):
                toe = replace(zaken, bericht="VOEG_TOE", reeks=f"t{nummer:02d}{keer}", grootte=maat)
                lees = replace(toe, bericht="LEES", reeks=f"u{nummer:02d}{keer}", zaken=toe.reeks, modulo=_TELLEN)
                _tel(bank, server, toe, uit)
                _tel(bank, server, lees, uit)
            _tel(bank, server, replace(zaken, bericht="LIJST", reeks=f"lij{keer}"), uit)
    return uit


def _tel(bank: Werkbank, server: Server, stroom: Stroom, uit: Tellingen) -> None:
    with bank.telt(server) as telling:
        stuur(server.poort, stroom, aantal=_TELLEN, module="documentklant")
    geteld = telling["statements"] / _TELLEN, telling["transactie"] / _TELLEN
    sleutel = (stroom.bericht, stroom.grootte)
    uit[sleutel] = min(geteld, uit.get(sleutel, geteld))


def documenten(
    bank: Werkbank, server: Server, maten: dict[int, Omvang], tellingen: Tellingen, meld: Meld
) -> Documenten:
    """Each operation at each size on the server and on the floor, in turns, then the lists."""
    meter = Meter(bank, {}, klant="documentklant", vloer="documentvloer")
    uit = Documenten()
    zaken = _maak_zaken(server, _ZAKEN)
    gemaakt = {}
    for plaats, (maat, omvang) in enumerate(maten.items()):
        toe, lees = (Documentregel(naam, maat) for naam in TITELS)
        uit.regels += [toe, lees]
        for ronde in range(-1, omvang.rondes):
            meld(f"documenten van {maat:,} bytes, ronde {max(ronde + 1, 0)}")
            nieuw = replace(
                zaken, bericht="VOEG_TOE", reeks=f"d{plaats}{ronde + 1:02d}", zaken=zaken.reeks, grootte=maat
            )
            aantal = _meet(meter, server, toe, replace(nieuw, modulo=_ZAKEN), omvang, ronde)
            # The documents that were just stored, again and again.
            vraag = replace(nieuw, bericht="LEES", reeks=f"e{plaats}{ronde + 1:02d}", zaken=nieuw.reeks, modulo=aantal)
            _meet(meter, server, lees, vraag, omvang, ronde)
            gemaakt[maat] = zaaknummer(nieuw.reeks, 0)
        for regel in (toe, lees):
            regel.statements, regel.transactie = tellingen[regel.naam, maat]
    uit.lijsten = _lijsten(
        Meter(bank, {}), server, gemaakt, min(maten.values(), key=lambda omvang: omvang.rondes), meld
    )
    for lijst in uit.lijsten[1:]:
        lijst.statements, lijst.transactie = tellingen["LIJST", 0]
    return uit


def _meet(meter: Meter, server: Server, regel: Documentregel, stroom: Stroom, omvang: Omvang, ronde: int) -> int:
    """A run on the server and one on the floor; how many requests the server did. Round -1 warms up.

    By turns one and the other goes first: memory and disk are slower for who has them first.
    """
    if ronde < 0:
        aantal = meter.server(server, omvang.kort(), stroom).aantal
        meter.vloer(server, omvang.kort(), _vloer(stroom))
        return aantal
    if ronde % 2:
        meter.vloer(server, omvang, _vloer(stroom), uitkomst=regel.vloer)
    server.begin_piek()
    aantal = meter.server(server, omvang, stroom, uitkomst=regel.server).aantal
    regel.piek_mb = max(regel.piek_mb, server.piek())
    if not ronde % 2:
        meter.vloer(server, omvang, _vloer(stroom), uitkomst=regel.vloer)
    return aantal


def _vloer(stroom: Stroom) -> Stroom:
    """The same for the floor: new contents are its own, what it reads is the server's."""
    return replace(stroom, reeks=f"v{stroom.reeks[1:]}")


def _lijsten(meter: Meter, server: Server, inhouden: dict[int, str], omvang: Omvang, meld: Meld) -> list[Lijstregel]:
    """Ask for geefZaakdetails and for lists, in turns; `inhouden` is a document of each size.

    The documents are stored small and then made to refer to a content of each size.
    """
    uit = [Lijstregel(0)]
    stromen = []
    for plaats, (maat, document) in enumerate(inhouden.items()):
        zaken = replace(_maak_zaken(server, 1, f"l{plaats:03d}"), modulo=1)
        nieuw = replace(zaken, bericht="VOEG_TOE", reeks=f"k{plaats:03d}", zaken=zaken.reeks, grootte=1000)
        stuur(server.poort, nieuw, aantal=PER_ZAAK, module="documentklant")
        with closing(psycopg2.connect(server.url)) as verbinding, verbinding, verbinding.cursor() as cursor:
            cursor.execute(_ANDERE_INHOUD, (document, zaaknummer(zaken.reeks, 0)))
        stromen.append(replace(zaken, bericht="LIJST", reeks=f"h{plaats:03d}", zaken=zaken.reeks))
        uit.append(Lijstregel(maat))
    # A zaak without documents, as where geefZaakdetails is measured by itself.
    stromen.insert(0, replace(_maak_zaken(server, 1, "leeg"), bericht="DETAILS", reeks="h999", zaken="leeg", modulo=1))
    maat = replace(
        _LIJST, aantal=min(_LIJST.aantal, 10 * omvang.aantal), seconden=omvang.seconden, rondes=omvang.rondes
    )
    for ronde in range(-1, maat.rondes):
        meld(f"lijsten van {PER_ZAAK} documenten, ronde {max(ronde + 1, 0)}")
        for regel, stroom in zip(uit, stromen, strict=True):
            meter.server(
                server, maat if ronde >= 0 else maat.kort(), stroom, uitkomst=regel.server if ronde >= 0 else None
            )
    return uit


def _maak_zaken(server: Server, aantal: int, reeks: str = "zaak") -> Stroom:
    stroom = Stroom("CREEER_PLAN", reeks, personen=_PERSONEN)
    stuur(server.poort, stroom, aantal=aantal)
    return stroom
