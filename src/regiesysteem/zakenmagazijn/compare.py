"""The elements that a change changes, against the known values, guarded by `was` (StUF 03.01, 3.4.1 and 5.2.5).

The rules are the same for the zaak itself, for its relations and for its statuses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from regiesysteem.inrichting.current import Zaaktype
from regiesysteem.inrichting.model import Wasregel
from regiesysteem.logging_ import logger
from regiesysteem.stuf import extra, values
from regiesysteem.stuf.entity import Element
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import VOLLEDIG, Gegevens, Waarde
from regiesysteem.zakenmagazijn.rows import TIJDVAK, voeg_samen

ZWIJGT: Final = frozenset({"nietOndersteund", "nietGeautoriseerd"})
"""Kinds of noValue by which a sender gives no information about an element (StUF 03.01, 3.4.1)."""
_KENT_NIET: Final = ZWIJGT | {"waardeOnbekend"}
_TIJDEN: Final = frozenset({"tijdvakGeldigheid", "tijdstipRegistratie", "gerelateerde"})


@dataclass(slots=True)
class Wacht:
    """The guard against messages that overtook each other: `was` must equal the registration.

    `regel` is the reaction when it does not, `wat` (Dutch) the guarded thing.
    """

    regel: Wasregel
    wat: str
    afwijkend: list[tuple[str, str]] = field(default_factory=list)

    @property
    def kijkt(self) -> bool:
        """Tell whether `was` counts at all."""
        return self.regel != "negeren"

    def vergelijk(self, pad: str, was: Waarde | None, bekend: Waarde | None) -> None:
        """Note an element whose old value is not the one in `was`; one that the sender does not know is passed over."""
        if was is None or values.geen_waarde(was) in _KENT_NIET or gelijk(was, bekend):
            return
        self.afwijkend.append((pad, f"{pad}: in was {_toon(was)}, in de registratie {_toon(bekend)}"))

    def besluit(self) -> None:
        """React to the noted elements as `regel` says. Raises StUF063 naming element, sent and stored value."""
        if not self.afwijkend:
            return
        if self.regel == "weigeren":
            regels = "; ".join(regel for _, regel in self.afwijkend)
            raise StufFout("StUF063", f"{self.wat} is intussen gewijzigd; {regels}")
        logger().warning("was_wijkt_af", **self.log_context(), elementen=[pad for pad, _ in self.afwijkend])

    def log_context(self) -> dict[str, str]:
        """The part of it that a log line may have."""
        return {"wat": self.wat}


class Bewaking(Wacht):
    """The guard of a zaak, with the rule of its zaaktype."""

    def __init__(self, zaaktype: Zaaktype) -> None:
        super().__init__(zaaktype.was, "de zaak")
        self.zaaktype = zaaktype

    def log_context(self) -> dict[str, str]:
        """Name the zaaktype."""
        return {"zaaktype": self.zaaktype.code}


def wijzigingen(
    bewaking: Wacht, pad: str, bekend: Gegevens, was: Gegevens | None, wordt: Gegevens
) -> dict[str, Waarde]:
    """The elements that a message changes, each with its new value; a value for which `is_leeg` holds clears one.

    Equal in `was` and `wordt` is identification, not change (docs/afwijkingen.md 7). A group changes field by field,
    and extraElementen naam by naam (3.2.4.1). Any other value is replaced as a whole, also all values of a repeating
    one: values in `was` that are not in `wordt` are removed (5.2.4). `pad` goes before names in a fault.
    """
    oud: Mapping[str, Waarde] = was if was is not None and bewaking.kijkt else {}
    uit: dict[str, Waarde] = {}
    for naam, waarde in {**wordt, **_verdwenen(was or {}, wordt)}.items():
        gezegd = _gezegd(waarde)
        if gezegd is None or (naam in oud and gelijk(oud[naam], gezegd)):
            continue
        if naam == extra.NAAM:
            nieuw = _nieuwe_extra(bewaking, f"{pad}{naam}", bekend.get(naam), (was or {}).get(naam), gezegd)
        else:
            nieuw = _nieuwe_waarde(bewaking, f"{pad}{naam}", bekend.get(naam), oud.get(naam), gezegd)
        if not gelijk(nieuw, bekend.get(naam)):
            uit[naam] = nieuw
    return uit


def bewaak(bewaking: Wacht, pad: str, bekend: Gegevens, was: Gegevens | None) -> None:
    """Guard a removal, an end or a next status (V, E, R): the elements in `was` must have the known values.

    Of its times only the known begin is guarded: an end is told in `was` with its new values (StUF 03.01, 5.2.6).
    """
    for naam, waarde in (was or {}).items() if bewaking.kijkt else ():
        gezegd, nu = _gezegd(waarde), bekend.get(naam)
        if gezegd is None or naam in _TIJDEN:
            continue
        if naam == TIJDVAK:
            begin = nu.get("beginRelatie") if isinstance(nu, dict) else None
            if begin is not None and isinstance(gezegd, dict):
                bewaking.vergelijk(f"{pad}{naam}/beginRelatie", gezegd.get("beginRelatie"), begin)
        elif naam == extra.NAAM and values.geen_waarde(gezegd) is None:
            bekende = extra.per_naam(nu)
            for een, delen in extra.per_naam(gezegd).items():
                bewaking.vergelijk(f"{pad}{naam}/{een}", extra.gezegd(delen), extra.gezegd(bekende.get(een)))
        elif isinstance(gezegd, dict) and isinstance(nu, dict) and _is_groep(gezegd) and _is_groep(nu):
            for veld, inhoud in gezegd.items():
                if veld[0] != "@":
                    bewaking.vergelijk(f"{pad}{naam}/{veld}", inhoud, nu.get(veld))
        else:
            bewaking.vergelijk(f"{pad}{naam}", gezegd, nu)


def bewaak_bekend(bewaking: Wacht, pad: str, bekend: Gegevens, was: Gegevens) -> None:
    """Guard as `bewaak` does, for an object that others report too: only its known elements."""
    bewaak(bewaking, pad, bekend, {naam: w for naam, w in was.items() if not values.is_leeg(bekend.get(naam))})


def verandert(was: Gegevens, wordt: Gegevens) -> bool:
    """Tell whether two halves differ in an element that the sender knows."""
    gezegd = ((naam, _gezegd(waarde)) for naam, waarde in {**wordt, **_verdwenen(was, wordt)}.items())
    return any(waarde is not None and not gelijk(was.get(naam), waarde) for naam, waarde in gezegd)


def samengenomen(gezegd: Sequence[Gegevens]) -> Gegevens | None:
    """Merge occurrences of one thing; None when they give one element, or one naam, different values."""
    if len(gezegd) == 1:
        return gezegd[0]
    uit: Gegevens = {}
    extras: extra.Delen = {}
    for gegevens in gezegd:
        for naam, waarde in gegevens.items():
            if naam == extra.NAAM:
                for wie, delen in extra.per_naam(waarde).items():
                    if not gelijk(extra.gezegd(extras.setdefault(wie, delen)), extra.gezegd(delen)):
                        return None
                uit.setdefault(naam, waarde)
            elif not gelijk(uit.setdefault(naam, waarde), waarde):
                return None
    return uit | ({extra.NAAM: extra.met(None, extras)} if extras else {})


def toegepast(elementen: Sequence[Element], bekend: Gegevens, veranderd: Gegevens) -> Gegevens:
    """The known values after a change; values that were cleared are left out."""
    samen = voeg_samen(elementen, bekend, veranderd)
    return {naam: waarde for naam, waarde in samen.items() if naam not in veranderd or not values.is_leeg(waarde)}


def gelijk(een: Waarde | None, ander: Waarde | None) -> bool:
    """Tell whether two values are the same, however they are written (no value, a complete date)."""
    return een == ander or _genormaliseerd(een) == _genormaliseerd(ander)


def _verdwenen(was: Gegevens, wordt: Gegevens) -> Gegevens:
    """The repeating elements that `was` has values of and `wordt` does not name: none of their values is left."""
    weg: Gegevens = {}
    for naam, waarde in was.items():
        gezegd = _gezegd(waarde) if naam not in wordt else None
        if naam == extra.NAAM and gezegd is not None:
            weg[naam] = {}
        elif isinstance(gezegd, list) and not values.is_leeg(gezegd):
            weg[naam] = []
    return weg


def _nieuwe_extra(bewaking: Wacht, pad: str, bekend: Waarde | None, was: Waarde | None, gezegd: Waarde) -> Waarde:
    """The extraElementen after a change: each naam is an element, and one that occurs twice a repeating one."""
    anders: Waarde = bekend if bekend is not None else {"@noValue": values.GEEN_WAARDE}
    soort = values.geen_waarde(gezegd)
    if soort is not None:
        return anders if soort in ZWIJGT else gezegd
    nu, oud, nieuw = (extra.per_naam(een) for een in (bekend, was, gezegd))
    nieuw |= {naam: [] for naam, delen in oud.items() if len(delen) > 1 and naam not in nieuw}
    vervang: extra.Delen = {}
    for naam, delen in nieuw.items():
        wordt = _gezegd(extra.gezegd(delen) or [])
        eerst = extra.gezegd(oud.get(naam)) if bewaking.kijkt else None
        if wordt is None or (eerst is not None and gelijk(eerst, wordt)):
            continue
        bewaking.vergelijk(f"{pad}/{naam}", eerst, extra.gezegd(nu.get(naam)))
        vervang[naam] = extra.met_waarde(delen)
    return extra.met(bekend, vervang) if vervang else anders


def _nieuwe_waarde(bewaking: Wacht, pad: str, bekend: Waarde | None, was: Waarde | None, gezegd: Waarde) -> Waarde:
    if not (isinstance(gezegd, dict) and _is_groep(gezegd) and (bekend is None or _is_groep(bekend))):
        bewaking.vergelijk(pad, was, bekend)
        return gezegd
    velden: dict[str, Any] = dict(bekend) if isinstance(bekend, dict) else {}
    oud = was if isinstance(was, dict) and _is_groep(was) else None
    if oud is None:
        bewaking.vergelijk(pad, was, bekend)
    for naam, waarde in gezegd.items():
        if oud is not None and naam[0] != "@":
            if naam in oud and gelijk(oud[naam], waarde):
                continue
            bewaking.vergelijk(f"{pad}/{naam}", oud.get(naam), velden.get(naam))
        velden[naam] = waarde
    gevuld = {naam: waarde for naam, waarde in velden.items() if naam[0] == "@" or not values.is_leeg(waarde)}
    return gevuld if any(naam[0] != "@" for naam in gevuld) else {"@noValue": values.GEEN_WAARDE}


def _gezegd(waarde: Waarde) -> Waarde | None:
    """A value without the elements that the sender gives no information about; None when nothing is left."""
    if isinstance(waarde, list):
        delen = [deel for enkel in waarde if (deel := _gezegd(enkel)) is not None]
        return delen if delen or not waarde else None
    if isinstance(waarde, dict) and "#" not in waarde:
        if values.geen_waarde(waarde) in ZWIJGT:
            return None
        if _is_groep(waarde):
            velden = {naam: w if naam[0] == "@" else _gezegd(w) for naam, w in waarde.items()}
            return {naam: inhoud for naam, inhoud in velden.items() if inhoud is not None}
    return waarde


def _is_groep(waarde: Waarde | None) -> bool:
    return isinstance(waarde, dict) and "_" not in waarde and "#" not in waarde and values.geen_waarde(waarde) is None


def _genormaliseerd(waarde: Waarde | None) -> Waarde | None:
    """One form for values that can be written in several: no value is None, a complete date is its text."""
    if values.is_leeg(waarde):
        return None
    if isinstance(waarde, list):
        normen = [norm for enkel in waarde if (norm := _genormaliseerd(enkel)) is not None]
        # The values of a repeating element have no order.
        return sorted(normen, key=lambda norm: orjson.dumps(norm, option=orjson.OPT_SORT_KEYS))
    if not isinstance(waarde, dict) or "#" in waarde:
        return waarde
    uit = {
        naam: norm
        for naam, inhoud in waarde.items()
        if (naam, inhoud) != ("@indOnvolledigeDatum", VOLLEDIG)
        and (norm := inhoud if naam[0] in "@_" else _genormaliseerd(inhoud)) is not None
    }
    return uit["_"] if list(uit) == ["_"] else uit


def _toon(waarde: Waarde | None) -> str:
    if values.is_leeg(waarde):
        return "geen waarde"
    if isinstance(waarde, list):
        return " en ".join(map(_toon, waarde))
    enkel = values.tekst(waarde) or values.geen_waarde(waarde)
    if enkel or not isinstance(waarde, dict):
        return repr(enkel or waarde)
    return ", ".join(f"{naam} {_toon(deel)}" for naam, deel in sorted(waarde.items()) if naam[0] not in "@_#")
