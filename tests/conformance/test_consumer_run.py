"""`regie conformiteit --luister` with consumers that send the examples: without a fault each scenario passes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.browser.world import World
from tests.conformance.vendor import Change, Vendor, as_it_is, replaced
from tests.conftest import fetch

from regiesysteem.conformance.consumer_run import judge_session
from regiesysteem.conformance.consumer_session import ConsumerSession, fixed_answers, vendor_begins
from regiesysteem.conformance.exchanged import Exchanged
from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.listener import Listener, listening
from regiesysteem.conformance.outgoing import Outgoing
from regiesysteem.conformance.profile import DEFAULT
from regiesysteem.conformance.provider_run import LiveMessages
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.conformance.report import RunReport, StepState
from regiesysteem.conformance.scenarios import Scenario, ScenarioStep, fill, load_role, roles

CONSUMERS = [role for role in roles() if vendor_begins(load_role(role))]

PLANS = "rzs-1.0/regiesysteem"
SIMPLE = "rzs-1.0/taakspecifiek"

Play = Callable[..., tuple[RunReport, Vendor]]


@pytest.fixture
def play(server: World) -> Iterator[Play]:
    """Play some scenarios of a role as a vendor, with a listener before the server; gives the verdict.

    `played` are the scenarios as the vendor has them, when it has other values.
    """
    with ExitStack() as stack:

        def run(
            role: str, scenarios: list[Scenario], played: list[Scenario] | None = None, change: Change = as_it_is
        ) -> tuple[RunReport, Vendor]:
            recorder = Recorder()
            own = DEFAULT.zender.as_systeem()
            listener = Listener("geheim", server.url, recorder, fixed_answers(scenarios), own)
            address = stack.enter_context(listening(listener, "geheim", "127.0.0.1", 0))
            vendor = Vendor(address, recorder, change)
            stack.callback(vendor.close)
            vendor.play(scenarios if played is None else played)
            return judge_session(role, scenarios, recorder.exchanges(), DEFAULT), vendor

        yield run


def _not_passed(report: RunReport) -> list[str]:
    return [
        f"{one.scenario.id}: {step.title} {step.state} {step.findings or step.said}"
        for one in report.results
        for step in one.steps
        if step.state is not StepState.GESLAAGD
    ]


def _by_vendor(role: str) -> list[Scenario]:
    """The scenarios of a role in which the vendor alone sends."""
    return [one for one in load_role(role) if all(step.ontvang for step in one.stap)]


@pytest.mark.parametrize("role", CONSUMERS)
def test_the_examples_pass_each_scenario(play: Play, role: str) -> None:
    report, _ = play(role, _by_vendor(role))
    assert not (wrong := _not_passed(report)), "\n".join(wrong)
    assert [(one.title, one.findings) for one in report.unmatched] == []
    assert report.exit_code() == 0


# --- Consumers with a fault: it is found where it is, and the other steps pass


def _with_values(scenario: str, step: int, **values: object) -> list[Scenario]:
    """The scenarios of a role as a vendor plays them that puts other values in one step, counted from 0."""
    role = scenario.rpartition("/")[0]
    played = _by_vendor(role)
    place = next(number for number, one in enumerate(played) if one.id == scenario)
    steps = list(played[place].stap)
    example = steps[step].voorbeeld
    assert example is not None
    other = example.model_copy(update={"met": example.met | values})
    steps[step] = steps[step].model_copy(update={"voorbeeld": other})
    played[place] = played[place].model_copy(update={"stap": tuple(steps)})
    return played


def _in(operation: str, fault: Callable[[Outgoing], Outgoing]) -> Change:
    """Make a fault in the messages of one operation."""
    return lambda _scenario, _step, message: fault(message) if message.operation == operation else message


def _wrong(report: RunReport) -> list[tuple[str, str, str, str]]:
    """Each difference that was found, as scenario, expected, found and paragraph."""
    return [
        (one.scenario.nummer, finding.expected, finding.found, finding.bron)
        for one in report.results
        for step in one.steps
        for finding in step.findings
    ]


@pytest.mark.parametrize(
    ("scenario", "step", "values", "expected", "bron"),
    [
        (f"{PLANS}/1", 5, {"clienten": 2}, "precies drie cliënten", "RZS 6.3.2"),
        (f"{PLANS}/1", 1, {"uitvoerende_medewerkers": 2}, "precies één uitvoerende medewerker", "RZS 6.3.2"),
        (f"{PLANS}/2", 1, {"gezinsplan": "{gezin2}"}, "een relatie met alleen gezinsplan {gezin1}", "RZS 6.4.2"),
        (f"{SIMPLE}/4", 0, {"zaak": "{andere}"}, "een relatie met een zaak van deze sessie", "ZDS 4.2.4.2"),
    ],
)
def test_a_wrong_value_is_found_in_its_step(
    play: Play, scenario: str, step: int, values: dict[str, object], expected: str, bron: str
) -> None:
    """The other steps of the scenarios up to there pass."""
    role, _, number = scenario.rpartition("/")
    scenarios = [one for one in _by_vendor(role) if int(one.nummer) <= int(number)]
    report, vendor = play(role, scenarios, _with_values(scenario, step, **values)[: len(scenarios)])
    own = [one for one in _wrong(report) if one[1] != "een bericht dat te verwerken is"]
    assert [(one[0], one[1], one[3]) for one in own] == [(number, fill(expected, vendor.variables), bron)]
    assert report.exit_code() == 1


def test_a_later_step_may_be_about_any_zaak_that_the_vendor_made(play: Play) -> None:
    """He makes two zaken, and sets a status on the second."""
    played = _with_values(f"{SIMPLE}/9", 0, identificatie="{zaak2}")
    place = next(number for number, one in enumerate(played) if one.nummer == "2")
    [first] = played[place].stap
    assert first.voorbeeld is not None
    values = first.voorbeeld.met | {"identificatie": "{nieuw.identificatie}"}
    second = first.model_copy(
        update={
            "voorbeeld": first.voorbeeld.model_copy(update={"met": values}),
            "bewaar": {"zaak2": "zkn:object/zkn:identificatie"},
        }
    )
    played[place] = played[place].model_copy(update={"stap": (first, second)})
    report, _ = play(SIMPLE, _by_vendor(SIMPLE), played)
    assert _not_passed(report) == []


def test_what_did_not_arrive_goes_again_once_the_vendor_is_heard() -> None:
    """Not before: it would only fail again; in a later start it goes at once."""
    scenarios = [one for one in load_role(SIMPLE) if one.nummer == "10"]
    recorder, sent = Recorder(), []

    class Line:
        def send(self, scenario: Scenario, number: int, step: ScenarioStep, variables: dict[str, str]) -> Exchanged:
            sent.append(step.stuur)
            return Exchanged(
                moment="",
                direction="uit",
                operation=step.stuur,
                action="",
                question="",
                trouble="geen verbinding",
                scenario=scenario.id,
                step=number,
                variables=variables,
            )

    def start() -> ConsumerSession:
        return ConsumerSession(SIMPLE, scenarios, DEFAULT, recorder, messages=Line())

    session = start()
    session.run(0)
    session.run(0)
    assert len(sent) == 1
    recorder.add(Exchanged(moment="", direction="in", operation="zakLv01", action="", question=""))
    session.run(0)
    assert len(sent) == 2
    start().run(0)
    assert len(sent) == 3


def test_the_messages_of_a_scenario_may_come_in_any_order(play: Play) -> None:
    [plans, *_] = _by_vendor(PLANS)
    turned = plans.model_copy(update={"stap": (*plans.stap[4:], *plans.stap[2:4], *plans.stap[:2])})
    report, _ = play(PLANS, [plans], [turned])
    assert _not_passed(report) == []


def test_a_message_that_fails_leaves_later_steps_theirs(play: Play) -> None:
    """The message of the second plan comes closest to what the first must be: it is spared all the same."""
    values = {"clienten": 2, "belanghebbenden": 0, "uitvoerende_medewerkers": 0}
    report, _ = play(PLANS, _by_vendor(PLANS)[:1], _with_values(f"{PLANS}/1", 1, **values)[:1])
    assert [step.state for step in report.results[0].steps if step.state is not StepState.GESLAAGD] == ["gezakt"]
    lacks = ["precies één cliënt", "precies één belanghebbende", "precies één uitvoerende medewerker"]
    assert [one[1] for one in _wrong(report)] == lacks


def test_a_value_that_would_change_an_xpath_is_not_used(play: Play) -> None:
    """A number with a quote is said to be wrong; what asks for that number is not judged, and nothing breaks."""
    values = {"identificatie": "1900' or '1' = '1"}
    report, _ = play(PLANS, _by_vendor(PLANS)[:3], _with_values(f"{PLANS}/1", 1, **values)[:3])
    assert any(one[1:3] == ("een waarde zonder aanhalingstekens", values["identificatie"]) for one in _wrong(report))
    assert StepState.NIET_GEDRAAID in [step.state for step in report.results[1].steps]


def test_of_two_attempts_the_last_counts_and_the_first_is_shown(play: Play) -> None:
    plans = _by_vendor(PLANS)[:1]
    once, again = _with_values(f"{PLANS}/1", 5, clienten=1), _with_values(f"{PLANS}/1", 5, clienten=2)
    last = again[0].model_copy(update={"stap": again[0].stap[4:]})
    report, _ = play(PLANS, plans, [once[0], last])
    step = report.results[0].steps[5]
    assert [(one.expected, one.found) for one in step.findings] == [("precies drie cliënten", "2")]
    assert step.said == "2 pogingen; de eerste: verwacht precies drie cliënten, gevonden 1"


def test_a_message_before_the_step_that_it_comes_after_does_not_count(server: World, play: Play) -> None:
    """An answer to an offer that was not made yet is none."""
    [offer] = [one for one in load_role(SIMPLE) if one.nummer == "15"]
    _, vendor = play(SIMPLE, [offer], [])
    messages = LiveMessages(HttpLine(f"{server.url}/stuf", DEFAULT), DEFAULT)
    session = ConsumerSession(SIMPLE, [offer], DEFAULT, vendor.recorder, messages=messages)
    vendor.variables |= session.run(0).variables
    vendor.send(offer, offer.stap[1])
    made, answered = vendor.recorder.exchanges()
    assert _not_passed(judge_session(SIMPLE, [offer], [made, answered], DEFAULT)) == []
    early = judge_session(SIMPLE, [offer], [answered, made], DEFAULT)
    assert [step.state for step in early.results[0].steps] == [StepState.GESLAAGD, StepState.ONVOLLEDIG]


def test_without_levensdomeinplannen_nothing_is_asked_about_them(play: Play) -> None:
    """The profile says so; a deelplan then belongs to its gezinsplan alone."""
    profile = DEFAULT.model_copy(update={"niet_ondersteund": ("levensdomeinplan",)})
    scenarios = _by_vendor(PLANS)[:3]
    third = scenarios[2]
    alone = []
    for step in third.stap:
        assert step.voorbeeld is not None
        met = {name: value for name, value in step.voorbeeld.met.items() if name != "levensdomeinplan"}
        alone.append(step.model_copy(update={"voorbeeld": step.voorbeeld.model_copy(update={"met": met})}))
    _, vendor = play(PLANS, scenarios, [scenarios[0], third.model_copy(update={"stap": tuple(alone)})])
    report = judge_session(PLANS, scenarios, vendor.recorder.exchanges(), profile)
    assert [step.state for step in report.results[1].steps] == [StepState.NIET_ONDERSTEUND]
    assert _wrong(report) == []
    assert [one.state for one in report.results] == ["geslaagd", "niet ondersteund", "geslaagd"]


@pytest.mark.parametrize("action", ["", "http://www.egem.nl/StUF/sector/zkn/0310/cancelCheckout_Di02"])
def test_a_wrong_soapaction_is_found(play: Play, action: str) -> None:
    scenarios = _by_vendor(SIMPLE)[:10]
    report, _ = play(SIMPLE, scenarios, change=_in("geefZaakstatus_Lv01", lambda one: replace(one, action=action)))
    number, expected, found, bron = _wrong(report)[0]
    assert (number, expected) == ("11", "http://www.egem.nl/StUF/sector/zkn/0310/geefZaakstatus_Lv01")
    assert (found, bron) == (action or "niets", "SOAP 1.1 6.1.1, WSDL")
    assert {one[0] for one in _wrong(report)} == {"11"}


def test_a_referentienummer_used_again_for_another_message_is_found(play: Play) -> None:
    """The same message sent again is no fault, and no attempt."""
    used: list[Outgoing] = []

    def again(_scenario: Scenario, _step: ScenarioStep, message: Outgoing) -> Outgoing:
        if message.operation == "geefZaakstatus_Lv01":
            used.append(message)
        if message.operation == "geefZaakdetails_Lv01":
            return replaced(message, message.referentie, used[0].referentie)
        return message

    scenarios = _by_vendor(SIMPLE)
    report, vendor = play(SIMPLE, scenarios, change=again)
    [alone] = report.unmatched
    assert alone.state is StepState.GEZAKT
    assert "StUF016" in alone.findings[0].expected
    assert [one.scenario.nummer for one in report.results if one.state is not StepState.GESLAAGD] == ["12"]
    before = len(vendor.recorder.exchanges())
    vendor.post(used[0])
    once_more = vendor.recorder.exchanges()
    assert len(once_more) == before + 1
    assert len(judge_session(SIMPLE, scenarios, once_more, DEFAULT).unmatched) == 1


def test_a_message_out_of_schema_order_is_found_and_the_first_attempt_is_shown(play: Play) -> None:
    def wrong(message: Outgoing) -> Outgoing:
        titel = "<ZKN:titel>Verslag van het gesprek</ZKN:titel>"
        return replaced(replaced(message, titel, ""), "<ZKN:creatiedatum>", f"{titel}<ZKN:creatiedatum>")

    scenarios = _by_vendor(SIMPLE)[:4]
    report, _ = play(SIMPLE, scenarios, change=_in("voegZaakdocumentToe_Lk01", wrong))
    [step] = report.results[3].steps
    assert step.state is StepState.GEZAKT
    assert any(one.expected == "geldig volgens het schema" and "edcLk01/object" in one.place for one in step.findings)


@pytest.mark.parametrize(
    ("cross", "found"), [("", "niets"), ("<StUF:crossRefnummer>een-ander</StUF:crossRefnummer>", "een-ander")]
)
def test_a_reply_that_refers_to_nothing_is_found(server: World, play: Play, cross: str, found: str) -> None:
    """We offer a zaak; the answer comes as a message of its own, and must say to what."""
    scenarios = [one for one in load_role(SIMPLE) if one.nummer == "15"]
    _, vendor = play(SIMPLE, scenarios, [])
    messages = LiveMessages(HttpLine(f"{server.url}/stuf", DEFAULT), DEFAULT)
    session = ConsumerSession(SIMPLE, scenarios, DEFAULT, vendor.recorder, messages=messages)
    vendor.variables |= session.run(0).variables
    right = f"<StUF:crossRefnummer>{vendor.variables['aanbod.referentie']}</StUF:crossRefnummer>"
    vendor.change = _in("bevestigOverdragenZaak", lambda one: replaced(one, right, cross))
    vendor.send(scenarios[0], scenarios[0].stap[1])
    report = session.run(0)
    wanted = [("15", "het referentienummer van het aanbod", found, "RZS 6.8.4, StUF 03.01 4.3.1")]
    if cross:
        assert _wrong(report) == wanted
    else:
        assert _wrong(report)[-1] == wanted[0]
    vendor.change = as_it_is
    vendor.send(scenarios[0], scenarios[0].stap[1])
    assert _not_passed(session.run(0)) == []


def test_a_message_of_no_step_is_judged_and_explained(play: Play) -> None:
    """A second zaak is fine, and belongs nowhere; something that is no message of the standard is said to be that."""
    scenarios = _by_vendor(SIMPLE)[:2]
    _, vendor = play(SIMPLE, scenarios)
    vendor.send(scenarios[0], scenarios[0].stap[0])
    vendor.post(Outgoing("x", b"<geen/>", "x", "1"))
    report = judge_session(SIMPLE, scenarios, vendor.recorder.exchanges(), DEFAULT)
    second, other = report.unmatched
    assert (second.state, second.findings) == (StepState.OPMERKING, ())
    assert second.said == "lijkt op stap 1 genereerZaakIdentificatie_Di02 van scenario 1, die al een bericht heeft"
    assert (other.state, other.findings[0].expected) == (StepState.GEZAKT, "een bericht")


def test_the_log_of_a_session_is_judged_again_to_the_same_verdict(play: Play, tmp_path: Path) -> None:
    scenarios = _by_vendor(SIMPLE)
    report, vendor = play(SIMPLE, scenarios)
    log = Recorder(tmp_path / "log.jsonl")
    for one in vendor.recorder.exchanges():
        log.add(one)
    again = judge_session(SIMPLE, scenarios, Recorder(tmp_path / "log.jsonl").exchanges(), DEFAULT)
    assert again == report


def test_another_path_than_that_of_the_session_is_not_there(play: Play) -> None:
    _, vendor = play(SIMPLE, _by_vendor(SIMPLE)[:1])
    count = len(vendor.recorder.exchanges())
    for path in ("/geraden", "/geheim/stuf/../../metrics#", "/geheim/iets#"):
        stranger = Vendor(vendor.address.replace("/geheim", path))
        answer = stranger.post(Outgoing("x", b"<geen/>", "x", "1"))
        stranger.close()
        assert answer.decode() == "Dit adres is er niet.\n"
    assert len(vendor.recorder.exchanges()) == count


def test_the_wsdl_has_the_address_of_the_session(play: Play) -> None:
    _, vendor = play(SIMPLE, _by_vendor(SIMPLE)[:1])
    _, wsdl = fetch(f"{vendor.address}/stuf/VrijeBerichten?wsdl")
    assert f'location="{vendor.address}/stuf/VrijeBerichten"' in wsdl
