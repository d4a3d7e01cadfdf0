"""Health and figures: true, quick, and also there when the database is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from sqlalchemy import text
from tests.conftest import (
    Server,
    fetch,
    regie,
    running_server,
    start_server,
    stop_server,
    vrije_port,
    wait_on_server,
    wait_until,
)
from tests.platform.test_server import question_number

from regiesysteem import config
from regiesysteem.db import make_engine
from regiesysteem.embedded import EmbeddedPostgres, embedded_postgres
from regiesysteem_practice.conversation import Conversation


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with embedded_postgres(tmp_path / "pg") as postgres:
        yield postgres


@pytest.fixture
def with_own_server(own_postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Server]:
    """A server on a PostgreSQL that is not its own, as with REGIE_DATABASE_URL."""
    with running_server(
        own_postgres.url, tmp_path, REGIE_DATA_DIR=str(tmp_path / "data"), REGIE_MET_WORKER="true"
    ) as server:
        yield server


@pytest.fixture(scope="module")
def server(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two processes, with a worker: what is asked of its processes holds for that one too."""
    with running_server(
        module_database_url, tmp_path_factory.mktemp("server"), REGIE_WORKERS="2", REGIE_MET_WORKER="true"
    ) as server:
        yield server


def test_without_database_it_lives_but_is_not_ready_and_it_comes_back(
    with_own_server: Server, own_postgres: EmbeddedPostgres
) -> None:
    url = with_own_server.url
    assert fetch(f"{url}/readyz") == (200, "ok\n")
    own_postgres.stop()
    assert fetch(f"{url}/readyz", timeout=5) == (503, "de database is niet bereikbaar\n")
    assert fetch(f"{url}/healthz", timeout=5) == (200, "ok\n")
    status, digits = fetch(f"{url}/metrics", timeout=5)
    assert (status, "notificaties_cijfers_beschikbaar 0.0" in digits) == (200, True)
    own_postgres.ensure_running()
    assert fetch(f"{url}/readyz") == (200, "ok\n")
    question_number(url)


def test_a_database_of_another_release_is_not_ready(with_own_server: Server) -> None:
    engine = make_engine(with_own_server.database_url, pool=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000_other'"))
    status, tekst = fetch(f"{with_own_server.url}/readyz")
    assert status == 503
    assert "0000_other" in tekst


def test_figures_that_take_too_long_are_said_to_be_missing(server: Server) -> None:
    """An alert on what waits must not see a moment without figures as one at which nothing waits."""
    engine = make_engine(server.database_url, pool=False)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE ontvanger"))
        digits = fetch(f"{server.url}/metrics")[1]
    assert ("notificaties_cijfers_beschikbaar 0.0" in digits, "notificaties_wachtend" in digits) == (True, False)
    digits = fetch(f"{server.url}/metrics")[1]
    assert ("notificaties_cijfers_beschikbaar 1.0" in digits, "notificaties_wachtend" in digits) == (True, True)


def test_the_figures_of_all_processes_are_added_up(server: Server) -> None:
    for _ in range(12):
        question_number(server.url)
    dienst = {"dienst": "genereerZaakIdentificatie_Di02"}
    for _ in range(4):  # whichever process answers
        families = list(text_string_to_metric_families(fetch(f"{server.url}/metrics")[1]))
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
    question_number(server.url)
    for process in psutil.Process(server.process.pid).children():
        assert str(server.data_dir.resolve()) not in Path(f"/proc/{process.pid}/maps").read_text()
    assert not (server.data_dir / "metrics").exists()


def test_one_log_line_per_message(server: Server) -> None:
    for_ = server.logboek.read_text().count("bericht_verwerkt")
    question_number(server.url)
    wait_until(lambda: server.logboek.read_text().count("bericht_verwerkt") > for_, "logregel")
    regel = [regel for regel in server.logboek.read_text().splitlines() if "bericht_verwerkt" in regel][-1]
    for field in (
        "dienst=genereerZaakIdentificatie_Di02",
        "zender=1900/WmoVoorziening",
        "referentienummer=",
        "duur_ms=",
        "uitkomst=Du02",
        "statements=",
    ):
        assert field in regel


def test_the_start_page_links_to_what_is_there(server: Server) -> None:
    status, page = fetch(f"{server.url}/")
    assert status == 200
    for part in page.split('href="')[1:]:
        assert fetch(server.url + part.partition('"')[0])[0] == 200


def test_status_names_what_does_not_work(tmp_path: Path) -> None:
    ready = regie("status", REGIE_PORT=str(vrije_port()), REGIE_DATA_DIR=str(tmp_path / "data"))
    assert ready.returncode == 1
    assert [regel.split()[:2] for regel in ready.stdout.splitlines()] == [["FOUT", "webserver"], ["FOUT", "database"]]
    assert not (tmp_path / "data").exists(), "looking starts nothing"


def test_a_proxy_of_the_environment_is_not_between_us_and_our_own_server(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    settings = {
        "REGIE_PORT": str(vrije_port()),
        "REGIE_WORKERS": "1",
        "REGIE_DATA_DIR": str(tmp_path),
        "REGIE_DATABASE_URL": database_url,
    }
    process = start_server(tmp_path / "logboek", **settings)
    try:
        wait_on_server(process, tmp_path / "logboek")
        # The worker that comes with the server reports itself a moment later.
        wait_until(lambda: regie("status", **settings).returncode == 0, "alles goed", logboek=tmp_path / "logboek")
        # A demo that has its client has read the WSDL.
        assert Conversation(f"http://127.0.0.1:{settings['REGIE_PORT']}/stuf", Console(quiet=True)).aantal == 0
    finally:
        stop_server(process)


def test_status_of_a_database_without_tables(lege_database_url: str) -> None:
    ready = regie("status", REGIE_PORT=str(vrije_port()), REGIE_DATABASE_URL=lege_database_url)
    assert ready.returncode == 1
    assert "FOUT  tabellen" in ready.stdout
    assert "regie migreer" in ready.stdout


@pytest.mark.parametrize(("revision", "reason"), [("0017_deelzaken", "proefversie"), ("9999_later", "andere versie")])
def test_status_of_a_database_that_cannot_be_migrated_says_why(
    lege_database_url: str, revision: str, reason: str
) -> None:
    engine = make_engine(lege_database_url, pool=False)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    engine.dispose()
    shown = regie("status", REGIE_PORT=str(vrije_port()), REGIE_DATABASE_URL=lege_database_url).stdout
    assert re.search(rf"^FOUT  tabellen +De database .*{reason}.*{revision}", shown, re.MULTILINE)
    assert "regie migreer" not in shown


def test_status_tells_how_much_there_is(database_url: str) -> None:
    ready = regie("status", REGIE_PORT=str(vrije_port()), REGIE_DATABASE_URL=database_url)
    assert "FOUT  inrichting" in ready.stdout, "there is none; what does not hang on it is not shown"
    assert (
        regie("inrichting", "laad", str(config.example_inrichting()), REGIE_DATABASE_URL=database_url).returncode == 0
    )
    ready = regie("status", REGIE_PORT=str(vrije_port()), REGIE_DATABASE_URL=database_url)
    assert re.search(r"goed  gegevens +ongeveer \d+ zaken, \d+ documenten, \d+ berichten\n", ready.stdout)


def test_help_names_every_command_in_dutch() -> None:
    tekst = regie("--help").stdout
    for command in ("serve", "worker", "migreer", "status", "inrichting"):
        assert command in tekst
    assert regie("--versie").stdout.strip() == "0.1.0"
