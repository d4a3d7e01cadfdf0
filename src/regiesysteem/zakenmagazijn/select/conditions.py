"""The parts of a query, and conditions on the value of an element.

A value is asked with gelijk (exact, in part or without value) or with vanaf and totEnMet (StUF 03.01, 6.3.1).
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf import values
from regiesysteem.stuf.entity import Element, Entiteit, Soort
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import GEEN_WAARDE, VOLLEDIG, Gegevens, Waarde, getal
from regiesysteem.zakenmagazijn.links import DEELZAKEN_INDICATIE, deelzaken_indicatie
from regiesysteem.zakenmagazijn.select.question import Bereik, Criterium

# --- The building blocks of a query: conditions as SQL with parameters by name, and the criteria that were ignored

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


# --- Ranges of dates and times, for values that may be incomplete (StUF 03.01, 6.3.1)

LENGTE: Final = 17
"""Digits of a StUF time at full precision."""

_LAATSTE_TIJD: Final = "235959999"
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class RangeBounds:
    """A range as texts that compare: of complete values at full length, of months (6 digits) and of years (4).

    An open side has a bound that no value passes.
    """

    van: str
    tot: str
    maand_van: str
    maand_tot: str
    jaar_van: str
    jaar_tot: str

    @property
    def ruim(self) -> tuple[str, str]:
        """Bounds, for an index, within which every stored text lies that may meet the range, in its stored form."""
        laagste = min(self.van[:8], f"{self.maand_van}00", f"{self.jaar_van}0000")
        return laagste, max(self.tot, f"{self.maand_tot}99", f"{self.jaar_tot}9999")

    def bevat(self, tekst: str, indicatie: str) -> bool:
        """Tell whether a stored value with its indOnvolledigeDatum lies within."""
        if indicatie == "V":
            return self.van <= tekst.ljust(LENGTE, "0") <= self.tot
        if indicatie == "D":
            return self.maand_van <= tekst[:6] <= self.maand_tot
        return indicatie == "M" and self.jaar_van <= tekst[:4] <= self.jaar_tot


def grenzen(laag: str | None, hoog: str | None) -> RangeBounds:
    """The range between two StUF dates or times of 8 to 17 digits; None leaves a side open."""
    van = (laag or "").ljust(LENGTE, "0") if laag else ""
    tot = (hoog or "").ljust(LENGTE, "9")
    return RangeBounds(van, tot, _maand_van(van), _maand_tot(tot), _jaar_van(van), _jaar_tot(tot))


def _maand_van(van: str) -> str:
    """The first month that lies after `van` as a whole."""
    if not van or van <= f"{van[:6]}01".ljust(LENGTE, "0"):
        return van[:6]
    return _erna(van[:6], "01" if int(van[4:6]) >= _DECEMBER else f"{int(van[4:6]) + 1:02}")


def _erna(maand: str, volgende: str) -> str:
    jaar = int(maand[:4]) + (volgende == "01")
    # After the last month there is none: a longer text is greater than all of them.
    return f"{jaar:04}{volgende}" if jaar <= 9999 else f"{maand}9"


def _maand_tot(tot: str) -> str:
    """The last month that lies before `tot` as a whole."""
    jaar, maand = int(tot[:4]), int(tot[4:6])
    if maand > _DECEMBER:
        return f"{jaar:04}{_DECEMBER}"
    if maand and tot >= f"{tot[:6]}{calendar.monthrange(jaar, maand)[1]:02}{_LAATSTE_TIJD}":
        return tot[:6]
    return f"{jaar:04}{maand - 1:02}" if maand > 1 else _jaar(jaar - 1, f"{_DECEMBER}")


def _jaar_van(van: str) -> str:
    if not van or van <= f"{van[:4]}0101".ljust(LENGTE, "0"):
        return van[:4]
    return _jaar(int(van[:4]) + 1, "")


def _jaar_tot(tot: str) -> str:
    return tot[:4] if tot >= f"{tot[:4]}1231{_LAATSTE_TIJD}" else _jaar(int(tot[:4]) - 1, "")


def _jaar(jaar: int, rest: str) -> str:
    """A year as text; before the first one "", after the last one a text that is greater than all."""
    if jaar < 0:
        return ""
    return f"{jaar:04}{rest}" if jaar <= 9999 else "99999"


# --- Conditions on the value of an element: gelijk, exact or in part, without value, and vanaf - totEnMet (6.3.1)

ONBEKEND: Final = "vastgesteldOnbekend"
_DATUMSOORTEN: Final = (Soort.DATUM, Soort.TIJDSTIP)
_LEEG: Final = Criterium("", leeg=GEEN_WAARDE)


def voorwaarde(bouw: Bouw, bron: Bron, element: Element, criterium: Criterium, plek: Plek | None = None) -> str:
    """The condition that a criterion sets to an element of a row; "" when it sets none.

    `plek` is the place of its value, if that is not the usual one of the row. Raises StUF055 for a value that cannot be
    compared.
    """
    if criterium.open or criterium.leeg not in ("", GEEN_WAARDE, ONBEKEND):
        return ""
    plat = not element.velden
    if element.letterlijk or zegt_niets(element, criterium) or (plat and criterium.kinderen):
        return bouw.negeer(element.naam)
    if plat and criterium.indicatie != VOLLEDIG and element.soort not in _DATUMSOORTEN:
        bouw.negeer("indOnvolledigeDatum")
    if element.meervoudig:
        return _een_van(bouw, bron, element, criterium)
    if element.velden:
        return _groep(bouw, bron, element, criterium)
    return op_plek(bouw, plek or bron.plek(element), element, criterium)


def op_plek(bouw: Bouw, plek: Plek, element: Element, criterium: Criterium) -> str:
    """The same for a single value, in any place."""
    if criterium.leeg:
        return _zonder(plek.tekst if not plek.geindexeerd else f"nullif({plek.tekst}, '')", plek.json, criterium.leeg)
    if criterium.bereik is not None:
        return _bereik(bouw, plek, element, criterium.bereik)
    if not criterium.exact:
        return bevat(bouw, plek.tekst, criterium.waarde.strip())
    return _gelijk(bouw, plek, element, criterium)


def _gelijk(bouw: Bouw, plek: Plek, element: Element, criterium: Criterium) -> str:
    if element.soort in _DATUMSOORTEN:
        return _datum(bouw, plek, element, criterium)
    if element.soort is Soort.GETAL and (gevraagd := getal(criterium.waarde)) is not None:
        return f"{_getal(plek.tekst)} = {bouw.parameter(gevraagd)}"
    if not criterium.waarde:
        # The question has an empty text, and a text without a value is not one.
        return f"nullif({plek.tekst}, '') = ''" if plek.geindexeerd else f"{plek.tekst} = ''"
    return f"{plek.tekst} = {bouw.parameter(criterium.waarde)}"


def zegt_niets(element: Element, criterium: Criterium) -> bool:
    """Tell whether a question has a date or number without text or noValue: no condition (docs/afwijkingen.md 31)."""
    if element.soort is Soort.TEKST or element.velden or criterium.leeg:
        return False
    bereik = criterium.bereik
    gezegd = (criterium.waarde,) if bereik is None else (bereik.laag, bereik.hoog)
    return not any((kant or "").strip() for kant in gezegd)


def bevat(bouw: Bouw, uitdrukking: str, deel: str) -> str:
    """Condition that a text contains another, in any case.

    StUF:exact="false" means that part of the value must agree, and not which part. Containing is the widest reading, so
    that no zaak that the sender may mean is missed.
    """
    patroon = deel.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # By code point, as texts are compared, only A to Z have two cases; the database knows the others too.
    return f"""{uitdrukking} COLLATE "default" ILIKE {bouw.parameter(f"%{patroon}%")}"""


def geldige_datum(element: Element, waarde: str | None) -> str | None:
    """The digits of a date or time. Raises StUF055 for another text; the day need not exist here."""
    cijfers = (waarde or "").strip()
    if not cijfers:
        return None
    if not (cijfers.isascii() and cijfers.isdigit() and 8 <= len(cijfers) <= LENGTE):
        raise StufFout(
            "StUF055",
            f"{element.naam}: {cijfers[:30]!r} is geen datum of tijdstip van 8 tot en met 17 cijfers; vraag naar zaken"
            ' zonder waarde met xsi:nil="true" en StUF:noValue="geenWaarde"',
        )
    return cijfers


def geldig_getal(element: Element, waarde: str | None) -> int | None:
    """A bound of a range of numbers. Raises StUF055 for a text that is no number."""
    cijfers = (waarde or "").strip()
    if not cijfers:
        return None
    gevraagd = getal(cijfers)
    if gevraagd is None:
        raise StufFout("StUF055", f"{element.naam}: {cijfers[:30]!r} is geen getal")
    return gevraagd


def _zonder(tekst: str, json: str, soort: str) -> str:
    """The condition of an element without a value; with geenWaarde also that no other reason is known."""
    if soort == ONBEKEND:
        return f"{json} ->> '@noValue' = '{ONBEKEND}'"
    return f"({tekst} IS NULL AND coalesce({json} ->> '@noValue', '{GEEN_WAARDE}') = '{GEEN_WAARDE}')"


def _datum(bouw: Bouw, plek: Plek, element: Element, criterium: Criterium) -> str:
    """A date equals one that is as complete as it is; a time lies within the period that the asked one names."""
    waarde = geldige_datum(element, criterium.waarde) or ""
    indicatie = f"{_indicatie(plek.json)} = {bouw.parameter(criterium.indicatie)}"
    if element.soort is Soort.DATUM or criterium.indicatie != VOLLEDIG:
        return en(f"{plek.tekst} = {bouw.parameter(waarde)}", indicatie)
    laag, hoog = bouw.parameter(waarde.ljust(LENGTE, "0")), bouw.parameter(waarde.ljust(LENGTE, "9"))
    tekst = plek.tekst if element.eigen else f"rpad({plek.tekst}, {LENGTE}, '0')"
    # A stored time may have fewer digits than the asked one, but never fewer than a day has.
    ruim = f"{plek.tekst} BETWEEN {bouw.parameter(waarde[:8])} AND {hoog}" if plek.searched else ""
    return en(ruim, f"{tekst} BETWEEN {laag} AND {hoog}", "" if element.eigen else indicatie)


def _bereik(bouw: Bouw, plek: Plek, element: Element, bereik: Bereik) -> str:
    if element.soort in _DATUMSOORTEN:
        laag, hoog = geldige_datum(element, bereik.laag), geldige_datum(element, bereik.hoog)
        return _datumbereik(bouw, plek, grenzen(laag, hoog), eigen=element.eigen)
    if element.soort is Soort.GETAL:
        return _tussen(bouw, _getal(plek.tekst), geldig_getal(element, bereik.laag), geldig_getal(element, bereik.hoog))
    waarde = f"nullif({plek.tekst}, '')" if plek.geindexeerd and not bereik.laag else plek.tekst
    return _tussen(bouw, waarde, bereik.laag, bereik.hoog)


def _tussen(bouw: Bouw, uitdrukking: str, laag: str | int | None, hoog: str | int | None) -> str:
    return en(
        f"{uitdrukking} >= {bouw.parameter(laag)}" if laag is not None else "",
        f"{uitdrukking} <= {bouw.parameter(hoog)}" if hoog is not None else "",
    )


def _datumbereik(bouw: Bouw, plek: Plek, binnen: RangeBounds, *, eigen: bool) -> str:
    """As `RangeBounds.bevat`; where there is an index, with the bounds that it can search between.

    The registration itself wrote an element that is `eigen`, always in full.
    """

    def tussen(uitdrukking: str, van: str, tot: str) -> str:
        return f"{uitdrukking} BETWEEN {bouw.parameter(van)} AND {bouw.parameter(tot)}"

    if eigen:
        return tussen(plek.tekst, binnen.van, binnen.tot)
    tekst = f"nullif({plek.tekst}, '')" if plek.geindexeerd else plek.tekst
    precies = (
        f"CASE {_indicatie(plek.json)}"
        f" WHEN 'V' THEN {tussen(f'rpad({tekst}, {LENGTE}, $0$)', binnen.van, binnen.tot)}"
        f" WHEN 'D' THEN {tussen(f'left({tekst}, 6)', binnen.maand_van, binnen.maand_tot)}"
        f" WHEN 'M' THEN {tussen(f'left({tekst}, 4)', binnen.jaar_van, binnen.jaar_tot)} ELSE false END"
    ).replace("$0$", "'0'")
    return en(tussen(plek.tekst, *binnen.ruim) if plek.geindexeerd or plek.searched else "", precies)


def _groep(bouw: Bouw, bron: Bron, element: Element, criterium: Criterium) -> str:
    return _in_groep(bouw, bron.groep(element.naam), f"({bron.json(element.naam)})", element, criterium)


def _in_groep(bouw: Bouw, binnen: Bron, json: str, element: Element, criterium: Criterium) -> str:
    """The condition on a group with its elements in `binnen`; it has no value when none of them has one."""
    if criterium.leeg == ONBEKEND:
        return f"{json} ->> '@noValue' = '{ONBEKEND}'"
    if criterium.leeg:
        delen = [_veld_leeg(bouw, binnen, veld) for veld in element.velden]
        return en(f"coalesce({json} ->> '@noValue', '{GEEN_WAARDE}') = '{GEEN_WAARDE}'", *delen)
    return _velden(bouw, binnen, element, criterium.kinderen)


def _veld_leeg(bouw: Bouw, binnen: Bron, veld: Element) -> str:
    return f"{binnen.json(veld.naam)} IS NULL" if veld.letterlijk else voorwaarde(bouw, binnen, veld, _LEEG)


def _velden(bouw: Bouw, binnen: Bron, element: Element, kinderen: tuple[Criterium, ...]) -> str:
    velden = {veld.naam: veld for veld in element.velden}
    return en(
        *(
            bouw.gevolg(
                kind,
                voorwaarde(bouw, binnen, velden[kind.naam], kind) if kind.naam in velden else bouw.negeer(kind.naam),
            )
            for kind in kinderen
        )
    )


def _een_van(bouw: Bouw, bron: Bron, element: Element, criterium: Criterium) -> str:
    """A repeating element: one of its values, or groups, meets all; no value when none of them has one."""
    lijst = f"({bron.json(element.naam)})"
    if criterium.leeg == ONBEKEND:
        return f"""{lijst} @> '[{{"@noValue": "{ONBEKEND}"}}]'"""
    gelijk = _zoals_bewaard(element, criterium)
    # The index serves containment; for other criteria each occurrence is tried.
    bevattend = f"{lijst} @> CAST({bouw.parameter(orjson.dumps([gelijk]).decode())} AS jsonb)" if gelijk else ""
    if gelijk and all(kind.naam in gelijk for kind in criterium.kinderen):
        return bevattend
    e = bouw.alias("e")
    enkel = Bron(e, f"{e}.value", kolommen=False)
    if element.velden:
        past = _in_groep(bouw, enkel, f"{e}.value", element, criterium)
    else:
        past = op_plek(bouw, Plek(json_tekst(f"{e}.value"), f"{e}.value"), element, criterium)
    if not past:
        return bevattend
    # A function in FROM is evaluated for each row; on anything but an array it would fail.
    waarden = f"jsonb_array_elements(CASE jsonb_typeof({lijst}) WHEN 'array' THEN {lijst} ELSE '[]' END)"
    if criterium.leeg:
        return f"NOT EXISTS (SELECT FROM {waarden} AS {e} WHERE NOT ({past}))"
    return en(bevattend, f"EXISTS (SELECT FROM {waarden} AS {e} WHERE {past})")


def _zoals_bewaard(element: Element, criterium: Criterium) -> str | dict[str, str]:
    """The value that a criterion asks of a repeating element, in the form in which it is stored."""
    if not element.velden:
        return criterium.waarde if criterium.gelijk else ""
    namen = {veld.naam for veld in element.velden if not veld.letterlijk and not veld.velden}
    return {kind.naam: kind.waarde for kind in criterium.kinderen if kind.naam in namen and kind.gelijk}


def _indicatie(json: str) -> str:
    return f"coalesce({json} ->> '@indOnvolledigeDatum', '{VOLLEDIG}')"


def _getal(uitdrukking: str) -> str:
    return f"(CASE WHEN {uitdrukking} ~ '^[0-9]+$' THEN CAST({uitdrukking} AS numeric) END)"


# --- Criteria on zaaktypen and statustypen, which are in memory, so that a query gets their ids

Kandidaat = tuple[int, Gegevens]
"""Id of a type, and its elements."""


def passende(
    bouw: Bouw, entiteit: Entiteit, criteria: Iterable[Criterium], kandidaten: Iterable[Kandidaat]
) -> list[int] | None:
    """The ids of the types that meet all criteria; None when the criteria set no condition at all."""
    getest = [
        (element, criterium)
        for criterium in criteria
        if _stelt_eis(criterium) and (element := _element(bouw, entiteit, criterium)) is not None
    ]
    if not getest:
        return None
    return [
        id_
        for id_, gegevens in kandidaten
        if all(_voldoet(element, gegevens.get(element.naam), criterium) for element, criterium in getest)
    ]


def _element(bouw: Bouw, entiteit: Entiteit, criterium: Criterium) -> Element | None:
    """A plain element of the type that a criterion is about; others cannot be selected on."""
    element = entiteit.element(criterium.naam)
    if element is None or element.letterlijk or element.velden or criterium.kinderen or zegt_niets(element, criterium):
        bouw.negeer(criterium.naam)
        return None
    if criterium.indicatie != VOLLEDIG and element.soort not in (Soort.DATUM, Soort.TIJDSTIP):
        bouw.negeer("indOnvolledigeDatum")
    return element


def _stelt_eis(criterium: Criterium) -> bool:
    return not criterium.open and criterium.leeg in ("", GEEN_WAARDE, ONBEKEND)


def _voldoet(element: Element, waarde: Waarde | None, criterium: Criterium) -> bool:
    enkele: Sequence[Waarde | None] = waarde if isinstance(waarde, list) else [waarde]
    if criterium.leeg == GEEN_WAARDE:
        return values.is_leeg(waarde)
    if criterium.leeg == ONBEKEND:
        return any(values.geen_waarde(enkel) == ONBEKEND for enkel in enkele)
    return any(_past(element, tekst, enkel, criterium) for enkel in enkele if (tekst := values.tekst(enkel)))


def _past(element: Element, tekst: str, waarde: Waarde | None, criterium: Criterium) -> bool:
    indicatie = waarde.get("@indOnvolledigeDatum", VOLLEDIG) if isinstance(waarde, dict) else VOLLEDIG
    if criterium.bereik is not None:
        return _binnen(element, tekst, indicatie, criterium.bereik)
    if not criterium.exact:
        return criterium.waarde.strip().lower() in tekst.lower()
    if element.soort is Soort.GETAL and (gevraagd := getal(criterium.waarde)) is not None:
        return getal(tekst) == gevraagd
    if element.soort in (Soort.DATUM, Soort.TIJDSTIP):
        return (tekst, indicatie) == (geldige_datum(element, criterium.waarde), criterium.indicatie)
    return tekst == criterium.waarde


def _binnen(element: Element, tekst: str, indicatie: str, bereik: Bereik) -> bool:
    if element.soort in (Soort.DATUM, Soort.TIJDSTIP):
        gevraagd = grenzen(geldige_datum(element, bereik.laag), geldige_datum(element, bereik.hoog))
        return gevraagd.bevat(tekst, indicatie)
    if element.soort is Soort.GETAL:
        laag, hoog = geldig_getal(element, bereik.laag), geldig_getal(element, bereik.hoog)
        return tekst.isdecimal() and (laag is None or laag <= int(tekst)) and (hoog is None or int(tekst) <= hoog)
    return (bereik.laag is None or bereik.laag <= tekst) and (bereik.hoog is None or tekst <= bereik.hoog)
