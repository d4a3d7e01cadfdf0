"""The messages that are sent: notifications, whole zaken and transfers (RZS 1.0, 6.8 to 6.10)."""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.access.caller import UNBOUNDED, Grant
from regiesysteem.access.omit import leave_out
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.notifications.entitled import grant_of_receiver, narrowed_receivers, unseen
from regiesysteem.notifications.routing import INITIEER, Destination, Gebeurtenis, route
from regiesysteem.notifications.transfers import BEVESTIGEN, OVERDRAGEN
from regiesysteem.storage import Opslag
from regiesysteem.stuf.answers import (
    set_verwerkingssoort,
    write_child,
    write_instance,
    write_kerngegevens,
    write_stuurgegevens,
)
from regiesysteem.stuf.faults import shorten
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.namespaces import ENTITEITTYPE, FUNCTIE, NIL, NO_VALUE, VERWERKINGSSOORT, stuf
from regiesysteem.stuf.payload import MAX_BYTES, Payload, with_payloads
from regiesysteem.stuf.write import View
from regiesysteem.stuf.xml import serialise
from regiesysteem.zakenmagazijn.domain_data import (
    Domeingegevens,
    asked,
    domeingegevens_per_zaak,
    read_inhoud,
)
from regiesysteem.zakenmagazijn.events import UPDATE_ZAAK
from regiesysteem.zakenmagazijn.loading import load_zaken_to_send
from regiesysteem.zkn.blocks import EXTRA_ELEMENTEN
from regiesysteem.zkn.names import NSMAP, NSMAP_RZS, rzs, zkn
from regiesysteem.zkn.rzs import (
    EXTRA_GEBEURTENIS,
    EXTRA_ZENDER,
    GEACCEPTEERD,
    REFUSED,
    STATUS,
    ZAAKTYPE,
    Notificatie,
    Overdracht,
    OverdrachtAnswer,
    Statusvermelding,
    Zaaktypevermelding,
)
from regiesysteem.zkn.zaak import HEEFT, ZAK

# --- Builds the messages of Regie- en Zaakservices (RZS 1.0, 6.8 - 6.10): the counterpart of the readers in `zkn.rzs`

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


def notificeer_over_zaak(head: MessageHead, notificatie: Notificatie) -> etree._Element:
    """Build a notificeerOverZaak_Di01, which does not name the applicatie that caused it (RZS 6.9.2)."""
    bericht = _bericht("notificeerOverZaak_Di01", head, "notificeerOverZaak", notificatie.meldingen)
    _notificatie(bericht, notificatie, {EXTRA_GEBEURTENIS: notificatie.gebeurtenis})
    return bericht


def initieer_notificeer_over_zaak(head: MessageHead, notificatie: Notificatie) -> etree._Element:
    """Build an initieerNotificeerOverZaak_Di01; its functie is notificeerOverZaak (RZS 6.10.2)."""
    bericht = _bericht("initieerNotificeerOverZaak_Di01", head, "notificeerOverZaak", notificatie.meldingen)
    extra = {EXTRA_GEBEURTENIS: notificatie.gebeurtenis, EXTRA_ZENDER: notificatie.zendende_applicatie}
    _notificatie(bericht, notificatie, extra)
    return bericht


def overdragen_zaak(head: MessageHead, overdracht: Overdracht) -> etree._Element:
    """Build an overdragenZaak_Di01 (RZS 6.8.2)."""
    bericht = _bericht("overdragenZaak_Di01", head, "overdragenZaak", overdracht.meldingen)
    zaak = _zaak(bericht, overdracht.zaakidentificatie)
    _is_van(zaak, overdracht.zaaktype)
    return bericht


def bevestig_overdragen_zaak(head: MessageHead, answer: OverdrachtAnswer, cross_refnummer: str) -> etree._Element:
    """Build an overdragenZaak_Du01; `cross_refnummer` is the referentienummer of the offer (RZS 6.8.4)."""
    bericht = _bericht("overdragenZaak_Du01", head, "overdragenZaak", answer.meldingen, cross_refnummer)
    zaak = _zaak(bericht, answer.zaakidentificatie)
    etree.SubElement(zaak, zkn("antwoord")).text = GEACCEPTEERD if answer.geaccepteerd else REFUSED
    return bericht


def _bericht(
    naam: str, head: MessageHead, functie: str, meldingen: Sequence[str], cross_refnummer: str | None = None
) -> etree._Element:
    """A message with its stuurgegevens and meldingen; a melding longer than the schema allows is cut."""
    bericht = etree.Element(rzs(naam), nsmap=NSMAP_RZS)
    write_stuurgegevens(
        etree.SubElement(bericht, rzs("stuurgegevens")),
        naam.rpartition("_")[2],
        zender=head.zender,
        ontvanger=head.ontvanger,
        referentienummer=head.referentienummer,
        moment=head.moment,
        cross_refnummer=cross_refnummer,
        functie=functie,
    )
    for melding in meldingen:
        etree.SubElement(bericht, rzs("melding")).text = shorten(melding, _MELDING)
    return bericht


def _notificatie(bericht: etree._Element, notificatie: Notificatie, extra: dict[str, str]) -> None:
    zaak = _zaak(bericht, notificatie.zaakidentificatie)
    listing = etree.SubElement(zaak, stuf("extraElementen"))
    for naam, waarde in extra.items():
        etree.SubElement(listing, stuf("extraElement"), naam=naam).text = waarde
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
    for naam, field in ZAAKTYPE:
        _waarde(type_, naam, getattr(zaaktype, field), verplicht=naam == "omschrijving")


def _heeft(zaak: etree._Element, status: Statusvermelding) -> None:
    relatie = etree.SubElement(zaak, zkn("heeft"), {ENTITEITTYPE: "ZAKSTT"})
    type_ = etree.SubElement(relatie, zkn("gerelateerde"), {ENTITEITTYPE: "STT"})
    for naam, field in STATUS:
        waarde = getattr(status, field)
        _waarde(type_, naam, "" if waarde is None else str(waarde), verplicht=naam in _VERPLICHT)
    etree.SubElement(relatie, zkn("datumStatusGezet")).text = status.datum_gezet


def _waarde(parent: etree._Element, naam: str, waarde: str, *, verplicht: bool) -> None:
    """A value within its length: an omschrijving is cut; a code that does not fit is left out."""
    if naam.endswith("code") and len(waarde) > _CODE:
        waarde = ""
    elif naam.endswith("omschrijving"):
        waarde = shorten(waarde, _OMSCHRIJVING)
    if waarde:
        etree.SubElement(parent, zkn(naam)).text = waarde
    elif verplicht:
        etree.SubElement(parent, zkn(naam), {NIL: "true", NO_VALUE: "geenWaarde"})


# --- The zakLk01 as a notification: the whole deelplan, with the plan that it belongs to

ZAK_LK01: Final = "zakLk01"
NEW: Final = "Creeer zaak"
CREEER: Final = "creeerZaak_Lk01"
UPDATE: Final = "updateZaak_Lk01"
_EXTRA: Final = EXTRA_ELEMENTEN.naam
EXISTING: Final = frozenset({"ZAK", "ZKT", "STT"})
"""Entities that a receiver has already when a zaak names them: a kennisgeving has only their kerngegevens."""


def _nothing(data: Domeingegevens) -> bytes:
    raise ValueError(f"no storage to read {data.formaat} from")


@dataclass(frozen=True, slots=True)
class Zaakbericht:
    """A zaak in a notification: `view` is the whole of it, `domeingegevens` its payloads, as far as asked.

    `read` reads the bytes of a large payload when a message is made, so that a batch does not have them all at once.
    """

    view: View
    domeingegevens: Sequence[Domeingegevens] = ()
    read: Callable[[Domeingegevens], bytes] = _nothing


def compose_zaakberichten(
    connection: Connection,
    inrichting: Inrichting,
    zaak_ids: Sequence[int],
    opslag: Opslag | None = None,
    grant: Grant = UNBOUNDED,
) -> dict[int, Zaakbericht]:
    """The zaken of notifications, by id; one that does not exist, or that the receiver may not see, is left out.

    Two statements however many there are. With `opslag` their domain data too: one statement more, and those of the
    storage for each payload of more than 64 kB, when `zak_lk01` is called; so in the same transaction.
    """
    views = load_zaken_to_send(connection, inrichting, zaak_ids, grant)
    if opslag is None or not views:
        return {zaak_id: Zaakbericht(view) for zaak_id, view in views.items()}
    read = partial(read_inhoud, connection, opslag)
    data = domeingegevens_per_zaak(connection, list(views), grant)
    return {zaak_id: Zaakbericht(view, data.get(zaak_id, ()), read) for zaak_id, view in views.items()}


def operation(gebeurtenis: str) -> str:
    """The operation, and so the SOAPAction, for a gebeurtenis."""
    return CREEER if gebeurtenis == NEW else UPDATE


def zak_lk01(
    zaak: Zaakbericht, gebeurtenis: str, head: MessageHead, domeingegevens: bool | Collection[str] = False
) -> etree._Element:
    """Build the zakLk01 for a gebeurtenis.

    Mutatiesoort T for 'Creeer zaak': the receiver takes the zaak over. W for the others: was has the kerngegevens and
    wordt the whole zaak, for information (indicatorOvername I), because nobody knows what the receiver had before.
    `domeingegevens` of the abonnement decides which domain data go along.
    """
    new = operation(gebeurtenis) == CREEER
    bericht = etree.Element(zkn("zakLk01"), nsmap=NSMAP)
    write_stuurgegevens(
        etree.SubElement(bericht, zkn("stuurgegevens")),
        "Lk01",
        zender=head.zender,
        ontvanger=head.ontvanger,
        referentienummer=head.referentienummer,
        moment=head.moment,
        entiteittype="ZAK",
    )
    parameters = etree.SubElement(bericht, zkn("parameters"))
    write_child(parameters, "mutatiesoort", "T" if new else "W")
    write_child(parameters, "indicatorOvername", "V" if new else "I")
    if not new:
        was = etree.SubElement(bericht, zkn("object"))
        write_kerngegevens(was, ZAK, zaak.view, EXISTING)
        set_verwerkingssoort(was, "W", "I", EXISTING)
    wordt = etree.SubElement(bericht, zkn("object"))
    write_instance(wordt, ZAK, _with_payloads(zaak, domeingegevens), EXISTING)
    set_verwerkingssoort(wordt, "T" if new else "W", "T" if new else "I", EXISTING)
    for status in () if new else wordt.iterfind(zkn(HEEFT.naam)):
        # With W a receiver like us adds a status that it does not have, and leaves one that it has (afwijkingen 30).
        status.set(VERWERKINGSSOORT, "W")
    return bericht


def _with_payloads(zaak: Zaakbericht, domeingegevens: bool | Collection[str]) -> View:
    """The zaak with the domain data that go along in its extraElementen, and no others."""
    known = zaak.view.gegevens.get(_EXTRA)
    old = known.get("#") if isinstance(known, dict) else None
    goes_along = [
        Payload(one.formaat, one.mediatype, zaak.read(one))
        for one in zaak.domeingegevens
        if one.grootte <= MAX_BYTES and asked(domeingegevens, one.formaat)
    ]
    data = {naam: waarde for naam, waarde in zaak.view.gegevens.items() if naam != _EXTRA}
    if new := with_payloads(old, goes_along):
        data[_EXTRA] = {"#": new}
    return replace(zaak.view, gegevens=data)


# --- The messages of transfers, made from gebeurtenissen in the order of all events of a zaak (RZS 1.0, 6.8)

OVERDRACHTEN: Final = (OVERDRAGEN, BEVESTIGEN)
"""The gebeurtenissen that are transfers, and the messages for their receiver: no rule routes them."""

_REASON: Final = "overdracht"

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


def destinations_of(
    connection: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Iterator[tuple[Gebeurtenis, Sequence[Destination]]]:
    """The receivers of each gebeurtenis: by the rules, or for a transfer its receiver alone.

    For transfers two statements, however many there are, and one for each receiver that does not see all. An offer that
    was withdrawn sends nothing. The zaak that goes ahead of an offer is new (creeerZaak_Lk01) to a receiver that never
    got it so, among these or before; to another it is an update.
    """
    own = [one for one in gebeurtenissen if one.gebeurtenis in OVERDRACHTEN]
    if not own:
        yield from route(connection, inrichting, gebeurtenissen)
        return
    plain = [one for one in gebeurtenissen if one.gebeurtenis not in OVERDRACHTEN]
    routed = {one.id: who for one, who in route(connection, inrichting, plain)}
    numbers = {"nummers": [one.gegevens["referentienummer"] for one in own]}
    gone = {row[0] for row in _INGETROKKEN.run(connection, numbers) if row.stand == "ingetrokken"}
    hidden = unseen(connection, narrowed_receivers(inrichting), {one.zaak_id for one in own if one.zaak_id is not None})
    zaken = {"zaken": [one.zaakidentificatie for one in own]}
    heeft = {(row.ontvanger, row.stroom) for row in _HEEFT.run(connection, zaken)}
    for one in gebeurtenissen:
        destinations = routed.get(one.id)
        if destinations is None:
            destinations = (
                [] if one.gegevens["referentienummer"] in gone else list(_from(inrichting, one, heeft, hidden))
            )
        heeft.update((who.applicatie, one.zaakidentificatie) for who in destinations if _is_new(one, who))
        yield one, destinations


def referentienummer_of(gebeurtenis: Gebeurtenis, destination: Destination) -> str:
    """The referentienummer of a message: that of a transfer is known from the start."""
    fixed = destination.bericht in OVERDRACHTEN
    return str(gebeurtenis.gegevens["referentienummer"] if fixed else uuid.uuid4())


def compose_overdracht(envelope: MessageHead, gebeurtenis: Gebeurtenis) -> bytes:
    """Make the message of a transfer, as it is kept and sent."""
    says, zaak = gebeurtenis.gegevens, gebeurtenis.zaakidentificatie
    meldingen = tuple(says["meldingen"])
    if gebeurtenis.gebeurtenis == OVERDRAGEN:
        zaaktype = Zaaktypevermelding(says["code"] or "", says["omschrijving"] or "")
        return serialise(overdragen_zaak(envelope, Overdracht(zaak, zaaktype, meldingen)))
    answer = OverdrachtAnswer(zaak, says["geaccepteerd"], meldingen)
    return serialise(bevestig_overdragen_zaak(envelope, answer, says["crossRefnummer"]))


def _from(
    inrichting: Inrichting,
    one: Gebeurtenis,
    heeft: Collection[tuple[str, str]],
    hidden: Mapping[int, frozenset[str]],
) -> Iterator[Destination]:
    """The messages of a transfer; somebody chose its receiver, so it gets the offer whatever its rights.

    The zaak itself goes ahead only to one that may see it.
    """
    naam = one.gegevens["ontvanger"]
    seen = naam not in hidden.get(one.zaak_id or 0, ())
    abonnementen = (rule.abonnement for rule in inrichting.abonnementen if rule.abonnement.applicatie == naam)
    payload = next((abonnement.domeingegevens for abonnement in abonnementen if abonnement.domeingegevens), False)
    if payload and seen and one.gebeurtenis == OVERDRAGEN:
        soort = UPDATE if (naam, one.zaakidentificatie) in heeft else CREEER
        yield Destination(naam, soort, _REASON, domeingegevens=payload)
    yield Destination(naam, one.gebeurtenis, _REASON)


def _is_new(one: Gebeurtenis, who: Destination) -> bool:
    routed = who.bericht == ZAK_LK01 and one.zaak_id is not None
    return who.bericht == CREEER or (routed and operation(one.gebeurtenis) == CREEER)


# --- Makes the message of a notification from a gebeurtenis and its receiver

NOTIFICEER: Final = "notificeerOverZaak"
_AHEAD: Final = {CREEER: NEW, UPDATE: UPDATE_ZAAK}  # a zaak ahead of a transfer, and its event
_WHOLE: Final = (ZAK_LK01, *_AHEAD)


def head(inrichting: Inrichting, applicatie: str, referentienummer: str, moment: datetime) -> MessageHead:
    """The envelope data of a message from us to an applicatie."""
    found = inrichting.ontvanger(applicatie)
    organisatie = (found.organisatie if found else None) or inrichting.gemeente.code
    ontvanger = Systeem(organisatie, applicatie, found.administratie if found else "")
    return MessageHead(
        Systeem(inrichting.organisatie, inrichting.systeem.applicatie), ontvanger, referentienummer, moment
    )


Zaakberichten = Mapping[tuple[int, str], Zaakbericht]
"""The zaken that go whole, by id and receiver."""


def zaken_for(
    connection: Connection, inrichting: Inrichting, opslag: Opslag, pairs: Iterable[tuple[Gebeurtenis, Destination]]
) -> Zaakberichten:
    """The zaken that go whole to a receiver, as it may see them; their payloads only when asked.

    A fixed number of statements for all receivers with the same rights.
    """
    whole: dict[Grant, list[tuple[int, Destination]]] = {}
    for one, who in pairs:
        if who.bericht in _WHOLE and one.zaak_id is not None:
            grant = _sight_of(grant_of_receiver(inrichting, who.applicatie))
            whole.setdefault(grant, []).append((one.zaak_id, who))
    out: dict[tuple[int, str], Zaakbericht] = {}
    for grant, theirs in whole.items():
        with_payload = any(who.domeingegevens for _, who in theirs)
        ids = [zaak_id for zaak_id, _ in theirs]
        zaken = compose_zaakberichten(connection, inrichting, ids, opslag if with_payload else None, grant)
        out |= {(zaak_id, who.applicatie): zaken[zaak_id] for zaak_id, who in theirs if zaak_id in zaken}
    return out


def _sight_of(grant: Grant) -> Grant:
    """The part of the rights that says which zaken are seen, so that receivers who see the same share one reading."""
    return replace(grant, diensten=None, zonder=frozenset(), maximum=None, organisaties=_named(grant))


def _named(grant: Grant) -> tuple[str, ...]:
    return grant.organisaties if grant.eigenaar is not None else ()


def compose(
    envelope: MessageHead,
    gebeurtenis: Gebeurtenis,
    destination: Destination,
    zaken: Zaakberichten,
    zonder: Collection[str] = (),
) -> tuple[str, bytes]:
    """Make the message, as it is kept and sent, with its operation; `zaken` are those of `zaken_for`.

    `zonder` are the names of elements that the receiver never gets.

    A zaak that we do not hold goes as a notificeerOverZaak, whatever the abonnement asks, because we know no more of
    it.
    """
    if destination.bericht in OVERDRACHTEN:
        return destination.bericht, compose_overdracht(envelope, gebeurtenis)
    key = gebeurtenis.zaak_id or 0, destination.applicatie
    zaak = zaken.get(key) if destination.bericht in _WHOLE else None
    if zaak is not None:
        as_ = _AHEAD.get(destination.bericht, gebeurtenis.gebeurtenis)
        bericht, soort = zak_lk01(zaak, as_, envelope, destination.domeingegevens), operation(as_)
    else:
        bericht = _compose_notificatie(envelope, gebeurtenis, destination)
        soort = INITIEER if destination.bericht == INITIEER else NOTIFICEER
    leave_out(bericht, zonder)
    return soort, serialise(bericht)


def _compose_notificatie(envelope: MessageHead, gebeurtenis: Gebeurtenis, destination: Destination) -> etree._Element:
    data = gebeurtenis.gegevens
    notificatie = Notificatie(
        zaakidentificatie=gebeurtenis.zaakidentificatie,
        gebeurtenis=gebeurtenis.gebeurtenis,
        zaaktype=Zaaktypevermelding(data.get("code") or "", data.get("omschrijving") or ""),
        status=_status(data.get("status")),
        zendende_applicatie=gebeurtenis.applicatie,
        meldingen=(*filter(None, (destination.verwachte_actie,)), *data.get("meldingen", ())),
    )
    if destination.bericht == INITIEER:
        return initieer_notificeer_over_zaak(envelope, notificatie)
    return notificeer_over_zaak(envelope, notificatie)


def _status(data: dict[str, Any] | None) -> Statusvermelding | None:
    if not data or not data.get("datumStatusGezet"):
        return None
    return Statusvermelding(
        datum_gezet=data["datumStatusGezet"],
        volgnummer=data.get("volgnummer"),
        code=data.get("code") or "",
        omschrijving=data.get("omschrijving") or "",
    )
