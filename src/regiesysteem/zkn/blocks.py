"""Elements that recur in the entity tables, and short ways to write a table."""

from dataclasses import replace
from typing import Final

from regiesysteem.stuf.entity import Element, Soort
from regiesysteem.stuf.namespaces import STUF

TIJDVAK_RELATIE: Final = Element(
    "tijdvakRelatie",
    STUF,
    nil=False,
    fields=(
        Element("beginRelatie", STUF, soort=Soort.TIJDSTIP, verplicht=True),
        Element("eindRelatie", STUF, soort=Soort.TIJDSTIP),
    ),
)
TIJDVAK_GELDIGHEID: Final = Element(
    "tijdvakGeldigheid",
    STUF,
    nil=False,
    fields=(
        Element("beginGeldigheid", STUF, soort=Soort.TIJDSTIP, verplicht=True),
        Element("eindGeldigheid", STUF, soort=Soort.TIJDSTIP, verplicht=True),
    ),
)
TIJDSTIP_REGISTRATIE: Final = Element("tijdstipRegistratie", STUF, soort=Soort.TIJDSTIP)
DERIVED_TIJDSTIP: Final = replace(TIJDSTIP_REGISTRATIE, ours=True)
"""The tijdstipRegistratie of a relation, status or group (StUF 03.01, 3.3.1)."""

OWN_TIJDSTIP: Final = replace(DERIVED_TIJDSTIP, kolom="tijdstip_registratie")
"""The tijdstipRegistratie of an entity with a row of its own; the database fills that column."""

EXTRA_ELEMENTEN: Final = Element("extraElementen", STUF, verbatim=True, nil=False)
NOT_AS_OBJECT: Final = tuple(
    replace(element, obj=False) for element in (TIJDVAK_GELDIGHEID, TIJDSTIP_REGISTRATIE, EXTRA_ELEMENTEN)
)
"""Elements that an answer gives of a betrokkene or besluit, and not of a zaakobject."""


def names(*elementen: str, ns: str = "", obj: bool = True, kern: bool = False) -> tuple[Element, ...]:
    """Plain text elements with these names."""
    return tuple(Element(naam, ns, obj=obj, kern=kern) for naam in elementen)


def dates(*elementen: str, ns: str = "", obj: bool = True) -> tuple[Element, ...]:
    """Date elements with these names."""
    return tuple(Element(naam, ns, obj=obj, soort=Soort.DATUM) for naam in elementen)


def group(naam: str, *fields: Element, ns: str = "", repeatable: bool = False, **rest: object) -> Element:
    """Name a group of elements (StUF 03.01, 3.1.4)."""
    return replace(Element(naam, ns, fields=fields, repeatable=repeatable, nil=False), **rest)  # type: ignore[arg-type]
