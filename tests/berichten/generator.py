"""Makes schema-valid messages: `genereer("zakLk01", WillekeurigeKeuze(7))`.

Reads the contract (`xsd/rzs0310.xsd`) and walks it, so a new element in the schema is in the messages at once.

Two moods:
  `echt=True` (default)  what somebody would send (calendar dates, BSNs of the elfproef, noValue only with nil, few
                         empty groups), for tests of the server;
  `echt=False`           all that the schema allows: lengths at their bounds, odd attributes, empty text, for
                         comparing schemas.

Paths pin what a test cares about. A path is the local names from below the root, an attribute with `@`; one that
starts with `//` fits anywhere and pins the value only when the element is there:

    genereer("zakLk01", keuze,
             vast={"object/identificatie": "1900123", "object/isVan/gerelateerde/code": "B1026", "//inp.bsn": bsn},
             met=["object/heeftAlsInitiator/gerelateerde/medewerker"], zonder=["object/heeftAlsDeelzaak"])

`vast` and `met` bring in the element and everything above it; `vast` gives a text, or None for a nil with noValue
geenWaarde. An element that repeats gets the same in each repetition. `zonder` leaves out what is optional.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lxml import etree
from tests.berichten.keuze import HypothesisKeuze, Keuze, WillekeurigeKeuze, gekozen
from tests.berichten.mutaties import gebroken, muteer
from tests.berichten.schema import BG, RZS, STUF, XMIME, ZKN, Attribuut, Deel, Element, Inhoud, Schema, schema
from tests.berichten.waarden import echte_waarde, waarde

from regiesysteem.zkn.operations import OPERATIONS

__all__ = ["BERICHTEN", "HypothesisKeuze", "Keuze", "WillekeurigeKeuze", "gebroken", "gekozen", "genereer", "muteer"]

# Every message of the contract: what comes in, and the answers
BERICHTEN = (
    *dict.fromkeys(operation.element.rpartition("}")[2] for operation in OPERATIONS.values()),
    *("zakLa01", "edcLa01", "Bv02Bericht", "Fo02Bericht"),
    *(
        f"{wat}_Du02"
        for wat in ("genereerZaakIdentificatie", "genereerDocumentIdentificatie", "geefZaakdocumentbewerken")
    ),
)
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NO_VALUE = f"{{{STUF}}}noValue"
VOORVOEGSELS = {"RZS": RZS, "ZKN": ZKN, "BG": BG, "StUF": STUF, "xmime": XMIME, "xsi": XSI_NIL[1:].partition("}")[0]}
# In a vraag about documents, which may stand inside a vrij bericht
IN_SCOPE = ("scope/object/", "edcLv01/scope/object/")
HERHALINGEN = (1, 1, 1, 2, 3)
DICHTHEDEN = (0.0, 0.1, 0.1, 0.4, 1.0)


@dataclass
class _Opdracht:
    """What one call of `genereer` was asked, and how many elements it may still make beyond the required ones."""

    keuze: Keuze
    echt: bool
    vast: Mapping[str, str | None]
    vereist: frozenset[str]
    zonder: frozenset[str]
    diepte: int
    elementen: int
    vol: frozenset[str]
    bevat: dict[tuple[int, str], bool] = field(default_factory=dict)

    def pin(self, pad: str) -> tuple[bool, str | None]:
        """Whether the value at this path is pinned, and to what."""
        if pad in self.vast:
            return True, self.vast[pad]
        for deel in ("//" + pad[plek:] for plek in _woordgrenzen(pad)):
            if deel in self.vast:
                return True, self.vast[deel]
        return False, None


def genereer(
    naam: str,
    keuze: Keuze,
    *,
    vast: Mapping[str, str | None] | None = None,
    met: Collection[str] = (),
    zonder: Collection[str] = (),
    vol: Collection[str] = (),
    echt: bool = True,
    diepte: int = 12,
    elementen: int = 150,
    uit: Schema | None = None,
) -> etree._Element:
    """A valid message with the given root element (`zakLk01`, `Bv03Bericht`, ...).

    Shapes: paths as in the module's docstring; at each path in `vol` all optional children are there (and with
    `echt=False` all attributes); no optional element lies deeper than `diepte` and after `elementen` elements only
    required ones are made; `uit` is another schema to walk. Errors: KeyError for an unknown message, ValueError for
    a pinned path that the schema does not have.
    """
    gepind = dict(vast or {})
    gewenst = {pad for pad in (*gepind, *met, *vol) if pad and not pad.startswith("//")}
    vereist = frozenset(pad[:plek].rstrip("/") for pad in gewenst for plek in (*_woordgrenzen(pad)[1:], len(pad)))
    opdracht = _Opdracht(keuze, echt, gepind, vereist, frozenset(zonder), diepte, elementen, frozenset(vol))
    declaratie = (uit or schema()).wortel(naam)
    wortel: etree._Element = etree.Element(declaratie.naam, nsmap=VOORVOEGSELS)
    _vul(wortel, declaratie.inhoud, "", opdracht)
    for pad in gewenst:
        _controleer_aanwezig(wortel, pad)
    return wortel


def _vul(knoop: etree._Element, inhoud: Inhoud, pad: str, opdracht: _Opdracht) -> None:
    """Give an element without children its attributes and children."""
    _zet_attributen(knoop, inhoud, pad, opdracht, nil=False)
    if inhoud.deel is None:
        return
    _reeks_delen(knoop, inhoud.deel, pad, opdracht, _dichtheid(pad, opdracht))
    if opdracht.echt and len(knoop) == 0 and pad.count("/") < opdracht.diepte:
        # a group or gerelateerde without anything in it is valid, but nobody sends it
        _reeks_delen(knoop, inhoud.deel, pad, opdracht, 0.5)


def _dichtheid(pad: str, opdracht: _Opdracht) -> float:
    """The probability of each optional part here; drawn per element, so that sparse and full ones stand together."""
    if pad in opdracht.vol:
        return 1.0
    if pad.count("/") >= opdracht.diepte or opdracht.elementen <= 0:
        return 0.0
    return opdracht.keuze.kies(DICHTHEDEN)


def _reeks_delen(ouder: etree._Element, deel: Deel, pad: str, opdracht: _Opdracht, kans: float) -> None:
    """Append what one particle stands for: an element, its choice or sequence, as often as occurs."""
    if deel.soort == "vrij":
        return
    for _ in range(_aantal(deel, pad, opdracht, kans)):
        if deel.element is not None:
            _voeg_toe(ouder, deel.element, pad, opdracht)
        elif deel.soort == "reeks":
            for onder in deel.delen:
                _reeks_delen(ouder, onder, pad, opdracht, kans)
        elif deel.delen:
            _reeks_delen(ouder, _tak(deel, pad, opdracht), pad, opdracht, max(kans, 0.5))


def _aantal(deel: Deel, pad: str, opdracht: _Opdracht, kans: float) -> int:
    """How often a particle occurs: its bounds, what the caller asked for, and else chance."""
    laag, hoog = deel.minimum, deel.maximum
    if deel.element is not None:
        eigen = _pad(pad, deel.element.lokaal)
        if eigen in opdracht.vereist:
            laag = max(1, laag)
        elif eigen in opdracht.zonder:
            return laag
    elif laag == 0 and _leidt_tot_vereist(deel, pad, opdracht):
        laag = 1
    if laag == 0 and not opdracht.keuze.ja(kans):
        return 0
    laag = max(laag, 1)
    if hoog == 1 or opdracht.elementen <= 0:
        return laag
    return min(max(laag, opdracht.keuze.kies(HERHALINGEN)), hoog or 99)


def _tak(deel: Deel, pad: str, opdracht: _Opdracht) -> Deel:
    """The branch of a choice: one that leads to a required path, else any that is not to be left out."""
    for onder in deel.delen:
        if _leidt_tot_vereist(onder, pad, opdracht):
            return onder
    open_ = [d for d in deel.delen if d.element is None or _pad(pad, d.element.lokaal) not in opdracht.zonder]
    return opdracht.keuze.kies(open_ or deel.delen)


def _leidt_tot_vereist(deel: Deel, pad: str, opdracht: _Opdracht) -> bool:
    return any(_valt_onder(p, pad) and _bevat(deel, p, pad, opdracht) for p in opdracht.vereist)


def _bevat(deel: Deel, gezocht: str, pad: str, opdracht: _Opdracht) -> bool:
    """Whether the particle can make the child that is next on the way from `pad` to `gezocht`."""
    volgende = gezocht[len(pad) :].lstrip("/").partition("/")[0]
    sleutel = (id(deel), volgende)
    if sleutel not in opdracht.bevat:
        opdracht.bevat[sleutel] = (deel.element is not None and deel.element.lokaal == volgende) or any(
            _bevat(onder, gezocht, pad, opdracht) for onder in deel.delen
        )
    return opdracht.bevat[sleutel]


def _voeg_toe(ouder: etree._Element, declaratie: Element, pad: str, opdracht: _Opdracht) -> None:
    """Append one element with its value, or nil, and all below it."""
    opdracht.elementen -= 1
    eigen = _pad(pad, declaratie.lokaal)
    knoop = etree.SubElement(ouder, declaratie.naam)
    inhoud, (gepind, pin) = declaratie.inhoud, opdracht.pin(eigen)
    if (gepind and pin is None) or (not gepind and _wordt_nil(declaratie, eigen, opdracht)):
        knoop.set(XSI_NIL, "true")
        _zet_attributen(knoop, inhoud, eigen, opdracht, nil=True)
        return
    if inhoud.waarde is None:
        _vul(knoop, inhoud, eigen, opdracht)
        return
    _zet_attributen(knoop, inhoud, eigen, opdracht, nil=False)
    if gepind:
        knoop.text = pin
    elif declaratie.vast is not None:
        knoop.text = declaratie.vast
    elif opdracht.echt and inhoud.waarde.basis == "base64Binary" and eigen.startswith(IN_SCOPE):
        pass  # asked for by being there
    elif opdracht.echt:
        knoop.text = echte_waarde(declaratie.lokaal, inhoud.waarde, opdracht.keuze)
    elif declaratie.standaard is None or opdracht.keuze.ja(0.8):
        knoop.text = waarde(inhoud.waarde, opdracht.keuze)


def _wordt_nil(declaratie: Element, pad: str, opdracht: _Opdracht) -> bool:
    """Nil now and then; in a scope a value means nothing, so there nearly always where it is possible."""
    if not declaratie.nillable or pad in opdracht.vereist or pad in opdracht.vol:
        return False
    if opdracht.echt and pad.startswith(IN_SCOPE) and declaratie.inhoud.waarde is not None:
        return True
    return not (opdracht.echt and pad == "object") and opdracht.keuze.ja(0.08)


def _zet_attributen(knoop: etree._Element, inhoud: Inhoud, pad: str, opdracht: _Opdracht, *, nil: bool) -> None:
    for attribuut in inhoud.attributen.values():
        lokaal = attribuut.naam.rpartition("}")[2]
        gepind, pin = opdracht.pin(_pad(pad, "@" + lokaal))
        if gepind:
            if pin is not None:
                knoop.set(attribuut.naam, pin)
        elif attribuut.verplicht or _komt_voor(attribuut, pad, opdracht, nil=nil):
            tekst = attribuut.vast or (echte_waarde if opdracht.echt else _ruw)(lokaal, attribuut.type, opdracht.keuze)
            if opdracht.echt and nil and attribuut.naam == NO_VALUE and pad in opdracht.vast:
                tekst = "geenWaarde"
            knoop.set(attribuut.naam, tekst)


def _ruw(_naam: str, soort: object, keuze: Keuze) -> str:
    return waarde(soort, keuze)  # type: ignore[arg-type]


def _komt_voor(attribuut: Attribuut, pad: str, opdracht: _Opdracht, *, nil: bool) -> bool:
    if opdracht.echt:
        return nil if attribuut.naam == NO_VALUE else opdracht.keuze.ja(0.1)
    return pad in opdracht.vol or opdracht.keuze.ja(0.15)


def _pad(pad: str, naam: str) -> str:
    return f"{pad}/{naam}" if pad else naam


def _valt_onder(pad: str, boven: str) -> bool:
    return pad.startswith(boven + "/") if boven else bool(pad)


def _woordgrenzen(pad: str) -> list[int]:
    """The places in a path where a step begins."""
    return [0, *(plek + 1 for plek, teken in enumerate(pad) if teken == "/")]


def _controleer_aanwezig(wortel: etree._Element, pad: str) -> None:
    elementpad, _, attribuut = pad.partition("/@")
    stap = "/".join(f"{{*}}{naam}" for naam in elementpad.split("/"))
    if not wortel.findall(stap):
        raise ValueError(f"{wortel.tag} has no {elementpad}{' for @' + attribuut if attribuut else ''}")
