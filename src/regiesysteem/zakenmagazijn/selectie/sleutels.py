"""The keys by which a betrokkene or zaakobject is found when a question gives only an identificatie."""

from collections.abc import Iterable, Iterator
from typing import Final

from regiesysteem.stuf.checks import elfproef
from regiesysteem.stuf.entity import Keuze

_BSN: Final = 9
_VOORVOEGSELS: Final = {
    "11": ("bsn",),
    "12": ("anp",),
    "21": ("rsin",),
    "22": ("ann",),
    "31": ("vestiging",),
    **dict.fromkeys(("41", "51", "61"), ("medewerker", "eenheid", "vestiging")),
}
"""The type that RGBZ puts before an identificatie, with the kinds of key that it stands for.

Senders number the betrokkenen that are no subject differently. Other digits are part of the identificatie.
"""


def sleutels(identificatie: str, keuzes: Iterable[Keuze]) -> list[str]:
    """All keys (`kind:value`) that an identificatie may stand for: bare, or after the two digits of the RGBZ type.

    Nine digits that pass the elfproef are a BSN or RSIN as they are: without the first two they would find somebody
    else. Other keys are looked for as they stand: the number of a medewerker may begin with 11, or be nobody's.
    """
    soorten = {soort for keuze in keuzes for _, soort in keuze.entiteit.sleutels}
    uit = [f"{soort}:{vorm}" for soort in sorted(soorten) for vorm in vormen(soort, identificatie)]
    voorvoegsel, rest = identificatie[:2], identificatie[2:]
    if rest and not elfproef(identificatie):
        bedoeld = soorten.intersection(_VOORVOEGSELS.get(voorvoegsel, ()))
        uit.extend(f"{soort}:{vorm}" for soort in sorted(bedoeld) for vorm in vormen(soort, rest))
    return list(dict.fromkeys(uit))


def vormen(soort: str, waarde: str) -> Iterator[str]:
    """The value, and a BSN or RSIN that lost its leading zero with it."""
    yield waarde
    if soort in ("bsn", "rsin") and waarde.isascii() and waarde.isdigit() and len(waarde) == _BSN - 1:
        yield waarde.zfill(_BSN)
