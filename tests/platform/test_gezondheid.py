"""Health and figures: true, quick, and also there when the database is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from sqlalchemy import text
from tests.conftest import Server, haal, regie, start_server, stop_server, vrije_poort, wacht_op_server, wacht_tot
from tests.platform.test_server import vraag_nummer

from regiesysteem import config
from regiesysteem.db import maak_engine
from regiesysteem.embedded import IngebeddePostgres, ingebedde_postgres
from regiesysteem_practice.conversation import Conversation


@pytest.fixture
def eigen_postgres(tmp_path: Path) -> Iterator[IngebeddePostgres]:
    with ingebedde_postgres(tmp_path / "pg") as postgres:
        yield postgres


@pytest.fixture
def met_eigen_server(eigen_postgres: IngebeddePostgres, tmp_path: Path) -> Iterator[Server]:
    """A server on a PostgreSQL that is not its own, as with REGIE_DATABASE_URL."""
    poort, logboek = vrije_poort(), tmp_path / "logboek"
    proces = start_server(
        logboek, REGIE_PORT=str(poort), REGIE_DATA_DIR=str(tmp_path / "data"), REGIE_DATABASE_URL=eigen_postgres.url
    )
    try:
        wacht_op_server(proces, logboek)
        yield Server(f"http://127.0.0.1:{poort}", eigen_postgres.url, tmp_path, proces, logboek)
    finally:
        stop_server(proces)


def test_without_database_it_lives_but_is_not_ready_and_it_comes_back(
    met_eigen_server: Server, eigen_postgres: IngebeddePostgres
) -> None:
    url = met_eigen_server.url
    assert haal(f"{url}/readyz") == (200, "ok\n")
    eigen_postgres.stop()
    assert haal(f"{url}/readyz", timeout=5) == (503, "de database is niet bereikbaar\n")
    assert haal(f"{url}/healthz", timeout=5) == (200, "ok\n")
    status, cijfers = haal(f"{url}/metrics", timeout=5)
    assert (status, "notificaties_cijfers_beschikbaar 0.0" in cijfers) == (200, True)
    eigen_postgres.zorg_dat_hij_draait()
    assert haal(f"{url}/readyz") == (200, "ok\n")
    vraag_nummer(url)


def test_a_database_of_another_release_is_not_ready(met_eigen_server: Server) -> None:
    motor = maak_engine(met_eigen_server.database_url, pool=False)
    with motor.begin() as verbinding:
        verbinding.execute(text("UPDATE alembic_version SET version_num = '0000_other'"))
    status, tekst = haal(f"{met_eigen_server.url}/readyz")
    assert status == 503
    assert "0000_other" in tekst


def test_figures_that_take_too_long_are_said_to_be_missing(server: Server) -> None:
    """An alert on what waits must not see a moment without figures as one at which nothing waits."""
    motor = maak_engine(server.database_url, pool=False)
    with motor.begin() as verbinding:
        verbinding.execute(text("LOCK TABLE ontvanger"))
        cijfers = haal(f"{server.url}/metrics")[1]
    assert ("notificaties_cijfers_beschikbaar 0.0" in cijfers, "notificaties_wachtend" in cijfers) == (True, False)
    cijfers = haal(f"{server.url}/metrics")[1]
    assert ("notificaties_cijfers_beschikbaar 1.0" in cijfers, "notificaties_wachtend" in cijfers) == (True, True)


def test_the_figures_of_all_processes_are_added_up(server: Server) -> None:
    for _ in range(12):
        vraag_nummer(server.url)
    dienst = {"dienst": "genereerZaakIdentificatie_Di02"}
    for _ in range(4):  # whichever process answers
        families = list(text_string_to_metric_families(haal(f"{server.url}/metrics")[1]))
        waarden = {
            (m.name, m.labels.get("uitkomst")): m.value
            for f in families
            for m in f.samples
            if m.labels.items() >= dienst.items()
        }
        assert waarden[("berichten_total", "Du02")] == 12
        assert waarden[("bericht_duration_seconds_count", None)] == 12
        assert 12 <= waarden[("bericht_statements_sum", None)] <= 12 * 10


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_no_figure_is_on_a_disk_that_may_be_full(server: Server) -> None:
    """A process that writes to a mapped file ends by SIGBUS when the disk has no room for it."""
    vraag_nummer(server.url)
    for proces in psutil.Process(server.proces.pid).children():
        assert str(server.data_dir.resolve()) not in Path(f"/proc/{proces.pid}/maps").read_text()
    assert not (server.data_dir / "metrics").exists()


def test_one_log_line_per_message(server: Server) -> None:
    voor = server.logboek.read_text().count("bericht_verwerkt")
    vraag_nummer(server.url)
    wacht_tot(lambda: server.logboek.read_text().count("bericht_verwerkt") > voor, "logregel")
    regel = [regel for regel in server.logboek.read_text().splitlines() if "bericht_verwerkt" in regel][-1]
    for veld in (
        "dienst=genereerZaakIdentificatie_Di02",
        "zender=1900/WmoVoorziening",
        "referentienummer=",
        "duur_ms=",
        "uitkomst=Du02",
        "statements=",
    ):
        assert veld in regel


def test_the_start_page_links_to_what_is_there(server: Server) -> None:
    status, pagina = haal(f"{server.url}/")
    assert status == 200
    for deel in pagina.split('href="')[1:]:
        assert haal(server.url + deel.partition('"')[0])[0] == 200


def test_status_names_what_does_not_work(tmp_path: Path) -> None:
    klaar = regie("status", REGIE_PORT=str(vrije_poort()), REGIE_DATA_DIR=str(tmp_path / "data"))
    assert klaar.returncode == 1
    assert [regel.split()[:2] for regel in klaar.stdout.splitlines()] == [["FOUT", "webserver"], ["FOUT", "database"]]
    assert not (tmp_path / "data").exists(), "looking starts nothing"


def test_a_proxy_of_the_environment_is_not_between_us_and_our_own_server(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    instellingen = {
        "REGIE_PORT": str(vrije_poort()),
        "REGIE_WORKERS": "1",
        "REGIE_DATA_DIR": str(tmp_path),
        "REGIE_DATABASE_URL": database_url,
    }
    proces = start_server(tmp_path / "logboek", **instellingen)
    try:
        wacht_op_server(proces, tmp_path / "logboek")
        # The worker that comes with the server reports itself a moment later.
        wacht_tot(lambda: regie("status", **instellingen).returncode == 0, "alles goed", logboek=tmp_path / "logboek")
        # A demo that has its client has read the WSDL.
        assert Conversation(f"http://127.0.0.1:{instellingen['REGIE_PORT']}/stuf", Console(quiet=True)).aantal == 0
    finally:
        stop_server(proces)


def test_status_of_a_database_without_tables(lege_database_url: str) -> None:
    klaar = regie("status", REGIE_PORT=str(vrije_poort()), REGIE_DATABASE_URL=lege_database_url)
    assert klaar.returncode == 1
    assert "FOUT  tabellen" in klaar.stdout
    assert "regie migreer" in klaar.stdout


def test_status_tells_how_much_there_is(database_url: str) -> None:
    klaar = regie("status", REGIE_PORT=str(vrije_poort()), REGIE_DATABASE_URL=database_url)
    assert "FOUT  inrichting" in klaar.stdout, "there is none; what does not hang on it is not shown"
    assert (
        regie("inrichting", "laad", str(config.voorbeeld_inrichting()), REGIE_DATABASE_URL=database_url).returncode == 0
    )
    klaar = regie("status", REGIE_PORT=str(vrije_poort()), REGIE_DATABASE_URL=database_url)
    assert re.search(r"goed  gegevens +ongeveer \d+ zaken, \d+ documenten, \d+ berichten\n", klaar.stdout)


def test_help_names_every_command_in_dutch() -> None:
    tekst = regie("--help").stdout
    for opdracht in ("serve", "worker", "migreer", "status", "inrichting"):
        assert opdracht in tekst
    assert regie("--versie").stdout.strip() == "0.1.0"
