"""ZDS 1.2 beside 1.1: its messages in the form that the operations read, and their answers in its own form.

The root of a message of ZDS 1.2 is in its namespace. The children of a kennisgeving or vraag are in StUF-ZKN, as its
type is; those of a vrij bericht, with what is in its parameters, are in the namespace of ZDS. What a message says of
zaken and documents is StUF-ZKN in both versions.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Final

from lxml import etree

from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import BESTANDSNAAM, ENTITEITTYPE, NIL, NO_VALUE, SCOPE, STUF, stuf
from regiesysteem.zkn.names import INHOUD, NSMAP_ZDS, ZDS, ZKN, zds, zkn
from regiesysteem.zkn.operations import Operation

_KERN: Final = "kerngegevens"
_KERN_OF_OTHERS: Final = "KerngegevensGerelateerden"
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "geefZaakstatus_Lv01": (
        "identificatie",
        "heeft/gerelateerde/zkt.omschrijving",
        "heeft/gerelateerde/volgnummer",
        "heeft/toelichting",
        "heeft/datumStatusGezet",
        "heeft/indicatieLaatsteStatus",
    ),
    "geefZaakdetails_Lv01": ("identificatie",),
    "geefLijstZaakdocumenten_Lv01": (
        "identificatie",
        "heeftRelevant/gerelateerde/identificatie",
        "heeftRelevant/registratiedatum",
    ),
    "geefZaakdocumentLezen_Lv01": (
        *("identificatie", "creatiedatum", "titel", "formaat", "taal", "vertrouwelijkAanduiding", "auteur"),
        "inhoud",
    ),
}
"""The elements that 1.2 requires in the answer of an operation, whatever the scope asks (docs/afwijkingen.md 69)."""
_ALL: Final[Mapping[str, tuple[str, ...]]] = {
    "geefZaakstatus_Lv01": ("identificatie", "omschrijving", "isVan", "heeft"),
    "geefLijstZaakdocumenten_Lv01": ("identificatie", "omschrijving", "isVan", "heeftRelevant"),
}
"""The elements that the answer of an operation may have of its object, where that is not everything."""
_OF_ONE: Final = "geefZaakdetails_Lv01"  # its answer has one zaak, also where a sender asks with StUF:exact="false"
_MOST: Final = stuf("maximumAantal")
_READS_FILE: Final = "geefZaakdocumentLezen_Lv01"
_ANDER_ZAAKOBJECT: Final = ("omschrijving", "aanduiding", "lokatie", "registratie")


def as_read(bericht: Bericht, operation: Operation) -> Bericht:
    """Give a message as the function of its operation reads it: that of 1.2 as a copy in the form of 1.1.

    An operation that only 1.2 has gets its message with all names in StUF-ZKN.
    """
    if not _is_zds12(bericht):
        return bericht
    root = copy.deepcopy(bericht.element)
    namespace = etree.QName(operation.element).namespace
    namespace = ZKN if namespace == ZDS else namespace
    for child in root.iterchildren(etree.Element):
        child.tag = f"{{{namespace}}}{etree.QName(child).localname}"
    for node in root.iter(f"{{{ZDS}}}*"):
        node.tag = zkn(etree.QName(node).localname)
    root.tag = f"{{{namespace}}}{etree.QName(operation.element).localname}"
    _ask_what_is_required(root, operation)
    if operation.name == _OF_ONE:
        _ask_one(root)
    return replace(bericht, element=root)


def _ask_what_is_required(question: etree._Element, operation: Operation) -> None:
    asked = question.find(f"{zkn('scope')}/*")
    required = _REQUIRED.get(operation.name)
    if asked is None or required is None:
        return
    whole = asked.get(SCOPE)
    if whole is not None:
        names = _ALL.get(operation.name, ())
        if not names and not (operation.name == _READS_FILE and whole.startswith(_KERN)):
            return
        del asked.attrib[SCOPE]
        asked[:] = [etree.Element(zkn(naam), {SCOPE: whole}) for naam in names]
    for path in required:
        _ask(asked, path.split("/"))


def _ask_one(question: etree._Element) -> None:
    """Ask no more than one object."""
    found = question.find(zkn("parameters"))
    parameters = etree.SubElement(question, zkn("parameters")) if found is None else found
    for said in parameters.findall(_MOST):
        parameters.remove(said)
    etree.SubElement(parameters, _MOST).text = "1"


def _ask(asked: etree._Element, path: list[str]) -> None:
    """Add an element to a scope, with what is above it; below a StUF:scope for everything it is asked already."""
    for number, naam in enumerate(path):
        whole = asked.get(SCOPE, "")
        deeper = number < len(path) - 1
        if whole.startswith(_KERN) or (whole.endswith(_KERN_OF_OTHERS) and deeper):
            del asked.attrib[SCOPE]
        elif whole:
            return
        found = asked.find(zkn(naam))
        asked = etree.SubElement(asked, zkn(naam)) if found is None else found


def as_answered(answer: etree._Element | None, bericht: Bericht, operation: Operation) -> etree._Element | None:
    """Give the answer to a message in the version of that message; None, the standard acknowledgement, stays.

    Acknowledgements are of StUF itself, in both versions.
    """
    if answer is None or not _is_zds12(bericht) or etree.QName(answer).namespace == STUF:
        return answer
    root = etree.Element(zds(operation.answer_zds12), nsmap=NSMAP_ZDS)
    root.extend(list(answer))
    for group in root.iter(zkn("anderZaakObject")):
        _complete(group)
    if operation.name == _READS_FILE:
        for document in root.iterfind(f"{zkn('antwoord')}/{zkn('object')}"):
            _name_file(document)
    if operation.functie:
        for node in (*root, *root.iterfind(f"{zkn('parameters')}/*")):
            if etree.QName(node).namespace == ZKN:
                node.tag = zds(etree.QName(node).localname)
    return root


def _complete(group: etree._Element) -> None:
    """Give an anderZaakObject the elements without a value that 1.2 requires and 1.1 leaves out, in their order."""
    for number, naam in enumerate(_ANDER_ZAAKOBJECT):
        if group.find(zkn(naam)) is None and len(group):
            group.insert(number, etree.Element(zkn(naam), {NIL: "true", NO_VALUE: "geenWaarde"}))


def _name_file(document: etree._Element) -> None:
    """Give a document without a file the element for it, empty and with an empty name, as 1.2 requires."""
    if document.find(INHOUD) is None:
        before = takewhile(
            lambda node: etree.QName(node).namespace == ZKN and ENTITEITTYPE not in node.attrib, document
        )
        document.insert(len(list(before)), etree.Element(INHOUD, {BESTANDSNAAM: ""}))


def _is_zds12(bericht: Bericht) -> bool:
    return etree.QName(bericht.element).namespace == ZDS
