"""The operations on besluiten of zaken (ZDS 1.2, 4.1.7 - 4.1.11)."""

from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.access.omit import leave_out
from regiesysteem.diensten.contents import set_payloads
from regiesysteem.diensten.context import MessageContext
from regiesysteem.diensten.zaak_operations import origin, read_was_wordt, zak_lv01
from regiesysteem.stuf import values
from regiesysteem.stuf.answers import answer_stuurgegevens
from regiesysteem.stuf.entity import Entiteit
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, stuf
from regiesysteem.stuf.read import read_instance
from regiesysteem.stuf.write import Mode, Scope, read_scope, write_view
from regiesysteem.zakenmagazijn.besluiten import add, change_besluit, load_besluit
from regiesysteem.zakenmagazijn.events import UPDATE_ZAAK
from regiesysteem.zakenmagazijn.messages import draw_besluitidentificatie
from regiesysteem.zkn.besluit import BESLUIT
from regiesysteem.zkn.names import NSMAP, ZKN, zkn
from regiesysteem.zkn.zaak import LEIDT_TOT
from regiesysteem.zkn.zaakobjects import BSL

# --- genereerBesluitIdentificatie_Di02: give out a besluitidentificatie (ZDS 1.2, 4.1.9)

_STUURFUNCTIE: Final = "genereerBesluitidentificatie"


def genereer_besluit_identificatie(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with a Du02 that has a free besluitidentificatie, as genereerZaakIdentificatie does for zaken."""
    answer = etree.Element(zkn("genereerBesluitIdentificatie_Du02"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, "Du02", context.now, namespace=ZKN, functie=_STUURFUNCTIE))
    besluit = etree.SubElement(answer, zkn("besluit"), {ENTITEITTYPE: BESLUIT.code, FUNCTIE: "entiteit"})
    identificatie = draw_besluitidentificatie(context.connection, context.inrichting.gemeente.code)
    etree.SubElement(besluit, zkn("identificatie")).text = identificatie
    return answer


# --- voegBesluitToe_Di01 and updateBesluit_BslLk01: a besluit of a zaak, new or changed (ZDS 1.2, 4.1.7 and 4.1.8)


def voeg_besluit_toe(bericht: Bericht, context: MessageContext) -> None:
    """Register a besluit of a zaak; faults as `besluiten.add`.

    Raises StUF055 for a message without a besluit or a zaak, or for a besluit that is not new.
    """
    besluit = bericht.element.find(f"{zkn('object')}/{zkn('besluit')}")
    zaak = bericht.element.findtext(f"{zkn('object')}/{zkn('zaak')}/{zkn('identificatie')}", "").strip()
    if besluit is None or not zaak:
        raise StufFout("StUF055", "object/besluit of object/zaak/identificatie ontbreekt (ZDS 1.2, 4.1.7.2)")
    instance = read_instance(besluit, BESLUIT)
    if instance.verwerkingssoort not in ("T", ""):
        raise StufFout("StUF055", f"besluit heeft verwerkingssoort {instance.verwerkingssoort!r} in plaats van T")
    new = replace(instance, verwerkingssoort="T")
    add(context.connection, context.inrichting, new, zaak, origin(context, UPDATE_ZAAK))


def update_besluit(bericht: Bericht, context: MessageContext) -> None:
    """Apply a wijzigkennisgeving to a besluit; faults as `read_was_wordt` and `besluiten.change_besluit`."""
    was, wordt = read_was_wordt(bericht.dienst, bericht.element, BESLUIT, context.leniency)
    change_besluit(context.connection, context.inrichting, was, wordt, origin(context, UPDATE_ZAAK))


# --- geefBesluitdetails_BslLv01: one besluit (ZDS 1.2, 4.1.10)

_VERPLICHT: Final = ("identificatie", "datumBeslissing", "ingangsdatumWerking", "tijdvakGeldigheid", "isUitkomstVan")
"""The elements that the schema requires in the answer, whatever the scope asks (docs/afwijkingen.md 66)."""


def geef_besluitdetails(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with the besluit that gelijk/identificatie names; without one that may be seen the answer is empty.

    Raises StUF055 without an identificatie.
    """
    gelijk = bericht.element.find(zkn("gelijk"))
    asked = read_instance(gelijk, BESLUIT).gegevens if gelijk is not None else {}
    if not values.text(asked.get("identificatie")):
        raise StufFout("StUF055", "gelijk/identificatie ontbreekt (ZDS 1.2, 4.1.10.2)")
    scope = with_verplicht(read_scope(bericht.element.find(zkn("scope"))), BESLUIT, _VERPLICHT)
    grant = context.caller.grant
    view = load_besluit(context.connection, context.inrichting, asked, scope, grant, context.look.zaken)
    answer = etree.Element(zkn("bslLa01"), nsmap=NSMAP)
    answer.append(answer_stuurgegevens(bericht, "La01", context.now, namespace=ZKN, entiteittype=BESLUIT.code))
    parameters = etree.SubElement(answer, zkn("parameters"))
    etree.SubElement(parameters, stuf("indicatorVervolgvraag")).text = "false"
    if view is None:
        return answer
    context.look.aantal = 1
    write_view(etree.SubElement(etree.SubElement(answer, zkn("antwoord")), zkn("object")), BESLUIT, view, scope)
    leave_out(answer, grant.zonder)
    set_payloads(answer, bericht, context.connection, context.opslag)
    return answer


def with_verplicht(scope: Scope, entiteit: Entiteit, names: tuple[str, ...]) -> Scope:
    """Add what the schema requires to a scope: names to one with names, kerngegevens become such a scope first."""
    if scope.mode is Mode.KERN:
        kern = {element.naam: Scope(Mode.ELEMENTEN) for element in entiteit.elementen if element.kern}
        scope = Scope(Mode.ELEMENTEN, kern)
    if not scope.explicit:
        return replace(scope, metagegevens=True)
    return replace(scope, children={naam: Scope(Mode.ELEMENTEN) for naam in names} | scope.children)


# --- geefLijstBesluiten_ZakLv01: the besluiten of one zaak (ZDS 1.2, 4.1.11)

_IN_LIST: Final = ("identificatie", "datumBeslissing", "ingangsdatumWerking")
"""The elements of each besluit in the list that the schema requires."""


def geef_lijst_besluiten(bericht: Bericht, context: MessageContext) -> etree._Element:
    """Answer with a zaak and its besluiten, and nothing else of the zaak; as `zak_lv01`."""
    asked = read_scope(bericht.element.find(zkn("scope")))
    relatie = asked.relatie(LEIDT_TOT.naam) if asked.asks(LEIDT_TOT) else Scope(Mode.ELEMENTEN)
    besluit = with_verplicht(relatie.gerelateerde("") or Scope(Mode.KERN), BSL, _IN_LIST)
    own = relatie.children if relatie.explicit else {}
    listed = Scope(Mode.ELEMENTEN, {**own, "gerelateerde": besluit})
    scope = Scope(Mode.ELEMENTEN, {"identificatie": Scope(Mode.ELEMENTEN), LEIDT_TOT.naam: listed})
    return zak_lv01(bericht, context, scope=scope)
