"""Lifting: takes long runs of base64 out of a message while its bytes stream by, before anything is parsed.

A text is lifted when it follows a `>`, ends at the next `<`, is longer than `THRESHOLD`, and holds nothing but base64
and white space. It goes decoded to scratch space, and a token takes its place. Such a run holds no markup, so the
structure of the document is the same without it, and lifting need not understand XML: in a comment or an attribute a
run is harmless or not well-formed. UTF-16 has a NUL beside each `>` and is never lifted;
neither is base64 in a CDATA section, which follows a `[`.
"""

import base64
import re
import secrets
from dataclasses import dataclass, field
from typing import IO, Final

from regiesysteem.stuf.content.content import (
    ALPHABET,
    INCOMPLETE,
    WHITESPACE,
    Base64Reader,
    IncompleteBase64,
    Inhoud,
    NoBase64,
)
from regiesysteem.stuf.content.scratch import Scratch
from regiesysteem.stuf.xml import UnreadableXml

THRESHOLD: Final = 64 * 1024
"""The least number of bytes of a run; a body that is not larger is not searched."""

MAX_REST: Final = 32_000_000
"""Bytes of a message that may be left after lifting, because the parser holds them in memory."""

_BLOCK: Final = 256 * 1024
_ALLOWED: Final = ALPHABET + WHITESPACE
# Line ends of base64 as an XML writer escapes them: &#13; and &#xD;.
_REFERENCE: Final = re.compile(rb"&#(?:0{0,4}(?:9|10|13|32)|x0{0,4}(?:9|[aA]|[dD]|20));")
_MAX_REFERENCE: Final = 12


@dataclass(frozen=True)
class Lifted:
    """A message without its long texts, and by token the content of each, or the objection to it (Dutch).

    Tokens begin with `mark`, which no sender can guess; it is "" when nothing was lifted.
    """

    data: bytes
    inhouden: dict[str, Inhoud | str] = field(default_factory=dict)
    mark: str = ""


class Marks:
    """Makes tokens: 32 characters, valid base64, half of them a `mark` that is random for each request.

    As long as there is no token the `mark` is "".
    """

    def __init__(self) -> None:
        self.mark = ""
        self._number = 0

    def new_token(self) -> str:
        """The next token."""
        self.mark = self.mark or base64.b64encode(secrets.token_bytes(12)).decode()
        self._number += 1
        return self.mark + base64.b64encode(self._number.to_bytes(12, "big")).decode()


def lift_from(source: IO[bytes], scratch: Scratch, marks: Marks | None = None) -> Lifted:
    """Read a message from the position of `source` (seekable), and lift its long base64.

    Raises UnreadableXml when more than MAX_REST is left, TooLarge for a content over the maximum of `scratch`.
    """
    begin = source.read(THRESHOLD + 1)
    if len(begin) <= THRESHOLD:
        return Lifted(begin)
    return _Lifter(source, scratch, marks or Marks()).run(begin)


class _Lifter:
    """One pass over one message, which reads `source` from its position."""

    def __init__(self, source: IO[bytes], scratch: Scratch, marks: Marks) -> None:
        self._source = source
        self._scratch = scratch
        self._marks = marks
        self._rest: list[bytes] = []
        self._length = 0
        self._inhouden: dict[str, Inhoud | str] = {}

    def run(self, begin: bytes) -> Lifted:
        buffer = begin
        while buffer:
            buffer = self._go_on(buffer)
            piece = self._source.read(_BLOCK)
            if not piece:
                self._give(buffer)
                break
            buffer += piece
        return Lifted(b"".join(self._rest), self._inhouden, self._marks.mark)

    def _go_on(self, buffer: bytes) -> bytes:
        """Take the decided part from the buffer, and give the rest for the next round."""
        while (begin := _find_run(buffer)) is not None:
            self._give(buffer[:begin])
            buffer = self._take_run(buffer[begin:])
        begin = buffer.rfind(b">")
        if begin < 0 or len(buffer) - begin > THRESHOLD + 1 or b"<" in buffer[begin:]:
            self._give(buffer)
            return b""
        self._give(buffer[:begin])
        return buffer[begin:]

    def _take_run(self, piece: bytes) -> bytes:
        """Lift the run at the start of `piece`, and give the bytes that were read after it."""
        begin = self._source.tell() - len(piece)
        run = _Run(self._scratch)
        try:
            while (end := piece.find(b"<")) < 0:
                run.read(piece)
                piece = self._source.read(_BLOCK)
                if not piece:
                    break
            run.read(piece[:end] if end >= 0 else piece)
            inhoud = run.close()
        except NoBase64:
            return self._restore(begin)
        token = self._marks.new_token()
        self._inhouden[token] = inhoud
        self._give(token.encode())
        return piece[max(end, 0) :]

    def _restore(self, begin: int) -> bytes:
        """Give the run that starts at `begin` as it came, and the bytes that were read after it."""
        self._source.seek(begin)
        while piece := self._source.read(_BLOCK):
            end = piece.find(b"<")
            if end >= 0:
                self._give(piece[:end])
                return piece[end:]
            self._give(piece)
        return b""

    def _give(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > MAX_REST:
            raise UnreadableXml(f"het bericht is zonder de inhoud van documenten groter dan {MAX_REST // 1_000_000} MB")
        self._rest.append(piece)


class _Run:
    """A run that is being lifted, until a character shows that it is none (NoBase64)."""

    def __init__(self, scratch: Scratch) -> None:
        self._reader = Base64Reader()
        self._writer = scratch.writer()
        self._half = b""
        self._incomplete = False

    def read(self, piece: bytes) -> None:
        if self._half or b"&" in piece:
            piece, self._half = _without_references(self._half + piece)
        if not self._incomplete:
            try:
                self._writer.write(self._reader.read(piece))
            except IncompleteBase64:
                self._incomplete = True
        if self._incomplete and piece.translate(None, _ALLOWED):
            raise NoBase64

    def close(self) -> Inhoud | str:
        if self._half or (self._reader.empty and not self._incomplete):
            raise NoBase64
        try:
            self._reader.close()
        except IncompleteBase64:
            self._incomplete = True
        if self._incomplete:
            return INCOMPLETE
        return Inhoud(self._writer.file(), self._writer.grootte, self._writer.sha256)


def _find_run(buffer: bytes) -> int | None:
    """Find the first run that is longer than THRESHOLD and begins as base64; None when there is none.

    A run of that length holds a multiple of THRESHOLD, so only the bytes around those multiples are searched.
    """
    offset = 0
    while offset < len(buffer):
        begin = buffer.rfind(b">", 0, offset) + 1
        end = buffer.find(b"<", offset)
        end = len(buffer) if end < 0 else end
        if begin and end - begin > THRESHOLD and buffer.find(b"<", begin, offset) < 0:
            trial = buffer[begin : begin + THRESHOLD]
            if b"&" in trial:
                trial, _ = _without_references(trial)
            if not trial.translate(None, _ALLOWED):
                return begin
            offset = end
        offset = (offset // THRESHOLD + 1) * THRESHOLD
    return None


def _without_references(piece: bytes) -> tuple[bytes, bytes]:
    """Drop the references to white space; give the start of a reference that the piece cuts off apart."""
    begin = piece.rfind(b"&", max(0, len(piece) - _MAX_REFERENCE))
    half = b"" if begin < 0 or b";" in piece[begin:] else piece[begin:]
    # The two usual forms are four times as fast this way; the rule handles the others.
    whole = piece[: len(piece) - len(half)].replace(b"&#13;", b"").replace(b"&#xD;", b"")
    return _REFERENCE.sub(b"", whole) if b"&" in whole else whole, half
