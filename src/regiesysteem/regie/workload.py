"""The work of a person: what is late, transfers, messages of others and what did not arrive, of his running plans.

`scope_of` finds the zaken once; each list takes them, and is one statement. A list gives rows after a place (`after`),
the place of its next page, and how many rows there are in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection

from regiesysteem.access.caller import Grant, Kinds
from regiesysteem.access.people.mine import MINE_AND_BELOW, mine_of, ranks_with
from regiesysteem.access.people.roles import Person
from regiesysteem.access.sight import parameters, visible
from regiesysteem.db import Sql
from regiesysteem.regie.plans import day_of
from regiesysteem.regie.regisseurs import REGISSEUR

NEARLY: Final = timedelta(days=7)
"""How long before its last day a zaak is nearly late."""
_MOST_MEMBERS: Final = 200
_MOST_NAMES: Final = 5
_BY_REASON: Final = 3

# --- The zaken, and the people of the team

_SCOPE: Final = f"""
    -- the running zaken of a person, and of his plans; and the plans above them. Who carries out a deelplan has no work
    -- in the plan above it (boven)
    WITH RECURSIVE {MINE_AND_BELOW}
    SELECT z.id, z.identificatie, k.soort IS NOT DISTINCT FROM 'gezinsplan' AS plan, z.einddatum IS NULL AS loopt,
           o.rang = 2 AND NOT EXISTS (SELECT FROM genoemd g WHERE g.zaak_id = z.id AND g.rang = 2) AS boven
    FROM onder o
    JOIN zaak z ON z.id = o.zaak_id
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    WHERE (z.einddatum IS NULL OR k.soort IN ('gezinsplan', 'levensdomeinplan')) AND {{visible}}
"""  # noqa: S608 - a constant
_TEAM: Final = Sql("""
    SELECT medewerker, volledige_naam AS naam FROM account
    WHERE team = :team AND team <> '' AND medewerker <> '' AND NOT geblokkeerd ORDER BY naam, medewerker LIMIT :aantal
""")


@dataclass(frozen=True, slots=True)
class WorkScope:
    """The running zaken that the work is about: rows, identificaties, and those that are gezinsplannen.

    Attributes:
        seen: these zaken and the plans above them: their clients are named with them.
        boven: gezinsplannen of which the person only carries out a part; of their messages those about that count.
        grant: the zaken that the role may see at all.
    """

    zaken: list[int]
    nummers: list[str]
    plannen: list[str]
    plan_ids: list[int]
    seen: list[int]
    boven: list[str]
    grant: Grant


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody of the team, by his identificatie as a medewerker."""

    medewerker: str
    naam: str


def team_of(connection: Connection, person: Person) -> list[TeamMember]:
    """The people of his team, for who has the plans of others than himself in his work."""
    if not person.team or person.has("wijzigen") or not person.may("inzien", "team"):
        return []
    rows = _TEAM.run(connection, {"team": person.team, "aantal": _MOST_MEMBERS})
    return [TeamMember(row.medewerker, row.naam) for row in rows]


def scope_of(connection: Connection, person: Person, member: TeamMember | None = None) -> WorkScope:
    """The zaken that a person has to do with: of his own plans, else those of his team or that he carries out.

    `member` narrows it to the plans of one of `team_of`. Plans that he sees for a reason are not his work.
    """
    ranks = ranks_with(person, "wijzigen") or [rang for rang in ranks_with(person, "inzien") if rang < _BY_REASON]
    who = person
    if member is not None:
        who, ranks = replace(person, medewerker=member.medewerker, team="", naam=""), [0]
    values = {**mine_of(who, ranks), **parameters(person.grant)}
    rows = _scope(person.grant.kinds).run(connection, values).all()
    work = [row for row in rows if row.loopt and not row.boven]
    plans = [row for row in work if row.plan]
    return WorkScope(
        [row.id for row in work],
        [row.identificatie for row in work],
        [row.identificatie for row in plans],
        [row.id for row in plans],
        [row.id for row in rows],
        [row.identificatie for row in rows if row.plan and row.boven],
        person.grant,
    )


@lru_cache
def _scope(kinds: Kinds) -> Sql:
    return Sql(_SCOPE.format(visible=visible(kinds, "z") or "true"))


# --- The lists

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class WorkList(Generic[Item]):
    """Rows of a list, how many there are in all, and the place after which the next page begins ("" for the last)."""

    rows: list[Item]
    total: int
    next: str


@dataclass(frozen=True, slots=True)
class WorkZaak:
    """A zaak in a list: its row (0 when it is not here, or not for this person), number, kind, and whom it is about.

    ``namen`` are the surnames of the family, ``van`` the zaken that name it: this one, and its plans that he may see.
    """

    zaak_id: int
    zaaknummer: str
    titel: str
    soort: str
    namen: tuple[str, ...]
    van: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """A zaak that is late or nearly: its last day, how many days are left (less than 0: late), its step, and who."""

    zaak: WorkZaak
    deadline: date | None
    dagen: int
    status: str
    wie: str


@dataclass(frozen=True, slots=True)
class OpenTransfer:
    """A transfer that was refused, or not answered in time."""

    zaak: WorkZaak
    applicatie: str
    geweigerd: bool
    antwoord: str
    sinds: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message of another system that nobody saw: its row, what happened, from whom, and the plan that it is about.

    `plan` is "" for a zaak that was in no plan then; as long as it is in none, `koppelen` is a plan of the same client.
    """

    nummer: int
    zaak: WorkZaak
    gebeurtenis: str
    applicatie: str
    melding: str
    ontvangen_op: datetime
    plan: str
    koppelen: str


@dataclass(frozen=True, slots=True)
class NotArrived:
    """Messages about a zaak that a receiver did not get, since when, and how many."""

    zaak: WorkZaak
    ontvanger: str
    sinds: datetime
    aantal: int
    gestrand: bool


_ZAAK: Final = """
    z.id AS zaak_id, coalesce(nullif(z.omschrijving, ''), k.omschrijving, '') AS titel,
    coalesce(k.soort, 'overig') AS soort, familie.van,
    ARRAY(SELECT DISTINCT o.naam FROM zaak_relatie r JOIN object o ON o.id = r.object_id
          WHERE r.zaak_id = ANY(familie.van)
            AND r.relatie = 'heeftBetrekkingOp' AND regie_geldt(r.beeindigd)
            AND o.entiteittype = 'NPS' AND o.naam IS NOT NULL ORDER BY 1) AS namen
"""
# A zaak may be in the plan of another family too, whose people are not named here.
_FAMILY: Final = """
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    CROSS JOIN LATERAL (SELECT ARRAY(
        SELECT z.id UNION SELECT plan_id FROM regie_plannen(ARRAY[z.id]) WHERE plan_id = ANY(:gezien)
    ) AS van) familie
"""
_LATE: Final = Sql(f"""
    -- zaken that are late or nearly so, the most urgent first
    WITH laat AS MATERIALIZED (
        SELECT z.id, coalesce(z.uiterlijke_einddatum, z.einddatum_gepland) AS einde, t.omschrijving AS status
        FROM unnest(CAST(:zaken AS bigint[])) s (id)
        JOIN zaak z ON z.id = s.id AND coalesce(z.uiterlijke_einddatum, z.einddatum_gepland) < :grens
        LEFT JOIN zaak_status st ON st.zaak_id = z.id AND st.laatste
        LEFT JOIN statustype t ON t.id = st.statustype_id
        WHERE NOT coalesce(t.eindstatus, false)
    ), deel AS MATERIALIZED (
        SELECT * FROM laat WHERE (einde, id) > (:na_einde, :na_id) ORDER BY einde, id LIMIT :aantal
    )
    SELECT (SELECT count(*) FROM laat) AS totaal, d.einde, coalesce(d.status, '') AS status, z.identificatie, {_ZAAK},
           {REGISSEUR.replace("heeftAlsInitiator", "heeftAlsUitvoerende")} AS uitvoerenden, {REGISSEUR} AS regisseur
    FROM deel d JOIN zaak z ON z.id = d.id {_FAMILY} ORDER BY d.einde, d.id
""")  # noqa: S608 - constants
_TRANSFERS: Final = Sql(f"""
    -- the last transfer of a zaak, when it was refused or not answered in time; the oldest first
    WITH open AS MATERIALIZED (
        SELECT v.id, v.zaak_id, v.applicatie, v.stand = 'geweigerd' AS geweigerd, v.antwoord,
               CASE v.stand WHEN 'geweigerd' THEN coalesce(v.beantwoord_op, v.aangeboden_op) ELSE v.uiterlijk END AS op
        FROM unnest(CAST(:zaken AS bigint[])) s (id)
        JOIN LATERAL (SELECT * FROM overdracht v WHERE v.zaak_id = s.id AND v.richting = 'uit'
                      ORDER BY v.id DESC LIMIT 1) v ON true
        WHERE v.stand = 'geweigerd' OR v.stand = 'aangeboden' AND v.uiterlijk < :nu
    ), deel AS MATERIALIZED (
        SELECT * FROM open WHERE id > :na ORDER BY id LIMIT :aantal
    )
    SELECT (SELECT count(*) FROM open) AS totaal, d.id, d.applicatie, d.geweigerd, d.antwoord, d.op, z.identificatie,
           {_ZAAK}
    FROM deel d JOIN zaak z ON z.id = d.zaak_id {_FAMILY} ORDER BY d.id
""")  # noqa: S608 - constants
# A message about no plan is for who has a plan of the same client, as long as its zaak is in no plan of another.
_UNREAD: Final = """
    nieuw AS MATERIALIZED (
        SELECT p.id, p.zaakidentificatie, p.gezinsplan, CAST(NULL AS text) COLLATE "C" AS koppelen
        FROM unnest(CAST(:plannen AS text[]) COLLATE "C", CAST(:helemaal AS boolean[])) s (nummer, helemaal)
        JOIN postvak p ON p.gezinsplan = s.nummer AND p.gelezen_op IS NULL
        WHERE (s.helemaal OR p.zaakidentificatie = ANY(:nummers)) {visible}
        UNION ALL
        SELECT los.id, los.zaakidentificatie, NULL, min(plan.identificatie)
        FROM (SELECT p.id, p.zaakidentificatie FROM postvak p
              WHERE p.gezinsplan IS NULL AND p.gelezen_op IS NULL {visible} ORDER BY p.id DESC LIMIT :los) los
        JOIN zaak z ON z.identificatie = los.zaakidentificatie
        JOIN zaak_relatie r ON r.zaak_id = z.id AND r.relatie = 'heeftBetrekkingOp' AND regie_geldt(r.beeindigd)
        JOIN object o ON o.id = r.object_id AND o.entiteittype = 'NPS'
        JOIN zaak_relatie c ON c.object_id = o.id AND c.relatie = 'heeftBetrekkingOp' AND regie_geldt(c.beeindigd)
        JOIN zaak plan ON plan.id = c.zaak_id AND plan.id = ANY(:plan_ids)
        WHERE NOT EXISTS (SELECT FROM regie_plannen(ARRAY[z.id])
                          WHERE soort = 'gezinsplan' AND plan_id <> ALL(:plan_ids))
        GROUP BY los.id, los.zaakidentificatie
    )
"""
_MESSAGES: Final = f"""
    -- messages of others that nobody saw: about these plans, or about a zaak of one of their clients; the newest first
    WITH {_UNREAD}, deel AS MATERIALIZED (
        SELECT * FROM nieuw WHERE id < :na ORDER BY id DESC LIMIT :aantal
    )
    SELECT (SELECT count(*) FROM nieuw) AS totaal, p.id, p.gebeurtenis, p.applicatie, p.melding, p.ontvangen_op,
           coalesce(p.gegevens ->> 'omschrijving', '') AS zaaktype, coalesce(d.gezinsplan, '') AS plan,
           CASE WHEN z.id = ANY(:zaken) THEN '' ELSE coalesce(d.koppelen, '') END AS koppelen,
           p.zaakidentificatie AS identificatie, {_ZAAK}
    FROM deel d
    JOIN postvak p ON p.id = d.id
    LEFT JOIN zaak z ON z.identificatie = p.zaakidentificatie
        AND (d.gezinsplan IS NULL OR z.id = ANY(:zaken) OR z.id = ANY(:plan_ids)
             OR EXISTS (SELECT FROM regie_plannen(ARRAY[z.id]) WHERE plan_id = ANY(:plan_ids)))
    {_FAMILY}
    ORDER BY p.id DESC
"""  # noqa: S608 - constants
_IS_NEW: Final = f"WITH {_UNREAD} SELECT count(*) FROM nieuw WHERE id = :nummer"  # noqa: S608 - a constant
_VISIBLE: Final = "AND EXISTS (SELECT FROM zaak zelf WHERE zelf.identificatie = p.zaakidentificatie AND {visible})"
_LOOSE: Final = 1000
"""How many of the newest messages about no plan are looked at."""
_NOT_ARRIVED: Final = Sql(f"""
    -- messages about these zaken that stranded, or wait for a receiver that does not answer; the oldest first
    WITH weg AS MATERIALIZED (
        SELECT stroom, ontvanger, min(id) AS id, min(aangemaakt_op) AS sinds, count(*) AS berichten,
               bool_or(gestrand) AS gestrand
        FROM (
            SELECT n.stroom, n.ontvanger, n.id, n.aangemaakt_op, true AS gestrand FROM notificatie n
            WHERE n.stand = 'gestrand' AND n.stroom = ANY(:nummers)
            UNION ALL
            SELECT n.stroom, n.ontvanger, n.id, n.aangemaakt_op, false FROM ontvanger v
            JOIN notificatie n ON n.ontvanger = v.applicatie AND n.stand = 'wacht' AND n.stroom = ANY(:nummers)
            WHERE v.fouten > 0
        ) alle GROUP BY stroom, ontvanger
    ), deel AS MATERIALIZED (
        SELECT * FROM weg WHERE id > :na ORDER BY id LIMIT :aantal
    )
    SELECT (SELECT count(*) FROM weg) AS totaal, d.id, d.ontvanger, d.sinds, d.berichten, d.gestrand,
           d.stroom AS identificatie, {_ZAAK}
    FROM deel d JOIN zaak z ON z.identificatie = d.stroom {_FAMILY} ORDER BY d.id
""")  # noqa: S608 - constants


def late(connection: Connection, scope: WorkScope, today: date, most: int, after: str = "") -> WorkList[Late]:
    """Zaken that are late, or are within a week, the most urgent first."""
    einde, _, number = after.rpartition(".")
    values = {
        "zaken": scope.zaken,
        "grens": f"{today + NEARLY + timedelta(days=1):%Y%m%d}",
        "na_einde": einde if einde.isascii() and einde.isdigit() else "",
        "na_id": _number(number, 0),
    }
    rows, more, total = _read(connection, _LATE, scope, values, most)
    last = f"{rows[-1].einde}.{rows[-1].zaak_id}" if more else ""
    return WorkList([_late(row, today) for row in rows], total, last)


def _late(row: Any, today: date) -> Late:
    deadline = day_of(row.einde)
    days = (deadline - today).days if deadline else 0
    return Late(_zaak(row), deadline, days, row.status, row.uitvoerenden or row.regisseur)


def transfers(
    connection: Connection, scope: WorkScope, now: datetime, most: int, after: str = ""
) -> WorkList[OpenTransfer]:
    """Transfers that were refused or not answered in time, the oldest first."""
    values = {"zaken": scope.zaken, "nu": now, "na": _number(after, 0)}
    rows, more, total = _read(connection, _TRANSFERS, scope, values, most)
    found = [OpenTransfer(_zaak(row), row.applicatie, row.geweigerd, row.antwoord, row.op) for row in rows]
    return WorkList(found, total, str(rows[-1].id) if more else "")


def messages(connection: Connection, scope: WorkScope, most: int, after: str = "") -> WorkList[Message]:
    """Messages of others that nobody saw, the newest first."""
    values = _plans(scope) | {"zaken": scope.zaken, "na": _number(after, _HIGHEST)}
    statement = _messages(_MESSAGES, scope.grant.kinds)
    rows, more, total = _read(connection, statement, scope, values, most)
    found = [
        Message(
            row.id,
            _zaak(row, row.zaaktype),
            row.gebeurtenis,
            row.applicatie,
            row.melding,
            row.ontvangen_op,
            row.plan,
            row.koppelen,
        )
        for row in rows
    ]
    return WorkList(found, total, str(rows[-1].id) if more else "")


def is_new_message(connection: Connection, scope: WorkScope, nummer: int) -> bool:
    """Tell whether a message is in the list of `messages`, so that the person may mark it as seen."""
    values = _plans(scope) | {"nummer": nummer}
    return bool(_messages(_IS_NEW, scope.grant.kinds).run(connection, values).scalar_one())


def not_arrived(connection: Connection, scope: WorkScope, most: int, after: str = "") -> WorkList[NotArrived]:
    """Messages that a receiver did not get, by zaak and receiver, the oldest first."""
    values = {"nummers": scope.nummers, "na": _number(after, 0)}
    rows, more, total = _read(connection, _NOT_ARRIVED, scope, values, most)
    found = [NotArrived(_zaak(row), row.ontvanger, row.sinds, row.berichten, row.gestrand) for row in rows]
    return WorkList(found, total, str(rows[-1].id) if more else "")


@lru_cache
def _messages(statement: str, kinds: Kinds) -> Sql:
    """A statement about messages, narrowed to those about zaken that a role may see."""
    condition = visible(kinds, "zelf")
    return Sql(statement.replace("{visible}", _VISIBLE.format(visible=condition) if condition else ""))


def _read(
    connection: Connection, statement: Sql, scope: WorkScope, values: dict[str, Any], most: int
) -> tuple[Sequence[Any], bool, int]:
    """At most so many rows, whether there are more, and how many there are in all: on a first page."""
    rows = statement.run(connection, values | {"aantal": most + 1, "gezien": scope.seen}).all()
    return rows[:most], len(rows) > most, rows[0].totaal if rows else 0


def _zaak(row: Any, titel: str = "") -> WorkZaak:
    names = tuple(row.namen[:_MOST_NAMES]) if row.zaak_id else ()
    members = tuple(row.van) if row.zaak_id else ()
    return WorkZaak(row.zaak_id or 0, row.identificatie, row.titel or titel, row.soort, names, members)


def _plans(scope: WorkScope) -> dict[str, Any]:
    whole = [True] * len(scope.plannen) + [False] * len(scope.boven)
    return {
        "plannen": scope.plannen + scope.boven,
        "helemaal": whole,
        "nummers": scope.nummers,
        "plan_ids": scope.plan_ids,
        "los": _LOOSE,
        **parameters(scope.grant),
    }


_HIGHEST: Final = 2**63 - 1


def _number(text: str, otherwise: int) -> int:
    """The row in a place of a list; `otherwise` for none, and for what is no row."""
    good = text.isascii() and text.isdigit() and len(text) < len(str(_HIGHEST))
    return int(text) if good else otherwise
