"""The zakLk01 that is sent as a notification: the whole deelplan as it is, with the plan that it belongs to.

Interaction 5 of the assignment. What a kennisgeving cannot carry (heeftRelevant, heeftAlsHoofdzaak) is not in it
(docs/afwijkingen.md 49).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.notificaties.berichten import Kop
from regiesysteem.opslag import Opslag
from regiesysteem.stuf.answers import (
    schrijf_kerngegevens,
    schrijf_kind,
    schrijf_systeem,
    schrijf_voorwerp,
    tijdstip,
    zet_verwerkingssoort,
)
from regiesysteem.stuf.namespaces import NSMAP, VERWERKINGSSOORT, zkn
from regiesysteem.stuf.payload import MAX_BYTES, Lading, met_ladingen
from regiesysteem.stuf.write import Beeld
from regiesysteem.zakenmagazijn.domeingegevens import (
    Domeingegevens,
    domeingegevens_per_zaak,
    gevraagd,
    lees_inhoud,
)
from regiesysteem.zakenmagazijn.zaakbeelden import laad_zaakbeelden
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN
from regiesysteem.zkn.zaak import HEEFT, ZAK

ZAK_LK01: Final = "zakLk01"
NIEUW: Final = "Creeer zaak"
CREEER: Final = "creeerZaak_Lk01"
UPDATE: Final = "updateZaak_Lk01"
_EXTRA: Final = EXTRA_ELEMENTEN.naam
_BESTAAND: Final = frozenset({"ZAK", "ZKT", "STT"})
"""What a receiver has already when it is named in a zaak: a kennisgeving has their kerngegevens only."""


def _niets(gegevens: Domeingegevens) -> bytes:
    raise ValueError(f"no storage to read {gegevens.formaat} from")


@dataclass(frozen=True, slots=True)
class Zaakbericht:
    """A zaak as a notification tells it: `beeld` is the whole of it, `domeingegevens` its payloads, as far as asked.

    The bytes of a large payload are read, with `lees`, when a message is made: a batch does not have them all at once.
    """

    beeld: Beeld
    domeingegevens: Sequence[Domeingegevens] = ()
    lees: Callable[[Domeingegevens], bytes] = _niets


def stel_zaakberichten_op(
    verbinding: Connection, inrichting: Inrichting, zaak_ids: Sequence[int], opslag: Opslag | None = None
) -> dict[int, Zaakbericht]:
    """The zaken of notifications, by id; a zaak that is not there is left out.

    Two statements however many there are. With `opslag` their domain data too: one statement more, and for a payload of
    more than 64 kB that goes along what the storage needs, when `zak_lk01` is called; so in the same transaction.
    """
    beelden = laad_zaakbeelden(verbinding, inrichting, zaak_ids)
    if opslag is None or not beelden:
        return {zaak_id: Zaakbericht(beeld) for zaak_id, beeld in beelden.items()}
    lees = partial(lees_inhoud, verbinding, opslag)
    gegevens = domeingegevens_per_zaak(verbinding, list(beelden))
    return {zaak_id: Zaakbericht(beeld, gegevens.get(zaak_id, ()), lees) for zaak_id, beeld in beelden.items()}


def operatie(gebeurtenis: str) -> str:
    """The operation, and so the SOAPAction, that brings the news of a gebeurtenis."""
    return CREEER if gebeurtenis == NIEUW else UPDATE


def zak_lk01(
    zaak: Zaakbericht, gebeurtenis: str, kop: Kop, domeingegevens: bool | Collection[str] = False
) -> etree._Element:
    """Build the zakLk01 that tells of a gebeurtenis.

    Mutatiesoort T for 'Creeer zaak': the receiver takes the zaak over. W for the rest: was has the kerngegevens and
    wordt the whole zaak, for his information (indicatorOvername I), since nobody knows what he had before. Of the
    domain data goes along what an abonnement says in `domeingegevens`, whatever way it came.
    """
    nieuw = operatie(gebeurtenis) == CREEER
    bericht = etree.Element(zkn("zakLk01"), nsmap=NSMAP)
    stuurgegevens = etree.SubElement(bericht, zkn("stuurgegevens"))
    schrijf_kind(stuurgegevens, "berichtcode", "Lk01")
    schrijf_systeem(stuurgegevens, "zender", kop.zender)
    schrijf_systeem(stuurgegevens, "ontvanger", kop.ontvanger)
    schrijf_kind(stuurgegevens, "referentienummer", kop.referentienummer)
    schrijf_kind(stuurgegevens, "tijdstipBericht", tijdstip(kop.moment))
    schrijf_kind(stuurgegevens, "entiteittype", "ZAK")
    parameters = etree.SubElement(bericht, zkn("parameters"))
    schrijf_kind(parameters, "mutatiesoort", "T" if nieuw else "W")
    schrijf_kind(parameters, "indicatorOvername", "V" if nieuw else "I")
    if not nieuw:
        was = etree.SubElement(bericht, zkn("object"))
        schrijf_kerngegevens(was, ZAK, zaak.beeld, _BESTAAND)
        zet_verwerkingssoort(was, "W", "I", _BESTAAND)
    wordt = etree.SubElement(bericht, zkn("object"))
    schrijf_voorwerp(wordt, ZAK, _met_ladingen(zaak, domeingegevens), _BESTAAND)
    zet_verwerkingssoort(wordt, "T" if nieuw else "W", "T" if nieuw else "I", _BESTAAND)
    for status in () if nieuw else wordt.iterfind(zkn(HEEFT.naam)):
        # With W a receiver like us adds a status that it does not have, and leaves one that it has (afwijkingen 30).
        status.set(VERWERKINGSSOORT, "W")
    return bericht


def _met_ladingen(zaak: Zaakbericht, domeingegevens: bool | Collection[str]) -> Beeld:
    """The zaak with, among its extraElementen, the domain data that go along and no other."""
    bekend = zaak.beeld.gegevens.get(_EXTRA)
    oud = bekend.get("#") if isinstance(bekend, dict) else None
    gaat_mee = [
        Lading(een.formaat, een.mediatype, zaak.lees(een))
        for een in zaak.domeingegevens
        if een.grootte <= MAX_BYTES and gevraagd(domeingegevens, een.formaat)
    ]
    gegevens = {naam: waarde for naam, waarde in zaak.beeld.gegevens.items() if naam != _EXTRA}
    if nieuw := met_ladingen(oud, gaat_mee):
        gegevens[_EXTRA] = {"#": nieuw}
    return replace(zaak.beeld, gegevens=gegevens)
