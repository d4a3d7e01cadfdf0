"""The files of documents between a message, the storage and an answer (StUF protocolbinding 03.02, 3.1)."""

from os import SEEK_END
from typing import BinaryIO, cast

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.opslag import Opslag
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.inhoud import INHOUD, Inhoud, inhoud_van, lees_plaatshouder
from regiesysteem.stuf.namespaces import zkn
from regiesysteem.stuf.schrijven import Beeld
from regiesysteem.zakenmagazijn.documentladen import Document
from regiesysteem.zkn import documentgegevens


def ontvangen_bestand(kennisgeving: etree._Element, bericht: Bericht) -> Inhoud | None:
    """The file of the document that a kennisgeving tells of, of the new one where it has two objects.

    None when it has none; raises StUF055 as `inhoud_van` does.
    """
    objecten = kennisgeving.findall(zkn("object"))
    return inhoud_van(objecten[-1].find(INHOUD), bericht.inhouden) if objecten else None


def voeg_bestand_toe(document: Document, bericht: Bericht, verbinding: Connection, opslag: Opslag) -> Beeld:
    """Read the file of a document, to be sent with the answer; of a container there is nothing to read."""
    if document.sha256 is not None:
        plaatshouder = bericht.inhouden.neem_op(_gelezen(document.sha256, verbinding, opslag))
        document.beeld.gegevens[documentgegevens.INHOUD.naam] = beschreven(document, plaatshouder)
    return document.beeld


def beschreven(document: Document, plaatshouder: str) -> dict[str, str]:
    """The value of an element inhoud: what is known of the file, and the stand-in of its bytes."""
    waarde = {"_": plaatshouder, "@bestandsnaam": document.bestandsnaam}
    return waarde | ({"@contentType": document.content_type} if document.content_type else {})


def herstel_inhouden(antwoord: etree._Element, bericht: Bericht, verbinding: Connection, opslag: Opslag) -> None:
    """Take the files of an answer that was given before from the storage again."""
    for element in antwoord.iter(INHOUD):
        gevonden = lees_plaatshouder(element.text or "")
        if gevonden is not None:
            bericht.inhouden.neem_op(_gelezen(gevonden[0], verbinding, opslag))


def _gelezen(sha256: str, verbinding: Connection, opslag: Opslag) -> Inhoud:
    bestand = cast("BinaryIO", opslag.lees(verbinding, sha256))
    return Inhoud(bestand, bestand.seek(0, SEEK_END), sha256)
