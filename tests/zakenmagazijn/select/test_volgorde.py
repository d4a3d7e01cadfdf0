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
from tests.zakenmagazijn.select.conftest import INRICHTING, Magazijn, begin, met, nil, z

from regiesysteem.inrichting.current import Inrichting, lees_inrichting
from regiesysteem.inrichting.load import laad_inrichting, lees_tekst
from regiesysteem.stuf.entity import Element
from regiesysteem.stuf.namespaces import SLEUTEL_ONTVANGEND, SLEUTEL_VERZENDEND
from regiesysteem.stuf.write import Modus, Scope, schrijf_beeld
from regiesysteem.zakenmagazijn.loading import laad
from regiesysteem.zakenmagazijn.select.conditions import bron
from regiesysteem.zakenmagazijn.select.search import SORTERINGEN
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
_TYPEN = {"A": ("Zorg", "Aanvraag", "Aanvraag minima"), "B": ("Bestuur", "", "Bezwaar"), "G": ("", "", "Gezinsplan")}


@dataclass
class Feiten:
    """What the oracle knows of a zaak."""

    identificatie: str
    zaaktype: str | None
    omschrijving: str | None
    startdatum: str | None
    personen: dict[str, list[str]] = field(default_factory=dict)
    hoofdzaken: list[str] = field(default_factory=list)

    def sleutel(self, sortering: int) -> tuple[object, ...]:
        """What the zaak sorts on, without its identificatie."""
        categorie, generiek, omschrijving = _TYPEN.get(self.zaaktype or "", ("", "", ""))
        if sortering in _ROLLEN:
            return (min(self.personen.get(_ROLLEN[sortering], []), default=""),)
        return {
            0: (),
            1: (),
            2: (categorie, generiek),
            3: (omschrijving,),
            4: (self.omschrijving or "",),
            5: (_aflopend(self.startdatum or ""), self.omschrijving or ""),
            12: (min(self.hoofdzaken, default=""),),
        }[sortering]


def _aflopend(tekst: str) -> tuple[int, ...]:
    """A key that sorts texts of digits the other way round."""
    return tuple(-ord(teken) for teken in tekst.ljust(17))


def _verwacht(feiten: list[Feiten], sortering: int) -> list[str]:
    return [een.identificatie for een in sorted(feiten, key=lambda f: (*f.sleutel(sortering), f.identificatie))]


def _vul(magazijn: Magazijn, aantal: int = 45) -> list[Feiten]:
    """Zaken with everything to sort on: equal values, no values, several relations, ended ones."""
    toeval = random.Random(7)
    personen = {nummer: magazijn.object("MDW", identificatie=nummer) for nummer in ("m1", "M2", "m3", "k9")}
    feiten = []
    for plaats in toeval.sample(range(100, 999), aantal):
        een = Feiten(
            f"z{plaats}",
            toeval.choice(["A", "B", "G", None]),
            toeval.choice([None, "Bijstand", "Zorg", "zorg", "Élan", "a b", "ab"]),
            toeval.choice([None, "20250101", "20260101", "20260102"]),
        )
        waarden = {"omschrijving": een.omschrijving, "startdatum": een.startdatum}
        magazijn.zaak(een.identificatie, een.zaaktype, **{k: w for k, w in waarden.items() if w is not None})
        for relatie in sorted(set(_ROLLEN.values())):
            een.personen[relatie] = toeval.sample(sorted(personen), toeval.choice([0, 1, 1, 2]))
            for nummer in een.personen[relatie]:
                magazijn.relatie(een.identificatie, relatie, personen[nummer])
            magazijn.relatie(een.identificatie, relatie, personen["k9"], beeindigd="20260101")
        feiten.append(een)
    for deel, hoofd in itertools.pairwise(feiten[:30]):
        if toeval.random() < 0.6:
            magazijn.koppel("heeftAlsDeelzaak", hoofd.identificatie, deel.identificatie)
            deel.hoofdzaken.append(hoofd.identificatie)
    return feiten


@pytest.fixture(scope="module")
def register(motor: Engine, inrichting: Inrichting) -> Iterator[tuple[Magazijn, list[Feiten]]]:
    """Zaken that the tests of this module only read, and what is known of them."""
    with motor.connect() as verbinding:
        magazijn = Magazijn(verbinding, inrichting)
        yield magazijn, _vul(magazijn)
        verbinding.rollback()


@pytest.mark.parametrize("sortering", sorted(SORTERINGEN))
def test_the_orders_of_stuf_zkn(register: tuple[Magazijn, list[Feiten]], sortering: int) -> None:
    magazijn, feiten = register
    assert magazijn.vraag(sortering=sortering) == _verwacht(feiten, sortering)


@pytest.mark.parametrize("sortering", sorted(SORTERINGEN))
def test_an_order_is_by_code_point_whatever_the_database_sorts_by(magazijn: Magazijn, sortering: int) -> None:
    """As the start object of a vervolgvraag is compared; a linguistic order would skip zaken."""
    magazijn.zaak("z1")
    velden = ", ".join(f"pg_collation_for({veld.uitdrukking})" for veld in SORTERINGEN[sortering])
    vraag = text(f"SELECT {velden} FROM zaak z LEFT JOIN zaaktype t ON t.id = z.zaaktype_id")
    assert set(magazijn.verbinding.execute(vraag).one()) == {'"C"'}


@pytest.mark.parametrize("element_", [een for een in ZAK.elementen if not een.letterlijk], ids=lambda een: een.naam)
def test_texts_compare_by_code_point_wherever_they_are_kept(magazijn: Magazijn, element_: Element) -> None:
    magazijn.zaak("z1")
    vraag = text(f"SELECT pg_collation_for({bron('z', zaak=True).plek(element_).tekst}) FROM zaak z")
    assert magazijn.verbinding.execute(vraag).scalar_one() == '"C"'


def _van_identificatie(een: Feiten, _sleutel: int) -> str:
    return begin(z("identificatie", een.identificatie))


def _van_sleutel(_een: Feiten, sleutel: int) -> str:
    return begin("", f'StUF:sleutelOntvangend="{sleutel}"')


def _van_antwoord(een: Feiten, sleutel: int) -> str:
    inhoud = z("identificatie", een.identificatie)
    for naam, waarde in (("omschrijving", een.omschrijving), ("startdatum", een.startdatum)):
        inhoud += nil(naam) if waarde is None else z(naam, waarde)
    return begin(inhoud, f'StUF:sleutelOntvangend="{sleutel}"')


def _met_onbekend(een: Feiten, _sleutel: int) -> str:
    onbekend = "".join(nil(naam, "waardeOnbekend") for naam in ("omschrijving", "startdatum"))
    return begin(z("identificatie", een.identificatie) + onbekend)


STARTS = [_van_identificatie, _van_sleutel, _van_antwoord, _met_onbekend]


@pytest.mark.parametrize("sortering", sorted(SORTERINGEN))
@given(maximum=st.integers(1, 50), hoe=st.sampled_from(STARTS))
def test_all_pages_together_are_the_one_big_answer(  # type: ignore[no-untyped-def]
    register: tuple[Magazijn, list[Feiten]], sortering: int, maximum: int, hoe
) -> None:
    magazijn, feiten = register
    op_naam = {een.identificatie: een for een in feiten}
    gevonden: list[str] = []
    start = None
    for _ in range(len(feiten) + 1):
        treffers = magazijn.treffers(sortering=sortering, maximum=maximum, start=start)
        gevonden += magazijn.namen(treffers.ids)
        if not treffers.meer:
            break
        assert len(treffers.ids) == maximum
        start = hoe(op_naam[gevonden[-1]], treffers.ids[-1])
    assert gevonden == _verwacht(feiten, sortering)


@given(plaats=st.integers(0, 44), sortering=st.sampled_from(sorted(SORTERINGEN)))
def test_criteria_hold_in_a_vervolgvraag_too(
    register: tuple[Magazijn, list[Feiten]], plaats: int, sortering: int
) -> None:
    magazijn, feiten = register
    volgorde = _verwacht(feiten, sortering)
    soort = {een.identificatie: een.zaaktype for een in feiten}
    vanaf = volgorde[plaats]
    gelijk = "<ZKN:isVan><ZKN:gerelateerde><ZKN:code>A</ZKN:code></ZKN:gerelateerde></ZKN:isVan>"
    gevonden = magazijn.vraag(gelijk, sortering=sortering, start=begin(z("identificatie", vanaf)))
    assert gevonden == [naam for naam in volgorde[plaats + 1 :] if soort[naam] == "A"]


@pytest.mark.parametrize("sortering", sorted(SORTERINGEN))
def test_what_others_register_meanwhile_disturbs_no_pages(engine: Engine, sortering: int) -> None:
    """Each page in a transaction of its own, and between the pages zaken registered anywhere in the order."""
    laad_inrichting(engine, lees_tekst(INRICHTING, "test"))
    toeval = random.Random(sortering)
    with engine.begin() as verbinding:
        inrichting = lees_inrichting(verbinding)
        bestond = _verwacht(_vul(Magazijn(verbinding, inrichting)), sortering)
    gevonden: list[str] = []
    start = None
    for ronde in itertools.count():
        with engine.begin() as verbinding:
            magazijn = Magazijn(verbinding, inrichting)
            treffers = magazijn.treffers(sortering=sortering, maximum=7, start=start)
            gevonden += magazijn.namen(treffers.ids)
        if not treffers.meer:
            break
        start = begin(z("identificatie", gevonden[-1]))
        with engine.begin() as verbinding:
            ander = Magazijn(verbinding, inrichting)
            for nummer in toeval.sample(range(1000), 3):
                rest = {"omschrijving": toeval.choice("Aaz"), "startdatum": toeval.choice(["20250601", "20260101"])}
                ander.zaak(f"z{nummer:03}-{ronde}", toeval.choice("ABG"), **rest)
    assert len(gevonden) == len(set(gevonden)), "twice"
    assert [naam for naam in gevonden if naam in set(bestond)] == bestond


def _uit_antwoord(magazijn: Magazijn, zaak_id: int) -> str:
    """The zaak as an answer with all of it has it, with our key where a vervolgvraag has it (6.3.4)."""
    scope = Scope(Modus.ALLES)
    knoop = etree.Element(zkn("object"))
    schrijf_beeld(knoop, ZAK, laad(magazijn.verbinding, magazijn.inrichting, [zaak_id], scope)[0], scope)
    knoop.set(SLEUTEL_ONTVANGEND, knoop.attrib.pop(SLEUTEL_VERZENDEND))
    return etree.tostring(knoop, encoding="unicode")


_NIEUWE_STAND = text("""
    WITH a AS (UPDATE zaak_zaak SET beeindigd = '20260601' WHERE naar_id = :id),
         b AS (UPDATE zaak_relatie SET object_id = (SELECT max(id) FROM object WHERE identificatie = :wie)
               WHERE zaak_id = :id AND beeindigd IS NULL)
    UPDATE zaak SET omschrijving = :wie, startdatum = :op WHERE id = :id
""")


@pytest.mark.parametrize("sortering", sorted(SORTERINGEN))
@pytest.mark.parametrize("anders", [{"wie": "k9", "op": "20270101"}, {"wie": "m3", "op": "19000101"}])
def test_the_start_object_says_where_the_answer_stopped_whatever_the_zaak_is_now(
    register: tuple[Magazijn, list[Feiten]], sortering: int, anders: dict[str, str]
) -> None:
    """Also by what hangs on it: messages are understood by themselves (6.3.4)."""
    leeg, feiten = register
    volgorde = _verwacht(feiten, sortering)
    for plaats in range(0, len(volgorde), 5):
        with leeg.apart() as magazijn:
            id_ = leeg.ids[volgorde[plaats]]
            start = _uit_antwoord(magazijn, id_)
            assert magazijn.vraag(sortering=sortering, start=start) == volgorde[plaats + 1 :]
            magazijn.verbinding.execute(_NIEUWE_STAND, {"id": id_, **anders})
            erna = magazijn.vraag(sortering=sortering, start=start)
            assert [naam for naam in erna if naam != volgorde[plaats]] == volgorde[plaats + 1 :]


def test_of_a_relation_that_is_not_told_whole_the_zaak_itself_says_where_it_stands(magazijn: Magazijn) -> None:
    """A scope with one kind of zaakobject, an object without its number: the least identificatie may be another one."""
    personen = {nummer: magazijn.object("MDW", identificatie=nummer) for nummer in "abcd"}
    for naam in "pqr":
        magazijn.zaak(naam)
    for naam, wie in ("pb", "qa", "qc", "rd"):
        magazijn.relatie(naam, _ROLLEN[6], personen[wie])

    def na(*wie: str) -> list[str]:
        zegt = "".join(met(_ROLLEN[6], f"<ZKN:medewerker>{inhoud}</ZKN:medewerker>") for inhoud in wie)
        return magazijn.vraag(sortering=6, start=begin(z("identificatie", "q") + zegt))

    nummer = z("identificatie", "c")
    assert na(nummer, z("achternaam", "x")) == na() == ["p", "r"]
    assert na(nummer) == ["r"]


@pytest.mark.parametrize(("sortering", "wijziging"), [(4, "omschrijving = 'zzz'"), (5, "startdatum = '19000101'")])
def test_an_answer_goes_on_where_it_stopped_when_the_start_object_changed(
    magazijn: Magazijn, sortering: int, wijziging: str
) -> None:
    """The start object says what it was in the previous answer; what it is now would skip the rest."""
    for naam in "abcd":
        magazijn.zaak(naam, omschrijving=naam, startdatum=f"2026010{9 - 'abcd'.index(naam)}")
    voor = begin(z("identificatie", "b") + z("omschrijving", "b") + z("startdatum", "20260108"))
    magazijn.verbinding.execute(text(f"UPDATE zaak SET {wijziging} WHERE identificatie = 'b'"))
    assert magazijn.vraag(sortering=sortering, start=voor)[:2] == ["c", "d"]


def test_the_start_object_may_be_gone_from_the_selection(magazijn: Magazijn) -> None:
    for naam in "abc":
        magazijn.zaak(naam)
    magazijn.verbinding.execute(text("UPDATE zaak SET einddatum = '20260101' WHERE identificatie = 'a'"))
    assert magazijn.vraag(nil("einddatum"), start=begin(z("identificatie", "a"))) == ["b", "c"]
