"""A zakLv01 as a question: parameters, criteria and the place to continue, checked by StUF 03.01, 6.1 and 6.3."""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import SLEUTEL_ONTVANGEND, stuf
from regiesysteem.zakenmagazijn.selectie.criterium import SLEUTELS, Criterium, lees_criteria, paden, zonder_gevolg
from regiesysteem.zakenmagazijn.selectie.sortering import SORTERINGEN
from regiesysteem.zakenmagazijn.selectie.start import Start, eigen_sleutel, lees_start
from regiesysteem.zkn.names import zkn

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
