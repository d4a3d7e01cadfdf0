"""The messages that wait for a receiver: which is next, and what came of it.

One transaction for a few messages of different zaken: it locks them, sends one after the other and keeps what came of
them. A worker that dies lets go of the locks, and they wait again: each arrives at least once. Of a zaak only the first
that waits may be taken, so a receiver gets what happened in the order of commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from regiesysteem.database import Sql

LANGSTE_RUST_S: Final = 300.0
"""A receiver that rests is tried so often: what is new for him must not wait as long as what failed many times."""

DREMPEL: Final = 5
"""After so many failures in a row a receiver gets a rest, and then one message to see whether it is back."""

_KOPPEN: Final = Sql("""
    -- the first message that waits for a receiver, of each zaak of which it may be sent now; how many wait behind it
    SELECT kop.id, kop.stroom, kop.aantal - 1 AS erachter FROM (
        SELECT DISTINCT ON (stroom) stroom, id, pogingen, volgende_poging, count(*) OVER (PARTITION BY stroom) AS aantal
        FROM notificatie WHERE ontvanger = :ontvanger AND stand = 'wacht' ORDER BY stroom, id) kop
    LEFT JOIN ontvanger o ON o.applicatie = :ontvanger
    WHERE kop.volgende_poging <= now()
    -- the oldest; of a receiver that failed too often one that was tried least, so that a message that fails each time
    -- does not stand in the way of others
    ORDER BY CASE WHEN coalesce(o.fouten, 0) >= :drempel THEN kop.pogingen ELSE 0 END, kop.id LIMIT :aantal
""")
_NEEM_KOPPEN: Final = Sql("SELECT * FROM regie_neem(:ontvanger, CAST(:koppen AS bigint[]), :drempel, :aantal)")
_NEEM_VOLGENDE: Final = Sql("""
    SELECT * FROM regie_neem(:ontvanger, ARRAY(
        SELECT min(id) FROM notificatie WHERE ontvanger = :ontvanger AND stroom = :stroom AND stand = 'wacht'
    ), :drempel, 1)
""")
_PROBEER: Final = Sql("""
    -- the right to try a receiver that failed too often; who has it holds it until his transaction ends
    SELECT pg_try_advisory_xact_lock(hashtextextended('proef/' || :ontvanger, 0))
""")
_BEZORGD: Final = Sql("""
    SELECT regie_bezorgd(:ontvanger, CAST(:ids AS bigint[]), CAST(:momenten AS timestamptz[]),
                         CAST(:meldingen AS text[]))
""")
_MISLUKT: Final = Sql("""
    -- the pause is that of the clock of the database, like all that is compared with it
    WITH later AS (
        UPDATE notificatie SET pogingen = pogingen + 1, melding = :melding,
                               volgende_poging = clock_timestamp() + make_interval(secs => :pauze)
        WHERE id = :id RETURNING volgende_poging
    ), stand AS (
        INSERT INTO ontvanger AS o (applicatie, mislukt, fouten, melding) VALUES (:ontvanger, 1, 1, :melding)
        ON CONFLICT (applicatie) DO UPDATE SET mislukt = o.mislukt + 1, fouten = o.fouten + 1, melding = :melding,
            rust_tot = CASE WHEN o.fouten + 1 >= :drempel
                            THEN clock_timestamp() + make_interval(secs => least(:pauze, :langste_rust)) END
        RETURNING rust_tot)
    SELECT coalesce(stand.rust_tot, later.volgende_poging) AS wanneer FROM stand, later
""")
_BEANTWOORD: Final = Sql("""
    SELECT EXISTS (SELECT FROM overdracht WHERE richting = 'uit' AND referentienummer = :referentienummer
                                            AND stand IN ('geaccepteerd', 'geweigerd'))
""")
_AFGEDAAN: Final = Sql("""
    -- it arrived, as another message told: that says nothing of how its receiver is now
    WITH klaar AS (
        UPDATE notificatie SET stand = 'bezorgd', pogingen = pogingen + 1, afgehandeld_op = clock_timestamp(),
                               melding = :melding
        WHERE id = :id)
    INSERT INTO ontvanger AS o (applicatie, bezorgd) VALUES (:ontvanger, 1)
    ON CONFLICT (applicatie) DO UPDATE SET bezorgd = o.bezorgd + 1
""")
_GESTRAND: Final = Sql("""
    WITH klaar AS (
        UPDATE notificatie SET stand = 'gestrand', pogingen = pogingen + 1, afgehandeld_op = clock_timestamp(),
                               melding = k.melding
        FROM unnest(CAST(:ids AS bigint[]), CAST(:meldingen AS text[])) AS k (id, melding)
        WHERE notificatie.id = k.id)
    INSERT INTO ontvanger AS o (applicatie, gestrand) VALUES (:ontvanger, cardinality(:ids))
    ON CONFLICT (applicatie) DO UPDATE SET gestrand = o.gestrand + cardinality(:ids)
""")
_VERLOOP: Final = Sql("""
    -- what waits too long for a receiver that does not answer
    WITH oud AS (
        SELECT id FROM notificatie WHERE ontvanger = :ontvanger AND stand = 'wacht' AND bewaren_vanaf < :grens
        FOR UPDATE SKIP LOCKED
    ), klaar AS (
        UPDATE notificatie SET stand = 'gestrand', afgehandeld_op = clock_timestamp(), melding = :melding
        WHERE id IN (SELECT id FROM oud) RETURNING 1)
    UPDATE ontvanger SET gestrand = gestrand + (SELECT count(*) FROM klaar) WHERE applicatie = :ontvanger
""")


@dataclass(frozen=True, slots=True)
class Wachtend:
    """A message that this transaction has locked; `fouten` are those of its receiver in a row."""

    id: int
    soort: str
    referentienummer: str
    inhoud: bytes
    pogingen: int
    bewaren_vanaf: datetime
    fouten: int


@dataclass(frozen=True, slots=True)
class Kop:
    """The first message that waits of a zaak, and how many there are `erachter`."""

    id: int
    stroom: str
    erachter: int


def koppen(verbinding: Connection, ontvanger: str, aantal: int) -> list[Kop]:
    """The first messages of the zaken that have something for a receiver now, the oldest first."""
    parameters = {"ontvanger": ontvanger, "aantal": aantal, "drempel": DREMPEL}
    rijen = _KOPPEN.voer_uit(verbinding, parameters)
    return [Kop(rij.id, rij.stroom, rij.erachter) for rij in rijen]


def neem_koppen(verbinding: Connection, ontvanger: str, ids: list[int], aantal: int) -> list[Wachtend]:
    """Lock so many of these that are still the first of their zaak and that nobody has, the oldest first.

    While the receiver failed too often only one worker at a time gets one.
    """
    parameters = {"ontvanger": ontvanger, "koppen": ids, "aantal": aantal, "drempel": DREMPEL}
    rijen = _NEEM_KOPPEN.voer_uit(verbinding, parameters).all()
    return _genomen(verbinding, ontvanger, rijen)


def neem_volgende(verbinding: Connection, ontvanger: str, stroom: str) -> list[Wachtend]:
    """Lock the first message of a zaak for a receiver, likewise; none or one."""
    parameters = {"ontvanger": ontvanger, "stroom": stroom, "drempel": DREMPEL}
    return _genomen(verbinding, ontvanger, _NEEM_VOLGENDE.voer_uit(verbinding, parameters).all())


def _genomen(verbinding: Connection, ontvanger: str, rijen: Sequence[Row[Any]]) -> list[Wachtend]:
    if rijen and rijen[0].fouten >= DREMPEL:
        if not _PROBEER.voer_uit(verbinding, {"ontvanger": ontvanger}).scalar_one():
            return []
        rijen = rijen[:1]
    return [
        Wachtend(
            rij.id, rij.soort, rij.referentienummer, bytes(rij.inhoud), rij.pogingen, rij.bewaren_vanaf, rij.fouten
        )
        for rij in rijen
    ]


@dataclass(frozen=True, slots=True)
class Aangekomen:
    """A message that arrived, when, and what the receiver said."""

    id: int
    wanneer: datetime
    melding: str


def bezorgd(verbinding: Connection, ontvanger: str, aangekomen: Sequence[Aangekomen]) -> None:
    """Keep that these arrived; one statement."""
    if aangekomen:
        parameters: dict[str, Any] = {
            "ontvanger": ontvanger,
            "ids": [een.id for een in aangekomen],
            "momenten": [een.wanneer for een in aangekomen],
            "meldingen": [een.melding for een in aangekomen],
        }
        _BEZORGD.voer_uit(verbinding, parameters)


def is_beantwoord(verbinding: Connection, wachtend: Wachtend) -> bool:
    """Whether this is an offer that was answered meanwhile: then it arrived, whatever came of sending it."""
    parameters = {"referentienummer": wachtend.referentienummer}
    return bool(_BEANTWOORD.voer_uit(verbinding, parameters).scalar_one())


def afgedaan(verbinding: Connection, ontvanger: str, wachtend: Wachtend, melding: str) -> None:
    """Keep that this one arrived, though sending it failed: its receiver counts as no better and no worse for it."""
    _AFGEDAAN.voer_uit(verbinding, {"ontvanger": ontvanger, "id": wachtend.id, "melding": melding})


def mislukt(verbinding: Connection, ontvanger: str, wachtend: Wachtend, melding: str, pauze: timedelta) -> datetime:
    """Keep that it did not arrive, and when it or the receiver is tried again: that moment it gives."""
    parameters = {
        "ontvanger": ontvanger,
        "id": wachtend.id,
        "melding": melding,
        "pauze": pauze.total_seconds(),
        "langste_rust": LANGSTE_RUST_S,
        "drempel": DREMPEL,
    }
    wanneer: datetime = _MISLUKT.voer_uit(verbinding, parameters).scalar_one()
    return wanneer


def gestrand(verbinding: Connection, ontvanger: str, geweigerd: Sequence[Aangekomen]) -> None:
    """Keep that these are not tried any more until somebody says so; what comes after them goes on. One statement."""
    if geweigerd:
        ids, meldingen = [een.id for een in geweigerd], [een.melding for een in geweigerd]
        _GESTRAND.voer_uit(verbinding, {"ontvanger": ontvanger, "ids": ids, "meldingen": meldingen})


def verloop(verbinding: Connection, ontvanger: str, grens: datetime, melding: str) -> None:
    """Strand what waits since before `grens`."""
    _VERLOOP.voer_uit(verbinding, {"ontvanger": ontvanger, "grens": grens, "melding": melding})
