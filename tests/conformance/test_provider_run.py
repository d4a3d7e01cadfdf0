"""`regie conformiteit` against our own server: every scenario of every provider role passes."""

import pytest
from lxml import etree
from tests.browser.world import World
from tests.published import assert_valid

from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.conformance.provider_run import LiveMessages, LoggedMessages, ProviderRun
from regiesysteem.conformance.report import RunReport, StepState
from regiesysteem.conformance.scenarios import load_role
from regiesysteem.stuf.xml import parse

PROVIDERS = [
    "rzs-1.0/zaaksysteem",
    "rzs-1.0/zakenmagazijn",
    "rzs-1.0/regiesysteem",
    "rzs-1.0/taakspecifiek",
    "rzs-1.0/abonnementenbeheer",
    "zds-1.1/zaaksysteem",
    "zds-1.2/zaaksysteem",
]
NOT_VALID = "/105"
"""The number of the scenario that sends what no schema allows."""


def _run(server: World, role: str, *absent: str) -> RunReport:
    profile = DEFAULT.model_copy(update={"niet_ondersteund": absent})
    scenarios = [one for one in load_role(role) if all(step.stuur for step in one.stap)]
    return ProviderRun(LiveMessages(HttpLine(f"{server.url}/stuf", profile), profile), profile).play(role, scenarios)


@pytest.mark.parametrize("role", PROVIDERS)
def test_we_pass_each_scenario(server: World, role: str) -> None:
    report = _run(server, role)
    found = {one.scenario.id: [step.findings or step.said for step in one.steps] for one in report.results}
    failed = {
        name: found[name]
        for name, one in zip(found, report.results, strict=True)
        if one.state is not StepState.GESLAAGD
    }
    assert failed == {}
    assert report.exit_code() == 0
    for one in report.exchanges:
        if not one.scenario.endswith(NOT_VALID):
            [message] = next(parse(one.question.encode()).iter("{*}Body"))
            assert_valid(parse(etree.tostring(message)))


@pytest.mark.parametrize(
    ("absent", "scenarios"),
    [
        ("levensdomeinplan", ["3", "10"]),
        ("geefZaakdocumentbewerken_Di02", ["7", "8", "109"]),
    ],
)
def test_what_the_profile_says_is_not_there_spoils_nothing_else(
    server: World, absent: str, scenarios: list[str]
) -> None:
    report = _run(server, "rzs-1.0/zaaksysteem", absent)
    states = {one.scenario.nummer: one.state for one in report.results}
    assert [number for number, state in states.items() if state is StepState.NIET_ONDERSTEUND] == scenarios
    assert {state for number, state in states.items() if number not in scenarios} == {StepState.GESLAAGD}
    assert absent not in "".join(one.question for one in report.exchanges)
    profile = DEFAULT.model_copy(update={"niet_ondersteund": (absent,)})
    again = ProviderRun(LoggedMessages(report.exchanges), profile).play(report.role, load_role(report.role))
    assert {one.scenario.nummer: one.state for one in again.results} == states
    assert report.exit_code() == 0
