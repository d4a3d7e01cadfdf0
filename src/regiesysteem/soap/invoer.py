"""What comes in: a body, with or without attachments, becomes a document and the contents that belong to it."""

from collections.abc import Iterable
from dataclasses import replace
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from lxml import etree

from regiesysteem.soap.bijlagen import Pakket, lees_pakket, vervang_includes
from regiesysteem.soap.verzoek import Verzoek, kale_acties
from regiesysteem.stuf.content.content import Inhoud, Inhouden, breng_onder
from regiesysteem.stuf.content.lift import Merken, licht
from regiesysteem.stuf.content.scratch import IN_GEHEUGEN, Kladblok
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.zaak import base64_ladingen

_BLOK: Final = 256 * 1024


class Invoer:
    """The body of one request and all that was taken out of it; `close` throws that away.

    `verzoek` is the request with what its root part says beside its headers.
    """

    def __init__(self, verzoek: Verzoek, max_document: int) -> None:
        self.verzoek = verzoek
        self._kladblok = Kladblok(max_document)
        self._merken = Merken()
        self._pakket: Pakket | None = None
        self._kopie: IO[bytes] | None = None
        self._gelicht: dict[str, Inhoud | str] = {}

    def open(self, environ: dict[str, Any], max_bytes: int) -> tuple[IO[bytes], int]:
        """The body of a WSGI request as a seekable file, and its length in bytes (at most one over `max_bytes`)."""
        bron: IO[bytes] = environ["wsgi.input"]
        if not environ.get("wsgi.input_terminated"):
            lengte = int(environ.get("CONTENT_LENGTH") or 0)
            bron = self._kopie = _overgenomen(bron, min(lengte, max_bytes + 1))
        bron.seek(0, SEEK_END)
        lengte = bron.tell()
        bron.seek(0)
        return bron, lengte

    def lees(self, bron: IO[bytes], charset: str | None) -> etree._Element:
        """Parse the body. Raises OnleesbareXML, StUF055 or TeGroot."""
        if self.verzoek.multipart is None:
            return self._ontleed(bron, charset)
        self._pakket = lees_pakket(bron, self.verzoek.multipart, self._kladblok)
        self.verzoek = replace(self.verzoek, acties=kale_acties(*self.verzoek.acties, self._pakket.actie))
        with self._pakket.wortel as wortel:
            return self._ontleed(wortel, self._pakket.charset)

    def breng_onder(self, document: etree._Element, bericht: etree._Element, bestanden: Iterable[str]) -> Inhouden:
        """Take the contents out of the message in a document, at the paths where files stand (`Operation.files`).

        Raises StUF055 for attachments that do not fit the message.
        """
        if self._pakket is not None:
            self._gelicht |= vervang_includes(document, self._pakket, self._merken)
        teksten = base64_ladingen(bericht)
        return breng_onder(bericht, bestanden, self._kladblok, self._gelicht, self._merken.merk, teksten)

    def close(self) -> None:
        """Throw away what came with the request."""
        self._kladblok.close()
        if self._kopie is not None:
            self._kopie.close()

    def _ontleed(self, bron: IO[bytes], charset: str | None) -> etree._Element:
        uit = licht(bron, self._kladblok, self._merken)
        self._gelicht = uit.inhouden
        return ontleed(uit.data, charset)


def _overgenomen(bron: IO[bytes], lengte: int) -> IO[bytes]:
    """Copy a body that ends where its length says, from a server that is not ours (PEP 3333)."""
    kopie: IO[bytes] = SpooledTemporaryFile(max_size=IN_GEHEUGEN)  # noqa: SIM115 - closed by `close`
    while lengte > 0 and (stuk := bron.read(min(lengte, _BLOK))):
        kopie.write(stuk)
        lengte -= len(stuk)
    return kopie
