"""Keeps what came and what was sent, as files that people and tests can read, and shows it on the terminal.

NNNN-ontvangen-SOORT.xml     a message as it came, with its envelope
NNNN-verstuurd-DIENST.xml    a message that was sent
NNNN-geweigerd-DIENST.xml    a message that was sent and refused
NNNN-antwoord-DIENST.xml     what that message was answered, a fault too
NNNN-document-NAAM           a document that was fetched
berichten.jsonl              a line of JSON for each, in order
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson
from rich.console import Console
from rich.text import Text

from regiesysteem.errors import Meldbaar, os_reden
from regiesysteem.stuf.answers import TIJDZONE
from regiesysteem_practice.intake import Received

# --- Keeps the received and sent messages, as files that people and tests can read

OVERZICHT: Final = "berichten.jsonl"
_VREEMD: Final = re.compile(r"[^\w.-]+")
_LENGTE: Final = 80


class ArchiefFout(Meldbaar):
    """The directory of --sla-op cannot be used."""


class Archive:
    """A directory with messages; without one nothing is kept. Only its owner can read the files: they name people."""

    def __init__(self, map_: Path | None) -> None:
        self._map = map_
        self._slot = threading.Lock()
        self._nummer = 0
        if map_ is None:
            return
        try:
            map_.mkdir(mode=0o700, parents=True, exist_ok=True)
            open(map_ / OVERZICHT, "a", opener=_voor_eigenaar).close()
        except OSError as fout:
            raise ArchiefFout(f"--sla-op {map_}: hier kan niet worden geschreven ({os_reden(fout)}).") from fout
        nummers = [int(pad.name[:4]) for pad in map_.iterdir() if re.match(r"\d{4}-", pad.name)]
        self._nummer = max(nummers, default=0)

    @property
    def zichtbaar(self) -> bool:
        """Tell whether others can see which files there are."""
        return self._map is not None and bool(self._map.stat().st_mode & 0o077)

    def bewaar(self, richting: str, naam: str, inhoud: bytes, **regel: str | bool) -> None:
        """Keep a file, and a line about it; the line comes last, so that a file with a line is complete."""
        if self._map is None:
            return
        with self._slot:
            self._nummer += 1
            veilig = _VREEMD.sub("_", naam)[-_LENGTE:].lstrip(".")
            bestand = f"{self._nummer:04d}-{richting}-{veilig}{'' if richting == 'document' else '.xml'}"
            with open(self._map / bestand, "wb", opener=_voor_eigenaar) as uitvoer:
                uitvoer.write(inhoud)
            nu = datetime.now(UTC).isoformat(timespec="milliseconds")
            tekst = orjson.dumps({"tijd": nu, "richting": richting, "soort": naam, "bestand": bestand} | regel)
            with open(self._map / OVERZICHT, "ab", opener=_voor_eigenaar) as overzicht:
                overzicht.write(tekst + b"\n")


def _voor_eigenaar(pad: str, vlaggen: int) -> int:
    """Open a file that only its owner can read, also an existing one that others could read."""
    nummer = os.open(pad, vlaggen, 0o600)
    try:
        os.fchmod(nummer, 0o600)
    except BaseException:
        os.close(nummer)
        raise
    return nummer


# --- The terminal of a back office: a block for each message that came, and for each step of its own

_INSPRONG = 10
_LABEL = 14


class Screen:
    """Writes blocks; each goes to the terminal in one piece, from whatever thread."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def ontvangen(self, bericht: Received) -> None:
        """Show a message that came and its answer."""
        zender = bericht.stuurgegevens.zender
        van = f" van {zender.applicatie}" if zender is not None and zender.applicatie else ""
        gelezen = bericht.gelezen
        with self.blok(f"ontvangen: {gelezen.soort if gelezen else 'een bericht'}{van}", bericht.moment):
            for naam, tekst in gelezen.regels if gelezen else ():
                self.regel(naam, tekst)
            if bericht.waarschuwing:
                self.regel("let op", bericht.waarschuwing, "yellow")
            uitkomst = f"{bericht.uitkomst}, hetzelfde antwoord: dit bericht was er al" if bericht.dubbel else ""
            self.regel("geantwoord", uitkomst or bericht.uitkomst, "green" if gelezen else "red")

    @contextmanager
    def blok(self, kop: str, moment: datetime | None = None) -> Iterator[None]:
        """Begin a block with a heading; what is printed inside belongs to it."""
        tijd = (moment or datetime.now(UTC)).astimezone(TIJDZONE)
        with self.console:
            self.console.print(Text.assemble((f"{tijd:%H:%M:%S}  ", "dim"), (kop, "bold cyan")), soft_wrap=True)
            yield

    @contextmanager
    def gedaan(self, kop: str, deels: str = "") -> Iterator[None]:
        """Show the lines that are printed inside as a block, once that ends; as `deels` when it broke off halfway."""
        # The heading cannot go first: it would report a step that may yet fail.
        gelukt = False
        try:
            with self.console.capture() as gevangen:
                yield
            gelukt = True
        finally:
            if inhoud := gevangen.get():
                with self.blok(kop if gelukt else deels or kop):
                    self.console.print(Text.from_ansi(inhoud), soft_wrap=True)

    def zeg(self, kop: str, *regels: tuple[str, str], stijl: str = "") -> None:
        """Show a block of lines, as label and text."""
        with self.blok(kop):
            for naam, tekst in regels:
                self.regel(naam, tekst, stijl)

    def regel(self, naam: str, tekst: str, stijl: str = "") -> None:
        """Show a line of a block."""
        regel = Text.assemble(" " * _INSPRONG, (f"{naam:<{_LABEL - 1}} ", "dim"), (tekst, stijl))
        self.console.print(regel, soft_wrap=True)
