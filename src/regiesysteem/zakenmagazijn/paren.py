"""Which occurrences of a relation in `was` and `wordt` belong together, and what is to happen (StUF 03.01, 5.2.6)."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from regiesysteem.stuf import waarden
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import Gerelateerde, Voorkomen
from regiesysteem.zakenmagazijn.rijen import sleutel

SOORTEN: Final = frozenset("TWVIER")

_Paar = tuple[Voorkomen | None, Voorkomen | None]


@dataclass(frozen=True, slots=True)
class Verandering:
    """What a message wants of one relation: `soort` is T, W, V, I, E or R; a side that is empty or absent is None."""

    naam: str
    soort: str
    was: Voorkomen | None
    wordt: Voorkomen | None

    @property
    def oud(self) -> Voorkomen:
        """The relation as it is: that of `was`, of `wordt` where the sender left `was` out."""
        return self._gevuld(self.was or self.wordt)

    @property
    def nieuw(self) -> Voorkomen:
        """The relation as it becomes. Raises StUF055 when the message does not say."""
        return self._gevuld(self.wordt)

    def _gevuld(self, voorkomen: Voorkomen | None) -> Voorkomen:
        if voorkomen is None:
            raise StufFout(
                "StUF055", f"object/{self.naam}: verwerkingssoort {self.soort} zonder de relatie waarover het gaat"
            )
        return voorkomen


def veranderingen(was: Sequence[Voorkomen], wordt: Sequence[Voorkomen]) -> list[Verandering]:
    """Put the occurrences of one relation side by side and say what is to happen with each.

    StUF wants them in the same order on both sides, what is new or gone with an empty counterpart. Senders that leave
    that out are understood (docs/afwijkingen.md 29). Raises StUF055 for a verwerkingssoort that does not fit here.
    """
    return [verandering for paar in _paren(was, wordt) if (verandering := _verandering(*paar)) is not None]


def herkenning(gerelateerde: Gerelateerde | None) -> str | None:
    """What makes a gerelateerde recognisable, with its kind; None when nothing does."""
    if gerelateerde is None:
        return None
    entiteit, gegevens = gerelateerde.entiteit, gerelateerde.gegevens
    gevonden = sleutel(entiteit, gegevens) if entiteit.sleutels else waarden.tekst(gegevens.get("identificatie"))
    return f"{entiteit.code} {gevonden}" if gevonden else None


def _paren(was: Sequence[Voorkomen], wordt: Sequence[Voorkomen]) -> Iterator[_Paar]:
    if len(was) == len(wordt) and all(map(_passen, was, wordt)):
        yield from zip(was, wordt, strict=True)
        return
    over = _Over(een for een in was if not een.leeg)
    for nieuw in wordt:
        if not nieuw.leeg:
            yield None if nieuw.verwerkingssoort == "T" else over.neem_partner(nieuw), nieuw
    yield from ((een, None) for een in over.rest())


def _passen(een: Voorkomen, ander: Voorkomen) -> bool:
    """Whether two in the same place can be the two halves of one change."""
    soorten = {een.verwerkingssoort, ander.verwerkingssoort}
    if soorten == {""}:
        return bool(een.leeg or ander.leeg) or herkenning(een.gerelateerde) == herkenning(ander.gerelateerde)
    return len(soorten - {""}) == 1


class _Over:
    """The old halves that have no partner yet, found without going through them: a message may have thousands."""

    def __init__(self, was: Iterable[Voorkomen]) -> None:
        self._over = dict(enumerate(was))
        self._rijen: dict[tuple[str | None, str | None], deque[int]] = defaultdict(deque)
        for plaats, een in self._over.items():
            wie = _wie(een)
            for soort in (een.verwerkingssoort, None):
                self._rijen[soort, wie].append(plaats)
                self._rijen[soort, None].append(plaats)

    def neem_partner(self, nieuw: Voorkomen) -> Voorkomen | None:
        """The old half: the same object, else, where the sender says what happens, the first of that soort."""
        # Who says what happens may have left it out on the other side.
        soorten = (nieuw.verwerkingssoort, "") if nieuw.verwerkingssoort else (None,)
        plaats = self._eerste(soorten, _wie(nieuw))
        if plaats is None and nieuw.verwerkingssoort:
            plaats = self._eerste(soorten, None)
        return None if plaats is None else self._over.pop(plaats)

    def rest(self) -> Iterable[Voorkomen]:
        """What found no partner."""
        return self._over.values()

    def _eerste(self, soorten: Iterable[str | None], wie: str | None) -> int | None:
        """The first that is left of these soorten and this object; None means any."""
        eersten: list[int] = []
        for soort in soorten:
            rij = self._rijen.get((soort, wie), deque())
            while rij and rij[0] not in self._over:
                rij.popleft()
            eersten += islice(rij, 1)
        return min(eersten, default=None)


def _wie(voorkomen: Voorkomen) -> str:
    """The object that it is about, "" for one that cannot be recognised."""
    return herkenning(voorkomen.gerelateerde) or ""


def _verandering(was: Voorkomen | None, wordt: Voorkomen | None) -> Verandering | None:
    een = wordt or was
    voor, na = (None if kant is None or kant.leeg else kant for kant in (was, wordt))
    if een is None or (voor is None and na is None):
        return None
    naam = een.relatie.naam
    soort = next((kant.verwerkingssoort for kant in (wordt, was) if kant is not None and kant.verwerkingssoort), "")
    if soort not in SOORTEN | {""}:
        raise StufFout(
            "StUF055", f"object/{naam}: verwerkingssoort {soort!r} wordt hier niet ondersteund (wel: T W V I E R)"
        )
    return Verandering(naam, _bedoeld(soort, voor, na), voor, na)


def _bedoeld(soort: str, voor: Voorkomen | None, na: Voorkomen | None) -> str:
    """What is meant where the sender does not say, or says W of what StUF calls otherwise (docs/afwijkingen.md 29)."""
    if not soort:
        soort = "W" if voor and na else "T" if na else "V"
    if soort == "I" and na and na.gerelateerde and na.gerelateerde.verwerkingssoort == "W":
        return "W"
    if soort == "W" and voor and na:
        oud, nieuw = herkenning(voor.gerelateerde), herkenning(na.gerelateerde)
        return "R" if oud and nieuw and oud != nieuw else "W"
    return soort
