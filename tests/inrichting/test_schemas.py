"""The XSD of a form is read with all that it refers to, and nothing else is ever opened."""

from pathlib import Path

import pytest

from regiesysteem import config
from regiesysteem.inrichting.check import InrichtingError
from regiesysteem.inrichting.load import MAIN_XSD, read_file
from regiesysteem.stuf.schema import first_afwijking
from regiesysteem.stuf.xml import UnreadableXml, compiled_schema, parse

XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" {}>{}</xs:schema>'


def _toml(map_: Path, formaat: str) -> Path:
    file = map_ / "gemeente.toml"
    file.write_text(f"{config.example_inrichting().read_text()}\n[[formaat]]\n{formaat}\n")
    return file


def _fouten(map_: Path, xsd: str) -> str:
    (map_ / "x.xsd").write_text(xsd)
    with pytest.raises(InrichtingError) as error:
        read_file(_toml(map_, 'naam = "x"\nxsd = "x.xsd"'))
    return str(error.value)


def test_includes_and_imports_are_read_along(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "x.xsd").write_text(
        XSD.format(
            'xmlns:n="urn:n"',
            '<xs:import namespace="urn:n" schemaLocation="a%20b/n.xsd"/>'
            '<xs:include schemaLocation="./y.xsd"/>'
            '<xs:element name="a" type="n:T"/>',
        )
    )
    (tmp_path / "y.xsd").write_text(
        XSD.format("", '<xs:include schemaLocation="x.xsd"/><xs:include schemaLocation="z.xsd"/>')
    )
    (tmp_path / "z.xsd").write_text(XSD.format("", '<xs:element name="b"/>'))
    (tmp_path / "a b" / "n.xsd").write_text(
        XSD.format('targetNamespace="urn:n"', '<xs:simpleType name="T"><xs:restriction base="xs:int"/></xs:simpleType>')
    )
    parsed = read_file(_toml(tmp_path, 'naam = "x"\nxsd = "x.xsd"'))
    schema = compiled_schema(parsed.schemas["x"], MAIN_XSD)
    assert first_afwijking(parse(b"<a>1</a>"), schema) == ""
    assert first_afwijking(parse(b"<b/>"), schema) == ""
    assert "111222333" not in first_afwijking(parse(b"<a>111222333x</a>"), schema)
    assert "111222333" not in first_afwijking(parse(b"<x111222333/>"), schema)


@pytest.mark.parametrize(
    ("xsd", "reason"),
    [
        (XSD.format("", '<xs:import namespace="urn:x" schemaLocation="http://voorbeeld.nl/x.xsd"/>'), "voorbeeld.nl"),
        (XSD.format("", '<xs:include schemaLocation="weg.xsd"/>'), "weg.xsd is er niet"),
        (XSD.format("", '<xs:element name="a" type="b"/>'), "geen goed XML Schema"),
        ("<x/>", "geen XML Schema"),
        ("<x", "geen XML"),
        ('<!DOCTYPE a [<!ENTITY e SYSTEM "/etc/passwd">]>' + XSD.format("", "&e;"), "x.xsd"),
    ],
)
def test_what_is_wrong_with_an_xsd_is_told(tmp_path: Path, xsd: str, reason: str) -> None:
    error = _fouten(tmp_path, xsd)
    assert reason in error
    assert "root:" not in error


def test_a_part_that_is_not_kept_is_not_opened(tmp_path: Path) -> None:
    other = tmp_path / "ander.xsd"
    other.write_text(XSD.format("", '<xs:element name="a"/>'))
    for spot in (str(other), other.as_uri(), "http://127.0.0.1:9/x.xsd"):
        with pytest.raises(UnreadableXml):
            compiled_schema({MAIN_XSD: XSD.format("", f'<xs:include schemaLocation="{spot}"/>')}, MAIN_XSD)


@pytest.mark.parametrize(
    ("formaat", "reason"),
    [
        ('naam = "a;b"', "puntkomma"),
        ('naam = "a"\nmediatype = "xml"', "mediatype"),
        ('naam = "a"\n[[formaat]]\nnaam = "a"', "uniek"),
        ('naam = "a"\nxsd = "bestaat-niet.xsd"', "is er niet"),
    ],
)
def test_a_form_is_checked(tmp_path: Path, formaat: str, reason: str) -> None:
    with pytest.raises(InrichtingError, match=reason):
        read_file(_toml(tmp_path, formaat))


def test_an_abonnement_names_forms(tmp_path: Path) -> None:
    file = _toml(
        tmp_path,
        'naam = "a"\n[[abonnement]]\napplicatie = "GWS4all"\ndomeingegevens = true\n'
        '[[abonnement]]\napplicatie = "GWS4all"\ndomeingegevens = ["a"]',
    )
    assert [one.domeingegevens for one in read_file(file).inrichting.abonnement[-2:]] == [True, ("a",)]
