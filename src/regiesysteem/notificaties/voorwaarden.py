"""The conditions of an abonnement, tried on a gebeurtenis.

What is not known fails a condition, also one that begins with `niet_`: who asked not to hear of something must not
hear of what may be just that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from regiesysteem.inrichting.current import Gevonden, Inrichting, Zaaktype, vind_statustype
from regiesysteem.inrichting.fields import gevouwen
from regiesysteem.inrichting.model import Abonnement, Waarden
from regiesysteem.notificaties.feiten import Feiten

_VAN_ZAAK: Final = ("gezinsplan", "persoon")


@dataclass(frozen=True, slots=True)
class Gebeurtenis:
    """Something that happened to a zaak, as the rules look at it; fields as in the table."""

    id: int
    zaak_id: int | None
    zaakidentificatie: str
    gebeurtenis: str
    organisatie: str
    applicatie: str
    gegevens: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Beeld:
    """A gebeurtenis with what the conditions compare: by key the values that hold, None for what is not known."""

    gebeurtenis: Gebeurtenis
    waarden: dict[str, Waarden | None]
    eindstatus: bool | None
    afnemers: dict[str, str] | None


def beeld(inrichting: Inrichting, gebeurtenis: Gebeurtenis, feiten: Feiten | None) -> Beeld:
    """Put together what is known; `feiten` is None of a zaak that we do not hold, or when nobody asks."""
    gegevens = gebeurtenis.gegevens
    zaaktype = inrichting.zaaktype(gegevens.get("code"), gegevens.get("omschrijving"))
    code = gegevens.get("code") or (zaaktype.code if zaaktype else None)
    soort = gegevens.get("soort") or (zaaktype.soort if zaaktype else None)
    status = gegevens.get("status") or {}
    return Beeld(
        gebeurtenis=gebeurtenis,
        waarden={
            "zaaktype": frozenset((code,)) if code else None,
            "soort": frozenset((soort,)) if soort else None,
            "status": _statusnamen(status),
            "zender": frozenset((gebeurtenis.applicatie,)),
            "gezinsplan": None if feiten is None else frozenset(feiten.gezinsplannen),
            "persoon": None if feiten is None else frozenset(feiten.personen),
        },
        eindstatus=_eindstatus(zaaktype, status),
        afnemers=None if feiten is None else feiten.afnemers,
    )


def mislukt_op_gebeurtenis(abonnement: Abonnement, beeld: Beeld) -> Iterator[str]:
    """The keys that fail, of those for which the gebeurtenis says enough."""
    if "*" not in abonnement.gebeurtenis and beeld.gebeurtenis.gebeurtenis not in abonnement.gebeurtenis:
        yield "gebeurtenis"
    yield from _mislukt(abonnement, beeld, van_zaak=False)
    if abonnement.eindstatus is not None and beeld.eindstatus is not abonnement.eindstatus:
        yield "eindstatus"


def mislukt_op_zaak(abonnement: Abonnement, beeld: Beeld) -> Iterator[str]:
    """The keys that fail, of those that look at the zaak."""
    if not abonnement.vraagt_zaak:
        return
    yield from _mislukt(abonnement, beeld, van_zaak=True)
    gevraagd = abonnement.afnemersindicatie
    if gevraagd is not None and (beeld.afnemers is None or (abonnement.applicatie in beeld.afnemers) is not gevraagd):
        yield "afnemersindicatie"


def gevraagde_personen(abonnement: Abonnement) -> Waarden:
    """All numbers that an abonnement looks for, in every form in which they may stand in a zaak."""
    return frozenset(
        nummer for sleutel, wel, niet in abonnement.voorwaarden if sleutel == "persoon" for nummer in wel | niet
    )


def _mislukt(abonnement: Abonnement, beeld: Beeld, *, van_zaak: bool) -> Iterator[str]:
    for sleutel, wel, niet in abonnement.voorwaarden:
        if (sleutel in _VAN_ZAAK) is not van_zaak:
            continue
        waarden = beeld.waarden[sleutel]
        if wel and (waarden is None or wel.isdisjoint(waarden)):
            yield sleutel
        if niet and (waarden is None or not niet.isdisjoint(waarden)):
            yield f"niet_{sleutel}"


def _statusnamen(status: dict[str, Any]) -> Waarden:
    teksten = (status.get("code"), status.get("omschrijving"))
    namen: set[int | str] = {gevouwen(naam) for naam in teksten if naam}
    if status.get("volgnummer") is not None:
        namen.add(status["volgnummer"])
    return frozenset(namen)


def _eindstatus(zaaktype: Zaaktype | None, status: dict[str, Any]) -> bool | None:
    """Whether the zaak has an eindstatus; of what another told of, the inrichting must know the status."""
    if not status:
        return False
    if (gezegd := status.get("eindstatus")) is not None:
        return bool(gezegd)
    if zaaktype is None:
        return None
    gevonden = vind_statustype(zaaktype, status.get("volgnummer"), status.get("code"), status.get("omschrijving"))
    return gevonden.statustype.eindstatus if isinstance(gevonden, Gevonden) else None
