"""Conditions on the value of an element: gelijk, exact or in part, without value, and vanaf - totEnMet (6.3.1)."""

from typing import Final

import orjson

from regiesysteem.stuf.entity import Element, Soort
from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.values import GEEN_WAARDE, VOLLEDIG, getal
from regiesysteem.zakenmagazijn.selectie.bouw import Bouw, Bron, Plek, en, json_tekst
from regiesysteem.zakenmagazijn.selectie.criterium import Bereik, Criterium
from regiesysteem.zakenmagazijn.selectie.periode import LENGTE, Grenzen, grenzen

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


def _datumbereik(bouw: Bouw, plek: Plek, binnen: Grenzen, *, eigen: bool) -> str:
    """As `Grenzen.bevat`; where there is an index, with the bounds that it can search between.

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
