"""From criteria to conditions on zaken, on the objects of a zaak and on related zaken.

An object stands in a role, as zaakobject, as besluit, or as who set a status. All zaken share the row of an object,
which identifies it. A relation may say something else of the other elements, its name among them; that goes first, as
in an answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from regiesysteem.stuf.checks import bsn_forms, elfproef
from regiesysteem.stuf.entity import Choice, Element, Entiteit, Relatie
from regiesysteem.stuf.values import NO_WAARDE
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, holds, statustype_data, zaaktype_data
from regiesysteem.zakenmagazijn.select.conditions import (
    NEVER,
    UNKNOWN,
    Build,
    Source,
    ValueSql,
    and_,
    condition,
    fitting,
    json_text,
    source,
)
from regiesysteem.zakenmagazijn.select.question import Criterium
from regiesysteem.zakenmagazijn.zaak_changes import UNKNOWN_RELATIES
from regiesysteem.zkn.blocks import OWN_TIJDSTIP
from regiesysteem.zkn.parties import NNP, NPS
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
from regiesysteem.zkn.zaakobjects import AOA

# --- The keys by which a betrokkene or zaakobject is found when a question gives only an identificatie

_PREFIXES: Final = {
    "11": ("bsn",),
    "12": ("anp",),
    "21": ("rsin",),
    "22": ("ann",),
    "31": ("vestiging",),
    **dict.fromkeys(("41", "51", "61"), ("medewerker", "eenheid", "vestiging")),
}
"""The type that RGBZ puts before an identificatie, with the kinds of key that it stands for.

Senders number the betrokkenen that are no subject differently. Other digits are part of the identificatie.
"""


def sleutels(identificatie: str, choices: Iterable[Choice]) -> list[str]:
    """All keys (`kind:value`) that an identificatie may stand for: bare, or after the two digits of the RGBZ type.

    Nine digits that pass the elfproef are a BSN or RSIN as they are: without the first two they would find somebody
    else. Other keys are looked for as they stand: the number of a medewerker may begin with 11, or be nobody's.
    """
    soorten = {soort for choice in choices for _, soort in choice.entiteit.sleutels}
    out = [f"{soort}:{form}" for soort in sorted(soorten) for form in forms(soort, identificatie)]
    prefix, rest = identificatie[:2], identificatie[2:]
    if rest and not elfproef(identificatie):
        meant = soorten.intersection(_PREFIXES.get(prefix, ()))
        out.extend(f"{soort}:{form}" for soort in sorted(meant) for form in forms(soort, rest))
    return list(dict.fromkeys(out))


def forms(soort: str, waarde: str) -> tuple[str, ...]:
    """The values of a key of this kind that are looked for."""
    return bsn_forms(waarde) if soort in ("bsn", "rsin") else (waarde,)


# --- Conditions on the objects of a zaak: in a role, as zaakobject, as besluit, and as the one who set a status

_GENERAL: Final = {naam: Element(naam, kolom=naam) for naam in ("identificatie", "naam")}
"""The elements of any betrokkene or zaakobject; each entity keeps its own element for it in these columns."""

_SECOND: Final = {soort: naam for entiteit in (NPS, NNP) for naam, soort in entiteit.sleutels[1:]}
"""Kinds of number that a person may have beside the one in the sleutel, each with its element: in `inhoud`, indexed."""

_NAAM: Final = "naam"
_TYPING: Final = Element("typering", kolom="entiteittype")
_ADRES: Final = ((NPS, "verblijfsadres"), (NNP, "bezoekadres"))
_BUITENLAND: Final = "sub.verblijfBuitenland"


def objecten(build: Build, zaak: Source, relatie: Relatie, criterium: Criterium) -> str:
    """The condition that a zaak has such a relation to such an object, or, asked with noValue, that it has none."""
    r = source(build.alias("r"))
    where = f"{r.alias}.relatie = {build.parameter(relatie.naam)} AND {holds(f'{r.alias}.beeindigd')}"
    if criterium.empty:
        no = f"NOT EXISTS (SELECT FROM zaak_relatie {r.alias} WHERE {r.alias}.zaak_id = {zaak.alias}.id AND {where})"
        return without_relatie(zaak, relatie.naam, criterium.empty, no)
    to, parts = "", []
    for child in criterium.children:
        if child.naam == GERELATEERDE:
            o = source(build.alias("o"))
            o = replace(o, supplement=f"({r.inhoud} -> '{GERELATEERDE}')", sleutel=f"{r.alias}.object_id")
            to += f" LEFT JOIN object {o.alias} ON {o.alias}.id = {r.alias}.object_id"
            part = gerelateerde_condition(build, o, relatie, child)
        else:
            part = _own(build, r, relatie, child)
        parts.append(build.effect(child, part))
    if criterium.range_ is not None or (criterium.children and not any(parts)):
        return ""
    # A semi-join, so that the object can drive the query and not the table of zaken.
    return (
        f"{zaak.alias}.id IN (SELECT {r.alias}.zaak_id FROM zaak_relatie {r.alias}{to if any(parts) else ''}"
        f" WHERE {and_(where, *parts)})"
    )


def elementen_of(entiteit: Entiteit, naam: str) -> frozenset[str]:
    """The elements of an object for a criterion on any BTR or OBJ; none when its kind does not have it."""
    names = {element.naam for element in entiteit.elementen if naam in _GENERAL and element.kolom == naam}
    if naam == "identificatie":
        names.update(sleutel for sleutel, _ in entiteit.sleutels)
    groups = {"adresBinnenland": {group for _, group in _ADRES}, "adresBuitenland": {_BUITENLAND}}.get(naam, set())
    return frozenset(names | {group for group in groups if entiteit.element(group)})


def setter_condition(build: Build, s: Source, criterium: Criterium) -> tuple[str, str]:
    """The condition on the object that set status `s`, and the join that it needs."""
    build.ignore_waarde(criterium)
    own = s.group(IS_GEZET_DOOR.naam)
    said = f"{s.json(IS_GEZET_DOOR.naam)} ->> '@noValue'"
    if criterium.empty == UNKNOWN:
        return f"{said} = '{UNKNOWN}'", ""
    present = f"({s.alias}.gezet_door_id IS NOT NULL OR {own.json(GERELATEERDE)} IS NOT NULL)"
    if criterium.empty:
        no = f"(NOT {present} AND coalesce({said}, '{NO_WAARDE}') = '{NO_WAARDE}')"
        return no if criterium.empty == NO_WAARDE else "", ""
    o = source(build.alias("o"))
    o = Source(o.alias, o.inhoud, supplement=f"({own.json(GERELATEERDE)})")
    where = and_(
        *(
            build.effect(
                child,
                gerelateerde_condition(build, o, IS_GEZET_DOOR, child)
                if child.naam == GERELATEERDE
                else _own(build, own, IS_GEZET_DOOR, child),
            )
            for child in criterium.children
        )
    )
    if not where and (criterium.children or criterium.range_ is not None):
        return "", ""
    return and_(present, where), f" LEFT JOIN object {o.alias} ON {o.alias}.id = {s.alias}.gezet_door_id"


def without_relatie(zaak: Source, naam: str, empty: str, no: str) -> str:
    """The condition for a relation that is asked with a noValue; `no` is the one for having none."""
    said = f"{zaak.inhoud} -> '{UNKNOWN_RELATIES}' -> '{naam}'"
    if empty == UNKNOWN:
        return f"""{said} @> '["{UNKNOWN}"]'"""
    return f"({no} AND {said} IS NULL)" if empty == NO_WAARDE else ""


def _own(build: Build, r: Source, relatie: Relatie, criterium: Criterium) -> str:
    element = relatie.element(criterium.naam)
    if element is not None and element.ours:
        return condition(build, source(r.alias), OWN_TIJDSTIP, criterium)
    return condition(build, r, element, criterium) if element is not None else build.ignore(criterium.naam)


def gerelateerde_condition(build: Build, o: Source, relatie: Relatie, criterium: Criterium) -> str:
    """Conditions on the object: those of any BTR or OBJ, and those of a subtype that is named."""
    if criterium.empty:
        return _nobody(o, criterium)
    direct = relatie.choice("")
    if direct is not None:
        return _of_entiteit(build, o, direct.entiteit, criterium)
    parts = []
    for child in criterium.children:
        choice = relatie.choice(child.naam)
        if choice is None:
            parts.append(build.effect(child, _general(build, o, relatie, child)))
        elif child.empty:
            parts.append(build.effect(child, _nobody(o, child)))
        else:
            build.ignore_waarde(child)
            type_ = f"{o.alias}.entiteittype = '{choice.entiteit.code}'"
            parts.append(and_(type_, _of_entiteit(build, o, choice.entiteit, child)))
    return and_(*parts)


def _nobody(o: Source, criterium: Criterium) -> str:
    """The condition for a relation that leads to nobody."""
    return f"{o.alias}.id IS NULL" if criterium.empty == NO_WAARDE else ""


def _general(build: Build, o: Source, relatie: Relatie, criterium: Criterium) -> str:
    naam = criterium.naam
    if naam == "identificatie" and criterium.gelijk:
        return _by_sleutel(build, o, sleutels(criterium.waarde.strip(), relatie.gerelateerde))
    if naam in _GENERAL:
        elementen = (element for choice in relatie.gerelateerde for element in choice.entiteit.elementen)
        names = dict.fromkeys(element.naam for element in elementen if element.kolom == naam)
        exact = condition(build, o, _GENERAL[naam], criterium, o.shared(naam, list(names)))
        return and_(_those_named_so(build, o, _GENERAL[naam], criterium, list(names)), exact)
    if naam == "typering":
        return condition(build, o, _TYPING, criterium)
    if naam == "adresBinnenland":
        return _adres(build, o, criterium.children)
    if naam == "adresBuitenland":
        return _in_groups(build, o, [(NPS, _BUITENLAND)], criterium.children)
    return build.ignore(naam)


def _of_entiteit(build: Build, o: Source, entiteit: Entiteit, criterium: Criterium) -> str:
    soorten = dict(entiteit.sleutels)
    parts = []
    for child in criterium.children:
        element = entiteit.element(child.naam)
        if element is None:
            parts.append(build.ignore(child.naam))
        elif child.naam in soorten and child.gelijk:
            soort, waarde = soorten[child.naam], child.waarde.strip()
            parts.append(_by_sleutel(build, o, [f"{soort}:{form}" for form in forms(soort, waarde)]))
        else:
            exact = condition(build, o, element, child)
            parts.append(build.effect(child, and_(_those_named_so(build, o, element, child, [element.naam]), exact)))
    return and_(*parts)


def _those_named_so(build: Build, o: Source, element: Element, criterium: Criterium, names: Sequence[str]) -> str:
    """A condition on a name that indexes answer, and that every object that meets the criterion meets too; "" for none.

    It finds objects whose shared row has the name, and those whose relation has it: looked up first, as in
    `_by_sleutel`.
    """
    if element.kolom != _NAAM or criterium.empty or not (o.sleutel and o.supplement):
        return ""
    k, e = source(build.alias("k")), source(build.alias("e"))
    supplement = f"({e.inhoud} -> '{GERELATEERDE}')"
    said = ", ".join(f"{supplement} -> '{naam}'" for naam in names)
    own = f"coalesce({said})"
    sought = Element(element.naam, kolom=_NAAM)
    shared = condition(build, k, sought, criterium)
    if not shared:
        return ""
    own_name = condition(build, e, sought, criterium, ValueSql(json_text(own), own))
    object_ids = f"ARRAY(SELECT {k.alias}.id FROM object {k.alias} WHERE {shared})"
    relaties = (
        f"ARRAY(SELECT {e.alias}.id FROM zaak_relatie {e.alias} WHERE regie_eigen_naam({supplement}) AND {own_name})"
    )
    return f"({o.sleutel} = ANY({object_ids}) OR {o.sleutel.partition('.')[0]}.id = ANY({relaties}))"


def _by_sleutel(build: Build, o: Source, sought: list[str]) -> str:
    """The condition that an object has one of these keys (`kind:value`), as its sleutel or as another number of it.

    The objects are looked up first: they are few, and so is what refers to them, also when PostgreSQL has no statistics
    yet that tell it so.
    """
    if not sought:
        return NEVER
    k = build.alias("k")
    parts = [f"{k}.sleutel = ANY({build.parameter(sought)})"]
    for soort, naam in _SECOND.items():
        numbers = [sleutel.removeprefix(f"{soort}:") for sleutel in sought if sleutel.startswith(f"{soort}:")]
        if numbers:
            parts.append(f"({k}.inhoud ->> '{naam}') = ANY({build.parameter(numbers)})")
    who = f"ARRAY(SELECT {k}.id FROM object {k} WHERE {' OR '.join(parts)})"
    return f"{o.sleutel or f'{o.alias}.id'} = ANY({who})"


def _adres(build: Build, o: Source, children: Sequence[Criterium]) -> str:
    """An address of a person, organisation or vestiging, or the address that is the object itself.

    AOA calls its elements as these do, without the prefix aoa.
    """
    of_aoa = [
        (AOA.element(child.naam) or AOA.element(child.naam.removeprefix("aoa.")), child)
        for child in _known(build, _ADRES, children)
    ]
    itself = and_(*(condition(build, o, element, child) if element else NEVER for element, child in of_aoa))
    groups = _in_groups(build, o, _ADRES, children)
    return f"({groups} OR ({o.alias}.entiteittype = '{AOA.code}' AND {itself}))" if groups else ""


def _in_groups(build: Build, o: Source, groups: Sequence[tuple[Entiteit, str]], children: Sequence[Criterium]) -> str:
    """One of these groups of the object meets all criteria; criteria that none of them knows are ignored."""
    known = _known(build, groups, children)
    alternatives = []
    for entiteit, naam in groups:
        fields = {field.naam: field for field in _fields(entiteit, naam)}
        inside = o.group(naam)
        alternatives.append(and_(*(condition(build, inside, fields[child.naam], child) for child in known)))
    filled = [f"({alternative})" for alternative in alternatives if alternative]
    return f"({' OR '.join(filled)})" if filled else ""


def _known(build: Build, groups: Sequence[tuple[Entiteit, str]], children: Sequence[Criterium]) -> list[Criterium]:
    names = {field.naam for entiteit, naam in groups for field in _fields(entiteit, naam)}
    for child in children:
        if child.naam not in names:
            build.ignore(child.naam)
    return [child for child in children if child.naam in names]


def _fields(entiteit: Entiteit, group: str) -> tuple[Element, ...]:
    element = entiteit.element(group)
    return element.fields if element else ()


# --- Turns criteria into conditions on zaken and their relations

_SIDES: Final = {
    HEEFT_ALS_DEELZAAK.naam: (("van", "naar"),),
    HEEFT_ALS_HOOFDZAAK.naam: (("naar", "van"),),
    HEEFT_BETREKKING_OP_ANDERE.naam: (("van", "naar"), ("naar", "van")),
}
"""A relation between zaken is kept once: the hoofdzaak is `van`, and heeftBetrekkingOpAndere has no direction."""


def zaak_conditions(build: Build, zaak: Source, criteria: Iterable[Criterium], entiteit: Entiteit = ZAK) -> str:
    """The conditions that criteria set to a row of table zaak; "" when they set none.

    `entiteit` tells which elements may be asked: a zaak at the other end of a relation has fewer.
    """
    parts = []
    for criterium in criteria:
        element, relatie = ZAK.element(criterium.naam), entiteit.relatie(criterium.naam)
        if element is not None and entiteit.element(criterium.naam) is not None:
            part = condition(build, zaak, element, criterium)
        elif relatie is not None:
            part = _relatie(build, zaak, relatie, criterium)
        else:
            part = build.ignore(criterium.naam)
        parts.append(build.effect(criterium, part))
    return and_(*parts)


def _relatie(build: Build, zaak: Source, relatie: Relatie, criterium: Criterium) -> str:
    build.ignore_waarde(criterium)
    if relatie.naam == IS_VAN.naam:
        return _zaaktype(build, zaak, criterium)
    if relatie.naam in TO_OBJECTS.names:
        return objecten(build, zaak, relatie, criterium)
    if relatie.naam == HEEFT.naam:
        return _status(build, zaak, criterium)
    if relatie.naam in _SIDES:
        return _other_zaak(build, zaak, relatie, criterium)
    return build.ignore(relatie.naam)


def _zaaktype(build: Build, zaak: Source, criterium: Criterium) -> str:
    column = f"{zaak.alias}.zaaktype_id"
    if criterium.empty:
        return f"{column} IS NULL" if criterium.empty == NO_WAARDE else ""
    _ignore_rest(build, criterium)
    gerelateerde = criterium.child(GERELATEERDE)
    if gerelateerde is not None and gerelateerde.empty == NO_WAARDE:
        return f"{column} IS NULL"
    candidates = ((zaaktype.id, zaaktype_data(zaaktype)) for zaaktype in build.inrichting.zaaktypen)
    return _in(build, column, fitting(build, ZKT, gerelateerde.children, candidates) if gerelateerde else None)


def _in(build: Build, column: str, ids: Sequence[int] | None) -> str:
    if ids is None:
        return ""
    return f"{column} = ANY({build.parameter(ids)})" if ids else NEVER


def _ignore_rest(build: Build, criterium: Criterium) -> None:
    for child in criterium.children:
        if child.naam != GERELATEERDE:
            build.ignore(child.naam)


def _status(build: Build, zaak: Source, criterium: Criterium) -> str:
    s = source(build.alias("s"))
    if criterium.empty:
        no = f"NOT EXISTS (SELECT FROM zaak_status {s.alias} WHERE {s.alias}.zaak_id = {zaak.alias}.id)"
        return without_relatie(zaak, HEEFT.naam, criterium.empty, no)
    parts, to = [], ""
    for child in criterium.children:
        if child.naam == IS_GEZET_DOOR.naam:
            part, join = setter_condition(build, s, child)
            to += join
        else:
            part = _of_status(build, s, child)
        parts.append(build.effect(child, part))
    where = and_(*parts)
    if not where and (criterium.children or criterium.range_ is not None):
        return ""
    return f"{zaak.alias}.id IN (SELECT {s.alias}.zaak_id FROM zaak_status {s.alias}{to} WHERE {where or 'true'})"


def _of_status(build: Build, s: Source, criterium: Criterium) -> str:
    element = HEEFT.element(criterium.naam)
    if criterium.naam == GERELATEERDE:
        if criterium.empty == NO_WAARDE:
            return f"{s.alias}.statustype_id IS NULL"
        candidates = (
            (statustype.id, statustype_data(zaaktype, statustype))
            for zaaktype in build.inrichting.zaaktypen
            for statustype in (*zaaktype.statustypen, *zaaktype.vervallen_statustypen)
        )
        return _in(build, f"{s.alias}.statustype_id", fitting(build, STT, criterium.children, candidates))
    if criterium.naam == "indicatieLaatsteStatus":
        # Derived, so that every status has it.
        state = {"J": f"{s.alias}.laatste", "N": f"NOT {s.alias}.laatste"}
        return state.get(criterium.waarde.strip(), NEVER) if criterium.gelijk else ""
    return condition(build, s, element, criterium) if element is not None else build.ignore(criterium.naam)


def _other_zaak(build: Build, zaak: Source, relatie: Relatie, criterium: Criterium) -> str:
    k, other = source(build.alias("k")), source(build.alias("a"), zaak=True)
    sides = _SIDES[relatie.naam]
    kept = HEEFT_ALS_DEELZAAK.naam if relatie.naam == HEEFT_ALS_HOOFDZAAK.naam else relatie.naam
    soort = f"{k.alias}.relatie = {build.parameter(kept)} AND {holds(f'{k.alias}.beeindigd')}"
    if criterium.empty:
        here = " OR ".join(f"{k.alias}.{side}_id = {zaak.alias}.id" for side, _ in sides)
        no = f"NOT EXISTS (SELECT FROM zaak_zaak {k.alias} WHERE {soort} AND ({here}))"
        return without_relatie(zaak, relatie.naam, criterium.empty, no)
    parts = []
    for child in criterium.children:
        element = relatie.element(child.naam)
        if child.naam == GERELATEERDE and child.empty == NO_WAARDE:
            part = NEVER  # a relation between zaken leads to a zaak
        elif child.naam == GERELATEERDE:
            part = zaak_conditions(build, other, child.children, relatie.gerelateerde[0].entiteit)
        else:
            part = condition(build, k, element, child) if element is not None else build.ignore(child.naam)
        parts.append(build.effect(child, part))
    if criterium.range_ is not None or (criterium.children and not any(parts)):
        return ""
    where = and_(soort, *parts)
    selecties = " UNION ALL ".join(
        f"SELECT {k.alias}.{here}_id FROM zaak_zaak {k.alias} JOIN zaak {other.alias}"
        f" ON {other.alias}.id = {k.alias}.{there_}_id WHERE {where}"
        for here, there_ in sides
    )
    return f"{zaak.alias}.id IN ({selecties})"
