"""Finds out who is told of what happened, and makes the messages; bringing them is another job.

One at a time over all workers, by a lock of the database that a dead worker cannot keep: so the notificaties of a zaak
get their ids in the order of its gebeurtenissen.
"""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from regiesysteem.database import Sql
from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.inrichting.bron import InrichtingBron
from regiesysteem.logboek import logger
from regiesysteem.notificaties.opstellen import kop, stel_op, zaken_voor
from regiesysteem.notificaties.overdrachtberichten import is_overdracht, met_overdrachten, referentienummer_van
from regiesysteem.notificaties.routering import Bestemming, Gebeurtenis, onbezorgbaar, routeer
from regiesysteem.notificaties.wekken import voeg_verdelen_samen, wek
from regiesysteem.notificaties.zaakbericht import Zaakbericht
from regiesysteem.opslag import Opslag
from regiesysteem.zakenmagazijn.berichten import lees_inrichting_versie
from regiesysteem.zakenmagazijn.modellen.notificatie import NotificatieRij

_AANTAL: Final = 200
_SAMEN: Final = 10  # whole zaken in one statement: each may have payloads of megabytes
_PAUZE_S: Final = 0.05
_BLIJF_S: Final = 2.0  # after so long other jobs have their turn

_EEN_TEGELIJK: Final = Sql("SELECT pg_advisory_xact_lock(hashtextextended('verdeel_gebeurtenissen', 0))")
_NEEM: Final = Sql("""
    SELECT id, zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, gegevens
    FROM gebeurtenis WHERE NOT verdeeld ORDER BY id LIMIT :aantal
""")
_VERDEELD: Final = Sql("UPDATE gebeurtenis SET verdeeld = true WHERE id = ANY(:ids)")
_WACHTEND: Final = Sql("SELECT EXISTS (SELECT FROM gebeurtenis WHERE NOT verdeeld)")


def verdeel(motor: Engine, bron: InrichtingBron, opslag: Opslag) -> int:
    """Make the notificaties of all that happened and was not distributed yet; gives how many gebeurtenissen."""
    totaal, uiterlijk = 0, time.monotonic() + _BLIJF_S
    while True:
        with motor.begin() as verbinding:
            _EEN_TEGELIJK.voer_uit(verbinding)
            voeg_verdelen_samen(verbinding)
            aantal = _verdeel(verbinding, bron, opslag)
        totaal += aantal
        if aantal == _AANTAL:
            continue
        if not aantal or time.monotonic() > uiterlijk:
            return totaal
        # What happens meanwhile is for this look, and not for a job of its own: that costs more than a message.
        time.sleep(_PAUZE_S)


def is_er_te_verdelen(verbinding: Connection) -> bool:
    """Whether something happened that nobody was told of yet."""
    return bool(_WACHTEND.voer_uit(verbinding).scalar_one())


def _verdeel(verbinding: Connection, bron: InrichtingBron, opslag: Opslag) -> int:
    gebeurtenissen = [Gebeurtenis(**rij) for rij in _NEEM.voer_uit(verbinding, {"aantal": _AANTAL}).mappings()]
    if not gebeurtenissen:
        return 0
    inrichting = bron.actueel(lees_inrichting_versie(verbinding), verbinding)
    te_routeren = [een for een in gebeurtenissen if not is_overdracht(een)]
    gerouteerd = [
        (gebeurtenis, bestemming)
        for gebeurtenis, bestemmingen in routeer(verbinding, inrichting, te_routeren)
        for bestemming in bestemmingen
    ]
    paren = met_overdrachten(verbinding, inrichting, gebeurtenissen, gerouteerd)
    zaken = zaken_voor(verbinding, inrichting, opslag, paren)
    nu = datetime.now(UTC)
    wachtend = Counter[str]()
    samen = _SAMEN if zaken else max(len(paren), 1)
    for begin in range(0, len(paren), samen):
        rijen = [_rij(inrichting, een, wie, zaken, nu) for een, wie in paren[begin : begin + samen]]
        verbinding.execute(sa.insert(NotificatieRij), rijen)
        wachtend.update(rij["ontvanger"] for rij in rijen if rij["stand"] == "wacht")
    wek(verbinding, wachtend.items())
    _VERDEELD.voer_uit(verbinding, {"ids": [een.id for een in gebeurtenissen]})
    logger().info("gebeurtenissen_verdeeld", gebeurtenissen=len(gebeurtenissen), notificaties=len(paren))
    return len(gebeurtenissen)


def _rij(
    inrichting: Inrichting,
    gebeurtenis: Gebeurtenis,
    bestemming: Bestemming,
    zaken: Mapping[int, Zaakbericht],
    nu: datetime,
) -> dict[str, Any]:
    referentienummer = referentienummer_van(gebeurtenis)
    bezwaar = onbezorgbaar(inrichting, bestemming)
    envelop = kop(inrichting, bestemming.applicatie, referentienummer, nu)
    soort, inhoud = stel_op(envelop, gebeurtenis, bestemming, zaken)
    return {
        "gebeurtenis_id": gebeurtenis.id,
        "ontvanger": bestemming.applicatie,
        "stroom": gebeurtenis.zaakidentificatie,
        "soort": soort,
        "reden": bestemming.reden,
        "referentienummer": referentienummer,
        "inhoud": inhoud,
        "stand": "gestrand" if bezwaar else "wacht",
        "melding": bezwaar,
    }
