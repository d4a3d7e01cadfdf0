"""The form of the declaration of an entity, which drives reading, writing, scope and selection.

The tables themselves are with their sector model (`regiesysteem.zkn`); this module knows no sector.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self


class Soort(Enum):
    """The way in which a selection compares the values of an element (StUF 03.01, 6.3.1).

    BINAIR does not compare at all: the bytes of a file, with the attributes xmime:contentType and StUF:bestandsnaam.
    Reading and writing by the table leave its bytes to others (`regiesysteem.stuf.values`).
    """

    TEXT = "tekst"
    DATUM = "datum"
    TIJDSTIP = "tijdstip"
    NUMERAL = "getal"
    BINAIR = "binair"


class Elementen(tuple["Element", ...]):
    """Elements in the order of the schema, also by name.

    `columns` are their columns, in that order, and `on_column` gives the element of each column.

    Entities, relations and groups turn their elements into one, so that the cost of reading a message or a row depends
    on its content, and not on the number of declared elements.
    """

    by_naam: dict[str, "Element"]
    columns: tuple[str, ...]
    on_column: dict[str, str]

    def __new__(cls, elementen: Iterable["Element"] = ()) -> Self:
        """Make the tuple and index its elements."""
        made = super().__new__(cls, elementen)
        made.by_naam = {element.naam: element for element in made}
        made.on_column = {element.kolom: element.naam for element in made if element.kolom}
        made.columns = tuple(made.on_column)
        return made

    @classmethod
    def of(cls, elementen: Iterable["Element"]) -> "Elementen":
        """The same elements, indexed once."""
        return elementen if isinstance(elementen, cls) else cls(elementen)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an entity, of a relation or of a group, in the order of the schema.

    Attributes:
        naam: local name, spelled as in the schema.
        ns: namespace; empty means that of the entity.
        kolom: column that holds its text; empty: it lives in the row's `inhoud`.
        soort: how a selection compares it.
        kern: belongs to the kerngegevens (StUF 03.01, 3.1.3).
        obj: may also appear where the entity is the object of another; the answer types for such objects are narrower.
        fields: its elements, when it is a group.
        repeatable: may repeat.
        verbatim: any content; kept and given back as it came.
        inside: entities that may stand in such content; half of a pair (`with_`) gets its other half there.
        choice: "choice/branch" that it belongs to: an absent branch is not answered (StUF 03.01, 3.4.3).
        with_: name of the element that it must accompany in an answer.
        verplicht: always in an answer when its group is.
        nil: may be empty with a noValue (nillable in the schema).
        novalue: its answer type has StUF:noValue; False: an answer can only say that it is empty.
        metagegeven: is a metagegeven, which the schema wants said of it (StUF 03.01, 3.3).
        entiteittype: value of StUF:entiteittype, for an entity that is kept inside its parent's row.
        kennisgeving: False for what can only be asked.
        ours: the registration says it, whatever a message says of it.
    """

    naam: str
    ns: str = ""
    kolom: str = ""
    soort: Soort = Soort.TEXT
    kern: bool = False
    obj: bool = True
    fields: tuple["Element", ...] = ()
    repeatable: bool = False
    verbatim: bool = False
    inside: tuple["Entiteit", ...] = ()
    choice: str = ""
    with_: str = ""
    verplicht: bool = False
    nil: bool = True
    novalue: bool = True
    metagegeven: bool = False
    entiteittype: str = ""
    kennisgeving: bool = True
    ours: bool = False

    def __post_init__(self) -> None:
        """Index the elements of a group."""
        object.__setattr__(self, "fields", Elementen.of(self.fields))


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of gerelateerde: the element inside <gerelateerde>, "" when it is the gerelateerde itself."""

    naam: str
    entiteit: "Entiteit"


@dataclass(frozen=True, slots=True)
class Relatie:
    """A relation of an entity: its element, its entiteittype, its own elements and what it may lead to.

    Attributes:
        gerelateerde: the kinds of object at the other end.
        kern: belongs to the kerngegevens of its entity.
        as_object: its gerelateerden are objects of another entity, whose answer types are narrower (`Element.obj`).
        kennisgeving: False for what can only be asked.
        derived: where others keep what they derive from the table, to derive it once.
    """

    naam: str
    ns: str
    entiteittype: str
    gerelateerde: tuple[Choice, ...]
    elementen: tuple[Element, ...] = ()
    relaties: tuple["Relatie", ...] = ()
    repeatable: bool = True
    kern: bool = False
    as_object: bool = False
    kennisgeving: bool = True
    derived: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the elements by name."""
        object.__setattr__(self, "elementen", Elementen.of(self.elementen))

    def element(self, naam: str) -> Element | None:
        """The own element with this name, or None."""
        return Elementen.of(self.elementen).by_naam.get(naam)

    def relatie(self, naam: str) -> "Relatie | None":
        """The relation of this relation with that name, or None."""
        return next((relatie for relatie in self.relaties if relatie.naam == naam), None)

    def choice(self, naam: str) -> Choice | None:
        """The kind of gerelateerde that is named so inside <gerelateerde>, or None."""
        return next((choice for choice in self.gerelateerde if choice.naam == naam), None)

    def choice_for(self, code: str) -> Choice | None:
        """The kind of gerelateerde for an entiteittype, or None."""
        return next((choice for choice in self.gerelateerde if choice.entiteit.code == code), None)


@dataclass(frozen=True, slots=True)
class Entiteit:
    """A fundamental entity: code (mnemonic), namespace, elements, relations, and the elements that identify it.

    `sleutels` lists the elements of which the first that has a value identifies the object, as (element, kind): objects
    of one entiteittype with the same kind and value are the same. An entity without sleutels is never recognised again.
    `derived` is where others keep what they derive from the table, to derive it once.
    """

    code: str
    ns: str
    elementen: tuple[Element, ...]
    relaties: tuple[Relatie, ...] = ()
    sleutels: tuple[tuple[str, str], ...] = ()
    verbatim: bool = False
    unknown: str = "waardeOnbekend"
    _relaties: dict[str, Relatie] = field(default_factory=dict, init=False, repr=False, compare=False)
    _companions: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    derived: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index elements and relations by name."""
        object.__setattr__(self, "elementen", Elementen.of(self.elementen))
        self._relaties.update((relatie.naam, relatie) for relatie in self.relaties)
        self._companions.update((element.with_, element.naam) for element in self.elementen if element.with_)

    def element(self, naam: str) -> Element | None:
        """The element with this name, or None."""
        return Elementen.of(self.elementen).by_naam.get(naam)

    def relatie(self, naam: str) -> Relatie | None:
        """The relation with this name, or None."""
        return self._relaties.get(naam)

    def companion(self, naam: str) -> str | None:
        """The name of the element that must accompany this one (`Element.with_`), or None."""
        return self._companions.get(naam)
