"""Events of zaken that others are told of: kept in the transaction in which they happened (RZS 1.0, 5.1 and 6.9.2).

The audit lines of a message name the zaken that it changed. At its commit they become gebeurtenissen, with the data of
the zaak for a notification, and a job that delivers them. A trigger does that for a message that is stored with
`meldt`. This module has the events that are no such message.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from regiesysteem.database import Sql

UPDATE_ZAAK: Final = "Update zaak"

TAAK: Final = "verdeel_gebeurtenissen"
RIJ: Final = "notificaties"
"""The task of the worker that decides who is told, and its queue."""

_ZELFDE_BAAN_S: Final = 2.0
_BANEN: Final = 2
"""Workers that may have that task at a time; one works, the others wait for it or take over when it dies.
"""

_VOORRANG: Final = 10  # before delivery: slow receivers must not keep others from hearing anything

_VERDEEL: Final = f"""
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('{RIJ}', '{TAAK}', {_VOORRANG}, :slot, NULL, '{{}}'::jsonb, NULL)
                                             ::procrastinate_job_to_defer_v1])
"""
_MELD: Final = Sql(f"SELECT regie_meld(:bericht_id, :organisatie, :applicatie, '{RIJ}', '{TAAK}', {_VOORRANG}, :slot)")
_MELD_EEN: Final = Sql(f"""
    -- events without a mutation of ours, of another system or of a transfer; those of one zaak go one by one
    WITH slot AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtextextended('gebeurtenis/' || :zaakidentificatie, 0))
    ), nieuw AS (
        INSERT INTO gebeurtenis (zaak_id, zaakidentificatie, gebeurtenis, organisatie, applicatie, bericht_id, gegevens)
        SELECT (SELECT id FROM zaak WHERE identificatie = :zaakidentificatie), :zaakidentificatie, :gebeurtenis,
               :organisatie, :applicatie, CAST(:bericht_id AS bigint), CAST(:gegevens AS jsonb)
        FROM slot RETURNING id
    )
    {_VERDEEL} WHERE EXISTS (SELECT FROM nieuw)
""")  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class Andermans:
    """An event that another system reported: `gegevens` as in the table, `applicatie` the one that caused it."""

    zaakidentificatie: str
    gebeurtenis: str
    organisatie: str
    applicatie: str
    gegevens: dict[str, Any]


def meld(verbinding: Connection, bericht_id: int, organisatie: str, applicatie: str) -> None:
    """Keep the changes of zaken by a message that was stored without `meldt`, and have others told.

    One statement, after all that changes zaken. `organisatie` and `applicatie` are of its sender, which is not told of
    its own change (RZS 5.2.6).
    """
    parameters = {"bericht_id": bericht_id, "organisatie": organisatie, "applicatie": applicatie}
    _MELD.voer_uit(verbinding, parameters | {"slot": _slot()})


def meld_andermans(verbinding: Connection, bericht_id: int, melding: Andermans) -> None:
    """Keep an event that another system reported, and have others told (RZS 6.10)."""
    _meld_een(verbinding, {"bericht_id": bericht_id} | asdict(melding))


def meld_overdracht(verbinding: Connection, zaakidentificatie: str, operatie: str, gegevens: dict[str, Any]) -> None:
    """Have a message of a transfer made, after those of all earlier events of the zaak (RZS 6.8).

    It is numbered like all events of the zaak, one after the other until the commit.
    """
    wat = {"zaakidentificatie": zaakidentificatie, "gebeurtenis": operatie, "gegevens": gegevens}
    _meld_een(verbinding, {"bericht_id": None, "organisatie": "", "applicatie": ""} | wat)


def _meld_een(verbinding: Connection, velden: dict[str, Any]) -> None:
    _MELD_EEN.voer_uit(verbinding, velden | {"gegevens": orjson.dumps(velden["gegevens"]).decode(), "slot": _slot()})


def _slot() -> str:
    """A number that stays the same for a short time, so that one job serves all events of that time."""
    return f"{TAAK}/{int(time.time() / _ZELFDE_BAAN_S) % _BANEN}"
