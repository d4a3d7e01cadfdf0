"""The questions that an index answers: each element that may be selected on, each way to ask for it, each sortering."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, text
from tests.zakenmagazijn.select.conftest import Magazijn

from regiesysteem.access.caller import UNBOUNDED, Grant
from regiesysteem.access.sight import parameters as rights
from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.entity import Element, Entiteit, Relatie, Soort
from regiesysteem.stuf.message import Systeem
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS
from regiesysteem.zakenmagazijn.select import search
from regiesysteem.zakenmagazijn.select.conditions import Build, source
from regiesysteem.zakenmagazijn.select.question import Criterium, Range
from regiesysteem.zakenmagazijn.select.sql import zaak_conditions
from regiesysteem.zakenmagazijn.select.subject import ZAKEN as SUBJECT
from regiesysteem.zkn.zaak import ZAK

_VALUES: Final = {Soort.DATUM: "20230105", Soort.TIJDSTIP: "20230105120000", Soort.NUMERAL: "7"}
_LARGE: Final = frozenset({"zaak", "object", "zaak_relatie", "zaak_status", "zaak_zaak"})
_SMALL: Final = "ix_zaak_relatie_eigen_naam"
"""An index of the few relations that call somebody otherwise: it may be read from end to end."""
_GIVEN: Final = {"indicatieLaatsteStatus": "J", "code": "A", "volgnummer": "1"}
"""Values for what is looked up before the query, so that something is found."""
PLANS: Final = Path(__file__).with_name("plannen.txt")
_GENERAL: Final = ("identificatie", "naam", "typering")
Pad = tuple[str, ...]


ZAKEN: Final = 20_000
_SOORTEN: Final = sorted({choice.entiteit.code for relatie in ZAK.relaties for choice in relatie.gerelateerde})
# Every kind of object in every relation, every column filled: else the planner sees that there is nothing to read.
_FILL: Final = f"""
    INSERT INTO object (entiteittype, sleutel, identificatie, naam, inhoud)
    SELECT soorten.naam, 'bsn:' || lpad(n::text, 9, '0'), lpad(n::text, 9, '0'), 'Naam' || n % 500,
           jsonb_build_object('anp.identificatie', 'a' || n, 'ann.identificatie', 'b' || n)
    FROM generate_series(1, {ZAKEN // 4}) n
    JOIN unnest(:soorten) WITH ORDINALITY soorten (naam, plaats) ON plaats = n % :aantal + 1;
    INSERT INTO zaak (identificatie, zaaktype_id, omschrijving, toelichting, startdatum, einddatum, registratiedatum,
                      einddatum_gepland, uiterlijke_einddatum, publicatiedatum, laatste_betaaldatum, inhoud)
    SELECT 'z' || lpad((n * 7919 % {ZAKEN})::text, 6, '0'), (SELECT min(id) FROM zaaktype) + n % 3, 'Zaak ' || n % 400,
           'Over ' || n, dag, CASE WHEN n % 20 <> 0 THEN dag END, dag, dag, dag, dag, dag,
           jsonb_build_object('kenmerk', jsonb_build_array(jsonb_build_object('kenmerk', 'K' || n, 'bron', 'GWS')))
    FROM generate_series(1, {ZAKEN}) n, to_char(date '2020-01-01' + n % 2000, 'YYYYMMDD') dag;
    INSERT INTO zaak_relatie (zaak_id, relatie, object_id, code, omschrijving, toelichting)
    SELECT z.id, (:relaties)[1 + (z.id * 2 + k) % :relatieaantal], (SELECT min(id) FROM object) + z.id % {ZAKEN // 4},
           'c' || z.id % 50, 'Rol ' || z.id % 50, 'Toelichting ' || z.id
    FROM zaak z, generate_series(0, 1) k;
    INSERT INTO zaak_status (zaak_id, statustype_id, datum_status_gezet, moment, laatste, toelichting, gezet_door_id)
    SELECT z.id, (SELECT min(id) FROM statustype) + z.id % 3, z.startdatum, rpad(z.startdatum, 17, '0'), true,
           'Waarom ' || z.id, (SELECT min(id) FROM object) + z.id % 2000 FROM zaak z;
    INSERT INTO zaak_zaak (relatie, van_id, naar_id)
    SELECT CASE WHEN id % 2 = 0 THEN 'heeftAlsDeelzaak' ELSE 'heeftBetrekkingOpAndere' END, id, id + 1 FROM zaak
    WHERE id < (SELECT max(id) FROM zaak);
    INSERT INTO zaak_eigenaar (applicatie, organisatie, administratie, zaak_id)
    SELECT CASE WHEN id % 2 = 0 THEN 'GWS4all' ELSE 'WmoVoorziening' END, '1900', '', id FROM zaak;
    ANALYZE object, zaak, zaak_relatie, zaak_status, zaak_zaak, zaak_eigenaar;
"""


@pytest.fixture(scope="module")
def full(module_engine: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A magazijn with thousands of zaken, its statistics up to date."""
    relaties = sorted(TO_OBJECTS.names)
    waarden = {"soorten": _SOORTEN, "aantal": len(_SOORTEN), "relaties": relaties, "relatieaantal": len(relaties)}
    with module_engine.connect() as connection:
        for command in filter(str.strip, _FILL.split(";")):
            used = {naam: waarde for naam, waarde in waarden.items() if f":{naam}" in command}
            connection.execute(text(command), used)
        yield Magazijn(connection, inrichting)
        connection.rollback()


def _fields(elementen: tuple[Element, ...], before: Pad = ()) -> Iterator[tuple[Pad, Element]]:
    for element in elementen:
        if element.fields:
            yield from _fields(element.fields, (*before, element.naam))
        elif not element.verbatim:
            yield (*before, element.naam), element


def _related(relatie: Relatie, seen: set[str]) -> Iterator[tuple[Pad, Element]]:
    """The elements of the other end that may be asked; an entity that another relation gave is not given again."""
    for choice in relatie.gerelateerde:
        if choice.entiteit.code not in seen:
            seen.add(choice.entiteit.code)
            yield from _fields(choice.entiteit.elementen, ("gerelateerde", *([choice.naam] if choice.naam else [])))
    if relatie.choice("") is None and "" not in seen:
        seen.add("")
        for naam in _GENERAL:
            yield ("gerelateerde", naam), Element(naam)


def _paths(entiteit: Entiteit = ZAK) -> Iterator[tuple[Pad, Element]]:
    """Every path that a question may name, with its element."""
    yield from _fields(entiteit.elementen)
    seen: set[str] = set()
    for relatie in entiteit.relaties:
        for path, element in (*_fields(relatie.elementen), *_related(relatie, seen)):
            yield (relatie.naam, *path), element
        for deeper in relatie.relaties:
            for path, element in (*_fields(deeper.elementen), *_related(deeper, set())):
                yield (relatie.naam, deeper.naam, *path), element


def _asked(path: Pad, element: Element) -> Iterator[tuple[str, Criterium]]:
    waarde = _GIVEN.get(path[-1]) or _VALUES.get(element.soort, "K77")
    leaf = Criterium(path[-1], waarde=waarde)
    for how, criterium in (
        ("gelijk", leaf),
        ("ongeveer", replace(leaf, waarde="K77 lang", exact=False)),
        ("bereik", replace(leaf, waarde="", range_=Range(waarde, waarde))),
    ):
        yield how, reduce(lambda inside, naam: Criterium(naam, children=(inside,)), reversed(path[:-1]), criterium)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _plan(
    magazijn: Magazijn, where: str, parameters: dict[str, Any], sortering: int, grant: Grant = UNBOUNDED
) -> list[dict[str, Any]]:
    command = search._command(SUBJECT, where, sortering, None, grant.kinds)._sql
    row = magazijn.connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {command}", {**parameters, **rights(grant), "grens": 16}
    )
    return list(_nodes(row.scalar_one()[0]["Plan"]))


def _scans(magazijn: Magazijn, where: str, parameters: dict[str, Any], grant: Grant) -> bool:
    """Tell whether the plan reads a large table, or an index of it, from end to end."""
    return any(_is_scan(magazijn, node) for node in _plan(magazijn, where, parameters, 0, grant))


def _is_scan(magazijn: Magazijn, node: dict[str, Any]) -> bool:
    if node["Node Type"] == "Seq Scan":
        return node["Relation Name"] in _LARGE
    if node.get("Index Name", _SMALL) == _SMALL:
        return False
    # A condition on another column than the first of an index is looked for in the whole index.
    first = magazijn.connection.exec_driver_sql(
        "SELECT pg_get_indexdef(CAST(%(index)s AS regclass), 1, true)", {"index": node["Index Name"]}
    ).scalar_one()
    cond = node.get("Index Cond", "")
    return not cond or (first.isidentifier() and re.search(rf"\b{first}\b", cond) is None)


def _sorts(magazijn: Magazijn, sortering: int, grant: Grant = UNBOUNDED) -> bool:
    """Tell whether all zaken are sorted, to give the first of them."""
    return any(node["Node Type"] == "Sort" for node in _plan(magazijn, "", {}, sortering, grant))


def _half(inrichting: Inrichting) -> Grant:
    """The rights of a sender that sees the zaken of two zaaktypen of the three, when it made them itself."""
    zaaktypen = frozenset(zaaktype.id for zaaktype in inrichting.zaaktypen[:2])
    return Grant(zaaktypen=zaaktypen, eigenaar=Systeem("1900", "GWS4all"), organisaties=("1900", ""))


def _quick(magazijn: Magazijn, grant: Grant = UNBOUNDED) -> dict[str, str]:
    """Per path the ways to ask that an index answers; only of paths that set a condition."""
    out: dict[str, str] = {}
    for path, element in _paths():
        for how, criterium in _asked(path, element):
            build = Build(magazijn.inrichting)
            where = zaak_conditions(build, source("z", zaak=True), (criterium,))
            if where:
                quick = "" if _scans(magazijn, where, build.parameters, grant) else how
                out["/".join(path)] = " ".join(filter(None, (out.get("/".join(path), ""), quick)))
    return out


def _listed() -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in PLANS.read_text().splitlines() if not line.startswith("#"))


def test_each_way_to_ask_has_its_plan(full: Magazijn) -> None:
    """A new element is listed, with the ways to ask that an index answers; `-` where all zaken are looked at."""
    found, listed = _quick(full), _listed()
    assert sorted(found) == sorted(listed)
    lost = {
        path: ways for path, ways in listed.items() if ways != "-" and not {*ways.split()} <= {*found[path].split()}
    }
    assert not lost


def test_rights_take_no_plan_away(full: Magazijn) -> None:
    """A question that an index answers for a caller that sees all, an index answers for one that sees half."""
    found, listed = _quick(full, _half(full.inrichting)), _listed()
    lost = {
        path: ways for path, ways in listed.items() if ways != "-" and not {*ways.split()} <= {*found[path].split()}
    }
    assert not lost


def test_only_these_orders_sort_all_zaken(full: Magazijn) -> None:
    assert {number for number in SUBJECT.sorteringen if _sorts(full, number)} == {2, 3, *range(6, 14)}


def test_each_reference_has_an_index(full: Magazijn) -> None:
    """Else the row that is referred to is removed by looking at the whole table; nobody removes the ones named here."""
    without = text("""
        SELECT conrelid::regclass || '.' || attname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND conrelid::regclass::text NOT LIKE 'procrastinate%'
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = conrelid AND i.indkey[0] = attnum)
    """)
    assert {*full.connection.execute(without).scalars()} == {"gebeurtenis.zaak_id"}
