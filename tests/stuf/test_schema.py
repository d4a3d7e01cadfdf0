"""The schema check: helpful Dutch with the place, and safe for threads."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.berichten.bouw import element, lk01, lv01, zaak

from regiesysteem.stuf import schema
from regiesysteem.stuf.schema import Afwijking, check, in_dutch
from regiesysteem.stuf.xml import parse, validate_stepwise
from regiesysteem.zkn.names import zkn

ROOT = Path(__file__).resolve().parents[2]
GOOD = lk01("T", zaak("1900X1", elementen="<ZKN:zaakniveau>1</ZKN:zaakniveau>"))


def _afwijkingen(old: str, new: str) -> list[Afwijking]:
    assert old in GOOD
    return check(element(GOOD.replace(old, new, 1)))


def test_a_valid_message_has_no_deviations() -> None:
    assert check(element(GOOD)) == []
    assert check(element(lv01("<ZKN:identificatie>1900X1</ZKN:identificatie>"))) == []


@pytest.mark.parametrize(
    ("old", "new", "path", "parts"),
    [
        (">20260101<", ">2026-01-01<", "zakLk01/object/startdatum", ["'2026-01-01'", "StUF:Datum"]),
        (">1900X1<", f">{'1' * 41}<", "zakLk01/object/identificatie", ["lengte 41", "40"]),
        (">T<", ">Q<", "zakLk01/parameters/StUF:mutatiesoort", ["'Q'", "'T', 'W', 'V', 'C', 'F'"]),
        (
            "<ZKN:startdatum>",
            "<ZKN:onzin/><ZKN:startdatum>",
            "zakLk01/object/onzin",
            ["ZKN:onzin hoort hier niet", "verwacht:"],
        ),
        (' StUF:verwerkingssoort="T"', "", "zakLk01/object", ["StUF:verwerkingssoort ontbreekt"]),
        (
            ' StUF:verwerkingssoort="T"',
            ' StUF:verwerkingssoort="T" x="y"',
            "zakLk01/object",
            ["attribuut x hoort hier niet"],
        ),
        ("<ZKN:parameters>", "<ZKN:parameters>tekst", "zakLk01/parameters", ["mag geen tekst staan"]),
        (
            "<StUF:indicatorOvername>V</StUF:indicatorOvername>",
            "",
            "zakLk01/parameters",
            ["ontbreekt", "indicatorOvername"],
        ),
        ("zakLk01", "zakLk77", "zakLk77", ["geen bekend bericht"]),
    ],
)
def test_a_deviation_says_in_dutch_where_and_what(old: str, new: str, path: str, parts: list[str]) -> None:
    data = GOOD.replace(old, new) if old == "zakLk01" else GOOD.replace(old, new, 1)
    first = check(element(data))[0]
    assert first.path == path
    assert first.line > 0
    for part in parts:
        assert part in first.text


@pytest.mark.parametrize(
    ("basis", "facet", "bound", "waarde", "sentence"),
    [
        ("integer", "minInclusive", "5", "3", "de waarde '3' is te klein; toegestaan is ten minste 5"),
        ("integer", "maxInclusive", "13", "14", "de waarde '14' is te groot; toegestaan is ten hoogste 13"),
        ("integer", "minExclusive", "5", "5", "de waarde '5' is te klein; toegestaan is meer dan 5"),
        ("integer", "maxExclusive", "5", "5", "de waarde '5' is te groot; toegestaan is minder dan 5"),
        ("decimal", "totalDigits", "2", "123", "de waarde '123' heeft te veel cijfers; toegestaan is een aantal van 2"),
        ("decimal", "fractionDigits", "1", "1.23", "de waarde '1.23' heeft te veel cijfers achter de komma;"),
        ("string", "length", "2", "abc", "de waarde heeft lengte 3; toegestaan is (length) 2"),
        ("string", "minLength", "2", "a", "de waarde heeft lengte 1; toegestaan is (minLength) 2"),
        ("string", "maxLength", "2", "abc", "de waarde heeft lengte 3; toegestaan is (maxLength) 2"),
        ("string", "pattern", "a", "b", "de waarde 'b' voldoet niet aan het patroon a"),
        ("string", "enumeration", "a", "b", "de waarde 'b' is niet toegestaan; toegestaan: 'a'"),
    ],
)
def test_every_facet_is_told_in_dutch(basis: str, facet: str, bound: str, waarde: str, sentence: str) -> None:
    """With a schema of each facet, as that of StUF-ZKN has not all of them: what libxml2 says is what is translated."""
    xs = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="e"><xs:simpleType>
        <xs:restriction base="xs:{basis}"><xs:{facet} value="{bound}"/></xs:restriction>
        </xs:simpleType></xs:element></xs:schema>"""
    schema = etree.XMLSchema(parse(xs.encode()))
    assert not schema.validate(parse(f"<e>{waarde}</e>".encode()))
    assert schema.error_log.last_error is not None
    texts = [in_dutch(regel.message) for regel in schema.error_log]
    assert texts[0].startswith(sentence)
    assert not any("facet" in text or "The value" in text for text in texts)


IN_ZKN = "in de namespace http://www.egem.nl/StUF/sector/zkn/0310"
IN_STUF = "in de namespace http://www.egem.nl/StUF/StUF0301"


@pytest.mark.parametrize(
    ("old", "new", "what", "meant"),
    [
        ("ZKN:identificatie", "BG:identificatie", "BG:identificatie", f"ZKN:identificatie, {IN_ZKN}"),
        ("ZKN:identificatie", "identificatie", "identificatie", f"ZKN:identificatie, {IN_ZKN}"),
        ("StUF:mutatiesoort", "ZKN:mutatiesoort", "ZKN:mutatiesoort", f"StUF:mutatiesoort, {IN_STUF}"),
        ("<ZKN:startdatum>", "<BG:leidtTot/><ZKN:startdatum>", "BG:leidtTot", f"ZKN:leidtTot, {IN_ZKN}"),
        (
            ' StUF:verwerkingssoort="T"',
            ' verwerkingssoort="T"',
            "het attribuut verwerkingssoort",
            f"StUF:verwerkingssoort, {IN_STUF}",
        ),
        (
            "<ZKN:startdatum>",
            '<ZKN:startdatum nil="true">',
            "het attribuut nil",
            "xsi:nil, in de namespace http://www.w3.org/2001/XMLSchema-instance",
        ),
    ],
)
def test_a_name_in_the_wrong_namespace_is_told_the_right_one(old: str, new: str, what: str, meant: str) -> None:
    """Also where the right one is not among the names that libxml2 expects next."""
    data = GOOD.replace(old, new)
    assert check(element(data))[0].text == f"{what} hoort hier niet; bedoeld is {meant}"


@pytest.mark.parametrize("naam", ["StUF:bestaatNiet", "BG:extraElement2", "StUF:identificatie2"])
def test_a_name_that_the_contract_has_nowhere_gets_no_advice(naam: str) -> None:
    data = GOOD.replace("<ZKN:startdatum>", f"<{naam}/><ZKN:startdatum>", 1)
    assert "bedoeld" not in check(element(data))[0].text


@pytest.mark.parametrize("waarde", ["2026-01-01", "01-02-2026", "2026-01-01T12:00:00", "1/2/2026", " 2026.01.01"])
def test_a_date_with_hyphens_is_shown_the_form(waarde: str) -> None:
    """StUF 03.01, 3.2.2: digits only."""
    form = "; een datum is EEJJMMDD (20260131), een tijdstip EEJJMMDDuummss, zonder tekens ertussen"
    [wrong] = _afwijkingen(">20260101<", f">{waarde}<")
    assert wrong.text.endswith(form)


def test_a_list_of_expected_names_that_is_cut_off_says_so() -> None:
    """libxml2 names ten and stops."""
    lang = _afwijkingen("<ZKN:startdatum>", "<ZKN:onzin/><ZKN:startdatum>")[0].text
    assert lang.endswith("ZKN:einddatum, …")
    short = _afwijkingen("<ZKN:parameters>", "<ZKN:onzin/><ZKN:parameters>")[0].text
    assert short == "ZKN:onzin hoort hier niet; verwacht: ZKN:parameters"


def test_a_number_out_of_bounds_in_a_message_is_told_in_dutch() -> None:
    texts = [one.text for one in check(element(lv01(sortering=14)))]
    assert "de waarde '14' is te groot; toegestaan is ten hoogste 13" in texts


def test_the_path_has_names_also_when_the_sender_uses_no_prefixes() -> None:
    data = GOOD.replace("ZKN:", "").replace("xmlns:ZKN", "xmlns").replace(">20260101<", ">x<")
    assert [afwijking.path for afwijking in check(element(data))] == ["zakLk01/object/startdatum"]


def test_the_path_counts_where_there_are_several() -> None:
    data = lk01("W", zaak("1900X1"), zaak("1900X1").replace(">20260101<", ">x<"))
    assert [afwijking.path for afwijking in check(element(data))] == ["zakLk01/object[2]/startdatum"]


def test_deviations_are_found_in_a_message_inside_its_envelope() -> None:
    envelope = parse(f"<e>{GOOD.replace('>20260101<', '>x<')}</e>".encode())
    assert [afwijking.path for afwijking in check(envelope[0])] == ["zakLk01/object/startdatum"]


def test_the_place_is_the_element_that_the_text_is_about() -> None:
    """A wrong child of an element is only seen at a tag inside it."""
    data = GOOD.replace(">20260101<", "><ZKN:onzin/><", 1)
    assert {afwijking.path for afwijking in check(element(data))} == {"zakLk01/object/startdatum"}


def test_the_kind_of_a_deviation_quotes_nothing_of_the_message() -> None:
    [wrong] = _afwijkingen(">20260101<", ">123456782<")
    assert "123456782" in wrong.text
    assert wrong.soort == "de waarde '…' heeft te veel cijfers; toegestaan is een aantal van …"
    assert schema.soort("Element '{x}y': Something new about '123456782'.") == "anders"


def test_a_large_message_gets_the_verdict_and_the_places_of_a_small_one() -> None:
    many = "<ZKN:kenmerk><ZKN:kenmerk>x</ZKN:kenmerk><ZKN:bron>b</ZKN:bron></ZKN:kenmerk>" * 1000
    large = GOOD.replace("<ZKN:startdatum>", f"{many}<ZKN:startdatum>", 1)
    assert check(element(large)) == []
    assert [afwijking.path for afwijking in check(element(large.replace(">20260101<", ">x<", 1)))] == [
        "zakLk01/object/startdatum"
    ]
    error = large.replace("</ZKN:bron></ZKN:kenmerk><ZKN:start", "</ZKN:bron><ZKN:onzin/></ZKN:kenmerk><ZKN:start")
    assert [afwijking.path for afwijking in check(element(error))] == ["zakLk01/object/kenmerk[1000]/onzin"]


def test_the_work_on_what_is_wrong_many_times_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once per parent its children are counted, and the validation stops after the last deviation that is reported."""
    counted: list[etree._Element] = []
    steps: list[int] = []

    class Counts(schema._Paths):
        def _numbers_of(self, parent: etree._Element) -> dict[etree._Element, int]:
            if parent not in self._numbers:
                counted.append(parent)
            return super()._numbers_of(parent)

    def stepwise(*alles: Any) -> Iterator[Any]:
        for step in validate_stepwise(*alles):
            steps.append(1)
            yield step

    monkeypatch.setattr(schema, "_Paths", Counts)
    monkeypatch.setattr(schema, "validate_stepwise", stepwise)
    many = "<ZKN:kenmerk><ZKN:onzin/></ZKN:kenmerk>" * 30_000
    assert len(_afwijkingen("<ZKN:startdatum>", f"{many}<ZKN:startdatum>")) == len(steps) == 200
    assert len(counted) == len(set(counted)) == 202, "the message, the object and 200 kenmerken"


def test_a_text_where_none_may_stand_is_one_deviation_however_it_is_written() -> None:
    """One for each reference or run of letters costs as much as the square of the text."""
    text = "é&amp;" * 50_000
    assert len(_afwijkingen("<ZKN:stuurgegevens>", f"<ZKN:stuurgegevens>{text}")) == 1


def test_what_is_said_of_a_long_value_is_short() -> None:
    """Libxml2 quotes 64,000 bytes of it, and two hundred deviations may each be about one."""
    lang = "' is not accepted by the pattern '" * 3000
    for found in (_afwijkingen(">20260101<", f">{lang}<"), _afwijkingen("<ZKN:object ", f'<ZKN:object x="{lang}" ')):
        assert found
        assert max(len(afwijking.text) for afwijking in found) < 500


def test_a_path_of_long_names_is_cut() -> None:
    """Two hundred deviations inside two hundred and fifty elements with names of a hundred characters are megabytes."""
    nodes = [etree.Element(zkn("zakLk01"))]
    for number in range(250):
        nodes.append(etree.SubElement(nodes[-1], zkn(f"n{number}{'x' * 90}")))
    path = schema._Paths(nodes[0]).path(nodes)
    assert path.startswith("zakLk01/…/n2")
    assert path.endswith("/n249" + "x" * 90)
    assert len(path) < 600


def test_the_list_is_bounded() -> None:
    many = "".join("<ZKN:kenmerk><ZKN:onzin/></ZKN:kenmerk>" for _ in range(1000))
    assert 0 < len(_afwijkingen("<ZKN:startdatum>", f"{many}<ZKN:startdatum>")) <= 200


def test_threads_get_their_own_verdicts() -> None:
    """One compiled schema serves all threads; deviations of one message never show up with another."""
    fouten: list[object] = []

    def work(number: int) -> None:
        good, error = element(GOOD), element(GOOD.replace(">20260101<", f">fout{number}<"))
        for _ in range(200):
            if check(good):
                fouten.append(number)
            texts = [afwijking.text for afwijking in check(error)]
            if len(texts) != 1 or f"'fout{number}'" not in texts[0]:
                fouten.append((number, texts))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fouten == []


def test_the_first_messages_of_a_process_may_come_at_once() -> None:
    """Libxml2 makes its own types at the first schema, and has no lock for that; one process in four went wrong."""
    outcome = subprocess.run(
        [sys.executable, "-m", "tests.stuf.eersten", "20"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout == "0\n", outcome.stderr
