"""The parts of a query, and conditions on the value of an element.

A value is asked with gelijk (exact, in part or without value) or with vanaf and totEnMet (StUF 03.01, 6.3.1).
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Entiteit, Soort
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import COMPLETE, NO_WAARDE, Data, Waarde, numeral
from regiesysteem.zakenmagazijn.links import DEELZAKEN_INDICATIE, deelzaken_indicatie
from regiesysteem.zakenmagazijn.select.question import Criterium, Range

# --- The building blocks of a query: conditions as SQL with parameters by name, and the criteria that were ignored

NEVER: Final = "false"
"""A condition that no zaak meets."""

INDEXED: Final = frozenset({"omschrijving", "startdatum"})
"""Columns of table zaak that are indexed without NULL, because sorteringen and vervolgvragen want them so."""

SEARCHED_DATES: Final = frozenset(
    {"registratiedatum", "einddatum_gepland", "uiterlijke_einddatum", "einddatum", "datum_status_gezet"}
)
"""Columns with a date, of tables zaak and zaak_status, that are indexed as they are."""


@dataclass(slots=True)
class Build:
    """Collects the parameters of one query; its SQL text depends on the names of criteria, never on their values."""

    inrichting: Inrichting
    parameters: dict[str, Any] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    _alias: int = 0

    def parameter(self, waarde: Any) -> str:
        """Bind a value and give its placeholder."""
        naam = f"p{len(self.parameters)}"
        self.parameters[naam] = waarde
        return f":{naam}"

    def alias(self, letter: str) -> str:
        """A table alias of its own."""
        self._alias += 1
        return f"{letter}{self._alias}"

    def ignore(self, naam: str) -> str:
        """Note a criterion that is not supported (6.3.1: melding StUF0001); gives the condition that it sets: none."""
        if naam not in self.ignored:
            self.ignored.append(naam)
        return ""

    def ignore_waarde(self, criterium: Criterium) -> None:
        """Note a criterion on the value of something that has none: a relation, or an object."""
        if criterium.children or criterium.empty:
            return
        if criterium.waarde.strip() or criterium.range_ is not None:
            self.ignore(criterium.naam)
        if not criterium.exact:
            self.ignore("exact")
        if criterium.indicatie != COMPLETE:
            self.ignore("indOnvolledigeDatum")

    def effect(self, criterium: Criterium, condition: str) -> str:
        """The condition that a criterion set; when it is none although one was wanted, the criterion is noted as such.

        Criteria inside it that were noted already are not noted again.
        """
        if not condition and criterium.makes_demand and not any(one.naam in self.ignored for one in criterium.walk()):
            self.ignore(criterium.naam)
        return condition


@dataclass(frozen=True, slots=True)
class ValueSql:
    """The value of one element in SQL: its text, and the jsonb that has its noValue and attributes.

    `indexed`: an index has the text with "" for no value. `searched`: an index has the text as it is.
    """

    text: str
    json: str
    indexed: bool = False
    searched: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A row, or a group inside one, that elements have their values in.

    Attributes:
        alias: alias of the row.
        inhoud: SQL of the jsonb object that has what is not in columns.
        supplement: SQL of a jsonb object whose elements go before those of `inhoud`; "" for none.
        columns: whether elements with a column are there.
        zaak: whether it is a row of table zaak.
        sleutel: SQL of a reference to the row that an index starts with; "" where there is none.
    """

    alias: str
    inhoud: str
    supplement: str = ""
    columns: bool = True
    zaak: bool = False
    sleutel: str = ""

    def json(self, naam: str) -> str:
        """The stored value of an element; names come from the entity tables."""
        if self.supplement:
            return f"coalesce({self.supplement} -> '{naam}', {self.inhoud} -> '{naam}')"
        return f"{self.inhoud} -> '{naam}'"

    def group(self, naam: str) -> "Source":
        """The elements of a group."""
        return replace(self, inhoud=f"({self.json(naam)})", supplement="", columns=False, zaak=False)

    def value(self, element: Element) -> ValueSql:
        """The value of an element."""
        json = f"({self.json(element.naam)})"
        if not (element.kolom and self.columns):
            return ValueSql(json_text(json), json)
        column = f"{self.alias}.{element.kolom}"
        if self.supplement:
            return self.shared(element.kolom, (element.naam,))
        if self.zaak and element.kolom == DEELZAKEN_INDICATIE:
            return ValueSql(f"({deelzaken_indicatie(self.alias)})", json)
        if self.zaak and element.kolom in INDEXED:
            return ValueSql(f"coalesce({column}, '')", json, indexed=True)
        return ValueSql(column, json, searched=element.kolom in SEARCHED_DATES)

    def shared(self, column: str, names: Sequence[str]) -> ValueSql:
        """The value of a column; `supplement` may have another value under one of these names."""
        said = ", ".join(f"{self.supplement} -> '{naam}'" for naam in names)
        own = f"coalesce({said})"
        text = f"(CASE WHEN {own} IS NULL THEN {self.alias}.{column} ELSE {json_text(own)} END)"
        return ValueSql(text, f"coalesce({', '.join(self.json(naam) for naam in names)})")


def source(alias: str, *, zaak: bool = False) -> Source:
    """A row of a table that has an `inhoud`."""
    return Source(alias, f"{alias}.inhoud", zaak=zaak)


def json_text(json: str) -> str:
    """The text of a stored value (`regiesysteem.stuf.values`) in SQL, compared as columns are; NULL without one."""
    text = f"CASE jsonb_typeof({json}) WHEN 'string' THEN {json} #>> '{{}}' WHEN 'object' THEN {json} ->> '_' END"
    return f'({text} COLLATE "C")'


def and_(*parts: str) -> str:
    """All of these conditions; "" when there is none."""
    return " AND ".join(part for part in parts if part)


# --- Ranges of dates and times, for values that may be incomplete (StUF 03.01, 6.3.1)

LENGTH: Final = 17
"""Digits of a StUF time at full precision."""

_LAST_TIJD: Final = "235959999"
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class RangeBounds:
    """A range as texts that compare: of complete values at full length, of months (6 digits) and of years (4).

    An open side has a bound that no value passes.
    """

    start: str
    until: str
    month_from: str
    month_until: str
    year_from: str
    year_until: str

    @property
    def widest(self) -> tuple[str, str]:
        """Bounds, for an index, within which every stored text lies that may meet the range, in its stored form."""
        lowest = min(self.start[:8], f"{self.month_from}00", f"{self.year_from}0000")
        return lowest, max(self.until, f"{self.month_until}99", f"{self.year_until}9999")

    def contains(self, text: str, indicatie: str) -> bool:
        """Tell whether a stored value with its indOnvolledigeDatum lies within."""
        if indicatie == "V":
            return self.start <= text.ljust(LENGTH, "0") <= self.until
        if indicatie == "D":
            return self.month_from <= text[:6] <= self.month_until
        return indicatie == "M" and self.year_from <= text[:4] <= self.year_until


def bounds(low: str | None, high: str | None) -> RangeBounds:
    """The range between two StUF dates or times of 8 to 17 digits; None leaves a side open."""
    from_ = (low or "").ljust(LENGTH, "0") if low else ""
    until = (high or "").ljust(LENGTH, "9")
    return RangeBounds(from_, until, _month_from(from_), _month_until(until), _year_from(from_), _year_until(until))


def _month_from(from_: str) -> str:
    """The first month that lies after `from_` as a whole."""
    if not from_ or from_ <= f"{from_[:6]}01".ljust(LENGTH, "0"):
        return from_[:6]
    return _after(from_[:6], "01" if int(from_[4:6]) >= _DECEMBER else f"{int(from_[4:6]) + 1:02}")


def _after(month: str, next_: str) -> str:
    year = int(month[:4]) + (next_ == "01")
    # After the last month there is none: a longer text is greater than all of them.
    return f"{year:04}{next_}" if year <= 9999 else f"{month}9"


def _month_until(until: str) -> str:
    """The last month that lies before `until` as a whole."""
    year, month = int(until[:4]), int(until[4:6])
    if month > _DECEMBER:
        return f"{year:04}{_DECEMBER}"
    if month and until >= f"{until[:6]}{calendar.monthrange(year, month)[1]:02}{_LAST_TIJD}":
        return until[:6]
    return f"{year:04}{month - 1:02}" if month > 1 else _year(year - 1, f"{_DECEMBER}")


def _year_from(from_: str) -> str:
    if not from_ or from_ <= f"{from_[:4]}0101".ljust(LENGTH, "0"):
        return from_[:4]
    return _year(int(from_[:4]) + 1, "")


def _year_until(until: str) -> str:
    return until[:4] if until >= f"{until[:4]}1231{_LAST_TIJD}" else _year(int(until[:4]) - 1, "")


def _year(year: int, rest: str) -> str:
    """A year as text; before the first one "", after the last one a text that is greater than all."""
    if year < 0:
        return ""
    return f"{year:04}{rest}" if year <= 9999 else "99999"


# --- Conditions on the value of an element: gelijk, exact or in part, without value, and vanaf - totEnMet (6.3.1)

UNKNOWN: Final = "vastgesteldOnbekend"
_DATUM_SOORTEN: Final = (Soort.DATUM, Soort.TIJDSTIP)
_EMPTY: Final = Criterium("", empty=NO_WAARDE)


def condition(
    build: Build, source: Source, element: Element, criterium: Criterium, value: ValueSql | None = None
) -> str:
    """The condition that a criterion sets to an element of a row; "" when it sets none.

    `value` stands where the value is, if not in the usual place of the row. Raises StUF055 for a value that cannot be
    compared.
    """
    if criterium.open or criterium.empty not in ("", NO_WAARDE, UNKNOWN):
        return ""
    flat = not element.fields
    if element.verbatim or says_nothing(element, criterium) or (flat and criterium.children):
        return build.ignore(element.naam)
    if flat and criterium.indicatie != COMPLETE and element.soort not in _DATUM_SOORTEN:
        build.ignore("indOnvolledigeDatum")
    if element.repeatable:
        return _one_of(build, source, element, criterium)
    if element.fields:
        return _group(build, source, element, criterium)
    return condition_on(build, value or source.value(element), element, criterium)


def condition_on(build: Build, value: ValueSql, element: Element, criterium: Criterium) -> str:
    """The same for a single value, in any place."""
    if criterium.empty:
        return _without(value.text if not value.indexed else f"nullif({value.text}, '')", value.json, criterium.empty)
    if criterium.range_ is not None:
        return _range(build, value, element, criterium.range_)
    if not criterium.exact:
        return contains(build, value.text, criterium.waarde.strip())
    return _gelijk(build, value, element, criterium)


def _gelijk(build: Build, value: ValueSql, element: Element, criterium: Criterium) -> str:
    if element.soort in _DATUM_SOORTEN:
        return _datum(build, value, element, criterium)
    if element.soort is Soort.NUMERAL and (asked := numeral(criterium.waarde)) is not None:
        return f"{_numeral(value.text)} = {build.parameter(asked)}"
    if not criterium.waarde:
        # The question has an empty text, and a text without a value is not one.
        return f"nullif({value.text}, '') = ''" if value.indexed else f"{value.text} = ''"
    return f"{value.text} = {build.parameter(criterium.waarde)}"


def says_nothing(element: Element, criterium: Criterium) -> bool:
    """Tell whether a question has a date or number without text or noValue: no condition (docs/afwijkingen.md 31)."""
    if element.soort is Soort.TEXT or element.fields or criterium.empty:
        return False
    range_ = criterium.range_
    said = (criterium.waarde,) if range_ is None else (range_.low, range_.high)
    return not any((side or "").strip() for side in said)


def contains(build: Build, expression: str, part: str) -> str:
    """Condition that a text contains another, in any case.

    StUF:exact="false" means that part of the value must agree, and not which part. Containing is the widest reading, so
    that no zaak that the sender may mean is missed.
    """
    pattern = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # By code point, as texts are compared, only A to Z have two cases; the database knows the others too.
    return f"""{expression} COLLATE "default" ILIKE {build.parameter(f"%{pattern}%")}"""


def valid_datum(element: Element, waarde: str | None) -> str | None:
    """The digits of a date or time. Raises StUF055 for another text; the day need not exist here."""
    digits = (waarde or "").strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= LENGTH):
        raise StufFout(
            "StUF055",
            f"{element.naam}: {digits[:30]!r} is geen datum of tijdstip van 8 tot en met 17 cijfers; vraag naar zaken"
            ' zonder waarde met xsi:nil="true" en StUF:noValue="geenWaarde"',
        )
    return digits


def valid_number(element: Element, waarde: str | None) -> int | None:
    """A bound of a range of numbers. Raises StUF055 for a text that is no number."""
    digits = (waarde or "").strip()
    if not digits:
        return None
    asked = numeral(digits)
    if asked is None:
        raise StufFout("StUF055", f"{element.naam}: {digits[:30]!r} is geen getal")
    return asked


def _without(text: str, json: str, soort: str) -> str:
    """The condition of an element without a value; with geenWaarde also that no other reason is known."""
    if soort == UNKNOWN:
        return f"{json} ->> '@noValue' = '{UNKNOWN}'"
    return f"({text} IS NULL AND coalesce({json} ->> '@noValue', '{NO_WAARDE}') = '{NO_WAARDE}')"


def _datum(build: Build, value: ValueSql, element: Element, criterium: Criterium) -> str:
    """A date equals one that is as complete as it is; a time lies within the period that the asked one names."""
    waarde = valid_datum(element, criterium.waarde) or ""
    indicatie = f"{_indicatie(value.json)} = {build.parameter(criterium.indicatie)}"
    if element.soort is Soort.DATUM or criterium.indicatie != COMPLETE:
        return and_(f"{value.text} = {build.parameter(waarde)}", indicatie)
    low, high = build.parameter(waarde.ljust(LENGTH, "0")), build.parameter(waarde.ljust(LENGTH, "9"))
    text = value.text if element.ours else f"rpad({value.text}, {LENGTH}, '0')"
    # A stored time may have fewer digits than the asked one, but never fewer than a day has.
    widest = f"{value.text} BETWEEN {build.parameter(waarde[:8])} AND {high}" if value.searched else ""
    return and_(widest, f"{text} BETWEEN {low} AND {high}", "" if element.ours else indicatie)


def _range(build: Build, value: ValueSql, element: Element, range_: Range) -> str:
    if element.soort in _DATUM_SOORTEN:
        low, high = valid_datum(element, range_.low), valid_datum(element, range_.high)
        return _datum_range(build, value, bounds(low, high), own=element.ours)
    if element.soort is Soort.NUMERAL:
        return _between(
            build, _numeral(value.text), valid_number(element, range_.low), valid_number(element, range_.high)
        )
    waarde = f"nullif({value.text}, '')" if value.indexed and not range_.low else value.text
    return _between(build, waarde, range_.low, range_.high)


def _between(build: Build, expression: str, low: str | int | None, high: str | int | None) -> str:
    return and_(
        f"{expression} >= {build.parameter(low)}" if low is not None else "",
        f"{expression} <= {build.parameter(high)}" if high is not None else "",
    )


def _datum_range(build: Build, value: ValueSql, inside: RangeBounds, *, own: bool) -> str:
    """As `RangeBounds.contains`; where there is an index, with the bounds that it can search between.

    The registration itself wrote an element that is `own`, always in full.
    """

    def between(expression: str, from_: str, until: str) -> str:
        return f"{expression} BETWEEN {build.parameter(from_)} AND {build.parameter(until)}"

    if own:
        return between(value.text, inside.start, inside.until)
    text = f"nullif({value.text}, '')" if value.indexed else value.text
    in_full = f"rpad({text}, {LENGTH}, '0')"
    exact = (
        f"CASE {_indicatie(value.json)}"
        f" WHEN 'V' THEN {between(in_full, inside.start, inside.until)}"
        f" WHEN 'D' THEN {between(f'left({text}, 6)', inside.month_from, inside.month_until)}"
        f" WHEN 'M' THEN {between(f'left({text}, 4)', inside.year_from, inside.year_until)} ELSE false END"
    )
    return and_(between(value.text, *inside.widest) if value.indexed or value.searched else "", exact)


def _group(build: Build, source: Source, element: Element, criterium: Criterium) -> str:
    return _in_group(build, source.group(element.naam), f"({source.json(element.naam)})", element, criterium)


def _in_group(build: Build, inside: Source, json: str, element: Element, criterium: Criterium) -> str:
    """The condition on a group with its elements in `inside`; it has no value when none of them has one."""
    if criterium.empty == UNKNOWN:
        return f"{json} ->> '@noValue' = '{UNKNOWN}'"
    if criterium.empty:
        parts = [_field_empty(build, inside, part) for part in element.fields]
        return and_(f"coalesce({json} ->> '@noValue', '{NO_WAARDE}') = '{NO_WAARDE}'", *parts)
    return _fields(build, inside, element, criterium.children)


def _field_empty(build: Build, inside: Source, part: Element) -> str:
    return f"{inside.json(part.naam)} IS NULL" if part.verbatim else condition(build, inside, part, _EMPTY)


def _fields(build: Build, inside: Source, element: Element, children: tuple[Criterium, ...]) -> str:
    fields = {part.naam: part for part in element.fields}
    return and_(
        *(
            build.effect(
                child,
                condition(build, inside, fields[child.naam], child)
                if child.naam in fields
                else build.ignore(child.naam),
            )
            for child in children
        )
    )


def _one_of(build: Build, source: Source, element: Element, criterium: Criterium) -> str:
    """A repeating element: one of its values, or groups, meets all; no value when none of them has one."""
    listing = f"({source.json(element.naam)})"
    if criterium.empty == UNKNOWN:
        return f"""{listing} @> '[{{"@noValue": "{UNKNOWN}"}}]'"""
    kept = _as_kept(element, criterium)
    # The index serves containment; for other criteria each occurrence is tried.
    containing = f"{listing} @> CAST({build.parameter(orjson.dumps([kept]).decode())} AS jsonb)" if kept else ""
    if kept and all(child.naam in kept for child in criterium.children):
        return containing
    e = build.alias("e")
    single = Source(e, f"{e}.value", columns=False)
    if element.fields:
        fits = _in_group(build, single, f"{e}.value", element, criterium)
    else:
        fits = condition_on(build, ValueSql(json_text(f"{e}.value"), f"{e}.value"), element, criterium)
    if not fits:
        return containing
    # A function in FROM is evaluated for each row; on anything but an array it would fail.
    waarden = f"jsonb_array_elements(CASE jsonb_typeof({listing}) WHEN 'array' THEN {listing} ELSE '[]' END)"
    if criterium.empty:
        return f"NOT EXISTS (SELECT FROM {waarden} AS {e} WHERE NOT ({fits}))"
    return and_(containing, f"EXISTS (SELECT FROM {waarden} AS {e} WHERE {fits})")


def _as_kept(element: Element, criterium: Criterium) -> str | dict[str, str]:
    """The value that a criterion asks of a repeating element, in the form in which it is stored."""
    if not element.fields:
        return criterium.waarde if criterium.gelijk else ""
    names = {part.naam for part in element.fields if not part.verbatim and not part.fields}
    return {child.naam: child.waarde for child in criterium.children if child.naam in names and child.gelijk}


def _indicatie(json: str) -> str:
    return f"coalesce({json} ->> '@indOnvolledigeDatum', '{COMPLETE}')"


def _numeral(expression: str) -> str:
    return f"(CASE WHEN {expression} ~ '^[0-9]+$' THEN CAST({expression} AS numeric) END)"


# --- Criteria on zaaktypen and statustypen, which are in memory, so that a query gets their ids

Candidate = tuple[int, Data]
"""Id of a type, and its elements."""


def fitting(
    build: Build, entiteit: Entiteit, criteria: Iterable[Criterium], candidates: Iterable[Candidate]
) -> list[int] | None:
    """The ids of the types that meet all criteria; None when the criteria set no condition at all."""
    tested = [
        (element, criterium)
        for criterium in criteria
        if _makes_demand(criterium) and (element := _element(build, entiteit, criterium)) is not None
    ]
    if not tested:
        return None
    return [
        id_
        for id_, data in candidates
        if all(_satisfies(element, data.get(element.naam), criterium) for element, criterium in tested)
    ]


def _element(build: Build, entiteit: Entiteit, criterium: Criterium) -> Element | None:
    """A plain element of the type that a criterion is about; others cannot be selected on."""
    element = entiteit.element(criterium.naam)
    if element is None or element.verbatim or element.fields or criterium.children or says_nothing(element, criterium):
        build.ignore(criterium.naam)
        return None
    if criterium.indicatie != COMPLETE and element.soort not in (Soort.DATUM, Soort.TIJDSTIP):
        build.ignore("indOnvolledigeDatum")
    return element


def _makes_demand(criterium: Criterium) -> bool:
    return not criterium.open and criterium.empty in ("", NO_WAARDE, UNKNOWN)


def _satisfies(element: Element, waarde: Waarde | None, criterium: Criterium) -> bool:
    singles: Sequence[Waarde | None] = waarde if isinstance(waarde, list) else [waarde]
    if criterium.empty == NO_WAARDE:
        return values.is_empty(waarde)
    if criterium.empty == UNKNOWN:
        return any(values.no_waarde(single) == UNKNOWN for single in singles)
    return any(_fits(element, text, single, criterium) for single in singles if (text := values.text(single)))


def _fits(element: Element, text: str, waarde: Waarde | None, criterium: Criterium) -> bool:
    indicatie = waarde.get("@indOnvolledigeDatum", COMPLETE) if isinstance(waarde, dict) else COMPLETE
    if criterium.range_ is not None:
        return _inside(element, text, indicatie, criterium.range_)
    if not criterium.exact:
        return criterium.waarde.strip().lower() in text.lower()
    if element.soort is Soort.NUMERAL and (asked := numeral(criterium.waarde)) is not None:
        return numeral(text) == asked
    if element.soort in (Soort.DATUM, Soort.TIJDSTIP):
        return (text, indicatie) == (valid_datum(element, criterium.waarde), criterium.indicatie)
    return text == criterium.waarde


def _inside(element: Element, text: str, indicatie: str, range_: Range) -> bool:
    if element.soort in (Soort.DATUM, Soort.TIJDSTIP):
        asked = bounds(valid_datum(element, range_.low), valid_datum(element, range_.high))
        return asked.contains(text, indicatie)
    if element.soort is Soort.NUMERAL:
        low, high = valid_number(element, range_.low), valid_number(element, range_.high)
        return text.isdecimal() and (low is None or low <= int(text)) and (high is None or int(text) <= high)
    return (range_.low is None or range_.low <= text) and (range_.high is None or text <= range_.high)
