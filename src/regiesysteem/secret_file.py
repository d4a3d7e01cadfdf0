"""Files that only their owner may read: those with one secret, read at each use, and those that we make."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from regiesysteem.errors import os_reason

MOUNTS: Final = (Path("/run/secrets"), Path("/var/run/secrets"), Path("/run/credentials"))
"""Where Docker, Kubernetes and systemd put secrets. They choose the mode (0444, 0440) and who reaches the directory."""

_MAX_BYTES: Final = 4096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_CHANGED_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


class SecretError(Exception):
    """A secret cannot be read; the text (Dutch) names the place and the reason, never the secret."""


def read_secret_file(path: Path) -> bytes:
    """Read the secret in a file, without the line end that editors put after the last line. Raises SecretError.

    A file that the group or others may read is refused: its secret must be taken to be known.
    """
    try:
        with path.open("rb") as file:
            refuse_shared(path, os.fstat(file.fileno()).st_mode)
            read = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SecretError(f"het bestand {path} is niet te lezen ({os_reason(error)})") from None
    if len(read) > _MAX_BYTES:
        raise SecretError(f"het bestand {path} is te groot voor een geheim")
    if not (secret := read.rstrip(b"\r\n")):
        raise SecretError(f"het bestand {path} is leeg")
    return secret


def refuse_shared(path: Path, mode: int) -> None:
    """Raise SecretError when others than the owner may use a file with this mode, and no runtime put it there."""
    place = Path(os.path.abspath(path))  # noqa: PTH100 - without .. but with links, of which the mounts are full
    mounted = any(place.is_relative_to(mount) for mount in MOUNTS)
    if mode & (_CHANGED_BY_OTHERS if mounted else _OTHERS):
        others = "wijzigen" if mounted else "lezen"
        raise SecretError(f"ook anderen mogen het bestand {path} {others}; doe eerst: chmod go= {path}")


def for_owner(path: str, flags: int) -> int:
    """Open a file, as the opener of `open`; one that is new is for its owner alone, whatever the umask is."""
    return os.open(path, flags, 0o600)


def refuse_readable(path: Path) -> None:
    """Raise SecretError when others than its owner may use a file that a library reads; it tells when it is absent."""
    with suppress(OSError):
        refuse_shared(path, path.stat().st_mode)
