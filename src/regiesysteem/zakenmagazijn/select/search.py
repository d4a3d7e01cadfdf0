"""A question: its parameters, its order, and the statement that finds its zaken (StUF 03.01, 6.1 - 6.4)."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.entity import Element, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import SLEUTEL_ONTVANGEND, stuf
from regiesysteem.stuf.read import lokaal
from regiesysteem.stuf.values import GEEN_WAARDE
from regiesysteem.stuf.write import Scope, lees_scope
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, holds
from regiesysteem.zakenmagazijn.select.conditions import Bouw, bron, en
from regiesysteem.zakenmagazijn.select.question import (
    SLEUTELS,
    Criterium,
    geen_waarde,
    lees_criteria,
    paden,
    zonder_gevolg,
)
from regiesysteem.zakenmagazijn.select.sql import elementen_van, zaakvoorwaarden
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.zaak import ZAK

# --- The sorteringen that StUF-ZKN numbers for ZAK, as SQL over row `z` (table zaak) and `t` (table zaaktype)


@dataclass(frozen=True, slots=True)
class Sorteerveld:
    """One thing to sort on.

    Attributes:
        uitdrukking: SQL that never gives NULL, so that a vervolgvraag can compare with it.
        pad: where the zaak of an answer has the same text: an element, or one of the gerelateerde of a relation, of
            which the least counts; () where an answer may have another.
        aflopend: greatest first.
    """

    uitdrukking: str
    pad: tuple[str, ...] = ()
    aflopend: bool = False


def _object(relatie: str) -> Sorteerveld:
    return Sorteerveld(
        "coalesce((SELECT min(so.identificatie) FROM zaak_relatie sr JOIN object so ON so.id = sr.object_id"
        f" WHERE sr.zaak_id = z.id AND sr.relatie = '{relatie}' AND {holds('sr.beeindigd')}), '')",
        (relatie, "identificatie"),
    )


_IDENTIFICATIE: Final = Sorteerveld("z.identificatie", ("identificatie",))
_OMSCHRIJVING: Final = Sorteerveld("coalesce(z.omschrijving, '')", ("omschrijving",))
_STARTDATUM: Final = Sorteerveld("coalesce(z.startdatum, '')", ("startdatum",), aflopend=True)
_HOOFDZAAK: Final = Sorteerveld(
    "coalesce((SELECT min(sh.identificatie) FROM zaak_zaak sk JOIN zaak sh ON sh.id = sk.van_id"
    f" WHERE sk.naar_id = z.id AND sk.relatie = 'heeftAlsDeelzaak' AND {holds('sk.beeindigd')}), '')",
    ("heeftAlsHoofdzaak", "identificatie"),
)
_PER_NUMMER: Final[dict[int, tuple[Sorteerveld, ...]]] = {
    0: (),
    1: (),
    # When the inrichting has none of these, an answer gives the value in the message of the zaak.
    2: (
        Sorteerveld("coalesce(t.inhoud ->> 'zaakcategorie', '') COLLATE \"C\""),
        Sorteerveld("coalesce(t.inhoud ->> 'omschrijvingGeneriek', '') COLLATE \"C\""),
    ),
    3: (Sorteerveld("coalesce(t.omschrijving, '')", ("isVan", "omschrijving")),),
    4: (_OMSCHRIJVING,),
    5: (_STARTDATUM, _OMSCHRIJVING),
    6: (_object("heeftBetrekkingOp"),),
    7: (_object("heeftAlsBelanghebbende"),),
    8: (_object("heeftAlsGemachtigde"),),
    9: (_object("heeftAlsInitiator"),),
    10: (_object("heeftAlsUitvoerende"),),
    11: (_object("heeftAlsVerantwoordelijke"),),
    12: (_HOOFDZAAK,),
    13: (_object("heeftBetrekkingOp"),),
}
SORTERINGEN: Final = {nummer: (*velden, _IDENTIFICATIE) for nummer, velden in _PER_NUMMER.items()}
"""The fields of each sortering by its number; the identificatie last, so that every order is a strict one."""

MET_ZAAKTYPE: Final = frozenset({2, 3})
"""The sorteringen that need table zaaktype."""


def volgorde(nummer: int) -> str:
    """The ORDER BY of a sortering."""
    return ", ".join(f"{veld.uitdrukking}{' DESC' if veld.aflopend else ''}" for veld in SORTERINGEN[nummer])


def erna(nummer: int, waarden: tuple[str, ...]) -> str:
    """The condition that row `z` comes after a start object with these sort values, SQL in the order of the sortering.

    Fields that sort in one direction are compared as a row, so that an index can begin where the answer continues.
    """
    velden = SORTERINGEN[nummer]
    if not velden[0].aflopend:
        links = ", ".join(veld.uitdrukking for veld in velden)
        return f"({links}) > ({', '.join(waarden)})"
    rest = ", ".join(veld.uitdrukking for veld in velden[1:])
    eerste = velden[0].uitdrukking
    return f"{eerste} <= {waarden[0]} AND ({eerste} < {waarden[0]} OR ({rest}) > ({', '.join(waarden[1:])}))"


# --- The start object of a vervolgvraag: the last zaak of the previous answer, as it was there (StUF 03.01, 6.3.4)

_MAX_CIJFERS: Final = 18
"""Digits that always fit in our keys."""


@dataclass(frozen=True, slots=True)
class _Subtypen:
    """The gerelateerde of a relation that leads to several kinds of object."""

    relatie: Relatie


_Vorm = Entiteit | Relatie | Element | _Subtypen
_WILLEKEURIG: Final = Element("")


@dataclass(frozen=True, slots=True)
class Start:
    """The last zaak of the previous answer.

    Attributes:
        id: our key, 0 when the message does not say.
        identificatie: the identificatie, "" when the message does not say.
        waarden: per sort field the value that it had in that answer, None where the message does not say.
    """

    id: int
    identificatie: str
    waarden: tuple[str | None, ...]


def lees_start(bericht: etree._Element, bereik: Iterable[Criterium], sortering: int) -> Start:
    """Read <start> of a vervolgvraag; `bereik` are the criteria of <vanaf> and <totEnMet>.

    The values of the start object go before those of the zaak now: a message is understood by itself, and the answer
    continues where the previous one stopped.

    Raises StUF103 when it is absent, StUF106 when the object lacks an element of the range, at any level, or does not
    name its zaak, StUF097 as `lees_scope` does.
    """
    houder = bericht.find(zkn("start"))
    voorwerp = next(houder.iterchildren(tag=etree.Element), None) if houder is not None else None
    if voorwerp is None:
        raise StufFout("StUF103", "neem in start het laatste object van het vorige antwoord op")
    if gemist := sorted(set(_ontbrekend(bereik, [voorwerp], ZAK))):
        raise StufFout("StUF106", ", ".join(gemist))
    scope = lees_scope(bericht.find(zkn("scope")))
    start = Start(
        eigen_sleutel(voorwerp),
        _tekst(voorwerp, zkn("identificatie")) or "",
        tuple(_waarde(voorwerp, veld.pad, scope) for veld in SORTERINGEN[sortering]),
    )
    if not (start.id or start.identificatie):
        raise StufFout("StUF106", "start/object noemt geen identificatie, en ook geen StUF:sleutelOntvangend")
    return start


def eigen_sleutel(knoop: etree._Element | None) -> int:
    """Our key in sleutelOntvangend; 0, which no zaak has, when it is not one that we gave."""
    waarde = (knoop.get(SLEUTEL_ONTVANGEND, "") if knoop is not None else "").strip()
    return int(waarde) if waarde.isascii() and waarde.isdigit() and len(waarde) <= _MAX_CIJFERS else 0


def _ontbrekend(
    criteria: Iterable[Criterium], knopen: Sequence[etree._Element], vorm: _Vorm, pad: str = ""
) -> Iterator[str]:
    """The paths of the criteria for which none of these elements, which are a `vorm`, has an element inside.

    An element inside one without value counts as present: it has no value either.
    """
    for criterium in criteria:
        plek = f"{pad}{criterium.naam}"
        binnen = _met_naam(knopen, {criterium.naam})
        yield from _oordeel(criterium, binnen, _deel(vorm, criterium.naam), plek)


def _oordeel(criterium: Criterium, binnen: Sequence[etree._Element], vorm: _Vorm | None, plek: str) -> Iterator[str]:
    """The paths of one criterion that are missing, given the elements that it may be about."""
    if vorm is None or any(map(geen_waarde, binnen)):
        return
    if binnen and isinstance(vorm, _Subtypen):
        yield from _van_gerelateerden(criterium.kinderen, binnen, vorm.relatie, f"{plek}/")
    elif binnen:
        yield from _ontbrekend(criterium.kinderen, binnen, vorm, f"{plek}/")
    elif not (_open(criterium) and _weg_zonder_waarde(vorm)):
        yield from _bladen(criterium, plek)


def _van_gerelateerden(
    criteria: Iterable[Criterium], knopen: Sequence[etree._Element], relatie: Relatie, pad: str
) -> Iterator[str]:
    """The same for criteria on any BTR or OBJ: an answer has the subtype, whose elements have names of their own."""
    soorten = [(keuze, kind) for kind in _kinderen(knopen) if (keuze := relatie.keuze(lokaal(kind))) is not None]
    for criterium in criteria:
        plek, soort = f"{pad}{criterium.naam}", relatie.keuze(criterium.naam)
        if soort is not None:
            yield from _oordeel(criterium, [kind for keuze, kind in soorten if keuze is soort], soort.entiteit, plek)
            continue
        zeggen = [(kind, keuze.entiteit, elementen_van(keuze.entiteit, criterium.naam)) for keuze, kind in soorten]
        if any(geen_waarde(kind) or not namen for kind, _, namen in zeggen):
            continue  # no answer has it for one of them
        gezegd = [een for kind, _, namen in zeggen for een in _met_naam([kind], namen)]
        vormen = (entiteit.element(naam) for _, entiteit, namen in zeggen for naam in namen)
        yield from _oordeel(criterium, gezegd, next(vormen, _WILLEKEURIG), plek)


def _deel(vorm: _Vorm, naam: str) -> _Vorm | None:
    """The declaration of an element inside; None for one that cannot be selected on, so that no answer need have it."""
    if isinstance(vorm, _Subtypen):
        return None
    if isinstance(vorm, Element):
        return next((veld for veld in vorm.velden if veld.naam == naam and not veld.letterlijk), None)
    if isinstance(vorm, Relatie) and naam == GERELATEERDE:
        keuze = vorm.keuze("")
        return keuze.entiteit if keuze else _Subtypen(vorm)
    element = vorm.element(naam)
    return vorm.relatie(naam) if element is None else None if element.letterlijk else element


def _open(criterium: Criterium) -> bool:
    return all(map(_open, criterium.kinderen)) if criterium.kinderen else criterium.open


def _weg_zonder_waarde(vorm: _Vorm) -> bool:
    """Tell whether an answer leaves it out when it has no value: a range without sides finds such zaken too."""
    return isinstance(vorm, Element) and bool(vorm.keuze or vorm.velden or not vorm.nil)


def _bladen(criterium: Criterium, plek: str) -> Iterator[str]:
    if not criterium.kinderen:
        yield plek
    for kind in criterium.kinderen:
        yield from _bladen(kind, f"{plek}/{kind.naam}")


def _kinderen(knopen: Iterable[etree._Element]) -> Iterator[etree._Element]:
    for knoop in knopen:
        yield from knoop.iterchildren(tag=etree.Element)


def _met_naam(knopen: Iterable[etree._Element], namen: Container[str]) -> list[etree._Element]:
    return [kind for kind in _kinderen(knopen) if lokaal(kind) in namen]


def _waarde(voorwerp: etree._Element, pad: tuple[str, ...], scope: Scope) -> str | None:
    """The text to sort on: "" for no value, None when the object does not have it, or not all of it."""
    relatie = ZAK.relatie(pad[0]) if pad else None
    if relatie is None:
        return _tekst(voorwerp, zkn(pad[0])) if pad else None
    gevraagd = scope.relatie(relatie.naam) if scope.vraagt(relatie) else None
    if gevraagd is None or any(gevraagd.gerelateerde(keuze.naam) is None for keuze in relatie.gerelateerde):
        return None
    voorkomens = _met_naam([voorwerp], {relatie.naam})
    teksten = [_van_gerelateerde(een, relatie, pad[1]) for een in voorkomens if not geen_waarde(een)]
    gezegd = [tekst for tekst in teksten if tekst]
    return min(gezegd, default="") if voorkomens and len(gezegd) == len(teksten) else None


def _van_gerelateerde(voorkomen: etree._Element, relatie: Relatie, naam: str) -> str | None:
    """The text of that element of the object at the other end, or of the element that its subtype has for it."""
    gerelateerde = voorkomen.find(zkn(GERELATEERDE))
    if gerelateerde is None:
        return None
    if (rechtstreeks := relatie.keuze("")) is not None:
        return _tekst(gerelateerde, f"{{{rechtstreeks.entiteit.ns}}}{naam}")
    for kind in _kinderen([gerelateerde]):
        keuze = relatie.keuze(lokaal(kind))
        elementen = keuze.entiteit.elementen if keuze is not None else ()
        element = next((een for een in elementen if een.kolom == naam), None)
        if keuze is not None and element is not None:
            return _tekst(kind, f"{{{element.ns or keuze.entiteit.ns}}}{element.naam}")
    return None


def _tekst(knoop: etree._Element, naam: str) -> str | None:
    """The text of an element: "" for no value, None when it is absent or unknown."""
    gevonden = knoop.find(naam)
    if gevonden is None:
        return None
    leeg = geen_waarde(gevonden)
    if leeg:
        return "" if leeg == GEEN_WAARDE else None
    return gevonden.text or ""


# --- A zakLv01 as a question: parameters, criteria and the place to continue, checked by StUF 03.01, 6.1 and 6.3

MAXIMUM_AANTAL: Final = 15
"""The most zaken in an answer when the question sets no limit; the default of StUF-ZKN for ZAK."""

_WAAR: Final = ("true", "1")
_HOOGSTE_ID: Final = 2**63 - 1
_GEHEEL_GETAL: Final = re.compile(r"[+-]?[0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class Sleutels:
    """A range of our own keys (6.3.2); one key is a range of one."""

    laag: int = 0
    hoog: int = _HOOGSTE_ID


@dataclass(frozen=True, slots=True)
class Vraag:
    """A question about zaken.

    Attributes:
        criteria: what a zaak must meet; none for all zaken.
        sleutels: ask for zaken by our own keys instead.
        sortering: number of the order, a key of SORTERINGEN.
        maximum: how many zaken the answer has at most.
        begrensd: whether the asker wanted more than we give at once.
        start: the zaak after which a vervolgvraag goes on.
        tel: whether aantalVoorkomens is asked.
        genegeerd: ignored parts of the criteria.
    """

    criteria: tuple[Criterium, ...]
    sleutels: Sleutels | None
    sortering: int
    maximum: int
    begrensd: bool
    start: Start | None
    tel: bool
    genegeerd: tuple[str, ...] = ()


def lees_vraag(bericht: etree._Element, inrichting: Inrichting) -> Vraag:
    """Read the question of a zakLv01.

    Raises the StufFout of tables 6.3, 6.4, 6.5, 6.6 and 6.8 that applies, StUF055 for parameters that make no sense.
    """
    parameters = bericht.find(zkn("parameters"))
    gelijk, vanaf, tot_en_met = (bericht.find(zkn(naam)) for naam in ("gelijk", "vanaf", "totEnMet"))
    sleutels = _lees_sleutels(gelijk, vanaf, tot_en_met)
    sortering = _getal(parameters, "sortering", 0)
    if sortering not in SORTERINGEN:
        raise StufFout("StUF133", f"sortering {sortering}; wel: 0 tot en met {max(SORTERINGEN)}")
    gevraagd = _getal(parameters, "maximumAantal", MAXIMUM_AANTAL)
    if gevraagd < 1:
        raise StufFout("StUF055", f"maximumAantal {gevraagd} is kleiner dan 1")
    grens = inrichting.regels.max_antwoorden
    vervolg = _ja(parameters, "indicatorVervolgvraag")
    criteria = lees_criteria(gelijk, vanaf, tot_en_met) if sleutels is None else ()
    over = [naam for deel in (gelijk, vanaf, tot_en_met) for naam in zonder_gevolg(deel, *SLEUTELS)]
    over += [naam for criterium in criteria for een in criterium.alle() for naam in een.genegeerd]
    return Vraag(
        criteria=criteria,
        sleutels=sleutels,
        sortering=sortering,
        maximum=min(gevraagd, grens),
        begrensd=gevraagd > grens,
        start=lees_start(bericht, lees_criteria(None, vanaf, tot_en_met), sortering) if vervolg else None,
        tel=_ja(parameters, "indicatorAantal"),
        genegeerd=tuple(dict.fromkeys(over)),
    )


def _getal(parameters: etree._Element | None, naam: str, anders: int) -> int:
    waarde = ((parameters.findtext(stuf(naam)) if parameters is not None else None) or "").strip()
    if not waarde:
        return anders
    if not _GEHEEL_GETAL.fullmatch(waarde):
        raise StufFout("StUF055", f"{naam} {waarde[:20]!r} is geen geheel getal")
    return int(waarde)


def _ja(parameters: etree._Element | None, naam: str) -> bool:
    return parameters is not None and (parameters.findtext(stuf(naam)) or "").strip() in _WAAR


def _lees_sleutels(*delen: etree._Element | None) -> Sleutels | None:
    """Our own keys in <gelijk>, <vanaf> and <totEnMet>; keys of other systems we do not keep."""
    gezegd = [[naam for naam in SLEUTELS if deel is not None and naam in deel.attrib] for deel in delen]
    gelijk, laag, hoog = gezegd
    if not any(gezegd):
        return None
    if max(map(len, gezegd)) > 1 or (gelijk and (laag or hoog)):
        raise StufFout("StUF088", ", ".join(naam.rpartition("}")[2] for namen in gezegd for naam in namen))
    anders = [pad for deel in delen for pad in paden(deel)]
    if anders:
        raise StufFout("StUF091", ", ".join("/".join(pad) for pad in anders))
    vreemd = [naam.rpartition("}")[2] for namen in gezegd for naam in namen if naam != SLEUTEL_ONTVANGEND]
    if vreemd:
        raise StufFout("StUF094", f"{', '.join(vreemd)}; gebruik sleutelOntvangend of selecteer op identificatie")
    een, van, tot = (eigen_sleutel(deel) for deel in delen)
    if gelijk:
        return Sleutels(een, een)
    return Sleutels(van if laag else 0, tot if hoog else _HOOGSTE_ID)


# --- The query of a question: one statement that finds the zaken, and one more only to count them

_MAX_MELDING: Final = 250
_MEER_GEVRAAGD: Final = "StUF0002: Meer objecten gevraagd dan teruggegeven"
_BESTAAT: Final = Sql("""
    -- the start object of a vervolgvraag, when it is a zaak
    SELECT EXISTS (SELECT FROM zaak WHERE id = :start_id OR identificatie = :start_identificatie)
""")


@dataclass(frozen=True, slots=True)
class Treffers:
    """The zaken of an answer by id, in their order; `meer` that there are more; `aantal` only when it was asked."""

    ids: list[int]
    meer: bool
    aantal: int | None
    meldingen: list[str]

    def afgebroken(self) -> "Treffers":
        """The same, for an answer with fewer zaken than were asked (StUF 03.01, 6.4.1)."""
        meldingen = self.meldingen if _MEER_GEVRAAGD in self.meldingen else [*self.meldingen, _MEER_GEVRAAGD]
        return replace(self, meer=True, meldingen=meldingen)


def zoek(verbinding: Connection, inrichting: Inrichting, vraag: Vraag) -> Treffers:
    """Find the zaken that meet the criteria.

    Raises StUF055 for a value that cannot be compared, StUF106 for a start object that is no zaak.
    """
    bouw = Bouw(inrichting)
    waar = _waar(bouw, vraag)
    ids = _ids(verbinding, waar, bouw.parameters, vraag)
    if vraag.start is not None and not ids:
        _controleer_start(verbinding, vraag.start)
    meer = len(ids) > vraag.maximum
    ids = ids[: vraag.maximum]
    aantal = None
    if vraag.tel:
        # When all are in the answer, their number is the one that was asked (6.2, aantalVoorkomens).
        aantal = int(_telopdracht(waar).voer_uit(verbinding, bouw.parameters).scalar_one()) if meer else len(ids)
    return Treffers(ids, meer, aantal, _meldingen(bouw, vraag, meer=meer))


def melding_genegeerd(namen: Iterable[str]) -> str:
    """The melding that names the ignored criteria (6.3.1), as many as fit; `…` stands for the others."""
    tekst = " ".join(("StUF0001:", *namen))
    return tekst if len(tekst) <= _MAX_MELDING else f"{tekst[: _MAX_MELDING - 2].rpartition(' ')[0]} …"


def _waar(bouw: Bouw, vraag: Vraag) -> str:
    if vraag.sleutels is not None:
        laag, hoog = bouw.parameter(vraag.sleutels.laag), bouw.parameter(vraag.sleutels.hoog)
        return f"z.id BETWEEN {laag} AND {hoog}"
    return zaakvoorwaarden(bouw, bron("z", zaak=True), vraag.criteria)


def _ids(verbinding: Connection, waar: str, parameters: dict[str, Any], vraag: Vraag) -> list[int]:
    alle = {**parameters, "grens": vraag.maximum + 1}
    bekend: tuple[bool, ...] | None = None
    if vraag.start is not None:
        waarden = vraag.start.waarden
        bekend = tuple(waarde is not None for waarde in waarden)
        alle |= {f"s{plaats}": waarde for plaats, waarde in enumerate(waarden) if waarde is not None}
        alle |= _startsleutel(vraag.start)
    return list(_opdracht(waar, vraag.sortering, bekend).voer_uit(verbinding, alle).scalars())


def _startsleutel(start: Start) -> dict[str, Any]:
    return {"start_id": start.id, "start_identificatie": start.identificatie}


@lru_cache(maxsize=500)
def _opdracht(waar: str, sortering: int, bekend: tuple[bool, ...] | None) -> Sql:
    """The statement for this shape of question; the same shape gives the same statement.

    `bekend`, in a vervolgvraag, are the sort fields for which the message has the value of the start object. Those
    values go before the current ones: had one changed since, the answer would continue in another place.
    """
    start, na = "", ""
    if bekend is not None:
        velden = SORTERINGEN[sortering]
        waarden = tuple(f":s{p}" if weet else f"(SELECT s{p} FROM start)" for p, weet in enumerate(bekend))
        na = erna(sortering, waarden)
        zelf = ", ".join(f"{velden[p].uitdrukking} AS s{p}" for p, weet in enumerate(bekend) if not weet)
        if zelf:
            waar_start = "z.id = :start_id OR z.identificatie = :start_identificatie"
            start = f"WITH start AS (SELECT {zelf} FROM {_van(sortering)} WHERE {waar_start} LIMIT 1) "
    return Sql(
        f"{start}SELECT z.id FROM {_van(sortering)} WHERE {en(waar, na) or 'true'}"
        f" ORDER BY {volgorde(sortering)} LIMIT :grens -- which zaken a question is about"
    )


def _van(sortering: int) -> str:
    return "zaak z LEFT JOIN zaaktype t ON t.id = z.zaaktype_id" if sortering in MET_ZAAKTYPE else "zaak z"


@lru_cache(maxsize=500)
def _telopdracht(waar: str) -> Sql:
    return Sql(f"SELECT count(*) FROM zaak z WHERE {waar or 'true'} -- how many zaken a question is about")


def _controleer_start(verbinding: Connection, start: Start) -> None:
    if not _BESTAAT.voer_uit(verbinding, _startsleutel(start)).scalar_one():
        raise StufFout("StUF106", "het startobject is hier geen bekende zaak")


def _meldingen(bouw: Bouw, vraag: Vraag, *, meer: bool) -> list[str]:
    uit = []
    if genegeerd := dict.fromkeys((*bouw.genegeerd, *vraag.genegeerd)):
        uit.append(melding_genegeerd(genegeerd))
    if vraag.begrensd and meer:
        uit.append(_MEER_GEVRAAGD)
    return uit
