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
from tests.berichten.generator import WillekeurigeKeuze, genereer
from tests.berichten.schema import EIGEN_SCHEMA, RZS, STUF, ZKN
from tests.conformiteit.aanroepen import AANROEPEN
from zeep.transports import Transport
from zeep.wsdl import Document

from regiesysteem.zkn.operations import COMMON, DOORS, OPERATIONS, REGIE, Operation

WSDL_MAP = EIGEN_SCHEMA.parents[1] / "wsdl"
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
ANTWOORDEN = {
    "genereerZaakIdentificatie_Di02": f"{{{ZKN}}}genereerZaakIdentificatie_Du02",
    "genereerDocumentIdentificatie_Di02": f"{{{ZKN}}}genereerDocumentIdentificatie_Du02",
    "geefZaakdocumentbewerken_Di02": f"{{{ZKN}}}geefZaakdocumentbewerken_Du02",
    "updateZaakdocument_Di02": f"{{{STUF}}}Bv02Bericht",
    "cancelCheckout_Di02": f"{{{STUF}}}Bv02Bericht",
}
"""What answers a vrij bericht."""
GEPUBLICEERD = [operation for operation in OPERATIONS.values() if operation.published]
REGIE_INGANG = REGIE.name
INGANGEN = {
    door.name: tuple(een.name for een in GEPUBLICEERD if een.door is door or (door is COMMON and een.door is not REGIE))
    for door in DOORS.values()
}
ONTVANGER = "Ontvanger"
INGANGEN[ONTVANGER] = (
    *("creeerZaak_Lk01", "updateZaak_Lk01", "notificeerOverZaak", "initieerNotificeerOverZaak"),
    *("overdragenZaak", "bevestigOverdragenZaak", "Bv03", "Fo03"),
)
ASYNCHROON = f"{{{STUF}}}Bv03Bericht", f"{{{STUF}}}Fo03Bericht"
FO02 = f"{{{STUF}}}Fo02Bericht"


def _berichten(operation: Operation) -> tuple[str, ...]:
    if operation.fault_code == "Fo03":
        return operation.element, *ASYNCHROON
    antwoord = ANTWOORDEN.get(operation.name) or operation.element.replace("Lv01", "La01")
    return operation.element, antwoord, FO02


BERICHTEN = {operation.name: _berichten(operation) for operation in GEPUBLICEERD}
PER_INGANG = [(ingang, operatie) for ingang, operaties in INGANGEN.items() for operatie in operaties]


def ruimte(ingang: str) -> str:
    """The namespace of a WSDL."""
    return RZS if ingang in (REGIE_INGANG, ONTVANGER) else ZKN


def poort(ingang: str) -> str:
    """What the portType and all that is made of it are called; RZS has its OntvangAsynchroon in its own namespace."""
    return "OntvangAsynchroon" if ingang == REGIE_INGANG else ingang


def actie(operatie: str) -> str:
    """The SOAPAction of an operation."""
    if operatie in ("Bv03", "Fo03"):
        return f"{STUF}/{operatie}"
    return f"{ZKN.replace('/zkn/', '/rzs/') if operatie in INGANGEN[REGIE_INGANG] else ZKN}/{operatie}"


def lees(pad: Path) -> etree._Element:
    return etree.parse(str(pad)).getroot()  # noqa: TID251


def contract(wsdl: etree._Element, operatie: str) -> tuple[str, ...]:
    """The elements that go in, out and in a fault, as Clark names; messages may stand in another file."""
    knoop = wsdl.find(f"wsdl:portType/wsdl:operation[@name='{operatie}']", NS)
    assert knoop is not None
    uit = []
    for richting in ("input", "output", "fault"):
        bericht = knoop.find(f"wsdl:{richting}", NS).get("message").partition(":")[2]
        part = wsdl.find(f"wsdl:message[@name='{bericht}']/wsdl:part", NS)
        if part is None:
            uit.append(f"{{{STUF}}}{bericht}Bericht")
        else:
            voorvoegsel, _, lokaal = part.get("element").partition(":")
            uit.append(f"{{{part.nsmap[voorvoegsel]}}}{lokaal}")
    return tuple(uit)


def test_every_wsdl_is_known() -> None:
    assert {pad.stem for pad in WSDL_MAP.glob("*.wsdl")} == set(INGANGEN)


@pytest.mark.parametrize(("ingang", "operaties"), INGANGEN.items())
def test_operations_and_their_messages(ingang: str, operaties: tuple[str, ...]) -> None:
    wsdl = lees(WSDL_MAP / f"{ingang}.wsdl")
    assert sorted(knoop.get("name") for knoop in wsdl.findall("wsdl:portType/wsdl:operation", NS)) == sorted(operaties)
    for operatie in operaties:
        assert contract(wsdl, operatie) == BERICHTEN[operatie]


@pytest.mark.parametrize("ingang", INGANGEN)
def test_document_literal_in_both_soap_versions(ingang: str) -> None:
    wsdl = lees(WSDL_MAP / f"{ingang}.wsdl")
    for part in wsdl.findall("wsdl:message/wsdl:part", NS):
        assert part.get("element")
        assert part.get("type") is None
    bindingen = wsdl.findall("wsdl:binding", NS)
    assert len(bindingen) == 2
    for soap, binding in zip(("soap", "soap12"), bindingen, strict=True):
        kop = binding.find(f"{soap}:binding", NS)
        assert kop is not None
        assert (kop.get("style"), kop.get("transport")) == ("document", "http://schemas.xmlsoap.org/soap/http")
        genoemd = [knoop.get("name") for knoop in wsdl.findall("wsdl:portType/wsdl:operation", NS)]
        assert [o.get("name") for o in binding.findall("wsdl:operation", NS)] == genoemd
        for operatie in binding.findall("wsdl:operation", NS):
            knoop = operatie.find(f"{soap}:operation", NS)
            assert knoop is not None
            assert knoop.get("soapAction") == actie(operatie.get("name", ""))
            assert {k.get("use") for k in operatie.iter(f"{{{NS[soap]}}}body", f"{{{NS[soap]}}}fault")} == {"literal"}
            fout = operatie.find("wsdl:fault", NS)
            assert fout is not None
            assert fout.get("name") == fout.find(f"{soap}:fault", NS).get("name") == "fout"


@pytest.mark.parametrize("ingang", INGANGEN)
def test_types_are_imported_from_a_relative_place_that_exists(ingang: str) -> None:
    wsdl = lees(WSDL_MAP / f"{ingang}.wsdl")
    schemas = wsdl.findall("wsdl:types/xs:schema", NS)
    assert len(schemas) == 1
    imports = {knoop.get("namespace"): knoop.get("schemaLocation") for knoop in schemas[0]}
    eigen = "rzs0310.xsd" if ruimte(ingang) == RZS else "zkn0310.xsd"
    assert wsdl.get("targetNamespace") == ruimte(ingang)
    zkn = {ZKN: "../xsd/zkn0310.xsd"} if ingang == ONTVANGER else {}
    assert imports == {ruimte(ingang): f"../xsd/{eigen}", STUF: "../xsd/stuf0301.xsd"} | zkn
    assert all((WSDL_MAP / plek).resolve().is_file() for plek in imports.values())
    plek = "/stuf" if ingang in ("Regiesysteem", ONTVANGER) else f"/stuf/{ingang}"
    machine = "localhost:8091" if ingang == ONTVANGER else "localhost:8080"
    adressen = [k.get("location") for k in wsdl.iter(f"{{{NS['soap']}}}address", f"{{{NS['soap12']}}}address")]
    assert adressen == [f"http://{machine}{plek}"] * 2


@dataclass
class Stomp:
    """A SOAP server that keeps what it gets and answers what it was given."""

    adres: str = ""
    antwoord: bytes = b""
    status: int = 200
    ontvangen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def stomp() -> Iterator[Stomp]:
    stomp = Stomp()

    class Afhandeling(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inhoud = self.rfile.read(int(self.headers["Content-Length"]))
            stomp.ontvangen.append(({naam.lower(): waarde for naam, waarde in self.headers.items()}, inhoud))
            self.send_response(stomp.status)
            self.send_header("Content-Type", self.headers["Content-Type"].partition(";")[0])
            self.send_header("Content-Length", str(len(stomp.antwoord)))
            self.end_headers()
            self.wfile.write(stomp.antwoord)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Afhandeling) as server:
        stomp.adres = f"http://127.0.0.1:{server.server_address[1]}/"
        draad = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        draad.start()
        yield stomp
        server.shutdown()
        draad.join()


@pytest.fixture
def sessie() -> Iterator[requests.Session]:
    with requests.Session() as sessie:
        sessie.trust_env = False
        yield sessie


def envelop(bericht: etree._Element, soap: str) -> bytes:
    enveloppe = etree.Element(f"{{{soap}}}Envelope")
    etree.SubElement(enveloppe, f"{{{soap}}}Body").append(bericht)
    return etree.tostring(enveloppe)


@functools.cache
def gelezen(ingang: str) -> Document:
    """What zeep makes of a WSDL; reading it takes far longer than a call."""
    return Document((WSDL_MAP / f"{ingang}.wsdl").as_uri(), Transport())


def dienst(sessie: requests.Session, ingang: str, versie: str, adres: str) -> tuple[zeep.Client, object]:
    client = zeep.Client(gelezen(ingang), transport=Transport(session=sessie))
    return client, client.create_service(f"{{{ruimte(ingang)}}}SOAP{versie}{poort(ingang)}", adres)


@pytest.mark.parametrize("versie", ENVELOPPEN)
@pytest.mark.parametrize(("ingang", "operatie"), PER_INGANG)
def test_zeep_calls_every_operation_and_reads_its_answer(
    stomp: Stomp, sessie: requests.Session, eigen_xsd: etree.XMLSchema, ingang: str, operatie: str, versie: str
) -> None:
    soap = ENVELOPPEN[versie]
    _, aanroepen = dienst(sessie, ingang, versie, stomp.adres)
    uitgaand = etree.QName(BERICHTEN[operatie][1]).localname
    for zaad in range(5):
        stomp.antwoord = envelop(genereer(uitgaand, WillekeurigeKeuze(zaad)), soap)
        antwoord = getattr(aanroepen, operatie)(**AANROEPEN[operatie])
        inhoud = antwoord if uitgaand == "Bv03Bericht" else antwoord["stuurgegevens"]
        assert inhoud["berichtcode"] == uitgaand.removesuffix("Bericht")[-4:]
    koppen, verstuurd = stomp.ontvangen[0]
    assert actie(operatie) in koppen["soapaction" if not versie else "content-type"]
    body = etree.fromstring(verstuurd).find(f"{{{soap}}}Body")  # noqa: TID251
    assert body is not None
    bericht = etree.fromstring(etree.tostring(body[0]))  # noqa: TID251
    assert bericht.tag == BERICHTEN[operatie][0]
    assert eigen_xsd.validate(bericht), eigen_xsd.error_log


@pytest.mark.parametrize("naam", sorted(naam for naam in GENEREERBAAR if naam.endswith(("_Du02", "La01"))))
def test_zeep_reads_every_kind_of_answer(naam: str) -> None:
    schema = gelezen("Regiesysteem").types
    for zaad in range(50):
        bericht = etree.fromstring(etree.tostring(genereer(naam, WillekeurigeKeuze(zaad))))  # noqa: TID251
        assert schema.get_element(f"{{{ZKN}}}{naam}").parse(bericht, schema) is not None


def test_zeep_gives_the_fault_and_its_details(stomp: Stomp, sessie: requests.Session) -> None:
    fout = genereer("Fo03Bericht", WillekeurigeKeuze(1), vast={"body/code": "StUF055"})
    soap = ENVELOPPEN[""]
    melding = etree.Element(f"{{{soap}}}Fault")
    for naam, tekst in (("faultcode", "SOAP-ENV:Client"), ("faultstring", "Fout")):
        etree.SubElement(melding, naam).text = tekst
    etree.SubElement(melding, "detail").append(fout)
    stomp.antwoord, stomp.status = envelop(melding, soap), 500
    client, aanroepen = dienst(sessie, "OntvangAsynchroon", "", stomp.adres)
    with pytest.raises(zeep.exceptions.Fault) as gevangen:
        aanroepen.creeerZaak_Lk01(**AANROEPEN["creeerZaak_Lk01"])  # type: ignore[attr-defined]
    element = client.wsdl.types.get_element(f"{{{STUF}}}Fo03Bericht")
    assert element.parse(gevangen.value.detail[0], client.wsdl.types)["body"]["code"] == "StUF055"
