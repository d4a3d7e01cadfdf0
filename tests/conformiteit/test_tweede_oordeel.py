"""A second reader of the same schema, the xmlschema package, gives the same verdict as libxml2, which the server has.

A sample, because xmlschema is slow. The larger runs found what `verschillen.LEZINGEN` lists.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator

import pytest
import xmlschema
from lxml import etree
from tests.berichten.generator import BERICHTEN, BERICHTEN_ZDS12, WillekeurigeChoice, genereer, mutate
from tests.berichten.schema import OWN_SCHEMA, STUF
from tests.conformiteit.verschillen import LEZINGEN, OVERIGE_OBJECTEN

from regiesysteem.stuf.schema import _schema, check
from regiesysteem.stuf.xml import compiled_schema, parse

ZADEN = 6
FOREIGN = ("٣", "\u00a05", "\u2028", "QUJD!", "+5", "1e3", " T", "TRUE", "20200230", "e\u0301" * 40, "😀" * 40, "\t5\n")
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
ATTRIBUTES = (
    (f"{XSI}nil", " true "), (f"{XSI}nil", "TRUE"), (f"{XSI}schemaLocation", "a b"),
    (f"{{{STUF}}}metagegeven", "0"), (f"{{{STUF}}}metagegeven", "1"), (f"{{{STUF}}}entiteittype", "NPS"),
    (f"{{{STUF}}}entiteittype", " ZAK"), (f"{{{STUF}}}functie", "entiteit"), (f"{{{STUF}}}exact", " true "),
    ("{http://www.w3.org/XML/1998/namespace}lang", "nl"),
)  # fmt: skip


@pytest.fixture(scope="module")
def libxml2() -> etree.XMLSchema:
    """The contract as the server compiles it."""
    return _schema()


@pytest.fixture(scope="module")
def second() -> xmlschema.XMLSchema:
    """The contract as xmlschema reads it."""
    return xmlschema.XMLSchema(str(OWN_SCHEMA))


def _foreign(bericht: etree._Element, choice: WillekeurigeChoice) -> etree._Element:
    """A message with a text or an attribute that readers may see differently."""
    if choice.yes(0.5):
        blad = choice.choose([node for node in bericht.iter("*") if len(node) == 0])
        blad.text = choice.choose(FOREIGN)
    else:
        naam, waarde = choice.choose(ATTRIBUTES)
        choice.choose(list(bericht.iter("*"))).set(naam, waarde)
    return bericht


def _berichten(naam: str) -> Iterator[etree._Element]:
    for zaad in range(ZADEN):
        choice = WillekeurigeChoice(zlib.crc32(f"{naam} tweede {zaad}".encode()))
        bericht = genereer(naam, choice, echt=False, elementen=30)
        yield bericht
        yield mutate(bericht, choice)[0]
        yield _foreign(parse(etree.tostring(bericht)), choice)


@pytest.mark.parametrize("naam", BERICHTEN)
def test_a_second_reader_of_the_schema_agrees(libxml2: etree.XMLSchema, second: xmlschema.XMLSchema, naam: str) -> None:
    for bericht in _berichten(naam):
        parsed = parse(etree.tostring(bericht))
        us = "" if libxml2.validate(parsed) else libxml2.error_log[0].message
        error = next(second.iter_errors(parsed), None)
        hun = "" if error is None else str(error.reason)
        if bool(us) != bool(hun):
            who = "libxml2" if us else "xmlschema"
            known = any(one.wie == who and re.fullmatch(one.reden, us or hun, re.DOTALL) for one in LEZINGEN)
            assert known, f"{who} alone refuses: {us or hun}\n{etree.tostring(parsed).decode()[:3000]}"


@pytest.mark.parametrize("naam", [*BERICHTEN, *BERICHTEN_ZDS12])
def test_what_is_fixed_where_an_attribute_is_referred_to_is_enforced(naam: str) -> None:
    """At every level: object, relation, gerelateerde, group. libxml2 by itself lets any value pass there."""
    seen = Counter[str]()
    for zaad in range(2):
        bericht = genereer(naam, WillekeurigeChoice(zaad), elementen=40)
        for node in bericht.iter("*"):
            for local, otherwise in (("entiteittype", "XXX"), ("functie", "antwoord")):
                attribute = f"{{{STUF}}}{local}"
                good = node.get(attribute)
                if good in (None, otherwise) or etree.QName(node).localname in OVERIGE_OBJECTEN:
                    continue
                node.set(attribute, otherwise)
                texts = [one.text for one in check(parse(etree.tostring(bericht)))]
                assert texts == [f"attribuut StUF:{local}: de waarde '{otherwise}' moet '{good}' zijn"]
                node.set(attribute, good)
                seen[local] += 1
    assert seen["entiteittype"] or "StUF:entiteittype=" not in etree.tostring(bericht).decode()


def test_an_attribute_without_a_named_type_is_left_as_it_is() -> None:
    """A copy of its type would be another type, which a restriction may not have."""
    own = '<xs:attribute name="a"><xs:simpleType><xs:restriction base="xs:string"/></xs:simpleType></xs:attribute>'
    text = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{own}<xs:attribute name="b" type="xs:int"/>
        <xs:element name="e"><xs:complexType><xs:attribute ref="a" fixed="x"/><xs:attribute ref="b" fixed="1"/>
        </xs:complexType></xs:element></xs:schema>"""
    schema = compiled_schema({"x.xsd": text}, "x.xsd")
    assert [schema.validate(parse(one)) for one in (b'<e a="y" b="01"/>', b'<e a="x" b="2"/>')] == [True, False]
