"""Errors that a command shows to the person who gave it."""

import errno
from typing import Final

_REASONS: Final[dict[int | None, str]] = {
    errno.ENOENT: "bestaat niet",
    errno.EEXIST: "bestaat al",
    errno.EACCES: "mag niet",
    errno.EPERM: "mag niet",
    errno.EISDIR: "is een map",
    errno.ENOTDIR: "is geen map",
    errno.ELOOP: "verwijst in een kring",
    errno.ENAMETOOLONG: "de naam is te lang",
    errno.ENOSPC: "de schijf is vol",
    errno.EDQUOT: "de schijfruimte van deze gebruiker is op",
    errno.EROFS: "hier kan alleen worden gelezen",
    errno.EMFILE: "te veel open bestanden",
    errno.EADDRNOTAVAIL: "dat adres is niet van deze machine",
    errno.EIO: "de schijf is stuk",
}


class Reportable(Exception):
    """An error whose text, in Dutch, says what to do; `exit_` is the exit code of the command that meets it.

    1: the request cannot be done. 2: the settings or the surroundings are wrong.
    """

    exit_ = 1


def os_reason(error: OSError) -> str:
    """Give the reason why a file or an address cannot be used, in Dutch; rare reasons in the words of the system."""
    return _REASONS.get(error.errno) or error.strerror or type(error).__name__
