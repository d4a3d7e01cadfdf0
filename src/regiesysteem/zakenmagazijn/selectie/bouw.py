"""The building blocks of a query: conditions as SQL with parameters by name, and the criteria that were ignored."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.entity import Element
from regiesysteem.stuf.values import VOLLEDIG
from regiesysteem.zakenmagazijn.links import DEELZAKEN_INDICATIE, deelzaken_indicatie
from regiesysteem.zakenmagazijn.selectie.criterium import Criterium

NOOIT: Final = "false"
"""A condition that no zaak meets."""

GEINDEXEERD: Final = frozenset({"omschrijving", "startdatum"})
"""Columns of table zaak that are indexed without NULL, because sorteringen and vervolgvragen want them so."""

SEARCHED_DATES: Final = frozenset(
    {"registratiedatum", "einddatum_gepland", "uiterlijke_einddatum", "einddatum", "datum_status_gezet"}
)
"""Columns with a date, of tables zaak and zaak_status, that are indexed as they are."""


@dataclass(slots=True)
class Bouw:
    """Collects the parameters of one query; its SQL text depends on the names of criteria, never on their values."""

    inrichting: Inrichting
    parameters: dict[str, Any] = field(default_factory=dict)
    genegeerd: list[str] = field(default_factory=list)
    _alias: int = 0

    def parameter(self, waarde: Any) -> str:
        """Bind a value and give its placeholder."""
        naam = f"p{len(self.parameters)}"
        self.parameters[naam] = waarde
        return f":{naam}"

    def alias(self, letter: str) -> str:
        """A table alias of its own."""
        self._alias += 1
        return f"{letter}{self._alias}"

    def negeer(self, naam: str) -> str:
        """Note a criterion that is not supported (6.3.1: melding StUF0001); gives the condition that it sets: none."""
        if naam not in self.genegeerd:
            self.genegeerd.append(naam)
        return ""

    def negeer_waarde(self, criterium: Criterium) -> None:
        """Note a criterion on the value of something that has none: a relation, or an object."""
        if criterium.kinderen or criterium.leeg:
            return
        if criterium.waarde.strip() or criterium.bereik is not None:
            self.negeer(criterium.naam)
        if not criterium.exact:
            self.negeer("exact")
        if criterium.indicatie != VOLLEDIG:
            self.negeer("indOnvolledigeDatum")

    def gevolg(self, criterium: Criterium, voorwaarde: str) -> str:
        """The condition that a criterion set; when it is none although one was wanted, the criterion is noted as such.

        Criteria inside it that were noted already are not noted again.
        """
        if not voorwaarde and criterium.stelt_eis and not any(een.naam in self.genegeerd for een in criterium.alle()):
            self.negeer(criterium.naam)
        return voorwaarde


@dataclass(frozen=True, slots=True)
class Plek:
    """The place of the value of one element: SQL of its text, and of the jsonb that has its noValue and attributes.

    `geindexeerd`: an index has the text with "" for no value. `searched`: an index has the text as it is.
    """

    tekst: str
    json: str
    geindexeerd: bool = False
    searched: bool = False


@dataclass(frozen=True, slots=True)
class Bron:
    """A row, or a group inside one, that elements have their values in.

    Attributes:
        alias: alias of the row.
        inhoud: SQL of the jsonb object that has what is not in columns.
        aanvulling: SQL of a jsonb object whose elements go before those of `inhoud`; "" for none.
        kolommen: whether elements with a column are there.
        zaak: whether it is a row of table zaak.
        sleutel: SQL of a reference to the row that an index starts with; "" where there is none.
    """

    alias: str
    inhoud: str
    aanvulling: str = ""
    kolommen: bool = True
    zaak: bool = False
    sleutel: str = ""

    def json(self, naam: str) -> str:
        """The stored value of an element; names come from the entity tables."""
        if self.aanvulling:
            return f"coalesce({self.aanvulling} -> '{naam}', {self.inhoud} -> '{naam}')"
        return f"{self.inhoud} -> '{naam}'"

    def groep(self, naam: str) -> "Bron":
        """The elements of a group."""
        return replace(self, inhoud=f"({self.json(naam)})", aanvulling="", kolommen=False, zaak=False)

    def plek(self, element: Element) -> Plek:
        """The place of the value of an element."""
        json = f"({self.json(element.naam)})"
        if not (element.kolom and self.kolommen):
            return Plek(json_tekst(json), json)
        kolom = f"{self.alias}.{element.kolom}"
        if self.aanvulling:
            return self.gedeeld(element.kolom, (element.naam,))
        if self.zaak and element.kolom == DEELZAKEN_INDICATIE:
            return Plek(f"({deelzaken_indicatie(self.alias)})", json)
        if self.zaak and element.kolom in GEINDEXEERD:
            return Plek(f"coalesce({kolom}, '')", json, geindexeerd=True)
        return Plek(kolom, json, searched=element.kolom in SEARCHED_DATES)

    def gedeeld(self, kolom: str, namen: Sequence[str]) -> Plek:
        """The place of the value of a column; `aanvulling` may have another value under one of these names."""
        gezegd = ", ".join(f"{self.aanvulling} -> '{naam}'" for naam in namen)
        eigen = f"coalesce({gezegd})"
        tekst = f"(CASE WHEN {eigen} IS NULL THEN {self.alias}.{kolom} ELSE {json_tekst(eigen)} END)"
        return Plek(tekst, f"coalesce({', '.join(self.json(naam) for naam in namen)})")


def bron(alias: str, *, zaak: bool = False) -> Bron:
    """A row of a table that has an `inhoud`."""
    return Bron(alias, f"{alias}.inhoud", zaak=zaak)


def json_tekst(json: str) -> str:
    """The text of a stored value (`regiesysteem.stuf.values`) in SQL, compared as columns are; NULL without one."""
    tekst = f"CASE jsonb_typeof({json}) WHEN 'string' THEN {json} #>> '{{}}' WHEN 'object' THEN {json} ->> '_' END"
    return f'({tekst} COLLATE "C")'


def en(*delen: str) -> str:
    """All of these conditions; "" when there is none."""
    return " AND ".join(deel for deel in delen if deel)
