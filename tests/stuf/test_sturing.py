"""Stuurgegevens: read whatever is there, refused in the order of table 4.1."""

import pytest

from regiesysteem.stuf.faults import StufFout
from regiesysteem.stuf.message import (
    BERICHTCODES,
    Berichtsoort,
    Sectormodel,
    Stuurgegevens,
    Systeem,
    check_berichtsoort,
    check_versions,
    read_stuurgegevens,
)
from regiesysteem.stuf.namespaces import STUF
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.names import ZKN

LK01 = Berichtsoort("Lk01", "ZAK")
DI02 = Berichtsoort("Di02", "", "geef")
MODEL = Sectormodel(ZKN, frozenset({"ZAK", "EDC"}), frozenset({"geef", "neem"}), frozenset({LK01, DI02}))


def _bericht(namespace: str = ZKN, stuf: str = STUF, inhoud: str = "<s:berichtcode>Lk01</s:berichtcode>") -> bytes:
    return f'<m xmlns="{namespace}" xmlns:s="{stuf}"><stuurgegevens>{inhoud}</stuurgegevens></m>'.encode()


@pytest.mark.parametrize(
    ("namespace", "stuf", "code", "details"),
    [
        (ZKN, "http://www.egem.nl/StUF/StUF0204", "StUF001", "'http://www.egem.nl/StUF/StUF0204'. Ondersteund: '"),
        (ZKN.replace("0310", "0320"), "http://www.egem.nl/StUF/StUF0302", "StUF001", "0301"),
        ("http://www.egem.nl/StUF/sector/bg/0310", STUF, "StUF004", ZKN),
        ("urn:iets", STUF, "StUF004", "urn:iets"),
        ("", STUF, "StUF004", "Ontvangen: geen namespace."),
        (ZKN.replace("0310", "0320"), STUF, "StUF007", "zkn/0320'. Ondersteund: '"),
        (ZKN.replace("0310", "0201"), STUF, "StUF007", "0310"),
    ],
)
def test_other_versions_are_told_what_came_and_what_is_supported(
    namespace: str, stuf: str, code: str, details: str
) -> None:
    with pytest.raises(StufFout) as error:
        check_versions(parse(_bericht(namespace, stuf)), MODEL)
    assert error.value.code == code
    assert details in error.value.details


@pytest.mark.parametrize(
    "data", [_bericht(), _bericht(STUF), b"<x/>".replace(b"x", b'x xmlns="' + ZKN.encode() + b'"')]
)
def test_our_versions_pass(data: bytes) -> None:
    check_versions(parse(data), MODEL)


@pytest.mark.parametrize(
    ("data", "expected", "code"),
    [
        (Stuurgegevens(), LK01, "StUF022"),
        (Stuurgegevens("Lk99", entiteittype="XXX"), LK01, "StUF022"),
        (Stuurgegevens("Lk02", entiteittype="XXX"), LK01, "StUF025"),
        (Stuurgegevens("Lk01", entiteittype="XXX", functie="x"), LK01, "StUF028"),
        (Stuurgegevens("Lk01", entiteittype="EDC", functie="x"), LK01, "StUF031"),
        (Stuurgegevens("Di02", functie="x"), DI02, "StUF034"),
        (Stuurgegevens("Di02", functie="neem"), DI02, "StUF037"),
        (Stuurgegevens("Di02", entiteittype="ZAK", functie="geef"), LK01, "StUF040"),
        (Stuurgegevens("Lk01", entiteittype="ZAK"), None, "StUF040"),
    ],
)
def test_the_first_fault_of_table_4_1_is_the_one(data: Stuurgegevens, expected: Berichtsoort | None, code: str) -> None:
    with pytest.raises(StufFout) as error:
        check_berichtsoort(data, expected, MODEL)
    assert error.value.code == code
    assert error.value.details


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (Stuurgegevens("Lk01", entiteittype="ZAK"), LK01),
        (Stuurgegevens("Lk01"), LK01),  # what is absent is for the schema
        (Stuurgegevens("Di02", functie="geef"), DI02),
    ],
)
def test_what_fits_passes(data: Stuurgegevens, expected: Berichtsoort) -> None:
    check_berichtsoort(data, expected, MODEL)


def test_berichtcodes_are_those_of_the_standard() -> None:
    assert {"Bv03", "Di02", "Du02", "Fo03", "La14", "Lk06", "Lv01", "Sh04", "Tr01"} <= BERICHTCODES
    assert not {"Bv05", "Lk07", "Tr02", "Lv00"} & BERICHTCODES


def test_stuurgegevens_are_read_from_their_own_namespaces() -> None:
    parsed = read_stuurgegevens(
        parse(
            _bericht(
                inhoud="""<s:berichtcode> Lk01 </s:berichtcode>
                <s:zender><s:organisatie>1900</s:organisatie><s:applicatie>GWS4all</s:applicatie>
                  <s:gebruiker>Jan</s:gebruiker></s:zender>
                <s:referentienummer>r1</s:referentienummer><s:tijdstipBericht>20260101123456789</s:tijdstipBericht>
                <applicatie>niet van StUF</applicatie><s:entiteittype>ZAK</s:entiteittype>"""
            )
        )
    )
    assert parsed == Stuurgegevens(
        "Lk01", Systeem("1900", "GWS4all", "", "Jan"), None, "r1", "20260101123456789", entiteittype="ZAK"
    )
    assert parsed.zender is not None
    assert parsed.zender.sleutel == ("1900", "GWS4all", "")


@pytest.mark.parametrize("data", [b"<x/>", b"<x><stuurgegevens/></x>", _bericht(STUF, inhoud="")])
def test_absent_stuurgegevens_are_empty(data: bytes) -> None:
    assert read_stuurgegevens(parse(data)) == Stuurgegevens()
