"""Turns: of a receiver that gets messages all the time, of silent receivers, and after an error of ours.

In this process, with the real tables and, for a receiver, something that says at once what a test wants to hear.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Connection, Engine
from structlog.testing import capture_logs
from tests.notifications.stappen import notificatie, sql

from regiesysteem.notifications.delivery import Deliverer, Places
from regiesysteem.notifications.outcome import Outcome
from regiesysteem.notifications.queue import QueueHead, Waiting, wake_when_due
from regiesysteem.notifications.queue import heads as look_up

TOO_LONG = 30
"""Seconds after which a test that waits for something fails; the database ends a transaction that waits for 60."""


@pytest.fixture(autouse=True)
def _long_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause after an error of ours does not pass during a test."""
    monkeypatch.setattr("regiesysteem.notifications.delivery._AFTER_ERROR_S", 3600.0)


class _Receives:
    """Receives what is sent: `then` may do something for each message, with its receiver and its zaak."""

    def __init__(self, then: Callable[[str, str], None] = lambda _ontvanger, _zaak: None) -> None:
        self._then = then
        self.sent = list[tuple[str, str]]()

    def make_ready(self) -> None:
        """Nothing to prepare."""

    def send(self, applicatie: str, soort: str, inhoud: bytes) -> Outcome:
        self.sent.append((applicatie, inhoud.decode()))
        self._then(applicatie, inhoud.decode())
        return Outcome(soort="bevestigd", omschrijving="aangekomen")

    def process(self, connection: Connection, applicatie: str, waiting: Waiting, answer: etree._Element) -> None:
        """No answer comes."""


class _Silent:
    """Keeps a receiver silent about these zaken until `speak`; tells when each of these messages is under way."""

    def __init__(self, *zaken: str) -> None:
        self._zaken = zaken
        self._speaks = threading.Event()
        self.under_way = threading.Semaphore(0)

    def __call__(self, ontvanger: str, zaak: str) -> None:
        if zaak in self._zaken:
            self.under_way.release()
            assert self._speaks.wait(TOO_LONG)

    def speak(self) -> None:
        self._speaks.set()


def _wait(engine: Engine, ontvanger: str, *zaken: str) -> None:
    """Have a message wait for a receiver, of each of these zaken."""
    for zaak in zaken:
        notificatie(engine, zaak, ontvanger=ontvanger, inhoud=zaak.encode())


def _planned(engine: Engine) -> dict[str, bool]:
    """The receivers for which a job waits, and whether it may run now."""
    question = "SELECT args ->> 'ontvanger', scheduled_at <= now() FROM procrastinate_jobs WHERE status = 'todo'"
    return {row[0]: row[1] for row in sql(engine, question)}


def test_a_job_ends_though_new_messages_keep_coming(engine: Engine) -> None:
    """Another receiver may wait for its slot, and the inrichting may have changed; the next job goes on."""

    def another(ontvanger: str, zaak: str) -> None:
        if len(courier.sent) < 50:
            _wait(engine, ontvanger, f"{zaak}+")

    _wait(engine, "Wmo", "Z")
    courier = _Receives(another)
    deliverer = Deliverer(engine, courier, timedelta(days=3), at_once=lambda _: 1, stay_s=0)
    assert 1 <= deliverer.deliver("Wmo") < 50
    assert _planned(engine) == {"Wmo": True}
    while len(courier.sent) < 50:
        assert deliverer.deliver("Wmo") >= 1


def test_while_one_zaak_is_silent_a_job_stays_for_the_others(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads again how many may be under way at a time."""
    monkeypatch.setattr("regiesysteem.notifications.delivery._SILENT_S", 0)
    zaken = [f"Z{number:02d}" for number in range(60)]
    _wait(engine, "Wmo", *zaken)
    silent, asked = _Silent("Z00"), list[str]()

    def until_the_last(ontvanger: str, zaak: str) -> None:
        if zaak == "Z59":  # not in the first two batches
            silent.speak()
        silent(ontvanger, zaak)

    def at_once(ontvanger: str) -> int:
        asked.append(ontvanger)
        return 2

    courier = _Receives(until_the_last)
    deliverer = Deliverer(engine, courier, timedelta(days=3), at_once=at_once, stay_s=0)
    while len(courier.sent) < 60:
        deliverer.deliver("Wmo")
    assert sql(engine, "SELECT DISTINCT stand, pogingen FROM notificatie") == [("bezorgd", 1)]
    assert len(asked) >= 2


def test_an_error_of_ours_with_one_message_leaves_the_others_and_the_next_job(engine: Engine) -> None:
    """An error of the database may quote the message, so the log does not have its text."""
    _wait(engine, "Wmo", "Z0", "FOUT", "Z1")
    sql(engine, "ALTER TABLE notificatie ADD CONSTRAINT mag_niet CHECK (stroom <> 'FOUT' OR stand = 'wacht')")
    deliverer = Deliverer(engine, _Receives(), timedelta(days=3), at_once=lambda _: 3)
    with capture_logs() as lines:
        assert deliverer.deliver("Wmo") == 2
    [line] = [line for line in lines if line["log_level"] == "error"]
    assert (line["event"], line["ontvanger"], line["fout"]) == ("bezorgen_mislukt", "Wmo", "IntegrityError")
    assert "_keep" in line["waar"]
    assert "Failing row" not in str(lines)
    # Not at once: the receiver would hear the same message over and over.
    assert _planned(engine) == {"Wmo": False}


def test_a_job_that_fails_leaves_another(engine: Engine) -> None:
    class _Broken(_Receives):
        def make_ready(self) -> None:
            raise RuntimeError("de inrichting is niet te lezen")

    _wait(engine, "Wmo", "Z0")
    with pytest.raises(RuntimeError, match="niet te lezen"):
        Deliverer(engine, _Broken(), timedelta(days=3)).deliver("Wmo")
    assert _planned(engine) == {"Wmo": False}


def test_nothing_is_planned_after_an_error_when_nothing_waits(engine: Engine) -> None:
    with engine.begin() as connection:
        wake_when_due(connection, "Wmo", 5)
    assert _planned(engine) == {}


def test_a_silent_receiver_leaves_a_place_to_another(engine: Engine) -> None:
    """It holds a connection for each message under way, and these are of the whole worker."""
    _wait(engine, "Stil", *(f"Z{number}" for number in range(4)))
    _wait(engine, "Wmo", "Z9")
    silent = _Silent("Z0", "Z1", "Z2", "Z3")
    courier = _Receives(silent)
    deliverer = Deliverer(engine, courier, timedelta(days=3), places=Places(total=3, shared=2))
    with ThreadPoolExecutor(1) as threads:
        job = threads.submit(deliverer.deliver, "Stil")
        try:
            for _ in range(2):
                assert silent.under_way.acquire(timeout=TOO_LONG)
            assert deliverer.deliver("Wmo") == 1
            assert sum(ontvanger == "Stil" for ontvanger, _ in courier.sent) == 2
        finally:
            silent.speak()
        assert job.result() == 4


def test_without_a_place_a_receiver_waits_for_its_turn(engine: Engine) -> None:
    _wait(engine, "Stil", "Z0")
    _wait(engine, "Wmo", "Z9")
    silent = _Silent("Z0", "Z1", "Z2", "Z3")
    deliverer = Deliverer(engine, _Receives(silent), timedelta(days=3), places=Places(total=1))
    with ThreadPoolExecutor(1) as threads:
        job = threads.submit(deliverer.deliver, "Stil")
        try:
            assert silent.under_way.acquire(timeout=TOO_LONG)
            assert deliverer.deliver("Wmo") == 0
            assert _planned(engine) == {"Wmo": True}
        finally:
            silent.speak()
        assert job.result() == 1
    assert deliverer.deliver("Wmo") == 1


def test_the_zaken_that_have_a_message_are_looked_up_once_and_not_for_each_batch(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look reads all that waits: with 50,000 waiting one for each batch took longer than the messages."""
    zaken = [f"z{number:03}" for number in range(150)]
    _wait(engine, "Wmo", *zaken)
    found = list[int]()

    def heads(*arguments: Any) -> list[QueueHead]:
        out = look_up(*arguments)
        found.append(len(out))
        return out

    monkeypatch.setattr("regiesysteem.notifications.queue.heads", heads)
    receives = _Receives()
    assert Deliverer(engine, receives, timedelta(days=1)).deliver("Wmo") == 150
    assert sorted(zaak for _, zaak in receives.sent) == zaken
    assert [number for number in found if number] == [150]


def test_messages_behind_the_first_of_a_zaak_are_counted_to_a_bound(engine: Engine) -> None:
    for zaak, count in (("a", 7), ("b", 3)):
        for number in range(count):
            notificatie(engine, f"{zaak}{number}", ontvanger="Wmo", stroom=zaak)
    with engine.connect() as connection:
        found = {head.stroom: head.behind for head in look_up(connection, "Wmo", 10, 5)}
    assert found == {"a": 5, "b": 2}
