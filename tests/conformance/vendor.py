"""A consumer as a vendor has it: sends the examples of scenarios over HTTP, and uses what it gets back."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import urllib3

from regiesysteem.conformance.consumer_session import example_of
from regiesysteem.conformance.judgement import open_message
from regiesysteem.conformance.outgoing import Outgoing
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.conformance.received import kept_values
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.conformance.scenarios import Scenario, ScenarioStep

Change = Callable[[Scenario, ScenarioStep, Outgoing], Outgoing]


def as_it_is(_scenario: Scenario, _step: ScenarioStep, message: Outgoing) -> Outgoing:
    """No fault at all."""
    return message


@dataclass
class Vendor:
    """Sends to an address; `change` makes the faults of a faulty client. `recorder` has what came in there."""

    address: str
    recorder: Recorder = field(default_factory=Recorder)
    change: Change = as_it_is

    def __post_init__(self) -> None:
        self.variables: dict[str, str] = {"andere": f"1900A{uuid.uuid4().hex}"}
        self._pool = urllib3.PoolManager(retries=False)

    def play(self, scenarios: Iterable[Scenario]) -> None:
        """Send the example of each step that the vendor begins."""
        for scenario in scenarios:
            for step in scenario.stap:
                if step.ontvang:
                    self.send(scenario, step)

    def send(self, scenario: Scenario, step: ScenarioStep) -> bytes:
        """Send the example of a step, keep what later ones need, and give the answer."""
        message = self.change(scenario, step, example_of(step, DEFAULT, self.variables))
        answer = self.post(message)
        sent, got = open_message(message.envelope).message, open_message(answer).message
        self.variables |= kept_values(sent, step.bewaar, self.variables)[0]
        self.variables |= kept_values(got, step.bewaar_antwoord, self.variables)[0]
        return answer

    def close(self) -> None:
        """Close its connection."""
        self._pool.clear()

    def post(self, message: Outgoing) -> bytes:
        """Send a message and give the answer."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{message.action}"'}
        answer = self._pool.request("POST", f"{self.address}/stuf", body=message.envelope, headers=headers)
        return bytes(answer.data)


def replaced(message: Outgoing, old: str, new: str) -> Outgoing:
    """A message with a text in it that is another."""
    text = message.envelope.decode()
    assert old in text
    return replace(message, envelope=text.replace(old, new).encode())
