"""A question: its parameters, its order, and the statement that finds its zaken (StUF 03.01, 6.1 - 6.4)."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from lxml import etree
from sqlalchemy import Connection

from regiesysteem.access.caller import EVERYTHING, UNBOUNDED, Grant, Kinds
from regiesysteem.access.sight import narrowed, parameters
from regiesysteem.db import Sql
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.entity import Element, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import SLEUTEL_ONTVANGEND, stuf
from regiesysteem.stuf.read import local
from regiesysteem.stuf.values import NO_WAARDE
from regiesysteem.stuf.write import Scope, read_scope
from regiesysteem.zakenmagazijn.rows import GERELATEERDE, holds
from regiesysteem.zakenmagazijn.select.conditions import Build, and_, source
from regiesysteem.zakenmagazijn.select.question import (
    SLEUTELS,
    Criterium,
    no_waarde_of,
    paths,
    read_criteria,
    without_effect,
)
from regiesysteem.zakenmagazijn.select.sql import elementen_of, zaak_conditions
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.zaak import ZAK

# --- The sorteringen that StUF-ZKN numbers for ZAK, as SQL over row `z` (table zaak) and `t` (table zaaktype)


@dataclass(frozen=True, slots=True)
class SortField:
    """One thing to sort on.

    Attributes:
        expression: SQL that never gives NULL, so that a vervolgvraag can compare with it.
        path: where the zaak of an answer has the same text: an element, or one of the gerelateerde of a relation, of
            which the least counts; () where an answer may have another.
        descending: greatest first.
    """

    expression: str
    path: tuple[str, ...] = ()
    descending: bool = False


def _object(relatie: str) -> SortField:
    return SortField(
        "coalesce((SELECT min(so.identificatie) FROM zaak_relatie sr JOIN object so ON so.id = sr.object_id"
        f" WHERE sr.zaak_id = z.id AND sr.relatie = '{relatie}' AND {holds('sr.beeindigd')}), '')",
        (relatie, "identificatie"),
    )


_IDENTIFICATIE: Final = SortField("z.identificatie", ("identificatie",))
_OMSCHRIJVING: Final = SortField("coalesce(z.omschrijving, '')", ("omschrijving",))
_STARTDATUM: Final = SortField("coalesce(z.startdatum, '')", ("startdatum",), descending=True)
_HOOFDZAAK: Final = SortField(
    "coalesce((SELECT min(sh.identificatie) FROM zaak_zaak sk JOIN zaak sh ON sh.id = sk.van_id"
    f" WHERE sk.naar_id = z.id AND sk.relatie = 'heeftAlsDeelzaak' AND {holds('sk.beeindigd')}), '')",
    ("heeftAlsHoofdzaak", "identificatie"),
)
_PER_NUMBER: Final[dict[int, tuple[SortField, ...]]] = {
    0: (),
    1: (),
    # When the inrichting has none of these, an answer gives the value in the message of the zaak.
    2: (
        SortField("coalesce(t.inhoud ->> 'zaakcategorie', '') COLLATE \"C\""),
        SortField("coalesce(t.inhoud ->> 'omschrijvingGeneriek', '') COLLATE \"C\""),
    ),
    3: (SortField("coalesce(t.omschrijving, '')", ("isVan", "omschrijving")),),
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
SORTERINGEN: Final = {number: (*fields, _IDENTIFICATIE) for number, fields in _PER_NUMBER.items()}
"""The fields of each sortering by its number; the identificatie last, so that every order is a strict one."""

WITH_ZAAKTYPE: Final = frozenset({2, 3})
"""The sorteringen that need table zaaktype."""


def order(number: int) -> str:
    """The ORDER BY of a sortering."""
    return ", ".join(f"{field.expression}{' DESC' if field.descending else ''}" for field in SORTERINGEN[number])


def after(number: int, waarden: tuple[str, ...]) -> str:
    """The condition that row `z` comes after a start object with these sort values, SQL in the order of the sortering.

    Fields that sort in one direction are compared as a row, so that an index can begin where the answer continues.
    """
    fields = SORTERINGEN[number]
    if not fields[0].descending:
        columns = ", ".join(field.expression for field in fields)
        return f"({columns}) > ({', '.join(waarden)})"
    rest = ", ".join(field.expression for field in fields[1:])
    first = fields[0].expression
    return f"{first} <= {waarden[0]} AND ({first} < {waarden[0]} OR ({rest}) > ({', '.join(waarden[1:])}))"


# --- The start object of a vervolgvraag: the last zaak of the previous answer, as it was there (StUF 03.01, 6.3.4)

_MAX_DIGITS: Final = 18
"""Digits that always fit in our keys."""


@dataclass(frozen=True, slots=True)
class _Subtypen:
    """The gerelateerde of a relation that leads to several kinds of object."""

    relatie: Relatie


_Form = Entiteit | Relatie | Element | _Subtypen
_ANY_ELEMENT: Final = Element("")


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


def read_start(bericht: etree._Element, range_: Iterable[Criterium], sortering: int) -> Start:
    """Read <start> of a vervolgvraag; `range_` are the criteria of <vanaf> and <totEnMet>.

    The values of the start object go before those of the zaak now: a message is understood by itself, and the answer
    continues where the previous one stopped.

    Raises StUF103 when it is absent, StUF106 when the object lacks an element of the range, at any level, or does not
    name its zaak, StUF097 as `read_scope` does.
    """
    holder = bericht.find(zkn("start"))
    instance = next(holder.iterchildren(tag=etree.Element), None) if holder is not None else None
    if instance is None:
        raise StufFout("StUF103", "neem in start het laatste object van het vorige antwoord op")
    if missed := sorted(set(_missing(range_, [instance], ZAK))):
        raise StufFout("StUF106", ", ".join(missed))
    scope = read_scope(bericht.find(zkn("scope")))
    start = Start(
        own_sleutel(instance),
        _text(instance, zkn("identificatie")) or "",
        tuple(_waarde(instance, field.path, scope) for field in SORTERINGEN[sortering]),
    )
    if not (start.id or start.identificatie):
        raise StufFout("StUF106", "start/object noemt geen identificatie, en ook geen StUF:sleutelOntvangend")
    return start


def own_sleutel(node: etree._Element | None) -> int:
    """Our key in sleutelOntvangend; 0, which no zaak has, when it is not one that we gave."""
    waarde = (node.get(SLEUTEL_ONTVANGEND, "") if node is not None else "").strip()
    return int(waarde) if waarde.isascii() and waarde.isdigit() and len(waarde) <= _MAX_DIGITS else 0


def _missing(
    criteria: Iterable[Criterium], nodes: Sequence[etree._Element], form: _Form, path: str = ""
) -> Iterator[str]:
    """The paths of the criteria for which none of these elements, which are a `form`, has an element inside.

    An element inside one without value counts as present: it has no value either.
    """
    for criterium in criteria:
        here = f"{path}{criterium.naam}"
        inside = _with_naam(nodes, {criterium.naam})
        yield from _verdict(criterium, inside, _part(form, criterium.naam), here)


def _verdict(criterium: Criterium, inside: Sequence[etree._Element], form: _Form | None, path: str) -> Iterator[str]:
    """The paths of one criterion that are missing, given the elements that it may be about."""
    if form is None or any(map(no_waarde_of, inside)):
        return
    if inside and isinstance(form, _Subtypen):
        yield from _of_gerelateerden(criterium.children, inside, form.relatie, f"{path}/")
    elif inside:
        yield from _missing(criterium.children, inside, form, f"{path}/")
    elif not (_open(criterium) and _gone_without_waarde(form)):
        yield from _leaves(criterium, path)


def _of_gerelateerden(
    criteria: Iterable[Criterium], nodes: Sequence[etree._Element], relatie: Relatie, path: str
) -> Iterator[str]:
    """The same for criteria on any BTR or OBJ: an answer has the subtype, whose elements have names of their own."""
    soorten = [(choice, child) for child in _children(nodes) if (choice := relatie.choice(local(child))) is not None]
    for criterium in criteria:
        here, soort = f"{path}{criterium.naam}", relatie.choice(criterium.naam)
        if soort is not None:
            yield from _verdict(
                criterium, [child for choice, child in soorten if choice is soort], soort.entiteit, here
            )
            continue
        named = [(child, choice.entiteit, elementen_of(choice.entiteit, criterium.naam)) for choice, child in soorten]
        if any(no_waarde_of(child) or not names for child, _, names in named):
            continue  # no answer has it for one of them
        said = [one for child, _, names in named for one in _with_naam([child], names)]
        forms = (entiteit.element(naam) for _, entiteit, names in named for naam in names)
        yield from _verdict(criterium, said, next(forms, _ANY_ELEMENT), here)


def _part(form: _Form, naam: str) -> _Form | None:
    """The declaration of an element inside; None for one that cannot be selected on, so that no answer need have it."""
    if isinstance(form, _Subtypen):
        return None
    if isinstance(form, Element):
        return next((field for field in form.fields if field.naam == naam and not field.verbatim), None)
    if isinstance(form, Relatie) and naam == GERELATEERDE:
        choice = form.choice("")
        return choice.entiteit if choice else _Subtypen(form)
    element = form.element(naam)
    return form.relatie(naam) if element is None else None if element.verbatim else element


def _open(criterium: Criterium) -> bool:
    return all(map(_open, criterium.children)) if criterium.children else criterium.open


def _gone_without_waarde(form: _Form) -> bool:
    """Tell whether an answer leaves it out when it has no value: a range without sides finds such zaken too."""
    return isinstance(form, Element) and bool(form.choice or form.fields or not form.nil)


def _leaves(criterium: Criterium, path: str) -> Iterator[str]:
    if not criterium.children:
        yield path
    for child in criterium.children:
        yield from _leaves(child, f"{path}/{child.naam}")


def _children(nodes: Iterable[etree._Element]) -> Iterator[etree._Element]:
    for node in nodes:
        yield from node.iterchildren(tag=etree.Element)


def _with_naam(nodes: Iterable[etree._Element], names: Container[str]) -> list[etree._Element]:
    return [child for child in _children(nodes) if local(child) in names]


def _waarde(instance: etree._Element, path: tuple[str, ...], scope: Scope) -> str | None:
    """The text to sort on: "" for no value, None when the object does not have it, or not all of it."""
    relatie = ZAK.relatie(path[0]) if path else None
    if relatie is None:
        return _text(instance, zkn(path[0])) if path else None
    asked = scope.relatie(relatie.naam) if scope.asks(relatie) else None
    if asked is None or any(asked.gerelateerde(choice.naam) is None for choice in relatie.gerelateerde):
        return None
    voorkomens = _with_naam([instance], {relatie.naam})
    texts = [_of_gerelateerde(one, relatie, path[1]) for one in voorkomens if not no_waarde_of(one)]
    said = [text for text in texts if text]
    return min(said, default="") if voorkomens and len(said) == len(texts) else None


def _of_gerelateerde(voorkomen: etree._Element, relatie: Relatie, naam: str) -> str | None:
    """The text of that element of the object at the other end, or of the element that its subtype has for it."""
    gerelateerde = voorkomen.find(zkn(GERELATEERDE))
    if gerelateerde is None:
        return None
    if (direct := relatie.choice("")) is not None:
        return _text(gerelateerde, f"{{{direct.entiteit.ns}}}{naam}")
    for child in _children([gerelateerde]):
        choice = relatie.choice(local(child))
        elementen = choice.entiteit.elementen if choice is not None else ()
        element = next((one for one in elementen if one.kolom == naam), None)
        if choice is not None and element is not None:
            return _text(child, f"{{{element.ns or choice.entiteit.ns}}}{element.naam}")
    return None


def _text(node: etree._Element, naam: str) -> str | None:
    """The text of an element: "" for no value, None when it is absent or unknown."""
    found = node.find(naam)
    if found is None:
        return None
    empty = no_waarde_of(found)
    if empty:
        return "" if empty == NO_WAARDE else None
    return found.text or ""


# --- A zakLv01 as a question: parameters, criteria and the place to continue, checked by StUF 03.01, 6.1 and 6.3

MAXIMUM_COUNT: Final = 15
"""The most zaken in an answer when the question sets no limit; the default of StUF-ZKN for ZAK."""

_TRUE: Final = ("true", "1")
_HIGHEST_ID: Final = 2**63 - 1
_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class Sleutels:
    """A range of our own keys (6.3.2); one key is a range of one."""

    low: int = 0
    high: int = _HIGHEST_ID


@dataclass(frozen=True, slots=True)
class Question:
    """A question about zaken.

    Attributes:
        criteria: what a zaak must meet; none for all zaken.
        sleutels: ask for zaken by our own keys instead.
        sortering: number of the order, a key of SORTERINGEN.
        maximum: how many zaken the answer has at most.
        bounded: whether the asker wanted more than we give at once.
        start: the zaak after which a vervolgvraag goes on.
        count: whether aantalVoorkomens is asked.
        ignored: ignored parts of the criteria.
    """

    criteria: tuple[Criterium, ...]
    sleutels: Sleutels | None
    sortering: int
    maximum: int
    bounded: bool
    start: Start | None
    count: bool
    ignored: tuple[str, ...] = ()


def read_question(bericht: etree._Element, inrichting: Inrichting, maximum: int | None = None) -> Question:
    """Read the question of a zakLv01; `maximum` is how many zaken its sender may get, when that is not for all.

    Raises the StufFout of tables 6.3, 6.4, 6.5, 6.6 and 6.8 that applies, StUF055 for parameters that make no sense.
    """
    parameters = bericht.find(zkn("parameters"))
    gelijk, vanaf, up_to = (bericht.find(zkn(naam)) for naam in ("gelijk", "vanaf", "totEnMet"))
    sleutels = _read_sleutels(gelijk, vanaf, up_to)
    sortering = _numeral(parameters, "sortering", 0)
    if sortering not in SORTERINGEN:
        raise StufFout("StUF133", f"sortering {sortering}; wel: 0 tot en met {max(SORTERINGEN)}")
    asked = _numeral(parameters, "maximumAantal", MAXIMUM_COUNT)
    if asked < 1:
        raise StufFout("StUF055", f"maximumAantal {asked} is kleiner dan 1")
    bound = maximum or inrichting.regels.max_antwoorden
    continuation = _yes(parameters, "indicatorVervolgvraag")
    criteria = read_criteria(gelijk, vanaf, up_to) if sleutels is None else ()
    over = [naam for part in (gelijk, vanaf, up_to) for naam in without_effect(part, *SLEUTELS)]
    over += [naam for criterium in criteria for one in criterium.walk() for naam in one.ignored]
    return Question(
        criteria=criteria,
        sleutels=sleutels,
        sortering=sortering,
        maximum=min(asked, bound),
        bounded=asked > bound,
        start=read_start(bericht, read_criteria(None, vanaf, up_to), sortering) if continuation else None,
        count=_yes(parameters, "indicatorAantal"),
        ignored=tuple(dict.fromkeys(over)),
    )


def _numeral(parameters: etree._Element | None, naam: str, otherwise: int) -> int:
    waarde = ((parameters.findtext(stuf(naam)) if parameters is not None else None) or "").strip()
    if not waarde:
        return otherwise
    if not _WHOLE_NUMBER.fullmatch(waarde):
        raise StufFout("StUF055", f"{naam} {waarde[:20]!r} is geen geheel getal")
    return int(waarde)


def _yes(parameters: etree._Element | None, naam: str) -> bool:
    return parameters is not None and (parameters.findtext(stuf(naam)) or "").strip() in _TRUE


def _read_sleutels(*parts: etree._Element | None) -> Sleutels | None:
    """Our own keys in <gelijk>, <vanaf> and <totEnMet>; keys of other systems we do not keep."""
    said = [[naam for naam in SLEUTELS if part is not None and naam in part.attrib] for part in parts]
    gelijk, low, high = said
    if not any(said):
        return None
    if max(map(len, said)) > 1 or (gelijk and (low or high)):
        raise StufFout("StUF088", ", ".join(naam.rpartition("}")[2] for names in said for naam in names))
    otherwise = [path for part in parts for path in paths(part)]
    if otherwise:
        raise StufFout("StUF091", ", ".join("/".join(path) for path in otherwise))
    foreign = [naam.rpartition("}")[2] for names in said for naam in names if naam != SLEUTEL_ONTVANGEND]
    if foreign:
        raise StufFout("StUF094", f"{', '.join(foreign)}; gebruik sleutelOntvangend of selecteer op identificatie")
    one, from_, until = (own_sleutel(part) for part in parts)
    if gelijk:
        return Sleutels(one, one)
    return Sleutels(from_ if low else 0, until if high else _HIGHEST_ID)


# --- The query of a question: one statement that finds the zaken, and one more only to count them

_MAX_MELDING: Final = 250
_MORE_ASKED: Final = "StUF0002: Meer objecten gevraagd dan teruggegeven"
_EXISTS: Final = """
    -- the start object of a vervolgvraag, when it is a zaak
    SELECT EXISTS (SELECT FROM zaak WHERE id = :start_id OR identificatie = :start_identificatie)
"""


@dataclass(frozen=True, slots=True)
class Hits:
    """The zaken of an answer by id, in their order; `more` that there are more; `aantal` only when it was asked."""

    ids: list[int]
    more: bool
    aantal: int | None
    meldingen: list[str]

    def aborted(self) -> "Hits":
        """The same, for an answer with fewer zaken than were asked (StUF 03.01, 6.4.1)."""
        meldingen = self.meldingen if _MORE_ASKED in self.meldingen else [*self.meldingen, _MORE_ASKED]
        return replace(self, more=True, meldingen=meldingen)


def find_zaken(connection: Connection, inrichting: Inrichting, question: Question, grant: Grant = UNBOUNDED) -> Hits:
    """Find the zaken that meet the criteria, among those that the caller may see.

    Raises StUF055 for a value that cannot be compared, StUF106 for a start object that is no zaak.
    """
    build = Build(inrichting)
    where = _where(build, question)
    build.parameters |= parameters(grant)
    ids = _ids(connection, where, build.parameters, question, grant.kinds)
    if question.start is not None and not ids:
        _check_start(connection, question.start, grant)
    more = len(ids) > question.maximum
    ids = ids[: question.maximum]
    count = None
    if question.count:
        # When all are in the answer, their number is the one that was asked (6.2, aantalVoorkomens).
        counted = _count_command(where, grant.kinds)
        count = int(counted.run(connection, build.parameters).scalar_one()) if more else len(ids)
    return Hits(ids, more, count, _meldingen(build, question, more=more))


def melding_ignored(names: Iterable[str]) -> str:
    """The melding that names the ignored criteria (6.3.1), as many as fit; `…` stands for the others."""
    text = " ".join(("StUF0001:", *names))
    return text if len(text) <= _MAX_MELDING else f"{text[: _MAX_MELDING - 2].rpartition(' ')[0]} …"


def _where(build: Build, question: Question) -> str:
    if question.sleutels is not None:
        low, high = build.parameter(question.sleutels.low), build.parameter(question.sleutels.high)
        return f"z.id BETWEEN {low} AND {high}"
    return zaak_conditions(build, source("z", zaak=True), question.criteria)


def _ids(connection: Connection, where: str, parameters: dict[str, Any], question: Question, kinds: Kinds) -> list[int]:
    every = {**parameters, "grens": question.maximum + 1}
    known: tuple[bool, ...] | None = None
    if question.start is not None:
        waarden = question.start.waarden
        known = tuple(waarde is not None for waarde in waarden)
        every |= {f"s{place}": waarde for place, waarde in enumerate(waarden) if waarde is not None}
        every |= _start_key(question.start)
    return list(_command(where, question.sortering, known, kinds).run(connection, every).scalars())


def _start_key(start: Start) -> dict[str, Any]:
    return {"start_id": start.id, "start_identificatie": start.identificatie}


@lru_cache(maxsize=500)
def _command(where: str, sortering: int, known: tuple[bool, ...] | None, kinds: Kinds = EVERYTHING) -> Sql:
    """The statement for this shape of question; the same shape gives the same statement.

    `known`, in a vervolgvraag, are the sort fields for which the message has the value of the start object. Those
    values go before the current ones: had one changed since, the answer would continue in another place.
    """
    start, position = "", ""
    if known is not None:
        fields = SORTERINGEN[sortering]
        waarden = tuple(f":s{p}" if knows else f"(SELECT s{p} FROM start)" for p, knows in enumerate(known))
        position = after(sortering, waarden)
        sorted_by = ", ".join(f"{fields[p].expression} AS s{p}" for p, knows in enumerate(known) if not knows)
        if sorted_by:
            where_start = "z.id = :start_id OR z.identificatie = :start_identificatie"
            start = f"WITH start AS (SELECT {sorted_by} FROM {_from(sortering)} WHERE {where_start} LIMIT 1) "
    sql = (
        f"{start}SELECT z.id FROM {_from(sortering)} WHERE {and_(where, position) or 'true'}"
        f" ORDER BY {order(sortering)} LIMIT :grens -- which zaken a question is about"
    )
    return Sql(narrowed(sql, kinds))


def _from(sortering: int) -> str:
    return "zaak z LEFT JOIN zaaktype t ON t.id = z.zaaktype_id" if sortering in WITH_ZAAKTYPE else "zaak z"


@lru_cache(maxsize=500)
def _count_command(where: str, kinds: Kinds) -> Sql:
    sql = f"SELECT count(*) FROM zaak z WHERE {where or 'true'} -- how many zaken a question is about"
    return Sql(narrowed(sql, kinds))


@lru_cache
def _exists(kinds: Kinds) -> Sql:
    return Sql(narrowed(_EXISTS, kinds))


def _check_start(connection: Connection, start: Start, grant: Grant) -> None:
    if not _exists(grant.kinds).run(connection, _start_key(start) | parameters(grant)).scalar_one():
        raise StufFout("StUF106", "het startobject is hier geen bekende zaak")


def _meldingen(build: Build, question: Question, *, more: bool) -> list[str]:
    out = []
    if ignored := dict.fromkeys((*build.ignored, *question.ignored)):
        out.append(melding_ignored(ignored))
    if question.bounded and more:
        out.append(_MORE_ASKED)
    return out
