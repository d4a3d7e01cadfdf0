"""Content: the same bytes back, stored once, gone with its transaction or its process; in both places."""

import hashlib
import io
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from tests.conftest import wait_until
from tests.storage.conftest import Bucket, Kluis, make_kluis
from tests.storage.proces import file_of, ga_by, inhoud, process, wait_for

from regiesysteem.db import count_statements
from regiesysteem.storage import InhoudDamaged, InhoudVanished, StorageUnreachable

_PIECE = 256 * 1024
_LARGE = 100_000_000


def test_the_same_bytes_come_back(kluis: Kluis) -> None:
    for size in (0, 1, _PIECE - 1, _PIECE, _PIECE + 1, 3_500_000, 40_000_000):
        file, sha256 = file_of(1, size)
        with file, kluis.engine.begin() as connection:
            kluis.opslag.keep(connection, file, sha256, size)
            kluis.verwijs(connection, sha256)
            assert not file.closed
        with kluis.engine.connect() as connection, kluis.opslag.read(connection, sha256) as back:
            assert back.tell() == 0
            assert hashlib.file_digest(back, "sha256").hexdigest() == sha256


def test_it_is_stored_from_its_beginning(kluis: Kluis) -> None:
    file = io.BytesIO(b"een gezinsplan")
    file.seek(5)
    sha256 = hashlib.sha256(b"een gezinsplan").hexdigest()
    with kluis.engine.begin() as connection:
        kluis.opslag.keep(connection, file, sha256, 14)
    assert kluis.read(sha256) == b"een gezinsplan"


def test_it_can_be_read_in_the_transaction_that_stores_it(kluis: Kluis) -> None:
    with kluis.engine.begin() as connection:
        sha256 = kluis.keep(b"nieuw", connection)
        with kluis.opslag.read(connection, sha256) as back:
            assert back.read() == b"nieuw"


def test_identical_content_is_stored_once(kluis: Kluis) -> None:
    for _ in range(3):
        sha256 = kluis.keep(b"hetzelfde")
    assert kluis.rijen() == 1
    assert kluis.count("proef") == 3
    assert kluis.count("document_stuk") + len(kluis.bucket.sleutels()) == 1
    assert kluis.read(sha256) == b"hetzelfde"


def test_a_rollback_leaves_nothing(kluis: Kluis) -> None:
    with kluis.engine.connect() as connection:
        kluis.keep(b"toch niet", connection)
        kluis.keep(b"", connection)
        connection.rollback()
    assert kluis.rijen() == 0
    kluis.clean_up()
    assert kluis.empty()


@pytest.mark.parametrize("first_bevestigt", [True, False])
def test_two_processes_that_store_the_same_at_once_store_it_once(kluis: Kluis, first_bevestigt: bool) -> None:
    """The second waits for the first; when the first is gone without a commit, the second stores it after all."""
    size = 3_000_000
    sha256 = hashlib.sha256(b"".join(inhoud(7, size))).hexdigest()
    same = ("bewaar", 7, size)
    with process(*same, **kluis.settings) as one, process(*same, **kluis.settings) as twee:
        for gestart in (one, twee):
            wait_for(gestart, "begonnen")
        ga_by(one)
        wait_for(one, "bewaard")
        ga_by(twee)
        wait_until(lambda: _waiting(kluis.engine) == 1, "de tweede wacht op de eerste")
        if first_bevestigt:
            ga_by(one)
            wait_for(one, "klaar")
        else:
            one.kill()
        wait_for(twee, "bewaard")
        ga_by(twee)
        wait_for(twee, "klaar")
    kluis.clean_up()
    assert kluis.rijen() == 1
    assert kluis.count("proef") == (2 if first_bevestigt else 1)
    assert len(kluis.bucket.sleutels()) == (1 if kluis.soort == "s3" else 0)
    assert hashlib.sha256(kluis.read(sha256)).hexdigest() == sha256


def test_a_process_killed_in_the_middle_leaves_nothing(kluis: Kluis) -> None:
    with process("halverwege", 8, _LARGE, **kluis.settings) as gestart:
        wait_for(gestart, "begonnen")
        ga_by(gestart)
        wait_for(gestart, "halverwege")
        gestart.send_signal(signal.SIGKILL)
        gestart.wait()
    wait_until(lambda: _sessies(kluis.engine) == 0, "de server merkt het")
    assert kluis.rijen() == kluis.count("document_stuk") == 0
    assert len(kluis.bucket.uploads()) == (1 if kluis.soort == "s3" else 0)
    kluis.clean_up()
    assert kluis.empty()


def test_a_process_killed_before_the_commit_leaves_nothing(kluis: Kluis) -> None:
    with process("bewaar", 9, 100_000, **kluis.settings) as gestart:
        wait_for(gestart, "begonnen")
        ga_by(gestart)
        wait_for(gestart, "bewaard")
        # As long as it lives its object has no row that anybody sees, and is left alone.
        assert kluis.clean_up() == []
        gestart.send_signal(signal.SIGKILL)
        gestart.wait()
    wait_until(lambda: _sessies(kluis.engine) == 0, "de server merkt het")
    assert kluis.clean_up() == (["object"] if kluis.soort == "s3" else [])
    assert kluis.empty()


@pytest.mark.parametrize(
    "schade",
    [lambda was: was[:-1] + bytes([was[-1] ^ 1]), lambda was: was[:-1], lambda was: was + b"x"],
    ids=["changed", "too short", "too long"],
)
def test_damaged_content_is_not_given(kluis: Kluis, schade: Callable[[bytes], bytes]) -> None:
    sha256 = kluis.keep(os.urandom(600_000))
    kluis.verander(sha256, schade)
    with pytest.raises(InhoudDamaged, match=sha256) as error:
        kluis.read(sha256)
    assert error.value.reference == sha256


def test_content_that_is_gone_is_said_to_be_gone(kluis: Kluis) -> None:
    sha256 = kluis.keep(b"weg")
    kluis.verlies(sha256)
    for reference in (sha256, hashlib.sha256(b"nooit geweest").hexdigest()):
        with pytest.raises(InhoudVanished, match=reference):
            kluis.read(reference)


def test_a_file_of_another_size_is_refused(kluis: Kluis) -> None:
    with kluis.engine.begin() as connection, pytest.raises(ValueError, match="not 4 bytes"):
        kluis.opslag.keep(connection, io.BytesIO(b"vijf!"), "ab" * 32, 4)
    assert kluis.empty()


class _Kapot(io.BytesIO):
    def read(self, count: int | None = -1) -> bytes:
        if self.tell() >= _PIECE:
            raise OSError("de schijf is stuk")
        return super().read(count)


def test_a_file_that_cannot_be_read_says_so_and_the_connection_stays_good(kluis: Kluis) -> None:
    file = _Kapot(bytes(3 * _PIECE))
    with kluis.engine.connect() as connection:
        with pytest.raises(OSError, match="de schijf is stuk"):
            kluis.opslag.keep(connection, file, hashlib.sha256(file.getvalue()).hexdigest(), 3 * _PIECE)
        connection.rollback()
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert kluis.empty()


def test_no_room_for_what_is_read_says_so_and_the_connection_stays_good(
    kluis: Kluis, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = kluis.keep(os.urandom(3 * _PIECE))

    class Full(io.BytesIO):
        def write(self, block: object) -> int:
            raise OSError("de schijf is vol")

    with kluis.engine.connect() as connection:
        with monkeypatch.context() as even:
            even.setattr("regiesysteem.storage.store.SpooledTemporaryFile", lambda max_size: Full())
            with pytest.raises(OSError, match="de schijf is vol"):
                kluis.opslag.read(connection, sha256)
        connection.rollback()
        with kluis.opslag.read(connection, sha256) as back:
            assert len(back.read()) == 3 * _PIECE


def test_a_content_costs_few_statements(kluis: Kluis) -> None:
    file, sha256 = file_of(1, 100_000)
    extra = 0 if kluis.soort == "postgres" else -1
    with file, kluis.engine.begin() as connection:
        with count_statements() as new:
            kluis.opslag.keep(connection, file, sha256, 100_000)
        with count_statements() as nogmaals:
            kluis.opslag.keep(connection, file, sha256, 100_000)
        with count_statements() as parsed:
            kluis.opslag.read(connection, sha256).close()
    assert (new.aantal, nogmaals.aantal, parsed.aantal) == (2, 2, 2 + extra)
    assert new.seconds > 0


def test_a_large_content_may_take_longer_than_the_session_allows(kluis: Kluis) -> None:
    file, sha256 = file_of(2, 33_000_000)
    question = text(
        "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
    )
    with file, kluis.engine.connect() as connection:
        first = tuple(connection.execute(question).one())
        kluis.opslag.keep(connection, file, sha256, 33_000_000)
        assert tuple(connection.execute(question).one()) == ("63s", "63s")
        connection.commit()
        assert tuple(connection.execute(question).one()) == first
        kluis.opslag.read(connection, sha256).close()
        assert tuple(connection.execute(question).one()) == ("63s", "63s")


def test_memory_does_not_grow_with_the_content(kluis: Kluis) -> None:
    with process("meet", 3, _LARGE, **kluis.settings) as gestart:
        assert gestart.stdout is not None
        groei = int(gestart.stdout.readline())
    assert groei < 16_000_000


def test_what_is_in_the_other_place_stays_readable(verwijzer: Engine, database_url: str, bucket: Bucket) -> None:
    old, new = (make_kluis(soort, verwijzer, database_url, bucket) for soort in ("postgres", "s3"))
    sha_old = old.keep(b"van voor de overgang")
    sha_new = new.keep(b"van erna")
    assert new.keep(b"van voor de overgang") == sha_old
    for kluis in (old, new):
        assert kluis.read(sha_old) == b"van voor de overgang"
        assert kluis.read(sha_new) == b"van erna"
    assert len(bucket.sleutels()) == 1
    without = make_kluis("postgres", verwijzer, database_url, bucket, s3_bucket="")
    with pytest.raises(StorageUnreachable, match="s3, en die opslag is niet ingesteld"):
        without.read(sha_new)


def test_many_threads_share_one_storage(kluis: Kluis) -> None:
    inhouden = [os.urandom(300_000) for _ in range(3)]
    with ThreadPoolExecutor(4) as together:
        digests = list(together.map(kluis.keep, inhouden * 8))
        assert list(together.map(kluis.read, digests)) == inhouden * 8
    assert kluis.rijen() == 3


def _waiting(engine: Engine) -> int:
    return _count(engine, "wait_event_type = 'Lock'")


def _sessies(engine: Engine) -> int:
    return _count(engine, "application_name LIKE 'proces %'")


def _count(engine: Engine, what: str) -> int:
    with engine.connect() as connection:
        question = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {what}"
        return connection.execute(text(question)).scalar_one()
