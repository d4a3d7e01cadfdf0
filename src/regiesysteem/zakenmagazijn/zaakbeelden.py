"""Zaken for a kennisgeving: everything that it can carry, and the plans that they belong to.

Two statements for any number of zaken.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.write import KERNGEGEVENS, Beeld, Modus, RelatieBeeld, Scope
from regiesysteem.zakenmagazijn.laden import ZAAKKOLOMMEN, laad, laad_gerelateerde_zaken
from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP_ANDERE, ZAK

_SCOPE: Final = Scope(
    Modus.ELEMENTEN, {relatie.naam: Scope(Modus.ELEMENTEN) for relatie in ZAK.relaties if relatie.kennisgeving}
)
_PLANNEN: Final = Sql(f"""
    SELECT p.zaak_id AS van, {", ".join(f"a.{kolom}" for kolom in ZAAKKOLOMMEN)}
    FROM regie_plannen(:ids) p JOIN zaak a ON a.id = p.plan_id
    WHERE p.plan_id <> p.zaak_id ORDER BY p.zaak_id, a.id
""")  # noqa: S608 - names of columns, from the entity table


def laad_zaakbeelden(verbinding: Connection, inrichting: Inrichting, zaak_ids: Sequence[int]) -> dict[int, Beeld]:
    """The zaken by id, with every relation that a kennisgeving can have; one that does not exist is left out.

    heeftBetrekkingOpAndere also has the gezinsplan and the levensdomeinplan that a zaak belongs to in another way:
    through the levensdomeinplan, or the hoofdzaak.
    """
    ids = list(dict.fromkeys(zaak_ids))
    beelden = {int(beeld.sleutel): beeld for beeld in laad(verbinding, inrichting, ids, _SCOPE)}
    rijen = list(_PLANNEN.voer_uit(verbinding, {"ids": list(beelden)}).mappings()) if beelden else []
    keuze = HEEFT_BETREKKING_OP_ANDERE.gerelateerde[0]
    plannen = laad_gerelateerde_zaken(verbinding, inrichting, rijen, keuze.entiteit, KERNGEGEVENS)
    per_zaak: dict[int, list[Beeld]] = defaultdict(list)
    for rij, plan in zip(rijen, plannen, strict=True):
        per_zaak[rij["van"]].append(plan)
    for zaak_id, erbij in per_zaak.items():
        relaties = beelden[zaak_id].relaties.setdefault(HEEFT_BETREKKING_OP_ANDERE.naam, [])
        bekend = {een.beeld.gegevens.get("identificatie") for een in relaties if een.beeld}
        relaties += [
            RelatieBeeld({}, keuze, plan) for plan in erbij if plan.gegevens.get("identificatie") not in bekend
        ]
    return beelden
