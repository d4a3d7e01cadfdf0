"""Makes the message of a notification from a gebeurtenis and who is to be told."""

from datetime import datetime
from typing import Any, Final

from lxml import etree

from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.notificaties.berichten import Kop, initieer_notificeer_over_zaak, notificeer_over_zaak
from regiesysteem.notificaties.routering import INITIEER, Bestemming, Gebeurtenis
from regiesysteem.stuf.bericht import Systeem
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zkn.regie import Notificatie, Statusvermelding, Zaaktypevermelding

NOTIFICEER: Final = "notificeerOverZaak"


def kop(inrichting: Inrichting, applicatie: str, referentienummer: str, moment: datetime) -> Kop:
    """The envelope data of a message from us to an applicatie."""
    gevonden = inrichting.ontvanger(applicatie)
    organisatie = (gevonden.organisatie if gevonden else None) or inrichting.gemeente.code
    ontvanger = Systeem(organisatie, applicatie, gevonden.administratie if gevonden else "")
    return Kop(Systeem(inrichting.organisatie, inrichting.systeem.applicatie), ontvanger, referentienummer, moment)


def stel_op(
    inrichting: Inrichting, gebeurtenis: Gebeurtenis, bestemming: Bestemming, referentienummer: str, moment: datetime
) -> bytes:
    """Make the message, as it is kept and sent."""
    envelop = kop(inrichting, bestemming.applicatie, referentienummer, moment)
    return serialiseer(_bericht(envelop, gebeurtenis, bestemming))


def _bericht(envelop: Kop, gebeurtenis: Gebeurtenis, bestemming: Bestemming) -> etree._Element:
    gegevens = gebeurtenis.gegevens
    notificatie = Notificatie(
        zaakidentificatie=gebeurtenis.zaakidentificatie,
        gebeurtenis=gebeurtenis.gebeurtenis,
        zaaktype=Zaaktypevermelding(gegevens.get("code") or "", gegevens.get("omschrijving") or ""),
        status=_status(gegevens.get("status")),
        zendende_applicatie=gebeurtenis.applicatie,
        meldingen=(bestemming.verwachte_actie,) if bestemming.verwachte_actie else (),
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
