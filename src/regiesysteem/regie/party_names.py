"""The names of people, employees and organisations, as a page shows them."""

from collections.abc import Mapping
from typing import Any, Final

from regiesysteem.stuf.values import text

_LAST: Final = ("geslachtsnaam", "achternaam", "statutaireNaam", "handelsnaam", "naam")
_BEFORE: Final = ("voorvoegselGeslachtsnaam", "voorvoegselAchternaam")
NAME_PARTS: Final = """
    jsonb_build_object('soort', o.entiteittype, 'naam', o.naam, 'nummer', o.identificatie, 'inhoud', o.inhoud,
                       'eigen', r.inhoud -> 'gerelateerde')
"""
"""SQL of what `name_of` reads, of an object o and the relation r that names it."""


def name_of(parts: Mapping[str, Any]) -> str:
    """The name of who a relation names, "" when nobody said one; what the relation itself says goes first.

    The number of a person is never his name; that of an employee or a team is, when there is nothing else.
    """
    said = {**(parts["inhoud"] or {}), **(parts["eigen"] or {})}
    last = _first(said, _LAST) or parts["naam"] or ""
    first = text(said.get("voorletters")) or text(said.get("voornamen")) or ""
    name = " ".join(part for part in (first, _first(said, _BEFORE), last) if part)
    return name or (parts["nummer"] or "" if parts["soort"] in {"MDW", "OEH"} else "")


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := text(said.get(name)))), "")
