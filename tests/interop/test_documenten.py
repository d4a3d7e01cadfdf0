"""Documents over HTTP: the scenarios of the published test set for a provider, real files, attachments both ways."""

import base64
import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import zeep
from lxml import etree
from tests.berichten.bouw import ACTIE, envelop, lk01, lv01, nieuw_nummer, obj, status, teksten, zaak
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
from tests.soap.multipart import bijlage, include, inhoudstype, lees, schrijf, wortel

from regiesysteem.stuf.xml import ontleed
from regiesysteem_practice import play_messages as d

BESTANDEN = [
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
    kop = {"Content-Type": soort, "SOAPAction": f'"{ACTIE}{dienst}"'}
    try:
        with urlopen(Request(f"{server.url}/stuf", data, kop), timeout=60) as antwoord:
            return antwoord.headers["Content-Type"], antwoord.read()
    except HTTPError as fout:
        with fout:
            return fout.headers["Content-Type"], fout.read()


def _stuur(server: Server, dienst: str, bericht: str) -> etree._Element:
    return ontleed(_post(server, dienst, envelop(bericht))[1])


def _gelukt(server: Server, dienst: str, bericht: str, wordt: str) -> etree._Element:
    antwoord = _stuur(server, dienst, bericht)
    assert teksten(antwoord, "//s:berichtcode") == [wordt], teksten(antwoord, "//s:details")
    return antwoord


def _zaak(server: Server) -> str:
    nummer = nieuw_nummer()
    _gelukt(server, "creeerZaak_Lk01", lk01("T", zaak(nummer)), "Bv03")
    return nummer


def test_the_scenarios_of_a_zaaksysteem_and_documentbeheersysteem(server: Server) -> None:
    """Two zaken, a document each: listed, edited, updated, read, a status, and one check-out that is cancelled."""
    zaken = [_zaak(server) for _ in range(2)]
    documenten = [
        teksten(
            _gelukt(server, "genereerDocumentIdentificatie_Di02", genereer(), "Du02"), "//z:document/z:identificatie"
        )
        for _ in range(2)
    ]
    [een], [twee] = documenten
    assert een != twee
    for nummer, waar in zip((een, twee), zaken, strict=True):
        bericht = edc_lk01("T", document(nummer, waar, bestand=inhoud(pdf(nummer))))
        _gelukt(server, "voegZaakdocumentToe_Lk01", bericht, "Bv03")
    antwoord = _gelukt(server, "geefLijstZaakdocumenten_Lv01", lv01(sleutel(zaken[0]), LIJST), "La01")
    assert teksten(antwoord, "//z:heeftRelevant//z:identificatie") == [een]
    sleutels = {}
    for nummer in (een, twee):
        antwoord = _gelukt(server, "geefZaakdocumentbewerken_Di02", bewerken(nummer), "Du02")
        assert base64.b64decode(teksten(antwoord, "//z:inhoud")[0]) == pdf(nummer)
        [sleutels[nummer]] = teksten(antwoord, "//z:checkedOutId")
    assert teksten(_stuur(server, "geefZaakdocumentbewerken_Di02", bewerken(een)), "//s:code") == ["StUF058"]
    nieuw = inhoud(pdf("bijgewerkt"))
    _gelukt(server, "updateZaakdocument_Di02", update(twee, sleutels[twee], nieuw), "Bv02")
    antwoord = _gelukt(server, "geefZaakdocumentLezen_Lv01", edc_lv01(twee), "La01")
    assert base64.b64decode(teksten(antwoord, "//z:inhoud")[0]) == pdf("bijgewerkt")
    gezet = lk01("W", obj(sleutel(zaken[1]), "W"), obj(sleutel(zaken[1]) + status(2, "20270101"), "W"))
    _gelukt(server, "actualiseerZaakstatus_Lk01", gezet, "Bv03")
    _gelukt(server, "cancelCheckout_Di02", cancel(een, sleutels[een]), "Bv02")
    _gelukt(server, "geefZaakdocumentbewerken_Di02", bewerken(een), "Du02")


@pytest.mark.parametrize(("naam", "soort", "data"), BESTANDEN, ids=[naam for naam, *_ in BESTANDEN])
def test_an_attachment_comes_back_as_one_byte_for_byte(server: Server, naam: str, soort: str, data: bytes) -> None:
    nummer = nieuw_nummer()
    xml = envelop(edc_lk01("T", document(nummer, _zaak(server), bestand=inhoud(b"#", naam, soort))))
    xml = xml.replace(base64.b64encode(b"#"), include("bestand@proef"))
    _, antwoord = _post(
        server, "voegZaakdocumentToe_Lk01", schrijf(wortel(xml), bijlage(data, "bestand@proef")), inhoudstype()
    )
    assert teksten(ontleed(antwoord), "//s:berichtcode") == ["Bv03"]
    vraag = schrijf(wortel(envelop(edc_lv01(nummer))))
    terug = lees(*_post(server, "geefZaakdocumentLezen_Lv01", vraag, inhoudstype()))
    kop, deel = terug.values()
    assert deel.get_payload(decode=True) == data
    assert deel.get_content_type() == soort
    [knoop] = ontleed(kop.get_payload(decode=True)).iter("{*}inhoud")  # type: ignore[arg-type]
    assert (knoop.get(f"{{{XMIME}}}contentType"), knoop.get("{http://www.egem.nl/StUF/StUF0301}bestandsnaam")) == (
        soort,
        naam,
    )
    inline = _gelukt(server, "geefZaakdocumentLezen_Lv01", edc_lv01(nummer), "La01")
    assert base64.b64decode(teksten(inline, "//z:inhoud")[0]) == data


def test_a_file_in_base64_of_any_form_is_that_file(server: Server) -> None:
    waar, data = _zaak(server), pdf() * 300
    regels = base64.encodebytes(data).replace(b"\n", b"\r\n  ")
    nummer = nieuw_nummer()
    xml = envelop(edc_lk01("T", document(nummer, waar, bestand=inhoud(b"#"))))
    _, antwoord = _post(server, "voegZaakdocumentToe_Lk01", xml.replace(base64.b64encode(b"#"), regels))
    assert teksten(ontleed(antwoord), "//s:berichtcode") == ["Bv03"]
    terug = _gelukt(server, "geefZaakdocumentLezen_Lv01", edc_lv01(nummer), "La01")
    assert base64.b64decode(teksten(terug, "//z:inhoud")[0]) == data


@pytest.mark.parametrize("rest", [include("weg@proef"), include("bestand@proef") * 2])
def test_a_broken_attachment_leaves_nothing(server: Server, rest: bytes) -> None:
    nummer = nieuw_nummer()
    xml = envelop(edc_lk01("T", document(nummer, _zaak(server), bestand=inhoud(b"#"))))
    xml = xml.replace(base64.b64encode(b"#"), rest)
    data = schrijf(wortel(xml), bijlage(b"data", "bestand@proef"))
    _, antwoord = _post(server, "voegZaakdocumentToe_Lk01", data, inhoudstype())
    assert teksten(ontleed(antwoord), "//s:code") == ["StUF055"]
    gelezen = _gelukt(server, "geefZaakdocumentLezen_Lv01", edc_lv01(nummer), "La01")
    assert not teksten(gelezen, "//z:object")


def test_zeep_gives_and_gets_the_bytes(server: Server) -> None:
    client = zeep.Client(f"{server.url}/stuf?wsdl")
    waar, nummer = _zaak(server), nieuw_nummer()
    nieuw = d.document(nummer, "Verslag", "Verslag", [waar], tekst="Verslag (van het gesprek)")
    antwoord = client.service.voegZaakdocumentToe_Lk01(**d.voeg_toe("GWS4all", nieuw))
    assert antwoord["berichtcode"] == "Bv03"
    [gelezen] = client.service.geefZaakdocumentLezen_Lv01(**d.lezen("GWS4all", nummer))["antwoord"]["object"]
    assert gelezen["inhoud"]["_value_1"] == nieuw["inhoud"]["_value_1"]
    assert gelezen["inhoud"]["bestandsnaam"] == "Verslag.pdf"
    assert re.match(rb"%PDF-1\.4\n", gelezen["inhoud"]["_value_1"])
