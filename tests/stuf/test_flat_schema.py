"""The published schemas: no group of any kind, and the same elements and attributes in the same places."""

from pathlib import Path

import pytest
from lxml import etree
from tests.berichten.schema import OWN_SCHEMA, OWN_ZDS12, Inhoud, Part, Schema, schema

from regiesysteem.stuf.flat_schema import flat_schemas
from regiesysteem.stuf.xml import parse

XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published files in a directory."""
    directory = tmp_path_factory.mktemp("xsd")
    for name, text in flat_schemas().items():
        (directory / name).write_text(text)
    return directory


def declarations(directory: Path) -> list[etree._Element]:
    roots = [parse(path.read_bytes()) for path in sorted(directory.glob("*.xsd"))]
    return [node for root in roots for node in root.iter(etree.Element)]


def shape(content: Inhoud) -> tuple[object, ...]:
    """The elements that a type allows, without how its sequences are nested."""
    attributes = {(one.naam, one.verplicht, one.fixed, one.type) for one in content.attributes.values()}
    return attributes, content.waarde, _particles(content.deel)


def _particles(part: Part | None) -> tuple[object, ...]:
    if part is None:
        return ()
    if part.element is not None:
        one = part.element
        inside = one.inhoud.naam, one.nillable, one.fixed, one.default
        return ((one.naam, inside, part.minimum, part.maximum),)
    parts = tuple(part for one in part.parts for part in _particles(one))
    once = (part.minimum, part.maximum) == (1, 1)
    return parts if part.soort == "reeks" and once else ((part.soort, parts, part.minimum, part.maximum),)


def test_no_group_is_left(flat: Path) -> None:
    """node soap, .NET, KDSoap and SOAP::WSDL read a nested group wrongly, or not at all."""
    assert {"complexType", "element"} <= {etree.QName(node).localname for node in declarations(flat)}
    assert not [node.attrib for node in declarations(flat) if node.tag in (f"{XS}group", f"{XS}attributeGroup")]


def test_every_type_allows_what_it_did(flat: Path) -> None:
    ours, published = schema(), Schema(flat / OWN_SCHEMA.name, flat / OWN_ZDS12.name)
    types = [node for node in declarations(flat) if node.tag in (f"{XS}complexType", f"{XS}simpleType")]
    names = {(node.getroottree().getroot().get("targetNamespace"), node.get("name")) for node in types} - {None}
    compared = [
        f"{{{namespace}}}{name}"
        for namespace, name in names
        if name and shape(ours._basis(f"{{{namespace}}}{name}")) == shape(published._basis(f"{{{namespace}}}{name}"))
    ]
    assert len(compared) == len([name for _, name in names if name]) > 400
    for name in ("zakLk01", "zakLv01", "zakLa01", "edcLk01", "overdragenZaak_Du01", "Fo03Bericht"):
        assert shape(ours.root(name).inhoud) == shape(published.root(name).inhoud)


def test_attributes_have_the_namespace_that_array_clients_give_them(flat: Path) -> None:
    """PHP looks at attributeFormDefault where an attribute is referred to; only @naam of an extraElement has none."""
    nodes = declarations(flat)
    roots = [node for node in nodes if node.tag == f"{XS}schema"]
    assert {root.get("attributeFormDefault") for root in roots} == {"qualified"}
    local = [node for node in nodes if node.tag == f"{XS}attribute" and node.getparent() not in roots]
    assert [(node.get("name"), node.get("form")) for node in local if node.get("name")] == [("naam", "unqualified")]
