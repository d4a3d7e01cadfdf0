"""Messages of StUF-ZKN 3.10 that are of no operation of ZDS: an object that matters to its sender, or not any more.

T and V say that an object has become relevant to the sender, or is not any more; its receiver decides what that means
(StUF 03.01, 5.1). Here they place and remove an afnemersindicatie, when the message is for information.
"""

from typing import Final

from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.zaak_operations import mutatiesoort_of
from regiesysteem.notifications.reports import place_afnemersindicaties, remove_afnemersindicatie
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Entiteit
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.read import read_instance
from regiesysteem.zakenmagazijn.checkout import lock
from regiesysteem.zakenmagazijn.links import find_zaak
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.operations import for_information
from regiesysteem.zkn.zaak import ZAK

_KEPT: Final = (
    "een {what} gaat hier niet weg door een kennisgeving, maar als haar bewaartermijn om is (Archiefwet); met "
    "indicatorOvername I meldt u dat u er geen bericht meer van wilt"
)
_NO_RECEIVER: Final = (
    "deze zender is in de inrichting geen applicatie met een adres, dus er kan niets naar haar toe worden gestuurd"
)


# --- zakLk01: a zaak that a sender wants to hear of, or not any more (StUF 03.01, 5.1, and note 13 there)


def zak_lk01(bericht: Bericht, context: MessageContext) -> None:
    """Place (T) or remove (V) the afnemersindicatie of the sender on a zaak; both only with indicatorOvername I.

    Raises StUF058 for a V that must be taken over (docs/afwijkingen.md 63), and for a T of a sender that no message can
    be brought to; StUF055 without an identificatie, StUF064 for a zaak that the sender may not see.
    """
    refuse_removal(bericht, "zaak")
    identificatie = identificatie_of(bericht, ZAK)
    applicatie = context.caller.applicatie
    zaak_id = find_zaak(context.connection, identificatie, context.caller.grant)
    if mutatiesoort_of(bericht.element) == "V":
        remove_afnemersindicatie(context.connection, identificatie, applicatie.naam if applicatie else "")
        return
    place_afnemersindicaties(context.connection, {zaak_id}, receiver_of(context))


# --- edcLk01: a document that is no longer of interest to a sender


def edc_lk01(bericht: Bericht, context: MessageContext) -> None:
    """Take note that a document does not matter to its sender any more, or that it does; nothing changes here.

    Raises StUF058 for a V that must be taken over, StUF055 and StUF064 as `zak_lk01`.
    """
    refuse_removal(bericht, "document")
    lock(context.connection, identificatie_of(bericht, EDC), context.caller.grant)


def receiver_of(context: MessageContext) -> str:
    """Give the name by which messages go to the sender. Raises StUF058 when none can."""
    applicatie = context.caller.applicatie
    if applicatie is None or not applicatie.adres:
        raise StufFout("StUF058", _NO_RECEIVER, plek="client")
    return applicatie.naam


def refuse_removal(bericht: Bericht, what: str) -> None:
    """Refuse to remove an object, the same whether it exists or not."""
    if not for_information(bericht.element):
        raise StufFout("StUF058", _KEPT.format(what=what), plek="client")


def identificatie_of(bericht: Bericht, entiteit: Entiteit) -> str:
    """Give the identificatie of the one object of a message. Raises StUF055 without one, and for more objects."""
    objecten = bericht.element.findall(zkn("object"))
    if len(objecten) != 1:
        soort = mutatiesoort_of(bericht.element)
        raise StufFout("StUF055", f"mutatiesoort {soort} heeft 1 object, niet {len(objecten)} (StUF 5.2)")
    identificatie = values.text(read_instance(objecten[0], entiteit).gegevens.get("identificatie"))
    if not identificatie:
        raise StufFout("StUF055", "object/identificatie ontbreekt")
    return identificatie
