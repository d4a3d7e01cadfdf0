"""updateZaakdocument_Di02: a document has another file, or other things are said of it (ZDS 1.1, 4.2.6)."""

from lxml import etree

from regiesysteem.diensten.inhouden import ontvangen_bestand
from regiesysteem.diensten.kennisgeving import herkomst, lees_was_wordt
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.antwoord import bv02
from regiesysteem.stuf.bericht import Bericht, Systeem
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.namespaces import zkn
from regiesysteem.zakenmagazijn.documentmutaties import Documentopdracht, wijzig
from regiesysteem.zakenmagazijn.documentsloten import Sleutel
from regiesysteem.zakenmagazijn.domeingegevens import neem_document_op
from regiesysteem.zkn.document import EDC


def update_zaakdocument(bericht: Bericht, werk: Werk) -> etree._Element:
    """Apply the kennisgeving in the message and release the document; Bv02. Faults as `documentmutaties.wijzig`."""
    kennisgeving = bericht.element.find(zkn("edcLk02"))
    if kennisgeving is None:
        raise StufFout("StUF055", "edcLk02 ontbreekt")
    was, wordt = lees_was_wordt(bericht.dienst, kennisgeving, EDC, werk.leniency)
    opdracht = Documentopdracht(was, wordt, lees_sleutel(bericht), ontvangen_bestand(kennisgeving, bericht))
    vandaan = herkomst(werk, "Update zaakdocument")
    document_id = wijzig(werk.verbinding, werk.inrichting, werk.opslag, opdracht, vandaan)
    neem_document_op(werk.verbinding, werk.inrichting, werk.opslag, document_id, vandaan)
    return bv02()


def lees_sleutel(bericht: Bericht) -> Sleutel | None:
    """The checkedOutId that a message has, with its sender; None when it has none."""
    gezegd = bericht.element.findtext(f"{zkn('parameters')}/{zkn('checkedOutId')}", "").strip()
    return Sleutel(gezegd, (bericht.stuurgegevens.zender or Systeem()).sleutel) if gezegd else None
