"""Messages with attachments (MTOM: multipart/related with XOP), in and out, and MIME as SOAP stacks write it.

In: a message is taken apart while its bytes stream by. The root part goes to a file of its own, to be read as any
message; the other parts become contents by Content-ID. Out: pieces of XML and of files in turn, of a length that is
known before. The XML is cut at a token for each content, which nobody can have sent; a file is read when its piece is
asked for.

MIME is read more widely than RFC 2045 and 2046 say, because senders write it so: values without quotes that need them,
lines that end in LF alone, folded header lines, white space after a boundary, a body that stops right after its last
boundary.
"""

import binascii
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Protocol
from urllib.parse import unquote

import pybase64
from lxml import etree

from regiesysteem.stuf.content.content import PIECE, Base64Reader, IncompleteBase64, Inhoud, Inhouden, NoBase64
from regiesysteem.stuf.content.lift import Marks
from regiesysteem.stuf.content.scratch import IN_MEMORY, Scratch
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import CONTENT_TYPE, SOAP12
from regiesysteem.stuf.payload import EXTRA_ELEMENT
from regiesysteem.stuf.xml import serialise
from regiesysteem.zkn.names import INHOUD

# --- MIME as SOAP stacks write it: the parameters of a header, and the parts of a multipart body

MULTIPART: Final = "multipart/related"
XML_TYPES: Final = frozenset({"", "text/xml", "application/soap+xml", "application/xml"})
_PARAMETER: Final = re.compile(r"""\s*;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"?|([^;]*))|\s*;?[^;]*""", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_REST_OF_LINE: Final = re.compile(rb"(--)?[ \t]*\r?")
_BLOCK: Final = 256 * 1024
_MAX_PREAMBLE: Final = 200_000
_MAX_PADDING: Final = 1000  # after a boundary, on its line
_MAX_HEADER: Final = 16_000  # bytes of all header lines of a part
_MAX_FIELDS: Final = 20


@dataclass(frozen=True, slots=True)
class Multipart:
    """The parameters in the content type of a message with attachments: the boundary, and which part is the message.

    `start` is a Content-ID without its brackets, "" when the first part is the message; `start_info` is the content
    type that the message would have by itself.
    """

    boundary: str
    start: str = ""
    start_info: str = ""


class BrokenMime(Exception):
    """A body that cannot be taken apart."""


class CutOff(BrokenMime):
    """A body that ends before its last boundary."""


def read_header(header: str) -> tuple[str, dict[str, str]]:
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

    Never more than a block of it is in memory. All reading raises BrokenMime.
    """

    def __init__(self, source: IO[bytes], boundary: bytes) -> None:
        self._source = source
        self._mark = b"\n--" + boundary
        self._ahead = b""
        self._last = False

    def skip_preamble(self) -> None:
        """Go to the first part; the text before it means nothing (RFC 2046, 5.1.1)."""
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
        """The bytes before the next boundary, in pieces."""
        # A boundary may be the first line. A line end is put before it, so that it follows one, and is not given.
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


# --- A message with attachments (MTOM: multipart/related with XOP): taken apart while its bytes stream by

_XOP: Final = "http://www.w3.org/2004/08/xop/include"
INCLUDE: Final = f"{{{_XOP}}}Include"
_MAX_PARTS: Final = 100
_NAAM: Final = 100  # characters of a name that a fault repeats
_MAX_LINE: Final = 1024 * 1024  # of quoted-printable, where 76 is the rule


class _Target(Protocol):
    def write(self, piece: bytes, /) -> object: ...


@dataclass(slots=True)
class Package:
    """The parts of a message: the root with its charset and the action that it names, the others by Content-ID."""

    root: IO[bytes]
    charset: str | None = None
    actie: str = ""
    parts: dict[str, Inhoud] = field(default_factory=dict)


def read_package(source: IO[bytes], multipart: Multipart, scratch: Scratch) -> Package:
    """Take a multipart/related body apart; `root` is the caller's to close.

    Raises StUF055 for an incomplete multipart, TooLarge for a part that is larger than a content may be.
    """
    package = Package(SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - closed below or by the caller
    try:
        _Parsing(multipart, scratch, package).run(source)
    except BaseException:
        package.root.close()
        raise
    package.root.seek(0)
    return package


def replace_includes(document: etree._Element, package: Package, marks: Marks) -> dict[str, Inhoud]:
    """Put a token in the place of each xop:Include, and give the content of each.

    Raises StUF055 when an Include has no part, stands beside something else, or when a part has no Include.
    """
    found: dict[str, Inhoud] = {}
    decoded = {unquote(cid): cid for cid in package.parts}
    unnamed = set(package.parts)
    for include in list(document.iter(INCLUDE)):
        parent = include.getparent()
        href = include.get("href", "")
        cid = _part_at(href.strip(), package, decoded)
        if not cid:
            raise StufFout(
                "StUF055", f"xop:Include verwijst naar {href[:_NAAM]!r}; er is geen deel met die Content-ID."
            )
        if parent is None or len(parent) > 1 or (parent.text or "").strip() or (include.tail or "").strip():
            raise StufFout("StUF055", "Naast een xop:Include mag in hetzelfde element niets anders staan.")
        unnamed.discard(cid)
        parent.remove(include)
        parent.text = None
        # JAX-WS attaches every base64Binary, also the empty one by which a scope asks for a file: that is no content.
        if package.parts[cid].grootte:
            parent.text = token = marks.new_token()
            found[token] = package.parts[cid]
    if unnamed:
        raise StufFout(
            "StUF055", f"Het deel met Content-ID {min(unnamed)[:_NAAM]!r} wordt in het bericht nergens genoemd."
        )
    return found


def _part_at(href: str, package: Package, decoded: dict[str, str]) -> str:
    """The Content-ID that a cid: URL is of (RFC 2392), "" when there is none.

    The URL is decoded. Stacks that put the encoded form in the Content-ID too, or only there, are understood as well.
    """
    kind, colon, what = href.partition(":")
    if kind.lower() != "cid" or not colon:
        return ""
    for cid in (unquote(what), what):
        if cid in package.parts:
            return cid
    return decoded.get(unquote(what), "")


class _Parsing:
    """One body on its way, part by part."""

    def __init__(self, multipart: Multipart, scratch: Scratch, package: Package) -> None:
        self._multipart = multipart
        self._scratch = scratch
        self._package = package
        self._count = 0
        self._root_seen = False

    def run(self, source: IO[bytes]) -> None:
        parts = Parts(source, self._multipart.boundary.encode("latin-1", "replace"))
        try:
            parts.skip_preamble()
        except BrokenMime:
            raise StufFout(
                "StUF055", "Het multipart-bericht begint niet met het scheidingsteken uit de Content-Type."
            ) from None
        try:
            while self._read_part(parts):
                pass
        except CutOff:
            raise StufFout(
                "StUF055", "Het multipart-bericht is afgebroken: het laatste scheidingsteken ontbreekt."
            ) from None
        except BrokenMime:
            raise StufFout("StUF055", f"Het multipart-bericht is niet leesbaar{_at_part(self._count)}.") from None
        except (NoBase64, IncompleteBase64, binascii.Error):
            raise StufFout(
                "StUF055", f"De Content-Transfer-Encoding van een deel klopt niet{_at_part(self._count)}."
            ) from None
        if not self._root_seen:
            root = f" met Content-ID {self._multipart.start[:_NAAM]!r}" if self._multipart.start else ""
            raise StufFout("StUF055", f"Het multipart-bericht heeft geen deel{root} met het bericht zelf.")

    def _read_part(self, parts: Parts) -> bool:
        """Take one part; False when there was none."""
        self._count += 1
        if (head := parts.header()) is None:
            return False
        if self._count > _MAX_PARTS:
            raise StufFout("StUF055", f"Het multipart-bericht heeft meer dan {_MAX_PARTS} delen.")
        cid = _bare(head.get("content-id", ""))
        decoder = _decoder(head.get("content-transfer-encoding", ""))
        start = self._multipart.start
        if not self._root_seen and (unquote(cid) == unquote(start) if start else self._count == 1):
            self._root_seen = True
            self._read_root_head(head)
            _write(parts, decoder, self._package.root)
            return True
        if not cid:
            raise StufFout(
                "StUF055", f"Een deel van het multipart-bericht heeft geen Content-ID{_at_part(self._count)}."
            )
        if cid in self._package.parts or cid == start:
            raise StufFout("StUF055", f"Content-ID {cid[:_NAAM]!r} komt meer dan eens voor.")
        writer = self._scratch.writer()
        _write(parts, decoder, writer)
        self._package.parts[cid] = Inhoud(writer.file(), writer.grootte, writer.sha256)
        return True

    def _read_root_head(self, head: dict[str, str]) -> None:
        kind, options = read_header(head.get("content-type", ""))
        if kind not in XML_TYPES | {"application/xop+xml"}:
            raise StufFout("StUF055", f"Het deel met het bericht is van het type {kind[:_NAAM]!r}; dat is geen XML.")
        self._package.charset = options.get("charset")
        self._package.actie = options.get("action") or read_header(options.get("type", ""))[1].get("action", "")


def _write(parts: Parts, decoder: "_Decoder | None", target: _Target) -> None:
    for piece in parts.content():
        target.write(decoder.read(piece) if decoder else piece)
    if decoder:
        target.write(decoder.close())


class _Decoder(Protocol):
    def read(self, piece: bytes) -> bytes: ...
    def close(self) -> bytes: ...


class _Base64:
    def __init__(self) -> None:
        self._reader = Base64Reader()

    def read(self, piece: bytes) -> bytes:
        return self._reader.read(piece)

    def close(self) -> bytes:
        self._reader.close()
        return b""


class _QuotedPrintable:
    """By whole lines: the last one waits for its end."""

    def __init__(self) -> None:
        self._over = b""

    def read(self, piece: bytes) -> bytes:
        whole, end, self._over = (self._over + piece).rpartition(b"\n")
        if len(self._over) > _MAX_LINE:
            raise binascii.Error
        return binascii.a2b_qp(whole + end)

    def close(self) -> bytes:
        return binascii.a2b_qp(self._over)


def _decoder(encoding: str) -> _Decoder | None:
    encoding = encoding.lower()
    if encoding in ("", "binary", "8bit", "7bit"):
        return None
    if encoding == "base64":
        return _Base64()
    if encoding == "quoted-printable":
        return _QuotedPrintable()
    raise StufFout("StUF055", f"Content-Transfer-Encoding {encoding[:_NAAM]!r} wordt niet ondersteund.")


def _bare(cid: str) -> str:
    return cid.strip().removeprefix("<").removesuffix(">")


def _at_part(number: int) -> str:
    return f" (deel {number})" if number else ""


# --- The body of an answer with contents: pieces of XML and of files in turn, of a length that is known before

_MEDIATYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _AsBase64:
    inhoud: Inhoud

    def __len__(self) -> int:
        return (self.inhoud.grootte + 2) // 3 * 4

    def pieces(self, size: int) -> Iterator[bytes]:
        return map(pybase64.b64encode, self.inhoud.pieces(size))


@dataclass(frozen=True, slots=True)
class _AsItIs:
    inhoud: Inhoud

    def __len__(self) -> int:
        return self.inhoud.grootte

    def pieces(self, size: int) -> Iterator[bytes]:
        return self.inhoud.pieces(size)


_Part = bytes | _AsBase64 | _AsItIs


class Output:
    """The body of an answer, as WSGI asks for it; `close` follows when it was sent, or nobody takes it any more."""

    def __init__(self, parts: list[_Part], inhoudstype: str, close: Callable[[], None]) -> None:
        self.parts = parts
        self._close = close
        self.inhoudstype = inhoudstype
        self.length = sum(len(part) for part in parts)

    def __iter__(self) -> Iterator[bytes]:
        """The first piece has some of the first content: when that cannot be read, nothing was sent yet."""
        pieces = self._pieces()
        yield b"".join(islice(pieces, 2))
        yield from pieces

    def _pieces(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part.pieces(PIECE)

    def close(self) -> None:
        """Close the files."""
        self._close()


def make_output(
    envelope: etree._Element, versie: str, soort: str, inhouden: Inhouden, *, mtom: bool, close: Callable[[], None]
) -> Output | None:
    """An answer with its contents, `soort` being the content type of one without; None when it has none.

    A content stands where `set_inhoud` put its stand-in; an element with the name of a file and another text is no
    file. Raises ValueError when a content does not have its length: nothing was sent then.
    """
    candidates = [(element, inhouden.find(element.text or "")) for element in envelope.iter(INHOUD, EXTRA_ELEMENT)]
    places = [element for element, inhoud in candidates if inhoud is not None]
    found = [inhoud for _, inhoud in candidates if inhoud is not None]
    if not places:
        return None
    for inhoud in found:
        _check_length(inhoud)
    pairs = list(zip(places, found, strict=True))
    if mtom:
        # Only xs:base64Binary may be an attachment (XOP, 3.1); an element that the schema calls a text stays one.
        texts = [pair for pair in pairs if pair[0].tag == EXTRA_ELEMENT]
        return _multipart(envelope, versie, [pair for pair in pairs if pair[0].tag != EXTRA_ELEMENT], texts, close)
    return Output(_cut(envelope, pairs), soort, close)


def _cut(envelope: etree._Element, pairs: list[tuple[etree._Element, Inhoud]]) -> list[_Part]:
    """The message cut where contents stand as base64."""
    marks = Marks()
    for element, _ in pairs:
        element.text = marks.new_token()
    if not pairs:
        return [serialise(envelope)]
    pieces = re.split(re.escape(marks.mark.encode()) + rb".{16}", serialise(envelope))
    parts: list[_Part] = [pieces[0]]
    for piece, (_, inhoud) in zip(pieces[1:], pairs, strict=True):
        parts += [_AsBase64(inhoud), piece]
    return parts


def _multipart(
    envelope: etree._Element,
    versie: str,
    pairs: list[tuple[etree._Element, Inhoud]],
    texts: list[tuple[etree._Element, Inhoud]],
    close: Callable[[], None],
) -> Output:
    """MTOM (protocolbinding 03.02, 3.1): the contents as they are, in parts of their own."""
    bound = f"uuid-{uuid.uuid4()}"
    kind = "application/soap+xml" if versie == SOAP12 else "text/xml"
    attachments: list[_Part] = []
    for number, (element, inhoud) in enumerate(pairs, 1):
        cid = f"{number}.{bound}@regiesysteem"
        element.text = None
        etree.SubElement(element, INCLUDE, nsmap={"xop": _XOP}).set("href", f"cid:{cid}")
        mediatype = element.get(CONTENT_TYPE, "")
        if not _MEDIATYPE.fullmatch(mediatype):
            mediatype = "application/octet-stream"
        attachments += [_head(bound, mediatype, cid), _AsItIs(inhoud)]
    root = f"0.{bound}@regiesysteem"
    head = _head(bound, f'application/xop+xml; charset=utf-8; type="{kind}"', root).removeprefix(b"\r\n")
    inhoudstype = (
        f'multipart/related; type="application/xop+xml"; start="<{root}>"; start-info="{kind}"; boundary="{bound}"'
    )
    closing = f"\r\n--{bound}--\r\n".encode()
    return Output([head, *_cut(envelope, texts), *attachments, closing], inhoudstype, close)


def _head(bound: str, soort: str, cid: str) -> bytes:
    lines = f"Content-Type: {soort}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>"
    return f"\r\n--{bound}\r\n{lines}\r\n\r\n".encode()


def _check_length(inhoud: Inhoud) -> None:
    if inhoud.file.seek(0, SEEK_END) != inhoud.grootte:
        raise ValueError("a content is not as long as it should be")
