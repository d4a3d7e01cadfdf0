"""By which keys a betrokkene or zaakobject is found when a question gives only an identificatie."""

from collections.abc import Iterable, Iterator
from typing import Final

from regiesysteem.stuf.entiteit import Keuze

_BSN: Final = 9
_VOORVOEGSELS: Final = {
    "11": ("bsn",),
    "12": ("anp",),
    "21": ("rsin",),
    "22": ("ann",),
    "31": ("vestiging",),
}
"""The type that RGBZ puts before the identificatie of a subject, with the kinds of key that it stands for."""

_OVERIG: Final = ("medewerker", "eenheid", "vestiging")
_OVERIGE_TYPEN: Final = frozenset({"41", "51", "61"})
"""Types of other betrokkenen, which senders number differently."""


def sleutels(identificatie: str, keuzes: Iterable[Keuze]) -> list[str]:
    """All keys (`soort:waarde`) that an identificatie may stand for: bare, or after the two digits of the RGBZ type."""
    soorten = {soort for keuze in keuzes for _, soort in keuze.entiteit.sleutels}
    uit = [f"{soort}:{waarde}" for soort in sorted(soorten) for waarde in vormen(soort, identificatie)]
    if len(identificatie) > 2 and identificatie[:2].isdecimal():
        kaal = identificatie[2:]
        overig = _OVERIG if identificatie[:2] in _OVERIGE_TYPEN else ()
        bedoeld = soorten.intersection(_VOORVOEGSELS.get(identificatie[:2], overig))
        uit.extend(f"{soort}:{waarde}" for soort in sorted(bedoeld) for waarde in vormen(soort, kaal))
    return list(dict.fromkeys(uit))


def vormen(soort: str, waarde: str) -> Iterator[str]:
    """The value, and a BSN or RSIN that lost its leading zero with it."""
    yield waarde
    if soort in ("bsn", "rsin") and waarde.isdecimal() and len(waarde) < _BSN:
        yield waarde.zfill(_BSN)
