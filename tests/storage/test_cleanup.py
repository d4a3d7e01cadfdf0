"""The clean-up: what nobody refers to goes, and never what somebody is just storing."""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from tests.conftest import regie, wacht_tot
from tests.storage.conftest import Bucket, Kluis, maak_kluis

from regiesysteem.storage import s3, store


def test_what_nobody_refers_to_goes_and_the_rest_stays(kluis: Kluis) -> None:
    gebruikt = kluis.bewaar(b"in gebruik")
    gedeeld = kluis.bewaar(b"gedeeld")
    kluis.bewaar(b"gedeeld")
    vervallen = kluis.bewaar(os.urandom(600_000))
    leeg = kluis.bewaar(b"", gebruikt=False)
    kluis.vergeet(vervallen)
    weg = list(kluis.opslag.ruim_op(kluis.motor))
    soorten = {"inhoud", "object"} if kluis.soort == "s3" else {"inhoud"}
    assert {(ding.wat, ding.sha256, ding.grootte) for ding in weg} == {
        (wat, sha256, grootte) for wat in soorten for sha256, grootte in ((vervallen, 600_000), (leeg, 0))
    }
    assert kluis.ruim_op() == []
    assert kluis.lees(gebruikt) == b"in gebruik"
    assert kluis.lees(gedeeld) == b"gedeeld"
    assert kluis.tel("document_stuk") + len(kluis.bucket.sleutels()) == kluis.rijen() == 2


def test_any_table_with_a_foreign_key_refers(kluis: Kluis) -> None:
    with kluis.motor.begin() as verbinding:
        verbinding.execute(text('CREATE SCHEMA "ander ""schema"'))
        verbinding.execute(
            text(
                'CREATE TABLE "ander ""schema"."Tweede" '
                '("De inhoud" bytea REFERENCES public.document_inhoud, jaar int) PARTITION BY LIST (jaar)'
            )
        )
        verbinding.execute(
            text('CREATE TABLE deel PARTITION OF "ander ""schema"."Tweede" FOR VALUES IN (2026)'),
        )
        sha256 = kluis.bewaar(b"van een ander", verbinding, gebruikt=False)
        verbinding.execute(
            text('INSERT INTO "ander ""schema"."Tweede" VALUES (:sha, 2026), (NULL, 2026)'),
            {"sha": bytes.fromhex(sha256)},
        )
    assert kluis.ruim_op() == []
    assert kluis.lees(sha256) == b"van een ander"


def test_where_no_table_can_refer_nothing_goes(engine: Engine, database_url: str, bucket: Bucket) -> None:
    with engine.begin() as verbinding:
        verbinding.execute(text("DROP TABLE document_versie, domeingegevens"))
    kluis = maak_kluis("postgres", engine, database_url, bucket)
    kluis.bewaar(b"van wie?", gebruikt=False)
    assert kluis.ruim_op() == []
    assert kluis.rijen() == 1


def test_more_than_a_page_goes_too(kluis: Kluis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_RIJEN", 3)
    with kluis.motor.begin() as verbinding:
        for nummer in range(10):
            kluis.bewaar(b"%d" % nummer, verbinding, gebruikt=nummer % 5 == 0)
    assert kluis.ruim_op().count("inhoud") == 8
    assert kluis.rijen() == 2


def test_content_that_is_being_stored_again_stays(kluis: Kluis) -> None:
    """It was unused; a transaction that has not committed yet is about to use it."""
    sha256 = kluis.bewaar(b"ooit", gebruikt=False)
    with kluis.motor.begin() as verbinding:
        kluis.bewaar(b"ooit", verbinding)
        assert kluis.ruim_op() == []
    assert kluis.ruim_op() == []
    assert kluis.lees(sha256) == b"ooit"


def test_a_reference_that_is_being_made_without_storing_again_counts(kluis: Kluis) -> None:
    sha256 = kluis.bewaar(b"ooit", gebruikt=False)
    with kluis.motor.begin() as verbinding:
        kluis.verwijs(verbinding, sha256)
        assert kluis.ruim_op() == []
    assert kluis.lees(sha256) == b"ooit"


def test_who_stores_what_is_being_cleaned_up_stores_it_anew(kluis: Kluis) -> None:
    """It waits for the clean-up that has the row, and finds it gone; nothing that came later is removed."""
    sha256 = kluis.bewaar(b"net te laat", gebruikt=False)
    digest = bytes.fromhex(sha256)
    with ThreadPoolExecutor(1) as ander:
        with kluis.motor.begin() as verbinding:
            ongebruikt = store._ongebruikt(verbinding)
            assert ongebruikt is not None
            verbinding.execute(text("SELECT 1 FROM document_inhoud WHERE sha256 = :d FOR UPDATE"), {"d": digest})
            opnieuw = ander.submit(kluis.bewaar, b"net te laat")
            _wacht_op_slot(kluis, opnieuw)
            assert store._verwijder(verbinding, digest, ongebruikt) is not None
        assert opnieuw.result() == sha256
    kluis.ruim_op()
    assert kluis.lees(sha256) == b"net te laat"
    assert kluis.tel("document_stuk") + len(kluis.bucket.sleutels()) == 1


def test_a_reference_that_comes_between_looking_and_locking_counts(kluis: Kluis) -> None:
    """The page of the clean-up was read before; the row is looked at again under its lock."""
    sha256 = kluis.bewaar(b"toch nog", gebruikt=False)
    with kluis.motor.connect() as verbinding:
        ongebruikt = store._ongebruikt(verbinding)
    assert ongebruikt is not None
    kluis.bewaar(b"toch nog")
    with kluis.motor.begin() as verbinding:
        assert store._verwijder(verbinding, bytes.fromhex(sha256), ongebruikt) is None
    assert kluis.lees(sha256) == b"toch nog"


def test_storing_forgetting_and_cleaning_up_at_once_loses_nothing(kluis: Kluis) -> None:
    """Four threads store and forget the same few contents, each reading its own, while two others clean up."""
    inhouden = [b"inhoud %d" % nummer for nummer in range(3)]
    klaar = threading.Event()

    def schrijver(begin: int) -> None:
        for ronde in range(25):
            inhoud = inhouden[(begin + ronde) % len(inhouden)]
            with kluis.motor.connect() as verbinding:
                sha256 = kluis.bewaar(inhoud, verbinding)
                if ronde % 4 == 3:
                    verbinding.rollback()
                    continue
                verbinding.commit()
                with kluis.opslag.lees(verbinding, sha256) as terug:
                    assert terug.read() == inhoud
                verbinding.rollback()
                verbinding.execute(
                    text(
                        "DELETE FROM proef WHERE ctid = (SELECT ctid FROM proef WHERE inhoud = :sha "
                        "LIMIT 1 FOR UPDATE SKIP LOCKED)"
                    ),
                    {"sha": bytes.fromhex(sha256)},
                )
                verbinding.commit()

    def ruimer() -> int:
        aantal = 0
        while not klaar.is_set():
            aantal += len(kluis.ruim_op())
        return aantal

    with ThreadPoolExecutor(6) as samen:
        ruimers = [samen.submit(ruimer) for _ in range(2)]
        try:
            list(samen.map(schrijver, range(4)))
        finally:
            klaar.set()
        assert sum(deze.result() for deze in ruimers) > 0
    with kluis.motor.connect() as verbinding:
        over = [bytes(sha).hex() for sha in verbinding.execute(text("SELECT DISTINCT inhoud FROM proef")).scalars()]
    kluis.ruim_op()
    assert all(kluis.lees(sha256) in inhouden for sha256 in over)
    assert kluis.tel("document_stuk") + len(kluis.bucket.sleutels()) == kluis.rijen() == len(over)


def test_an_object_of_a_transaction_that_still_runs_stays(s3_kluis: Kluis) -> None:
    """Nobody sees its row yet; a lock says that it may come."""
    with s3_kluis.motor.connect() as verbinding:
        s3_kluis.bewaar(b"onderweg", verbinding)
        assert s3_kluis.ruim_op() == []
        verbinding.rollback()
    assert s3_kluis.ruim_op() == ["object"]
    assert s3_kluis.leeg()


def test_a_new_upload_is_not_taken_for_the_old_one(s3_kluis: Kluis) -> None:
    """The same content was rolled back before: that object goes, that of the committed row stays."""
    with s3_kluis.motor.connect() as verbinding:
        s3_kluis.bewaar(b"tweemaal", verbinding)
        verbinding.rollback()
    sha256 = s3_kluis.bewaar(b"tweemaal")
    assert len(s3_kluis.bucket.sleutels()) == 2
    assert s3_kluis.ruim_op() == ["object"]
    assert s3_kluis.lees(sha256) == b"tweemaal"


def test_a_young_object_without_a_row_stays(verwijzer: Engine, database_url: str, bucket: Bucket) -> None:
    kluis = maak_kluis("s3", verwijzer, database_url, bucket, s3_wachttijd_minuten="60")
    with kluis.motor.connect() as verbinding:
        kluis.bewaar(b"pas gestopt", verbinding)
        verbinding.rollback()
    assert kluis.ruim_op() == []
    assert len(bucket.sleutels()) == 1


def test_what_is_not_ours_in_a_bucket_stays(s3_kluis: Kluis) -> None:
    vreemd = ["documenten/jaarverslag.pdf", "elders/" + "a" * 64 + "." + "b" * 32, "documenten/" + "a" * 64]
    bucket = s3_kluis.bucket
    for sleutel in vreemd:
        bucket.client.put_object(Bucket=bucket.naam, Key=sleutel, Body=b"x")
    bucket.client.create_multipart_upload(Bucket=bucket.naam, Key=vreemd[0])
    assert s3_kluis.ruim_op() == []
    assert sorted(bucket.sleutels()) == sorted(vreemd)
    assert len(bucket.uploads()) == 1


def test_every_page_of_a_bucket_is_looked_at(s3_kluis: Kluis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_PAGINA", 3)
    bucket = s3_kluis.bucket
    for _ in range(10):
        bucket.client.put_object(Bucket=bucket.naam, Key=_wees(), Body=b"")
        bucket.client.create_multipart_upload(Bucket=bucket.naam, Key=_wees())
    sha256 = s3_kluis.bewaar(b"blijft")
    assert s3_kluis.ruim_op() == ["object"] * 10 + ["upload"] * 10
    assert s3_kluis.lees(sha256) == b"blijft"


def test_two_clean_ups_at_once_do_not_mind_each_other(kluis: Kluis) -> None:
    with kluis.motor.begin() as verbinding:
        for nummer in range(30):
            kluis.bewaar(b"%d" % nummer, verbinding, gebruikt=nummer == 0)
    with ThreadPoolExecutor(2) as samen:
        een, twee = (samen.submit(kluis.ruim_op) for _ in range(2))
        assert [*een.result(), *twee.result()].count("inhoud") == 29
    assert kluis.rijen() == 1


def test_the_command_shows_what_it_removed(kluis: Kluis) -> None:
    sha256 = kluis.bewaar(b"12345", gebruikt=False)
    eerst, daarna = (regie("documenten", "opruimen", **kluis.instellingen) for _ in range(2))
    assert (eerst.returncode, eerst.stderr) == (0, "")
    soorten = ["inhoud", "object"] if kluis.soort == "s3" else ["inhoud"]
    *regels, samen = eerst.stdout.splitlines()
    assert [regel.split() for regel in regels] == [[wat, "5", "bytes", sha256] for wat in soorten]
    assert samen == f"Opgeruimd: {', '.join(f'1 x {wat}' for wat in soorten)}."
    assert daarna.stdout == "Er was niets op te ruimen.\n"


def test_the_command_says_in_one_line_what_is_wrong(lege_database_url: str) -> None:
    zonder_tabellen = regie("documenten", "opruimen", REGIE_DATABASE_URL=lege_database_url)
    assert zonder_tabellen.returncode == 2
    assert zonder_tabellen.stderr.count("\n") == 1
    assert "regie migreer" in zonder_tabellen.stderr


def _wees() -> str:
    return f"documenten/{os.urandom(32).hex()}.{os.urandom(16).hex()}"


def _wacht_op_slot(kluis: Kluis, werk: Future[str]) -> None:
    def wacht() -> bool:
        with kluis.motor.connect() as verbinding:
            aantal = verbinding.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            ).scalar_one()
        return bool(aantal) or werk.done()

    wacht_tot(wacht, "hij wacht op het slot")
    assert not werk.done()
