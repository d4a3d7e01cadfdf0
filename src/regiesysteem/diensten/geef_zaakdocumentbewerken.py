"""geefZaakdocumentbewerken_Di02: a document and its file, for one at a time to edit (ZDS 1.1, 4.2.3)."""

from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.diensten.geef_zaakdocument_lezen import lees_aanwijzing
from regiesysteem.diensten.inhouden import bestandsgegevens, zet_bestand
from regiesysteem.diensten.werk import Werk
from regiesysteem.stuf import waarden
from regiesysteem.stuf.antwoord import antwoord_stuurgegevens, tijdstip
from regiesysteem.stuf.bericht import Bericht, Systeem
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, NSMAP, zkn
from regiesysteem.stuf.schrijven import schrijf_beeld
from regiesysteem.stuf.scope import Modus, Scope, lees_scope
from regiesysteem.zakenmagazijn.documentladen import Document, laad_document
from regiesysteem.zakenmagazijn.documentsloten import check_uit
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.documentgegevens import INHOUD

_STUURFUNCTIE: Final = "geefZaakdocumentbewerken"
_ONBEKEND: Final = "onbekend"
_VERPLICHT: Final = (
    *("identificatie", "creatiedatum", "titel", "formaat", "taal", "vertrouwelijkAanduiding", "auteur", "link"),
    INHOUD.naam,
)
"""What the schema wants in the answer, with a value, whatever the scope asks (docs/afwijkingen.md 37)."""


def geef_zaakdocumentbewerken(bericht: Bericht, werk: Werk) -> etree._Element:
    """Give the newest version of a document out for editing, with the key that updateZaakdocument wants to see again.

    Raises StUF064 for a document that is not there, StUF058 when somebody else has it (and says who) or for an older
    version, StUF055 as geefZaakdocumentLezen.
    """
    vraag = bericht.element.find(zkn("edcLv01"))
    if vraag is None:
        raise StufFout("StUF055", "edcLv01 ontbreekt")
    identificatie, versie, _ = lees_aanwijzing(vraag)
    scope = _met_verplicht(lees_scope(vraag.find(zkn("scope"))))
    zender = bericht.stuurgegevens.zender or Systeem()
    slot = check_uit(werk.verbinding, werk.inrichting.documenten, identificatie, versie, zender, werk.nu)
    document = laad_document(werk.verbinding, werk.inrichting, identificatie, None, scope)
    if document is None:
        raise LookupError("a document that was just locked is not there")
    antwoord = etree.Element(zkn("geefZaakdocumentbewerken_Du02"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "Du02", werk.nu, functie=_STUURFUNCTIE))
    parameters = etree.SubElement(antwoord, zkn("parameters"))
    etree.SubElement(parameters, zkn("checkedOutId")).text = slot.sleutel
    etree.SubElement(parameters, zkn("checkedOutBy")).text = slot.wie
    ingebed = etree.SubElement(antwoord, zkn("edcLa01"), {ENTITEITTYPE: "EDC", FUNCTIE: "antwoord"})
    etree.SubElement(ingebed, zkn("parameters"))
    knoop = etree.SubElement(etree.SubElement(ingebed, zkn("antwoord")), zkn("object"))
    _vul_aan(document, werk.inrichting.gemeente.code)
    schrijf_beeld(knoop, EDC, document.beeld, scope)
    zet_bestand(knoop, document, bericht, werk.verbinding, werk.opslag)
    return antwoord


def _met_verplicht(scope: Scope) -> Scope:
    """A scope that asks also for what the schema wants; one without names asks it already, or is made to."""
    if scope.modus is Modus.KERN:
        scope = Scope(
            Modus.ELEMENTEN, {element.naam: Scope(Modus.ELEMENTEN) for element in EDC.elementen if element.kern}
        )
    if not scope.expliciet:
        return scope
    return replace(scope, kinderen={naam: Scope(Modus.ELEMENTEN) for naam in _VERPLICHT} | scope.kinderen)


def _vul_aan(document: Document, gemeentecode: str) -> None:
    """Fill in what the schema wants and nobody told us, with what says least (docs/afwijkingen.md 37)."""
    gegevens = document.beeld.gegevens
    identificatie = waarden.tekst(gegevens.get("identificatie")) or ""
    neutraal = {
        "creatiedatum": tijdstip(document.geregistreerd_op)[:8],
        "titel": identificatie,
        "formaat": (document.content_type or _ONBEKEND)[:85],
        "taal": _ONBEKEND,
        "vertrouwelijkAanduiding": "ZAAKVERTROUWELIJK",
        "auteur": _ONBEKEND,
        "link": f"urn:regiesysteem:{gemeentecode}:document:{identificatie}",
    }
    for naam, waarde in neutraal.items():
        if not waarden.tekst(gegevens.get(naam)):
            gegevens[naam] = waarde
    gegevens[INHOUD.naam] = bestandsgegevens(document)
