"""Keeps what came and what was sent, as files that people and tests can read.

NNNN-ontvangen-SOORT.xml     a message as it came, with its envelope
NNNN-verstuurd-DIENST.xml    a message that was sent
NNNN-document-NAAM           a document that was fetched
berichten.jsonl              a line of JSON for each, in order
"""

import re
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from regiesysteem.meldbaar import Meldbaar

OVERZICHT: Final = "berichten.jsonl"
_VREEMD: Final = re.compile(r"[^\w.-]+")
_LENGTE: Final = 80


class ArchiefFout(Meldbaar):
    """The directory of --sla-op cannot be used."""


class Archief:
    """A directory with messages; without one nothing is kept. Only its owner can read it: messages name people."""

    def __init__(self, map_: Path | None) -> None:
        self._map = map_
        self._slot = threading.Lock()
        self._nummer = 0
        if map_ is None:
            return
        try:
            map_.mkdir(mode=0o700, parents=True, exist_ok=True)
            (map_ / OVERZICHT).open("a").close()
        except OSError as fout:
            raise ArchiefFout(f"--sla-op {map_}: hier kan niet worden geschreven ({fout.strerror}).") from fout
        nummers = [int(pad.name[:4]) for pad in map_.iterdir() if re.match(r"\d{4}-", pad.name)]
        self._nummer = max(nummers, default=0)

    def bewaar(self, richting: str, naam: str, inhoud: bytes, **regel: str | bool) -> None:
        """Keep a file, and a line about it; the line comes last, so what has one is there."""
        if self._map is None:
            return
        with self._slot:
            self._nummer += 1
            veilig = _VREEMD.sub("_", naam)[-_LENGTE:].lstrip(".")
            bestand = f"{self._nummer:04d}-{richting}-{veilig}{'' if richting == 'document' else '.xml'}"
            (self._map / bestand).write_bytes(inhoud)
            nu = datetime.now(UTC).isoformat(timespec="milliseconds")
            tekst = orjson.dumps({"tijd": nu, "richting": richting, "soort": naam, "bestand": bestand} | regel)
            with (self._map / OVERZICHT).open("ab") as overzicht:
                overzicht.write(tekst + b"\n")
