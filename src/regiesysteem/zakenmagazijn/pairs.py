"""Pairs the occurrences of a relation in `was` and `wordt`, and decides the change of each (StUF 03.01, 5.2.6)."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from regiesysteem.inrichting.leniency import Leniency
from regiesysteem.stuf import values
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.read import Gerelateerde, Voorkomen
from regiesysteem.stuf.values import Data, Waarde
from regiesysteem.stuf.xml import parse_own
from regiesysteem.zakenmagazijn.compare import Guarding, alters, guard_removal, same_value, taken_together
from regiesysteem.zakenmagazijn.rows import sleutel

SOORTEN: Final = frozenset("TWVIER")
_RECOGNISED_BY: Final = ("datumStatusGezet",)
"""The own elements by which a relation is found, beside its gerelateerde: those of a status."""

_Pair = tuple[Voorkomen | None, Voorkomen | None]


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one relation in a message: `soort` is T, W, V, I, E or R; an empty or absent side is None."""

    naam: str
    soort: str
    was: Voorkomen | None
    wordt: Voorkomen | None

    @property
    def old(self) -> Voorkomen:
        """The relation as it is: that of `was`, of `wordt` where the sender left `was` out."""
        return self._filled(self.was or self.wordt)

    @property
    def new(self) -> Voorkomen:
        """The relation as it becomes. Raises StUF055 when the message does not say."""
        return self._filled(self.wordt)

    def _filled(self, voorkomen: Voorkomen | None) -> Voorkomen:
        if voorkomen is None:
            raise StufFout(
                "StUF055", f"object/{self.naam}: verwerkingssoort {self.soort} zonder de relatie waarover het gaat"
            )
        return voorkomen


def changes(was: Sequence[Voorkomen], wordt: Sequence[Voorkomen]) -> list[Change]:
    """Put the occurrences of one relation side by side and decide the change of each.

    StUF wants them in the same order on both sides, and an empty counterpart beside a new or removed one. Senders that
    leave that out are understood (docs/afwijkingen.md 29). Raises StUF055 for a verwerkingssoort that does not fit
    here.
    """
    return [change for pair in _pairs(was, wordt) if (change := _change(*pair)) is not None]


def refuse_swap(changes: Sequence[Change]) -> None:
    """Refuse changes of one relation that identify (I) one object in `was` and another in `wordt`.

    Such a change would do nothing (StUF 03.01, 5.2.6), while one object is meant to replace the other. Raises StUF055.
    """
    loose = [one for one in changes if one.soort == "I" and (one.was is None or one.wordt is None)]
    old = next((one.was for one in loose if one.was is not None), None)
    new = next((one.wordt for one in loose if one.wordt is not None), None)
    if old is not None and new is not None:
        raise StufFout(
            "StUF055",
            f"object/{new.relatie.naam}: verwerkingssoort I wijzigt niets, maar was noemt "
            f"{description(old.gerelateerde)} en wordt {description(new.gerelateerde)}; vervangen gaat met R "
            "(StUF 5.2.6)",
        )


def require_somebody(voorkomen: Voorkomen, leniency: Leniency | None) -> bool:
    """Tell whether a new relation names somebody; a `leniency` may allow to leave out one that does not.

    A relation is in a message only when at least one kerngegeven of its gerelateerde is known (StUF 03.01, 5.2.6;
    docs/afwijkingen.md 12). Raises StUF055.
    """
    if not names_nobody(voorkomen):
        return True
    path = f"object/{voorkomen.relatie.naam}/gerelateerde"
    if leniency is None or not leniency.allows("relatie_leeg", path):
        raise StufFout("StUF055", f"{path}: een relatie die niemand en niets noemt kan niet nieuw zijn (StUF 5.2.6)")
    return False


def guard_other(guard: Guarding, change: Change, known: Data) -> None:
    """Guard the elements of the zaak or document at the other end in `was`, beside its number (StUF 03.01, 5.2.5).

    Elements of a W that are equal on both sides identify and are not guarded, as elsewhere (docs/afwijkingen.md 7).
    """
    old, new = (side.gerelateerde if side is not None else None for side in (change.was, change.wordt))
    stays = new.gegevens if new is not None and change.soort == "W" else {}
    for naam, waarde in old.gegevens.items() if old is not None else ():
        if naam != "identificatie" and not (naam in stays and same_value(stays[naam], waarde)):
            guard_removal(guard, f"{change.naam}/gerelateerde/", known, {naam: waarde})


def names_nobody(voorkomen: Voorkomen) -> bool:
    """Tell whether a relation gives no value of the object at its other end."""
    who = voorkomen.gerelateerde
    return who is None or not (any(map(_has_waarde, who.gegevens.items())) or who.relaties)


def _says_nothing(voorkomen: Voorkomen | None) -> bool:
    """Tell whether half of a change names nobody and has no value of its own either, as templates have it."""
    return (
        voorkomen is None
        or bool(voorkomen.empty)
        or (names_nobody(voorkomen) and not any(map(_has_waarde, voorkomen.gegevens.items())))
    )


def _has_waarde(part: tuple[str, Waarde]) -> bool:
    """Tell whether an element has a value somewhere; an attribute or metagegeven without one does not count."""
    naam, waarde = part
    if naam[0] == "@" or naam == "authentiek":
        return False
    if isinstance(waarde, list):
        return any(_has_waarde((naam, one)) for one in waarde)
    if isinstance(waarde, dict):
        if values.no_waarde(waarde) is not None:
            return False
        return any(map(_has_waarde, waarde.items()))
    if naam == "#":
        return any(text.strip() for text in parse_own(waarde.encode()).itertext())
    return bool(waarde.strip())


def once(changes: Iterable[Change]) -> list[Change]:
    """The changes of relations with other zaken or documents, each relation added once (StUF 03.01, 5.2.4).

    Additions that do not contradict each other are one. A relation that goes (V, E, R) may come again (T, R). Any other
    two changes of one relation would depend on their order: StUF067. A message cannot change the zaak or document at
    the other end, which needs a message of its own (5.2.7): StUF055.
    """
    out: list[Change] = []
    added: list[Voorkomen] = []
    earlier: dict[tuple[str, str | None, bool], str] = {}
    for one in changes:
        if one.soort == "W" and one.wordt is not None and _object_changed(one.wordt) and _other_object(one):
            raise StufFout(
                "StUF055",
                f"object/{one.naam}/gerelateerde: wat gerelateerd is, wijzigt door een bericht daarover (StUF 5.2.7)",
            )
        sides = [] if one.soort == "T" else [(one.old, False)]
        sides += [(one.new, True)] if one.soort in "TRW" else []
        for voorkomen, stays in sides:
            named = one.naam, recognition(voorkomen.gerelateerde), stays
            if named in earlier and not earlier[named] == one.soort == "T":
                raise double(voorkomen)
            earlier[named] = one.soort
        if one.soort == "T":
            added.append(one.new)
        else:
            out.append(one)
    return [*out, *map(addition, merge_repeated(added))]


def addition(voorkomen: Voorkomen) -> Change:
    """The change that adds a relation."""
    return Change(voorkomen.relatie.naam, "T", None, voorkomen)


def merge_repeated(voorkomens: Iterable[Voorkomen]) -> list[Voorkomen]:
    """New relations, each once: several occurrences of one are merged (docs/afwijkingen.md 12).

    Occurrences are one relation when they lead to the same object with the same omschrijving; without a recognisable
    object each is another. Raises StUF067 where they contradict each other.
    """
    groups: dict[tuple[object, ...], list[Voorkomen]] = defaultdict(list)
    for place, one in enumerate(voorkomens):
        omschrijving = values.text(one.gegevens.get("omschrijving"))
        groups[one.relatie.naam, recognition(one.gerelateerde) or place, omschrijving].append(one)
    return [_taken_together(group) if len(group) > 1 else group[0] for group in groups.values()]


def _taken_together(group: Sequence[Voorkomen]) -> Voorkomen:
    first = group[0]
    own = taken_together([one.gegevens for one in group])
    who = taken_together([one.gerelateerde.gegevens for one in group if one.gerelateerde is not None])
    if own is None or who is None or first.gerelateerde is None:
        raise double(first)
    return replace(first, gegevens=own, gerelateerde=replace(first.gerelateerde, gegevens=who))


def double(voorkomen: Voorkomen) -> StufFout:
    """The fault for one relation that a message names twice: the result would depend on their order."""
    return StufFout(
        "StUF067",
        f"object/{voorkomen.relatie.naam}: dezelfde relatie met {description(voorkomen.gerelateerde)} staat meer dan "
        "eens in het bericht (StUF 5.2.4)",
    )


def description(gerelateerde: Gerelateerde | None) -> str:
    """The object that a relation leads to, for a fault: by the first of its numbers in the message."""
    if gerelateerde is None:
        return "niemand"
    naam, data = gerelateerde.naam or gerelateerde.entiteit.code, gerelateerde.gegevens
    names = [element for element, _ in gerelateerde.entiteit.sleutels] or ["identificatie"]
    said = ((element, values.text(data.get(element))) for element in names)
    with_ = (f"{naam} met {element} {waarde!r}" for element, waarde in said if waarde)
    return next(with_, f"{naam} zonder identificatie")


def recognition(gerelateerde: Gerelateerde | None) -> str | None:
    """The key by which a gerelateerde is recognised, with its kind; None when it has none."""
    if gerelateerde is None:
        return None
    entiteit, data = gerelateerde.entiteit, gerelateerde.gegevens
    found = sleutel(entiteit, data) if entiteit.sleutels else values.text(data.get("identificatie"))
    return f"{entiteit.code} {found}" if found else None


def _pairs(was: Sequence[Voorkomen], wordt: Sequence[Voorkomen]) -> Iterator[_Pair]:
    if len(was) == len(wordt):
        beside = list(zip(was, wordt, strict=True))
        if all(_fit(*pair) for pair in beside):
            yield from beside
            return
        # A person that is replaced by nobody stays, and is no half that another may take.
        yield from (pair for pair in beside if _stays(*pair))
        was, wordt = ([pair[side] for pair in beside if not _stays(*pair)] for side in (0, 1))
    over = _Over(one for one in was if not one.empty)
    new = [one for one in wordt if not one.empty]
    partners = [None if one.verwerkingssoort == "T" else over.take_same(one) for one in new]
    for one, same in zip(new, partners, strict=True):
        # Only when all have found the same object, or the first would take the partner of another.
        yield same or (None if one.verwerkingssoort in ("T", "") else over.take_first(one)), one
    yield from ((one, None) for one in over.rest())


def _fit(one: Voorkomen, other: Voorkomen) -> bool:
    """Tell whether two in the same place can be the two halves of one change."""
    soorten = {one.verwerkingssoort, other.verwerkingssoort}
    if soorten <= {"", "W", "I"}:
        old, new = recognition(one.gerelateerde), recognition(other.gerelateerde)
        if soorten == {""} and (one.empty or other.empty or _stays(one, other)):
            return True
        # Another object may be a replacement, and may be the other half of another relation.
        return len(soorten - {""}) <= 1 and (old == new or (soorten != {""} and not (old and new)))
    return len(soorten - {""}) == 1


def _stays(one: Voorkomen, other: Voorkomen) -> bool:
    """Tell whether the new half names nobody in the place of the old one, as in templates, without ending it."""
    soorten = {one.verwerkingssoort, other.verwerkingssoort}
    return soorten <= {"", "W", "I"} and not other.empty and names_nobody(other)


class _Over:
    """The old halves without a partner, found without going through them: a message may have thousands."""

    def __init__(self, was: Iterable[Voorkomen]) -> None:
        self._over = dict(enumerate(was))
        self._rows: dict[tuple[str | None, str | None], deque[int]] = defaultdict(deque)
        for place, one in self._over.items():
            who = _who(one)
            for soort in (one.verwerkingssoort, None):
                self._rows[soort, who].append(place)
                self._rows[soort, None].append(place)

    def take_same(self, new: Voorkomen) -> Voorkomen | None:
        """The old half that is about the same object."""
        return self._take(new, _who(new))

    def take_first(self, new: Voorkomen) -> Voorkomen | None:
        """The first remaining one of that soort; one that only identifies (I) when its object changes on both sides."""
        place = self._first(self._soorten(new), None)
        if place is None or (new.verwerkingssoort == "I" and not _object_changed(new, self._over[place])):
            return None
        return self._over.pop(place)

    def rest(self) -> Iterable[Voorkomen]:
        """The halves without a partner."""
        return self._over.values()

    def _take(self, new: Voorkomen, who: str) -> Voorkomen | None:
        place = self._first(self._soorten(new), who)
        return None if place is None else self._over.pop(place)

    @staticmethod
    def _soorten(new: Voorkomen) -> tuple[str | None, ...]:
        # A sender that says what happens may have left it out on the other side.
        return (new.verwerkingssoort, "") if new.verwerkingssoort else (None,)

    def _first(self, soorten: Iterable[str | None], who: str | None) -> int | None:
        """The first remaining one of these soorten and this object; None means any."""
        firsts: list[int] = []
        for soort in soorten:
            row = self._rows.get((soort, who), deque())
            while row and row[0] not in self._over:
                row.popleft()
            firsts += islice(row, 1)
        return min(firsts, default=None)


def _who(voorkomen: Voorkomen) -> str:
    """The object of the relation, "" for one that cannot be recognised."""
    return recognition(voorkomen.gerelateerde) or ""


def _object_changed(*sides: Voorkomen) -> bool:
    """Tell whether both halves say that their object itself changes."""
    return all(side.gerelateerde is not None and side.gerelateerde.verwerkingssoort == "W" for side in sides)


def _change(was: Voorkomen | None, wordt: Voorkomen | None) -> Change | None:
    one = wordt or was
    before, after = (None if side is None or side.empty else side for side in (was, wordt))
    if before is not None and after is not None:
        after = _without_ended_below(before, after)
    if one is None or (_says_nothing(was) and _says_nothing(wordt)):
        return None
    if before and after and names_nobody(after) and before.gegevens == after.gegevens and names_nobody(before):
        return None
    if before and after and _stays(before, after) and _says_nothing(after):
        return None
    naam = one.relatie.naam
    soort = next((side.verwerkingssoort for side in (wordt, was) if side is not None and side.verwerkingssoort), "")
    if soort not in SOORTEN | {""}:
        raise StufFout(
            "StUF055", f"object/{naam}: verwerkingssoort {soort!r} wordt hier niet ondersteund (wel: T W V I E R)"
        )
    meant = _meant(soort, before, after)
    if soort == "I" and meant == "W" and before is None and after is not None:
        # Without an old half nothing shows which of its own elements identify, and which change.
        after = replace(
            after, gegevens={n: w for n, w in after.gegevens.items() if n in after.deeper or n in _RECOGNISED_BY}
        )
    return Change(naam, meant, before, after)


def _without_ended_below(before: Voorkomen, after: Voorkomen) -> Voorkomen:
    """The new half without the relations below it that end (V, E), where the sender left its empty half out."""
    elementen = {naam: soort for naam, soort in before.deeper.items() if soort in "VE" and naam not in after.gegevens}
    relaties = {
        naam: [Voorkomen(one.relatie, one.verwerkingssoort, empty=values.NO_WAARDE) for one in listing]
        for naam, listing in before.relaties.items()
        if naam not in after.relaties and all(one.verwerkingssoort in ("V", "E") for one in listing)
    }
    if not (elementen or relaties):
        return after
    return replace(
        after,
        gegevens=after.gegevens | {naam: {"@noValue": values.NO_WAARDE} for naam in elementen},
        relaties=after.relaties | relaties,
        deeper=after.deeper | elementen,
    )


def _meant(soort: str, before: Voorkomen | None, after: Voorkomen | None) -> str:
    """The verwerkingssoort that is meant where the sender gives none, or W for another one (docs/afwijkingen.md 29)."""
    if not soort:
        soort = "W" if before and after else "T" if after else "V"
    if soort == "I" and after and _changes(before, after):
        soort = "W"
    if soort == "W" and before and after:
        old, new = recognition(before.gerelateerde), recognition(after.gerelateerde)
        return "R" if old and new and old != new and not _same_with_other_number(before, after) else "W"
    return soort


def _changes(before: Voorkomen | None, after: Voorkomen) -> bool:
    """Tell whether a relation that only identifies (I) changes in its object, itself, or below it (5.2.6, item 9)."""
    if after.gerelateerde is not None and after.gerelateerde.verwerkingssoort == "W":
        return True
    if before is None:
        return bool(after.deeper) or any(
            one.verwerkingssoort not in ("", "I") for listing in after.relaties.values() for one in listing
        )
    if recognition(before.gerelateerde) != recognition(after.gerelateerde):
        return False
    return alters(before.gegevens, after.gegevens) or any(
        _deeper(before.relaties.get(naam, ())) != _deeper(voorkomens) for naam, voorkomens in after.relaties.items()
    )


def _deeper(voorkomens: Sequence[Voorkomen]) -> list[tuple[object, ...]]:
    """The relations below a relation: their objects, their values, and the noValue of absent ones."""
    return [
        (recognition(one.gerelateerde), one.gegevens, one.gerelateerde.gegevens if one.gerelateerde else {}, one.empty)
        for one in voorkomens
    ]


def _other_object(change: Change) -> bool:
    one, other = change.was, change.wordt
    old = one.gerelateerde.gegevens if one and one.gerelateerde else {}
    return bool(other and other.gerelateerde and alters(old, other.gerelateerde.gegevens))


def _same_with_other_number(before: Voorkomen, after: Voorkomen) -> bool:
    """Tell whether a W of the object means another number for the same person, and not another person."""
    one, other = before.gerelateerde, after.gerelateerde
    return (
        one is not None
        and other is not None
        and other.verwerkingssoort == "W"
        and one.entiteit.code == other.entiteit.code
    )
