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
from tests.berichten.generator import BERICHTEN, WillekeurigeKeuze, genereer, muteer
from tests.berichten.schema import EIGEN_SCHEMA, STUF
from tests.conformiteit.verschillen import LEZINGEN, OVERIGE_OBJECTEN

from regiesysteem.stuf.schema import _schema, controleer
from regiesysteem.stuf.xml import compileer_schema, ontleed

ZADEN = 6
VREEMD = ("٣", "\u00a05", "\u2028", "QUJD!", "+5", "1e3", " T", "TRUE", "20200230", "e\u0301" * 40, "😀" * 40, "\t5\n")
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
ATTRIBUTEN = (
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
def tweede() -> xmlschema.XMLSchema:
    """The contract as xmlschema reads it."""
    return xmlschema.XMLSchema(str(EIGEN_SCHEMA))


def _vreemd(bericht: etree._Element, keuze: WillekeurigeKeuze) -> etree._Element:
    """A message with a text or an attribute that readers may see differently."""
    if keuze.ja(0.5):
        blad = keuze.kies([knoop for knoop in bericht.iter("*") if len(knoop) == 0])
        blad.text = keuze.kies(VREEMD)
    else:
        naam, waarde = keuze.kies(ATTRIBUTEN)
        keuze.kies(list(bericht.iter("*"))).set(naam, waarde)
    return bericht


def _berichten(naam: str) -> Iterator[etree._Element]:
    for zaad in range(ZADEN):
        keuze = WillekeurigeKeuze(zlib.crc32(f"{naam} tweede {zaad}".encode()))
        bericht = genereer(naam, keuze, echt=False, elementen=30)
        yield bericht
        yield muteer(bericht, keuze)[0]
        yield _vreemd(ontleed(etree.tostring(bericht)), keuze)


@pytest.mark.parametrize("naam", BERICHTEN)
def test_a_second_reader_of_the_schema_agrees(libxml2: etree.XMLSchema, tweede: xmlschema.XMLSchema, naam: str) -> None:
    for bericht in _berichten(naam):
        gelezen = ontleed(etree.tostring(bericht))
        ons = "" if libxml2.validate(gelezen) else libxml2.error_log[0].message
        fout = next(tweede.iter_errors(gelezen), None)
        hun = "" if fout is None else str(fout.reason)
        if bool(ons) != bool(hun):
            wie = "libxml2" if ons else "xmlschema"
            bekend = any(een.wie == wie and re.fullmatch(een.reden, ons or hun, re.DOTALL) for een in LEZINGEN)
            assert bekend, f"{wie} alone refuses: {ons or hun}\n{etree.tostring(gelezen).decode()[:3000]}"


@pytest.mark.parametrize("naam", BERICHTEN)
def test_what_is_fixed_where_an_attribute_is_referred_to_is_enforced(naam: str) -> None:
    """At every level: object, relation, gerelateerde, group. libxml2 by itself lets any value pass there."""
    gezien = Counter[str]()
    for zaad in range(2):
        bericht = genereer(naam, WillekeurigeKeuze(zaad), elementen=40)
        for knoop in bericht.iter("*"):
            for lokaal, anders in (("entiteittype", "XXX"), ("functie", "antwoord")):
                attribuut = f"{{{STUF}}}{lokaal}"
                goed = knoop.get(attribuut)
                if goed in (None, anders) or etree.QName(knoop).localname in OVERIGE_OBJECTEN:
                    continue
                knoop.set(attribuut, anders)
                teksten = [een.tekst for een in controleer(ontleed(etree.tostring(bericht)))]
                assert teksten == [f"attribuut StUF:{lokaal}: de waarde '{anders}' moet '{goed}' zijn"]
                knoop.set(attribuut, goed)
                gezien[lokaal] += 1
    assert gezien["entiteittype"] or "StUF:entiteittype=" not in etree.tostring(bericht).decode()


def test_an_attribute_without_a_named_type_is_left_as_it_is() -> None:
    """A copy of its type would be another type, which a restriction may not have."""
    eigen = '<xs:attribute name="a"><xs:simpleType><xs:restriction base="xs:string"/></xs:simpleType></xs:attribute>'
    tekst = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{eigen}<xs:attribute name="b" type="xs:int"/>
        <xs:element name="e"><xs:complexType><xs:attribute ref="a" fixed="x"/><xs:attribute ref="b" fixed="1"/>
        </xs:complexType></xs:element></xs:schema>"""
    schema = compileer_schema({"x.xsd": tekst}, "x.xsd")
    assert [schema.validate(ontleed(een)) for een in (b'<e a="y" b="01"/>', b'<e a="x" b="2"/>')] == [True, False]
