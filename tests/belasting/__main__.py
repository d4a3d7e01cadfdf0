"""`make bench`: speed per operation beside a floor measured in the same run. Starts and stops a server of its own."""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import uuid
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil
import psycopg2
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tests.belasting import berichten, sjablonen, vloer_lezen, vulling
from tests.belasting.opdracht import Lastproces, Opdracht, Stroom, Verslag
from tests.conftest import haal, start_server, stop_server, vrije_poort, wacht_op_server

from regiesysteem.embedded import ingebedde_postgres

KLANTEN: Final = 8
WERKERS: Final = 2
DOEL: Final = {"CREEER_PLAN": 0.5, "CREEER_KLEIN": 0.5, "DETAILS": 0.5, "ZOEK_VEEL": 0.3}


@dataclass(frozen=True)
class Meting:
    """Figures of one operation: throughput per second, milliseconds, counts per request; `verhouding` to the floor."""

    naam: str
    per_seconde: float
    p50: float
    p95: float
    cpu: float
    statements: float
    bytes_heen: float
    bytes_terug: float
    vloer: float
    verhouding: float


class Bench:
    """A running server, its database, and the rows by which the floor writes."""

    def __init__(self, poort: int, url: str, proces: subprocess.Popen[str], seconden: float) -> None:
        self.poort, self.url, self.proces, self.seconden = poort, url, proces, seconden
        self.sjablonen = sjablonen.neem_sjablonen(url, poort)
        with closing(psycopg2.connect(url)) as verbinding, verbinding.cursor() as cursor:
            self.sjablonen["ZOEK_VEEL"] = vloer_lezen.lees_zaaktypen(cursor)

    def meet(self, naam: str, aantal: int, zaken: str = "", modulo: int = 0) -> Meting:
        """Measure the floor, then the server, each on messages of its own."""
        vloer = self._last("vloer", naam, aantal, zaken, modulo, "v", WERKERS)
        dienst = getattr(berichten, naam).dienst
        cpu, (keren, statements) = self._cpu(), self._statements(dienst)
        klant = self._last("klant", naam, aantal, zaken, modulo, "s", 1)
        cpu, na = self._cpu() - cpu, self._statements(dienst)
        for verslag in (vloer, klant):
            if verslag.fouten:
                raise RuntimeError(f"{naam}: {verslag.fouten[0]}")
        snel, vloersnel = klant.aantal / klant.seconden, vloer.aantal / vloer.seconden
        duur = sorted(klant.duur)
        return Meting(
            naam,
            snel,
            statistics.median(duur) * 1000,
            duur[int(len(duur) * 0.95)] * 1000,
            cpu / klant.aantal * 1000,
            (na[1] - statements) / max(1, na[0] - keren),
            klant.heen / klant.aantal,
            klant.terug / klant.aantal,
            vloersnel,
            snel / vloersnel,
        )

    def werkers_mb(self) -> list[float]:
        """Memory of each worker."""
        kinderen = [kind for kind in psutil.Process(self.proces.pid).children() if "postgres" not in kind.name()]
        return sorted((kind.memory_info().rss / 2**20 for kind in kinderen), reverse=True)[:WERKERS]

    def _last(self, soort: str, naam: str, aantal: int, zaken: str, modulo: int, kant: str, processen: int) -> Verslag:
        # A mutation is done once per zaak: the floor has the zaken of even numbers, the server those of odd numbers.
        reeks = kant + uuid.uuid4().hex[:3]
        mensen = 1_000_000 * (1 if kant == "v" else 2) if not zaken else 0
        helft = 2 if naam in {"UPDATE", "ACTUALISEER"} else 1
        begin = 1 if helft == 2 and kant == "s" else 0
        lasten = [
            Lastproces(
                soort,
                Opdracht(
                    (Stroom(naam, reeks, zaken, mensen, begin + helft * nummer, helft * processen, modulo),),
                    aantal // processen,
                    self.seconden,
                    KLANTEN // processen,
                    self.url if soort == "vloer" else str(self.poort),
                    self.sjablonen if soort == "vloer" else {},
                ),
            )
            for nummer in range(processen)
        ]
        for last in lasten:
            last.wacht()
        for last in lasten:
            last.start()
        eerste, *rest = [last.verslag() for last in lasten]
        for verslag in rest:
            eerste = eerste.erbij(verslag)
        return eerste

    def _cpu(self) -> float:
        tijden = [kind.cpu_times() for kind in psutil.Process(self.proces.pid).children(recursive=True)]
        return sum(tijd.user + tijd.system for tijd in tijden)

    def _statements(self, dienst: str) -> tuple[float, float]:
        _, tekst = haal(f"http://127.0.0.1:{self.poort}/metrics")
        waarden = {
            soort: sum(
                float(getal) for getal in re.findall(rf'bericht_statements_{soort}{{dienst="{dienst}"}} (\S+)', tekst)
            )
            for soort in ("count", "sum")
        }
        return waarden["count"], waarden["sum"]


def meet_alles(bench: Bench, scherm: Console, aantal: int, zaken: int) -> list[Meting]:
    """All operations, then one BSN with a thousand zaken, then a BSN in a zakenmagazijn of `zaken`."""
    metingen = []
    reeks = "bas0"
    sjablonen.stuur(bench.poort, Stroom("CREEER_PLAN", reeks), aantal=2 * aantal, seconden=120, gelijktijdig=KLANTEN)
    for naam in ("GENEREER", "CREEER_PLAN", "CREEER_KLEIN"):
        metingen.append(bench.meet(naam, aantal))
    for naam in ("UPDATE", "ACTUALISEER"):
        metingen.append(bench.meet(naam, aantal, reeks))
    for naam in ("STATUS", "DETAILS", "ZOEK"):
        metingen.append(bench.meet(naam, aantal, reeks, modulo=aantal))
    scherm.print(f"Zakenmagazijn vullen met {zaken} zaken")
    model = berichten.zaaknummer(reeks, 1)
    with Progress(console=scherm) as balk:
        taak = balk.add_task("zaken", total=zaken)
        for gedaan in vulling.vul(bench.url, model, zaken, "1900VOL", 3_000_000):
            balk.update(taak, completed=gedaan)
    metingen.append(bench.meet("ZOEK", aantal, reeks, modulo=aantal))
    for _ in vulling.vul(bench.url, berichten.zaaknummer(reeks, 0), 999, "1900VEEL", None):
        pass
    metingen.append(bench.meet("ZOEK_VEEL", max(16, aantal // 50), reeks, modulo=1))
    return metingen


def toon(metingen: list[Meting], scherm: Console) -> None:
    """The table."""
    tabel = Table(
        "bericht", "per s", "p50 ms", "p95 ms", "CPU ms", "SQL", "bytes in", "bytes uit", "vloer/s", "verhouding"
    )
    for meting in metingen:
        doel = DOEL.get(meting.naam)
        oordeel = (
            "" if doel is None else f" (doel {doel}: {'gehaald' if meting.verhouding >= doel else 'niet gehaald'})"
        )
        tabel.add_row(
            meting.naam,
            f"{meting.per_seconde:.0f}",
            f"{meting.p50:.1f}",
            f"{meting.p95:.1f}",
            f"{meting.cpu:.2f}",
            f"{meting.statements:.1f}",
            f"{meting.bytes_heen:.0f}",
            f"{meting.bytes_terug:.0f}",
            f"{meting.vloer:.0f}",
            f"{meting.verhouding:.2f}{oordeel}",
        )
    scherm.print(tabel)


def hoofd() -> int:
    """Read the options, start the server, measure, stop it."""
    opties = argparse.ArgumentParser(prog="make bench", description="Meet de snelheid naast een vloer.")
    opties.add_argument("--aantal", type=int, default=3000, help="berichten per bewerking (standaard 3000)")
    opties.add_argument("--seconden", type=float, default=20, help="hoogstens zoveel seconden per bewerking")
    opties.add_argument("--zaken", type=int, default=1_000_000, help="zaken in het grote zakenmagazijn")
    opties.add_argument("--geheugen", type=int, default=20_000, help="verzoeken voor de meting van het geheugen")
    opties.add_argument("--uit", type=Path, help="schrijf de cijfers ook als JSON hierheen")
    keus = opties.parse_args()
    scherm = Console(width=160)
    with tempfile.TemporaryDirectory(prefix="rb") as map_, ingebedde_postgres(Path(map_) / "data") as postgres:
        logboek, poort = Path(map_) / "logboek", vrije_poort()
        proces = start_server(
            logboek,
            REGIE_PORT=str(poort),
            REGIE_WORKERS=str(WERKERS),
            REGIE_DATA_DIR=str(Path(map_) / "web"),
            REGIE_DATABASE_URL=postgres.url,
        )
        try:
            wacht_op_server(proces, logboek)
            bench = Bench(poort, postgres.url, proces, keus.seconden)
            metingen = meet_alles(bench, scherm, keus.aantal, keus.zaken)
            toon(metingen, scherm)
            eerst = bench.werkers_mb()
            stroom = Stroom("DETAILS", "geh0", "bas0", modulo=keus.aantal)
            sjablonen.stuur(poort, stroom, aantal=keus.geheugen, seconden=300, gelijktijdig=KLANTEN)
            geheugen = {"eerst": eerst, "daarna": bench.werkers_mb(), "verzoeken": keus.geheugen}
            scherm.print(
                f"Geheugen per werker in MB, voor en na {keus.geheugen} verzoeken: {eerst} {geheugen['daarna']}"
            )
        finally:
            stop_server(proces)
    if keus.uit:
        keus.uit.write_text(json.dumps({"metingen": [asdict(een) for een in metingen], "geheugen": geheugen}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(hoofd())
