"""Answers: confirmations and faults, written and read, and the frame of a kennisgeving (StUF 03.01, 4.3 to 5.2)."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Entiteit, Relatie
from regiesysteem.stuf.faults import Foutcode, StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem, lees_stuurgegevens
from regiesysteem.stuf.namespaces import ENTITEITTYPE, NSMAP_STUF, SLEUTEL_VERZENDEND, STUF, VERWERKINGSSOORT, stuf
from regiesysteem.stuf.shorten import shorten
from regiesysteem.stuf.write import Beeld, Modus, RelatieBeeld, Scope, een_tak, schrijf_letterlijk, schrijf_niemand

# --- Building answers: their stuurgegevens, acknowledgements (Bv) and fault messages (Fo)

TIJDZONE: Final = ZoneInfo("Europe/Amsterdam")
"""StUF times carry no zone: they are Dutch clock time."""

_ONBEKEND: Final = Systeem(applicatie="onbekend")
# Details may quote text from outside the XML, such as a header of HTTP.
_GEEN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_REFNUMMER: Final = 40
_MAX_DETAILS: Final = 1000


def tijdstip(moment: datetime) -> str:
    """Write a moment as 17 digits, EEJJMMDDhhmmssddd (StUF 03.01, 3.4)."""
    lokaal = moment.astimezone(TIJDZONE)
    return lokaal.strftime("%Y%m%d%H%M%S") + f"{lokaal.microsecond // 1000:03d}"


def antwoord_stuurgegevens(
    bericht: Bericht,
    berichtcode: str,
    nu: datetime,
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
    vraag = bericht.stuurgegevens
    element = etree.Element(f"{{{namespace}}}stuurgegevens")
    schrijf_kind(element, "berichtcode", berichtcode)
    schrijf_systeem(element, "zender", _bruikbaar(vraag.ontvanger))
    schrijf_systeem(element, "ontvanger", _bruikbaar(vraag.zender))
    schrijf_kind(element, "referentienummer", str(uuid.uuid4()))
    schrijf_kind(element, "tijdstipBericht", tijdstip(nu))
    if vraag.referentienummer:
        schrijf_kind(element, "crossRefnummer", vraag.referentienummer)
    if entiteittype:
        schrijf_kind(element, "entiteittype", entiteittype)
    if functie:
        schrijf_kind(element, "functie", functie)
    return element


def bv03(vraag: Stuurgegevens, eigen: Systeem, nu: datetime) -> etree._Element:
    """Build the acknowledgement of an asynchronous message (StUF 03.01, 4.4.1); `eigen` as in `foutbericht`."""
    bericht = etree.Element(stuf("Bv03Bericht"), nsmap=NSMAP_STUF)
    _volledige_stuurgegevens(bericht, "Bv03", vraag, eigen, nu)
    return bericht


def bv02(meldingen: Iterable[str] = ()) -> etree._Element:
    """Build the functional acknowledgement of a synchronous message: a berichtcode and meldingen (4.4.1)."""
    bericht = etree.Element(stuf("Bv02Bericht"), nsmap=NSMAP_STUF)
    schrijf_kind(etree.SubElement(bericht, stuf("stuurgegevens")), "berichtcode", "Bv02")
    for melding in meldingen:
        schrijf_kind(bericht, "melding", melding)
    return bericht


def foutbericht(
    fout: StufFout, foutcode: Foutcode, vraag: Stuurgegevens | None, eigen: Systeem, nu: datetime
) -> etree._Element:
    """Build Fo01, Fo02 or Fo03 for a fault (StUF 03.01, 4.4.3), also for a message that could not be read.

    Fo02 has the berichtcode only. The schema makes zender, ontvanger and crossRefnummer mandatory in Fo01 and Fo03:
    where the message has none, we are the zender (`eigen`), the ontvanger is `onbekend` and the crossRefnummer is
    empty.
    """
    bericht = etree.Element(stuf(f"{foutcode}Bericht"), nsmap=NSMAP_STUF)
    if foutcode == "Fo02":
        schrijf_kind(etree.SubElement(bericht, stuf("stuurgegevens")), "berichtcode", foutcode)
    else:
        _volledige_stuurgegevens(bericht, foutcode, vraag or Stuurgegevens(), eigen, nu)
    body = etree.SubElement(bericht, stuf("body"))
    schrijf_kind(body, "code", fout.code)
    schrijf_kind(body, "plek", fout.plek)
    schrijf_kind(body, "omschrijving", fout.soort.omschrijving)
    if fout.details:
        schrijf_kind(body, "details", shorten(_GEEN_XML.sub("\N{REPLACEMENT CHARACTER}", fout.details), _MAX_DETAILS))
    if fout.details_xml is not None:
        etree.SubElement(body, stuf("detailsXML")).append(fout.details_xml)
    return bericht


def _volledige_stuurgegevens(
    bericht: etree._Element, berichtcode: str, vraag: Stuurgegevens, eigen: Systeem, nu: datetime
) -> None:
    """Add the stuurgegevens of Bv01, Bv03, Fo01 and Fo03, in which everything is mandatory."""
    element = etree.SubElement(bericht, stuf("stuurgegevens"))
    schrijf_kind(element, "berichtcode", berichtcode)
    schrijf_systeem(element, "zender", _bruikbaar(vraag.ontvanger) or eigen)
    schrijf_systeem(element, "ontvanger", _bruikbaar(vraag.zender) or _ONBEKEND)
    schrijf_kind(element, "referentienummer", str(uuid.uuid4()))
    schrijf_kind(element, "tijdstipBericht", tijdstip(nu))
    schrijf_kind(element, "crossRefnummer", vraag.referentienummer[:_MAX_REFNUMMER])


def _bruikbaar(systeem: Systeem | None) -> Systeem | None:
    """Give a system as an answer may have it: with an applicatie, its parts within the lengths of the schema."""
    if systeem is None or len(systeem.applicatie) < 3:
        return None
    return Systeem(
        systeem.organisatie[:200], systeem.applicatie[:50], systeem.administratie[:50], systeem.gebruiker[:100]
    )


def schrijf_systeem(ouder: etree._Element, naam: str, systeem: Systeem | None) -> None:
    """Append a zender or ontvanger, with the parts that it has."""
    if systeem is None:
        return
    element = etree.SubElement(ouder, stuf(naam))
    for deel in ("organisatie", "applicatie", "administratie", "gebruiker"):
        if waarde := getattr(systeem, deel):
            schrijf_kind(element, deel, waarde)


def schrijf_kind(ouder: etree._Element, naam: str, waarde: str) -> None:
    """Append an element of StUF with a text."""
    etree.SubElement(ouder, stuf(naam)).text = waarde


# --- Reading the acknowledgements and faults of other systems: Bv01 to Bv04, Fo01 to Fo03 (StUF 03.01, 4.4)

BEVESTIGINGEN: Final = {
    stuf(f"{code}Bericht"): code for code in ("Bv01", "Bv02", "Bv03", "Bv04", "Fo01", "Fo02", "Fo03")
}
"""Element -> berichtcode of the messages that this module reads."""


@dataclass(frozen=True, slots=True)
class Foutmelding:
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
    fout: Foutmelding | None = None
    meldingen: tuple[str, ...] = ()


def is_bevestiging(element: etree._Element) -> bool:
    """Tell whether a message is an acknowledgement or a foutbericht."""
    return element.tag in BEVESTIGINGEN


def lees_bevestiging(element: etree._Element) -> Bevestiging:
    """Read a message for which `is_bevestiging` holds, valid or not. Raises StUF055 for another message."""
    soort = BEVESTIGINGEN.get(str(element.tag))
    if soort is None:
        raise StufFout("StUF055", f"{shorten(etree.QName(element).localname, 60)} is geen bevestiging of foutbericht.")
    body = element.find(stuf("body"))
    return Bevestiging(
        soort=soort,
        cross_refnummer=lees_stuurgegevens(element).cross_refnummer,
        fout=_foutmelding(body) if soort.startswith("Fo") else None,
        meldingen=tuple((melding.text or "").strip() for melding in element.findall(stuf("melding"))),
    )


def _foutmelding(body: etree._Element | None) -> Foutmelding:
    if body is None:
        return Foutmelding()
    delen = ("code", "plek", "omschrijving", "details")
    return Foutmelding(*(body.findtext(f"{{{STUF}}}{deel}", "").strip() for deel in delen))


# --- Writing an object as the <object> of a kennisgeving (StUF 03.01, 5.2); `stuf.read` reads it back

_ALLES: Final = Scope(Modus.ALLES)


def schrijf_voorwerp(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, kern: frozenset[str]) -> None:
    """Fill an <object> with all known data that a kennisgeving can carry, in the order of the schema.

    `kern` lists the entiteittypen that are written with their kerngegevens only when they are gerelateerden. A relation
    that cannot be in a kennisgeving is left out. `zet_verwerkingssoort` adds the verwerkingssoorten.
    """
    knoop.set(ENTITEITTYPE, entiteit.code)
    if beeld.sleutel:
        knoop.set(SLEUTEL_VERZENDEND, beeld.sleutel)
    _schrijf_elementen(knoop, entiteit, beeld, alleen_kern=False)
    for relatie in entiteit.relaties:
        if relatie.kennisgeving:
            _schrijf_relatie(knoop, relatie, beeld, kern)


def schrijf_kerngegevens(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, kern: frozenset[str]) -> None:
    """Fill an <object> with the data that identifies it (StUF 03.01, 3.1.3)."""
    knoop.set(ENTITEITTYPE, entiteit.code)
    _schrijf_elementen(knoop, entiteit, beeld, alleen_kern=True)
    for relatie in entiteit.relaties:
        if relatie.kern:
            _schrijf_relatie(knoop, relatie, beeld, kern, kaal=True)


def zet_verwerkingssoort(voorwerp: etree._Element, eigen: str, relaties: str, bestaand: frozenset[str]) -> None:
    """Set the verwerkingssoort of the object, and of every entity and relation in it (StUF 03.01, 5.2.5).

    `eigen` is that of the object, `relaties` that of its relations. Entities of the types in `bestaand` are only
    referred to (I).
    """
    for knoop in voorwerp.iter(etree.Element):
        soort = knoop.get(ENTITEITTYPE)
        if soort is not None:
            knoop.set(VERWERKINGSSOORT, "I" if soort in bestaand else relaties)
    voorwerp.set(VERWERKINGSSOORT, eigen)


def _schrijf_elementen(knoop: etree._Element, entiteit: Entiteit, beeld: Beeld, *, alleen_kern: bool) -> None:
    gegevens = een_tak(entiteit, beeld.gegevens, _ALLES, obj=False)
    for element in entiteit.elementen:
        if element.eigen or (alleen_kern and not element.kern):
            continue
        waarde = gegevens.get(element.naam)
        if waarde is not None:
            values.schrijf(knoop, element, waarde, entiteit.ns)
        elif entiteit.begeleider(element.naam) in gegevens:
            values.schrijf_leeg(knoop, element.naam, element.ns or entiteit.ns, entiteit.onbekend)


def _schrijf_relatie(
    ouder: etree._Element, relatie: Relatie, van: Beeld | RelatieBeeld, kern: frozenset[str], *, kaal: bool = False
) -> None:
    """Append the occurrences of a relation; with `kaal` without the elements of the relation itself."""
    for beeld in van.relaties.get(relatie.naam, ()):
        knoop = etree.SubElement(ouder, f"{{{relatie.ns}}}{relatie.naam}")
        knoop.set(ENTITEITTYPE, relatie.entiteittype)
        _schrijf_gerelateerde(knoop, relatie, beeld, kern)
        if kaal:
            continue
        for element in relatie.elementen:
            waarde = beeld.gegevens.get(element.naam)
            if waarde is not None and element.kennisgeving and not element.eigen:
                values.schrijf(knoop, element, waarde, relatie.ns)
        for dieper in relatie.relaties:
            _schrijf_relatie(knoop, dieper, beeld, kern)
    if not kaal:
        for soort in van.onbekend.get(relatie.naam, ()):
            values.schrijf_leeg(ouder, relatie.naam, relatie.ns, soort, relatie.entiteittype)


def _schrijf_gerelateerde(knoop: etree._Element, relatie: Relatie, beeld: RelatieBeeld, kern: frozenset[str]) -> None:
    gerelateerde = etree.SubElement(knoop, f"{{{relatie.ns}}}gerelateerde")
    if beeld.keuze is None or beeld.beeld is None:
        schrijf_niemand(gerelateerde, relatie, beeld.gegevens.get("gerelateerde"))
        return
    entiteit = beeld.keuze.entiteit
    doel = etree.SubElement(gerelateerde, f"{{{relatie.ns}}}{beeld.keuze.naam}") if beeld.keuze.naam else gerelateerde
    doel.set(ENTITEITTYPE, entiteit.code)
    if entiteit.letterlijk:
        schrijf_letterlijk(doel, beeld.beeld.gegevens)
        return
    alleen_kern = entiteit.code in kern
    _schrijf_elementen(doel, entiteit, beeld.beeld, alleen_kern=alleen_kern)
    for dieper in entiteit.relaties:
        if dieper.kern and alleen_kern:
            _schrijf_relatie(doel, dieper, beeld.beeld, kern, kaal=True)
