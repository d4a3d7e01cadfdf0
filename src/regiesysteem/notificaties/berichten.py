"""Builds the messages of Regie- en Zaakservices (RZS 1.0, 6.8 - 6.10): the counterpart of the readers in `zkn.regie`.

The same arguments give the same bytes, so a message can be built again for a second attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from regiesysteem.stuf.answers import schrijf_kind, schrijf_systeem, tijdstip
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, NIL, NO_VALUE, NSMAP_RZS, rzs, stuf, zkn
from regiesysteem.zkn.rzs import (
    EXTRA_GEBEURTENIS,
    EXTRA_ZENDER,
    GEACCEPTEERD,
    GEWEIGERD,
    STATUS,
    ZAAKTYPE,
    Notificatie,
    Overdracht,
    Overdrachtantwoord,
    Statusvermelding,
    Zaaktypevermelding,
)

_MELDING: Final = 250
_OMSCHRIJVING: Final = 80
_CODE: Final = 10
_VERPLICHT: Final = frozenset({"code", "omschrijving", "ingangsdatumObject"})
"""Of a status: an element that says that there is no value, where others are left out."""


@dataclass(frozen=True, slots=True)
class Kop:
    """The envelope data of a message of ours; `moment` has a time zone, `referentienummer` at most 40 characters."""

    zender: Systeem
    ontvanger: Systeem
    referentienummer: str
    moment: datetime


def notificeer_over_zaak(kop: Kop, notificatie: Notificatie) -> etree._Element:
    """Build a notificeerOverZaak_Di01, which does not say who caused it (RZS 6.9.2)."""
    bericht = _bericht("notificeerOverZaak_Di01", kop, "notificeerOverZaak", notificatie.meldingen)
    _notificatie(bericht, notificatie, {EXTRA_GEBEURTENIS: notificatie.gebeurtenis})
    return bericht


def initieer_notificeer_over_zaak(kop: Kop, notificatie: Notificatie) -> etree._Element:
    """Build an initieerNotificeerOverZaak_Di01; its functie is notificeerOverZaak (RZS 6.10.2)."""
    bericht = _bericht("initieerNotificeerOverZaak_Di01", kop, "notificeerOverZaak", notificatie.meldingen)
    extra = {EXTRA_GEBEURTENIS: notificatie.gebeurtenis, EXTRA_ZENDER: notificatie.zendende_applicatie}
    _notificatie(bericht, notificatie, extra)
    return bericht


def overdragen_zaak(kop: Kop, overdracht: Overdracht) -> etree._Element:
    """Build an overdragenZaak_Di01 (RZS 6.8.2)."""
    bericht = _bericht("overdragenZaak_Di01", kop, "overdragenZaak", overdracht.meldingen)
    zaak = _zaak(bericht, overdracht.zaakidentificatie)
    _is_van(zaak, overdracht.zaaktype)
    return bericht


def bevestig_overdragen_zaak(kop: Kop, antwoord: Overdrachtantwoord, cross_refnummer: str) -> etree._Element:
    """Build an overdragenZaak_Du01; `cross_refnummer` is the referentienummer of the offer (RZS 6.8.4)."""
    bericht = _bericht("overdragenZaak_Du01", kop, "overdragenZaak", antwoord.meldingen, cross_refnummer)
    zaak = _zaak(bericht, antwoord.zaakidentificatie)
    etree.SubElement(zaak, zkn("antwoord")).text = GEACCEPTEERD if antwoord.geaccepteerd else GEWEIGERD
    return bericht


def _bericht(
    naam: str, kop: Kop, functie: str, meldingen: Sequence[str], cross_refnummer: str | None = None
) -> etree._Element:
    """A message with its stuurgegevens and meldingen; a melding longer than the schema allows is cut."""
    bericht = etree.Element(rzs(naam), nsmap=NSMAP_RZS)
    element = etree.SubElement(bericht, rzs("stuurgegevens"))
    schrijf_kind(element, "berichtcode", naam.rpartition("_")[2])
    schrijf_systeem(element, "zender", kop.zender)
    schrijf_systeem(element, "ontvanger", kop.ontvanger)
    schrijf_kind(element, "referentienummer", kop.referentienummer)
    schrijf_kind(element, "tijdstipBericht", tijdstip(kop.moment))
    if cross_refnummer is not None:
        schrijf_kind(element, "crossRefnummer", cross_refnummer)
    schrijf_kind(element, "functie", functie)
    for melding in meldingen:
        etree.SubElement(bericht, rzs("melding")).text = _ingekort(melding, _MELDING)
    return bericht


def _notificatie(bericht: etree._Element, notificatie: Notificatie, extra: dict[str, str]) -> None:
    zaak = _zaak(bericht, notificatie.zaakidentificatie)
    lijst = etree.SubElement(zaak, stuf("extraElementen"))
    for naam, waarde in extra.items():
        etree.SubElement(lijst, stuf("extraElement"), naam=naam).text = waarde
    _is_van(zaak, notificatie.zaaktype)
    if notificatie.status is not None:
        _heeft(zaak, notificatie.status)


def _zaak(bericht: etree._Element, identificatie: str) -> etree._Element:
    zaak = etree.SubElement(bericht, rzs("object"), {ENTITEITTYPE: "ZAK", FUNCTIE: "entiteit"})
    etree.SubElement(zaak, zkn("identificatie")).text = identificatie
    return zaak


def _is_van(zaak: etree._Element, zaaktype: Zaaktypevermelding) -> None:
    relatie = etree.SubElement(zaak, zkn("isVan"), {ENTITEITTYPE: "ZAKZKT"})
    type_ = etree.SubElement(relatie, zkn("gerelateerde"), {ENTITEITTYPE: "ZKT"})
    for naam, veld in ZAAKTYPE:
        _waarde(type_, naam, getattr(zaaktype, veld), verplicht=naam == "omschrijving")


def _heeft(zaak: etree._Element, status: Statusvermelding) -> None:
    relatie = etree.SubElement(zaak, zkn("heeft"), {ENTITEITTYPE: "ZAKSTT"})
    type_ = etree.SubElement(relatie, zkn("gerelateerde"), {ENTITEITTYPE: "STT"})
    for naam, veld in STATUS:
        waarde = getattr(status, veld)
        _waarde(type_, naam, "" if waarde is None else str(waarde), verplicht=naam in _VERPLICHT)
    etree.SubElement(relatie, zkn("datumStatusGezet")).text = status.datum_gezet


def _waarde(ouder: etree._Element, naam: str, waarde: str, *, verplicht: bool) -> None:
    """A value within its length: an omschrijving is cut; a code that does not fit would be another, and is left out."""
    if naam.endswith("code") and len(waarde) > _CODE:
        waarde = ""
    elif naam.endswith("omschrijving"):
        waarde = _ingekort(waarde, _OMSCHRIJVING)
    if waarde:
        etree.SubElement(ouder, zkn(naam)).text = waarde
    elif verplicht:
        etree.SubElement(ouder, zkn(naam), {NIL: "true", NO_VALUE: "geenWaarde"})


def _ingekort(tekst: str, lengte: int) -> str:
    return tekst if len(tekst) <= lengte else f"{tekst[: lengte - 1]}…"
