"""geefZaakdocumentLezen_Lv01: a document and its file, as far as they are asked (ZDS 1.1, 4.2.2)."""

from typing import Final

from lxml import etree

from regiesysteem.diensten.inhouden import bestandsgegevens, zet_bestand, zet_ladingen
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf import waarden
from regiesysteem.stuf.antwoord import antwoord_stuurgegevens
from regiesysteem.stuf.bericht import Bericht
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import lees_voorwerp, lokaal
from regiesysteem.stuf.namespaces import NSMAP, stuf, zkn
from regiesysteem.stuf.schrijven import schrijf_beeld
from regiesysteem.stuf.scope import lees_scope
from regiesysteem.zakenmagazijn.documentladen import laad_document
from regiesysteem.zakenmagazijn.selectie import melding_genegeerd
from regiesysteem.zakenmagazijn.selectie.criterium import SLEUTELS, zonder_gevolg
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.documentgegevens import INHOUD

_AANWIJZEND: Final = frozenset({"identificatie", "versie"})
_BEREIK: Final = ("vanaf", "totEnMet", "start")


def geef_zaakdocument_lezen(bericht: Bericht, werk: Werk) -> etree._Element:
    """Answer with the document that gelijk/identificatie names, in its newest version or the one of gelijk/versie.

    Without such a document the answer is empty. The file is read only when the scope asks for it. Raises StUF055
    without an identificatie, and for a question about a range of documents.
    """
    scope = lees_scope(bericht.element.find(zkn("scope")))
    identificatie, versie, genegeerd = lees_aanwijzing(bericht.element)
    document = laad_document(werk.verbinding, werk.inrichting, identificatie, versie, scope)
    antwoord = etree.Element(zkn("edcLa01"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "La01", werk.nu, entiteittype="EDC"))
    parameters = etree.SubElement(antwoord, zkn("parameters"))
    etree.SubElement(parameters, stuf("indicatorVervolgvraag")).text = "false"
    if genegeerd:
        etree.SubElement(antwoord, zkn("melding")).text = melding_genegeerd(genegeerd)
    if document is None:
        return antwoord
    if document.sha256 is not None:
        document.beeld.gegevens[INHOUD.naam] = bestandsgegevens(document)
    knoop = etree.SubElement(etree.SubElement(antwoord, zkn("antwoord")), zkn("object"))
    schrijf_beeld(knoop, EDC, document.beeld, scope)
    zet_bestand(knoop, document, bericht, werk.verbinding, werk.opslag)
    zet_ladingen(antwoord, bericht, werk.verbinding, werk.opslag)
    return antwoord


def lees_aanwijzing(vraag: etree._Element) -> tuple[str, str | None, list[str]]:
    """Which document a question is about: its identificatie, its version (None for the newest), what else was asked.

    Raises StUF055 as above, StUF091 for a key beside the identificatie.
    """
    for naam in _BEREIK:
        if vraag.find(zkn(naam)) is not None:
            raise StufFout("StUF055", f"{naam}: een document wordt gevraagd met gelijk/identificatie (ZDS 4.2.2.2)")
    gelijk = vraag.find(zkn("gelijk"))
    gegevens = lees_voorwerp(gelijk, EDC).gegevens if gelijk is not None else {}
    identificatie = waarden.tekst(gegevens.get("identificatie"))
    if not identificatie or gelijk is None:
        raise StufFout("StUF055", "gelijk/identificatie ontbreekt (ZDS 4.2.2.2)")
    if any(naam in gelijk.attrib for naam in SLEUTELS):
        raise StufFout("StUF091", "een sleutel naast identificatie")
    versie = waarden.tekst(gegevens.get("versie")) or None
    genegeerd = [*zonder_gevolg(gelijk)]
    for kind in gelijk.iterchildren(tag=etree.Element):
        naam = lokaal(kind)
        gebruikt = naam in _AANWIJZEND and (naam != "versie" or versie is not None)
        genegeerd += zonder_gevolg(kind) if gebruikt else [naam]
    return identificatie, versie, list(dict.fromkeys(genegeerd))
