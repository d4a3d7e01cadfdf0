"""zeep, the client of most Python vendors, on each WSDL that a running server publishes, in both versions of SOAP."""

import copy
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import zeep
from tests.berichten.bouw import STUF
from tests.berichten.schema import RZS
from tests.conformiteit.aanroepen import AANROEPEN
from tests.conftest import Server
from tests.interop.gepubliceerd import operaties, poort
from zeep.xsd import Nil

from regiesysteem.zkn.operations import COMMON, DOORS, OPERATIONS, REGIE
from regiesysteem_practice import play_messages as b

ZENDER = "GWS4all"
Roep = Callable[..., Any]


@pytest.fixture(params=["", "12"], ids=["soap11", "soap12"])
def versie(request: pytest.FixtureRequest) -> str:
    """What the names of ports and bindings end in."""
    return str(request.param)


@pytest.fixture(scope="module")
def clienten(server: Server) -> dict[str, zeep.Client]:
    """Per door what zeep makes of its WSDL."""
    return {door.name: zeep.Client(f"{_adres(server, pad)}?wsdl") for pad, door in DOORS.items()}


@pytest.fixture(params=["een deur", "drie deuren"])
def roep(request: pytest.FixtureRequest, clienten: dict[str, zeep.Client], versie: str) -> Roep:
    """Call an operation by name, at the address that the WSDL gives: of the common door, or of its own."""
    poorten = {deur: client.bind(poort(deur), f"{poort(deur)}{versie}") for deur, client in clienten.items()}

    def _roep(naam: str, bericht: dict[str, Any]) -> Any:
        deur = COMMON.name if request.param == "een deur" else OPERATIONS[naam].door.name
        return getattr(poorten[deur], naam)(**bericht)

    return _roep


def _adres(server: Server, pad: str) -> str:
    return f"{server.url}/stuf/{pad}".rstrip("/")


def _nummer(roep: Roep) -> str:
    antwoord = roep("genereerZaakIdentificatie_Di02", b.genereer_zaak_identificatie(ZENDER))
    return str(antwoord["zaak"]["identificatie"]["_value_1"])


def _tekst(element: Any) -> Any:
    return element["_value_1"]


def _bevestigd(antwoord: Any) -> bool:
    return bool(antwoord["berichtcode"] == "Bv03" and antwoord["crossRefnummer"])


def test_each_wsdl_names_the_operations_of_its_door_at_the_address_that_was_used(
    server: Server, clienten: dict[str, zeep.Client]
) -> None:
    for pad, door in DOORS.items():
        [dienst] = clienten[door.name].wsdl.services.values()
        assert set(dienst.ports) == {poort(door.name), f"{poort(door.name)}12"}
        for een in dienst.ports.values():
            assert een.binding_options["address"] == _adres(server, pad)
            assert set(een.binding.all()) == operaties(door.name)


def test_a_zaak_from_its_number_to_its_details(roep: Roep) -> None:
    """Every operation called, every answer read."""
    nummer = _nummer(roep)
    wie = b.persoon("999990056", "De Wit", "Anna")
    zaak = b.zaak(nummer, "B1026", "Aanvraag", heeftAlsInitiator=b.initiator(wie))
    assert _bevestigd(roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, zaak)))
    sleutel = b.gewijzigd(nummer)
    wordt = b.gewijzigd(nummer, omschrijving="Aanvraag bijzondere bijstand")
    assert _bevestigd(roep("updateZaak_Lk01", b.wijzig(ZENDER, sleutel, wordt)))
    status = b.gewijzigd(nummer, heeft=[b.status(2)])
    assert _bevestigd(roep("actualiseerZaakstatus_Lk01", b.wijzig(ZENDER, sleutel, status)))

    scope = {"identificatie": Nil, "omschrijving": Nil, "heeft": b.STATUSSEN}
    for naam, aantal in (("geefZaakstatus_Lv01", 1), ("geefZaakdetails_Lv01", 2), ("zakLv01", 2)):
        [gevonden] = roep(naam, b.vraag(ZENDER, {"identificatie": nummer}, scope))["antwoord"]["object"]
        assert _tekst(gevonden["identificatie"]) == nummer
        assert _tekst(gevonden["omschrijving"]) == "Aanvraag bijzondere bijstand"
        assert len(gevonden["heeft"]) == aantal
        laatste = [een for een in gevonden["heeft"] if _tekst(een["indicatieLaatsteStatus"]) == "J"]
        assert [_tekst(een["gerelateerde"]["omschrijving"]) for een in laatste] == ["In behandeling"]


def test_everything_there_is_to_say_is_read(roep: Roep) -> None:
    """An answer to scope alles goes through all of zeep's reading of our schema."""
    nummer = _nummer(roep)
    wie = b.persoon("999990068", "Groen", "Anna")
    relaties = {"heeftBetrekkingOp": [b.client(wie)], "heeftAlsInitiator": b.initiator(b.MEDEWERKER)}
    zaak = b.zaak(nummer, "GEZINSPLAN", "Gezinsplan Groen", **relaties)
    roep("creeerZaak_Lk01", b.creeer_zaak(ZENDER, zaak))
    antwoord = roep("geefZaakdetails_Lv01", b.vraag(ZENDER, {"identificatie": nummer}, {"scope": "alles"}))
    [gevonden] = antwoord["antwoord"]["object"]
    [client] = gevonden["heeftBetrekkingOp"]
    assert _tekst(client["gerelateerde"]["natuurlijkPersoon"]["inp.bsn"]) == "999990068"
    [initiator] = gevonden["heeftAlsInitiator"]
    assert _tekst(initiator["gerelateerde"]["medewerker"]["achternaam"]) == "Bakker"


@pytest.mark.parametrize(
    ("naam", "bericht", "fout"),
    [
        ("updateZaak_Lk01", b.wijzig(ZENDER, b.gewijzigd("1900BESTAATNIET"), b.gewijzigd("1900BESTAATNIET")), "Fo03"),
        ("zakLv01", {**b.vraag(ZENDER, {}, {}), "gelijk": {"entiteittype": "ZAK", "sleutelVerzendend": "7"}}, "Fo02"),
    ],
)
def test_a_fault_is_read_as_the_wsdl_says(
    clienten: dict[str, zeep.Client], roep: Roep, naam: str, bericht: Any, fout: str
) -> None:
    with pytest.raises(zeep.exceptions.Fault) as gevangen:
        roep(naam, bericht)
    typen = clienten[OPERATIONS[naam].door.name].wsdl.types
    [detail] = gevangen.value.detail
    assert detail.tag == f"{{{STUF}}}{fout}Bericht"
    gelezen = typen.get_element(detail.tag).parse(detail, typen)
    assert gelezen["body"]["code"] == {"Fo03": "StUF064", "Fo02": "StUF094"}[fout]
    assert gelezen["body"]["details"]


@pytest.mark.usefixtures("aanbod")
@pytest.mark.parametrize("pad", ["RegieZaakServices", "OntvangAsynchroon", ""])
@pytest.mark.parametrize("naam", sorted(operaties(REGIE.name)))
def test_every_message_of_regie_is_acknowledged_at_each_door(
    server: Server, clienten: dict[str, zeep.Client], versie: str, naam: str, pad: str
) -> None:
    """The WSDL is that of RegieZaakServices; its messages may go to the other addresses as well."""
    aanroepen = clienten[REGIE.name].create_service(f"{{{RZS}}}SOAP{versie}OntvangAsynchroon", _adres(server, pad))
    bericht = copy.deepcopy(AANROEPEN[naam])
    bericht["stuurgegevens"] |= {"referentienummer": uuid.uuid4().hex, "ontvanger": {"applicatie": "Regiesysteem"}}
    if naam == "initieerNotificeerOverZaak":
        extra = bericht["object"]["extraElementen"]["extraElement"]
        extra.append({"_value_1": ZENDER, "naam": "zendendeApplicatie"})
    antwoord = getattr(aanroepen, naam)(**bericht)
    assert antwoord["berichtcode"] == "Bv03"
    assert antwoord["crossRefnummer"] == bericht["stuurgegevens"]["referentienummer"]
