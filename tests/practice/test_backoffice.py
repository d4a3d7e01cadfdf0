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
from tests.berichten.bouw import lk01, nieuw_nummer, obj, teksten, zaak
from tests.bezorging.opstelling import MaakOpstelling, Opstelling, abonnement, applicatie
from tests.conformiteit.aanroepen import AANROEPEN
from tests.conftest import STOP_TIMEOUT_S, omgeving, vrije_poort, wacht_tot
from tests.conftest import regie as opdracht
from tests.diensten.stappen import sleutel
from tests.practice.conftest import MaakKantoor

from regiesysteem.notifications.compose import CREEER, UPDATE
from regiesysteem.notifications.routing import INITIEER
from regiesysteem.stuf.xml import ontleed

NAAM = "Oefenkantoor"
DRAAG_OVER = "overdragenZaak"
BEVESTIG = "bevestigOverdragenZaak"
NIEMAND = "http://127.0.0.1:9/stuf"


def _samen(maak_opstelling: MaakOpstelling, poort: int) -> tuple[Opstelling, str]:
    regiesysteem = maak_opstelling(applicatie(NAAM, f"http://127.0.0.1:{poort}/stuf"), abonnement(NAAM))
    return regiesysteem, f"http://127.0.0.1:{regiesysteem.poort}/stuf"


def _draag_over(regiesysteem: Opstelling, nummer: str) -> None:
    uitkomst = opdracht("zaak", "overdragen", nummer, NAAM, REGIE_DATABASE_URL=regiesysteem.database_url)
    assert uitkomst.returncode == 0, uitkomst.stderr


def _overdracht(regiesysteem: Opstelling) -> list[tuple[object, ...]]:
    return regiesysteem.sql("SELECT zaakidentificatie, stand, antwoord FROM overdracht ORDER BY id")


def test_it_hears_what_happened_and_fetches_zaak_and_documents(
    maak_opstelling: MaakOpstelling, maak_kantoor: MaakKantoor
) -> None:
    poort = vrije_poort()
    regiesysteem, adres = _samen(maak_opstelling, poort)
    # The server says how to start one, with where it is itself: that is not where a shell without settings looks.
    elders = f"http://127.0.0.1:{regiesysteem.poort}"
    gezegd = regiesysteem.logging_.read_text()
    assert re.search(rf"backoffice --naam \S+ --poort \d+ --server {elders}\n", gezegd), gezegd
    kantoor = maak_kantoor(NAAM, adres, "--haal-op", poort=poort)
    nummer, data = nieuw_nummer(), documenten.pdf("Verslag")
    regiesysteem.creeer(nummer)
    kantoor.wacht(1)
    document = documenten.document(nieuw_nummer(), nummer, bestand=documenten.inhoud(data, "verslag.pdf"))
    assert regiesysteem.stuur("voegZaakdocumentToe_Lk01", documenten.edc_lk01("T", document)) == "Bv03"
    ontvangen = kantoor.wacht(2)
    assert [regel["gebeurtenis"] for regel in ontvangen] == ["Creeer zaak", "Voeg zaakdocument toe"]
    assert {regel["zaak"] for regel in ontvangen} == {nummer}
    bestand = kantoor.wacht(1, "document")[0]
    assert kantoor.bericht(bestand) == data
    vragen = [regel["soort"] for regel in kantoor.regels("verstuurd")]
    assert vragen[:2] == ["geefZaakdetails_Lv01", "geefLijstZaakdocumenten_Lv01"]
    antwoorden = kantoor.wacht(2, "antwoord")
    assert [regel["soort"] for regel in antwoorden[:2]] == vragen[:2]
    assert teksten(ontleed(kantoor.bericht(antwoorden[0])), "//s:berichtcode") == ["La01"]
    assert "ontvangen: notificeerOverZaak van Regiesysteem" in kantoor.uitvoer
    wacht_tot(lambda: f"{len(data)} bytes" in kantoor.uitvoer, "het blok")


def test_it_accepts_a_transfer_after_a_pause_and_tells_how_far_it_is(
    maak_opstelling: MaakOpstelling, maak_kantoor: MaakKantoor
) -> None:
    """RZS 6.8: Bv03 at once, the answer as a message of its own; then the zaak has its first status of the new hand."""
    poort = vrije_poort()
    regiesysteem, adres = _samen(maak_opstelling, poort)
    opties = ("--pauze", "0.2", "--antwoord", "status:2", "--antwoord", "omschrijving:Loopt nu hier")
    kantoor = maak_kantoor(NAAM, adres, *opties, poort=poort)
    nummer = nieuw_nummer()
    regiesysteem.creeer(nummer)
    _draag_over(regiesysteem, nummer)
    gedaan = kantoor.wacht(3, "verstuurd")
    diensten = ["bevestigOverdragenZaak", "actualiseerZaakstatus_Lk01", "updateZaak_Lk01"]
    assert [regel["soort"] for regel in gedaan] == diensten
    [aanbod] = [regel for regel in kantoor.regels("ontvangen") if regel["soort"] == "overdragenZaak"]
    antwoord = ontleed(kantoor.bericht(gedaan[0]))
    assert teksten(antwoord, "//s:crossRefnummer") == [aanbod["referentienummer"]]
    assert _overdracht(regiesysteem) == [(nummer, "geaccepteerd", "")]
    assert regiesysteem.sql("SELECT omschrijving FROM zaak") == [("Loopt nu hier",)]


def test_somebody_at_the_terminal_decides(maak_opstelling: MaakOpstelling, maak_kantoor: MaakKantoor) -> None:
    poort = vrije_poort()
    regiesysteem, adres = _samen(maak_opstelling, poort)
    kantoor = maak_kantoor(NAAM, adres, "--overdracht", "vragen", poort=poort)
    nummer, tweede = nieuw_nummer(), nieuw_nummer()
    for een in (nummer, tweede):
        regiesysteem.creeer(een)
        _draag_over(regiesysteem, een)
        wacht_tot(lambda een=een: f"{een} overnemen?" in kantoor.uitvoer, "de vraag")  # type: ignore[misc]
    assert kantoor.regels("verstuurd") == []
    kantoor.typ("n te druk")
    kantoor.wacht(1, "verstuurd")
    kantoor.typ(f"accepteer {tweede}")
    kantoor.wacht(2, "verstuurd")
    assert _overdracht(regiesysteem) == [(nummer, "geweigerd", "te druk"), (tweede, "geaccepteerd", "")]
    kantoor.typ(f"status {tweede} 2")
    assert kantoor.wacht(3, "verstuurd")[2]["soort"] == "actualiseerZaakstatus_Lk01"
    kantoor.typ(f"status {nieuw_nummer()} 2")
    [geweigerd] = kantoor.wacht(1, "geweigerd")
    assert geweigerd["soort"] == "actualiseerZaakstatus_Lk01"
    antwoord = kantoor.wacht(4, "antwoord")[-1]
    assert "Fo03" in teksten(ontleed(kantoor.bericht(antwoord)), "//s:berichtcode")
    kantoor.typ("huh")
    wacht_tot(lambda: "dat kan hier niet" in kantoor.uitvoer, "hulp")
    wacht_tot(lambda: "wijzig ZAAK TEKST  de zaak" in kantoor.uitvoer, "de hulp in kolommen")
    kantoor.typ("stop")
    assert kantoor.proces.wait(10) == 0


def test_an_answer_waits_for_a_server_that_is_not_there(
    maak_opstelling: MaakOpstelling, maak_kantoor: MaakKantoor
) -> None:
    kantoor = maak_kantoor(NAAM, NIEMAND)
    assert kantoor.stuur(regie.overdracht())[0] == 200
    wacht_tot(lambda: "nog niet gelukt" in kantoor.uitvoer, "de melding")
    wacht_tot(lambda: "--server" in kantoor.uitvoer, "wat te doen")
    assert f"Op {NIEMAND} antwoordt geen server" in kantoor.uitvoer
    assert "geaccepteerd" not in kantoor.uitvoer


def test_it_looks_for_the_server_where_the_settings_say() -> None:
    """As `regie demo` does; a wrong one is told under the name of its own option."""
    poort = str(vrije_poort())
    opties = ("--naam", NAAM, "--poort", "0")
    with subprocess.Popen(
        [sys.executable, "-m", "regiesysteem", "backoffice", *opties],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=omgeving(REGIE_HOST="0.0.0.0", REGIE_PORT=poort),
    ) as proces:
        uitvoer, _ = proces.communicate(b"stop\n", timeout=30)
    assert f"http://127.0.0.1:{poort}/stuf" in uitvoer.decode()
    uitkomst = opdracht("backoffice", *opties, "--server", "onzin")
    assert uitkomst.stderr.startswith("onzin is geen adres van een server; geef met --server er een als http")


def test_a_double_is_shown_and_not_done_again(maak_kantoor: MaakKantoor) -> None:
    kantoor = maak_kantoor(NAAM, NIEMAND, "--overdracht", "vragen")
    bericht = regie.overdracht(ref="o-9")
    assert kantoor.stuur(bericht) == kantoor.stuur(bericht)
    assert [regel["dubbel"] for regel in kantoor.wacht(2)] == [False, True]
    assert kantoor.uitvoer.count("overnemen?") == 1
    assert "dit bericht was er al" in kantoor.uitvoer


@pytest.mark.parametrize("signaal", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_with_a_message_under_way(maak_kantoor: MaakKantoor, signaal: signal.Signals) -> None:
    kantoor = maak_kantoor(NAAM, NIEMAND, "--storing", "traag:600", "--pauze", "600")

    def stuur() -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            kantoor.stuur(regie.notificatie())

    draad = threading.Thread(target=stuur)
    draad.start()
    with urllib.request.urlopen(kantoor.adres, timeout=10) as antwoord:
        assert NAAM in antwoord.read().decode()
    kantoor.proces.send_signal(signaal)
    assert kantoor.proces.wait(STOP_TIMEOUT_S) == 0
    draad.join(10)
    assert not draad.is_alive()


@pytest.mark.parametrize("ronde", range(int(os.environ.get("REGIE_STOPS", "1"))))
@pytest.mark.parametrize("onder_werk", [False, True])
@pytest.mark.parametrize(("keer", "groep"), [(1, True), (2, False)])
def test_a_stop_ends_it_always(maak_kantoor: MaakKantoor, ronde: int, onder_werk: bool, keer: int, groep: bool) -> None:
    """Right after its first word, when its main thread is anywhere; REGIE_STOPS says how often."""
    kantoor = maak_kantoor(NAAM, NIEMAND, "--storing", "traag:600")
    if onder_werk:
        with socket.create_connection(("127.0.0.1", kantoor.poort)) as lijn:
            lijn.sendall(b"POST /stuf HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            _stop(kantoor.proces, keer, groep=groep)
    else:
        _stop(kantoor.proces, keer, groep=groep)
    assert kantoor.proces.wait(STOP_TIMEOUT_S) == 0


def _stop(proces: subprocess.Popen[bytes], keer: int, *, groep: bool) -> None:
    for _ in range(keer):
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if groep else os.kill)(proces.pid, signal.SIGTERM)


def test_it_shows_the_contract_at_its_own_address(maak_kantoor: MaakKantoor) -> None:
    kantoor = maak_kantoor(NAAM, NIEMAND)
    with urllib.request.urlopen(f"{kantoor.adres}?wsdl", timeout=10) as antwoord:
        wsdl = ontleed(antwoord.read())
    assert kantoor.adres in wsdl.xpath("//@location")
    for plek in wsdl.xpath("//@schemaLocation"):
        with urllib.request.urlopen(plek, timeout=10) as antwoord:
            assert antwoord.status == 200
    with urllib.request.urlopen(f"{kantoor.adres}?x=1&singleWsdl", timeout=10) as antwoord:
        assert ontleed(antwoord.read()).xpath("//@schemaLocation") == []


@pytest.mark.parametrize("versie", ["", "12"])
def test_its_contract_holds_all_that_is_sent_to_it(maak_kantoor: MaakKantoor, versie: str) -> None:
    """zeep calls each operation of the WSDL for receivers; it may be no other than what we send."""
    client = zeep.Client(f"{maak_kantoor(NAAM, NIEMAND).adres}?wsdl")
    poort = client.bind("Ontvanger", f"Ontvanger{versie}")
    operaties = set(client.wsdl.services["Ontvanger"].ports["Ontvanger"].binding.all())
    assert operaties == {CREEER, UPDATE, "notificeerOverZaak", INITIEER, DRAAG_OVER, BEVESTIG, "Bv03", "Fo03"}
    for naam in operaties - {INITIEER}:  # a back office keeps no abonnementen
        ons = {"referentienummer": uuid.uuid4().hex, "ontvanger": {"applicatie": NAAM}}
        antwoord = poort[naam](**{**AANROEPEN[naam], "stuurgegevens": {**AANROEPEN[naam]["stuurgegevens"], **ons}})
        assert (antwoord["berichtcode"], antwoord["crossRefnummer"]) == ("Bv03", ons["referentienummer"])


def test_the_options_are_checked_before_it_listens(maak_kantoor: MaakKantoor, tmp_path: Path) -> None:
    bezet = maak_kantoor(NAAM, NIEMAND).poort
    bestand = tmp_path / "bestand"
    bestand.touch()
    for opties, tekst in (
        (("--poort", str(bezet)), f"Poort {bezet} is al in gebruik."),
        (("--poort", "0", "--naam", "X"), "--naam X: StUF wil 3 tot 50 tekens."),
        (("--poort", "0", "--storing", "soms"), "--storing soms: kies 500"),
        (("--poort", "0", "--antwoord", "misschien"), "--antwoord misschien: verwacht wordt status:NUMMER"),
        (("--poort", "0", "--server", "nergens"), "nergens is geen adres van een server"),
        (("--poort", "0", "--sla-op", str(bestand)), f"--sla-op {bestand}: hier kan niet worden geschreven"),
    ):
        uitkomst = opdracht("backoffice", "--naam", "Ander", *opties)
        assert uitkomst.returncode in {1, 2}
        [regel] = uitkomst.stderr.splitlines()
        assert regel.startswith(tekst)


def test_the_help_has_examples_that_work(maak_kantoor: MaakKantoor) -> None:
    uitkomst = opdracht("backoffice", "--help", COLUMNS="200")
    for voorbeeld in ("--haal-op", "--overdracht vragen --antwoord status:2", "--storing traag:3 --sla-op berichten"):
        assert voorbeeld in uitkomst.stdout


def test_a_zaak_that_is_sent_whole_is_taken(maak_kantoor: MaakKantoor) -> None:
    """Interaction 5 of the assignment, as a zakLk01."""
    kantoor = maak_kantoor(NAAM, NIEMAND)
    nummer = nieuw_nummer()
    assert kantoor.stuur(lk01("T", zaak(nummer)))[0] == 200
    [regel] = kantoor.regels("ontvangen")
    assert (regel["soort"], regel["zaak"], regel["gebeurtenis"]) == ("zakLk01", nummer, "nieuwe zaak")


def test_a_change_of_a_zaak_that_it_never_had_is_taken_and_shown_as_such(maak_kantoor: MaakKantoor) -> None:
    kantoor = maak_kantoor(NAAM, NIEMAND)
    bekend, vreemd = nieuw_nummer(), nieuw_nummer()
    assert kantoor.stuur(lk01("T", zaak(bekend)))[0] == 200
    for nummer in (bekend, vreemd):
        assert kantoor.stuur(lk01("W", obj(sleutel(nummer), "W"), obj(sleutel(nummer), "W")))[0] == 200
    assert kantoor.uitvoer.count("onbekende zaak") == 1
    assert kantoor.uitvoer.index("onbekende zaak") > kantoor.uitvoer.index(vreemd)
