"""Questions that a sender may ask by its rights: about nothing that it never gets; for the signaal about one person.

To select by an element, or to sort by it, tells its value to whoever asks often enough.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from regiesysteem.access.caller import Grant
from regiesysteem.stuf.faults import StufFout
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS
from regiesysteem.zakenmagazijn.rows import GERELATEERDE
from regiesysteem.zakenmagazijn.select.question import Criterium
from regiesysteem.zakenmagazijn.select.search import Question
from regiesysteem.zakenmagazijn.select.sql import elementen_of
from regiesysteem.zakenmagazijn.select.subject import ZAKEN
from regiesysteem.zkn.zaak import HEEFT_BETREKKING_OP, IS_GEZET_DOOR
from regiesysteem.zkn.zaakobjects import BETROKKENE, ZAAKOBJECT

_CLIENT: Final = (HEEFT_BETREKKING_OP.naam, GERELATEERDE, "natuurlijkPersoon", "inp.bsn")
_NUMBER: Final = (HEEFT_BETREKKING_OP.naam, GERELATEERDE, "identificatie")
"""The other way to ask for a BSN, with 11 before it: the one that the schema has."""
_AS_BSN: Final = re.compile(r"11[0-9]{9}")
_OBJECTS: Final = (*TO_OBJECTS.names, IS_GEZET_DOOR.naam)
_OTHER_NAMES: Final = {
    naam: frozenset(element for choice in (*BETROKKENE, *ZAAKOBJECT) for element in elementen_of(choice.entiteit, naam))
    for naam in ("identificatie", "naam", "adresBinnenland", "adresBuitenland")
}
"""The elements of all kinds of object that a criterion on any betrokkene or zaakobject may be about."""

_ZAAKTYPE_SORTERING: Final = {2: frozenset({"zaakcategorie", "omschrijvingGeneriek"})}
"""The elements of a sortering that an answer may have another value for (`SortField.path` is empty)."""


def check_permitted(question: Question, grant: Grant) -> None:
    """Refuse a question that its sender may not ask.

    Raises StUF052 for a criterion, StUF133 for a sortering.
    """
    if grant.signaal:
        _check_signaal(question)
        return
    if not grant.zonder:
        return
    for criterium in question.criteria:
        if found := next(_hidden(criterium, grant.zonder), ""):
            raise StufFout("StUF052", f"deze zender krijgt {found} niet, en mag er ook niet op selecteren")
    if sorted_by := next(_sorted_by(question, grant.zonder), ""):
        raise StufFout("StUF133", f"deze zender krijgt {sorted_by} niet, en mag er ook niet op sorteren")


def _check_signaal(question: Question) -> None:
    """Let only the question through whether somebody is a client of a running gezinsplan: of whom says the BSN."""
    if question.sleutels is None and len(question.criteria) == 1:
        path, criterium = [], question.criteria[0]
        path.append(criterium.naam)
        while len(criterium.children) == 1:
            criterium = criterium.children[0]
            path.append(criterium.naam)
        waarde = criterium.waarde.strip() if criterium.gelijk else ""
        if (tuple(path) == _CLIENT and waarde) or (tuple(path) == _NUMBER and _AS_BSN.fullmatch(waarde)):
            return
    raise StufFout(
        "StUF052", f"deze zender mag alleen vragen naar een BSN: 11 en negen cijfers in gelijk/{'/'.join(_NUMBER)}"
    )


def _hidden(criterium: Criterium, zonder: frozenset[str], above: tuple[str, ...] = ()) -> Iterator[str]:
    """The elements that a criterion tells something of, and that are never given."""
    if criterium.naam in zonder:
        yield criterium.naam
    if above[-1:] == (GERELATEERDE,) and above[-2] in _OBJECTS:
        yield from sorted(_OTHER_NAMES.get(criterium.naam, frozenset()) & zonder)
    for child in criterium.children:
        yield from _hidden(child, zonder, (*above, criterium.naam))


def _sorted_by(question: Question, zonder: frozenset[str]) -> Iterator[str]:
    names: Iterable[str] = _ZAAKTYPE_SORTERING.get(question.sortering, ()) if question.subject is ZAKEN else ()
    for field in question.subject.sorteringen[question.sortering]:
        about_object = len(field.path) > 1 and field.path[0] in TO_OBJECTS.names
        names = (*names, *field.path, *(_OTHER_NAMES["identificatie"] if about_object else ()))
    yield from sorted(zonder.intersection(names))
