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

    TEKST = "tekst"
    DATUM = "datum"
    TIJDSTIP = "tijdstip"
    GETAL = "getal"
    BINAIR = "binair"


class Elementen(tuple["Element", ...]):
    """Elements in the order of the schema, also by name.

    `kolommen` are their columns, in that order, and `op_kolom` gives the element of each column.

    Entities, relations and groups turn their elements into one, so that the cost of reading a message or a row depends
    on its content, and not on the number of declared elements.
    """

    op_naam: dict[str, "Element"]
    kolommen: tuple[str, ...]
    op_kolom: dict[str, str]

    def __new__(cls, elementen: Iterable["Element"] = ()) -> Self:
        """Make the tuple and index its elements."""
        zelf = super().__new__(cls, elementen)
        zelf.op_naam = {element.naam: element for element in zelf}
        zelf.op_kolom = {element.kolom: element.naam for element in zelf if element.kolom}
        zelf.kolommen = tuple(zelf.op_kolom)
        return zelf

    @classmethod
    def van(cls, elementen: Iterable["Element"]) -> "Elementen":
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
        velden: its elements, when it is a group.
        meervoudig: may repeat.
        letterlijk: any content; kept and given back as it came.
        binnen: entities that may stand in such content; where one has half of a pair (`met`), the other half is added.
        keuze: "choice/branch" that it belongs to: an absent branch is not answered (StUF 03.01, 3.4.3).
        met: name of the element that it must accompany in an answer.
        verplicht: always in an answer when its group is.
        nil: may be empty with a noValue (nillable in the schema).
        novalue: its answer type has StUF:noValue; False: an answer can only say that it is empty.
        metagegeven: is a metagegeven, which the schema wants said of it (StUF 03.01, 3.3).
        entiteittype: value of StUF:entiteittype, for an entity that is kept inside its parent's row.
        kennisgeving: False for what can only be asked.
        eigen: the registration says it, whatever a message says of it.
    """

    naam: str
    ns: str = ""
    kolom: str = ""
    soort: Soort = Soort.TEKST
    kern: bool = False
    obj: bool = True
    velden: tuple["Element", ...] = ()
    meervoudig: bool = False
    letterlijk: bool = False
    binnen: tuple["Entiteit", ...] = ()
    keuze: str = ""
    met: str = ""
    verplicht: bool = False
    nil: bool = True
    novalue: bool = True
    metagegeven: bool = False
    entiteittype: str = ""
    kennisgeving: bool = True
    eigen: bool = False

    def __post_init__(self) -> None:
        """Index the elements of a group."""
        object.__setattr__(self, "velden", Elementen.van(self.velden))


@dataclass(frozen=True, slots=True)
class Keuze:
    """A kind of gerelateerde: the element inside <gerelateerde>, "" when it is the gerelateerde itself."""

    naam: str
    entiteit: "Entiteit"


@dataclass(frozen=True, slots=True)
class Relatie:
    """A relation of an entity: its element, its entiteittype, its own elements and what it may lead to.

    Attributes:
        gerelateerde: the kinds of object at the other end.
        kern: belongs to the kerngegevens of its entity.
        als_object: its gerelateerden are objects of another entity, whose answer types are narrower (`Element.obj`).
        kennisgeving: False for what can only be asked.
        afgeleid: where others keep what they derive from the table, to derive it once.
    """

    naam: str
    ns: str
    entiteittype: str
    gerelateerde: tuple[Keuze, ...]
    elementen: tuple[Element, ...] = ()
    relaties: tuple["Relatie", ...] = ()
    meervoudig: bool = True
    kern: bool = False
    als_object: bool = False
    kennisgeving: bool = True
    afgeleid: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the elements by name."""
        object.__setattr__(self, "elementen", Elementen.van(self.elementen))

    def element(self, naam: str) -> Element | None:
        """The own element with this name, or None."""
        return Elementen.van(self.elementen).op_naam.get(naam)

    def relatie(self, naam: str) -> "Relatie | None":
        """The relation of this relation with that name, or None."""
        return next((relatie for relatie in self.relaties if relatie.naam == naam), None)

    def keuze(self, naam: str) -> Keuze | None:
        """The kind of gerelateerde that is named so inside <gerelateerde>, or None."""
        return next((keuze for keuze in self.gerelateerde if keuze.naam == naam), None)

    def keuze_voor(self, code: str) -> Keuze | None:
        """The kind of gerelateerde for an entiteittype, or None."""
        return next((keuze for keuze in self.gerelateerde if keuze.entiteit.code == code), None)


@dataclass(frozen=True, slots=True)
class Entiteit:
    """A fundamental entity: code (mnemonic), namespace, elements, relations, and the elements that identify it.

    `sleutels` lists the elements of which the first that has a value identifies the object, as (element, kind): objects
    of one entiteittype with the same kind and value are the same. An entity without sleutels is never recognised again.
    `afgeleid` is where others keep what they derive from the table, to derive it once.
    """

    code: str
    ns: str
    elementen: tuple[Element, ...]
    relaties: tuple[Relatie, ...] = ()
    sleutels: tuple[tuple[str, str], ...] = ()
    letterlijk: bool = False
    onbekend: str = "waardeOnbekend"
    _relaties: dict[str, Relatie] = field(default_factory=dict, init=False, repr=False, compare=False)
    _begeleiders: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    afgeleid: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index elements and relations by name."""
        object.__setattr__(self, "elementen", Elementen.van(self.elementen))
        self._relaties.update((relatie.naam, relatie) for relatie in self.relaties)
        self._begeleiders.update((element.met, element.naam) for element in self.elementen if element.met)

    def element(self, naam: str) -> Element | None:
        """The element with this name, or None."""
        return Elementen.van(self.elementen).op_naam.get(naam)

    def relatie(self, naam: str) -> Relatie | None:
        """The relation with this name, or None."""
        return self._relaties.get(naam)

    def begeleider(self, naam: str) -> str | None:
        """The name of the element that must accompany this one (`Element.met`), or None."""
        return self._begeleiders.get(naam)
