"""Plays scenarios against a provider: sends each message, judges the answer, and hands values on to later steps."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import jinja2

from regiesysteem.config import TIME_ZONE
from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.judgement import Asked, judge, open_message
from regiesysteem.conformance.outgoing import make_message
from regiesysteem.conformance.profile import Profile
from regiesysteem.conformance.received import belongs, kept_values, receive
from regiesysteem.conformance.report import DONE, Finding, RunReport, ScenarioResult, StepResult, StepState
from regiesysteem.conformance.scenarios import Scenario, ScenarioError, ScenarioStep, fill, variables_of
from regiesysteem.stuf.message import Stuurgegevens, Systeem, read_stuurgegevens


class Messages(Protocol):
    """The messages of a run: sent now, or as a log has them."""

    def send(self, scenario: Scenario, number: int, step: ScenarioStep, variables: dict[str, str]) -> Exchanged | None:
        """Give the exchange of a step with `stuur`; None when there is none."""


class LiveMessages:
    """Sends the message of each step."""

    def __init__(self, line: HttpLine, profile: Profile) -> None:
        self._line = line
        self._profile = profile

    def send(self, scenario: Scenario, number: int, step: ScenarioStep, variables: dict[str, str]) -> Exchanged:
        """Make the message of a step, send it, and give it with its answer."""
        now = datetime.now(UTC)
        try:
            message = make_message(
                step.stuur, step.sjabloon, fill(step.met, variables), self._profile, now, zds12=scenario.zds12
            )
        except jinja2.UndefinedError as error:
            raise ScenarioError(f"{scenario.id}: {step.sjabloon}: {error.message}") from None
        reply = self._line.post(message, step.seconds)
        return Exchanged(
            moment=now.isoformat(),
            direction="uit",
            operation=step.stuur,
            action=message.action,
            question=message.envelope.decode(),
            answer=reply.body.decode("utf-8", "replace"),
            status=reply.status,
            trouble=reply.trouble,
            scenario=scenario.id,
            step=number,
            variables=variables,
        )


class LoggedMessages:
    """Gives the exchanges of a log, so that a run can be judged again without traffic; also those that came in."""

    def __init__(self, exchanges: Iterable[Exchanged]) -> None:
        listing = list(exchanges)
        self._sent = {(one.scenario, one.step): one for one in listing if one.direction == "uit"}
        self._received = [one for one in listing if one.direction == "in"]

    def send(self, scenario: Scenario, number: int, step: ScenarioStep, variables: dict[str, str]) -> Exchanged | None:  # noqa: ARG002 - as it was
        """Give the exchange of a step as it was."""
        return self._sent.get((scenario.id, number))

    def wait_for(self, step: ScenarioStep, variables: dict[str, str]) -> Exchanged | None:
        """Give the next message that came in for such a step."""
        found = next((one for one in self._received if belongs(one, step, variables)), None)
        if found is not None:
            self._received.remove(found)
        return found


class Inbox(Protocol):
    """The messages that the system under test sends to us during a run."""

    def wait_for(self, step: ScenarioStep, variables: dict[str, str]) -> Exchanged | None:
        """Give the message that a step is about, None when it did not come in time."""


class ProviderRun:
    """Plays the scenarios of one role; `inbox` is None when the system under test cannot reach us."""

    def __init__(
        self,
        messages: Messages,
        profile: Profile,
        *,
        inbox: Inbox | None = None,
        tell: Callable[[ScenarioResult], object] = lambda _: None,
    ) -> None:
        self._messages = messages
        self._profile = profile
        self._inbox = inbox
        self._tell = tell
        self._variables: dict[str, str] = {}
        self._exchanges: list[Exchanged] = []
        self._results: dict[str, ScenarioResult] = {}

    def play(self, role: str, scenarios: Iterable[Scenario]) -> RunReport:
        """Play scenarios in their order and report."""
        for scenario in scenarios:
            result = self._scenario(scenario)
            self._results[scenario.id] = result
            self._tell(result)
        return RunReport(role, tuple(self._results.values()), tuple(self._exchanges))

    def _scenario(self, scenario: Scenario) -> ScenarioResult:
        if absent := self._profile.without(scenario.vraagt):
            return ScenarioResult(scenario, (StepResult(scenario.titel, StepState.NIET_ONDERSTEUND, said=absent),))
        if failed := [one for one in scenario.na if not self._passed(one)]:
            said = f"{', '.join(failed)} is niet geslaagd"
            return ScenarioResult(scenario, (StepResult(scenario.titel, StepState.NIET_GEDRAAID, said=said),))
        steps: list[StepResult] = []
        for number, step in enumerate(scenario.stap, 1):
            steps.append(self._step(scenario, number, step))
            if steps[-1].state is StepState.STORING:
                break
        return ScenarioResult(scenario, tuple(steps))

    def _passed(self, scenario_id: str) -> bool:
        result = self._results.get(scenario_id)
        return result is not None and result.state in DONE

    def _step(self, scenario: Scenario, number: int, step: ScenarioStep) -> StepResult:
        title = title_of(number, step)
        if absent := self._profile.without(step.vraagt):
            return StepResult(title, StepState.NIET_ONDERSTEUND, said=absent)
        missed = sorted(name for name in variables_of(step) if not self._is_known(name, step))
        if missed:
            return StepResult(title, StepState.NIET_GEDRAAID, said=f"wacht op een eerdere stap: {', '.join(missed)}")
        self._variables |= {name: fill(text, self._all()) for name, text in step.onthoud.items()}
        if step.ontvang:
            return self._receive(title, step, scenario.id, number)
        return self._send(scenario, number, title, step)

    def _send(self, scenario: Scenario, number: int, title: str, step: ScenarioStep) -> StepResult:
        exchange = self._messages.send(scenario, number, step, self._all())
        if exchange is None:
            return StepResult(title, StepState.NIET_GEDRAAID, said="het verslag heeft dit bericht niet")
        self._exchanges.append(exchange)
        result, values = judge_sent(title, narrowed(step, self._profile), exchange)
        self._variables |= values
        return result

    def _receive(self, title: str, step: ScenarioStep, scenario_id: str, number: int) -> StepResult:
        if self._inbox is None:
            said = "er is geen adres waarop het systeem ons kan bereiken; geef --luister"
            return StepResult(title, StepState.ONVOLLEDIG, said=said)
        exchange = self._inbox.wait_for(step, self._all())
        if exchange is None and step.verboden:
            return StepResult(title, StepState.GESLAAGD)
        if exchange is None:
            said = f"te laat: {step.ontvang} kwam niet binnen {step.binnen}"
            return StepResult(title, StepState.ONVOLLEDIG, said=said)
        values, absent = kept_values(open_message(exchange.question.encode()).message, step.bewaar, self._all())
        self._variables |= values
        exchange = replace(exchange, scenario=scenario_id, step=number, variables=self._all())
        self._exchanges.append(exchange)
        message = receive(exchange)
        if step.naam:
            self._variables[f"{step.naam}.referentie"] = message.data.referentienummer
        variables = dict.fromkeys(step.bewaar, "") | exchange.variables
        findings = [*message.beside, *judge(message.opened, step.eis, variables, None), *absent]
        if step.verboden:
            findings = [Finding("geen bericht", message.opened.name, "", step.eis[0].bron)]
        return result_of(title, step, findings, exchange)

    def _is_known(self, name: str, step: ScenarioStep) -> bool:
        return name in step.onthoud or name in step.bewaar or name in self._all()

    def _all(self) -> dict[str, str]:
        """The variables that a step may use: those of earlier steps, the profile and a fresh number."""
        return self._variables | provided_variables(self._profile) | fresh_variables(self._profile)


def provided_variables(profile: Profile) -> dict[str, str]:
    """Give what the profile says as variables."""
    types = profile.zaaktype.items()
    return {
        "profiel.gemeentecode": profile.gemeentecode,
        "profiel.zender": profile.zender.applicatie,
        "profiel.ontvanger": profile.ontvanger.applicatie,
        **{f"profiel.{name}_code": one.code for name, one in types},
        **{f"profiel.{name}_status2": str(one.statussen[1]) for name, one in types},
    }


def fresh_variables(profile: Profile) -> dict[str, str]:
    """Give numbers that nobody has used, and the moment."""
    return {
        "nieuw.identificatie": f"{profile.gemeentecode}C{uuid.uuid4().hex[:16]}",
        "nieuw.referentie": str(uuid.uuid4()),
        "nieuw.moment": f"{datetime.now(TIME_ZONE):%Y%m%d%H%M%S}",
    }


def narrowed(step: ScenarioStep, profile: Profile) -> ScenarioStep:
    """Give a step without the requirements about what the profile says is not there."""
    return step.model_copy(update={"eis": tuple(check for check in step.eis if not profile.without(check.vraagt))})


def judge_sent(title: str, step: ScenarioStep, exchange: Exchanged) -> tuple[StepResult, dict[str, str]]:
    """Judge the answer to a message of ours; gives the values that later steps use too."""
    values = {name: exchange.variables[name] for name in step.onthoud if name in exchange.variables}
    asked = _asked_in(exchange)
    if step.naam:
        values[f"{step.naam}.referentie"] = asked.referentie
    if exchange.trouble:
        return StepResult(title, StepState.STORING, said=exchange.trouble, exchange=exchange), values
    opened = open_message(exchange.answer.encode())
    findings = judge(opened, step.eis, exchange.variables, asked)
    kept, absent = kept_values(opened.message, step.bewaar, exchange.variables)
    return result_of(title, step, findings + absent, exchange), values | kept


def _asked_in(exchange: Exchanged) -> Asked:
    """The stuurgegevens of the message that we sent."""
    message = open_message(exchange.question.encode()).message
    data = read_stuurgegevens(message) if message is not None else Stuurgegevens()
    return Asked(data.referentienummer, data.zender or Systeem(), data.ontvanger or Systeem())


def title_of(number: int, step: ScenarioStep) -> str:
    """Name a step in a report: its number in the published set, and its operation."""
    what = step.stuur or step.ontvang
    return f"{step.nummer or number} {what}" + (f" ({step.naam})" if step.naam else "")


def result_of(title: str, step: ScenarioStep, findings: list[Finding], exchange: Exchanged) -> StepResult:
    """Sum up what was found: errors fail the step, unless the step or the requirement is a remark."""
    severe = [one for one in findings if one.niveau == "fout"]
    state = StepState.GESLAAGD if not findings else StepState.OPMERKING
    if severe and step.niveau == "fout":
        state = StepState.GEZAKT
    return StepResult(title, state, tuple(findings), exchange=exchange)
