"""The report of deviations: what an accepted message deviates in is counted per sender and rule, with an example."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import event, text
from tests.berichten.bouw import ACTIE, envelop, lk01, lv01, mdw, nieuw_nummer, nps, obj, rol, zaak
from tests.conftest import regie, wacht_tot
from tests.diensten.stappen import nieuw, sleutel
from tests.soap.conftest import Deur

from regiesysteem.inrichting.leniency import RULES, SCHEMA_RULES, Leniency, Rule
from regiesysteem.stuf import schema
from regiesysteem.stuf.xml import ontleed
from regiesysteem.zakenmagazijn import deviations
from regiesysteem.zakenmagazijn.deviations import Deviation, read_deviations

DOCS = Path(__file__).resolve().parents[2] / "docs"
GEEN_ELEMENT = "<ZKN:behandeldOp>999991723</ZKN:behandeldOp>"


def gemeld(deur: Deur, zender: str = "GWS4all") -> dict[str, Deviation]:
    """What was reported of a sender, by rule."""
    with deur.motor.connect() as verbinding:
        return {een.regel: een for een in read_deviations(verbinding, zender)}


def _aantal(deur: Deur, regel: str = "schema_element") -> int:
    return een.aantal if (een := gemeld(deur).get(regel)) else 0


def test_an_accepted_message_counts_once_for_each_rule_and_the_newest_is_the_example(deur: Deur) -> None:
    voor = _aantal(deur)
    for ref in ("ref-een", "ref-twee"):
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=GEEN_ELEMENT * 3), ref=ref + nieuw_nummer()))
    een = gemeld(deur)["schema_element"]
    assert (een.organisatie, een.applicatie, een.administratie) == ("1900", "GWS4all", "")
    assert (een.aantal, een.dienst) == (voor + 2, "creeerZaak_Lk01")
    assert een.plek == "zakLk01/object/behandeldOp[1]"
    assert een.referentienummer.startswith("ref-twee")
    assert een.eerste < een.laatste


def test_a_question_is_counted_too(deur: Deur) -> None:
    voor = _aantal(deur)
    deur.gelukt("zakLv01", lv01(scope=GEEN_ELEMENT))
    assert _aantal(deur) == voor + 1
    assert gemeld(deur)["schema_element"].dienst == "zakLv01"


def test_what_is_refused_or_repeated_is_not_counted(deur: Deur) -> None:
    """A message that fails leaves nothing, and the same message twice is one message (StUF 03.01, 4.4)."""
    goed = lk01("T", zaak(nieuw_nummer(), na=GEEN_ELEMENT))
    deur.gelukt("creeerZaak_Lk01", goed)
    voor = _aantal(deur)
    deur.gelukt("creeerZaak_Lk01", goed)
    deur.fout(
        "updateZaak_Lk01", lk01("W", obj(f"<ZKN:identificatie>bestaatniet</ZKN:identificatie>{GEEN_ELEMENT}", "W"))
    )
    deur.fout("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=GEEN_ELEMENT), zender="Suite4SocialeRegie"))
    assert _aantal(deur) == voor
    assert gemeld(deur, "Suite4SocialeRegie") == {}


def test_messages_of_one_sender_at_once_are_all_counted(deur: Deur) -> None:
    voor = _aantal(deur)
    with ThreadPoolExecutor(8) as samen:
        list(samen.map(lambda _: deur.gelukt("zakLv01", lv01(scope=GEEN_ELEMENT)), range(24)))
    assert _aantal(deur) == voor + 24


def test_a_message_does_not_wait_for_another_of_its_sender_that_is_under_way(deur: Deur) -> None:
    """The rows of the report are taken after the commit of a message, so a slow message holds up nobody."""
    nummer = nieuw(deur)
    voor = _aantal(deur)
    bericht = lk01("W", obj(f"{sleutel(nummer)}{GEEN_ELEMENT}", "W"))
    with ThreadPoolExecutor(1) as samen, deur.motor.connect() as verbinding:
        verbinding.execute(text("SELECT id FROM zaak WHERE identificatie = :nummer FOR UPDATE"), {"nummer": nummer})
        traag = samen.submit(deur.gelukt, "updateZaak_Lk01", bericht)
        wacht_tot(lambda: _wachtenden(deur) == 1, "updateZaak wacht op de zaak")
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=GEEN_ELEMENT)))
        assert _aantal(deur) == voor + 1
        verbinding.rollback()
        traag.result()
    assert _aantal(deur) == voor + 2


def _wachtenden(deur: Deur) -> int:
    with deur.motor.connect() as verbinding:
        wachtend = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(verbinding.execute(text(wachtend)).scalar_one())


def test_an_answer_does_not_wait_for_a_connection_to_report_over(deur: Deur) -> None:
    """It goes over the connection of the message itself: another may be long in coming on a busy server."""
    deur.gelukt("zakLv01", lv01(scope=GEEN_ELEMENT))
    voor, genomen = _aantal(deur), list[object]()

    def tel(*argumenten: object) -> None:
        genomen.append(argumenten)

    event.listen(deur.motor, "checkout", tel)
    deur.gelukt("zakLv01", lv01(scope=GEEN_ELEMENT))
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=GEEN_ELEMENT)))
    event.remove(deur.motor, "checkout", tel)
    assert len(genomen) == 2
    assert _aantal(deur) == voor + 2
    deur.gelukt("zakLv01", lv01())


def test_names_that_a_sender_invents_do_not_fill_the_database(deur: Deur, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is in the inrichting has rows of his own, and so has who was there before the bound."""

    def stuur(zender: str) -> None:
        vraag = envelop(lv01().replace("GWS4all", zender))
        assert deur.post(vraag, SOAPAction=f'"{ACTIE}ZAKLV01"').status_code == 200

    stuur("Vreemde0")
    voor = deur.aantallen("afwijking")["afwijking"]
    monkeypatch.setattr(deviations, "BOUND", voor + 1)
    for zender in ("Vreemde1", "Vreemde2", "Vreemde3", "Vreemde0", "WmoVoorziening"):
        stuur(zender)
    assert "soapaction" in gemeld(deur, "WmoVoorziening")
    assert deur.aantallen("afwijking")["afwijking"] == voor + 3
    assert [gemeld(deur, f"Vreemde{n}")["soapaction"].aantal for n in range(2)] == [2, 1]
    [overige] = gemeld(deur, deviations.OTHERS).values()
    assert (overige.organisatie, overige.aantal, overige.regel) == ("", 2, "soapaction")


def test_an_answer_leaves_also_when_the_report_cannot_be_kept(deur: Deur, capsys: pytest.CaptureFixture[str]) -> None:
    with deur.motor.begin() as verbinding:
        verbinding.execute(text("ALTER TABLE afwijking RENAME TO elders"))
    try:
        deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=GEEN_ELEMENT)))
    finally:
        with deur.motor.begin() as verbinding:
            verbinding.execute(text("ALTER TABLE elders RENAME TO afwijking"))
    log = capsys.readouterr()
    assert "afwijkingen_niet_bewaard" in log.out + log.err
    assert "schema_element" in log.out + log.err


def test_the_report_has_no_value_of_a_message(deur: Deur) -> None:
    """Names of elements only; a number in a name is hidden."""
    wie = rol("heeftAlsInitiator", nps("999991723", "Geheimnaam" * 40))
    vreemd = "<ZKN:nr999991723>Geheimnaam</ZKN:nr999991723>"
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), relaties=wie, na=vreemd)))
    with deur.motor.connect() as verbinding:
        alles = str(verbinding.execute(text("SELECT plek FROM afwijking")).all())
    assert "999991723" not in alles
    assert "Geheimnaam" not in alles
    assert "nr..." in alles


def test_regie_afwijkingen_shows_them_as_a_table_and_as_json(deur: Deur) -> None:
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer(), na=GEEN_ELEMENT)))
    url = deur.motor.url.render_as_string(hide_password=False)
    uit = regie("afwijkingen", REGIE_DATABASE_URL=url)
    assert uit.returncode == 0, uit.stderr
    for woord in ("GWS4all", "schema_element", "behandeldOp", RULES["schema_element"]):
        assert woord in uit.stdout
    regels: list[dict[str, Any]] = [
        json.loads(regel)
        for regel in regie(
            "afwijkingen", "--json", "--applicatie", "GWS4all", REGIE_DATABASE_URL=url
        ).stdout.splitlines()
    ]
    [een] = [regel for regel in regels if regel["regel"] == "schema_element"]
    assert list(een) == [
        *("organisatie", "applicatie", "administratie", "regel", "aantal", "eerste", "laatste", "dienst", "plek"),
        "referentienummer",
    ]  # fmt: skip
    assert een["aantal"] == _aantal(deur)
    geen = regie("afwijkingen", "--json", "--applicatie", "Niemand", REGIE_DATABASE_URL=url)
    assert (geen.returncode, geen.stdout) == (0, "")


def test_what_a_soepel_sender_may_leave_out_of_the_stuurgegevens_is_reported(deur: Deur) -> None:
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer()), ref=""))
    assert gemeld(deur)["referentienummer"].plek == "stuurgegevens/referentienummer"


@pytest.mark.parametrize(
    "actie",
    [
        f"{ACTIE}CreeerZaak_Lk01",
        f"{ACTIE}CREEERZAAK_LK01",
        "ZakLk01",
        f"{ACTIE.replace('StUF', 'StuF')}creeerZaak_Lk01",
        "creeerZaak_ZakLk01",
        "http://www.stufstandaarden.nl/koppelvlak/zds0120/creeerZaak_ZakLk01",
    ],
)
def test_a_soapaction_that_is_written_otherwise_names_the_operation_whoever_sends_it(deur: Deur, actie: str) -> None:
    """Capitals, and the names of ZDS 1.2: no two operations differ in that alone. It is reported all the same."""
    voor = een.aantal if (een := gemeld(deur, "WmoVoorziening").get("soapaction")) else 0
    antwoord = deur.post(envelop(lk01("T", zaak(nieuw_nummer()), zender="WmoVoorziening")), SOAPAction=f'"{actie}"')
    assert antwoord.status_code == 200, antwoord.text
    een = gemeld(deur, "WmoVoorziening")["soapaction"]
    assert (een.aantal, een.dienst, een.plek) == (voor + 1, "creeerZaak_Lk01", "SOAPAction")
    deur.gelukt("creeerZaak_Lk01", lk01("T", zaak(nieuw_nummer()), zender="WmoVoorziening"))
    assert gemeld(deur, "WmoVoorziening")["soapaction"].aantal == voor + 1


@pytest.mark.parametrize(
    ("oud", "nieuw", "kind"),
    [
        ("<ZKN:omschrijving>", "<ZKN:vreemd/><ZKN:omschrijving>", "element"),
        ("<StUF:mutatiesoort>T</StUF:mutatiesoort>", "", "element"),
        ("<StUF:indicatorOvername>V</StUF:indicatorOvername>", "", "ontbreekt"),
        (">20260101<", ">1 januari<", "waarde"),
        (">1900</StUF:organisatie>", f">{'x' * 300}</StUF:organisatie>", "waarde"),
        (' StUF:entiteittype="ZAKZKT"', "", "attribuut"),
        ("<StUF:mutatiesoort>T<", '<StUF:mutatiesoort xsi:nil="true">T<', "nil"),
        ("<ZKN:omschrijving>Zaak<", "<ZKN:omschrijving>Zaak<b/><", "inhoud"),
        (">Zaak<", "><ZKN:x/><", "inhoud"),
    ],
)
def test_the_kind_of_a_deviation_of_the_schema_is_told(oud: str, nieuw: str, kind: str) -> None:
    bericht = lk01("T", zaak("1900T1", relaties=rol("heeftAlsInitiator", mdw("regie1"))))
    assert oud in bericht
    afwijkingen = schema.controleer(ontleed(bericht.replace(oud, nieuw, 1).encode()))
    assert kind in {een.kind for een in afwijkingen}


def _paragraaf(kop: str) -> str:
    return (DOCS / "gebruiken/inrichting.md").read_text().partition(f"{kop}\n")[2].partition("\n## ")[0]


def test_each_rule_says_in_dutch_what_it_is_about_and_the_docs_do_too() -> None:
    assert set(RULES) == set(get_args(Rule))
    genoemd = re.findall(r"^\| `(\w+)` \| (.*?) \|$", _paragraaf("## Soepel"), re.MULTILINE)
    assert [regel for regel, _ in genoemd] == list(RULES)
    assert all(wat.startswith(RULES[regel]) for regel, wat in genoemd)
    assert set(SCHEMA_RULES) == set(get_args(schema.Kind))


def test_who_is_strict_allows_nothing_and_who_is_soepel_reports_what_he_allows() -> None:
    streng, soepel = Leniency(), Leniency(schema="soepel")
    assert not streng.allows("soapaction", "x")
    assert streng.deviations == {}
    assert soepel.allows("soapaction", "een")
    assert soepel.allows("soapaction", "twee")
    assert soepel.deviations == {"soapaction": "een"}
    streng.report("soapaction", "x")
    assert streng.deviations == {"soapaction": "x"}
