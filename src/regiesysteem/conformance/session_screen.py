"""A session on the terminal: the addresses, what to send, and a line per message as it comes in (Dutch)."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from regiesysteem.commands import one_line
from regiesysteem.conformance.report import RunReport, StepResult, StepState
from regiesysteem.conformance.scenarios import VARIABLE, Scenario, ScenarioStep


class SessionScreen:
    """Shows a session while it goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen = 0

    def opened(self, address: str, scenarios: Sequence[Scenario], expected: bool) -> None:
        """Tell where the session listens and, when the system under test begins, what it must send."""
        self._print(f"Adres van deze sessie: {address}/stuf", "bold")
        for door in ("OntvangAsynchroon", "BeantwoordVraag", "VrijeBerichten", "RegieZaakServices"):
            self._print(f"  of per soort bericht: {address}/stuf/{door}")
        self._print("De WSDL staat achter elk adres met ?wsdl. Ctrl-C stopt en geeft het oordeel.")
        if expected:
            self._print("Stuur, in een volgorde die u past:", "bold")
            for line in checklist(scenarios):
                self._print(line)

    def progress(self, report: RunReport) -> None:
        """Show the messages that came in since the last time, with what is wrong in each."""
        for exchange in report.exchanges[self._seen :]:
            self._seen += 1
            step = _step_of(report, exchange.scenario, exchange.step)
            if step is None:
                step = next((one for one in report.unmatched if one.exchange == exchange), None)
            what = f"scenario {exchange.scenario.rpartition('/')[2]}, stap " if exchange.scenario else ""
            if step is None:
                self._print(f"{exchange.operation}: hetzelfde bericht nog een keer")
                continue
            self._print(f"{what}{step.title}: {step.state}", _style(step.state))
            for finding in step.findings:
                self._print(f"    {finding}")
            if step.said:
                self._print(f"    {step.said}", "dim")

    def unmatched(self, report: RunReport) -> None:
        """Show, at the end, the messages that belong to no step."""
        if report.unmatched:
            self._print("Berichten die bij geen stap horen:", "bold")
        for step in report.unmatched:
            self._print(f"  {step.title}: {step.said}")
            for finding in step.findings:
                self._print(f"    {finding}")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(one_line(text), style=style), soft_wrap=True)


def checklist(scenarios: Iterable[Scenario]) -> list[str]:
    """List what the system under test must send: per step the operation, and what its message needs in words."""
    scenarios = list(scenarios)
    origins = {
        name: f"uit stap {step.nummer or number} van scenario {scenario.nummer}"
        for scenario in scenarios
        for number, step in enumerate(scenario.stap, 1)
        for name in (*step.bewaar, *step.bewaar_antwoord, *step.onthoud)
    }
    lines = []
    for scenario in scenarios:
        steps = [step for step in scenario.stap if step.ontvang]
        if steps:
            optional = "" if scenario.verplicht else " (mag ontbreken)"
            lines.append(f"{scenario.nummer:>4}  {scenario.titel}{optional}")
            lines += [f"      {scenario.uitleg}"] if scenario.uitleg else []
            lines += [f"      - {step.ontvang}: {_needs(step, origins)}" for step in steps]
    return lines


def _needs(step: ScenarioStep, origins: dict[str, str]) -> str:
    words = "; ".join(one.uitleg for one in step.eis if one.uitleg) or "geen bijzonderheden"
    words = VARIABLE.sub(lambda found: origins.get(found[1], found[0]), words)
    return f"{words} (mag ontbreken)" if step.niveau == "opmerking" else words


def _step_of(report: RunReport, scenario: str, number: int) -> StepResult | None:
    found = next((one for one in report.results if one.scenario.id == scenario), None)
    return found.steps[number - 1] if found is not None and 0 < number <= len(found.steps) else None


def _style(state: StepState) -> str:
    return {StepState.GESLAAGD: "green", StepState.OPMERKING: "yellow"}.get(state, "bold red")
