"""The kennisgevingen of people: what somebody does on a page, as the message that a back office would send for it."""

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from regiesysteem.access.caller import Caller
from regiesysteem.stuf.answers import write_stuurgegevens
from regiesysteem.stuf.message import Bericht, Systeem, read_stuurgegevens
from regiesysteem.stuf.namespaces import ENTITEITTYPE, VERWERKINGSSOORT, stuf
from regiesysteem.zkn.names import NSMAP, ZKN, zkn


def leaf(naam: str, text: str, namespace: str = ZKN) -> etree._Element:
    """An element with a text. Raises ValueError for a character that XML has no place for."""
    element = etree.Element(f"{{{namespace}}}{naam}", nsmap=NSMAP)
    element.text = text
    return element


def entity(naam: str, entiteittype: str, verwerkingssoort: str, children: Iterable[etree._Element]) -> etree._Element:
    """An entity or a relation: its entiteittype, what is to be done with it (StUF 03.01, 5.2.5), and what it has."""
    element = etree.Element(zkn(naam), {ENTITEITTYPE: entiteittype, VERWERKINGSSOORT: verwerkingssoort}, nsmap=NSMAP)
    element.extend(children)
    return element


def relation(
    naam: str, entiteittype: str, verwerkingssoort: str, other: etree._Element, *own: etree._Element
) -> etree._Element:
    """A relation with what it points to, and its own elements behind that."""
    gerelateerde = etree.Element(zkn("gerelateerde"), nsmap=NSMAP)
    if other.tag == gerelateerde.tag:
        gerelateerde = other
    else:
        gerelateerde.append(other)
    return entity(naam, entiteittype, verwerkingssoort, [gerelateerde, *own])


def kennisgeving(  # noqa: PLR0917 - what is told, by whom and when
    dienst: str,
    mutatiesoort: str,
    objecten: Iterable[etree._Element],
    caller: Caller,
    referentienummer: str,
    now: datetime,
    message: str = "zakLk01",
) -> Bericht:
    """A kennisgeving of our own system, made by a person on a page; a referentienummer is that of one message.

    `dienst` is the name of its operation, `message` that of its element (edcLk01 for a document).
    """
    element = etree.Element(zkn(message), nsmap=NSMAP)
    own, entiteittype = caller.zender, message.removesuffix("Lk01").upper()
    write_stuurgegevens(
        etree.SubElement(element, zkn("stuurgegevens")),
        "Lk01",
        zender=Systeem(own.organisatie, own.applicatie, gebruiker=caller.persoon),
        ontvanger=Systeem(own.organisatie, own.applicatie),
        referentienummer=referentienummer,
        moment=now,
        entiteittype=entiteittype,
    )
    parameters = etree.SubElement(element, zkn("parameters"))
    for naam, text in (("mutatiesoort", mutatiesoort), ("indicatorOvername", "V")):
        etree.SubElement(parameters, stuf(naam)).text = text
    element.extend(objecten)
    return Bericht(dienst, element, read_stuurgegevens(element))
