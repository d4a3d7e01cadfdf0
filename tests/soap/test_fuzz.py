"""Anything that comes in at the front door gets an answer of SOAP, and a message that fails leaves no row."""

import re
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text
from tests.berichten import regie
from tests.berichten.bouw import (
    ACTIE,
    NS,
    SOAP11,
    SOAP12,
    di02,
    envelope,
    gezinsplan,
    lk01,
    lv01,
    obj,
    status,
    texts,
    zaak,
)
from tests.berichten.generator import BERICHTEN_ZDS12, WillekeurigeChoice, genereer, mutate
from tests.soap.conftest import TABLES, Door

from regiesysteem.stuf.faults import FOUTEN
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

SLEUTEL = "<ZKN:identificatie>1900fuzz</ZKN:identificatie>"
BERICHTEN = [
    di02(),
    lk01("T", zaak("1900fuzz")),
    lk01("T", gezinsplan("1900fuzz2")),
    lk01("W", obj(SLEUTEL, "W"), obj(SLEUTEL + status(2, "20260301"), "W")),
    lv01(SLEUTEL, 'StUF:scope="alles"'),
]
DIENSTEN = ["genereerZaakIdentificatie_Di02", "creeerZaak_Lk01", "updateZaak_Lk01", "zakLv01", "geefZaakdetails_Lv01"]
STUKJES = [
    b"<",
    b">",
    b"&",
    b"&amp;",
    b"\0",
    b"\xff",
    b"\xc3",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b'xsi:nil="true"',
    b' xmlns:q="rel"',
    "é".encode(),
    "😀".encode(),
    b" ",
    b"9" * 50,
]

headers = st.fixed_dictionaries(
    {},
    optional={
        "SOAPAction": st.sampled_from([f'"{ACTIE}{dienst}"' for dienst in DIENSTEN])
        | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
        "Content_Type": st.sampled_from(
            [
                "text/xml",
                "text/xml; charset=utf-16",
                "text/xml; charset=\x7f",
                "application/soap+xml; action=zakLv01",
                "application/soap+xml; action=",
                "multipart/related; boundary=x",
                "text/xml; charset*=utf-8''%00",
                ";;;===",
            ]
        ),
        "Content_Encoding": st.sampled_from(["", "identity", "gzip", "gzip, gzip", "\x7f"]),
    },
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message in an envelope with pieces cut out, doubled, or put in."""
    data = envelope(draw(st.sampled_from(BERICHTEN)), draw(st.sampled_from([SOAP11, SOAP12])))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(data)))
        end = begin + draw(st.sampled_from([0, 1, 2, 10, 100, 1000]))
        new = draw(st.sampled_from([b"", data[begin:end] * 2, *STUKJES]) | st.binary(max_size=8))
        data = data[:begin] + new + data[end:]
    return data


def _rows(door: Door) -> tuple[int, ...]:
    tellingen = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    with door.engine.connect() as connection:
        return tuple(connection.execute(text(f"SELECT {tellingen}")).one())


@settings(max_examples=300)
@given(
    data=damaged() | st.binary(max_size=200),
    head=headers,
    path=st.sampled_from(["/", "/OntvangAsynchroon", "/BeantwoordVraag"]),
)
def test_any_request_gets_a_declared_answer_and_a_failed_one_leaves_no_row(
    door: Door, data: bytes, head: dict[str, str], path: str
) -> None:
    for_ = _rows(door)
    answer = door.post(data, path, **head)
    assert answer.status_code in {200, 400, 413, 415, 500}
    root = parse(answer.data)
    versie = etree.QName(root).namespace
    assert root.tag in {f"{{{SOAP11}}}Envelope", f"{{{SOAP12}}}Envelope"}
    [inhoud] = root.findall(f"{{{versie}}}Body/*")
    if answer.status_code == 200:
        assert check(inhoud) == []
        return
    assert _rows(door) == for_
    assert inhoud.tag == f"{{{versie}}}Fault"
    for fo in inhoud.xpath("//s:Fo02Bericht | //s:Fo03Bericht", namespaces=NS):
        assert check(fo) == []
        assert fo.xpath("string(.//s:code)", namespaces=NS) in FOUTEN
        assert fo.xpath("string(.//s:code)", namespaces=NS) != "StUF058", "nothing here was unexpected"


@pytest.mark.parametrize("bericht", [*BERICHTEN, regie.bevestiging("Fo01"), regie.overdracht()])
@pytest.mark.parametrize(
    ("spot", "added"),
    [
        (r"(<StUF:[a-z]+)(Code|code)", r"\1😀\2"),
        (r"<(\w+:stuurgegevens)>", r'<\1 StUF:functi😀e="entiteit">'),
        (r"<(\w+:stuurgegevens)>", r'<\1 naïef="x">'),
        (r" xmlns:", ' xmlns:q="rel" xmlns:'),
        (r" xmlns:", ' xmlns:q="ht/StUF:crostp://x" xmlns:'),
    ],
)
def test_names_that_libxml2_reads_and_cannot_write_are_the_fault_of_the_sender(
    door: Door, bericht: str, spot: str, added: str
) -> None:
    """Letters outside ASCII in a name, and a namespace that is no absolute URI: StUF055 and not StUF058."""
    data, count = re.subn(spot, added, bericht.replace("GWS4all", "Vreemd"), count=1)
    if count:
        assert texts(parse(door.post(envelope(data)).data), "//s:body/s:code")[0] in {"StUF055", "StUF022"}


@pytest.fixture(scope="module")
def gulle_door(make_door: Callable[..., Door]) -> Door:
    """Doors that take whatever can be understood, with a few zaken."""
    tekst = {
        'onbekend_zaaktype = "weigeren"': 'onbekend_zaaktype = "overnemen"',
        'onbekende_status = "weigeren"': 'onbekende_status = "overnemen"',
        'schema = "streng"': 'schema = "soepel"',
    }
    door = make_door(**tekst)
    for number in range(4):
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(f"1900gul{number}")))
    return door


@pytest.mark.parametrize("range_", range(8))
def test_any_message_of_the_schema_broken_or_not_gets_a_valid_answer(gulle_door: Door, range_: int) -> None:
    for zaad in range(range_ * 60, range_ * 60 + 60):
        choice = WillekeurigeChoice(zaad)
        naam = choice.choose(["zakLk01", "zakLv01", "genereerZaakIdentificatie_Di02"])
        fixed: dict[str, str | None] = {}
        if naam == "zakLk01":
            fixed = {"object/identificatie": f"1900gul{zaad % 8}", "//mutatiesoort": choice.choose(["T", "W"])}
        bericht = genereer(naam, choice, echt=choice.yes(0.7), fixed=fixed)
        if choice.yes(0.4):
            bericht, _ = mutate(bericht, choice)
        tekst = re.sub(r"<\?xml.*?\?>", "", etree.tostring(bericht, encoding="unicode"))
        answer = gulle_door.post(envelope(tekst))
        [inhoud] = parse(answer.data).findall(f"{{{SOAP11}}}Body/*")
        fo = inhoud.xpath("detail/*")
        assert check(fo[0] if fo else inhoud) == [], zaad
        assert inhoud.xpath("string(.//s:code)", namespaces=NS) != "StUF058", zaad


ASKED_12 = [naam for naam in BERICHTEN_ZDS12 if not naam.endswith(("La01", "Du02"))]


@pytest.mark.parametrize("naam", ASKED_12, ids=lambda naam: naam.rpartition("}")[2])
def test_any_message_of_zds_12_broken_or_not_gets_a_valid_answer(gulle_door: Door, naam: str) -> None:
    for zaad in range(12):
        choice = WillekeurigeChoice(zlib.crc32(f"{naam}{zaad}".encode()))
        fixed: dict[str, str | None] = {f"//{one}": f"1900gul{zaad % 4}" for one in ("object/identificatie",)}
        if naam.endswith("ZakLv01"):
            fixed = {"gelijk/identificatie": f"1900gul{zaad % 4}"}
        bericht = genereer(naam, choice, echt=choice.yes(0.7), fixed=fixed)
        if choice.yes(0.3):
            bericht, _ = mutate(bericht, choice)
        tekst = re.sub(r"<\?xml.*?\?>", "", etree.tostring(bericht, encoding="unicode"))
        answer = gulle_door.post(envelope(tekst))
        [inhoud] = parse(answer.data).findall(f"{{{SOAP11}}}Body/*")
        fo = inhoud.xpath("detail/*")
        assert check(parse(etree.tostring(fo[0] if fo else inhoud))) == [], zaad
        assert inhoud.xpath("string(.//s:code)", namespaces=NS) != "StUF058", zaad
