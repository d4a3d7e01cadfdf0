"""genereerDocumentIdentificatie_Di02: give out a documentidentificatie (ZDS 1.1, 4.2.7)."""

from typing import Final

from lxml import etree

from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf.antwoord import antwoord_stuurgegevens
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, NSMAP, zkn
from regiesysteem.zakenmagazijn.berichten import trek_documentidentificatie

_STUURFUNCTIE: Final = "genereerDocumentidentificatie"


def genereer_document_identificatie(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer with a Du02 that has a free documentidentificatie, as genereerZaakIdentificatie does for zaken."""
    antwoord = etree.Element(zkn("genereerDocumentIdentificatie_Du02"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "Du02", werk.nu, functie=_STUURFUNCTIE))
    document = etree.SubElement(antwoord, zkn("document"), {ENTITEITTYPE: "EDC", FUNCTIE: "entiteit"})
    identificatie = trek_documentidentificatie(werk.verbinding, werk.inrichting.gemeente.code)
    etree.SubElement(document, zkn("identificatie")).text = identificatie
    return antwoord
