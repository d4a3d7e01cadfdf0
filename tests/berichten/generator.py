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

`fixed` and `with_` bring in the element and everything above it; `fixed` gives a text, or None for a nil with noValue
geenWaarde. An element that repeats gets the same in each repetition. `without` leaves out what is optional.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lxml import etree
from tests.berichten.keuze import Choice, HypothesisChoice, WillekeurigeChoice, chosen
from tests.berichten.mutaties import gebroken, mutate
from tests.berichten.schema import BG, RZS, STUF, XMIME, ZDS, ZKN, Attribute, Element, Inhoud, Part, Schema, schema
from tests.berichten.waarden import echte_waarde, waarde

from regiesysteem.zkn.operations import OPERATIONS

__all__ = [
    "BERICHTEN",
    "BERICHTEN_ZDS12",
    "Choice",
    "HypothesisChoice",
    "WillekeurigeChoice",
    "chosen",
    "gebroken",
    "genereer",
    "mutate",
]

# Every message of the contract: what comes in, and the answers
BERICHTEN = (
    *dict.fromkeys(
        etree.QName(one.element).localname for one in OPERATIONS.values() if one.element != one.element_zds12
    ),
    *("zakLa01", "edcLa01", "zakLa02", "edcLa02", "zakLa07", "zakSa01", "zakSh01", "Bv02Bericht", "Fo02Bericht"),
    *(
        f"{what}_Du02"
        for what in ("genereerZaakIdentificatie", "genereerDocumentIdentificatie", "geefZaakdocumentbewerken")
    ),
)
_WITH_ANSWER = ("Lv01", "Identificatie_Di02", "Bewerken_Di02")
BERICHTEN_ZDS12 = tuple(
    name
    for element in filter(None, (operation.element_zds12 for operation in OPERATIONS.values()))
    for name in (
        element,
        *([element.replace("Lv01", "La01").replace("Di02", "Du02")] if element.endswith(_WITH_ANSWER) else []),
    )
)
"""Those of ZDS 1.2, as Clark names: some have the local name of one of ZDS 1.1."""
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NO_VALUE = f"{{{STUF}}}noValue"
PREFIXES = {
    "RZS": RZS,
    "ZDS": ZDS,
    "ZKN": ZKN,
    "BG": BG,
    "StUF": STUF,
    "xmime": XMIME,
    "xsi": XSI_NIL[1:].partition("}")[0],
}
# In a vraag about documents, which may stand inside a vrij bericht
IN_SCOPE = ("scope/object/", "edcLv01/scope/object/")
HERHALINGEN = (1, 1, 1, 2, 3)
DICHTHEDEN = (0.0, 0.1, 0.1, 0.4, 1.0)


@dataclass
class _Command:
    """One call of `genereer`: its parameters, and how many elements it may still make beyond the required ones."""

    choice: Choice
    echt: bool
    fixed: Mapping[str, str | None]
    vereist: frozenset[str]
    without: frozenset[str]
    depth: int
    elementen: int
    vol: frozenset[str]
    contains: dict[tuple[int, str], bool] = field(default_factory=dict)

    def pin(self, path: str) -> tuple[bool, str | None]:
        """Tell whether the value at this path is pinned, and to which value."""
        if path in self.fixed:
            return True, self.fixed[path]
        for part in ("//" + path[spot:] for spot in _woordgrenzen(path)):
            if part in self.fixed:
                return True, self.fixed[part]
        return False, None


def genereer(
    naam: str,
    choice: Choice,
    *,
    fixed: Mapping[str, str | None] | None = None,
    with_: Collection[str] = (),
    without: Collection[str] = (),
    full: Collection[str] = (),
    echt: bool = True,
    depth: int = 12,
    elementen: int = 150,
    out: Schema | None = None,
) -> etree._Element:
    """A valid message with the given root element (`zakLk01`, `Bv03Bericht`, ...).

    Shapes: paths as in the module's docstring; at each path in `full` all optional children are there (and with
    `echt=False` all attributes); no optional element lies deeper than `depth` and after `elementen` elements only
    required ones are made; `out` is another schema to walk. Errors: KeyError for an unknown message, ValueError for
    a pinned path that the schema does not have.
    """
    gepind = dict(fixed or {})
    wanted = {path for path in (*gepind, *with_, *full) if path and not path.startswith("//")}
    vereist = frozenset(path[:spot].rstrip("/") for path in wanted for spot in (*_woordgrenzen(path)[1:], len(path)))
    command = _Command(choice, echt, gepind, vereist, frozenset(without), depth, elementen, frozenset(full))
    declaration = (out or schema()).root(naam)
    root: etree._Element = etree.Element(declaration.naam, nsmap=PREFIXES)
    _fill(root, declaration.inhoud, "", command)
    for path in wanted:
        _check_present(root, path)
    return root


def _fill(node: etree._Element, inhoud: Inhoud, path: str, command: _Command) -> None:
    """Give an element without children its attributes and children."""
    _set_attributes(node, inhoud, path, command, nil=False)
    if inhoud.deel is None:
        return
    _range_parts(node, inhoud.deel, path, command, _dichtheid(path, command))
    if command.echt and len(node) == 0 and path.count("/") < command.depth:
        # a group or gerelateerde without anything in it is valid, but nobody sends it
        _range_parts(node, inhoud.deel, path, command, 0.5)


def _dichtheid(path: str, command: _Command) -> float:
    """The probability of each optional part here; drawn per element, so that sparse and full ones stand together."""
    if path in command.vol:
        return 1.0
    if path.count("/") >= command.depth or command.elementen <= 0:
        return 0.0
    return command.choice.choose(DICHTHEDEN)


def _range_parts(parent: etree._Element, part: Part, path: str, command: _Command, kans: float) -> None:
    """Append what one particle stands for: an element, its choice or sequence, as often as occurs."""
    if part.soort == "vrij":
        return
    for _ in range(_count(part, path, command, kans)):
        if part.element is not None:
            _add(parent, part.element, path, command)
        elif part.soort == "reeks":
            for under in part.parts:
                _range_parts(parent, under, path, command, kans)
        elif part.parts:
            _range_parts(parent, _branch(part, path, command), path, command, max(kans, 0.5))


def _count(part: Part, path: str, command: _Command, kans: float) -> int:
    """How often a particle occurs: its bounds, what the caller asked for, and else chance."""
    low, high = part.minimum, part.maximum
    if part.element is not None:
        own = _path(path, part.element.local)
        if own in command.vereist:
            low = max(1, low)
        elif own in command.without:
            return low
    elif low == 0 and _leidt_until_vereist(part, path, command):
        low = 1
    if low == 0 and not command.choice.yes(kans):
        return 0
    low = max(low, 1)
    if high == 1 or command.elementen <= 0:
        return low
    return min(max(low, command.choice.choose(HERHALINGEN)), high or 99)


def _branch(part: Part, path: str, command: _Command) -> Part:
    """The branch of a choice: one that leads to a required path, else any that is not to be left out."""
    for under in part.parts:
        if _leidt_until_vereist(under, path, command):
            return under
    open_ = [d for d in part.parts if d.element is None or _path(path, d.element.local) not in command.without]
    return command.choice.choose(open_ or part.parts)


def _leidt_until_vereist(part: Part, path: str, command: _Command) -> bool:
    return any(_valt_under(p, path) and _contains(part, p, path, command) for p in command.vereist)


def _contains(part: Part, sought: str, path: str, command: _Command) -> bool:
    """Tell whether the particle can make the child that is next on the way from `path` to `sought`."""
    next_ = sought[len(path) :].lstrip("/").partition("/")[0]
    sleutel = (id(part), next_)
    if sleutel not in command.contains:
        command.contains[sleutel] = (part.element is not None and part.element.local == next_) or any(
            _contains(under, sought, path, command) for under in part.parts
        )
    return command.contains[sleutel]


def _add(parent: etree._Element, declaration: Element, path: str, command: _Command) -> None:
    """Append one element with its value, or nil, and all below it."""
    command.elementen -= 1
    own = _path(path, declaration.local)
    node = etree.SubElement(parent, declaration.naam)
    inhoud, (gepind, pin) = declaration.inhoud, command.pin(own)
    if (gepind and pin is None) or (not gepind and _wordt_nil(declaration, own, command)):
        node.set(XSI_NIL, "true")
        _set_attributes(node, inhoud, own, command, nil=True)
        return
    if inhoud.waarde is None:
        _fill(node, inhoud, own, command)
        return
    _set_attributes(node, inhoud, own, command, nil=False)
    if gepind:
        node.text = pin
    elif declaration.fixed is not None:
        node.text = declaration.fixed
    elif command.echt and inhoud.waarde.basis == "base64Binary" and own.startswith(IN_SCOPE):
        pass  # asked for by being there
    elif command.echt:
        node.text = echte_waarde(declaration.local, inhoud.waarde, command.choice)
    elif declaration.default is None or command.choice.yes(0.8):
        node.text = waarde(inhoud.waarde, command.choice)


def _wordt_nil(declaration: Element, path: str, command: _Command) -> bool:
    """Nil now and then; in a scope a value means nothing, so there nearly always where it is possible."""
    if not declaration.nillable or path in command.vereist or path in command.vol:
        return False
    if command.echt and path.startswith(IN_SCOPE) and declaration.inhoud.waarde is not None:
        return True
    return not (command.echt and path == "object") and command.choice.yes(0.08)


def _set_attributes(node: etree._Element, inhoud: Inhoud, path: str, command: _Command, *, nil: bool) -> None:
    for attribute in inhoud.attributes.values():
        local = attribute.naam.rpartition("}")[2]
        gepind, pin = command.pin(_path(path, "@" + local))
        if gepind:
            if pin is not None:
                node.set(attribute.naam, pin)
        elif attribute.verplicht or _komt_for(attribute, path, command, nil=nil):
            text = attribute.fixed or (echte_waarde if command.echt else _raw)(local, attribute.type, command.choice)
            if command.echt and nil and attribute.naam == NO_VALUE and path in command.fixed:
                text = "geenWaarde"
            node.set(attribute.naam, text)


def _raw(_naam: str, soort: object, choice: Choice) -> str:
    return waarde(soort, choice)  # type: ignore[arg-type]


def _komt_for(attribute: Attribute, path: str, command: _Command, *, nil: bool) -> bool:
    if command.echt:
        return nil if attribute.naam == NO_VALUE else command.choice.yes(0.1)
    return path in command.vol or command.choice.yes(0.15)


def _path(path: str, naam: str) -> str:
    return f"{path}/{naam}" if path else naam


def _valt_under(path: str, above: str) -> bool:
    return path.startswith(above + "/") if above else bool(path)


def _woordgrenzen(path: str) -> list[int]:
    """The places in a path where a step begins."""
    return [0, *(spot + 1 for spot, sign in enumerate(path) if sign == "/")]


def _check_present(root: etree._Element, path: str) -> None:
    elementpad, _, attribute = path.partition("/@")
    step = "/".join(f"{{*}}{naam}" for naam in elementpad.split("/"))
    if not root.findall(step):
        raise ValueError(f"{root.tag} has no {elementpad}{' for @' + attribute if attribute else ''}")
