"""The criteria in <gelijk>, <vanaf> and <totEnMet>, as one tree that is checked and free of XML (6.3.1)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import (
    ENTITEITTYPE,
    EXACT,
    IND_ONVOLLEDIGE_DATUM,
    METAGEGEVEN,
    NIL,
    NO_VALUE,
    SLEUTEL_GEGEVENSBEHEER,
    SLEUTEL_ONTVANGEND,
    SLEUTEL_VERZENDEND,
    XSI,
    stuf,
)
from regiesysteem.stuf.read import lokaal
from regiesysteem.stuf.values import GEEN_WAARDE, VOLLEDIG
from regiesysteem.zkn.names import zkn

MAX_CRITERIA = 100
"""Elements that a question may select on: each is a condition in SQL, and a soepel sender may repeat them."""

MAX_ONGEVEER = 10
"""Elements of which a question may ask for a part: a part is looked for in every text that it may be in."""

MAX_LENGTE_ONGEVEER = 1000
"""Characters of such a part, as many as the schema lets a text have: the work grows with their square."""

_GEVRAAGD = ("", GEEN_WAARDE, "vastgesteldOnbekend")
"""The kinds of noValue that can be asked; the others are to be ignored (6.3.1)."""

SLEUTELS = (SLEUTEL_ONTVANGEND, SLEUTEL_VERZENDEND, SLEUTEL_GEGEVENSBEHEER)
_NEE = ("false", "0")
_JA = ("true", "1")
_TIJDSTIP_REGISTRATIE = stuf("tijdstipRegistratie")
_DELEN = tuple(map(zkn, ("gelijk", "vanaf", "totEnMet")))
_STRUCTUUR = (ENTITEITTYPE, METAGEGEVEN, "naam")
_GEWOON = {EXACT: _JA, IND_ONVOLLEDIGE_DATUM: (VOLLEDIG,), NO_VALUE: ("",)}
"""Attributes with the values that mean nothing."""


@dataclass(frozen=True, slots=True)
class Bereik:
    """From and up to and including; None leaves a side open."""

    laag: str | None
    hoog: str | None


@dataclass(frozen=True, slots=True)
class Criterium:
    """The criterion on one element.

    Attributes:
        naam: local name of the element.
        waarde: the text that it must have, when it has no `leeg`, `bereik` or `kinderen`.
        indicatie: indOnvolledigeDatum of a date that is asked.
        exact: False when the text need only be part of the value.
        leeg: the kind of noValue that is asked, "" when none is.
        bereik: the range that its value must lie in.
        kinderen: criteria for what is inside: a group, a relation, a gerelateerde.
        genegeerd: ignored parts of it: names of attributes; its own name for text among elements.
    """

    naam: str
    waarde: str = ""
    indicatie: str = VOLLEDIG
    exact: bool = True
    leeg: str = ""
    bereik: Bereik | None = None
    kinderen: tuple["Criterium", ...] = ()
    genegeerd: tuple[str, ...] = ()

    def alle(self) -> Iterator["Criterium"]:
        """This one, and all inside."""
        yield self
        for kind in self.kinderen:
            yield from kind.alle()

    @property
    def stelt_eis(self) -> bool:
        """Tell whether it sets a condition: an ignored criterion does not (6.3.1), nor does an open range."""
        if self.kinderen:
            return any(kind.stelt_eis for kind in self.kinderen)
        return not self.open and self.leeg in _GEVRAAGD

    def kind(self, naam: str) -> "Criterium | None":
        """The criterion for the element inside with this name, or None."""
        return next((kind for kind in self.kinderen if kind.naam == naam), None)

    @property
    def open(self) -> bool:
        """Tell whether it is a range without sides, which every value meets."""
        return self.bereik is not None and self.bereik.laag is None and self.bereik.hoog is None

    @property
    def gelijk(self) -> bool:
        """Tell whether one exact value is asked."""
        alleen_tekst = not (self.leeg or self.bereik or self.kinderen)
        return alleen_tekst and self.exact and self.indicatie == VOLLEDIG


def lees_criteria(
    gelijk: etree._Element | None, vanaf: etree._Element | None, tot_en_met: etree._Element | None
) -> tuple[Criterium, ...]:
    """The criteria of a question. Raises the StufFout of table 6.3 that applies, naming the elements.

    Criteria of <gelijk> and the range on the one relation or group of a name hold for the same occurrence of it:
    "status 2, set between January and March" is one status. Raises StUF055 for more than MAX_CRITERIA, and for more or
    longer texts to look for in part than MAX_ONGEVEER; StUF094 for only a key of anything but the zaak itself: we have
    none.
    """
    _begrens(gelijk, vanaf, tot_en_met)
    _begrens_ongeveer(gelijk)
    _weiger_sleutels(gelijk, vanaf, tot_en_met)
    _controleer(gelijk, vanaf, tot_en_met)
    exact = tuple(_lees_gelijk(kind) for kind in _kinderen(gelijk))
    return _voeg_samen(exact, tuple(_lees_bereik(vanaf, tot_en_met)))


def paden(knoop: etree._Element | None, pad: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the elements that have none inside, by local names."""
    for kind in _kinderen(knoop):
        dieper = (*pad, lokaal(kind))
        if len(kind):
            yield from paden(kind, dieper)
        else:
            yield dieper


def drop_bare_nil(vraag: etree._Element) -> str:
    """Take the criteria that are nil without noValue out of a question; gives the path of the first, "" for none.

    Proxies of .NET write these for every value that their program left unset (docs/afwijkingen.md 56). An element that
    becomes empty goes too.
    """
    paths = [_drop_bare_nil(deel) for deel in map(vraag.find, _DELEN) if deel is not None]
    return next(filter(None, paths), "")


def _drop_bare_nil(knoop: etree._Element) -> str:
    first = ""
    for kind in _kinderen(knoop):
        bare = _is_bare_nil(kind)
        gone = lokaal(kind) if bare else _drop_bare_nil(kind)
        first = first or (gone and f"{lokaal(knoop)}/{gone}")
        if bare or (gone and not len(kind)):
            knoop.remove(kind)
    return first


def geen_waarde(knoop: etree._Element) -> str:
    """The kind of noValue of an element, geenWaarde for a bare xsi:nil, "" when it has a value."""
    soort = knoop.get(NO_VALUE)
    return soort or (GEEN_WAARDE if knoop.get(NIL) in _JA else "")


def _kinderen(knoop: etree._Element | None) -> list[etree._Element]:
    """The elements inside, without a bare nil of tijdstipRegistratie.

    JAXB writes that wherever the schema allows it. Everything has a tijdstipRegistratie here, so nobody asks for things
    without one.
    """
    kinderen = [] if knoop is None else knoop.iterchildren(tag=etree.Element)
    return [kind for kind in kinderen if not (kind.tag == _TIJDSTIP_REGISTRATIE and _is_bare_nil(kind))]


def _is_bare_nil(knoop: etree._Element) -> bool:
    return knoop.get(NIL) in _JA and NO_VALUE not in knoop.attrib


def _begrens(*delen: etree._Element | None) -> None:
    aantal = sum(1 for deel in delen for _ in paden(deel))
    if aantal > MAX_CRITERIA:
        raise StufFout(
            "StUF055",
            f"te veel om op te selecteren: {aantal} elementen in gelijk, vanaf en totEnMet; ten hoogste {MAX_CRITERIA}",
        )


def _begrens_ongeveer(gelijk: etree._Element | None) -> None:
    ongeveer = [knoop for kind in _kinderen(gelijk) for knoop in kind.iter(etree.Element) if knoop.get(EXACT) in _NEE]
    if len(ongeveer) > MAX_ONGEVEER:
        raise StufFout(
            "StUF055", f'{len(ongeveer)} elementen in gelijk hebben StUF:exact="false"; ten hoogste {MAX_ONGEVEER}'
        )
    for knoop in ongeveer:
        lengte = len((knoop.text or "").strip())
        if lengte > MAX_LENGTE_ONGEVEER:
            raise StufFout(
                "StUF055",
                f'{lokaal(knoop)}: met StUF:exact="false" is een tekst ten hoogste {MAX_LENGTE_ONGEVEER} tekens lang, '
                f"niet {lengte}",
            )


def _zegt_iets(knoop: etree._Element) -> bool:
    return bool(geen_waarde(knoop) or (knoop.text or "").strip())


def _weiger_sleutels(*delen: etree._Element | None) -> None:
    """Refuse a key that is the only criterion; one beside other criteria is ignored, and named as such."""
    for knoop in (knoop for deel in delen if deel is not None for knoop in deel.iterdescendants(tag=etree.Element)):
        for sleutel in SLEUTELS:
            if knoop.get(sleutel, "").strip() and not any(map(_zegt_iets, knoop.iter(etree.Element))):
                naam = sleutel.rpartition("}")[2]
                raise StufFout("StUF094", f"{lokaal(knoop)}: StUF:{naam}; selecteer op identificatie")


def zonder_gevolg(knoop: etree._Element | None, *gebruikt: str) -> tuple[str, ...]:
    """The names of the attributes that set no condition, but for those that are `gebruikt` or that name a kind."""
    if knoop is None:
        return ()
    bekend = {*_STRUCTUUR, *gebruikt, *(naam for naam, gewoon in _GEWOON.items() if knoop.get(naam) in gewoon)}
    over = [str(naam) for naam in knoop.attrib if naam not in bekend and not str(naam).startswith(f"{{{XSI}}}")]
    return tuple(naam.rpartition("}")[2] for naam in over if naam not in SLEUTELS or knoop.get(naam, "").strip())


def _controleer(gelijk: etree._Element | None, vanaf: etree._Element | None, tot_en_met: etree._Element | None) -> None:
    lage, hoge = Counter(paden(vanaf)), Counter(paden(tot_en_met))
    if lage != hoge:
        raise StufFout("StUF076", _namen((lage - hoge) + (hoge - lage)))
    if dubbel := set(lage).intersection(paden(gelijk)):
        raise StufFout("StUF079", _namen(dubbel))
    for naam, kant in (("vanaf", vanaf), ("totEnMet", tot_en_met)):
        for knoop in kant.iter(etree.Element) if kant is not None else ():
            if EXACT in knoop.attrib:
                raise StufFout("StUF082", f"{lokaal(knoop)} in {naam}")
            if knoop.get(IND_ONVOLLEDIGE_DATUM, VOLLEDIG) != VOLLEDIG:
                raise StufFout("StUF085", f"{lokaal(knoop)} in {naam}")


def _namen(gevonden: Iterable[tuple[str, ...]]) -> str:
    return ", ".join(sorted("/".join(pad) for pad in gevonden))


def _lees_gelijk(knoop: etree._Element) -> Criterium:
    naam, leeg = lokaal(knoop), geen_waarde(knoop)
    if leeg:
        return Criterium(naam, leeg=leeg, genegeerd=zonder_gevolg(knoop, NO_VALUE))
    kinderen = tuple(_lees_gelijk(kind) for kind in _kinderen(knoop))
    if kinderen:
        tussen = "".join(tekst or "" for tekst in (knoop.text, *(kind.tail for kind in knoop))).strip()
        return Criterium(naam, kinderen=kinderen, genegeerd=(*zonder_gevolg(knoop), *([naam] if tussen else ())))
    return Criterium(
        naam,
        waarde=knoop.text or "",
        indicatie=knoop.get(IND_ONVOLLEDIGE_DATUM, VOLLEDIG),
        exact=knoop.get(EXACT) not in _NEE,
        genegeerd=zonder_gevolg(knoop, EXACT, IND_ONVOLLEDIGE_DATUM),
    )


def _lees_bereik(vanaf: etree._Element | None, tot_en_met: etree._Element | None) -> Iterator[Criterium]:
    """Pair elements with the same name on both sides, in order of occurrence."""
    hoge: dict[str, list[etree._Element]] = {}
    for kind in _kinderen(tot_en_met):
        hoge.setdefault(lokaal(kind), []).append(kind)
    for laag in _kinderen(vanaf):
        hoog = hoge[lokaal(laag)].pop(0)
        kinderen = tuple(_lees_bereik(laag, hoog))
        # Only geenWaarde is a low or high value; the other kinds are to be ignored, which is the same thing.
        bereik = None if kinderen else Bereik(_zijde(laag), _zijde(hoog))
        over = dict.fromkeys((*zonder_gevolg(laag, NO_VALUE), *zonder_gevolg(hoog, NO_VALUE)))
        yield Criterium(lokaal(laag), bereik=bereik, kinderen=kinderen, genegeerd=tuple(over))


def _zijde(knoop: etree._Element) -> str | None:
    return None if geen_waarde(knoop) else knoop.text or ""


def _voeg_samen(exact: tuple[Criterium, ...], bereik: tuple[Criterium, ...]) -> tuple[Criterium, ...]:
    aantal = Counter(criterium.naam for criterium in (*exact, *bereik) if criterium.kinderen)
    uit = list(exact)
    for criterium in bereik:
        plaats = next((p for p, ander in enumerate(exact) if ander.naam == criterium.naam and ander.kinderen), None)
        if criterium.kinderen and plaats is not None and aantal[criterium.naam] == 2:
            uit[plaats] = replace(
                exact[plaats],
                kinderen=_voeg_samen(exact[plaats].kinderen, criterium.kinderen),
                genegeerd=(*exact[plaats].genegeerd, *criterium.genegeerd),
            )
        else:
            uit.append(criterium)
    return tuple(uit)
