"""A back office takes a message by the rules of StUF 4.4, tried without the HTTP around them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.berichten import regie
from tests.berichten.bouw import SOAP11, SOAP12, envelope, lk01, new_number, texts, zaak
from tests.berichten.generator import WillekeurigeChoice, genereer
from tests.berichten.regievoorbeelden import HEADS, SOORTEN

from regiesysteem.local import KENMERK_HEADER
from regiesysteem.notifications.compose import MessageHead
from regiesysteem.notifications.outcome import read_answer
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse, serialise
from regiesysteem_practice.choices import Failure, FailureError, read_failure
from regiesysteem_practice.intake import HttpAnswer, Intake, MessageOrigin, Received


class Balie:
    """An Ontvangst and what it took."""

    def __init__(self, failure: Failure | None = None) -> None:
        self.taken: list[Received] = []
        self.reception = Intake(Systeem("1900", "Regiesysteem"), self.taken.append, failure)

    def take(self, bericht: str | bytes, versie: str = SOAP11) -> HttpAnswer:
        text = bericht.decode() if isinstance(bericht, bytes) else bericht
        return self.reception.take(envelope(text, versie))


def _codes(answer: HttpAnswer) -> list[str]:
    return texts(parse(answer.inhoud), "//s:berichtcode | //s:code")


def _bericht(answer: HttpAnswer) -> Any:
    [bericht] = parse(answer.inhoud).xpath("//*[local-name()='Bv03Bericht' or local-name()='Fo03Bericht']")
    return parse(serialise(bericht))


def test_a_message_twice_is_one_message_with_one_answer() -> None:
    """StUF 4.4: sender and referentienummer make it the same; the answer is the same to the byte."""
    balie = Balie()
    bericht = regie.notificatie(ref="n-1")
    first, second = balie.take(bericht), balie.take(bericht)
    assert _codes(first) == ["Bv03"]
    assert first == second
    assert [one.double for one in balie.taken] == [False, True]


class _Server(BaseHTTPRequestHandler):
    """A Regiesysteem that says which it is, behind a path; None: it does not know now."""

    kenmerk: str | None = "een"

    def do_GET(self) -> None:
        assert self.path == "/zaken/readyz"
        self.send_response(200 if self.kenmerk else 503)
        if self.kenmerk:
            self.send_header(KENMERK_HEADER, self.kenmerk)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(_Server, "kenmerk", "een")
    with HTTPServer(("127.0.0.1", 0), _Server) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://localhost:{listener.server_port}/zaken/stuf"
        listener.shutdown()
        thread.join()


def test_what_another_system_on_this_machine_sends_is_refused_and_worth_another_try(server: str) -> None:
    """Two systems with the shipped inrichting deliver to the same ports: not without a word."""
    taken: list[Received] = []
    reception = Intake(Systeem("1900", "WmoVoorziening"), taken.append, origin=MessageOrigin(server))
    for ref, kenmerk, expected in (
        ("n-1", "een", ["Bv03"]),
        ("n-2", "ander", ["Fo03", "StUF046"]),
        ("n-2", "", ["Bv03"]),
    ):
        answer = reception.take(envelope(regie.notificatie(ref=ref), SOAP11), kenmerk=kenmerk)
        assert _codes(answer) == expected
        if kenmerk == "ander":
            assert f"op {server}, en dit bericht komt van een ander" in answer.inhoud.decode()
            assert read_answer(500, parse(answer.inhoud), ref).soort == "tijdelijk"
    assert [one.parsed is None for one in taken] == [False, True, False]


def test_its_own_system_is_known_also_with_another_database_and_where_it_cannot_be_asked(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = MessageOrigin(server)
    assert [origin.is_other("een"), origin.is_other("twee")] == [False, True]
    monkeypatch.setattr(_Server, "kenmerk", "twee")
    assert [origin.is_other("twee"), origin.is_other("een")] == [False, True]
    monkeypatch.setattr(_Server, "kenmerk", None)
    assert not origin.is_other("een"), "a server whose database is away does not say"
    assert not MessageOrigin("http://127.0.0.1:1/stuf").is_other("een")


def test_another_message_with_that_number_is_refused_and_one_of_another_sender_is_not() -> None:
    balie = Balie()
    balie.take(regie.notificatie(ref="n-1"))
    assert _codes(balie.take(regie.overdracht(ref="n-1"))) == ["Fo03", "StUF016"]
    assert _codes(balie.take(regie.overdracht(ref="n-1").replace(">Bus<", ">Ander<"))) == ["Bv03"]


def test_a_message_that_was_refused_may_come_again_better() -> None:
    balie = Balie()
    error = regie.notificatie(regie.zaak(regie.extra(gebeurtenis="Iets") + regie.is_van()), ref="n-1")
    assert _codes(balie.take(error)) == ["Fo03", "StUF055"]
    assert _codes(balie.take(regie.notificatie(ref="n-1"))) == ["Bv03"]
    assert [one.parsed is not None for one in balie.taken] == [False, True]


def test_what_the_schema_does_not_allow_is_named() -> None:
    answer = Balie().take(regie.overdracht(regie.zaak("", number="")))
    assert answer.status == 500
    assert "identificatie" in texts(parse(answer.inhoud), "//s:details")[0]


def test_the_answer_to_an_offer_is_taken_and_shown() -> None:
    """RZS 6.8.4: should this office have offered a zaak, the Regiesysteem answers so."""
    balie = Balie()
    assert _codes(balie.take(regie.answer())) == ["Bv03"]
    parsed = balie.taken[-1].parsed
    assert parsed is not None
    assert parsed.soort == "bevestigOverdragenZaak"
    assert dict(parsed.lines)["antwoord"] == "geaccepteerd"


def test_a_message_for_another_role_is_refused_with_what_is_taken() -> None:
    """RZS 6.10: an initieer is not for a back office; the answer to a transfer is, should it have offered one (6.8)."""
    answer = Balie().take(regie.notificatie(naam="initieerNotificeerOverZaak_Di01"))
    assert _codes(answer) == ["Fo03", "StUF040"]
    assert "notificeerOverZaak_Di01" in texts(parse(answer.inhoud), "//s:details")[0]


@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
def test_the_answer_is_in_the_soap_version_of_the_question_and_valid(versie: str) -> None:
    balie = Balie()
    for bericht in (regie.notificatie(), regie.notificatie(naam="initieerNotificeerOverZaak_Di01")):
        answer = balie.take(bericht, versie)
        assert parse(answer.inhoud).tag == f"{{{versie}}}Envelope"
        assert answer.soort.startswith("application/soap+xml" if versie == SOAP12 else "text/xml")
        assert check(_bericht(answer)) == []


def test_a_zaak_says_which_plan_it_belongs_to() -> None:
    balie = Balie()
    number = new_number()
    plan = (
        '<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde '
        'StUF:entiteittype="ZAK" StUF:verwerkingssoort="I"><ZKN:identificatie>1900PLAN</ZKN:identificatie>'
        "</ZKN:gerelateerde></ZKN:heeftBetrekkingOpAndere>"
    )
    balie.take(lk01("T", zaak(number, after=plan)))
    [taken] = balie.taken
    assert taken.parsed is not None
    assert (taken.parsed.zaak, taken.parsed.gezinsplan) == (number, "1900PLAN")
    assert ("zaaktype", "B1026") in taken.parsed.lines


@pytest.mark.parametrize("code", ["Bv01", "Bv03", "Bv04", "Fo01", "Fo03"])
def test_an_acknowledgement_as_a_message_of_its_own_is_taken(code: str) -> None:
    balie = Balie()
    assert _codes(balie.take(regie.bevestiging(code, cross="n-7"))) == ["Bv03"]
    assert balie.taken[0].parsed is not None
    assert ("over bericht", "n-7") in balie.taken[0].parsed.lines


@pytest.mark.parametrize("naam", ["notificeerOverZaak_Di01", "overdragenZaak_Di01"])
@given(data=st.data(), head=HEADS)
def test_everything_that_the_regiesysteem_can_send_is_taken(naam: str, data: st.DataObject, head: MessageHead) -> None:
    build, _, soort = SOORTEN[naam]
    bericht = serialise(build(head, data.draw(soort))).split(b"?>", 1)[1]
    assert _codes(Balie().take(bericht)) == ["Bv03"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_gets_a_soap_fault(inhoud: bytes) -> None:
    answer = Balie().reception.take(inhoud)
    assert answer.status == 500
    assert parse(answer.inhoud).xpath("//*[local-name()='Fault']")


def test_a_storing_is_as_asked() -> None:
    """A sender can be tried against a receiver that is broken, answers nonsense, refuses or is slow."""
    bericht = regie.notificatie()
    assert Balie(read_failure("500")).take(bericht).status == 500
    rommel = Balie(read_failure("rommel")).take(bericht)
    assert (rommel.status, rommel.soort) == (200, "text/html")
    assert _codes(Balie(read_failure("weigeren")).take(bericht)) == ["Fo03", "StUF055"]
    assert read_failure("traag:2.5") == Failure("traag", 2.5)
    assert read_failure("") is None
    with pytest.raises(FailureError, match="kies 500"):
        read_failure("traag")


@pytest.mark.parametrize(
    ("soort", "above", "zaak_of"),
    [
        ("zakLa02", "antwoord", "19001"),
        ("edcLa02", "antwoord", ""),
        ("zakSa01", "actueel", "19001"),
        ("zakSh01", "actueel/actueel", "19001"),
    ],
)
def test_an_answer_to_a_question_of_ours_is_taken(soort: str, above: str, zaak_of: str) -> None:
    balie = Balie()
    fixed = {f"{above}/object/identificatie": "19001", "stuurgegevens/referentienummer": "a-1"}
    message = genereer(soort, WillekeurigeChoice(3), fixed=fixed, elementen=0)
    assert _codes(balie.take(etree.tostring(message))) == ["Bv03"]
    [taken] = balie.taken
    assert taken.parsed is not None
    assert (taken.parsed.soort, taken.parsed.zaak) == (soort, zaak_of)
    assert ("zaak" if zaak_of else "document", "19001") in taken.parsed.lines
