"""Checks messages against the published XSD, which is compiled once per process.

libxml2 only reads a compiled schema while it validates, so threads share one without a lock. The deviations come from a
second validation, tag by tag, that stops at 200 of them, so that a hundred thousand mistakes cost no more.
"""

import re
import threading
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, pairwise
from typing import Final, Literal

from lxml import etree

from regiesysteem.stuf.faults import shorten
from regiesysteem.stuf.flat_schema import all_messages, flat_schemas, prefixes
from regiesysteem.stuf.namespaces import NIL, XS
from regiesysteem.stuf.values import DATUM_FORM
from regiesysteem.stuf.xml import compiled_schema, is_valid, parse_own, validate_stepwise

DeviationKind = Literal["element", "ontbreekt", "waarde", "attribuut", "nil", "inhoud", "anders"]
"""The kind of a deviation from the schema."""

_ALL_MESSAGES: Final = "alle-berichten.xsd"
_ONE_TIME: Final = threading.Lock()  # threads that come at the same moment would each compile it
_MAX_AFWIJKINGEN: Final = 200
# The largest tree that is validated as one: that is several times as fast, but takes time in the square of its number
# of mistakes.
_SMALL: Final = 1000
_SIZE: Final = etree.XPath("count(descendant-or-self::*) + count(descendant-or-self::*/@*)")
# libxml2 quotes a whole value before the part that we need; it leaves out the end of a text that is too long.
_MAX_BEGIN, _MAX_END = 1000, 3000
_MAX_PATH: Final = 500
_MAX_WAARDE: Final = 60
_MAX_OTHERWISE: Final = 200
_MAX_EXPECTED: Final = 10  # libxml2 lists this many names, and then stops without saying so
_ELEMENT: Final = f"{{{XS}}}element"
_ATTRIBUTE: Final = f"{{{XS}}}attribute"
_DATUM_WITH_TEKENS: Final = re.compile(r"\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ].*)?", re.DOTALL)
_NUMBER: Final = re.compile(r"\d{8,}")  # also a name of an element may be about a person
_MAX_KINDS: Final = 5
_PLACE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:\[\]/-]*[A-Za-z0-9_\]]")
_NUMBERED: Final = re.compile(r"\[\d+\]")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+")
_GENERAL: Final = "voldoet niet aan het schema"


@dataclass(frozen=True)
class Afwijking:
    """A place where a message differs from the schema.

    `line` counts from the first line of the message; `path` are element names from the message down, [n] for the n-th
    of several; `text` (Dutch) says what was found and what was expected, and may quote the message. `soort` is the
    kind of deviation, which quotes nothing, for the log.
    """

    line: int
    path: str
    text: str
    soort: str = field(default="", compare=False)

    @property
    def kind(self) -> DeviationKind:
        """The kind of deviation, in a word."""
        return next((kind for word, kind in _KINDS if word in self.soort), "anders")


def kinds_of(afwijkingen: list[Afwijking]) -> tuple[str, ...]:
    """Give the place and kind of the first deviations, for the log and the record.

    Not their texts: those quote the message, and so name people. A name that the contract does not have may be that of
    somebody too.
    """
    return tuple(f"{_known_path(one.path)}: {one.soort}" for one in afwijkingen[:_MAX_KINDS])


def _known_path(path: str) -> str:
    known = _known()[_ELEMENT]
    names = path.split("/")
    return "/".join(name if _NUMBERED.sub("", name).rpartition(":")[2] in known else "…" for name in names)


def is_element(name: str) -> bool:
    """Tell whether the contract has an element with this name, one that is no ordinary word."""
    return name in _known()[_ELEMENT] and not _WORD.fullmatch(name)


def places_in(text: str) -> tuple[str, ...]:
    """Give the elements and paths of elements that a text names, each once.

    All names in them are of the contract, so that no value of a message is among them; a name that might be an ordinary
    word counts only in a path.
    """
    known = _known()[_ELEMENT]
    found = (one[0] for one in _PLACE.finditer(text))
    places = (
        place
        for place in found
        if ("/" in place or not _WORD.fullmatch(place))
        and all(_NUMBERED.sub("", name).rpartition(":")[2] in known for name in place.split("/"))
    )
    return tuple(dict.fromkeys(islice(places, _MAX_KINDS)))


def check(element: etree._Element) -> list[Afwijking]:
    """List the deviations of a message from the schema, in document order, at most 200; empty when it is valid."""
    if _is_valid(element):
        return []
    paths_ = _Paths(element)
    found = (
        _afwijking(paths_, open_, text) for open_, texts in validate_stepwise(element, _schema()) for text in texts
    )
    # The message stays invalid when the second validation finds no place.
    return list(islice(found, _MAX_AFWIJKINGEN)) or [paths_.general()]


def _is_valid(element: etree._Element) -> bool:
    if _SIZE(element) < _SMALL:  # type: ignore[operator]
        return _schema().validate(element)
    return is_valid(element, _schema())


def first_afwijking(element: etree._Element, schema: etree.XMLSchema) -> str:
    """Give the first deviation of foreign XML from its schema (Dutch) without its content; "" when it is valid.

    The text names elements only, without long numbers.
    """
    if is_valid(element, schema):
        return ""
    paths_ = _Paths(element)
    for open_, texts in validate_stepwise(element, schema):
        afwijking = _afwijking(paths_, open_, texts[0])
        return _NUMBER.sub(
            "...",
            f"regel {afwijking.line}, {afwijking.path}: {in_dutch(_shortened(texts[0]), waarden=False)}",
        )
    return paths_.general().text


def load() -> None:
    """Compile the schema now, so that the first message does not wait for it."""
    _schema()


def _schema() -> etree.XMLSchema:
    with _ONE_TIME:
        return _compiled()


@cache
def _compiled() -> etree.XMLSchema:
    return compiled_schema({**flat_schemas(), _ALL_MESSAGES: all_messages()}, _ALL_MESSAGES)


def _afwijking(paths_: "_Paths", open_: list[etree._Element], text: str) -> Afwijking:
    """Find the open element that the text is about: a child in the wrong place only shows at a tag inside it."""
    text = _shortened(text.strip())
    opening = _OPENING.fullmatch(text)
    naam = opening["element"] if opening else None
    depth = next((n for n in range(len(open_), 0, -1) if open_[n - 1].tag == naam), len(open_))
    return Afwijking(_line(open_[depth - 1]), paths_.path(open_[:depth]), in_dutch(text), soort(text))


def _line(element: etree._Element) -> int:
    line: int | None = element.sourceline  # type: ignore[assignment]
    return line or 0


class _Paths:
    """Paths of elements in a message; the children of each element are counted once."""

    def __init__(self, bericht: etree._Element) -> None:
        self._bericht = bericht
        self._own = etree.QName(bericht).namespace
        self._numbers: dict[etree._Element, dict[etree._Element, int]] = {}

    def general(self) -> Afwijking:
        """Give the part of a message of libxml2 that needs no place."""
        text = "het bericht voldoet niet aan het schema"
        return Afwijking(_line(self._bericht), self.path([self._bericht]), text, text)

    def path(self, steps: list[etree._Element]) -> str:
        """Names from the message down, with our prefixes, and without one for the namespace of the message."""
        names = [etree.QName(steps[0]).localname]
        for parent, child in pairwise(steps):
            number = self._numbers_of(parent).get(child)
            naam = etree.QName(child)
            prefix = "" if naam.namespace == self._own else f"{prefixes().get(naam.namespace or '', '?')}:"
            names.append(f"{prefix}{naam.localname}{f'[{number}]' if number else ''}")
        path = "/".join(names)
        return path if len(path) <= _MAX_PATH else f"{names[0]}/…/{path[-_MAX_PATH:].partition('/')[2]}"

    def _numbers_of(self, parent: etree._Element) -> dict[etree._Element, int]:
        """Number the children that share their name with others."""
        if parent not in self._numbers:
            count = Counter(child.tag for child in parent)
            counted: Counter[str] = Counter()
            numbers = self._numbers[parent] = {}
            for child in parent:
                if count[child.tag] > 1:
                    counted[child.tag] += 1
                    numbers[child] = counted[child.tag]
        return self._numbers[parent]


_DOES_NOT_BELONG: Final = "{element} hoort hier niet"
# The texts of libxml2, and ours in Dutch; the groups are names and values in its text.
_TRANSLATIONS: Final = tuple(
    (re.compile(pattern, re.DOTALL), form)
    for pattern, form in (
        (
            r"This element is not expected\. Expected is (?:one of )?\( (?P<lijst>.*) \)\.",
            f"{_DOES_NOT_BELONG}; verwacht: {{lijst}}",
        ),
        (r"This element is not expected\.", _DOES_NOT_BELONG),
        (
            r"Missing child element\(s\)\. Expected is (?:one of )?\( (?P<lijst>.*) \)\.",
            "binnen {element} ontbreekt: {lijst}",
        ),
        (r"Missing child element\(s\)\.", "binnen {element} ontbreken elementen"),
        (
            r"\[facet 'enumeration'\] The value '(?P<waarde>.*)' is not an element of the set \{(?P<set>.*)\}\.",
            "de waarde '{waarde}' is niet toegestaan; toegestaan: {set}",
        ),
        (
            r"\[facet 'pattern'\] The value '(?P<waarde>.*)' is not accepted by the pattern '(?P<patroon>.*)'\.",
            "de waarde '{waarde}' voldoet niet aan het patroon {patroon}",
        ),
        (
            r"\[facet '(?P<facet>\w*[lL]ength)'\] The value.* has a length of '(?P<lengte>\d+)'.*of '(?P<grens>\d+)'\.",
            "de waarde heeft lengte {lengte}; toegestaan is ({facet}) {grens}",
        ),
        *(
            (
                rf"\[facet '{facet}'\] The value '(?P<waarde>.*)' .*'(?P<grens>[^']*)'\)?\.",
                f"de waarde '{{waarde}}' {sentence}",
            )
            for facet, sentence in (
                ("minInclusive", "is te klein; toegestaan is ten minste {grens}"),
                ("maxInclusive", "is te groot; toegestaan is ten hoogste {grens}"),
                ("minExclusive", "is te klein; toegestaan is meer dan {grens}"),
                ("maxExclusive", "is te groot; toegestaan is minder dan {grens}"),
                ("totalDigits", "heeft te veel cijfers; toegestaan is een aantal van {grens}"),
                ("fractionDigits", "heeft te veel cijfers achter de komma; toegestaan is een aantal van {grens}"),
            )
        ),
        (
            r"'(?P<waarde>.*)' is not a valid value of the (?:local )?\w+ type '(?P<type>.*)'\.",
            "de waarde '{waarde}' is geen geldige waarde van het type {type}",
        ),
        (r"'(?P<waarde>.*)' is not a valid value of the .*", "de waarde '{waarde}' is hier niet geldig"),
        (r"The attribute '(?P<attribuut>.*)' is not allowed\.", "het attribuut {attribuut} hoort hier niet"),
        (r"The attribute '(?P<attribuut>.*)' is required but missing\.", "het attribuut {attribuut} ontbreekt"),
        (
            r"The attribute '(?P<attribuut>.*)' has a fixed value of '(?P<vast>.*)'.*",
            "het attribuut {attribuut} moet de waarde '{vast}' hebben",
        ),
        (
            r"The value '(?P<waarde>.*)' does not match the fixed value constraint '(?P<vast>.*)'\.",
            "de waarde '{waarde}' moet '{vast}' zijn",
        ),
        (r"The element is not 'nillable'\.", "{element} mag niet xsi:nil zijn"),
        (r".*content is allowed.*nilled.*", "{element} is xsi:nil en mag dan geen inhoud hebben"),
        (r"Character content other than whitespace is not allowed.*", "binnen {element} mag geen tekst staan"),
        (r"Element content is not allowed.*", "binnen {element} mogen geen elementen staan"),
        (r"No matching global declaration available.*", "{element} is geen bekend bericht"),
    )
)
_KINDS: Final[tuple[tuple[str, DeviationKind], ...]] = (
    ("attribuut", "attribuut"),
    ("ontbre", "ontbreekt"),
    ("waarde", "waarde"),
    ("xsi:nil", "nil"),
    ("hoort hier niet", "element"),
    ("bekend bericht", "element"),
    ("binnen", "inhoud"),
)
"""Words that tell the kind of a Dutch sentence above; the first word that stands in it decides."""
_OPENING: Final = re.compile(
    r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribuut>[^']*)')?: (?P<rest>.*)", re.DOTALL
)


def soort(text: str) -> str:
    """Give the kind of a deviation in Dutch, without any value of the message."""
    opening = _OPENING.fullmatch(text.strip())
    rest = opening["rest"] if opening else ""
    form = next((form for pattern, form in _TRANSLATIONS if pattern.fullmatch(rest)), "anders")
    return re.sub(r"\{\w+\}", "…", form)


def in_dutch(text: str, *, waarden: bool = True) -> str:
    """Translate a text of libxml2 into Dutch; a text without a translation stays as it is.

    Without `waarden` the content is not quoted.
    """
    opening = _OPENING.fullmatch(text.strip())
    if opening is None:
        return text.strip() if waarden else _GENERAL
    element = _short(opening["element"])
    for pattern, form in _TRANSLATIONS:
        if found := pattern.fullmatch(opening["rest"]):
            parts = {naam: _short(waarde or "") for naam, waarde in found.groupdict().items()}
            advice = _advice(opening["element"], found) if waarden else ""
            said = _DOES_NOT_BELONG if advice and "lijst" in parts else form
            if parts.get("lijst", "").count(", ") + 1 >= _MAX_EXPECTED:
                parts["lijst"] += ", …"
            if "waarde" in parts:
                parts["waarde"] = shorten(parts["waarde"], _MAX_WAARDE) if waarden else "..."
            sentence = f"{said.format(element=element, **parts)}{advice}"
            return (
                f"attribuut {_short(opening['attribuut'])}: {sentence}"
                if opening["attribuut"] and "waarde" in parts
                else sentence
            )
    return f"{element}: {shorten(opening['rest'], _MAX_OTHERWISE) if waarden else _GENERAL}"


def _advice(element: str, found: re.Match[str]) -> str:
    """Guess what the sender meant: a name in another namespace, or a date without hyphens; "" for no guess."""
    parts = found.groupdict()
    if "attribuut" in parts:
        return _meant(parts["attribuut"], _known()[_ATTRIBUTE])
    if _DATUM_WITH_TEKENS.fullmatch(parts.get("waarde") or ""):
        return "; " + DATUM_FORM
    if "not expected" in found.re.pattern:
        expected = [naam for naam in parts.get("lijst", "").split(", ") if _local(naam) == _local(element)]
        return _meant(element, {_local(element): set(expected)} if expected else _known()[_ELEMENT])
    return ""


def _meant(naam: str, known: Mapping[str, Set[str]]) -> str:
    """Name the element of the contract with this local name, unless the element itself is in the contract."""
    others = known.get(_local(naam), set())
    if naam in others or len(others) != 1:
        return ""
    [good] = others
    return f"; bedoeld is {_short(good)}, in de namespace {good[1:].partition('}')[0]}"


def _local(naam: str) -> str:
    return naam.rpartition("}")[2]


@cache
def _known() -> Mapping[str, Mapping[str, Set[str]]]:
    """All elements and attributes of the contract that have a namespace, by their local names."""
    known: dict[str, dict[str, set[str]]] = {_ELEMENT: {}, _ATTRIBUTE: {"nil": {NIL}}}
    for text in flat_schemas().values():
        schema = parse_own(text.encode())
        for node in (*schema.iter(_ELEMENT), *schema.iterchildren(_ATTRIBUTE)):
            if local := node.get("name"):
                known[str(node.tag)].setdefault(local, set()).add(f"{{{schema.get('targetNamespace')}}}{local}")
    return known


_CLARK: Final = re.compile(r"\{([^{}']*)\}")


def _short(text: str) -> str:
    """Write {namespace}naam with our prefix."""

    def prefix(found: re.Match[str]) -> str:
        return f"{prefixes()[found[1]]}:" if found[1] in prefixes() else found[0]

    return _CLARK.sub(prefix, text)


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_BEGIN + _MAX_END else f"{text[:_MAX_BEGIN]}…{text[-_MAX_END:]}"
