"""Regie op regie: figures about plans without people, per team and per month. A fixed number of statements."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from regiesysteem.access.caller import Kinds
from regiesysteem.access.people.roles import Person
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql

LEAST: Final = 10
"""A count below this may tell who somebody is, and is hidden from who does not know the plans."""

# A date of StUF may be incomplete (3.2.2); such a plan has no length.
_DAY: Final = """
    CASE WHEN left({0}, 8) ~ '^[0-9]{{4}}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$'
         THEN to_date(left({0}, 8), 'YYYYMMDD') END
"""

# The regisseur of a plan is its initiator (RZS 3.2), and its team is that of his account.
_PLANS: Final = """
    plan AS (
        SELECT z.id, z.startdatum, z.einddatum, coalesce(nullif(a.team, ''), 'zonder team') AS team
        FROM zaak z
        JOIN zaaktype k ON k.id = z.zaaktype_id AND k.soort = 'gezinsplan'
        LEFT JOIN LATERAL (
            SELECT o.sleutel FROM zaak_relatie r JOIN object o ON o.id = r.object_id AND o.entiteittype = 'MDW'
            WHERE r.zaak_id = z.id AND r.relatie = 'heeftAlsInitiator' AND regie_geldt(r.beeindigd)
            ORDER BY r.id LIMIT 1
        ) regisseur ON true
        LEFT JOIN LATERAL (
            SELECT team FROM account WHERE 'medewerker:' || medewerker = regisseur.sleutel ORDER BY id LIMIT 1
        ) a ON true
        WHERE :alles OR a.team = :team AND :team <> '' OR regisseur.sleutel = :regisseur
    ), deel AS (
        SELECT plan.team, d.id, d.identificatie, d.einddatum,
               coalesce(d.uiterlijke_einddatum, d.einddatum_gepland) AS einde
        FROM plan
        JOIN LATERAL (
            SELECT naar_id AS id FROM zaak_zaak WHERE van_id = plan.id AND regie_geldt(beeindigd)
            UNION SELECT van_id FROM zaak_zaak
            WHERE naar_id = plan.id AND relatie = 'heeftBetrekkingOpAndere' AND regie_geldt(beeindigd)
        ) k ON true
        JOIN zaak d ON d.id = k.id
    )
"""
_TEAMS: Final = f"""
    WITH {_PLANS}
    -- per team: plans that run and that closed in a year, their length, and what is late or was refused
    SELECT team,
        count(*) FILTER (WHERE einddatum IS NULL) AS lopend,
        count(*) FILTER (WHERE einddatum >= :jaar) AS gesloten,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {_DAY.format("einddatum")} - {_DAY.format("startdatum")})
            FILTER (WHERE einddatum >= :jaar) AS dagen,
        (SELECT count(*) FROM deel d WHERE d.team = plan.team AND d.einddatum IS NULL) AS deelplannen,
        (SELECT count(*) FROM deel d
         WHERE d.team = plan.team AND d.einddatum IS NULL AND d.einde < :vandaag) AS te_laat,
        (SELECT count(*) FROM deel d JOIN overdracht o ON o.zaakidentificatie = d.identificatie
         WHERE d.team = plan.team AND o.richting = 'uit' AND o.aangeboden_op > now() - interval '1 year') AS aangeboden,
        (SELECT count(*) FROM deel d JOIN overdracht o ON o.zaakidentificatie = d.identificatie
         WHERE d.team = plan.team AND o.richting = 'uit' AND o.stand = 'geweigerd'
           AND o.aangeboden_op > now() - interval '1 year') AS geweigerd
    FROM plan GROUP BY team ORDER BY team
"""  # noqa: S608 - constants of this module
_MONTHS: Final = f"""
    WITH {_PLANS}, maand AS (
        -- per month of the last year: plans that began and that closed
        SELECT to_char(m, 'YYYYMM') AS maand
        FROM generate_series(date_trunc('month', now()) - interval '11 months', date_trunc('month', now()), '1 month') m
    )
    SELECT maand,
        (SELECT count(*) FROM plan WHERE left(startdatum, 6) = maand.maand) AS begonnen,
        (SELECT count(*) FROM plan WHERE left(einddatum, 6) = maand.maand) AS gesloten
    FROM maand ORDER BY maand
"""  # noqa: S608 - constants of this module
_SIGNALS: Final = Sql(
    "SELECT count(*) FROM inzage WHERE wat = 'POST /signaal' AND tijdstip > now() - interval '1 year'"
)


class TeamFigures(NamedTuple):
    """The figures of a team; `dagen` is the median length of plans that closed in a year, None when none did."""

    team: str
    lopend: int
    gesloten: int
    dagen: float | None
    deelplannen: int
    te_laat: int
    aangeboden: int
    geweigerd: int


class MonthFigures(NamedTuple):
    """Plans that began and closed in a month (yyyymm)."""

    maand: str
    begonnen: int
    gesloten: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures that somebody may see; `signalen` is None for who sees part of the plans.

    `hides` is whether counts below `LEAST` are hidden: not for the plans that somebody directs himself.
    """

    teams: list[TeamFigures]
    months: list[MonthFigures]
    signalen: int | None
    hides: bool

    def shown(self, count: int | float | None) -> str:
        """A count as it may be shown."""
        if count is None:
            return "geen"
        return f"<{LEAST}" if self.hides and count < LEAST else str(round(count))

    def length(self, team: TeamFigures) -> str:
        """The median length of the plans of a team: hidden with the number of them."""
        return f"<{LEAST} plannen" if self.hides and team.gesloten < LEAST else self._days(team.dagen)

    @staticmethod
    def _days(days: float | None) -> str:
        return "geen" if days is None else f"{round(days)} dagen"


def figures(connection: Connection, person: Person, today: str) -> Figures:
    """The figures that a person may see: of all plans, of those of his team, or of his own; today as yyyymmdd."""
    everything, team = person.may("cijfers", "ander"), person.may("cijfers", "team")
    scope: dict[str, Any] = {
        "alles": everything,
        "team": person.team if team else "",
        "regisseur": f"medewerker:{person.medewerker}" if person.medewerker and not team else None,
    }
    year = f"{int(today[:4]) - 1}{today[4:]}"
    kinds, scope = person.grant.kinds, scope | parameters(person.grant)
    rows = _statement(_TEAMS, kinds).run(connection, scope | {"vandaag": today, "jaar": year})
    teams = [TeamFigures(*tuple(row)) for row in rows]
    months = [MonthFigures(*tuple(row)) for row in _statement(_MONTHS, kinds).run(connection, scope)]
    signals = int(_SIGNALS.run(connection).scalar_one()) if everything else None
    return Figures(teams, months, signals, hides=team or everything)


@lru_cache
def _statement(sql: str, kinds: Kinds) -> Sql:
    return Sql(narrowed(sql, kinds))
