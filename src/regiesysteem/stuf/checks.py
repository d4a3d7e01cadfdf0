"""Checks of values that a schema cannot make: dates that exist, numbers that add up."""

from collections.abc import Callable, Iterable, Iterator

from regiesysteem.logging_ import is_bsn
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Elementen, Soort
from regiesysteem.stuf.read import Gerelateerde, Instance, Voorkomen
from regiesysteem.stuf.values import Data

_LENGTH_BSN = 9
_BSN = "inp.bsn"
_Check = Callable[[str, str], str | None]


def nine_digits(number: str) -> bool:
    """Tell whether a text has the form of a burgerservicenummer."""
    return number.isascii() and number.isdigit() and len(number) == _LENGTH_BSN


def bsn_forms(number: str) -> tuple[str, ...]:
    """Give a text as it is, and with it a BSN or RSIN that lost its leading zero."""
    lost = len(number) == _LENGTH_BSN - 1 and number.isascii() and number.isdigit()
    return (number, f"0{number}") if lost else (number,)


def elfproef(number: str) -> bool:
    """Tell whether a burgerservicenummer (9 digits) passes the elfproef."""
    return nine_digits(number) and is_bsn(number)


def bsn_objection(number: str) -> str | None:
    """Give the reason why a text is no burgerservicenummer (Dutch, for the sender); None when it is one."""
    return None if elfproef(number) else f"{number!r} is geen geldig burgerservicenummer (elfproef)"


def objections(instance: Instance, elementen: Iterable[Element], check_bsn: _Check | None = None) -> list[str]:
    """List the objections to the values of an object and its relations, as "path: objection" (Dutch).

    `check_bsn` gives the objection to a burgerservicenummer at a path; the default is that of `bsn_objection`.
    """
    bsn_check = check_bsn or (lambda number, _: bsn_objection(number))
    out = list(_objections("object", instance.gegevens, elementen, bsn_check))
    for voorkomen in instance.alle():
        out.extend(_of_relatie(f"object/{voorkomen.relatie.naam}", voorkomen, bsn_check))
    return out


def _of_relatie(path: str, voorkomen: Voorkomen, bsn_check: _Check) -> Iterator[str]:
    yield from _objections(path, voorkomen.gegevens, voorkomen.relatie.elementen, bsn_check)
    if voorkomen.gerelateerde is not None:
        yield from _of_gerelateerde(f"{path}/gerelateerde", voorkomen.gerelateerde, bsn_check)
    for naam, deeper in voorkomen.relaties.items():
        for one in deeper:
            yield from _of_relatie(f"{path}/{naam}", one, bsn_check)


def _of_gerelateerde(path: str, gerelateerde: Gerelateerde, bsn_check: _Check) -> Iterator[str]:
    if gerelateerde.naam:
        path = f"{path}/{gerelateerde.naam}"
    yield from _objections(path, gerelateerde.gegevens, gerelateerde.entiteit.elementen, bsn_check)


def _objections(path: str, data: Data, elementen: Iterable[Element], bsn_check: _Check) -> Iterator[str]:
    if not data:
        return
    known = Elementen.of(elementen).by_naam
    for naam, waarde in data.items():
        element = known.get(naam)
        if element is None:
            continue
        if element.fields:
            here = f"{path}/{naam}"
            for single in waarde if isinstance(waarde, list) else [waarde]:
                if isinstance(single, dict):
                    yield from _objections(here, single, element.fields, bsn_check)
        elif element.soort in (Soort.DATUM, Soort.TIJDSTIP):
            if (error := values.objection(waarde)) is not None:
                yield f"{path}/{naam}: {error}"
        elif naam == _BSN and (number := values.text(waarde)) and (error := bsn_check(number, f"{path}/{naam}")):
            yield f"{path}/{naam}: {error}"
