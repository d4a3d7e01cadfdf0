"""`regie bench`: measure the server beside its floor. Starts its own everything and leaves nothing behind."""

import json
import os
import platform
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from tests.belasting import documenten, notificatiecijfers, notificaties, vulling
from tests.belasting.meting import Meter, Omvang, als_json
from tests.belasting.omgeving import WORKERS, Server, Werkbank, werkbank
from tests.belasting.onderdelen import (
    DOELEN,
    TITELS,
    geheugen,
    groei,
    operaties,
    tel_statements,
    veel,
)
from tests.belasting.opdracht import WORTEL
from tests.belasting.sjablonen import neem_sjablonen
from tests.belasting.uitvoer import toon_documenten, toon_geheugen, toon_groei, toon_notificaties, toon_operaties

ONDERDELEN: Final = ("operaties", "groei", "veel", "geheugen", "documenten", "notificaties")
_PAKKETTEN: Final = ("spyne", "lxml", "sqlalchemy", "psycopg2-binary", "waitress")


class Bank:
    """One bench from start to end: what it measures is in `uitslag`."""

    def __init__(self, console: Console, *, snel: bool, zaken: int, geheugen: int) -> None:
        self._console = console
        self._snel = snel
        self._zaken = zaken or (20_000 if snel else 1_000_000)
        self._berichten = geheugen or (4000 if snel else 20_000)
        self._omvang = Omvang(600, 2, 1) if snel else Omvang(8000, 5, 3)
        self._voortgang = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True,
        )  # fmt: skip
        self.uitslag: dict[str, Any] = {"omgeving": omgeving(), "doelen": DOELEN | {"documenten": documenten.DOELEN}}
        self.uitslag["doelen"]["notificaties"] = notificatiecijfers.DOELEN

    def draai(self, onderdelen: list[str]) -> None:
        """Measure these parts, print each as soon as it is there."""
        with self._voortgang, ExitStack() as stapel:
            bank = stapel.enter_context(werkbank())
            if "notificaties" in onderdelen:
                self._notificaties(bank)
            if onderdelen == ["notificaties"]:
                return
            tellingen = self._tel(bank) if {"operaties", "veel"} & set(onderdelen) else {}
            klein = stapel.enter_context(self._server(bank, "klein"))
            meter = Meter(bank, neem_sjablonen(klein.url, klein.poort))
            if "groei" in onderdelen:
                self._vul(bank, klein, 1000)
            if "operaties" in onderdelen:
                self._operaties(meter, klein, tellingen)
            if {"groei", "veel"} & set(onderdelen):
                with self._server(bank, "groot") as groot:
                    self._vul(bank, groot, self._zaken)
                    if "groei" in onderdelen:
                        self._groei(meter, klein, groot)
                    if "veel" in onderdelen:
                        self._veel(meter, groot, tellingen)
            if "geheugen" in onderdelen:
                self._geheugen(meter, klein)
            if "documenten" in onderdelen:
                with self._server(bank, "documenten") as server:
                    self._documenten(bank, server)

    def _server(self, bank: Werkbank, database: str) -> Any:
        self._meld(f"server starten ({database})")
        return bank.server(database)

    def _tel(self, bank: Werkbank) -> dict[str, tuple[float, float]]:
        self._meld("SQL-opdrachten tellen")
        return tel_statements(bank)

    def _vul(self, bank: Werkbank, server: Server, zaken: int) -> None:
        taak = self._voortgang.add_task(f"{zaken:,} zaken laden met COPY", total=zaken)
        vulling.vul(bank.beheer_url(server.database), zaken, lambda erbij: self._voortgang.advance(taak, erbij))
        self._voortgang.remove_task(taak)

    def _operaties(self, meter: Meter, server: Server, tellingen: dict[str, tuple[float, float]]) -> None:
        taak = self._voortgang.add_task("", total=len(TITELS) - 1)

        def meld(wat: str) -> None:
            self._voortgang.update(taak, description=f"naast de vloer: {wat}", advance=1)

        regels = operaties(meter, server, self._omvang, meld)
        self._voortgang.remove_task(taak)
        for naam, regel in regels.items():
            regel.statements, regel.transactie = tellingen[naam]
        self.uitslag["operaties"] = regels
        toon_operaties(self._console, regels)

    def _groei(self, meter: Meter, klein: Server, groot: Server) -> None:
        self._meld(f"zakLv01 bij 1.000 en bij {self._zaken:,} zaken")
        self.uitslag["groei"] = uitslag = groei(meter, klein, groot, self._zaken, self._omvang)
        toon_groei(self._console, uitslag)

    def _veel(self, meter: Meter, groot: Server, tellingen: dict[str, tuple[float, float]]) -> None:
        self._meld(TITELS["ZOEK_VEEL"])
        omvang = Omvang(24, 20, 1) if self._snel else Omvang(200, 15, 3)
        regel = veel(meter, groot, omvang)
        regel.statements, regel.transactie = tellingen["ZOEK_VEEL"]
        self.uitslag["veel"] = regel
        toon_operaties(self._console, {"ZOEK_VEEL": regel})
        self.uitslag["geheugen_na_veel_mb"] = na = max(groot.geheugen())
        self._console.print(f"Geheugen van een worker na deze antwoorden: {na:.0f} MB (doel < {DOELEN['geheugen_mb']})")

    def _geheugen(self, meter: Meter, server: Server) -> None:
        taak = self._voortgang.add_task("geheugen: berichten van alle soorten", total=self._berichten)
        self.uitslag["geheugen"] = uitslag = geheugen(
            meter, server, self._berichten, lambda erbij: self._voortgang.advance(taak, erbij)
        )
        self._voortgang.remove_task(taak)
        toon_geheugen(self._console, uitslag)

    def _documenten(self, bank: Werkbank, server: Server) -> None:
        maten = documenten.SNEL if self._snel else documenten.VOLUIT
        self._meld("SQL-opdrachten tellen voor documenten")
        tellingen = documenten.tel_documenten(bank, maten)
        self.uitslag["documenten"] = uitslag = documenten.documenten(bank, server, maten, tellingen, self._meld)
        toon_documenten(self._console, uitslag)

    def _notificaties(self, bank: Werkbank) -> None:
        maat = notificaties.SNEL if self._snel else notificaties.VOLUIT
        self.uitslag["notificaties"] = uitslag = notificaties.notificaties(bank, maat, self._meld)
        toon_notificaties(self._console, uitslag)

    def _meld(self, wat: str) -> None:
        self._console.print(f"[dim]{datetime.now(UTC):%H:%M:%S} {wat}[/dim]")


def omgeving() -> dict[str, Any]:
    """Where and with what was measured."""
    return {
        "datum": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "belasting_vooraf": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versies": {pakket: version(pakket) for pakket in _PAKKETTEN},
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
    opdracht = ["git", "-C", str(WORTEL), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(opdracht, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def main(
    snel: Annotated[bool, typer.Option("--snel", help="Kort: ongeveer een minuut, met minder zaken.")] = False,
    zaken: Annotated[int, typer.Option(help="Zaken in het grote zakenmagazijn (0: 1.000.000, bij --snel 20.000).")] = 0,
    aantal_geheugen: Annotated[
        int, typer.Option("--geheugen", help="Berichten voor het geheugen (0: 20.000, bij --snel 4.000).")
    ] = 0,
    alleen: Annotated[list[str] | None, typer.Option(help=f"Alleen dit onderdeel: {', '.join(ONDERDELEN)}.")] = None,
    uit: Annotated[Path | None, typer.Option(help="Schrijf de cijfers ook als JSON naar dit bestand.")] = None,
) -> None:
    """Meet de server naast de vloer: hetzelfde werk, met de hand geschreven, zonder SOAP, regels of HTTP.

    Start een eigen server en een eigen ingebedde PostgreSQL in een tijdelijke map, en ruimt die op.
    """
    onbekend = set(alleen or ()) - set(ONDERDELEN)
    if onbekend:
        raise typer.BadParameter(f"onbekend: {', '.join(sorted(onbekend))}; wel: {', '.join(ONDERDELEN)}")
    console = Console(width=None if sys.stdout.isatty() else 160)
    bank = Bank(console, snel=snel, zaken=zaken, geheugen=aantal_geheugen)
    bank.draai(list(alleen or ONDERDELEN))
    if uit is not None:
        uit.parent.mkdir(parents=True, exist_ok=True)
        uit.write_text(json.dumps(bank.uitslag, default=als_json, indent=2) + "\n")
        console.print(f"Cijfers in {uit}")


if __name__ == "__main__":
    typer.run(main)
