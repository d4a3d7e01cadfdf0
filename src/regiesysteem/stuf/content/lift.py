"""Lifting: takes long runs of base64 out of a message while its bytes stream by, before anything is parsed.

A text is lifted when it follows a `>`, ends at the next `<`, is longer than `DREMPEL`, and holds nothing but base64 and
white space. It goes decoded to scratch space, and a token takes its place. Such a run holds no markup, so the structure
of the document is the same without it, and lifting need not understand XML: in a comment or an attribute a run is
harmless or not well-formed. UTF-16 has a NUL beside each `>` and is never lifted; neither is base64 in a CDATA section,
which follows a `[`.
"""

import base64
import re
import secrets
from dataclasses import dataclass, field
from typing import IO, Final

from regiesysteem.stuf.content.content import (
    ALFABET,
    ONVOLLEDIG,
    WITRUIMTE,
    Base64Lezer,
    GeenBase64,
    Inhoud,
    OnvolledigeBase64,
)
from regiesysteem.stuf.content.scratch import Kladblok
from regiesysteem.stuf.xml import OnleesbareXML

DREMPEL: Final = 64 * 1024
"""The least number of bytes of a run; a body that is not larger is not searched."""

MAX_REST: Final = 32_000_000
"""Bytes of a message that may be left after lifting, because the parser holds them in memory."""

_BLOK: Final = 256 * 1024
_TOEGESTAAN: Final = ALFABET + WITRUIMTE
# Line ends of base64 as an XML writer escapes them: &#13; and &#xD;.
_VERWIJZING: Final = re.compile(rb"&#(?:0{0,4}(?:9|10|13|32)|x0{0,4}(?:9|[aA]|[dD]|20));")
_MAX_VERWIJZING: Final = 12


@dataclass(frozen=True)
class Gelicht:
    """A message without its long texts, and by token the content of each, or the objection to it (Dutch).

    Tokens begin with `merk`, which no sender can guess; it is "" when nothing was lifted.
    """

    data: bytes
    inhouden: dict[str, Inhoud | str] = field(default_factory=dict)
    merk: str = ""


class Merken:
    """Makes tokens: 32 characters, valid base64, half of them a `merk` that is random for each request.

    As long as there is no token the `merk` is "".
    """

    def __init__(self) -> None:
        self.merk = ""
        self._nummer = 0

    def nieuw(self) -> str:
        """The next token."""
        self.merk = self.merk or base64.b64encode(secrets.token_bytes(12)).decode()
        self._nummer += 1
        return self.merk + base64.b64encode(self._nummer.to_bytes(12, "big")).decode()


def licht(bron: IO[bytes], kladblok: Kladblok, merken: Merken | None = None) -> Gelicht:
    """Read a message from the position of `bron` (seekable), and lift its long base64.

    Raises OnleesbareXML when more than MAX_REST is left, TeGroot for a content over the maximum of `kladblok`.
    """
    begin = bron.read(DREMPEL + 1)
    if len(begin) <= DREMPEL:
        return Gelicht(begin)
    return _Lichter(bron, kladblok, merken or Merken()).draai(begin)


class _Lichter:
    """One pass over one message, which reads `bron` from its position."""

    def __init__(self, bron: IO[bytes], kladblok: Kladblok, merken: Merken) -> None:
        self._bron = bron
        self._kladblok = kladblok
        self._merken = merken
        self._rest: list[bytes] = []
        self._lengte = 0
        self._inhouden: dict[str, Inhoud | str] = {}

    def draai(self, begin: bytes) -> Gelicht:
        buffer = begin
        while buffer:
            buffer = self._ga_verder(buffer)
            stuk = self._bron.read(_BLOK)
            if not stuk:
                self._geef(buffer)
                break
            buffer += stuk
        return Gelicht(b"".join(self._rest), self._inhouden, self._merken.merk)

    def _ga_verder(self, buffer: bytes) -> bytes:
        """Take the decided part from the buffer, and give the rest for the next round."""
        while (begin := _vind_reeks(buffer)) is not None:
            self._geef(buffer[:begin])
            buffer = self._neem_reeks(buffer[begin:])
        begin = buffer.rfind(b">")
        if begin < 0 or len(buffer) - begin > DREMPEL + 1 or b"<" in buffer[begin:]:
            self._geef(buffer)
            return b""
        self._geef(buffer[:begin])
        return buffer[begin:]

    def _neem_reeks(self, stuk: bytes) -> bytes:
        """Lift the run at the start of `stuk`, and give the bytes that were read after it."""
        begin = self._bron.tell() - len(stuk)
        reeks = _Reeks(self._kladblok)
        try:
            while (einde := stuk.find(b"<")) < 0:
                reeks.lees(stuk)
                stuk = self._bron.read(_BLOK)
                if not stuk:
                    break
            reeks.lees(stuk[:einde] if einde >= 0 else stuk)
            inhoud = reeks.sluit()
        except GeenBase64:
            return self._herstel(begin)
        token = self._merken.nieuw()
        self._inhouden[token] = inhoud
        self._geef(token.encode())
        return stuk[max(einde, 0) :]

    def _herstel(self, begin: int) -> bytes:
        """Give the run that starts at `begin` as it came, and the bytes that were read after it."""
        self._bron.seek(begin)
        while stuk := self._bron.read(_BLOK):
            einde = stuk.find(b"<")
            if einde >= 0:
                self._geef(stuk[:einde])
                return stuk[einde:]
            self._geef(stuk)
        return b""

    def _geef(self, stuk: bytes) -> None:
        self._lengte += len(stuk)
        if self._lengte > MAX_REST:
            raise OnleesbareXML(f"het bericht is zonder de inhoud van documenten groter dan {MAX_REST // 1_000_000} MB")
        self._rest.append(stuk)


class _Reeks:
    """A run that is being lifted, until a character shows that it is none (GeenBase64)."""

    def __init__(self, kladblok: Kladblok) -> None:
        self._lezer = Base64Lezer()
        self._schrijver = kladblok.schrijver()
        self._half = b""
        self._onvolledig = False

    def lees(self, stuk: bytes) -> None:
        if self._half or b"&" in stuk:
            stuk, self._half = _zonder_verwijzingen(self._half + stuk)
        if not self._onvolledig:
            try:
                self._schrijver.write(self._lezer.lees(stuk))
            except OnvolledigeBase64:
                self._onvolledig = True
        if self._onvolledig and stuk.translate(None, _TOEGESTAAN):
            raise GeenBase64

    def sluit(self) -> Inhoud | str:
        if self._half or (self._lezer.leeg and not self._onvolledig):
            raise GeenBase64
        try:
            self._lezer.sluit()
        except OnvolledigeBase64:
            self._onvolledig = True
        if self._onvolledig:
            return ONVOLLEDIG
        return Inhoud(self._schrijver.bestand(), self._schrijver.grootte, self._schrijver.sha256)


def _vind_reeks(buffer: bytes) -> int | None:
    """Find the first run that is longer than DREMPEL and begins as base64; None when there is none.

    A run of that length holds a multiple of DREMPEL, so only the bytes around those multiples are searched.
    """
    plek = 0
    while plek < len(buffer):
        begin = buffer.rfind(b">", 0, plek) + 1
        einde = buffer.find(b"<", plek)
        einde = len(buffer) if einde < 0 else einde
        if begin and einde - begin > DREMPEL and buffer.find(b"<", begin, plek) < 0:
            proef = buffer[begin : begin + DREMPEL]
            if b"&" in proef:
                proef, _ = _zonder_verwijzingen(proef)
            if not proef.translate(None, _TOEGESTAAN):
                return begin
            plek = einde
        plek = (plek // DREMPEL + 1) * DREMPEL
    return None


def _zonder_verwijzingen(stuk: bytes) -> tuple[bytes, bytes]:
    """Drop the references to white space; give the start of a reference that the piece cuts off apart."""
    begin = stuk.rfind(b"&", max(0, len(stuk) - _MAX_VERWIJZING))
    half = b"" if begin < 0 or b";" in stuk[begin:] else stuk[begin:]
    # The two usual forms are four times as fast this way; the rule handles the others.
    heel = stuk[: len(stuk) - len(half)].replace(b"&#13;", b"").replace(b"&#xD;", b"")
    return _VERWIJZING.sub(b"", heel) if b"&" in heel else heel, half
