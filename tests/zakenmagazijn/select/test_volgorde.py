"""The orders that StUF-ZKN numbers, and vervolgvragen that go on where an answer stopped (StUF 03.01, 6.1, 6.3.4)."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import Engine, text
from tests.zakenmagazijn.select.conftest import INRICHTING, Magazijn, begin, nil, with_, z

from regiesysteem.inrichting.current import Inrichting, read_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.stuf.entity import Element
from regiesysteem.stuf.namespaces import SLEUTEL_ONTVANGEND, SLEUTEL_VERZENDEND
from regiesysteem.stuf.write import Mode, Scope, write_view
from regiesysteem.zakenmagazijn.loading import load
from regiesysteem.zakenmagazijn.select.conditions import source
from regiesysteem.zakenmagazijn.select.subject import ZAKEN
from regiesysteem.zkn.names import zkn
from regiesysteem.zkn.zaak import ZAK

_ROLLEN = {
    6: "heeftBetrekkingOp",
    7: "heeftAlsBelanghebbende",
    8: "heeftAlsGemachtigde",
    9: "heeftAlsInitiator",
    10: "heeftAlsUitvoerende",
    11: "heeftAlsVerantwoordelijke",
    13: "heeftBetrekkingOp",
}
_TYPES = {"A": ("Zorg", "Aanvraag", "Aanvraag minima"), "B": ("Bestuur", "", "Bezwaar"), "G": ("", "", "Gezinsplan")}


@dataclass
class Facts:
    """The data that the oracle has of a zaak."""

    identificatie: str
    zaaktype: str | None
    omschrijving: str | None
    startdatum: str | None
    personen: dict[str, list[str]] = field(default_factory=dict)
    hoofdzaken: list[str] = field(default_factory=list)

    def sleutel(self, sortering: int) -> tuple[object, ...]:
        """The values that the zaak sorts on, without its identificatie."""
        categorie, generiek, omschrijving = _TYPES.get(self.zaaktype or "", ("", "", ""))
        if sortering in _ROLLEN:
            return (min(self.personen.get(_ROLLEN[sortering], []), default=""),)
        return {
            0: (),
            1: (),
            2: (categorie, generiek),
            3: (omschrijving,),
            4: (self.omschrijving or "",),
            5: (_descending(self.startdatum or ""), self.omschrijving or ""),
            12: (min(self.hoofdzaken, default=""),),
        }[sortering]


def _descending(tekst: str) -> tuple[int, ...]:
    """A key that sorts texts of digits the other way round."""
    return tuple(-ord(sign) for sign in tekst.ljust(17))


def _expected(facts: list[Facts], sortering: int) -> list[str]:
    return [one.identificatie for one in sorted(facts, key=lambda f: (*f.sleutel(sortering), f.identificatie))]


def _fill(magazijn: Magazijn, count: int = 45) -> list[Facts]:
    """Zaken with everything to sort on: equal values, no values, several relations, ended ones."""
    toeval = random.Random(7)
    personen = {number: magazijn.object("MDW", identificatie=number) for number in ("m1", "M2", "m3", "k9")}
    facts = []
    for place in toeval.sample(range(100, 999), count):
        one = Facts(
            f"z{place}",
            toeval.choice(["A", "B", "G", None]),
            toeval.choice([None, "Bijstand", "Zorg", "zorg", "Élan", "a b", "ab"]),
            toeval.choice([None, "20250101", "20260101", "20260102"]),
        )
        waarden = {"omschrijving": one.omschrijving, "startdatum": one.startdatum}
        magazijn.zaak(one.identificatie, one.zaaktype, **{k: w for k, w in waarden.items() if w is not None})
        for relatie in sorted(set(_ROLLEN.values())):
            one.personen[relatie] = toeval.sample(sorted(personen), toeval.choice([0, 1, 1, 2]))
            for number in one.personen[relatie]:
                magazijn.relatie(one.identificatie, relatie, personen[number])
            magazijn.relatie(one.identificatie, relatie, personen["k9"], beeindigd="20260101")
        facts.append(one)
    for part, hoofd in itertools.pairwise(facts[:30]):
        if toeval.random() < 0.6:
            magazijn.link("heeftAlsDeelzaak", hoofd.identificatie, part.identificatie)
            part.hoofdzaken.append(hoofd.identificatie)
    return facts


@pytest.fixture(scope="module")
def register(module_engine: Engine, inrichting: Inrichting) -> Iterator[tuple[Magazijn, list[Facts]]]:
    """Zaken that the tests of this module only read, and what is known of them."""
    with module_engine.connect() as connection:
        magazijn = Magazijn(connection, inrichting)
        yield magazijn, _fill(magazijn)
        connection.rollback()


@pytest.mark.parametrize("sortering", sorted(ZAKEN.sorteringen))
def test_the_orders_of_stuf_zkn(register: tuple[Magazijn, list[Facts]], sortering: int) -> None:
    magazijn, facts = register
    assert magazijn.question(sortering=sortering) == _expected(facts, sortering)


@pytest.mark.parametrize("sortering", sorted(ZAKEN.sorteringen))
def test_an_order_is_by_code_point_whatever_the_database_sorts_by(magazijn: Magazijn, sortering: int) -> None:
    """As the start object of a vervolgvraag is compared; a linguistic order would skip zaken."""
    magazijn.zaak("z1")
    fields = ", ".join(f"pg_collation_for({veld.expression})" for veld in ZAKEN.sorteringen[sortering])
    question = text(f"SELECT {fields} FROM zaak z LEFT JOIN zaaktype t ON t.id = z.zaaktype_id")
    assert set(magazijn.connection.execute(question).one()) == {'"C"'}


@pytest.mark.parametrize("element_", [one for one in ZAK.elementen if not one.verbatim], ids=lambda one: one.naam)
def test_texts_compare_by_code_point_wherever_they_are_kept(magazijn: Magazijn, element_: Element) -> None:
    magazijn.zaak("z1")
    question = text(f"SELECT pg_collation_for({source('z', zaak=True).value(element_).text}) FROM zaak z")
    assert magazijn.connection.execute(question).scalar_one() == '"C"'


def _of_identificatie(one: Facts, _sleutel: int) -> str:
    return begin(z("identificatie", one.identificatie))


def _of_sleutel(_one: Facts, sleutel: int) -> str:
    return begin("", f'StUF:sleutelOntvangend="{sleutel}"')


def _of_answer(one: Facts, sleutel: int) -> str:
    inhoud = z("identificatie", one.identificatie)
    for naam, waarde in (("omschrijving", one.omschrijving), ("startdatum", one.startdatum)):
        inhoud += nil(naam) if waarde is None else z(naam, waarde)
    return begin(inhoud, f'StUF:sleutelOntvangend="{sleutel}"')


def _with_unknown(one: Facts, _sleutel: int) -> str:
    unknown = "".join(nil(naam, "waardeOnbekend") for naam in ("omschrijving", "startdatum"))
    return begin(z("identificatie", one.identificatie) + unknown)


STARTS = [_of_identificatie, _of_sleutel, _of_answer, _with_unknown]


@pytest.mark.parametrize("sortering", sorted(ZAKEN.sorteringen))
@given(maximum=st.integers(1, 50), hoe=st.sampled_from(STARTS))
def test_all_pages_together_are_the_one_big_answer(  # type: ignore[no-untyped-def]
    register: tuple[Magazijn, list[Facts]], sortering: int, maximum: int, hoe
) -> None:
    magazijn, facts = register
    by_naam = {one.identificatie: one for one in facts}
    found: list[str] = []
    start = None
    for _ in range(len(facts) + 1):
        hits = magazijn.hits(sortering=sortering, maximum=maximum, start=start)
        found += magazijn.names(hits.ids)
        if not hits.more:
            break
        assert len(hits.ids) == maximum
        start = hoe(by_naam[found[-1]], hits.ids[-1])
    assert found == _expected(facts, sortering)


@given(place=st.integers(0, 44), sortering=st.sampled_from(sorted(ZAKEN.sorteringen)))
def test_criteria_hold_in_a_vervolgvraag_too(
    register: tuple[Magazijn, list[Facts]], place: int, sortering: int
) -> None:
    magazijn, facts = register
    order = _expected(facts, sortering)
    soort = {one.identificatie: one.zaaktype for one in facts}
    vanaf = order[place]
    gelijk = "<ZKN:isVan><ZKN:gerelateerde><ZKN:code>A</ZKN:code></ZKN:gerelateerde></ZKN:isVan>"
    found = magazijn.question(gelijk, sortering=sortering, start=begin(z("identificatie", vanaf)))
    assert found == [naam for naam in order[place + 1 :] if soort[naam] == "A"]


@pytest.mark.parametrize("sortering", sorted(ZAKEN.sorteringen))
def test_what_others_register_meanwhile_disturbs_no_pages(engine: Engine, sortering: int) -> None:
    """Each page in a transaction of its own, and between the pages zaken registered anywhere in the order."""
    load_inrichting(engine, read_text(INRICHTING, "test"))
    toeval = random.Random(sortering)
    with engine.begin() as connection:
        inrichting = read_inrichting(connection)
        bestond = _expected(_fill(Magazijn(connection, inrichting)), sortering)
    found: list[str] = []
    start = None
    for round_ in itertools.count():
        with engine.begin() as connection:
            magazijn = Magazijn(connection, inrichting)
            hits = magazijn.hits(sortering=sortering, maximum=7, start=start)
            found += magazijn.names(hits.ids)
        if not hits.more:
            break
        start = begin(z("identificatie", found[-1]))
        with engine.begin() as connection:
            other = Magazijn(connection, inrichting)
            for number in toeval.sample(range(1000), 3):
                rest = {"omschrijving": toeval.choice("Aaz"), "startdatum": toeval.choice(["20250601", "20260101"])}
                other.zaak(f"z{number:03}-{round_}", toeval.choice("ABG"), **rest)
    assert len(found) == len(set(found)), "twice"
    assert [naam for naam in found if naam in set(bestond)] == bestond


def _from_answer(magazijn: Magazijn, zaak_id: int) -> str:
    """The zaak as an answer with all of it has it, with our key where a vervolgvraag has it (6.3.4)."""
    scope = Scope(Mode.ALLES)
    node = etree.Element(zkn("object"))
    write_view(node, ZAK, load(magazijn.connection, magazijn.inrichting, [zaak_id], scope)[0], scope)
    node.set(SLEUTEL_ONTVANGEND, node.attrib.pop(SLEUTEL_VERZENDEND))
    return etree.tostring(node, encoding="unicode")


_NEW_STATE = text("""
    WITH a AS (UPDATE zaak_zaak SET beeindigd = '20260601' WHERE naar_id = :id),
         b AS (UPDATE zaak_relatie SET object_id = (SELECT max(id) FROM object WHERE identificatie = :wie)
               WHERE zaak_id = :id AND beeindigd IS NULL)
    UPDATE zaak SET omschrijving = :wie, startdatum = :op WHERE id = :id
""")


@pytest.mark.parametrize("sortering", sorted(ZAKEN.sorteringen))
@pytest.mark.parametrize("otherwise", [{"wie": "k9", "op": "20270101"}, {"wie": "m3", "op": "19000101"}])
def test_the_start_object_says_where_the_answer_stopped_whatever_the_zaak_is_now(
    register: tuple[Magazijn, list[Facts]], sortering: int, otherwise: dict[str, str]
) -> None:
    """Also by what hangs on it: messages are understood by themselves (6.3.4)."""
    empty, facts = register
    order = _expected(facts, sortering)
    for place in range(0, len(order), 5):
        with empty.apart() as magazijn:
            id_ = empty.ids[order[place]]
            start = _from_answer(magazijn, id_)
            assert magazijn.question(sortering=sortering, start=start) == order[place + 1 :]
            magazijn.connection.execute(_NEW_STATE, {"id": id_, **otherwise})
            after = magazijn.question(sortering=sortering, start=start)
            assert [naam for naam in after if naam != order[place]] == order[place + 1 :]


def test_of_a_relation_that_is_not_told_whole_the_zaak_itself_says_where_it_stands(magazijn: Magazijn) -> None:
    """A scope with one kind of zaakobject, an object without its number: the least identificatie may be another one."""
    personen = {number: magazijn.object("MDW", identificatie=number) for number in "abcd"}
    for naam in "pqr":
        magazijn.zaak(naam)
    for naam, who in ("pb", "qa", "qc", "rd"):
        magazijn.relatie(naam, _ROLLEN[6], personen[who])

    def after(*who: str) -> list[str]:
        says = "".join(with_(_ROLLEN[6], f"<ZKN:medewerker>{inhoud}</ZKN:medewerker>") for inhoud in who)
        return magazijn.question(sortering=6, start=begin(z("identificatie", "q") + says))

    number = z("identificatie", "c")
    assert after(number, z("achternaam", "x")) == after() == ["p", "r"]
    assert after(number) == ["r"]


@pytest.mark.parametrize(("sortering", "modification"), [(4, "omschrijving = 'zzz'"), (5, "startdatum = '19000101'")])
def test_an_answer_goes_on_where_it_stopped_when_the_start_object_changed(
    magazijn: Magazijn, sortering: int, modification: str
) -> None:
    """The start object says what it was in the previous answer; what it is now would skip the rest."""
    for naam in "abcd":
        magazijn.zaak(naam, omschrijving=naam, startdatum=f"2026010{9 - 'abcd'.index(naam)}")
    for_ = begin(z("identificatie", "b") + z("omschrijving", "b") + z("startdatum", "20260108"))
    magazijn.connection.execute(text(f"UPDATE zaak SET {modification} WHERE identificatie = 'b'"))
    assert magazijn.question(sortering=sortering, start=for_)[:2] == ["c", "d"]


def test_the_start_object_may_be_gone_from_the_selection(magazijn: Magazijn) -> None:
    for naam in "abc":
        magazijn.zaak(naam)
    magazijn.connection.execute(text("UPDATE zaak SET einddatum = '20260101' WHERE identificatie = 'a'"))
    assert magazijn.question(nil("einddatum"), start=begin(z("identificatie", "a"))) == ["b", "c"]
