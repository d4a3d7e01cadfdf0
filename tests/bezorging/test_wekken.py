"""The job that delivers to a receiver: one waits, for the first moment at which there is work, and one runs."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text
from tests.notifications.stappen import notificatie, sql

from regiesysteem.notifications.delivery import defer_all_that_waits
from regiesysteem.notifications.inbox import report_refused
from regiesysteem.notifications.queue import DELIVER, wake, wake_due, wake_when_due
from regiesysteem.zakenmagazijn.events import TASK


def _take(engine: Engine) -> list[str]:
    """The job that a worker would do now, by procrastinate's own statement."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
        take = "SELECT task_name FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))"
        return [row.task_name for row in connection.execute(text(take)) if row.task_name]


def test_a_message_now_does_not_wait_for_an_attempt_that_is_planned(engine: Engine) -> None:
    """A receiver that failed has an attempt planned, up to an hour ahead."""
    with engine.begin() as connection:
        wake(connection, ["Wmo"], datetime.now(UTC) + timedelta(hours=1))
    assert _take(engine) == []
    with engine.begin() as connection:
        wake(connection, ["Wmo"])
    assert _take(engine) == [DELIVER]


def test_an_attempt_that_is_planned_puts_off_no_message_now(engine: Engine) -> None:
    with engine.begin() as connection:
        wake(connection, ["Wmo"])
        wake(connection, ["Wmo"], datetime.now(UTC) + timedelta(hours=1))
    assert _take(engine) == [DELIVER]


def test_one_job_runs_for_a_receiver_and_one_waits(engine: Engine) -> None:
    """A message that comes while a job runs is for the next job; another receiver has its own."""
    with engine.begin() as connection:
        wake(connection, ["Wmo"])
    assert _take(engine) == [DELIVER]
    for _ in range(2):
        with engine.begin() as connection:
            wake(connection, ["Wmo", "Jeugd", "Wmo"])
    assert _take(engine) == [DELIVER]
    assert _take(engine) == []
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'doing'"))
    assert _take(engine) == [DELIVER]


def test_nothing_is_planned_for_a_receiver_without_messages(engine: Engine) -> None:
    with engine.begin() as connection:
        wake_when_due(connection, "Wmo")
        assert connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_message_behind_one_that_failed_wakes_nobody(engine: Engine) -> None:
    """It may not go before the first of its zaak; a message of another zaak may."""
    for naam in ("eerste", "tweede"):
        notificatie(engine, naam, stroom="Z1")
    sql(engine, "UPDATE notificatie SET volgende_poging = now() + interval '1 hour' WHERE referentienummer = 'eerste'")
    with engine.begin() as connection:
        assert wake_due(connection) == []
    notificatie(engine, "derde", stroom="Z2")
    with engine.begin() as connection:
        assert wake_due(connection) == ["Wmo"]


def test_events_that_are_left_get_a_job_and_wait_for_no_other(engine: Engine) -> None:
    """A job that distributes holds a lock for long: nobody else waits for that, or fails on it."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('verdeel_gebeurtenissen', 0))"))
        defer_all_that_waits(engine)
        assert _take(engine) == []
        sql(
            engine,
            "INSERT INTO gebeurtenis (zaakidentificatie, gebeurtenis, gegevens) VALUES ('Z1', 'Update zaak', '{}')",
        )
        for _ in range(2):
            defer_all_that_waits(engine)
        assert sql(engine, "SELECT verdeeld FROM gebeurtenis") == [(False,)]
    assert _take(engine) == [TASK]
    defer_all_that_waits(engine)
    assert _take(engine) == []


def test_a_refused_message_counts_for_a_receiver_of_which_nothing_is_known(engine: Engine) -> None:
    for naam in ("R1", "R2"):
        notificatie(engine, naam, stand="bezorgd")
    question = "SELECT applicatie, gestrand FROM ontvanger"
    with engine.begin() as connection:
        assert not report_refused(connection, "Jeugd", "R1", "niet van Jeugd")
    assert sql(engine, question) == []
    for naam, count in (("R1", 1), ("R2", 2)):
        with engine.begin() as connection:
            assert report_refused(connection, "Wmo", naam, "onbekende zaak")
        assert sql(engine, question) == [("Wmo", count)]
