"""Jobs that wake a worker: what is for later keeps nobody from what is there now."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from regiesysteem.notifications.queue import BANEN, BEZORG, wek, wek_hulp


def _neem(engine: Engine) -> list[str]:
    """What a worker would do now, in procrastinate's own statement."""
    with engine.begin() as verbinding:
        verbinding.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
        neem = "SELECT task_name FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))"
        return [rij.task_name for rij in verbinding.execute(text(neem)) if rij.task_name]


def test_a_message_now_does_not_wait_for_attempts_that_are_planned(engine: Engine) -> None:
    """A receiver that failed has attempts planned, up to an hour ahead; procrastinate takes a lock in order of id."""
    with engine.begin() as verbinding:
        wek(verbinding, ["Wmo"], BANEN, datetime.now(UTC) + timedelta(hours=1))
    assert _neem(engine) == []
    with engine.begin() as verbinding:
        wek(verbinding, ["Wmo"])
    assert _neem(engine) == [BEZORG]


def test_so_many_lanes_at_a_time_and_no_more(engine: Engine) -> None:
    for _ in range(2):
        with engine.begin() as verbinding:
            wek(verbinding, ["Wmo"], BANEN + 1)
    genomen = [naam for _ in range(2 * BANEN) for naam in _neem(engine)]
    assert genomen == [BEZORG] * BANEN


def test_help_is_asked_only_when_there_is_another_worker(engine: Engine) -> None:
    for workers, taken in ((1, 0), (2, 2)):
        with engine.begin() as verbinding:
            verbinding.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
            wek_hulp(verbinding, "Wmo")
            aantal = verbinding.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one()
            assert aantal == workers
            assert verbinding.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == taken
