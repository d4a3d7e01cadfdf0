"""A gezinsplan as a tree: the zaken under it, by levensdomein, with how far each is. Two statements, and no XML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection

from regiesysteem.access.caller import Kinds
from regiesysteem.access.people.relation import ZaakRelation
from regiesysteem.access.people.roles import Person
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting, Zaaktype
from regiesysteem.regie.party_names import NAME_PARTS, name_of

AT_ONCE: Final = 100
"""The deelplannen on one page."""
_NEARLY: Final = timedelta(days=7)
_OTHER: Final = "Overig"

# OFFSET 0 keeps the look-ups of single zaken what they are: nobody can tell PostgreSQL how few zaken a plan has.
# The mirror of regie_plannen, which goes up: a zaak is under a plan that it has a relation with, and under the
# levensdomeinplan and the hoofdzaak that are under it. Of two ways to it, the one by a levensdomeinplan counts.
_MEMBERS: Final = """
    -- a zaak and all zaken under it, each with the levensdomeinplan that it is in
    SELECT DISTINCT ON (l.id) l.id, z.identificatie, coalesce(nullif(z.omschrijving, ''), k.omschrijving, '') AS titel,
           coalesce(l.soort, '') AS soort, l.domein, coalesce(k.inhoud ->> 'zaakcategorie', '') AS categorie,
           z.einddatum IS NOT NULL OR coalesce(z.eindstatus, false) AS klaar,
           :medewerker <> '' AND l.id IN (
               SELECT r.zaak_id FROM object o JOIN zaak_relatie r ON r.object_id = o.id
               WHERE o.sleutel = 'medewerker:' || :medewerker AND o.entiteittype = 'MDW'
                 AND r.relatie = 'heeftAlsUitvoerende' AND regie_geldt(r.beeindigd)
           ) AS eigen
    FROM (
        WITH RECURSIVE lid (id, soort, domein) AS (
            SELECT z.id, k.soort, CAST(NULL AS bigint) FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
            WHERE z.id = :zaak
            UNION
            SELECT z.id, z.soort, CASE WHEN z.soort = 'levensdomeinplan' THEN z.id ELSE lid.domein END
            FROM lid
            JOIN LATERAL (
                SELECT naar_id AS id, relatie = 'heeftAlsDeelzaak' AS deelzaak FROM zaak_zaak
                WHERE van_id = lid.id AND regie_geldt(beeindigd)
                UNION ALL
                SELECT van_id, false FROM zaak_zaak
                WHERE naar_id = lid.id AND relatie = 'heeftBetrekkingOpAndere' AND regie_geldt(beeindigd)
            ) onder ON lid.soort IN ('gezinsplan', 'levensdomeinplan') OR onder.deelzaak
            JOIN LATERAL (
                SELECT z.id, k.soort FROM zaak z LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
                WHERE z.id = onder.id OFFSET 0
            ) z ON true
            WHERE z.soort IS DISTINCT FROM 'gezinsplan'
              AND (onder.deelzaak OR lid.soort = 'gezinsplan' OR z.soort IS DISTINCT FROM 'levensdomeinplan')
        ) SELECT * FROM lid
    ) l
    JOIN LATERAL (
        SELECT z.identificatie, z.omschrijving, z.einddatum, z.zaaktype_id, t.eindstatus FROM zaak z
        LEFT JOIN zaak_status s ON s.zaak_id = z.id AND s.laatste
        LEFT JOIN statustype t ON t.id = s.statustype_id
        WHERE z.id = l.id OFFSET 0
    ) z ON true
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    ORDER BY l.id, l.domein
"""
_DETAILS: Final = Sql(f"""
    -- zaken with their last status, who executes them, and their last transfer
    SELECT z.id, z.zaaktype_id, coalesce(k.omschrijving, '') AS zaaktype, z.startdatum, z.einddatum_gepland,
           z.uiterlijke_einddatum, z.einddatum, coalesce(z.toelichting, '') AS toelichting,
           coalesce(t.omschrijving, '') AS status, t.volgnummer, s.datum_status_gezet AS status_sinds,
           (SELECT jsonb_object_agg(h.statustype_id, h.moment) FROM (
                SELECT statustype_id, max(moment) AS moment FROM zaak_status
                WHERE zaak_id = z.id AND statustype_id IS NOT NULL GROUP BY 1) h) AS gehad,
           (SELECT jsonb_agg({NAME_PARTS} ORDER BY r.id) FROM zaak_relatie r JOIN object o ON o.id = r.object_id
            WHERE r.zaak_id = z.id AND r.relatie = 'heeftAlsUitvoerende' AND regie_geldt(r.beeindigd)) AS uitvoerenden,
           coalesce((SELECT string_agg(DISTINCT applicatie, ', ') FROM zaak_eigenaar e
                     WHERE e.zaak_id = z.id), '') AS applicatie,
           v.id AS overdracht, v.applicatie AS aan, v.stand, v.antwoord, v.uiterlijk
    FROM zaak z
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    LEFT JOIN zaak_status s ON s.zaak_id = z.id AND s.laatste
    LEFT JOIN statustype t ON t.id = s.statustype_id
    LEFT JOIN LATERAL (
        SELECT id, applicatie, stand, antwoord, uiterlijk FROM overdracht
        WHERE zaak_id = z.id AND richting = 'uit' ORDER BY id DESC LIMIT 1
    ) v ON true
    WHERE z.id = ANY(:zaken)
""")  # noqa: S608 - a constant of `party_names`


@dataclass(frozen=True, slots=True)
class Member:
    """A zaak of a plan, or the plan itself.

    Attributes:
        zaak_id: its row.
        zaaknummer: its identificatie.
        titel: its omschrijving, or that of its zaaktype.
        soort: as in the inrichting, "" when its zaaktype is not known.
        domein: the row of the levensdomeinplan that it is in or is, None for none.
        categorie: the zaakcategorie of its zaaktype, "" for none.
        klaar: whether it ended.
        eigen: whether the person who looks is uitvoerende of it.
    """

    zaak_id: int
    zaaknummer: str
    titel: str
    soort: str
    domein: int | None
    categorie: str
    klaar: bool
    eigen: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """The last transfer of a zaak to a back office; `stand` and `antwoord` as the table has them."""

    id: int
    applicatie: str
    stand: str
    antwoord: str
    uiterlijk: datetime | None


@dataclass(frozen=True, slots=True)
class ZaakStep:
    """A statustype of a zaak, and when the zaak got it last; None when it did not."""

    omschrijving: str
    op: date | None


@dataclass(frozen=True, slots=True)
class ZaakFacts:
    """The facts of a zaak that a page shows; days are None when not known.

    Attributes:
        whole: whether the person may see more than its name and status; if not, the rest is empty here.
        stap: its status is this one of the statustypen of its zaaktype, 0 when it has none.
        stappen: how many statustypen those are.
        steps: those statustypen, and what it had besides, in their order.
        deadline: the day on which it has to be ready.
        te_laat: whether that day is over, and the zaak is not ready.
        bijna: whether that day is within a week, and the zaak is not ready.
    """

    zaak_id: int
    zaaknummer: str
    titel: str
    soort: str
    klaar: bool
    whole: bool
    status: str
    status_sinds: date | None = None
    zaaktype: str = ""
    toelichting: str = ""
    startdatum: date | None = None
    einddatum: date | None = None
    deadline: date | None = None
    te_laat: bool = False
    bijna: bool = False
    stap: int = 0
    stappen: int = 0
    steps: tuple[ZaakStep, ...] = ()
    uitvoerenden: str = ""
    applicatie: str = ""
    offer: Offer | None = None


@dataclass(slots=True)
class Domain:
    """A levensdomein of a plan: how many of its deelplannen are ready, and those of this page.

    `plan` is its levensdomeinplan, None for the zaken without one, and where that stands on an earlier page.
    """

    titel: str
    klaar: int
    totaal: int
    plan: ZaakFacts | None = None
    deelplannen: list[ZaakFacts] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tree:
    """A plan with its domains; `members` are all its zaken, itself first, of which a page shows a part.

    `after` is the zaaknummer after which the next page begins, "" when this is the last.
    """

    plan: ZaakFacts
    domains: list[Domain]
    members: list[Member]
    shown: list[Member]
    klaar: int
    totaal: int
    after: str


def read_tree(  # noqa: PLR0917 - a plan, for whom, and which part
    connection: Connection,
    inrichting: Inrichting,
    person: Person,
    found: ZaakRelation,
    today: date,
    after: str = "",
    most: int | None = AT_ONCE,
) -> Tree:
    """A plan with the zaken under it that the role of a person may see, `most` after the zaak `after`.

    Who is only uitvoerende sees of zaken that are not his their names and statuses.
    """
    members = read_members(connection, person, found.zaak_id)
    root, rest = members[0], members[1:]
    titles = {one.zaak_id: one.titel for one in rest if one.soort == "levensdomeinplan"}
    rest.sort(key=lambda one: _order(one, _domain(one, titles)))
    begin = next((place + 1 for place, one in enumerate(rest) if one.zaaknummer == after), 0)
    part = rest[begin:] if most is None else rest[begin : begin + most]
    shown = [root, *part]
    facts = read_facts(connection, inrichting, found, shown, today)
    counts = {
        titel: [one.klaar for one in group if one.soort != "levensdomeinplan"]
        for titel, group in groupby(rest, lambda one: _domain(one, titles))
    }
    domains = []
    for titel, group in groupby(part, lambda one: _domain(one, titles)):
        domain = Domain(titel[0], sum(counts[titel]), len(counts[titel]))
        for one in group:
            if one.soort == "levensdomeinplan":
                domain.plan = facts[one.zaak_id]
            else:
                domain.deelplannen.append(facts[one.zaak_id])
        domains.append(domain)
    more = part[-1].zaaknummer if part and begin + len(part) < len(rest) else ""
    ready = [klaar for each in counts.values() for klaar in each]
    return Tree(facts[root.zaak_id], domains, [root, *rest], shown, sum(ready), len(ready), more)


def read_members(connection: Connection, person: Person, zaak_id: int) -> list[Member]:
    """A zaak and all zaken under it that the role of a person may see, the zaak itself first; one statement."""
    given = {"zaak": zaak_id, "medewerker": person.medewerker, **parameters(person.grant)}
    members = [Member(*tuple(row)) for row in _members(person.grant.kinds).run(connection, given)]
    return sorted(members, key=lambda one: one.zaak_id != zaak_id)


def read_facts(
    connection: Connection, inrichting: Inrichting, found: ZaakRelation, members: Sequence[Member], today: date
) -> dict[int, ZaakFacts]:
    """The facts of zaken by their rows, as far as somebody with this relation to the plan may see them."""
    rows = {row.id: row for row in _DETAILS.run(connection, {"zaken": [one.zaak_id for one in members]})}
    return {one.zaak_id: _facts(one, rows[one.zaak_id], inrichting, sees_whole(found, one), today) for one in members}


def sees_whole(found: ZaakRelation, member: Member) -> bool:
    """Tell whether somebody with this relation sees all of a zaak, or its name and status only."""
    return found.relation != "uitvoerende" or member.eigen


def _order(member: Member, domain: tuple[str, int]) -> tuple[bool, tuple[str, int], bool, int]:
    """The place of a zaak in the tree: by domain, those without a levensdomeinplan last, a levensdomeinplan first."""
    return not domain[1], domain, member.soort != "levensdomeinplan", member.zaak_id


def _domain(member: Member, titles: Mapping[int, str]) -> tuple[str, int]:
    """The title of the domain of a zaak, and the row of its levensdomeinplan, 0 for none."""
    if member.domein is not None and member.domein in titles:
        return titles[member.domein], member.domein
    return member.categorie or _OTHER, 0


def _facts(member: Member, row: Any, inrichting: Inrichting, whole: bool, today: date) -> ZaakFacts:
    base = (member.zaak_id, member.zaaknummer, member.titel, member.soort, member.klaar, whole, row.status)
    if not whole:
        return ZaakFacts(*base)
    deadline = day_of(row.uiterlijke_einddatum) or day_of(row.einddatum_gepland)
    left = deadline - today if deadline and not member.klaar else None
    zaaktype = inrichting.zaaktype_with_id(row.zaaktype_id) if row.zaaktype_id is not None else None
    steps = zaaktype.statustypen if zaaktype else ()
    return ZaakFacts(
        *base,
        status_sinds=day_of(row.status_sinds),
        zaaktype=row.zaaktype,
        toelichting=row.toelichting,
        startdatum=day_of(row.startdatum),
        einddatum=day_of(row.einddatum),
        deadline=deadline,
        te_laat=left is not None and left < timedelta(0),
        bijna=left is not None and timedelta(0) <= left <= _NEARLY,
        stap=sum(step.volgnummer <= row.volgnummer for step in steps) if row.volgnummer is not None else 0,
        stappen=len(steps),
        steps=_steps(zaaktype, row.gehad or {}),
        uitvoerenden=", ".join(_names(row.uitvoerenden or ())),
        applicatie=row.applicatie,
        offer=Offer(row.overdracht, row.aan, row.stand, row.antwoord, row.uiterlijk) if row.overdracht else None,
    )


def _steps(zaaktype: Zaaktype | None, had: Mapping[str, str]) -> tuple[ZaakStep, ...]:
    if zaaktype is None:
        return ()
    known = [*zaaktype.statustypen, *(one for one in zaaktype.vervallen_statustypen if str(one.id) in had)]
    known.sort(key=lambda one: one.volgnummer)
    return tuple(ZaakStep(one.omschrijving, day_of(had.get(str(one.id)))) for one in known)


def _names(people: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from dict.fromkeys(name for one in people if (name := name_of(one)))


@lru_cache
def _members(kinds: Kinds) -> Sql:
    return Sql(narrowed(_MEMBERS, kinds))


def day_of(moment: str | None) -> date | None:
    """The day of a date or time of StUF (8 to 17 digits); None for none, and for one that is no day (19991300)."""
    try:
        return date(int(moment[:4]), int(moment[4:6]), int(moment[6:8])) if moment else None
    except ValueError:
        return None
