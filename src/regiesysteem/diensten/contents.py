"""The files of documents between a message, the storage and an answer (StUF protocolbinding 03.02, 3.1)."""

from io import BytesIO
from os import SEEK_END
from typing import BinaryIO, cast

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.storage import Opslag
from regiesysteem.stuf.content.content import Inhoud, inhoud_van, lees_plaatshouder, zet_inhoud
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE
from regiesysteem.stuf.payload import EXTRA_ELEMENT, is_base64
from regiesysteem.zakenmagazijn.domain_data import domeingegevens_met
from regiesysteem.zakenmagazijn.loading import Document
from regiesysteem.zkn.names import INHOUD, zkn


def ontvangen_bestand(kennisgeving: etree._Element, bericht: Bericht) -> Inhoud | None:
    """The file of the document in a kennisgeving, of the new one where it has two objects.

    None when it has none; raises StUF055 as `inhoud_van` does.
    """
    objecten = kennisgeving.findall(zkn("object"))
    return inhoud_van(objecten[-1].find(INHOUD), bericht.inhouden) if objecten else None


def bestandsgegevens(document: Document) -> dict[str, str]:
    """The name and type that an element inhoud gives of a file; `zet_bestand` adds the bytes."""
    soort = {"@contentType": document.content_type} if document.content_type else {}
    return {"_": "", "@bestandsnaam": document.bestandsnaam, **soort}


def zet_bestand(
    knoop: etree._Element, document: Document, bericht: Bericht, verbinding: Connection, opslag: Opslag
) -> None:
    """Put the file of a document in the element inhoud of its object; nothing is read when there is no such element.

    The element stays empty for a document that waits for its file. Raises the errors of `Opslag.lees`.
    """
    element = knoop.find(INHOUD)
    if element is not None and document.sha256 is not None:
        zet_inhoud(element, _gelezen(document.sha256, verbinding, opslag), bericht.inhouden)


def zet_ladingen(antwoord: etree._Element, bericht: Bericht, verbinding: Connection, opslag: Opslag) -> None:
    """Put back the payloads of extraElementen that are kept apart from their zaak, with no statement without any.

    Raises the errors of `Opslag.lees`.
    """
    gevonden = [
        lees_plaatshouder(element.text or "")
        for element in antwoord.iter(EXTRA_ELEMENT)
        if is_base64(element) and _is_van_zaak(element)
    ]
    digests = list(dict.fromkeys(een[0] for een in gevonden if een is not None))
    for gegevens in domeingegevens_met(verbinding, digests):
        if gegevens.inhoud is None:
            bericht.inhouden.neem_op(_gelezen(gegevens.sha256, verbinding, opslag))
        else:
            bericht.inhouden.neem_op(Inhoud(BytesIO(gegevens.inhoud), gegevens.grootte, gegevens.sha256))


def _is_van_zaak(element: etree._Element) -> bool:
    """Tell whether an extraElement is of the zaak itself; one of a person or relation is kept as it came."""
    extra = element.getparent()
    houder = extra.getparent() if extra is not None else None
    return houder is not None and houder.get(ENTITEITTYPE) == "ZAK"


def herstel_inhouden(antwoord: etree._Element, bericht: Bericht, verbinding: Connection, opslag: Opslag) -> None:
    """Take the files of an answer that was given before from the storage again."""
    for element in antwoord.iter(INHOUD):
        gevonden = lees_plaatshouder(element.text or "")
        if gevonden is not None:
            bericht.inhouden.neem_op(_gelezen(gevonden[0], verbinding, opslag))


def _gelezen(sha256: str, verbinding: Connection, opslag: Opslag) -> Inhoud:
    bestand = cast("BinaryIO", opslag.lees(verbinding, sha256))
    return Inhoud(bestand, bestand.seek(0, SEEK_END), sha256)
