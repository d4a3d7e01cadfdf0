"""The files of documents between a message, the storage and an answer (StUF protocolbinding 03.02, 3.1)."""

import base64
from io import BytesIO
from os import SEEK_END
from typing import BinaryIO, cast

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.access.inzage import Look
from regiesysteem.storage import Opslag
from regiesysteem.stuf.content.content import Inhoud, inhoud_of, read_placeholder, set_inhoud
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE
from regiesysteem.stuf.payload import EXTRA_ELEMENT, MAX_BYTES, is_base64
from regiesysteem.zakenmagazijn.domain_data import domeingegevens_with, read_inhoud
from regiesysteem.zakenmagazijn.loading import Document
from regiesysteem.zkn.names import INHOUD, zkn


def received_file(kennisgeving: etree._Element, bericht: Bericht) -> Inhoud | None:
    """The file of the document in a kennisgeving, of the new one where it has two objects.

    None when it has none; raises StUF055 as `inhoud_of` does.
    """
    objecten = kennisgeving.findall(zkn("object"))
    return inhoud_of(objecten[-1].find(INHOUD), bericht.inhouden) if objecten else None


def file_data(document: Document) -> dict[str, str]:
    """The name and type that an element inhoud gives of a file; `set_file` adds the bytes."""
    soort = {"@contentType": document.content_type} if document.content_type else {}
    return {"_": "", "@bestandsnaam": document.bestandsnaam, **soort}


def set_file(
    node: etree._Element, document: Document, bericht: Bericht, connection: Connection, opslag: Opslag
) -> None:
    """Put the file of a document in the element inhoud of its object; nothing is read when there is no such element.

    The element stays empty for a document that waits for its file. Raises the errors of `Opslag.read`.
    """
    element = node.find(INHOUD)
    if element is not None and document.sha256 is not None:
        set_inhoud(element, _from_storage(document.sha256, connection, opslag), bericht.inhouden)


def set_payloads(answer: etree._Element, bericht: Bericht, connection: Connection, opslag: Opslag) -> None:
    """Put back the payloads of extraElementen that are kept apart from their zaak, with no statement without any.

    Raises the errors of `Opslag.read`.
    """
    found = [
        read_placeholder(element.text or "")
        for element in answer.iter(EXTRA_ELEMENT)
        if is_base64(element) and _is_of_zaak(element)
    ]
    digests = list(dict.fromkeys(one[0] for one in found if one is not None))
    for data in domeingegevens_with(connection, digests):
        if data.inhoud is None:
            bericht.inhouden.take_in(_from_storage(data.sha256, connection, opslag))
        else:
            bericht.inhouden.take_in(Inhoud(BytesIO(data.inhoud), data.grootte, data.sha256))


def inline_payloads(answer: etree._Element, connection: Connection, opslag: Opslag) -> None:
    """Write the payloads of extraElementen that are kept apart into a message that is kept; too large ones go out.

    Raises the errors of `Opslag.read`.
    """
    for element in list(answer.iter(EXTRA_ELEMENT)):
        found = read_placeholder(element.text or "") if is_base64(element) and _is_of_zaak(element) else None
        holder = element.getparent()
        if found is None or holder is None:
            continue
        data = domeingegevens_with(connection, [found[0]]) if found[1] <= MAX_BYTES else []
        if data:
            element.text = base64.b64encode(read_inhoud(connection, opslag, data[0])).decode()
            continue
        holder.remove(element)
        above = holder.getparent()
        if not len(holder) and above is not None:
            above.remove(holder)


def _is_of_zaak(element: etree._Element) -> bool:
    """Tell whether an extraElement is of the zaak itself; one of a person or relation is kept as it came."""
    extra = element.getparent()
    holder = extra.getparent() if extra is not None else None
    return holder is not None and holder.get(ENTITEITTYPE) == "ZAK"


def restore_inhouden(answer: etree._Element, bericht: Bericht, connection: Connection, opslag: Opslag) -> None:
    """Take the files of an answer that was given before from the storage again."""
    for element in answer.iter(INHOUD):
        found = read_placeholder(element.text or "")
        if found is not None:
            bericht.inhouden.take_in(_from_storage(found[0], connection, opslag))


def handed_out(answer: etree._Element) -> Look:
    """The look of an answer that was given before: the documents in it."""
    objects = (node for node in answer.iter(zkn("object")) if node.get(ENTITEITTYPE) == "EDC")
    documenten = {node.findtext(zkn("identificatie"), "").strip() for node in objects}
    return Look(documenten=documenten, aantal=len(documenten))


def _from_storage(sha256: str, connection: Connection, opslag: Opslag) -> Inhoud:
    file = cast("BinaryIO", opslag.read(connection, sha256))
    return Inhoud(file, file.seek(0, SEEK_END), sha256)
