"""Finds the receivers of events, and makes the messages; delivering them is another job.

One job at a time over all workers, by a lock of the database that a dead worker cannot keep: so the notificaties of a
zaak get their ids in the order of its gebeurtenissen. An error with one gebeurtenis holds up no other zaak.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, InrichtingSource
from regiesysteem.logging_ import logger
from regiesysteem.notifications.compose import (
    NOTIFICEER,
    Zaakberichten,
    compose,
    destinations_of,
    head,
    referentienummer_of,
    zaken_for,
)
from regiesysteem.notifications.entitled import grant_of_receiver
from regiesysteem.notifications.queue import wake
from regiesysteem.notifications.routing import Destination, Gebeurtenis, undeliverable
from regiesysteem.storage import Opslag, StorageUnreachable
from regiesysteem.zakenmagazijn.messages import read_inrichting_versie

_COUNT: Final = 200
_TOGETHER: Final = 10  # whole zaken in one statement: each may have payloads of megabytes
_PAUSE_S: Final = 0.05
_CERTAIN_S: Final = 0.5  # it looks at least so long: a message that saw this job wait may still have to commit
_STAY_S: Final = 2.0  # after so long other jobs have their turn
_UNKNOWN: Final = "onbekend"
_FAILED: Final = "het bericht kon niet worden gemaakt; het log van de worker zegt waarom"

_ONE_AT_A_TIME: Final = Sql("SELECT pg_advisory_xact_lock(hashtextextended('verdeel_gebeurtenissen', 0))")
_TAKE: Final = Sql("""
    SELECT id, zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, gegevens
    FROM gebeurtenis WHERE NOT verdeeld AND id > :na ORDER BY id LIMIT :aantal
""")
_COLUMNS: Final = {
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
_MAKE: Final = Sql(f"""
    INSERT INTO notificatie ({", ".join(_COLUMNS)})
    SELECT {", ".join(_COLUMNS)}
    FROM unnest({", ".join(f"CAST(:{naam} AS {soort}[])" for naam, soort in _COLUMNS.items())})
         WITH ORDINALITY AS n ({", ".join(_COLUMNS)}, plaats)
    ORDER BY plaats
""")  # noqa: S608 - constants
_DISTRIBUTED: Final = Sql("UPDATE gebeurtenis SET verdeeld = true WHERE id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class ReadyMessage:
    """A message to send: its operation of wsdl/Ontvanger.wsdl, its referentienummer, and itself."""

    soort: str
    referentienummer: str
    inhoud: bytes


class Distributor:
    """Distributes events; `stopping` says that the process ends: the rest is for others then."""

    def __init__(
        self,
        engine: Engine,
        source: InrichtingSource,
        opslag: Opslag,
        *,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine = engine
        self._source = source
        self._opslag = opslag
        self._stopping = stopping

    def distribute(self) -> int:
        """Make the notificaties of all events that are not distributed yet; gives how many gebeurtenissen."""
        total, begin = 0, time.monotonic()
        while True:
            done = self.walk()
            total += done
            spent = time.monotonic() - begin
            if self._stopping() or spent > _STAY_S or (spent > _CERTAIN_S and not done):
                return total
            # This job takes the events that come meanwhile too, because a job of their own costs more than a message.
            time.sleep(_PAUSE_S)

    def walk(self) -> int:
        """Go once through all events that are not distributed, in order; `stays` are the zaken that keep some."""
        total, after, stays = 0, 0, set[str]()
        while not self._stopping():
            with self._engine.begin() as connection:
                _ONE_AT_A_TIME.run(connection)
                rows = _TAKE.run(connection, {"na": after, "aantal": _COUNT}).mappings()
                seen = [Gebeurtenis(**row) for row in rows]
                total += self._distribute(connection, seen, stays)
            if len(seen) < _COUNT:
                break
            after = seen[-1].id
        return total

    def _distribute(self, connection: Connection, seen: Sequence[Gebeurtenis], stays: set[str]) -> int:
        """Distribute these, and defer the job of each receiver; how many."""
        if not seen:
            return 0
        inrichting = self._source.current(read_inrichting_versie(connection), connection)
        together = [one for one in seen if one.zaakidentificatie not in stays]
        try:
            with connection.begin_nested():
                waiting = self._make(connection, inrichting, together)
        except Exception as error:  # noqa: BLE001 - one of these is wrong: which one shows when each goes by itself
            _goes_on(error)
            together, waiting = self._one_by_one(connection, inrichting, together, stays)
        _DISTRIBUTED.run(connection, {"ids": [one.id for one in together]})
        wake(connection, waiting)
        logger().info("gebeurtenissen_verdeeld", gebeurtenissen=len(together), notificaties=waiting.total())
        return len(together)

    def _make(self, connection: Connection, inrichting: Inrichting, gebeurtenissen: list[Gebeurtenis]) -> Counter[str]:
        """Make the messages of these; how many wait for each receiver."""
        pairs = _who_hears_what(connection, inrichting, gebeurtenissen)
        zaken = zaken_for(connection, inrichting, self._opslag, pairs)
        now = datetime.now(UTC)
        waiting = Counter[str]()
        together = _TOGETHER if zaken else max(len(pairs), 1)
        for begin in range(0, len(pairs), together):
            rows = [_row(inrichting, one, who, zaken, now) for one, who in pairs[begin : begin + together]]
            _keep(connection, rows)
            waiting.update(row["ontvanger"] for row in rows if row["stand"] == "wacht")
        return waiting

    def _one_by_one(
        self, connection: Connection, inrichting: Inrichting, gebeurtenissen: list[Gebeurtenis], stays: set[str]
    ) -> tuple[list[Gebeurtenis], Counter[str]]:
        """Make the messages of each event by itself; without its storage it stays, with the later ones of its zaak."""
        done, waiting = list[Gebeurtenis](), Counter[str]()
        for gebeurtenis in gebeurtenissen:
            if gebeurtenis.zaakidentificatie in stays:
                continue
            try:
                with connection.begin_nested():
                    waiting += self._make(connection, inrichting, [gebeurtenis])
            except StorageUnreachable:
                logger().warning("gebeurtenis_wacht_op_opslag", gebeurtenis=gebeurtenis.id)
                stays.add(gebeurtenis.zaakidentificatie)
                continue
            except Exception as error:  # noqa: BLE001
                _goes_on(error)
                logger().exception("gebeurtenis_fout", gebeurtenis=gebeurtenis.id)
                waiting += self._as_far_as_it_goes(connection, inrichting, gebeurtenis)
            done.append(gebeurtenis)
        return done, waiting

    def _as_far_as_it_goes(
        self, connection: Connection, inrichting: Inrichting, gebeurtenis: Gebeurtenis
    ) -> Counter[str]:
        """Notify the receivers that can have a notice of an event that failed, and strand the other messages.

        A receiver that should have got the whole zaak gets a row that shows that it did not.
        """
        try:
            with connection.begin_nested():
                pairs = _who_hears_what(connection, inrichting, [gebeurtenis])
        except Exception as error:  # noqa: BLE001
            _goes_on(error)
            logger().exception("routering_fout", gebeurtenis=gebeurtenis.id)
            pairs = [(gebeurtenis, Destination(_UNKNOWN, NOTIFICEER, "de routering mislukte"))]
        waiting = Counter[str]()
        for one, destination in pairs:
            try:
                with connection.begin_nested():
                    zaken = zaken_for(connection, inrichting, self._opslag, [(one, destination)])
                    row = _row(inrichting, one, destination, zaken, datetime.now(UTC))
                    _keep(connection, [row])
            except Exception as error:  # noqa: BLE001
                _goes_on(error)
                who = destination.applicatie
                logger().exception("notificatie_niet_gemaakt", gebeurtenis=gebeurtenis.id, ontvanger=who)
                row = _bare(one, destination) | {"stand": "gestrand", "melding": _FAILED}
                _keep(connection, [row])
            if row["stand"] == "wacht":
                waiting[destination.applicatie] += 1
        return waiting


def _who_hears_what(
    connection: Connection, inrichting: Inrichting, gebeurtenissen: Sequence[Gebeurtenis]
) -> Sequence[tuple[Gebeurtenis, Destination]]:
    """The messages for each of these events, with their receivers, in their order."""
    return [
        (gebeurtenis, destination)
        for gebeurtenis, destinations in destinations_of(connection, inrichting, gebeurtenissen)
        for destination in destinations
    ]


def _goes_on(error: Exception) -> None:
    """Raise an error after which the work cannot continue."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        raise error


def _row(
    inrichting: Inrichting,
    gebeurtenis: Gebeurtenis,
    destination: Destination,
    zaken: Zaakberichten,
    now: datetime,
) -> dict[str, Any]:
    row = _bare(gebeurtenis, destination)
    objection = undeliverable(inrichting, destination)
    envelope = head(inrichting, destination.applicatie, row["referentienummer"], now)
    zonder = grant_of_receiver(inrichting, destination.applicatie).zonder
    soort, inhoud = compose(envelope, gebeurtenis, destination, zaken, zonder)
    state = "gestrand" if objection else "wacht"
    return row | {"soort": soort, "inhoud": inhoud, "stand": state, "melding": objection}


def _keep(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep these messages, in their order; one statement."""
    _MAKE.run(connection, {naam: [row[naam] for row in rows] for naam in _COLUMNS})


def post(connection: Connection, ontvanger: str, stroom: str, reden: str, berichten: Iterable[ReadyMessage]) -> None:
    """Keep messages for a receiver that no event made, in their order, and defer its job.

    They go one after the other: `stroom` is theirs alone.
    """
    same = {"gebeurtenis_id": None, "ontvanger": ontvanger, "stroom": stroom, "reden": reden}
    rest = iter(berichten)
    while rows := [
        {**same, "soort": one.soort, "referentienummer": one.referentienummer, "inhoud": one.inhoud}
        | {"stand": "wacht", "melding": ""}
        for one in islice(rest, _TOGETHER)
    ]:
        _keep(connection, rows)
    wake(connection, [ontvanger])


def _bare(gebeurtenis: Gebeurtenis, destination: Destination) -> dict[str, Any]:
    """A row without a message."""
    return {
        "gebeurtenis_id": gebeurtenis.id,
        "ontvanger": destination.applicatie,
        "stroom": gebeurtenis.zaakidentificatie,
        "soort": destination.bericht,
        "reden": destination.reden,
        "referentienummer": referentienummer_of(gebeurtenis, destination),
        "inhoud": None,
    }
