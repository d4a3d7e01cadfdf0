"""Whether two content models allow the same sequences of elements, however each is written down.

Brzozowski's derivatives: what a model still allows after one element is a model again; two models are the same when
no sequence of elements leads to a pair of which only one may end there.
"""

from __future__ import annotations

from functools import cache

from tests.berichten.schema import Deel

# The first item says what it is: niets (allows nothing at all), leeg (nothing more), element and its name, reeks with
# first and rest, keus with the set of branches, maal with a model, minimum and maximum.
Model = tuple[object, ...]
NIETS: Model = ("niets",)
LEEG: Model = ("leeg",)


def model(deel: Deel | None) -> Model:
    """The model of a particle; an xs:any is an element of that name."""
    if deel is None:
        return LEEG
    if deel.element is not None:
        kern: Model = ("element", deel.element.naam)
    elif deel.soort == "vrij":
        kern = ("element", "*")
    elif deel.soort == "reeks":
        kern = LEEG
        for onder in reversed(deel.delen):
            kern = _reeks(model(onder), kern)
    else:
        kern = _keus(frozenset(model(onder) for onder in deel.delen))
    return _maal(kern, deel.minimum, deel.maximum)


def zelfde_taal(een: Model, ander: Model) -> list[str] | None:
    """None when both allow the same, else the shortest sequence of elements that one of them allows only."""
    gezien = {(een, ander)}
    wachtrij: list[tuple[Model, Model, list[str]]] = [(een, ander, [])]
    for links, rechts, weg in wachtrij:
        if mag_eindigen(links) != mag_eindigen(rechts):
            return weg
        for naam in sorted(_namen(links) | _namen(rechts)):
            paar = (na(links, naam), na(rechts, naam))
            if paar not in gezien:
                gezien.add(paar)
                wachtrij.append((*paar, [*weg, naam]))
    return None


@cache
def mag_eindigen(een: Model) -> bool:
    """Whether nothing more need follow."""
    match een:
        case ("leeg",):
            return True
        case ("reeks", tuple() as eerst, tuple() as rest):
            return mag_eindigen(eerst) and mag_eindigen(rest)
        case ("keus", frozenset() as takken):
            return any(mag_eindigen(tak) for tak in takken)
        case ("maal", tuple() as kern, int() as minimum, _):
            return minimum == 0 or mag_eindigen(kern)
    return False


@cache
def na(een: Model, naam: str) -> Model:
    """What may follow once an element of this name has come."""
    match een:
        case ("element", verwacht):
            return LEEG if verwacht == naam else NIETS
        case ("reeks", tuple() as eerst, tuple() as rest):
            verder = _reeks(na(eerst, naam), rest)
            return _keus(frozenset({verder, na(rest, naam)})) if mag_eindigen(eerst) else verder
        case ("keus", frozenset() as takken):
            return _keus(frozenset(na(tak, naam) for tak in takken))
        case ("maal", tuple() as kern, int() as minimum, maximum):
            over = maximum - 1 if isinstance(maximum, int) else None
            return _reeks(na(kern, naam), _maal(kern, max(minimum - 1, 0), over))
    return NIETS


@cache
def _namen(een: Model) -> frozenset[str]:
    if een[0] == "element":
        return frozenset({str(een[1])})
    onder = een[1] if een[0] == "keus" else [deel for deel in een[1:] if isinstance(deel, tuple)]
    return frozenset().union(*(_namen(deel) for deel in onder))  # type: ignore[attr-defined]


def _reeks(eerst: Model, rest: Model) -> Model:
    if NIETS in (eerst, rest):
        return NIETS
    if eerst == LEEG:
        return rest
    if eerst[0] == "reeks":
        return _reeks(eerst[1], _reeks(eerst[2], rest))  # type: ignore[arg-type]
    return eerst if rest == LEEG else ("reeks", eerst, rest)


def _keus(takken: frozenset[Model]) -> Model:
    plat = frozenset(deel for tak in takken for deel in (tak[1] if tak[0] == "keus" else [tak])) - {NIETS}  # type: ignore[attr-defined]
    if not plat:
        return NIETS
    return next(iter(plat)) if len(plat) == 1 else ("keus", plat)


def _maal(kern: Model, minimum: int, maximum: int | None) -> Model:
    if kern in (LEEG, NIETS) or maximum == 0:
        return LEEG if kern == LEEG or minimum == 0 else NIETS
    return kern if (minimum, maximum) == (1, 1) else ("maal", kern, minimum, maximum)
