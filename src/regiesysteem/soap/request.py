"""A request before it is a message: its transport headers, and its body with what was taken out of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from lxml import etree

from regiesysteem.access.caller import NOTHING_SHOWN, Shown
from regiesysteem.access.shown import NO_PROXIES, Proxies, read_shown
from regiesysteem.soap.envelope import ACTIE_PREFIXES
from regiesysteem.soap.mtom import MULTIPART, XML_TYPES, Multipart, Package, read_header, read_package, replace_includes
from regiesysteem.stuf.content.content import Inhoud, Inhouden, take_contents_out
from regiesysteem.stuf.content.lift import Marks, lift_from
from regiesysteem.stuf.content.scratch import IN_MEMORY, Scratch
from regiesysteem.stuf.faults import shorten
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.operations import Door
from regiesysteem.zkn.zaak import base_64_payloads

_MAX_NUMBER: Final = 18
_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """The transport headers of a request, before its body is read.

    `acties` are the operations that the transport names, SOAPAction first; `length` in bytes, None when unknown;
    `from_browser` when a page in a browser sends it; `shown` are the credentials in the headers, and the address of the
    client; `traceparent` as it came.
    """

    door: Door
    acties: tuple[str, ...]
    inhoudstype: str
    charset: str | None
    encoding: str
    length: int | None
    from_browser: bool = False
    multipart: Multipart | None = None
    shown: Shown = NOTHING_SHOWN
    traceparent: str = ""

    @property
    def envelope_type(self) -> str:
        """The content type of the envelope, with attachments or without."""
        return self.multipart.start_info if self.multipart else self.inhoudstype


def read_request(environ: dict[str, Any], door: Door, proxies: Proxies = NO_PROXIES) -> Request:
    """Read the headers of a request; never fails on their values."""
    kind, options = read_header(environ.get("CONTENT_TYPE") or "")
    length = environ.get("CONTENT_LENGTH") or ""
    acties = [environ.get("HTTP_SOAPACTION"), options.get("action")]
    multipart = None
    if kind == MULTIPART:
        start_info, at_start = read_header(options.get("start-info") or "")
        start = (options.get("start") or "").strip().removeprefix("<").removesuffix(">")
        multipart = Multipart(options.get("boundary") or "", start, start_info)
        acties.append(at_start.get("action"))
    return Request(
        door=door,
        acties=bare_acties(*acties),
        inhoudstype=kind,
        charset=options.get("charset"),
        encoding=(environ.get("HTTP_CONTENT_ENCODING") or "").strip().lower(),
        length=int(length) if length.isascii() and length.isdecimal() and len(length) <= _MAX_NUMBER else None,
        from_browser="HTTP_ORIGIN" in environ,
        multipart=multipart,
        shown=read_shown(environ, proxies),
        traceparent=environ.get("HTTP_TRACEPARENT") or "",
    )


def bare_actie(actie: str) -> str:
    """The operation of a SOAPAction, with or without quotes and namespace."""
    bare = actie.strip().strip("\"'").strip()
    return next((bare.removeprefix(begin) for begin in ACTIE_PREFIXES if bare.startswith(begin)), bare)


def bare_acties(*acties: str | None) -> tuple[str, ...]:
    """The operations that are named, each once."""
    return tuple(dict.fromkeys(bare for actie in acties if actie and (bare := bare_actie(actie))))


def objection_against_form(request: Request) -> str:
    """The reason why a body of this form is refused (Dutch), "" when it is not."""
    if request.encoding not in ("", "identity"):
        encoding = shorten(request.encoding, 40)
        return f"Content-Encoding {encoding!r} wordt niet ondersteund; stuur het bericht ongecomprimeerd."
    if request.multipart:
        return "" if request.multipart.boundary else "De Content-Type multipart/related heeft geen boundary."
    if request.inhoudstype not in XML_TYPES or (request.from_browser and not request.inhoudstype):
        # A browser sends only bodies without an XML type to any address without asking first: no page may talk to a
        # server here.
        kind = shorten(request.inhoudstype, 60)
        return f"Content-Type {kind!r} wordt niet ondersteund; gebruik text/xml, application/soap+xml of MTOM."
    return ""


class Input:
    """The body of one request and everything that was taken out of it; `close` deletes that.

    `request` is the request with the values of its root part beside its headers.
    """

    def __init__(self, request: Request, max_document: int) -> None:
        self.request = request
        self._scratch = Scratch(max_document)
        self._marks = Marks()
        self._package: Package | None = None
        self._copy: IO[bytes] | None = None
        self._lifted: dict[str, Inhoud | str] = {}

    def open(self, environ: dict[str, Any], max_bytes: int) -> tuple[IO[bytes], int]:
        """The body of a WSGI request as a seekable file, and its length in bytes (at most one over `max_bytes`)."""
        source: IO[bytes] = environ["wsgi.input"]
        if not environ.get("wsgi.input_terminated"):
            length = int(environ.get("CONTENT_LENGTH") or 0)
            source = self._copy = _taken_over(source, min(length, max_bytes + 1))
        source.seek(0, SEEK_END)
        length = source.tell()
        source.seek(0)
        return source, length

    def read(self, source: IO[bytes], charset: str | None) -> etree._Element:
        """Parse the body. Raises UnreadableXml, StUF055 or TooLarge."""
        if self.request.multipart is None:
            return self._parse(source, charset)
        self._package = read_package(source, self.request.multipart, self._scratch)
        self.request = replace(self.request, acties=bare_acties(*self.request.acties, self._package.actie))
        with self._package.root as root:
            return self._parse(root, self._package.charset)

    def take_contents_out(self, document: etree._Element, bericht: etree._Element, files: Iterable[str]) -> Inhouden:
        """Take the contents out of the message in a document, at the paths where files stand (`Operation.files`).

        Raises StUF055 for attachments that do not fit the message.
        """
        if self._package is not None:
            self._lifted |= replace_includes(document, self._package, self._marks)
        texts = base_64_payloads(bericht)
        return take_contents_out(bericht, files, self._scratch, self._lifted, self._marks.mark, texts)

    def close(self) -> None:
        """Delete the contents of the request."""
        self._scratch.close()
        if self._copy is not None:
            self._copy.close()

    def _parse(self, source: IO[bytes], charset: str | None) -> etree._Element:
        out = lift_from(source, self._scratch, self._marks)
        self._lifted = out.inhouden
        return parse(out.data, charset)


def _taken_over(source: IO[bytes], length: int) -> IO[bytes]:
    """Copy a body that ends where its length says, from a server that is not ours (PEP 3333)."""
    copy: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by `close`
    while length > 0 and (piece := source.read(min(length, _BLOCK))):
        copy.write(piece)
        length -= len(piece)
    return copy
