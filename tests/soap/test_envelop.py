"""SOAP 1.1 and 1.2, WS-Addressing, and the operation however it is named: every combination gets the right answer."""

import pytest
from lxml import etree
from tests.berichten.bouw import (
    ACTIE,
    NS,
    SOAP11,
    SOAP12,
    di02,
    element,
    envelop,
    lk01,
    lv01,
    nieuw_nummer,
    obj,
    status,
    teksten,
    zaak,
)
from tests.soap.conftest import Deur
from werkzeug.test import TestResponse

from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed

INHOUDSTYPE = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}
SLEUTEL = "<ZKN:identificatie>1900geen</ZKN:identificatie>"
WSA = "http://www.w3.org/2005/08/addressing"
DIENST = "genereerZaakIdentificatie_Di02"


def body(antwoord: TestResponse, versie: str) -> etree._Element:
    """What is in the body of an answer in this version."""
    [inhoud] = ontleed(antwoord.data).findall(f"{{{versie}}}Body/*")
    return inhoud


@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
@pytest.mark.parametrize("inhoudstype", [SOAP11, SOAP12])
def test_the_envelope_decides_the_version_whatever_the_content_type(deur: Deur, versie: str, inhoudstype: str) -> None:
    antwoord = deur.post(envelop(di02(), versie), Content_Type=INHOUDSTYPE[inhoudstype])
    assert antwoord.status_code == 200
    assert antwoord.content_type == INHOUDSTYPE[versie]
    assert etree.QName(body(antwoord, versie)).localname == "genereerZaakIdentificatie_Du02"


@pytest.mark.parametrize(
    ("bericht", "code", "kant", "status"),
    [
        (di02().replace(">Di02<", ">Di77<"), "StUF022", "client", 400),
        (di02().replace(">Di02<", ">Lk05<"), "StUF025", "server", 500),
        (lk01("T", zaak("1900X1", "BESTAATNIET"), zender="Vreemd"), "", "", 0),
    ],
)
@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
def test_a_fault_has_the_layout_of_the_binding(
    deur: Deur, bericht: str, code: str, kant: str, status: int, versie: str
) -> None:
    """Protocolbinding 03.02, section 3: plek as code, omschrijving as text, the fault message as detail."""
    antwoord = deur.post(envelop(bericht, versie), Content_Type=INHOUDSTYPE[versie])
    fault = body(antwoord, versie)
    assert fault.tag == f"{{{versie}}}Fault"
    [fo] = fault.xpath("//s:Fo02Bericht | //s:Fo03Bericht", namespaces=NS)
    assert controleer(fo) == []
    plek, omschrijving = teksten(fo, ".//s:plek")[0], teksten(fo, ".//s:omschrijving")[0]
    if code:
        assert (teksten(fo, ".//s:code")[0], plek) == (code, kant)
    if versie == SOAP11:
        assert antwoord.status_code == 500
        assert [kind.tag for kind in fault] == ["faultcode", "faultstring", "detail"]
        assert teksten(fault, "faultcode | faultstring") == [f"soap:{plek.capitalize()}", omschrijving]
        assert fo.getparent() is fault[2]
        assert fault.nsmap["soap"] == SOAP11
    else:
        assert antwoord.status_code == (status or (400 if plek == "client" else 500))
        assert teksten(fault, "f:Code/f:Value") == [{"client": "soap:Sender", "server": "soap:Receiver"}[plek]]
        assert teksten(fault, "f:Reason/f:Text[@xml:lang='nl']") == [omschrijving]
        assert fo.getparent() is fault.find(f"{{{SOAP12}}}Detail")


def test_an_envelope_of_another_soap_is_a_version_mismatch(deur: Deur) -> None:
    antwoord = deur.post(envelop(di02(), "http://www.w3.org/2002/12/soap-envelope"))
    assert antwoord.status_code == 500
    assert teksten(body(antwoord, SOAP11), "faultcode") == ["soap:VersionMismatch"]


def test_a_message_without_an_envelope_is_told_so(deur: Deur) -> None:
    antwoord = deur.post(di02().encode())
    assert "SOAP-envelope" in teksten(ontleed(antwoord.data), "//s:details")[0]


# --- headers


ANDER = "http://example.com/tussenstation"


@pytest.mark.parametrize(
    ("versie", "header", "geweigerd"),
    [
        (SOAP11, '<x:y xmlns:x="urn:x" s:mustUnderstand="1"/>', True),
        (SOAP11, '<x:y xmlns:x="urn:x" s:mustUnderstand="0"/>', False),
        (SOAP11, '<x:y xmlns:x="urn:x"/>', False),
        (SOAP11, f'<x:y xmlns:x="urn:x" s:mustUnderstand="1" s:actor="{ANDER}"/>', False),
        (
            SOAP11,
            '<x:y xmlns:x="urn:x" s:mustUnderstand="1" s:actor="http://schemas.xmlsoap.org/soap/actor/next"/>',
            True,
        ),
        (SOAP12, '<x:y xmlns:x="urn:x" s:mustUnderstand="true"/>', True),
        (SOAP12, f'<x:y xmlns:x="urn:x" s:mustUnderstand="true" s:role="{SOAP12}/role/ultimateReceiver"/>', True),
        (SOAP12, f'<x:y xmlns:x="urn:x" s:mustUnderstand="true" s:role="{SOAP12}/role/none"/>', False),
        (SOAP11, f'<w:To xmlns:w="{WSA}" s:mustUnderstand="1">http://hier</w:To>', False),
    ],
)
def test_headers_that_must_be_understood(deur: Deur, versie: str, header: str, geweigerd: bool) -> None:
    antwoord = deur.post(envelop(di02(), versie, header), Content_Type=INHOUDSTYPE[versie])
    codes = teksten(ontleed(antwoord.data), "//faultcode | //f:Code/f:Value")
    assert codes == (["soap:MustUnderstand"] if geweigerd else [])
    assert teksten(ontleed(antwoord.data), "//detail | //f:Detail") == [], "it is not about the message"


def test_a_fault_of_soap_1_2_names_every_header_that_was_not_understood(deur: Deur) -> None:
    """SOAP 1.2 part 1, 5.4.8; SOAP 1.1 has no such header."""
    header = """<x:y xmlns:x="urn:x" s:mustUnderstand="true"/><x:z xmlns:x="urn:a:b" s:mustUnderstand="1"/>
        <v xmlns="" s:mustUnderstand="true"/><x:goed xmlns:x="urn:x"/>"""
    antwoord = ontleed(deur.post(envelop(di02(), SOAP12, header), Content_Type=INHOUDSTYPE[SOAP12]).data)
    blokken = antwoord.findall(f"{{{SOAP12}}}Header/{{{SOAP12}}}NotUnderstood")
    namen = []
    for blok in blokken:
        prefix, _, lokaal = blok.get("qname", "").rpartition(":")
        namen.append((blok.nsmap[prefix] if prefix else "", lokaal))
    assert namen == [("urn:x", "y"), ("urn:a:b", "z"), ("", "v")]
    assert "urn:x" in teksten(antwoord, "//f:Reason/f:Text")[0]
    antwoord = ontleed(deur.post(envelop(di02(), SOAP11, header)).data)
    assert antwoord.find(f"{{{SOAP11}}}Header") is None


@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
@pytest.mark.parametrize(
    ("oud", "nieuw", "reden"),
    [
        ("</s:Body>", "</s:Body><s:Body/>", "niet Header, Body, Body"),
        ("<s:Body>", "<s:Body/><s:Body>", "niet Header, Body, Body"),
        ("<s:Header></s:Header>", "<s:Header/><s:Header/>", "niet Header, Header, Body"),
        ("</s:Body>", "</s:Body><s:Header/>", "niet Header, Body, Header"),
        ("</s:Body>", '</s:Body><x:y xmlns:x="urn:x"/>', "niet Header, Body, y"),
        ("<s:Body>", "<s:Body>tekst", "In de SOAP-Body staat tekst"),
        ("</s:Body>", "tekst</s:Body>", "In de SOAP-Body staat tekst"),
        ("</s:Body>", "</s:Body>tekst", "In de SOAP-Envelope staat tekst"),
        ("<s:Body>", "<s:Body><x/>", "bevat 2 elementen"),
        ("s:Body>", "s:Boddy>", "heeft geen Body"),
    ],
)
def test_an_envelope_has_one_body_with_one_message(deur: Deur, versie: str, oud: str, nieuw: str, reden: str) -> None:
    """SOAP 1.2 part 1, 5; WS-I Basic Profile 1.1, R1011 and R9981."""
    voor = deur.aantallen()
    data = envelop(lk01("T", zaak(nieuw_nummer())), versie).replace(oud.encode(), nieuw.encode())
    antwoord = ontleed(deur.post(data, Content_Type=INHOUDSTYPE[versie]).data)
    assert teksten(antwoord, "//s:code") == ["StUF055"]
    assert reden in teksten(antwoord, "//s:details")[0]
    assert deur.aantallen() == voor


def test_white_space_in_an_envelope_is_no_text(deur: Deur) -> None:
    data = envelop(di02()).replace(b"<s:Body>", b"\n <s:Body>\n ").replace(b"</s:Body>", b" \n</s:Body>\n<!-- x -->")
    assert deur.post(data).status_code == 200


@pytest.mark.parametrize(("bericht", "toevoeging"), [(di02(), "Respons"), (di02().replace(">Di02<", ">Di77<"), "Fout")])
def test_an_addressed_request_gets_an_addressed_answer(deur: Deur, bericht: str, toevoeging: str) -> None:
    """Protocolbinding 03.02, 5.1.1."""
    header = f'<w:Action xmlns:w="{WSA}">{ACTIE}{DIENST}</w:Action><w:MessageID xmlns:w="{WSA}">id@hier</w:MessageID>'
    antwoord = ontleed(deur.post(envelop(bericht, header=header)).data)
    kop = {etree.QName(kind).localname: kind.text for kind in antwoord.iterfind(f"{{{SOAP11}}}Header/{{{WSA}}}*")}
    assert kop["Action"] == f"{ACTIE}{DIENST}{toevoeging}"
    assert kop["RelatesTo"] == "id@hier"
    assert kop["MessageID"]


def test_a_request_without_addressing_gets_an_answer_without(deur: Deur) -> None:
    assert ontleed(deur.post(envelop(di02())).data).find(f"{{{SOAP11}}}Header") is None


# --- the operation


def _berichten() -> dict[str, str]:
    """A message per operation that shows which operation was chosen by what it leaves."""
    nummer = nieuw_nummer()
    sleutel = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    return {
        "genereerZaakIdentificatie_Di02": di02(),
        "creeerZaak_Lk01": lk01("T", zaak(nummer)),
        "updateZaak_Lk01": lk01("W", obj(sleutel, "W"), obj(sleutel + "<ZKN:omschrijving>x</ZKN:omschrijving>", "W")),
        "actualiseerZaakstatus_Lk01": lk01("W", obj(sleutel, "W"), obj(sleutel + status(2, "20260301"), "W")),
        "geefZaakstatus_Lv01": lv01(SLEUTEL, '<ZKN:heeft StUF:entiteittype="ZAKSTT"/>'),
        "geefZaakdetails_Lv01": lv01(SLEUTEL, 'StUF:scope="alles"'),
        "zakLv01": lv01("<ZKN:omschrijving>geen</ZKN:omschrijving>"),
    }


@pytest.mark.parametrize("vorm", ['"{}{}"', "'{}{}'", "{}{}", " {}{} ", '"{1}"', "{1}", '""', "", None])
def test_every_operation_is_found_however_it_is_named(deur: Deur, vorm: str | None) -> None:
    for dienst, bericht in _berichten().items():
        headers = {} if vorm is None else {"SOAPAction": vorm.format(ACTIE, dienst)}
        antwoord = deur.post(envelop(bericht), **headers)
        assert antwoord.status_code == 200, (dienst, antwoord.data)


def test_the_action_of_plain_stuf_zkn_names_only_the_message(deur: Deur) -> None:
    """Its WSDL has one operation per message, so senders that were built on it say no more than that."""
    nummer = nieuw_nummer()
    for bericht in (lk01("T", zaak(nummer)), lv01(f"<ZKN:identificatie>{nummer}</ZKN:identificatie>")):
        naam = etree.QName(element(bericht)).localname
        assert deur.post(envelop(bericht), SOAPAction=f'"{ACTIE}{naam}"').status_code == 200


@pytest.mark.parametrize(
    ("actie", "bericht", "details"),
    [
        ("creeerZaak_Lk01", di02(), "zakLk01"),
        ("zakLv01", lk01("T", zaak("1900X1")), "zakLv01"),
        ("vliegNaarDeMaan", di02(), "creeerZaak_Lk01"),
        ("urn:iets/anders", lv01(), "zakLv01"),
    ],
)
def test_an_action_that_does_not_fit_the_message_is_told_what_does(
    deur: Deur, actie: str, bericht: str, details: str
) -> None:
    code, tekst = deur.fout(actie, bericht)
    assert code == "StUF040"
    assert details in tekst


@pytest.mark.parametrize(
    ("actie", "soort", "wsa", "goed"),
    [
        ("zakLv01", "text/xml", "geefZaakdetails_Lv01", False),
        ("updateZaak_Lk01", "text/xml", "zakLv01", False),
        ("geefZaakdetails_Lv01", 'application/soap+xml; action="zakLv01"', "", False),
        ("", 'application/soap+xml; action="geefZaakdetails_Lv01"', "zakLv01", False),
        ("urn:anders", "text/xml", "zakLv01", False),
        ("zakLv01", 'application/soap+xml; action="zakLv01"', "zakLv01", True),
        ("ZAKLV01", "text/xml", f"{ACTIE}zakLv01", True),
        ("zakLv01", "text/xml", "", True),
        ("", f"application/soap+xml; action={ACTIE}geefZaakdetails_Lv01; charset=utf-8", "zakLv01", False),
        ("", f"application/soap+xml;charset=utf-8;action={ACTIE}zakLv01", "zakLv01", True),
        ("", "text/xml", "geefZaakdetails_Lv01", True),
    ],
)
def test_operations_that_contradict_each_other_are_refused(
    deur: Deur, actie: str, soort: str, wsa: str, goed: bool
) -> None:
    """WS-Addressing 1.0 SOAP Binding, 2.4; the name of the message alone contradicts no operation of it."""
    header = f'<w:Action xmlns:w="{WSA}">{wsa}</w:Action>' if wsa else ""
    antwoord = ontleed(deur.post(envelop(lv01(SLEUTEL), header=header), SOAPAction=actie, Content_Type=soort).data)
    assert teksten(antwoord, "//s:code") == ([] if goed else ["StUF040"])


@pytest.mark.parametrize("naam", ["Action", "MessageID"])
@pytest.mark.parametrize("ander", [WSA, "http://schemas.xmlsoap.org/ws/2004/08/addressing"])
def test_what_addresses_a_message_is_said_once(deur: Deur, naam: str, ander: str) -> None:
    """WS-Addressing 1.0 Core, 3.2: who looks at the other one sees what is not executed."""
    header = f'<w:{naam} xmlns:w="{WSA}">{ACTIE}zakLv01</w:{naam}>'
    twee = header + header.replace(WSA, ander)
    for headers, code in ((header, []), (twee, ["StUF055"])):
        antwoord = deur.post(envelop(lv01(SLEUTEL), header=headers), SOAPAction="zakLv01")
        assert teksten(ontleed(antwoord.data), "//s:code") == code


@pytest.mark.parametrize(
    ("actie", "pad", "foutcode"),
    [
        ("creeerZaak_Lk01", "/", "Fo03"),
        (f"{ACTIE}actualiseerZaakstatus_Lk01", "/", "Fo03"),
        ("CreeerZaak_Lk01", "/", "Fo03"),
        ("zakLk01", "/", "Fo03"),
        ("http://www.egem.nl/StUF/StUF0301/Bv03", "/", "Fo03"),
        ("notificeerOverZaak", "/", "Fo03"),
        ("iets_Lk01", "/", "Fo03"),
        ("geefZaakdetails_Lv01", "/", "Fo02"),
        ("genereerZaakIdentificatie_Di02", "/OntvangAsynchroon", "Fo02"),
        ("", "/", "Fo02"),
        ("", "/OntvangAsynchroon", "Fo03"),
    ],
)
@pytest.mark.parametrize(
    "data", [b"<s:Envelope", b"", b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>']
)
def test_what_is_not_readable_gets_the_fault_message_of_its_soapaction(
    deur: Deur, data: bytes, actie: str, pad: str, foutcode: str
) -> None:
    """StUF 03.01, 4.4.3: Fo03 for an asynchronous message, Fo02 for a synchronous one."""
    assert ontleed(deur.post(data, pad, SOAPAction=f'"{actie}"').data).xpath(f"//s:{foutcode}Bericht", namespaces=NS)


def test_another_version_is_told_so_before_the_operation_is_looked_at(deur: Deur) -> None:
    assert deur.fout("creeerZaak_Lk01", di02().replace("zkn/0310", "zkn/0320"))[0] == "StUF007"


@pytest.mark.parametrize(
    ("naam", "pad", "foutcode"),
    [
        ("npsLk01", "/", "Fo03"),
        ("npsLv01", "/", "Fo02"),
        ("npsLv01", "/OntvangAsynchroon", "Fo03"),
        ("npsXx01", "/VrijeBerichten", "Fo02"),
    ],
)
def test_an_unknown_message_gets_the_fault_message_that_fits_best(
    deur: Deur, naam: str, pad: str, foutcode: str
) -> None:
    data = envelop(f'<ZKN:{naam} xmlns:ZKN="{ACTIE[:-1]}"/>')
    assert ontleed(deur.post(data, pad).data).xpath(f"//s:{foutcode}Bericht", namespaces=NS)


def test_every_door_refuses_what_belongs_to_another_and_the_common_one_takes_all(deur: Deur) -> None:
    deuren = {"Di02": "VrijeBerichten", "Lk01": "OntvangAsynchroon", "Lv01": "BeantwoordVraag"}
    for dienst, bericht in _berichten().items():
        hoort = deuren[dienst[-4:]]
        for pad in deuren.values():
            antwoord = ontleed(deur.post(envelop(bericht), f"/{pad}", SOAPAction=dienst).data)
            assert teksten(antwoord, "//s:code") == ([] if pad == hoort else ["StUF040"]), (dienst, pad)


# --- forms of a request


@pytest.mark.parametrize(
    "soort", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_browser_sends_unasked_is_refused(deur: Deur, soort: str) -> None:
    assert deur.post(envelop(di02()), Content_Type=soort).status_code == 415


def test_a_page_in_a_browser_cannot_leave_the_content_type_out(deur: Deur) -> None:
    assert deur.post(envelop(di02()), Content_Type="", Origin="https://elders.example").status_code == 415
    assert deur.post(envelop(di02()), Content_Type="").status_code == 200


def test_the_charset_of_the_content_type_counts(deur: Deur) -> None:
    data = envelop(di02().replace("GWS4all", "Súdwest")).decode().encode("latin-1")
    assert deur.post(data).status_code == 500
    assert deur.post(data, Content_Type="text/xml; charset=iso-8859-1").status_code == 200
    assert deur.post(data, Content_Type="text/xml; charset=bestaat-niet").status_code == 500


@pytest.mark.parametrize("codering", ["utf-16", "utf-8-sig"])
def test_other_encodings_of_unicode_are_read(deur: Deur, codering: str) -> None:
    data = f'<?xml version="1.0"?>{envelop(di02()).decode()}'.encode(codering)
    assert deur.post(data, Content_Type="text/xml").status_code == 200


@pytest.mark.parametrize("lengte", ["-1", "abc", "9" * 5000, "1e3", "٣"])
def test_a_length_that_is_no_number_gets_an_answer(deur: Deur, lengte: str) -> None:
    antwoord = deur.client.post("/", environ_overrides={"CONTENT_LENGTH": lengte, "CONTENT_TYPE": "text/xml"})
    assert antwoord.status_code in {400, 413, 500}
    assert teksten(ontleed(antwoord.data), "//s:code")


def test_head_is_get_without_a_body(deur: Deur) -> None:
    for pad in ("/?wsdl", "/", "/xsd/zkn0310.xsd"):
        hoofd, alles = deur.client.head(pad), deur.client.get(pad)
        assert (hoofd.status_code, hoofd.content_type) == (alles.status_code, alles.content_type)
        assert hoofd.data == b""


def test_without_wsdl_a_visitor_is_told_what_this_is(deur: Deur) -> None:
    antwoord = deur.client.get("/OntvangAsynchroon")
    assert antwoord.status_code == 200
    assert "?wsdl" in antwoord.text


@pytest.mark.parametrize("host", ['a"><b', "a b", "x" * 5000, "[::1]:80"])
def test_a_strange_host_makes_no_broken_wsdl(deur: Deur, host: str) -> None:
    antwoord = deur.client.get("/?wsdl", headers={"Host": host})
    assert antwoord.status_code in {200, 400}
    if antwoord.status_code == 200:
        ontleed(antwoord.data)
