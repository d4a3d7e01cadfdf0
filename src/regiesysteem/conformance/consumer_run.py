"""Judges a session in which the system under test sends: which message is for which step, and what is right in it.

A pure function of scenarios and log, so that a stored log is judged again the same way. Messages come in any order; a
step takes the first that keeps all its requirements and that no other step has. Without such a message it takes the one
that comes closest, the last of these, and tells what was wrong with that and with the first attempt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.judgement import evaluate, judge, open_message
from regiesysteem.conformance.profile import Profile
from regiesysteem.conformance.provider_run import judge_sent, narrowed, provided_variables, result_of, title_of
from regiesysteem.conformance.received import Incoming, belongs, kept_values, receive
from regiesysteem.conformance.report import Finding, RunReport, ScenarioResult, StepResult, StepState
from regiesysteem.conformance.scenarios import Scenario, ScenarioStep, variables_of

_OK: Final = 200
_IDENTIFICATIE: Final = "zkn:object/zkn:identificatie"
_MAKES: Final = {
    "zaak": frozenset({"creeerZaak_Lk01", "zakLk01"}),
    "document": frozenset({"voegZaakdocumentToe_Lk01", "maakZaakdocument_Lk01", "edcLk01"}),
}
_AWAITED: Final = "nog niet ontvangen"
_OTHER_CONTENTS: Final = "een referentienummer voor een bericht (StUF016)"


def judge_session(
    role: str, scenarios: Iterable[Scenario], exchanges: Sequence[Exchanged], profile: Profile
) -> RunReport:
    """Judge all that was exchanged in a session, in the order in which it was."""
    judging = _Judging(exchanges, profile)
    results = tuple(judging.scenario(one) for one in scenarios)
    return RunReport(role, results, judging.placed(), judging.unmatched(), judging.variables())


class _Judging:
    """The messages of a session, which of them are taken, and the values that are known so far."""

    def __init__(self, exchanges: Sequence[Exchanged], profile: Profile) -> None:
        self._profile = profile
        self._exchanges = list(exchanges)
        self._received = {place: receive(one) for place, one in enumerate(exchanges) if one.direction == "in"}
        self._made = {f"sessie.{what}": " ".join(self._accepted(by)) for what, by in _MAKES.items()}
        self._again: dict[int, Finding | None] = {}
        self._find_repeats()
        self._taken: dict[int, tuple[str, int]] = {}
        self._named: dict[str, int] = {}
        self._variables: dict[str, str] = {}
        self._steps: list[tuple[Scenario, int, ScenarioStep]] = []

    def scenario(self, scenario: Scenario) -> ScenarioResult:
        """Judge the steps of one scenario."""
        if absent := self._profile.without(scenario.vraagt):
            return ScenarioResult(scenario, (StepResult(scenario.titel, StepState.NIET_ONDERSTEUND, said=absent),))
        steps = list(enumerate((narrowed(step, self._profile) for step in scenario.stap), 1))
        results = []
        for number, step in steps:
            self._steps.append((scenario, number, step))
            results.append(self._step(scenario, number, step, later=[one for _, one in steps[number:]]))
        return ScenarioResult(scenario, tuple(results))

    def placed(self) -> tuple[Exchanged, ...]:
        """Give every exchange with the step that it turned out to be for."""
        return tuple(
            replace(one, scenario=self._taken[place][0], step=self._taken[place][1]) if place in self._taken else one
            for place, one in enumerate(self._exchanges)
        )

    def unmatched(self) -> tuple[StepResult, ...]:
        """List the messages that belong to no step, each judged by itself and explained."""
        return tuple(
            self._alone(place, message)
            for place, message in self._received.items()
            if place not in self._taken and (place not in self._again or self._again[place] is not None)
        )

    def variables(self) -> dict[str, str]:
        """Give the values that are known by now."""
        return self._all()

    # --- One step

    def _step(self, scenario: Scenario, number: int, step: ScenarioStep, later: list[ScenarioStep]) -> StepResult:
        title = title_of(number, step)
        if absent := self._profile.without(step.vraagt):
            return StepResult(title, StepState.NIET_ONDERSTEUND, said=absent)
        if missed := sorted(name for name in variables_of(step) if not self._is_known(name, step)):
            return StepResult(title, StepState.NIET_GEDRAAID, said=f"wacht op een eerdere stap: {', '.join(missed)}")
        if step.stuur:
            return self._sent(scenario, number, title, step)
        candidates = self._candidates(step)
        good = next((place for place in candidates if not _severe(self._findings(place, step)[0])), None)
        if good is None:
            candidates = self._spared(candidates, later)
        if not candidates:
            return self._absent(title, step)
        # Of two that are as far off it is the later one that counts.
        place = (
            good if good is not None else min(reversed(candidates), key=lambda one: len(self._findings(one, step)[0]))
        )
        self._taken[place] = (scenario.id, number)
        return self._take(title, step, place, candidates)

    def _absent(self, title: str, step: ScenarioStep) -> StepResult:
        if step.niveau == "opmerking":
            return StepResult(title, StepState.OPMERKING, said=f"{_AWAITED}; dit bericht mag ontbreken")
        return StepResult(title, StepState.ONVOLLEDIG, said=_AWAITED)

    def _take(self, title: str, step: ScenarioStep, place: int, candidates: list[int]) -> StepResult:
        findings, values = self._findings(place, step)
        variables = self._all() | values
        exchange = self._exchanges[place] = replace(self._exchanges[place], variables=variables)
        answer = open_message(exchange.answer.encode()) if exchange.answer else None
        if answer is not None:
            values |= kept_values(answer.message, step.bewaar_antwoord, variables)[0]
        self._variables |= values
        if step.naam:
            self._named[step.naam] = place
            self._variables[f"{step.naam}.referentie"] = self._received[place].data.referentienummer
        if exchange.trouble:
            return StepResult(title, StepState.STORING, said=exchange.trouble, exchange=exchange)
        result = result_of(title, step, findings, exchange)
        if result.state is StepState.GEZAKT and len(candidates) > 1 and place != candidates[0]:
            first = self._findings(candidates[0], step)[0][0]
            said = f"{len(candidates)} pogingen; de eerste: verwacht {first.expected}, gevonden {first.found}"
            return replace(result, said=said)
        return result

    def _sent(self, scenario: Scenario, number: int, title: str, step: ScenarioStep) -> StepResult:
        """Judge the answer to a message of ours."""
        places = [
            place
            for place, one in enumerate(self._exchanges)
            if one.direction == "uit" and (one.scenario, one.step) == (scenario.id, number)
        ]
        place = places[-1] if places else None
        if place is None:
            return StepResult(title, StepState.ONVOLLEDIG, said="nog niet gestuurd; vraagt --adres en de stap ervoor")
        if step.naam:
            self._named[step.naam] = place
        result, values = judge_sent(title, step, self._exchanges[place])
        self._variables |= values
        return result

    def _accepted(self, operations: frozenset[str]) -> list[str]:
        """The identificaties of what messages made that were accepted."""
        made = (
            one.opened.message
            for one in self._received.values()
            if one.exchange.operation in operations and one.opened.message is not None and one.exchange.status == _OK
        )
        return [found for message in made for found in evaluate(message, _IDENTIFICATIE, {})]

    # --- The messages that a step may take

    def _candidates(self, step: ScenarioStep) -> list[int]:
        after = self._named.get(step.na_stap, -1) if step.na_stap else -1
        variables = self._all()
        return [
            place
            for place, message in self._received.items()
            if place > after
            and place not in self._taken
            and place not in self._again
            and belongs(message.exchange, step, variables)
        ]

    def _spared(self, candidates: list[int], later: list[ScenarioStep]) -> list[int]:
        """Leave out what is good for a later step, one message for each: a step that fails must not take it."""
        spared: set[int] = set()
        for step in later:
            fits = (place for place in reversed(candidates) if place not in spared and self._fits(place, step))
            spared |= {place for place in (next(fits, None),) if place is not None}
        return [place for place in candidates if place not in spared]

    def _fits(self, place: int, step: ScenarioStep) -> bool:
        """Tell whether a message is good for another step, so that this one must not take it."""
        if not step.ontvang or not all(self._is_known(name, step) for name in variables_of(step)):
            return False
        message = self._received[place]
        return belongs(message.exchange, step, self._all()) and not _severe(self._findings(place, step)[0])

    def _findings(self, place: int, step: ScenarioStep) -> tuple[list[Finding], dict[str, str]]:
        message = self._received[place]
        values, absent = kept_values(message.opened.message, step.bewaar, self._all())
        variables = dict.fromkeys(step.bewaar, "") | self._all() | values
        return [*message.beside, *judge(message.opened, step.eis, variables, None), *absent], values

    def _find_repeats(self) -> None:
        """Find messages that use a referentienummer again: with the same contents no attempt, else a fault (4.3)."""
        first: dict[tuple[str, str], Incoming] = {}
        for place, message in self._received.items():
            number = message.data.referentienummer
            key = (message.data.zender.applicatie if message.data.zender else "", number)
            if not number:
                continue
            earlier = first.setdefault(key, message)
            if earlier is message:
                continue
            if earlier.exchange.question == message.exchange.question:
                self._again[place] = None
            else:
                wrong = f"{number}, ook van een eerder bericht met andere inhoud"
                self._again[place] = Finding(
                    _OTHER_CONTENTS, wrong, "stuurgegevens/referentienummer", "StUF 03.01 4.3.1"
                )

    def _alone(self, place: int, message: Incoming) -> StepResult:
        findings = list(message.alone)
        if (again := self._again.get(place)) is not None:
            findings.insert(0, again)
        near = next(
            (
                f"lijkt op stap {title_of(number, step)} van scenario {scenario.nummer}, die al een bericht heeft"
                for scenario, number, step in self._steps
                if step.ontvang
                and all(self._is_known(name, step) for name in variables_of(step))
                and belongs(message.exchange, step, self._all())
            ),
            "hoort bij geen stap van deze rol",
        )
        state = StepState.GEZAKT if _severe(findings) else StepState.OPMERKING
        return StepResult(message.exchange.operation, state, tuple(findings), near, message.exchange)

    def _is_known(self, name: str, step: ScenarioStep) -> bool:
        fresh = name.startswith("nieuw.")
        return fresh or name in step.onthoud or name in step.bewaar or name in self._all()

    def _all(self) -> dict[str, str]:
        return self._variables | self._made | provided_variables(self._profile)


def _severe(findings: Iterable[Finding]) -> bool:
    return any(one.niveau == "fout" for one in findings)
