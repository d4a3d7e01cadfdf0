"""Changes of the statuses of a zaak, and whether they open or close it (ZDS 4.1.3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from regiesysteem.inrichting.actueel import Zaaktype
from regiesysteem.stuf import waarden
from regiesysteem.stuf.fouten import StufFout
from regiesysteem.stuf.lezen import Voorkomen
from regiesysteem.stuf.waarden import GEEN_WAARDE, Gegevens, Waarde
from regiesysteem.zakenmagazijn import objecten, statussen
from regiesysteem.zakenmagazijn.relatiemutaties import Paar, soort_van

_LEES: Final = text("""
    -- the statuses of a zaak, the last one first
    SELECT id, statustype_id, moment, laatste FROM zaak_status WHERE zaak_id = :zaak_id ORDER BY moment DESC, id DESC
""")
_VERWIJDER: Final = text("DELETE FROM zaak_status WHERE id = :id -- a status that was set by mistake")


@dataclass(frozen=True, slots=True)
class Stand:
    """The statuses after a change, the last one first, as (statustype id, moment).

    `verschoven`: another status than before is the last; `verwijderd`: what the change removed.
    """

    gewijzigd: bool = False
    verschoven: bool = False
    statussen: tuple[tuple[int | None, str], ...] = ()
    verwijderd: tuple[tuple[int | None, str], ...] = ()

    def einddatum(self, zaaktype: Zaaktype, gegevens: Gegevens) -> Waarde | None:
        """The einddatum that follows from a new last status; None when it stays.

        An eindstatus closes the zaak on its day, unless it was closed by einddatum already. Another last status opens
        it again, unless its einddatum came from elsewhere than an eindstatus.
        """
        if not self.verschoven or not self.statussen:
            return None
        eind = {
            statustype.id
            for statustype in (*zaaktype.statustypen, *zaaktype.vervallen_statustypen)
            if statustype.eindstatus
        }
        dagen = {op[:8] for soort, op in (*self.statussen, *self.verwijderd) if soort in eind}
        huidig = waarden.tekst(gegevens.get("einddatum"))
        laatste, moment = self.statussen[0]
        if laatste in eind:
            return moment[:8] if huidig is None or huidig in dagen else None
        return {"@noValue": GEEN_WAARDE} if huidig is not None and huidig in dagen else None


def muteer(verbinding: Connection, zaaktype: Zaaktype, zaak_id: int, veranderingen: Sequence[Paar]) -> Stand:
    """Add, correct or remove statuses, and derive which is the last.

    Raises StUF055 and StUF064 as `bepaal_statustype` does, StUF055 for a status without datumStatusGezet, StUF064 for
    one to correct or remove that the zaak does not have.
    """
    nieuw: list[Voorkomen] = []
    weg: list[Voorkomen] = []
    for was, wordt in veranderingen:
        soort = soort_van(was, wordt)
        oud = was if was is not None and not was.leeg else None
        if soort in "VERW":
            weg.append(_gevuld(oud, soort))
        if soort in "TRW":
            nieuw.append(_gevuld(wordt, soort))
    if not nieuw and not weg:
        return Stand()
    statuslijst = statussen.lees_statussen(verbinding, zaaktype, nieuw)
    for status in statuslijst:
        statussen.eis_datum(status)
    voor = verbinding.execute(_LEES, {"zaak_id": zaak_id}).all() if weg else []
    verwijderd = tuple(_verwijder(verbinding, zaaktype, voor, voorkomen) for voorkomen in weg)
    _voeg_toe(verbinding, zaaktype, zaak_id, statuslijst)
    return _stand(verbinding, zaak_id, verwijderd)


def _voeg_toe(
    verbinding: Connection, zaaktype: Zaaktype, zaak_id: int, statuslijst: Sequence[statussen.NieuweStatus]
) -> None:
    verwijzingen = iter(objecten.registreer(verbinding, [s.gezet_door for s in statuslijst if s.gezet_door]))
    rijen = [
        statussen.status_rij(zaaktype, status, next(verwijzingen) if status.gezet_door else None, laatste=False)
        for status in statuslijst
    ]
    statussen.voeg_toe(verbinding, zaak_id, rijen)


def _stand(verbinding: Connection, zaak_id: int, verwijderd: tuple[tuple[int | None, str], ...]) -> Stand:
    rijen = verbinding.execute(_LEES, {"zaak_id": zaak_id}).all()
    verschoven = bool(rijen) and not rijen[0].laatste
    if verschoven or any(rij.laatste for rij in rijen[1:]):
        statussen.zet_laatste(verbinding, zaak_id, rijen[0].id)
    return Stand(
        gewijzigd=True,
        verschoven=verschoven,
        statussen=tuple((rij.statustype_id, rij.moment) for rij in rijen),
        verwijderd=verwijderd,
    )


def _verwijder(
    verbinding: Connection, zaaktype: Zaaktype, rijen: Sequence[Any], voorkomen: Voorkomen
) -> tuple[int | None, str]:
    """Remove the status that a message means: same statustype and, when it says so, same moment."""
    [gezocht] = statussen.lees_statussen(verbinding, zaaktype, [voorkomen])
    for rij in rijen:
        if rij.statustype_id == gezocht.statustype.id and gezocht.moment in ("", rij.moment):
            verbinding.execute(_VERWIJDER, {"id": rij.id})
            return rij.statustype_id, rij.moment
    raise StufFout(
        "StUF064",
        f"de zaak heeft geen status {gezocht.statustype.omschrijving!r} van {gezocht.moment or 'enig moment'}",
    )


def _gevuld(voorkomen: Voorkomen | None, soort: str) -> Voorkomen:
    if voorkomen is None or voorkomen.leeg:
        raise StufFout("StUF055", f"object/heeft: verwerkingssoort {soort} zonder de status waarover het gaat")
    return voorkomen
