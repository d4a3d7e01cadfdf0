"""Rules between an abonnement and the rest of the inrichting, and between its own keys."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from regiesysteem.inrichting.abonnement import LIJSTEN, toonbaar
from regiesysteem.inrichting.meldingen import Melding, lijkt_op, pad, toon
from regiesysteem.inrichting.model import Inrichtingsbestand
from regiesysteem.inrichting.waarden import gevouwen

Stap = str | int
Waarde = str | int

_VERWIJST: Final = {"applicatie": "applicatie", "zaaktype": "zaaktype", "niet_zaaktype": "zaaktype"}
"""Keys whose values are those of a table."""


def controleer_abonnement(
    abonnement: Mapping[str, Any], plek: Sequence[Stap], bekend: Mapping[str, Sequence[str]], waar: str
) -> Iterator[Melding]:
    """What is wrong with an abonnement as it was written; what has the wrong type is passed over.

    `bekend` has the names of applicaties and the codes of zaaktypen, `waar` is where those are, in Dutch.
    """
    for sleutel, tabel in _VERWIJST.items():
        for waarde, hier in _waarden(abonnement, sleutel, plek):
            ster = waarde == "*" and sleutel == "zaaktype"
            if isinstance(waarde, str) and waarde.strip() not in bekend[tabel] and not ster:
                tekst = f"{toon(waarde)} staat niet als [[{tabel}]] {waar}{lijkt_op(waarde, bekend[tabel])}"
                yield Melding(pad(hier), tekst)
    for sleutel in LIJSTEN:
        wel = {_vergeleken(waarde) for waarde, _ in _waarden(abonnement, sleutel, plek) if waarde != "*"}
        for waarde, hier in _waarden(abonnement, f"niet_{sleutel}", plek):
            if _vergeleken(waarde) in wel:
                getoond = toon(toonbaar(sleutel, waarde) if isinstance(waarde, str) else waarde)
                yield Melding(pad(hier), f"{getoond} staat ook bij {sleutel}; kies een van beide")


def abonnementwaarschuwingen(inrichting: Inrichtingsbestand) -> Iterator[str]:
    """What of the abonnementen is allowed but probably not meant, one Dutch line each."""
    adressen = {applicatie.naam for applicatie in inrichting.applicatie if applicatie.adres}
    for naam in dict.fromkeys(abonnement.applicatie for abonnement in inrichting.abonnement):
        if naam not in adressen:
            yield f"applicatie {naam} heeft een abonnement maar geen adres: zij ontvangt niets"
    namen = {applicatie.naam for applicatie in inrichting.applicatie}
    zenders = [z for abonnement in inrichting.abonnement for z in (*abonnement.zender, *abonnement.niet_zender)]
    for naam in dict.fromkeys(zenders):
        if naam not in namen:
            yield f"een abonnement noemt zender {naam}, die geen [[applicatie]] is{lijkt_op(naam, namen)}"
    if inrichting.notificaties.variant == "extern" and inrichting.abonnement:
        yield 'variant is "extern": de abonnementen gelden niet, alles gaat naar het abonnementenbeheer'
    beheer = inrichting.notificaties.abonnementenbeheer
    if inrichting.notificaties.variant == "extern" and beheer not in adressen:
        yield f"abonnementenbeheer {beheer} heeft geen adres: wat ervoor is, blijft wachten"


def _waarden(tabel: Mapping[str, Any], sleutel: str, plek: Sequence[Stap]) -> Iterator[tuple[Waarde, tuple[Stap, ...]]]:
    """The values of a key, each with its place; one that stands by itself is a list of one."""
    gevonden = tabel.get(sleutel)
    if isinstance(gevonden, str):
        yield gevonden, (*plek, sleutel)
    elif isinstance(gevonden, list | tuple):
        for index, waarde in enumerate(gevonden):
            if isinstance(waarde, str | int) and not isinstance(waarde, bool):
                yield waarde, (*plek, sleutel, index)


def _vergeleken(waarde: Waarde) -> Waarde:
    return gevouwen(waarde) if isinstance(waarde, str) else waarde
