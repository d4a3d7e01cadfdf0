"""The README: every command in it works as it stands there, in the order in which a newcomer types them."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.berichten.bouw import ACTIE, envelope, lv01, texts
from tests.conftest import STOP_TIMEOUT_S, environment, vrije_port, wait_on_server
from tests.interop.conftest import demo_inrichting

from regiesysteem.stuf.schema import check
from regiesysteem.stuf.xml import parse, parse_file

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent
STAMPS = [f".venv/.{what}-{sys.version_info[0]}.{sys.version_info[1]}" for what in ("build", "run", "dev")]

NEW_SENDER = (
    ".venv/bin/regie applicatie nieuw",
    ".venv/bin/regie inrichting laad",
    ".venv/bin/regie applicatie wachtwoord",
)

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("make", "curl")), reason="make or curl is not on this machine"
)


class Newcomer:
    """Runs the commands of the README at a port, database and inrichting of the test; nothing is installed again."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.port = vrije_port()
        self.back_offices = vrije_port(), vrije_port()
        self.log = folder / "make-run.log"
        self.folder = folder
        (folder / "demo.toml").write_text(demo_inrichting(self.back_offices))
        self.environment = environment(
            REGIE_PORT=str(self.port),
            REGIE_DATABASE_URL=database_url,
            REGIE_DATA_DIR=str(folder / "data"),
            REGIE_INRICHTING=str(folder / "demo.toml"),
            PYTHONPATH=str(ROOT / "src"),
            MAKEFLAGS="",  # a `make test` around this test hands on its own variables
        )
        self.commands = re.findall(r"^    (\S.*?[^\\])(?: +#.*)?$", README.replace("\\\n", ""), re.MULTILINE)

    def line(self, start: str) -> str:
        """The one command of the README that begins so, for this machine: its own Python, no installing, our port."""
        [command] = [command for command in self.commands if command.startswith(start)]
        there = command.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}").replace(".venv/bin", str(BIN))
        there = there.replace("mijn.toml", str(self.folder / "mijn.toml"))
        return re.sub("^make ", f"exec make BIN={BIN} {' '.join(f'-o {stamp}' for stamp in STAMPS)} ", there)

    def run(self, start: str, *, typed: bytes = b"", **environment: str) -> bytes:
        """Run that command to its end, which must be a good one; gives what it printed."""
        done = subprocess.run(
            ["bash", "-c", self.line(start)],
            cwd=ROOT,
            env=self.environment | environment,
            input=typed,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (start, done.stdout, done.stderr)
        return done.stdout

    def plans(self) -> list[str]:
        """The plans in the answer to the first request."""
        return texts(parse(self.run("curl ")), "//z:antwoord/z:object/z:omschrijving")


@pytest.fixture(scope="module")
def newcomer(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """Somebody who typed `make run`, and presses Ctrl-C at the end."""
    person = Newcomer(module_database_url, tmp_path_factory.mktemp("readme"))
    with person.log.open("w") as output:
        server = subprocess.Popen(
            ["bash", "-c", person.line("make run")],
            cwd=ROOT,
            env=person.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        wait_on_server(server, person.log)
        yield person
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(STOP_TIMEOUT_S)


def test_every_command_of_the_readme_is_run_here(newcomer: Newcomer) -> None:
    starts = ("make run", "make test", "curl ", "make demo", ".venv/bin/regie status", *NEW_SENDER)
    assert [command for command in newcomer.commands if not command.startswith(starts)] == []
    assert len(newcomer.commands) == len(starts)


def test_make_run_shows_the_addresses_and_how_to_stop(newcomer: Newcomer) -> None:
    text = newcomer.log.read_text()
    assert "Stoppen: Ctrl-C" in text
    assert f"http://127.0.0.1:{newcomer.port}/stuf" in text
    assert "curl " in text


def test_the_first_request_finds_nothing_and_then_the_plan_of_the_demo(newcomer: Newcomer) -> None:
    assert b"<StUF:aantalVoorkomens>0</StUF:aantalVoorkomens>" in newcomer.run("curl ")
    assert newcomer.plans() == []
    wmo, schuldhulp = newcomer.back_offices
    newcomer.run("make demo", ARGS=f"--poort-wmo {wmo} --poort-schuldhulp {schuldhulp}")
    assert newcomer.plans() == ["Gezinsplan De Wit"]


def test_regie_status_says_that_all_works(newcomer: Newcomer) -> None:
    assert newcomer.run(".venv/bin/regie status") != b""


def test_three_commands_add_a_sender_that_proves_itself(newcomer: Newcomer) -> None:
    """The last command of these that needs the example: after it only listed applicaties may."""
    mine = newcomer.folder / "mijn.toml"
    mine.write_text((newcomer.folder / "demo.toml").read_text().replace('"open"', '"applicaties"', 1))
    for command in NEW_SENDER:
        newcomer.run(command, typed=b"een wachtwoord voor Mijnpakket\n")
    question = envelope(lv01().replace(">GWS4all<", ">Mijnpakket<"))
    url = f"http://127.0.0.1:{newcomer.port}/stuf"
    headers = {"Content-Type": "text/xml", "SOAPAction": f'"{ACTIE}zakLv01"'}
    right, wrong = ("Mijnpakket", "een wachtwoord voor Mijnpakket"), ("Mijnpakket", "een ander wachtwoord")
    answers = [requests.post(url, question, headers=headers, auth=auth, timeout=60) for auth in (right, wrong, None)]
    assert [answer.status_code for answer in answers] == [200, 401, 401]


def test_make_test_runs_the_tests(newcomer: Newcomer) -> None:
    """One file of them: all of them run this test too."""
    assert b" passed" in newcomer.run("make test", ARGS="-q -n 0 tests/architectuur/test_docs.py")


def test_the_examples_of_the_docs_are_valid() -> None:
    voorbeelden = sorted((ROOT / "docs/voorbeelden").glob("*.xml"))
    assert voorbeelden != []
    for example in voorbeelden:
        [bericht] = parse_file(example).xpath("//*[local-name()='Body']/*")
        assert check(bericht) == [], example.name
