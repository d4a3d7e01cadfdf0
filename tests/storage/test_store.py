"""Content: the same bytes back, stored once, gone with its transaction or its process; in both places."""

import hashlib
import io
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from tests.conftest import wacht_tot
from tests.storage.conftest import Bucket, Kluis, maak_kluis
from tests.storage.proces import bestand_van, ga_door, inhoud, proces, wacht_op

from regiesysteem.db import tel_statements
from regiesysteem.storage import InhoudBeschadigd, InhoudVerdwenen, OpslagOnbereikbaar

_STUK = 256 * 1024
_GROOT = 100_000_000


def test_the_same_bytes_come_back(kluis: Kluis) -> None:
    for grootte in (0, 1, _STUK - 1, _STUK, _STUK + 1, 3_500_000, 40_000_000):
        bestand, sha256 = bestand_van(1, grootte)
        with bestand, kluis.motor.begin() as verbinding:
            kluis.opslag.bewaar(verbinding, bestand, sha256, grootte)
            kluis.verwijs(verbinding, sha256)
            assert not bestand.closed
        with kluis.motor.connect() as verbinding, kluis.opslag.lees(verbinding, sha256) as terug:
            assert terug.tell() == 0
            assert hashlib.file_digest(terug, "sha256").hexdigest() == sha256


def test_it_is_stored_from_its_beginning(kluis: Kluis) -> None:
    bestand = io.BytesIO(b"een gezinsplan")
    bestand.seek(5)
    sha256 = hashlib.sha256(b"een gezinsplan").hexdigest()
    with kluis.motor.begin() as verbinding:
        kluis.opslag.bewaar(verbinding, bestand, sha256, 14)
    assert kluis.lees(sha256) == b"een gezinsplan"


def test_it_can_be_read_in_the_transaction_that_stores_it(kluis: Kluis) -> None:
    with kluis.motor.begin() as verbinding:
        sha256 = kluis.bewaar(b"nieuw", verbinding)
        with kluis.opslag.lees(verbinding, sha256) as terug:
            assert terug.read() == b"nieuw"


def test_identical_content_is_stored_once(kluis: Kluis) -> None:
    for _ in range(3):
        sha256 = kluis.bewaar(b"hetzelfde")
    assert kluis.rijen() == 1
    assert kluis.tel("proef") == 3
    assert kluis.tel("document_stuk") + len(kluis.bucket.sleutels()) == 1
    assert kluis.lees(sha256) == b"hetzelfde"


def test_a_rollback_leaves_nothing(kluis: Kluis) -> None:
    with kluis.motor.connect() as verbinding:
        kluis.bewaar(b"toch niet", verbinding)
        kluis.bewaar(b"", verbinding)
        verbinding.rollback()
    assert kluis.rijen() == 0
    kluis.ruim_op()
    assert kluis.leeg()


@pytest.mark.parametrize("eerste_bevestigt", [True, False])
def test_two_processes_that_store_the_same_at_once_store_it_once(kluis: Kluis, eerste_bevestigt: bool) -> None:
    """The second waits for the first; when the first is gone without a commit, the second stores it after all."""
    grootte = 3_000_000
    sha256 = hashlib.sha256(b"".join(inhoud(7, grootte))).hexdigest()
    zelfde = ("bewaar", 7, grootte)
    with proces(*zelfde, **kluis.instellingen) as een, proces(*zelfde, **kluis.instellingen) as twee:
        for gestart in (een, twee):
            wacht_op(gestart, "begonnen")
        ga_door(een)
        wacht_op(een, "bewaard")
        ga_door(twee)
        wacht_tot(lambda: _wachtenden(kluis.motor) == 1, "de tweede wacht op de eerste")
        if eerste_bevestigt:
            ga_door(een)
            wacht_op(een, "klaar")
        else:
            een.kill()
        wacht_op(twee, "bewaard")
        ga_door(twee)
        wacht_op(twee, "klaar")
    kluis.ruim_op()
    assert kluis.rijen() == 1
    assert kluis.tel("proef") == (2 if eerste_bevestigt else 1)
    assert len(kluis.bucket.sleutels()) == (1 if kluis.soort == "s3" else 0)
    assert hashlib.sha256(kluis.lees(sha256)).hexdigest() == sha256


def test_a_process_killed_in_the_middle_leaves_nothing(kluis: Kluis) -> None:
    with proces("halverwege", 8, _GROOT, **kluis.instellingen) as gestart:
        wacht_op(gestart, "begonnen")
        ga_door(gestart)
        wacht_op(gestart, "halverwege")
        gestart.send_signal(signal.SIGKILL)
        gestart.wait()
    wacht_tot(lambda: _sessies(kluis.motor) == 0, "de server merkt het")
    assert kluis.rijen() == kluis.tel("document_stuk") == 0
    assert len(kluis.bucket.uploads()) == (1 if kluis.soort == "s3" else 0)
    kluis.ruim_op()
    assert kluis.leeg()


def test_a_process_killed_before_the_commit_leaves_nothing(kluis: Kluis) -> None:
    with proces("bewaar", 9, 100_000, **kluis.instellingen) as gestart:
        wacht_op(gestart, "begonnen")
        ga_door(gestart)
        wacht_op(gestart, "bewaard")
        # As long as it lives its object has no row that anybody sees, and is left alone.
        assert kluis.ruim_op() == []
        gestart.send_signal(signal.SIGKILL)
        gestart.wait()
    wacht_tot(lambda: _sessies(kluis.motor) == 0, "de server merkt het")
    assert kluis.ruim_op() == (["object"] if kluis.soort == "s3" else [])
    assert kluis.leeg()


@pytest.mark.parametrize(
    "schade",
    [lambda was: was[:-1] + bytes([was[-1] ^ 1]), lambda was: was[:-1], lambda was: was + b"x"],
    ids=["changed", "too short", "too long"],
)
def test_damaged_content_is_not_given(kluis: Kluis, schade: Callable[[bytes], bytes]) -> None:
    sha256 = kluis.bewaar(os.urandom(600_000))
    kluis.verander(sha256, schade)
    with pytest.raises(InhoudBeschadigd, match=sha256) as fout:
        kluis.lees(sha256)
    assert fout.value.verwijzing == sha256


def test_content_that_is_gone_is_said_to_be_gone(kluis: Kluis) -> None:
    sha256 = kluis.bewaar(b"weg")
    kluis.verlies(sha256)
    for verwijzing in (sha256, hashlib.sha256(b"nooit geweest").hexdigest()):
        with pytest.raises(InhoudVerdwenen, match=verwijzing):
            kluis.lees(verwijzing)


def test_a_file_of_another_size_is_refused(kluis: Kluis) -> None:
    with kluis.motor.begin() as verbinding, pytest.raises(ValueError, match="not 4 bytes"):
        kluis.opslag.bewaar(verbinding, io.BytesIO(b"vijf!"), "ab" * 32, 4)
    assert kluis.leeg()


class _Kapot(io.BytesIO):
    def read(self, aantal: int | None = -1) -> bytes:
        if self.tell() >= _STUK:
            raise OSError("de schijf is stuk")
        return super().read(aantal)


def test_a_file_that_cannot_be_read_says_so_and_the_connection_stays_good(kluis: Kluis) -> None:
    bestand = _Kapot(bytes(3 * _STUK))
    with kluis.motor.connect() as verbinding:
        with pytest.raises(OSError, match="de schijf is stuk"):
            kluis.opslag.bewaar(verbinding, bestand, hashlib.sha256(bestand.getvalue()).hexdigest(), 3 * _STUK)
        verbinding.rollback()
        assert verbinding.execute(text("SELECT 1")).scalar_one() == 1
    assert kluis.leeg()


def test_no_room_for_what_is_read_says_so_and_the_connection_stays_good(
    kluis: Kluis, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = kluis.bewaar(os.urandom(3 * _STUK))

    class Vol(io.BytesIO):
        def write(self, blok: object) -> int:
            raise OSError("de schijf is vol")

    with kluis.motor.connect() as verbinding:
        with monkeypatch.context() as even:
            even.setattr("regiesysteem.storage.store.SpooledTemporaryFile", lambda max_size: Vol())
            with pytest.raises(OSError, match="de schijf is vol"):
                kluis.opslag.lees(verbinding, sha256)
        verbinding.rollback()
        with kluis.opslag.lees(verbinding, sha256) as terug:
            assert len(terug.read()) == 3 * _STUK


def test_a_content_costs_few_statements(kluis: Kluis) -> None:
    bestand, sha256 = bestand_van(1, 100_000)
    extra = 0 if kluis.soort == "postgres" else -1
    with bestand, kluis.motor.begin() as verbinding:
        with tel_statements() as nieuw:
            kluis.opslag.bewaar(verbinding, bestand, sha256, 100_000)
        with tel_statements() as nogmaals:
            kluis.opslag.bewaar(verbinding, bestand, sha256, 100_000)
        with tel_statements() as gelezen:
            kluis.opslag.lees(verbinding, sha256).close()
    assert (nieuw.aantal, nogmaals.aantal, gelezen.aantal) == (2, 2, 2 + extra)
    assert nieuw.seconden > 0


def test_a_large_content_may_take_longer_than_the_session_allows(kluis: Kluis) -> None:
    bestand, sha256 = bestand_van(2, 33_000_000)
    vraag = text("SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')")
    with bestand, kluis.motor.connect() as verbinding:
        eerst = tuple(verbinding.execute(vraag).one())
        kluis.opslag.bewaar(verbinding, bestand, sha256, 33_000_000)
        assert tuple(verbinding.execute(vraag).one()) == ("63s", "63s")
        verbinding.commit()
        assert tuple(verbinding.execute(vraag).one()) == eerst
        kluis.opslag.lees(verbinding, sha256).close()
        assert tuple(verbinding.execute(vraag).one()) == ("63s", "63s")


def test_memory_does_not_grow_with_the_content(kluis: Kluis) -> None:
    with proces("meet", 3, _GROOT, **kluis.instellingen) as gestart:
        assert gestart.stdout is not None
        groei = int(gestart.stdout.readline())
    assert groei < 16_000_000


def test_what_is_in_the_other_place_stays_readable(verwijzer: Engine, database_url: str, bucket: Bucket) -> None:
    oud, nieuw = (maak_kluis(soort, verwijzer, database_url, bucket) for soort in ("postgres", "s3"))
    sha_oud = oud.bewaar(b"van voor de overgang")
    sha_nieuw = nieuw.bewaar(b"van erna")
    assert nieuw.bewaar(b"van voor de overgang") == sha_oud
    for kluis in (oud, nieuw):
        assert kluis.lees(sha_oud) == b"van voor de overgang"
        assert kluis.lees(sha_nieuw) == b"van erna"
    assert len(bucket.sleutels()) == 1
    zonder = maak_kluis("postgres", verwijzer, database_url, bucket, s3_bucket="")
    with pytest.raises(OpslagOnbereikbaar, match="s3, en die opslag is niet ingesteld"):
        zonder.lees(sha_nieuw)


def test_many_threads_share_one_storage(kluis: Kluis) -> None:
    inhouden = [os.urandom(300_000) for _ in range(3)]
    with ThreadPoolExecutor(4) as samen:
        digests = list(samen.map(kluis.bewaar, inhouden * 8))
        assert list(samen.map(kluis.lees, digests)) == inhouden * 8
    assert kluis.rijen() == 3


def _wachtenden(motor: Engine) -> int:
    return _tel(motor, "wait_event_type = 'Lock'")


def _sessies(motor: Engine) -> int:
    return _tel(motor, "application_name LIKE 'proces %'")


def _tel(motor: Engine, wat: str) -> int:
    with motor.connect() as verbinding:
        vraag = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {wat}"
        return verbinding.execute(text(vraag)).scalar_one()
