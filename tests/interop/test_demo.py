"""`regie demo`: a zeep client plays the interactions of the assignment against a running server, twice."""

import re

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


@pytest.mark.parametrize("pad", ["stuf", "nergens"])
def test_the_demo_says_what_to_do_without_a_server(pad: str) -> None:
    uitkomst = regie("demo", "--adres", f"http://127.0.0.1:{vrije_poort()}/{pad}")
    assert uitkomst.returncode == 1
    assert "make run" in uitkomst.stderr
    assert "Traceback" not in uitkomst.stderr
