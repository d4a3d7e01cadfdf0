"""Every message, valid or broken, gets the same verdict from our schemas and from the published ones.

The number of messages per type is in the output of `pytest -rP tests/conformiteit`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from lxml import etree
from tests.berichten.generator import BERICHTEN, BERICHTEN_ZDS12, WillekeurigeChoice, genereer, mutate
from tests.berichten.schema import BG, Schema, schema
from tests.conformiteit.gericht import gerichte_berichten, paths, piece_for_piece
from tests.conformiteit.vergelijk import Vergelijker, remove
from tests.conformiteit.verschillen import NAAMRUIMTEN, VERSCHILLEN, Difference
from tests.published import STANDARD, need

from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

need(STANDARD, "the published schemas of StUF-ZKN and RZS")

RANDOM = 150
MINSTENS = 500
RANDOM_12 = 100
MINSTENS_12 = 300
EVERY = [*BERICHTEN, *BERICHTEN_ZDS12]
# The structure of ZDS 1.2 is compared with the published one, type by type, in test_structuur.
WITH_SOURCE = [
    *((naam, source) for naam in BERICHTEN for source in ("eigen", "gepubliceerd")),
    *((naam, "eigen") for naam in BERICHTEN_ZDS12),
]


def _compare_with_mutaties(
    vergelijker: Vergelijker, bericht: etree._Element, choice: WillekeurigeChoice, at: tuple[str | None, ...]
) -> list[str]:
    """The errors in a message, and in a broken copy of it per place in `at`."""
    fouten = [vergelijker.compare(bericht)]
    for spot in at:
        copy, soort = mutate(bericht, choice, at=spot)
        error = vergelijker.compare(copy)
        fouten.append(error and f"({soort}) {error}")
    return [error for error in fouten if error]


@pytest.fixture(scope="module")
def published(gepubliceerd: Schema, published_zds12: Schema) -> Callable[[str], Schema]:
    """The published schema of a message."""
    return lambda naam: published_zds12 if naam in BERICHTEN_ZDS12 else gepubliceerd


@pytest.mark.parametrize("source", ["eigen", "gepubliceerd"])
@pytest.mark.parametrize("naam", EVERY)
def test_random_messages_and_their_mistakes(
    vergelijker: Vergelijker, published: Callable[[str], Schema], naam: str, source: str
) -> None:
    """At least 500 per type and source schema (300 of ZDS 1.2), three mistakes for each valid one."""
    for_ = vergelijker.counted.copy()
    out = published(naam) if source == "gepubliceerd" else schema()
    fouten: list[str] = []
    for zaad in range(RANDOM_12 if naam in BERICHTEN_ZDS12 else RANDOM):
        choice = WillekeurigeChoice(zlib.crc32(f"{naam}{source}{zaad}".encode()))
        bericht = genereer(naam, choice, echt=False, elementen=60, out=out)
        fouten += _compare_with_mutaties(vergelijker, bericht, choice, (None, None, None))
    count = (vergelijker.counted - for_)["geldig"] + (vergelijker.counted - for_)["ongeldig"]
    print(f"{naam}, at random from the {source} schema: {dict(vergelijker.counted - for_)}")
    assert not fouten, f"{len(fouten)} differences, the first:\n{fouten[0]}"
    assert count >= (MINSTENS_12 if naam in BERICHTEN_ZDS12 else MINSTENS)


@pytest.mark.parametrize(("naam", "source"), WITH_SOURCE)
def test_every_element_of_every_type(vergelijker: Vergelijker, gepubliceerd: Schema, naam: str, source: str) -> None:
    """A full element of each type, each of its attributes and children gone or nil, then mistakes at random."""
    for_ = vergelijker.counted.copy()
    out = gepubliceerd if source == "gepubliceerd" else schema()
    choice = WillekeurigeChoice(zlib.crc32(f"{naam}{source}".encode()))
    fouten: list[str] = []
    for path, bericht in gerichte_berichten(out, naam, choice):
        fouten += [error for piece in piece_for_piece(bericht, path) if (error := vergelijker.compare(piece))]
        inside = f"{path}/*".lstrip("/")
        fouten += _compare_with_mutaties(vergelijker, bericht, choice, (path or None, path or None, inside, inside))
    print(f"{naam}, type by type from the {source} schema: {dict(vergelijker.counted - for_)}")
    assert not fouten, f"{len(fouten)} differences, the first:\n{fouten[0]}"


@pytest.mark.parametrize("naam", EVERY)
def test_what_the_published_schema_fixes_is_what_ours_fixes(
    vergelijker: Vergelijker, published: Callable[[str], Schema], naam: str
) -> None:
    """A message with the fixed values of the published schema is valid by ours, which holds senders to its own."""
    valid = 0
    for zaad in range(10):
        bericht = genereer(naam, WillekeurigeChoice(zaad), echt=False, elementen=60, out=published(naam))
        parsed = parse(etree.tostring(bericht))
        if not vergelijker.check(parsed):  # what is made of GML need not be valid
            for difference in VERSCHILLEN:
                if difference.soort == "strenger":
                    remove(parsed, difference.plek)
            assert check(parsed) == []
            valid += 1
    assert valid


@pytest.mark.parametrize("difference", [v for v in VERSCHILLEN if v.soort == "open"], ids=lambda v: v.plek)
def test_a_listed_open_place_takes_what_the_published_schema_refuses(
    vergelijker: Vergelijker, difference: Difference
) -> None:
    """An unknown element there is fine for ours alone; where that is no longer so, the entry must go."""
    bericht = _with(difference.plek)
    for node in bericht.xpath(difference.plek, namespaces=NAAMRUIMTEN):
        etree.SubElement(node, f"{{{BG}}}bestaatNiet")
    assert vergelijker.verdicts(bericht)[0] == []
    assert vergelijker.verdicts(bericht)[1] != []
    assert vergelijker.compare(bericht) is None


@pytest.mark.parametrize(("who", "number"), [("natuurlijkPersoon", "inp.bsn"), ("nietNatuurlijkPersoon", "inn.nnpId")])
def test_an_answer_may_have_a_number_without_its_authentiek(vergelijker: Vergelijker, who: str, number: str) -> None:
    """The one place where ours is more lenient on purpose."""
    path = f"antwoord/object/heeftAlsInitiator/gerelateerde/{who}"
    bericht = genereer("zakLa01", WillekeurigeChoice(1), with_=[f"{path}/{number}"], without=[f"{path}/authentiek"])
    assert vergelijker.verdicts(bericht)[0] == []
    assert vergelijker.verdicts(bericht)[1] != []
    assert vergelijker.compare(bericht) is None


def test_a_type_named_in_a_message_may_be_unknown_here(vergelijker: Vergelijker) -> None:
    """The other listed difference: xsi:type with a type of the published schema that ours does not derive so."""
    bericht = genereer("zakLk01", WillekeurigeChoice(1), fixed={"object/identificatie": "19001"}, elementen=0)
    for node in bericht.xpath("//ZKN:identificatie", namespaces=NAAMRUIMTEN):
        node.attrib.clear()
        node.set(f"{{{NAAMRUIMTEN['xsi']}}}type", "ZKN:ZaakIdentificatie-r")
    assert vergelijker.verdicts(bericht)[0] != []
    assert vergelijker.verdicts(bericht)[1] == []
    assert vergelijker.compare(bericht) is None


def _with(spot: str) -> etree._Element:
    """A message of our schema in which there is something at this XPath."""
    end = spot.removeprefix("//").replace("ZKN:", "").replace("BG:", "")
    for naam in ("zakLk01", "zakLv01", "zakLa01"):
        for punt in paths(schema(), naam):
            for child in punt.inhoud.children():
                path = f"{punt.path}/{child.local}"
                if path.endswith(end):
                    return genereer(naam, WillekeurigeChoice(1), with_=[path], elementen=0)
    raise AssertionError(f"no message has {spot}")
