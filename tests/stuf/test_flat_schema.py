"""What is published of the schemas: no group of any kind, and the same elements and attributes in the same places."""

from pathlib import Path

import pytest
from lxml import etree
from tests.berichten.schema import EIGEN_SCHEMA, Deel, Inhoud, Schema

from regiesysteem.stuf.flat_schema import flat_schemas
from regiesysteem.stuf.xml import ontleed

XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published files in a directory."""
    directory = tmp_path_factory.mktemp("xsd")
    for name, text in flat_schemas().items():
        (directory / name).write_text(text)
    return directory


def declarations(directory: Path) -> list[etree._Element]:
    roots = [ontleed(path.read_bytes()) for path in sorted(directory.glob("*.xsd"))]
    return [node for root in roots for node in root.iter(etree.Element)]


def shape(content: Inhoud) -> tuple[object, ...]:
    """What a type allows, without how its sequences are nested."""
    attributes = {(one.naam, one.verplicht, one.vast, one.type) for one in content.attributen.values()}
    return attributes, content.waarde, _particles(content.deel)


def _particles(deel: Deel | None) -> tuple[object, ...]:
    if deel is None:
        return ()
    if deel.element is not None:
        one = deel.element
        inside = one.inhoud.naam, one.nillable, one.vast, one.standaard
        return ((one.naam, inside, deel.minimum, deel.maximum),)
    parts = tuple(part for one in deel.delen for part in _particles(one))
    once = (deel.minimum, deel.maximum) == (1, 1)
    return parts if deel.soort == "reeks" and once else ((deel.soort, parts, deel.minimum, deel.maximum),)


def test_no_group_is_left(flat: Path) -> None:
    """node soap, .NET, KDSoap and SOAP::WSDL read a nested group wrongly, or not at all."""
    assert {"complexType", "element"} <= {etree.QName(node).localname for node in declarations(flat)}
    assert not [node.attrib for node in declarations(flat) if node.tag in (f"{XS}group", f"{XS}attributeGroup")]


def test_every_type_allows_what_it_did(flat: Path) -> None:
    ours, published = Schema(EIGEN_SCHEMA), Schema(flat / EIGEN_SCHEMA.name)
    types = [node for node in declarations(flat) if node.tag in (f"{XS}complexType", f"{XS}simpleType")]
    names = {(node.getroottree().getroot().get("targetNamespace"), node.get("name")) for node in types} - {None}
    compared = [
        f"{{{namespace}}}{name}"
        for namespace, name in names
        if name and shape(ours._basis(f"{{{namespace}}}{name}")) == shape(published._basis(f"{{{namespace}}}{name}"))
    ]
    assert len(compared) == len([name for _, name in names if name]) > 400
    for name in ("zakLk01", "zakLv01", "zakLa01", "edcLk01", "overdragenZaak_Du01", "Fo03Bericht"):
        assert shape(ours.wortel(name).inhoud) == shape(published.wortel(name).inhoud)


def test_attributes_have_the_namespace_that_array_clients_give_them(flat: Path) -> None:
    """PHP looks at attributeFormDefault where an attribute is referred to; only @naam of an extraElement has none."""
    nodes = declarations(flat)
    roots = [node for node in nodes if node.tag == f"{XS}schema"]
    assert {root.get("attributeFormDefault") for root in roots} == {"qualified"}
    local = [node for node in nodes if node.tag == f"{XS}attribute" and node.getparent() not in roots]
    assert [(node.get("name"), node.get("form")) for node in local if node.get("name")] == [("naam", "unqualified")]
