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
    envelope,
    lk01,
    lv01,
    new_number,
    obj,
    status,
    texts,
    zaak,
)
from tests.soap.conftest import Door
from werkzeug.test import TestResponse

from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse

INHOUDSTYPE = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}
SLEUTEL = "<ZKN:identificatie>1900geen</ZKN:identificatie>"
WSA = "http://www.w3.org/2005/08/addressing"
DIENST = "genereerZaakIdentificatie_Di02"


def body(answer: TestResponse, versie: str) -> etree._Element:
    """The element in the body of an answer in this version."""
    [inhoud] = parse(answer.data).findall(f"{{{versie}}}Body/*")
    return inhoud


@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
@pytest.mark.parametrize("inhoudstype", [SOAP11, SOAP12])
def test_the_envelope_decides_the_version_whatever_the_content_type(door: Door, versie: str, inhoudstype: str) -> None:
    answer = door.post(envelope(di02(), versie), Content_Type=INHOUDSTYPE[inhoudstype])
    assert answer.status_code == 200
    assert answer.content_type == INHOUDSTYPE[versie]
    assert etree.QName(body(answer, versie)).localname == "genereerZaakIdentificatie_Du02"


@pytest.mark.parametrize(
    ("bericht", "code", "side", "status"),
    [
        (di02().replace(">Di02<", ">Di77<"), "StUF022", "client", 400),
        (di02().replace(">Di02<", ">Lk05<"), "StUF025", "server", 500),
        (lk01("T", zaak("1900X1", "BESTAATNIET"), zender="Vreemd"), "", "", 0),
    ],
)
@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
def test_a_fault_has_the_layout_of_the_binding(
    door: Door, bericht: str, code: str, side: str, status: int, versie: str
) -> None:
    """Protocolbinding 03.02, section 3: plek as code, omschrijving as text, the fault message as detail."""
    answer = door.post(envelope(bericht, versie), Content_Type=INHOUDSTYPE[versie])
    fault = body(answer, versie)
    assert fault.tag == f"{{{versie}}}Fault"
    [fo] = fault.xpath("//s:Fo02Bericht | //s:Fo03Bericht", namespaces=NS)
    assert check(fo) == []
    spot, omschrijving = texts(fo, ".//s:plek")[0], texts(fo, ".//s:omschrijving")[0]
    if code:
        assert (texts(fo, ".//s:code")[0], spot) == (code, side)
    if versie == SOAP11:
        assert answer.status_code == 500
        assert [child.tag for child in fault] == ["faultcode", "faultstring", "detail"]
        assert texts(fault, "faultcode | faultstring") == [f"soap:{spot.capitalize()}", omschrijving]
        assert fo.getparent() is fault[2]
        assert fault.nsmap["soap"] == SOAP11
    else:
        assert answer.status_code == (status or (400 if spot == "client" else 500))
        assert texts(fault, "f:Code/f:Value") == [{"client": "soap:Sender", "server": "soap:Receiver"}[spot]]
        assert texts(fault, "f:Reason/f:Text[@xml:lang='nl']") == [omschrijving]
        assert fo.getparent() is fault.find(f"{{{SOAP12}}}Detail")


def test_an_envelope_of_another_soap_is_a_version_mismatch(door: Door) -> None:
    answer = door.post(envelope(di02(), "http://www.w3.org/2002/12/soap-envelope"))
    assert answer.status_code == 500
    assert texts(body(answer, SOAP11), "faultcode") == ["soap:VersionMismatch"]


def test_a_message_without_an_envelope_is_told_so(door: Door) -> None:
    answer = door.post(di02().encode())
    assert "SOAP-envelope" in texts(parse(answer.data), "//s:details")[0]


# --- headers


OTHER = "http://example.com/tussenstation"


@pytest.mark.parametrize(
    ("versie", "header", "refused"),
    [
        (SOAP11, '<x:y xmlns:x="urn:x" s:mustUnderstand="1"/>', True),
        (SOAP11, '<x:y xmlns:x="urn:x" s:mustUnderstand="0"/>', False),
        (SOAP11, '<x:y xmlns:x="urn:x"/>', False),
        (SOAP11, f'<x:y xmlns:x="urn:x" s:mustUnderstand="1" s:actor="{OTHER}"/>', False),
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
def test_headers_that_must_be_understood(door: Door, versie: str, header: str, refused: bool) -> None:
    answer = door.post(envelope(di02(), versie, header), Content_Type=INHOUDSTYPE[versie])
    codes = texts(parse(answer.data), "//faultcode | //f:Code/f:Value")
    assert codes == (["soap:MustUnderstand"] if refused else [])
    assert texts(parse(answer.data), "//detail | //f:Detail") == [], "it is not about the message"


def test_a_fault_of_soap_1_2_names_every_header_that_was_not_understood(door: Door) -> None:
    """SOAP 1.2 part 1, 5.4.8; SOAP 1.1 has no such header."""
    header = """<x:y xmlns:x="urn:x" s:mustUnderstand="true"/><x:z xmlns:x="urn:a:b" s:mustUnderstand="1"/>
        <v xmlns="" s:mustUnderstand="true"/><x:goed xmlns:x="urn:x"/>"""
    answer = parse(door.post(envelope(di02(), SOAP12, header), Content_Type=INHOUDSTYPE[SOAP12]).data)
    blocks = answer.findall(f"{{{SOAP12}}}Header/{{{SOAP12}}}NotUnderstood")
    names = []
    for block in blocks:
        prefix, _, local = block.get("qname", "").rpartition(":")
        names.append((block.nsmap[prefix] if prefix else "", local))
    assert names == [("urn:x", "y"), ("urn:a:b", "z"), ("", "v")]
    assert "urn:x" in texts(answer, "//f:Reason/f:Text")[0]
    answer = parse(door.post(envelope(di02(), SOAP11, header)).data)
    assert answer.find(f"{{{SOAP11}}}Header") is None


@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
@pytest.mark.parametrize(
    ("old", "new", "reason"),
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
def test_an_envelope_has_one_body_with_one_message(door: Door, versie: str, old: str, new: str, reason: str) -> None:
    """SOAP 1.2 part 1, 5; WS-I Basic Profile 1.1, R1011 and R9981."""
    for_ = door.counts()
    data = envelope(lk01("T", zaak(new_number())), versie).replace(old.encode(), new.encode())
    answer = parse(door.post(data, Content_Type=INHOUDSTYPE[versie]).data)
    assert texts(answer, "//s:code") == ["StUF055"]
    assert reason in texts(answer, "//s:details")[0]
    assert door.counts() == for_


def test_white_space_in_an_envelope_is_no_text(door: Door) -> None:
    data = envelope(di02()).replace(b"<s:Body>", b"\n <s:Body>\n ").replace(b"</s:Body>", b" \n</s:Body>\n<!-- x -->")
    assert door.post(data).status_code == 200


@pytest.mark.parametrize(("bericht", "addition"), [(di02(), "Respons"), (di02().replace(">Di02<", ">Di77<"), "Fout")])
def test_an_addressed_request_gets_an_addressed_answer(door: Door, bericht: str, addition: str) -> None:
    """Protocolbinding 03.02, 5.1.1."""
    header = f'<w:Action xmlns:w="{WSA}">{ACTIE}{DIENST}</w:Action><w:MessageID xmlns:w="{WSA}">id@hier</w:MessageID>'
    answer = parse(door.post(envelope(bericht, header=header)).data)
    head = {etree.QName(child).localname: child.text for child in answer.iterfind(f"{{{SOAP11}}}Header/{{{WSA}}}*")}
    assert head["Action"] == f"{ACTIE}{DIENST}{addition}"
    assert head["RelatesTo"] == "id@hier"
    assert head["MessageID"]


def test_a_request_without_addressing_gets_an_answer_without(door: Door) -> None:
    assert parse(door.post(envelope(di02())).data).find(f"{{{SOAP11}}}Header") is None


# --- the operation


def _berichten() -> dict[str, str]:
    """A message per operation that shows which operation was chosen by what it leaves."""
    number = new_number()
    sleutel = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    return {
        "genereerZaakIdentificatie_Di02": di02(),
        "creeerZaak_Lk01": lk01("T", zaak(number)),
        "updateZaak_Lk01": lk01("W", obj(sleutel, "W"), obj(sleutel + "<ZKN:omschrijving>x</ZKN:omschrijving>", "W")),
        "actualiseerZaakstatus_Lk01": lk01("W", obj(sleutel, "W"), obj(sleutel + status(2, "20260301"), "W")),
        "geefZaakstatus_Lv01": lv01(SLEUTEL, '<ZKN:heeft StUF:entiteittype="ZAKSTT"/>'),
        "geefZaakdetails_Lv01": lv01(SLEUTEL, 'StUF:scope="alles"'),
        "zakLv01": lv01("<ZKN:omschrijving>geen</ZKN:omschrijving>"),
    }


@pytest.mark.parametrize("form", ['"{}{}"', "'{}{}'", "{}{}", " {}{} ", '"{1}"', "{1}", '""', "", None])
def test_every_operation_is_found_however_it_is_named(door: Door, form: str | None) -> None:
    for dienst, bericht in _berichten().items():
        headers = {} if form is None else {"SOAPAction": form.format(ACTIE, dienst)}
        answer = door.post(envelope(bericht), **headers)
        assert answer.status_code == 200, (dienst, answer.data)


def test_the_action_of_plain_stuf_zkn_names_only_the_message(door: Door) -> None:
    """Its WSDL has one operation per message, so senders that were built on it say no more than that."""
    number = new_number()
    for bericht in (lk01("T", zaak(number)), lv01(f"<ZKN:identificatie>{number}</ZKN:identificatie>")):
        naam = etree.QName(element(bericht)).localname
        assert door.post(envelope(bericht), SOAPAction=f'"{ACTIE}{naam}"').status_code == 200


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
    door: Door, actie: str, bericht: str, details: str
) -> None:
    code, text = door.fout(actie, bericht)
    assert code == "StUF040"
    assert details in text


@pytest.mark.parametrize(
    ("actie", "soort", "wsa", "good"),
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
    door: Door, actie: str, soort: str, wsa: str, good: bool
) -> None:
    """WS-Addressing 1.0 SOAP Binding, 2.4; the name of the message alone contradicts no operation of it."""
    header = f'<w:Action xmlns:w="{WSA}">{wsa}</w:Action>' if wsa else ""
    answer = parse(door.post(envelope(lv01(SLEUTEL), header=header), SOAPAction=actie, Content_Type=soort).data)
    assert texts(answer, "//s:code") == ([] if good else ["StUF040"])


@pytest.mark.parametrize("naam", ["Action", "MessageID"])
@pytest.mark.parametrize("other", [WSA, "http://schemas.xmlsoap.org/ws/2004/08/addressing"])
def test_what_addresses_a_message_is_said_once(door: Door, naam: str, other: str) -> None:
    """WS-Addressing 1.0 Core, 3.2: who looks at the other one sees what is not executed."""
    header = f'<w:{naam} xmlns:w="{WSA}">{ACTIE}zakLv01</w:{naam}>'
    twee = header + header.replace(WSA, other)
    for headers, code in ((header, []), (twee, ["StUF055"])):
        answer = door.post(envelope(lv01(SLEUTEL), header=headers), SOAPAction="zakLv01")
        assert texts(parse(answer.data), "//s:code") == code


@pytest.mark.parametrize(
    ("actie", "path", "foutcode"),
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
    door: Door, data: bytes, actie: str, path: str, foutcode: str
) -> None:
    """StUF 03.01, 4.4.3: Fo03 for an asynchronous message, Fo02 for a synchronous one."""
    assert parse(door.post(data, path, SOAPAction=f'"{actie}"').data).xpath(f"//s:{foutcode}Bericht", namespaces=NS)


def test_another_version_is_told_so_before_the_operation_is_looked_at(door: Door) -> None:
    assert door.fout("creeerZaak_Lk01", di02().replace("zkn/0310", "zkn/0320"))[0] == "StUF007"


@pytest.mark.parametrize(
    ("naam", "path", "foutcode"),
    [
        ("npsLk01", "/", "Fo03"),
        ("npsLv01", "/", "Fo02"),
        ("npsLv01", "/OntvangAsynchroon", "Fo03"),
        ("npsXx01", "/VrijeBerichten", "Fo02"),
    ],
)
def test_an_unknown_message_gets_the_fault_message_that_fits_best(
    door: Door, naam: str, path: str, foutcode: str
) -> None:
    data = envelope(f'<ZKN:{naam} xmlns:ZKN="{ACTIE[:-1]}"/>')
    assert parse(door.post(data, path).data).xpath(f"//s:{foutcode}Bericht", namespaces=NS)


def test_every_door_refuses_what_belongs_to_another_and_the_common_one_takes_all(door: Door) -> None:
    door_addresses = {"Di02": "VrijeBerichten", "Lk01": "OntvangAsynchroon", "Lv01": "BeantwoordVraag"}
    for dienst, bericht in _berichten().items():
        belongs = door_addresses[dienst[-4:]]
        for path in door_addresses.values():
            answer = parse(door.post(envelope(bericht), f"/{path}", SOAPAction=dienst).data)
            assert texts(answer, "//s:code") == ([] if path == belongs else ["StUF040"]), (dienst, path)


# --- forms of a request


@pytest.mark.parametrize(
    "soort", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_browser_sends_unasked_is_refused(door: Door, soort: str) -> None:
    assert door.post(envelope(di02()), Content_Type=soort).status_code == 415


def test_a_page_in_a_browser_cannot_leave_the_content_type_out(door: Door) -> None:
    assert door.post(envelope(di02()), Content_Type="", Origin="https://elders.example").status_code == 415
    assert door.post(envelope(di02()), Content_Type="").status_code == 200


def test_the_charset_of_the_content_type_counts(door: Door) -> None:
    data = envelope(di02().replace("GWS4all", "Súdwest")).decode().encode("latin-1")
    assert door.post(data).status_code == 500
    assert door.post(data, Content_Type="text/xml; charset=iso-8859-1").status_code == 200
    assert door.post(data, Content_Type="text/xml; charset=bestaat-niet").status_code == 500


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings_of_unicode_are_read(door: Door, encoding: str) -> None:
    data = f'<?xml version="1.0"?>{envelope(di02()).decode()}'.encode(encoding)
    assert door.post(data, Content_Type="text/xml").status_code == 200


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 5000, "1e3", "٣"])
def test_a_length_that_is_no_number_gets_an_answer(door: Door, length: str) -> None:
    answer = door.client.post("/", environ_overrides={"CONTENT_LENGTH": length, "CONTENT_TYPE": "text/xml"})
    assert answer.status_code in {400, 413, 500}
    assert texts(parse(answer.data), "//s:code")


def test_head_is_get_without_a_body(door: Door) -> None:
    for path in ("/?wsdl", "/", "/xsd/zkn0310.xsd"):
        hoofd, alles = door.client.head(path), door.client.get(path)
        assert (hoofd.status_code, hoofd.content_type) == (alles.status_code, alles.content_type)
        assert hoofd.data == b""


def test_without_wsdl_a_visitor_is_told_what_this_is(door: Door) -> None:
    answer = door.client.get("/OntvangAsynchroon")
    assert answer.status_code == 200
    assert "?wsdl" in answer.text


@pytest.mark.parametrize("host", ['a"><b', "a b", "x" * 5000, "[::1]:80"])
def test_a_strange_host_makes_no_broken_wsdl(door: Door, host: str) -> None:
    answer = door.client.get("/?wsdl", headers={"Host": host})
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        parse(answer.data)
