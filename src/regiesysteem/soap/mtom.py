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

from regiesysteem.stuf.content.content import STUK, Base64Lezer, GeenBase64, Inhoud, Inhouden, OnvolledigeBase64
from regiesysteem.stuf.content.lift import Merken
from regiesysteem.stuf.content.scratch import IN_GEHEUGEN, Kladblok
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import CONTENT_TYPE, SOAP12
from regiesysteem.stuf.payload import EXTRA_ELEMENT
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zkn.names import INHOUD

# --- MIME as SOAP stacks write it: the parameters of a header, and the parts of a multipart body

MULTIPART: Final = "multipart/related"
XML_TYPEN: Final = frozenset({"", "text/xml", "application/soap+xml", "application/xml"})
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

INCLUDE: Final = "{http://www.w3.org/2004/08/xop/include}Include"
_MAX_DELEN: Final = 100
_NAAM: Final = 100  # characters of a name that a fault repeats
_MAX_REGEL: Final = 1024 * 1024  # of quoted-printable, where 76 is the rule


class _Doel(Protocol):
    def write(self, stuk: bytes, /) -> object: ...


@dataclass(slots=True)
class Pakket:
    """The parts of a message: the root with its charset and the action that it names, the others by Content-ID."""

    wortel: IO[bytes]
    charset: str | None = None
    actie: str = ""
    delen: dict[str, Inhoud] = field(default_factory=dict)


def lees_pakket(bron: IO[bytes], multipart: Multipart, kladblok: Kladblok) -> Pakket:
    """Take a multipart/related body apart; `wortel` is the caller's to close.

    Raises StUF055 for an incomplete multipart, TeGroot for a part that is larger than a content may be.
    """
    pakket = Pakket(SpooledTemporaryFile(max_size=IN_GEHEUGEN))  # noqa: SIM115 - closed below or by the caller
    try:
        _Ontleding(multipart, kladblok, pakket).draai(bron)
    except BaseException:
        pakket.wortel.close()
        raise
    pakket.wortel.seek(0)
    return pakket


def vervang_includes(document: etree._Element, pakket: Pakket, merken: Merken) -> dict[str, Inhoud]:
    """Put a token in the place of each xop:Include, and give the content of each.

    Raises StUF055 when an Include has no part, stands beside something else, or when a part has no Include.
    """
    gevonden: dict[str, Inhoud] = {}
    gedecodeerd = {unquote(cid): cid for cid in pakket.delen}
    ongenoemd = set(pakket.delen)
    for include in list(document.iter(INCLUDE)):
        ouder = include.getparent()
        href = include.get("href", "")
        cid = _deel_bij(href.strip(), pakket, gedecodeerd)
        if not cid:
            raise StufFout(
                "StUF055", f"xop:Include verwijst naar {href[:_NAAM]!r}; er is geen deel met die Content-ID."
            )
        if ouder is None or len(ouder) > 1 or (ouder.text or "").strip() or (include.tail or "").strip():
            raise StufFout("StUF055", "Naast een xop:Include mag in hetzelfde element niets anders staan.")
        ongenoemd.discard(cid)
        ouder.remove(include)
        ouder.text = None
        # JAX-WS attaches every base64Binary, also the empty one by which a scope asks for a file: that is no content.
        if pakket.delen[cid].grootte:
            ouder.text = token = merken.nieuw()
            gevonden[token] = pakket.delen[cid]
    if ongenoemd:
        raise StufFout(
            "StUF055", f"Het deel met Content-ID {min(ongenoemd)[:_NAAM]!r} wordt in het bericht nergens genoemd."
        )
    return gevonden


def _deel_bij(href: str, pakket: Pakket, gedecodeerd: dict[str, str]) -> str:
    """The Content-ID that a cid: URL is of (RFC 2392), "" when there is none.

    The URL is decoded. Stacks that put the encoded form in the Content-ID too, or only there, are understood as well.
    """
    soort, dubbelpunt, wat = href.partition(":")
    if soort.lower() != "cid" or not dubbelpunt:
        return ""
    for cid in (unquote(wat), wat):
        if cid in pakket.delen:
            return cid
    return gedecodeerd.get(unquote(wat), "")


class _Ontleding:
    """One body on its way, part by part."""

    def __init__(self, multipart: Multipart, kladblok: Kladblok, pakket: Pakket) -> None:
        self._multipart = multipart
        self._kladblok = kladblok
        self._pakket = pakket
        self._aantal = 0
        self._wortel_gezien = False

    def draai(self, bron: IO[bytes]) -> None:
        delen = Parts(bron, self._multipart.boundary.encode("latin-1", "replace"))
        try:
            delen.skip_preamble()
        except BrokenMime:
            raise StufFout(
                "StUF055", "Het multipart-bericht begint niet met het scheidingsteken uit de Content-Type."
            ) from None
        try:
            while self._lees_deel(delen):
                pass
        except CutOff:
            raise StufFout(
                "StUF055", "Het multipart-bericht is afgebroken: het laatste scheidingsteken ontbreekt."
            ) from None
        except BrokenMime:
            raise StufFout("StUF055", f"Het multipart-bericht is niet leesbaar{_bij_deel(self._aantal)}.") from None
        except (GeenBase64, OnvolledigeBase64, binascii.Error):
            raise StufFout(
                "StUF055", f"De Content-Transfer-Encoding van een deel klopt niet{_bij_deel(self._aantal)}."
            ) from None
        if not self._wortel_gezien:
            wortel = f" met Content-ID {self._multipart.start[:_NAAM]!r}" if self._multipart.start else ""
            raise StufFout("StUF055", f"Het multipart-bericht heeft geen deel{wortel} met het bericht zelf.")

    def _lees_deel(self, delen: Parts) -> bool:
        """Take one part; False when there was none."""
        self._aantal += 1
        if (kop := delen.header()) is None:
            return False
        if self._aantal > _MAX_DELEN:
            raise StufFout("StUF055", f"Het multipart-bericht heeft meer dan {_MAX_DELEN} delen.")
        cid = _kaal(kop.get("content-id", ""))
        decoder = _decoder(kop.get("content-transfer-encoding", ""))
        start = self._multipart.start
        if not self._wortel_gezien and (unquote(cid) == unquote(start) if start else self._aantal == 1):
            self._wortel_gezien = True
            self._lees_wortelkop(kop)
            _schrijf(delen, decoder, self._pakket.wortel)
            return True
        if not cid:
            raise StufFout(
                "StUF055", f"Een deel van het multipart-bericht heeft geen Content-ID{_bij_deel(self._aantal)}."
            )
        if cid in self._pakket.delen or cid == start:
            raise StufFout("StUF055", f"Content-ID {cid[:_NAAM]!r} komt meer dan eens voor.")
        schrijver = self._kladblok.schrijver()
        _schrijf(delen, decoder, schrijver)
        self._pakket.delen[cid] = Inhoud(schrijver.bestand(), schrijver.grootte, schrijver.sha256)
        return True

    def _lees_wortelkop(self, kop: dict[str, str]) -> None:
        soort, opties = parameters(kop.get("content-type", ""))
        if soort not in XML_TYPEN | {"application/xop+xml"}:
            raise StufFout("StUF055", f"Het deel met het bericht is van het type {soort[:_NAAM]!r}; dat is geen XML.")
        self._pakket.charset = opties.get("charset")
        self._pakket.actie = opties.get("action") or parameters(opties.get("type", ""))[1].get("action", "")


def _schrijf(delen: Parts, decoder: "_Decoder | None", doel: _Doel) -> None:
    for stuk in delen.content():
        doel.write(decoder.lees(stuk) if decoder else stuk)
    if decoder:
        doel.write(decoder.sluit())


class _Decoder(Protocol):
    def lees(self, stuk: bytes) -> bytes: ...
    def sluit(self) -> bytes: ...


class _Base64:
    def __init__(self) -> None:
        self._lezer = Base64Lezer()

    def lees(self, stuk: bytes) -> bytes:
        return self._lezer.lees(stuk)

    def sluit(self) -> bytes:
        self._lezer.sluit()
        return b""


class _QuotedPrintable:
    """By whole lines: the last one waits for its end."""

    def __init__(self) -> None:
        self._over = b""

    def lees(self, stuk: bytes) -> bytes:
        heel, einde, self._over = (self._over + stuk).rpartition(b"\n")
        if len(self._over) > _MAX_REGEL:
            raise binascii.Error
        return binascii.a2b_qp(heel + einde)

    def sluit(self) -> bytes:
        return binascii.a2b_qp(self._over)


def _decoder(codering: str) -> _Decoder | None:
    codering = codering.lower()
    if codering in ("", "binary", "8bit", "7bit"):
        return None
    if codering == "base64":
        return _Base64()
    if codering == "quoted-printable":
        return _QuotedPrintable()
    raise StufFout("StUF055", f"Content-Transfer-Encoding {codering[:_NAAM]!r} wordt niet ondersteund.")


def _kaal(cid: str) -> str:
    return cid.strip().removeprefix("<").removesuffix(">")


def _bij_deel(nummer: int) -> str:
    return f" (deel {nummer})" if nummer else ""


# --- The body of an answer with contents: pieces of XML and of files in turn, of a length that is known before

_XOP: Final = "http://www.w3.org/2004/08/xop/include"
_MEDIATYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _AlsBase64:
    inhoud: Inhoud

    def __len__(self) -> int:
        return (self.inhoud.grootte + 2) // 3 * 4

    def stukken(self, grootte: int) -> Iterator[bytes]:
        return map(pybase64.b64encode, self.inhoud.stukken(grootte))


@dataclass(frozen=True, slots=True)
class _ZoalsHetIs:
    inhoud: Inhoud

    def __len__(self) -> int:
        return self.inhoud.grootte

    def stukken(self, grootte: int) -> Iterator[bytes]:
        return self.inhoud.stukken(grootte)


_Deel = bytes | _AlsBase64 | _ZoalsHetIs


class Uitvoer:
    """The body of an answer, as WSGI asks for it; `close` follows when it was sent, or nobody takes it any more."""

    def __init__(self, delen: list[_Deel], inhoudstype: str, sluit: Callable[[], None]) -> None:
        self.delen = delen
        self._sluit = sluit
        self.inhoudstype = inhoudstype
        self.lengte = sum(len(deel) for deel in delen)

    def __iter__(self) -> Iterator[bytes]:
        """The first piece has some of the first content: when that cannot be read, nothing was sent yet."""
        stukken = self._stukken()
        yield b"".join(islice(stukken, 2))
        yield from stukken

    def _stukken(self) -> Iterator[bytes]:
        for deel in self.delen:
            if isinstance(deel, bytes):
                yield deel
            else:
                yield from deel.stukken(STUK)

    def close(self) -> None:
        """Close the files."""
        self._sluit()


def maak_uitvoer(
    envelop: etree._Element, versie: str, soort: str, inhouden: Inhouden, *, mtom: bool, sluit: Callable[[], None]
) -> Uitvoer | None:
    """An answer with its contents, `soort` being the content type of one without; None when it has none.

    A content stands where `zet_inhoud` put its stand-in; an element with the name of a file and another text is no
    file. Raises ValueError when a content does not have its length: nothing was sent then.
    """
    gezet = [(element, inhouden.vind(element.text or "")) for element in envelop.iter(INHOUD, EXTRA_ELEMENT)]
    plekken = [element for element, inhoud in gezet if inhoud is not None]
    gevonden = [inhoud for _, inhoud in gezet if inhoud is not None]
    if not plekken:
        return None
    for inhoud in gevonden:
        _controleer_lengte(inhoud)
    paren = list(zip(plekken, gevonden, strict=True))
    if mtom:
        # Only xs:base64Binary may be an attachment (XOP, 3.1); an element that the schema calls a text stays one.
        teksten = [paar for paar in paren if paar[0].tag == EXTRA_ELEMENT]
        return _multipart(envelop, versie, [paar for paar in paren if paar[0].tag != EXTRA_ELEMENT], teksten, sluit)
    return Uitvoer(_gesneden(envelop, paren), soort, sluit)


def _gesneden(envelop: etree._Element, paren: list[tuple[etree._Element, Inhoud]]) -> list[_Deel]:
    """The message cut where contents stand as base64."""
    merken = Merken()
    for element, _ in paren:
        element.text = merken.nieuw()
    if not paren:
        return [serialiseer(envelop)]
    stukken = re.split(re.escape(merken.merk.encode()) + rb".{16}", serialiseer(envelop))
    delen: list[_Deel] = [stukken[0]]
    for stuk, (_, inhoud) in zip(stukken[1:], paren, strict=True):
        delen += [_AlsBase64(inhoud), stuk]
    return delen


def _multipart(
    envelop: etree._Element,
    versie: str,
    paren: list[tuple[etree._Element, Inhoud]],
    teksten: list[tuple[etree._Element, Inhoud]],
    sluit: Callable[[], None],
) -> Uitvoer:
    """MTOM (protocolbinding 03.02, 3.1): the contents as they are, in parts of their own."""
    grens = f"uuid-{uuid.uuid4()}"
    soort = "application/soap+xml" if versie == SOAP12 else "text/xml"
    bijlagen: list[_Deel] = []
    for nummer, (element, inhoud) in enumerate(paren, 1):
        cid = f"{nummer}.{grens}@regiesysteem"
        element.text = None
        etree.SubElement(element, INCLUDE, nsmap={"xop": _XOP}).set("href", f"cid:{cid}")
        mediatype = element.get(CONTENT_TYPE, "")
        if not _MEDIATYPE.fullmatch(mediatype):
            mediatype = "application/octet-stream"
        bijlagen += [_kop(grens, mediatype, cid), _ZoalsHetIs(inhoud)]
    wortel = f"0.{grens}@regiesysteem"
    kop = _kop(grens, f'application/xop+xml; charset=utf-8; type="{soort}"', wortel).removeprefix(b"\r\n")
    inhoudstype = (
        f'multipart/related; type="application/xop+xml"; start="<{wortel}>"; start-info="{soort}"; boundary="{grens}"'
    )
    slot = f"\r\n--{grens}--\r\n".encode()
    return Uitvoer([kop, *_gesneden(envelop, teksten), *bijlagen, slot], inhoudstype, sluit)


def _kop(grens: str, soort: str, cid: str) -> bytes:
    regels = f"Content-Type: {soort}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>"
    return f"\r\n--{grens}\r\n{regels}\r\n\r\n".encode()


def _controleer_lengte(inhoud: Inhoud) -> None:
    if inhoud.bestand.seek(0, SEEK_END) != inhoud.grootte:
        raise ValueError("a content is not as long as it should be")
