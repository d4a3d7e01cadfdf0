"""Finds the receivers of events, and makes the messages; delivering them is another job.

One job at a time over all workers, by a lock of the database that a dead worker cannot keep: so the notificaties of a
zaak get their ids in the order of its gebeurtenissen. An error with one gebeurtenis holds up no other zaak.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, InrichtingBron
from regiesysteem.logging_ import logger
from regiesysteem.notifications.compose import (
    NOTIFICEER,
    Zaakbericht,
    bestemmingen_van,
    kop,
    referentienummer_van,
    stel_op,
    zaken_voor,
)
from regiesysteem.notifications.queue import wek
from regiesysteem.notifications.routing import Bestemming, Gebeurtenis, onbezorgbaar
from regiesysteem.storage import Opslag, OpslagOnbereikbaar
from regiesysteem.zakenmagazijn.messages import lees_inrichting_versie

_AANTAL: Final = 200
_SAMEN: Final = 10  # whole zaken in one statement: each may have payloads of megabytes
_PAUZE_S: Final = 0.05
_ZEKER_S: Final = 0.5  # it looks at least so long: a message that saw this job wait may still have to commit
_BLIJF_S: Final = 2.0  # after so long other jobs have their turn
_ONBEKEND: Final = "onbekend"
_MISLUKT: Final = "het bericht kon niet worden gemaakt; het log van de worker zegt waarom"

_EEN_TEGELIJK: Final = Sql("SELECT pg_advisory_xact_lock(hashtextextended('verdeel_gebeurtenissen', 0))")
_NEEM: Final = Sql("""
    SELECT id, zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, gegevens
    FROM gebeurtenis WHERE NOT verdeeld AND id > :na ORDER BY id LIMIT :aantal
""")
_KOLOMMEN: Final = {
    "gebeurtenis_id": "bigint",
    "ontvanger": "text",
    "stroom": "text",
    "soort": "text",
    "reden": "text",
    "referentienummer": "text",
    "inhoud": "bytea",
    "stand": "text",
    "melding": "text",
}
_MAAK: Final = Sql(f"""
    INSERT INTO notificatie ({", ".join(_KOLOMMEN)})
    SELECT {", ".join(_KOLOMMEN)}
    FROM unnest({", ".join(f"CAST(:{naam} AS {soort}[])" for naam, soort in _KOLOMMEN.items())})
         WITH ORDINALITY AS n ({", ".join(_KOLOMMEN)}, plaats)
    ORDER BY plaats
""")  # noqa: S608 - constants
_VERDEELD: Final = Sql("UPDATE gebeurtenis SET verdeeld = true WHERE id = ANY(:ids)")
_WACHTEND: Final = Sql("SELECT EXISTS (SELECT FROM gebeurtenis WHERE NOT verdeeld)")


def is_er_te_verdelen(verbinding: Connection) -> bool:
    """Tell whether there is an event that is not distributed yet."""
    return bool(_WACHTEND.voer_uit(verbinding).scalar_one())


class Verdeler:
    """Distributes events; `stoppen` says that the process ends: the rest is for others then."""

    def __init__(
        self,
        motor: Engine,
        bron: InrichtingBron,
        opslag: Opslag,
        *,
        stoppen: Callable[[], bool] = lambda: False,
    ) -> None:
        self._motor = motor
        self._bron = bron
        self._opslag = opslag
        self._stoppen = stoppen

    def verdeel(self) -> int:
        """Make the notificaties of all events that are not distributed yet; gives how many gebeurtenissen."""
        totaal, begin = 0, time.monotonic()
        while True:
            gedaan = self.loop_door()
            totaal += gedaan
            lang = time.monotonic() - begin
            if self._stoppen() or lang > _BLIJF_S or (lang > _ZEKER_S and not gedaan):
                return totaal
            # This job takes the events that come meanwhile too, because a job of their own costs more than a message.
            time.sleep(_PAUZE_S)

    def loop_door(self) -> int:
        """Go once through all events that are not distributed, in order; `blijft` are the zaken that keep some."""
        totaal, na, blijft = 0, 0, set[str]()
        while not self._stoppen():
            with self._motor.begin() as verbinding:
                _EEN_TEGELIJK.voer_uit(verbinding)
                rijen = _NEEM.voer_uit(verbinding, {"na": na, "aantal": _AANTAL}).mappings()
                gezien = [Gebeurtenis(**rij) for rij in rijen]
                totaal += self._verdeel(verbinding, gezien, blijft)
            if len(gezien) < _AANTAL:
                break
            na = gezien[-1].id
        return totaal

    def _verdeel(self, verbinding: Connection, gezien: Sequence[Gebeurtenis], blijft: set[str]) -> int:
        """Distribute these, and defer the job of each receiver; how many."""
        if not gezien:
            return 0
        inrichting = self._bron.actueel(lees_inrichting_versie(verbinding), verbinding)
        samen = [een for een in gezien if een.zaakidentificatie not in blijft]
        try:
            with verbinding.begin_nested():
                wachtend = self._maak(verbinding, inrichting, samen)
        except Exception as fout:  # noqa: BLE001 - one of these is wrong: which one shows when each goes by itself
            _gaat_verder(fout)
            samen, wachtend = self._een_voor_een(verbinding, inrichting, samen, blijft)
        _VERDEELD.voer_uit(verbinding, {"ids": [een.id for een in samen]})
        wek(verbinding, wachtend)
        logger().info("gebeurtenissen_verdeeld", gebeurtenissen=len(samen), notificaties=wachtend.total())
        return len(samen)

    def _maak(self, verbinding: Connection, inrichting: Inrichting, gebeurtenissen: list[Gebeurtenis]) -> Counter[str]:
        """Make the messages of these; how many wait for each receiver."""
        paren = _wie_hoort_wat(verbinding, inrichting, gebeurtenissen)
        zaken = zaken_voor(verbinding, inrichting, self._opslag, paren)
        nu = datetime.now(UTC)
        wachtend = Counter[str]()
        samen = _SAMEN if zaken else max(len(paren), 1)
        for begin in range(0, len(paren), samen):
            rijen = [_rij(inrichting, een, wie, zaken, nu) for een, wie in paren[begin : begin + samen]]
            _bewaar(verbinding, rijen)
            wachtend.update(rij["ontvanger"] for rij in rijen if rij["stand"] == "wacht")
        return wachtend

    def _een_voor_een(
        self, verbinding: Connection, inrichting: Inrichting, gebeurtenissen: list[Gebeurtenis], blijft: set[str]
    ) -> tuple[list[Gebeurtenis], Counter[str]]:
        """Make the messages of each event by itself; without its storage it stays, with the later ones of its zaak."""
        gedaan, wachtend = list[Gebeurtenis](), Counter[str]()
        for gebeurtenis in gebeurtenissen:
            if gebeurtenis.zaakidentificatie in blijft:
                continue
            try:
                with verbinding.begin_nested():
                    wachtend += self._maak(verbinding, inrichting, [gebeurtenis])
            except OpslagOnbereikbaar:
                logger().warning("gebeurtenis_wacht_op_opslag", gebeurtenis=gebeurtenis.id)
                blijft.add(gebeurtenis.zaakidentificatie)
                continue
            except Exception as fout:  # noqa: BLE001
                _gaat_verder(fout)
                logger().exception("gebeurtenis_fout", gebeurtenis=gebeurtenis.id)
                wachtend += self._zo_ver_het_gaat(verbinding, inrichting, gebeurtenis)
            gedaan.append(gebeurtenis)
        return gedaan, wachtend

    def _zo_ver_het_gaat(
        self, verbinding: Connection, inrichting: Inrichting, gebeurtenis: Gebeurtenis
    ) -> Counter[str]:
        """Notify the receivers that can have a notice of an event that failed, and strand the other messages.

        A receiver that should have got the whole zaak gets a row that shows that it did not.
        """
        try:
            with verbinding.begin_nested():
                paren = _wie_hoort_wat(verbinding, inrichting, [gebeurtenis])
        except Exception as fout:  # noqa: BLE001
            _gaat_verder(fout)
            logger().exception("routering_fout", gebeurtenis=gebeurtenis.id)
            paren = [(gebeurtenis, Bestemming(_ONBEKEND, NOTIFICEER, "de routering mislukte"))]
        wachtend = Counter[str]()
        for een, bestemming in paren:
            try:
                with verbinding.begin_nested():
                    zaken = zaken_voor(verbinding, inrichting, self._opslag, [(een, bestemming)])
                    rij = _rij(inrichting, een, bestemming, zaken, datetime.now(UTC))
                    _bewaar(verbinding, [rij])
            except Exception as fout:  # noqa: BLE001
                _gaat_verder(fout)
                wie = bestemming.applicatie
                logger().exception("notificatie_niet_gemaakt", gebeurtenis=gebeurtenis.id, ontvanger=wie)
                rij = _kaal(een, bestemming) | {"stand": "gestrand", "melding": _MISLUKT}
                _bewaar(verbinding, [rij])
            if rij["stand"] == "wacht":
                wachtend[bestemming.applicatie] += 1
        return wachtend


def _wie_hoort_wat(
    verbinding: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Sequence[tuple[Gebeurtenis, Bestemming]]:
    """The messages for each of these events, with their receivers, in their order."""
    return [
        (gebeurtenis, bestemming)
        for gebeurtenis, bestemmingen in bestemmingen_van(verbinding, inrichting, gebeurtenissen)
        for bestemming in bestemmingen
    ]


def _gaat_verder(fout: Exception) -> None:
    """Raise an error after which the work cannot continue."""
    if isinstance(fout, DBAPIError) and fout.connection_invalidated:
        raise fout


def _rij(
    inrichting: Inrichting,
    gebeurtenis: Gebeurtenis,
    bestemming: Bestemming,
    zaken: Mapping[int, Zaakbericht],
    nu: datetime,
) -> dict[str, Any]:
    rij = _kaal(gebeurtenis, bestemming)
    bezwaar = onbezorgbaar(inrichting, bestemming)
    envelop = kop(inrichting, bestemming.applicatie, rij["referentienummer"], nu)
    soort, inhoud = stel_op(envelop, gebeurtenis, bestemming, zaken)
    stand = "gestrand" if bezwaar else "wacht"
    return rij | {"soort": soort, "inhoud": inhoud, "stand": stand, "melding": bezwaar}


def _bewaar(verbinding: Connection, rijen: Sequence[dict[str, Any]]) -> None:
    """Keep these messages, in their order; one statement."""
    _MAAK.voer_uit(verbinding, {naam: [rij[naam] for rij in rijen] for naam in _KOLOMMEN})


def _kaal(gebeurtenis: Gebeurtenis, bestemming: Bestemming) -> dict[str, Any]:
    """A row without a message."""
    return {
        "gebeurtenis_id": gebeurtenis.id,
        "ontvanger": bestemming.applicatie,
        "stroom": gebeurtenis.zaakidentificatie,
        "soort": bestemming.bericht,
        "reden": bestemming.reden,
        "referentienummer": referentienummer_van(gebeurtenis, bestemming),
        "inhoud": None,
    }
