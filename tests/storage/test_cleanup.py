"""The clean-up: what nobody refers to goes, and never what somebody is just storing."""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from tests.conftest import regie, wait_until
from tests.storage.conftest import Bucket, Kluis, make_kluis

from regiesysteem.storage import s3, store


def test_what_nobody_refers_to_goes_and_the_rest_stays(kluis: Kluis) -> None:
    used = kluis.keep(b"in gebruik")
    shared = kluis.keep(b"gedeeld")
    kluis.keep(b"gedeeld")
    vervallen = kluis.keep(os.urandom(600_000))
    empty = kluis.keep(b"", used=False)
    kluis.forget(vervallen)
    gone = list(kluis.opslag.clean_up(kluis.engine))
    soorten = {"inhoud", "object"} if kluis.soort == "s3" else {"inhoud"}
    assert {(thing.wat, thing.sha256, thing.grootte) for thing in gone} == {
        (what, sha256, size) for what in soorten for sha256, size in ((vervallen, 600_000), (empty, 0))
    }
    assert kluis.clean_up() == []
    assert kluis.read(used) == b"in gebruik"
    assert kluis.read(shared) == b"gedeeld"
    assert kluis.count("document_stuk") + len(kluis.bucket.sleutels()) == kluis.rijen() == 2


def test_any_table_with_a_foreign_key_refers(kluis: Kluis) -> None:
    with kluis.engine.begin() as connection:
        connection.execute(text('CREATE SCHEMA "ander ""schema"'))
        connection.execute(
            text(
                'CREATE TABLE "ander ""schema"."Tweede" '
                '("De inhoud" bytea REFERENCES public.document_inhoud, jaar int) PARTITION BY LIST (jaar)'
            )
        )
        connection.execute(
            text('CREATE TABLE deel PARTITION OF "ander ""schema"."Tweede" FOR VALUES IN (2026)'),
        )
        sha256 = kluis.keep(b"van een ander", connection, used=False)
        connection.execute(
            text('INSERT INTO "ander ""schema"."Tweede" VALUES (:sha, 2026), (NULL, 2026)'),
            {"sha": bytes.fromhex(sha256)},
        )
    assert kluis.clean_up() == []
    assert kluis.read(sha256) == b"van een ander"


def test_where_no_table_can_refer_nothing_goes(engine: Engine, database_url: str, bucket: Bucket) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE document_versie, domeingegevens"))
    kluis = make_kluis("postgres", engine, database_url, bucket)
    kluis.keep(b"van wie?", used=False)
    assert kluis.clean_up() == []
    assert kluis.rijen() == 1


def test_more_than_a_page_goes_too(kluis: Kluis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_ROWS", 3)
    with kluis.engine.begin() as connection:
        for number in range(10):
            kluis.keep(b"%d" % number, connection, used=number % 5 == 0)
    assert kluis.clean_up().count("inhoud") == 8
    assert kluis.rijen() == 2


def test_content_that_is_being_stored_again_stays(kluis: Kluis) -> None:
    """It was unused; a transaction that has not committed yet is about to use it."""
    sha256 = kluis.keep(b"ooit", used=False)
    with kluis.engine.begin() as connection:
        kluis.keep(b"ooit", connection)
        assert kluis.clean_up() == []
    assert kluis.clean_up() == []
    assert kluis.read(sha256) == b"ooit"


def test_a_reference_that_is_being_made_without_storing_again_counts(kluis: Kluis) -> None:
    sha256 = kluis.keep(b"ooit", used=False)
    with kluis.engine.begin() as connection:
        kluis.verwijs(connection, sha256)
        assert kluis.clean_up() == []
    assert kluis.read(sha256) == b"ooit"


def test_who_stores_what_is_being_cleaned_up_stores_it_anew(kluis: Kluis) -> None:
    """It waits for the clean-up that has the row, and finds it gone; nothing that came later is removed."""
    sha256 = kluis.keep(b"net te laat", used=False)
    digest = bytes.fromhex(sha256)
    with ThreadPoolExecutor(1) as other:
        with kluis.engine.begin() as connection:
            unused = store._unused(connection)
            assert unused is not None
            connection.execute(text("SELECT 1 FROM document_inhoud WHERE sha256 = :d FOR UPDATE"), {"d": digest})
            again = other.submit(kluis.keep, b"net te laat")
            _wait_on_lock(kluis, again)
            assert store._remove(connection, digest, unused) is not None
        assert again.result() == sha256
    kluis.clean_up()
    assert kluis.read(sha256) == b"net te laat"
    assert kluis.count("document_stuk") + len(kluis.bucket.sleutels()) == 1


def test_a_reference_that_comes_between_looking_and_locking_counts(kluis: Kluis) -> None:
    """The page of the clean-up was read before; the row is looked at again under its lock."""
    sha256 = kluis.keep(b"toch nog", used=False)
    with kluis.engine.connect() as connection:
        unused = store._unused(connection)
    assert unused is not None
    kluis.keep(b"toch nog")
    with kluis.engine.begin() as connection:
        assert store._remove(connection, bytes.fromhex(sha256), unused) is None
    assert kluis.read(sha256) == b"toch nog"


def test_storing_forgetting_and_cleaning_up_at_once_loses_nothing(kluis: Kluis) -> None:
    """Four threads store and forget the same few contents, each reading its own, while two others clean up."""
    inhouden = [b"inhoud %d" % number for number in range(3)]
    ready = threading.Event()

    def writer(begin: int) -> None:
        for round_ in range(25):
            inhoud = inhouden[(begin + round_) % len(inhouden)]
            with kluis.engine.connect() as connection:
                sha256 = kluis.keep(inhoud, connection)
                if round_ % 4 == 3:
                    connection.rollback()
                    continue
                connection.commit()
                with kluis.opslag.read(connection, sha256) as back:
                    assert back.read() == inhoud
                connection.rollback()
                connection.execute(
                    text(
                        "DELETE FROM proef WHERE ctid = (SELECT ctid FROM proef WHERE inhoud = :sha "
                        "LIMIT 1 FOR UPDATE SKIP LOCKED)"
                    ),
                    {"sha": bytes.fromhex(sha256)},
                )
                connection.commit()

    def roomier() -> int:
        count = 0
        while not ready.is_set():
            count += len(kluis.clean_up())
        return count

    with ThreadPoolExecutor(6) as together:
        ruimers = [together.submit(roomier) for _ in range(2)]
        try:
            list(together.map(writer, range(4)))
        finally:
            ready.set()
        assert sum(this.result() for this in ruimers) > 0
    with kluis.engine.connect() as connection:
        over = [bytes(sha).hex() for sha in connection.execute(text("SELECT DISTINCT inhoud FROM proef")).scalars()]
    kluis.clean_up()
    assert all(kluis.read(sha256) in inhouden for sha256 in over)
    assert kluis.count("document_stuk") + len(kluis.bucket.sleutels()) == kluis.rijen() == len(over)


def test_an_object_of_a_transaction_that_still_runs_stays(s3_kluis: Kluis) -> None:
    """Nobody sees its row yet; a lock says that it may come."""
    with s3_kluis.engine.connect() as connection:
        s3_kluis.keep(b"onderweg", connection)
        assert s3_kluis.clean_up() == []
        connection.rollback()
    assert s3_kluis.clean_up() == ["object"]
    assert s3_kluis.empty()


def test_a_new_upload_is_not_taken_for_the_old_one(s3_kluis: Kluis) -> None:
    """The same content was rolled back before: that object goes, that of the committed row stays."""
    with s3_kluis.engine.connect() as connection:
        s3_kluis.keep(b"tweemaal", connection)
        connection.rollback()
    sha256 = s3_kluis.keep(b"tweemaal")
    assert len(s3_kluis.bucket.sleutels()) == 2
    assert s3_kluis.clean_up() == ["object"]
    assert s3_kluis.read(sha256) == b"tweemaal"


def test_a_young_object_without_a_row_stays(verwijzer: Engine, database_url: str, bucket: Bucket) -> None:
    kluis = make_kluis("s3", verwijzer, database_url, bucket, s3_wachttijd_minuten="60")
    with kluis.engine.connect() as connection:
        kluis.keep(b"pas gestopt", connection)
        connection.rollback()
    assert kluis.clean_up() == []
    assert len(bucket.sleutels()) == 1


def test_what_is_not_ours_in_a_bucket_stays(s3_kluis: Kluis) -> None:
    foreign = ["documenten/jaarverslag.pdf", "elders/" + "a" * 64 + "." + "b" * 32, "documenten/" + "a" * 64]
    bucket = s3_kluis.bucket
    for sleutel in foreign:
        bucket.client.put_object(Bucket=bucket.naam, Key=sleutel, Body=b"x")
    bucket.client.create_multipart_upload(Bucket=bucket.naam, Key=foreign[0])
    assert s3_kluis.clean_up() == []
    assert sorted(bucket.sleutels()) == sorted(foreign)
    assert len(bucket.uploads()) == 1


def test_every_page_of_a_bucket_is_looked_at(s3_kluis: Kluis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_PAGE", 3)
    bucket = s3_kluis.bucket
    for _ in range(10):
        bucket.client.put_object(Bucket=bucket.naam, Key=_wees(), Body=b"")
        bucket.client.create_multipart_upload(Bucket=bucket.naam, Key=_wees())
    sha256 = s3_kluis.keep(b"blijft")
    assert s3_kluis.clean_up() == ["object"] * 10 + ["upload"] * 10
    assert s3_kluis.read(sha256) == b"blijft"


def test_two_clean_ups_at_once_do_not_mind_each_other(kluis: Kluis) -> None:
    with kluis.engine.begin() as connection:
        for number in range(30):
            kluis.keep(b"%d" % number, connection, used=number == 0)
    with ThreadPoolExecutor(2) as together:
        one, twee = (together.submit(kluis.clean_up) for _ in range(2))
        assert [*one.result(), *twee.result()].count("inhoud") == 29
    assert kluis.rijen() == 1


def test_the_command_shows_what_it_removed(kluis: Kluis) -> None:
    sha256 = kluis.keep(b"12345", used=False)
    first, afterwards = (regie("documenten", "opruimen", **kluis.settings) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    soorten = ["inhoud", "object"] if kluis.soort == "s3" else ["inhoud"]
    *regels, together = first.stdout.splitlines()
    assert [regel.split() for regel in regels] == [[what, "5", "bytes", sha256] for what in soorten]
    assert together == f"Opgeruimd: {', '.join(f'1 x {what}' for what in soorten)}."
    assert afterwards.stdout == "Er was niets op te ruimen.\n"


def test_the_command_says_in_one_line_what_is_wrong(lege_database_url: str) -> None:
    without_tables = regie("documenten", "opruimen", REGIE_DATABASE_URL=lege_database_url)
    assert without_tables.returncode == 2
    assert without_tables.stderr.count("\n") == 1
    assert "regie migreer" in without_tables.stderr


def _wees() -> str:
    return f"documenten/{os.urandom(32).hex()}.{os.urandom(16).hex()}"


def _wait_on_lock(kluis: Kluis, work: Future[str]) -> None:
    def wait() -> bool:
        with kluis.engine.connect() as connection:
            count = connection.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            ).scalar_one()
        return bool(count) or work.done()

    wait_until(wait, "hij wacht op het slot")
    assert not work.done()
