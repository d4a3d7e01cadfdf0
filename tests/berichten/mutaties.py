"""Breaks messages: each kind of mistake that a schema can see, at a place chosen by `Keuze`.

`muteer` changes a copy and says what it did; the result is nearly always invalid, but a repeated element may be
allowed to repeat. `gebroken` goes on until the schema agrees that the message is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise

from lxml import etree
from tests.berichten.keuze import Keuze
from tests.berichten.schema import BG, STUF, XMIME, ZKN

XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ONBEKEND = "bestaatNiet"


def _verkeerde_volgorde(knoop: etree._Element, keuze: Keuze) -> bool:
    paren = [(a, b) for a, b in pairwise(knoop) if a.tag != b.tag]
    if not paren:
        return False
    eerste, tweede = keuze.kies(paren)
    tweede.addnext(eerste)
    return True


def _ontbrekend(knoop: etree._Element, keuze: Keuze) -> bool:
    if len(knoop) == 0:
        return False
    knoop.remove(keuze.kies(list(knoop)))
    return True


def _herhaald(knoop: etree._Element, keuze: Keuze) -> bool:
    if len(knoop) == 0:
        return False
    kind = keuze.kies(list(knoop))
    for _ in range(keuze.kies((1, 2))):
        kind.addnext(deepcopy(kind))
    return True


def _onbekend_element(knoop: etree._Element, keuze: Keuze) -> bool:
    if len(knoop) == 0 and knoop.text:
        return False
    ruimte = keuze.kies((ZKN, BG, STUF, "urn:elders"))
    knoop.insert(keuze.geheel(0, len(knoop)), etree.Element(f"{{{ruimte}}}{ONBEKEND}"))
    return True


def _verplaatst(knoop: etree._Element, keuze: Keuze) -> bool:
    """An element that the schema knows, at a place where it does not belong."""
    ander = keuze.kies(list(knoop.getroottree().getroot().iter("*")))
    if knoop.text or ander is knoop or any(boven is ander for boven in knoop.iterancestors()):
        return False
    knoop.insert(keuze.geheel(0, len(knoop)), deepcopy(ander))
    return True


def _verkeerd_attribuut(knoop: etree._Element, keuze: Keuze) -> bool:
    if not knoop.attrib:
        return False
    knoop.set(keuze.kies(sorted(knoop.attrib)), keuze.kies(("", "ONZIN", "x" * 300, "t", "TRUE", " T")))
    return True


def _ontbrekend_attribuut(knoop: etree._Element, keuze: Keuze) -> bool:
    if not knoop.attrib:
        return False
    del knoop.attrib[keuze.kies(sorted(knoop.attrib))]
    return True


def _onbekend_attribuut(knoop: etree._Element, keuze: Keuze) -> bool:
    naam = keuze.kies((ONBEKEND, f"{{{STUF}}}{ONBEKEND}", f"{{{ZKN}}}entiteittype", "entiteittype", "xml"))
    knoop.set(naam, "ZAK")
    return True


def _misplaatst_attribuut(knoop: etree._Element, keuze: Keuze) -> bool:
    """An attribute of the contract, with a right value, at an element that need not allow it."""
    naam, tekst = keuze.kies((
        ("noValue", "geenWaarde"), ("exact", "true"), ("verwerkingssoort", "T"), ("scope", "alles"),
        ("indOnvolledigeDatum", "V"), ("metagegeven", "true"), ("entiteittype", "NPS"), ("functie", "entiteit"),
        ("sleutelVerzendend", "1"), ("sleutelSynchronisatie", "1"), ("aantalVoorkomens", "1"), ("aardAantal", "exact"),
        ("bestandsnaam", "plan.pdf"), ("contentType", "application/pdf"),
    ))  # fmt: skip
    knoop.set(f"{{{XMIME if naam == 'contentType' else STUF}}}{naam}", tekst)
    return True


def _nil(knoop: etree._Element, keuze: Keuze) -> bool:
    """Nil where it may not be, or with content, or spelled otherwise."""
    knoop.set(XSI_NIL, keuze.kies(("true", "1", "false", "ja")))
    if keuze.ja(0.5):
        knoop.text = None
        del knoop[:]
    return True


def _andere_tekst(*teksten: str) -> Callable[[etree._Element, Keuze], bool]:
    def verander(knoop: etree._Element, keuze: Keuze) -> bool:
        if len(knoop) or knoop.get(XSI_NIL) == "true":
            return False
        knoop.text = keuze.kies(teksten)
        return True

    return verander


def _verkeerde_ruimte(knoop: etree._Element, keuze: Keuze) -> bool:
    qnaam = etree.QName(knoop)
    ruimten = [ruimte for ruimte in (ZKN, BG, STUF, "") if ruimte != (qnaam.namespace or "")]
    ruimte = keuze.kies(ruimten)
    knoop.tag = f"{{{ruimte}}}{qnaam.localname}" if ruimte else qnaam.localname
    return True


def _tekst_in_inhoud(knoop: etree._Element, keuze: Keuze) -> bool:
    if len(knoop) == 0:
        return False
    if keuze.ja(0.5):
        knoop.text = "tekst"
    else:
        knoop[-1].tail = "tekst"
    return True


MUTATIES: dict[str, Callable[[etree._Element, Keuze], bool]] = {
    "volgorde": _verkeerde_volgorde,
    "ontbrekend": _ontbrekend,
    "herhaald": _herhaald,
    "onbekend element": _onbekend_element,
    "verplaatst element": _verplaatst,
    "verkeerd attribuut": _verkeerd_attribuut,
    "ontbrekend attribuut": _ontbrekend_attribuut,
    "onbekend attribuut": _onbekend_attribuut,
    "misplaatst attribuut": _misplaatst_attribuut,
    "nil": _nil,
    "te lang": _andere_tekst("x" * 41, "x" * 81, "x" * 201, "x" * 1001, "1" * 18, "123456789"),
    "patroon": _andere_tekst("?", "2020-01-01", "202001011", "abc", "-1", "0", "1.5", "12 ", "0123 AB", "99999"),
    "opsomming": _andere_tekst("ONZIN", "j", "T ", "Lk02", "overig"),
    "leeg": _andere_tekst("", " "),
    "geen base64": _andere_tekst("QQ=", "QQ", "Q===", "QQ==QQ==", "Q-_Q", "QUJD!", "QUJé"),
    "naamruimte": _verkeerde_ruimte,
    "tekst in inhoud": _tekst_in_inhoud,
}


def muteer(
    bericht: etree._Element, keuze: Keuze, *, soort: str | None = None, bij: str | None = None
) -> tuple[etree._Element, str]:
    """A copy of the message with one mistake, and which (a key of MUTATIES).

    Shapes: `soort` asks for one mistake, `bij` (a path as in `genereer`, `*` for any step) for one place; where that
    cannot be done there, another is made.
    """
    kopie = deepcopy(bericht)
    plekken = kopie.findall("/".join(f"{{*}}{naam}" for naam in bij.split("/"))) if bij else []
    kandidaten = plekken or list(kopie.iter("*"))
    for poging in range(50):
        gekozen = soort if soort is not None and poging < 25 else keuze.kies(list(MUTATIES))
        if MUTATIES[gekozen](keuze.kies(kandidaten), keuze):
            return kopie, gekozen
        if poging == 10:
            kandidaten = list(kopie.iter("*"))
    _onbekend_attribuut(kopie, keuze)
    return kopie, "onbekend attribuut"


def gebroken(bericht: etree._Element, keuze: Keuze, schema: etree.XMLSchema) -> tuple[etree._Element, str]:
    """A copy of the message with one mistake that makes it invalid for this compiled schema."""
    for _ in range(50):
        kopie, soort = muteer(bericht, keuze)
        # what is validated is what a receiver would read: adjacent texts joined, prefixes declared anew
        if not schema.validate(etree.fromstring(etree.tostring(kopie))):  # noqa: TID251 - not a message from outside
            return kopie, soort
    raise AssertionError("no mutation made the message invalid")
