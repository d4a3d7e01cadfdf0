"""A document that a person adds to a zaak: the message of its back office (voegZaakdocumentToe, ZDS 4.2.4)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final

from lxml import etree

from regiesysteem.access.caller import Caller
from regiesysteem.regie.kennisgeving import entity, kennisgeving, leaf
from regiesysteem.stuf.answers import tijdstip
from regiesysteem.stuf.content.content import PIECE, Inhoud, Inhouden
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import BESTANDSNAAM, CONTENT_TYPE
from regiesysteem.zkn.names import INHOUD

_DAY: Final = 8


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as a person describes it; `soort` is its documenttype, `file` its seekable content."""

    identificatie: str
    titel: str
    soort: str
    vertrouwelijkheid: str
    auteur: str
    bestandsnaam: str
    content_type: str
    file: IO[bytes]


def add_document(zaaknummer: str, new: NewDocument, caller: Caller, referentienummer: str, now: datetime) -> Bericht:
    """The voegZaakdocumentToe_Lk01 of a document. Raises ValueError for a text that XML cannot hold."""
    inhouden = Inhouden()
    inhoud = etree.Element(INHOUD, {BESTANDSNAAM: new.bestandsnaam, CONTENT_TYPE: new.content_type})
    inhoud.text = inhouden.take_in(_inhoud(new))
    zaak = entity("gerelateerde", "ZAK", "I", [leaf("identificatie", zaaknummer)])
    document = entity(
        "object",
        "EDC",
        "T",
        [
            leaf("identificatie", new.identificatie),
            leaf("dct.omschrijving", new.soort),
            leaf("creatiedatum", tijdstip(now)[:_DAY]),
            leaf("titel", new.titel),
            leaf("taal", "nld"),
            leaf("vertrouwelijkAanduiding", new.vertrouwelijkheid),
            leaf("auteur", new.auteur),
            inhoud,
            entity("isRelevantVoor", "EDCZAK", "T", [zaak]),
        ],
    )
    made = kennisgeving("voegZaakdocumentToe_Lk01", "T", [document], caller, referentienummer, now, message="edcLk01")
    return Bericht(made.dienst, made.element, made.stuurgegevens, inhouden)


def _inhoud(new: NewDocument) -> Inhoud:
    digest, size = hashlib.sha256(), 0
    new.file.seek(0)
    while piece := new.file.read(PIECE):
        digest.update(piece)
        size += len(piece)
    return Inhoud(new.file, size, digest.hexdigest(), new.content_type, new.bestandsnaam)
