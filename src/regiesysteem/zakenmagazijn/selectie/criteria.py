"""Turns criteria into conditions on zaken and their relations."""

from collections.abc import Iterable, Sequence
from typing import Final

from regiesysteem.stuf.entity import Entiteit, Relatie
from regiesysteem.stuf.values import GEEN_WAARDE
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, holds, statustype_gegevens, zaaktype_gegevens
from regiesysteem.zakenmagazijn.selectie.bouw import NOOIT, Bouw, Bron, bron, en
from regiesysteem.zakenmagazijn.selectie.criterium import Criterium
from regiesysteem.zakenmagazijn.selectie.geheugen import passende
from regiesysteem.zakenmagazijn.selectie.objecten import gezet_door, objecten, zonder_relatie
from regiesysteem.zakenmagazijn.selectie.waarden import voorwaarde
from regiesysteem.zkn.zaak import (
    HEEFT,
    HEEFT_ALS_DEELZAAK,
    HEEFT_ALS_HOOFDZAAK,
    HEEFT_BETREKKING_OP_ANDERE,
    IS_GEZET_DOOR,
    IS_VAN,
    STT,
    ZAK,
    ZKT,
)

_KANTEN: Final = {
    HEEFT_ALS_DEELZAAK.naam: (("van", "naar"),),
    HEEFT_ALS_HOOFDZAAK.naam: (("naar", "van"),),
    HEEFT_BETREKKING_OP_ANDERE.naam: (("van", "naar"), ("naar", "van")),
}
"""A relation between zaken is kept once: the hoofdzaak is `van`, and heeftBetrekkingOpAndere has no direction."""


def zaakvoorwaarden(bouw: Bouw, zaak: Bron, criteria: Iterable[Criterium], entiteit: Entiteit = ZAK) -> str:
    """The conditions that criteria set to a row of table zaak; "" when they set none.

    `entiteit` tells which elements may be asked: a zaak at the other end of a relation has fewer.
    """
    delen = []
    for criterium in criteria:
        element, relatie = ZAK.element(criterium.naam), entiteit.relatie(criterium.naam)
        if element is not None and entiteit.element(criterium.naam) is not None:
            deel = voorwaarde(bouw, zaak, element, criterium)
        elif relatie is not None:
            deel = _relatie(bouw, zaak, relatie, criterium)
        else:
            deel = bouw.negeer(criterium.naam)
        delen.append(bouw.gevolg(criterium, deel))
    return en(*delen)


def _relatie(bouw: Bouw, zaak: Bron, relatie: Relatie, criterium: Criterium) -> str:
    bouw.negeer_waarde(criterium)
    if relatie.naam == IS_VAN.naam:
        return _zaaktype(bouw, zaak, criterium)
    if relatie.naam in TO_OBJECTS.names:
        return objecten(bouw, zaak, relatie, criterium)
    if relatie.naam == HEEFT.naam:
        return _status(bouw, zaak, criterium)
    if relatie.naam in _KANTEN:
        return _andere_zaak(bouw, zaak, relatie, criterium)
    return bouw.negeer(relatie.naam)


def _zaaktype(bouw: Bouw, zaak: Bron, criterium: Criterium) -> str:
    kolom = f"{zaak.alias}.zaaktype_id"
    if criterium.leeg:
        return f"{kolom} IS NULL" if criterium.leeg == GEEN_WAARDE else ""
    _negeer_rest(bouw, criterium)
    gerelateerde = criterium.kind(GERELATEERDE)
    if gerelateerde is not None and gerelateerde.leeg == GEEN_WAARDE:
        return f"{kolom} IS NULL"
    kandidaten = ((zaaktype.id, zaaktype_gegevens(zaaktype)) for zaaktype in bouw.inrichting.zaaktypen)
    return _in(bouw, kolom, passende(bouw, ZKT, gerelateerde.kinderen, kandidaten) if gerelateerde else None)


def _in(bouw: Bouw, kolom: str, ids: Sequence[int] | None) -> str:
    if ids is None:
        return ""
    return f"{kolom} = ANY({bouw.parameter(ids)})" if ids else NOOIT


def _negeer_rest(bouw: Bouw, criterium: Criterium) -> None:
    for kind in criterium.kinderen:
        if kind.naam != GERELATEERDE:
            bouw.negeer(kind.naam)


def _status(bouw: Bouw, zaak: Bron, criterium: Criterium) -> str:
    s = bron(bouw.alias("s"))
    if criterium.leeg:
        geen = f"NOT EXISTS (SELECT FROM zaak_status {s.alias} WHERE {s.alias}.zaak_id = {zaak.alias}.id)"
        return zonder_relatie(zaak, HEEFT.naam, criterium.leeg, geen)
    delen, aan = [], ""
    for kind in criterium.kinderen:
        if kind.naam == IS_GEZET_DOOR.naam:
            deel, join = gezet_door(bouw, s, kind)
            aan += join
        else:
            deel = _van_status(bouw, s, kind)
        delen.append(bouw.gevolg(kind, deel))
    waar = en(*delen)
    if not waar and (criterium.kinderen or criterium.bereik is not None):
        return ""
    return f"{zaak.alias}.id IN (SELECT {s.alias}.zaak_id FROM zaak_status {s.alias}{aan} WHERE {waar or 'true'})"


def _van_status(bouw: Bouw, s: Bron, criterium: Criterium) -> str:
    element = HEEFT.element(criterium.naam)
    if criterium.naam == GERELATEERDE:
        if criterium.leeg == GEEN_WAARDE:
            return f"{s.alias}.statustype_id IS NULL"
        kandidaten = (
            (statustype.id, statustype_gegevens(zaaktype, statustype))
            for zaaktype in bouw.inrichting.zaaktypen
            for statustype in (*zaaktype.statustypen, *zaaktype.vervallen_statustypen)
        )
        return _in(bouw, f"{s.alias}.statustype_id", passende(bouw, STT, criterium.kinderen, kandidaten))
    if criterium.naam == "indicatieLaatsteStatus":
        # Derived, so that every status has it.
        stand = {"J": f"{s.alias}.laatste", "N": f"NOT {s.alias}.laatste"}
        return stand.get(criterium.waarde.strip(), NOOIT) if criterium.gelijk else ""
    return voorwaarde(bouw, s, element, criterium) if element is not None else bouw.negeer(criterium.naam)


def _andere_zaak(bouw: Bouw, zaak: Bron, relatie: Relatie, criterium: Criterium) -> str:
    k, ander = bron(bouw.alias("k")), bron(bouw.alias("a"), zaak=True)
    kanten = _KANTEN[relatie.naam]
    bewaard = HEEFT_ALS_DEELZAAK.naam if relatie.naam == HEEFT_ALS_HOOFDZAAK.naam else relatie.naam
    soort = f"{k.alias}.relatie = {bouw.parameter(bewaard)} AND {holds(f'{k.alias}.beeindigd')}"
    if criterium.leeg:
        hier = " OR ".join(f"{k.alias}.{kant}_id = {zaak.alias}.id" for kant, _ in kanten)
        geen = f"NOT EXISTS (SELECT FROM zaak_zaak {k.alias} WHERE {soort} AND ({hier}))"
        return zonder_relatie(zaak, relatie.naam, criterium.leeg, geen)
    delen = []
    for kind in criterium.kinderen:
        element = relatie.element(kind.naam)
        if kind.naam == GERELATEERDE and kind.leeg == GEEN_WAARDE:
            deel = NOOIT  # a relation between zaken leads to a zaak
        elif kind.naam == GERELATEERDE:
            deel = zaakvoorwaarden(bouw, ander, kind.kinderen, relatie.gerelateerde[0].entiteit)
        else:
            deel = voorwaarde(bouw, k, element, kind) if element is not None else bouw.negeer(kind.naam)
        delen.append(bouw.gevolg(kind, deel))
    if criterium.bereik is not None or (criterium.kinderen and not any(delen)):
        return ""
    waar = en(soort, *delen)
    selecties = " UNION ALL ".join(
        f"SELECT {k.alias}.{hier}_id FROM zaak_zaak {k.alias} JOIN zaak {ander.alias}"
        f" ON {ander.alias}.id = {k.alias}.{daar}_id WHERE {waar}"
        for hier, daar in kanten
    )
    return f"{zaak.alias}.id IN ({selecties})"
