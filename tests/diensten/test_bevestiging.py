"""A receiver may tell later about a message of ours: kept without BSNs, and not waited for while we send to it."""

import pytest
import structlog
from sqlalchemy import text
from tests.berichten import regie as r
from tests.notifications.stappen import notificatie, sql
from tests.soap.conftest import Door

from regiesysteem.inrichting.current import InrichtingSource
from regiesysteem.notifications.transfers import OVERDRAGEN, process_prompt_answer
from regiesysteem.stuf.xml import parse

BSN = "123456782"


@pytest.fixture
def to_bus(door: Door) -> str:
    """The referentienummer of a message of ours to Bus that he acknowledged."""
    sql(door.engine, "DELETE FROM notificatie")
    notificatie(door.engine, "n-1", ontvanger="Bus", stand="bezorgd")
    sql(door.engine, "INSERT INTO ontvanger (applicatie, gestrand) VALUES ('Bus', 0)"
                    " ON CONFLICT (applicatie) DO UPDATE SET gestrand = 0")  # fmt: skip
    return "n-1"


def _row(door: Door) -> tuple[object, ...]:
    [row] = sql(door.engine, "SELECT stand, melding FROM notificatie")
    return row


def test_a_later_fo03_is_kept_without_bsn(door: Door, to_bus: str) -> None:
    """As the one that comes in the answer; also where the number comes in the details."""
    fo03 = r.bevestiging("Fo03", cross=to_bus).replace(
        "<StUF:omschrijving>Weg</StUF:omschrijving>",
        f"<StUF:omschrijving>Persoon {BSN} onbekend</StUF:omschrijving><StUF:details>zie {BSN}</StUF:details>",
    )
    door.succeeded("Fo03", fo03)
    assert _row(door) == ("gestrand", "Fo03 StUF064: Persoon … onbekend - zie …")
    assert sql(door.engine, "SELECT gestrand FROM ontvanger") == [(1,)]


@pytest.mark.parametrize(("code", "gelogd"), [("StUF064", "StUF064"), ("Jansen", "")])
def test_no_word_of_a_receiver_goes_to_the_log(door: Door, to_bus: str, code: str, gelogd: str) -> None:
    """A later fault, and an answer to an offer that cannot be read: what each says stays out of it."""
    with structlog.testing.capture_logs() as regels:
        fo03 = r.bevestiging("Fo03", cross=to_bus).replace(">StUF064<", f">{code}<").replace(">Weg<", ">Jansen<")
        door.send("Fo03", fo03.replace(">Bus<", ">GWS4all<"))
        with door.engine.connect() as connection:
            answer = parse(r.answer("Jansen wil niet").encode())
            inrichting = InrichtingSource(door.engine).current(-1)
            process_prompt_answer(connection, inrichting, "Bus", OVERDRAGEN, "o-1", answer)
    assert [regel["fout"] for regel in regels if regel["event"] == "bevestiging_ontvangen"] == [gelogd]
    assert "StUF055" in str([regel for regel in regels if regel["event"] == "antwoord_niet_verwerkt"])
    assert "Jansen" not in repr(regels)


def test_a_later_bv03_settles_what_waits(door: Door, to_bus: str) -> None:
    sql(door.engine, "UPDATE notificatie SET stand = 'wacht'")
    door.succeeded("Bv03", r.bevestiging("Bv03", cross=to_bus))
    assert _row(door) == ("bezorgd", "Bv03")


def test_a_bv03_that_comes_before_the_answer_is_taken_at_once(door: Door, to_bus: str) -> None:
    """The receiver says it while we wait for his answer: that counts, and he must not wait for us."""
    sql(door.engine, "UPDATE notificatie SET stand = 'wacht'")
    with door.engine.begin() as busy:
        busy.execute(text("SELECT FROM notificatie FOR UPDATE"))
        door.succeeded("Bv03", r.bevestiging("Bv03", cross=to_bus))
        assert _row(door) == ("wacht", "")


def test_a_fo03_that_comes_before_the_answer_is_for_later(door: Door, to_bus: str) -> None:
    fo03 = r.bevestiging("Fo03", cross=to_bus)
    for_ = door.counts()
    with door.engine.begin() as busy:
        busy.execute(text("SELECT FROM notificatie FOR UPDATE"))
        code, details = door.fout("Fo03", fo03)
    assert (code, "later nog eens" in details) == ("StUF046", True)
    assert door.counts() == for_
    door.succeeded("Fo03", fo03)
    assert _row(door)[0] == "gestrand"
