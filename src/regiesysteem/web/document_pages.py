"""The page of a document, and what is downloaded: versions of documents, and domain data of zaken.

A file is never shown, only handed out: what somebody put in it must not run as a page of ours.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Final

from flask import Blueprint, abort, render_template, send_file
from werkzeug.wrappers import Response

from regiesysteem.regie.plan_documents import ReadableDocument, find_document, number_of_document
from regiesysteem.regie.zaken import find_payload, zaak_of_payload
from regiesysteem.web import plan_words
from regiesysteem.web.routes import Answer, Page, route, services
from regiesysteem.zakenmagazijn.domain_data import FROM_BERICHT, read_inhoud

pages = Blueprint("documents", __name__)
_ANY: Final = "application/octet-stream"
_SAFE: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "txt": "text/plain",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
"""The types that a file is handed out as, by its extension; what its sender said of it does not count."""

_EXTENSIONS: Final = {
    "application/xml": ".xml",
    "text/xml": ".xml",
    "application/json": ".json",
    "application/pdf": ".pdf",
}
_NAME: Final = 150


@route(pages, "/documenten/<int:nummer>", right="documenten")
def document(page: Page, nummer: int) -> Answer:
    """The facts of a document and its versions."""
    found = _find(page, nummer)
    link = f"/plannen/{found.zaaknummer}" if found.soort == "gezinsplan" else f"/zaken/{found.zaaknummer}"
    return render_template("document.html", document=found.facts, versies=found.versies, link=link, say=plan_words)


@route(pages, "/documenten/<int:nummer>/versies/<int:versie>", right="documenten")
def download(page: Page, nummer: int, versie: int) -> Answer:
    """The file of a version of a document."""
    found = _find(page, nummer)
    one = next((one for one in found.versies if one.volgnummer == versie and one.sha256), None)
    if one is None:
        abort(404)
    page.look.documenten.add(found.facts.identificatie)
    file = services().opslag.read(page.connection, one.sha256)
    return hand_out(file, one.bestandsnaam or found.facts.titel or found.facts.identificatie)


@route(pages, "/domeingegevens/<int:nummer>", right="documenten")
def domain_data(page: Page, nummer: int) -> Answer:
    """A payload of a zaak in the form of its own domain, byte for byte."""
    zaaknummer = zaak_of_payload(page.connection, nummer)
    if zaaknummer is None:
        abort(404)
    found = page.zaak(zaaknummer, "documenten")
    data = find_payload(page.connection, page.person, found, nummer)
    if data is None:
        abort(404)
    page.look.aantal = 1
    if data.herkomst != FROM_BERICHT:
        page.look.documenten.add(data.herkomst)
    file = BytesIO(read_inhoud(page.connection, services().opslag, data))
    return hand_out(file, f"{zaaknummer} {data.formaat}{_EXTENSIONS.get(data.mediatype, '')}")


def _find(page: Page, nummer: int) -> ReadableDocument:
    found = find_document(page.connection, page.person, nummer)
    if found is None:
        if asked := number_of_document(page.connection, nummer):
            page.look.documenten.add(asked)
        abort(404)
    page.look.zaken.add(found.zaak_id)
    page.look.aantal = 1
    return found


def hand_out(file: IO[bytes], name: str) -> Response:
    """A file as something to save, never to show."""
    bare = "".join(one for one in name if one.isprintable() and one not in '/\\:*?"<>|').strip(". ")[-_NAME:]
    answer = send_file(
        file,
        mimetype=_SAFE.get(bare.rpartition(".")[2].lower(), _ANY),
        as_attachment=True,
        download_name=bare or "document",
        conditional=False,
        etag=False,
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
