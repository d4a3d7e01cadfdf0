"""What is known of zaken beyond what a gebeurtenis says: read for a whole batch, and only what rules ask."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from regiesysteem.database import Sql
from regiesysteem.zkn.parties import MDW, NNP, NPS, OEH, VES

_PERSONEN: Final = ", ".join(f"'{entiteit.code}'" for entiteit in (NPS, NNP, VES, MDW, OEH))

_LEES: Final = Sql(f"""
    -- of each zaak: the gezinsplannen that it belongs to, who of the people asked for is in it or in those, and the
    -- applicaties with an afnemersindicatie on it or on those
    WITH kring AS MATERIALIZED (
        SELECT zaak_id, plan_id AS id, true AS plan FROM regie_plannen(:zaken) WHERE soort = 'gezinsplan'
        UNION
        SELECT id, id, false FROM unnest(CAST(:zaken AS bigint[])) AS zelf (id)
    )
    SELECT zaak_id, 'gezinsplan' AS wat, z.identificatie AS waarde, NULL AS actie, false AS eigen
    FROM kring JOIN zaak z USING (id) WHERE plan
    UNION ALL
    SELECT DISTINCT k.zaak_id, 'persoon', genoemd.nummer, NULL, false
    FROM kring k JOIN zaak_relatie r ON r.zaak_id = k.id AND regie_geldt(r.beeindigd)
    JOIN object o ON o.id = r.object_id AND o.entiteittype IN ({_PERSONEN})
    CROSS JOIN LATERAL (VALUES (o.identificatie), (o.inhoud ->> 'anp.identificatie'), (o.inhoud ->> 'ann.identificatie')
    ) AS genoemd (nummer)
    WHERE cardinality(CAST(:personen AS text[])) > 0 AND genoemd.nummer = ANY(:personen)
    UNION ALL
    SELECT k.zaak_id, 'afnemer', a.applicatie, a.verwachte_actie, k.id = k.zaak_id
    FROM kring k JOIN afnemersindicatie a ON a.zaak_id = k.id
    ORDER BY zaak_id, wat, eigen DESC, waarde
""")  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Feiten:
    """Of one zaak: gezinsplannen by identificatie, the numbers of people asked for that occur, and its afnemers.

    `afnemers` gives each applicatie with an afnemersindicatie the action that is expected of it.
    """

    gezinsplannen: set[str] = field(default_factory=set)
    personen: set[str] = field(default_factory=set)
    afnemers: dict[str, str] = field(default_factory=dict)


def lees_feiten(verbinding: Connection, zaken: Collection[int], personen: Collection[str]) -> Mapping[int, Feiten]:
    """Read them of zaken by id, in one statement; `personen` are all numbers that matter."""
    feiten = {zaak_id: Feiten() for zaak_id in zaken}
    if not feiten:
        return feiten
    for rij in _LEES.voer_uit(verbinding, {"zaken": list(feiten), "personen": list(personen)}):
        van = feiten[rij.zaak_id]
        if rij.wat == "gezinsplan":
            van.gezinsplannen.add(rij.waarde)
        elif rij.wat == "persoon":
            van.personen.add(rij.waarde)
        else:
            # That of the zaak itself comes first, and goes before that of its gezinsplan.
            van.afnemers.setdefault(rij.waarde, rij.actie)
    return feiten
