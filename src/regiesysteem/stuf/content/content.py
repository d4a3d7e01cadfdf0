"""Decodes base64 as it streams by, of any line length and with any white space, and keeps the contents of a message.

pybase64 decodes (SIMD). binascii decodes 200 MB/s, too slow for a document that must pass at 300 MB/s altogether.
"""

import base64
import binascii
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Final

import pybase64
from lxml import etree

from regiesysteem.stuf.content.scratch import Scratch
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import BESTANDSNAAM, CONTENT_TYPE, NIL

WHITESPACE: Final = b" \t\r\n"
ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_GROUP: Final = 4  # characters that make three bytes


class NoBase64(ValueError):
    """The text has characters that are not base64 and not white space."""


class IncompleteBase64(ValueError):
    """The alphabet is right, but the padding is not: data is missing, or continues after the end."""


class Base64Reader:
    """Decodes pieces of any length in turn; `empty` until a character came that is not white space."""

    def __init__(self) -> None:
        self._over = b""
        self._end = False
        self.empty = True

    def read(self, piece: bytes) -> bytes:
        """Decode the next piece as far as whole groups go; raises NoBase64 or IncompleteBase64."""
        # Line ends are nearly all the white space there is, and replacing one character is twice as fast.
        bare = piece.replace(b"\r", b"").replace(b"\n", b"")
        if self._over:
            bare = self._over + bare
        try:
            return self._decode(bare)
        except binascii.Error:
            bare = bare.translate(None, WHITESPACE)
        if bare.translate(None, ALPHABET):
            raise NoBase64
        try:
            return self._decode(bare)
        except binascii.Error:
            raise IncompleteBase64 from None

    def close(self) -> None:
        """Finish the text; raises IncompleteBase64 when a group is not complete."""
        if self._over.translate(None, WHITESPACE):
            raise IncompleteBase64

    def _decode(self, bare: bytes) -> bytes:
        whole = len(bare) - len(bare) % _GROUP
        over = bare[whole:]
        if over.translate(None, ALPHABET):
            raise binascii.Error  # white space inside a group: groups do not start where they seem to
        out = pybase64.b64decode(bare[:whole] if over else bare, validate=True)
        if self._end and bare:
            raise IncompleteBase64
        self._end = len(out) != whole // _GROUP * 3 or self._end
        if self._end and over:
            raise IncompleteBase64
        self._over = over
        self.empty = self.empty and not bare
        return out


# --- The contents of documents (StUF:BinaireInhoud, protocolbinding 03.02, 3.1), apart from the message

PIECE: Final = 384 * 1024
"""Bytes that are read at a time; a multiple of three, so that each piece becomes base64 by itself.

A larger piece leaves the cache of the processor before it is sent; a smaller one costs more calls.
"""

_MAX_OBJECTIONS: Final = 10
_MAX_INHOUDEN: Final = 1000  # a content costs as much as a hundred elements
_LENGTH_NAAM: Final = 255  # StUF:Bestandsnaam
_FORM: Final = struct.Struct(">32sQ")
_PLACEHOLDER: Final = re.compile(r"[A-Za-z0-9+/]{54}==")
# Characters that turn the reading direction make exe.fdp of pdf.exe.
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
INCOMPLETE: Final = (
    "De inhoud van het document is geen base64: zij is onvolledig, de opvulling (=) aan het eind klopt niet."
)
NO_BASE_64: Final = "De inhoud van het document is geen base64: er staan tekens in die daar niet in voorkomen."


@dataclass(frozen=True, slots=True)
class Inhoud:
    """A content: a seekable file of `grootte` bytes, its digest in hexadecimals, and its name and type."""

    file: IO[bytes]
    grootte: int
    sha256: str
    content_type: str = ""
    bestandsnaam: str = ""

    @property
    def placeholder(self) -> str:
        """The text that stands for this content in a tree."""
        return base64.b64encode(_FORM.pack(bytes.fromhex(self.sha256), self.grootte)).decode()

    def pieces(self, size: int = PIECE) -> Iterator[bytes]:
        """Read the content from the start, in full pieces but for the last; other readers of the file do not matter."""
        offset = 0
        while True:
            self.file.seek(offset)
            piece = b""
            while len(piece) < size and (more := self.file.read(size - len(piece))):
                piece = piece + more if piece else more
            if not piece:
                return
            offset += len(piece)
            yield piece


class Inhouden:
    """The contents that belong to a message and its answer, by stand-in.

    `objections` (Dutch) are the objections to contents of the message, for which admission refuses it. The handler of
    the request calls `close` after the answer is sent; it closes the contents of the message.
    """

    def __init__(self, scratch: Scratch | None = None) -> None:
        self.objections: list[str] = []
        self._scratch = scratch
        self._by_placeholder: dict[str, Inhoud] = {}
        self._open: list[IO[bytes]] = []

    def take_in(self, inhoud: Inhoud) -> str:
        """Take in a content, which `close` closes with the others, and give its stand-in."""
        self._open.append(inhoud.file)
        self._by_placeholder.setdefault(inhoud.placeholder, inhoud)
        return inhoud.placeholder

    def find(self, placeholder: str) -> Inhoud | None:
        """Give the content of a stand-in."""
        return self._by_placeholder.get(placeholder)

    def __len__(self) -> int:
        return len(self._by_placeholder)

    def close(self) -> None:
        """Close every content, and delete the scratch space of the message."""
        for file in self._open:
            with suppress(OSError):
                file.close()
        if self._scratch is not None:
            self._scratch.close()


def inhoud_of(element: etree._Element | None, inhouden: Inhouden) -> Inhoud | None:
    """The content of an element `inhoud` with its name and type; None when there is no element, or it is nil.

    An element without text is a content of zero bytes: xs:base64Binary allows it, and its dienst decides whether a
    document may be empty. Raises StUF055 for a content that cannot be read or an invalid name (docs/afwijkingen.md 32),
    and for an empty name, also where the element is nil.
    """
    if element is None:
        return None
    if not element.get(BESTANDSNAAM, "-"):
        raise StufFout("StUF055", "StUF:bestandsnaam van object/inhoud is leeg; geef het bestand een naam.")
    if element.get(NIL, "").strip() in ("true", "1"):
        return None
    inhoud = inhouden.find(element.text) if element.text else read_inline("", Scratch())
    if inhouden.objections or inhoud is None:
        raise StufFout("StUF055", " ".join(inhouden.objections) or "De inhoud van het document ontbreekt.")
    naam, soort = element.get(BESTANDSNAAM, ""), element.get(CONTENT_TYPE, "")
    if objection := objection_against_naam(naam) or objection_against_soort(soort):
        raise StufFout("StUF055", objection)
    return replace(inhoud, content_type=soort, bestandsnaam=naam)


def set_inhoud(element: etree._Element, inhoud: Inhoud, inhouden: Inhouden) -> None:
    """Put a content in an element `inhoud` of an answer; it is sent from its file, and closed after that."""
    element.text = inhouden.take_in(inhoud)
    for attribute, waarde in ((CONTENT_TYPE, inhoud.content_type), (BESTANDSNAAM, inhoud.bestandsnaam)):
        if waarde:
            element.set(attribute, waarde)


def read_placeholder(text: str) -> tuple[str, int] | None:
    """Give the digest (hexadecimals) and size in a stand-in, as in a stored message; None for another text."""
    if not _PLACEHOLDER.fullmatch(text):
        return None
    digest, size = _FORM.unpack(base64.b64decode(text))
    return digest.hex(), size


def read_all(inhoud: Inhoud) -> bytes:
    """All bytes of a content, for a content that is small enough."""
    return b"".join(inhoud.pieces())


def read_inline(text: str, scratch: Scratch) -> Inhoud:
    """Decode base64 that stands in a tree; raises NoBase64, IncompleteBase64 or TooLarge."""
    reader, writer = Base64Reader(), scratch.writer()
    try:
        writer.write(reader.read(text.encode("ascii")))
    except UnicodeEncodeError:
        raise NoBase64 from None
    reader.close()
    return Inhoud(writer.file(), writer.grootte, writer.sha256)


def take_contents_out(  # noqa: PLR0917 - a message, where files stand, and what was taken out before
    bericht: etree._Element,
    files: Iterable[str],
    scratch: Scratch,
    lifted: Mapping[str, Inhoud | str] | None = None,
    mark: str = "",
    texts: Iterable[etree._Element] = (),
) -> Inhouden:
    """Take the contents out of a message: each element that is a file gets the stand-in of its content.

    `files` are the paths (ElementPath, from the message) where files stand. An element with the same name elsewhere
    is data like any other (an object of another model may have any content) and stays as it came.

    `lifted` has the contents that were taken out before (`stuf.content.lift`, attachments), or the objection to one,
    by the token in their place. Tokens begin with `mark`.

    `texts` are elements whose base64 stays as it came, unless it was taken out before, or could be read as a
    stand-in.
    """
    inhouden = Inhouden(scratch)
    found = [element for path in files for element in bericht.iterfind(path)]
    found += [element for element in texts if _is_inhoud(element, mark)]
    for number, element in enumerate(found):
        if number >= _MAX_INHOUDEN:
            inhouden.objections.append(f"Het bericht heeft meer dan {_MAX_INHOUDEN} elementen inhoud.")
        if len(inhouden.objections) > _MAX_OBJECTIONS or number >= _MAX_INHOUDEN:
            break
        try:
            _take_out(element, inhouden, scratch, lifted or {}, mark)
        except (NoBase64, IncompleteBase64) as error:
            inhouden.objections.append(NO_BASE_64 if isinstance(error, NoBase64) else INCOMPLETE)
            # One objection only: the schema would report the same of a text that is small enough to stay in the tree.
            element.text = None
    if mark:
        for element in bericht.iter(etree.Element):
            if len(inhouden.objections) > _MAX_OBJECTIONS:
                break
            if mark in (element.text or "") or mark in (element.tail or ""):
                inhouden.objections.append(
                    f"Het element {etree.QName(element).localname} bevat een bijlage of een te lange tekst; "
                    "alleen in object/inhoud van een document kan dat."
                )
    return inhouden


def _is_inhoud(element: etree._Element, mark: str) -> bool:
    text = (element.text or "").strip()
    return (bool(mark) and mark in text) or read_placeholder(text) is not None


def objection_against_naam(naam: str) -> str:
    """Give the objection to a bestandsnaam (Dutch), "" when there is none; the schema checks that there is a name."""
    if len(naam) > _LENGTH_NAAM:
        return f"De bestandsnaam is {len(naam)} tekens lang; toegestaan is {_LENGTH_NAAM}."
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in naam) or _DIRECTION.search(naam):
        return "De bestandsnaam bevat stuurtekens."
    if "/" in naam or "\\" in naam or naam.strip() in (".", ".."):
        return "De bestandsnaam bevat een pad; stuur alleen de naam van het bestand."
    if naam and not naam.strip():
        return "De bestandsnaam bestaat uit witruimte."
    return ""


def objection_against_soort(soort: str) -> str:
    """Give the objection to a contentType (Dutch), "" when there is none."""
    if len(soort) > _LENGTH_NAAM or any(unicodedata.category(character)[0] == "C" for character in soort):
        return "Het attribuut contentType is te lang of bevat stuurtekens."
    return ""


def _take_out(
    element: etree._Element,
    inhouden: Inhouden,
    scratch: Scratch,
    lifted: Mapping[str, Inhoud | str],
    mark: str,
) -> None:
    if len(element):
        inhouden.objections.append(
            f"De inhoud van het document bevat het element {etree.QName(element[0]).localname} in plaats van base64."
        )
        return
    text = (element.text or "").strip()
    if not text:
        element.text = None
        return
    if mark and mark in text:
        found = lifted.get(text, NO_BASE_64)
        if isinstance(found, str):
            inhouden.objections.append(found)
            element.text = None
            return
        element.text = inhouden.take_in(found)
        return
    element.text = inhouden.take_in(read_inline(text, scratch))
