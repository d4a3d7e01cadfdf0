"""A client in another language: node's soap package reads the WSDL of a running server and calls every operation."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import Server
from tests.interop.gepubliceerd import REGIE, operaties, poort

from regiesysteem.soap.toepassing import DEUREN

HIER = Path(__file__).parent


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of package-lock.json, installed beside no other."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not on this machine")
    map_ = tmp_path_factory.mktemp("node")
    for naam in ("package.json", "package-lock.json"):
        shutil.copy(HIER / naam, map_)
    opdracht = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    uitkomst = subprocess.run(opdracht, cwd=map_, capture_output=True, text=True, timeout=240, check=False)
    if uitkomst.returncode:
        pytest.skip(f"npm ci finds no packages here: {uitkomst.stderr[-300:]}")
    return map_ / "node_modules" / "aanroep.js"


def test_node_reads_each_wsdl_and_its_messages(server: Server, modules: Path) -> None:
    for pad, deur in DEUREN.items():
        adres = f"{server.url}/stuf/{pad}".rstrip("/")
        opdracht = ["node", str(HIER / "contract.js"), str(modules), adres]
        uitkomst = subprocess.run(opdracht, capture_output=True, text=True, timeout=60, check=False)
        assert uitkomst.returncode == 0, uitkomst.stderr
        gelezen = json.loads(uitkomst.stdout)
        assert gelezen.keys() == {poort(deur), f"{poort(deur)}12"}
        for berichten in gelezen.values():
            assert set(berichten) == operaties(deur)
            assert all("stuurgegevens" in invoer for invoer in berichten.values())


def test_node_calls_every_operation_and_reads_the_answers(server: Server, modules: Path) -> None:
    opdracht = ["node", str(HIER / "backoffice.js"), str(modules), f"{server.url}/stuf"]
    uitkomst = subprocess.run(opdracht, capture_output=True, text=True, timeout=60, check=False)
    assert uitkomst.returncode == 0, uitkomst.stderr
    gelezen = json.loads(uitkomst.stdout)
    nummer = gelezen.pop("nummer")
    assert nummer.startswith("1900")
    assert gelezen == {
        "codes": ["Bv03", "Bv03", "Bv03"],
        "omschrijving": "Uit JavaScript",
        "status": "In behandeling",
        "gevonden": nummer,
        "fout": "StUF067",
    }


@pytest.mark.usefixtures("aanbod")
def test_node_calls_every_operation_of_regie(server: Server, modules: Path) -> None:
    opdracht = ["node", str(HIER / "regie.js"), str(modules), f"{server.url}/stuf/RegieZaakServices"]
    uitkomst = subprocess.run(opdracht, capture_output=True, text=True, timeout=60, check=False)
    assert uitkomst.returncode == 0, uitkomst.stderr
    gelezen = json.loads(uitkomst.stdout)
    assert gelezen == dict.fromkeys(operaties(REGIE), "Bv03") | {"fout": "StUF055"}
