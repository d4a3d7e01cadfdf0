"""`regie demo`: a zeep client and two back offices play the ten interactions of the assignment against a server."""

import errno
import re
import socket
from contextlib import closing

import pytest
from tests.conftest import Server, regie, vrije_poort
from tests.interop.conftest import Demoserver

VOORTGANG = ["1. Melding ontvangen", "2. Onderzoek gestart", "3. Aanvraag ontvangen"]


def test_the_demo_plays_all_interactions_and_shows_the_plans(demoserver: Demoserver) -> None:
    database = demoserver.regie.database_url
    code, uitvoer, fouten = demoserver.speel("--adres", demoserver.adres, REGIE_DATABASE_URL=database)
    assert code == 0, fouten
    for nummer in ("1", "2, 3", "4", "5", "6", "7", "8", "9, 10"):
        assert uitvoer.count(f"Interactie {nummer}:") == 4
    verloop, _, boom = uitvoer.partition("Waar elk plan staat")
    assert len(re.findall(r"^Gezinsplan ", boom, re.MULTILINE)) == 4
    assert len(re.findall(r"Huishoudelijke hulp .*, 4 uur per week", boom)) == 4
    assert len(re.findall(r"Gezinsplan [\w ]+ \(Gezinsplan, versie 2\.0\)", verloop)) == 4
    assert len(re.findall(r"Verslag huisbezoek [\w ]+ \(Verslag, versie 1\.0\)", verloop)) == 3
    assert len(re.findall(r"geweigerd .*in bewerking bij Regie-app sinds", verloop)) == 4
    assert re.findall(r"\d\. (?:Melding ontvangen|Onderzoek gestart|Aanvraag ontvangen)", boom) == VOORTGANG * 4
    moment = r"\d\d:\d\d:\d\d\.\d{3}"
    # Of each plan both hear that it came and changed; of each deelplan one hears how far it is.
    assert len(re.findall(rf"{moment} (?:WmoVoorziening|Schuldhulp) hoorde: Creeer zaak, status 1 Signaal", boom)) == 8
    assert len(re.findall(rf"{moment} Schuldhulp hoorde: Actualiseer zaakstatus", boom)) == 8
    # Who made the deelplan is not told of it; the other gets it whole, as news and once more before it is offered.
    mee = r"zaak, status 1 Melding ontvangen, hoort bij (\d+), met domeingegevens/iWmo"
    nieuw, gewijzigd = (
        re.findall(rf"{moment} WmoVoorziening hoorde: {soort} {mee}", boom) for soort in ("nieuwe", "gewijzigde")
    )
    assert len(nieuw) == 2
    assert set(nieuw) == set(gewijzigd)
    assert len(re.findall(rf"{moment} WmoVoorziening antwoordde: Overdracht geaccepteerd", boom)) == 2
    assert len(re.findall(rf"{moment} Schuldhulp antwoordde: Overdracht geweigerd", boom)) == 1
    standen = demoserver.regie.sql("SELECT applicatie, stand FROM overdracht ORDER BY id")
    assert standen == [
        ("WmoVoorziening", "geaccepteerd"),
        ("Schuldhulp", "geweigerd"),
        ("WmoVoorziening", "geaccepteerd"),
    ]
    for poort in demoserver.poorten:
        with closing(socket.socket()) as klant:
            assert klant.connect_ex(("127.0.0.1", poort)) == errno.ECONNREFUSED  # nobody is left


def test_without_the_database_the_demo_says_how_to_hand_over_and_plays_on(demoserver: Demoserver) -> None:
    """It goes by the settings, its address may leave out /stuf, and it shows the messages when asked."""
    code, uitvoer, fouten = demoserver.speel("--toon-berichten", REGIE_PORT=str(demoserver.regie.poort))
    assert code == 0, fouten
    assert uitvoer.count("Envelope>") >= 90
    assert (
        len(re.findall(r"Zelf proberen kan .*: regie zaak overdragen \d+ (?:WmoVoorziening|Schuldhulp)", uitvoer)) == 2
    )
    boom = uitvoer.partition("Waar elk plan staat")[2]
    assert len(re.findall(r"\d\. (?:Melding ontvangen|Onderzoek gestart|Aanvraag ontvangen)", boom)) >= 12


def test_a_port_that_is_taken_is_told(demoserver: Demoserver) -> None:
    with closing(socket.socket()) as bezet:
        bezet.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a moment ago do not count
        bezet.bind(("127.0.0.1", demoserver.poorten[1]))
        bezet.listen()
        code, _, fouten = demoserver.speel("--adres", demoserver.adres.removesuffix("/stuf"))
    assert code == 1
    assert f"Poort {demoserver.poorten[1]} is al in gebruik." in fouten
    assert "geef de demo een andere poort" in fouten


def test_it_tells_what_to_look_at_when_nothing_arrives(demoserver: Demoserver) -> None:
    """As without a worker, or with an inrichting that has another address."""
    elders = demoserver.poorten
    demoserver.poorten = vrije_poort(), vrije_poort()
    try:
        code, _, fouten = demoserver.speel("--adres", demoserver.adres)
    finally:
        demoserver.poorten = elders
    assert code == 1
    assert "WmoVoorziening zag niet binnen 20 seconden" in fouten
    for raad in ("regie worker", "regie inrichting laad", "regie notificaties lijst --ontvanger WmoVoorziening"):
        assert raad in fouten


@pytest.mark.parametrize("pad", ["/stuf", "/nergens", ""])
def test_the_demo_says_what_to_do_without_a_server(pad: str) -> None:
    uitkomst = regie("demo", "--adres", f"http://127.0.0.1:{vrije_poort()}{pad}")
    assert uitkomst.returncode == 1
    [regel] = uitkomst.stderr.splitlines()
    assert re.fullmatch(r"Op http://\S+ antwoordt geen server; start hem in een ander venster met: make run", regel)


@pytest.mark.parametrize("pad", ["/stuf/VrijeBerichten", "/nergens", "/healthz"])
def test_the_demo_says_that_the_address_is_another(server: Server, pad: str) -> None:
    uitkomst = regie("demo", "--adres", server.url + pad, "--poort-wmo", str(vrije_poort()))
    assert uitkomst.returncode == 1
    [regel] = uitkomst.stderr.splitlines()
    assert "/stuf" in regel


@pytest.mark.parametrize("adres", ["127.0.0.1:8080/stuf", "ftp://127.0.0.1/stuf", "http://", "http://127.0.0.1:x"])
def test_the_demo_refuses_what_is_no_address(adres: str) -> None:
    uitkomst = regie("demo", "--adres", adres)
    assert uitkomst.returncode == 1
    [regel] = uitkomst.stderr.splitlines()
    assert regel.startswith(f"{adres} is geen adres van een server")
