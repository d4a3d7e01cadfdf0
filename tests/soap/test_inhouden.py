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
from tests.berichten.bouw import ACTIE, SOAP11, SOAP12, envelop, lk01, nieuw_nummer, teksten, zaak
from tests.berichten.documenten import document, edc_lk01
from tests.diensten.documentstappen import TABELLEN
from tests.diensten.stappen import nieuw
from tests.soap.conftest import Deur
from tests.soap.multipart import WORTEL, Deel, bijlage, include, inhoudstype, lees, schrijf, wortel
from tests.soap.proef import GRENZEN, deuren
from werkzeug.test import Client, TestResponse

from regiesysteem.soap.exchange import Limits
from regiesysteem.stuf.content.content import lees_plaatshouder
from regiesysteem.stuf.namespaces import STUF, XMIME
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.names import INHOUD, ZKN

KLEIN = b"%PDF-1.7 klein"
GROOT = random.Random(1).randbytes(300_001)
ATTRIBUTEN = 'StUF:bestandsnaam="plan é.pdf" m:contentType="application/pdf"'
REGELS = base64.encodebytes(GROOT)


_BROKKEN = [
    b"\r\n", b"\r\n\r\n", b"\r\n--MIME_grens\r\n", b"Content-ID: <wortel@proef>", b"Content-ID: <1>", b"QUJD",
    b"Content-Type: text/xml", b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
]  # fmt: skip


def vraag(*inhouden: bytes, versie: str = SOAP11) -> bytes:
    """A message with these as the text of its elements `inhoud`."""
    delen = b"".join(
        b"<ZKN:object><ZKN:inhoud %s>%s</ZKN:inhoud></ZKN:object>" % (ATTRIBUTEN.encode(), inhoud)
        for inhoud in inhouden
    )
    xmlns = f'xmlns:ZKN="{ZKN}" xmlns:StUF="{STUF}" xmlns:m="{XMIME}"'
    return envelop(f"<ZKN:edcLk01 {xmlns}>HIER</ZKN:edcLk01>", versie).replace(b"HIER", delen)


def post(data: bytes, soort: str = "text/xml", grenzen: Limits = GRENZEN, **kop: str) -> TestResponse:
    return Client(deuren(grenzen)).post("/", data=data, headers={"Content-Type": soort} | kop, buffered=True)


def mtom(*inhouden: bytes, versie: str = SOAP11) -> bytes:
    delen = [bijlage(inhoud, f"{nummer}@x") for nummer, inhoud in enumerate(inhouden)]
    xml = vraag(*(include(f"{nummer}%40x") for nummer in range(len(inhouden))), versie=versie)
    return schrijf(wortel(xml), *delen)


def inhouden(antwoord: TestResponse) -> list[bytes]:
    """The contents of an inline answer."""
    assert antwoord.status_code == 200, antwoord.text[:3000]
    elementen = list(ontleed(antwoord.data).iter(INHOUD))
    assert {element.get(f"{{{STUF}}}bestandsnaam") for element in elementen} <= {"plan é.pdf"}
    return [base64.b64decode(element.text or "", validate=True) for element in elementen]


def foutcode(antwoord: TestResponse) -> tuple[str, str]:
    boom = ontleed(antwoord.data)
    [code] = teksten(boom, "//s:code")
    return code, "".join(teksten(boom, "//s:details"))


@pytest.mark.parametrize("delen", [[KLEIN], [GROOT], [KLEIN, GROOT, KLEIN, GROOT[:-1]], [b""], []], ids=len)
def test_what_comes_in_inline_goes_out_inline(delen: list[bytes]) -> None:
    antwoord = post(vraag(*(base64.encodebytes(deel) for deel in delen)))
    assert inhouden(antwoord) == delen
    assert antwoord.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert int(antwoord.headers["Content-Length"]) == len(antwoord.data)


@pytest.mark.parametrize("delen", [[KLEIN], [GROOT], [KLEIN, GROOT, KLEIN], [b"\r\n--"]], ids=len)
@pytest.mark.parametrize(("versie", "soort"), [(SOAP11, "text/xml"), (SOAP12, "application/soap+xml")])
def test_what_comes_in_as_mtom_goes_out_as_mtom(delen: list[bytes], versie: str, soort: str) -> None:
    antwoord = post(mtom(*delen, versie=versie), inhoudstype(start_info=soort))
    assert antwoord.status_code == 200
    assert int(antwoord.headers["Content-Length"]) == len(antwoord.data)
    (_, kop), *bijlagen = lees(antwoord.headers["Content-Type"], antwoord.data).items()
    assert kop.get_content_type() == "application/xop+xml"
    assert antwoord.mimetype_params["start"] == kop["Content-ID"]
    assert antwoord.mimetype_params["start-info"] == kop["Content-Type"].params["type"] == soort
    boom = ontleed(kop.get_payload(decode=True))
    assert etree.QName(boom).namespace == versie
    hrefs = [
        deel.get("href", "").removeprefix("cid:")
        for deel in boom.iter("{http://www.w3.org/2004/08/xop/include}Include")
    ]
    assert [f"<{href}>" for href in hrefs] == [cid for cid, _ in bijlagen]
    assert [deel.get_payload(decode=True) for _, deel in bijlagen] == delen
    assert {deel.get_content_type() for _, deel in bijlagen} == {"application/pdf"}


def test_a_large_base64_in_the_root_of_a_multipart_is_lifted_too() -> None:
    antwoord = post(schrijf(wortel(vraag(REGELS))), inhoudstype())
    _, bijlagen = lees(antwoord.headers["Content-Type"], antwoord.data).values()
    assert bijlagen.get_payload(decode=True) == GROOT


def test_an_answer_without_contents_is_an_ordinary_one() -> None:
    antwoord = post(schrijf(wortel(vraag())), inhoudstype())
    assert (antwoord.status_code, antwoord.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")


@pytest.mark.parametrize(
    ("data", "soort", "waarom"),
    [
        (vraag(REGELS[:-2]), "text/xml", "onvolledig"),
        (vraag(b"QUJ*"), "text/xml", "geen base64"),
        (vraag(REGELS[:200_000]), "text/xml", "onvolledig"),
        (vraag(REGELS)[:200_000], "text/xml", "welgevormde"),
        (mtom(GROOT)[:200_000], inhoudstype(), "afgebroken"),
        (mtom(GROOT), inhoudstype(start="elders"), "geen deel met Content-ID 'elders'"),
        (mtom(GROOT), inhoudstype(grens="anders"), "begint niet"),
        (schrijf(wortel(vraag()), bijlage(KLEIN, "1")), inhoudstype(), "nergens genoemd"),
        (schrijf(wortel(vraag(include("1")))), inhoudstype(), "er is geen deel"),
        (schrijf(wortel(vraag(include("1"))), *[bijlage(KLEIN, "1")] * 2), inhoudstype(), "meer dan eens"),
        (schrijf(wortel(vraag(b"<x/>"))), inhoudstype(), "element x"),
        (schrijf(wortel(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")), inhoudstype(), "DOCTYPE"),
        (schrijf(wortel(b"<a>" * 2000)), inhoudstype(), "welgevormde"),
        (schrijf(wortel(vraag("é".encode("latin-1")))), inhoudstype(), "welgevormde"),
        (vraag(b"QUJD").replace(b"plan ", b"../plan "), "text/xml", "pad"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_fault_that_says_what_is_wrong(data: bytes, soort: str, waarom: str) -> None:
    code, details = foutcode(post(data, soort))
    assert code == "StUF055"
    assert waarom in details


@pytest.mark.parametrize(
    ("data", "soort"),
    [(vraag(REGELS), "text/xml"), (mtom(GROOT), inhoudstype()), (vraag(base64.b64encode(GROOT[:40_000])), "text/xml")],
)
def test_a_document_over_the_limit_is_413(data: bytes, soort: str) -> None:
    antwoord = post(data, soort, Limits(message=10_000_000, document=39_999))
    assert antwoord.status_code == 413
    code, details = foutcode(antwoord)
    assert (code, "document in het bericht is groter" in details) == ("StUF055", True)


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=40) | st.sampled_from(_BROKKEN), max_size=14).map(b"".join), st.booleans())
def test_any_bytes_as_a_multipart_get_an_answer(data: bytes, gesloten: bool) -> None:
    antwoord = post(b"--MIME_grens\r\n" + data + b"\r\n--MIME_grens--" * gesloten, inhoudstype())
    assert antwoord.status_code in (200, 500)
    if antwoord.status_code == 500:
        assert foutcode(antwoord)[0] == "StUF055"


def test_the_version_of_a_refused_multipart_is_that_of_its_start_info() -> None:
    antwoord = post(b"", inhoudstype(start_info="application/soap+xml"))
    assert antwoord.status_code == 400
    assert antwoord.headers["Content-Type"].startswith("application/soap+xml")


class Lek:
    """Watches which temporary files are open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open: list[Any] = []
        for module in ("regiesysteem.stuf.content.scratch", "regiesysteem.soap.mtom", "regiesysteem.soap.exchange"):
            echt: Callable[..., Any] = __import__(module, fromlist=["x"]).SpooledTemporaryFile
            monkeypatch.setattr(f"{module}.SpooledTemporaryFile", self._onthoudend(echt))

    def _onthoudend(self, echt: Callable[..., Any]) -> Callable[..., Any]:
        def maak(*args: Any, **kwargs: Any) -> Any:
            self.open.append(echt(*args, **kwargs))
            return self.open[-1]

        return maak

    @property
    def gesloten(self) -> bool:
        return bool(self.open) and all(bestand.closed for bestand in self.open)


@pytest.fixture
def lek(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lek]:
    return Lek(monkeypatch)


@pytest.mark.parametrize(
    ("data", "soort"),
    [
        (vraag(REGELS), "text/xml"),
        (vraag(REGELS[:-2]), "text/xml"),
        (vraag(REGELS)[:200_000], "text/xml"),
        (mtom(GROOT), inhoudstype()),
        (mtom(GROOT)[:-9], inhoudstype()),
        (schrijf(wortel(vraag()), bijlage(GROOT, "1")), inhoudstype()),
        (schrijf(wortel(b"<a"), bijlage(GROOT, "1")), inhoudstype()),
    ],
)  # fmt: skip
def test_after_an_answer_or_a_fault_no_file_is_open(lek: Lek, data: bytes, soort: str) -> None:
    antwoord = post(data, soort)
    assert antwoord.data
    antwoord.close()
    assert lek.gesloten


def test_who_goes_away_half_way_leaves_no_file_open(lek: Lek) -> None:
    antwoord = Client(deuren()).post("/", data=vraag(REGELS), headers={"Content-Type": "text/xml"}, buffered=False)
    assert next(iter(antwoord.response))
    assert not lek.gesloten
    antwoord.close()
    assert lek.gesloten


@pytest.fixture(scope="module")
def soepel(maak_deur: Callable[..., Deur]) -> Deur:
    """Doors where what the schema does not know is let through."""
    return maak_deur(**{'schema = "streng"': 'schema = "soepel"'})


def aangeboden(
    deur: Deur, ref: str, nummer: str, zaak_: str, inhoud: bytes, soort: str = "text/xml", *delen: Deel
) -> etree._Element:
    bestand = '<ZKN:inhoud StUF:bestandsnaam="plan.pdf">HIER</ZKN:inhoud>'
    xml = envelop(edc_lk01("T", document(nummer, zaak_, bestand=bestand), ref=ref)).replace(b"HIER", inhoud)
    data = schrijf(wortel(xml), *delen) if delen else xml
    return ontleed(deur.post(data, SOAPAction=f'"{ACTIE}voegZaakdocumentToe_Lk01"', Content_Type=soort).data)


def test_the_same_content_in_any_form_is_the_same_message(soepel: Deur) -> None:
    """The duplicate rule (StUF 03.01, 4.4)."""
    ref, nummer, zaak_ = nieuw_nummer(), nieuw_nummer(), nieuw(soepel)
    eerste = aangeboden(soepel, ref, nummer, zaak_, REGELS)
    assert teksten(eerste, "//s:berichtcode") == ["Bv03"]
    for data, soort, delen in (
        (base64.b64encode(GROOT), "text/xml", ()),
        (REGELS.replace(b"\n", b"&#13;\n"), "text/xml", ()),
        (include("1"), inhoudstype(), (bijlage(GROOT, "1"),)),
        (include("1"), inhoudstype(), (bijlage(REGELS, "1", "base64"),)),
    ):
        opnieuw = aangeboden(soepel, ref, nummer, zaak_, data, soort, *delen)
        assert teksten(opnieuw, "//s:referentienummer") == teksten(eerste, "//s:referentienummer")
    assert teksten(aangeboden(soepel, ref, nummer, zaak_, base64.b64encode(GROOT[1:])), "//s:code") == ["StUF016"]
    with soepel.motor.connect() as verbinding:
        inhoud = bytes(
            verbinding.execute(text("SELECT inhoud FROM bericht WHERE referentienummer = :r"), {"r": ref}).scalar_one()
        )
    [bewaard] = ontleed(inhoud).iter(INHOUD)
    assert lees_plaatshouder(bewaard.text or "") == (hashlib.sha256(GROOT).hexdigest(), len(GROOT))


def test_a_broken_content_leaves_nothing(soepel: Deur) -> None:
    zaak_ = nieuw(soepel)
    voor = soepel.aantallen(*TABELLEN)
    for inhoud in (b"QUJ*", b"QUJ", REGELS[:-2]):
        antwoord = aangeboden(soepel, nieuw_nummer(), nieuw_nummer(), zaak_, inhoud)
        assert teksten(antwoord, "//s:code | //s:berichtcode") == ["Fo03", "StUF055"]
    assert soepel.aantallen(*TABELLEN) == voor


def test_a_multipart_names_its_operation_in_any_of_four_places(soepel: Deur) -> None:
    actie = f"{ACTIE}bestaatNiet"
    for kop, extra, soort in (
        ({"SOAPAction": f'"{actie}"'}, "", "text/xml"),
        ({}, f'; action="{actie}"', "text/xml"),
        ({}, f'; start-info="application/soap+xml; action=\\"{actie}\\""', "text/xml"),
        ({}, "", f'application/xop+xml; type="text/xml"; action="{actie}"'),
    ):
        xml = envelop(lk01("T", zaak(nieuw_nummer())))
        data = schrijf(Deel(xml, [("Content-Type", soort), ("Content-ID", f"<{WORTEL}>")]))
        type_ = f'multipart/related; boundary="MIME_grens"{extra}'
        antwoord = ontleed(soepel.post(data, **kop, Content_Type=type_).data)
        assert "SOAPAction bestaatNiet" in "".join(teksten(antwoord, "//s:details"))
