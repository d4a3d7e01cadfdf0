"""Objects to XML, by the scope of a question (StUF 03.01, 6.3.3 and 6.4)."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from lxml import etree

from regiesysteem.stuf import extra, values
from regiesysteem.stuf.entity import Choice, Element, Entiteit, Relatie
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.namespaces import ENTITEITTYPE, NIL, NO_VALUE, SCOPE, SLEUTEL_VERZENDEND
from regiesysteem.stuf.read import local
from regiesysteem.stuf.values import Data, Waarde

# --- The data that a question asks for: <scope> as a tree (StUF 03.01, 6.3.3)


class Mode(Enum):
    """The way in which a part of the scope asks."""

    ELEMENTEN = "elementen"
    ALLES = "alles"
    ALLES_KERN = "allesMaarKerngegevensGerelateerden"
    KERN = "kerngegevens"


_ATTRIBUTE: Final = {
    "alles": (Mode.ALLES, True),
    "allesZonderMetagegevens": (Mode.ALLES, False),
    "allesMaarKerngegevensGerelateerden": (Mode.ALLES_KERN, True),
    "allesZonderMetagegevensMaarKerngegevensGerelateerden": (Mode.ALLES_KERN, False),
    "kerngegevens": (Mode.KERN, True),
}
_METAGEGEVENS: Final = frozenset({"tijdvakGeldigheid", "tijdstipRegistratie"})
"""The elements that a scope can leave out (StUF 03.01, 3.3.1). `authentiek` is none: the schema requires it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The asked part of one entity, relation or group; without `metagegevens` the answer has none."""

    mode: Mode
    children: dict[str, "Scope"] = field(default_factory=dict)
    metagegevens: bool = True

    @property
    def explicit(self) -> bool:
        """Tell whether the scope names elements, so that the answer must have each of them."""
        return self.mode is Mode.ELEMENTEN

    def asks(self, part: Element | Relatie) -> bool:
        """Tell whether the scope asks for an element or relation."""
        if self.mode is Mode.ELEMENTEN:
            return part.naam in self.children
        if not self.metagegevens and part.naam in _METAGEGEVENS:
            return False
        return self.mode is not Mode.KERN or part.kern

    def group(self, naam: str) -> "Scope":
        """The asked part of a group."""
        return self.children[naam] if self.mode is Mode.ELEMENTEN else _ALLES

    def relatie(self, naam: str) -> "Scope":
        """The asked part of a relation; an empty one asks for all of it with the kerngegevens of the gerelateerde."""
        if self.mode is not Mode.ELEMENTEN:
            return self
        asked = self.children[naam]
        return _ALLES_KERN if asked.empty else asked

    def gerelateerde(self, naam: str) -> "Scope | None":
        """The asked part of a gerelateerde of this kind; None when relations with that kind are not in the answer.

        An empty <gerelateerde/> names no kind: senders in the field mean any kind by it (docs/afwijkingen.md 13).
        """
        if self.mode is Mode.ALLES:
            return self
        if self.mode is not Mode.ELEMENTEN:
            return _KERN
        asked = self.children.get("gerelateerde")
        if asked is None or asked.empty:
            return _KERN
        if not naam or not asked.explicit:
            return asked
        soort = asked.children.get(naam)
        return _KERN if soort is not None and soort.empty else soort

    @property
    def empty(self) -> bool:
        """Tell whether the scope is empty."""
        return self.mode is Mode.ELEMENTEN and not self.children


_ALLES: Final = Scope(Mode.ALLES)
_ALLES_KERN: Final = Scope(Mode.ALLES_KERN)
_KERN: Final = Scope(Mode.KERN)
KERNGEGEVENS: Final = _KERN
"""The scope of the elements that identify an object."""

DEFAULT: Final = _ALLES_KERN
"""The scope of our answer to a question without a scope; StUF leaves that to us."""


def read_scope(node: etree._Element | None) -> Scope:
    """Read <scope>; absent or empty gives DEFAULT. Raises StUF097 for a scope attribute together with content."""
    instance = None if node is None else next(node.iterchildren(tag=etree.Element), None)
    if instance is None:
        return DEFAULT
    asked = _read(instance)
    return DEFAULT if asked.empty else asked


def _naam(node: etree._Element) -> str:
    """The name that a child asks for; an extraElement is asked by its naam (StUF 03.01, 3.2.4.1)."""
    return node.get("naam", "").strip() if local(node) == "extraElement" else local(node)


def _says_nothing(node: etree._Element) -> bool:
    """Tell whether it is xsi:nil and nothing more, as JAXB and .NET write an element without a value."""
    return node.get(NIL) in ("true", "1") and NO_VALUE not in node.attrib and not len(node)


def _read(node: etree._Element) -> Scope:
    soort = node.get(SCOPE)
    children = list(node.iterchildren(tag=etree.Element))
    if soort is None:
        return Scope(Mode.ELEMENTEN, {_naam(child): _read(child) for child in children})
    if not all(map(_says_nothing, children)):
        raise StufFout("StUF097", f"het element {local(node)} heeft StUF:scope={soort!r} en ook inhoud")
    try:
        mode, metagegevens = _ATTRIBUTE[soort]
    except KeyError:
        known = ", ".join(_ATTRIBUTE)
        raise StufFout("StUF055", f"StUF:scope={soort!r} bestaat niet; wel: {known}") from None
    return Scope(mode, metagegevens=metagegevens)


# --- The steps that write an entity or relation by a scope, derived once from its table


@dataclass(frozen=True, slots=True)
class Step:
    """The way to write an element for a scope without names.

    `tag` is set for an element that stands by itself and is always in the scope; `quiet` means that it is left out when
    it has no value.
    """

    naam: str
    element: Element
    tag: str
    quiet: bool


def write_plain(node: etree._Element, step: Step, waarde: Waarde | None, unknown: str) -> bool:
    """Append an element with a text or without a value, as most are; False when it is another, which is not written."""
    if not step.tag:
        return False
    if waarde is None:
        empty = etree.SubElement(node, step.tag)
        empty.set(NIL, "true")
        empty.set(NO_VALUE, unknown)
        return True
    if isinstance(waarde, str):
        etree.SubElement(node, step.tag).text = waarde
        return True
    return False


def steps_for(from_: Entiteit | Relatie, scope: Scope, *, obj: bool = False) -> tuple[Step, ...]:
    """The elements of an entity or relation that such a scope may ask, derived once."""
    sleutel = (Step, scope.mode, scope.metagegevens, obj)
    if sleutel not in from_.derived:
        from_.derived[sleutel] = tuple(
            _step(from_, element, scope)
            for element in from_.elementen
            if (element.obj or not obj) and (scope.asks(element) or element.with_)
        )
    steps: tuple[Step, ...] = from_.derived[sleutel]
    return steps


def _step(from_: Entiteit | Relatie, element: Element, scope: Scope) -> Step:
    companion = from_.companion(element.naam) if isinstance(from_, Entiteit) else None
    special = element.with_ or element.metagegeven or element.choice or element.verbatim or element.entiteittype
    only = scope.asks(element) and element.nil and not (special or element.fields or companion)
    names_empty = isinstance(from_, Relatie) or element.kern or from_.unknown == values.NO_WAARDE
    can_empty = element.metagegeven or not (element.choice or element.verbatim)
    return Step(
        element.naam,
        element,
        tag=f"{{{element.ns or from_.ns}}}{element.naam}" if only else "",
        quiet=not companion and not (names_empty and can_empty),
    )


def one_branch(entiteit: Entiteit, data: Data, scope: Scope, *, obj: bool) -> Data:
    """Keep only the first asked branch of each choice: both may be known of an object."""
    choices = entiteit.derived.get(one_branch)
    if choices is None:
        choices = [(element, *element.choice.split("/")) for element in entiteit.elementen if element.choice]
        entiteit.derived[one_branch] = choices
    chosen: dict[str, str] = {}
    gone = set()
    for element, group, branch in choices:
        asked = element.naam in data and scope.asks(element) and (element.obj or not obj)
        if asked and chosen.setdefault(group, branch) != branch:
            gone.add(element.naam)
    return {naam: waarde for naam, waarde in data.items() if naam not in gone} if gone else data


# --- Writing an object as the XML of an antwoord, as far as the scope asks for it (StUF 03.01, 6.4.2)


@dataclass(slots=True)
class View:
    """The known data of one object; `sleutel` is our key, sent as sleutelVerzendend.

    `unknown` has the kinds of noValue with which a message said that a relation is absent.
    """

    gegevens: Data
    relaties: dict[str, list["RelatieView"]] = field(default_factory=dict)
    sleutel: str = ""
    unknown: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class RelatieView:
    """The known data of one relation; without a `view` it leads to nobody."""

    gegevens: Data
    choice: Choice | None = None
    view: View | None = None
    relaties: dict[str, list["RelatieView"]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)


def write_view(node: etree._Element, entiteit: Entiteit, view: View, scope: Scope, *, obj: bool = False) -> None:
    """Fill an element with the asked data of an object, in the order of the schema.

    An asked element without a value gets a noValue: geenWaarde for zaken and documents, waardeOnbekend for people and
    things (StUF 03.01, 3.4.1). `obj`: the object stands as that of another entity.
    """
    node.set(ENTITEITTYPE, entiteit.code)
    if view.sleutel:
        node.set(SLEUTEL_VERZENDEND, view.sleutel)
    if entiteit.verbatim:
        write_verbatim(node, view.gegevens)
        return
    _write_elementen(node, entiteit, view.gegevens, scope, obj=obj)
    for relatie in entiteit.relaties:
        if scope.asks(relatie):
            write_relatie(node, relatie, view, scope.relatie(relatie.naam))


def write_relatie(parent: etree._Element, relatie: Relatie, from_: View | RelatieView, scope: Scope) -> None:
    """Append the occurrences of a relation, or one with noValue when there are none (StUF 03.01, 3.4.2)."""
    written = False
    for view in from_.relaties.get(relatie.naam, ()):
        asked = scope.gerelateerde(view.choice.naam if view.choice else "")
        if asked is None:
            continue
        _write_voorkomen(parent, relatie, view, scope, asked)
        written = True
    for soort in from_.unknown.get(relatie.naam, [] if written else [values.NO_WAARDE]):
        values.write_empty(parent, relatie.naam, relatie.ns, soort, relatie.entiteittype)


def _write_voorkomen(parent: etree._Element, relatie: Relatie, view: RelatieView, scope: Scope, asked: Scope) -> None:
    ns = relatie.ns
    node = etree.SubElement(parent, f"{{{ns}}}{relatie.naam}")
    node.set(ENTITEITTYPE, relatie.entiteittype)
    gerelateerde = etree.SubElement(node, f"{{{ns}}}gerelateerde")
    if view.choice is None or view.view is None:
        write_nobody(gerelateerde, relatie, view.gegevens.get("gerelateerde"))
    else:
        target = etree.SubElement(gerelateerde, f"{{{ns}}}{view.choice.naam}") if view.choice.naam else gerelateerde
        write_view(target, view.choice.entiteit, view.view, asked, obj=relatie.as_object)
    _write_own(node, relatie, view.gegevens, scope)
    for deeper in relatie.relaties:
        if scope.asks(deeper):
            write_relatie(node, deeper, view, scope.relatie(deeper.naam))


def _write_own(node: etree._Element, relatie: Relatie, data: Data, scope: Scope) -> None:
    """Write the own elements of a relation."""
    unknown = values.NO_WAARDE
    if scope.explicit:
        for element in relatie.elementen:
            if element.naam in scope.children:
                waarde = data.get(element.naam)
                _write_element(node, element, waarde, scope, ns=relatie.ns, unknown=unknown)
        return
    for step in steps_for(relatie, scope):
        waarde = data.get(step.naam)
        if not write_plain(node, step, waarde, unknown):
            _write_element(node, step.element, waarde, scope, ns=relatie.ns, unknown=unknown)


def _write_elementen(node: etree._Element, entiteit: Entiteit, data: Data, scope: Scope, *, obj: bool) -> None:
    data = one_branch(entiteit, data, scope, obj=obj)
    if scope.explicit:
        _write_asked(node, entiteit, data, scope, obj=obj)
        return
    unknown = entiteit.unknown
    for step in steps_for(entiteit, scope, obj=obj):
        waarde = data.get(step.naam)
        if (waarde is None and step.quiet) or write_plain(node, step, waarde, unknown):
            continue
        if step.tag or _asked(node, entiteit, step.element, data, scope, obj=obj):
            waarde = _with_companion(entiteit, step.element, data)
            _write_element(node, step.element, waarde, scope, ns=entiteit.ns, unknown=unknown)


def _write_asked(node: etree._Element, entiteit: Entiteit, data: Data, scope: Scope, *, obj: bool) -> None:
    """Write the elements that a scope names."""
    for element in entiteit.elementen:
        if (element.naam in scope.children or element.with_) and _asked(node, entiteit, element, data, scope, obj=obj):
            waarde = _with_companion(entiteit, element, data)
            _write_element(node, element, waarde, scope, ns=entiteit.ns, unknown=entiteit.unknown)


def _asked(node: etree._Element, entiteit: Entiteit, element: Element, data: Data, scope: Scope, *, obj: bool) -> bool:
    """Tell whether an element is to be written: asked, or with the element that it accompanies."""
    if obj and not element.obj:
        return False
    accompanies = bool(element.with_) and element.with_ in data
    if not (scope.asks(element) or (accompanies and _written(node, element.with_))):
        return False
    if element.naam in data:
        return True
    if not scope.explicit and not (element.kern or entiteit.unknown == values.NO_WAARDE):
        return False
    return accompanies or not element.with_


def _with_companion(entiteit: Entiteit, element: Element, data: Data) -> Waarde | None:
    """The value of an element; a noValue when only its metagegeven came: the schema wants both."""
    waarde = data.get(element.naam)
    if waarde is None and entiteit.companion(element.naam) in data:
        return {"@noValue": entiteit.unknown}
    return waarde


def _write_element(
    node: etree._Element, element: Element, waarde: Waarde | None, scope: Scope, *, ns: str, unknown: str
) -> None:
    if element.naam == extra.NAAM and scope.explicit and not scope.group(element.naam).empty:
        values.write(node, element, extra.only_asked(waarde, scope.group(element.naam).children, unknown), ns)
    elif waarde is not None and waarde != []:
        if element.fields and scope.explicit and not scope.group(element.naam).empty:
            waarde = _limited(waarde, element, scope.group(element.naam), unknown)
        values.write(node, element, waarde, ns)
    elif element.metagegeven:
        values.write_metagegeven(node, element, element.ns or ns, unknown)
    elif element.choice or element.verbatim or not (element.nil or element.fields):
        return
    elif not element.fields:
        values.write_empty(node, element.naam, element.ns or ns, unknown)
    elif element.nil:
        values.write_empty(node, element.naam, element.ns or ns, unknown, element.entiteittype)
    elif scope.explicit:
        values.write(node, element, _empty(element, scope.group(element.naam), unknown), ns)


def _limited(waarde: Waarde, element: Element, scope: Scope, unknown: str) -> Waarde:
    """Limit a group to its asked and its required fields."""
    if isinstance(waarde, list):
        return [_limited(single, element, scope, unknown) for single in waarde]
    if not isinstance(waarde, dict) or "@noValue" in waarde or not scope.explicit:
        return waarde
    out: dict[str, Waarde] = {naam: inhoud for naam, inhoud in waarde.items() if naam[0] == "@"}
    for inner in element.fields:
        if not (scope.asks(inner) or inner.verplicht):
            continue
        inhoud = waarde.get(inner.naam)
        if inner.naam == extra.NAAM and inner.naam in scope.children and not scope.children[inner.naam].empty:
            inhoud = extra.only_asked(inhoud, scope.children[inner.naam].children, unknown)
        elif inhoud is not None and inner.fields and inner.naam in scope.children:
            inhoud = _limited(inhoud, inner, scope.children[inner.naam], unknown)
        if inhoud is not None:
            out[inner.naam] = inhoud
        elif not inner.verbatim and not inner.fields and not inner.choice:
            out[inner.naam] = _no(inner, unknown)
    return out


def _empty(element: Element, scope: Scope, unknown: str) -> Waarde:
    """An unknown group: its asked fields, each with a noValue."""
    return {
        inner.naam: _empty(inner, scope.children.get(inner.naam, scope), unknown)
        if inner.fields
        else _no(inner, unknown)
        for inner in element.fields
        if (inner.verplicht or scope.asks(inner)) and not inner.verbatim
    }


def _no(inner: Element, unknown: str) -> Waarde:
    return {"@noValue": unknown, **({"@metagegeven": "true"} if inner.metagegeven else {})}


def write_nobody(gerelateerde: etree._Element, relatie: Relatie, waarde: Waarde | None) -> None:
    """Write a gerelateerde that came without a value, as it came."""
    direct = relatie.choice("")
    if direct is not None:
        gerelateerde.set(ENTITEITTYPE, direct.entiteit.code)
    if not isinstance(waarde, dict) or not waarde:
        return
    if (choice := relatie.choice(str(waarde.get("soort", "")))) is not None and choice.naam:
        empty = etree.SubElement(gerelateerde, f"{{{relatie.ns}}}{choice.naam}")
        empty.set(ENTITEITTYPE, choice.entiteit.code)
        empty.set(NIL, "true")
        return
    gerelateerde.set(NIL, "true")


def write_verbatim(node: etree._Element, data: Data) -> None:
    """Fill an element with content that is kept as it came."""
    holder = etree.Element("houder")
    values.write(holder, Element("", verbatim=True), data, "")
    for naam, waarde in holder[0].attrib.items():
        node.set(naam, waarde)
    node.text = holder[0].text
    node.extend(list(holder[0]))


def _written(node: etree._Element, naam: str) -> bool:
    return len(node) > 0 and str(node[-1].tag).endswith(f"}}{naam}")
