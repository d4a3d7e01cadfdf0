"""Synchronisation: a zaak brought whole to whoever asks for it, to put in the place of its own (StUF 03.01, 5.4).

The message is made at once, and brought as the answers of `later_answers` are.
"""

from collections.abc import Iterator

from lxml import etree

from regiesysteem.access.omit import leave_out
from regiesysteem.diensten.contents import inline_payloads
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.plain_operations import identificatie_of, receiver_of
from regiesysteem.notifications.compose import EXISTING
from regiesysteem.notifications.outbox import ReadyMessage, post
from regiesysteem.stuf.answers import answer_stuurgegevens, set_verwerkingssoort, write_child, write_instance
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE, SLEUTEL_SYNCHRONISATIE, stuf
from regiesysteem.stuf.write import View
from regiesysteem.stuf.xml import serialise
from regiesysteem.zakenmagazijn.ended import add_ended
from regiesysteem.zakenmagazijn.links import find_zaak
from regiesysteem.zakenmagazijn.loading import IN_KENNISGEVING, load
from regiesysteem.zkn.names import NSMAP, ZKN, zkn
from regiesysteem.zkn.zaak import ZAK


def zak_sa03(bericht: Bericht, context: MessageContext) -> None:
    """Have a zaak brought to the sender as it is now, in a zakSa01 (StUF 03.01, 5.4.2).

    Raises StUF055 without an identificatie, StUF064 for a zaak that the sender may not see, and StUF058 for a zaak that
    is too large, or a sender that has no adres in the inrichting.
    """
    _bring(bericht, context, history=False)


def zak_sh03(bericht: Bericht, context: MessageContext) -> None:
    """The same with the relations that have ended, in a zakSh01 (StUF 03.01, 5.4.4; docs/afwijkingen.md 72)."""
    _bring(bericht, context, history=True)


def _bring(bericht: Bericht, context: MessageContext, *, history: bool) -> None:
    applicatie, grant, look = receiver_of(context), context.caller.grant, context.look
    zaak_id = find_zaak(context.connection, identificatie_of(bericht, ZAK), grant)
    [zaak] = load(
        context.connection,
        context.inrichting,
        [zaak_id],
        IN_KENNISGEVING,
        bounded=True,
        grant=grant,
        shown=look.zaken,
    )
    look.aantal = 1
    if history:
        add_ended(context.connection, context.inrichting, [zaak], IN_KENNISGEVING, grant, look)
    soort = "zakSh01" if history else "zakSa01"
    reference = bericht.stuurgegevens.referentienummer
    message = _message(bericht, context, soort, zaak)
    post(context.connection, applicatie, f"vraag {reference}", f"antwoord op {bericht.dienst} {reference}", [message])


def _message(bericht: Bericht, context: MessageContext, soort: str, zaak: View) -> ReadyMessage:
    message = etree.Element(zkn(soort), nsmap=NSMAP)
    reference = _write_head(message, bericht, context, soort[-4:])
    actueel = etree.SubElement(message, zkn("actueel"))
    if soort == "zakSh01":
        _write_head(actueel, bericht, context, "Sa01")
        actueel = etree.SubElement(actueel, zkn("actueel"))
    _write_toevoeging(actueel, bericht, context, zaak)
    leave_out(message, context.caller.grant.zonder)
    inline_payloads(message, context.connection, context.opslag)
    return ReadyMessage(soort, reference, serialise(message))


def _write_head(message: etree._Element, bericht: Bericht, context: MessageContext, code: str) -> str:
    """Append the stuurgegevens of a message about a zaak, and give its referentienummer."""
    head = answer_stuurgegevens(bericht, code, context.now, namespace=ZKN, entiteittype=ZAK.code)
    message.append(head)
    return head.findtext(stuf("referentienummer"), "")


def _write_toevoeging(actueel: etree._Element, bericht: Bericht, context: MessageContext, zaak: View) -> None:
    """Write the toevoegkennisgeving that a synchronisation is made of (StUF 03.01, 5.4.2); it has no crossRefnummer."""
    _write_head(actueel, bericht, context, "Lk01")
    etree.strip_elements(actueel[0], stuf("crossRefnummer"))
    parameters = etree.SubElement(actueel, zkn("parameters"))
    write_child(parameters, "mutatiesoort", "T")
    write_child(parameters, "indicatorOvername", "V")
    node = etree.SubElement(actueel, zkn("object"))
    write_instance(node, ZAK, zaak, EXISTING)
    set_verwerkingssoort(node, "T", "T", EXISTING)
    for number, part in enumerate(_with_relations(node), start=1):
        part.set(SLEUTEL_SYNCHRONISATIE, str(number))


def _with_relations(node: etree._Element) -> Iterator[etree._Element]:
    """The zaak, its relations and theirs: what has a sleutelSynchronisatie; a gerelateerde has none (5.4.1)."""
    yield node
    for child in node:
        if child.get(ENTITEITTYPE) is not None and child.tag != zkn("gerelateerde"):
            yield from _with_relations(child)
