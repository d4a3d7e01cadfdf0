"""What a receiver says later about a message of ours: kept without BSNs, and not waited for while we send to him."""

import pytest
import structlog
from sqlalchemy import text
from tests.berichten import regie as r
from tests.notifications.stappen import notificatie, sql
from tests.soap.conftest import Deur

from regiesysteem.inrichting.current import InrichtingBron
from regiesysteem.notifications.transfers import OVERDRAGEN, verwerk_dadelijk_antwoord
from regiesysteem.stuf.xml import ontleed

BSN = "123456782"


@pytest.fixture
def naar_bus(deur: Deur) -> str:
    """The referentienummer of a message of ours to Bus that he acknowledged."""
    sql(deur.motor, "DELETE FROM notificatie")
    notificatie(deur.motor, "n-1", ontvanger="Bus", stand="bezorgd")
    sql(deur.motor, "INSERT INTO ontvanger (applicatie, gestrand) VALUES ('Bus', 0)"
                    " ON CONFLICT (applicatie) DO UPDATE SET gestrand = 0")  # fmt: skip
    return "n-1"


def _rij(deur: Deur) -> tuple[object, ...]:
    [rij] = sql(deur.motor, "SELECT stand, melding FROM notificatie")
    return rij


def test_a_later_fo03_is_kept_without_bsn(deur: Deur, naar_bus: str) -> None:
    """As the one that comes in the answer; also where the number comes in the details."""
    fo03 = r.bevestiging("Fo03", cross=naar_bus).replace(
        "<StUF:omschrijving>Weg</StUF:omschrijving>",
        f"<StUF:omschrijving>Persoon {BSN} onbekend</StUF:omschrijving><StUF:details>zie {BSN}</StUF:details>",
    )
    deur.gelukt("Fo03", fo03)
    assert _rij(deur) == ("gestrand", "Fo03 StUF064: Persoon ********* onbekend - zie *********")
    assert sql(deur.motor, "SELECT gestrand FROM ontvanger") == [(1,)]


@pytest.mark.parametrize(("code", "gelogd"), [("StUF064", "StUF064"), ("Jansen", "")])
def test_no_word_of_a_receiver_goes_to_the_log(deur: Deur, naar_bus: str, code: str, gelogd: str) -> None:
    """A later fault, and an answer to an offer that cannot be read: what each says stays out of it."""
    with structlog.testing.capture_logs() as regels:
        fo03 = r.bevestiging("Fo03", cross=naar_bus).replace(">StUF064<", f">{code}<").replace(">Weg<", ">Jansen<")
        deur.stuur("Fo03", fo03.replace(">Bus<", ">GWS4all<"))
        with deur.motor.connect() as verbinding:
            antwoord = ontleed(r.antwoord("Jansen wil niet").encode())
            inrichting = InrichtingBron(deur.motor).actueel(-1)
            verwerk_dadelijk_antwoord(verbinding, inrichting, "Bus", OVERDRAGEN, "o-1", antwoord)
    assert [regel["fout"] for regel in regels if regel["event"] == "bevestiging_ontvangen"] == [gelogd]
    assert "StUF055" in str([regel for regel in regels if regel["event"] == "antwoord_niet_verwerkt"])
    assert "Jansen" not in repr(regels)


def test_a_later_bv03_settles_what_waits(deur: Deur, naar_bus: str) -> None:
    sql(deur.motor, "UPDATE notificatie SET stand = 'wacht'")
    deur.gelukt("Bv03", r.bevestiging("Bv03", cross=naar_bus))
    assert _rij(deur) == ("bezorgd", "Bv03")


def test_a_bv03_that_comes_before_the_answer_is_taken_at_once(deur: Deur, naar_bus: str) -> None:
    """The receiver says it while we wait for his answer: that counts, and he must not wait for us."""
    sql(deur.motor, "UPDATE notificatie SET stand = 'wacht'")
    with deur.motor.begin() as bezig:
        bezig.execute(text("SELECT FROM notificatie FOR UPDATE"))
        deur.gelukt("Bv03", r.bevestiging("Bv03", cross=naar_bus))
        assert _rij(deur) == ("wacht", "")


def test_a_fo03_that_comes_before_the_answer_is_for_later(deur: Deur, naar_bus: str) -> None:
    fo03 = r.bevestiging("Fo03", cross=naar_bus)
    voor = deur.aantallen()
    with deur.motor.begin() as bezig:
        bezig.execute(text("SELECT FROM notificatie FOR UPDATE"))
        code, details = deur.fout("Fo03", fo03)
    assert (code, "later nog eens" in details) == ("StUF046", True)
    assert deur.aantallen() == voor
    deur.gelukt("Fo03", fo03)
    assert _rij(deur)[0] == "gestrand"
