"""Find the statustype that a message means by volgnummer, code and omschrijving."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from regiesysteem.inrichting.current import Statustype, Zaaktype
from regiesysteem.inrichting.fields import folded
from regiesysteem.inrichting.model import Statustegenspraak


@dataclass(frozen=True)
class Sent:
    """The values that name a statustype in a message; None is not sent, or sent without a value."""

    volgnummer: int | None
    code: str | None
    omschrijving: str | None

    def __str__(self) -> str:
        return describe(self.volgnummer, self.code, self.omschrijving)


@dataclass(frozen=True)
class Found:
    """The statustype; ``despite`` is the contradiction that the inrichting decided, to be logged."""

    statustype: Statustype
    despite: "Contradiction | None" = None


@dataclass(frozen=True)
class UnknownStatus:
    """The message means no statustype of the zaaktype (or has no value to find it by)."""

    sent: Sent


@dataclass(frozen=True)
class Contradiction:
    """The values sent belong to different statustypen, or to none together; ``known`` are their statustypen."""

    sent: Sent
    known: tuple[Statustype, ...]

    def __str__(self) -> str:
        known = " en ".join(describe(st.volgnummer, st.code, st.omschrijving) for st in self.known)
        return f"ontvangen: {self.sent}; bekend: {known}"


Outcome = Found | UnknownStatus | Contradiction


def describe(volgnummer: int | None, code: str | None, omschrijving: str | None) -> str:
    """Name a statustype in a message to people, in Dutch; values that are None are left out."""
    parts = [f"{naam} {waarde}" for naam, waarde in (("volgnummer", volgnummer), ("code", code)) if waarde is not None]
    if omschrijving is not None:
        parts.append(f'omschrijving "{omschrijving}"')
    return ", ".join(parts) or "niets"


def find_statustype(
    zaaktype: Zaaktype,
    volgnummer: int | None = None,
    code: str | None = None,
    omschrijving: str | None = None,
    rule: Statustegenspraak | None = None,
) -> Outcome:
    """Find a statustype that is in force.

    The statustype that agrees with all values sent is found; a code that the inrichting does not give it agrees with
    it, unless the code belongs to another. When there is none, and some value is known, ``rule`` (by default that of
    the zaaktype) decides. ``weigeren`` gives Contradiction. ``volgnummer`` and ``omschrijving`` let that value decide
    alone: UnknownStatus when it is not known, and Contradiction when it is not sent.
    """
    sent = Sent(volgnummer, _filled(code), _filled(omschrijving))
    hits = {
        veld.name: _with(zaaktype.statustypen, veld.name, waarde)
        for veld in fields(sent)
        if (waarde := getattr(sent, veld.name)) is not None
    }
    known = tuple(st for st in zaaktype.statustypen if any(st in found for found in hits.values()))
    if not known:
        return UnknownStatus(sent)
    agreeing = [st for st in known if all(_agrees(st, veld, found) for veld, found in hits.items())]
    if len(agreeing) == 1:
        return Found(agreeing[0])
    contradiction = Contradiction(sent, known)
    decisive = hits.get(rule or zaaktype.status_tegenspraak)
    if decisive is None or len(decisive) > 1:
        return contradiction
    return Found(decisive[0], contradiction) if decisive else UnknownStatus(sent)


def _filled(waarde: str | None) -> str | None:
    return waarde if waarde and waarde.strip() else None


def _with(statustypen: tuple[Statustype, ...], veld: str, waarde: int | str) -> tuple[Statustype, ...]:
    """The statustypen with this value: literally, and otherwise without looking at capitals and white space."""

    def having(form: Callable[[str], str]) -> tuple[Statustype, ...]:
        sought = form(str(waarde))
        return tuple(st for st in statustypen if (own := getattr(st, veld)) is not None and form(str(own)) == sought)

    return having(str) or having(folded)


def _agrees(statustype: Statustype, veld: str, found: tuple[Statustype, ...]) -> bool:
    return statustype in found or (not found and getattr(statustype, veld) is None)
