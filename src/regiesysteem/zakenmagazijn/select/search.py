"""A question: its parameters, where it starts, and the statement that finds its objects (StUF 03.01, 6.1 - 6.4)."""

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
from regiesysteem.zakenmagazijn.rows import GERELATEERDE
from regiesysteem.zakenmagazijn.select.conditions import Build, and_
from regiesysteem.zakenmagazijn.select.question import (
    SLEUTELS,
    Criterium,
    no_waarde_of,
    paths,
    read_criteria,
    without_effect,
)
from regiesysteem.zakenmagazijn.select.sql import elementen_of
from regiesysteem.zakenmagazijn.select.subject import ZAKEN, QuestionSubject
from regiesysteem.zkn.names import zkn

# --- The start object of a vervolgvraag: the last object of the previous answer, as it was there (StUF 03.01, 6.3.4)

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
    """The last object of the previous answer.

    Attributes:
        id: our key, 0 when the message does not say.
        identificatie: the identificatie, "" when the message does not say.
        waarden: per sort field the value that it had in that answer, None where the message does not say.
    """

    id: int
    identificatie: str
    waarden: tuple[str | None, ...]


def read_start(bericht: etree._Element, range_: Iterable[Criterium], subject: QuestionSubject, sortering: int) -> Start:
    """Read <start> of a vervolgvraag; `range_` are the criteria of <vanaf> and <totEnMet>.

    The values of the start object go before those that it has now: a message is understood by itself, and the answer
    continues where the previous one stopped.

    Raises StUF103 when it is absent, StUF106 when the object lacks an element of the range, at any level, or does not
    name itself, StUF097 as `read_scope` does.
    """
    holder = bericht.find(zkn("start"))
    instance = next(holder.iterchildren(tag=etree.Element), None) if holder is not None else None
    if instance is None:
        raise StufFout("StUF103", "neem in start het laatste object van het vorige antwoord op")
    if missed := sorted(set(_missing(range_, [instance], subject.entiteit))):
        raise StufFout("StUF106", ", ".join(missed))
    scope = read_scope(bericht.find(zkn("scope")))
    start = Start(
        own_sleutel(instance),
        _text(instance, zkn("identificatie")) or "",
        tuple(_waarde(subject.entiteit, instance, field.path, scope) for field in subject.sorteringen[sortering]),
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


def _waarde(entiteit: Entiteit, instance: etree._Element, path: tuple[str, ...], scope: Scope) -> str | None:
    """The text to sort on: "" for no value, None when the object does not have it, or not all of it."""
    relatie = entiteit.relatie(path[0]) if path else None
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


# --- A vraagbericht as a question: parameters, criteria and the place to continue, checked by StUF 03.01, 6.1 and 6.3

MAXIMUM_COUNT: Final = 15
"""The most objects in an answer when the question sets no limit; the default of StUF-ZKN for ZAK and EDC."""

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
    """A question.

    Attributes:
        subject: what it is about.
        criteria: what an object must meet; none for all of them.
        sleutels: ask for objects by our own keys instead.
        sortering: number of the order, of those of the subject.
        maximum: how many objects the answer has at most.
        bounded: whether the asker wanted more than we give at once.
        start: the object after which a vervolgvraag goes on.
        count: whether aantalVoorkomens is asked.
        follow: whether the asker wants to be told of the objects from now on (6.1, indicatorAfnemerindicatie).
        ignored: ignored parts of the criteria.
    """

    subject: QuestionSubject
    criteria: tuple[Criterium, ...]
    sleutels: Sleutels | None
    sortering: int
    maximum: int
    bounded: bool
    start: Start | None
    count: bool
    follow: bool = False
    ignored: tuple[str, ...] = ()


def read_question(
    bericht: etree._Element, inrichting: Inrichting, maximum: int | None = None, subject: QuestionSubject = ZAKEN
) -> Question:
    """Read the question of a vraagbericht; `maximum` is how many objects its sender may get, when that is not for all.

    Raises the StufFout of tables 6.3, 6.4, 6.5, 6.6 and 6.8 that applies, StUF055 for parameters that make no sense.
    """
    parameters = bericht.find(zkn("parameters"))
    gelijk, vanaf, up_to = (bericht.find(zkn(naam)) for naam in ("gelijk", "vanaf", "totEnMet"))
    sleutels = _read_sleutels(gelijk, vanaf, up_to)
    sortering = _numeral(parameters, "sortering", 0)
    if sortering not in subject.sorteringen:
        raise StufFout("StUF133", f"sortering {sortering}; wel: 0 tot en met {max(subject.sorteringen)}")
    asked = _numeral(parameters, "maximumAantal", MAXIMUM_COUNT)
    if asked < 1:
        raise StufFout("StUF055", f"maximumAantal {asked} is kleiner dan 1")
    bound = maximum or inrichting.regels.max_antwoorden
    continuation = _yes(parameters, "indicatorVervolgvraag")
    criteria = read_criteria(gelijk, vanaf, up_to) if sleutels is None else ()
    over = [naam for part in (gelijk, vanaf, up_to) for naam in without_effect(part, *SLEUTELS)]
    over += [naam for criterium in criteria for one in criterium.walk() for naam in one.ignored]
    return Question(
        subject=subject,
        criteria=criteria,
        sleutels=sleutels,
        sortering=sortering,
        maximum=min(asked, bound),
        bounded=asked > bound,
        start=read_start(bericht, read_criteria(None, vanaf, up_to), subject, sortering) if continuation else None,
        count=_yes(parameters, "indicatorAantal"),
        follow=_yes(parameters, "indicatorAfnemerIndicatie"),
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


# --- The query of a question: one statement that finds the objects, and one more only to count them

_MAX_MELDING: Final = 250
_MORE_ASKED: Final = "StUF0002: Meer objecten gevraagd dan teruggegeven"


@dataclass(frozen=True, slots=True)
class Hits:
    """The objects of an answer by id, in their order; `more` that there are more; `aantal` only when it was asked."""

    ids: list[int]
    more: bool
    aantal: int | None
    meldingen: list[str]

    def aborted(self) -> "Hits":
        """The same, for an answer with fewer objects than were asked (StUF 03.01, 6.4.1)."""
        meldingen = self.meldingen if _MORE_ASKED in self.meldingen else [*self.meldingen, _MORE_ASKED]
        return replace(self, more=True, meldingen=meldingen)


def find_hits(connection: Connection, inrichting: Inrichting, question: Question, grant: Grant = UNBOUNDED) -> Hits:
    """Find the objects that meet the criteria, among those that the caller may see.

    Raises StUF055 for a value that cannot be compared, StUF106 for a start object that is not there.
    """
    build = Build(inrichting)
    where = _where(build, question)
    build.parameters |= parameters(grant)
    ids = _ids(connection, where, build.parameters, question, grant.kinds)
    if question.start is not None and not ids:
        _check_start(connection, question.subject, question.start, grant)
    more = len(ids) > question.maximum
    ids = ids[: question.maximum]
    count = None
    if question.count:
        # When all are in the answer, their number is the one that was asked (6.2, aantalVoorkomens).
        counted = _count_command(question.subject, where, grant.kinds)
        count = int(counted.run(connection, build.parameters).scalar_one()) if more else len(ids)
    return Hits(ids, more, count, _meldingen(build, question, more=more))


def melding_ignored(names: Iterable[str]) -> str:
    """The melding that names the ignored criteria (6.3.1), as many as fit; `…` stands for the others."""
    text = " ".join(("StUF0001:", *names))
    return text if len(text) <= _MAX_MELDING else f"{text[: _MAX_MELDING - 2].rpartition(' ')[0]} …"


def _where(build: Build, question: Question) -> str:
    if question.sleutels is not None:
        low, high = build.parameter(question.sleutels.low), build.parameter(question.sleutels.high)
        return f"{question.subject.row}.id BETWEEN {low} AND {high}"
    return question.subject.conditions(build, question.criteria)


def _ids(connection: Connection, where: str, parameters: dict[str, Any], question: Question, kinds: Kinds) -> list[int]:
    every = {**parameters, "grens": question.maximum + 1}
    known: tuple[bool, ...] | None = None
    if question.start is not None:
        waarden = question.start.waarden
        known = tuple(waarde is not None for waarde in waarden)
        every |= {f"s{place}": waarde for place, waarde in enumerate(waarden) if waarde is not None}
        every |= _start_key(question.start)
    command = _command(question.subject, where, question.sortering, known, kinds)
    return list(command.run(connection, every).scalars())


def _start_key(start: Start) -> dict[str, Any]:
    return {"start_id": start.id, "start_identificatie": start.identificatie}


@lru_cache(maxsize=500)
def _command(
    subject: QuestionSubject, where: str, sortering: int, known: tuple[bool, ...] | None, kinds: Kinds = EVERYTHING
) -> Sql:
    """The statement for this shape of question; the same shape gives the same statement.

    `known`, in a vervolgvraag, are the sort fields for which the message has the value of the start object. Those
    values go before the current ones: had one changed since, the answer would continue in another place.
    """
    start, position, row, source = "", "", subject.row, subject.source(sortering)
    if known is not None:
        fields = subject.sorteringen[sortering]
        waarden = tuple(f":s{p}" if knows else f"(SELECT s{p} FROM start)" for p, knows in enumerate(known))
        position = subject.after(sortering, waarden)
        sorted_by = ", ".join(f"{fields[p].expression} AS s{p}" for p, knows in enumerate(known) if not knows)
        if sorted_by:
            where_start = f"{row}.id = :start_id OR {row}.identificatie = :start_identificatie"
            start = f"WITH start AS (SELECT {sorted_by} FROM {source} WHERE {where_start} LIMIT 1) "
    sql = (
        f"{start}SELECT {row}.id FROM {source} WHERE {and_(where, position) or 'true'}"
        f" ORDER BY {subject.order(sortering)} LIMIT :grens -- which objects a question is about"
    )
    return Sql(narrowed(sql, kinds))


@lru_cache(maxsize=500)
def _count_command(subject: QuestionSubject, where: str, kinds: Kinds) -> Sql:
    source = f"{subject.table} {subject.row}"
    sql = f"SELECT count(*) FROM {source} WHERE {where or 'true'} -- how many objects a question is about"
    return Sql(narrowed(sql, kinds))


@lru_cache
def _exists(table: str, kinds: Kinds) -> Sql:
    sql = f"""
        -- the start object of a vervolgvraag, when it is there
        SELECT EXISTS (SELECT FROM {table} WHERE id = :start_id OR identificatie = :start_identificatie)
    """
    return Sql(narrowed(sql, kinds))


def _check_start(connection: Connection, subject: QuestionSubject, start: Start, grant: Grant) -> None:
    exists = _exists(subject.table, grant.kinds)
    if not exists.run(connection, _start_key(start) | parameters(grant)).scalar_one():
        raise StufFout("StUF106", f"startobject: zo'n {subject.noun} is hier niet bekend")


def _meldingen(build: Build, question: Question, *, more: bool) -> list[str]:
    out = []
    if ignored := dict.fromkeys((*build.ignored, *question.ignored)):
        out.append(melding_ignored(ignored))
    if question.bounded and more:
        out.append(_MORE_ASKED)
    return out
