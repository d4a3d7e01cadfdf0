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

from regiesysteem import config
from regiesysteem.stuf.flat_schema import flat_schemas, prefixes
from regiesysteem.stuf.namespaces import NIL, XS
from regiesysteem.stuf.shorten import shorten
from regiesysteem.stuf.values import DATUMVORM
from regiesysteem.stuf.xml import compileer_schema, ontleed_eigen, toets, toets_stapsgewijs

Kind = Literal["element", "ontbreekt", "waarde", "attribuut", "nil", "inhoud", "anders"]
"""The kind of a deviation from the schema."""

_EEN_KEER: Final = threading.Lock()  # threads that come at the same moment would each compile it
_MAX_AFWIJKINGEN: Final = 200
# The largest tree that is validated as one: that is several times as fast, but takes time in the square of its number
# of mistakes.
_KLEIN: Final = 1000
_OMVANG: Final = etree.XPath("count(descendant-or-self::*) + count(descendant-or-self::*/@*)")
# libxml2 quotes a whole value before the part that we need; it leaves out the end of a text that is too long.
_MAX_BEGIN, _MAX_EIND = 1000, 3000
_MAX_PAD: Final = 500
_MAX_WAARDE: Final = 60
_MAX_ANDERS: Final = 200
_MAX_VERWACHT: Final = 10  # libxml2 lists this many names, and then stops without saying so
_ELEMENT: Final = f"{{{XS}}}element"
_ATTRIBUUT: Final = f"{{{XS}}}attribute"
_DATUM_MET_TEKENS: Final = re.compile(r"\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ].*)?", re.DOTALL)
_NUMMER: Final = re.compile(r"\d{8,}")  # also a name of an element may be about a person
_ALGEMEEN: Final = "voldoet niet aan het schema"


@dataclass(frozen=True)
class Afwijking:
    """A place where a message differs from the schema.

    `regel` counts from the first line of the message; `pad` are element names from the message down, [n] for the n-th
    of several; `tekst` (Dutch) says what was found and what was expected, and may quote the message. `soort` is the
    kind of deviation, which quotes nothing, for the log.
    """

    regel: int
    pad: str
    tekst: str
    soort: str = field(default="", compare=False)

    @property
    def kind(self) -> Kind:
        """The kind of deviation, in a word."""
        return next((kind for word, kind in _KINDS if word in self.soort), "anders")


def controleer(element: etree._Element) -> list[Afwijking]:
    """List the deviations of a message from the schema, in document order, at most 200; empty when it is valid."""
    if _is_geldig(element):
        return []
    paden_ = _Paden(element)
    gevonden = (
        _afwijking(paden_, open_, tekst)
        for open_, teksten in toets_stapsgewijs(element, _schema())
        for tekst in teksten
    )
    # The message stays invalid when the second validation finds no place.
    return list(islice(gevonden, _MAX_AFWIJKINGEN)) or [paden_.algemeen()]


def _is_geldig(element: etree._Element) -> bool:
    if _OMVANG(element) < _KLEIN:  # type: ignore[operator]
        return _schema().validate(element)
    return toets(element, _schema())


def eerste_afwijking(element: etree._Element, schema: etree.XMLSchema) -> str:
    """Give the first deviation of foreign XML from its schema (Dutch) without its content; "" when it is valid.

    The text names elements only, without long numbers.
    """
    if toets(element, schema):
        return ""
    paden_ = _Paden(element)
    for open_, teksten in toets_stapsgewijs(element, schema):
        afwijking = _afwijking(paden_, open_, teksten[0])
        return _NUMMER.sub(
            "...", f"regel {afwijking.regel}, {afwijking.pad}: {nederlands(_ingekort(teksten[0]), waarden=False)}"
        )
    return paden_.algemeen().tekst


def laad() -> None:
    """Compile the schema now, so that the first message does not wait for it."""
    _schema()


def _schema() -> etree.XMLSchema:
    with _EEN_KEER:
        return _gecompileerd()


@cache
def _gecompileerd() -> etree.XMLSchema:
    return compileer_schema(flat_schemas(), config.HOOFDSCHEMA)


def _afwijking(paden_: "_Paden", open_: list[etree._Element], tekst: str) -> Afwijking:
    """Find the open element that the text is about: a child in the wrong place only shows at a tag inside it."""
    tekst = _ingekort(tekst.strip())
    aanhef = _AANHEF.fullmatch(tekst)
    naam = aanhef["element"] if aanhef else None
    diepte = next((n for n in range(len(open_), 0, -1) if open_[n - 1].tag == naam), len(open_))
    return Afwijking(_regel(open_[diepte - 1]), paden_.pad(open_[:diepte]), nederlands(tekst), soort(tekst))


def _regel(element: etree._Element) -> int:
    regel: int | None = element.sourceline  # type: ignore[assignment]
    return regel or 0


class _Paden:
    """Paths of elements in a message; the children of each element are counted once."""

    def __init__(self, bericht: etree._Element) -> None:
        self._bericht = bericht
        self._eigen = etree.QName(bericht).namespace
        self._nummers: dict[etree._Element, dict[etree._Element, int]] = {}

    def algemeen(self) -> Afwijking:
        """Give the part of a message of libxml2 that needs no place."""
        tekst = "het bericht voldoet niet aan het schema"
        return Afwijking(_regel(self._bericht), self.pad([self._bericht]), tekst, tekst)

    def pad(self, stappen: list[etree._Element]) -> str:
        """Names from the message down, with our prefixes, and without one for the namespace of the message."""
        namen = [etree.QName(stappen[0]).localname]
        for ouder, kind in pairwise(stappen):
            nummer = self._nummers_van(ouder).get(kind)
            naam = etree.QName(kind)
            prefix = "" if naam.namespace == self._eigen else f"{prefixes().get(naam.namespace or '', '?')}:"
            namen.append(f"{prefix}{naam.localname}{f'[{nummer}]' if nummer else ''}")
        pad = "/".join(namen)
        return pad if len(pad) <= _MAX_PAD else f"{namen[0]}/…/{pad[-_MAX_PAD:].partition('/')[2]}"

    def _nummers_van(self, ouder: etree._Element) -> dict[etree._Element, int]:
        """Number the children that share their name with others."""
        if ouder not in self._nummers:
            aantal = Counter(kind.tag for kind in ouder)
            geteld: Counter[str] = Counter()
            nummers = self._nummers[ouder] = {}
            for kind in ouder:
                if aantal[kind.tag] > 1:
                    geteld[kind.tag] += 1
                    nummers[kind] = geteld[kind.tag]
        return self._nummers[ouder]


_HOORT_NIET: Final = "{element} hoort hier niet"
# The texts of libxml2, and ours in Dutch; the groups are names and values in its text.
_VERTALINGEN: Final = tuple(
    (re.compile(patroon, re.DOTALL), vorm)
    for patroon, vorm in (
        (
            r"This element is not expected\. Expected is (?:one of )?\( (?P<lijst>.*) \)\.",
            f"{_HOORT_NIET}; verwacht: {{lijst}}",
        ),
        (r"This element is not expected\.", _HOORT_NIET),
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
                f"de waarde '{{waarde}}' {zin}",
            )
            for facet, zin in (
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
_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("attribuut", "attribuut"),
    ("ontbre", "ontbreekt"),
    ("waarde", "waarde"),
    ("xsi:nil", "nil"),
    ("hoort hier niet", "element"),
    ("bekend bericht", "element"),
    ("binnen", "inhoud"),
)
"""Words that tell the kind of a Dutch sentence above; the first word that stands in it decides."""
_AANHEF: Final = re.compile(
    r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribuut>[^']*)')?: (?P<rest>.*)", re.DOTALL
)


def soort(tekst: str) -> str:
    """Give the kind of a deviation in Dutch, without any value of the message."""
    aanhef = _AANHEF.fullmatch(tekst.strip())
    rest = aanhef["rest"] if aanhef else ""
    vorm = next((vorm for patroon, vorm in _VERTALINGEN if patroon.fullmatch(rest)), "anders")
    return re.sub(r"\{\w+\}", "…", vorm)


def nederlands(tekst: str, *, waarden: bool = True) -> str:
    """Translate a text of libxml2 into Dutch; a text without a translation stays as it is.

    Without `waarden` the content is not quoted.
    """
    aanhef = _AANHEF.fullmatch(tekst.strip())
    if aanhef is None:
        return tekst.strip() if waarden else _ALGEMEEN
    plek = _kort(aanhef["element"])
    for patroon, vorm in _VERTALINGEN:
        if gevonden := patroon.fullmatch(aanhef["rest"]):
            delen = {naam: _kort(waarde or "") for naam, waarde in gevonden.groupdict().items()}
            raad = _raad(aanhef["element"], gevonden) if waarden else ""
            gezegd = _HOORT_NIET if raad and "lijst" in delen else vorm
            if delen.get("lijst", "").count(", ") + 1 >= _MAX_VERWACHT:
                delen["lijst"] += ", …"
            if "waarde" in delen:
                delen["waarde"] = shorten(delen["waarde"], _MAX_WAARDE) if waarden else "..."
            zin = f"{gezegd.format(element=plek, **delen)}{raad}"
            return (
                f"attribuut {_kort(aanhef['attribuut'])}: {zin}" if aanhef["attribuut"] and "waarde" in delen else zin
            )
    return f"{plek}: {shorten(aanhef['rest'], _MAX_ANDERS) if waarden else _ALGEMEEN}"


def _raad(element: str, gevonden: re.Match[str]) -> str:
    """Guess what the sender meant: a name in another namespace, or a date without hyphens; "" for no guess."""
    delen = gevonden.groupdict()
    if "attribuut" in delen:
        return _bedoeld(delen["attribuut"], _bekend()[_ATTRIBUUT])
    if _DATUM_MET_TEKENS.fullmatch(delen.get("waarde") or ""):
        return "; " + DATUMVORM
    if "not expected" in gevonden.re.pattern:
        verwacht = [naam for naam in delen.get("lijst", "").split(", ") if _lokaal(naam) == _lokaal(element)]
        return _bedoeld(element, {_lokaal(element): set(verwacht)} if verwacht else _bekend()[_ELEMENT])
    return ""


def _bedoeld(naam: str, bekend: Mapping[str, Set[str]]) -> str:
    """Name the element of the contract with this local name, unless the element itself is in the contract."""
    anderen = bekend.get(_lokaal(naam), set())
    if naam in anderen or len(anderen) != 1:
        return ""
    [goed] = anderen
    return f"; bedoeld is {_kort(goed)}, in de namespace {goed[1:].partition('}')[0]}"


def _lokaal(naam: str) -> str:
    return naam.rpartition("}")[2]


@cache
def _bekend() -> Mapping[str, Mapping[str, Set[str]]]:
    """All elements and attributes of the contract that have a namespace, by their local names."""
    bekend: dict[str, dict[str, set[str]]] = {_ELEMENT: {}, _ATTRIBUUT: {"nil": {NIL}}}
    for tekst in flat_schemas().values():
        schema = ontleed_eigen(tekst.encode())
        for knoop in (*schema.iter(_ELEMENT), *schema.iterchildren(_ATTRIBUUT)):
            if lokaal := knoop.get("name"):
                bekend[str(knoop.tag)].setdefault(lokaal, set()).add(f"{{{schema.get('targetNamespace')}}}{lokaal}")
    return bekend


_KLARK: Final = re.compile(r"\{([^{}']*)\}")


def _kort(tekst: str) -> str:
    """Write {namespace}naam with our prefix."""

    def prefix(gevonden: re.Match[str]) -> str:
        return f"{prefixes()[gevonden[1]]}:" if gevonden[1] in prefixes() else gevonden[0]

    return _KLARK.sub(prefix, tekst)


def _ingekort(tekst: str) -> str:
    return tekst if len(tekst) <= _MAX_BEGIN + _MAX_EIND else f"{tekst[:_MAX_BEGIN]}…{tekst[-_MAX_EIND:]}"
