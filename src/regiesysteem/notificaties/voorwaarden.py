"""The conditions of an abonnement, tried on a gebeurtenis.

What is not known fails a condition, also one that begins with `niet_`: who asked not to hear of something must not
hear of what may be just that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from regiesysteem.inrichting.abonnement import LIJSTEN, Abonnement
from regiesysteem.inrichting.actueel import Inrichting, Zaaktype
from regiesysteem.inrichting.statussen import Gevonden, vind_statustype
from regiesysteem.inrichting.waarden import gevouwen, persoonsvormen
from regiesysteem.notificaties.feiten import Feiten

_VAN_ZAAK: Final = ("gezinsplan", "persoon")
_VAN_GEBEURTENIS: Final = tuple(sleutel for sleutel in LIJSTEN if sleutel not in _VAN_ZAAK)

Waarden = frozenset[int | str]


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
    for sleutel in _VAN_GEBEURTENIS:
        yield from _mislukt(abonnement, sleutel, beeld)
    if abonnement.eindstatus is not None and beeld.eindstatus is not abonnement.eindstatus:
        yield "eindstatus"


def mislukt_op_zaak(abonnement: Abonnement, beeld: Beeld) -> Iterator[str]:
    """The keys that fail, of those that look at the zaak."""
    if not abonnement.vraagt_zaak:
        return
    for sleutel in _VAN_ZAAK:
        yield from _mislukt(abonnement, sleutel, beeld)
    gevraagd = abonnement.afnemersindicatie
    if gevraagd is not None and (beeld.afnemers is None or (abonnement.applicatie in beeld.afnemers) is not gevraagd):
        yield "afnemersindicatie"


def gevraagde_personen(abonnement: Abonnement) -> Waarden:
    """All numbers that an abonnement looks for, in every form in which they may stand in a zaak."""
    return _gezocht("persoon", abonnement.persoon) | _gezocht("persoon", abonnement.niet_persoon)


def _mislukt(abonnement: Abonnement, sleutel: str, beeld: Beeld) -> Iterator[str]:
    wel = _gezocht(sleutel, getattr(abonnement, sleutel))
    niet = _gezocht(sleutel, getattr(abonnement, f"niet_{sleutel}"))
    waarden = beeld.waarden[sleutel]
    if wel and (waarden is None or wel.isdisjoint(waarden)):
        yield sleutel
    if niet and (waarden is None or not niet.isdisjoint(waarden)):
        yield f"niet_{sleutel}"


@lru_cache(maxsize=4096)
def _gezocht(sleutel: str, waarden: tuple[int | str, ...]) -> Waarden:
    """The values of a key as they are compared; none when it asks nothing."""
    if sleutel == "zaaktype" and "*" in waarden:
        return frozenset()
    if sleutel == "status":
        return frozenset(gevouwen(waarde) if isinstance(waarde, str) else waarde for waarde in waarden)
    if sleutel == "persoon":
        return frozenset(vorm for waarde in waarden for vorm in persoonsvormen(str(waarde)))
    return frozenset(waarden)


def _statusnamen(status: dict[str, Any]) -> Waarden:
    teksten = (status.get("code"), status.get("omschrijving"))
    namen: set[int | str] = {gevouwen(naam) for naam in teksten if naam}
    if status.get("volgnummer") is not None:
        namen.add(int(status["volgnummer"]))
    return frozenset(namen)


def _eindstatus(zaaktype: Zaaktype | None, status: dict[str, Any]) -> bool | None:
    """Whether the zaak has an eindstatus; of what another told of, the inrichting must know the status."""
    if not status:
        return False
    if (gezegd := status.get("eindstatus")) is not None:
        return bool(gezegd)
    if zaaktype is None:
        return None
    volgnummer = status.get("volgnummer")
    nummer = None if volgnummer is None else int(volgnummer)
    gevonden = vind_statustype(zaaktype, nummer, status.get("code"), status.get("omschrijving"))
    return gevonden.statustype.eindstatus if isinstance(gevonden, Gevonden) else None
