"""A session in which the system under test sends: listens, judges while messages come in, and goes on later.

A directory of a session has its token, its log and its store. Messages of our own (`stuur`) go out as soon as what
comes before them is there.
"""

import secrets
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from regiesysteem.conformance.consumer_run import judge_session
from regiesysteem.conformance.listener import Listener, ListenerError, listening
from regiesysteem.conformance.outgoing import Outgoing, make_message
from regiesysteem.conformance.profile import Profile
from regiesysteem.conformance.provider_run import Messages, fresh_variables, provided_variables
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.conformance.report import DONE, RunReport, StepState
from regiesysteem.conformance.scenarios import Scenario, ScenarioStep, fill
from regiesysteem.conformance.session_store import running_store
from regiesysteem.secret_file import for_owner
from regiesysteem.signals import STOP

_AFTER_LAST_PULL_S: Final = 30


def vendor_begins(scenarios: Sequence[Scenario]) -> bool:
    """Tell whether the system under test begins: then the role is a session, and no run of ours."""
    return any(one.stap[0].ontvang and not one.na for one in scenarios)


@dataclass(frozen=True)
class OpenSession:
    """A session that listens: the address for the system under test, and what comes in there."""

    address: str
    recorder: Recorder


@contextmanager
def open_session(
    directory: Path, host: str, port: int, scenarios: Sequence[Scenario], profile: Profile
) -> Iterator[OpenSession]:
    """Start the store and listen. Raises ListenerError, or LogError for a directory with another log."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = _token(directory / "token")
    except OSError as error:
        raise ListenerError(f"De map {directory} is niet te gebruiken: {error.strerror}") from None
    recorder = session_log(directory)
    with running_store(directory / "register", profile) as store:
        listener = Listener(token, store, recorder, fixed_answers(scenarios), profile.zender.as_systeem())
        with listening(listener, token, host, port) as address:
            yield OpenSession(address, recorder)


def session_log(directory: Path) -> Recorder:
    """Give what was exchanged in the session of a directory. Raises LogError."""
    return Recorder(directory / "berichten.jsonl")


def _token(file: Path) -> str:
    if not file.exists():
        with open(file, "x", encoding="ascii", opener=for_owner) as output:
            output.write(secrets.token_urlsafe(24))
    return file.read_text("ascii").strip()


def fixed_answers(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Give the operations whose messages are acknowledged without the store, as their steps say."""
    return {step.ontvang: step.antwoord for one in scenarios for step in one.stap if step.ontvang and step.antwoord}


class ConsumerSession:
    """Plays one role: waits for messages, sends ours, and has the system under test send (`trekker`).

    `messages` is None when no address of the system under test is known. `tell` gets each new report.
    """

    def __init__(
        self,
        role: str,
        scenarios: Sequence[Scenario],
        profile: Profile,
        recorder: Recorder,
        *,
        messages: Messages | None = None,
        tell: Callable[[RunReport], object] = lambda _: None,
    ) -> None:
        self._role = role
        self._scenarios = scenarios
        self._profile = profile
        self._recorder = recorder
        self._messages = messages
        self._tell = tell
        self._pulled: set[tuple[str, int]] = set()
        self._tried: dict[tuple[str, int], int] = {}

    def run(self, seconds: float) -> RunReport:
        """Go on until everything required is there, nothing more can come, or the time is over; Ctrl-C ends it too."""
        with suppress(KeyboardInterrupt):
            self._go_on(time.monotonic() + seconds)
        return self._judge()

    def _judge(self) -> RunReport:
        return judge_session(self._role, self._scenarios, self._recorder.exchanges(), self._profile)

    def _go_on(self, until: float) -> None:
        while True:
            count = len(self._recorder.exchanges())
            report = self._judge()
            self._tell(report)
            if self._send(report):
                continue
            if is_complete(report) or time.monotonic() >= until:
                return
            patience = until - time.monotonic()
            if self._profile.trekker:
                patience = min(patience, self._pull(report) or _AFTER_LAST_PULL_S)
            more = self._recorder.wait_beyond(count, patience)
            if not more and not (self._profile.trekker and self._awaited(report)):
                return

    def _send(self, report: RunReport) -> bool:
        """Send the next message of ours whose turn it is; False when there is none."""
        if self._messages is None:
            return False
        done = {result.scenario.id for result in report.results if result.state in DONE}
        for result in report.results:
            if not done.issuperset(result.scenario.na):
                continue
            for number, (step, outcome) in enumerate(zip(result.scenario.stap, result.steps, strict=False), 1):
                if step.stuur and self._may_send((result.scenario.id, number), outcome.state):
                    variables = dict(report.variables) | fresh_variables(self._profile)
                    variables |= {name: fill(text, variables) for name, text in step.onthoud.items()}
                    exchange = self._messages.send(result.scenario, number, step, variables)
                    if exchange is not None:
                        self._recorder.add(exchange)
                        return True
                if outcome.state not in DONE:
                    break
        return False

    def _may_send(self, key: tuple[str, int], state: StepState) -> bool:
        """Tell whether a message may go: what did not arrive goes again once we heard more, or in a later start."""
        heard = sum(one.direction == "in" for one in self._recorder.exchanges())
        tried = self._tried.get(key, -1)
        if state is StepState.ONVOLLEDIG or (state is StepState.STORING and heard > tried):
            self._tried[key] = heard
            return True
        return False

    def _pull(self, report: RunReport) -> int:
        """Have the system under test send the message of the next step; give how long to wait for it, 0 after all."""
        for key, step in self._awaited(report):
            self._pulled.add(key)
            pull(self._profile.trekker, *key, step.seconds)
            return step.seconds
        return 0

    def _awaited(self, report: RunReport) -> list[tuple[tuple[str, int], ScenarioStep]]:
        """The steps without a message for which the system under test was not asked to send yet."""
        return [
            ((result.scenario.id, number), step)
            for result in report.results
            for number, (step, outcome) in enumerate(zip(result.scenario.stap, result.steps, strict=False), 1)
            if step.ontvang and outcome.exchange is None and (result.scenario.id, number) not in self._pulled
        ]


def hear_stop_as_ctrl_c() -> None:
    """From now on the signals that say stop interrupt as Ctrl-C does, so that the store ends and there is a verdict."""
    for number in STOP:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def pull(command: str, scenario: str, number: int, seconds: int) -> None:
    """Run the command of the profile for a step. Raises ListenerError when it cannot be run."""
    try:
        subprocess.run([*shlex.split(command), scenario, str(number)], timeout=seconds, check=False)
    except (OSError, ValueError) as error:
        raise ListenerError(f"De trekker van het profiel is niet uit te voeren: {error}") from None
    except subprocess.TimeoutExpired:
        return


def is_complete(report: RunReport) -> bool:
    """Tell whether every required scenario has passed; one that failed may be tried again."""
    return all(result.state in DONE for result in report.results if result.scenario.verplicht)


def example_of(
    step: ScenarioStep, profile: Profile, variables: dict[str, str], moment: datetime | None = None
) -> Outgoing:
    """Make the example of a step, as the system under test would send it: zender and ontvanger are exchanged.

    A variable that is not known stays as it is written, such as {gezin1}.
    """
    if step.voorbeeld is None:
        raise ValueError(step.ontvang)
    theirs = profile.model_copy(update={"zender": profile.ontvanger, "ontvanger": profile.zender})
    known = _Known(variables | provided_variables(profile) | fresh_variables(profile))
    values = fill(step.voorbeeld.met, known)
    return make_message(step.ontvang, step.voorbeeld.sjabloon, values, theirs, moment or datetime.now(UTC))


class _Known(dict[str, str]):
    """Variables, of which one that is not known stands for itself."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"
