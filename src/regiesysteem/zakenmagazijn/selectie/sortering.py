"""The sorteringen that StUF-ZKN numbers for ZAK, as SQL over row `z` (table zaak) and `t` (table zaaktype)."""

from dataclasses import dataclass
from typing import Final

from regiesysteem.zakenmagazijn.rows import holds


@dataclass(frozen=True, slots=True)
class Sorteerveld:
    """One thing to sort on.

    Attributes:
        uitdrukking: SQL that never gives NULL, so that a vervolgvraag can compare with it.
        pad: where the zaak of an answer has the same text: an element, or one of the gerelateerde of a relation, of
            which the least counts; () where an answer may have another.
        aflopend: greatest first.
    """

    uitdrukking: str
    pad: tuple[str, ...] = ()
    aflopend: bool = False


def _object(relatie: str) -> Sorteerveld:
    return Sorteerveld(
        "coalesce((SELECT min(so.identificatie) FROM zaak_relatie sr JOIN object so ON so.id = sr.object_id"
        f" WHERE sr.zaak_id = z.id AND sr.relatie = '{relatie}' AND {holds('sr.beeindigd')}), '')",
        (relatie, "identificatie"),
    )


_IDENTIFICATIE: Final = Sorteerveld("z.identificatie", ("identificatie",))
_OMSCHRIJVING: Final = Sorteerveld("coalesce(z.omschrijving, '')", ("omschrijving",))
_STARTDATUM: Final = Sorteerveld("coalesce(z.startdatum, '')", ("startdatum",), aflopend=True)
_HOOFDZAAK: Final = Sorteerveld(
    "coalesce((SELECT min(sh.identificatie) FROM zaak_zaak sk JOIN zaak sh ON sh.id = sk.van_id"
    f" WHERE sk.naar_id = z.id AND sk.relatie = 'heeftAlsDeelzaak' AND {holds('sk.beeindigd')}), '')",
    ("heeftAlsHoofdzaak", "identificatie"),
)
_PER_NUMMER: Final[dict[int, tuple[Sorteerveld, ...]]] = {
    0: (),
    1: (),
    # When the inrichting has none of these, an answer gives the value in the message of the zaak.
    2: (
        Sorteerveld("coalesce(t.inhoud ->> 'zaakcategorie', '') COLLATE \"C\""),
        Sorteerveld("coalesce(t.inhoud ->> 'omschrijvingGeneriek', '') COLLATE \"C\""),
    ),
    3: (Sorteerveld("coalesce(t.omschrijving, '')", ("isVan", "omschrijving")),),
    4: (_OMSCHRIJVING,),
    5: (_STARTDATUM, _OMSCHRIJVING),
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
"""The fields of each sortering by its number; the identificatie last, so that every order is a strict one."""

MET_ZAAKTYPE: Final = frozenset({2, 3})
"""The sorteringen that need table zaaktype."""


def volgorde(nummer: int) -> str:
    """The ORDER BY of a sortering."""
    return ", ".join(f"{veld.uitdrukking}{' DESC' if veld.aflopend else ''}" for veld in SORTERINGEN[nummer])


def erna(nummer: int, waarden: tuple[str, ...]) -> str:
    """The condition that row `z` comes after a start object with these sort values, SQL in the order of the sortering.

    Fields that sort in one direction are compared as a row, so that an index can begin where the answer continues.
    """
    velden = SORTERINGEN[nummer]
    if not velden[0].aflopend:
        links = ", ".join(veld.uitdrukking for veld in velden)
        return f"({links}) > ({', '.join(waarden)})"
    rest = ", ".join(veld.uitdrukking for veld in velden[1:])
    eerste = velden[0].uitdrukking
    return f"{eerste} <= {waarden[0]} AND ({eerste} < {waarden[0]} OR ({rest}) > ({', '.join(waarden[1:])}))"
