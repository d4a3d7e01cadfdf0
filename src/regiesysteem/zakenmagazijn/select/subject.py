"""The subjects of questions: zaken, with the orders that StUF-ZKN numbers for them (StUF 03.01, 6.1, sortering)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from regiesysteem.stuf.entity import Entiteit
from regiesysteem.zakenmagazijn.rows import holds
from regiesysteem.zakenmagazijn.select.conditions import Build, source
from regiesysteem.zakenmagazijn.select.question import Criterium
from regiesysteem.zakenmagazijn.select.sql import zaak_conditions
from regiesysteem.zkn.zaak import ZAK

# --- What a question may be about


@dataclass(frozen=True, slots=True)
class SortField:
    """One thing to sort on.

    Attributes:
        expression: SQL that never gives NULL, so that a vervolgvraag can compare with it.
        path: where the object of an answer has the same text: an element, or one of the gerelateerde of a relation, of
            which the least counts; () where an answer may have another.
        descending: greatest first.
    """

    expression: str
    path: tuple[str, ...] = ()
    descending: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class QuestionSubject:
    """The kind of object that a question is about.

    Attributes:
        entiteit: its entity table; `noun` its name in Dutch.
        table: its table, `row` the alias of a row of it.
        sorteringen: the fields of each order by its number; the identificatie last, so that every order is strict.
        joins: by order what its fields need beside that row.
        conditions: the conditions that criteria set to a row, "" when they set none.
    """

    entiteit: Entiteit
    noun: str
    table: str
    row: str
    sorteringen: Mapping[int, tuple[SortField, ...]]
    joins: Mapping[int, str]
    conditions: Callable[[Build, Iterable[Criterium]], str]

    def source(self, number: int) -> str:
        """The text after FROM for an order."""
        return f"{self.table} {self.row} {self.joins.get(number, '')}".rstrip()

    def order(self, number: int) -> str:
        """The text after ORDER BY for an order."""
        fields = self.sorteringen[number]
        return ", ".join(f"{field.expression}{' DESC' if field.descending else ''}" for field in fields)

    def after(self, number: int, waarden: tuple[str, ...]) -> str:
        """The condition that a row comes after a start object with these sort values, SQL in that order.

        Fields that sort in one direction are compared as a row, so that an index can begin where the answer continues.
        """
        fields = self.sorteringen[number]
        if not fields[0].descending:
            columns = ", ".join(field.expression for field in fields)
            return f"({columns}) > ({', '.join(waarden)})"
        rest = ", ".join(field.expression for field in fields[1:])
        first = fields[0].expression
        return f"{first} <= {waarden[0]} AND ({first} < {waarden[0]} OR ({rest}) > ({', '.join(waarden[1:])}))"


# --- Zaken


def _object(relatie: str) -> SortField:
    return SortField(
        "coalesce((SELECT min(so.identificatie) FROM zaak_relatie sr JOIN object so ON so.id = sr.object_id"
        f" WHERE sr.zaak_id = z.id AND sr.relatie = '{relatie}' AND {holds('sr.beeindigd')}), '')",
        (relatie, "identificatie"),
    )


_IDENTIFICATIE: Final = SortField("z.identificatie", ("identificatie",))
_OMSCHRIJVING: Final = SortField("coalesce(z.omschrijving, '')", ("omschrijving",))
_STARTDATUM: Final = SortField("coalesce(z.startdatum, '')", ("startdatum",), descending=True)
_HOOFDZAAK: Final = SortField(
    "coalesce((SELECT min(sh.identificatie) FROM zaak_zaak sk JOIN zaak sh ON sh.id = sk.van_id"
    f" WHERE sk.naar_id = z.id AND sk.relatie = 'heeftAlsDeelzaak' AND {holds('sk.beeindigd')}), '')",
    ("heeftAlsHoofdzaak", "identificatie"),
)
_PER_NUMBER: Final[dict[int, tuple[SortField, ...]]] = {
    0: (),
    1: (),
    # When the inrichting has none of these, an answer gives the value in the message of the zaak.
    2: (
        SortField("coalesce(t.inhoud ->> 'zaakcategorie', '') COLLATE \"C\""),
        SortField("coalesce(t.inhoud ->> 'omschrijvingGeneriek', '') COLLATE \"C\""),
    ),
    3: (SortField("coalesce(t.omschrijving, '')", ("isVan", "omschrijving")),),
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
_ZAAKTYPE: Final = "LEFT JOIN zaaktype t ON t.id = z.zaaktype_id"


def _of_zaken(build: Build, criteria: Iterable[Criterium]) -> str:
    return zaak_conditions(build, source("z", zaak=True), criteria)


ZAKEN: Final = QuestionSubject(
    entiteit=ZAK,
    noun="zaak",
    table="zaak",
    row="z",
    sorteringen={number: (*fields, _IDENTIFICATIE) for number, fields in _PER_NUMBER.items()},
    joins={2: _ZAAKTYPE, 3: _ZAAKTYPE},
    conditions=_of_zaken,
)
"""Zaken; the orders over row `z`, and over row `t` of table zaaktype."""
