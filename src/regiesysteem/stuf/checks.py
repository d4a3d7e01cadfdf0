"""Checks of values that a schema cannot make: dates that exist, numbers that add up."""

from collections.abc import Callable, Iterable, Iterator

from regiesysteem.logging_ import is_bsn
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Elementen, Soort
from regiesysteem.stuf.read import Gerelateerde, Voorkomen, Voorwerp
from regiesysteem.stuf.values import Gegevens

_LENGTE_BSN = 9
_BSN = "inp.bsn"
_Keur = Callable[[str, str], str | None]


def negen_cijfers(nummer: str) -> bool:
    """Tell whether a text has the form of a burgerservicenummer."""
    return nummer.isascii() and nummer.isdigit() and len(nummer) == _LENGTE_BSN


def elfproef(nummer: str) -> bool:
    """Tell whether a burgerservicenummer (9 digits) passes the elfproef."""
    return negen_cijfers(nummer) and is_bsn(nummer)


def bsn_bezwaar(nummer: str) -> str | None:
    """Give the reason why a text is no burgerservicenummer (Dutch, for the sender); None when it is one."""
    return None if elfproef(nummer) else f"{nummer!r} is geen geldig burgerservicenummer (elfproef)"


def bezwaren(voorwerp: Voorwerp, elementen: Iterable[Element], keur_bsn: _Keur | None = None) -> list[str]:
    """List the objections to the values of an object and its relations, as "path: objection" (Dutch).

    `keur_bsn` gives the objection to a burgerservicenummer at a path; the default is that of `bsn_bezwaar`.
    """
    keur = keur_bsn or (lambda nummer, _: bsn_bezwaar(nummer))
    uit = list(_bezwaren("object", voorwerp.gegevens, elementen, keur))
    for voorkomen in voorwerp.alle():
        uit.extend(_van_relatie(f"object/{voorkomen.relatie.naam}", voorkomen, keur))
    return uit


def _van_relatie(pad: str, voorkomen: Voorkomen, keur: _Keur) -> Iterator[str]:
    yield from _bezwaren(pad, voorkomen.gegevens, voorkomen.relatie.elementen, keur)
    if voorkomen.gerelateerde is not None:
        yield from _van_gerelateerde(f"{pad}/gerelateerde", voorkomen.gerelateerde, keur)
    for naam, dieper in voorkomen.relaties.items():
        for een in dieper:
            yield from _van_relatie(f"{pad}/{naam}", een, keur)


def _van_gerelateerde(pad: str, gerelateerde: Gerelateerde, keur: _Keur) -> Iterator[str]:
    if gerelateerde.naam:
        pad = f"{pad}/{gerelateerde.naam}"
    yield from _bezwaren(pad, gerelateerde.gegevens, gerelateerde.entiteit.elementen, keur)


def _bezwaren(pad: str, gegevens: Gegevens, elementen: Iterable[Element], keur: _Keur) -> Iterator[str]:
    if not gegevens:
        return
    bekend = Elementen.van(elementen).op_naam
    for naam, waarde in gegevens.items():
        element = bekend.get(naam)
        if element is None:
            continue
        if element.velden:
            plek = f"{pad}/{naam}"
            for enkel in waarde if isinstance(waarde, list) else [waarde]:
                if isinstance(enkel, dict):
                    yield from _bezwaren(plek, enkel, element.velden, keur)
        elif element.soort in (Soort.DATUM, Soort.TIJDSTIP):
            if (fout := values.bezwaar(waarde)) is not None:
                yield f"{pad}/{naam}: {fout}"
        elif naam == _BSN and (nummer := values.tekst(waarde)) and (fout := keur(nummer, f"{pad}/{naam}")):
            yield f"{pad}/{naam}: {fout}"
