"""The zakLk01 that is sent as a notification: the whole deelplan as it is, with the plan that it belongs to.

Interaction 5 of the assignment. What a kennisgeving cannot carry (heeftRelevant, heeftAlsHoofdzaak) is not in it
(docs/afwijkingen.md 42).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.stuf.antwoord import schrijf_kind, schrijf_systeem, tijdstip
from regiesysteem.stuf.bericht import Systeem
from regiesysteem.stuf.kennisgeven import schrijf_kerngegevens, schrijf_voorwerp, zet_verwerkingssoort
from regiesysteem.stuf.namespaces import NSMAP, stuf, zkn
from regiesysteem.stuf.schrijven import Beeld
from regiesysteem.zakenmagazijn.gebeurtenissen import CREEER_ZAAK
from regiesysteem.zakenmagazijn.zaakbeelden import laad_zaakbeelden
from regiesysteem.zkn.zaak import ZAK

CREEER: Final = "creeerZaak_Lk01"
UPDATE: Final = "updateZaak_Lk01"
_BESTAAND: Final = frozenset({"ZAK", "ZKT", "STT"})
"""What a receiver has already when it is named in a zaak: a kennisgeving has their kerngegevens only."""


@dataclass(frozen=True, slots=True)
class Zaakbericht:
    """A zaak as a notification tells it: `beeld` is the whole of it."""

    beeld: Beeld


def stel_zaakberichten_op(
    verbinding: Connection, inrichting: Inrichting, zaak_ids: Sequence[int]
) -> dict[int, Zaakbericht]:
    """The zaken of notifications, by id; two statements however many there are. A zaak that is not there is left out."""
    beelden = laad_zaakbeelden(verbinding, inrichting, zaak_ids)
    return {zaak_id: Zaakbericht(beeld) for zaak_id, beeld in beelden.items()}


def operatie(gebeurtenis: str) -> str:
    """The operation, and so the SOAPAction, that brings the news of a gebeurtenis."""
    return CREEER if gebeurtenis == CREEER_ZAAK else UPDATE


def zak_lk01(  # noqa: PLR0917 - a zaak, and the envelope data of a message
    zaak: Zaakbericht, gebeurtenis: str, zender: Systeem, ontvanger: Systeem, referentienummer: str, moment: datetime
) -> etree._Element:
    """Build the zakLk01 that tells of a gebeurtenis.

    Mutatiesoort T for 'Creeer zaak': the receiver takes the zaak over. W for the rest: was has the kerngegevens and
    wordt the whole zaak, for his information (indicatorOvername I), since nobody knows what he had before.
    """
    nieuw = operatie(gebeurtenis) == CREEER
    bericht = etree.Element(zkn("zakLk01"), nsmap=NSMAP)
    stuurgegevens = etree.SubElement(bericht, zkn("stuurgegevens"))
    schrijf_kind(stuurgegevens, "berichtcode", "Lk01")
    schrijf_systeem(stuurgegevens, "zender", zender)
    schrijf_systeem(stuurgegevens, "ontvanger", ontvanger)
    schrijf_kind(stuurgegevens, "referentienummer", referentienummer)
    schrijf_kind(stuurgegevens, "tijdstipBericht", tijdstip(moment))
    schrijf_kind(stuurgegevens, "entiteittype", "ZAK")
    parameters = etree.SubElement(bericht, zkn("parameters"))
    schrijf_kind(parameters, "mutatiesoort", "T" if nieuw else "W")
    schrijf_kind(parameters, "indicatorOvername", "V" if nieuw else "I")
    if not nieuw:
        was = etree.SubElement(bericht, zkn("object"))
        schrijf_kerngegevens(was, ZAK, zaak.beeld, _BESTAAND)
        zet_verwerkingssoort(was, "W", "I", _BESTAAND)
    wordt = etree.SubElement(bericht, zkn("object"))
    schrijf_voorwerp(wordt, ZAK, zaak.beeld, _BESTAAND)
    zet_verwerkingssoort(wordt, "T" if nieuw else "W", "T" if nieuw else "I", _BESTAAND)
    return bericht
