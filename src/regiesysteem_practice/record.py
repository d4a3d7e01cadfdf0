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

from regiesysteem.config import TIME_ZONE
from regiesysteem.errors import Reportable, os_reason
from regiesysteem_practice.intake import Received

# --- Keeps the received and sent messages, as files that people and tests can read

OVERVIEW: Final = "berichten.jsonl"
_FOREIGN: Final = re.compile(r"[^\w.-]+")
_LENGTH: Final = 80


class ArchiefError(Reportable):
    """The directory of --sla-op cannot be used."""


class Archive:
    """A directory with messages; without one nothing is kept. Only its owner can read the files: they name people."""

    def __init__(self, map_: Path | None) -> None:
        self._map = map_
        self._lock = threading.Lock()
        self._number = 0
        if map_ is None:
            return
        try:
            map_.mkdir(mode=0o700, parents=True, exist_ok=True)
            open(map_ / OVERVIEW, "a", opener=_for_owner).close()
        except OSError as error:
            raise ArchiefError(f"--sla-op {map_}: hier kan niet worden geschreven ({os_reason(error)}).") from error
        numbers = [int(path.name[:4]) for path in map_.iterdir() if re.match(r"\d{4}-", path.name)]
        self._number = max(numbers, default=0)

    @property
    def visible(self) -> bool:
        """Tell whether others can see which files there are."""
        return self._map is not None and bool(self._map.stat().st_mode & 0o077)

    def keep(self, direction: str, naam: str, inhoud: bytes, **line: str | bool) -> None:
        """Keep a file, and a line about it; the line comes last, so that a file with a line is complete."""
        if self._map is None:
            return
        with self._lock:
            self._number += 1
            safe = _FOREIGN.sub("_", naam)[-_LENGTH:].lstrip(".")
            file = f"{self._number:04d}-{direction}-{safe}{'' if direction == 'document' else '.xml'}"
            with open(self._map / file, "wb", opener=_for_owner) as output:
                output.write(inhoud)
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            text = orjson.dumps({"tijd": now, "richting": direction, "soort": naam, "bestand": file} | line)
            with open(self._map / OVERVIEW, "ab", opener=_for_owner) as overview:
                overview.write(text + b"\n")


def _for_owner(path: str, flags: int) -> int:
    """Open a file that only its owner can read, also an existing one that others could read."""
    number = os.open(path, flags, 0o600)
    try:
        os.fchmod(number, 0o600)
    except BaseException:
        os.close(number)
        raise
    return number


# --- The terminal of a back office: a block for each message that came, and for each step of its own

_INDENT = 10
_LABEL = 14


class Screen:
    """Writes blocks; each goes to the terminal in one piece, from whatever thread."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def received(self, bericht: Received) -> None:
        """Show a message that came and its answer."""
        zender = bericht.stuurgegevens.zender
        from_ = f" van {zender.applicatie}" if zender is not None and zender.applicatie else ""
        parsed = bericht.parsed
        with self.block(f"ontvangen: {parsed.soort if parsed else 'een bericht'}{from_}", bericht.moment):
            for naam, text in parsed.lines if parsed else ():
                self.line(naam, text)
            if bericht.waarschuwing:
                self.line("let op", bericht.waarschuwing, "yellow")
            outcome = f"{bericht.outcome}, hetzelfde antwoord: dit bericht was er al" if bericht.double else ""
            self.line("geantwoord", outcome or bericht.outcome, "green" if parsed else "red")

    @contextmanager
    def block(self, head: str, moment: datetime | None = None) -> Iterator[None]:
        """Begin a block with a heading; what is printed inside belongs to it."""
        time = (moment or datetime.now(UTC)).astimezone(TIME_ZONE)
        with self.console:
            self.console.print(Text.assemble((f"{time:%H:%M:%S}  ", "dim"), (head, "bold cyan")), soft_wrap=True)
            yield

    @contextmanager
    def done(self, head: str, partly: str = "") -> Iterator[None]:
        """Show the lines that are printed inside as a block, once that ends; as `partly` when it broke off halfway."""
        # The heading cannot go first: it would report a step that may yet fail.
        succeeded = False
        try:
            with self.console.capture() as caught:
                yield
            succeeded = True
        finally:
            if inhoud := caught.get():
                with self.block(head if succeeded else partly or head):
                    self.console.print(Text.from_ansi(inhoud), soft_wrap=True)

    def say(self, head: str, *lines: tuple[str, str], style: str = "") -> None:
        """Show a block of lines, as label and text."""
        with self.block(head):
            for naam, text in lines:
                self.line(naam, text, style)

    def line(self, naam: str, text: str, style: str = "") -> None:
        """Show a line of a block."""
        line = Text.assemble(" " * _INDENT, (f"{naam:<{_LABEL - 1}} ", "dim"), (text, style))
        self.console.print(line, soft_wrap=True)
