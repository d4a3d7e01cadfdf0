"""The doors: SOAP versions, which operation, faults, and input that must not hurt."""

import threading
from pathlib import Path

import pytest
import zeep
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.berichten.bouw import (
    ACTIE,
    SOAP11,
    SOAP12,
    di02,
    envelope,
    gezinsplan,
    lk01,
    new_number,
    obj,
    status,
    texts,
    zaak,
)
from tests.soap.conftest import Door

from regiesysteem.stuf.xml import parse
from regiesysteem.zkn.operations import DOORS

MILJARD = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]><l>&x;</l>'
SLECHT = {
    "leeg": b"",
    "geen xml": b"dit is geen xml",
    "afgekapt": envelope(di02())[:400],
    "entiteitenbom": MILJARD,
    "externe entiteit": OUTSIDE,
    "nul bytes": envelope(di02()).replace(b"1900", b"19\x0000"),
    "verkeerde codering": envelope(di02()).replace(b"GWS4all", "Gemeente Súdwest".encode("latin-1")),
    "diep genest": b"<a>" * 200_000,
    "diep genest en gesloten": b"<a>" * 200_000 + b"</a>" * 200_000,
    "geen envelope": b"<a/>",
    "lege body": f'<s:Envelope xmlns:s="{SOAP11}"><s:Body/></s:Envelope>'.encode(),
    "twee berichten": envelope(di02() + di02()),
    "geen body": f'<s:Envelope xmlns:s="{SOAP11}"/>'.encode(),
}


@pytest.mark.parametrize("naam", SLECHT)
def test_input_that_is_no_message_gets_a_fault_and_leaves_nothing(door: Door, naam: str) -> None:
    for_ = door.counts()
    answer = door.post(SLECHT[naam], "/VrijeBerichten")
    assert answer.status_code == 500
    tree = parse(answer.data)
    assert texts(tree, "//s:code") == ["StUF055"]
    assert texts(tree, "//faultcode") == ["soap:Client"]
    assert b"Traceback" not in answer.data
    assert door.counts() == for_


@pytest.mark.parametrize(
    ("versie", "inhoudstype"),
    [(SOAP11, "text/xml; charset=utf-8"), (SOAP12, "application/soap+xml; charset=utf-8")],
)
def test_the_answer_is_in_the_soap_version_of_the_request(door: Door, versie: str, inhoudstype: str) -> None:
    answer = door.post(envelope(di02(), versie), Content_Type=inhoudstype)
    assert answer.status_code == 200
    assert answer.content_type == inhoudstype
    assert parse(answer.data).tag == f"{{{versie}}}Envelope"


def test_a_soap12_fault_of_the_sender_is_http_400(door: Door) -> None:
    answer = door.post(envelope(di02() + di02(), SOAP12), Content_Type="application/soap+xml")
    assert answer.status_code == 400
    assert texts(parse(answer.data), "//f:Code/f:Value") == ["soap:Sender"]
    assert texts(parse(answer.data), "//f:Detail/s:Fo02Bericht/s:body/s:code")


@pytest.mark.parametrize(
    "headers",
    [
        {"SOAPAction": f'"{ACTIE}genereerZaakIdentificatie_Di02"'},
        {"SOAPAction": f"{ACTIE}genereerZaakIdentificatie_Di02"},
        {"SOAPAction": "genereerZaakIdentificatie_Di02"},
        {"SOAPAction": '""'},
        {},
        {"Content_Type": f'application/soap+xml; action="{ACTIE}genereerZaakIdentificatie_Di02"'},
        {"Content_Type": ""},
    ],
)
def test_the_operation_is_found_however_it_is_named(door: Door, headers: dict[str, str]) -> None:
    answer = door.post(envelope(di02()), **headers)
    assert texts(parse(answer.data), "//z:genereerZaakIdentificatie_Du02/z:zaak/z:identificatie")


def test_wsa_action_names_the_operation(door: Door) -> None:
    header = (
        f'<w:Action xmlns:w="http://www.w3.org/2005/08/addressing">{ACTIE}genereerZaakIdentificatie_Di02</w:Action>'
    )
    assert door.post(envelope(di02(), header=header)).status_code == 200


def test_an_unknown_header_that_must_be_understood_is_refused(door: Door) -> None:
    answer = door.post(envelope(di02(), header='<x:y xmlns:x="urn:x" s:mustUnderstand="1"/>'))
    assert texts(parse(answer.data), "//faultcode") == ["soap:MustUnderstand"]


def test_soapaction_and_message_that_differ_are_refused(door: Door) -> None:
    assert door.fout("creeerZaak_Lk01", di02())[0] == "StUF040"


def test_an_unknown_operation_gets_a_fault(door: Door) -> None:
    code, details = door.fout("vliegNaarDeMaan_Lk01", di02())
    assert code.startswith("StUF0")
    assert "Traceback" not in details


def test_a_mistyped_operation_is_told_those_of_its_door(door: Door) -> None:
    headers = {"SOAPAction": "genereerZaakIdentificatie"}
    for path, ook_other in (("/VrijeBerichten", False), ("", True)):
        [details] = texts(parse(door.post(envelope(di02()), path, **headers).data), "//s:details")
        assert "genereerZaakIdentificatie_Di02" in details
        assert ("zakLv01" in details) is ook_other


def test_an_operation_at_another_door_is_told_where_to_go(door: Door) -> None:
    answer = parse(door.post(envelope(di02()), "/OntvangAsynchroon").data)
    assert texts(answer, "//s:code") == ["StUF040"]
    assert "VrijeBerichten" in texts(answer, "//s:details")[0]


def test_a_kennisgeving_that_fails_gets_fo03_with_swapped_parties_and_crossrefnummer(door: Door) -> None:
    answer = door.send("creeerZaak_Lk01", lk01("T", zaak("1900X1", "BESTAATNIET"), ref="ref-1"))
    fo03 = "//detail/s:Fo03Bericht/s:stuurgegevens"
    assert texts(answer, f"{fo03}/s:crossRefnummer") == ["ref-1"]
    assert texts(answer, f"{fo03}/s:zender/s:applicatie") == ["Regiesysteem"]
    assert texts(answer, f"{fo03}/s:ontvanger/s:applicatie") == ["GWS4all"]
    assert texts(answer, "//faultstring") == texts(answer, "//s:omschrijving")


def test_a_body_above_the_limit_is_refused_before_it_is_read(door: Door) -> None:
    class Unreadable:
        def read(self, *_: object) -> bytes:
            raise AssertionError("read before it was refused")

        def tell(self) -> int:
            return 0

        def seek(self, *_: object) -> None:
            """werkzeug's client measures its stream, and leaves it alone when it has no length."""

        def close(self) -> None:
            """Nothing to close."""

    environment = {"wsgi.input": Unreadable(), "CONTENT_LENGTH": "200000000", "CONTENT_TYPE": "text/xml"}
    answer = door.client.post("/", environ_overrides=environment)
    assert answer.status_code == 413
    assert texts(parse(answer.data), "//s:code") == ["StUF055"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Type": "application/json"},
        {"Content_Type": "multipart/form-data; boundary=x"},
        {"Content_Type": "multipart/related"},
    ],
)
def test_a_form_that_we_do_not_take_is_415_with_a_fault(door: Door, headers: dict[str, str]) -> None:
    answer = door.post(envelope(di02()), **headers)
    assert answer.status_code == 415
    assert texts(parse(answer.data), "//s:code") == ["StUF055"]


def test_other_methods_are_405_and_unknown_paths_404(door: Door) -> None:
    assert door.client.put("/").status_code == 405
    answer = door.client.post("/Nergens")
    assert answer.status_code == 404
    assert "Er is geen deur /Nergens. Berichten gaan naar /OntvangAsynchroon, /RegieZaakServices, /Be" in answer.text
    assert door.client.get("/Nergens").status_code == 404
    assert door.client.get("/xsd/../../pyproject.toml").status_code == 404


@pytest.mark.parametrize("path", ["", "OntvangAsynchroon", "BeantwoordVraag", "VrijeBerichten", "RegieZaakServices"])
def test_the_wsdl_has_the_address_of_the_caller_and_schemas_that_resolve(door: Door, path: str) -> None:
    answer = door.client.get(f"/{path}?wsdl", base_url="https://zaken.example.nl/stuf")
    tree = parse(answer.data)
    addresses = set(tree.xpath("//@location[starts-with(., 'http')]"))
    assert addresses == {f"https://zaken.example.nl/stuf/{path}".rstrip("/")}
    for schema in tree.xpath("//@schemaLocation"):
        assert schema.startswith("https://zaken.example.nl/stuf/xsd/")
        found = door.client.get(schema.removeprefix("https://zaken.example.nl/stuf"))
        assert found.status_code == 200
        for deeper in parse(found.data).xpath("//@schemaLocation"):
            assert door.client.get(f"/xsd/{deeper}").status_code == 200


@pytest.mark.parametrize(
    "query", ["WSDL", "wsdl=", "x=1&wsdl", "wsdl&x=1", "a;Wsdl", "x=%20&%77sdl=1", "singleWsdl", "x&SINGLEWSDL=1"]
)
def test_the_wsdl_is_given_wherever_and_however_it_is_asked_for(door: Door, query: str) -> None:
    answer = door.client.get(f"/?{query}")
    assert parse(answer.data).tag == "{http://schemas.xmlsoap.org/wsdl/}definitions"
    assert door.client.get("/?x=wsdl").mimetype == "text/plain"


@pytest.mark.parametrize("path", [*DOORS, "Ontvanger"])
def test_the_single_wsdl_needs_no_other_file(door: Door, path: str, tmp_path: Path) -> None:
    answer = door.client.get(f"/{path}?singleWsdl", base_url="https://zaken.example.nl/stuf")
    tree = parse(answer.data)
    assert tree.xpath("//@schemaLocation") == []
    schemas = tree.xpath("//*[local-name() = 'types']/*/@targetNamespace")
    assert len(schemas) == len(set(schemas))
    assert set(tree.xpath("//*[local-name() = 'import']/@namespace")) <= set(schemas)
    (file := tmp_path / "een.wsdl").write_bytes(answer.data)
    one = zeep.Client(str(file), settings=zeep.Settings(forbid_external=True))
    [dienst] = one.wsdl.services.values()
    for port in dienst.ports.values():
        for operatie in port.binding.all().values():
            assert "stuurgegevens" in operatie.input.signature()


def test_a_receiver_finds_here_what_he_must_take(door: Door) -> None:
    """The address in it is one to change; no message is taken at it."""
    answer = door.client.get("/Ontvanger?wsdl", base_url="https://zaken.example.nl/stuf")
    tree = parse(answer.data)
    assert set(tree.xpath("//@location[starts-with(., 'http')]")) == {"http://localhost:8091/stuf"}
    for schema in tree.xpath("//@schemaLocation"):
        assert door.client.get(schema.removeprefix("https://zaken.example.nl/stuf")).status_code == 200
    assert door.client.get("/Ontvanger").status_code == 404
    assert door.post(envelope(di02()), "/Ontvanger").status_code == 404


@pytest.mark.parametrize("asked", ["wsdl", "singlewsdl"])
def test_a_sender_of_zds_12_finds_its_contract_here(door: Door, asked: str) -> None:
    """Its messages go to the doors that there are."""
    answer = door.client.get(f"/ZaakDocumentServices?{asked}", base_url="https://zaken.example.nl/stuf")
    tree = parse(answer.data)
    assert set(tree.xpath("//@location[starts-with(., 'http')]")) == {"https://zaken.example.nl/stuf"}
    names = tree.xpath("//@schemaLocation")
    assert bool(names) == (asked == "wsdl")
    for schema in names:
        assert door.client.get(schema.removeprefix("https://zaken.example.nl/stuf")).status_code == 200
    assert tree.xpath("//*[local-name() = 'include']") == []
    assert door.post(envelope(di02()), "/ZaakDocumentServices").status_code == 404


def test_the_same_message_twelve_times_at_once_is_one_message(door: Door) -> None:
    number = new_number()
    data = envelope(lk01("T", gezinsplan(number), ref=f"twaalf-{number}"))
    for_ = door.counts()
    answers: list[bytes] = []
    _tegelijk([lambda: answers.append(door.post(data).data)] * 12)
    assert len(set(answers)) == 1
    assert texts(parse(answers[0]), "//s:Bv03Bericht//s:crossRefnummer") == [f"twaalf-{number}"]
    assert door.counts()["zaak"] == for_["zaak"] + 1


def test_another_message_with_the_same_referentienummer_is_stuf016(door: Door) -> None:
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number()), ref="dubbel"))
    assert door.fout("creeerZaak_Lk01", lk01("T", zaak(new_number()), ref="dubbel"))[0] == "StUF016"


def test_the_duplicate_rule_looks_at_the_sender_too(door: Door) -> None:
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number()), ref="deel"))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number()), ref="deel", zender="Ander"))


def test_two_creations_of_one_zaak_at_once_give_one_zaak(door: Door) -> None:
    number = new_number()
    codes: list[list[str]] = []
    berichten = [envelope(lk01("T", zaak(number))) for _ in range(6)]
    _tegelijk([lambda d=d: codes.append(texts(parse(door.post(d).data), "//s:code")) for d in berichten])
    assert sorted(codes) == [[], *[["StUF067"]] * 5]


def test_sixty_concurrent_updates_of_one_zaak_all_count(door: Door) -> None:
    number = new_number()
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number)))
    sleutel = f"<ZKN:identificatie>{number}</ZKN:identificatie>"
    data = [
        envelope(lk01("W", obj(sleutel, "W"), obj(sleutel + status(1, f"202602{1 + i % 28:02d}12{i:02d}00"), "W")))
        for i in range(60)
    ]
    out: list[int] = []
    _tegelijk([lambda d=d: out.append(door.post(d).status_code) for d in data])
    assert out == [200] * 60
    with door.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT s.moment, s.laatste FROM zaak_status s JOIN zaak z ON z.id = s.zaak_id WHERE z.identificatie = %s",
            (number,),
        ).all()
    assert len(rows) == 61
    assert [moment for moment, last in rows if last] == [max(moment for moment, _ in rows)]


def test_identifications_are_unique_under_concurrency_and_skip_used_ones(door: Door) -> None:
    first = texts(door.succeeded("genereerZaakIdentificatie_Di02", di02()), "//z:zaak/z:identificatie")[0]
    next_ = f"{first[:4]}{int(first[4:]) + 1:0{len(first) - 4}d}"
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(next_)))
    out: list[str] = []
    _tegelijk([lambda: out.extend(texts(parse(door.post(envelope(di02())).data), "//z:zaak/z:identificatie"))] * 24)
    assert len(set(out)) == 24
    assert next_ not in out
    assert all(number.startswith("1900") and len(number) <= 40 for number in out)


@settings(max_examples=150)
@given(
    data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    knip=st.integers(0, 900),
    spot=st.integers(0, 900),
)
def test_any_bytes_get_a_declared_answer(door: Door, data: bytes, knip: int, spot: int) -> None:
    """Any body that comes in: bytes, or a message with bytes put in its place."""
    good = envelope(di02(ref=""))
    for inhoud in (data, good[:spot] + data + good[spot + knip :]):
        answer = door.post(inhoud)
        assert answer.status_code in (200, 400, 500)
        assert parse(answer.data).tag in (f"{{{SOAP11}}}Envelope", f"{{{SOAP12}}}Envelope")
        assert b"Traceback" not in answer.data


def _tegelijk(tasks: list) -> None:  # type: ignore[type-arg]
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
