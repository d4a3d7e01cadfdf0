"""The job that delivers to a receiver: one waits, for the first moment at which there is work, and one runs."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from regiesysteem.notifications.queue import DELIVER, wake, wake_when_due


def _take(engine: Engine) -> list[str]:
    """What a worker would do now, in procrastinate's own statement."""
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
    """What comes while a job runs is for the next one; another receiver has its own."""
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
