"""The worker: cleans up old messages, takes over what a dead one left, and stops when told."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs
from tests.conftest import STOP_TIMEOUT_S, environment, insert_into, vrije_port, wait_until

from regiesysteem import worker
from regiesysteem.config import Settings
from regiesysteem.embedded import embedded_postgres
from regiesysteem.storage import make_storage
from regiesysteem.zakenmagazijn import messages

WITHOUT_DATABASE_S = 90
"""For so long the worker may look for another connection, and wait for its calendar."""


@contextmanager
def _worker(database_url: str, logboek: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A running `regie worker`."""
    with logboek.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "regiesysteem", "worker"],
            env=environment(REGIE_DATABASE_URL=database_url, **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        wait_until(lambda: "worker_klaar" in logboek.read_text() or process.poll() is not None, "worker")
        assert process.poll() is None, logboek.read_text()
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """One that has no trouble."""
    logboek = tmp_path / "worker.log"
    with _worker(database_url, logboek) as process:
        yield process
    assert "Traceback" not in logboek.read_text(), logboek.read_text()


def _bericht(dagen_old: int, number: int = 0) -> dict[str, object]:
    sleutel = {f"zender_{part}": "x" for part in ("organisatie", "applicatie", "administratie")}
    return sleutel | {
        "referentienummer": f"{dagen_old}-{number}",
        "dienst": "creeerZaak_Lk01",
        "ontvangen_op": datetime.now(UTC) - timedelta(days=dagen_old),
        "tijdstip_bericht": "20260101",
        "digest": b"d",
        "inhoud": b"<x/>",
        "antwoord": b"<y/>",
    }


def test_only_the_body_of_old_messages_goes(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert_into("bericht", _bericht(91), _bericht(89), _bericht(400)))
    assert messages.clean_up_berichten(engine, 90) == 2
    assert messages.clean_up_berichten(engine, 90) == 0
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT inhoud, antwoord, digest FROM bericht ORDER BY id")).all()
    assert [row.inhoud and bytes(row.inhoud) for row in rows] == [None, b"<x/>", None]
    assert all((bytes(row.antwoord), bytes(row.digest)) == (b"<y/>", b"d") for row in rows)


def test_an_answer_that_may_name_people_goes_with_the_body(engine: Engine) -> None:
    """The answer to a check-out tells of a document and of the people in its zaken."""
    with engine.begin() as connection:
        connection.execute(insert_into("bericht", _bericht(91) | {"dienst": "geefZaakdocumentbewerken_Di02"}))
    assert messages.clean_up_berichten(engine, 90) == 1
    with engine.connect() as connection:
        assert bytes(connection.execute(text("SELECT antwoord FROM bericht")).scalar_one()) == b""


def test_more_than_a_batch_goes_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_ROWS", 3)
    with engine.begin() as connection:
        connection.execute(insert_into("bericht", *(_bericht(100, number) for number in range(10))))
    assert messages.clean_up_berichten(engine, 90) == 10


def test_a_job_is_done_and_the_worker_stops_when_told(running: subprocess.Popen[str], engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert_into("bericht", _bericht(91)))
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
                "VALUES ('default', 'ruim_berichten_op', '{\"timestamp\": 0}')"
            )
        )

    def opgeruimd() -> bool:
        with engine.connect() as connection:
            return connection.execute(text("SELECT inhoud FROM bericht")).scalar_one() is None

    wait_until(opgeruimd, "bericht opgeruimd")
    running.terminate()
    assert running.wait(STOP_TIMEOUT_S) == 0


@pytest.mark.parametrize(("signaal", "keer"), [(signal.SIGTERM, 2), (signal.SIGINT, 1), (signal.SIGHUP, 1)])
@pytest.mark.parametrize("ronde", range(int(os.environ.get("REGIE_STOPS", "1"))))
def test_a_stop_ends_it_always(running: subprocess.Popen[str], signaal: signal.Signals, keer: int, ronde: int) -> None:
    """Right after its first word; REGIE_STOPS says how often."""
    for _ in range(keer):
        running.send_signal(signaal)
    assert running.wait(STOP_TIMEOUT_S) == 0


def test_content_that_nobody_uses_goes_with_the_calendar(running: subprocess.Popen[str], engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE proef (inhoud bytea REFERENCES document_inhoud)"))
        connection.execute(
            text("INSERT INTO document_inhoud (sha256, grootte, opslag) VALUES (sha256(''), 0, 'postgres')")
        )
        # Half past one is not on the hour, eight o'clock is.
        for tijdstip in (5400, 28800):
            connection.execute(
                text(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
                    "VALUES ('default', 'ruim_documenten_op', jsonb_build_object('timestamp', CAST(:t AS int)))"
                ),
                {"t": tijdstip},
            )

    def opgeruimd() -> bool:
        with engine.connect() as connection:
            return not connection.execute(text("SELECT count(*) FROM document_inhoud")).scalar_one()

    wait_until(opgeruimd, "inhoud opgeruimd")


def test_jobs_that_failed_long_ago_go_with_the_calendar(running: subprocess.Popen[str], engine: Engine) -> None:
    """Jobs that succeeded are not there; somebody may want to know of a failure of this month."""
    with engine.begin() as connection:
        for status in ("failed", "aborted", "cancelled", "failed"):
            connection.execute(
                text(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, status) "
                    "VALUES ('default', 'oud', CAST(:status AS procrastinate_job_status))"
                ),
                {"status": status},
            )
        connection.execute(
            text(
                "INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'failed', "
                "now() - make_interval(days => CASE WHEN id = (SELECT max(id) FROM procrastinate_jobs) "
                "THEN 29 ELSE 31 END) FROM procrastinate_jobs WHERE task_name = 'oud'"
            )
        )
        connection.execute(
            text(
                "DELETE FROM procrastinate_events WHERE at > now() - interval '1 day' AND job_id IN "
                "(SELECT id FROM procrastinate_jobs WHERE task_name = 'oud')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
                "VALUES ('default', 'ruim_taken_op', '{\"timestamp\": 0}')"
            )
        )

    def over() -> int:
        with engine.connect() as connection:
            return connection.execute(
                text("SELECT count(*) FROM procrastinate_jobs WHERE task_name IN ('oud', 'ruim_taken_op')")
            ).scalar_one()

    wait_until(lambda: over() == 1, "taken opgeruimd")


def test_a_store_that_is_away_does_not_fail_the_worker(engine: Engine) -> None:
    opslag = make_storage(Settings(s3_bucket="b", s3_endpoint=f"http://127.0.0.1:{vrije_port()}"))
    with capture_logs() as regels:
        worker.clean_up_documenten(engine, opslag)
    assert "documenten_niet_opgeruimd" in [regel["event"] for regel in regels]


def test_what_a_dead_worker_left_is_taken_over(running: subprocess.Popen[str], engine: Engine) -> None:
    """The queue is told that a worker of an hour ago still has it; the periodic task then gives it back."""

    def rustig() -> bool:
        # The tasks of the calendar ran: two at a time would both give it back.
        with engine.connect() as connection:
            return connection.execute(
                text(
                    "SELECT EXISTS (SELECT FROM procrastinate_periodic_defers WHERE task_name = :taak) "
                    "AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = :taak)"
                ),
                {"taak": "herneem_vastgelopen_taken"},
            ).scalar_one()

    wait_until(rustig, "de taak van de klok")
    with engine.begin() as connection:
        kill = connection.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id) "
                "VALUES ('default', 'ruim_berichten_op', '{\"timestamp\": 0}', 'doing', :dood)"
            ),
            {"dood": kill},
        )
        connection.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
                "VALUES ('default', 'herneem_vastgelopen_taken', '{\"timestamp\": 0}')"
            )
        )

    def ready() -> bool:
        with engine.connect() as connection:
            return connection.execute(
                text(
                    "SELECT count(*) = 0 FROM procrastinate_jobs "
                    "WHERE task_name = 'ruim_berichten_op' AND status = 'doing'"
                )
            ).scalar_one()

    wait_until(ready, "taak hernomen")


def test_it_uses_no_more_than_its_own_process(running: subprocess.Popen[str]) -> None:
    assert psutil.Process(running.pid).children() == []
    assert os.getpid() != running.pid


def test_without_its_database_it_ends_as_failed(korte_map: Path, tmp_path: Path) -> None:
    """So that whoever started it (systemd with Restart=on-failure) starts it again; a sentence is the last it says."""
    logboek = tmp_path / "worker.log"
    with embedded_postgres(korte_map / "weg") as own, _worker(own.url, logboek) as process:
        own.stop()
        assert process.wait(WITHOUT_DATABASE_S) == 1
    assert logboek.read_text().splitlines()[-1].startswith("De worker is gestopt, want zijn database is weg.")


def test_when_a_part_of_it_fails_it_ends_as_failed(database_url: str, engine: Engine, tmp_path: Path) -> None:
    """Without its calendar or its signs of life it would seem to work: it ends, and says so."""
    logboek = tmp_path / "worker.log"
    with _worker(database_url, logboek) as process:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE procrastinate_periodic_defers RENAME TO weg"))
        assert process.wait(WITHOUT_DATABASE_S) == 1
    assert logboek.read_text().splitlines()[-1].startswith("De worker is gestopt zonder dat iemand het vroeg")
