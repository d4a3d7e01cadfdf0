"""The sorteringen that StUF-ZKN numbers for ZAK, as SQL over row `z` (table zaak) and `t` (table zaaktype)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sorteerveld:
    """One thing to sort on; `uitdrukking` never gives NULL, so that a vervolgvraag can compare with it."""

    uitdrukking: str
    aflopend: bool = False


def _object(relatie: str) -> Sorteerveld:
    return Sorteerveld(
        "coalesce((SELECT min(so.identificatie) FROM zaak_relatie sr JOIN object so ON so.id = sr.object_id"
        f" WHERE sr.zaak_id = z.id AND sr.relatie = '{relatie}' AND sr.beeindigd IS NULL), '')"
    )


_IDENTIFICATIE: Final = Sorteerveld("z.identificatie")
_OMSCHRIJVING: Final = Sorteerveld("coalesce(z.omschrijving, '')")
_HOOFDZAAK: Final = Sorteerveld(
    "coalesce((SELECT min(sh.identificatie) FROM zaak_zaak sk JOIN zaak sh ON sh.id = sk.van_id"
    " WHERE sk.naar_id = z.id AND sk.relatie = 'heeftAlsDeelzaak' AND sk.beeindigd IS NULL), '')"
)
_PER_NUMMER: Final[dict[int, tuple[Sorteerveld, ...]]] = {
    0: (),
    1: (),
    2: (
        Sorteerveld("coalesce(t.inhoud ->> 'zaakcategorie', '')"),
        Sorteerveld("coalesce(t.inhoud ->> 'omschrijvingGeneriek', '')"),
    ),
    3: (Sorteerveld("coalesce(t.omschrijving, '')"),),
    4: (_OMSCHRIJVING,),
    5: (Sorteerveld("coalesce(z.startdatum, '')", aflopend=True), _OMSCHRIJVING),
    6: (_object("heeftBetrekkingOp"),),
    7: (_object("heeftAlsBelanghebbende"),),
    8: (_object("heeftAlsGemachtigde"),),
    9: (_object("heeftAlsInitiator"),),
    10: (_object("heeftAlsUitvoerende"),),
    11: (_object("heeftAlsVerantwoordelijke"),),
    12: (_HOOFDZAAK,),
    13: (_object("heeftBetrekkingOp"),),
}
SORTERINGEN: Final = {nummer: (*velden, _IDENTIFICATIE) for nummer, velden in _PER_NUMMER.items()}
"""Number -> what it sorts on; the identificatie last, so that every order is a strict one."""


def volgorde(nummer: int) -> str:
    """The ORDER BY of a sortering."""
    return ", ".join(f"{veld.uitdrukking}{' DESC' if veld.aflopend else ''}" for veld in SORTERINGEN[nummer])


def startwaarden(nummer: int) -> str:
    """The sort values of a zaak as columns s0, s1, ..."""
    return ", ".join(f"{veld.uitdrukking} AS s{plaats}" for plaats, veld in enumerate(SORTERINGEN[nummer]))


def erna(nummer: int) -> str:
    """The condition that row `z` comes after the values s0, s1, ... of `start`."""
    alternatieven = []
    gelijk = ""
    for plaats, veld in enumerate(SORTERINGEN[nummer]):
        vergelijking = "<" if veld.aflopend else ">"
        alternatieven.append(f"{gelijk}{veld.uitdrukking} {vergelijking} start.s{plaats}")
        gelijk += f"{veld.uitdrukking} = start.s{plaats} AND "
    return " OR ".join(f"({alternatief})" for alternatief in alternatieven)
