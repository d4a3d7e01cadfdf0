"""Errors that a command shows to the person who gave it."""

import errno
from typing import Final

_REDENEN: Final[dict[int | None, str]] = {
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


class Meldbaar(Exception):
    """An error whose text, in Dutch, says what to do; `uitgang` is the exit code of the command that meets it.

    1: the request cannot be done. 2: the settings or the surroundings are wrong.
    """

    uitgang = 1


def os_reden(fout: OSError) -> str:
    """Give the reason why a file or an address cannot be used, in Dutch; rare reasons in the words of the system."""
    return _REDENEN.get(fout.errno) or fout.strerror or type(fout).__name__
