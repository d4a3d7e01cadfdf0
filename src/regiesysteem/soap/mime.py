"""MIME as SOAP stacks write it: the parameters of a header, and the parts of a multipart body.

Read more widely than RFC 2045 and 2046 say, because senders do: values without quotes that need them, lines that end in
LF alone, header lines that are folded, white space after a boundary, a body that stops right after its last boundary.
"""

import re
from collections.abc import Iterator
from typing import IO, Final

_PARAMETER: Final = re.compile(r"""\s*;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;]*))|\s*;?[^;]*""", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_REST_OF_LINE: Final = re.compile(rb"(--)?[ \t]*\r?")
_BLOCK: Final = 256 * 1024
_MAX_PREAMBLE: Final = 200_000
_MAX_PADDING: Final = 1000  # after a boundary, on its line
_MAX_HEADER: Final = 16_000  # bytes of all header lines of a part
_MAX_FIELDS: Final = 20


class BrokenMime(Exception):
    """A body that cannot be taken apart."""


class CutOff(BrokenMime):
    """A body that ends before its last boundary."""


def parameters(header: str) -> tuple[str, dict[str, str]]:
    """The value of a header in lower case, and its parameters by their name in lower case; the first of a name counts.

    Without quotes a value runs to the next semicolon, as `action=http://...` and `start=<a@b>` are written.
    """
    value = header.partition(";")[0]
    found: dict[str, str] = {}
    place = len(value)
    while place < len(header) and (match := _PARAMETER.match(header, place)) and match.end() > place:
        if match[1]:
            plain = (match[3] or "").strip() if match[2] is None else _ESCAPED.sub(r"\1", match[2])
            found.setdefault(match[1].lower(), plain)
        place = match.end()
    return value.strip().lower(), found


class Parts:
    """A multipart body, read once from front to back: per part first `header`, then `content`.

    Never more than a block of it is in memory. All that is read here raises BrokenMime.
    """

    def __init__(self, source: IO[bytes], boundary: bytes) -> None:
        self._source = source
        self._mark = b"\n--" + boundary
        self._ahead = b""
        self._last = False

    def skip_preamble(self) -> None:
        """Go to the first part; what stands before it means nothing (RFC 2046, 5.1.1)."""
        try:
            if sum(map(len, self.content())) > _MAX_PREAMBLE:
                raise BrokenMime
        except CutOff:
            raise BrokenMime from None

    def header(self) -> dict[str, str] | None:
        """The header of the next part by lower-case name; None after the last part."""
        if self._last:
            return None
        lines: list[bytes] = []
        room = _MAX_HEADER
        while (line := self._line(room)).strip():
            room -= len(line)
            if line[:1] in b" \t" and lines:
                lines[-1] += b" " + line.strip()
            else:
                lines.append(line.strip())
        if len(lines) > _MAX_FIELDS:
            raise BrokenMime
        return dict(_field(line) for line in lines)

    def content(self) -> Iterator[bytes]:
        """What stands before the next boundary, in pieces."""
        # A boundary may be the first line: so that it follows a line end, one is put before, and not given.
        data, put_before = b"\r\n" + self._ahead, 2
        look = 0
        while True:
            place = data.find(self._mark, look)
            if place < 0 or place + len(self._mark) + _MAX_PADDING > len(data):
                if more := self._source.read(_BLOCK):
                    keep = max(0, (place if place >= 0 else len(data) - len(self._mark)) - 1)
                    yield data[put_before:keep]
                    data, look, put_before = data[keep:] + more, 0, max(0, put_before - keep)
                    continue
                if place < 0:
                    raise CutOff
            start = place + len(self._mark)
            end = data.find(b"\n", start, start + _MAX_PADDING)
            rest = _REST_OF_LINE.fullmatch(data, start, end if end >= 0 else len(data))
            if rest is None or (end < 0 and not rest[1]):
                look = start
                continue
            yield data[put_before : place - (data[place - 1 : place] == b"\r")]
            self._last = bool(rest[1])
            self._ahead = data[end + 1 :] if end >= 0 else b""
            return

    def _line(self, room: int) -> bytes:
        while (end := self._ahead.find(b"\n", 0, room)) < 0:
            if len(self._ahead) >= room:
                raise BrokenMime
            if not (more := self._source.read(_BLOCK)):
                raise CutOff
            self._ahead += more
        line, self._ahead = self._ahead[:end], self._ahead[end + 1 :]
        return line


def _field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise BrokenMime
    try:
        return name.decode("ascii").strip().lower(), value.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise BrokenMime from None
