"""Makes the message of a notification from a gebeurtenis and who is to be told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.notificaties.berichten import Kop, initieer_notificeer_over_zaak, notificeer_over_zaak
from regiesysteem.notificaties.overdrachtberichten import OVERDRACHTEN, stel_overdracht_op
from regiesysteem.notificaties.routering import INITIEER, Bestemming, Gebeurtenis
from regiesysteem.notificaties.zaakbericht import (
    CREEER,
    NIEUW,
    UPDATE,
    ZAK_LK01,
    Zaakbericht,
    operatie,
    stel_zaakberichten_op,
    zak_lk01,
)
from regiesysteem.opslag import Opslag
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zakenmagazijn.gebeurtenissen import UPDATE_ZAAK
from regiesysteem.zkn.rzs import Notificatie, Statusvermelding, Zaaktypevermelding

NOTIFICEER: Final = "notificeerOverZaak"
_VOORUIT: Final = {CREEER: NIEUW, UPDATE: UPDATE_ZAAK}  # a zaak ahead of a transfer, and as what it is told
_HEEL: Final = (ZAK_LK01, *_VOORUIT)


def kop(inrichting: Inrichting, applicatie: str, referentienummer: str, moment: datetime) -> Kop:
    """The envelope data of a message from us to an applicatie."""
    gevonden = inrichting.ontvanger(applicatie)
    organisatie = (gevonden.organisatie if gevonden else None) or inrichting.gemeente.code
    ontvanger = Systeem(organisatie, applicatie, gevonden.administratie if gevonden else "")
    return Kop(Systeem(inrichting.organisatie, inrichting.systeem.applicatie), ontvanger, referentienummer, moment)


def zaken_voor(
    verbinding: Connection, inrichting: Inrichting, opslag: Opslag, paren: Iterable[tuple[Gebeurtenis, Bestemming]]
) -> Mapping[int, Zaakbericht]:
    """The zaken that go whole to somebody, in a fixed number of statements; their payloads only when asked."""
    heel = [(een, wie) for een, wie in paren if wie.bericht in _HEEL and een.zaak_id is not None]
    ids = [een.zaak_id for een, _ in heel if een.zaak_id is not None]
    met_lading = any(wie.domeingegevens for _, wie in heel)
    return stel_zaakberichten_op(verbinding, inrichting, ids, opslag if met_lading else None) if ids else {}


def stel_op(
    envelop: Kop, gebeurtenis: Gebeurtenis, bestemming: Bestemming, zaken: Mapping[int, Zaakbericht]
) -> tuple[str, bytes]:
    """Make the message, as it is kept and sent, with its operation; `zaken` are those of `zaken_voor`.

    Of a zaak that we do not hold goes a notificeerOverZaak, whatever the abonnement says: more we do not know.
    """
    if bestemming.bericht in OVERDRACHTEN:
        return bestemming.bericht, stel_overdracht_op(envelop, gebeurtenis)
    zaak = zaken.get(gebeurtenis.zaak_id or 0) if bestemming.bericht in _HEEL else None
    if zaak is not None:
        als = _VOORUIT.get(bestemming.bericht, gebeurtenis.gebeurtenis)
        return operatie(als), serialiseer(zak_lk01(zaak, als, envelop, bestemming.domeingegevens))
    soort = INITIEER if bestemming.bericht == INITIEER else NOTIFICEER
    return soort, serialiseer(_bericht(envelop, gebeurtenis, bestemming))


def _bericht(envelop: Kop, gebeurtenis: Gebeurtenis, bestemming: Bestemming) -> etree._Element:
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
