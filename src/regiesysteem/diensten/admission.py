"""Admission of a message: its sender, its receiver, its sort, the rights of its sender, and its validity.

The checks are in the order of table 4.1 of StUF 03.01. The duplicate rule (StUF016) comes later, with the transaction.
The rule that tijdstipBericht must grow (StUF019) is not enforced, see docs/afwijkingen.md 2.
"""

from dataclasses import replace
from typing import Final

from lxml import etree

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.leniency import SCHEMA_RULES, Leniency
from regiesysteem.logging_ import logger
from regiesysteem.stuf import schema, values
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem, controleer_soort, controleer_versies
from regiesysteem.stuf.shorten import shorten
from regiesysteem.zkn.operations import OPERATIONS, SECTORMODEL

_MAX_DETAILS: Final = 1000
_IN_LOGREGEL: Final = 5
_LENGTES: Final = {"organisatie": 200, "applicatie": 50, "administratie": 50, "gebruiker": 100}
_LENGTE_REFERENTIENUMMER: Final = 40


def laat_toe(bericht: Bericht, inrichting: Inrichting) -> Leniency:
    """Admit a message, and give its leniency, with the deviations that were accepted so far.

    Raises the first StufFout of table 4.1 that applies; `bericht.dienst` is "" for an operation that does not exist.
    """
    operation = OPERATIONS.get(bericht.dienst)
    gegevens = bericht.stuurgegevens
    controleer_versies(bericht.element, SECTORMODEL)
    _controleer_ontvanger(gegevens.ontvanger, inrichting)
    zender = gegevens.zender or Systeem()
    applicatie = inrichting.applicatie(zender.organisatie, zender.applicatie, zender.administratie)
    if applicatie is None and not inrichting.regels.onbekende_zenders_mogen:
        raad = "De beheerder kan deze zender toevoegen." if any(zender.sleutel) else "Geef een zender mee."
        raise StufFout("StUF013", f"Gekregen: {_noem(gegevens.zender)}. {gegevens.gemist or raad}")
    leniency = inrichting.leniency_for(applicatie)
    if bericht.afwijkende_actie:
        leniency.report("soapaction", "SOAPAction")
    soort = operation.soort if operation else None
    if soort and not gegevens.berichtcode and leniency.allows("berichtcode", "stuurgegevens/berichtcode"):
        gegevens = replace(gegevens, berichtcode=soort.berichtcode)
    controleer_soort(gegevens, soort, SECTORMODEL)
    if not inrichting.dienst_toegestaan(applicatie, bericht.dienst):
        raise StufFout("StUF052", f"{_noem(zender)} mag {bericht.dienst} niet aanroepen.")
    _controleer_sleutel(gegevens)
    _controleer_schema(bericht, leniency)
    _controleer_tijdstip(gegevens)
    if operation is not None and operation.fault_code == "Fo03":
        _controleer_referentienummer(gegevens, leniency)
    if bericht.inhouden.bezwaren:
        raise StufFout("StUF055", " ".join(bericht.inhouden.bezwaren))
    return leniency


def _controleer_ontvanger(ontvanger: Systeem | None, inrichting: Inrichting) -> None:
    if ontvanger is None or inrichting.regels.onbekende_ontvanger == "accepteren":
        return
    if not inrichting.is_voor_ons(ontvanger.organisatie, ontvanger.applicatie):
        ons = Systeem(inrichting.organisatie, inrichting.systeem.applicatie)
        raise StufFout("StUF010", f"Gekregen: {_noem(ontvanger)}. Dit is: {_noem(ons)}.")


def _controleer_sleutel(gegevens: Stuurgegevens) -> None:
    """Refuse a zender or referentienummer too long for the key of a message, also where the schema is not enforced."""
    zender = gegevens.zender or Systeem()
    te_lang = [deel for deel, lengte in _LENGTES.items() if len(getattr(zender, deel)) > lengte]
    if len(gegevens.referentienummer) > _LENGTE_REFERENTIENUMMER:
        te_lang.append("referentienummer")
    if te_lang:
        raise StufFout("StUF055", f"Langer dan het schema toestaat in de stuurgegevens: {', '.join(te_lang)}.")


def _controleer_tijdstip(gegevens: Stuurgegevens) -> None:
    """Refuse a tijdstipBericht that does not exist; the schema counts its digits only (StUF 03.01, 3.3.1 and 4.3.2).

    A text in another form is a deviation of the schema.
    """
    tijdstip = gegevens.tijdstip_bericht
    fout = values.bezwaar(tijdstip) if values.has_form(tijdstip) else None
    if fout is not None:
        raise StufFout("StUF055", f"stuurgegevens/tijdstipBericht: {fout}")


def _controleer_referentienummer(gegevens: Stuurgegevens, leniency: Leniency) -> None:
    """Refuse an asynchronous message without a number: the schema allows it, but its repetition is not recognised."""
    plek = "stuurgegevens/referentienummer"
    if not gegevens.referentienummer and not leniency.allows("referentienummer", plek):
        raise StufFout("StUF055", f"{plek} is leeg; zonder dat nummer is een herhaald bericht niet te herkennen.")


def _controleer_schema(bericht: Bericht, leniency: Leniency) -> None:
    """Refuse a message that differs from the schema, or report the deviations that are accepted. Raises StUF055."""
    afwijkingen = schema.controleer(bericht.element)
    if not afwijkingen:
        return
    if leniency.schema == "streng":
        raise StufFout("StUF055", _opsomming(afwijkingen), details_xml=_als_xml(afwijkingen))
    _controleer_namen(bericht.element)
    for afwijking in afwijkingen:
        leniency.report(SCHEMA_RULES[afwijking.kind], afwijking.pad)
    logger().info(
        "schema_afwijkingen",
        dienst=bericht.dienst,
        aantal=len(afwijkingen),
        # The log gets the place and kind of each deviation, and not its text, which quotes the message and so names
        # people.
        eerste=[f"{afwijking.pad}: {afwijking.soort}" for afwijking in afwijkingen[:_IN_LOGREGEL]],
    )


def _controleer_namen(element: etree._Element) -> None:
    """Refuse a name with other letters than ASCII: no schema of StUF has one, so it can mean no element."""
    for knoop in element.iter(etree.Element):
        for naam in (str(knoop.tag), *map(str, knoop.attrib)):
            if not naam.isascii():
                raise StufFout(
                    "StUF055", f"{naam.rpartition('}')[2]!r} (regel {knoop.sourceline}) is geen naam van StUF."
                )


def _opsomming(afwijkingen: list[schema.Afwijking]) -> str:
    """Name as many deviations as fit in the details of a fault message; detailsXML has them all."""
    regels = [f"regel {afwijking.regel}, {afwijking.pad}: {afwijking.tekst}." for afwijking in afwijkingen]
    tekst = ""
    for nummer, regel in enumerate(regels):
        slot = f" (en nog {len(regels) - nummer}; zie detailsXML)"
        if tekst and len(tekst) + len(regel) + len(slot) + 1 > _MAX_DETAILS:
            return tekst + slot
        tekst = f"{tekst} {regel}".strip()
    return tekst


def _als_xml(afwijkingen: list[schema.Afwijking]) -> etree._Element:
    lijst = etree.Element("afwijkingen")
    for afwijking in afwijkingen:
        regel = etree.SubElement(lijst, "afwijking", regel=str(afwijking.regel), pad=afwijking.pad)
        regel.text = afwijking.tekst
    return lijst


def _noem(systeem: Systeem | None) -> str:
    if systeem is None or not any(systeem.sleutel):
        return "geen zender"
    return " / ".join(shorten(deel, 60) or "-" for deel in systeem.sleutel)
