"""The embedded PostgreSQL: shared, stopped by the last, and back after any kill -9."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
from structlog.testing import capture_logs
from tests.conftest import wait_until

from regiesysteem.embedded import EmbeddedPostgres, PostgresError, embedded_postgres, keep_running, processes_in

GEBRUIKER = """
import sys
from pathlib import Path
from regiesysteem.embedded import embedded_postgres
from regiesysteem.logging_ import set_up_logging
set_up_logging("text", quiet=True)
with embedded_postgres(Path(sys.argv[1])) as postgres:
    print(postgres.pid, flush=True)
    sys.stdin.read()
"""


@contextmanager
def gebruiker(map_: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that uses the server until its standard input closes; with the server's pid."""
    with subprocess.Popen(
        [sys.executable, "-c", GEBRUIKER, str(map_)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        if process.poll() is None:
            process.communicate()


def question(postgres: EmbeddedPostgres, sql: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(postgres.url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        answer = cursor.fetchall() if cursor.description else []
        connection.commit()
        return answer


def no_process_more(map_: Path) -> bool:
    return not processes_in(map_.resolve() / "postgres")


@pytest.fixture
def map_(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_data_stays_and_no_process_does(map_: Path) -> None:
    with embedded_postgres(map_) as postgres:
        question(postgres, "CREATE TABLE proef AS SELECT 42 AS getal")
        assert postgres.runs()
    assert no_process_more(map_)
    with embedded_postgres(map_) as postgres:
        assert question(postgres, "SELECT getal FROM proef") == [(42,)]
    assert no_process_more(map_)


def test_what_is_committed_is_on_disk_and_the_port_is_closed(map_: Path) -> None:
    with embedded_postgres(map_) as postgres:
        safe = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": ""}
        assert {naam: question(postgres, f"SHOW {naam}")[0][0] for naam in safe} == safe
        assert (map_ / "postgres").stat().st_mode & 0o077 == 0
        assert question(postgres, "SELECT usesuper FROM pg_user WHERE usename = current_user") == [(False,)]


def test_processes_share_one_server_and_the_last_stops_it(map_: Path) -> None:
    with gebruiker(map_) as (_, pid):
        with embedded_postgres(map_) as postgres:
            assert postgres.pid == pid
        assert psutil.pid_exists(pid), "somebody else still uses it"
    assert no_process_more(map_)


def test_a_server_that_outlived_its_killed_user_is_taken_over(map_: Path) -> None:
    with gebruiker(map_) as (process, pid):
        process.kill()
        process.wait()
        with embedded_postgres(map_) as postgres:
            assert postgres.pid == pid
    assert no_process_more(map_)


@pytest.mark.parametrize("achterblijvers", [False, True])
def test_after_kill_of_user_and_server_the_next_start_recovers(map_: Path, achterblijvers: bool) -> None:
    """Also when only the server itself is killed and its helpers have not noticed yet."""
    with gebruiker(map_) as (process, pid):
        with embedded_postgres(map_) as postgres:
            question(postgres, "CREATE TABLE proef AS SELECT 42 AS getal")
            every = [psutil.Process(pid)] if achterblijvers else processes_in(map_.resolve() / "postgres")
            for slachtoffer in every:
                with suppress(psutil.NoSuchProcess):  # ended by itself, its server being gone
                    slachtoffer.kill()
            process.kill()
            process.wait()
        with embedded_postgres(map_) as postgres:
            assert postgres.pid != pid
            assert question(postgres, "SELECT getal FROM proef") == [(42,)]
    assert no_process_more(map_)


def test_a_killed_server_starts_again_at_the_same_address(map_: Path) -> None:
    with embedded_postgres(map_) as postgres:
        adres, pid = postgres.url, postgres.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not postgres.runs(), "server dood")
        postgres.ensure_running()
        assert postgres.url == adres
        assert question(postgres, "SELECT 1") == [(1,)]


def test_a_server_that_ends_while_we_look_is_no_zombie(map_: Path) -> None:
    for _ in range(50):
        postgres = EmbeddedPostgres(map_)
        postgres._process = process = psutil.Popen(["sleep", "0.002"])
        while postgres.runs():
            pass
        assert process.returncode == 0


def test_a_lock_file_that_names_a_stranger_is_no_obstacle(map_: Path) -> None:
    """After a restart of the machine the process id in postmaster.pid may be anybody's."""
    with embedded_postgres(map_) as postgres:
        regels = (map_ / "postgres/postmaster.pid").read_text().splitlines()
        assert regels[0] == str(postgres.pid)
    regels[0] = str(os.getppid())
    (map_ / "postgres/postmaster.pid").write_text("\n".join(regels) + "\n")
    (map_ / "postgres/.s.PGSQL.5432.lock").write_text("\n".join(regels) + "\n")
    with embedded_postgres(map_) as postgres:
        assert question(postgres, "SELECT 1") == [(1,)]
    assert psutil.pid_exists(os.getppid())


def test_a_first_start_that_was_broken_off_is_begun_again(map_: Path) -> None:
    (map_ / "postgres.nieuw").mkdir(parents=True)
    (map_ / "postgres.nieuw/PG_VERSION").write_text("18\n")
    with embedded_postgres(map_) as postgres:
        assert question(postgres, "SELECT 1") == [(1,)]


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    diep = tmp_path / ("x" * 120)
    with embedded_postgres(diep) as postgres:
        assert question(postgres, "SELECT 1") == [(1,)]
        socketmap = postgres._socket_dir
        assert socketmap.stat().st_mode & 0o077 == 0
        with gebruiker(diep) as (_, pid):
            assert pid == postgres.pid
        assert EmbeddedPostgres.find(diep) is not None
    assert not socketmap.exists()


def test_a_path_with_spaces_and_signs_is_no_obstacle(tmp_path: Path) -> None:
    map_ = tmp_path / "mijn map & 100% é+"
    with embedded_postgres(map_) as postgres:
        assert question(postgres, "SELECT 1") == [(1,)]


def test_a_directory_closed_to_others_is_no_obstacle(tmp_path: Path) -> None:
    """Root lends PostgreSQL a user who cannot enter here; anybody else simply owns it."""
    closed = tmp_path / "dicht"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        with embedded_postgres(closed / "data") as postgres:
            assert question(postgres, "SELECT 1") == [(1,)]
    assert closed.stat().st_mode & 0o777 == 0o700


def test_why_it_does_not_start_is_told(map_: Path) -> None:
    with embedded_postgres(map_):
        pass
    (map_ / "postgres/postgresql.conf").write_text("onzin = ja\n")
    with pytest.raises(PostgresError, match=r"start niet: .*onzin"), embedded_postgres(map_):
        pytest.fail("started with a wrong configuration")
    assert no_process_more(map_)


@pytest.mark.parametrize("versie", ["9.6", "16", "19"])
def test_data_of_another_version_is_refused_with_what_to_do(map_: Path, versie: str) -> None:
    (map_ / "postgres").mkdir(parents=True)
    (map_ / "postgres/PG_VERSION").write_text(f"{versie}\n")
    sentence = rf"is van PostgreSQL {versie}; de ingebedde is versie 18\. Maak een back-up .*regie herstel"
    with pytest.raises(PostgresError, match=sentence), embedded_postgres(map_):
        pytest.fail("started on data of another version")


def test_looking_does_not_start_it(map_: Path) -> None:
    assert EmbeddedPostgres.find(map_) is None
    assert not map_.exists()


def test_a_look_that_the_machine_has_no_room_for_ends_nothing(map_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`regie serve` looks each second; what has no more files to open now may have them later."""

    def no_file(_: object) -> bool:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(EmbeddedPostgres, "runs", no_file)
    with capture_logs() as regels:
        keep_running(EmbeddedPostgres(map_))
    assert [regel["event"] for regel in regels] == ["postgres_start_niet"]
