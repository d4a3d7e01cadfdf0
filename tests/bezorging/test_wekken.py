"""The job that delivers to a receiver: one waits, for the first moment at which there is work, and one runs."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from regiesysteem.notifications.queue import DELIVER, wake_when_due, wek


def _neem(engine: Engine) -> list[str]:
    """What a worker would do now, in procrastinate's own statement."""
    with engine.begin() as verbinding:
        verbinding.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
        neem = "SELECT task_name FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))"
        return [rij.task_name for rij in verbinding.execute(text(neem)) if rij.task_name]


def test_a_message_now_does_not_wait_for_an_attempt_that_is_planned(engine: Engine) -> None:
    """A receiver that failed has an attempt planned, up to an hour ahead."""
    with engine.begin() as verbinding:
        wek(verbinding, ["Wmo"], datetime.now(UTC) + timedelta(hours=1))
    assert _neem(engine) == []
    with engine.begin() as verbinding:
        wek(verbinding, ["Wmo"])
    assert _neem(engine) == [DELIVER]


def test_an_attempt_that_is_planned_puts_off_no_message_now(engine: Engine) -> None:
    with engine.begin() as verbinding:
        wek(verbinding, ["Wmo"])
        wek(verbinding, ["Wmo"], datetime.now(UTC) + timedelta(hours=1))
    assert _neem(engine) == [DELIVER]


def test_one_job_runs_for_a_receiver_and_one_waits(engine: Engine) -> None:
    """What comes while a job runs is for the next one; another receiver has its own."""
    with engine.begin() as verbinding:
        wek(verbinding, ["Wmo"])
    assert _neem(engine) == [DELIVER]
    for _ in range(2):
        with engine.begin() as verbinding:
            wek(verbinding, ["Wmo", "Jeugd", "Wmo"])
    assert _neem(engine) == [DELIVER]
    assert _neem(engine) == []
    with engine.begin() as verbinding:
        verbinding.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'doing'"))
    assert _neem(engine) == [DELIVER]


def test_nothing_is_planned_for_a_receiver_without_messages(engine: Engine) -> None:
    with engine.begin() as verbinding:
        wake_when_due(verbinding, "Wmo")
        assert verbinding.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0
