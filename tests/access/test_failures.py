"""A caller that tries passwords is slowed down, and holds up no sender that is at work."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine
from tests.access.conftest import ELSEWHERE, GWS, PASSWORDS, Doors, basic, details, outcome
from tests.berichten.bouw import lv01

from regiesysteem.access.failures import _MOST, OF_ADDRESS, OF_BOTH, OF_NAME, Failures
from regiesysteem.access.passwords import set_password


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_name_from_an_address_is_slowed_and_may_again_after_the_seconds_that_are_told() -> None:
    clock = Clock()
    failures = Failures(clock)
    assert [failures.count("a", "n") for _ in range(OF_BOTH.burst)] == [0] * OF_BOTH.burst
    wait = failures.count("a", "n")
    assert wait == OF_BOTH.seconds
    assert failures.count("a", "n") == wait, "asking too early makes it no later"
    assert failures.count("a", "ander") == failures.count("b", "n") == 0
    clock.now += wait - 0.5
    assert failures.count("a", "n") == 1
    clock.now += 0.5
    assert failures.count("a", "n") == 0


def test_an_address_that_changes_names_is_slowed_and_a_name_from_many_addresses_too() -> None:
    for pace, attempt in ((OF_ADDRESS, lambda i: ("a", f"n{i}")), (OF_NAME, lambda i: (f"a{i}", "n"))):
        clock = Clock()
        failures = Failures(clock)
        assert [failures.count(*attempt(i)) for i in range(pace.burst)] == [0] * pace.burst
        assert failures.count(*attempt(pace.burst)) == pace.seconds
        clock.now += 60
        assert failures.count(*attempt(pace.burst)) == 0


def test_an_attempt_that_succeeds_costs_nothing() -> None:
    failures = Failures(Clock())
    for _ in range(100):
        assert failures.count("a", "n") == 0
        failures.take_back("a", "n")


def test_its_memory_is_bounded() -> None:
    clock, failures, dice = Clock(), Failures(), random.Random(1)
    failures = Failures(clock)
    for _ in range(3 * _MOST):
        clock.now += 2
        failures.count(f"{dice.random()}", f"{dice.random()}" * 1000)
    assert len(failures._debts) <= _MOST
    assert all(len(part) < 300 for key in failures._debts for part in key)


def test_too_many_wrong_passwords_are_told_when_again(make_doors: Callable[..., Doors]) -> None:
    doors = make_doors(**ELSEWHERE)
    right, wrong = basic("GWS4all", PASSWORDS[GWS]), basic("GWS4all", "niet dit wachtwoord")
    assert outcome(doors.send("zakLv01", lv01(), right)) == (200, "")
    statuses = [doors.send("zakLv01", lv01(), wrong).status_code for _ in range(OF_BOTH.burst + 3)]
    assert statuses[: OF_BOTH.burst] == [401] * OF_BOTH.burst
    slowed = doors.send("zakLv01", lv01(), wrong)
    assert outcome(slowed) == (429, "StUF013")
    assert 1 <= int(slowed.headers["Retry-After"]) <= OF_BOTH.seconds
    assert "WWW-Authenticate" not in slowed.headers
    assert f"over {slowed.headers['Retry-After']} seconden" in details(slowed)
    assert outcome(doors.send("zakLv01", lv01(), right)) == (200, ""), "it held before, so it goes through"
    assert outcome(doors.send("zakLv01", lv01(), wrong, peer="192.0.2.2")) == (401, "StUF013")


def test_a_sender_that_opens_many_connections_at_once_is_one_attempt(
    make_doors: Callable[..., Doors], module_engine: Engine
) -> None:
    """The first message after a start: nobody knows its password yet, and all its connections bring it together."""
    doors = make_doors(**ELSEWHERE)
    with module_engine.begin() as connection:
        set_password(connection, GWS, PASSWORDS[GWS])  # a hash that takes its time
    together = Barrier(OF_BOTH.burst + 3)

    def send(_: int) -> int:
        together.wait()
        return doors.send("zakLv01", lv01(), basic("GWS4all", PASSWORDS[GWS])).status_code

    with ThreadPoolExecutor(together.parties) as pool:
        assert list(pool.map(send, range(together.parties))) == [200] * together.parties
