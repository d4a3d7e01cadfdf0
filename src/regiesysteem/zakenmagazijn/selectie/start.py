"""The start object of a vervolgvraag: the last zaak of the previous answer, as it was there (StUF 03.01, 6.3.4)."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.stuf.entity import Element, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import SLEUTEL_ONTVANGEND
from regiesysteem.stuf.read import lokaal
from regiesysteem.stuf.values import GEEN_WAARDE
from regiesysteem.stuf.write import Scope, lees_scope
from regiesysteem.zakenmagazijn.rows import GERELATEERDE
from regiesysteem.zakenmagazijn.selectie.criterium import Criterium, geen_waarde
from regiesysteem.zakenmagazijn.selectie.objecten import elementen_van
from regiesysteem.zakenmagazijn.selectie.sortering import SORTERINGEN
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.zaak import ZAK

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
