"""The operations on documents of zaken (ZDS 4.2)."""

from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.access.omit import leave_out
from regiesysteem.diensten.contents import file_data, received_file, set_file, set_payloads
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.zaak_operations import (
    mutatiesoort_of,
    origin,
    question_of,
    read_addition,
    read_was_wordt,
    write_objects,
    write_parameters,
)
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import answer_stuurgegevens, bv02, tijdstip
from regiesysteem.stuf.content.content import Inhoud
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Systeem
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, stuf
from regiesysteem.stuf.read import local, read_instance
from regiesysteem.stuf.write import Mode, Scope, read_scope, write_view
from regiesysteem.zakenmagazijn.checkout import Sleutel, check_out, release
from regiesysteem.zakenmagazijn.document_changes import DocumentCommand, add, change_document
from regiesysteem.zakenmagazijn.document_loading import load_documents
from regiesysteem.zakenmagazijn.domain_data import take_in_document
from regiesysteem.zakenmagazijn.loading import Document, load_document
from regiesysteem.zakenmagazijn.messages import draw_documentidentificatie
from regiesysteem.zakenmagazijn.select import find_hits, melding_ignored, read_question
from regiesysteem.zakenmagazijn.select.documents import DOCUMENTEN
from regiesysteem.zakenmagazijn.select.permitted import check_permitted
from regiesysteem.zakenmagazijn.select.question import SLEUTELS, without_effect
from regiesysteem.zkn.document import EDC, IS_RELEVANT_VOOR
from regiesysteem.zkn.documentgegevens import INHOUD as INHOUD_ELEMENT
from regiesysteem.zkn.names import NSMAP, ZKN, zkn

# --- genereerDocumentIdentificatie_Di02: give out a documentidentificatie (ZDS 1.1, 4.2.7)

_STUURFUNCTIE: Final = "genereerDocumentidentificatie"


def genereer_document_identificatie(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with a Du02 that has a free documentidentificatie, as genereerZaakIdentificatie does for zaken."""
    answer = etree.Element(zkn("genereerDocumentIdentificatie_Du02"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, "Du02", context.now, namespace=ZKN, functie=_STUURFUNCTIE))
    document = etree.SubElement(answer, zkn("document"), {ENTITEITTYPE: "EDC", FUNCTIE: "entiteit"})
    identificatie = draw_documentidentificatie(context.connection, context.inrichting.gemeente.code)
    etree.SubElement(document, zkn("identificatie")).text = identificatie
    return answer


# --- voegZaakdocumentToe_Lk01 and maakZaakdocument_Lk01: a document of a zaak, with its file or still without (ZDS
# 4.2.4)

_UNCHANGED = ("W", "C", "F")


def voeg_zaakdocument_toe(bericht: Bericht, context: MessageContext) -> None:
    """Register a document with its file, or change one; faults as `add` and `change_document`.

    Raises StUF055 for a new document without a file.
    """
    file = received_file(bericht.element, bericht)
    if mutatiesoort_of(bericht.element) in _UNCHANGED:
        _change(bericht, context, file)
        return
    if file is None:
        raise StufFout(
            "StUF055", "object/inhoud ontbreekt (ZDS 4.2.4.2); een document zonder inhoud gaat met maakZaakdocument"
        )
    _add(bericht, context, file)


def maak_zaakdocument(bericht: Bericht, context: MessageContext) -> None:
    """Register a document that waits for its file (ZDS 4.2.5); a file that comes along is kept at once."""
    file = received_file(bericht.element, bericht)
    if mutatiesoort_of(bericht.element) in _UNCHANGED:
        _change(bericht, context, file)
        return
    # An element inhoud without text names the file to come.
    _add(bericht, context, file if file is not None and file.grootte else None)


def _add(bericht: Bericht, context: MessageContext, file: Inhoud | None) -> None:
    instance = read_addition(bericht, context.leniency, EDC)
    from_ = origin(context, "Voeg zaakdocument toe")
    document_id = add(context.connection, context.inrichting, context.opslag, instance, file, from_)
    take_in_document(context.connection, context.inrichting, context.opslag, document_id, from_)


def _change(bericht: Bericht, context: MessageContext, file: Inhoud | None) -> None:
    if file is not None and file.grootte:
        raise StufFout("StUF055", "de inhoud van een document wijzigt met updateZaakdocument (ZDS 4.2.6)")
    was, wordt = read_was_wordt(bericht.dienst, bericht.element, EDC, context.leniency)
    from_ = origin(context, "Update zaakdocument")
    document_id = change_document(
        context.connection, context.inrichting, context.opslag, DocumentCommand(was, wordt), from_
    )
    take_in_document(context.connection, context.inrichting, context.opslag, document_id, from_)


# --- geefZaakdocumentLezen_Lv01: a document and its file, as far as the scope asks for them (ZDS 1.1, 4.2.2)

_POINTING: Final = frozenset({"identificatie", "versie"})
_RANGE: Final = ("vanaf", "totEnMet", "start")


def geef_zaakdocument_lezen(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with the document that gelijk/identificatie names, in its newest version or the one of gelijk/versie.

    Without such a document the answer is empty. The file is read only when the scope asks for it. Raises StUF055
    without an identificatie, and for a question about a range of documents.
    """
    scope = read_scope(bericht.element.find(zkn("scope")))
    identificatie, versie, ignored = read_pointer(bericht.element)
    document = load_document(
        context.connection,
        context.inrichting,
        identificatie,
        versie,
        scope,
        grant=context.caller.grant,
        shown=context.look.zaken,
    )
    answer = etree.Element(zkn("edcLa01"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, "La01", context.now, namespace=ZKN, entiteittype="EDC"))
    parameters = etree.SubElement(answer, zkn("parameters"))
    etree.SubElement(parameters, stuf("indicatorVervolgvraag")).text = "false"
    if ignored:
        etree.SubElement(answer, zkn("melding")).text = melding_ignored(ignored)
    if document is None:
        return answer
    _note(context, identificatie)
    if document.sha256 is not None:
        document.view.gegevens[INHOUD_ELEMENT.naam] = file_data(document)
    node = etree.SubElement(etree.SubElement(answer, zkn("antwoord")), zkn("object"))
    write_view(node, EDC, document.view, scope)
    leave_out(node, context.caller.grant.zonder)
    set_file(node, document, bericht, context.connection, context.opslag)
    set_payloads(answer, bericht, context.connection, context.opslag)
    return answer


def _note(context: MessageContext, identificatie: str) -> None:
    """Note for the read log that the answer has this document."""
    context.look.documenten.add(identificatie)
    context.look.aantal = 1


def read_pointer(question: etree._Element) -> tuple[str, str | None, list[str]]:
    """The document that a question is about: its identificatie, its version (None for the newest), other criteria.

    Raises StUF055 as above, StUF091 for a key beside the identificatie.
    """
    for naam in _RANGE:
        if question.find(zkn(naam)) is not None:
            raise StufFout("StUF055", f"{naam}: een document wordt gevraagd met gelijk/identificatie (ZDS 4.2.2.2)")
    gelijk = question.find(zkn("gelijk"))
    data = read_instance(gelijk, EDC).gegevens if gelijk is not None else {}
    identificatie = values.text(data.get("identificatie"))
    if not identificatie or gelijk is None:
        raise StufFout("StUF055", "gelijk/identificatie ontbreekt (ZDS 4.2.2.2)")
    if any(naam in gelijk.attrib for naam in SLEUTELS):
        raise StufFout("StUF091", "een sleutel naast identificatie")
    versie = values.text(data.get("versie")) or None
    ignored = [*without_effect(gelijk)]
    for child in gelijk.iterchildren(tag=etree.Element):
        naam = local(child)
        used = naam in _POINTING and (naam != "versie" or versie is not None)
        ignored += without_effect(child) if used else [naam]
    return identificatie, versie, list(dict.fromkeys(ignored))


# --- edcLv01: the documents that meet a selection, without their files (StUF 03.01, 6.3)


def edc_lv01(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with the asked data of all documents that meet the selection, each in its newest version.

    No file is read: geefZaakdocumentLezen hands out those, one at a time (docs/afwijkingen.md 64). Raises the faults of
    `zak_lv01`.
    """
    question, grant = question_of(bericht, context), context.caller.grant
    scope = read_scope(question.find(zkn("scope")))
    asked = read_question(question, context.inrichting, grant.maximum, DOCUMENTEN)
    check_permitted(asked, grant)
    hits = find_hits(context.connection, context.inrichting, asked, grant)
    shown = context.look.zaken
    views = load_documents(context.connection, context.inrichting, hits.ids, scope, grant=grant, shown=shown)
    if len(views) < len(hits.ids):
        hits = hits.aborted()
    context.look.documenten.update(values.text(view.gegevens.get("identificatie")) or "" for view in views)
    context.look.aantal = len(views)
    answer = etree.Element(zkn("edcLa01"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, "La01", context.now, namespace=ZKN, entiteittype="EDC"))
    # A document has no afnemers; its sender is told so (StUF 03.01, 6.2).
    write_parameters(answer, hits, False if asked.follow else None)
    write_objects(answer, EDC, views, scope)
    leave_out(answer, grant.zonder)
    set_payloads(answer, bericht, context.connection, context.opslag)
    return answer


# --- geefZaakdocumentbewerken_Di02: a document and its file, for one at a time to edit (ZDS 1.1, 4.2.3)

_STUURFUNCTIE_BEWERKEN: Final = "geefZaakdocumentbewerken"
_UNKNOWN: Final = "onbekend"
_VERPLICHT: Final = (
    *("identificatie", "creatiedatum", "titel", "formaat", "taal", "vertrouwelijkAanduiding", "auteur", "link"),
    INHOUD_ELEMENT.naam,
)
"""The elements that the schema requires in the answer, with a value, whatever the scope asks (docs/afwijkingen.md 37).
"""


def geef_zaakdocumentbewerken(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Give the newest version of a document out for editing, with the key that updateZaakdocument needs.

    Raises StUF064 for a document that does not exist, StUF058 when another sender has it (and names that sender) or for
    an older version, StUF055 as geefZaakdocumentLezen.
    """
    question = bericht.element.find(zkn("edcLv01"))
    if question is None:
        raise StufFout("StUF055", "edcLv01 ontbreekt")
    identificatie, versie, _ = read_pointer(question)
    scope = _with_verplicht(read_scope(question.find(zkn("scope"))))
    documenten = context.inrichting.documenten
    lock = check_out(context.connection, documenten, identificatie, versie, context.caller, context.now)
    document = load_document(
        context.connection,
        context.inrichting,
        identificatie,
        None,
        scope,
        grant=context.caller.grant,
        shown=context.look.zaken,
    )
    if document is None:
        raise LookupError("a document that was just locked is not there")
    _note(context, identificatie)
    answer = etree.Element(zkn("geefZaakdocumentbewerken_Du02"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, "Du02", context.now, namespace=ZKN, functie=_STUURFUNCTIE_BEWERKEN))
    parameters = etree.SubElement(answer, zkn("parameters"))
    etree.SubElement(parameters, zkn("checkedOutId")).text = lock.sleutel
    etree.SubElement(parameters, zkn("checkedOutBy")).text = lock.holder
    embedded = etree.SubElement(answer, zkn("edcLa01"), {ENTITEITTYPE: "EDC", FUNCTIE: "antwoord"})
    etree.SubElement(embedded, zkn("parameters"))
    node = etree.SubElement(etree.SubElement(embedded, zkn("antwoord")), zkn("object"))
    _complete(document, context.inrichting.gemeente.code)
    write_view(node, EDC, document.view, scope)
    leave_out(node, context.caller.grant.zonder)
    set_file(node, document, bericht, context.connection, context.opslag)
    return answer


def _with_verplicht(scope: Scope) -> Scope:
    """Add the elements that the schema requires to a scope with names; kerngegevens become such a scope first."""
    if scope.mode is Mode.KERN:
        scope = Scope(
            Mode.ELEMENTEN, {element.naam: Scope(Mode.ELEMENTEN) for element in EDC.elementen if element.kern}
        )
    if not scope.explicit:
        return scope
    return replace(scope, children={naam: Scope(Mode.ELEMENTEN) for naam in _VERPLICHT} | scope.children)


def _complete(document: Document, gemeentecode: str) -> None:
    """Fill in elements that the schema requires and no sender gave, with neutral values (docs/afwijkingen.md 37)."""
    data = document.view.gegevens
    identificatie = values.text(data.get("identificatie")) or ""
    neutral = {
        "creatiedatum": tijdstip(document.geregistreerd_op)[:8],
        "titel": identificatie,
        "formaat": (document.content_type or _UNKNOWN)[:85],
        "taal": _UNKNOWN,
        "vertrouwelijkAanduiding": "ZAAKVERTROUWELIJK",
        "auteur": _UNKNOWN,
        "link": f"urn:regiesysteem:{gemeentecode}:document:{identificatie}",
    }
    for naam, waarde in neutral.items():
        if not values.text(data.get(naam)):
            data[naam] = waarde
    data[INHOUD_ELEMENT.naam] = file_data(document)


# --- updateZaakdocument_Di02: a document gets another file, or other values (ZDS 1.1, 4.2.6)


def update_zaakdocument(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Apply the kennisgeving in the message and release the document; Bv02. Faults as `change_document`."""
    kennisgeving = bericht.element.find(zkn("edcLk02"))
    if kennisgeving is None:
        raise StufFout("StUF055", "edcLk02 ontbreekt")
    was, wordt = read_was_wordt(bericht.dienst, kennisgeving, EDC, context.leniency)
    command = DocumentCommand(was, wordt, read_sleutel(bericht), received_file(kennisgeving, bericht))
    from_ = origin(context, "Update zaakdocument")
    document_id = change_document(context.connection, context.inrichting, context.opslag, command, from_)
    take_in_document(context.connection, context.inrichting, context.opslag, document_id, from_)
    return bv02()


def read_sleutel(bericht: Bericht) -> Sleutel | None:
    """The checkedOutId that a message has, with its sender; None when it has none."""
    said = bericht.element.findtext(f"{zkn('parameters')}/{zkn('checkedOutId')}", "").strip()
    return Sleutel(said, (bericht.stuurgegevens.zender or Systeem()).sleutel) if said else None


# --- ontkoppelZaakdocument_Di02: a document does not belong to a zaak any more (ZDS 1.2, 4.3.9)

_UNLINKED: Final = "V"
_RELATIE: Final = IS_RELEVANT_VOOR.naam


def ontkoppel_zaakdocument(bericht: Bericht, context: MessageContext) -> etree._Element:
    """End the relations that the message names, of a document that nobody edits; Bv02. Faults as `change_document`.

    Raises StUF055 for a message that ends no relation, or changes something else.
    """
    kennisgeving = bericht.element.find(zkn("edcLk02"))
    if kennisgeving is None:
        raise StufFout("StUF055", "edcLk02 ontbreekt")
    was, wordt = read_was_wordt(bericht.dienst, kennisgeving, EDC, context.leniency)
    if was is None or not any(was.alle(_RELATIE)):
        raise StufFout("StUF055", f"het eerste object noemt geen {_RELATIE} om te verbreken (ZDS 1.2, 4.3.9)")
    if {one.verwerkingssoort for one in was.alle(_RELATIE)} != {_UNLINKED} or any(wordt.alle(_RELATIE)):
        raise StufFout(
            "StUF055", f"{bericht.dienst} verbreekt relaties: {_RELATIE} heeft verwerkingssoort V en is daarna leeg"
        )
    if any(waarde != was.gegevens.get(naam) for naam, waarde in wordt.gegevens.items()):
        raise StufFout("StUF055", f"{bericht.dienst} wijzigt geen andere gegevens van het document")
    command = DocumentCommand(was, wordt, not_edited=True)
    change_document(
        context.connection, context.inrichting, context.opslag, command, origin(context, "Update zaakdocument")
    )
    return bv02()


# --- cancelCheckout_Di02: a document that was given out for editing gets no new version (ZDS 1.1, 4.2.8)


def cancel_checkout(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Release a document; Bv02. Raises StUF055 without identificatie, and the faults of `checkout.release`."""
    identificatie = bericht.element.findtext(f"{zkn('document')}/{zkn('identificatie')}", "").strip()
    if not identificatie:
        raise StufFout("StUF055", "document/identificatie ontbreekt (ZDS 4.2.8.2)")
    documenten, grant = context.inrichting.documenten, context.caller.grant
    release(context.connection, documenten, identificatie, read_sleutel(bericht), context.now, grant)
    return bv02()
