"""The outcome of a run: a finding per requirement, a state per step and scenario, and the exit code of the whole."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.scenarios import Level, Scenario


class StepState(StrEnum):
    """The state of a step or scenario, from best to worst in a sum."""

    GESLAAGD = "geslaagd"
    OPMERKING = "opmerking"
    NIET_ONDERSTEUND = "niet ondersteund"
    ONVOLLEDIG = "onvolledig"
    NIET_GEDRAAID = "niet gedraaid"
    GEZAKT = "gezakt"
    STORING = "storing"


_ORDER: Final = list(StepState)
DONE: Final = frozenset({StepState.GESLAAGD, StepState.OPMERKING, StepState.NIET_ONDERSTEUND})
"""The states of a scenario for which nothing more need come, and after which others may follow."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement that does not hold: what was expected, what was found, where, and the paragraph that asks it."""

    expected: str
    found: str
    place: str = ""
    bron: str = ""
    niveau: Level = "fout"

    def __str__(self) -> str:
        """As a sentence (Dutch)."""
        place = f" in {self.place}" if self.place else ""
        return f"verwacht {self.expected}; gevonden {self.found}{place}" + (f" ({self.bron})" if self.bron else "")


@dataclass(frozen=True, slots=True)
class StepResult:
    """The outcome of one step; `said` is a sentence for a step without findings, such as why it was not played."""

    title: str
    state: StepState
    findings: tuple[Finding, ...] = ()
    said: str = ""
    exchange: Exchanged | None = None


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """The outcome of a scenario."""

    scenario: Scenario
    steps: tuple[StepResult, ...]

    @property
    def state(self) -> StepState:
        """The worst state of its steps; those that the system lacks count only when it lacks all."""
        states = {step.state for step in self.steps}
        return worst(states - {StepState.NIET_ONDERSTEUND} or states)

    @property
    def first(self) -> Finding | None:
        """The first finding, the errors before the remarks."""
        findings = [finding for step in self.steps for finding in step.findings]
        return min(findings, key=lambda one: one.niveau == "opmerking", default=None)


@dataclass(frozen=True)
class RunReport:
    """A whole run: the role, its scenarios, what came in that belongs to none, and every exchange.

    `variables` are the values that a session knows by then.
    """

    role: str
    results: tuple[ScenarioResult, ...]
    exchanges: tuple[Exchanged, ...] = ()
    unmatched: tuple[StepResult, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def exit_code(self) -> int:
        """0 all required passed; 1 failed; 3 unreachable; 4 incomplete; 5 nothing ran."""
        required = [one.state for one in self.results if one.scenario.verplicht]
        played = [one.state for one in self.results if one.state is not StepState.NIET_GEDRAAID]
        if not played or all(state is StepState.NIET_ONDERSTEUND for state in played):
            return 5
        if StepState.STORING in played:
            return 3
        if StepState.GEZAKT in played:
            return 1
        unsure = {StepState.ONVOLLEDIG, StepState.NIET_GEDRAAID}
        return 4 if unsure & set(required) else 0


def worst(states: Iterable[StepState]) -> StepState:
    """Give the worst of some states."""
    return max(states, key=_ORDER.index, default=StepState.NIET_GEDRAAID)
