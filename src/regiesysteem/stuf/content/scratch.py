"""Scratch space of one request: every content that comes with it, one after the other in one temporary file.

It is one file, and not one per content: a message may hold thousands of contents, which together must cost no memory.
"""

import hashlib
import io
import threading
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Self, cast

IN_MEMORY: Final = 1024 * 1024
"""Bytes that a request keeps in memory; the rest waits in a temporary file (in TMPDIR)."""

DEFAULT_MAX: Final = 100_000_000


class TooLarge(Exception):
    """A content is larger than `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"larger than {max_bytes} bytes")
        self.max_bytes = max_bytes


class Scratch:
    """Holds contents until `close`. `max_bytes` bounds each of them."""

    def __init__(self, max_bytes: int = DEFAULT_MAX) -> None:
        self.max_bytes = max_bytes
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._end = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def writer(self) -> "Writer":
        """Begin a content; one at a time."""
        return Writer(self, self._end)

    def write(self, offset: int, piece: bytes) -> None:
        """Write at `offset`, which is the end of the kept contents."""
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by `close`
        with self._lock:
            self._file.seek(offset)
            self._file.write(piece)

    def read(self, offset: int, count: int) -> bytes:
        """Read at most `count` bytes from `offset`; raises ValueError when it is closed."""
        if self._file is None:
            raise ValueError("the scratch space is closed or empty")
        with self._lock:
            self._file.seek(offset)
            return self._file.read(count)

    def hold(self, begin: int, end: int) -> "IO[bytes]":
        """Keep the bytes from `begin` to `end`, and give them as a file."""
        self._end = end
        return cast("IO[bytes]", Excerpt(self.read, begin, end - begin))

    def close(self) -> None:
        """Delete all of it."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


class Writer:
    """One content while it comes in: counted and digested on the way. A content that is not kept is written over."""

    def __init__(self, scratch: Scratch, begin: int) -> None:
        self._scratch = scratch
        self._begin = begin
        self._digest = hashlib.sha256()
        self.grootte = 0

    def write(self, piece: bytes) -> None:
        """Add a piece; raises TooLarge."""
        if not piece:
            return
        if self.grootte + len(piece) > self._scratch.max_bytes:
            raise TooLarge(self._scratch.max_bytes)
        self._scratch.write(self._begin + self.grootte, piece)
        self._digest.update(piece)
        self.grootte += len(piece)

    @property
    def sha256(self) -> str:
        """The digest of the written bytes, in hexadecimals."""
        return self._digest.hexdigest()

    def file(self) -> IO[bytes]:
        """Keep the content and give it as a file, to be read from the start."""
        return self._scratch.hold(self._begin, self._begin + self.grootte)


class Excerpt(io.RawIOBase):
    """A part of a larger file as a file of its own: readable, seekable, with its own position."""

    def __init__(self, read: Callable[[int, int], bytes], begin: int, size: int) -> None:
        super().__init__()
        self._read = read
        self._begin = begin
        self._size = size
        self._offset = 0

    def readable(self) -> bool:
        """A file method: it can be read."""
        return True

    def seekable(self) -> bool:
        """A file method: it can be read from any place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, as a file does."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the start")
        self._offset = start + offset
        return self._offset

    def tell(self) -> int:
        """The position."""
        return self._offset

    def read(self, count: int | None = -1) -> bytes:
        """Read at most `count` bytes, all that is left when it is negative."""
        over = max(0, self._size - self._offset)
        count = over if count is None or count < 0 else min(count, over)
        if not count:
            return b""
        piece = self._read(self._begin + self._offset, count)
        self._offset += len(piece)
        return piece

    def readinto(self, target: object) -> int:
        """Read into a buffer."""
        view = memoryview(target).cast("B")  # type: ignore[arg-type]
        piece = self.read(len(view))
        view[: len(piece)] = piece
        return len(piece)
