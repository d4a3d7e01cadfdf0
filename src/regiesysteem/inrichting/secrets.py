"""Secrets that the inrichting only points at: in a variable of the environment, or in a file."""

import os
import re
from pathlib import Path

from regiesysteem.errors import os_reason

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|bestand:/[^\0]+")
_MAX_BYTES = 4096


class SecretError(Exception):
    """A secret cannot be read; the text (Dutch) names the place and the reason, never the secret."""


def reference(text: str) -> str:
    """The place of a secret: env:NAAM or bestand:/pad. Another text is not shown, as it could be the secret."""
    if not _REFERENCE.fullmatch(text):
        raise ValueError('moet zeggen waar het geheim staat: "env:NAAM" of "bestand:/volledig/pad"')
    return text


def read_secret(reference: str) -> bytes:
    """Read a secret at each use, so that a replaced file counts at once. Raises SecretError.

    The line end that editors put after the last line is not part of it.
    """
    soort, _, naam = reference.partition(":")
    if soort == "env":
        waarde = os.environb.get(os.fsencode(naam))
        if waarde is None:
            raise SecretError(f"de omgevingsvariabele {naam} bestaat niet")
    else:
        waarde = _inhoud(Path(naam))
    if not (secret := waarde.rstrip(b"\r\n")):
        raise SecretError(f"{reference} is leeg")
    return secret


def unreadable(path: str) -> str:
    """Give the reason why a file with a certificate or key cannot be read, as the end of a Dutch sentence, or ""."""
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        return f"het bestand {path} is niet te lezen ({os_reason(error)})"
    return ""


def _inhoud(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            parsed = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SecretError(f"het bestand {path} is niet te lezen ({os_reason(error)})") from None
    if len(parsed) > _MAX_BYTES:
        raise SecretError(f"het bestand {path} is te groot voor een geheim")
    return parsed
