"""What a back office does with a message that comes: the rules of StUF 4.4, without the HTTP around them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.berichten import regie
from tests.berichten.bouw import SOAP11, SOAP12, envelop, lk01, nieuw_nummer, teksten, zaak
from tests.berichten.regievoorbeelden import KOPPEN, SOORTEN

from regiesysteem.local import KENMERKKOP
from regiesysteem.notifications.compose import MessageHead
from regiesysteem.notifications.outcome import lees_antwoord
from regiesysteem.stuf.message import Systeem
from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed, serialiseer
from regiesysteem_practice.choices import Storing, StoringFout, lees_storing
from regiesysteem_practice.intake import HttpAnswer, Intake, MessageOrigin, Received


class Balie:
    """An Ontvangst and what it took."""

    def __init__(self, storing: Storing | None = None) -> None:
        self.genomen: list[Received] = []
        self.ontvangst = Intake(Systeem("1900", "Regiesysteem"), self.genomen.append, storing)

    def neem(self, bericht: str | bytes, versie: str = SOAP11) -> HttpAnswer:
        tekst = bericht.decode() if isinstance(bericht, bytes) else bericht
        return self.ontvangst.neem(envelop(tekst, versie))


def _codes(antwoord: HttpAnswer) -> list[str]:
    return teksten(ontleed(antwoord.inhoud), "//s:berichtcode | //s:code")


def _bericht(antwoord: HttpAnswer) -> Any:
    [bericht] = ontleed(antwoord.inhoud).xpath("//*[local-name()='Bv03Bericht' or local-name()='Fo03Bericht']")
    return ontleed(serialiseer(bericht))


def test_a_message_twice_is_one_message_with_one_answer() -> None:
    """StUF 4.4: sender and referentienummer make it the same; the answer is the same to the byte."""
    balie = Balie()
    bericht = regie.notificatie(ref="n-1")
    eerste, tweede = balie.neem(bericht), balie.neem(bericht)
    assert _codes(eerste) == ["Bv03"]
    assert eerste == tweede
    assert [een.dubbel for een in balie.genomen] == [False, True]


class _Server(BaseHTTPRequestHandler):
    """A Regiesysteem that says which it is, behind a path; None: it does not know now."""

    kenmerk: str | None = "een"

    def do_GET(self) -> None:
        assert self.path == "/zaken/readyz"
        self.send_response(200 if self.kenmerk else 503)
        if self.kenmerk:
            self.send_header(KENMERKKOP, self.kenmerk)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(_Server, "kenmerk", "een")
    with HTTPServer(("127.0.0.1", 0), _Server) as luisteraar:
        draad = threading.Thread(target=luisteraar.serve_forever, kwargs={"poll_interval": 0.01})
        draad.start()
        yield f"http://localhost:{luisteraar.server_port}/zaken/stuf"
        luisteraar.shutdown()
        draad.join()


def test_what_another_system_on_this_machine_sends_is_refused_and_worth_another_try(server: str) -> None:
    """Two systems with the shipped inrichting deliver to the same ports: not without a word."""
    genomen: list[Received] = []
    ontvangst = Intake(Systeem("1900", "WmoVoorziening"), genomen.append, herkomst=MessageOrigin(server))
    for ref, kenmerk, verwacht in (
        ("n-1", "een", ["Bv03"]),
        ("n-2", "ander", ["Fo03", "StUF046"]),
        ("n-2", "", ["Bv03"]),
    ):
        antwoord = ontvangst.neem(envelop(regie.notificatie(ref=ref), SOAP11), kenmerk=kenmerk)
        assert _codes(antwoord) == verwacht
        if kenmerk == "ander":
            uitkomst = lees_antwoord(500, ontleed(antwoord.inhoud), ref)
            assert uitkomst.soort == "tijdelijk"
            assert f"op {server}, en dit bericht komt van een ander" in uitkomst.omschrijving
    assert [een.gelezen is None for een in genomen] == [False, True, False]


def test_its_own_system_is_known_also_with_another_database_and_where_it_cannot_be_asked(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    herkomst = MessageOrigin(server)
    assert [herkomst.is_ander("een"), herkomst.is_ander("twee")] == [False, True]
    monkeypatch.setattr(_Server, "kenmerk", "twee")
    assert [herkomst.is_ander("twee"), herkomst.is_ander("een")] == [False, True]
    monkeypatch.setattr(_Server, "kenmerk", None)
    assert not herkomst.is_ander("een"), "a server whose database is away does not say"
    assert not MessageOrigin("http://127.0.0.1:1/stuf").is_ander("een")


def test_another_message_with_that_number_is_refused_and_one_of_another_sender_is_not() -> None:
    balie = Balie()
    balie.neem(regie.notificatie(ref="n-1"))
    assert _codes(balie.neem(regie.overdracht(ref="n-1"))) == ["Fo03", "StUF016"]
    assert _codes(balie.neem(regie.overdracht(ref="n-1").replace(">Bus<", ">Ander<"))) == ["Bv03"]


def test_a_message_that_was_refused_may_come_again_better() -> None:
    balie = Balie()
    fout = regie.notificatie(regie.zaak(regie.extra(gebeurtenis="Iets") + regie.is_van()), ref="n-1")
    assert _codes(balie.neem(fout)) == ["Fo03", "StUF055"]
    assert _codes(balie.neem(regie.notificatie(ref="n-1"))) == ["Bv03"]
    assert [een.gelezen is not None for een in balie.genomen] == [False, True]


def test_what_the_schema_does_not_allow_is_named() -> None:
    antwoord = Balie().neem(regie.overdracht(regie.zaak("", nummer="")))
    assert antwoord.status == 500
    assert "identificatie" in teksten(ontleed(antwoord.inhoud), "//s:details")[0]


def test_the_answer_to_an_offer_is_taken_and_shown() -> None:
    """RZS 6.8.4: should this office have offered a zaak, the Regiesysteem answers so."""
    balie = Balie()
    assert _codes(balie.neem(regie.antwoord())) == ["Bv03"]
    gelezen = balie.genomen[-1].gelezen
    assert gelezen is not None
    assert gelezen.soort == "bevestigOverdragenZaak"
    assert dict(gelezen.regels)["antwoord"] == "geaccepteerd"


def test_a_message_for_another_role_is_refused_with_what_is_taken() -> None:
    """RZS 6.10: an initieer is not for a back office; the answer to a transfer is, should it have offered one (6.8)."""
    antwoord = Balie().neem(regie.notificatie(naam="initieerNotificeerOverZaak_Di01"))
    assert _codes(antwoord) == ["Fo03", "StUF040"]
    assert "notificeerOverZaak_Di01" in teksten(ontleed(antwoord.inhoud), "//s:details")[0]


@pytest.mark.parametrize("versie", [SOAP11, SOAP12])
def test_the_answer_is_in_the_soap_version_of_the_question_and_valid(versie: str) -> None:
    balie = Balie()
    for bericht in (regie.notificatie(), regie.notificatie(naam="initieerNotificeerOverZaak_Di01")):
        antwoord = balie.neem(bericht, versie)
        assert ontleed(antwoord.inhoud).tag == f"{{{versie}}}Envelope"
        assert antwoord.soort.startswith("application/soap+xml" if versie == SOAP12 else "text/xml")
        assert controleer(_bericht(antwoord)) == []


def test_a_zaak_says_which_plan_it_belongs_to() -> None:
    balie = Balie()
    nummer = nieuw_nummer()
    plan = (
        '<ZKN:heeftBetrekkingOpAndere StUF:entiteittype="ZAKZAKBTR" StUF:verwerkingssoort="T"><ZKN:gerelateerde '
        'StUF:entiteittype="ZAK" StUF:verwerkingssoort="I"><ZKN:identificatie>1900PLAN</ZKN:identificatie>'
        "</ZKN:gerelateerde></ZKN:heeftBetrekkingOpAndere>"
    )
    balie.neem(lk01("T", zaak(nummer, na=plan)))
    [genomen] = balie.genomen
    assert genomen.gelezen is not None
    assert (genomen.gelezen.zaak, genomen.gelezen.gezinsplan) == (nummer, "1900PLAN")
    assert ("zaaktype", "B1026") in genomen.gelezen.regels


@pytest.mark.parametrize("code", ["Bv01", "Bv03", "Bv04", "Fo01", "Fo03"])
def test_an_acknowledgement_as_a_message_of_its_own_is_taken(code: str) -> None:
    balie = Balie()
    assert _codes(balie.neem(regie.bevestiging(code, cross="n-7"))) == ["Bv03"]
    assert balie.genomen[0].gelezen is not None
    assert ("over bericht", "n-7") in balie.genomen[0].gelezen.regels


@pytest.mark.parametrize("naam", ["notificeerOverZaak_Di01", "overdragenZaak_Di01"])
@given(data=st.data(), kop=KOPPEN)
def test_everything_that_the_regiesysteem_can_send_is_taken(naam: str, data: st.DataObject, kop: MessageHead) -> None:
    bouw, _, soort = SOORTEN[naam]
    bericht = serialiseer(bouw(kop, data.draw(soort))).split(b"?>", 1)[1]
    assert _codes(Balie().neem(bericht)) == ["Bv03"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_gets_a_soap_fault(inhoud: bytes) -> None:
    antwoord = Balie().ontvangst.neem(inhoud)
    assert antwoord.status == 500
    assert ontleed(antwoord.inhoud).xpath("//*[local-name()='Fault']")


def test_a_storing_is_as_asked() -> None:
    """A sender can be tried against a receiver that is broken, answers nonsense, refuses or is slow."""
    bericht = regie.notificatie()
    assert Balie(lees_storing("500")).neem(bericht).status == 500
    rommel = Balie(lees_storing("rommel")).neem(bericht)
    assert (rommel.status, rommel.soort) == (200, "text/html")
    assert _codes(Balie(lees_storing("weigeren")).neem(bericht)) == ["Fo03", "StUF055"]
    assert lees_storing("traag:2.5") == Storing("traag", 2.5)
    assert lees_storing("") is None
    with pytest.raises(StoringFout, match="kies 500"):
        lees_storing("traag")
