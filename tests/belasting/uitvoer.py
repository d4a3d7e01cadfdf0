"""What people read of a bench: tables with each target beside its figure."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from tests.belasting import documenten
from tests.belasting import notificatiecijfers as notificaties
from tests.belasting.onderdelen import DOELEN, TITELS, Geheugen, Groei, Regel

_JA: Final = "[green]ja[/green]"
_NEE: Final = "[red]nee[/red]"


def toon_operaties(console: Console, regels: Mapping[str, Regel]) -> None:
    """Print server and floor per operation, then what each request costs."""
    tabel = Table(title="Berichten per seconde, naast de vloer (2 workers, 8 klanten)", title_justify="left")
    for kop in ("bericht", "req/s", "p50 ms", "p95 ms", "vloer req/s", "verhouding", "doel", "gehaald"):
        tabel.add_column(kop, justify="left" if kop == "bericht" else "right")
    for naam, regel in regels.items():
        doel = DOELEN["vloer"].get(naam) if naam != "ZOEK_VEEL" else DOELEN["veel"]  # type: ignore[attr-defined]
        tabel.add_row(
            TITELS[naam],
            f"{regel.server.per_seconde:.0f}",
            f"{regel.server.kwantiel(0.5):.1f}",
            f"{regel.server.kwantiel(0.95):.1f}",
            f"{regel.vloer.per_seconde:.0f}",
            f"{regel.verhouding:.2f}",
            f">= {doel}" if doel else "",
            oordeel(regel.verhouding >= doel) if doel else "",
        )
    console.print(tabel)
    _toon_verbruik(console, regels)


def _toon_verbruik(console: Console, regels: Mapping[str, Regel]) -> None:
    tabel = Table(title="Wat een bericht kost: ms CPU, SQL-opdrachten, bytes", title_justify="left")
    for kop in (
        "bericht", "workers", "PostgreSQL", "vloer", "vloer PG", "klant", "SQL", "BEGIN e.d.", "samen", "doel",
        "gehaald", "bytes heen", "bytes terug",
    ):  # fmt: skip
        tabel.add_column(kop, justify="left" if kop == "bericht" else "right")
    for naam, regel in regels.items():
        server, vloer = regel.server.als_dict(), regel.vloer.als_dict()
        samen = regel.statements + regel.transactie
        doel = DOELEN["rondgangen"].get(naam)  # type: ignore[attr-defined]
        tabel.add_row(
            TITELS[naam],
            *(f"{server[veld]:.2f}" for veld in ("cpu_ms", "cpu_postgres_ms")),
            *(f"{vloer[veld]:.2f}" for veld in ("cpu_ms", "cpu_postgres_ms")),
            f"{server['cpu_klant_ms']:.2f}",
            f"{regel.statements:g}",
            f"{regel.transactie:g}",
            f"{samen:g}",
            f"<= {doel}" if doel else "",
            oordeel(samen <= doel) if doel else "",
            f"{server['bytes_heen']:,}".replace(",", "."),
            f"{server['bytes_terug']:,}".replace(",", "."),
        )
    console.print(tabel)


def toon_groei(console: Console, groei: Groei) -> None:
    """Print how much longer the question takes in the large zakenmagazijn."""
    console.print(
        f"zakLv01 op een BSN: {groei.klein.kwantiel(0.5):.1f} ms bij 1.000 zaken, {groei.groot.kwantiel(0.5):.1f} ms "
        f"bij {groei.zaken:,} zaken (mediaan): {groei.verhouding:.2f} keer zo lang; "
        f"doel <= {DOELEN['groei']}, gehaald: {oordeel(groei.verhouding <= DOELEN['groei'])}"  # type: ignore[operator]
    )


def toon_geheugen(console: Console, geheugen: Geheugen) -> None:
    """Print what the workers needed."""
    aantal = geheugen.metingen[-1][0]
    vlak = geheugen.groei <= DOELEN["geheugen_groei"]  # type: ignore[operator]
    klein = geheugen.hoogste < DOELEN["geheugen_mb"]  # type: ignore[operator]
    console.print(
        f"Geheugen van een worker over {aantal:,} berichten: hoogstens {geheugen.hoogste:.0f} MB "
        f"(doel < {DOELEN['geheugen_mb']}, gehaald: {oordeel(klein)}); na het inwerken {geheugen.groei:.2f} keer zo "
        f"groot (vlak, doel <= {DOELEN['geheugen_groei']}, gehaald: {oordeel(vlak)})"
    )


def toon_documenten(console: Console, uitslag: documenten.Documenten) -> None:
    """Print how documents go in and come out, what they cost, and how fast their list is."""
    doelen = documenten.DOELEN
    tabel = Table(title="Documenten, naast de vloer", title_justify="left")
    kosten = Table(title="Wat een document kost: ms CPU, SQL-opdrachten, geheugen", title_justify="left")
    for kop in ("bericht", "bytes", "req/s", "MB/s", "p95 ms", "vloer MB/s", "verhouding", "gehaald"):
        tabel.add_column(kop, justify="left" if kop == "bericht" else "right")
    for kop in (
        "bericht", "bytes", "workers", "PostgreSQL", "vloer", "vloer PG", "klant", "SQL", "BEGIN e.d.", "piek MB",
    ):  # fmt: skip
        kosten.add_column(kop, justify="left" if kop == "bericht" else "right")
    for regel in uitslag.regels:
        server, vloer = regel.server.als_dict(), regel.vloer.als_dict()
        kop = (documenten.TITELS[regel.naam], f"{regel.grootte:,}".replace(",", "."))
        tabel.add_row(
            *kop,
            f"{regel.server.per_seconde:.1f}",
            f"{regel.mb_per_seconde[0]:.1f}",
            f"{regel.server.kwantiel(0.95):.1f}",
            f"{regel.mb_per_seconde[1]:.1f}",
            f"{regel.verhouding:.2f}",
            oordeel(regel.verhouding >= doelen["vloer"]) if regel.grootte >= doelen["vanaf"] else "",
        )
        kosten.add_row(
            *kop,
            *(f"{server[veld]:.1f}" for veld in ("cpu_ms", "cpu_postgres_ms")),
            *(f"{vloer[veld]:.1f}" for veld in ("cpu_ms", "cpu_postgres_ms")),
            f"{server['cpu_klant_ms']:.1f}",
            f"{regel.statements:g}",
            f"{regel.transactie:g}",
            f"{regel.piek_mb:.0f}",
        )
    console.print(tabel)
    console.print(kosten)
    console.print(
        f"Doelen: verhouding >= {doelen['vloer']} vanaf {doelen['vanaf']:,} bytes; piek <= {doelen['geheugen_mb']} MB; "
        f"hoogstens {doelen['sql']} SQL-opdrachten bij {doelen['sql_grootte']:,} bytes"
    )
    _toon_lijsten(console, uitslag)


def _toon_lijsten(console: Console, uitslag: documenten.Documenten) -> None:
    doelen = documenten.DOELEN
    details, *lijsten = uitslag.lijsten
    console.print(
        f"geefZaakdetails: {details.server.per_seconde:.0f} per s, {details.server.kwantiel(0.95):.1f} ms p95"
    )
    for lijst in lijsten:
        deel = lijst.server.per_seconde / details.server.per_seconde
        console.print(
            f"geefLijstZaakdocumenten, documenten van {lijst.grootte:,} bytes: {lijst.server.per_seconde:.0f} per s, "
            f"{lijst.server.kwantiel(0.95):.1f} ms p95, {lijst.statements:g} SQL; {deel:.2f} van geefZaakdetails "
            f"(doel >= {doelen['lijst']}, gehaald: {oordeel(deel >= doelen['lijst'])})"
        )


def toon_notificaties(console: Console, uitslag: notificaties.Notificaties) -> None:
    """Print how many notifications go out beside the floor, how soon, and what they do to creeerZaak."""
    doelen = notificaties.DOELEN
    tabel = Table(title="Notificaties, naast de vloer; CPU in ms per notificatie", title_justify="left")
    for kop in ("", "per s", "verhouding", "doel", "gehaald", "worker", "PostgreSQL", "ontvanger"):
        tabel.add_column(kop, justify="left" if not kop else "right")
    for wat, bezorging, workers in (
        ("1 worker", uitslag.bezorging[1], 1),
        ("2 workers", uitslag.bezorging[2], 2),
        ("vloer", uitslag.vloer, 0),
    ):
        cijfers, deel = bezorging.als_dict(), uitslag.verhouding(workers) if workers else 1.0
        tabel.add_row(
            wat,
            f"{cijfers['per_seconde']:.0f}",
            f"{deel:.2f}" if workers else "",
            f">= {doelen['vloer']}" if workers == 1 else "",
            oordeel(deel >= doelen["vloer"]) if workers == 1 else "",
            *(f"{cijfers[veld]:.2f}" for veld in ("cpu_ms", "cpu_postgres_ms", "cpu_ontvanger_ms")),
        )
    console.print(tabel)
    sql = ", ".join(f"{wat} {een:g} + {ander:g} BEGIN en COMMIT" for wat, (een, ander) in uitslag.statements.items())
    console.print(f"SQL per notificatie: {sql}. De ontvanger kon {uitslag.ontvanger_aan:.0f} per s aan.")
    p95 = uitslag.kwantiel_ms(0.95)
    console.print(
        f"Tot ontvangst, bij {uitslag.tempo:.0f} mutaties per s en {notificaties.ABONNEES} abonnementen: "
        f"p50 {uitslag.kwantiel_ms(0.5):.0f} ms, p95 {p95:.0f} ms (doel < {doelen['p95_ms']}, "
        f"gehaald: {oordeel(p95 < doelen['p95_ms'])})"
    )
    for soort, uitkomst in uitslag.creeer.items():
        trager = uitslag.trager(soort)
        gehaald = f" (doel <= {doelen['creeer']}, gehaald: {oordeel(trager <= doelen['creeer'])})"
        console.print(
            f"creeerZaak, {soort}: {uitkomst.per_seconde:.0f} per s, {trager:.2f} keer zo traag"
            f"{'' if soort == notificaties.ZONDER else gehaald}"
        )


def oordeel(goed: bool) -> str:
    """Say whether a target is met."""
    return _JA if goed else _NEE
