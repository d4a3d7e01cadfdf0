"""A leverancier sees how the messages of his applicatie keep to the standard, and nothing that is in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine
from tests.soap.conftest import Door
from tests.web.conftest import LogIn

from regiesysteem.config import example_inrichting
from regiesysteem.conformance import received
from regiesysteem.conformance.outgoing import PEOPLE, make_message
from regiesysteem.conformance.profile import DEFAULT, System
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.zakenmagazijn.message_search import read_sent_by

ROLE = '\n[[rol]]\nnaam = "leverancier-gws"\nrechten = "leverancier"\napplicatie = "GWS4all"\n'
GEZIN = {"identificatie": "1900LEV1", "zaaktype": "gezinsplan"}


def _vendor(engine: Engine, log_in: LogIn) -> FlaskClient:
    load_inrichting(engine, read_text(example_inrichting().read_text() + ROLE, "test"))
    return log_in("leverancier-gws")


def _send(
    door: Door, operation: str, template: str, values: dict[str, Any], zender: str = "GWS4all", *, zds12: bool = False
) -> int:
    profile = DEFAULT.model_copy(update={"zender": System(organisatie="1900", applicatie=zender)})
    message = make_message(operation, template, values, profile, datetime.now(UTC), zds12=zds12)
    headers = {"SOAPAction": message.action}
    return door.client.post("/", data=message.envelope, content_type="text/xml", headers=headers).status_code


def test_his_messages_are_judged_without_their_values(engine: Engine, log_in: LogIn, door: Door) -> None:
    vendor = _vendor(engine, log_in)
    before = vendor.get("/conformiteit?rol=rzs-1.0/regiesysteem").text
    assert "1. " in before
    assert "geslaagd" not in before
    assert "nog niet ontvangen" in before
    assert (
        _send(door, "creeerZaak_Lk01", "creeerzaak.xml", GEZIN | {"belanghebbenden": 1, "uitvoerende_medewerkers": 1})
        == 200
    )
    assert _send(door, "creeerZaak_Lk01", "creeerzaak.xml", GEZIN) == 500
    page = vendor.get("/conformiteit?rol=rzs-1.0/regiesysteem").text
    assert "creeerZaak_Lk01: geslaagd" in page
    assert "StUF067" in page
    assert not [one for person in PEOPLE for one in (person.bsn, person.geslachtsnaam) if one in page]


def test_a_requirement_that_takes_a_value_of_another_message_does_not_tell_it(
    engine: Engine, log_in: LogIn, door: Door
) -> None:
    """A document must belong to the zaak of an earlier step: the vendor reads that, and not which zaak."""
    vendor = _vendor(engine, log_in)
    first = {"belanghebbenden": 1, "uitvoerende_medewerkers": 1}
    for number, values in (("1900GEHEIM", first), ("1900ANDER", {})):
        plan = {"identificatie": number, "zaaktype": "gezinsplan"} | values
        assert _send(door, "creeerZaak_Lk01", "creeerzaak.xml", plan) == 200
    document = {"identificatie": "1900DOC1", "zaak": "1900ANDER", "inhoud": "R2VzcHJlaw=="}
    assert _send(door, "voegZaakdocumentToe_Lk01", "voegzaakdocumenttoe.xml", document) == 200
    page = vendor.get("/conformiteit?rol=rzs-1.0/regiesysteem").text
    assert "een relatie met de zaak" in page
    assert not [one for one in ("1900GEHEIM", "1900ANDER", "1900DOC1") if one in page]


def test_what_is_judged_fits_in_memory_and_does_not_stay_there(engine: Engine, log_in: LogIn, door: Door) -> None:
    """The newest messages that fit together are judged: a leverancier chooses how large they are."""
    vendor = _vendor(engine, log_in)
    for number in "123":
        assert _send(door, "creeerZaak_Lk01", "creeerzaak.xml", GEZIN | {"identificatie": f"1900RUIMTE{number}"}) == 200
    with engine.connect() as connection:
        asked = (connection, "GWS4all", datetime.now(UTC) - timedelta(days=1))
        every = read_sent_by(*asked, most=3, size=1_000_000, room=1_000_000)
        room = sum(len(one.inhoud) + len(one.antwoord) for one in every) - 1
        assert read_sent_by(*asked, most=3, size=1_000_000, room=room) == every[1:]
    assert "1900RUIMTE3" in every[-1].inhoud.decode()
    assert "geslaagd" in vendor.get("/conformiteit?rol=rzs-1.0/regiesysteem").text
    assert received._read.cache_info().currsize == 0


def test_a_message_of_zds_12_is_not_judged_by_a_soapaction(engine: Engine, log_in: LogIn, door: Door) -> None:
    """It is not kept, so nobody knows what it was."""
    vendor = _vendor(engine, log_in)
    assert _send(door, "genereerZaakIdentificatie_Di02", "genereerzaakidentificatie.xml", {}, zds12=True) == 200
    page = vendor.get("/conformiteit?rol=rzs-1.0/regiesysteem").text
    assert "genereerZaakIdentificatie_Di02: geslaagd" in page
    assert "SOAPAction:" not in page
    assert _send(door, "genereerDocumentIdentificatie_Di02", "genereerdocumentidentificatie.xml", {}) == 200
    assert _send(door, "genereerDocumentIdentificatie_Di02", "genereerdocumentidentificatie.xml", {}) == 200
    assert "lijkt op stap" in vendor.get("/conformiteit?rol=rzs-1.0/regiesysteem").text


def test_he_sees_nothing_of_another_applicatie(engine: Engine, log_in: LogIn, door: Door) -> None:
    vendor = _vendor(engine, log_in)
    assert _send(door, "creeerZaak_Lk01", "creeerzaak.xml", GEZIN, "Schuldhulp") == 200
    assert _send(door, "creeerZaak_Lk01", "creeerzaak.xml", GEZIN, "Schuldhulp") == 500
    page = vendor.get("/conformiteit?rol=rzs-1.0/regiesysteem").text
    assert "geslaagd" not in page
    assert "StUF067" not in page


def test_without_an_applicatie_he_is_told_whom_to_ask(log_in: LogIn) -> None:
    assert "De beheerder zet in de inrichting" in log_in("leverancier").get("/conformiteit").text
