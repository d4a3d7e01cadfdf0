"""Secrets that the inrichting only points at: in a variable of the environment, or in a file."""

import os
import re
from pathlib import Path

from regiesysteem.errors import os_reden

_VERWIJZING = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|bestand:/[^\0]+")
_MAX_BYTES = 4096


class GeheimFout(Exception):
    """A secret cannot be read; the text (Dutch) names the place and the reason, never the secret."""


def verwijzing(tekst: str) -> str:
    """The place of a secret: env:NAAM or bestand:/pad. Another text is not shown, as it could be the secret."""
    if not _VERWIJZING.fullmatch(tekst):
        raise ValueError('moet zeggen waar het geheim staat: "env:NAAM" of "bestand:/volledig/pad"')
    return tekst


def lees_geheim(verwijzing: str) -> bytes:
    """Read a secret at each use, so that a replaced file counts at once. Raises GeheimFout.

    The line end that editors put after the last line is not part of it.
    """
    soort, _, naam = verwijzing.partition(":")
    if soort == "env":
        waarde = os.environb.get(os.fsencode(naam))
        if waarde is None:
            raise GeheimFout(f"de omgevingsvariabele {naam} bestaat niet")
    else:
        waarde = _inhoud(Path(naam))
    if not (geheim := waarde.rstrip(b"\r\n")):
        raise GeheimFout(f"{verwijzing} is leeg")
    return geheim


def onleesbaar(pad: str) -> str:
    """Give the reason why a file with a certificate or key cannot be read, as the end of a Dutch sentence, or ""."""
    try:
        with Path(pad).open("rb") as bestand:
            bestand.read(1)
    except OSError as fout:
        return f"het bestand {pad} is niet te lezen ({os_reden(fout)})"
    return ""


def _inhoud(pad: Path) -> bytes:
    try:
        with pad.open("rb") as bestand:
            gelezen = bestand.read(_MAX_BYTES + 1)
    except OSError as fout:
        raise GeheimFout(f"het bestand {pad} is niet te lezen ({os_reden(fout)})") from None
    if len(gelezen) > _MAX_BYTES:
        raise GeheimFout(f"het bestand {pad} is te groot voor een geheim")
    return gelezen
