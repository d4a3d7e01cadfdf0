"""Find the statustype that a message means by volgnummer, code and omschrijving.

Senders give one, two or all three. Each is compared whole, never in part; only capitals and white space may differ,
since systems in the field write "ontv" where the zaaktypecatalogus has "Ontv" and mean the same (a literal match goes
before such a one). The outcome is a fact about the inrichting: what the sender is told of it is decided elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

from regiesysteem.inrichting.actueel import Statustype, Zaaktype
from regiesysteem.inrichting.model import Statustegenspraak
from regiesysteem.inrichting.waarden import gevouwen


@dataclass(frozen=True)
class Gezonden:
    """What a message says of a statustype; None is not sent, or sent without a value."""

    volgnummer: int | None
    code: str | None
    omschrijving: str | None

    def __str__(self) -> str:
        return beschrijf(self.volgnummer, self.code, self.omschrijving)


@dataclass(frozen=True)
class Gevonden:
    """The statustype; ``ondanks`` is the contradiction that the inrichting decided, to be logged."""

    statustype: Statustype
    ondanks: "Tegenspraak | None" = None


@dataclass(frozen=True)
class OnbekendeStatus:
    """No statustype of the zaaktype is meant (or nothing was sent to find it by)."""

    gezonden: Gezonden


@dataclass(frozen=True)
class Tegenspraak:
    """The values sent belong to different statustypen, or to none together; ``bekend`` are those they point at."""

    gezonden: Gezonden
    bekend: tuple[Statustype, ...]

    def __str__(self) -> str:
        bekend = " en ".join(beschrijf(st.volgnummer, st.code, st.omschrijving) for st in self.bekend)
        return f"ontvangen: {self.gezonden}; bekend: {bekend}"


Uitkomst = Gevonden | OnbekendeStatus | Tegenspraak


def beschrijf(volgnummer: int | None, code: str | None, omschrijving: str | None) -> str:
    """Name a statustype in a message to people, in Dutch; what is None is left out."""
    delen = [f"{naam} {waarde}" for naam, waarde in (("volgnummer", volgnummer), ("code", code)) if waarde is not None]
    if omschrijving is not None:
        delen.append(f'omschrijving "{omschrijving}"')
    return ", ".join(delen) or "niets"


def vind_statustype(
    zaaktype: Zaaktype,
    volgnummer: int | None = None,
    code: str | None = None,
    omschrijving: str | None = None,
    regel: Statustegenspraak | None = None,
) -> Uitkomst:
    """Find a statustype that is in force.

    Found is the one that agrees with all values sent; a code that the inrichting does not give it cannot disagree,
    unless it belongs to another. Without such a one, but with some value known, ``regel`` (default that of the
    zaaktype) decides: ``weigeren`` gives Tegenspraak; ``volgnummer`` and ``omschrijving`` let that value say alone
    which it is, so OnbekendeStatus when it is not known and Tegenspraak when it is not sent.
    """
    gezonden = Gezonden(volgnummer, _gevuld(code), _gevuld(omschrijving))
    treffers = {
        veld.name: _met(zaaktype.statustypen, veld.name, waarde)
        for veld in fields(gezonden)
        if (waarde := getattr(gezonden, veld.name)) is not None
    }
    bekend = tuple(st for st in zaaktype.statustypen if any(st in gevonden for gevonden in treffers.values()))
    if not bekend:
        return OnbekendeStatus(gezonden)
    eens = [st for st in bekend if all(_eens(st, veld, gevonden) for veld, gevonden in treffers.items())]
    if len(eens) == 1:
        return Gevonden(eens[0])
    tegenspraak = Tegenspraak(gezonden, bekend)
    beslissend = treffers.get(regel or zaaktype.status_tegenspraak)
    if beslissend is None or len(beslissend) > 1:
        return tegenspraak
    return Gevonden(beslissend[0], tegenspraak) if beslissend else OnbekendeStatus(gezonden)


def _gevuld(waarde: str | None) -> str | None:
    return waarde if waarde and waarde.strip() else None


def _met(statustypen: tuple[Statustype, ...], veld: str, waarde: int | str) -> tuple[Statustype, ...]:
    """The statustypen with this value: literally, and otherwise but for capitals and white space."""

    def met(vorm: Callable[[str], str]) -> tuple[Statustype, ...]:
        gezocht = vorm(str(waarde))
        return tuple(
            st for st in statustypen if (eigen := getattr(st, veld)) is not None and vorm(str(eigen)) == gezocht
        )

    return met(str) or met(gevouwen)


def _eens(statustype: Statustype, veld: str, gevonden: tuple[Statustype, ...]) -> bool:
    return statustype in gevonden or (not gevonden and getattr(statustype, veld) is None)
