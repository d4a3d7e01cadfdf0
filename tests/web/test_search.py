"""Searching for plans: what is found, what another may not see, and that nothing sought leaves a trace but the log."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from structlog.testing import capture_logs
from tests.berichten.bouw import client, gezinsplan, is_van, lk01, mdw, nps, obj, other, rol, zaak
from tests.soap.conftest import Door
from tests.web.conftest import LogIn, token_of

from regiesysteem.regie import plan_search
from regiesysteem.regie.plan_search import Sought, read_sought

BSN, PARTNER, NEIGHBOUR, NOBODY = "999993653", "999990019", "999990020", "999990032"
PLAN, OTHER_PLAN, DEELPLAN = "19000000000012", "19000000000013", "19000000000014"
ADDRESS = """<BG:verblijfsadres><BG:wpl.woonplaatsNaam>Bolsward</BG:wpl.woonplaatsNaam>
  <BG:gor.straatnaam>Kerkstraat</BG:gor.straatnaam><BG:aoa.postcode>8701HP</BG:aoa.postcode>
  <BG:aoa.huisnummer>1</BG:aoa.huisnummer></BG:verblijfsadres>"""


def plan_of(number: str, people: str, regisseur: str) -> str:
    return obj(
        f"<ZKN:identificatie>{number}</ZKN:identificatie><ZKN:startdatum>20261103</ZKN:startdatum>"
        f"<ZKN:registratiedatum>20261103</ZKN:registratiedatum>{is_van('GEZINSPLAN')}"
        f"{people}{rol('heeftAlsInitiator', mdw(regisseur, f'Regisseur{regisseur}'))}"
    )


def at_address(bsn: str, naam: str) -> str:
    return rol("heeftBetrekkingOp", nps(bsn, naam, extra=ADDRESS), "<ZKN:omschrijving>Client</ZKN:omschrijving>")


@pytest.fixture
def plans(door: Door) -> None:
    """A plan of regisseur 12345 with a deelplan, and one of 67890 in which the first family is the neighbour."""
    door.succeeded(
        "creeerZaak_Lk01",
        lk01("T", plan_of(PLAN, at_address(BSN, "Müller-Jansen") + client(PARTNER, "Yıldız"), "12345")),
    )
    deel = zaak(DEELPLAN, relaties=other("heeftBetrekkingOpAndere", PLAN))
    door.succeeded("creeerZaak_Lk01", lk01("T", deel))
    neighbours = at_address(NEIGHBOUR, "Mulder_%") + rol("heeftAlsBelanghebbende", nps(BSN, "Müller-Jansen"))
    door.succeeded("creeerZaak_Lk01", lk01("T", plan_of(OTHER_PLAN, neighbours, "67890")))


def seek(browser: FlaskClient, vraag: str, **fields: str) -> str:
    token = token_of(browser.get("/zoeken").text)
    page = browser.post("/zoeken", data={"csrf_token": token, "vraag": vraag, **fields})
    assert page.status_code == 200
    return page.text


def test_a_regisseur_finds_his_plan(log_in: LogIn, plans: None) -> None:
    browser = log_in("regisseur", medewerker="12345")
    of_people = [BSN, "9999.93.653", f"{BSN} {PARTNER}", f"{NOBODY}\n{PARTNER};", "8701 hp 1", "8701HP, 1"]
    of_names = ["muller", "MÜLLER", "Jansen", "van der Mull", "yildiz"]
    for vraag in (*of_people, *of_names, PLAN, PLAN[4:], DEELPLAN):
        page = seek(browser, vraag)
        assert f'href="/plannen/{PLAN}"' in page, vraag
        assert "Müller-Jansen, Yıldız" in page
        assert "Regisseur12345" in page
        assert "0 van 1" in page
        assert "1 plan gevonden" in page


def test_of_a_plan_of_another_he_learns_that_it_is_there_and_who_directs_it(log_in: LogIn, plans: None) -> None:
    page = seek(log_in("regisseur", medewerker="99999"), PARTNER)
    assert "1 plan dat u niet mag inzien; regisseur: Regisseur12345" in page
    assert not [secret for secret in ("Yıldız", "Müller", f"/plannen/{PLAN}") if secret in page]
    # Its number is only there to give a reason for, and only for who may.
    assert f'<a href="/toegang/{PLAN}">' in page


def test_of_a_zaak_of_another_that_is_no_plan_he_learns_nothing(log_in: LogIn, plans: None, door: Door) -> None:
    loose = zaak("19000000000015", relaties=client(NOBODY) + rol("heeftAlsInitiator", mdw("9", "Verborgen")))
    door.succeeded("creeerZaak_Lk01", lk01("T", loose))
    page = seek(log_in("regisseur", medewerker="99999"), NOBODY, soort="alles")
    assert "Niets gevonden" in page
    assert "Verborgen" not in page


def test_who_is_a_neighbour_in_the_plan_of_another_is_not_found_there(log_in: LogIn, plans: None) -> None:
    page = seek(log_in("regisseur", medewerker="12345"), BSN)
    assert "niet mag inzien" not in page
    assert "Regisseur67890" not in page


def test_his_own_plan_is_found_by_a_neighbour_too(log_in: LogIn, plans: None) -> None:
    assert OTHER_PLAN in seek(log_in("regisseur", medewerker="67890"), BSN)


def test_wildcards_and_quotes_are_letters(log_in: LogIn, plans: None) -> None:
    browser = log_in("regisseur", medewerker="12345")
    script = "<script>alert(1)</script>"
    for vraag in (
        "Jansen%",
        "M_ller",
        "%%%",
        "___",
        "\\\\\\",
        "' OR 1=1 --",
        script,
        "Jan\0%",
        "％％％",
        "1900%",
        "_9000000",
    ):
        page = seek(browser, vraag)
        assert "Niets gevonden" in page, vraag
        assert "<script" not in page


def test_a_wildcard_in_a_name_is_found_as_it_is(log_in: LogIn, plans: None) -> None:
    assert OTHER_PLAN in seek(log_in("regisseur", medewerker="67890"), "der_%")


def test_what_cannot_be_sought_is_said_and_stays(log_in: LogIn, engine: Engine) -> None:
    browser = log_in("regisseur")
    for vraag, sentence in (
        ("", "Vul in wat u zoekt."),
        ("   ", "Vul in wat u zoekt."),
        ("ja", "minstens 3 letters"),
        (f"{BSN} 123456789", "elfproef"),
        (" ".join([BSN] * 26), "hoogstens 25"),
        ("a" * 301, "te lang"),
    ):
        page = seek(browser, vraag)
        assert sentence in page
        assert "<title>Fout: " in page
        assert f'value="{vraag}"' in page


def test_nine_digits_that_are_no_bsn_are_told(log_in: LogIn, plans: None) -> None:
    assert "Is dit een BSN?" in seek(log_in("regisseur"), "123456789")


def test_a_closed_plan_is_found_on_request(log_in: LogIn, plans: None, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE zaak SET einddatum = '20261110' WHERE identificatie = :z"), {"z": PLAN})
    browser = log_in("regisseur", medewerker="12345")
    assert PLAN not in seek(browser, PARTNER)
    assert "(afgesloten)" in seek(browser, PARTNER, afgesloten="y")


def test_other_zaken_of_his_plans_are_found_too(log_in: LogIn, plans: None) -> None:
    page = seek(log_in("regisseur", medewerker="12345"), DEELPLAN, soort="alles")
    assert f'href="/zaken/{DEELPLAN}"' in page
    assert "niet mag inzien" not in page


def test_a_search_is_one_row_in_the_read_log(log_in: LogIn, plans: None, engine: Engine) -> None:
    browser = log_in("regisseur", "m.visser", medewerker="12345")
    people = text("SELECT count(*) FROM inzage_betrokkene WHERE betrokkene = ANY(regie_betrokkene(:who))"
                  " AND inzage_id = :look")  # fmt: skip
    cases: list[tuple[str, list[str], list[str], int]] = [
        (PARTNER, [f"bsn:{PARTNER}"], [PLAN], 1),
        (NOBODY, [f"bsn:{NOBODY}"], [], 0),
        (NEIGHBOUR, [f"bsn:{NEIGHBOUR}"], [], 1),
        ("yildiz", [], [PLAN], 1),
        ("8701HP 1", [f"bsn:{BSN}", f"bsn:{NEIGHBOUR}"], [PLAN], 2),
    ]
    for number, (vraag, sought, zaken, aantal) in enumerate(cases):
        seek(browser, vraag)
        with engine.connect() as connection:
            *before, row = connection.execute(text("SELECT * FROM inzage ORDER BY id")).all()
            assert connection.execute(people, {"who": sought, "look": row.id}).scalar_one() == len(sought)
        assert len(before) == number
        assert (row.persoon, row.wat, row.zaken, row.aantal) == ("m.visser", "POST /zoeken", zaken, aantal)


def test_nothing_sought_is_in_an_address_or_a_log(log_in: LogIn, plans: None) -> None:
    browser = log_in("regisseur", medewerker="12345")
    with capture_logs() as logs:
        page = seek(browser, BSN)
    assert BSN not in str(logs)
    assert not [line for line in page.splitlines() if BSN in line and ("href" in line or "action" in line)]
    assert browser.get(f"/zoeken?vraag={BSN}").text.count(BSN) == 0


def test_the_role_that_may_not_know_of_plans_has_no_search(log_in: LogIn, plans: None) -> None:
    for role in ("signaal", "beheerder", "privacy"):
        assert log_in(role).get("/zoeken").status_code == 404


def test_hundreds_of_plans_come_in_pages(
    log_in: LogIn, door: Door, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_search, "PAGE_ROWS", 3)
    numbers = [f"1900000000010{number}" for number in range(7)]
    for number in numbers:
        door.succeeded("creeerZaak_Lk01", lk01("T", gezinsplan(number, PARTNER)))
    browser, found, after = log_in("regisseur", medewerker="regie1"), list[str](), ""
    for _ in range(3):
        page = seek(browser, PARTNER, na=after)
        assert "7 plannen gevonden" in page
        found += [number for number in reversed(numbers) if f"/plannen/{number}" in page]
        after = page.partition('name="na" value="')[2].partition('"')[0]
    assert found == numbers[::-1]
    assert "Toon de volgende" not in page


def test_a_page_that_is_none_is_the_first(log_in: LogIn, plans: None) -> None:
    browser = log_in("regisseur", medewerker="12345")
    for na in ("-1", "x", "9" * 40, "٣", "1 OR 1=1"):
        assert PLAN in seek(browser, PARTNER, na=na)


def test_a_form_without_its_token_searches_nothing(log_in: LogIn, plans: None) -> None:
    assert log_in("regisseur", medewerker="12345").post("/zoeken", data={"vraag": BSN}).status_code == 400


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1234AB 10", Sought("adres", ("1234AB", "10"))),
        ("1234 ab, 10-a", Sought("adres", ("1234AB", "10"))),
        ("van den Berg", Sought("naam", ("Berg",))),
        ("Van", Sought("naam", ("Van",))),
        ("123456789", Sought("nummer", ("123456789",))),
        ("1900-12", Sought("nummer", ("1900-12",))),
        ("Jansen 2", Sought("naam", ("Jansen 2",))),
    ],
)
def test_what_is_typed_is_read_as_what_it_looks_like(typed: str, meant: Sought) -> None:
    assert read_sought(typed) == meant
