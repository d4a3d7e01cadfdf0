"""The report of deviations: what an accepted message deviates in is counted per sender and rule, with an example."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import event, text
from tests.berichten.bouw import ACTIE, envelope, lk01, lv01, mdw, new_number, nps, obj, rol, zaak
from tests.conftest import regie, wait_until
from tests.diensten.stappen import new, sleutel
from tests.soap.conftest import Door

from regiesysteem.inrichting.leniency import RULES, SCHEMA_RULES, Leniency, Rule
from regiesysteem.stuf import schema
from regiesysteem.stuf.xml import parse
from regiesysteem.zakenmagazijn import deviations
from regiesysteem.zakenmagazijn.deviations import Deviation, read_deviations

DOCS = Path(__file__).resolve().parents[2] / "docs"
NO_ELEMENT = "<ZKN:behandeldOp>999991723</ZKN:behandeldOp>"


def reported(door: Door, zender: str = "GWS4all") -> dict[str, Deviation]:
    """The deviations that were reported of a sender, by rule."""
    with door.engine.connect() as connection:
        return {one.regel: one for one in read_deviations(connection, zender)}


def _count(door: Door, regel: str = "schema_element") -> int:
    return one.aantal if (one := reported(door).get(regel)) else 0


def test_an_accepted_message_counts_once_for_each_rule_and_the_newest_is_the_example(door: Door) -> None:
    for_ = _count(door)
    for ref in ("ref-een", "ref-twee"):
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), after=NO_ELEMENT * 3), ref=ref + new_number()))
    one = reported(door)["schema_element"]
    assert (one.organisatie, one.applicatie, one.administratie) == ("1900", "GWS4all", "")
    assert (one.aantal, one.dienst) == (for_ + 2, "creeerZaak_Lk01")
    assert one.plek == "zakLk01/object/behandeldOp[1]"
    assert one.referentienummer.startswith("ref-twee")
    assert one.eerste < one.laatste


def test_a_question_is_counted_too(door: Door) -> None:
    for_ = _count(door)
    door.succeeded("zakLv01", lv01(scope=NO_ELEMENT))
    assert _count(door) == for_ + 1
    assert reported(door)["schema_element"].dienst == "zakLv01"


def test_what_is_refused_or_repeated_is_not_counted(door: Door) -> None:
    """A message that fails leaves nothing, and the same message twice is one message (StUF 03.01, 4.4)."""
    good = lk01("T", zaak(new_number(), after=NO_ELEMENT))
    door.succeeded("creeerZaak_Lk01", good)
    for_ = _count(door)
    door.succeeded("creeerZaak_Lk01", good)
    door.fout("updateZaak_Lk01", lk01("W", obj(f"<ZKN:identificatie>bestaatniet</ZKN:identificatie>{NO_ELEMENT}", "W")))
    door.fout("creeerZaak_Lk01", lk01("T", zaak(new_number(), after=NO_ELEMENT), zender="Suite4SocialeRegie"))
    assert _count(door) == for_
    assert reported(door, "Suite4SocialeRegie") == {}


def test_messages_of_one_sender_at_once_are_all_counted(door: Door) -> None:
    for_ = _count(door)
    with ThreadPoolExecutor(8) as together:
        list(together.map(lambda _: door.succeeded("zakLv01", lv01(scope=NO_ELEMENT)), range(24)))
    assert _count(door) == for_ + 24


def test_a_message_does_not_wait_for_another_of_its_sender_that_is_under_way(door: Door) -> None:
    """The rows of the report are taken after the commit of a message, so a slow message holds up nobody."""
    number = new(door)
    for_ = _count(door)
    bericht = lk01("W", obj(f"{sleutel(number)}{NO_ELEMENT}", "W"))
    with ThreadPoolExecutor(1) as together, door.engine.connect() as connection:
        connection.execute(text("SELECT id FROM zaak WHERE identificatie = :nummer FOR UPDATE"), {"nummer": number})
        slow = together.submit(door.succeeded, "updateZaak_Lk01", bericht)
        wait_until(lambda: _waiting(door) == 1, "updateZaak wacht op de zaak")
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), after=NO_ELEMENT)))
        assert _count(door) == for_ + 1
        connection.rollback()
        slow.result()
    assert _count(door) == for_ + 2


def _waiting(door: Door) -> int:
    with door.engine.connect() as connection:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(connection.execute(text(waiting)).scalar_one())


def test_an_answer_does_not_wait_for_a_connection_to_report_over(door: Door) -> None:
    """It goes over the connection of the message itself: another may be long in coming on a busy server."""
    door.succeeded("zakLv01", lv01(scope=NO_ELEMENT))
    for_, taken = _count(door), list[object]()

    def count(*arguments: object) -> None:
        taken.append(arguments)

    event.listen(door.engine, "checkout", count)
    door.succeeded("zakLv01", lv01(scope=NO_ELEMENT))
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), after=NO_ELEMENT)))
    event.remove(door.engine, "checkout", count)
    assert len(taken) == 2
    assert _count(door) == for_ + 2
    door.succeeded("zakLv01", lv01())


def test_names_that_a_sender_invents_do_not_fill_the_database(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender in the inrichting has rows of its own, and so has one that was there before the bound."""

    def send(zender: str) -> None:
        question = envelope(lv01().replace("GWS4all", zender))
        assert door.post(question, SOAPAction=f'"{ACTIE}ZAKLV01"').status_code == 200

    send("Vreemde0")
    for_ = door.counts("afwijking")["afwijking"]
    monkeypatch.setattr(deviations, "BOUND", for_ + 1)
    for zender in ("Vreemde1", "Vreemde2", "Vreemde3", "Vreemde0", "WmoVoorziening"):
        send(zender)
    assert "soapaction" in reported(door, "WmoVoorziening")
    assert door.counts("afwijking")["afwijking"] == for_ + 3
    assert [reported(door, f"Vreemde{n}")["soapaction"].aantal for n in range(2)] == [2, 1]
    [overige] = reported(door, deviations.OTHERS).values()
    assert (overige.organisatie, overige.aantal, overige.regel) == ("", 2, "soapaction")


def test_an_answer_leaves_also_when_the_report_cannot_be_kept(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    with door.engine.begin() as connection:
        connection.execute(text("ALTER TABLE afwijking RENAME TO elders"))
    try:
        door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), after=NO_ELEMENT)))
    finally:
        with door.engine.begin() as connection:
            connection.execute(text("ALTER TABLE elders RENAME TO afwijking"))
    log = capsys.readouterr()
    assert "afwijkingen_niet_bewaard" in log.out + log.err
    assert "schema_element" in log.out + log.err


def test_the_report_has_no_value_of_a_message(door: Door) -> None:
    """Names of elements only; a number in a name is hidden."""
    who = rol("heeftAlsInitiator", nps("999991723", "Geheimnaam" * 40))
    foreign = "<ZKN:nr999991723>Geheimnaam</ZKN:nr999991723>"
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), relaties=who, after=foreign)))
    with door.engine.connect() as connection:
        alles = str(connection.execute(text("SELECT plek FROM afwijking")).all())
    assert "999991723" not in alles
    assert "Geheimnaam" not in alles
    assert "nr..." in alles


def test_regie_afwijkingen_shows_them_as_a_table_and_as_json(door: Door) -> None:
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number(), after=NO_ELEMENT)))
    url = door.engine.url.render_as_string(hide_password=False)
    out = regie("afwijkingen", REGIE_DATABASE_URL=url)
    assert out.returncode == 0, out.stderr
    for word in ("GWS4all", "schema_element", "behandeldOp", RULES["schema_element"]):
        assert word in out.stdout
    regels: list[dict[str, Any]] = [
        json.loads(regel)
        for regel in regie(
            "afwijkingen", "--json", "--applicatie", "GWS4all", REGIE_DATABASE_URL=url
        ).stdout.splitlines()
    ]
    [one] = [regel for regel in regels if regel["regel"] == "schema_element"]
    assert list(one) == [
        *("organisatie", "applicatie", "administratie", "regel", "aantal", "eerste", "laatste", "dienst", "plek"),
        "referentienummer",
    ]  # fmt: skip
    assert one["aantal"] == _count(door)
    no = regie("afwijkingen", "--json", "--applicatie", "Niemand", REGIE_DATABASE_URL=url)
    assert (no.returncode, no.stdout) == (0, "")


def test_what_a_soepel_sender_may_leave_out_of_the_stuurgegevens_is_reported(door: Door) -> None:
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number()), ref=""))
    assert reported(door)["referentienummer"].plek == "stuurgegevens/referentienummer"


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
def test_a_soapaction_that_is_written_otherwise_names_the_operation_whoever_sends_it(door: Door, actie: str) -> None:
    """Capitals, and the names of ZDS 1.2: no two operations differ in that alone. It is reported all the same."""
    for_ = one.aantal if (one := reported(door, "WmoVoorziening").get("soapaction")) else 0
    answer = door.post(envelope(lk01("T", zaak(new_number()), zender="WmoVoorziening")), SOAPAction=f'"{actie}"')
    assert answer.status_code == 200, answer.text
    one = reported(door, "WmoVoorziening")["soapaction"]
    assert (one.aantal, one.dienst, one.plek) == (for_ + 1, "creeerZaak_Lk01", "SOAPAction")
    door.succeeded("creeerZaak_Lk01", lk01("T", zaak(new_number()), zender="WmoVoorziening"))
    assert reported(door, "WmoVoorziening")["soapaction"].aantal == for_ + 1


@pytest.mark.parametrize(
    ("old", "new", "kind"),
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
def test_the_kind_of_a_deviation_of_the_schema_is_told(old: str, new: str, kind: str) -> None:
    bericht = lk01("T", zaak("1900T1", relaties=rol("heeftAlsInitiator", mdw("regie1"))))
    assert old in bericht
    afwijkingen = schema.check(parse(bericht.replace(old, new, 1).encode()))
    assert kind in {one.kind for one in afwijkingen}


def _paragraph(head: str) -> str:
    return (DOCS / "gebruiken/inrichting.md").read_text().partition(f"{head}\n")[2].partition("\n## ")[0]


def test_each_rule_says_in_dutch_what_it_is_about_and_the_docs_do_too() -> None:
    assert set(RULES) == set(get_args(Rule))
    named = re.findall(r"^\| `(\w+)` \| (.*?) \|$", _paragraph("## Soepel"), re.MULTILINE)
    assert [regel for regel, _ in named] == list(RULES)
    assert all(what.startswith(RULES[regel]) for regel, what in named)
    assert set(SCHEMA_RULES) == set(get_args(schema.DeviationKind))


def test_who_is_strict_allows_nothing_and_who_is_soepel_reports_what_he_allows() -> None:
    streng, soepel = Leniency(), Leniency(schema="soepel")
    assert not streng.allows("soapaction", "x")
    assert streng.deviations == {}
    assert soepel.allows("soapaction", "een")
    assert soepel.allows("soapaction", "twee")
    assert soepel.deviations == {"soapaction": "een"}
    streng.report("soapaction", "x")
    assert streng.deviations == {"soapaction": "x"}
