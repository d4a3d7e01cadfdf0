"""The signaal: yes or no and who directs it, nothing else; each question on record, and too many of them told."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from structlog.testing import capture_logs
from tests.berichten.bouw import client, is_van, lk01, lv01, nps, obj, rol, texts
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of

from regiesysteem.config import example_inrichting
from regiesysteem.inrichting.load import load_inrichting, read_text
from regiesysteem.regie.signaal import often_asked

BSN, NEIGHBOUR = "999993653", "999990020"
PLAN = "19000000000012"
REGISSEUR = """<ZKN:medewerker StUF:entiteittype="MDW" StUF:verwerkingssoort="T">
  <ZKN:identificatie>12345</ZKN:identificatie><ZKN:achternaam>Visser</ZKN:achternaam><ZKN:voorletters>M.</ZKN:voorletters>
  </ZKN:medewerker>"""
REACHED = """<ZKN:heeftAlsAanspreekpunt StUF:entiteittype="ZAKBTRINICTP" StUF:verwerkingssoort="T">
  <ZKN:gerelateerde StUF:entiteittype="CTP" StUF:verwerkingssoort="T"><ZKN:naam>M. Visser</ZKN:naam>
  <ZKN:telefoonnummer>14 1900</ZKN:telefoonnummer></ZKN:gerelateerde></ZKN:heeftAlsAanspreekpunt>"""


@pytest.fixture
def plan(door: Door) -> str:
    """A running gezinsplan with a client and a neighbour."""
    inhoud = (
        f"<ZKN:identificatie>{PLAN}</ZKN:identificatie><ZKN:startdatum>20261103</ZKN:startdatum>"
        f"<ZKN:registratiedatum>20261103</ZKN:registratiedatum>{is_van('GEZINSPLAN')}{client(BSN)}"
        f"{rol('heeftAlsBelanghebbende', nps(NEIGHBOUR, 'Buurman'))}{rol('heeftAlsInitiator', REGISSEUR, REACHED)}"
    )
    door.succeeded("creeerZaak_Lk01", lk01("T", obj(inhoud)))
    return PLAN


def ask(browser: FlaskClient, bsn: str, reden: str = "Aanvraag 2026-17") -> str:
    page = browser.post(
        "/signaal", data={"csrf_token": token_of(browser.get("/signaal").text), "bsn": bsn, "reden": reden}
    )
    assert page.status_code == 200
    return page.text


def test_a_client_gives_yes_and_who_directs_it_and_no_more(log_in: LogIn, plan: str, engine: Engine) -> None:
    log_in("regisseur", medewerker="12345", team="Noord")
    page = ask(log_in("signaal", "k.cc"), BSN)
    assert "<strong>Ja</strong>: M. Visser, Noord, 14 1900" in page
    assert not [secret for secret in (PLAN, "Jansen", "Buurman", "november", "GEZINSPLAN") if secret in page]


def test_who_is_no_client_gives_no(log_in: LogIn, plan: str) -> None:
    browser = log_in("signaal")
    for bsn in (NEIGHBOUR, "999990032"):
        page = ask(browser, bsn)
        assert "<strong>Nee</strong>" in page
        assert "Visser" not in page


def test_a_plan_that_ended_gives_no(log_in: LogIn, plan: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE zaak SET einddatum = '20261104'"))
    assert "<strong>Nee</strong>" in ask(log_in("signaal"), BSN)


def test_a_question_is_on_record_with_its_reason(log_in: LogIn, plan: str, engine: Engine) -> None:
    ask(log_in("signaal", "k.cc"), BSN, f" Aanvraag  17 van {BSN} ")
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT i.persoon, i.wat, i.zaken, i.aantal, s.reden, s.gevonden, s.te_vaak FROM signaal_vraag s"
                 " JOIN inzage i ON i.tijdstip = s.tijdstip AND i.persoon = s.persoon")
        ).one()  # fmt: skip
        people = connection.execute(
            text("SELECT count(*) FROM inzage_betrokkene WHERE betrokkene = ANY(regie_betrokkene(ARRAY[:who]))"),
            {"who": f"bsn:{BSN}"},
        ).scalar_one()
    assert tuple(row) == ("k.cc", "POST /signaal", [], 1, "Aanvraag 17 van *********", True, False)
    assert people == 1


def test_a_question_that_is_not_whole_is_not_answered(log_in: LogIn, plan: str, engine: Engine) -> None:
    browser = log_in("signaal")
    for bsn, reden, sentence in (
        ("", "x", "geen BSN"),
        ("123456789", "x", "geen BSN"),
        ("Jansen", "x", "geen BSN"),
        (BSN, "", "zaaknummer of een reden"),
        (BSN, " \0 ", "zaaknummer of een reden"),
        (BSN, "x" * 501, "hoogstens 500"),
    ):
        page = ask(browser, bsn, reden)
        assert sentence in page
        assert "<strong>" not in page
        assert f'value="{bsn}"' in page
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM signaal_vraag")).scalar_one() == 0


def test_more_than_the_limit_of_a_day_is_answered_and_told(log_in: LogIn, plan: str, engine: Engine) -> None:
    toml = example_inrichting().read_text().replace("[regels]\n", "[regels]\nsignaal_per_dag = 2\n")
    load_inrichting(engine, read_text(toml, "test"))
    browser = log_in("signaal", "k.cc")
    with capture_logs() as logs:
        for _ in range(3):
            assert "<strong>Ja</strong>" in ask(browser, BSN)
    assert [one["vandaag"] for one in logs if one["event"] == "signaal_te_vaak"] == [3]
    assert BSN not in str(logs)
    with engine.connect() as connection:
        [often] = often_asked(connection, datetime.now(UTC) - timedelta(days=7))
    assert (often.persoon, often.aantal) == ("k.cc", 3)
    page = log_in("privacy").get("/inzage").text
    assert "k.cc" in page.partition("Vaak om het signaal gevraagd")[2]


def test_yesterday_does_not_count(log_in: LogIn, plan: str, engine: Engine) -> None:
    browser = log_in("signaal")
    ask(browser, BSN)
    with engine.begin() as connection:
        connection.execute(text("UPDATE signaal_vraag SET tijdstip = tijdstip - interval '1 day'"))
    ask(browser, BSN)
    with engine.connect() as connection:
        assert list(connection.execute(text("SELECT vandaag FROM signaal_vraag ORDER BY id")).scalars()) == [1, 1]


def test_an_applicatie_with_the_right_signaal_hears_the_same(
    log_in: LogIn, door: Door, plan: str, engine: Engine
) -> None:
    assert "M. Visser" in ask(log_in("signaal"), BSN)
    toml = example_inrichting().read_text().replace('autorisatie = "open"', 'autorisatie = "applicaties"')
    toml = toml.replace('naam = "GWS4all"', 'naam = "GWS4all"\nsignaal = true')
    load_inrichting(engine, read_text(toml, "test"))

    def asked(bsn: str) -> list[list[str]]:
        question = (
            '<ZKN:heeftBetrekkingOp StUF:entiteittype="ZAKOBJ"><ZKN:gerelateerde><ZKN:identificatie>'
            f"11{bsn}</ZKN:identificatie></ZKN:gerelateerde></ZKN:heeftBetrekkingOp>"
        )
        answer = door.succeeded("zakLv01", lv01(question))
        return [
            texts(answer, "//z:antwoord/z:object/z:identificatie"),
            texts(answer, "//z:heeftAlsInitiator//z:medewerker/z:achternaam"),
        ]

    assert asked(BSN) == [[PLAN], ["Visser"]]
    assert asked(NEIGHBOUR) == [[], []]


def test_a_role_without_the_right_has_no_signaal(log_in: LogIn) -> None:
    assert log_in("beheerder").get("/signaal").status_code == 404
