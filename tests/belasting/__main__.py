"""`regie bench`: measure the server beside its floor. Starts its own everything and leaves nothing behind."""

import json
import os
import platform
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from tests.belasting import bewijs, documenten, notificatiecijfers, notificaties, paginas, toegang, vulling
from tests.belasting.meting import Meter, Size, as_json
from tests.belasting.omgeving import WORKERS, Server, Werkbank, werkbank
from tests.belasting.onderdelen import (
    DOELEN,
    TITELS,
    count_statements,
    groei,
    many,
    memory,
    operaties,
)
from tests.belasting.opdracht import ROOT
from tests.belasting.sjablonen import take_sjablonen
from tests.belasting.uitvoer import (
    show_bewijs,
    show_documenten,
    show_groei,
    show_memory,
    show_notificaties,
    show_operaties,
    show_paginas,
    show_toegang,
)

PARTS: Final = ("operaties", "groei", "veel", "geheugen", "documenten", "notificaties", "toegang", "paginas")
_APART: Final = {"notificaties", "toegang", "paginas"}
_PAKKETTEN: Final = ("spyne", "lxml", "sqlalchemy", "psycopg2-binary", "waitress")


class Bank:
    """One bench from start to end: what it measures is in `uitslag`."""

    def __init__(self, console: Console, *, fast: bool, zaken: int, memory: int) -> None:
        self._console = console
        self._fast = fast
        self._zaken = zaken or (20_000 if fast else 1_000_000)
        self._berichten = memory or (4000 if fast else 20_000)
        self._size = Size(600, 2, 1) if fast else Size(8000, 5, 3)
        self._voortgang = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True,
        )  # fmt: skip
        self.uitslag: dict[str, Any] = {"omgeving": environment(), "doelen": DOELEN | {"documenten": documenten.DOELEN}}
        self.uitslag["doelen"]["notificaties"] = notificatiecijfers.DOELEN
        self.uitslag["doelen"]["toegang"] = toegang.DOELEN | {"bewijs": bewijs.DOEL}
        self.uitslag["doelen"]["paginas"] = paginas.DOELEN
        self._plans = zaken or (100_000 if fast else 1_000_000)

    def run(self, parts: list[str]) -> None:
        """Measure these parts, print each as soon as it is there."""
        with self._voortgang, ExitStack() as batch:
            bank = batch.enter_context(werkbank())
            if "notificaties" in parts:
                self._notificaties(bank)
            if "toegang" in parts:
                self._toegang(bank)
            if "paginas" in parts:
                self._paginas(bank)
            if set(parts) <= _APART:
                return
            tellingen = self._count(bank) if {"operaties", "veel"} & set(parts) else {}
            small = batch.enter_context(self._server(bank, "klein"))
            meter = Meter(bank, take_sjablonen(small.url, small.port))
            if "groei" in parts:
                self._fill(bank, small, 1000)
            if "operaties" in parts:
                self._operaties(meter, small, tellingen)
            if {"groei", "veel"} & set(parts):
                with self._server(bank, "groot") as large:
                    self._fill(bank, large, self._zaken)
                    if "groei" in parts:
                        self._groei(meter, small, large)
                    if "veel" in parts:
                        self._many(meter, large, tellingen)
            if "geheugen" in parts:
                self._memory(meter, small)
            if "documenten" in parts:
                with self._server(bank, "documenten") as server:
                    self._documenten(bank, server)

    def _server(self, bank: Werkbank, database: str) -> Any:
        self._report(f"server starten ({database})")
        return bank.server(database)

    def _count(self, bank: Werkbank) -> dict[str, tuple[float, float]]:
        self._report("SQL-opdrachten tellen")
        return count_statements(bank)

    def _fill(self, bank: Werkbank, server: Server, zaken: int) -> None:
        task = self._voortgang.add_task(f"{zaken:,} zaken laden met COPY", total=zaken)
        vulling.fill(bank.beheer_url(server.database), zaken, lambda added: self._voortgang.advance(task, added))
        self._voortgang.remove_task(task)

    def _operaties(self, meter: Meter, server: Server, tellingen: dict[str, tuple[float, float]]) -> None:
        task = self._voortgang.add_task("", total=len(TITELS) - 1)

        def report(what: str) -> None:
            self._voortgang.update(task, description=f"naast de vloer: {what}", advance=1)

        regels = operaties(meter, server, self._size, report)
        self._voortgang.remove_task(task)
        for naam, regel in regels.items():
            regel.statements, regel.transactie = tellingen[naam]
        self.uitslag["operaties"] = regels
        show_operaties(self._console, regels)

    def _groei(self, meter: Meter, small: Server, large: Server) -> None:
        self._report(f"zakLv01 bij 1.000 en bij {self._zaken:,} zaken")
        self.uitslag["groei"] = uitslag = groei(meter, small, large, self._zaken, self._size)
        show_groei(self._console, uitslag)

    def _many(self, meter: Meter, large: Server, tellingen: dict[str, tuple[float, float]]) -> None:
        self._report(TITELS["ZOEK_VEEL"])
        size = Size(24, 20, 1) if self._fast else Size(200, 15, 3)
        regel = many(meter, large, size)
        regel.statements, regel.transactie = tellingen["ZOEK_VEEL"]
        self.uitslag["veel"] = regel
        show_operaties(self._console, {"ZOEK_VEEL": regel})
        self.uitslag["geheugen_na_veel_mb"] = after = max(large.memory())
        self._console.print(
            f"Geheugen van een worker na deze antwoorden: {after:.0f} MB (doel < {DOELEN['geheugen_mb']})"
        )

    def _memory(self, meter: Meter, server: Server) -> None:
        task = self._voortgang.add_task("geheugen: berichten van alle soorten", total=self._berichten)
        self.uitslag["geheugen"] = uitslag = memory(
            meter, server, self._berichten, lambda added: self._voortgang.advance(task, added)
        )
        self._voortgang.remove_task(task)
        show_memory(self._console, uitslag)

    def _documenten(self, bank: Werkbank, server: Server) -> None:
        maten = documenten.FAST if self._fast else documenten.VOLUIT
        self._report("SQL-opdrachten tellen voor documenten")
        tellingen = documenten.count_documenten(bank, maten)
        self.uitslag["documenten"] = uitslag = documenten.documenten(bank, server, maten, tellingen, self._report)
        show_documenten(self._console, uitslag)

    def _notificaties(self, bank: Werkbank) -> None:
        maat = notificaties.FAST if self._fast else notificaties.VOLUIT
        self.uitslag["notificaties"] = uitslag = notificaties.notificaties(bank, maat, self._report)
        show_notificaties(self._console, uitslag)

    def _toegang(self, bank: Werkbank) -> None:
        size = toegang.FAST if self._fast else toegang.FULL
        self.uitslag["toegang"] = uitslag = toegang.toegang(bank, size, self._report)
        show_toegang(self._console, uitslag)
        self.uitslag["bewijs"] = met_bewijs = bewijs.bewijs(bank, size, self._report)
        show_bewijs(self._console, met_bewijs)

    def _paginas(self, bank: Werkbank) -> None:
        size = replace(paginas.FAST if self._fast else paginas.FULL, zaken=self._plans)
        self.uitslag["paginas"] = uitslag = paginas.paginas(bank, size, self._report)
        show_paginas(self._console, uitslag)

    def _report(self, what: str) -> None:
        self._console.print(f"[dim]{datetime.now(UTC):%H:%M:%S} {what}[/dim]")


def environment() -> dict[str, Any]:
    """Where and with what was measured."""
    return {
        "datum": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "belasting_vooraf": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versies": {package: version(package) for package in _PAKKETTEN},
        "revisie": _revisie(),
        "workers": WORKERS,
    }


def _processor() -> str:
    try:
        regels = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((regel.partition(":")[2].strip() for regel in regels if regel.startswith("model name")), "")


def _revisie() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def main(
    snel: Annotated[bool, typer.Option("--snel", help="Kort: ongeveer een minuut, met minder zaken.")] = False,
    zaken: Annotated[int, typer.Option(help="Zaken in het grote zakenmagazijn (0: 1.000.000, bij --snel 20.000).")] = 0,
    aantal_geheugen: Annotated[
        int, typer.Option("--geheugen", help="Berichten voor het geheugen (0: 20.000, bij --snel 4.000).")
    ] = 0,
    alleen: Annotated[list[str] | None, typer.Option(help=f"Alleen dit onderdeel: {', '.join(PARTS)}.")] = None,
    uit: Annotated[Path | None, typer.Option(help="Schrijf de cijfers ook als JSON naar dit bestand.")] = None,
) -> None:
    """Meet de server naast de vloer: hetzelfde werk, met de hand geschreven, zonder SOAP, regels of HTTP.

    Start een eigen server en een eigen ingebedde PostgreSQL in een tijdelijke map, en ruimt die op.
    """
    unknown = set(alleen or ()) - set(PARTS)
    if unknown:
        raise typer.BadParameter(f"onbekend: {', '.join(sorted(unknown))}; wel: {', '.join(PARTS)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))  # between the tables
    console = Console(width=None if sys.stdout.isatty() else 160)
    bank = Bank(console, fast=snel, zaken=zaken, memory=aantal_geheugen)
    bank.run(list(alleen or PARTS))
    if uit is not None:
        uit.parent.mkdir(parents=True, exist_ok=True)
        uit.write_text(json.dumps(bank.uitslag, default=as_json, indent=2) + "\n")
        console.print(f"Cijfers in {uit}")


if __name__ == "__main__":
    typer.run(main)
