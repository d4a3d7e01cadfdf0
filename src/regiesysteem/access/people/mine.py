"""The zaken of a person as a set, for lists: the same relations as `relation.relation_to` has for one zaak.

`MINE` are common table expressions that a statement puts after `WITH RECURSIVE`. `mijn (zaak_id, rang)` has the zaken
in which he is named, and the plans above those that he carries out; `onder (zaak_id, rang)` of `MINE_AND_BELOW` also
those under his gezinsplannen. The rang is the place of the relation in `ORDER`. A statement that reads zaken with them
still needs the narrowing of the grant of the role (`access.sight`).
"""

from collections.abc import Sequence
from typing import Any, Final

from regiesysteem.access.people.roles import Person, Relation, Right

ORDER: Final[tuple[Relation, ...]] = ("eigen", "team", "uitvoerende", "reden")
"""The relations of a person, the closest first; the statements have their numbers."""

_NAMED: Final = """
    sleutels AS MATERIALIZED (
        SELECT 'medewerker:' || :medewerker AS sleutel, true AS eigen WHERE :medewerker <> ''
        UNION ALL
        SELECT 'medewerker:' || medewerker, false FROM account WHERE team = :team AND team <> '' AND medewerker <> ''
        UNION ALL
        SELECT 'eenheid:' || :team, false WHERE :team <> ''
    ),
    genoemd AS MATERIALIZED (
        SELECT r.zaak_id, CASE WHEN NOT s.eigen THEN 1 WHEN r.relatie = 'heeftAlsInitiator' THEN 0 ELSE 2 END AS rang,
               r.relatie = 'heeftAlsInitiator' AS gemaakt
        FROM sleutels s
        JOIN object o ON o.sleutel = s.sleutel AND o.entiteittype IN ('MDW', 'OEH')
        JOIN zaak_relatie r ON r.object_id = o.id AND regie_geldt(r.beeindigd)
        WHERE r.relatie = 'heeftAlsInitiator' OR r.relatie = 'heeftAlsUitvoerende' AND s.eigen
           OR r.relatie = 'heeftAlsVerantwoordelijke' AND o.entiteittype = 'OEH'
        UNION ALL
        SELECT z.id, 3, false FROM toegang_reden t JOIN zaak z ON z.identificatie = t.zaakidentificatie
        WHERE t.persoon = :persoon AND t.verloopt_op > now()
    ),
    met_plan AS MATERIALIZED (
        SELECT zaak_id, rang, gemaakt FROM genoemd WHERE rang = ANY(:rangen)
        UNION ALL
        SELECT plan_id, 2, false
        FROM regie_plannen(ARRAY(SELECT zaak_id FROM genoemd WHERE rang = 2 AND 2 = ANY(:rangen)))
    ),
    mijn AS MATERIALIZED (SELECT zaak_id, min(rang) AS rang FROM met_plan GROUP BY zaak_id)
"""

# The mirror of regie_plannen, from a gezinsplan down. Who carries out a deelplan has nothing of the others.
# A zaak in a gezinsplan is that of the regisseur of the plan, whoever made it.
_BELOW: Final = """
    van_een_plan AS MATERIALIZED (
        SELECT DISTINCT zaak_id FROM regie_plannen(ARRAY(
            SELECT m.zaak_id
            FROM met_plan m JOIN zaak z ON z.id = m.zaak_id LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
            WHERE m.gemaakt AND k.soort IS DISTINCT FROM 'gezinsplan'))
        WHERE soort = 'gezinsplan'
    ),
    weg (id, soort, rang, daalt) AS (
        SELECT m.zaak_id, k.soort, m.rang, k.soort IS NOT DISTINCT FROM 'gezinsplan' AND m.rang <> 2
        FROM met_plan m JOIN zaak z ON z.id = m.zaak_id LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
        WHERE NOT m.gemaakt OR m.zaak_id NOT IN (SELECT zaak_id FROM van_een_plan)
        UNION
        SELECT z.id, k.soort, weg.rang, true
        FROM weg
        JOIN LATERAL (
            SELECT naar_id AS id, relatie = 'heeftAlsDeelzaak' AS deelzaak FROM zaak_zaak
            WHERE van_id = weg.id AND regie_geldt(beeindigd)
            UNION ALL
            SELECT van_id, false FROM zaak_zaak
            WHERE naar_id = weg.id AND relatie = 'heeftBetrekkingOpAndere' AND regie_geldt(beeindigd)
        ) ander ON weg.daalt
        JOIN zaak z ON z.id = ander.id
        LEFT JOIN zaaktype k ON k.id = z.zaaktype_id
        WHERE k.soort IS DISTINCT FROM 'gezinsplan'
          AND (weg.soort = 'gezinsplan' OR ander.deelzaak
               OR (weg.soort = 'levensdomeinplan' AND k.soort IS DISTINCT FROM 'levensdomeinplan'))
    ),
    onder AS MATERIALIZED (SELECT id AS zaak_id, min(rang) AS rang FROM weg GROUP BY id)
"""

MINE: Final = _NAMED
MINE_AND_BELOW: Final = f"{_NAMED}, {_BELOW}"


def mine_of(person: Person, ranks: Sequence[int] = range(len(ORDER))) -> dict[str, Any]:
    """The parameters of `MINE`; only relations with these ranks count."""
    return {"medewerker": person.medewerker, "team": person.team, "persoon": person.naam, "rangen": list(ranks)}


def relation_of_rang(rang: int | None) -> Relation:
    """The relation that a rang stands for; "ander" for none."""
    return "ander" if rang is None else ORDER[rang]


def ranks_with(person: Person, right: Right) -> list[int]:
    """The rang of each relation with which the person has a right."""
    return [rang for rang, relation in enumerate(ORDER) if person.may(right, relation)]
