"""Admission of a message: its sender, its receiver, its sort, the rights of its sender, and its validity.

The checks are in the order of table 4.1 of StUF 03.01. The duplicate rule (StUF016) comes later, with the transaction.
The rule that tijdstipBericht must grow (StUF019) is not enforced, see docs/afwijkingen.md 2.
"""

from dataclasses import replace
from typing import Final, NamedTuple

import structlog
from lxml import etree

from regiesysteem.access.bounds import SenderBounds
from regiesysteem.access.caller import NOTHING_SHOWN, Caller, Shown
from regiesysteem.access.credentials import UNAUTHORIZED, ProofFailed, Prover, name_of
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.inrichting.leniency import SCHEMA_RULES, Leniency
from regiesysteem.logging_ import logger
from regiesysteem.stuf import schema, values
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import Bericht, Stuurgegevens, Systeem, check_berichtsoort, check_versions
from regiesysteem.zkn.operations import OPERATIONS, SECTORMODEL

_MAX_DETAILS: Final = 1000
_LENGTHS: Final = {"organisatie": 200, "applicatie": 50, "administratie": 50, "gebruiker": 100}
_LENGTH_REFERENTIENUMMER: Final = 40


class Admission(NamedTuple):
    """An admitted message: its caller, and its leniency with the deviations that were accepted so far."""

    caller: Caller
    leniency: Leniency


def admit(
    bericht: Bericht,
    inrichting: Inrichting,
    shown: Shown = NOTHING_SHOWN,
    prover: Prover | None = None,
    bounds: SenderBounds | None = None,
    *,
    person: Caller | None = None,
) -> Admission:
    """Admit a message; `shown` are the credentials that came with it, and `prover` tells whose they are.

    `person` is the caller of a message that somebody made on a page: he proved who he is when he logged in.

    Raises the first StufFout of table 4.1 that applies, or TooFast by `bounds`; `bericht.dienst` is "" for an operation
    that does not exist.
    """
    operation = OPERATIONS.get(bericht.dienst)
    data = bericht.stuurgegevens
    caller = person or (prover or Prover()).prove(data, shown, inrichting)
    if caller.applicatie is not None and caller.proof != "geen":
        structlog.contextvars.bind_contextvars(bewezen=caller.applicatie.naam, bewijs=caller.proof)
        if bounds is not None:
            bounds.proven(inrichting, caller, bericht.size)
    check_versions(bericht.element, SECTORMODEL)
    _check_ontvanger(data.ontvanger, inrichting)
    if person is None and caller.applicatie is None and not inrichting.regels.unknown_zenders_allowed:
        advice = "De beheerder kan deze zender toevoegen." if any(caller.zender.sleutel) else "Geef een zender mee."
        # Where anybody is let in unless the inrichting says otherwise, a credential would not help.
        status = UNAUTHORIZED if inrichting.regels.autorisatie == "applicaties" else ""
        details = f"Gekregen: {name_of(data.zender)}. {data.missed or advice}"
        raise ProofFailed(details, status, reason="een onbekende zender zonder bewijs")
    leniency = inrichting.leniency_for(caller.applicatie)
    if bericht.different_actie:
        leniency.report("soapaction", "SOAPAction")
    soort = operation.soort if operation else None
    if soort and not data.berichtcode and leniency.allows("berichtcode", "stuurgegevens/berichtcode"):
        data = replace(data, berichtcode=soort.berichtcode)
    check_berichtsoort(data, soort, SECTORMODEL)
    if not caller.grant.allows(bericht.dienst):
        raise StufFout("StUF052", f"{name_of(caller.zender)} mag {bericht.dienst} niet aanroepen.")
    _check_sleutel(data)
    _check_schema(bericht, leniency)
    _check_tijdstip(data)
    if operation is not None and operation.fault_code == "Fo03":
        _check_referentienummer(data, leniency)
    if bericht.inhouden.objections:
        raise StufFout("StUF055", " ".join(bericht.inhouden.objections))
    return Admission(caller, leniency)


def _check_ontvanger(ontvanger: Systeem | None, inrichting: Inrichting) -> None:
    if ontvanger is None or inrichting.regels.onbekende_ontvanger == "accepteren":
        return
    if not inrichting.is_for_us(ontvanger.organisatie, ontvanger.applicatie):
        us = Systeem(inrichting.organisatie, inrichting.systeem.applicatie)
        raise StufFout("StUF010", f"Gekregen: {name_of(ontvanger)}. Dit is: {name_of(us)}.")


def _check_sleutel(data: Stuurgegevens) -> None:
    """Refuse a zender or referentienummer too long for the key of a message, also where the schema is not enforced."""
    zender = data.zender or Systeem()
    too_long = [part for part, length in _LENGTHS.items() if len(getattr(zender, part)) > length]
    if len(data.referentienummer) > _LENGTH_REFERENTIENUMMER:
        too_long.append("referentienummer")
    if too_long:
        raise StufFout("StUF055", f"Langer dan het schema toestaat in de stuurgegevens: {', '.join(too_long)}.")


def _check_tijdstip(data: Stuurgegevens) -> None:
    """Refuse a tijdstipBericht that does not exist; the schema counts its digits only (StUF 03.01, 3.3.1 and 4.3.2).

    A text in another form is a deviation of the schema.
    """
    tijdstip = data.tijdstip_bericht
    error = values.objection(tijdstip) if values.has_form(tijdstip) else None
    if error is not None:
        raise StufFout("StUF055", f"stuurgegevens/tijdstipBericht: {error}")


def _check_referentienummer(data: Stuurgegevens, leniency: Leniency) -> None:
    """Refuse an asynchronous message without a number: the schema allows it, but its repetition is not recognised."""
    path = "stuurgegevens/referentienummer"
    if not data.referentienummer and not leniency.allows("referentienummer", path):
        raise StufFout("StUF055", f"{path} is leeg; zonder dat nummer is een herhaald bericht niet te herkennen.")


def _check_schema(bericht: Bericht, leniency: Leniency) -> None:
    """Refuse a message that differs from the schema, or report the deviations that are accepted. Raises StUF055."""
    afwijkingen = schema.check(bericht.element)
    if not afwijkingen:
        return
    if leniency.schema == "streng":
        kinds = schema.kinds_of(afwijkingen)
        raise StufFout("StUF055", _enumeration(afwijkingen), details_xml=_as_xml(afwijkingen), kinds=kinds)
    _check_names(bericht.element)
    for afwijking in afwijkingen:
        leniency.report(SCHEMA_RULES[afwijking.kind], afwijking.path)
    logger().info(
        "schema_afwijkingen",
        dienst=bericht.dienst,
        aantal=len(afwijkingen),
        eerste=schema.kinds_of(afwijkingen),
    )


def _check_names(element: etree._Element) -> None:
    """Refuse a name with other letters than ASCII: no schema of StUF has one, so it can mean no element."""
    for node in element.iter(etree.Element):
        for naam in (str(node.tag), *map(str, node.attrib)):
            if not naam.isascii():
                raise StufFout(
                    "StUF055", f"{naam.rpartition('}')[2]!r} (regel {node.sourceline}) is geen naam van StUF."
                )


def _enumeration(afwijkingen: list[schema.Afwijking]) -> str:
    """Name as many deviations as fit in the details of a fault message; detailsXML has them all."""
    sentences = [f"regel {afwijking.line}, {afwijking.path}: {afwijking.text}." for afwijking in afwijkingen]
    text = ""
    for number, sentence in enumerate(sentences):
        rest = f" (en nog {len(sentences) - number}; zie detailsXML)"
        if text and len(text) + len(sentence) + len(rest) + 1 > _MAX_DETAILS:
            return text + rest
        text = f"{text} {sentence}".strip()
    return text


def _as_xml(afwijkingen: list[schema.Afwijking]) -> etree._Element:
    listing = etree.Element("afwijkingen")
    for afwijking in afwijkingen:
        node = etree.SubElement(listing, "afwijking", regel=str(afwijking.line), pad=afwijking.path)
        node.text = afwijking.text
    return listing
