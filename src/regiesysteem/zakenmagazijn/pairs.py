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
from regiesysteem.stuf.values import Gegevens, Waarde
from regiesysteem.stuf.xml import ontleed_eigen
from regiesysteem.zakenmagazijn.compare import Wacht, bewaak, gelijk, samengenomen, verandert
from regiesysteem.zakenmagazijn.rows import sleutel

SOORTEN: Final = frozenset("TWVIER")
_HERKENT: Final = ("datumStatusGezet",)
"""The own elements by which a relation is found, beside its gerelateerde: those of a status."""

_Paar = tuple[Voorkomen | None, Voorkomen | None]


@dataclass(frozen=True, slots=True)
class Verandering:
    """The change of one relation in a message: `soort` is T, W, V, I, E or R; an empty or absent side is None."""

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
    """Put the occurrences of one relation side by side and decide the change of each.

    StUF wants them in the same order on both sides, and an empty counterpart beside a new or removed one. Senders that
    leave that out are understood (docs/afwijkingen.md 29). Raises StUF055 for a verwerkingssoort that does not fit
    here.
    """
    return [verandering for paar in _paren(was, wordt) if (verandering := _verandering(*paar)) is not None]


def weiger_wisseling(veranderingen: Sequence[Verandering]) -> None:
    """Refuse changes of one relation that identify (I) one object in `was` and another in `wordt`.

    Such a change would do nothing (StUF 03.01, 5.2.6), while one object is meant to replace the other. Raises StUF055.
    """
    los = [een for een in veranderingen if een.soort == "I" and (een.was is None or een.wordt is None)]
    oud = next((een.was for een in los if een.was is not None), None)
    nieuw = next((een.wordt for een in los if een.wordt is not None), None)
    if oud is not None and nieuw is not None:
        raise StufFout(
            "StUF055",
            f"object/{nieuw.relatie.naam}: verwerkingssoort I wijzigt niets, maar was noemt "
            f"{beschrijving(oud.gerelateerde)} en wordt {beschrijving(nieuw.gerelateerde)}; vervangen gaat met R "
            "(StUF 5.2.6)",
        )


def eis_iemand(voorkomen: Voorkomen, leniency: Leniency | None) -> bool:
    """Tell whether a new relation names somebody; a `leniency` may allow to leave out one that does not.

    A relation is in a message only when at least one kerngegeven of its gerelateerde is known (StUF 03.01, 5.2.6;
    docs/afwijkingen.md 12). Raises StUF055.
    """
    if not noemt_niemand(voorkomen):
        return True
    plek = f"object/{voorkomen.relatie.naam}/gerelateerde"
    if leniency is None or not leniency.allows("relatie_leeg", plek):
        raise StufFout("StUF055", f"{plek}: een relatie die niemand en niets noemt kan niet nieuw zijn (StUF 5.2.6)")
    return False


def bewaak_ander(wacht: Wacht, verandering: Verandering, bekend: Gegevens) -> None:
    """Guard the elements of the zaak or document at the other end in `was`, beside its number (StUF 03.01, 5.2.5).

    Elements of a W that are equal on both sides identify and are not guarded, as elsewhere (docs/afwijkingen.md 7).
    """
    oud, nieuw = (kant.gerelateerde if kant is not None else None for kant in (verandering.was, verandering.wordt))
    blijft = nieuw.gegevens if nieuw is not None and verandering.soort == "W" else {}
    for naam, waarde in oud.gegevens.items() if oud is not None else ():
        if naam != "identificatie" and not (naam in blijft and gelijk(blijft[naam], waarde)):
            bewaak(wacht, f"{verandering.naam}/gerelateerde/", bekend, {naam: waarde})


def noemt_niemand(voorkomen: Voorkomen) -> bool:
    """Tell whether a relation gives no value of the object at its other end."""
    wie = voorkomen.gerelateerde
    return wie is None or not (any(map(_heeft_waarde, wie.gegevens.items())) or wie.relaties)


def _zegt_niets(voorkomen: Voorkomen | None) -> bool:
    """Tell whether half of a change names nobody and has no value of its own either, as templates have it."""
    return (
        voorkomen is None
        or bool(voorkomen.leeg)
        or (noemt_niemand(voorkomen) and not any(map(_heeft_waarde, voorkomen.gegevens.items())))
    )


def _heeft_waarde(deel: tuple[str, Waarde]) -> bool:
    """Tell whether an element has a value somewhere; an attribute or metagegeven without one does not count."""
    naam, waarde = deel
    if naam[0] == "@" or naam == "authentiek":
        return False
    if isinstance(waarde, list):
        return any(_heeft_waarde((naam, een)) for een in waarde)
    if isinstance(waarde, dict):
        if values.geen_waarde(waarde) is not None:
            return False
        return any(map(_heeft_waarde, waarde.items()))
    if naam == "#":
        return any(tekst.strip() for tekst in ontleed_eigen(waarde.encode()).itertext())
    return bool(waarde.strip())


def eenmalig(veranderingen: Iterable[Verandering]) -> list[Verandering]:
    """The changes of relations with other zaken or documents, each relation added once (StUF 03.01, 5.2.4).

    Additions that do not contradict each other are one. A relation that goes (V, E, R) may come again (T, R). Any other
    two changes of one relation would depend on their order: StUF067. A message cannot change the zaak or document at
    the other end, which needs a message of its own (5.2.7): StUF055.
    """
    uit: list[Verandering] = []
    erbij: list[Voorkomen] = []
    eerder: dict[tuple[str, str | None, bool], str] = {}
    for een in veranderingen:
        if een.soort == "W" and een.wordt is not None and _zelf_gewijzigd(een.wordt) and _ander_object(een):
            raise StufFout(
                "StUF055",
                f"object/{een.naam}/gerelateerde: wat gerelateerd is, wijzigt door een bericht daarover (StUF 5.2.7)",
            )
        kanten = [] if een.soort == "T" else [(een.oud, False)]
        kanten += [(een.nieuw, True)] if een.soort in "TRW" else []
        for voorkomen, blijft in kanten:
            plek = een.naam, herkenning(voorkomen.gerelateerde), blijft
            if plek in eerder and not eerder[plek] == een.soort == "T":
                raise dubbel(voorkomen)
            eerder[plek] = een.soort
        if een.soort == "T":
            erbij.append(een.nieuw)
        else:
            uit.append(een)
    return [*uit, *map(toevoeging, samen(erbij))]


def toevoeging(voorkomen: Voorkomen) -> Verandering:
    """The change that adds a relation."""
    return Verandering(voorkomen.relatie.naam, "T", None, voorkomen)


def samen(voorkomens: Iterable[Voorkomen]) -> list[Voorkomen]:
    """New relations, each once: several occurrences of one are merged (docs/afwijkingen.md 12).

    Occurrences are one relation when they lead to the same object with the same omschrijving; without a recognisable
    object each is another. Raises StUF067 where they contradict each other.
    """
    groepen: dict[tuple[object, ...], list[Voorkomen]] = defaultdict(list)
    for plaats, een in enumerate(voorkomens):
        omschrijving = values.tekst(een.gegevens.get("omschrijving"))
        groepen[een.relatie.naam, herkenning(een.gerelateerde) or plaats, omschrijving].append(een)
    return [_samengenomen(groep) if len(groep) > 1 else groep[0] for groep in groepen.values()]


def _samengenomen(groep: Sequence[Voorkomen]) -> Voorkomen:
    eerste = groep[0]
    eigen = samengenomen([een.gegevens for een in groep])
    wie = samengenomen([een.gerelateerde.gegevens for een in groep if een.gerelateerde is not None])
    if eigen is None or wie is None or eerste.gerelateerde is None:
        raise dubbel(eerste)
    return replace(eerste, gegevens=eigen, gerelateerde=replace(eerste.gerelateerde, gegevens=wie))


def dubbel(voorkomen: Voorkomen) -> StufFout:
    """The fault for one relation that a message names twice: the result would depend on their order."""
    return StufFout(
        "StUF067",
        f"object/{voorkomen.relatie.naam}: dezelfde relatie met {beschrijving(voorkomen.gerelateerde)} staat meer dan "
        "eens in het bericht (StUF 5.2.4)",
    )


def beschrijving(gerelateerde: Gerelateerde | None) -> str:
    """The object that a relation leads to, for a fault: by the first of its numbers in the message."""
    if gerelateerde is None:
        return "niemand"
    naam, gegevens = gerelateerde.naam or gerelateerde.entiteit.code, gerelateerde.gegevens
    namen = [element for element, _ in gerelateerde.entiteit.sleutels] or ["identificatie"]
    gezegd = ((element, values.tekst(gegevens.get(element))) for element in namen)
    met = (f"{naam} met {element} {waarde!r}" for element, waarde in gezegd if waarde)
    return next(met, f"{naam} zonder identificatie")


def herkenning(gerelateerde: Gerelateerde | None) -> str | None:
    """The key by which a gerelateerde is recognised, with its kind; None when it has none."""
    if gerelateerde is None:
        return None
    entiteit, gegevens = gerelateerde.entiteit, gerelateerde.gegevens
    gevonden = sleutel(entiteit, gegevens) if entiteit.sleutels else values.tekst(gegevens.get("identificatie"))
    return f"{entiteit.code} {gevonden}" if gevonden else None


def _paren(was: Sequence[Voorkomen], wordt: Sequence[Voorkomen]) -> Iterator[_Paar]:
    if len(was) == len(wordt):
        naast = list(zip(was, wordt, strict=True))
        if all(_passen(*paar) for paar in naast):
            yield from naast
            return
        # A person that is replaced by nobody stays, and is no half that another may take.
        yield from (paar for paar in naast if _blijft(*paar))
        was, wordt = ([paar[kant] for paar in naast if not _blijft(*paar)] for kant in (0, 1))
    over = _Over(een for een in was if not een.leeg)
    nieuwe = [een for een in wordt if not een.leeg]
    partners = [None if een.verwerkingssoort == "T" else over.neem_zelfde(een) for een in nieuwe]
    for nieuw, zelfde in zip(nieuwe, partners, strict=True):
        # Only when all have found the same object, or the first would take the partner of another.
        yield zelfde or (None if nieuw.verwerkingssoort in ("T", "") else over.neem_eerste(nieuw)), nieuw
    yield from ((een, None) for een in over.rest())


def _passen(een: Voorkomen, ander: Voorkomen) -> bool:
    """Tell whether two in the same place can be the two halves of one change."""
    soorten = {een.verwerkingssoort, ander.verwerkingssoort}
    if soorten <= {"", "W", "I"}:
        oud, nieuw = herkenning(een.gerelateerde), herkenning(ander.gerelateerde)
        if soorten == {""} and (een.leeg or ander.leeg or _blijft(een, ander)):
            return True
        # Another object may be a replacement, and may be the other half of another relation.
        return len(soorten - {""}) <= 1 and (oud == nieuw or (soorten != {""} and not (oud and nieuw)))
    return len(soorten - {""}) == 1


def _blijft(een: Voorkomen, ander: Voorkomen) -> bool:
    """Tell whether the new half names nobody in the place of the old one, as in templates, without ending it."""
    soorten = {een.verwerkingssoort, ander.verwerkingssoort}
    return soorten <= {"", "W", "I"} and not ander.leeg and noemt_niemand(ander)


class _Over:
    """The old halves without a partner, found without going through them: a message may have thousands."""

    def __init__(self, was: Iterable[Voorkomen]) -> None:
        self._over = dict(enumerate(was))
        self._rijen: dict[tuple[str | None, str | None], deque[int]] = defaultdict(deque)
        for plaats, een in self._over.items():
            wie = _wie(een)
            for soort in (een.verwerkingssoort, None):
                self._rijen[soort, wie].append(plaats)
                self._rijen[soort, None].append(plaats)

    def neem_zelfde(self, nieuw: Voorkomen) -> Voorkomen | None:
        """The old half that is about the same object."""
        return self._neem(nieuw, _wie(nieuw))

    def neem_eerste(self, nieuw: Voorkomen) -> Voorkomen | None:
        """The first remaining one of that soort; one that only identifies (I) when its object changes on both sides."""
        plaats = self._eerste(self._soorten(nieuw), None)
        if plaats is None or (nieuw.verwerkingssoort == "I" and not _zelf_gewijzigd(nieuw, self._over[plaats])):
            return None
        return self._over.pop(plaats)

    def rest(self) -> Iterable[Voorkomen]:
        """The halves without a partner."""
        return self._over.values()

    def _neem(self, nieuw: Voorkomen, wie: str) -> Voorkomen | None:
        plaats = self._eerste(self._soorten(nieuw), wie)
        return None if plaats is None else self._over.pop(plaats)

    @staticmethod
    def _soorten(nieuw: Voorkomen) -> tuple[str | None, ...]:
        # A sender that says what happens may have left it out on the other side.
        return (nieuw.verwerkingssoort, "") if nieuw.verwerkingssoort else (None,)

    def _eerste(self, soorten: Iterable[str | None], wie: str | None) -> int | None:
        """The first remaining one of these soorten and this object; None means any."""
        eersten: list[int] = []
        for soort in soorten:
            rij = self._rijen.get((soort, wie), deque())
            while rij and rij[0] not in self._over:
                rij.popleft()
            eersten += islice(rij, 1)
        return min(eersten, default=None)


def _wie(voorkomen: Voorkomen) -> str:
    """The object of the relation, "" for one that cannot be recognised."""
    return herkenning(voorkomen.gerelateerde) or ""


def _zelf_gewijzigd(*kanten: Voorkomen) -> bool:
    """Tell whether both halves say that their object itself changes."""
    return all(kant.gerelateerde is not None and kant.gerelateerde.verwerkingssoort == "W" for kant in kanten)


def _verandering(was: Voorkomen | None, wordt: Voorkomen | None) -> Verandering | None:
    een = wordt or was
    voor, na = (None if kant is None or kant.leeg else kant for kant in (was, wordt))
    if voor is not None and na is not None:
        na = _zonder_wat_gaat(voor, na)
    if een is None or (_zegt_niets(was) and _zegt_niets(wordt)):
        return None
    if voor and na and noemt_niemand(na) and voor.gegevens == na.gegevens and noemt_niemand(voor):
        return None
    if voor and na and _blijft(voor, na) and _zegt_niets(na):
        return None
    naam = een.relatie.naam
    soort = next((kant.verwerkingssoort for kant in (wordt, was) if kant is not None and kant.verwerkingssoort), "")
    if soort not in SOORTEN | {""}:
        raise StufFout(
            "StUF055", f"object/{naam}: verwerkingssoort {soort!r} wordt hier niet ondersteund (wel: T W V I E R)"
        )
    bedoeld = _bedoeld(soort, voor, na)
    if soort == "I" and bedoeld == "W" and voor is None and na is not None:
        # Without an old half nothing shows which of its own elements identify, and which change.
        na = replace(na, gegevens={n: w for n, w in na.gegevens.items() if n in na.dieper or n in _HERKENT})
    return Verandering(naam, bedoeld, voor, na)


def _zonder_wat_gaat(voor: Voorkomen, na: Voorkomen) -> Voorkomen:
    """The new half without the relations below it that end (V, E), where the sender left its empty half out."""
    elementen = {naam: soort for naam, soort in voor.dieper.items() if soort in "VE" and naam not in na.gegevens}
    relaties = {
        naam: [Voorkomen(een.relatie, een.verwerkingssoort, leeg=values.GEEN_WAARDE) for een in lijst]
        for naam, lijst in voor.relaties.items()
        if naam not in na.relaties and all(een.verwerkingssoort in ("V", "E") for een in lijst)
    }
    if not (elementen or relaties):
        return na
    return replace(
        na,
        gegevens=na.gegevens | {naam: {"@noValue": values.GEEN_WAARDE} for naam in elementen},
        relaties=na.relaties | relaties,
        dieper=na.dieper | elementen,
    )


def _bedoeld(soort: str, voor: Voorkomen | None, na: Voorkomen | None) -> str:
    """The verwerkingssoort that is meant where the sender gives none, or W for another one (docs/afwijkingen.md 29)."""
    if not soort:
        soort = "W" if voor and na else "T" if na else "V"
    if soort == "I" and na and _wijzigt(voor, na):
        soort = "W"
    if soort == "W" and voor and na:
        oud, nieuw = herkenning(voor.gerelateerde), herkenning(na.gerelateerde)
        return "R" if oud and nieuw and oud != nieuw and not _zelfde_met_ander_nummer(voor, na) else "W"
    return soort


def _wijzigt(voor: Voorkomen | None, na: Voorkomen) -> bool:
    """Tell whether a relation that only identifies (I) changes in its object, itself, or below it (5.2.6, item 9)."""
    if na.gerelateerde is not None and na.gerelateerde.verwerkingssoort == "W":
        return True
    if voor is None:
        return bool(na.dieper) or any(
            een.verwerkingssoort not in ("", "I") for lijst in na.relaties.values() for een in lijst
        )
    if herkenning(voor.gerelateerde) != herkenning(na.gerelateerde):
        return False
    return verandert(voor.gegevens, na.gegevens) or any(
        _dieper(voor.relaties.get(naam, ())) != _dieper(voorkomens) for naam, voorkomens in na.relaties.items()
    )


def _dieper(voorkomens: Sequence[Voorkomen]) -> list[tuple[object, ...]]:
    """The relations below a relation: their objects, their values, and the noValue of absent ones."""
    return [
        (herkenning(een.gerelateerde), een.gegevens, een.gerelateerde.gegevens if een.gerelateerde else {}, een.leeg)
        for een in voorkomens
    ]


def _ander_object(verandering: Verandering) -> bool:
    een, ander = verandering.was, verandering.wordt
    oud = een.gerelateerde.gegevens if een and een.gerelateerde else {}
    return bool(ander and ander.gerelateerde and verandert(oud, ander.gerelateerde.gegevens))


def _zelfde_met_ander_nummer(voor: Voorkomen, na: Voorkomen) -> bool:
    """Tell whether a W of the object means another number for the same person, and not another person."""
    een, ander = voor.gerelateerde, na.gerelateerde
    return (
        een is not None
        and ander is not None
        and ander.verwerkingssoort == "W"
        and een.entiteit.code == ander.entiteit.code
    )
