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
    envelop,
    gezinsplan,
    lk01,
    nieuw_nummer,
    obj,
    status,
    teksten,
    zaak,
)
from tests.soap.conftest import Deur

from regiesysteem.stuf.xml import ontleed
from regiesysteem.zkn.operations import DOORS

MILJARD = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
)
BUITEN = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]><l>&x;</l>'
SLECHT = {
    "leeg": b"",
    "geen xml": b"dit is geen xml",
    "afgekapt": envelop(di02())[:400],
    "entiteitenbom": MILJARD,
    "externe entiteit": BUITEN,
    "nul bytes": envelop(di02()).replace(b"1900", b"19\x0000"),
    "verkeerde codering": envelop(di02()).replace(b"GWS4all", "Gemeente Súdwest".encode("latin-1")),
    "diep genest": b"<a>" * 200_000,
    "diep genest en gesloten": b"<a>" * 200_000 + b"</a>" * 200_000,
    "geen envelope": b"<a/>",
    "lege body": f'<s:Envelope xmlns:s="{SOAP11}"><s:Body/></s:Envelope>'.encode(),
    "twee berichten": envelop(di02() + di02()),
    "geen body": f'<s:Envelope xmlns:s="{SOAP11}"/>'.encode(),
}


@pytest.mark.parametrize("naam", SLECHT)
def test_input_that_is_no_message_gets_a_fault_and_leaves_nothing(deur: Deur, naam: str) -> None:
    voor = deur.aantallen()
    antwoord = deur.post(SLECHT[naam], "/VrijeBerichten")
    assert antwoord.status_code == 500
    boom = ontleed(antwoord.data)
    assert teksten(boom, "//s:code") == ["StUF055"]
    assert teksten(boom, "//faultcode") == ["soap:Client"]
    assert b"Traceback" not in antwoord.data
    assert deur.aantallen() == voor


@pytest.mark.parametrize(
    ("versie", "inhoudstype"),
    [(SOAP11, "text/xml; charset=utf-8"), (SOAP12, "application/soap+xml; charset=utf-8")],
)
def test_the_answer_is_in_the_soap_version_of_the_request(deur: Deur, versie: str, inhoudstype: str) -> None:
    antwoord = deur.post(envelop(di02(), versie), Content_Type=inhoudstype)
    assert antwoord.status_code == 200
    assert antwoord.content_type == inhoudstype
    assert ontleed(antwoord.data).tag == f"{{{versie}}}Envelope"


def test_a_soap12_fault_of_the_sender_is_http_400(deur: Deur) -> None:
    antwoord = deur.post(envelop(di02() + di02(), SOAP12), Content_Type="application/soap+xml")
    assert antwoord.status_code == 400
    assert teksten(ontleed(antwoord.data), "//f:Code/f:Value") == ["soap:Sender"]
    assert teksten(ontleed(antwoord.data), "//f:Detail/s:Fo02Bericht/s:body/s:code")


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
def test_the_operation_is_found_however_it_is_named(deur: Deur, headers: dict[str, str]) -> None:
    antwoord = deur.post(envelop(di02()), **headers)
    assert teksten(ontleed(antwoord.data), "//z:genereerZaakIdentificatie_Du02/z:zaak/z:identificatie")


def test_wsa_action_names_the_operation(deur: Deur) -> None:
    header = (
        f'<w:Action xmlns:w="http://www.w3.org/2005/08/addressing">{ACTIE}genereerZaakIdentificatie_Di02</w:Action>'
    )
    assert deur.post(envelop(di02(), header=header)).status_code == 200


def test_an_unknown_header_that_must_be_understood_is_refused(deur: Deur) -> None:
    antwoord = deur.post(envelop(di02(), header='<x:y xmlns:x="urn:x" s:mustUnderstand="1"/>'))
    assert teksten(ontleed(antwoord.data), "//faultcode") == ["soap:MustUnderstand"]


def test_soapaction_and_message_that_differ_are_refused(deur: Deur) -> None:
    assert deur.fout("creeerZaak_Lk01", di02())[0] == "StUF040"


def test_an_unknown_operation_gets_a_fault(deur: Deur) -> None:
    code, details = deur.fout("vliegNaarDeMaan_Lk01", di02())
    assert code.startswith("StUF0")
    assert "Traceback" not in details


def test_a_mistyped_operation_is_told_those_of_its_door(deur: Deur) -> None:
    headers = {"SOAPAction": "genereerZaakIdentificatie"}
    for pad, ook_andere in (("/VrijeBerichten", False), ("", True)):
        [details] = teksten(ontleed(deur.post(envelop(di02()), pad, **headers).data), "//s:details")
        assert "genereerZaakIdentificatie_Di02" in details
        assert ("zakLv01" in details) is ook_andere


def test_an_operation_at_another_door_is_told_where_to_go(deur: Deur) -> None:
    antwoord = ontleed(deur.post(envelop(di02()), "/OntvangAsynchroon").data)
    assert teksten(antwoord, "//s:code") == ["StUF040"]
    assert "VrijeBerichten" in teksten(antwoord, "//s:details")[0]


def test_a_kennisgeving_that_fails_gets_fo03_with_swapped_parties_and_crossrefnummer(deur: Deur) -> None:
    antwoord = deur.stuur("creeerZaak_Lk01", lk01("T", zaak("1900X1", "BESTAATNIET"), ref="ref-1"))
    fo03 = "//detail/s:Fo03Bericht/s:stuurgegevens"
    assert teksten(antwoord, f"{fo03}/s:crossRefnummer") == ["ref-1"]
    assert teksten(antwoord, f"{fo03}/s:zender/s:applicatie") == ["Regiesysteem"]
    assert teksten(antwoord, f"{fo03}/s:ontvanger/s:applicatie") == ["GWS4all"]
    assert teksten(antwoord, "//faultstring") == teksten(antwoord, "//s:omschrijving")


def test_a_body_above_the_limit_is_refused_before_it_is_read(deur: Deur) -> None:
    class Onleesbaar:
        def read(self, *_: object) -> bytes:
            raise AssertionError("read before it was refused")

        def tell(self) -> int:
            return 0

        def seek(self, *_: object) -> None:
            """werkzeug's client measures its stream, and leaves it alone when it has no length."""

        def close(self) -> None:
            """Nothing to close."""

    omgeving = {"wsgi.input": Onleesbaar(), "CONTENT_LENGTH": "200000000", "CONTENT_TYPE": "text/xml"}
    antwoord = deur.client.post("/", environ_overrides=omgeving)
    assert antwoord.status_code == 413
    assert teksten(ontleed(antwoord.data), "//s:code") == ["StUF055"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Type": "application/json"},
        {"Content_Type": "multipart/form-data; boundary=x"},
        {"Content_Type": "multipart/related"},
    ],
)
def test_a_form_that_we_do_not_take_is_415_with_a_fault(deur: Deur, headers: dict[str, str]) -> None:
    antwoord = deur.post(envelop(di02()), **headers)
    assert antwoord.status_code == 415
    assert teksten(ontleed(antwoord.data), "//s:code") == ["StUF055"]


def test_other_methods_are_405_and_unknown_paths_404(deur: Deur) -> None:
    assert deur.client.put("/").status_code == 405
    antwoord = deur.client.post("/Nergens")
    assert antwoord.status_code == 404
    assert "Er is geen deur /Nergens. Berichten gaan naar /OntvangAsynchroon, /RegieZaakServices, /Be" in antwoord.text
    assert deur.client.get("/Nergens").status_code == 404
    assert deur.client.get("/xsd/../../pyproject.toml").status_code == 404


@pytest.mark.parametrize("pad", ["", "OntvangAsynchroon", "BeantwoordVraag", "VrijeBerichten", "RegieZaakServices"])
def test_the_wsdl_has_the_address_of_the_caller_and_schemas_that_resolve(deur: Deur, pad: str) -> None:
    antwoord = deur.client.get(f"/{pad}?wsdl", base_url="https://zaken.example.nl/stuf")
    boom = ontleed(antwoord.data)
    adressen = set(boom.xpath("//@location[starts-with(., 'http')]"))
    assert adressen == {f"https://zaken.example.nl/stuf/{pad}".rstrip("/")}
    for schema in boom.xpath("//@schemaLocation"):
        assert schema.startswith("https://zaken.example.nl/stuf/xsd/")
        gevonden = deur.client.get(schema.removeprefix("https://zaken.example.nl/stuf"))
        assert gevonden.status_code == 200
        for dieper in ontleed(gevonden.data).xpath("//@schemaLocation"):
            assert deur.client.get(f"/xsd/{dieper}").status_code == 200


@pytest.mark.parametrize(
    "query", ["WSDL", "wsdl=", "x=1&wsdl", "wsdl&x=1", "a;Wsdl", "x=%20&%77sdl=1", "singleWsdl", "x&SINGLEWSDL=1"]
)
def test_the_wsdl_is_given_wherever_and_however_it_is_asked_for(deur: Deur, query: str) -> None:
    antwoord = deur.client.get(f"/?{query}")
    assert ontleed(antwoord.data).tag == "{http://schemas.xmlsoap.org/wsdl/}definitions"
    assert deur.client.get("/?x=wsdl").mimetype == "text/plain"


@pytest.mark.parametrize("pad", [*DOORS, "Ontvanger"])
def test_the_single_wsdl_needs_no_other_file(deur: Deur, pad: str, tmp_path: Path) -> None:
    antwoord = deur.client.get(f"/{pad}?singleWsdl", base_url="https://zaken.example.nl/stuf")
    boom = ontleed(antwoord.data)
    assert boom.xpath("//@schemaLocation") == []
    schemas = boom.xpath("//*[local-name() = 'types']/*/@targetNamespace")
    assert len(schemas) == len(set(schemas))
    assert set(boom.xpath("//*[local-name() = 'import']/@namespace")) <= set(schemas)
    (bestand := tmp_path / "een.wsdl").write_bytes(antwoord.data)
    een = zeep.Client(str(bestand), settings=zeep.Settings(forbid_external=True))
    [dienst] = een.wsdl.services.values()
    for poort in dienst.ports.values():
        for operatie in poort.binding.all().values():
            assert "stuurgegevens" in operatie.input.signature()


def test_a_receiver_finds_here_what_he_must_take(deur: Deur) -> None:
    """The address in it is one to change; no message is taken at it."""
    antwoord = deur.client.get("/Ontvanger?wsdl", base_url="https://zaken.example.nl/stuf")
    boom = ontleed(antwoord.data)
    assert set(boom.xpath("//@location[starts-with(., 'http')]")) == {"http://localhost:8091/stuf"}
    for schema in boom.xpath("//@schemaLocation"):
        assert deur.client.get(schema.removeprefix("https://zaken.example.nl/stuf")).status_code == 200
    assert deur.client.get("/Ontvanger").status_code == 404
    assert deur.post(envelop(di02()), "/Ontvanger").status_code == 404


def test_the_same_message_twelve_times_at_once_is_one_message(deur: Deur) -> None:
    nummer = nieuw_nummer()
    data = envelop(lk01("T", gezinsplan(nummer), ref=f"twaalf-{nummer}"))
    voor = deur.aantallen()
    antwoorden: list[bytes] = []
    _tegelijk([lambda: antwoorden.append(deur.post(data).data)] * 12)
    assert len(set(antwoorden)) == 1
    assert teksten(ontleed(antwoorden[0]), "//s:Bv03Bericht//s:crossRefnummer") == [f"twaalf-{nummer}"]
    assert deur.aantallen()["zaak"] == voor["zaak"] + 1


def test_another_message_with_the_same_referentienummer_is_stuf016(deur: Deur) -> None:
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer()), ref="dubbel"))
    assert deur.fout("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer()), ref="dubbel"))[0] == "StUF016"


def test_the_duplicate_rule_looks_at_the_sender_too(deur: Deur) -> None:
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer()), ref="deel"))
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer()), ref="deel", zender="Ander"))


def test_two_creations_of_one_zaak_at_once_give_one_zaak(deur: Deur) -> None:
    nummer = nieuw_nummer()
    codes: list[list[str]] = []
    berichten = [envelop(lk01("T", zaak(nummer))) for _ in range(6)]
    _tegelijk([lambda d=d: codes.append(teksten(ontleed(deur.post(d).data), "//s:code")) for d in berichten])
    assert sorted(codes) == [[], *[["StUF067"]] * 5]


def test_sixty_concurrent_updates_of_one_zaak_all_count(deur: Deur) -> None:
    nummer = nieuw_nummer()
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nummer)))
    sleutel = f"<ZKN:identificatie>{nummer}</ZKN:identificatie>"
    data = [
        envelop(lk01("W", obj(sleutel, "W"), obj(sleutel + status(1, f"202602{1 + i % 28:02d}12{i:02d}00"), "W")))
        for i in range(60)
    ]
    uit: list[int] = []
    _tegelijk([lambda d=d: uit.append(deur.post(d).status_code) for d in data])
    assert uit == [200] * 60
    with deur.motor.connect() as verbinding:
        rijen = verbinding.exec_driver_sql(
            "SELECT s.moment, s.laatste FROM zaak_status s JOIN zaak z ON z.id = s.zaak_id WHERE z.identificatie = %s",
            (nummer,),
        ).all()
    assert len(rijen) == 61
    assert [moment for moment, laatste in rijen if laatste] == [max(moment for moment, _ in rijen)]


def test_identifications_are_unique_under_concurrency_and_skip_used_ones(deur: Deur) -> None:
    eerste = teksten(deur.gelukt("genereerZaakIdentificatie_Di02", di02()), "//z:zaak/z:identificatie")[0]
    volgende = f"{eerste[:4]}{int(eerste[4:]) + 1:0{len(eerste) - 4}d}"
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(volgende)))
    uit: list[str] = []
    _tegelijk([lambda: uit.extend(teksten(ontleed(deur.post(envelop(di02())).data), "//z:zaak/z:identificatie"))] * 24)
    assert len(set(uit)) == 24
    assert volgende not in uit
    assert all(nummer.startswith("1900") and len(nummer) <= 40 for nummer in uit)


@settings(max_examples=150)
@given(
    data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    knip=st.integers(0, 900),
    plek=st.integers(0, 900),
)
def test_any_bytes_get_a_declared_answer(deur: Deur, data: bytes, knip: int, plek: int) -> None:
    """Whatever comes in: bytes, or a message with bytes put in its place."""
    goed = envelop(di02(ref=""))
    for inhoud in (data, goed[:plek] + data + goed[plek + knip :]):
        antwoord = deur.post(inhoud)
        assert antwoord.status_code in (200, 400, 500)
        assert ontleed(antwoord.data).tag in (f"{{{SOAP11}}}Envelope", f"{{{SOAP12}}}Envelope")
        assert b"Traceback" not in antwoord.data


def _tegelijk(taken: list) -> None:  # type: ignore[type-arg]
    threads = [threading.Thread(target=taak) for taak in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
