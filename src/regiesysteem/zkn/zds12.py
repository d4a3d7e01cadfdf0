"""ZDS 1.2 beside 1.1: its messages in the form that the operations read, and their answers in its own form.

The root of a message of ZDS 1.2 is in its namespace. The children of a kennisgeving or vraag are in StUF-ZKN, as its
type is; those of a vrij bericht, with what is in its parameters, are in the namespace of ZDS. What a message says of
zaken and documents is StUF-ZKN in both versions.
"""

import copy
from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.zkn.names import NSMAP_ZDS, ZDS, ZKN, zds, zkn
from regiesysteem.zkn.operations import Operation

_ANSWERS: Final = (("Lv01", "La01"), ("Di02", "Du02"))


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
    return replace(bericht, element=root)


def as_answered(answer: etree._Element | None, bericht: Bericht, operation: Operation) -> etree._Element | None:
    """Give the answer to a message in the version of that message; None, the standard acknowledgement, stays.

    Acknowledgements are of StUF itself, in both versions.
    """
    if answer is None or not _is_zds12(bericht) or etree.QName(answer).namespace == STUF:
        return answer
    name = etree.QName(operation.element_zds12).localname
    for asked, answered in _ANSWERS:
        name = name.replace(asked, answered)
    root = etree.Element(zds(name), nsmap=NSMAP_ZDS)
    root.extend(list(answer))
    if operation.functie:
        for node in (*root, *root.iterfind(f"{zkn('parameters')}/*")):
            if etree.QName(node).namespace == ZKN:
                node.tag = zds(etree.QName(node).localname)
    return root


def _is_zds12(bericht: Bericht) -> bool:
    return etree.QName(bericht.element).namespace == ZDS
