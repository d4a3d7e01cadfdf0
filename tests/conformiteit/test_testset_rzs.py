"""The product in the roles of RZS 1.0 that notify and hand over, played by `regie conformiteit` with an address.

What the runner does with roles that only answer stands in `tests/conformance`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.bezorging.conftest import opstellingen
from tests.bezorging.opstelling import MakeOpstelling, Opstelling, abonnement, applicatie
from tests.conformance.vendor import Vendor
from tests.conftest import Server, vrije_port
from tests.conftest import regie as command
from tests.practice.kantoor import Office, start

from regiesysteem.conformance.consumer_session import ConsumerSession, fixed_answers
from regiesysteem.conformance.http_line import HttpLine
from regiesysteem.conformance.listener import Listener, listening
from regiesysteem.conformance.profile import DEFAULT, Profile
from regiesysteem.conformance.provider_run import LiveMessages, ProviderRun
from regiesysteem.conformance.recorder import Recorder
from regiesysteem.conformance.report import RunReport, StepState
from regiesysteem.conformance.scenarios import Scenario, load_role

US = DEFAULT.zender.applicatie
_WAIT_S = 60


@pytest.fixture
def make_opstelling(database_url: str, tmp_path: Path) -> Iterator[MakeOpstelling]:
    yield from opstellingen(database_url, tmp_path)


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def make(naam: str, server: str, *options: str) -> Office:
        made.append(start(naam, tmp_path / naam, server, *options))
        return made[-1]

    yield make
    for office in made:
        assert office.stop() == 0


@contextmanager
def _address(role: str, port: int, store: str = "http://127.0.0.1:9") -> Iterator[tuple[str, Recorder]]:
    """Our address for a role, and what comes in there."""
    recorder = Recorder()
    answers = fixed_answers(load_role(role))
    with listening(Listener("t", store, recorder, answers, DEFAULT.zender.as_systeem()), "t", "127.0.0.1", port) as one:
        yield one, recorder


def _sends(opstelling: Opstelling) -> LiveMessages:
    return LiveMessages(HttpLine(f"http://127.0.0.1:{opstelling.port}/stuf", DEFAULT), DEFAULT)


def _passed(report: RunReport) -> list[str]:
    """The numbers of the scenarios that passed; any other fails the test with what was found."""
    wrong = [
        f"{one.scenario.id}: {step.title} {step.state} {step.findings or step.said}"
        for one in report.results
        for step in one.steps
        if step.state is not StepState.GESLAAGD
    ]
    assert not wrong, "\n".join(wrong)
    assert report.exit_code() == 0
    return [one.scenario.nummer for one in report.results]


def _numbered(role: str, *numbers: str) -> list[Scenario]:
    return [one for one in load_role(role) if one.nummer in numbers]


def test_abonnementenbeheer(make_opstelling: MakeOpstelling) -> None:
    """Each initieerNotificeerOverZaak gives a notificeerOverZaak that says the same, but not who caused it."""
    role, port = "rzs-1.0/abonnementenbeheer", vrije_port()
    with _address(role, port) as (address, recorder):
        product = make_opstelling(applicatie(US, f"{address}/stuf"), abonnement(US, 'verwachte_actie = "Kijk"'))
        report = ProviderRun(_sends(product), DEFAULT, inbox=recorder).play(role, load_role(role))
        assert _passed(report) == [*map(str, range(1, 11)), "101"]


def test_servicebus(make_opstelling: MakeOpstelling) -> None:
    """Variant `extern`: what happens at the product is told to an abonnementenbeheer, that finds out who is to hear."""
    role, port = "rzs-1.0/servicebus", vrije_port()
    with _address(role, port) as (address, recorder):
        product = make_opstelling(
            applicatie("Abonnementenbeheer", f"{address}/stuf"),
            '[notificaties]\nvariant = "extern"\nabonnementenbeheer = "Abonnementenbeheer"\n',
        )
        report = ProviderRun(_sends(product), DEFAULT, inbox=recorder).play(role, load_role(role))
        assert _passed(report) == ["1"]


def test_regiesysteem(make_opstelling: MakeOpstelling) -> None:
    """A vendor's client makes the plans in the product, which keeps our notifications and hands a deelplan over."""
    role, port = "rzs-1.0/regiesysteem", vrije_port()
    product = make_opstelling(applicatie(US, f"http://127.0.0.1:{port}/t/stuf"))
    with _address(role, port, f"http://127.0.0.1:{product.port}") as (address, recorder):
        client = Vendor(address)
        client.play(one for one in load_role(role) if all(step.ontvang for step in one.stap))
        client.close()
        outcome = command("zaak", "overdragen", client.variables["deel1"], US, REGIE_DATABASE_URL=product.database_url)
        assert outcome.returncode == 0, outcome.stderr
        session = ConsumerSession(role, load_role(role), DEFAULT, recorder, messages=_sends(product))
        assert len(_passed(session.run(_WAIT_S))) == 17
    assert product.sql("SELECT stand FROM overdracht") == [("geaccepteerd",)]
    kept = product.sql("SELECT gebeurtenis FROM postvak ORDER BY id")
    assert len(kept) == 5


@pytest.mark.parametrize("choice", ["accepteren", "weigeren"])
def test_taakspecifiek(server: Server, make_office: Callable[..., Office], choice: str) -> None:
    """A back office acknowledges five notifications and our offer, and then answers with a message of its own."""
    role, port = "rzs-1.0/taakspecifiek", vrije_port()
    with _address(role, port, server.url) as (address, recorder):
        office = make_office("Regiesysteem", f"{address}/stuf", "--overdracht", choice)
        profile = Profile()
        messages = LiveMessages(HttpLine(office.adres, profile), profile)
        session = ConsumerSession(role, _numbered(role, "10", "15"), profile, recorder, messages=messages)
        assert _passed(session.run(_WAIT_S)) == ["10", "15"]
    assert [line["uitkomst"] for line in office.regels("ontvangen")] == ["Bv03"] * 6
