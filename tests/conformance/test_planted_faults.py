"""A deliberately faulty provider: each planted fault is found where it is, and nowhere else."""

import pytest
from tests.browser.world import World
from tests.conformance.faulty import FAULTS, FaultyLine, Subscriptions

from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.conformance.provider_run import LiveMessages, ProviderRun
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.conformance.report import ScenarioResult, StepState
from regiesysteem.conformance.scenarios import load_role

ROLE = "rzs-1.0/zaaksysteem"


def _said(result: ScenarioResult) -> str:
    findings = [finding for step in result.steps for finding in step.findings]
    return " ".join(f"{one.expected} {one.found} {one.place}" for one in findings)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_where_it_is(server: World, name: str) -> None:
    fault, expected = FAULTS[name]
    line = FaultyLine(HttpLine(f"{server.url}/stuf", DEFAULT), fault)
    report = ProviderRun(LiveMessages(line, DEFAULT), DEFAULT).play(ROLE, load_role(ROLE))
    failed = {one.scenario.id: _said(one) for one in report.results if one.state is StepState.GEZAKT}
    assert set(failed) == set(expected), failed
    for scenario, part in expected.items():
        assert part in failed[scenario]
    others = {one.state for one in report.results if one.scenario.id not in expected}
    assert others <= {StepState.GESLAAGD, StepState.NIET_GEDRAAID}
    assert report.exit_code() == 1


def test_the_line_by_itself_plants_nothing(server: World) -> None:
    line = FaultyLine(HttpLine(f"{server.url}/stuf", DEFAULT), None)
    report = ProviderRun(LiveMessages(line, DEFAULT), DEFAULT).play(ROLE, load_role(ROLE))
    assert {one.state for one in report.results} == {StepState.GESLAAGD}


@pytest.mark.parametrize(
    ("to_the_originator", "failed"),
    [(False, {}), (True, {"101": "geen bericht notificeerOverZaak_Di01"})],
)
def test_a_notification_to_who_told_it_himself_is_found(to_the_originator: bool, failed: dict[str, str]) -> None:
    role, inbox = "rzs-1.0/abonnementenbeheer", Recorder()
    subscriptions = Subscriptions(inbox, to_the_originator=to_the_originator)
    line = FaultyLine(HttpLine("http://127.0.0.1:9/stuf", DEFAULT), subscriptions)
    report = ProviderRun(LiveMessages(line, DEFAULT), DEFAULT, inbox=inbox).play(role, load_role(role))
    states = {one.scenario.nummer: one.state for one in report.results}
    assert {number for number, state in states.items() if state is not StepState.GESLAAGD} == set(failed)
    said = {one.scenario.nummer: _said(one) for one in report.results if one.state is StepState.GEZAKT}
    assert {number: text.strip() for number, text in said.items()} == failed
