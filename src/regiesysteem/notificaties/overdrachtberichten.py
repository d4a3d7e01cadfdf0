"""The messages of transfers, made from gebeurtenissen in the order of all that happened to a zaak (RZS 1.0, 6.8).

Where an abonnement of the receiver asks domain data the zaak itself goes ahead of an offer, as a zakLk01: the offer has
no place for them (RZS 6.8.2).
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.notificaties.berichten import Kop, bevestig_overdragen_zaak, overdragen_zaak
from regiesysteem.notificaties.overdrachten import BEVESTIGEN, OVERDRAGEN
from regiesysteem.notificaties.routering import Bestemming, Gebeurtenis
from regiesysteem.notificaties.zaakbericht import CREEER, NIEUW, ZAK_LK01, operatie
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zakenmagazijn.gebeurtenissen import UPDATE_ZAAK
from regiesysteem.zkn.regie import Overdracht, Overdrachtantwoord, Zaaktypevermelding

_REDEN: Final = "overdracht"

_INGETROKKEN: Final = Sql("""
    -- locked, so that an offer is withdrawn before its messages are made or when they are there
    SELECT referentienummer, stand FROM overdracht
    WHERE richting = 'uit' AND referentienummer = ANY(:nummers) ORDER BY id FOR SHARE
""")
_HEEFT: Final = Sql(f"""
    -- who was sent a zaak as a new one; what was never tried and will not be does not count
    SELECT DISTINCT ontvanger, stroom FROM notificatie
    WHERE stroom = ANY(:zaken) AND soort = '{CREEER}' AND NOT (stand = 'vervallen' AND pogingen = 0)
""")  # noqa: S608 - a constant


def is_overdracht(gebeurtenis: Gebeurtenis) -> bool:
    """Whether it is an offer or answer of ours, which goes to its receiver alone, whatever the rules say."""
    return gebeurtenis.gebeurtenis in (OVERDRAGEN, BEVESTIGEN)


def met_overdrachten(
    verbinding: Connection,
    inrichting: Inrichting,
    gebeurtenissen: Sequence[Gebeurtenis],
    gerouteerd: Sequence[tuple[Gebeurtenis, Bestemming]],
) -> Sequence[tuple[Gebeurtenis, Bestemming]]:
    """What was routed, and in its place among that what transfers send; two statements, and none without transfers.

    An offer that was withdrawn sends nothing. The zaak that goes ahead of one is new to who was never sent it as such.
    """
    eigen = [een for een in gebeurtenissen if is_overdracht(een)]
    if not eigen:
        return gerouteerd
    nummers = [een.gegevens["referentienummer"] for een in eigen]
    weg = {
        rij.referentienummer
        for rij in _INGETROKKEN.voer_uit(verbinding, {"nummers": nummers})
        if rij.stand == "ingetrokken"
    }
    paren = [
        (een, wie)
        for een in eigen
        if een.gegevens["referentienummer"] not in weg
        for wie in _bestemmingen(inrichting, een)
    ]
    samen = sorted([*gerouteerd, *paren], key=lambda paar: paar[0].id)
    heeft = _HEEFT.voer_uit(verbinding, {"zaken": [een.zaakidentificatie for een in eigen]})
    return list(_nieuw_of_bekend(samen, {(rij.ontvanger, rij.stroom) for rij in heeft}))


def referentienummer_van(gebeurtenis: Gebeurtenis) -> str:
    """The referentienummer of its message: that of a transfer is known from the start."""
    return str(gebeurtenis.gegevens["referentienummer"] if is_overdracht(gebeurtenis) else uuid.uuid4())


def stel_overdracht_op(envelop: Kop, gebeurtenis: Gebeurtenis) -> tuple[str, bytes]:
    """Make the message of a transfer, as it is kept and sent, with its operation."""
    zegt, zaak = gebeurtenis.gegevens, gebeurtenis.zaakidentificatie
    meldingen = tuple(zegt["meldingen"])
    if gebeurtenis.gebeurtenis == OVERDRAGEN:
        zaaktype = Zaaktypevermelding(zegt["code"] or "", zegt["omschrijving"] or "")
        bericht = overdragen_zaak(envelop, Overdracht(zaak, zaaktype, meldingen))
    else:
        antwoord = Overdrachtantwoord(zaak, zegt["geaccepteerd"], meldingen)
        bericht = bevestig_overdragen_zaak(envelop, antwoord, zegt["crossRefnummer"])
    return gebeurtenis.gebeurtenis, serialiseer(bericht)


def _bestemmingen(inrichting: Inrichting, gebeurtenis: Gebeurtenis) -> Iterator[Bestemming]:
    wie = gebeurtenis.gegevens["ontvanger"]
    ladingen = (
        regel.abonnement.domeingegevens for regel in inrichting.abonnementen if regel.abonnement.applicatie == wie
    )
    lading = next((een for een in ladingen if een), False)
    if lading and gebeurtenis.gebeurtenis == OVERDRAGEN:
        yield Bestemming(wie, ZAK_LK01, _REDEN, domeingegevens=lading)
    yield Bestemming(wie, gebeurtenis.gebeurtenis, _REDEN)


def _nieuw_of_bekend(
    paren: Iterable[tuple[Gebeurtenis, Bestemming]], heeft: set[tuple[str, str]]
) -> Iterator[tuple[Gebeurtenis, Bestemming]]:
    """Say of each zaak that goes ahead whether its receiver gets it as a new one, or as one that he has."""
    for een, wie in paren:
        wat, sleutel = een, (wie.applicatie, een.zaakidentificatie)
        if wie.bericht == ZAK_LK01:
            if is_overdracht(een):
                wat = replace(een, gebeurtenis=UPDATE_ZAAK if sleutel in heeft else NIEUW)
            if operatie(wat.gebeurtenis) == CREEER:
                heeft.add(sleutel)
        yield wat, wie
