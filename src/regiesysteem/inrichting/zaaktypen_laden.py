"""Make the rows of zaaktypen, statustypen and resultaattypen equal to the file, keeping the ids that zaken refer to."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from regiesysteem.inrichting.model import Resultaat, Status, Zaaktype, inhoud
from regiesysteem.inrichting.tabellen import INRICHTING, ResultaattypeRij, StatustypeRij, ZaaktypeRij
from regiesysteem.inrichting.waarden import gevouwen

Rij = ZaaktypeRij | StatustypeRij | ResultaattypeRij
Deel = TypeVar("Deel", Status, Resultaat)
DeelRij = TypeVar("DeelRij", StatustypeRij, ResultaattypeRij)


@dataclass
class Wijzigingen:
    """Codes of the zaaktypen that were added, changed (themselves or a part) or marked vervallen."""

    nieuw: list[str] = field(default_factory=list)
    gewijzigd: list[str] = field(default_factory=list)
    vervallen: list[str] = field(default_factory=list)

    @property
    def iets(self) -> bool:
        """Whether any row changed."""
        return bool(self.nieuw or self.gewijzigd or self.vervallen)


def bewaar_zaaktypen(session: Session, zaaktypen: Sequence[Zaaktype]) -> Wijzigingen:
    """Write what differs, in a transaction that holds the lock of the inrichting; the caller commits.

    What the file no longer has becomes vervallen; what messages taught (overgenomen) stays, unless the file has it too
    (then the file takes it over, same id) or uses its number or words for something else (then it is vervallen).
    """
    rijen = {rij.code: rij for rij in session.scalars(select(ZaaktypeRij))}
    statussen: dict[int, list[StatustypeRij]] = defaultdict(list)
    for status in session.scalars(select(StatustypeRij).order_by(StatustypeRij.id)):
        statussen[status.zaaktype_id].append(status)
    resultaten: dict[int, list[ResultaattypeRij]] = defaultdict(list)
    for resultaat in session.scalars(select(ResultaattypeRij).order_by(ResultaattypeRij.id)):
        resultaten[resultaat.zaaktype_id].append(resultaat)

    wijzigingen = Wijzigingen()
    for zaaktype in zaaktypen:
        if zaaktype.code not in rijen:
            rijen[zaaktype.code] = ZaaktypeRij(**_kolommen(zaaktype))
            session.add(rijen[zaaktype.code])
            wijzigingen.nieuw.append(zaaktype.code)
    session.flush()
    for zaaktype in zaaktypen:
        rij = rijen[zaaktype.code]
        anders = _zet(rij, _kolommen(zaaktype))
        anders |= _bewaar_statussen(session, rij.id, zaaktype.status, statussen[rij.id])
        anders |= _bewaar_resultaten(session, rij.id, zaaktype.resultaat, resultaten[rij.id])
        if anders and zaaktype.code not in wijzigingen.nieuw:
            wijzigingen.gewijzigd.append(zaaktype.code)
    genoemd = {zaaktype.code for zaaktype in zaaktypen}
    for code, rij in sorted(rijen.items()):
        if code not in genoemd and rij.herkomst == INRICHTING and _zet(rij, {"vervallen": True}):
            wijzigingen.vervallen.append(code)
    session.flush()
    return wijzigingen


def _kolommen(deel: Zaaktype | Status | Resultaat) -> dict[str, Any]:
    eigen = {
        Zaaktype: ("code", "omschrijving", "soort"),
        Status: ("volgnummer", "code", "omschrijving", "eindstatus"),
        Resultaat: ("omschrijving",),
    }[type(deel)]
    waarden = {naam: getattr(deel, naam) for naam in eigen}
    return {**waarden, "inhoud": inhoud(deel), "herkomst": INRICHTING, "vervallen": False}


def _zet(rij: Rij, waarden: Mapping[str, Any]) -> bool:
    """Set what differs; whether anything did."""
    anders = {naam: waarde for naam, waarde in waarden.items() if getattr(rij, naam) != waarde}
    for naam, waarde in anders.items():
        setattr(rij, naam, waarde)
    return bool(anders)


def _bewaar_statussen(
    session: Session, zaaktype_id: int, statussen: Sequence[Status], rijen: Sequence[StatustypeRij]
) -> bool:
    """Statustypen keep their row by what they are called, so that a renumbering does not rename old statuses."""
    koppels = _koppel(
        statussen,
        rijen,
        [
            lambda deel: (_vouw(deel.omschrijving), _vouw(deel.code)),
            lambda deel: _vouw(deel.omschrijving),
            lambda deel: _vouw(deel.code),
        ],
    )
    bezet = {woord for status in statussen for woord in _woorden(status)}
    gekoppeld = {rij.id for _, rij in koppels if rij is not None}
    weg = [
        rij
        for rij in rijen
        if rij.id not in gekoppeld
        and not rij.vervallen
        and (rij.herkomst == INRICHTING or bezet.intersection(_woorden(rij)))
    ]
    verzet = [rij for status, rij in koppels if rij is not None and rij.volgnummer != status.volgnummer]
    # Numbers are unique among those in force: first all that move leave their place, then they take the new one.
    for oud in (*weg, *verzet):
        oud.vervallen = True
    anders = bool(weg or verzet)
    if anders:
        session.flush()
    for status, rij in koppels:
        if rij is None:
            session.add(StatustypeRij(zaaktype_id=zaaktype_id, **_kolommen(status)))
            anders = True
        else:
            anders |= _zet(rij, _kolommen(status))
    return anders


def _bewaar_resultaten(
    session: Session, zaaktype_id: int, resultaten: Sequence[Resultaat], rijen: Sequence[ResultaattypeRij]
) -> bool:
    koppels = _koppel(resultaten, rijen, [lambda deel: _vouw(deel.omschrijving)])
    gekoppeld = {rij.id for _, rij in koppels if rij is not None}
    anders = False
    for rij in rijen:
        if rij.id not in gekoppeld and rij.herkomst == INRICHTING:
            anders |= _zet(rij, {"vervallen": True})
    for resultaat, gevonden in koppels:
        if gevonden is None:
            session.add(ResultaattypeRij(zaaktype_id=zaaktype_id, **_kolommen(resultaat)))
            anders = True
        else:
            anders |= _zet(gevonden, _kolommen(resultaat))
    return anders


def _koppel(
    delen: Sequence[Deel], rijen: Sequence[DeelRij], sleutels: Sequence[Callable[[Any], Hashable]]
) -> list[tuple[Deel, DeelRij | None]]:
    """Pair each part of the file with the row it was, by the first key that fits; rows in force go first."""
    vrij = sorted(rijen, key=lambda rij: rij.vervallen)
    koppels: list[DeelRij | None] = [None] * len(delen)
    for sleutel in sleutels:
        for plek, deel in enumerate(delen):
            gezocht = sleutel(deel)
            if koppels[plek] is not None or gezocht is None:
                continue
            koppels[plek] = next((rij for rij in vrij if sleutel(rij) == gezocht), None)
            vrij = [rij for rij in vrij if rij is not koppels[plek]]
    return list(zip(delen, koppels, strict=True))


def _vouw(tekst: str | None) -> str | None:
    return None if tekst is None else gevouwen(tekst)


def _woorden(deel: Status | StatustypeRij) -> set[tuple[str, Hashable]]:
    """What makes a statustype findable: its number and its words."""
    woorden: set[tuple[str, Hashable]] = {("volgnummer", deel.volgnummer), ("omschrijving", _vouw(deel.omschrijving))}
    if deel.code is not None:
        woorden.add(("code", _vouw(deel.code)))
    return woorden
