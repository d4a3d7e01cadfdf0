"""Builds what goes back: stuurgegevens of an answer, acknowledgements (Bv) and fault messages (Fo)."""

import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from regiesysteem.stuf.bericht import Bericht, Stuurgegevens, Systeem
from regiesysteem.stuf.fouten import Foutcode, StufFout
from regiesysteem.stuf.namespaces import NSMAP_STUF, ZKN, stuf
from regiesysteem.stuf.shorten import shorten

TIJDZONE: Final = ZoneInfo("Europe/Amsterdam")
"""StUF times carry no zone: they are Dutch clock time."""

_ONBEKEND: Final = Systeem(applicatie="onbekend")
# Details may quote what came outside the XML, such as a header of HTTP.
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
    entiteittype: str = "",
    functie: str = "",
    namespace: str = ZKN,
) -> etree._Element:
    """Build the stuurgegevens of an answer to `bericht`.

    Zender and ontvanger are swapped, the crossRefnummer is that of the message, the referentienummer is new. What the
    message did not have (all but the berichtcode is optional in a synchronous one) the answer leaves out.
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
    """Build Fo01, Fo02 or Fo03 for a fault (StUF 03.01, 4.4.3), valid also when of the message nothing could be read.

    Fo02 has the berichtcode only. The schema makes zender, ontvanger and crossRefnummer mandatory in Fo01 and Fo03:
    where the message has none, we are the zender (`eigen`), the ontvanger is `onbekend` and the crossRefnummer empty.
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
    """Give a system as it may stand in an answer: with an applicatie, its parts within the lengths of the schema."""
    if systeem is None or len(systeem.applicatie) < 3:
        return None
    return Systeem(
        systeem.organisatie[:200], systeem.applicatie[:50], systeem.administratie[:50], systeem.gebruiker[:100]
    )


def schrijf_systeem(ouder: etree._Element, naam: str, systeem: Systeem | None) -> None:
    """Append a zender or ontvanger, with those of its parts that it has."""
    if systeem is None:
        return
    element = etree.SubElement(ouder, stuf(naam))
    for deel in ("organisatie", "applicatie", "administratie", "gebruiker"):
        if waarde := getattr(systeem, deel):
            schrijf_kind(element, deel, waarde)


def schrijf_kind(ouder: etree._Element, naam: str, waarde: str) -> None:
    """Append an element of StUF with a text."""
    etree.SubElement(ouder, stuf(naam)).text = waarde
