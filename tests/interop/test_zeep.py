"""zeep, the client of most Python vendors, on each WSDL that a running server publishes, in both versions of SOAP."""

import copy
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import zeep
from tests.berichten.bouw import STUF
from tests.berichten.schema import RZS
from tests.conformiteit.aanroepen import AANROEPEN, AANROEPEN_ZDS12
from tests.conftest import Server
from tests.interop.gepubliceerd import operaties, port
from zeep.xsd import Nil

from regiesysteem.zkn.operations import COMMON, DOORS, OPERATIONS, REGIE
from regiesysteem_practice import play_messages as b

ZENDER = "GWS4all"
Roep = Callable[..., Any]


@pytest.fixture(params=["", "12"], ids=["soap11", "soap12"])
def versie(request: pytest.FixtureRequest) -> str:
    """The ends of the names of ports and bindings."""
    return str(request.param)


@pytest.fixture(scope="module")
def clienten(server: Server) -> dict[str, zeep.Client]:
    """Per door what zeep makes of its WSDL."""
    return {door.name: zeep.Client(f"{_adres(server, path)}?wsdl") for path, door in DOORS.items()}


@pytest.fixture(params=["een deur", "drie deuren"])
def roep(request: pytest.FixtureRequest, clienten: dict[str, zeep.Client], versie: str) -> Roep:
    """Call an operation by name, at the address that the WSDL gives: of the common door, or of its own."""
    ports = {door: client.bind(port(door), f"{port(door)}{versie}") for door, client in clienten.items()}

    def _roep(naam: str, bericht: dict[str, Any]) -> Any:
        door = COMMON.name if request.param == "een deur" else OPERATIONS[naam].door.name
        return getattr(ports[door], naam)(**bericht)

    return _roep


def _adres(server: Server, path: str) -> str:
    return f"{server.url}/stuf/{path}".rstrip("/")


def _number(roep: Roep) -> str:
    answer = roep("genereerZaakIdentificatie_Di02", b.genereer_zaak_identificatie(ZENDER))
    return str(answer["zaak"]["identificatie"]["_value_1"])


def _text(element: Any) -> Any:
    return element["_value_1"]


def _bevestigd(answer: Any) -> bool:
    return bool(answer["berichtcode"] == "Bv03" and answer["crossRefnummer"])


def test_each_wsdl_names_the_operations_of_its_door_at_the_address_that_was_used(
    server: Server, clienten: dict[str, zeep.Client]
) -> None:
    for path, door in DOORS.items():
        [dienst] = clienten[door.name].wsdl.services.values()
        assert set(dienst.ports) == {port(door.name), f"{port(door.name)}12"}
        for one in dienst.ports.values():
            assert one.binding_options["address"] == _adres(server, path)
            assert set(one.binding.all()) == operaties(door.name)


def test_a_zaak_from_its_number_to_its_details(roep: Roep) -> None:
    """Every operation called, every answer read."""
    number = _number(roep)
    who = b.persoon("999990056", "De Wit", "Anna")
    zaak = b.zaak(number, "B1026", "Aanvraag", heeftAlsInitiator=b.initiator(who))
    assert _bevestigd(roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, zaak)))
    sleutel = b.modified(number)
    wordt = b.modified(number, omschrijving="Aanvraag bijzondere bijstand")
    assert _bevestigd(roep("updateZaak_Lk01", b.change(ZENDER, sleutel, wordt)))
    status = b.modified(number, heeft=[b.status(2)])
    assert _bevestigd(roep("actualiseerZaakstatus_Lk01", b.change(ZENDER, sleutel, status)))

    scope = {"identificatie": Nil, "omschrijving": Nil, "heeft": b.STATUSSEN}
    for naam, count in (("geefZaakstatus_Lv01", 1), ("geefZaakdetails_Lv01", 2), ("zakLv01", 2)):
        [found] = roep(naam, b.question(ZENDER, {"identificatie": number}, scope))["antwoord"]["object"]
        assert _text(found["identificatie"]) == number
        assert _text(found["omschrijving"]) == "Aanvraag bijzondere bijstand"
        assert len(found["heeft"]) == count
        last = [one for one in found["heeft"] if _text(one["indicatieLaatsteStatus"]) == "J"]
        assert [_text(one["gerelateerde"]["omschrijving"]) for one in last] == ["In behandeling"]


def test_everything_there_is_to_say_is_read(roep: Roep) -> None:
    """An answer to scope alles goes through all of zeep's reading of our schema."""
    number = _number(roep)
    who = b.persoon("999990068", "Groen", "Anna")
    relaties = {"heeftBetrekkingOp": [b.client(who)], "heeftAlsInitiator": b.initiator(b.MEDEWERKER)}
    zaak = b.zaak(number, "GEZINSPLAN", "Gezinsplan Groen", **relaties)
    roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, zaak))
    answer = roep("geefZaakdetails_Lv01", b.question(ZENDER, {"identificatie": number}, {"scope": "alles"}))
    [found] = answer["antwoord"]["object"]
    [client] = found["heeftBetrekkingOp"]
    assert _text(client["gerelateerde"]["natuurlijkPersoon"]["inp.bsn"]) == "999990068"
    [initiator] = found["heeftAlsInitiator"]
    assert _text(initiator["gerelateerde"]["medewerker"]["achternaam"]) == "Bakker"


@pytest.mark.parametrize(
    ("naam", "bericht", "error"),
    [
        ("updateZaak_Lk01", b.change(ZENDER, b.modified("1900BESTAATNIET"), b.modified("1900BESTAATNIET")), "Fo03"),
        (
            "zakLv01",
            {**b.question(ZENDER, {}, {}), "gelijk": {"entiteittype": "ZAK", "sleutelVerzendend": "7"}},
            "Fo02",
        ),
    ],
)
def test_a_fault_is_read_as_the_wsdl_says(
    clienten: dict[str, zeep.Client], roep: Roep, naam: str, bericht: Any, error: str
) -> None:
    with pytest.raises(zeep.exceptions.Fault) as caught:
        roep(naam, bericht)
    types = clienten[OPERATIONS[naam].door.name].wsdl.types
    [detail] = caught.value.detail
    assert detail.tag == f"{{{STUF}}}{error}Bericht"
    parsed = types.get_element(detail.tag).parse(detail, types)
    assert parsed["body"]["code"] == {"Fo03": "StUF064", "Fo02": "StUF094"}[error]
    assert parsed["body"]["details"]


@pytest.mark.usefixtures("offer")
@pytest.mark.parametrize("path", ["RegieZaakServices", "OntvangAsynchroon", ""])
@pytest.mark.parametrize("naam", sorted(operaties(REGIE.name)))
def test_every_message_of_regie_is_acknowledged_at_each_door(
    server: Server, clienten: dict[str, zeep.Client], versie: str, naam: str, path: str
) -> None:
    """The WSDL is that of RegieZaakServices; its messages may go to the other addresses as well."""
    aanroepen = clienten[REGIE.name].create_service(f"{{{RZS}}}SOAP{versie}OntvangAsynchroon", _adres(server, path))
    bericht = copy.deepcopy(AANROEPEN[naam])
    bericht["stuurgegevens"] |= {"referentienummer": uuid.uuid4().hex, "ontvanger": {"applicatie": "Regiesysteem"}}
    if naam == "initieerNotificeerOverZaak":
        extra = bericht["object"]["extraElementen"]["extraElement"]
        extra.append({"_value_1": ZENDER, "naam": "zendendeApplicatie"})
    answer = getattr(aanroepen, naam)(**bericht)
    assert answer["berichtcode"] == "Bv03"
    assert answer["crossRefnummer"] == bericht["stuurgegevens"]["referentienummer"]


def test_a_sender_of_zds_12_calls_by_its_own_wsdl(server: Server, versie: str) -> None:
    """From a number to a zaak with a document, and what is known of both."""
    client = zeep.Client(f"{server.url}/stuf/ZaakDocumentServices?wsdl")
    call = client.bind("ZaakDocumentServices", f"ZaakDocumentServices{versie}")

    def sent(naam: str, **rest: Any) -> Any:
        bericht = {**AANROEPEN_ZDS12[naam], **rest}
        bericht["stuurgegevens"] = {
            **bericht["stuurgegevens"],
            "referentienummer": uuid.uuid4().hex,
            "zender": {"organisatie": "1900", "applicatie": ZENDER},
            "ontvanger": {"applicatie": "Regiesysteem"},
        }
        return getattr(call, naam)(**bericht)

    number = _text(sent("genereerZaakIdentificatie_Di02")["zaak"]["identificatie"])
    document = _text(sent("genereerDocumentIdentificatie_Di02")["document"]["identificatie"])
    zaak = AANROEPEN_ZDS12["creeerZaak_ZakLk01"]["object"] | {"identificatie": number}
    assert _bevestigd(sent("creeerZaak_ZakLk01", object=zaak))
    gelijk = {"entiteittype": "ZAK", "identificatie": number}
    found = sent("geefZaakdetails_ZakLv01", gelijk=gelijk)["antwoord"]["object"]
    assert _text(found["identificatie"]) == number
    object_ = copy.deepcopy(AANROEPEN_ZDS12["voegZaakdocumentToe_EdcLk01"]["object"]) | {"identificatie": document}
    object_["isRelevantVoor"][0]["gerelateerde"]["identificatie"] = number
    assert _bevestigd(sent("voegZaakdocumentToe_EdcLk01", object=object_))
    [listed] = sent("geefLijstZaakdocumenten_ZakLv01", gelijk=gelijk)["antwoord"]["object"]
    assert [_text(one["gerelateerde"]["identificatie"]) for one in listed["heeftRelevant"]] == [document]
    read = sent("geefZaakdocumentLezen_EdcLv01", gelijk={"entiteittype": "EDC", "identificatie": document})
    assert read["antwoord"]["object"]["inhoud"]["_value_1"] == object_["inhoud"]["_value_1"]
