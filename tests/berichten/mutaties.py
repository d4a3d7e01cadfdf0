"""Breaks messages: each kind of mistake that a schema can see, at a place chosen by `Choice`.

`mutate` changes a copy and says what it did; the result is nearly always invalid, but a repeated element may be
allowed to repeat. `gebroken` goes on until the schema agrees that the message is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise

from lxml import etree
from tests.berichten.keuze import Choice
from tests.berichten.schema import BG, STUF, XMIME, ZKN

XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
UNKNOWN = "bestaatNiet"


def _verkeerde_order(node: etree._Element, choice: Choice) -> bool:
    pairs = [(a, b) for a, b in pairwise(node) if a.tag != b.tag]
    if not pairs:
        return False
    first, second = choice.choose(pairs)
    second.addnext(first)
    return True


def _missing(node: etree._Element, choice: Choice) -> bool:
    if len(node) == 0:
        return False
    node.remove(choice.choose(list(node)))
    return True


def _repeated(node: etree._Element, choice: Choice) -> bool:
    if len(node) == 0:
        return False
    child = choice.choose(list(node))
    for _ in range(choice.choose((1, 2))):
        child.addnext(deepcopy(child))
    return True


def _unknown_element(node: etree._Element, choice: Choice) -> bool:
    if len(node) == 0 and node.text:
        return False
    room = choice.choose((ZKN, BG, STUF, "urn:elders"))
    node.insert(choice.whole(0, len(node)), etree.Element(f"{{{room}}}{UNKNOWN}"))
    return True


def _verplaatst(node: etree._Element, choice: Choice) -> bool:
    """An element that the schema knows, at a place where it does not belong."""
    other = choice.choose(list(node.getroottree().getroot().iter("*")))
    if node.text or other is node or any(above is other for above in node.iterancestors()):
        return False
    node.insert(choice.whole(0, len(node)), deepcopy(other))
    return True


def _wrong_attribute(node: etree._Element, choice: Choice) -> bool:
    if not node.attrib:
        return False
    node.set(choice.choose(sorted(node.attrib)), choice.choose(("", "ONZIN", "x" * 300, "t", "TRUE", " T")))
    return True


def _missing_attribute(node: etree._Element, choice: Choice) -> bool:
    if not node.attrib:
        return False
    del node.attrib[choice.choose(sorted(node.attrib))]
    return True


def _unknown_attribute(node: etree._Element, choice: Choice) -> bool:
    naam = choice.choose((UNKNOWN, f"{{{STUF}}}{UNKNOWN}", f"{{{ZKN}}}entiteittype", "entiteittype", "xml"))
    node.set(naam, "ZAK")
    return True


def _misplaatst_attribute(node: etree._Element, choice: Choice) -> bool:
    """An attribute of the contract, with a right value, at an element that need not allow it."""
    naam, text = choice.choose((
        ("noValue", "geenWaarde"), ("exact", "true"), ("verwerkingssoort", "T"), ("scope", "alles"),
        ("indOnvolledigeDatum", "V"), ("metagegeven", "true"), ("entiteittype", "NPS"), ("functie", "entiteit"),
        ("sleutelVerzendend", "1"), ("sleutelSynchronisatie", "1"), ("aantalVoorkomens", "1"), ("aardAantal", "exact"),
        ("bestandsnaam", "plan.pdf"), ("contentType", "application/pdf"),
    ))  # fmt: skip
    node.set(f"{{{XMIME if naam == 'contentType' else STUF}}}{naam}", text)
    return True


def _nil(node: etree._Element, choice: Choice) -> bool:
    """Nil where it may not be, or with content, or spelled otherwise."""
    node.set(XSI_NIL, choice.choose(("true", "1", "false", "ja")))
    if choice.yes(0.5):
        node.text = None
        del node[:]
    return True


def _other_text(*texts: str) -> Callable[[etree._Element, Choice], bool]:
    def verander(node: etree._Element, choice: Choice) -> bool:
        if len(node) or node.get(XSI_NIL) == "true":
            return False
        node.text = choice.choose(texts)
        return True

    return verander


def _verkeerde_room(node: etree._Element, choice: Choice) -> bool:
    qnaam = etree.QName(node)
    ruimten = [room for room in (ZKN, BG, STUF, "") if room != (qnaam.namespace or "")]
    room = choice.choose(ruimten)
    node.tag = f"{{{room}}}{qnaam.localname}" if room else qnaam.localname
    return True


def _text_in_inhoud(node: etree._Element, choice: Choice) -> bool:
    if len(node) == 0:
        return False
    if choice.yes(0.5):
        node.text = "tekst"
    else:
        node[-1].tail = "tekst"
    return True


MUTATIES: dict[str, Callable[[etree._Element, Choice], bool]] = {
    "volgorde": _verkeerde_order,
    "ontbrekend": _missing,
    "herhaald": _repeated,
    "onbekend element": _unknown_element,
    "verplaatst element": _verplaatst,
    "verkeerd attribuut": _wrong_attribute,
    "ontbrekend attribuut": _missing_attribute,
    "onbekend attribuut": _unknown_attribute,
    "misplaatst attribuut": _misplaatst_attribute,
    "nil": _nil,
    "te lang": _other_text("x" * 41, "x" * 81, "x" * 201, "x" * 1001, "1" * 18, "123456789"),
    "patroon": _other_text("?", "2020-01-01", "202001011", "abc", "-1", "0", "1.5", "12 ", "0123 AB", "99999"),
    "opsomming": _other_text("ONZIN", "j", "T ", "Lk02", "overig"),
    "leeg": _other_text("", " "),
    "geen base64": _other_text("QQ=", "QQ", "Q===", "QQ==QQ==", "Q-_Q", "QUJD!", "QUJé"),
    "naamruimte": _verkeerde_room,
    "tekst in inhoud": _text_in_inhoud,
}


def mutate(
    bericht: etree._Element, choice: Choice, *, soort: str | None = None, at: str | None = None
) -> tuple[etree._Element, str]:
    """A copy of the message with one mistake, and which (a key of MUTATIES).

    Shapes: `soort` asks for one mistake, `at` (a path as in `genereer`, `*` for any step) for one place; where that
    cannot be done there, another is made.
    """
    copy = deepcopy(bericht)
    places = copy.findall("/".join(f"{{*}}{naam}" for naam in at.split("/"))) if at else []
    candidates = places or list(copy.iter("*"))
    for attempt in range(50):
        chosen = soort if soort is not None and attempt < 25 else choice.choose(list(MUTATIES))
        if MUTATIES[chosen](choice.choose(candidates), choice):
            return copy, chosen
        if attempt == 10:
            candidates = list(copy.iter("*"))
    _unknown_attribute(copy, choice)
    return copy, "onbekend attribuut"


def gebroken(bericht: etree._Element, choice: Choice, schema: etree.XMLSchema) -> tuple[etree._Element, str]:
    """A copy of the message with one mistake that makes it invalid for this compiled schema."""
    for _ in range(50):
        copy, soort = mutate(bericht, choice)
        # what is validated is what a receiver would read: adjacent texts joined, prefixes declared anew
        if not schema.validate(etree.fromstring(etree.tostring(copy))):  # noqa: TID251 - not a message from outside
            return copy, soort
    raise AssertionError("no mutation made the message invalid")
