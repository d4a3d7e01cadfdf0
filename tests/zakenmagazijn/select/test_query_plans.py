"""Which questions an index answers: each element that may be selected on, each way to ask for it, each sortering."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine, text
from tests.zakenmagazijn.select.conftest import Magazijn

from regiesysteem.inrichting.current import Inrichting
from regiesysteem.stuf.entity import Element, Entiteit, Relatie, Soort
from regiesysteem.zakenmagazijn.relations import TO_OBJECTS
from regiesysteem.zakenmagazijn.select import search
from regiesysteem.zakenmagazijn.select.conditions import Bouw, bron
from regiesysteem.zakenmagazijn.select.question import Bereik, Criterium
from regiesysteem.zakenmagazijn.select.search import SORTERINGEN
from regiesysteem.zakenmagazijn.select.sql import zaakvoorwaarden
from regiesysteem.zkn.zaak import ZAK

_VALUES: Final = {Soort.DATUM: "20230105", Soort.TIJDSTIP: "20230105120000", Soort.GETAL: "7"}
_LARGE: Final = frozenset({"zaak", "object", "zaak_relatie", "zaak_status", "zaak_zaak"})
_SMALL: Final = "ix_zaak_relatie_eigen_naam"
"""An index of the few relations that call somebody otherwise: it may be read from end to end."""
_GIVEN: Final = {"indicatieLaatsteStatus": "J", "code": "A", "volgnummer": "1"}
"""Values for what is looked up before the query, so that something is found."""
PLANNEN: Final = Path(__file__).with_name("plannen.txt")
_GENERAL: Final = ("identificatie", "naam", "typering")
Pad = tuple[str, ...]


ZAKEN: Final = 20_000
_SOORTEN: Final = sorted({keuze.entiteit.code for relatie in ZAK.relaties for keuze in relatie.gerelateerde})
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
    ANALYZE object, zaak, zaak_relatie, zaak_status, zaak_zaak;
"""


@pytest.fixture(scope="module")
def vol(motor: Engine, inrichting: Inrichting) -> Iterator[Magazijn]:
    """A magazijn with thousands of zaken, its statistics up to date."""
    relaties = sorted(TO_OBJECTS.names)
    waarden = {"soorten": _SOORTEN, "aantal": len(_SOORTEN), "relaties": relaties, "relatieaantal": len(relaties)}
    with motor.connect() as verbinding:
        for opdracht in filter(str.strip, _FILL.split(";")):
            gebruikt = {naam: waarde for naam, waarde in waarden.items() if f":{naam}" in opdracht}
            verbinding.execute(text(opdracht), gebruikt)
        yield Magazijn(verbinding, inrichting)
        verbinding.rollback()


def _fields(elementen: tuple[Element, ...], before: Pad = ()) -> Iterator[tuple[Pad, Element]]:
    for element in elementen:
        if element.velden:
            yield from _fields(element.velden, (*before, element.naam))
        elif not element.letterlijk:
            yield (*before, element.naam), element


def _related(relatie: Relatie, seen: set[str]) -> Iterator[tuple[Pad, Element]]:
    """What may be asked of the other end; an entity of which another relation told already is not told again."""
    for keuze in relatie.gerelateerde:
        if keuze.entiteit.code not in seen:
            seen.add(keuze.entiteit.code)
            yield from _fields(keuze.entiteit.elementen, ("gerelateerde", *([keuze.naam] if keuze.naam else [])))
    if relatie.keuze("") is None and "" not in seen:
        seen.add("")
        for naam in _GENERAL:
            yield ("gerelateerde", naam), Element(naam)


def _paths(entiteit: Entiteit = ZAK) -> Iterator[tuple[Pad, Element]]:
    """Every path that a question may name, with its element."""
    yield from _fields(entiteit.elementen)
    seen: set[str] = set()
    for relatie in entiteit.relaties:
        for pad, element in (*_fields(relatie.elementen), *_related(relatie, seen)):
            yield (relatie.naam, *pad), element
        for dieper in relatie.relaties:
            for pad, element in (*_fields(dieper.elementen), *_related(dieper, set())):
                yield (relatie.naam, dieper.naam, *pad), element


def _asked(pad: Pad, element: Element) -> Iterator[tuple[str, Criterium]]:
    waarde = _GIVEN.get(pad[-1]) or _VALUES.get(element.soort, "K77")
    leaf = Criterium(pad[-1], waarde=waarde)
    for how, criterium in (
        ("gelijk", leaf),
        ("ongeveer", replace(leaf, waarde="K77 lang", exact=False)),
        ("bereik", replace(leaf, waarde="", bereik=Bereik(waarde, waarde))),
    ):
        yield how, reduce(lambda binnen, naam: Criterium(naam, kinderen=(binnen,)), reversed(pad[:-1]), criterium)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for deel in plan.get("Plans", ()):
        yield from _nodes(deel)


def _plan(magazijn: Magazijn, waar: str, parameters: dict[str, Any], sortering: int) -> list[dict[str, Any]]:
    opdracht = search._opdracht(waar, sortering, None)._sql
    rij = magazijn.verbinding.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {opdracht}", {**parameters, "grens": 16})
    return list(_nodes(rij.scalar_one()[0]["Plan"]))


def _scans(magazijn: Magazijn, waar: str, parameters: dict[str, Any]) -> bool:
    """Whether the plan reads a large table, or an index of it, from end to end."""
    return any(_is_scan(magazijn, node) for node in _plan(magazijn, waar, parameters, 0))


def _is_scan(magazijn: Magazijn, node: dict[str, Any]) -> bool:
    if node["Node Type"] == "Seq Scan":
        return node["Relation Name"] in _LARGE
    if node.get("Index Name", _SMALL) == _SMALL:
        return False
    # A condition on another column than the first of an index is looked for in the whole index.
    eerste = magazijn.verbinding.exec_driver_sql(
        "SELECT pg_get_indexdef(CAST(%(index)s AS regclass), 1, true)", {"index": node["Index Name"]}
    ).scalar_one()
    cond = node.get("Index Cond", "")
    return not cond or (eerste.isidentifier() and re.search(rf"\b{eerste}\b", cond) is None)


def _sorts(magazijn: Magazijn, sortering: int) -> bool:
    """Whether all zaken are sorted, to give the first of them."""
    return any(node["Node Type"] == "Sort" for node in _plan(magazijn, "", {}, sortering))


def _quick(magazijn: Magazijn) -> dict[str, str]:
    """Per path the ways to ask that an index answers; only of paths that set a condition."""
    uit: dict[str, str] = {}
    for pad, element in _paths():
        for how, criterium in _asked(pad, element):
            bouw = Bouw(magazijn.inrichting)
            waar = zaakvoorwaarden(bouw, bron("z", zaak=True), (criterium,))
            if waar:
                quick = "" if _scans(magazijn, waar, bouw.parameters) else how
                uit["/".join(pad)] = " ".join(filter(None, (uit.get("/".join(pad), ""), quick)))
    return uit


def _listed() -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in PLANNEN.read_text().splitlines() if not line.startswith("#"))


def test_each_way_to_ask_has_its_plan(vol: Magazijn) -> None:
    """A new element is listed, with the ways to ask that an index answers; `-` where all zaken are looked at."""
    found, listed = _quick(vol), _listed()
    assert sorted(found) == sorted(listed)
    lost = {pad: ways for pad, ways in listed.items() if ways != "-" and not {*ways.split()} <= {*found[pad].split()}}
    assert not lost


def test_only_these_orders_sort_all_zaken(vol: Magazijn) -> None:
    assert {nummer for nummer in SORTERINGEN if _sorts(vol, nummer)} == {2, 3, *range(6, 14)}


def test_each_reference_has_an_index(vol: Magazijn) -> None:
    """Else the row that is referred to is removed by looking at the whole table; nobody removes the ones named here."""
    zonder = text("""
        SELECT conrelid::regclass || '.' || attname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND conrelid::regclass::text NOT LIKE 'procrastinate%'
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = conrelid AND i.indkey[0] = attnum)
    """)
    assert {*vol.verbinding.execute(zonder).scalars()} == {"gebeurtenis.zaak_id"}
