"""The WSDL files: WS-I Basic Profile 1.1 and the StUF protocolbindingen, zeep as a user."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
import zeep
from lxml import etree
from tests.berichten.generator import BERICHTEN as GENEREERBAAR
from tests.berichten.generator import BERICHTEN_ZDS12, WillekeurigeChoice, genereer
from tests.berichten.schema import OWN_SCHEMA, RZS, STUF, ZDS, ZKN
from tests.conformiteit.aanroepen import AANROEPEN, AANROEPEN_ZDS12
from zeep.transports import Transport
from zeep.wsdl import Document

from regiesysteem.zkn.operations import COMMON, DOORS, OPERATIONS, REGIE, Operation

WSDL_MAP = OWN_SCHEMA.parents[1] / "wsdl"
NS = {
    "wsdl": "http://schemas.xmlsoap.org/wsdl/",
    "soap": "http://schemas.xmlsoap.org/wsdl/soap/",
    "soap12": "http://schemas.xmlsoap.org/wsdl/soap12/",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
ENVELOPPEN = {
    "": "http://schemas.xmlsoap.org/soap/envelope/",
    "12": "http://www.w3.org/2003/05/soap-envelope",
}
ANSWERS = {
    "genereerZaakIdentificatie_Di02": f"{{{ZKN}}}genereerZaakIdentificatie_Du02",
    "genereerDocumentIdentificatie_Di02": f"{{{ZKN}}}genereerDocumentIdentificatie_Du02",
    "geefZaakdocumentbewerken_Di02": f"{{{ZKN}}}geefZaakdocumentbewerken_Du02",
    "updateZaakdocument_Di02": f"{{{STUF}}}Bv02Bericht",
    "cancelCheckout_Di02": f"{{{STUF}}}Bv02Bericht",
}
"""The answer to a vrij bericht."""


def named_in_zds12(operation: Operation) -> str:
    """The name of an operation in the WSDL of ZDS 1.2: that of its message, but for one that is written otherwise."""
    local = str(etree.QName(operation.element_zds12).localname)
    return operation.name if operation.name.casefold() == local.casefold() else local


GEPUBLICEERD = [operation for operation in OPERATIONS.values() if operation.published]
REGIE_ENTRY = REGIE.name
INGANGEN = {
    door.name: tuple(one.name for one in GEPUBLICEERD if one.door is door or (door is COMMON and one.door is not REGIE))
    for door in DOORS.values()
}
ONTVANGER = "Ontvanger"
INGANGEN[ONTVANGER] = (
    *("creeerZaak_Lk01", "updateZaak_Lk01", "notificeerOverZaak", "initieerNotificeerOverZaak"),
    *("zakLa02", "edcLa02", "zakSa01", "zakSh01", "overdragenZaak", "bevestigOverdragenZaak", "Bv03", "Fo03"),
)
ZDS12 = "ZaakDocumentServices"
IN_ZDS12 = {named_in_zds12(one): one for one in OPERATIONS.values() if one.element_zds12}
INGANGEN[ZDS12] = tuple(IN_ZDS12)
ASYNCHRONOUS = f"{{{STUF}}}Bv03Bericht", f"{{{STUF}}}Fo03Bericht"
FO02 = f"{{{STUF}}}Fo02Bericht"


def _berichten(operation: Operation) -> tuple[str, ...]:
    if operation.fault_code == "Fo03":
        return operation.element, *ASYNCHRONOUS
    answer = ANSWERS.get(operation.name) or operation.element.replace("Lv0", "La0")
    return operation.element, answer, FO02


def _berichten_zds12(operation: Operation) -> tuple[str, ...]:
    if operation.fault_code == "Fo03":
        return operation.element_zds12, *ASYNCHRONOUS
    element = operation.element_zds12
    answer = element.replace("Lv01", "La01").replace("Di02", "Du02")
    return element, answer if answer in BERICHTEN_ZDS12 else f"{{{STUF}}}Bv02Bericht", FO02


LATER = {naam: (f"{{{ZKN}}}{naam}", *ASYNCHRONOUS) for naam in ("zakLa02", "edcLa02", "zakSa01", "zakSh01")}
"""The messages of ours that answer a question later."""
BERICHTEN = {operation.name: _berichten(operation) for operation in GEPUBLICEERD} | LATER
BERICHTEN_12 = {naam: _berichten_zds12(operation) for naam, operation in IN_ZDS12.items()}
PER_ENTRY = [(entry, operatie) for entry, operaties in INGANGEN.items() for operatie in operaties]


def berichten_of(entry: str, operatie: str) -> tuple[str, ...]:
    """The elements that go into an operation of a WSDL, out of it and in its fault."""
    return (BERICHTEN_12 if entry == ZDS12 else BERICHTEN)[operatie]


def room(entry: str) -> str:
    """The namespace of a WSDL."""
    if entry == ZDS12:
        return ZDS
    return RZS if entry in (REGIE_ENTRY, ONTVANGER) else ZKN


def port(entry: str) -> str:
    """The names of the portType and all that is made of it; RZS has its OntvangAsynchroon in its own namespace."""
    return "OntvangAsynchroon" if entry == REGIE_ENTRY else entry


def actie(operatie: str, entry: str = "") -> str:
    """The SOAPAction of an operation."""
    if entry == ZDS12:
        return f"{ZDS}/{operatie}"
    if operatie in ("Bv03", "Fo03"):
        return f"{STUF}/{operatie}"
    return f"{ZKN.replace('/zkn/', '/rzs/') if operatie in INGANGEN[REGIE_ENTRY] else ZKN}/{operatie}"


def read(path: Path) -> etree._Element:
    return etree.parse(str(path)).getroot()  # noqa: TID251


def contract(wsdl: etree._Element, operatie: str) -> tuple[str, ...]:
    """The elements that go in, out and in a fault, as Clark names; messages may stand in another file."""
    node = wsdl.find(f"wsdl:portType/wsdl:operation[@name='{operatie}']", NS)
    assert node is not None
    out = []
    for direction in ("input", "output", "fault"):
        bericht = node.find(f"wsdl:{direction}", NS).get("message").partition(":")[2]
        part = wsdl.find(f"wsdl:message[@name='{bericht}']/wsdl:part", NS)
        if part is None:
            out.append(f"{{{STUF}}}{bericht}Bericht")
        else:
            prefix, _, local = part.get("element").partition(":")
            out.append(f"{{{part.nsmap[prefix]}}}{local}")
    return tuple(out)


def test_every_wsdl_is_known() -> None:
    assert {path.stem for path in WSDL_MAP.glob("*.wsdl")} == set(INGANGEN)


@pytest.mark.parametrize(("entry", "operaties"), INGANGEN.items())
def test_operations_and_their_messages(entry: str, operaties: tuple[str, ...]) -> None:
    wsdl = read(WSDL_MAP / f"{entry}.wsdl")
    assert sorted(node.get("name") for node in wsdl.findall("wsdl:portType/wsdl:operation", NS)) == sorted(operaties)
    for operatie in operaties:
        assert contract(wsdl, operatie) == berichten_of(entry, operatie)


@pytest.mark.parametrize("entry", INGANGEN)
def test_document_literal_in_both_soap_versions(entry: str) -> None:
    wsdl = read(WSDL_MAP / f"{entry}.wsdl")
    for part in wsdl.findall("wsdl:message/wsdl:part", NS):
        assert part.get("element")
        assert part.get("type") is None
    bindingen = wsdl.findall("wsdl:binding", NS)
    assert len(bindingen) == 2
    for soap, binding in zip(("soap", "soap12"), bindingen, strict=True):
        head = binding.find(f"{soap}:binding", NS)
        assert head is not None
        assert (head.get("style"), head.get("transport")) == ("document", "http://schemas.xmlsoap.org/soap/http")
        named = [node.get("name") for node in wsdl.findall("wsdl:portType/wsdl:operation", NS)]
        assert [o.get("name") for o in binding.findall("wsdl:operation", NS)] == named
        for operatie in binding.findall("wsdl:operation", NS):
            node = operatie.find(f"{soap}:operation", NS)
            assert node is not None
            assert node.get("soapAction") == actie(operatie.get("name", ""), entry)
            assert {k.get("use") for k in operatie.iter(f"{{{NS[soap]}}}body", f"{{{NS[soap]}}}fault")} == {"literal"}
            error = operatie.find("wsdl:fault", NS)
            assert error is not None
            assert error.get("name") == error.find(f"{soap}:fault", NS).get("name") == "fout"


@pytest.mark.parametrize("entry", INGANGEN)
def test_types_are_imported_from_a_relative_place_that_exists(entry: str) -> None:
    wsdl = read(WSDL_MAP / f"{entry}.wsdl")
    schemas = wsdl.findall("wsdl:types/xs:schema", NS)
    assert len(schemas) == 1
    imports = {node.get("namespace"): node.get("schemaLocation") for node in schemas[0]}
    own = {RZS: "rzs0310.xsd", ZKN: "zkn0310.xsd", ZDS: "zds0120.xsd"}[room(entry)]
    assert wsdl.get("targetNamespace") == room(entry)
    zkn = {ZKN: "../xsd/zkn0310.xsd"} if entry == ONTVANGER else {}
    assert imports == {room(entry): f"../xsd/{own}", STUF: "../xsd/stuf0301.xsd"} | zkn
    assert all((WSDL_MAP / spot).resolve().is_file() for spot in imports.values())
    spot = "/stuf" if entry in ("Regiesysteem", ONTVANGER, ZDS12) else f"/stuf/{entry}"
    machine = "localhost:8091" if entry == ONTVANGER else "localhost:8080"
    addresses = [k.get("location") for k in wsdl.iter(f"{{{NS['soap']}}}address", f"{{{NS['soap12']}}}address")]
    assert addresses == [f"http://{machine}{spot}"] * 2


@dataclass
class Stomp:
    """A SOAP server that keeps what it gets and answers what it was given."""

    adres: str = ""
    antwoord: bytes = b""
    status: int = 200
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def stomp() -> Iterator[Stomp]:
    stomp = Stomp()

    class Handling(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inhoud = self.rfile.read(int(self.headers["Content-Length"]))
            stomp.received.append(({naam.lower(): waarde for naam, waarde in self.headers.items()}, inhoud))
            self.send_response(stomp.status)
            self.send_header("Content-Type", self.headers["Content-Type"].partition(";")[0])
            self.send_header("Content-Length", str(len(stomp.antwoord)))
            self.end_headers()
            self.wfile.write(stomp.antwoord)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handling) as server:
        stomp.adres = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield stomp
        server.shutdown()
        thread.join()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def envelope(bericht: etree._Element, soap: str) -> bytes:
    enveloppe = etree.Element(f"{{{soap}}}Envelope")
    etree.SubElement(enveloppe, f"{{{soap}}}Body").append(bericht)
    return etree.tostring(enveloppe)


@functools.cache
def parsed(entry: str) -> Document:
    """The parsed WSDL of zeep; reading it takes far longer than a call."""
    return Document((WSDL_MAP / f"{entry}.wsdl").as_uri(), Transport())


def dienst(session: requests.Session, entry: str, versie: str, adres: str) -> tuple[zeep.Client, object]:
    client = zeep.Client(parsed(entry), transport=Transport(session=session))
    return client, client.create_service(f"{{{room(entry)}}}SOAP{versie}{port(entry)}", adres)


@pytest.mark.parametrize("versie", ENVELOPPEN)
@pytest.mark.parametrize(("entry", "operatie"), PER_ENTRY)
def test_zeep_calls_every_operation_and_reads_its_answer(
    stomp: Stomp, session: requests.Session, own_xsd: etree.XMLSchema, entry: str, operatie: str, versie: str
) -> None:
    soap = ENVELOPPEN[versie]
    _, aanroepen = dienst(session, entry, versie, stomp.adres)
    call = (AANROEPEN_ZDS12 if entry == ZDS12 else AANROEPEN)[operatie]
    uitgaand = berichten_of(entry, operatie)[1]
    for zaad in range(5):
        stomp.antwoord = envelope(genereer(uitgaand, WillekeurigeChoice(zaad)), soap)
        answer = getattr(aanroepen, operatie)(**call)
        inhoud = answer if uitgaand.endswith("Bv03Bericht") else answer["stuurgegevens"]
        assert inhoud["berichtcode"] == uitgaand.removesuffix("Bericht")[-4:]
    heads, sent = stomp.received[0]
    assert actie(operatie, entry) in heads["soapaction" if not versie else "content-type"]
    body = etree.fromstring(sent).find(f"{{{soap}}}Body")  # noqa: TID251
    assert body is not None
    bericht = etree.fromstring(etree.tostring(body[0]))  # noqa: TID251
    assert bericht.tag == berichten_of(entry, operatie)[0]
    assert own_xsd.validate(bericht), own_xsd.error_log


@pytest.mark.parametrize("naam", sorted(naam for naam in GENEREERBAAR if naam.endswith(("_Du02", "La01"))))
def test_zeep_reads_every_kind_of_answer(naam: str) -> None:
    schema = parsed("Regiesysteem").types
    for zaad in range(50):
        bericht = etree.fromstring(etree.tostring(genereer(naam, WillekeurigeChoice(zaad))))  # noqa: TID251
        assert schema.get_element(f"{{{ZKN}}}{naam}").parse(bericht, schema) is not None


def test_zeep_gives_the_fault_and_its_details(stomp: Stomp, session: requests.Session) -> None:
    error = genereer("Fo03Bericht", WillekeurigeChoice(1), fixed={"body/code": "StUF055"})
    soap = ENVELOPPEN[""]
    melding = etree.Element(f"{{{soap}}}Fault")
    for naam, text in (("faultcode", "SOAP-ENV:Client"), ("faultstring", "Fout")):
        etree.SubElement(melding, naam).text = text
    etree.SubElement(melding, "detail").append(error)
    stomp.antwoord, stomp.status = envelope(melding, soap), 500
    client, aanroepen = dienst(session, "OntvangAsynchroon", "", stomp.adres)
    with pytest.raises(zeep.exceptions.Fault) as caught:
        aanroepen.creeerZaak_Lk01(**AANROEPEN["creeerZaak_Lk01"])  # type: ignore[attr-defined]
    element = client.wsdl.types.get_element(f"{{{STUF}}}Fo03Bericht")
    assert element.parse(caught.value.detail[0], client.wsdl.types)["body"]["code"] == "StUF055"
