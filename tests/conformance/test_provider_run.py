"""`regie conformiteit` against our own server: every scenario of every provider role passes."""

import pytest
from tests.conftest import Server

from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.conformance.provider_run import LiveMessages, ProviderRun
from regiesysteem.conformance.report import StepState
from regiesysteem.conformance.scenarios import load_role

PROVIDERS = [
    "rzs-1.0/zaaksysteem",
    "rzs-1.0/zakenmagazijn",
    "rzs-1.0/regiesysteem",
    "rzs-1.0/taakspecifiek",
    "rzs-1.0/abonnementenbeheer",
    "zds-1.1/zaaksysteem",
]


@pytest.mark.parametrize("role", PROVIDERS)
def test_we_pass_each_scenario(server: Server, role: str) -> None:
    report = ProviderRun(LiveMessages(HttpLine(f"{server.url}/stuf", DEFAULT), DEFAULT), DEFAULT).play(
        role, load_role(role)
    )
    found = {one.scenario.id: [step.findings or step.said for step in one.steps] for one in report.results}
    failed = {
        name: found[name]
        for name, one in zip(found, report.results, strict=True)
        if one.state is not StepState.GESLAAGD
    }
    assert failed == {}
    assert report.exit_code() == 0
