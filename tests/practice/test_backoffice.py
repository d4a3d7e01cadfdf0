"""`regie backoffice` beside a server: both as processes, everything over HTTP."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
import uuid
from pathlib import Path

import pytest
import zeep
from tests.berichten import documenten, regie
from tests.berichten.bouw import lk01, new_number, obj, texts, zaak
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, abonnement, applicatie
from tests.conformiteit.aanroepen import AANROEPEN
from tests.conftest import STOP_TIMEOUT_S, environment, vrije_port, wait_until
from tests.conftest import regie as command
from tests.diensten.stappen import sleutel
from tests.practice.conftest import MakeOffice

from regiesysteem.notifications.compose import CREEER, UPDATE
from regiesysteem.notifications.routing import INITIEER
from regiesysteem.stuf.xml import parse

NAAM = "Oefenkantoor"
HAND_OVER = "overdragenZaak"
BEVESTIG = "bevestigOverdragenZaak"
NOBODY = "http://127.0.0.1:9/stuf"


def _together(make_opstelling: MakeOpstelling, port: int) -> tuple[Opstelling, str]:
    regiesysteem = make_opstelling(applicatie(NAAM, f"http://127.0.0.1:{port}/stuf"), abonnement(NAAM))
    return regiesysteem, f"http://127.0.0.1:{regiesysteem.port}/stuf"


def _hand_over(regiesysteem: Opstelling, number: str) -> None:
    outcome = command("zaak", "overdragen", number, NAAM, REGIE_DATABASE_URL=regiesysteem.database_url)
    assert outcome.returncode == 0, outcome.stderr


def _overdracht(regiesysteem: Opstelling) -> list[tuple[object, ...]]:
    return regiesysteem.sql("SELECT zaakidentificatie, stand, antwoord FROM overdracht ORDER BY id")


def test_it_hears_what_happened_and_fetches_zaak_and_documents(
    make_opstelling: MakeOpstelling, make_office: MakeOffice
) -> None:
    port = vrije_port()
    regiesysteem, adres = _together(make_opstelling, port)
    # The server says how to start one, with where it is itself: that is not where a shell without settings looks.
    elsewhere = f"http://127.0.0.1:{regiesysteem.port}"
    said = regiesysteem.logboek.read_text()
    assert re.search(rf"backoffice --naam \S+ --poort \d+ --server {elsewhere}\n", said), said
    office = make_office(NAAM, adres, "--haal-op", port=port)
    number, data = new_number(), documenten.pdf("Verslag")
    regiesysteem.creeer(number)
    office.wacht(1)
    document = documenten.document(new_number(), number, file=documenten.inhoud(data, "verslag.pdf"))
    assert regiesysteem.send("voegZaakdocumentToe_Lk01", documenten.edc_lk01("T", document)) == "Bv03"
    received = office.wacht(2)
    assert [regel["gebeurtenis"] for regel in received] == ["Creeer zaak", "Voeg zaakdocument toe"]
    assert {regel["zaak"] for regel in received} == {number}
    file = office.wacht(1, "document")[0]
    assert office.bericht(file) == data
    questions = [regel["soort"] for regel in office.regels("verstuurd")]
    assert questions[:2] == ["geefZaakdetails_Lv01", "geefLijstZaakdocumenten_Lv01"]
    answers = office.wacht(2, "antwoord")
    assert [regel["soort"] for regel in answers[:2]] == questions[:2]
    assert texts(parse(office.bericht(answers[0])), "//s:berichtcode") == ["La01"]
    assert "ontvangen: notificeerOverZaak van Regiesysteem" in office.output
    wait_until(lambda: f"{len(data)} bytes" in office.output, "het blok")


def test_it_accepts_a_transfer_after_a_pause_and_tells_how_far_it_is(
    make_opstelling: MakeOpstelling, make_office: MakeOffice
) -> None:
    """RZS 6.8: Bv03 at once, the answer as a message of its own; then the zaak has its first status of the new hand."""
    port = vrije_port()
    regiesysteem, adres = _together(make_opstelling, port)
    options = ("--pauze", "0.2", "--antwoord", "status:2", "--antwoord", "omschrijving:Loopt nu hier")
    office = make_office(NAAM, adres, *options, port=port)
    number = new_number()
    regiesysteem.creeer(number)
    _hand_over(regiesysteem, number)
    done = office.wacht(3, "verstuurd")
    diensten = ["bevestigOverdragenZaak", "actualiseerZaakstatus_Lk01", "updateZaak_Lk01"]
    assert [regel["soort"] for regel in done] == diensten
    [offer] = [regel for regel in office.regels("ontvangen") if regel["soort"] == "overdragenZaak"]
    answer = parse(office.bericht(done[0]))
    assert texts(answer, "//s:crossRefnummer") == [offer["referentienummer"]]
    assert _overdracht(regiesysteem) == [(number, "geaccepteerd", "")]
    assert regiesysteem.sql("SELECT omschrijving FROM zaak") == [("Loopt nu hier",)]


def test_somebody_at_the_terminal_decides(make_opstelling: MakeOpstelling, make_office: MakeOffice) -> None:
    port = vrije_port()
    regiesysteem, adres = _together(make_opstelling, port)
    office = make_office(NAAM, adres, "--overdracht", "vragen", port=port)
    number, second = new_number(), new_number()
    for one in (number, second):
        regiesysteem.creeer(one)
        _hand_over(regiesysteem, one)
        wait_until(lambda one=one: f"{one} overnemen?" in office.output, "de vraag")  # type: ignore[misc]
    assert office.regels("verstuurd") == []
    office.typ("n te druk")
    office.wacht(1, "verstuurd")
    office.typ(f"accepteer {second}")
    office.wacht(2, "verstuurd")
    assert _overdracht(regiesysteem) == [(number, "geweigerd", "te druk"), (second, "geaccepteerd", "")]
    office.typ(f"status {second} 2")
    assert office.wacht(3, "verstuurd")[2]["soort"] == "actualiseerZaakstatus_Lk01"
    office.typ(f"status {new_number()} 2")
    [refused] = office.wacht(1, "geweigerd")
    assert refused["soort"] == "actualiseerZaakstatus_Lk01"
    answer = office.wacht(4, "antwoord")[-1]
    assert "Fo03" in texts(parse(office.bericht(answer)), "//s:berichtcode")
    office.typ("huh")
    wait_until(lambda: "dat kan hier niet" in office.output, "hulp")
    wait_until(lambda: "wijzig ZAAK TEKST  de zaak" in office.output, "de hulp in kolommen")
    office.typ("stop")
    assert office.process.wait(10) == 0


def test_an_answer_waits_for_a_server_that_is_not_there(
    make_opstelling: MakeOpstelling, make_office: MakeOffice
) -> None:
    office = make_office(NAAM, NOBODY)
    assert office.send(regie.overdracht())[0] == 200
    wait_until(lambda: "nog niet gelukt" in office.output, "de melding")
    wait_until(lambda: "--server" in office.output, "wat te doen")
    assert f"Op {NOBODY} antwoordt geen server" in office.output
    assert "geaccepteerd" not in office.output


def test_it_looks_for_the_server_where_the_settings_say() -> None:
    """As `regie demo` does; a wrong one is told under the name of its own option."""
    port = str(vrije_port())
    options = ("--naam", NAAM, "--poort", "0")
    with subprocess.Popen(
        [sys.executable, "-m", "regiesysteem", "backoffice", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(REGIE_HOST="0.0.0.0", REGIE_PORT=port),
    ) as process:
        output, _ = process.communicate(b"stop\n", timeout=30)
    assert f"http://127.0.0.1:{port}/stuf" in output.decode()
    outcome = command("backoffice", *options, "--server", "onzin")
    assert outcome.stderr.startswith("onzin is geen adres van een server; geef met --server er een als http")


def test_a_double_is_shown_and_not_done_again(make_office: MakeOffice) -> None:
    office = make_office(NAAM, NOBODY, "--overdracht", "vragen")
    bericht = regie.overdracht(ref="o-9")
    assert office.send(bericht) == office.send(bericht)
    assert [regel["dubbel"] for regel in office.wacht(2)] == [False, True]
    assert office.output.count("overnemen?") == 1
    assert "dit bericht was er al" in office.output


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_with_a_message_under_way(make_office: MakeOffice, sig: signal.Signals) -> None:
    office = make_office(NAAM, NOBODY, "--storing", "traag:600", "--pauze", "600")

    def send() -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            office.send(regie.notificatie())

    thread = threading.Thread(target=send)
    thread.start()
    with urllib.request.urlopen(office.adres, timeout=10) as answer:
        assert NAAM in answer.read().decode()
    office.process.send_signal(sig)
    assert office.process.wait(STOP_TIMEOUT_S) == 0
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("ronde", range(int(os.environ.get("REGIE_STOPS", "1"))))
@pytest.mark.parametrize("onder_werk", [False, True])
@pytest.mark.parametrize(("keer", "groep"), [(1, True), (2, False)])
def test_a_stop_ends_it_always(make_office: MakeOffice, ronde: int, onder_werk: bool, keer: int, groep: bool) -> None:
    """Right after its first word, when its main thread is anywhere; REGIE_STOPS says how often."""
    office = make_office(NAAM, NOBODY, "--storing", "traag:600")
    if onder_werk:
        with socket.create_connection(("127.0.0.1", office.port)) as line:
            line.sendall(b"POST /stuf HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            _stop(office.process, keer, group=groep)
    else:
        _stop(office.process, keer, group=groep)
    assert office.process.wait(STOP_TIMEOUT_S) == 0


def _stop(process: subprocess.Popen[bytes], keer: int, *, group: bool) -> None:
    for _ in range(keer):
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(process.pid, signal.SIGTERM)


def test_it_shows_the_contract_at_its_own_address(make_office: MakeOffice) -> None:
    office = make_office(NAAM, NOBODY)
    with urllib.request.urlopen(f"{office.adres}?wsdl", timeout=10) as answer:
        wsdl = parse(answer.read())
    assert office.adres in wsdl.xpath("//@location")
    for spot in wsdl.xpath("//@schemaLocation"):
        with urllib.request.urlopen(spot, timeout=10) as answer:
            assert answer.status == 200
    with urllib.request.urlopen(f"{office.adres}?x=1&singleWsdl", timeout=10) as answer:
        assert parse(answer.read()).xpath("//@schemaLocation") == []


@pytest.mark.parametrize("versie", ["", "12"])
def test_its_contract_holds_all_that_is_sent_to_it(make_office: MakeOffice, versie: str) -> None:
    """zeep calls each operation of the WSDL for receivers; it may be no other than what we send."""
    client = zeep.Client(f"{make_office(NAAM, NOBODY).adres}?wsdl")
    port = client.bind("Ontvanger", f"Ontvanger{versie}")
    operaties = set(client.wsdl.services["Ontvanger"].ports["Ontvanger"].binding.all())
    answers = {"zakLa02", "edcLa02", "zakSa01", "zakSh01"}
    assert operaties == {CREEER, UPDATE, "notificeerOverZaak", INITIEER, HAND_OVER, BEVESTIG, "Bv03", "Fo03"} | answers
    for naam in operaties - {INITIEER}:  # a back office keeps no abonnementen
        us = {"referentienummer": uuid.uuid4().hex, "ontvanger": {"applicatie": NAAM}}
        answer = port[naam](**{**AANROEPEN[naam], "stuurgegevens": {**AANROEPEN[naam]["stuurgegevens"], **us}})
        assert (answer["berichtcode"], answer["crossRefnummer"]) == ("Bv03", us["referentienummer"])


def test_the_options_are_checked_before_it_listens(make_office: MakeOffice, tmp_path: Path) -> None:
    taken = make_office(NAAM, NOBODY).port
    file = tmp_path / "bestand"
    file.touch()
    for options, text in (
        (("--poort", str(taken)), f"Poort {taken} is al in gebruik."),
        (("--poort", "0", "--naam", "X"), "--naam X: StUF wil 3 tot 50 tekens."),
        (("--poort", "0", "--storing", "soms"), "--storing soms: kies 500"),
        (("--poort", "0", "--antwoord", "misschien"), "--antwoord misschien: verwacht wordt status:NUMMER"),
        (("--poort", "0", "--server", "nergens"), "nergens is geen adres van een server"),
        (("--poort", "0", "--sla-op", str(file)), f"--sla-op {file}: hier kan niet worden geschreven"),
    ):
        outcome = command("backoffice", "--naam", "Ander", *options)
        assert outcome.returncode in {1, 2}
        [regel] = outcome.stderr.splitlines()
        assert regel.startswith(text)


def test_the_help_has_examples_that_work(make_office: MakeOffice) -> None:
    outcome = command("backoffice", "--help", COLUMNS="200")
    for example in ("--haal-op", "--overdracht vragen --antwoord status:2", "--storing traag:3 --sla-op berichten"):
        assert example in outcome.stdout


def test_a_zaak_that_is_sent_whole_is_taken(make_office: MakeOffice) -> None:
    """Interaction 5 of the assignment, as a zakLk01."""
    office = make_office(NAAM, NOBODY)
    number = new_number()
    assert office.send(lk01("T", zaak(number)))[0] == 200
    [regel] = office.regels("ontvangen")
    assert (regel["soort"], regel["zaak"], regel["gebeurtenis"]) == ("zakLk01", number, "nieuwe zaak")


def test_a_change_of_a_zaak_that_it_never_had_is_taken_and_shown_as_such(make_office: MakeOffice) -> None:
    office = make_office(NAAM, NOBODY)
    known, foreign = new_number(), new_number()
    assert office.send(lk01("T", zaak(known)))[0] == 200
    for number in (known, foreign):
        assert office.send(lk01("W", obj(sleutel(number), "W"), obj(sleutel(number), "W")))[0] == 200
    assert office.output.count("onbekende zaak") == 1
    assert office.output.index("onbekende zaak") > office.output.index(foreign)
