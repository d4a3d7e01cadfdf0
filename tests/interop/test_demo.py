"""`regie demo`: a zeep client and two back offices play the ten interactions of the assignment against a server."""

import errno
import re
import socket
from contextlib import closing

import pytest
from tests.conftest import Server, regie, vrije_port
from tests.interop.conftest import Demoserver

VOORTGANG = ["1. Melding ontvangen", "2. Onderzoek gestart", "3. Aanvraag ontvangen"]


def test_the_demo_plays_all_interactions_and_shows_the_plans(demoserver: Demoserver) -> None:
    database = demoserver.regie.database_url
    code, output, fouten = demoserver.play("--adres", demoserver.adres, REGIE_DATABASE_URL=database)
    assert code == 0, fouten
    for number in ("1", "2, 3", "4", "5", "6", "7", "8", "9, 10"):
        assert output.count(f"Interactie {number}:") == 4
    expire, _, tree = output.partition("Waar elk plan staat")
    assert len(re.findall(r"^Gezinsplan ", tree, re.MULTILINE)) == 4
    assert len(re.findall(r"Huishoudelijke hulp .*, 4 uur per week", tree)) == 4
    assert len(re.findall(r"Gezinsplan [\w ]+ \(Gezinsplan, versie 2\.0\)", expire)) == 4
    assert len(re.findall(r"Verslag huisbezoek [\w ]+ \(Verslag, versie 1\.0\)", expire)) == 3
    assert len(re.findall(r"geweigerd .*in bewerking bij Regie-app sinds", expire)) == 4
    assert re.findall(r"\d\. (?:Melding ontvangen|Onderzoek gestart|Aanvraag ontvangen)", tree) == VOORTGANG * 4
    moment = r"\d\d:\d\d:\d\d\.\d{3}"
    # Both hear of each plan that it came and changed; one hears of each deelplan how far it is.
    assert len(re.findall(rf"{moment} (?:WmoVoorziening|Schuldhulp) hoorde: Creeer zaak, status 1 Signaal", tree)) == 8
    assert len(re.findall(rf"{moment} Schuldhulp hoorde: Actualiseer zaakstatus", tree)) == 8
    # The maker of the deelplan is not told of it; the other gets it whole, as news and once more before it is offered.
    along = r"zaak, status 1 Melding ontvangen, hoort bij (\d+), met domeingegevens/iWmo"
    new, modified = (
        re.findall(rf"{moment} WmoVoorziening hoorde: {soort} {along}", tree) for soort in ("nieuwe", "gewijzigde")
    )
    assert len(new) == 2
    assert set(new) == set(modified)
    assert len(re.findall(rf"{moment} WmoVoorziening antwoordde: Overdracht geaccepteerd", tree)) == 2
    assert len(re.findall(rf"{moment} Schuldhulp antwoordde: Overdracht geweigerd", tree)) == 1
    states = demoserver.regie.sql("SELECT applicatie, stand FROM overdracht ORDER BY id")
    assert states == [
        ("WmoVoorziening", "geaccepteerd"),
        ("Schuldhulp", "geweigerd"),
        ("WmoVoorziening", "geaccepteerd"),
    ]
    begin = demoserver.adres.removesuffix("/stuf")
    people = r"^(?:de regisseur|iemand van het wijkteam|de beheerder) +"
    assert len(re.findall(rf"{people}{begin}/inloggen/\S+$", output, re.MULTILINE)) == 3
    for port in demoserver.ports:
        with closing(socket.socket()) as client:
            assert client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED  # nobody is left


def test_without_the_database_the_demo_says_how_to_hand_over_and_plays_on(demoserver: Demoserver) -> None:
    """It goes by the settings, its address may leave out /stuf, and it shows the messages when asked."""
    code, output, fouten = demoserver.play("--toon-berichten", REGIE_PORT=str(demoserver.regie.port))
    assert code == 0, fouten
    assert output.count("Envelope>") >= 90
    assert (
        len(re.findall(r"Zelf proberen kan .*: regie zaak overdragen \d+ (?:WmoVoorziening|Schuldhulp)", output)) == 2
    )
    tree = output.partition("Waar elk plan staat")[2]
    assert len(re.findall(r"\d\. (?:Melding ontvangen|Onderzoek gestart|Aanvraag ontvangen)", tree)) >= 12


def test_a_port_that_is_taken_is_told(demoserver: Demoserver) -> None:
    with closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a moment ago do not count
        taken.bind(("127.0.0.1", demoserver.ports[1]))
        taken.listen()
        code, _, fouten = demoserver.play("--adres", demoserver.adres.removesuffix("/stuf"))
    assert code == 1
    assert f"Poort {demoserver.ports[1]} is al in gebruik." in fouten
    assert "geef de demo een andere poort" in fouten


def test_it_tells_what_to_look_at_when_nothing_arrives(demoserver: Demoserver) -> None:
    """As without a worker, or with an inrichting that has another address."""
    elsewhere = demoserver.ports
    demoserver.ports = vrije_port(), vrije_port()
    try:
        code, _, fouten = demoserver.play("--adres", demoserver.adres)
    finally:
        demoserver.ports = elsewhere
    assert code == 1
    assert "WmoVoorziening zag niet binnen 20 seconden" in fouten
    for advice in ("regie worker", "regie inrichting laad", "regie notificaties lijst --ontvanger WmoVoorziening"):
        assert advice in fouten


@pytest.mark.parametrize("path", ["/stuf", "/nergens", ""])
def test_the_demo_says_what_to_do_without_a_server(path: str) -> None:
    outcome = regie("demo", "--adres", f"http://127.0.0.1:{vrije_port()}{path}")
    assert outcome.returncode == 1
    [regel] = outcome.stderr.splitlines()
    assert re.fullmatch(r"Op http://\S+ antwoordt geen server; start hem in een ander venster met: make run", regel)


@pytest.mark.parametrize("path", ["/stuf/VrijeBerichten", "/nergens", "/healthz"])
def test_the_demo_says_that_the_address_is_another(server: Server, path: str) -> None:
    outcome = regie("demo", "--adres", server.url + path, "--poort-wmo", str(vrije_port()))
    assert outcome.returncode == 1
    [regel] = outcome.stderr.splitlines()
    assert "/stuf" in regel


@pytest.mark.parametrize("adres", ["127.0.0.1:8080/stuf", "ftp://127.0.0.1/stuf", "http://", "http://127.0.0.1:x"])
def test_the_demo_refuses_what_is_no_address(adres: str) -> None:
    outcome = regie("demo", "--adres", adres)
    assert outcome.returncode == 1
    [regel] = outcome.stderr.splitlines()
    assert regel.startswith(f"{adres} is geen adres van een server")
