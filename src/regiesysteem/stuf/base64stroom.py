"""Base64 that is decoded as it streams by: any line length, any white space, nothing else.

Decoding is pybase64's (SIMD): binascii does 200 MB/s where a document must go at 300 MB/s with all that is around it.
"""

import binascii
from typing import Final

import pybase64

WITRUIMTE: Final = b" \t\r\n"
ALFABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_GROEP: Final = 4  # characters that make three bytes


class GeenBase64(ValueError):
    """There is something else than base64 and white space."""


class OnvolledigeBase64(ValueError):
    """The alphabet is right, but the padding is not: data is missing, or goes on after its end."""


class Base64Lezer:
    """Decodes pieces of any length in turn; `leeg` until there was a character that is not white space."""

    def __init__(self) -> None:
        self._over = b""
        self._einde = False
        self.leeg = True

    def lees(self, stuk: bytes) -> bytes:
        """Decode the next piece as far as whole groups go; raises GeenBase64 or OnvolledigeBase64."""
        # Line ends are nearly all the white space there is, and replacing one character is twice as fast.
        kaal = stuk.replace(b"\r", b"").replace(b"\n", b"")
        if self._over:
            kaal = self._over + kaal
        try:
            return self._decodeer(kaal)
        except binascii.Error:
            kaal = kaal.translate(None, WITRUIMTE)
        if kaal.translate(None, ALFABET):
            raise GeenBase64
        try:
            return self._decodeer(kaal)
        except binascii.Error:
            raise OnvolledigeBase64 from None

    def sluit(self) -> None:
        """Say that there is no more; raises OnvolledigeBase64 when a group is not complete."""
        if self._over.translate(None, WITRUIMTE):
            raise OnvolledigeBase64

    def _decodeer(self, kaal: bytes) -> bytes:
        heel = len(kaal) - len(kaal) % _GROEP
        over = kaal[heel:]
        if over.translate(None, ALFABET):
            raise binascii.Error  # white space among the rest: groups are not where they seem
        uit = pybase64.b64decode(kaal[:heel] if over else kaal, validate=True)
        if self._einde and kaal:
            raise OnvolledigeBase64
        self._einde = len(uit) != heel // _GROEP * 3 or self._einde
        if self._einde and over:
            raise OnvolledigeBase64
        self._over = over
        self.leeg = self.leeg and not kaal
        return uit
