"""The names of all elements that an answer about a zaak or document may have."""

from collections.abc import Iterable, Iterator
from typing import Final

from regiesysteem.stuf.entity import Element, Entiteit, Relatie
from regiesysteem.zkn.document import EDC
from regiesysteem.zkn.zaak import ZAK


def _names(form: Entiteit | Relatie, seen: set[str]) -> Iterator[str]:
    yield from _of_elements(form.elementen)
    for relatie in form.relaties:
        yield relatie.naam
        yield from _names(relatie, seen)
        for choice in relatie.gerelateerde:
            if choice.entiteit.code not in seen:
                seen.add(choice.entiteit.code)
                yield from _names(choice.entiteit, seen)


def _of_elements(elementen: Iterable[Element]) -> Iterator[str]:
    for element in elementen:
        yield element.naam
        yield from _of_elements(element.fields)


ELEMENTNAMEN: Final = frozenset(name for form in (ZAK, EDC) for name in _names(form, set()))
"""The names of elements and relations, groups and what is in them."""
