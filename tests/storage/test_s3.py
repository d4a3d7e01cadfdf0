"""The object store over HTTP: what it does when it is away, refuses or breaks off, and what it is told."""

import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from tests.conftest import regie, vrije_port
from tests.storage.conftest import SECRET, SLEUTEL, Bucket, Kluis, make_kluis
from tests.storage.proces import file_of

from regiesysteem.config import SettingError, Settings
from regiesysteem.storage import StorageUnreachable, make_storage

_ABORTED = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\nContent-Type: x/y\r\n\r\n" + bytes(100_000)


@contextmanager
def _breekt_af() -> Iterator[str]:
    """A store that closes the connection in the middle of each answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dien() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(_ABORTED)

        thread = threading.Thread(target=dien)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def nergens() -> str:
    return f"http://127.0.0.1:{vrije_port()}"


def test_a_store_that_is_away_is_an_error_of_its_own(s3_kluis: Kluis, database_url: str, nergens: str) -> None:
    sha256 = s3_kluis.keep(b"er is er een")
    gone = make_kluis("s3", s3_kluis.engine, database_url, s3_kluis.bucket, s3_endpoint=nergens)
    with pytest.raises(StorageUnreachable, match="EndpointConnectionError") as error:
        gone.keep(b"er komt er een bij")
    assert "127.0.0.1" not in str(error.value)
    with pytest.raises(StorageUnreachable):
        gone.read(sha256)
    with pytest.raises(StorageUnreachable):
        gone.clean_up()
    assert s3_kluis.rijen() == len(s3_kluis.bucket.sleutels()) == 1


def test_the_clean_up_of_rows_does_not_need_the_store(s3_kluis: Kluis, database_url: str, nergens: str) -> None:
    s3_kluis.keep(b"overbodig", used=False)
    gone = make_kluis("s3", s3_kluis.engine, database_url, s3_kluis.bucket, s3_endpoint=nergens)
    ready = regie("documenten", "opruimen", **gone.settings)
    assert ready.returncode == 2
    assert ready.stdout.startswith("inhoud ")
    assert ready.stderr == "De opslag van documenten (S3) is nu niet bereikbaar: EndpointConnectionError.\n"
    assert s3_kluis.rijen() == 0
    assert s3_kluis.clean_up() == ["object"]


def test_a_store_that_refuses_is_an_error_of_its_own(verwijzer: Engine, database_url: str, bucket: Bucket) -> None:
    otherwise = make_kluis("s3", verwijzer, database_url, bucket, s3_bucket="die-is-er-niet")
    with pytest.raises(StorageUnreachable, match="NoSuchBucket"):
        otherwise.keep(b"waarheen?")
    file, sha256 = file_of(4, 33_000_000)
    with file, verwijzer.begin() as connection, pytest.raises(StorageUnreachable, match="NoSuchBucket"):
        otherwise.opslag.keep(connection, file, sha256, 33_000_000)


def test_an_answer_that_breaks_off_is_no_content(s3_kluis: Kluis, database_url: str) -> None:
    sha256 = s3_kluis.keep(os.urandom(300_000))
    with _breekt_af() as adres:
        gone = make_kluis("s3", s3_kluis.engine, database_url, s3_kluis.bucket, s3_endpoint=adres)
        with pytest.raises(StorageUnreachable):
            gone.read(sha256)


def test_a_new_prefix_keeps_the_old_content_readable(s3_kluis: Kluis, database_url: str) -> None:
    old = s3_kluis.keep(b"onder het oude voorvoegsel")
    otherwise = make_kluis("s3", s3_kluis.engine, database_url, s3_kluis.bucket, s3_voorvoegsel="")
    new = otherwise.keep(b"zonder voorvoegsel")
    assert otherwise.clean_up() == s3_kluis.clean_up() == []
    assert (otherwise.read(old), otherwise.read(new)) == (b"onder het oude voorvoegsel", b"zonder voorvoegsel")
    assert {sleutel.partition("/")[0] for sleutel in s3_kluis.bucket.sleutels() if "/" in sleutel} == {"documenten"}


def test_a_large_content_goes_in_parts(s3_kluis: Kluis) -> None:
    file, sha256 = file_of(5, 33_000_000)
    with file, s3_kluis.engine.begin() as connection:
        s3_kluis.opslag.keep(connection, file, sha256, 33_000_000)
    (sleutel,) = s3_kluis.bucket.sleutels()
    etag = s3_kluis.bucket.client.head_object(Bucket=s3_kluis.bucket.naam, Key=sleutel)["ETag"]
    assert etag.endswith('-5"')


def test_keys_of_a_file_go_before_those_of_the_environment(
    s3_kluis: Kluis, monkeypatch: pytest.MonkeyPatch, sleutel_file: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "van-de-omgeving")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anders")
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dien() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=dien)
        thread.start()
        settings = Settings(
            opslag="s3",
            s3_bucket="b",
            s3_endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}",
            s3_region="nl-1",
            s3_sleutel_bestand=str(sleutel_file),
        )
        with s3_kluis.engine.connect() as connection, pytest.raises(StorageUnreachable, match="403") as error:
            make_storage(settings).keep(connection, io.BytesIO(b"x"), "ab" * 32, 1)
        thread.join()
    assert f"Credential={SLEUTEL}/".encode() in asked[0]
    assert b"/nl-1/s3/" in asked[0]
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("tekst", [None, "", "[default]\naws_access_key_id = a\n", "geen ini\n", "[ander]\na = b\n"])
def test_a_file_without_keys_is_said_at_the_start(tmp_path: Path, tekst: str | None) -> None:
    file = tmp_path / "sleutels"
    if tekst is not None:
        file.touch(0o600)
        file.write_text(tekst)
    with pytest.raises(SettingError, match=r"REGIE_S3_SLEUTEL_BESTAND: in .* zijn geen sleutels te lezen"):
        make_storage(Settings(s3_bucket="b", s3_sleutel_bestand=str(file)))


def test_a_file_with_keys_that_others_may_read_is_refused_at_the_start(sleutel_file: Path) -> None:
    sleutel_file.chmod(0o640)
    with pytest.raises(
        SettingError, match=f"REGIE_S3_SLEUTEL_BESTAND: ook anderen .* chmod go= {sleutel_file}"
    ) as error:
        make_storage(Settings(s3_bucket="b", s3_sleutel_bestand=str(sleutel_file)))
    assert SECRET not in str(error.value)


def test_without_a_bucket_the_client_is_not_loaded() -> None:
    code = (
        "import sys; from regiesysteem.config import Settings; from regiesysteem.storage import make_storage; "
        "make_storage(Settings()); assert 'boto3' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_library_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "regiesysteem.storage.s3", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SettingError, match=r"installeer het Regiesysteem als regiesysteem\[s3\]"):
        make_storage(Settings(s3_bucket="b"))


def test_an_object_is_put_before_the_commit_and_not_after(s3_kluis: Kluis) -> None:
    with s3_kluis.engine.begin() as connection:
        s3_kluis.keep(b"eerst", connection)
        assert len(s3_kluis.bucket.sleutels()) == 1
        row = connection.execute(text("SELECT opslag, sleutel FROM document_inhoud")).one()
    assert (row.opslag, [row.sleutel]) == ("s3", s3_kluis.bucket.sleutels())
