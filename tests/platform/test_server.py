"""`regie serve`: from an empty directory to ready, through any kill -9, and back to no process."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest
from tests.conftest import (
    START_TIMEOUT_S,
    STOP_TIMEOUT_S,
    Server,
    fetch,
    is_web,
    regie,
    start_server,
    stop_server,
    vrije_port,
    wait_on_server,
    wait_until,
)

from regiesysteem.embedded import processes_in
from regiesysteem.http.start import curl
from regiesysteem.stuf.message import Systeem


@dataclass
class Opstelling:
    """A `regie serve`, to be started, killed and started again; without `database_url` with an embedded database."""

    map_: Path
    port: int
    database_url: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def logboek(self) -> Path:
        return self.map_ / "logboek"

    def start(self, **settings: str) -> subprocess.Popen[str]:
        self.logboek.write_text("")
        basis = {"REGIE_PORT": str(self.port), "REGIE_DATA_DIR": str(self.map_ / "data"), "REGIE_STOP_TIMEOUT": "10"}
        if self.database_url:
            basis["REGIE_DATABASE_URL"] = self.database_url
        self.process = start_server(self.logboek, **(basis | settings))
        wait_on_server(self.process, self.logboek)
        return self.process

    def werkers(self) -> list[psutil.Process]:
        assert self.process is not None
        return [child for child in psutil.Process(self.process.pid).children() if is_web(child)]

    def database(self) -> list[psutil.Process]:
        return processes_in((self.map_ / "data/postgres").resolve())


@pytest.fixture
def opstelling(tmp_path: Path) -> Iterator[Opstelling]:
    new = Opstelling(tmp_path, vrije_port())
    yield new
    if new.process is not None:
        stop_server(new.process)
    assert new.database() == []


@pytest.fixture
def without_own_database(opstelling: Opstelling, module_database_url: str) -> Opstelling:
    """For what has nothing to do with the database: to make one takes longer than all the rest."""
    opstelling.database_url = module_database_url
    return opstelling


def _lives(process: psutil.Process) -> bool:
    """Tell whether it runs; in a container nobody may ask after one whose parent is gone."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def question_number(url: str) -> str:
    """Send what the printed curl line sends; the zaakidentificatie in the answer."""
    parts = shlex.split(curl(url, Systeem("1900", "WmoVoorziening"), Systeem("1900", "Regiesysteem")))
    heads = dict(parts[place + 1].split(": ", 1) for place, part in enumerate(parts) if part == "-H")
    adres = next(part for part in parts if part.startswith("http"))
    request = Request(adres, parts[parts.index("-d") + 1].encode(), heads)
    with urlopen(request, timeout=30) as outcome:
        answer: str = outcome.read().decode()
    assert "genereerZaakIdentificatie_Du02" in answer, answer
    return answer.split("identificatie>")[1].split("<", maxsplit=1)[0]


def half_bericht(port: int) -> tuple[socket.socket, Callable[[], bytes]]:
    """Send half a request, and give the way to send the rest and read the answer."""
    rest = b"<x/>"
    connection = socket.create_connection(("127.0.0.1", port), timeout=STOP_TIMEOUT_S)
    head = (
        f"POST /stuf HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {len(rest) + 1}\r\n\r\n "
    )
    connection.sendall(head.encode())

    def make_af() -> bytes:
        connection.sendall(rest)
        return connection.recv(65536)

    return connection, make_af


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_one_command_from_nothing_to_a_curl_line_that_works(opstelling: Opstelling) -> None:
    opstelling.start()
    regels = opstelling.logboek.read_text().splitlines()
    curl_regel = next(regel for regel in regels if regel.startswith("curl "))
    answer = subprocess.run(shlex.split(curl_regel), capture_output=True, text=True, check=True).stdout
    assert "genereerZaakIdentificatie_Du02" in answer
    assert ">WmoVoorziening<" in curl_regel, "the first of the example that is held to the schema"
    for path in (
        "/stuf/OntvangAsynchroon",
        "/stuf/BeantwoordVraag",
        "/stuf/VrijeBerichten",
        "/healthz",
        "/readyz",
        "/metrics",
    ):
        assert any(f"{opstelling.url}{path} " in regel for regel in regels)
    assert len(opstelling.werkers()) == 2


def test_a_second_start_keeps_the_data_and_stopping_leaves_no_process(opstelling: Opstelling) -> None:
    process = opstelling.start()
    first = question_number(opstelling.url)
    werkers = opstelling.werkers()
    assert stop_server(process) == 0
    assert not any(werker.is_running() for werker in werkers)
    assert opstelling.database() == []
    opstelling.start()
    assert int(question_number(opstelling.url)) > int(first)


def test_stopping_finishes_what_is_under_way_and_then_the_database(opstelling: Opstelling) -> None:
    _stop_with_something_under_way(opstelling, signal.SIGTERM)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_finish_what_is_under_way_too(without_own_database: Opstelling, sig: signal.Signals) -> None:
    _stop_with_something_under_way(without_own_database, sig)


def _stop_with_something_under_way(opstelling: Opstelling, sig: signal.Signals) -> None:
    process = opstelling.start()
    connection, make_af = half_bericht(opstelling.port)
    with closing(connection):
        wait_until(lambda: fetch(f"{opstelling.url}/healthz")[0] == 200, "verzoek aangenomen")
        process.send_signal(sig)
        wait_until(lambda: not _luistert(opstelling.port), "neemt niets meer aan")
        assert make_af().startswith(b"HTTP/1.1 ")
    assert process.wait(STOP_TIMEOUT_S) == 0


def test_ctrl_c_in_a_terminal_finishes_what_is_under_way(opstelling: Opstelling) -> None:
    """A terminal sends SIGINT to every process of the group, the server processes too."""
    process = opstelling.start()
    every = psutil.Process(process.pid).children(recursive=True)
    connection, make_af = half_bericht(opstelling.port)
    with closing(connection):
        wait_until(lambda: fetch(f"{opstelling.url}/healthz")[0] == 200, "verzoek aangenomen")
        os.killpg(process.pid, signal.SIGINT)
        wait_until(lambda: not _luistert(opstelling.port), "neemt niets meer aan")
        os.killpg(process.pid, signal.SIGINT)  # who waits presses again
        assert make_af().startswith(b"HTTP/1.1 ")
    assert process.wait(STOP_TIMEOUT_S) == 0
    wait_until(lambda: not any(map(_lives, every)), "alle processen weg")
    output = opstelling.logboek.read_text()
    for onrust in ("Unexpected exit", "Traceback", "Fatal Python error"):
        assert onrust not in output


@pytest.mark.parametrize("ronde", range(int(os.environ.get("REGIE_STOPS", "1"))))
@pytest.mark.parametrize(
    ("stuur", "keren", "werk"), [(os.kill, 1, False), (os.kill, 2, True), (os.killpg, 1, True), (os.killpg, 2, False)]
)
def test_a_stop_is_heard_idle_and_after_work(
    without_own_database: Opstelling, stuur: Callable[[int, int], None], keren: int, werk: bool, ronde: int
) -> None:
    """With its worker, right after its first word; REGIE_STOPS says how often."""
    process = without_own_database.start()
    every = psutil.Process(process.pid).children(recursive=True)
    assert len(every) == 3
    if werk:
        question_number(without_own_database.url)
    for _ in range(keren):
        stuur(process.pid, signal.SIGTERM)
    assert process.wait(STOP_TIMEOUT_S) == 0
    assert not any(map(_lives, every))
    assert "Traceback" not in without_own_database.logboek.read_text()


def test_a_client_that_never_finishes_does_not_hold_up_the_stop(without_own_database: Opstelling) -> None:
    process = without_own_database.start(REGIE_STOP_TIMEOUT="1")
    connection, _ = half_bericht(without_own_database.port)
    with closing(connection):
        assert stop_server(process) == 0


def test_a_killed_process_is_replaced(without_own_database: Opstelling) -> None:
    without_own_database.start()
    for _ in range(2):  # the second time within seconds
        old = without_own_database.werkers()
        for werker in old:
            werker.kill()
        wait_until(
            lambda old=old: (
                len(without_own_database.werkers()) == 2 and not set(old) & set(without_own_database.werkers())
            ),
            "nieuwe",
        )
    wait_until(
        lambda: _luistert(without_own_database.port) and fetch(f"{without_own_database.url}/readyz")[0] == 200,
        "weer klaar",
    )
    question_number(without_own_database.url)


def test_a_killed_database_is_replaced(opstelling: Opstelling) -> None:
    opstelling.start()
    first = question_number(opstelling.url)
    for process in opstelling.database():
        with suppress(psutil.NoSuchProcess):  # the others stop by themselves once the first is gone
            process.kill()
    wait_until(lambda: fetch(f"{opstelling.url}/readyz")[0] == 200 and bool(opstelling.database()), "database terug")
    assert int(question_number(opstelling.url)) > int(first)


def test_after_kill_of_the_main_process_the_others_stop_and_the_next_start_works(opstelling: Opstelling) -> None:
    process = opstelling.start()
    first = question_number(opstelling.url)
    werkers = opstelling.werkers()
    process.kill()
    process.wait()
    wait_until(lambda: not any(werker.is_running() for werker in werkers), "werkers gestopt")
    opstelling.start()
    assert int(question_number(opstelling.url)) > int(first)


def test_after_kill_of_everything_nothing_acknowledged_is_lost(opstelling: Opstelling) -> None:
    process = opstelling.start()
    first = question_number(opstelling.url)
    alles = [psutil.Process(process.pid), *opstelling.werkers(), *opstelling.database()]
    for slachtoffer in alles:
        with suppress(psutil.NoSuchProcess):  # ended by itself, the others being gone
            slachtoffer.kill()
    process.wait()
    opstelling.start()
    assert int(question_number(opstelling.url)) > int(first)
    settings = {"REGIE_PORT": str(opstelling.port), "REGIE_DATA_DIR": str(opstelling.map_ / "data")}
    # The server answers before its worker has started.
    wait_until(lambda: regie("status", **settings).returncode == 0, "alles goed", logboek=opstelling.logboek)


def test_a_port_in_use_is_told(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    ready = regie("serve", REGIE_PORT=port, REGIE_DATABASE_URL=server.database_url)
    assert ready.returncode == 2
    assert f"REGIE_PORT={port}: deze poort is al in gebruik" in ready.stderr
    assert "Traceback" not in ready.stderr


def test_an_address_that_is_not_ours_is_told(server: Server) -> None:
    ready = regie("serve", REGIE_HOST="192.0.2.1", REGIE_DATABASE_URL=server.database_url)
    assert ready.returncode == 2
    assert "hier kan de server niet luisteren" in ready.stderr


@pytest.mark.parametrize("soort", ["bestand", "bestand/eronder", "/proc/regie", "/sys/regie"])
@pytest.mark.parametrize("command", ["serve", "migreer"])
def test_a_data_directory_that_cannot_be_used_is_told(tmp_path: Path, command: str, soort: str) -> None:
    (tmp_path / "bestand").touch()
    map_ = str(tmp_path / soort)
    ready = regie(command, REGIE_PORT="0", REGIE_DATABASE_URL="", REGIE_DATA_DIR=map_)
    assert ready.returncode == 2
    assert f"REGIE_DATA_DIR={map_}: " in ready.stderr
    assert "verwacht wordt een map waarin geschreven mag worden" in ready.stderr
    assert "Traceback" not in ready.stderr


def test_open_to_all_is_refused_beyond_this_machine_unless_said_in_so_many_words(
    opstelling: Opstelling, module_database_url: str
) -> None:
    data = {"REGIE_HOST": "0.0.0.0", "REGIE_DATABASE_URL": module_database_url}
    ready = regie("serve", REGIE_PORT="0", **data)
    assert ready.returncode == 2
    for oplossing in ("REGIE_HOST", 'autorisatie = "applicaties"', "REGIE_AFGESCHERMD=true"):
        assert oplossing in ready.stderr
    opstelling.start(REGIE_AFGESCHERMD="true", **data)
    assert fetch(f"{opstelling.url}/readyz") == (200, "ok\n")


def test_a_wrong_inrichting_is_told_and_nothing_keeps_running(tmp_path: Path) -> None:
    (tmp_path / "fout.toml").write_text("[gemeente]\ncode = 'abc'\n")
    ready = regie(
        "serve", REGIE_DATA_DIR=str(tmp_path / "data"), REGIE_INRICHTING=str(tmp_path / "fout.toml"), REGIE_PORT="0"
    )
    assert ready.returncode == 1
    assert "gemeente.code" in ready.stderr
    assert "Traceback" not in ready.stderr
    assert processes_in((tmp_path / "data/postgres").resolve()) == []


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_during_the_start_leaves_no_process(opstelling: Opstelling, sig: signal.Signals) -> None:
    opstelling.process = start_server(
        opstelling.logboek, REGIE_PORT=str(opstelling.port), REGIE_DATA_DIR=str(opstelling.map_ / "data")
    )
    wait_until(lambda: "postgres_gestart" in opstelling.logboek.read_text(), "database gestart", START_TIMEOUT_S)
    os.killpg(opstelling.process.pid, sig)
    assert opstelling.process.wait(STOP_TIMEOUT_S) == 0
    assert "Traceback" not in opstelling.logboek.read_text()


def _luistert(port: int) -> bool:
    with closing(socket.socket()) as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
