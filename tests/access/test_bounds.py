"""A sender that sends too much in a minute is told when again, and holds up nobody else."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from tests.access.conftest import GWS, PASSWORDS, WMO, Doors, basic, details, outcome, sent_by
from tests.berichten.bouw import SOAP11, SOAP12, lk01, lv01, new_number, texts, zaak

from regiesysteem.access import bounds
from regiesysteem.access.bounds import Rates, SharedRates, Volume
from regiesysteem.stuf.xml import parse

AS_GWS = basic("GWS4all", PASSWORDS[GWS])
AS_WMO = basic("WmoVoorziening", PASSWORDS[WMO])
NAAM = 'naam = "GWS4all"'


class Clock:
    """The clock of the bounds, put forward by hand."""

    def __init__(self) -> None:
        self.now = 6_000_000_017

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still."""
    clock = Clock()
    monkeypatch.setattr(bounds, "_now", clock)
    return clock


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
def test_beyond_its_bound_a_sender_is_told_when_again(
    make_doors: Callable[..., Doors], clock: Clock, soap: str
) -> None:
    doors = make_doors({NAAM: f"{NAAM}\nverzoeken_per_minuut = 2\n"})
    for _ in range(2):
        assert outcome(doors.send("zakLv01", lv01(), AS_GWS, soap=soap)) == (200, "")
    before = doors.traces()
    for dienst, bericht, code, kind in (
        ("zakLv01", lv01(), "StUF960", "Fo02"),
        ("creeerZaak_Lk01", lk01("T", zaak(new_number())), "StUF046", "Fo03"),
    ):
        answer = doors.send(dienst, bericht, AS_GWS, soap=soap)
        assert outcome(answer) == (429, code)
        assert answer.headers["Retry-After"] == "43"
        assert "over 43 seconden" in details(answer)
        assert texts(parse(answer.data), "//s:berichtcode") == [kind]
    assert doors.traces() == before
    assert outcome(doors.send("zakLv01", sent_by("WmoVoorziening", lv01()), AS_WMO)) == (200, "")
    clock.now += 43
    assert outcome(doors.send("zakLv01", lv01(), AS_GWS, soap=soap)) == (200, "")


def test_bytes_are_counted_and_0_is_no_bound(make_doors: Callable[..., Doors], clock: Clock) -> None:
    doors = make_doors({NAAM: f"{NAAM}\nverzoeken_per_minuut = 0\nmb_per_minuut = 1\n"})
    large = lv01().replace("<ZKN:parameters>", f"<!--{'x' * 600_000}--><ZKN:parameters>")
    assert outcome(doors.send("zakLv01", large, AS_GWS)) == (200, "")
    answer = doors.send("zakLv01", large, AS_GWS)
    assert outcome(answer) == (429, "StUF960")
    assert "1 MB" in details(answer)


def test_messages_that_are_refused_count_too(make_doors: Callable[..., Doors], clock: Clock) -> None:
    doors = make_doors({NAAM: f"{NAAM}\nverzoeken_per_minuut = 2\n"})
    wrong = lv01().replace("sortering>0", "sortering>x")
    codes = [outcome(doors.send("zakLv01", wrong, AS_GWS))[1] for _ in range(3)]
    assert codes[2] == "StUF960"
    assert "StUF960" not in codes[:2]


@pytest.mark.parametrize("body", [b"<broken", b""])
def test_what_proves_nothing_counts_for_its_address_and_is_then_not_read(
    make_doors: Callable[..., Doors], clock: Clock, body: bytes
) -> None:
    doors = make_doors({"[regels]\n": "[regels]\nverzoeken_per_minuut = 2\n"})

    def post(address: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        return outcome(
            doors.client.post(
                "/stuf", data=body, content_type="text/xml", headers=headers, environ_base={"REMOTE_ADDR": address}
            )
        )

    assert outcome(doors.send("zakLv01", lv01(), AS_GWS)) == (200, "")  # the process knows the inrichting
    refused = [post("10.9.8.7") for _ in range(5)]
    assert [code for _, code in refused] == ["StUF055"] * 3 + ["StUF960"] * 2
    assert refused[-1][0] == 429
    assert post("10.9.8.6")[1] == "StUF055"
    assert post("10.9.8.7", basic("WmoVoorziening", "een verzonnen wachtwoord")) == (429, "StUF960")
    assert post("10.9.8.7", AS_WMO)[1] == "StUF055"  # who proves who it is is heard


def test_a_credential_of_another_counts_for_the_address(make_doors: Callable[..., Doors], clock: Clock) -> None:
    doors = make_doors({"[regels]\n": "[regels]\nverzoeken_per_minuut = 2\n"})
    for _ in range(3):
        assert outcome(doors.send("zakLv01", sent_by("WmoVoorziening", lv01()), AS_GWS))[1] == "StUF013"
    assert outcome(doors.send("zakLv01", lv01()))[0] == 429
    assert outcome(doors.send("zakLv01", lv01(), AS_GWS)) == (200, "")


def test_under_open_nothing_is_bounded(make_doors: Callable[..., Doors], clock: Clock) -> None:
    doors = make_doors(
        {"[regels]\n": "[regels]\nverzoeken_per_minuut = 1\n", 'autorisatie = "applicaties"': 'autorisatie = "open"'}
    )
    assert {outcome(doors.send("zakLv01", lv01())) for _ in range(5)} == {(200, "")}


def test_a_refusal_for_speed_is_on_record_with_who_was_proven(make_doors: Callable[..., Doors], clock: Clock) -> None:
    doors = make_doors({NAAM: f"{NAAM}\nverzoeken_per_minuut = 1\n"})
    for _ in range(2):
        doors.send("zakLv01", lv01(), AS_GWS)
    with doors.engine.connect() as connection:
        last = connection.execute(text("SELECT bewezen, bewijs, code, http_status FROM weigering ORDER BY id DESC"))
        assert tuple(last.first() or ()) == ("GWS4all", "basic", "StUF960", 429)


def test_processes_count_together_and_one_that_died_still_counts() -> None:
    shared = SharedRates(2)
    first, second = Rates(shared, 0), Rates(shared, 1)
    first.add("a", 10, minute=5)
    second.add("a", 20, minute=5)
    second.add("b", 1, minute=5)
    assert first.sent("a", 5) == second.sent("a", 5) == Volume(2, 30)
    assert Rates(shared, 0).sent("a", 5) == Volume(2, 30)
    assert first.sent("a", 6) == Volume()
    first.add("a", 1, minute=6)
    assert second.sent("a", 6) == Volume(1, 1)


def test_more_senders_than_there_are_rows_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_ROWS", 8)
    rates = Rates(SharedRates())
    for number in range(20):
        rates.add(f"a{number}", 1, minute=5)
    counts = [rates.sent(f"a{number}", 5).requests for number in range(20)]
    assert sorted(counts) == [1] * 8 + [12] * 12
