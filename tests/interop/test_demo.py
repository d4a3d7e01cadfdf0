"""`regie demo`: a zeep client plays the interactions of the assignment against a running server, twice."""

import re
from urllib.parse import urlsplit

import pytest
from tests.conftest import Server, regie, vrije_poort


def test_the_demo_plays_all_interactions_and_shows_the_plans(server: Server) -> None:
    for _ in range(2):
        uitkomst = regie("demo", "--adres", f"{server.url}/stuf", COLUMNS="200")
        assert uitkomst.returncode == 0, uitkomst.stderr
        boom = uitkomst.stdout.partition("Waar elk plan staat")[2]
        assert len(re.findall(r"^Gezinsplan ", boom, re.MULTILINE)) == 4
        takken = re.findall(r"Huishoudelijke hulp .*, 4 uur per week", boom)
        assert len(takken) == 4
        statussen = re.findall(r"\d\. (?:Melding ontvangen|Onderzoek gestart|Aanvraag ontvangen)", boom)
        documenten = uitkomst.stdout.partition("Waar elk plan staat")[0]
        assert len(re.findall(r"Gezinsplan [\w ]+ \(Gezinsplan, versie 2\.0\)", documenten)) == 4
        assert len(re.findall(r"Verslag huisbezoek [\w ]+ \(Verslag, versie 1\.0\)", documenten)) == 3
        assert len(re.findall(r"geweigerd .*in bewerking bij Regie-app sinds", documenten)) == 4
        assert statussen == ["1. Melding ontvangen", "2. Onderzoek gestart", "3. Aanvraag ontvangen"] * 4
    for nummer in ("1", "2, 3", "4", "6", "7", "8", "9, 10"):
        assert uitkomst.stdout.count(f"Interactie {nummer}:") == 4


def test_the_demo_shows_the_messages_when_asked(server: Server) -> None:
    uitkomst = regie("demo", "--adres", f"{server.url}/stuf", "--toon-berichten")
    assert uitkomst.stdout.count("Envelope>") >= 90


@pytest.mark.parametrize("pad", ["/stuf", "/nergens", ""])
def test_the_demo_says_what_to_do_without_a_server(pad: str) -> None:
    uitkomst = regie("demo", "--adres", f"http://127.0.0.1:{vrije_poort()}{pad}")
    assert uitkomst.returncode == 1
    [regel] = uitkomst.stderr.splitlines()
    assert re.fullmatch(r"Op http://\S+ antwoordt geen server; start hem in een ander venster met: make run", regel)


def test_the_demo_goes_by_the_settings_and_the_address_may_leave_out_stuf(server: Server) -> None:
    delen = urlsplit(server.url)
    assert regie("demo", REGIE_HOST=str(delen.hostname), REGIE_PORT=str(delen.port)).returncode == 0
    assert regie("demo", "--adres", server.url).returncode == 0


@pytest.mark.parametrize("pad", ["/stuf/VrijeBerichten", "/nergens", "/healthz"])
def test_the_demo_says_that_the_address_is_another(server: Server, pad: str) -> None:
    uitkomst = regie("demo", "--adres", server.url + pad)
    assert uitkomst.returncode == 1
    [regel] = uitkomst.stderr.splitlines()
    assert "/stuf" in regel


@pytest.mark.parametrize("adres", ["127.0.0.1:8080/stuf", "ftp://127.0.0.1/stuf", "http://", "http://127.0.0.1:x"])
def test_the_demo_refuses_what_is_no_address(adres: str) -> None:
    uitkomst = regie("demo", "--adres", adres)
    assert uitkomst.returncode == 1
    [regel] = uitkomst.stderr.splitlines()
    assert regel.startswith(f"{adres} is geen adres van een server")
