"""The functional manager: receivers, what stranded, messages, refusals, deviations, abonnementen, the inrichting."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import Engine, text
from tests.berichten.bouw import client, lk01, mdw, new_number, rol, zaak
from tests.conftest import insert_into
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of
from tests.web.test_frame import looks

from regiesysteem.config import example_inrichting
from regiesysteem.db import count_statements
from regiesysteem.web import setup_pages

BSN = "999993653"


@pytest.fixture
def manager(log_in: LogIn) -> FlaskClient:
    """A functional manager."""
    return log_in("beheerder", "b.heer")


@pytest.fixture
def plan(door: Door) -> str:
    """A gezinsplan, made by a message of a back office."""
    number = new_number()
    roles = client(BSN) + rol("heeftAlsInitiator", mdw("12345"))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(number, "GEZINSPLAN", relaties=roles), ref="ref-1"))
    return number


def fill(engine: Engine, **fields: Any) -> int:
    """A stranded notification."""
    row = {
        "ontvanger": "WmoVoorziening",
        "stroom": "19000000000001",
        "soort": "notificeerOverZaak",
        "inhoud": b"<a/>",
        "stand": "gestrand",
        "pogingen": 8,
        "melding": f"time-out bij {BSN}",
        "referentienummer": new_number(),
    }
    with engine.begin() as connection:
        connection.execute(insert_into("notificatie", row | fields))
        return int(connection.execute(text("SELECT max(id) FROM notificatie")).scalar_one())


def press(who: FlaskClient, path: str, **fields: Any) -> str:
    data = {"csrf_token": token_of(who.get("/beheer/inrichting").text), **fields}
    answer = who.post(path, data=data, follow_redirects=True, buffered=True)
    assert answer.status_code == 200
    return answer.text


def states(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT stand, melding FROM notificatie ORDER BY id"))
        return [tuple(row) for row in rows]


def test_a_receiver_shows_what_waits_and_what_stranded_and_no_bsn(manager: FlaskClient, engine: Engine) -> None:
    fill(engine)
    fill(engine, stand="wacht")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO ontvanger (applicatie, fouten, melding) VALUES ('WmoVoorziening', 3, :m)"),
            {"m": f"geen antwoord over {BSN}"},
        )
    page = manager.get("/beheer/ontvangers").text
    assert all(word in page for word in ("WmoVoorziening", "1 gestrand", "1 wacht", "geen antwoord"))
    assert BSN not in page


def test_stranded_ones_are_sent_again_or_given_up_with_a_reason(manager: FlaskClient, engine: Engine) -> None:
    first, second = fill(engine), fill(engine)
    page = manager.get("/beheer/gestrand").text
    assert "time-out" in page
    assert BSN not in page
    assert "1 notificatie is opnieuw geprobeerd" in press(manager, "/beheer/gestrand/opnieuw", nummers=[first])
    wrong = press(manager, "/beheer/gestrand/vervallen", nummers=[second])
    assert "Schrijf waarom" in wrong
    assert f'value="{second}"' in wrong
    assert "checked" in wrong
    assert "1 notificatie is vervallen" in press(
        manager, "/beheer/gestrand/vervallen", nummers=[second], reden="de applicatie is weg"
    )
    assert states(engine) == [("wacht", f"time-out bij {BSN}"), ("vervallen", "de applicatie is weg")]


@pytest.mark.parametrize("numbers", [[], ["x"], ["99999999999999999999"]])
def test_no_choice_or_a_wrong_one_is_told(manager: FlaskClient, engine: Engine, numbers: list[str]) -> None:
    fill(engine)
    assert "Er klopt iets niet" in press(manager, "/beheer/gestrand/opnieuw", nummers=numbers)
    assert states(engine)[0][0] == "gestrand"


def test_all_for_one_receiver_is_tried_now(manager: FlaskClient, engine: Engine) -> None:
    fill(engine)
    fill(engine, ontvanger="Schuldhulp")
    press(manager, "/beheer/ontvangers/WmoVoorziening/opnieuw")
    assert [state for state, _ in states(engine)] == ["wacht", "gestrand"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, True),
        ({"applicatie": "GWS4all"}, True),
        ({"applicatie": "Ander"}, False),
        ({"dienst": "creeerZaak_Lk01"}, True),
        ({"referentienummer": "ref-1"}, True),
        ({"referentienummer": "ref-2"}, False),
        ({"tot": "2020-01-01"}, False),
        ({"sinds": "2020-01-01"}, True),
        ({"sinds": "gisteren"}, True),
        ({"zaak": "' OR true --"}, False),
    ],
)
def test_messages_are_found_by_what_is_known_of_them(
    manager: FlaskClient, plan: str, asked: dict[str, str], found: bool
) -> None:
    assert (plan in manager.get("/beheer/berichten", query_string=asked).text) == found
    assert plan in manager.get("/beheer/berichten", query_string={"zaak": plan}).text


def test_a_message_is_shown_without_a_bsn_and_that_is_on_record(
    manager: FlaskClient, plan: str, engine: Engine
) -> None:
    page = etree.HTML(manager.get("/beheer/berichten").text)
    [link] = page.xpath("//table//a/@href")
    shown = manager.get(link).text
    assert "zakLk01" in shown
    assert "Bv03" in shown
    assert BSN not in shown
    assert looks(engine)[-1] == ("b.heer", "beheerder", "GET /beheer/berichten/<int:nummer>", [plan])


def test_a_message_whose_content_is_gone_or_that_is_none(manager: FlaskClient, plan: str, engine: Engine) -> None:
    with engine.begin() as connection:
        number = connection.execute(text("UPDATE bericht SET inhoud = NULL RETURNING id")).scalar_one()
    assert "na de bewaartermijn verwijderd" in manager.get(f"/beheer/berichten/{number}").text
    assert manager.get("/beheer/berichten/999999999").status_code == 404
    assert manager.get("/beheer/berichten/99999999999999999999999").status_code == 404


def test_older_messages_come_on_the_next_page(manager: FlaskClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO bericht (zender_organisatie, zender_applicatie, zender_administratie, referentienummer, dienst,
                                 ontvangen_op, tijdstip_bericht, digest, antwoord)
            SELECT '', 'A', '', 'n' || n, 'updateZaak_Lk01', now(), '', '', '' FROM generate_series(1, 150) n""")
        )
    first = etree.HTML(manager.get("/beheer/berichten").text)
    [more] = first.xpath("//a[text()='Oudere berichten']/@href")
    second = etree.HTML(manager.get(more).text)
    rows = [page.xpath("//tbody/tr/td[5]/text()") for page in (first, second)]
    assert [len(one) for one in rows] == [100, 50]
    assert set(rows[0]).isdisjoint(rows[1])


def test_a_refused_message_is_there_with_its_code_and_place(manager: FlaskClient, door: Door) -> None:
    assert door.fout("creeerZaak_Lk01", lk01("T", zaak(new_number(), "BESTAATNIET")))[0]
    page = manager.get("/beheer/weigeringen", query_string={"applicatie": "GWS4all"}).text
    assert "creeerZaak_Lk01" in page
    assert "Er is niets geweigerd" in manager.get("/beheer/weigeringen", query_string={"code": "StUF999"}).text


def test_a_deviation_is_there_with_what_it_means(manager: FlaskClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO afwijking (organisatie, applicatie, administratie, regel, aantal, eerste, laatste, dienst, plek,
                                   referentienummer)
            VALUES ('1900', 'GWS4all', '', 'soapaction', 7, now(), now(), 'creeerZaak_Lk01', 'SOAPAction', 'r')""")
        )
    page = manager.get("/beheer/afwijkingen").text
    assert all(word in page for word in ("GWS4all", "soapaction", "<td>7</td>"))
    assert "Geen bericht week af" in manager.get("/beheer/afwijkingen", query_string={"applicatie": "x"}).text


def test_an_abonnement_is_made_once_explained_and_removed(manager: FlaskClient, plan: str) -> None:
    fields = {"applicatie": "Schuldhulp", "zaaktype": "GEZINSPLAN", "gebeurtenis": "Update zaak"}
    assert "geldt meteen" in press(manager, "/beheer/abonnementen/nieuw", **fields, verwachte_actie="Kijk even")
    assert "is er al" in press(manager, "/beheer/abonnementen/nieuw", **fields, verwachte_actie="Kijk even")
    told = press(manager, "/beheer/abonnementen/verklaar", zaak=plan, gebeurtenis="Update zaak")
    assert "Kijk even" in told
    assert "is verwijderd" in press(manager, "/beheer/abonnementen/1/verwijder")
    answer = manager.post(
        "/beheer/abonnementen/1/verwijder", data={"csrf_token": token_of(manager.get("/beheer/abonnementen").text)}
    )
    assert answer.status_code == 404


def test_a_file_is_checked_and_nothing_changes(manager: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_pages, "_LARGEST", 200_000)  # the client of the test leaves larger files open
    good = example_inrichting().read_bytes()
    for content, said in (
        (good, "is in orde"),
        (good.replace(b'code = "1900"', b'code = "19"', 1), "gemeente.code"),
        (b"\xff\xfe", "geen UTF-8"),
        (b"dit is geen toml", "Er klopt iets niet"),
        (b"x" * 200_001, "groter dan 2 MB"),
    ):
        assert said in press(manager, "/beheer/inrichting/controleer", bestand=(io.BytesIO(content), "mijn.toml"))
    assert "Kies een bestand" in press(manager, "/beheer/inrichting/controleer")
    assert "<td>1</td>" in manager.get("/beheer/inrichting").text


@pytest.mark.parametrize("path", ["ontvangers", "gestrand", "berichten", "weigeringen", "afwijkingen"])
def test_a_list_costs_a_fixed_number_of_statements(manager: FlaskClient, engine: Engine, path: str) -> None:
    for _ in range(3):
        fill(engine)
    with count_statements() as counter:
        assert manager.get(f"/beheer/{path}").status_code == 200
    assert counter.aantal <= 12
