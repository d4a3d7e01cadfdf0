"""The README: its first request works as it stands."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.berichten.bouw import teksten
from tests.interop.conftest import Demoserver

from regiesysteem.stuf.schema import controleer
from regiesysteem.stuf.xml import ontleed, ontleed_bestand

WORTEL = Path(__file__).parents[2]
README = (WORTEL / "README.md").read_text()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_the_first_request_finds_nothing_and_then_the_plan_of_the_demo(demoserver: Demoserver) -> None:
    leeg = _eerste_verzoek(demoserver)
    assert b"<StUF:aantalVoorkomens>0</StUF:aantalVoorkomens>" in leeg
    assert teksten(ontleed(leeg), "//z:antwoord/z:object/z:omschrijving") == []
    assert demoserver.speel("--adres", demoserver.adres)[0] == 0
    assert teksten(ontleed(_eerste_verzoek(demoserver)), "//z:antwoord/z:object/z:omschrijving") == [
        "Gezinsplan De Wit"
    ]


def _eerste_verzoek(server: Demoserver) -> bytes:
    [opdracht] = re.findall(r"^    (curl .*?[^\\])$", README, re.MULTILINE | re.DOTALL)
    uitkomst = subprocess.run(
        ["bash", "-c", opdracht.replace("http://127.0.0.1:8080/stuf", server.adres)],
        cwd=WORTEL,
        capture_output=True,
        timeout=30,
        check=True,
    )
    return uitkomst.stdout


def test_the_examples_of_the_docs_are_valid() -> None:
    voorbeelden = sorted((WORTEL / "docs/voorbeelden").glob("*.xml"))
    assert voorbeelden != []
    for voorbeeld in voorbeelden:
        [bericht] = ontleed_bestand(voorbeeld).xpath("//*[local-name()='Body']/*")
        assert controleer(bericht) == [], voorbeeld.name
