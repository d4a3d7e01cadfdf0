"""The messages of transfers, made from gebeurtenissen in the order of all that happened to a zaak (RZS 1.0, 6.8).

Where an abonnement of the receiver asks domain data the zaak itself goes ahead of an offer: the offer has no place for
them (RZS 6.8.2).
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.notificaties.berichten import Kop, bevestig_overdragen_zaak, overdragen_zaak
from regiesysteem.notificaties.overdrachten import BEVESTIGEN, OVERDRAGEN
from regiesysteem.notificaties.routering import Bestemming, Gebeurtenis, routeer
from regiesysteem.notificaties.zaakbericht import CREEER, UPDATE, ZAK_LK01, operatie
from regiesysteem.stuf.xml import serialiseer
from regiesysteem.zkn.rzs import Overdracht, Overdrachtantwoord, Zaaktypevermelding

OVERDRACHTEN: Final = (OVERDRAGEN, BEVESTIGEN)
"""The gebeurtenissen that are transfers, and what goes to their receiver: no rule has a say in it."""

_REDEN: Final = "overdracht"

_INGETROKKEN: Final = Sql("""
    -- locked, so that an offer is withdrawn before its messages are made or when they are there
    SELECT referentienummer, stand FROM overdracht
    WHERE richting = 'uit' AND referentienummer = ANY(:nummers) ORDER BY id FOR SHARE
""")
_HEEFT: Final = Sql(f"""
    -- who has a zaak as a new one, or will have; who refused it, or never heard of it, gets it so again
    SELECT DISTINCT ontvanger, stroom FROM notificatie
    WHERE stroom = ANY(:zaken) AND soort = '{CREEER}' AND stand IN ('wacht', 'bezorgd')
""")  # noqa: S608 - a constant


def bestemmingen_van(
    verbinding: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Iterator[tuple[Gebeurtenis, Sequence[Bestemming]]]:
    """Who gets something of each gebeurtenis, and what: by the rules, or of a transfer its receiver alone.

    For transfers two statements, however many there are. An offer that was withdrawn sends nothing. The zaak that goes
    ahead of one is new (creeerZaak_Lk01) to who was never sent it so, among these or before; to another an update.
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


def stel_overdracht_op(envelop: Kop, gebeurtenis: Gebeurtenis) -> bytes:
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
