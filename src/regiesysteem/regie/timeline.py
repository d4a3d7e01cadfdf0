"""The timeline of zaken: what happened, newest first, from facts and never from the content of messages."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection

from regiesysteem.access.caller import Grant, Kinds
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.config import TIME_ZONE
from regiesysteem.db import Sql
from regiesysteem.regie.party_names import name_of
from regiesysteem.regie.plans import Member, day_of

Happening = Literal["status", "bericht", "overdracht", "document", "wijziging"]
"""The kinds of what happens: a status, a message to or from others, a transfer, a document, a change of a zaak."""
HAPPENINGS: Final[tuple[Happening, ...]] = get_args(Happening)
AT_ONCE: Final = 50
"""The moments on one page."""

_FULL_DAY: Final = 8
_LOST: Final = "kwijt"
_KEY: Final = re.compile(r"(\d{0,17})-(\d)-(\d{1,18})")
_WHEN: Final = "to_char({0} AT TIME ZONE 'Europe/Amsterdam', 'YYYYMMDDHH24MISSMS') COLLATE \"C\""
_READ: Final = f"""
    WITH van AS (
        -- the timeline of zaken, newest first; `rang` puts what has one moment in order
        SELECT * FROM unnest(CAST(:zaken AS bigint[]), CAST(:nummers AS text[])) AS v (id, nummer)
    ), moment AS (
        SELECT s.moment, 'status' AS soort, 3 AS rang, s.id, van.nummer, coalesce(t.omschrijving, '') AS wat,
               CASE WHEN o.id IS NOT NULL THEN jsonb_build_object('soort', o.entiteittype, 'naam', o.naam,
                    'nummer', o.identificatie, 'inhoud', o.inhoud, 'eigen', NULL) END AS wie,
               coalesce(s.toelichting, '') AS tekst, coalesce(s.datum_status_gezet, '') AS stand, 0 AS aantal
        FROM van JOIN zaak_status s ON s.zaak_id = van.id LEFT JOIN statustype t ON t.id = s.statustype_id
        LEFT JOIN object o ON o.id = s.gezet_door_id
        UNION ALL
        SELECT {_WHEN.format("a.tijdstip")}, 'wijziging', 1, a.id, van.nummer, a.gebeurtenis,
               to_jsonb(coalesce(nullif(k.volledige_naam, ''), nullif(b.persoon, ''), b.zender_applicatie)),
               array_to_string(ARRAY(SELECT jsonb_array_elements_text(a.gewijzigd)), ','), '', 0
        FROM van JOIN audit a ON a.zaak_id = van.id LEFT JOIN bericht b ON b.id = a.bericht_id
        LEFT JOIN account k ON k.naam = b.persoon
        WHERE a.gebeurtenis <> 'Actualiseer zaakstatus' AND a.gewijzigd <> '["heeft"]'
        UNION ALL
        SELECT {_WHEN.format("coalesce(n.afgehandeld_op, n.aangemaakt_op)")}, 'bericht', 5, n.id, van.nummer,
               coalesce(g.gebeurtenis, ''), to_jsonb(n.ontvanger), n.melding, n.stand, n.pogingen
        FROM van JOIN notificatie n ON n.stroom = van.nummer LEFT JOIN gebeurtenis g ON g.id = n.gebeurtenis_id
        UNION ALL
        SELECT {_WHEN.format("p.ontvangen_op")}, 'bericht', 6, p.id, p.zaakidentificatie, p.gebeurtenis,
               to_jsonb(p.applicatie), p.melding, 'in', 0
        FROM postvak p
        WHERE p.gezinsplan = ANY(:plannen) AND (:heel OR p.zaakidentificatie = ANY(:nummers))
        UNION ALL
        SELECT {_WHEN.format("v.aangeboden_op")}, 'overdracht', 4, v.id, van.nummer, v.richting,
               to_jsonb(v.applicatie), v.melding, 'aangeboden', 0
        FROM van JOIN overdracht v ON v.zaakidentificatie = van.nummer
        UNION ALL
        SELECT {_WHEN.format("v.beantwoord_op")}, 'overdracht', 5, v.id, van.nummer, v.richting,
               to_jsonb(v.applicatie), v.antwoord, v.stand, 0
        FROM van JOIN overdracht v ON v.zaakidentificatie = van.nummer WHERE v.beantwoord_op IS NOT NULL
        UNION ALL
        SELECT {_WHEN.format("e.geregistreerd_op")}, 'document', 2, e.id, min(van.nummer), coalesce(d.titel, ''),
               to_jsonb(d.id), e.versie, '', e.volgnummer
        FROM van JOIN document_zaak r ON r.zaak_id = van.id AND regie_geldt(r.beeindigd)
        JOIN document d ON d.id = r.document_id JOIN document_versie e ON e.document_id = d.id
        WHERE :documenten GROUP BY e.id, d.id, d.titel
    )
    SELECT * FROM (
        SELECT * FROM moment
        WHERE soort = ANY(:soorten) AND (:moment = '' OR (moment, rang, id) < (:moment COLLATE "C", :rang, :id))
        ORDER BY moment DESC, rang DESC, id DESC LIMIT :aantal
    ) deel
    UNION ALL
    -- what did not arrive, by receiver: stranded messages, and those that go on being tried
    SELECT {_WHEN.format("min(n.aangemaakt_op)")}, 'kwijt', 0, count(*), '', '', to_jsonb(n.ontvanger), '', n.stand, 0
    FROM van JOIN notificatie n ON n.stroom = van.nummer
    WHERE n.stand = 'gestrand' OR n.stand = 'wacht' AND n.pogingen > 0 GROUP BY n.ontvanger, n.stand
"""  # noqa: S608 - a constant of this module


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened.

    Attributes:
        soort: the kind of it.
        op: when; a day for a status that said no time, None for one that said no real day.
        zaaknummer: the zaak that it happened to.
        wat: the status, the gebeurtenis, the title of a document; of a transfer whether it went "uit" or came "in".
        wie: who did it, or the application at the other end; "" when not known.
        tekst: what was said with it; of a change the elements that changed, of a document its version.
        stand: of a message or a transfer its outcome; "in" for a message that came.
        aantal: how often a message was tried, or which version of a document it is.
        document: the row of a document, None for anything else.
        key: its place in the order, to go on from.
    """

    soort: Happening
    op: datetime | date | None
    zaaknummer: str
    wat: str
    wie: str
    tekst: str
    stand: str
    aantal: int
    document: int | None
    key: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Messages that a receiver did not get: stranded, or still being tried, since when."""

    ontvanger: str
    stranded: bool
    aantal: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A part of a timeline, newest first.

    Attributes:
        moments: what happened.
        before: the key from which older moments go on, "" at the end.
        lost: what did not arrive, whatever part this is; the stranded messages first.
    """

    moments: list[Moment]
    before: str
    lost: list[Undelivered]


def read_timeline(  # noqa: PLR0917 - of which zaken, for whom, which part
    connection: Connection,
    grant: Grant,
    zaken: Sequence[Member],
    plannen: Sequence[str],
    soorten: Collection[Happening],
    before: str = "",
    *,
    whole: bool,
    documents: bool,
    most: int | None = AT_ONCE,
) -> Timeline:
    """The happenings of these zaken, and what others told of the zaken of these plans (`whole`: also of ones not here).

    `before` is a key of a moment; one that is none begins at the newest.
    """
    found = _KEY.fullmatch(before)
    moment, rang, number = found.groups() if found else ("", "0", "0")
    given: dict[str, Any] = {
        "zaken": [one.zaak_id for one in zaken],
        "nummers": [one.zaaknummer for one in zaken],
        "plannen": list(plannen),
        "heel": whole,
        "documenten": documents,
        "soorten": list(soorten),
        "moment": moment,
        "rang": int(rang),
        "id": int(number),
        "aantal": None if most is None else most + 1,
        **parameters(grant),
    }
    rows = _read(grant.kinds).run(connection, given).all()
    newest_first = sorted((one for one in rows if one.soort != _LOST), key=_place, reverse=True)
    moments = [_moment(row) for row in newest_first]
    more = most is not None and len(moments) > most
    return Timeline(moments[:most], moments[most - 1].key if most is not None and more else "", _lost(rows))


@lru_cache
def _read(kinds: Kinds) -> Sql:
    return Sql(narrowed(_READ, kinds))


def _place(row: Any) -> tuple[str, int, int]:
    return row.moment, row.rang, row.id


def _lost(rows: Sequence[Any]) -> list[Undelivered]:
    lost = [
        Undelivered(row.wie, row.stand == "gestrand", row.id, _time_of(row.moment))
        for row in rows
        if row.soort == _LOST
    ]
    return sorted(lost, key=lambda one: (not one.stranded, one.ontvanger))


def _moment(row: Any) -> Moment:
    document = row.wie if row.soort == "document" else None
    wie = name_of(row.wie) if isinstance(row.wie, Mapping) else row.wie if isinstance(row.wie, str) else ""
    day_only = row.soort == "status" and len(row.stand) <= _FULL_DAY
    return Moment(
        row.soort,
        day_of(row.moment) if day_only else _time_of(row.moment),
        row.nummer,
        row.wat,
        wie,
        row.tekst,
        row.stand,
        row.aantal,
        document,
        f"{row.moment}-{row.rang}-{row.id}",
    )


def _time_of(moment: str) -> datetime | None:
    try:
        return datetime.strptime(moment[:14], "%Y%m%d%H%M%S").replace(tzinfo=TIME_ZONE)
    except ValueError:
        return None
