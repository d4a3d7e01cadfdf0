"""Contents through the doors: in inline or as MTOM, out the same way, and never more than one message each."""

import base64
import hashlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text
from tests.berichten.bouw import ACTIE, SOAP11, SOAP12, envelope, lk01, new_number, texts, zaak
from tests.berichten.documenten import document, edc_lk01
from tests.diensten.documentstappen import TABLES
from tests.diensten.stappen import new
from tests.soap.conftest import Door
from tests.soap.multipart import ROOT, Part, bijlage, include, inhoudstype, read, root, write
from tests.soap.proef import BOUNDS, door_addresses
from werkzeug.test import Client, TestResponse

from regiesysteem.soap.exchange import Limits
from regiesysteem.stuf.content.content import read_placeholder
from regiesysteem.stuf.namespaces import STUF, XMIME
from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.names import INHOUD, ZKN

SMALL = b"%PDF-1.7 klein"
LARGE = random.Random(1).randbytes(300_001)
ATTRIBUTES = 'StUF:bestandsnaam="plan é.pdf" m:contentType="application/pdf"'
REGELS = base64.encodebytes(LARGE)


_BROKKEN = [
    b"\r\n", b"\r\n\r\n", b"\r\n--MIME_grens\r\n", b"Content-ID: <wortel@proef>", b"Content-ID: <1>", b"QUJD",
    b"Content-Type: text/xml", b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
]  # fmt: skip


def question(*inhouden: bytes, versie: str = SOAP11) -> bytes:
    """A message with these as the text of its elements `inhoud`."""
    parts = b"".join(
        b"<ZKN:object><ZKN:inhoud %s>%s</ZKN:inhoud></ZKN:object>" % (ATTRIBUTES.encode(), inhoud)
        for inhoud in inhouden
    )
    xmlns = f'xmlns:ZKN="{ZKN}" xmlns:StUF="{STUF}" xmlns:m="{XMIME}"'
    return envelope(f"<ZKN:edcLk01 {xmlns}>HIER</ZKN:edcLk01>", versie).replace(b"HIER", parts)


def post(data: bytes, soort: str = "text/xml", bounds: Limits = BOUNDS, **head: str) -> TestResponse:
    return Client(door_addresses(bounds)).post("/", data=data, headers={"Content-Type": soort} | head, buffered=True)


def mtom(*inhouden: bytes, versie: str = SOAP11) -> bytes:
    parts = [bijlage(inhoud, f"{number}@x") for number, inhoud in enumerate(inhouden)]
    xml = question(*(include(f"{number}%40x") for number in range(len(inhouden))), versie=versie)
    return write(root(xml), *parts)


def inhouden(answer: TestResponse) -> list[bytes]:
    """The contents of an inline answer."""
    assert answer.status_code == 200, answer.text[:3000]
    elementen = list(parse(answer.data).iter(INHOUD))
    assert {element.get(f"{{{STUF}}}bestandsnaam") for element in elementen} <= {"plan é.pdf"}
    return [base64.b64decode(element.text or "", validate=True) for element in elementen]


def foutcode(answer: TestResponse) -> tuple[str, str]:
    tree = parse(answer.data)
    [code] = texts(tree, "//s:code")
    return code, "".join(texts(tree, "//s:details"))


@pytest.mark.parametrize("parts", [[SMALL], [LARGE], [SMALL, LARGE, SMALL, LARGE[:-1]], [b""], []], ids=len)
def test_what_comes_in_inline_goes_out_inline(parts: list[bytes]) -> None:
    answer = post(question(*(base64.encodebytes(part) for part in parts)))
    assert inhouden(answer) == parts
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.parametrize("parts", [[SMALL], [LARGE], [SMALL, LARGE, SMALL], [b"\r\n--"]], ids=len)
@pytest.mark.parametrize(("versie", "soort"), [(SOAP11, "text/xml"), (SOAP12, "application/soap+xml")])
def test_what_comes_in_as_mtom_goes_out_as_mtom(parts: list[bytes], versie: str, soort: str) -> None:
    answer = post(mtom(*parts, versie=versie), inhoudstype(start_info=soort))
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    (_, head), *attachments = read(answer.headers["Content-Type"], answer.data).items()
    assert head.get_content_type() == "application/xop+xml"
    assert answer.mimetype_params["start"] == head["Content-ID"]
    assert answer.mimetype_params["start-info"] == head["Content-Type"].params["type"] == soort
    tree = parse(head.get_payload(decode=True))
    assert etree.QName(tree).namespace == versie
    hrefs = [
        part.get("href", "").removeprefix("cid:")
        for part in tree.iter("{http://www.w3.org/2004/08/xop/include}Include")
    ]
    assert [f"<{href}>" for href in hrefs] == [cid for cid, _ in attachments]
    assert [part.get_payload(decode=True) for _, part in attachments] == parts
    assert {part.get_content_type() for _, part in attachments} == {"application/pdf"}


def test_a_large_base64_in_the_root_of_a_multipart_is_lifted_too() -> None:
    answer = post(write(root(question(REGELS))), inhoudstype())
    _, attachments = read(answer.headers["Content-Type"], answer.data).values()
    assert attachments.get_payload(decode=True) == LARGE


def test_an_answer_without_contents_is_an_ordinary_one() -> None:
    answer = post(write(root(question())), inhoudstype())
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")


@pytest.mark.parametrize(
    ("data", "soort", "waarom"),
    [
        (question(REGELS[:-2]), "text/xml", "onvolledig"),
        (question(b"QUJ*"), "text/xml", "geen base64"),
        (question(REGELS[:200_000]), "text/xml", "onvolledig"),
        (question(REGELS)[:200_000], "text/xml", "welgevormde"),
        (mtom(LARGE)[:200_000], inhoudstype(), "afgebroken"),
        (mtom(LARGE), inhoudstype(start="elders"), "geen deel met Content-ID 'elders'"),
        (mtom(LARGE), inhoudstype(bound="anders"), "begint niet"),
        (write(root(question()), bijlage(SMALL, "1")), inhoudstype(), "nergens genoemd"),
        (write(root(question(include("1")))), inhoudstype(), "er is geen deel"),
        (write(root(question(include("1"))), *[bijlage(SMALL, "1")] * 2), inhoudstype(), "meer dan eens"),
        (write(root(question(b"<x/>"))), inhoudstype(), "element x"),
        (write(root(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")), inhoudstype(), "DOCTYPE"),
        (write(root(b"<a>" * 2000)), inhoudstype(), "welgevormde"),
        (write(root(question("é".encode("latin-1")))), inhoudstype(), "welgevormde"),
        (question(b"QUJD").replace(b"plan ", b"../plan "), "text/xml", "pad"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_fault_that_says_what_is_wrong(data: bytes, soort: str, waarom: str) -> None:
    code, details = foutcode(post(data, soort))
    assert code == "StUF055"
    assert waarom in details


@pytest.mark.parametrize(
    ("data", "soort"),
    [
        (question(REGELS), "text/xml"),
        (mtom(LARGE), inhoudstype()),
        (question(base64.b64encode(LARGE[:40_000])), "text/xml"),
    ],
)
def test_a_document_over_the_limit_is_413(data: bytes, soort: str) -> None:
    answer = post(data, soort, Limits(message=10_000_000, document=39_999))
    assert answer.status_code == 413
    code, details = foutcode(answer)
    assert (code, "document in het bericht is groter" in details) == ("StUF055", True)


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=40) | st.sampled_from(_BROKKEN), max_size=14).map(b"".join), st.booleans())
def test_any_bytes_as_a_multipart_get_an_answer(data: bytes, gesloten: bool) -> None:
    answer = post(b"--MIME_grens\r\n" + data + b"\r\n--MIME_grens--" * gesloten, inhoudstype())
    assert answer.status_code in (200, 500)
    if answer.status_code == 500:
        assert foutcode(answer)[0] == "StUF055"


def test_the_version_of_a_refused_multipart_is_that_of_its_start_info() -> None:
    answer = post(b"", inhoudstype(start_info="application/soap+xml"))
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/soap+xml")


class Lek:
    """Watches which temporary files are open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open: list[Any] = []
        for module in ("regiesysteem.stuf.content.scratch", "regiesysteem.soap.mtom", "regiesysteem.soap.request"):
            echt: Callable[..., Any] = __import__(module, fromlist=["x"]).SpooledTemporaryFile
            monkeypatch.setattr(f"{module}.SpooledTemporaryFile", self._onthoudend(echt))

    def _onthoudend(self, echt: Callable[..., Any]) -> Callable[..., Any]:
        def make(*args: Any, **kwargs: Any) -> Any:
            self.open.append(echt(*args, **kwargs))
            return self.open[-1]

        return make

    @property
    def gesloten(self) -> bool:
        return bool(self.open) and all(file.closed for file in self.open)


@pytest.fixture
def lek(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lek]:
    return Lek(monkeypatch)


@pytest.mark.parametrize(
    ("data", "soort"),
    [
        (question(REGELS), "text/xml"),
        (question(REGELS[:-2]), "text/xml"),
        (question(REGELS)[:200_000], "text/xml"),
        (mtom(LARGE), inhoudstype()),
        (mtom(LARGE)[:-9], inhoudstype()),
        (write(root(question()), bijlage(LARGE, "1")), inhoudstype()),
        (write(root(b"<a"), bijlage(LARGE, "1")), inhoudstype()),
    ],
)  # fmt: skip
def test_after_an_answer_or_a_fault_no_file_is_open(lek: Lek, data: bytes, soort: str) -> None:
    answer = post(data, soort)
    assert answer.data
    answer.close()
    assert lek.gesloten


def test_who_goes_away_half_way_leaves_no_file_open(lek: Lek) -> None:
    answer = Client(door_addresses()).post(
        "/", data=question(REGELS), headers={"Content-Type": "text/xml"}, buffered=False
    )
    assert next(iter(answer.response))
    assert not lek.gesloten
    answer.close()
    assert lek.gesloten


@pytest.fixture(scope="module")
def soepel(make_door: Callable[..., Door]) -> Door:
    """Doors where what the schema does not know is let through."""
    return make_door(**{'schema = "streng"': 'schema = "soepel"'})


def aangeboden(
    door: Door, ref: str, number: str, zaak_: str, inhoud: bytes, soort: str = "text/xml", *parts: Part
) -> etree._Element:
    file = '<ZKN:inhoud StUF:bestandsnaam="plan.pdf">HIER</ZKN:inhoud>'
    xml = envelope(edc_lk01("T", document(number, zaak_, file=file), ref=ref)).replace(b"HIER", inhoud)
    data = write(root(xml), *parts) if parts else xml
    return parse(door.post(data, SOAPAction=f'"{ACTIE}voegZaakdocumentToe_Lk01"', Content_Type=soort).data)


def test_the_same_content_in_any_form_is_the_same_message(soepel: Door) -> None:
    """The duplicate rule (StUF 03.01, 4.4)."""
    ref, number, zaak_ = new_number(), new_number(), new(soepel)
    first = aangeboden(soepel, ref, number, zaak_, REGELS)
    assert texts(first, "//s:berichtcode") == ["Bv03"]
    for data, soort, parts in (
        (base64.b64encode(LARGE), "text/xml", ()),
        (REGELS.replace(b"\n", b"&#13;\n"), "text/xml", ()),
        (include("1"), inhoudstype(), (bijlage(LARGE, "1"),)),
        (include("1"), inhoudstype(), (bijlage(REGELS, "1", "base64"),)),
    ):
        again = aangeboden(soepel, ref, number, zaak_, data, soort, *parts)
        assert texts(again, "//s:referentienummer") == texts(first, "//s:referentienummer")
    assert texts(aangeboden(soepel, ref, number, zaak_, base64.b64encode(LARGE[1:])), "//s:code") == ["StUF016"]
    with soepel.engine.connect() as connection:
        inhoud = bytes(
            connection.execute(text("SELECT inhoud FROM bericht WHERE referentienummer = :r"), {"r": ref}).scalar_one()
        )
    [kept] = parse(inhoud).iter(INHOUD)
    assert read_placeholder(kept.text or "") == (hashlib.sha256(LARGE).hexdigest(), len(LARGE))


def test_a_broken_content_leaves_nothing(soepel: Door) -> None:
    zaak_ = new(soepel)
    for_ = soepel.counts(*TABLES)
    for inhoud in (b"QUJ*", b"QUJ", REGELS[:-2]):
        answer = aangeboden(soepel, new_number(), new_number(), zaak_, inhoud)
        assert texts(answer, "//s:code | //s:berichtcode") == ["Fo03", "StUF055"]
    assert soepel.counts(*TABLES) == for_


def test_a_multipart_names_its_operation_in_any_of_four_places(soepel: Door) -> None:
    actie = f"{ACTIE}bestaatNiet"
    for head, extra, soort in (
        ({"SOAPAction": f'"{actie}"'}, "", "text/xml"),
        ({}, f'; action="{actie}"', "text/xml"),
        ({}, f'; start-info="application/soap+xml; action=\\"{actie}\\""', "text/xml"),
        ({}, "", f'application/xop+xml; type="text/xml"; action="{actie}"'),
    ):
        xml = envelope(lk01("T", zaak(new_number())))
        data = write(Part(xml, [("Content-Type", soort), ("Content-ID", f"<{ROOT}>")]))
        type_ = f'multipart/related; boundary="MIME_grens"{extra}'
        answer = parse(soepel.post(data, **head, Content_Type=type_).data)
        assert "SOAPAction bestaatNiet" in "".join(texts(answer, "//s:details"))
