"""Secrets that the inrichting only points at: in a variable of the environment, or in a file."""

import os
import re
from pathlib import Path

from regiesysteem.errors import os_reason
from regiesysteem.secret_file import SecretError, read_secret_file, refuse_readable

__all__ = ["SecretError", "read_secret", "reference", "unreadable"]

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|bestand:/[^\0]+")


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
    if soort != "env":
        return read_secret_file(Path(naam))
    waarde = os.environb.get(os.fsencode(naam))
    if waarde is None:
        raise SecretError(f"de omgevingsvariabele {naam} bestaat niet")
    if not (secret := waarde.rstrip(b"\r\n")):
        raise SecretError(f"{reference} is leeg")
    return secret


def unreadable(path: str, *, secret: bool = False) -> str:
    """Give the reason why a file with a certificate or key cannot be used, as the end of a Dutch sentence, or "".

    That of a `secret` one can also be that others than its owner may read it.
    """
    try:
        with Path(path).open("rb") as file:
            file.read(1)
        if secret:
            refuse_readable(Path(path))
    except SecretError as error:
        return str(error)
    except OSError as error:
        return f"het bestand {path} is niet te lezen ({os_reason(error)})"
    return ""
