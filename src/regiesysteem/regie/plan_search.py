"""Plans sought by a BSN, several of them, a part of a surname, an address or a number. No XML; four statements."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import Connection

from regiesysteem.access.caller import Kinds
from regiesysteem.access.people.mine import MINE, MINE_AND_BELOW, mine_of, ranks_with
from regiesysteem.access.people.roles import Person
from regiesysteem.access.sight import narrowed, parameters, visible
from regiesysteem.db import Sql
from regiesysteem.regie.regisseurs import REGISSEUR
from regiesysteem.stuf.checks import elfproef, nine_digits

PAGE_ROWS: Final = 100
MOST_PEOPLE: Final = 3000
"""How many people a part of a name is followed for."""
MOST_BSNS: Final = 25
LONGEST: Final = 300
"""The letters that a search may have: enough for the BSNs of a big gezin."""
_LEAST: Final = 3
"""The letters that a trigram index needs."""
_MOST_ZAKEN: Final = 1000
_ADDRESS: Final = re.compile(r"([1-9][0-9]{3})\s?([A-Za-z]{2})[\s,]+([1-9][0-9]{0,4})(?:[\s-]?\w{1,6})?")
_NUMBER: Final = re.compile(r"[\w.\-/]*[0-9][\w.\-/]*")
_PREFIXES: Final = frozenset(
    (
        "van",
        "de",
        "der",
        "den",
        "het",
        "'t",
        "’t",
        "ter",
        "ten",
        "te",
        "in",
        "op",
        "aan",
        "bij",
        "onder",
        "uit",
        "vd",
        "el",
        "al",
    )
)

Kind = Literal["bsn", "naam", "adres", "nummer"]
Soort = Literal["gezinsplan", "alles"]


class SearchError(Exception):
    """Something that cannot be sought; the text is a sentence for who typed it, without what he typed."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A thing to seek: BSNs; a part of a surname; postcode and huisnummer; or a part of a zaaknummer."""

    kind: Kind
    values: tuple[str, ...]


def read_sought(text: str) -> Sought:
    """Read what was typed. Raises SearchError for what cannot be sought."""
    if len(text) > LONGEST:
        raise SearchError("Dat is te lang om te zoeken.")
    text = " ".join(text.split())
    if not text:
        raise SearchError("Vul in wat u zoekt.")
    words = re.split(r"[\s,;]+", text.strip(" ,;"))
    digits = [word.replace(".", "") for word in words]
    if all(map(nine_digits, digits)) and (len(digits) > 1 or elfproef(digits[0])):
        return _bsns(digits)
    if found := _ADDRESS.fullmatch(text):
        return Sought("adres", (found[1] + found[2].upper(), found[3]))
    if len(words) == 1 and _NUMBER.fullmatch(text):
        return Sought("nummer", (text,))
    return _name(words)


def _bsns(numbers: Sequence[str]) -> Sought:
    if len(numbers) > MOST_BSNS:
        raise SearchError(f"Zoek op hoogstens {MOST_BSNS} BSN's tegelijk.")
    if not all(map(elfproef, numbers)):
        raise SearchError("Een van de nummers is geen BSN: de elfproef klopt niet.")
    return Sought("bsn", tuple(dict.fromkeys(numbers)))


def _name(words: list[str]) -> Sought:
    while len(words) > 1 and words[0].lower() in _PREFIXES:
        words = words[1:]
    name = " ".join(words)
    if len(name) < _LEAST:
        raise SearchError(f"Vul minstens {_LEAST} letters van de achternaam in.")
    return Sought("naam", (name,))


_PEOPLE: Final = {
    "bsn": "o.sleutel = ANY(:sleutels)",
    "naam": "regie_zoeknaam(o.naam) LIKE '%' || regie_zoeknaam(:naam) || '%'",
    "adres": "regie_postcode(o.inhoud) = :postcode AND o.inhoud #>> '{verblijfsadres,aoa.huisnummer}' = :huisnummer",
}
_BY_PERSON: Final = """
    mensen AS MATERIALIZED (
        SELECT o.id, o.sleutel FROM object o WHERE o.entiteittype = 'NPS' AND {people} LIMIT :mensen
    ),
    raak AS MATERIALIZED (
        SELECT r.zaak_id, bool_or(r.relatie = 'heeftBetrekkingOp') AS bekend
        FROM mensen m JOIN zaak_relatie r ON r.object_id = m.id AND regie_geldt(r.beeindigd) GROUP BY r.zaak_id
    )
"""
_BY_NUMBER: Final = """
    mensen AS (SELECT CAST(NULL AS bigint) AS id WHERE false),
    raak AS MATERIALIZED (
        SELECT id AS zaak_id, true AS bekend FROM zaak WHERE identificatie = :nummer
        UNION ALL (
            SELECT id, false FROM zaak
            WHERE :deel <> '' AND identificatie COLLATE "default" ILIKE :deel AND identificatie <> :nummer
            ORDER BY id DESC LIMIT :zaken)
    )
"""
# OFFSET 0 keeps the planner at one look-up for each hit: it expects too many hits, and would read every gezinsplan.
_FIND: Final = """
    -- the zaken that a search hits, the newest first: the relation of the person to them (rang), and whether it may be
    -- told that they are there (bekend)
    WITH RECURSIVE {mine}, {hits},
    zaken AS MATERIALIZED (
        SELECT zaak_id, bekend FROM raak {plans}
    )
    SELECT z.id, bool_or(g.bekend AND k.soort = 'gezinsplan') AS bekend, min(m.rang) AS rang,
           (SELECT count(*) FROM mensen) AS mensen,
           {told} AS mensen_sleutels
    FROM zaken g
    JOIN LATERAL (SELECT id, zaaktype_id, einddatum FROM zaak WHERE id = g.zaak_id OFFSET 0) z ON true
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    LEFT JOIN {seen} m ON m.zaak_id = z.id
    WHERE (:alles OR k.soort = 'gezinsplan') AND (NOT :lopend OR z.einddatum IS NULL) AND {visible}
    GROUP BY z.id ORDER BY z.id DESC
"""
_TOLD: Final = "ARRAY(SELECT sleutel FROM mensen WHERE sleutel IS NOT NULL)"
_THEIR_PLANS: Final = """
    UNION ALL
    SELECT p.plan_id, g.bekend FROM regie_plannen(ARRAY(SELECT zaak_id FROM raak)) p JOIN raak g USING (zaak_id)
    WHERE p.soort = 'gezinsplan'
"""
_SHOW: Final = f"""
    -- plans on a page of results
    SELECT z.id, z.identificatie, coalesce(k.omschrijving, '') AS zaaktype, coalesce(k.soort, 'overig') AS soort,
           z.einddatum IS NULL AS lopend, coalesce(t.omschrijving, '') AS status, {REGISSEUR} AS regisseur,
           ARRAY(SELECT DISTINCT o.naam FROM zaak_relatie r JOIN object o ON o.id = r.object_id
                 WHERE r.zaak_id = z.id AND r.relatie = 'heeftBetrekkingOp' AND o.entiteittype = 'NPS'
                   AND o.naam IS NOT NULL AND regie_geldt(r.beeindigd) ORDER BY 1) AS namen,
           coalesce(d.klaar, 0) AS klaar, coalesce(d.deelplannen, 0) AS deelplannen
    FROM zaak z
    LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
    LEFT JOIN zaak_status s ON s.zaak_id = z.id AND s.laatste
    LEFT JOIN statustype t ON t.id = s.statustype_id
    LEFT JOIN LATERAL (
        SELECT count(*) AS deelplannen, count(deel.einddatum) AS klaar
        FROM (
            SELECT naar_id AS id FROM zaak_zaak WHERE van_id = z.id AND regie_geldt(beeindigd)
            UNION SELECT van_id FROM zaak_zaak
            WHERE naar_id = z.id AND relatie = 'heeftBetrekkingOpAndere' AND regie_geldt(beeindigd)
        ) onder
        JOIN zaak deel ON deel.id = onder.id
        JOIN zaaktype dk ON dk.id = deel.zaaktype_id AND dk.soort = 'deelplan'
    ) d ON true
    WHERE z.id = ANY(:zaken) ORDER BY z.id DESC
"""  # noqa: S608 - a constant
_MOST_NUMBERS: Final = 5
_HIDDEN: Final = Sql(f"""
    -- plans that may not be seen, by their regisseur
    SELECT {REGISSEUR} AS regisseur, count(*) AS aantal,
           (array_agg(z.identificatie ORDER BY z.id DESC))[1:{_MOST_NUMBERS}] AS nummers,
           (array_agg(z.id ORDER BY z.id DESC))[1:{_MOST_NUMBERS}] AS zaken
    FROM zaak z WHERE z.id = ANY(:zaken)
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :aantal
""")  # noqa: S608 - a constant
_MOST_REGISSEURS: Final = 20


@dataclass(frozen=True, slots=True)
class FoundPlan:
    """A plan that was found, and that the person may see."""

    zaak_id: int
    zaaknummer: str
    zaaktype: str
    soort: str
    namen: tuple[str, ...]
    regisseur: str
    status: str
    lopend: bool
    klaar: int
    deelplannen: int


@dataclass(frozen=True, slots=True)
class HiddenPlans:
    """How many plans of a regisseur were found that the person may not see; he may give a reason for a number.

    ``zaken`` are the rows of the plans with these numbers.
    """

    aantal: int
    regisseur: str
    nummers: tuple[str, ...]
    zaken: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """The outcome of a search.

    Attributes:
        plans: those on this page that the person may see.
        total: how many he may see.
        hidden: those that he may only know of.
        next: the row after which the next page begins; 0 when this is the last.
        too_many: there were more people than were followed, so there may be more plans.
        told: the people of an address, as `object.sleutel` writes them, when it tells that a plan of theirs is there.
    """

    plans: list[FoundPlan]
    total: int
    hidden: list[HiddenPlans]
    next: int
    too_many: bool
    told: frozenset[str] = frozenset()


def find_plans(
    connection: Connection,
    person: Person,
    sought: Sought,
    *,
    only_running: bool = True,
    soort: Soort = "gezinsplan",
    after: int = 0,
) -> Results:
    """Find plans (with `alles` other zaken too) in three statements; those after the row `after`, the newest first."""
    values = _parameters(sought) | mine_of(person, ranks_with(person, "inzien")) | parameters(person.grant)
    values |= {"lopend": only_running, "alles": soort == "alles"}
    rows = _statement(sought.kind, soort, person.grant.kinds).run(connection, values)
    seen, hidden, people, told = [], [], 0, frozenset[str]()
    for row in rows:
        people, told = row.mensen, frozenset(row.mensen_sleutels)
        if row.rang is not None:
            seen.append(row.id)
        elif row.bekend and person.has("dat"):
            hidden.append(row.id)
    page = [zaak for zaak in seen if not after or zaak < after][: PAGE_ROWS + 1]
    more, page = len(page) > PAGE_ROWS, page[:PAGE_ROWS]
    shown = {"zaken": page, **parameters(person.grant)}
    return Results(
        plans=[FoundPlan(*_values(row)) for row in _show(person.grant.kinds).run(connection, shown)] if page else [],
        total=len(seen),
        hidden=_hidden(connection, hidden),
        next=page[-1] if more else 0,
        too_many=people > MOST_PEOPLE,
        told=told if hidden else frozenset(),
    )


def _values(row: Any) -> tuple[Any, ...]:
    return (
        row.id, row.identificatie, row.zaaktype, row.soort, tuple(row.namen), row.regisseur, row.status, row.lopend,
        row.klaar, row.deelplannen,
    )  # fmt: skip


def _hidden(connection: Connection, zaken: list[int]) -> list[HiddenPlans]:
    if not zaken:
        return []
    rows = _HIDDEN.run(connection, {"zaken": zaken, "aantal": _MOST_REGISSEURS})
    return [HiddenPlans(row.aantal, row.regisseur, tuple(row.nummers), tuple(row.zaken)) for row in rows]


@lru_cache
def _show(kinds: Kinds) -> Sql:
    return Sql(narrowed(_SHOW, kinds))


@lru_cache
def _statement(kind: Kind, soort: Soort, kinds: Kinds) -> Sql:
    return Sql(
        _FIND.format(
            mine=MINE if soort == "gezinsplan" else MINE_AND_BELOW,
            hits=_BY_PERSON.format(people=_PEOPLE[kind]) if kind in _PEOPLE else _BY_NUMBER,
            told=_TOLD if kind == "adres" else "CAST('{}' AS text[])",
            plans="" if kind == "naam" else _THEIR_PLANS,
            seen="mijn" if soort == "gezinsplan" else "onder",
            visible=visible(kinds, "z") or "true",
        )
    )


def _parameters(sought: Sought) -> dict[str, Any]:
    match sought.kind:
        case "bsn":
            values: dict[str, Any] = {"sleutels": [f"bsn:{bsn}" for bsn in sought.values]}
        case "naam":
            values = {"naam": _as_letters(sought.values[0])}
        case "adres":
            values = {"postcode": sought.values[0], "huisnummer": sought.values[1]}
        case "nummer":
            [number] = sought.values
            values = {"nummer": number, "deel": f"%{_as_letters(number)}%" if len(number) >= _LEAST else ""}
    return values | {"mensen": MOST_PEOPLE + 1, "zaken": _MOST_ZAKEN}


def _as_letters(text: str) -> str:
    """A text for LIKE in which a wildcard is the letter that it is."""
    return re.sub(r"([\\%_])", r"\\\1", text)
