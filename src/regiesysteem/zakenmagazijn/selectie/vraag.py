"""A zakLv01 as a question: parameters, criteria and where it goes on, checked by StUF 03.01, 6.1 and 6.3."""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.inrichting.actueel import Inrichting
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.namespaces import (
    EXACT,
    SLEUTEL_GEGEVENSBEHEER,
    SLEUTEL_ONTVANGEND,
    SLEUTEL_VERZENDEND,
    stuf,
    zkn,
)
from regiesysteem.zakenmagazijn.selectie.bouw import Criterium, lokaal, tekst
from regiesysteem.zakenmagazijn.selectie.sortering import SORTERINGEN

MAXIMUM_AANTAL: Final = 15
"""How many zaken an answer has at most when the question does not say; StUF-ZKN's default for ZAK."""

_WAAR: Final = frozenset({"true", "1"})
_HOOGSTE_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Vraag:
    """What is asked.

    `sleutels` are conditions on our own key of a zaak (6.3.2), as operator and value; `na` says after which zaak a
    vervolgvraag goes on, by our key or by identificatie; `begrensd` that the asker wanted more than we give at once;
    `tel` asks for aantalVoorkomens.
    """

    gelijk: Criterium | None
    bereik: Criterium | None
    sleutels: tuple[tuple[str, int], ...]
    sortering: int
    maximum: int
    begrensd: bool
    na: tuple[int | None, str] | None
    tel: bool


def lees_vraag(bericht: etree._Element, inrichting: Inrichting) -> Vraag:
    """Read the question of a zakLv01. Raises the StufFout of tables 6.3 to 6.6 and 6.8 that applies."""
    parameters = bericht.find(zkn("parameters"))
    gelijk, vanaf, tot = (bericht.find(zkn(naam)) for naam in ("gelijk", "vanaf", "totEnMet"))
    _controleer_bereik(gelijk, vanaf, tot)
    sortering = _getal(parameters, "sortering", 0)
    if sortering not in SORTERINGEN:
        raise StufFout("StUF133", f"sortering {sortering}; wel: 0 tot en met {max(SORTERINGEN)}")
    gevraagd = _getal(parameters, "maximumAantal", MAXIMUM_AANTAL)
    if gevraagd < 1:
        raise StufFout("StUF055", f"maximumAantal {gevraagd} is kleiner dan 1")
    grens = inrichting.regels.max_antwoorden
    return Vraag(
        gelijk=Criterium(gelijk) if gelijk is not None else None,
        bereik=Criterium(vanaf, tot) if vanaf is not None and tot is not None else None,
        sleutels=_sleutels(gelijk, vanaf, tot),
        sortering=sortering,
        maximum=min(gevraagd, grens),
        begrensd=gevraagd > grens,
        na=_start(bericht, parameters, vanaf),
        tel=_ja(parameters, "indicatorAantal"),
    )


def _getal(parameters: etree._Element | None, naam: str, anders: int) -> int:
    waarde = parameters.findtext(stuf(naam)) if parameters is not None else None
    if waarde is None or not waarde.strip():
        return anders
    try:
        return int(waarde)
    except ValueError:
        raise StufFout("StUF055", f"{naam} {waarde.strip()[:20]!r} is geen getal") from None


def _ja(parameters: etree._Element | None, naam: str) -> bool:
    return parameters is not None and (parameters.findtext(stuf(naam)) or "").strip() in _WAAR


def _sleutels(*kanten: etree._Element | None) -> tuple[tuple[str, int], ...]:
    """The keys in <gelijk>, <vanaf> and <totEnMet>."""
    vergelijkingen = zip(("=", ">=", "<="), kanten, strict=True)
    return tuple((hoe, sleutel) for hoe, kant in vergelijkingen if (sleutel := _sleutel(kant)) is not None)


def _sleutel(gelijk: etree._Element | None) -> int | None:
    """Our own key in <gelijk>, <vanaf> or <totEnMet>; the asker's keys we do not keep (6.3.2)."""
    if gelijk is None:
        return None
    namen = (SLEUTEL_ONTVANGEND, SLEUTEL_VERZENDEND, SLEUTEL_GEGEVENSBEHEER)
    gezegd = [naam for naam in namen if naam in gelijk.attrib]
    if not gezegd:
        return None
    if len(gezegd) > 1:
        raise StufFout("StUF088", ", ".join(lokaal_attribuut(naam) for naam in gezegd))
    if len(gelijk):
        raise StufFout("StUF091", lokaal(gelijk[0]))
    if gezegd[0] != SLEUTEL_ONTVANGEND:
        raise StufFout("StUF094", f"{lokaal_attribuut(gezegd[0])}; gebruik sleutelOntvangend of de identificatie")
    return _id(gelijk)


def _id(knoop: etree._Element) -> int:
    waarde = knoop.get(SLEUTEL_ONTVANGEND, "").strip()
    return int(waarde) if waarde.isdecimal() and int(waarde) <= _HOOGSTE_ID else 0


def lokaal_attribuut(naam: str) -> str:
    """The local name of an attribute."""
    return naam.rpartition("}")[2]


def _start(
    bericht: etree._Element, parameters: etree._Element | None, vanaf: etree._Element | None
) -> tuple[int | None, str] | None:
    if not _ja(parameters, "indicatorVervolgvraag"):
        return None
    voorwerp = bericht.find(f"{zkn('start')}/{zkn('object')}")
    if voorwerp is None:
        raise StufFout("StUF103", "start/object ontbreekt: het laatste object van het vorige antwoord")
    genoemd = {kind.tag for kind in voorwerp.iterchildren(tag=etree.Element)}
    gemist = [] if vanaf is None else [lokaal(k) for k in vanaf.iterchildren(tag=etree.Element) if k.tag not in genoemd]
    if gemist:
        raise StufFout("StUF106", ", ".join(gemist))
    if SLEUTEL_ONTVANGEND in voorwerp.attrib:
        return _id(voorwerp), ""
    identificatie = voorwerp.find(zkn("identificatie"))
    if identificatie is None or not tekst(identificatie):
        raise StufFout("StUF106", "identificatie (of het attribuut sleutelOntvangend) van het startobject")
    return None, tekst(identificatie)


def _controleer_bereik(gelijk: etree._Element | None, vanaf: etree._Element | None, tot: etree._Element | None) -> None:
    """<vanaf> and <totEnMet> have the same elements, none of them in <gelijk>, none with StUF:exact (table 6.3)."""
    if vanaf is None and tot is None:
        return
    lage, hoge = _bladen(vanaf), _bladen(tot)
    verschil = set(lage) ^ set(hoge)
    if verschil or lage != hoge:
        raise StufFout("StUF076", ", ".join(sorted(pad[-1] for pad in verschil)) or "een andere volgorde")
    dubbel = set(lage) & set(_bladen(gelijk))
    if dubbel:
        raise StufFout("StUF079", ", ".join(sorted(pad[-1] for pad in dubbel)))
    for kant in (vanaf, tot):
        if kant is not None:
            for knoop in kant.iter(etree.Element):
                if EXACT in knoop.attrib:
                    raise StufFout("StUF082", lokaal(knoop))


def _bladen(knoop: etree._Element | None, pad: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of the elements without children, in their order."""
    if knoop is None:
        return []
    uit: list[tuple[str, ...]] = []
    for kind in knoop.iterchildren(tag=etree.Element):
        dieper = (*pad, lokaal(kind))
        uit.extend(_bladen(kind, dieper) if len(kind) else [dieper])
    return uit
