"""The result of a bench for people: tables with each target beside its figure."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from tests.belasting import bewijs, documenten, paginas, toegang
from tests.belasting import notificatiecijfers as notificaties
from tests.belasting.onderdelen import DOELEN, TITELS, Groei, Memory, Regel

_YES: Final = "[green]ja[/green]"
_NEE: Final = "[red]nee[/red]"


def show_operaties(console: Console, regels: Mapping[str, Regel]) -> None:
    """Print server and floor per operation, then what each request costs."""
    table = Table(title="Berichten per seconde, naast de vloer (2 workers, 8 klanten)", title_justify="left")
    for head in ("bericht", "req/s", "p50 ms", "p95 ms", "vloer req/s", "verhouding", "doel", "gehaald"):
        table.add_column(head, justify="left" if head == "bericht" else "right")
    for naam, regel in regels.items():
        target = DOELEN["vloer"].get(naam) if naam != "ZOEK_VEEL" else DOELEN["veel"]  # type: ignore[attr-defined]
        table.add_row(
            TITELS[naam],
            f"{regel.server.per_seconde:.0f}",
            f"{regel.server.kwantiel(0.5):.1f}",
            f"{regel.server.kwantiel(0.95):.1f}",
            f"{regel.vloer.per_seconde:.0f}",
            f"{regel.verhouding:.2f}",
            f">= {target}" if target else "",
            verdict(regel.verhouding >= target) if target else "",
        )
    console.print(table)
    _show_verbruik(console, regels)


def _show_verbruik(console: Console, regels: Mapping[str, Regel]) -> None:
    table = Table(title="Wat een bericht kost: ms CPU, SQL-opdrachten, bytes", title_justify="left")
    for head in (
        "bericht", "workers", "PostgreSQL", "vloer", "vloer PG", "klant", "SQL", "BEGIN e.d.", "samen", "doel",
        "gehaald", "bytes heen", "bytes terug",
    ):  # fmt: skip
        table.add_column(head, justify="left" if head == "bericht" else "right")
    for naam, regel in regels.items():
        server, vloer = regel.server.as_dict(), regel.vloer.as_dict()
        together = regel.statements + regel.transactie
        target = DOELEN["rondgangen"].get(naam)  # type: ignore[attr-defined]
        table.add_row(
            TITELS[naam],
            *(f"{server[field]:.2f}" for field in ("cpu_ms", "cpu_postgres_ms")),
            *(f"{vloer[field]:.2f}" for field in ("cpu_ms", "cpu_postgres_ms")),
            f"{server['cpu_klant_ms']:.2f}",
            f"{regel.statements:g}",
            f"{regel.transactie:g}",
            f"{together:g}",
            f"<= {target}" if target else "",
            verdict(together <= target) if target else "",
            f"{server['bytes_heen']:,}".replace(",", "."),
            f"{server['bytes_terug']:,}".replace(",", "."),
        )
    console.print(table)


def show_toegang(console: Console, kosten: Mapping[str, toegang.InzageKosten]) -> None:
    """Print what the read log costs each question."""
    _show_kosten(console, "Vragen met en zonder leeslogboek", kosten, toegang.DOELEN["inzage"])


def show_bewijs(console: Console, kosten: Mapping[str, toegang.InzageKosten]) -> None:
    """Print what HTTP basic with the read log costs each message."""
    _show_kosten(console, "Berichten met HTTP basic en leeslogboek, en zonder", kosten, round(1 / bewijs.DOEL, 3))


def _show_kosten(console: Console, title: str, kosten: Mapping[str, toegang.InzageKosten], most: float) -> None:
    table = Table(title=f"{title}, om de beurt (2 workers, 8 klanten)", title_justify="left")
    for head in (
        "vraag",
        "met req/s",
        "zonder req/s",
        "met p50 ms",
        "zonder p50 ms",
        "keer zo traag",
        "keer CPU",
        "doel",
        "gehaald",
    ):
        table.add_column(head, justify="left" if head == "vraag" else "right")
    for naam, one in kosten.items():
        table.add_row(
            TITELS[naam],
            f"{one.met.per_seconde:.0f}",
            f"{one.zonder.per_seconde:.0f}",
            f"{one.met.kwantiel(0.5):.1f}",
            f"{one.zonder.kwantiel(0.5):.1f}",
            f"{one.verhouding:.2f}",
            f"{one.cpu_verhouding:.2f}",
            f"<= {most}",
            verdict(one.verhouding <= most),
        )
    console.print(table)


def show_groei(console: Console, groei: Groei) -> None:
    """Print how much longer the question takes in the large zakenmagazijn."""
    console.print(
        f"zakLv01 op een BSN: {groei.small.kwantiel(0.5):.1f} ms bij 1.000 zaken, {groei.large.kwantiel(0.5):.1f} ms "
        f"bij {groei.zaken:,} zaken (mediaan): {groei.verhouding:.2f} keer zo lang; "
        f"doel <= {DOELEN['groei']}, gehaald: {verdict(groei.verhouding <= DOELEN['groei'])}"  # type: ignore[operator]
    )


def show_memory(console: Console, memory: Memory) -> None:
    """Print what the workers needed."""
    count = memory.metingen[-1][0]
    vlak = memory.groei <= DOELEN["geheugen_groei"]  # type: ignore[operator]
    small = memory.highest < DOELEN["geheugen_mb"]  # type: ignore[operator]
    console.print(
        f"Geheugen van een worker over {count:,} berichten: hoogstens {memory.highest:.0f} MB "
        f"(doel < {DOELEN['geheugen_mb']}, gehaald: {verdict(small)}); na het inwerken {memory.groei:.2f} keer zo "
        f"groot (vlak, doel <= {DOELEN['geheugen_groei']}, gehaald: {verdict(vlak)})"
    )


def show_documenten(console: Console, uitslag: documenten.Documenten) -> None:
    """Print how documents go in and come out, what they cost, and how fast their list is."""
    doelen = documenten.DOELEN
    table = Table(title="Documenten, naast de vloer", title_justify="left")
    kosten = Table(title="Wat een document kost: ms CPU, SQL-opdrachten, geheugen", title_justify="left")
    for head in ("bericht", "bytes", "req/s", "MB/s", "p95 ms", "vloer MB/s", "verhouding", "gehaald"):
        table.add_column(head, justify="left" if head == "bericht" else "right")
    for head in (
        "bericht", "bytes", "workers", "PostgreSQL", "vloer", "vloer PG", "klant", "SQL", "BEGIN e.d.", "piek MB",
    ):  # fmt: skip
        kosten.add_column(head, justify="left" if head == "bericht" else "right")
    for regel in uitslag.regels:
        server, vloer = regel.server.as_dict(), regel.vloer.as_dict()
        head = (documenten.TITELS[regel.naam], f"{regel.grootte:,}".replace(",", "."))
        table.add_row(
            *head,
            f"{regel.server.per_seconde:.1f}",
            f"{regel.mb_per_seconde[0]:.1f}",
            f"{regel.server.kwantiel(0.95):.1f}",
            f"{regel.mb_per_seconde[1]:.1f}",
            f"{regel.verhouding:.2f}",
            verdict(regel.verhouding >= doelen["vloer"]) if regel.grootte >= doelen["vanaf"] else "",
        )
        kosten.add_row(
            *head,
            *(f"{server[field]:.1f}" for field in ("cpu_ms", "cpu_postgres_ms")),
            *(f"{vloer[field]:.1f}" for field in ("cpu_ms", "cpu_postgres_ms")),
            f"{server['cpu_klant_ms']:.1f}",
            f"{regel.statements:g}",
            f"{regel.transactie:g}",
            f"{regel.piek_mb:.0f}",
        )
    console.print(table)
    console.print(kosten)
    console.print(
        f"Doelen: verhouding >= {doelen['vloer']} vanaf {doelen['vanaf']:,} bytes; piek <= {doelen['geheugen_mb']} MB; "
        f"hoogstens {doelen['sql']} SQL-opdrachten bij {doelen['sql_grootte']:,} bytes"
    )
    _show_lists(console, uitslag)


def _show_lists(console: Console, uitslag: documenten.Documenten) -> None:
    doelen = documenten.DOELEN
    details, *lists = uitslag.lists
    console.print(
        f"geefZaakdetails: {details.server.per_seconde:.0f} per s, {details.server.kwantiel(0.95):.1f} ms p95"
    )
    for listing in lists:
        part = listing.server.per_seconde / details.server.per_seconde
        console.print(
            f"geefLijstZaakdocumenten, documenten van {listing.grootte:,} bytes: "
            f"{listing.server.per_seconde:.0f} per s, {listing.server.kwantiel(0.95):.1f} ms p95, "
            f"{listing.statements:g} SQL; {part:.2f} van geefZaakdetails "
            f"(doel >= {doelen['lijst']}, gehaald: {verdict(part >= doelen['lijst'])})"
        )


def show_notificaties(console: Console, uitslag: notificaties.Notificaties) -> None:
    """Print how many notifications go out beside the floor, how soon, and what they do to creeerZaak."""
    doelen = notificaties.DOELEN
    table = Table(title="Notificaties, naast de vloer; CPU in ms per notificatie", title_justify="left")
    for head in ("", "per s", "verhouding", "doel", "gehaald", "worker", "PostgreSQL", "ontvanger"):
        table.add_column(head, justify="left" if not head else "right")
    for what, delivery, workers in (
        ("1 worker", uitslag.delivery[1], 1),
        ("2 workers", uitslag.delivery[2], 2),
        ("vloer", uitslag.vloer, 0),
    ):
        digits, part = delivery.as_dict(), uitslag.verhouding(workers) if workers else 1.0
        table.add_row(
            what,
            f"{digits['per_seconde']:.0f}",
            f"{part:.2f}" if workers else "",
            f">= {doelen['vloer']}" if workers == 1 else "",
            verdict(part >= doelen["vloer"]) if workers == 1 else "",
            *(f"{digits[field]:.2f}" for field in ("cpu_ms", "cpu_postgres_ms", "cpu_ontvanger_ms")),
        )
    console.print(table)
    sql = ", ".join(f"{what} {one:g} + {other:g} BEGIN en COMMIT" for what, (one, other) in uitslag.statements.items())
    console.print(f"SQL per notificatie: {sql}. De ontvanger kon {uitslag.ontvanger_to:.0f} per s aan.")
    p95 = uitslag.kwantiel_ms(0.95)
    console.print(
        f"Tot ontvangst, bij {uitslag.tempo:.0f} mutaties per s en {notificaties.ABONNEES} abonnementen: "
        f"p50 {uitslag.kwantiel_ms(0.5):.0f} ms, p95 {p95:.0f} ms (doel < {doelen['p95_ms']}, "
        f"gehaald: {verdict(p95 < doelen['p95_ms'])})"
    )
    for soort, outcome in uitslag.creeer.items():
        trager = uitslag.trager(soort)
        gehaald = f" (doel <= {doelen['creeer']}, gehaald: {verdict(trager <= doelen['creeer'])})"
        console.print(
            f"creeerZaak, {soort}: {outcome.per_seconde:.0f} per s, {trager:.2f} keer zo traag"
            f"{'' if soort == notificaties.WITHOUT else gehaald}"
        )


def verdict(good: bool) -> str:
    """Say whether a target is met."""
    return _YES if good else _NEE


def show_paginas(console: Console, uitslag: paginas.Paginacijfers) -> None:
    """Print how long pages take, their statements and their weight, and what people cost messages."""
    doelen: Mapping[str, Any] = paginas.DOELEN
    table = Table(title=f"Pagina's bij {uitslag.zaken:,} zaken".replace(",", "."), title_justify="left")
    for head in (
        "pagina",
        "p50 ms",
        "p95 ms",
        "doel",
        "gehaald",
        "CPU ms",
        "SQL klein",
        "SQL groot",
        "doel",
        "gehaald",
        "kB",
    ):
        table.add_column(head, justify="left" if head == "pagina" else "right")
    for naam, one in uitslag.paginas.items():
        target, (little, much) = doelen["p95_ms"][naam], one.statements
        table.add_row(
            paginas.TITELS[naam],
            f"{one.kwantiel(0.5):.0f}",
            f"{one.kwantiel(0.95):.0f}",
            f"< {target}",
            verdict(one.kwantiel(0.95) < target),
            f"{one.cpu_ms:.0f}",
            f"{little:g}",
            f"{much:g}",
            f"gelijk, <= {doelen['statements']}",
            verdict(little == much <= doelen["statements"]),
            f"{one.bytes / 1000:.1f}",
        )
    console.print(table)
    good = verdict(uitslag.eerste_kb <= doelen["eerste_kb"])
    console.print(f"Eerste pagina met haar stijl: {uitslag.eerste_kb:.0f} kB (doel <= {doelen['eerste_kb']}): {good}")
    console.print(
        f"Berichten per seconde: {uitslag.zonder.per_seconde:.0f} zonder mensen, {uitslag.met.per_seconde:.0f} met"
        f" {paginas.CLICKERS} die klikken ({uitslag.geklikt} pagina's): {uitslag.soap:.3f}"
        f" (doel >= {doelen['soap']}): {verdict(uitslag.soap >= doelen['soap'])}"
    )
