"""Compares two content models: they are equal when they allow the same sequences of elements.

Brzozowski's derivatives: what a model still allows after one element is a model again; two models are the same when
no sequence of elements leads to a pair of which only one may end there.
"""

from __future__ import annotations

from functools import cache

from tests.berichten.schema import Part

# The first item says what it is: niets (allows nothing at all), leeg (nothing more), element and its name, reeks with
# first and rest, keus with the set of branches, maal with a model, minimum and maximum.
Model = tuple[object, ...]
NOTHING: Model = ("niets",)
EMPTY: Model = ("leeg",)


def model(part: Part | None) -> Model:
    """The model of a particle; an xs:any is an element of that name."""
    if part is None:
        return EMPTY
    if part.element is not None:
        kern: Model = ("element", part.element.naam)
    elif part.soort == "vrij":
        kern = ("element", "*")
    elif part.soort == "reeks":
        kern = EMPTY
        for under in reversed(part.parts):
            kern = _range(model(under), kern)
    else:
        kern = _keus(frozenset(model(under) for under in part.parts))
    return _maal(kern, part.minimum, part.maximum)


def same_taal(one: Model, other: Model) -> list[str] | None:
    """None when both allow the same, else the shortest sequence of elements that one of them allows only."""
    seen = {(one, other)}
    queue: list[tuple[Model, Model, list[str]]] = [(one, other, [])]
    for links, rechts, gone in queue:
        if mag_eindigen(links) != mag_eindigen(rechts):
            return gone
        for naam in sorted(_names(links) | _names(rechts)):
            pair = (after(links, naam), after(rechts, naam))
            if pair not in seen:
                seen.add(pair)
                queue.append((*pair, [*gone, naam]))
    return None


@cache
def mag_eindigen(one: Model) -> bool:
    """Tell whether nothing more need follow."""
    match one:
        case ("leeg",):
            return True
        case ("reeks", tuple() as first, tuple() as rest):
            return mag_eindigen(first) and mag_eindigen(rest)
        case ("keus", frozenset() as branches):
            return any(mag_eindigen(branch) for branch in branches)
        case ("maal", tuple() as kern, int() as minimum, _):
            return minimum == 0 or mag_eindigen(kern)
    return False


@cache
def after(one: Model, naam: str) -> Model:
    """The names that may follow once an element of this name has come."""
    match one:
        case ("element", expected):
            return EMPTY if expected == naam else NOTHING
        case ("reeks", tuple() as first, tuple() as rest):
            further = _range(after(first, naam), rest)
            return _keus(frozenset({further, after(rest, naam)})) if mag_eindigen(first) else further
        case ("keus", frozenset() as branches):
            return _keus(frozenset(after(branch, naam) for branch in branches))
        case ("maal", tuple() as kern, int() as minimum, maximum):
            over = maximum - 1 if isinstance(maximum, int) else None
            return _range(after(kern, naam), _maal(kern, max(minimum - 1, 0), over))
    return NOTHING


@cache
def _names(one: Model) -> frozenset[str]:
    if one[0] == "element":
        return frozenset({str(one[1])})
    under = one[1] if one[0] == "keus" else [part for part in one[1:] if isinstance(part, tuple)]
    return frozenset().union(*(_names(part) for part in under))  # type: ignore[attr-defined]


def _range(first: Model, rest: Model) -> Model:
    if NOTHING in (first, rest):
        return NOTHING
    if first == EMPTY:
        return rest
    if first[0] == "reeks":
        return _range(first[1], _range(first[2], rest))  # type: ignore[arg-type]
    return first if rest == EMPTY else ("reeks", first, rest)


def _keus(branches: frozenset[Model]) -> Model:
    flat = frozenset(part for branch in branches for part in (branch[1] if branch[0] == "keus" else [branch])) - {
        NOTHING
    }  # type: ignore[attr-defined]
    if not flat:
        return NOTHING
    return next(iter(flat)) if len(flat) == 1 else ("keus", flat)


def _maal(kern: Model, minimum: int, maximum: int | None) -> Model:
    if kern in (EMPTY, NOTHING) or maximum == 0:
        return EMPTY if kern == EMPTY or minimum == 0 else NOTHING
    return kern if (minimum, maximum) == (1, 1) else ("maal", kern, minimum, maximum)
