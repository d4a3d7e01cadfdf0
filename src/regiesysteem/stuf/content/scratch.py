"""Scratch space of one request: every content that comes with it, one after the other in one temporary file.

It is one file, and not one per content: a message may hold thousands of contents, which together must cost no memory.
"""

import hashlib
import io
import threading
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Self, cast

IN_GEHEUGEN: Final = 1024 * 1024
"""Bytes that a request keeps in memory; the rest waits in a temporary file (in TMPDIR)."""

STANDAARD_MAX: Final = 100_000_000


class TeGroot(Exception):
    """A content is larger than `grens` bytes."""

    def __init__(self, grens: int) -> None:
        super().__init__(f"larger than {grens} bytes")
        self.grens = grens


class Kladblok:
    """Holds contents until `close`. `max_bytes` bounds each of them."""

    def __init__(self, max_bytes: int = STANDAARD_MAX) -> None:
        self.max_bytes = max_bytes
        self._bestand: SpooledTemporaryFile[bytes] | None = None
        self._einde = 0
        self._slot = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fout: object) -> None:
        self.close()

    def schrijver(self) -> "Schrijver":
        """Begin a content; one at a time."""
        return Schrijver(self, self._einde)

    def schrijf(self, plek: int, stuk: bytes) -> None:
        """Write at `plek`, which is the end of the kept contents."""
        if self._bestand is None:
            self._bestand = SpooledTemporaryFile(max_size=IN_GEHEUGEN)  # noqa: SIM115 - closed by `close`
        with self._slot:
            self._bestand.seek(plek)
            self._bestand.write(stuk)

    def lees(self, plek: int, aantal: int) -> bytes:
        """Read at most `aantal` bytes from `plek`; raises ValueError when it is closed."""
        if self._bestand is None:
            raise ValueError("the scratch space is closed or empty")
        with self._slot:
            self._bestand.seek(plek)
            return self._bestand.read(aantal)

    def houd(self, begin: int, einde: int) -> "IO[bytes]":
        """Keep the bytes from `begin` to `einde`, and give them as a file."""
        self._einde = einde
        return cast("IO[bytes]", Uitsnede(self.lees, begin, einde - begin))

    def close(self) -> None:
        """Delete all of it."""
        bestand, self._bestand = self._bestand, None
        if bestand is not None:
            bestand.close()


class Schrijver:
    """One content while it comes in: counted and digested on the way. A content that is not kept is written over."""

    def __init__(self, blok: Kladblok, begin: int) -> None:
        self._blok = blok
        self._begin = begin
        self._digest = hashlib.sha256()
        self.grootte = 0

    def write(self, stuk: bytes) -> None:
        """Add a piece; raises TeGroot."""
        if not stuk:
            return
        if self.grootte + len(stuk) > self._blok.max_bytes:
            raise TeGroot(self._blok.max_bytes)
        self._blok.schrijf(self._begin + self.grootte, stuk)
        self._digest.update(stuk)
        self.grootte += len(stuk)

    @property
    def sha256(self) -> str:
        """The digest of the written bytes, in hexadecimals."""
        return self._digest.hexdigest()

    def bestand(self) -> IO[bytes]:
        """Keep the content and give it as a file, to be read from the start."""
        return self._blok.houd(self._begin, self._begin + self.grootte)


class Uitsnede(io.RawIOBase):
    """A part of a larger file as a file of its own: readable, seekable, with its own position."""

    def __init__(self, lees: Callable[[int, int], bytes], begin: int, grootte: int) -> None:
        super().__init__()
        self._lees = lees
        self._begin = begin
        self._grootte = grootte
        self._plek = 0

    def readable(self) -> bool:
        """A file method: it can be read."""
        return True

    def seekable(self) -> bool:
        """A file method: it can be read from any place."""
        return True

    def seek(self, plek: int, whence: int = io.SEEK_SET) -> int:
        """Move, as a file does."""
        vanaf = {io.SEEK_SET: 0, io.SEEK_CUR: self._plek, io.SEEK_END: self._grootte}[whence]
        if vanaf + plek < 0:
            raise ValueError("before the start")
        self._plek = vanaf + plek
        return self._plek

    def tell(self) -> int:
        """The position."""
        return self._plek

    def read(self, aantal: int | None = -1) -> bytes:
        """Read at most `aantal` bytes, all that is left when it is negative."""
        over = max(0, self._grootte - self._plek)
        aantal = over if aantal is None or aantal < 0 else min(aantal, over)
        if not aantal:
            return b""
        stuk = self._lees(self._begin + self._plek, aantal)
        self._plek += len(stuk)
        return stuk

    def readinto(self, doel: object) -> int:
        """Read into a buffer."""
        beeld = memoryview(doel).cast("B")  # type: ignore[arg-type]
        stuk = self.read(len(beeld))
        beeld[: len(stuk)] = stuk
        return len(stuk)
