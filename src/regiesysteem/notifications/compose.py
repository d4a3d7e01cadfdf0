"""The messages that are sent: notifications, whole zaken and transfers (RZS 1.0, 6.8 to 6.10)."""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.notifications.routing import INITIEER, Bestemming, Gebeurtenis, routeer
from regiesysteem.notifications.transfers import BEVESTIGEN, OVERDRAGEN
from regiesysteem.storage import Opslag
from regiesysteem.stuf.answers import (
    schrijf_kerngegevens,
    schrijf_kind,
    schrijf_systeem,
    schrijf_voorwerp,
    tijdstip,
    zet_verwerkingssoort,
)
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, NIL, NO_VALUE, VERWERKINGSSOORT, stuf
from regiesysteem.stuf.payload import MAX_BYTES, Lading, met_ladingen
from regiesysteem.stuf.write import Beeld
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zakenmagazijn.domain_data import (
    Domeingegevens,
    domeingegevens_per_zaak,
    gevraagd,
    lees_inhoud,
)
from regiesysteem.zakenmagazijn.events import UPDATE_ZAAK
from regiesysteem.zakenmagazijn.loading import laad_zaakbeelden
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN
from regiesysteem.zkn.names import NSMAP, NSMAP_RZS, rzs, zkn
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
from regiesysteem.zkn.zaak import HEEFT, ZAK

# --- Builds the messages of Regie- en Zaakservices (RZS 1.0, 6.8 - 6.10): the counterpart of the readers in `zkn.regie`

_MELDING: Final = 250
_OMSCHRIJVING: Final = 80
_CODE: Final = 10
_VERPLICHT: Final = frozenset({"code", "omschrijving", "ingangsdatumObject"})
"""Elements of a status that are written without a value, where others are left out."""


@dataclass(frozen=True, slots=True)
class MessageHead:
    """The envelope data of a message of ours; `moment` has a time zone, `referentienummer` at most 40 characters."""

    zender: Systeem
    ontvanger: Systeem
    referentienummer: str
    moment: datetime


def notificeer_over_zaak(kop: MessageHead, notificatie: Notificatie) -> etree._Element:
    """Build a notificeerOverZaak_Di01, which does not name the applicatie that caused it (RZS 6.9.2)."""
    bericht = _bericht("notificeerOverZaak_Di01", kop, "notificeerOverZaak", notificatie.meldingen)
    _notificatie(bericht, notificatie, {EXTRA_GEBEURTENIS: notificatie.gebeurtenis})
    return bericht


def initieer_notificeer_over_zaak(kop: MessageHead, notificatie: Notificatie) -> etree._Element:
    """Build an initieerNotificeerOverZaak_Di01; its functie is notificeerOverZaak (RZS 6.10.2)."""
    bericht = _bericht("initieerNotificeerOverZaak_Di01", kop, "notificeerOverZaak", notificatie.meldingen)
    extra = {EXTRA_GEBEURTENIS: notificatie.gebeurtenis, EXTRA_ZENDER: notificatie.zendende_applicatie}
    _notificatie(bericht, notificatie, extra)
    return bericht


def overdragen_zaak(kop: MessageHead, overdracht: Overdracht) -> etree._Element:
    """Build an overdragenZaak_Di01 (RZS 6.8.2)."""
    bericht = _bericht("overdragenZaak_Di01", kop, "overdragenZaak", overdracht.meldingen)
    zaak = _zaak(bericht, overdracht.zaakidentificatie)
    _is_van(zaak, overdracht.zaaktype)
    return bericht


def bevestig_overdragen_zaak(kop: MessageHead, antwoord: Overdrachtantwoord, cross_refnummer: str) -> etree._Element:
    """Build an overdragenZaak_Du01; `cross_refnummer` is the referentienummer of the offer (RZS 6.8.4)."""
    bericht = _bericht("overdragenZaak_Du01", kop, "overdragenZaak", antwoord.meldingen, cross_refnummer)
    zaak = _zaak(bericht, antwoord.zaakidentificatie)
    etree.SubElement(zaak, zkn("antwoord")).text = GEACCEPTEERD if antwoord.geaccepteerd else GEWEIGERD
    return bericht


def _bericht(
    naam: str, kop: MessageHead, functie: str, meldingen: Sequence[str], cross_refnummer: str | None = None
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
    """A value within its length: an omschrijving is cut; a code that does not fit is left out."""
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


# --- The zakLk01 as a notification: the whole deelplan, with the plan that it belongs to

ZAK_LK01: Final = "zakLk01"
NIEUW: Final = "Creeer zaak"
CREEER: Final = "creeerZaak_Lk01"
UPDATE: Final = "updateZaak_Lk01"
_EXTRA: Final = EXTRA_ELEMENTEN.naam
_BESTAAND: Final = frozenset({"ZAK", "ZKT", "STT"})
"""Entities that a receiver has already when a zaak names them: a kennisgeving has only their kerngegevens."""


def _niets(gegevens: Domeingegevens) -> bytes:
    raise ValueError(f"no storage to read {gegevens.formaat} from")


@dataclass(frozen=True, slots=True)
class Zaakbericht:
    """A zaak in a notification: `beeld` is the whole of it, `domeingegevens` its payloads, as far as asked.

    `lees` reads the bytes of a large payload when a message is made, so that a batch does not have them all at once.
    """

    beeld: Beeld
    domeingegevens: Sequence[Domeingegevens] = ()
    lees: Callable[[Domeingegevens], bytes] = _niets


def stel_zaakberichten_op(
    verbinding: Connection, inrichting: Inrichting, zaak_ids: Sequence[int], opslag: Opslag | None = None
) -> dict[int, Zaakbericht]:
    """The zaken of notifications, by id; a zaak that does not exist is left out.

    Two statements however many there are. With `opslag` their domain data too: one statement more, and those of the
    storage for each payload of more than 64 kB, when `zak_lk01` is called; so in the same transaction.
    """
    beelden = laad_zaakbeelden(verbinding, inrichting, zaak_ids)
    if opslag is None or not beelden:
        return {zaak_id: Zaakbericht(beeld) for zaak_id, beeld in beelden.items()}
    lees = partial(lees_inhoud, verbinding, opslag)
    gegevens = domeingegevens_per_zaak(verbinding, list(beelden))
    return {zaak_id: Zaakbericht(beeld, gegevens.get(zaak_id, ()), lees) for zaak_id, beeld in beelden.items()}


def operatie(gebeurtenis: str) -> str:
    """The operation, and so the SOAPAction, for a gebeurtenis."""
    return CREEER if gebeurtenis == NIEUW else UPDATE


def zak_lk01(
    zaak: Zaakbericht, gebeurtenis: str, kop: MessageHead, domeingegevens: bool | Collection[str] = False
) -> etree._Element:
    """Build the zakLk01 for a gebeurtenis.

    Mutatiesoort T for 'Creeer zaak': the receiver takes the zaak over. W for the others: was has the kerngegevens and
    wordt the whole zaak, for information (indicatorOvername I), because nobody knows what the receiver had before.
    `domeingegevens` of the abonnement decides which domain data go along.
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
    """The zaak with the domain data that go along in its extraElementen, and no others."""
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


# --- The messages of transfers, made from gebeurtenissen in the order of all events of a zaak (RZS 1.0, 6.8)

OVERDRACHTEN: Final = (OVERDRAGEN, BEVESTIGEN)
"""The gebeurtenissen that are transfers, and the messages for their receiver: no rule routes them."""

_REDEN: Final = "overdracht"

_INGETROKKEN: Final = Sql("""
    -- locked, so that an offer is withdrawn before its messages are made or when they are there
    SELECT referentienummer, stand FROM overdracht
    WHERE richting = 'uit' AND referentienummer = ANY(:nummers) ORDER BY id FOR SHARE
""")
_HEEFT: Final = Sql(f"""
    -- receivers that have a zaak as a new one, or will have; one that refused it, or never got it, gets it so again
    SELECT DISTINCT ontvanger, stroom FROM notificatie
    WHERE stroom = ANY(:zaken) AND soort = '{CREEER}' AND stand IN ('wacht', 'bezorgd')
""")  # noqa: S608 - a constant


def bestemmingen_van(
    verbinding: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Iterator[tuple[Gebeurtenis, Sequence[Bestemming]]]:
    """The receivers of each gebeurtenis: by the rules, or for a transfer its receiver alone.

    For transfers two statements, however many there are. An offer that was withdrawn sends nothing. The zaak that goes
    ahead of an offer is new (creeerZaak_Lk01) to a receiver that never got it so, among these or before; to another it
    is an update.
    """
    eigen = [een for een in gebeurtenissen if een.gebeurtenis in OVERDRACHTEN]
    if not eigen:
        yield from routeer(verbinding, inrichting, gebeurtenissen)
        return
    gewoon = [een for een in gebeurtenissen if een.gebeurtenis not in OVERDRACHTEN]
    gerouteerd = {een.id: wie for een, wie in routeer(verbinding, inrichting, gewoon)}
    nummers = {"nummers": [een.gegevens["referentienummer"] for een in eigen]}
    weg = {rij[0] for rij in _INGETROKKEN.voer_uit(verbinding, nummers) if rij.stand == "ingetrokken"}
    zaken = {"zaken": [een.zaakidentificatie for een in eigen]}
    heeft = {(rij.ontvanger, rij.stroom) for rij in _HEEFT.voer_uit(verbinding, zaken)}
    for een in gebeurtenissen:
        bestemmingen = gerouteerd.get(een.id)
        if bestemmingen is None:
            bestemmingen = [] if een.gegevens["referentienummer"] in weg else list(_van(inrichting, een, heeft))
        heeft.update((wie.applicatie, een.zaakidentificatie) for wie in bestemmingen if _is_nieuw(een, wie))
        yield een, bestemmingen


def referentienummer_van(gebeurtenis: Gebeurtenis, bestemming: Bestemming) -> str:
    """The referentienummer of a message: that of a transfer is known from the start."""
    vast = bestemming.bericht in OVERDRACHTEN
    return str(gebeurtenis.gegevens["referentienummer"] if vast else uuid.uuid4())


def stel_overdracht_op(envelop: MessageHead, gebeurtenis: Gebeurtenis) -> bytes:
    """Make the message of a transfer, as it is kept and sent."""
    zegt, zaak = gebeurtenis.gegevens, gebeurtenis.zaakidentificatie
    meldingen = tuple(zegt["meldingen"])
    if gebeurtenis.gebeurtenis == OVERDRAGEN:
        zaaktype = Zaaktypevermelding(zegt["code"] or "", zegt["omschrijving"] or "")
        return serialiseer(overdragen_zaak(envelop, Overdracht(zaak, zaaktype, meldingen)))
    antwoord = Overdrachtantwoord(zaak, zegt["geaccepteerd"], meldingen)
    return serialiseer(bevestig_overdragen_zaak(envelop, antwoord, zegt["crossRefnummer"]))


def _van(inrichting: Inrichting, een: Gebeurtenis, heeft: Collection[tuple[str, str]]) -> Iterator[Bestemming]:
    naam = een.gegevens["ontvanger"]
    abonnementen = (regel.abonnement for regel in inrichting.abonnementen if regel.abonnement.applicatie == naam)
    lading = next((abonnement.domeingegevens for abonnement in abonnementen if abonnement.domeingegevens), False)
    if lading and een.gebeurtenis == OVERDRAGEN:
        soort = UPDATE if (naam, een.zaakidentificatie) in heeft else CREEER
        yield Bestemming(naam, soort, _REDEN, domeingegevens=lading)
    yield Bestemming(naam, een.gebeurtenis, _REDEN)


def _is_nieuw(een: Gebeurtenis, wie: Bestemming) -> bool:
    gerouteerd = wie.bericht == ZAK_LK01 and een.zaak_id is not None
    return wie.bericht == CREEER or (gerouteerd and operatie(een.gebeurtenis) == CREEER)


# --- Makes the message of a notification from a gebeurtenis and its receiver

NOTIFICEER: Final = "notificeerOverZaak"
_VOORUIT: Final = {CREEER: NIEUW, UPDATE: UPDATE_ZAAK}  # a zaak ahead of a transfer, and its event
_HEEL: Final = (ZAK_LK01, *_VOORUIT)


def kop(inrichting: Inrichting, applicatie: str, referentienummer: str, moment: datetime) -> MessageHead:
    """The envelope data of a message from us to an applicatie."""
    gevonden = inrichting.ontvanger(applicatie)
    organisatie = (gevonden.organisatie if gevonden else None) or inrichting.gemeente.code
    ontvanger = Systeem(organisatie, applicatie, gevonden.administratie if gevonden else "")
    return MessageHead(
        Systeem(inrichting.organisatie, inrichting.systeem.applicatie), ontvanger, referentienummer, moment
    )


def zaken_voor(
    verbinding: Connection, inrichting: Inrichting, opslag: Opslag, paren: Iterable[tuple[Gebeurtenis, Bestemming]]
) -> Mapping[int, Zaakbericht]:
    """The zaken that go whole to a receiver, in a fixed number of statements; their payloads only when asked."""
    heel = [(een, wie) for een, wie in paren if wie.bericht in _HEEL and een.zaak_id is not None]
    ids = [een.zaak_id for een, _ in heel if een.zaak_id is not None]
    met_lading = any(wie.domeingegevens for _, wie in heel)
    return stel_zaakberichten_op(verbinding, inrichting, ids, opslag if met_lading else None) if ids else {}


def stel_op(
    envelop: MessageHead, gebeurtenis: Gebeurtenis, bestemming: Bestemming, zaken: Mapping[int, Zaakbericht]
) -> tuple[str, bytes]:
    """Make the message, as it is kept and sent, with its operation; `zaken` are those of `zaken_voor`.

    A zaak that we do not hold goes as a notificeerOverZaak, whatever the abonnement asks, because we know no more of
    it.
    """
    if bestemming.bericht in OVERDRACHTEN:
        return bestemming.bericht, stel_overdracht_op(envelop, gebeurtenis)
    zaak = zaken.get(gebeurtenis.zaak_id or 0) if bestemming.bericht in _HEEL else None
    if zaak is not None:
        als = _VOORUIT.get(bestemming.bericht, gebeurtenis.gebeurtenis)
        return operatie(als), serialiseer(zak_lk01(zaak, als, envelop, bestemming.domeingegevens))
    soort = INITIEER if bestemming.bericht == INITIEER else NOTIFICEER
    return soort, serialiseer(_bericht_opstellen(envelop, gebeurtenis, bestemming))


def _bericht_opstellen(envelop: MessageHead, gebeurtenis: Gebeurtenis, bestemming: Bestemming) -> etree._Element:
    gegevens = gebeurtenis.gegevens
    notificatie = Notificatie(
        zaakidentificatie=gebeurtenis.zaakidentificatie,
        gebeurtenis=gebeurtenis.gebeurtenis,
        zaaktype=Zaaktypevermelding(gegevens.get("code") or "", gegevens.get("omschrijving") or ""),
        status=_status(gegevens.get("status")),
        zendende_applicatie=gebeurtenis.applicatie,
        meldingen=(*filter(None, (bestemming.verwachte_actie,)), *gegevens.get("meldingen", ())),
    )
    if bestemming.bericht == INITIEER:
        return initieer_notificeer_over_zaak(envelop, notificatie)
    return notificeer_over_zaak(envelop, notificatie)


def _status(gegevens: dict[str, Any] | None) -> Statusvermelding | None:
    if not gegevens or not gegevens.get("datumStatusGezet"):
        return None
    return Statusvermelding(
        datum_gezet=gegevens["datumStatusGezet"],
        volgnummer=gegevens.get("volgnummer"),
        code=gegevens.get("code") or "",
        omschrijving=gegevens.get("omschrijving") or "",
    )
