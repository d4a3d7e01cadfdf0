"""The operations on documents of zaken (ZDS 4.2)."""

from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.diensten.contents import bestandsgegevens, ontvangen_bestand, zet_bestand, zet_ladingen
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.zaak_operations import (
    herkomst,
    lees_toevoeging,
    lees_was_wordt,
    lijst_van_zaken,
    mutatiesoort_van,
)
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import antwoord_stuurgegevens, bv02, tijdstip
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, stuf
from regiesysteem.stuf.read import lees_voorwerp, lokaal
from regiesysteem.stuf.write import Modus, Scope, lees_scope, schrijf_beeld
from regiesysteem.zakenmagazijn.checkout import Sleutel, check_uit, geef_vrij
from regiesysteem.zakenmagazijn.document_changes import Documentopdracht, voeg_toe, wijzig_document
from regiesysteem.zakenmagazijn.domain_data import neem_document_op
from regiesysteem.zakenmagazijn.loading import Document, laad_document
from regiesysteem.zakenmagazijn.messages import trek_documentidentificatie
from regiesysteem.zakenmagazijn.select import melding_genegeerd
from regiesysteem.zakenmagazijn.select.question import SLEUTELS, zonder_gevolg
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.documentgegevens import INHOUD as INHOUD_ELEMENT
from regiesysteem.zkn.names import NSMAP, ZKN, zkn

# --- genereerDocumentIdentificatie_Di02: give out a documentidentificatie (ZDS 1.1, 4.2.7)

_STUURFUNCTIE: Final = "genereerDocumentidentificatie"


def genereer_document_identificatie(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer with a Du02 that has a free documentidentificatie, as genereerZaakIdentificatie does for zaken."""
    antwoord = etree.Element(zkn("genereerDocumentIdentificatie_Du02"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "Du02", werk.nu, namespace=ZKN, functie=_STUURFUNCTIE))
    document = etree.SubElement(antwoord, zkn("document"), {ENTITEITTYPE: "EDC", FUNCTIE: "entiteit"})
    identificatie = trek_documentidentificatie(werk.verbinding, werk.inrichting.gemeente.code)
    etree.SubElement(document, zkn("identificatie")).text = identificatie
    return antwoord


# --- voegZaakdocumentToe_Lk01 and maakZaakdocument_Lk01: a document of a zaak, with its file or still without (ZDS
# 4.2.4)

_ONGEWIJZIGD = ("W", "C", "F")


def voeg_zaakdocument_toe(bericht: Bericht, werk: MessageContext) -> None:
    """Register a document with its file, or change one; faults as `voeg_toe` and `wijzig_document`.

    Raises StUF055 for a new document without a file.
    """
    bestand = ontvangen_bestand(bericht.element, bericht)
    if mutatiesoort_van(bericht.element) in _ONGEWIJZIGD:
        _wijzig(bericht, werk, bestand)
        return
    if bestand is None:
        raise StufFout(
            "StUF055", "object/inhoud ontbreekt (ZDS 4.2.4.2); een document zonder inhoud gaat met maakZaakdocument"
        )
    _voeg_toe(bericht, werk, bestand)


def maak_zaakdocument(bericht: Bericht, werk: MessageContext) -> None:
    """Register a document that waits for its file (ZDS 4.2.5); a file that comes along is kept at once."""
    bestand = ontvangen_bestand(bericht.element, bericht)
    if mutatiesoort_van(bericht.element) in _ONGEWIJZIGD:
        _wijzig(bericht, werk, bestand)
        return
    # An element inhoud without text names the file to come.
    _voeg_toe(bericht, werk, bestand if bestand is not None and bestand.grootte else None)


def _voeg_toe(bericht: Bericht, werk: MessageContext, bestand: Inhoud | None) -> None:
    voorwerp = lees_toevoeging(bericht, werk.leniency, EDC)
    vandaan = herkomst(werk, "Voeg zaakdocument toe")
    document_id = voeg_toe(werk.verbinding, werk.inrichting, werk.opslag, voorwerp, bestand, vandaan)
    neem_document_op(werk.verbinding, werk.inrichting, werk.opslag, document_id, vandaan)


def _wijzig(bericht: Bericht, werk: MessageContext, bestand: Inhoud | None) -> None:
    if bestand is not None and bestand.grootte:
        raise StufFout("StUF055", "de inhoud van een document wijzigt met updateZaakdocument (ZDS 4.2.6)")
    was, wordt = lees_was_wordt(bericht.dienst, bericht.element, EDC, werk.leniency)
    vandaan = herkomst(werk, "Update zaakdocument")
    document_id = wijzig_document(werk.verbinding, werk.inrichting, werk.opslag, Documentopdracht(was, wordt), vandaan)
    neem_document_op(werk.verbinding, werk.inrichting, werk.opslag, document_id, vandaan)


# --- geefLijstZaakdocumenten_Lv01: the documents of a zaak, without their files (ZDS 1.1, 4.2.1)


def geef_lijst_zaakdocumenten(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer with each heeftRelevant of the zaak, as far as the scope asks.

    It is a question about a zaak like any other: the entity table has no file beyond heeftRelevant, so none is read.
    """
    return lijst_van_zaken(bericht, werk)


# --- geefZaakdocumentLezen_Lv01: a document and its file, as far as the scope asks for them (ZDS 1.1, 4.2.2)

_AANWIJZEND: Final = frozenset({"identificatie", "versie"})
_BEREIK: Final = ("vanaf", "totEnMet", "start")


def geef_zaakdocument_lezen(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Answer with the document that gelijk/identificatie names, in its newest version or the one of gelijk/versie.

    Without such a document the answer is empty. The file is read only when the scope asks for it. Raises StUF055
    without an identificatie, and for a question about a range of documents.
    """
    scope = lees_scope(bericht.element.find(zkn("scope")))
    identificatie, versie, genegeerd = lees_aanwijzing(bericht.element)
    document = laad_document(werk.verbinding, werk.inrichting, identificatie, versie, scope)
    antwoord = etree.Element(zkn("edcLa01"), nsmap=NSMAP)
    antwoord.append(antwoord_stuurgegevens(bericht, "La01", werk.nu, namespace=ZKN, entiteittype="EDC"))
    parameters = etree.SubElement(antwoord, zkn("parameters"))
    etree.SubElement(parameters, stuf("indicatorVervolgvraag")).text = "false"
    if genegeerd:
        etree.SubElement(antwoord, zkn("melding")).text = melding_genegeerd(genegeerd)
    if document is None:
        return antwoord
    if document.sha256 is not None:
        document.beeld.gegevens[INHOUD_ELEMENT.naam] = bestandsgegevens(document)
    knoop = etree.SubElement(etree.SubElement(antwoord, zkn("antwoord")), zkn("object"))
    schrijf_beeld(knoop, EDC, document.beeld, scope)
    zet_bestand(knoop, document, bericht, werk.verbinding, werk.opslag)
    zet_ladingen(antwoord, bericht, werk.verbinding, werk.opslag)
    return antwoord


def lees_aanwijzing(vraag: etree._Element) -> tuple[str, str | None, list[str]]:
    """The document that a question is about: its identificatie, its version (None for the newest), other criteria.

    Raises StUF055 as above, StUF091 for a key beside the identificatie.
    """
    for naam in _BEREIK:
        if vraag.find(zkn(naam)) is not None:
            raise StufFout("StUF055", f"{naam}: een document wordt gevraagd met gelijk/identificatie (ZDS 4.2.2.2)")
    gelijk = vraag.find(zkn("gelijk"))
    gegevens = lees_voorwerp(gelijk, EDC).gegevens if gelijk is not None else {}
    identificatie = values.tekst(gegevens.get("identificatie"))
    if not identificatie or gelijk is None:
        raise StufFout("StUF055", "gelijk/identificatie ontbreekt (ZDS 4.2.2.2)")
    if any(naam in gelijk.attrib for naam in SLEUTELS):
        raise StufFout("StUF091", "een sleutel naast identificatie")
    versie = values.tekst(gegevens.get("versie")) or None
    genegeerd = [*zonder_gevolg(gelijk)]
    for kind in gelijk.iterchildren(tag=etree.Element):
        naam = lokaal(kind)
        gebruikt = naam in _AANWIJZEND and (naam != "versie" or versie is not None)
        genegeerd += zonder_gevolg(kind) if gebruikt else [naam]
    return identificatie, versie, list(dict.fromkeys(genegeerd))


# --- geefZaakdocumentbewerken_Di02: a document and its file, for one at a time to edit (ZDS 1.1, 4.2.3)

_STUURFUNCTIE_BEWERKEN: Final = "geefZaakdocumentbewerken"
_ONBEKEND: Final = "onbekend"
_VERPLICHT: Final = (
    *("identificatie", "creatiedatum", "titel", "formaat", "taal", "vertrouwelijkAanduiding", "auteur", "link"),
    INHOUD_ELEMENT.naam,
)
"""The elements that the schema requires in the answer, with a value, whatever the scope asks (docs/afwijkingen.md 37).
"""


def geef_zaakdocumentbewerken(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Give the newest version of a document out for editing, with the key that updateZaakdocument needs.

    Raises StUF064 for a document that does not exist, StUF058 when another sender has it (and names that sender) or for
    an older version, StUF055 as geefZaakdocumentLezen.
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
    antwoord.append(antwoord_stuurgegevens(bericht, "Du02", werk.nu, namespace=ZKN, functie=_STUURFUNCTIE_BEWERKEN))
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
    """Add the elements that the schema requires to a scope with names; kerngegevens become such a scope first."""
    if scope.modus is Modus.KERN:
        scope = Scope(
            Modus.ELEMENTEN, {element.naam: Scope(Modus.ELEMENTEN) for element in EDC.elementen if element.kern}
        )
    if not scope.expliciet:
        return scope
    return replace(scope, kinderen={naam: Scope(Modus.ELEMENTEN) for naam in _VERPLICHT} | scope.kinderen)


def _vul_aan(document: Document, gemeentecode: str) -> None:
    """Fill in elements that the schema requires and no sender gave, with neutral values (docs/afwijkingen.md 37)."""
    gegevens = document.beeld.gegevens
    identificatie = values.tekst(gegevens.get("identificatie")) or ""
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
        if not values.tekst(gegevens.get(naam)):
            gegevens[naam] = waarde
    gegevens[INHOUD_ELEMENT.naam] = bestandsgegevens(document)


# --- updateZaakdocument_Di02: a document gets another file, or other values (ZDS 1.1, 4.2.6)


def update_zaakdocument(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Apply the kennisgeving in the message and release the document; Bv02. Faults as `documentmutaties.wijzig`."""
    kennisgeving = bericht.element.find(zkn("edcLk02"))
    if kennisgeving is None:
        raise StufFout("StUF055", "edcLk02 ontbreekt")
    was, wordt = lees_was_wordt(bericht.dienst, kennisgeving, EDC, werk.leniency)
    opdracht = Documentopdracht(was, wordt, lees_sleutel(bericht), ontvangen_bestand(kennisgeving, bericht))
    vandaan = herkomst(werk, "Update zaakdocument")
    document_id = wijzig_document(werk.verbinding, werk.inrichting, werk.opslag, opdracht, vandaan)
    neem_document_op(werk.verbinding, werk.inrichting, werk.opslag, document_id, vandaan)
    return bv02()


def lees_sleutel(bericht: Bericht) -> Sleutel | None:
    """The checkedOutId that a message has, with its sender; None when it has none."""
    gezegd = bericht.element.findtext(f"{zkn('parameters')}/{zkn('checkedOutId')}", "").strip()
    return Sleutel(gezegd, (bericht.stuurgegevens.zender or Systeem()).sleutel) if gezegd else None


# --- cancelCheckout_Di02: a document that was given out for editing gets no new version (ZDS 1.1, 4.2.8)


def cancel_checkout(bericht: Bericht, werk: MessageContext) -> etree._Element:
    """Release a document; Bv02. Raises StUF055 without identificatie, and the faults of `checkout.geef_vrij`."""
    identificatie = bericht.element.findtext(f"{zkn('document')}/{zkn('identificatie')}", "").strip()
    if not identificatie:
        raise StufFout("StUF055", "document/identificatie ontbreekt (ZDS 4.2.8.2)")
    geef_vrij(werk.verbinding, werk.inrichting.documenten, identificatie, lees_sleutel(bericht), werk.nu)
    return bv02()
