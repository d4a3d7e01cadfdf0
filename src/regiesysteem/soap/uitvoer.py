"""What goes out when an answer has contents: pieces of XML and of files in turn, of a length that is known before.

The XML is cut where each content stands, which a token marks that nobody can have sent. Of a content the file is read
only when its piece is asked for.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from os import SEEK_END
from typing import Final

import pybase64
from lxml import etree

from regiesysteem.soap.bijlagen import INCLUDE
from regiesysteem.stuf.content.content import STUK, Inhoud, Inhouden
from regiesysteem.stuf.content.lift import Merken
from regiesysteem.stuf.namespaces import CONTENT_TYPE, SOAP12
from regiesysteem.stuf.payload import EXTRA_ELEMENT
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zkn.names import INHOUD

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
    """The body of an answer, as WSGI asks for it; `close` comes when it was sent, or when nobody takes it any more."""

    def __init__(self, delen: list[_Deel], inhoudstype: str, sluit: Callable[[], None]) -> None:
        self._delen = delen
        self._sluit = sluit
        self.inhoudstype = inhoudstype
        self.lengte = sum(len(deel) for deel in delen)

    def __iter__(self) -> Iterator[bytes]:
        """The first piece has some of the first content: when that cannot be read, nothing was sent yet."""
        stukken = self._stukken()
        yield b"".join(islice(stukken, 2))
        yield from stukken

    def _stukken(self) -> Iterator[bytes]:
        for deel in self._delen:
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

    A content stands where `zet_inhoud` put its stand-in; what has the name of a file and another text is no file.
    Raises ValueError when a content is not as long as it should be: nothing was sent then.
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
        # Only xs:base64Binary may be an attachment (XOP, 3.1); what the schema calls a text stays one.
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
