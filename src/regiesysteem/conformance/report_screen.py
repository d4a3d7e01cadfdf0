"""A run on the terminal: a line per scenario with its first difference, and a summary at the end (Dutch)."""

from collections import Counter
from typing import Final

from rich.console import Console
from rich.text import Text

from regiesysteem.commands import one_line
from regiesysteem.conformance.exchanged import LogHead
from regiesysteem.conformance.report import RunReport, ScenarioResult, StepState

_COLOURS: Final = {
    StepState.GESLAAGD: "green",
    StepState.OPMERKING: "yellow",
    StepState.GEZAKT: "bold red",
    StepState.STORING: "bold red",
}
_WIDTH: Final = max(len(state) for state in StepState) + 2


class ReportScreen:
    """Shows a run while it goes on."""

    def __init__(self, console: Console, head: LogHead) -> None:
        self._console = console
        where = f" op {head.address}" if head.address else ""
        self._print(f"{head.role}{where}, scenario's {head.scenarios}")

    def scenario(self, result: ScenarioResult) -> None:
        """Show a scenario that is done: its state, and why when that is not geslaagd."""
        line = Text(f"{result.state:<{_WIDTH}}", style=_COLOURS.get(result.state, "cyan"))
        line.append(f"{result.scenario.nummer:>3}  {result.scenario.titel}", style="default")
        self._console.print(line, soft_wrap=True)
        for step in result.steps:
            if step.said and step.state is not StepState.GESLAAGD:
                self._print(f"       {step.title}: {step.said}")
            if step.findings:
                first, rest = step.findings[0], len(step.findings) - 1
                where = f" in {first.place}" if first.place else ""
                more = f" (en nog {rest})" if rest else ""
                self._print(f"       {step.title}: verwacht {first.expected}; gevonden {first.found}{where}{more}")
                if first.bron:
                    self._print(f"       {first.bron}", "dim")

    def summary(self, report: RunReport) -> None:
        """Show how many scenarios came to what."""
        counts = Counter(result.state for result in report.results)
        said = ", ".join(f"{counts[state]} {state}" for state in StepState if counts[state])
        self._print(f"{len(report.results)} scenario's: {said or 'geen'}", "bold")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(one_line(text), style=style), soft_wrap=True)
