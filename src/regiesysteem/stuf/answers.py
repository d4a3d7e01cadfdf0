"""Answers: confirmations and faults, written and read, and the frame of a kennisgeving (StUF 03.01, 4.3 to 5.2)."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from regiesysteem.config import TIME_ZONE
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Entiteit, Relatie
from regiesysteem.stuf.faults import Foutcode, StufFout, shorten
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem, read_stuurgegevens
from regiesysteem.stuf.namespaces import ENTITEITTYPE, NSMAP_STUF, SLEUTEL_VERZENDEND, STUF, VERWERKINGSSOORT, stuf
from regiesysteem.stuf.write import Mode, RelatieView, Scope, View, one_branch, write_nobody, write_verbatim

# --- Building answers: their stuurgegevens, acknowledgements (Bv) and fault messages (Fo)


_UNKNOWN: Final = Systeem(applicatie="onbekend")
# Details may quote text from outside the XML, such as a header of HTTP.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_REFNUMMER: Final = 40
_MAX_DETAILS: Final = 1000


def tijdstip(moment: datetime) -> str:
    """Write a moment as 17 digits, EEJJMMDDhhmmssddd (StUF 03.01, 3.4)."""
    local = moment.astimezone(TIME_ZONE)
    return local.strftime("%Y%m%d%H%M%S") + f"{local.microsecond // 1000:03d}"


def answer_stuurgegevens(
    bericht: Bericht,
    berichtcode: str,
    now: datetime,
    *,
    namespace: str,
    entiteittype: str = "",
    functie: str = "",
) -> etree._Element:
    """Build the stuurgegevens of an answer to `bericht`.

    `namespace` is that of the answer. Zender and ontvanger are swapped, the crossRefnummer is the referentienummer
    of the message, the referentienummer is new. The answer leaves out the parts that the message did not have: all
    but the berichtcode is optional in a synchronous one.
    """
    question = bericht.stuurgegevens
    element = etree.Element(f"{{{namespace}}}stuurgegevens")
    write_stuurgegevens(
        element,
        berichtcode,
        zender=_usable(question.ontvanger),
        ontvanger=_usable(question.zender),
        referentienummer=str(uuid.uuid4()),
        moment=now,
        cross_refnummer=question.referentienummer or None,
        entiteittype=entiteittype,
        functie=functie,
    )
    return element


def bv03(question: Stuurgegevens, own: Systeem, now: datetime) -> etree._Element:
    """Build the acknowledgement of an asynchronous message (StUF 03.01, 4.4.1); `own` as in `foutbericht`."""
    bericht = etree.Element(stuf("Bv03Bericht"), nsmap=NSMAP_STUF)
    _volledige_stuurgegevens(bericht, "Bv03", question, own, now)
    return bericht


def bv02(meldingen: Iterable[str] = ()) -> etree._Element:
    """Build the functional acknowledgement of a synchronous message: a berichtcode and meldingen (4.4.1)."""
    bericht = etree.Element(stuf("Bv02Bericht"), nsmap=NSMAP_STUF)
    write_child(etree.SubElement(bericht, stuf("stuurgegevens")), "berichtcode", "Bv02")
    for melding in meldingen:
        write_child(bericht, "melding", melding)
    return bericht


def foutbericht(
    error: StufFout, foutcode: Foutcode, question: Stuurgegevens | None, own: Systeem, now: datetime
) -> etree._Element:
    """Build Fo01, Fo02 or Fo03 for a fault (StUF 03.01, 4.4.3), also for a message that could not be read.

    Fo02 has the berichtcode only. The schema makes zender, ontvanger and crossRefnummer mandatory in Fo01 and Fo03:
    where the message has none, we are the zender (`own`), the ontvanger is "onbekend" and the crossRefnummer is
    empty.
    """
    bericht = etree.Element(stuf(f"{foutcode}Bericht"), nsmap=NSMAP_STUF)
    if foutcode == "Fo02":
        write_child(etree.SubElement(bericht, stuf("stuurgegevens")), "berichtcode", foutcode)
    else:
        _volledige_stuurgegevens(bericht, foutcode, question or Stuurgegevens(), own, now)
    body = etree.SubElement(bericht, stuf("body"))
    write_child(body, "code", error.code)
    write_child(body, "plek", error.plek)
    write_child(body, "omschrijving", error.soort.omschrijving)
    if error.details:
        write_child(body, "details", shorten(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", error.details), _MAX_DETAILS))
    if error.details_xml is not None:
        etree.SubElement(body, stuf("detailsXML")).append(error.details_xml)
    return bericht


def _volledige_stuurgegevens(
    bericht: etree._Element, berichtcode: str, question: Stuurgegevens, own: Systeem, now: datetime
) -> None:
    """Add the stuurgegevens of Bv01, Bv03, Fo01 and Fo03, in which everything is mandatory."""
    write_stuurgegevens(
        etree.SubElement(bericht, stuf("stuurgegevens")),
        berichtcode,
        zender=_usable(question.ontvanger) or own,
        ontvanger=_usable(question.zender) or _UNKNOWN,
        referentienummer=str(uuid.uuid4()),
        moment=now,
        cross_refnummer=question.referentienummer[:_MAX_REFNUMMER],
    )


def _usable(systeem: Systeem | None) -> Systeem | None:
    """Give a system as an answer may have it: with an applicatie, its parts within the lengths of the schema."""
    if systeem is None or len(systeem.applicatie) < 3:
        return None
    return Systeem(
        systeem.organisatie[:200], systeem.applicatie[:50], systeem.administratie[:50], systeem.gebruiker[:100]
    )


def write_stuurgegevens(
    element: etree._Element,
    berichtcode: str,
    *,
    zender: Systeem | None,
    ontvanger: Systeem | None,
    referentienummer: str,
    moment: datetime,
    cross_refnummer: str | None = None,
    entiteittype: str = "",
    functie: str = "",
) -> None:
    """Fill an element stuurgegevens, in the order of the schema (StUF 03.01, 4.1 - 4.3).

    It leaves out a system and a crossRefnummer that are None, and an empty entiteittype and functie.
    """
    write_child(element, "berichtcode", berichtcode)
    write_systeem(element, "zender", zender)
    write_systeem(element, "ontvanger", ontvanger)
    write_child(element, "referentienummer", referentienummer)
    write_child(element, "tijdstipBericht", tijdstip(moment))
    if cross_refnummer is not None:
        write_child(element, "crossRefnummer", cross_refnummer)
    if entiteittype:
        write_child(element, "entiteittype", entiteittype)
    if functie:
        write_child(element, "functie", functie)


def write_systeem(parent: etree._Element, naam: str, systeem: Systeem | None) -> None:
    """Append a zender or ontvanger, with the parts that it has."""
    if systeem is None:
        return
    element = etree.SubElement(parent, stuf(naam))
    for part in ("organisatie", "applicatie", "administratie", "gebruiker"):
        if waarde := getattr(systeem, part):
            write_child(element, part, waarde)


def write_child(parent: etree._Element, naam: str, waarde: str) -> None:
    """Append a child in the namespace of StUF, with a text."""
    etree.SubElement(parent, stuf(naam)).text = waarde


# --- Reading the acknowledgements and faults of other systems: Bv01 to Bv04, Fo01 to Fo03 (StUF 03.01, 4.4)

BEVESTIGINGEN: Final = {
    stuf(f"{code}Bericht"): code for code in ("Bv01", "Bv02", "Bv03", "Bv04", "Fo01", "Fo02", "Fo03")
}
"""Element -> berichtcode of the messages that this module reads."""


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """The body of a foutbericht, as the other system wrote it; a part that is left out is empty."""

    code: str = ""
    plek: str = ""
    omschrijving: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Bevestiging:
    """An acknowledgement of the message with referentienummer `cross_refnummer`; `fout` is None when it was taken.

    `soort` is the berichtcode. `cross_refnummer` is "" in a Bv02 or Fo02, which only occur as the answer itself.
    """

    soort: str
    cross_refnummer: str
    fout: ErrorMessage | None = None
    meldingen: tuple[str, ...] = ()


def read_bevestiging(element: etree._Element) -> Bevestiging:
    """Read an acknowledgement or foutbericht, valid or not. Raises StUF055 for another message."""
    soort = BEVESTIGINGEN.get(str(element.tag))
    if soort is None:
        raise StufFout("StUF055", f"{shorten(etree.QName(element).localname, 60)} is geen bevestiging of foutbericht.")
    body = element.find(stuf("body"))
    return Bevestiging(
        soort=soort,
        cross_refnummer=read_stuurgegevens(element).cross_refnummer,
        fout=_error_message(body) if soort.startswith("Fo") else None,
        meldingen=tuple((melding.text or "").strip() for melding in element.findall(stuf("melding"))),
    )


def _error_message(body: etree._Element | None) -> ErrorMessage:
    if body is None:
        return ErrorMessage()
    parts = ("code", "plek", "omschrijving", "details")
    return ErrorMessage(*(body.findtext(f"{{{STUF}}}{part}", "").strip() for part in parts))


# --- Writing an object as the <object> of a kennisgeving (StUF 03.01, 5.2); `stuf.read` reads it back

_ALLES: Final = Scope(Mode.ALLES)


def write_instance(node: etree._Element, entiteit: Entiteit, view: View, kern: frozenset[str]) -> None:
    """Fill an <object> with all known data that a kennisgeving can carry, in the order of the schema.

    `kern` lists the entiteittypen that are written with their kerngegevens only when they are gerelateerden. A relation
    that cannot be in a kennisgeving is left out. `set_verwerkingssoort` adds the verwerkingssoorten.
    """
    node.set(ENTITEITTYPE, entiteit.code)
    if view.sleutel:
        node.set(SLEUTEL_VERZENDEND, view.sleutel)
    _write_elementen(node, entiteit, view, kern_only=False)
    for relatie in entiteit.relaties:
        if relatie.kennisgeving:
            _write_relatie(node, relatie, view, kern)


def write_kerngegevens(node: etree._Element, entiteit: Entiteit, view: View, kern: frozenset[str]) -> None:
    """Fill an <object> with the data that identifies it (StUF 03.01, 3.1.3)."""
    node.set(ENTITEITTYPE, entiteit.code)
    _write_elementen(node, entiteit, view, kern_only=True)
    for relatie in entiteit.relaties:
        if relatie.kern:
            _write_relatie(node, relatie, view, kern, bare=True)


def set_verwerkingssoort(instance: etree._Element, own: str, relaties: str, existing: frozenset[str]) -> None:
    """Set the verwerkingssoort of the object, and of every entity and relation in it (StUF 03.01, 5.2.5).

    `own` is that of the object, `relaties` that of its relations. Entities of the types in `existing` are only
    referred to (I).
    """
    for node in instance.iter(etree.Element):
        soort = node.get(ENTITEITTYPE)
        if soort is not None:
            node.set(VERWERKINGSSOORT, "I" if soort in existing else relaties)
    instance.set(VERWERKINGSSOORT, own)


def _write_elementen(node: etree._Element, entiteit: Entiteit, view: View, *, kern_only: bool) -> None:
    data = one_branch(entiteit, view.gegevens, _ALLES, obj=False)
    for element in entiteit.elementen:
        if element.ours or (kern_only and not element.kern):
            continue
        waarde = data.get(element.naam)
        if waarde is not None:
            values.write(node, element, waarde, entiteit.ns)
        elif entiteit.companion(element.naam) in data:
            values.write_empty(node, element.naam, element.ns or entiteit.ns, entiteit.unknown)


def _write_relatie(
    parent: etree._Element, relatie: Relatie, from_: View | RelatieView, kern: frozenset[str], *, bare: bool = False
) -> None:
    """Append the occurrences of a relation; with `bare` without the elements of the relation itself."""
    for view in from_.relaties.get(relatie.naam, ()):
        node = etree.SubElement(parent, f"{{{relatie.ns}}}{relatie.naam}")
        node.set(ENTITEITTYPE, relatie.entiteittype)
        _write_gerelateerde(node, relatie, view, kern)
        if bare:
            continue
        for element in relatie.elementen:
            waarde = view.gegevens.get(element.naam)
            if waarde is not None and element.kennisgeving and not element.ours:
                values.write(node, element, waarde, relatie.ns)
        for deeper in relatie.relaties:
            _write_relatie(node, deeper, view, kern)
    if not bare:
        for soort in from_.unknown.get(relatie.naam, ()):
            values.write_empty(parent, relatie.naam, relatie.ns, soort, relatie.entiteittype)


def _write_gerelateerde(node: etree._Element, relatie: Relatie, view: RelatieView, kern: frozenset[str]) -> None:
    gerelateerde = etree.SubElement(node, f"{{{relatie.ns}}}gerelateerde")
    if view.choice is None or view.view is None:
        write_nobody(gerelateerde, relatie, view.gegevens.get("gerelateerde"))
        return
    entiteit = view.choice.entiteit
    target = etree.SubElement(gerelateerde, f"{{{relatie.ns}}}{view.choice.naam}") if view.choice.naam else gerelateerde
    target.set(ENTITEITTYPE, entiteit.code)
    if entiteit.verbatim:
        write_verbatim(target, view.view.gegevens)
        return
    kern_only = entiteit.code in kern
    _write_elementen(target, entiteit, view.view, kern_only=kern_only)
    for deeper in entiteit.relaties:
        if deeper.kern and kern_only:
            _write_relatie(target, deeper, view.view, kern, bare=True)
