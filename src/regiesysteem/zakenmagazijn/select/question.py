"""The criteria in <gelijk>, <vanaf> and <totEnMet>, as one tree that is checked and free of XML (6.3.1)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import (
    ENTITEITTYPE,
    EXACT,
    IND_INCOMPLETE_DATUM,
    METAGEGEVEN,
    NIL,
    NO_VALUE,
    SLEUTEL_GEGEVENSBEHEER,
    SLEUTEL_ONTVANGEND,
    SLEUTEL_VERZENDEND,
    XSI,
    stuf,
)
from regiesysteem.stuf.read import local
from regiesysteem.stuf.values import COMPLETE, NO_WAARDE
from regiesysteem.zkn.names import zkn

MAX_CRITERIA = 100
"""Elements that a question may select on: each is a condition in SQL, and a soepel sender may repeat them."""

MAX_PARTIAL = 10
"""Elements of which a question may ask for a part: a part is looked for in every text that it may be in."""

MAX_LENGTH_PARTIAL = 1000
"""Characters of such a part, as many as the schema lets a text have: the work grows with their square."""

_ASKED = ("", NO_WAARDE, "vastgesteldOnbekend")
"""The kinds of noValue that can be asked; the others are to be ignored (6.3.1)."""

SLEUTELS = (SLEUTEL_ONTVANGEND, SLEUTEL_VERZENDEND, SLEUTEL_GEGEVENSBEHEER)
_NEE = ("false", "0")
_YES = ("true", "1")
_TIJDSTIP_REGISTRATIE = stuf("tijdstipRegistratie")
_PARTS = tuple(map(zkn, ("gelijk", "vanaf", "totEnMet")))
_STRUCTUUR = (ENTITEITTYPE, METAGEGEVEN, "naam")
_PLAIN = {EXACT: _YES, IND_INCOMPLETE_DATUM: (COMPLETE,), NO_VALUE: ("",)}
"""Attributes with the values that mean nothing."""


@dataclass(frozen=True, slots=True)
class Range:
    """From and up to and including; None leaves a side open."""

    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Criterium:
    """The criterion on one element.

    Attributes:
        naam: local name of the element.
        waarde: the text that it must have, when it has no `empty`, `range_` or `children`.
        indicatie: indOnvolledigeDatum of a date that is asked.
        exact: False when the text need only be part of the value.
        empty: the kind of noValue that is asked, "" when none is.
        range_: the range that its value must lie in.
        children: criteria for what is inside: a group, a relation, a gerelateerde.
        ignored: ignored parts of it: names of attributes; its own name for text among elements.
    """

    naam: str
    waarde: str = ""
    indicatie: str = COMPLETE
    exact: bool = True
    empty: str = ""
    range_: Range | None = None
    children: tuple["Criterium", ...] = ()
    ignored: tuple[str, ...] = ()

    def walk(self) -> Iterator["Criterium"]:
        """This one, and all inside."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def makes_demand(self) -> bool:
        """Tell whether it sets a condition: an ignored criterion does not (6.3.1), nor does an open range."""
        if self.children:
            return any(child.makes_demand for child in self.children)
        return not self.open and self.empty in _ASKED

    def child(self, naam: str) -> "Criterium | None":
        """The criterion for the element inside with this name, or None."""
        return next((child for child in self.children if child.naam == naam), None)

    @property
    def open(self) -> bool:
        """Tell whether it is a range without sides, which every value meets."""
        return self.range_ is not None and self.range_.low is None and self.range_.high is None

    @property
    def gelijk(self) -> bool:
        """Tell whether one exact value is asked."""
        only_text = not (self.empty or self.range_ or self.children)
        return only_text and self.exact and self.indicatie == COMPLETE


def read_criteria(
    gelijk: etree._Element | None, vanaf: etree._Element | None, up_to: etree._Element | None
) -> tuple[Criterium, ...]:
    """The criteria of a question. Raises the StufFout of table 6.3 that applies, naming the elements.

    Criteria of <gelijk> and the range on the one relation or group of a name hold for the same occurrence of it:
    "status 2, set between January and March" is one status. Raises StUF055 for more than MAX_CRITERIA, and for more or
    longer texts to look for in part than MAX_PARTIAL; StUF094 for only a key of anything but the zaak itself: we have
    none.
    """
    _bound(gelijk, vanaf, up_to)
    _bound_partial(gelijk)
    _refuse_sleutels(gelijk, vanaf, up_to)
    _check(gelijk, vanaf, up_to)
    exact = tuple(_read_gelijk(child) for child in _children(gelijk))
    return _merge(exact, tuple(_read_range(vanaf, up_to)))


def paths(node: etree._Element | None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the elements that have none inside, by local names."""
    for child in _children(node):
        deeper = (*path, local(child))
        if len(child):
            yield from paths(child, deeper)
        else:
            yield deeper


def drop_bare_nil(question: etree._Element) -> str:
    """Take the criteria that are nil without noValue out of a question; gives the path of the first, "" for none.

    Proxies of .NET write these for every value that their program left unset (docs/afwijkingen.md 56). An element that
    becomes empty goes too.
    """
    paths = [_drop_bare_nil(part) for part in map(question.find, _PARTS) if part is not None]
    return next(filter(None, paths), "")


def _drop_bare_nil(node: etree._Element) -> str:
    first = ""
    for child in _children(node):
        bare = _is_bare_nil(child)
        gone = local(child) if bare else _drop_bare_nil(child)
        first = first or (gone and f"{local(node)}/{gone}")
        if bare or (gone and not len(child)):
            node.remove(child)
    return first


def no_waarde_of(node: etree._Element) -> str:
    """The kind of noValue of an element, geenWaarde for a bare xsi:nil, "" when it has a value."""
    soort = node.get(NO_VALUE)
    return soort or (NO_WAARDE if node.get(NIL) in _YES else "")


def _children(node: etree._Element | None) -> list[etree._Element]:
    """The elements inside, without a bare nil of tijdstipRegistratie.

    JAXB writes that wherever the schema allows it. Everything has a tijdstipRegistratie here, so nobody asks for things
    without one.
    """
    children = [] if node is None else node.iterchildren(tag=etree.Element)
    return [child for child in children if not (child.tag == _TIJDSTIP_REGISTRATIE and _is_bare_nil(child))]


def _is_bare_nil(node: etree._Element) -> bool:
    return node.get(NIL) in _YES and NO_VALUE not in node.attrib


def _bound(*parts: etree._Element | None) -> None:
    count = sum(1 for part in parts for _ in paths(part))
    if count > MAX_CRITERIA:
        raise StufFout(
            "StUF055",
            f"te veel om op te selecteren: {count} elementen in gelijk, vanaf en totEnMet; ten hoogste {MAX_CRITERIA}",
        )


def _bound_partial(gelijk: etree._Element | None) -> None:
    partial = [node for child in _children(gelijk) for node in child.iter(etree.Element) if node.get(EXACT) in _NEE]
    if len(partial) > MAX_PARTIAL:
        raise StufFout(
            "StUF055", f'{len(partial)} elementen in gelijk hebben StUF:exact="false"; ten hoogste {MAX_PARTIAL}'
        )
    for node in partial:
        length = len((node.text or "").strip())
        if length > MAX_LENGTH_PARTIAL:
            raise StufFout(
                "StUF055",
                f'{local(node)}: met StUF:exact="false" is een tekst ten hoogste {MAX_LENGTH_PARTIAL} tekens lang, '
                f"niet {length}",
            )


def _says_something(node: etree._Element) -> bool:
    return bool(no_waarde_of(node) or (node.text or "").strip())


def _refuse_sleutels(*parts: etree._Element | None) -> None:
    """Refuse a key that is the only criterion; one beside other criteria is ignored, and named as such."""
    for node in (node for part in parts if part is not None for node in part.iterdescendants(tag=etree.Element)):
        for sleutel in SLEUTELS:
            if node.get(sleutel, "").strip() and not any(map(_says_something, node.iter(etree.Element))):
                naam = sleutel.rpartition("}")[2]
                raise StufFout("StUF094", f"{local(node)}: StUF:{naam}; selecteer op identificatie")


def without_effect(node: etree._Element | None, *used: str) -> tuple[str, ...]:
    """The names of the attributes that set no condition, but for those that are `used` or that name a kind."""
    if node is None:
        return ()
    known = {*_STRUCTUUR, *used, *(naam for naam, plain in _PLAIN.items() if node.get(naam) in plain)}
    over = [str(naam) for naam in node.attrib if naam not in known and not str(naam).startswith(f"{{{XSI}}}")]
    return tuple(naam.rpartition("}")[2] for naam in over if naam not in SLEUTELS or node.get(naam, "").strip())


def _check(gelijk: etree._Element | None, vanaf: etree._Element | None, up_to: etree._Element | None) -> None:
    low, high = Counter(paths(vanaf)), Counter(paths(up_to))
    if low != high:
        raise StufFout("StUF076", _names((low - high) + (high - low)))
    if double := set(low).intersection(paths(gelijk)):
        raise StufFout("StUF079", _names(double))
    for naam, side in (("vanaf", vanaf), ("totEnMet", up_to)):
        for node in side.iter(etree.Element) if side is not None else ():
            if EXACT in node.attrib:
                raise StufFout("StUF082", f"{local(node)} in {naam}")
            if node.get(IND_INCOMPLETE_DATUM, COMPLETE) != COMPLETE:
                raise StufFout("StUF085", f"{local(node)} in {naam}")


def _names(found: Iterable[tuple[str, ...]]) -> str:
    return ", ".join(sorted("/".join(path) for path in found))


def _read_gelijk(node: etree._Element) -> Criterium:
    naam, empty = local(node), no_waarde_of(node)
    if empty:
        return Criterium(naam, empty=empty, ignored=without_effect(node, NO_VALUE))
    children = tuple(_read_gelijk(child) for child in _children(node))
    if children:
        between = "".join(text or "" for text in (node.text, *(child.tail for child in node))).strip()
        return Criterium(naam, children=children, ignored=(*without_effect(node), *([naam] if between else ())))
    return Criterium(
        naam,
        waarde=node.text or "",
        indicatie=node.get(IND_INCOMPLETE_DATUM, COMPLETE),
        exact=node.get(EXACT) not in _NEE,
        ignored=without_effect(node, EXACT, IND_INCOMPLETE_DATUM),
    )


def _read_range(vanaf: etree._Element | None, up_to: etree._Element | None) -> Iterator[Criterium]:
    """Pair elements with the same name on both sides, in order of occurrence."""
    high: dict[str, list[etree._Element]] = {}
    for child in _children(up_to):
        high.setdefault(local(child), []).append(child)
    for low in _children(vanaf):
        upper = high[local(low)].pop(0)
        children = tuple(_read_range(low, upper))
        # Only geenWaarde is a low or high value; the other kinds are to be ignored, which is the same thing.
        range_ = None if children else Range(_side(low), _side(upper))
        over = dict.fromkeys((*without_effect(low, NO_VALUE), *without_effect(upper, NO_VALUE)))
        yield Criterium(local(low), range_=range_, children=children, ignored=tuple(over))


def _side(node: etree._Element) -> str | None:
    return None if no_waarde_of(node) else node.text or ""


def _merge(exact: tuple[Criterium, ...], range_: tuple[Criterium, ...]) -> tuple[Criterium, ...]:
    count = Counter(criterium.naam for criterium in (*exact, *range_) if criterium.children)
    out = list(exact)
    for criterium in range_:
        place = next((p for p, other in enumerate(exact) if other.naam == criterium.naam and other.children), None)
        if criterium.children and place is not None and count[criterium.naam] == 2:
            out[place] = replace(
                exact[place],
                children=_merge(exact[place].children, criterium.children),
                ignored=(*exact[place].ignored, *criterium.ignored),
            )
        else:
            out.append(criterium)
    return tuple(out)
