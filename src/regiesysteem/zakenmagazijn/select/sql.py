"""From criteria to conditions on zaken, on the objects of a zaak and on related zaken.

An object stands in a role, as zaakobject, as besluit, or as who set a status. All zaken share the row of an object,
which identifies it. A relation may say something else of the other elements, its name among them; that goes first, as
in an answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from regiesysteem.stuf.checks import elfproef
from regiesysteem.stuf.entity import Element, Entiteit, Keuze, Relatie
from regiesysteem.stuf.values import GEEN_WAARDE
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, holds, statustype_gegevens, zaaktype_gegevens
from regiesysteem.zakenmagazijn.select.conditions import (
    NOOIT,
    ONBEKEND,
    Bouw,
    Bron,
    Plek,
    bron,
    en,
    json_tekst,
    passende,
    voorwaarde,
)
from regiesysteem.zakenmagazijn.select.question import Criterium
from regiesysteem.zakenmagazijn.zaak_changes import ONBEKENDE_RELATIES
from regiesysteem.zkn.blocks import EIGEN_TIJDSTIP
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

_BSN: Final = 9
_VOORVOEGSELS: Final = {
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


def sleutels(identificatie: str, keuzes: Iterable[Keuze]) -> list[str]:
    """All keys (`kind:value`) that an identificatie may stand for: bare, or after the two digits of the RGBZ type.

    Nine digits that pass the elfproef are a BSN or RSIN as they are: without the first two they would find somebody
    else. Other keys are looked for as they stand: the number of a medewerker may begin with 11, or be nobody's.
    """
    soorten = {soort for keuze in keuzes for _, soort in keuze.entiteit.sleutels}
    uit = [f"{soort}:{vorm}" for soort in sorted(soorten) for vorm in vormen(soort, identificatie)]
    voorvoegsel, rest = identificatie[:2], identificatie[2:]
    if rest and not elfproef(identificatie):
        bedoeld = soorten.intersection(_VOORVOEGSELS.get(voorvoegsel, ()))
        uit.extend(f"{soort}:{vorm}" for soort in sorted(bedoeld) for vorm in vormen(soort, rest))
    return list(dict.fromkeys(uit))


def vormen(soort: str, waarde: str) -> Iterator[str]:
    """The value, and a BSN or RSIN that lost its leading zero with it."""
    yield waarde
    if soort in ("bsn", "rsin") and waarde.isascii() and waarde.isdigit() and len(waarde) == _BSN - 1:
        yield waarde.zfill(_BSN)


# --- Conditions on the objects of a zaak: in a role, as zaakobject, as besluit, and as the one who set a status

_ALGEMEEN: Final = {naam: Element(naam, kolom=naam) for naam in ("identificatie", "naam")}
"""The elements of any betrokkene or zaakobject; each entity keeps its own element for it in these columns."""

_TWEEDE: Final = {soort: naam for entiteit in (NPS, NNP) for naam, soort in entiteit.sleutels[1:]}
"""Kinds of number that a person may have beside the one in the sleutel, each with its element: in `inhoud`, indexed."""

_NAAM: Final = "naam"
_TYPERING: Final = Element("typering", kolom="entiteittype")
_ADRES: Final = ((NPS, "verblijfsadres"), (NNP, "bezoekadres"))
_BUITENLAND: Final = "sub.verblijfBuitenland"


def objecten(bouw: Bouw, zaak: Bron, relatie: Relatie, criterium: Criterium) -> str:
    """The condition that a zaak has such a relation to such an object, or, asked with noValue, that it has none."""
    r = bron(bouw.alias("r"))
    waar = f"{r.alias}.relatie = {bouw.parameter(relatie.naam)} AND {holds(f'{r.alias}.beeindigd')}"
    if criterium.leeg:
        geen = f"NOT EXISTS (SELECT FROM zaak_relatie {r.alias} WHERE {r.alias}.zaak_id = {zaak.alias}.id AND {waar})"
        return zonder_relatie(zaak, relatie.naam, criterium.leeg, geen)
    aan, delen = "", []
    for kind in criterium.kinderen:
        if kind.naam == GERELATEERDE:
            o = bron(bouw.alias("o"))
            o = replace(o, aanvulling=f"({r.inhoud} -> '{GERELATEERDE}')", sleutel=f"{r.alias}.object_id")
            aan += f" LEFT JOIN object {o.alias} ON {o.alias}.id = {r.alias}.object_id"
            deel = _gerelateerde(bouw, o, relatie, kind)
        else:
            deel = _eigen(bouw, r, relatie, kind)
        delen.append(bouw.gevolg(kind, deel))
    if criterium.bereik is not None or (criterium.kinderen and not any(delen)):
        return ""
    # A semi-join, so that the object can drive the query and not the table of zaken.
    return (
        f"{zaak.alias}.id IN (SELECT {r.alias}.zaak_id FROM zaak_relatie {r.alias}{aan if any(delen) else ''}"
        f" WHERE {en(waar, *delen)})"
    )


def elementen_van(entiteit: Entiteit, naam: str) -> frozenset[str]:
    """The elements of an object for a criterion on any BTR or OBJ; none when its kind does not have it."""
    namen = {element.naam for element in entiteit.elementen if naam in _ALGEMEEN and element.kolom == naam}
    if naam == "identificatie":
        namen.update(sleutel for sleutel, _ in entiteit.sleutels)
    groepen = {"adresBinnenland": {groep for _, groep in _ADRES}, "adresBuitenland": {_BUITENLAND}}.get(naam, set())
    return frozenset(namen | {groep for groep in groepen if entiteit.element(groep)})


def gezet_door(bouw: Bouw, s: Bron, criterium: Criterium) -> tuple[str, str]:
    """The condition on the object that set status `s`, and the join that it needs."""
    bouw.negeer_waarde(criterium)
    eigen = s.groep(IS_GEZET_DOOR.naam)
    gezegd = f"{s.json(IS_GEZET_DOOR.naam)} ->> '@noValue'"
    if criterium.leeg == ONBEKEND:
        return f"{gezegd} = '{ONBEKEND}'", ""
    aanwezig = f"({s.alias}.gezet_door_id IS NOT NULL OR {eigen.json(GERELATEERDE)} IS NOT NULL)"
    if criterium.leeg:
        geen = f"(NOT {aanwezig} AND coalesce({gezegd}, '{GEEN_WAARDE}') = '{GEEN_WAARDE}')"
        return geen if criterium.leeg == GEEN_WAARDE else "", ""
    o = bron(bouw.alias("o"))
    o = Bron(o.alias, o.inhoud, aanvulling=f"({eigen.json(GERELATEERDE)})")
    waar = en(
        *(
            bouw.gevolg(
                kind,
                _gerelateerde(bouw, o, IS_GEZET_DOOR, kind)
                if kind.naam == GERELATEERDE
                else _eigen(bouw, eigen, IS_GEZET_DOOR, kind),
            )
            for kind in criterium.kinderen
        )
    )
    if not waar and (criterium.kinderen or criterium.bereik is not None):
        return "", ""
    return en(aanwezig, waar), f" LEFT JOIN object {o.alias} ON {o.alias}.id = {s.alias}.gezet_door_id"


def zonder_relatie(zaak: Bron, naam: str, leeg: str, geen: str) -> str:
    """The condition for a relation that is asked with a noValue; `geen` is the one for having none."""
    gezegd = f"{zaak.inhoud} -> '{ONBEKENDE_RELATIES}' -> '{naam}'"
    if leeg == ONBEKEND:
        return f"""{gezegd} @> '["{ONBEKEND}"]'"""
    return f"({geen} AND {gezegd} IS NULL)" if leeg == GEEN_WAARDE else ""


def _eigen(bouw: Bouw, r: Bron, relatie: Relatie, criterium: Criterium) -> str:
    element = relatie.element(criterium.naam)
    if element is not None and element.eigen:
        return voorwaarde(bouw, bron(r.alias), EIGEN_TIJDSTIP, criterium)
    return voorwaarde(bouw, r, element, criterium) if element is not None else bouw.negeer(criterium.naam)


def _gerelateerde(bouw: Bouw, o: Bron, relatie: Relatie, criterium: Criterium) -> str:
    """Conditions on the object: those of any BTR or OBJ, and those of a subtype that is named."""
    if criterium.leeg:
        return _niemand(o, criterium)
    rechtstreeks = relatie.keuze("")
    if rechtstreeks is not None:
        return _van_entiteit(bouw, o, rechtstreeks.entiteit, criterium)
    delen = []
    for kind in criterium.kinderen:
        keuze = relatie.keuze(kind.naam)
        if keuze is None:
            delen.append(bouw.gevolg(kind, _algemeen(bouw, o, relatie, kind)))
        elif kind.leeg:
            delen.append(bouw.gevolg(kind, _niemand(o, kind)))
        else:
            bouw.negeer_waarde(kind)
            type_ = f"{o.alias}.entiteittype = '{keuze.entiteit.code}'"
            delen.append(en(type_, _van_entiteit(bouw, o, keuze.entiteit, kind)))
    return en(*delen)


def _niemand(o: Bron, criterium: Criterium) -> str:
    """The condition for a relation that leads to nobody."""
    return f"{o.alias}.id IS NULL" if criterium.leeg == GEEN_WAARDE else ""


def _algemeen(bouw: Bouw, o: Bron, relatie: Relatie, criterium: Criterium) -> str:
    naam = criterium.naam
    if naam == "identificatie" and criterium.gelijk:
        return _op_sleutel(bouw, o, sleutels(criterium.waarde.strip(), relatie.gerelateerde))
    if naam in _ALGEMEEN:
        elementen = (element for keuze in relatie.gerelateerde for element in keuze.entiteit.elementen)
        namen = dict.fromkeys(element.naam for element in elementen if element.kolom == naam)
        precies = voorwaarde(bouw, o, _ALGEMEEN[naam], criterium, o.gedeeld(naam, list(namen)))
        return en(_wie_zo_heten(bouw, o, _ALGEMEEN[naam], criterium, list(namen)), precies)
    if naam == "typering":
        return voorwaarde(bouw, o, _TYPERING, criterium)
    if naam == "adresBinnenland":
        return _adres(bouw, o, criterium.kinderen)
    if naam == "adresBuitenland":
        return _in_groepen(bouw, o, [(NPS, _BUITENLAND)], criterium.kinderen)
    return bouw.negeer(naam)


def _van_entiteit(bouw: Bouw, o: Bron, entiteit: Entiteit, criterium: Criterium) -> str:
    soorten = dict(entiteit.sleutels)
    delen = []
    for kind in criterium.kinderen:
        element = entiteit.element(kind.naam)
        if element is None:
            delen.append(bouw.negeer(kind.naam))
        elif kind.naam in soorten and kind.gelijk:
            soort, waarde = soorten[kind.naam], kind.waarde.strip()
            delen.append(_op_sleutel(bouw, o, [f"{soort}:{vorm}" for vorm in vormen(soort, waarde)]))
        else:
            precies = voorwaarde(bouw, o, element, kind)
            delen.append(bouw.gevolg(kind, en(_wie_zo_heten(bouw, o, element, kind, [element.naam]), precies)))
    return en(*delen)


def _wie_zo_heten(bouw: Bouw, o: Bron, element: Element, criterium: Criterium, namen: Sequence[str]) -> str:
    """A condition on a name that indexes answer, and that every object that meets the criterion meets too; "" for none.

    It finds objects whose shared row has the name, and those whose relation has it: looked up first, as in
    `_op_sleutel`.
    """
    if element.kolom != _NAAM or criterium.leeg or not (o.sleutel and o.aanvulling):
        return ""
    k, e = bron(bouw.alias("k")), bron(bouw.alias("e"))
    aanvulling = f"({e.inhoud} -> '{GERELATEERDE}')"
    gezegd = ", ".join(f"{aanvulling} -> '{naam}'" for naam in namen)
    eigen = f"coalesce({gezegd})"
    gezocht = Element(element.naam, kolom=_NAAM)
    gedeeld = voorwaarde(bouw, k, gezocht, criterium)
    if not gedeeld:
        return ""
    zelf = voorwaarde(bouw, e, gezocht, criterium, Plek(json_tekst(eigen), eigen))
    objecten_ = f"ARRAY(SELECT {k.alias}.id FROM object {k.alias} WHERE {gedeeld})"
    relaties = f"ARRAY(SELECT {e.alias}.id FROM zaak_relatie {e.alias} WHERE regie_eigen_naam({aanvulling}) AND {zelf})"
    return f"({o.sleutel} = ANY({objecten_}) OR {o.sleutel.partition('.')[0]}.id = ANY({relaties}))"


def _op_sleutel(bouw: Bouw, o: Bron, gezocht: list[str]) -> str:
    """The condition that an object has one of these keys (`kind:value`), as its sleutel or as another number of it.

    The objects are looked up first: they are few, and so is what refers to them, also when PostgreSQL has no statistics
    yet that tell it so.
    """
    if not gezocht:
        return NOOIT
    k = bouw.alias("k")
    delen = [f"{k}.sleutel = ANY({bouw.parameter(gezocht)})"]
    for soort, naam in _TWEEDE.items():
        nummers = [sleutel.removeprefix(f"{soort}:") for sleutel in gezocht if sleutel.startswith(f"{soort}:")]
        if nummers:
            delen.append(f"({k}.inhoud ->> '{naam}') = ANY({bouw.parameter(nummers)})")
    wie = f"ARRAY(SELECT {k}.id FROM object {k} WHERE {' OR '.join(delen)})"
    return f"{o.sleutel or f'{o.alias}.id'} = ANY({wie})"


def _adres(bouw: Bouw, o: Bron, kinderen: Sequence[Criterium]) -> str:
    """An address of a person, organisation or vestiging, or the address that is the object itself.

    AOA calls its elements as these do, without the prefix aoa.
    """
    van_aoa = [
        (AOA.element(kind.naam) or AOA.element(kind.naam.removeprefix("aoa.")), kind)
        for kind in _bekend(bouw, _ADRES, kinderen)
    ]
    zelf = en(*(voorwaarde(bouw, o, element, kind) if element else NOOIT for element, kind in van_aoa))
    groepen = _in_groepen(bouw, o, _ADRES, kinderen)
    return f"({groepen} OR ({o.alias}.entiteittype = '{AOA.code}' AND {zelf}))" if groepen else ""


def _in_groepen(bouw: Bouw, o: Bron, groepen: Sequence[tuple[Entiteit, str]], kinderen: Sequence[Criterium]) -> str:
    """One of these groups of the object meets all criteria; criteria that none of them knows are ignored."""
    bekend = _bekend(bouw, groepen, kinderen)
    alternatieven = []
    for entiteit, naam in groepen:
        velden = {veld.naam: veld for veld in _velden(entiteit, naam)}
        binnen = o.groep(naam)
        alternatieven.append(en(*(voorwaarde(bouw, binnen, velden[kind.naam], kind) for kind in bekend)))
    gevuld = [f"({alternatief})" for alternatief in alternatieven if alternatief]
    return f"({' OR '.join(gevuld)})" if gevuld else ""


def _bekend(bouw: Bouw, groepen: Sequence[tuple[Entiteit, str]], kinderen: Sequence[Criterium]) -> list[Criterium]:
    namen = {veld.naam for entiteit, naam in groepen for veld in _velden(entiteit, naam)}
    for kind in kinderen:
        if kind.naam not in namen:
            bouw.negeer(kind.naam)
    return [kind for kind in kinderen if kind.naam in namen]


def _velden(entiteit: Entiteit, groep: str) -> tuple[Element, ...]:
    element = entiteit.element(groep)
    return element.velden if element else ()


# --- Turns criteria into conditions on zaken and their relations

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
