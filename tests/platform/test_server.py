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
    haal,
    is_web,
    regie,
    start_server,
    stop_server,
    vrije_poort,
    wacht_op_server,
    wacht_tot,
)

from regiesysteem.embedded import processes_in
from regiesysteem.http.app import Partij, curl


@dataclass
class Opstelling:
    """A `regie serve`, to be started, killed and started again; without `database_url` with an embedded database."""

    map_: Path
    poort: int
    database_url: str = ""
    proces: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.poort}"

    @property
    def logboek(self) -> Path:
        return self.map_ / "logboek"

    def start(self, **instellingen: str) -> subprocess.Popen[str]:
        self.logboek.write_text("")
        basis = {"REGIE_PORT": str(self.poort), "REGIE_DATA_DIR": str(self.map_ / "data"), "REGIE_STOP_TIMEOUT": "10"}
        if self.database_url:
            basis["REGIE_DATABASE_URL"] = self.database_url
        self.proces = start_server(self.logboek, **(basis | instellingen))
        wacht_op_server(self.proces, self.logboek)
        return self.proces

    def werkers(self) -> list[psutil.Process]:
        assert self.proces is not None
        return [kind for kind in psutil.Process(self.proces.pid).children() if is_web(kind)]

    def database(self) -> list[psutil.Process]:
        return processes_in((self.map_ / "data/postgres").resolve())


@pytest.fixture
def opstelling(tmp_path: Path) -> Iterator[Opstelling]:
    nieuw = Opstelling(tmp_path, vrije_poort())
    yield nieuw
    if nieuw.proces is not None:
        stop_server(nieuw.proces)
    assert nieuw.database() == []


@pytest.fixture
def zonder_eigen_database(opstelling: Opstelling, module_database_url: str) -> Opstelling:
    """For what has nothing to do with the database: to make one takes longer than all the rest."""
    opstelling.database_url = module_database_url
    return opstelling


def _leeft(proces: psutil.Process) -> bool:
    """Whether it runs; in a container nobody may ask after one whose parent is gone."""
    with suppress(psutil.NoSuchProcess):
        return proces.is_running() and proces.status() != psutil.STATUS_ZOMBIE
    return False


def vraag_nummer(url: str) -> str:
    """Send what the printed curl line sends; the zaakidentificatie in the answer."""
    delen = shlex.split(curl(url, Partij("1900", "WmoVoorziening"), Partij("1900", "Regiesysteem")))
    koppen = dict(delen[plaats + 1].split(": ", 1) for plaats, deel in enumerate(delen) if deel == "-H")
    adres = next(deel for deel in delen if deel.startswith("http"))
    verzoek = Request(adres, delen[delen.index("-d") + 1].encode(), koppen)
    with urlopen(verzoek, timeout=30) as uitkomst:
        antwoord: str = uitkomst.read().decode()
    assert "genereerZaakIdentificatie_Du02" in antwoord, antwoord
    return antwoord.split("identificatie>")[1].split("<", maxsplit=1)[0]


def half_bericht(poort: int) -> tuple[socket.socket, Callable[[], bytes]]:
    """Send half a request, and give the way to send the rest and read the answer."""
    rest = b"<x/>"
    verbinding = socket.create_connection(("127.0.0.1", poort), timeout=STOP_TIMEOUT_S)
    kop = (
        f"POST /stuf HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {len(rest) + 1}\r\n\r\n "
    )
    verbinding.sendall(kop.encode())

    def maak_af() -> bytes:
        verbinding.sendall(rest)
        return verbinding.recv(65536)

    return verbinding, maak_af


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_one_command_from_nothing_to_a_curl_line_that_works(opstelling: Opstelling) -> None:
    opstelling.start()
    regels = opstelling.logboek.read_text().splitlines()
    curl_regel = next(regel for regel in regels if regel.startswith("curl "))
    antwoord = subprocess.run(shlex.split(curl_regel), capture_output=True, text=True, check=True).stdout
    assert "genereerZaakIdentificatie_Du02" in antwoord
    assert ">WmoVoorziening<" in curl_regel, "the first of the example that is held to the schema"
    for pad in (
        "/stuf/OntvangAsynchroon",
        "/stuf/BeantwoordVraag",
        "/stuf/VrijeBerichten",
        "/healthz",
        "/readyz",
        "/metrics",
    ):
        assert any(f"{opstelling.url}{pad} " in regel for regel in regels)
    assert len(opstelling.werkers()) == 2


def test_a_second_start_keeps_the_data_and_stopping_leaves_no_process(opstelling: Opstelling) -> None:
    proces = opstelling.start()
    eerste = vraag_nummer(opstelling.url)
    werkers = opstelling.werkers()
    assert stop_server(proces) == 0
    assert not any(werker.is_running() for werker in werkers)
    assert opstelling.database() == []
    opstelling.start()
    assert int(vraag_nummer(opstelling.url)) > int(eerste)


def test_stopping_finishes_what_is_under_way_and_then_the_database(opstelling: Opstelling) -> None:
    _stop_met_iets_onderweg(opstelling, signal.SIGTERM)


@pytest.mark.parametrize("signaal", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_finish_what_is_under_way_too(zonder_eigen_database: Opstelling, signaal: signal.Signals) -> None:
    _stop_met_iets_onderweg(zonder_eigen_database, signaal)


def _stop_met_iets_onderweg(opstelling: Opstelling, signaal: signal.Signals) -> None:
    proces = opstelling.start()
    verbinding, maak_af = half_bericht(opstelling.poort)
    with closing(verbinding):
        wacht_tot(lambda: haal(f"{opstelling.url}/healthz")[0] == 200, "verzoek aangenomen")
        proces.send_signal(signaal)
        wacht_tot(lambda: not _luistert(opstelling.poort), "neemt niets meer aan")
        assert maak_af().startswith(b"HTTP/1.1 ")
    assert proces.wait(STOP_TIMEOUT_S) == 0


def test_ctrl_c_in_a_terminal_finishes_what_is_under_way(opstelling: Opstelling) -> None:
    """A terminal sends SIGINT to every process of the group, the server processes too."""
    proces = opstelling.start()
    alle = psutil.Process(proces.pid).children(recursive=True)
    verbinding, maak_af = half_bericht(opstelling.poort)
    with closing(verbinding):
        wacht_tot(lambda: haal(f"{opstelling.url}/healthz")[0] == 200, "verzoek aangenomen")
        os.killpg(proces.pid, signal.SIGINT)
        wacht_tot(lambda: not _luistert(opstelling.poort), "neemt niets meer aan")
        os.killpg(proces.pid, signal.SIGINT)  # who waits presses again
        assert maak_af().startswith(b"HTTP/1.1 ")
    assert proces.wait(STOP_TIMEOUT_S) == 0
    wacht_tot(lambda: not any(map(_leeft, alle)), "alle processen weg")
    uitvoer = opstelling.logboek.read_text()
    for onrust in ("Unexpected exit", "Traceback", "Fatal Python error"):
        assert onrust not in uitvoer


@pytest.mark.parametrize("ronde", range(int(os.environ.get("REGIE_STOPS", "1"))))
@pytest.mark.parametrize(
    ("stuur", "keren", "werk"), [(os.kill, 1, False), (os.kill, 2, True), (os.killpg, 1, True), (os.killpg, 2, False)]
)
def test_a_stop_is_heard_idle_and_after_work(
    zonder_eigen_database: Opstelling, stuur: Callable[[int, int], None], keren: int, werk: bool, ronde: int
) -> None:
    """With its worker, right after its first word; REGIE_STOPS says how often."""
    proces = zonder_eigen_database.start()
    alle = psutil.Process(proces.pid).children(recursive=True)
    assert len(alle) == 3
    if werk:
        vraag_nummer(zonder_eigen_database.url)
    for _ in range(keren):
        stuur(proces.pid, signal.SIGTERM)
    assert proces.wait(STOP_TIMEOUT_S) == 0
    assert not any(map(_leeft, alle))
    assert "Traceback" not in zonder_eigen_database.logboek.read_text()


def test_a_client_that_never_finishes_does_not_hold_up_the_stop(zonder_eigen_database: Opstelling) -> None:
    proces = zonder_eigen_database.start(REGIE_STOP_TIMEOUT="1")
    verbinding, _ = half_bericht(zonder_eigen_database.poort)
    with closing(verbinding):
        assert stop_server(proces) == 0


def test_a_killed_process_is_replaced(zonder_eigen_database: Opstelling) -> None:
    zonder_eigen_database.start()
    for _ in range(2):  # the second time within seconds
        oud = zonder_eigen_database.werkers()
        for werker in oud:
            werker.kill()
        wacht_tot(
            lambda oud=oud: (
                len(zonder_eigen_database.werkers()) == 2 and not set(oud) & set(zonder_eigen_database.werkers())
            ),
            "nieuwe",
        )
    wacht_tot(
        lambda: _luistert(zonder_eigen_database.poort) and haal(f"{zonder_eigen_database.url}/readyz")[0] == 200,
        "weer klaar",
    )
    vraag_nummer(zonder_eigen_database.url)


def test_a_killed_database_is_replaced(opstelling: Opstelling) -> None:
    opstelling.start()
    eerste = vraag_nummer(opstelling.url)
    for proces in opstelling.database():
        with suppress(psutil.NoSuchProcess):  # the others stop by themselves once the first is gone
            proces.kill()
    wacht_tot(lambda: haal(f"{opstelling.url}/readyz")[0] == 200 and bool(opstelling.database()), "database terug")
    assert int(vraag_nummer(opstelling.url)) > int(eerste)


def test_after_kill_of_the_main_process_the_others_stop_and_the_next_start_works(opstelling: Opstelling) -> None:
    proces = opstelling.start()
    eerste = vraag_nummer(opstelling.url)
    werkers = opstelling.werkers()
    proces.kill()
    proces.wait()
    wacht_tot(lambda: not any(werker.is_running() for werker in werkers), "werkers gestopt")
    opstelling.start()
    assert int(vraag_nummer(opstelling.url)) > int(eerste)


def test_after_kill_of_everything_nothing_acknowledged_is_lost(opstelling: Opstelling) -> None:
    proces = opstelling.start()
    eerste = vraag_nummer(opstelling.url)
    alles = [psutil.Process(proces.pid), *opstelling.werkers(), *opstelling.database()]
    for slachtoffer in alles:
        with suppress(psutil.NoSuchProcess):  # ended by itself, the others being gone
            slachtoffer.kill()
    proces.wait()
    opstelling.start()
    assert int(vraag_nummer(opstelling.url)) > int(eerste)
    instellingen = {"REGIE_PORT": str(opstelling.poort), "REGIE_DATA_DIR": str(opstelling.map_ / "data")}
    # The server answers before its worker has started.
    wacht_tot(lambda: regie("status", **instellingen).returncode == 0, "alles goed", logboek=opstelling.logboek)


def test_a_port_in_use_is_told(server: Server) -> None:
    poort = server.url.rpartition(":")[2]
    klaar = regie("serve", REGIE_PORT=poort, REGIE_DATABASE_URL=server.database_url)
    assert klaar.returncode == 2
    assert f"REGIE_PORT={poort}: deze poort is al in gebruik" in klaar.stderr
    assert "Traceback" not in klaar.stderr


def test_an_address_that_is_not_ours_is_told(server: Server) -> None:
    klaar = regie("serve", REGIE_HOST="192.0.2.1", REGIE_DATABASE_URL=server.database_url)
    assert klaar.returncode == 2
    assert "hier kan de server niet luisteren" in klaar.stderr


@pytest.mark.parametrize("soort", ["bestand", "bestand/eronder", "/proc/regie", "/sys/regie"])
@pytest.mark.parametrize("opdracht", ["serve", "migreer"])
def test_a_data_directory_that_cannot_be_used_is_told(tmp_path: Path, opdracht: str, soort: str) -> None:
    (tmp_path / "bestand").touch()
    map_ = str(tmp_path / soort)
    klaar = regie(opdracht, REGIE_PORT="0", REGIE_DATABASE_URL="", REGIE_DATA_DIR=map_)
    assert klaar.returncode == 2
    assert f"REGIE_DATA_DIR={map_}: " in klaar.stderr
    assert "verwacht wordt een map waarin geschreven mag worden" in klaar.stderr
    assert "Traceback" not in klaar.stderr


def test_open_to_all_is_refused_beyond_this_machine_unless_said_in_so_many_words(
    opstelling: Opstelling, module_database_url: str
) -> None:
    gegevens = {"REGIE_HOST": "0.0.0.0", "REGIE_DATABASE_URL": module_database_url}
    klaar = regie("serve", REGIE_PORT="0", **gegevens)
    assert klaar.returncode == 2
    for oplossing in ("REGIE_HOST", 'autorisatie = "applicaties"', "REGIE_AFGESCHERMD=true"):
        assert oplossing in klaar.stderr
    opstelling.start(REGIE_AFGESCHERMD="true", **gegevens)
    assert haal(f"{opstelling.url}/readyz") == (200, "ok\n")


def test_a_wrong_inrichting_is_told_and_nothing_keeps_running(tmp_path: Path) -> None:
    (tmp_path / "fout.toml").write_text("[gemeente]\ncode = 'abc'\n")
    klaar = regie(
        "serve", REGIE_DATA_DIR=str(tmp_path / "data"), REGIE_INRICHTING=str(tmp_path / "fout.toml"), REGIE_PORT="0"
    )
    assert klaar.returncode == 1
    assert "gemeente.code" in klaar.stderr
    assert "Traceback" not in klaar.stderr
    assert processes_in((tmp_path / "data/postgres").resolve()) == []


@pytest.mark.parametrize("signaal", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_during_the_start_leaves_no_process(opstelling: Opstelling, signaal: signal.Signals) -> None:
    opstelling.proces = start_server(
        opstelling.logboek, REGIE_PORT=str(opstelling.poort), REGIE_DATA_DIR=str(opstelling.map_ / "data")
    )
    wacht_tot(lambda: "postgres_gestart" in opstelling.logboek.read_text(), "database gestart", START_TIMEOUT_S)
    os.killpg(opstelling.proces.pid, signaal)
    assert opstelling.proces.wait(STOP_TIMEOUT_S) == 0
    assert "Traceback" not in opstelling.logboek.read_text()


def _luistert(poort: int) -> bool:
    with closing(socket.socket()) as proef:
        return proef.connect_ex(("127.0.0.1", poort)) == 0
