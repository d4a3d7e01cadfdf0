"""Documents over HTTP: the scenarios of the published test set for a provider, real files, attachments both ways."""

import base64
import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import zeep
from lxml import etree
from tests.berichten.bouw import ACTIE, envelope, lk01, lv01, new_number, obj, status, texts, zaak
from tests.berichten.documenten import (
    XMIME,
    bewerken,
    cancel,
    document,
    docx,
    edc_lk01,
    edc_lv01,
    genereer,
    inhoud,
    pdf,
    png,
    update,
)
from tests.conftest import Server
from tests.diensten.stappen import sleutel
from tests.soap.multipart import bijlage, include, inhoudstype, read, root, write

from regiesysteem.stuf.xml import parse
from regiesysteem_practice import play_messages as d

FILES = [
    ("plan.pdf", "application/pdf", pdf()),
    ("plan.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx()),
    ("plan.png", "image/png", png(400, 300)),
    ("groot.pdf", "application/pdf", pdf() * 400),
]
LIJST = (
    '<ZKN:heeftRelevant StUF:entiteittype="ZAKEDC"><ZKN:gerelateerde StUF:entiteittype="EDC">'
    '<ZKN:identificatie xsi:nil="true"/><ZKN:titel xsi:nil="true"/></ZKN:gerelateerde></ZKN:heeftRelevant>'
)


def _post(server: Server, dienst: str, data: bytes, soort: str = "text/xml; charset=utf-8") -> tuple[str, bytes]:
    """POST to the common door; content type and body of the answer."""
    head = {"Content-Type": soort, "SOAPAction": f'"{ACTIE}{dienst}"'}
    try:
        with urlopen(Request(f"{server.url}/stuf", data, head), timeout=60) as answer:
            return answer.headers["Content-Type"], answer.read()
    except HTTPError as error:
        with error:
            return error.headers["Content-Type"], error.read()


def _send(server: Server, dienst: str, bericht: str) -> etree._Element:
    return parse(_post(server, dienst, envelope(bericht))[1])


def _succeeded(server: Server, dienst: str, bericht: str, wordt: str) -> etree._Element:
    answer = _send(server, dienst, bericht)
    assert texts(answer, "//s:berichtcode") == [wordt], texts(answer, "//s:details")
    return answer


def _zaak(server: Server) -> str:
    number = new_number()
    _succeeded(server, "creeerZaak_Lk01", lk01("T", zaak(number)), "Bv03")
    return number


def test_the_scenarios_of_a_zaaksysteem_and_documentbeheersysteem(server: Server) -> None:
    """Two zaken, a document each: listed, edited, updated, read, a status, and one check-out that is cancelled."""
    zaken = [_zaak(server) for _ in range(2)]
    documenten = [
        texts(
            _succeeded(server, "genereerDocumentIdentificatie_Di02", genereer(), "Du02"), "//z:document/z:identificatie"
        )
        for _ in range(2)
    ]
    [one], [twee] = documenten
    assert one != twee
    for number, where in zip((one, twee), zaken, strict=True):
        bericht = edc_lk01("T", document(number, where, file=inhoud(pdf(number))))
        _succeeded(server, "voegZaakdocumentToe_Lk01", bericht, "Bv03")
    answer = _succeeded(server, "geefLijstZaakdocumenten_Lv01", lv01(sleutel(zaken[0]), LIJST), "La01")
    assert texts(answer, "//z:heeftRelevant//z:identificatie") == [one]
    sleutels = {}
    for number in (one, twee):
        answer = _succeeded(server, "geefZaakdocumentbewerken_Di02", bewerken(number), "Du02")
        assert base64.b64decode(texts(answer, "//z:inhoud")[0]) == pdf(number)
        [sleutels[number]] = texts(answer, "//z:checkedOutId")
    assert texts(_send(server, "geefZaakdocumentbewerken_Di02", bewerken(one)), "//s:code") == ["StUF058"]
    new = inhoud(pdf("bijgewerkt"))
    _succeeded(server, "updateZaakdocument_Di02", update(twee, sleutels[twee], new), "Bv02")
    answer = _succeeded(server, "geefZaakdocumentLezen_Lv01", edc_lv01(twee), "La01")
    assert base64.b64decode(texts(answer, "//z:inhoud")[0]) == pdf("bijgewerkt")
    gezet = lk01("W", obj(sleutel(zaken[1]), "W"), obj(sleutel(zaken[1]) + status(2, "20270101"), "W"))
    _succeeded(server, "actualiseerZaakstatus_Lk01", gezet, "Bv03")
    _succeeded(server, "cancelCheckout_Di02", cancel(one, sleutels[one]), "Bv02")
    _succeeded(server, "geefZaakdocumentbewerken_Di02", bewerken(one), "Du02")


@pytest.mark.parametrize(("naam", "soort", "data"), FILES, ids=[naam for naam, *_ in FILES])
def test_an_attachment_comes_back_as_one_byte_for_byte(server: Server, naam: str, soort: str, data: bytes) -> None:
    number = new_number()
    xml = envelope(edc_lk01("T", document(number, _zaak(server), file=inhoud(b"#", naam, soort))))
    xml = xml.replace(base64.b64encode(b"#"), include("bestand@proef"))
    _, answer = _post(
        server, "voegZaakdocumentToe_Lk01", write(root(xml), bijlage(data, "bestand@proef")), inhoudstype()
    )
    assert texts(parse(answer), "//s:berichtcode") == ["Bv03"]
    question = write(root(envelope(edc_lv01(number))))
    back = read(*_post(server, "geefZaakdocumentLezen_Lv01", question, inhoudstype()))
    head, part = back.values()
    assert part.get_payload(decode=True) == data
    assert part.get_content_type() == soort
    [node] = parse(head.get_payload(decode=True)).iter("{*}inhoud")  # type: ignore[arg-type]
    assert (node.get(f"{{{XMIME}}}contentType"), node.get("{http://www.egem.nl/StUF/StUF0301}bestandsnaam")) == (
        soort,
        naam,
    )
    inline = _succeeded(server, "geefZaakdocumentLezen_Lv01", edc_lv01(number), "La01")
    assert base64.b64decode(texts(inline, "//z:inhoud")[0]) == data


def test_a_file_in_base64_of_any_form_is_that_file(server: Server) -> None:
    where, data = _zaak(server), pdf() * 300
    regels = base64.encodebytes(data).replace(b"\n", b"\r\n  ")
    number = new_number()
    xml = envelope(edc_lk01("T", document(number, where, file=inhoud(b"#"))))
    _, answer = _post(server, "voegZaakdocumentToe_Lk01", xml.replace(base64.b64encode(b"#"), regels))
    assert texts(parse(answer), "//s:berichtcode") == ["Bv03"]
    back = _succeeded(server, "geefZaakdocumentLezen_Lv01", edc_lv01(number), "La01")
    assert base64.b64decode(texts(back, "//z:inhoud")[0]) == data


@pytest.mark.parametrize("rest", [include("weg@proef"), include("bestand@proef") * 2])
def test_a_broken_attachment_leaves_nothing(server: Server, rest: bytes) -> None:
    number = new_number()
    xml = envelope(edc_lk01("T", document(number, _zaak(server), file=inhoud(b"#"))))
    xml = xml.replace(base64.b64encode(b"#"), rest)
    data = write(root(xml), bijlage(b"data", "bestand@proef"))
    _, answer = _post(server, "voegZaakdocumentToe_Lk01", data, inhoudstype())
    assert texts(parse(answer), "//s:code") == ["StUF055"]
    parsed = _succeeded(server, "geefZaakdocumentLezen_Lv01", edc_lv01(number), "La01")
    assert not texts(parsed, "//z:object")


def test_zeep_gives_and_gets_the_bytes(server: Server) -> None:
    client = zeep.Client(f"{server.url}/stuf?wsdl")
    where, number = _zaak(server), new_number()
    new = d.document(number, "Verslag", "Verslag", [where], text="Verslag (van het gesprek)")
    answer = client.service.voegZaakdocumentToe_Lk01(**d.add("GWS4all", new))
    assert answer["berichtcode"] == "Bv03"
    [parsed] = client.service.geefZaakdocumentLezen_Lv01(**d.read("GWS4all", number))["antwoord"]["object"]
    assert parsed["inhoud"]["_value_1"] == new["inhoud"]["_value_1"]
    assert parsed["inhoud"]["bestandsnaam"] == "Verslag.pdf"
    assert re.match(rb"%PDF-1\.4\n", parsed["inhoud"]["_value_1"])
