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
from tests.conftest import regie, vrije_poort
from tests.storage.conftest import GEHEIM, SLEUTEL, Bucket, Kluis, maak_kluis
from tests.storage.proces import bestand_van

from regiesysteem.config import Instellingen, InstellingFout
from regiesysteem.storage import OpslagOnbereikbaar, maak_opslag

_AFGEBROKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\nContent-Type: x/y\r\n\r\n" + bytes(100_000)


@contextmanager
def _breekt_af() -> Iterator[str]:
    """A store that closes the connection in the middle of each answer."""
    with socket.create_server(("127.0.0.1", 0)) as luisteraar:

        def dien() -> None:
            while True:
                try:
                    verbinding, _ = luisteraar.accept()
                except OSError:
                    return
                with verbinding:
                    verbinding.recv(65536)
                    verbinding.sendall(_AFGEBROKEN)

        draad = threading.Thread(target=dien)
        draad.start()
        yield f"http://127.0.0.1:{luisteraar.getsockname()[1]}"
        luisteraar.shutdown(socket.SHUT_RDWR)
        draad.join()


@pytest.fixture
def nergens() -> str:
    return f"http://127.0.0.1:{vrije_poort()}"


def test_a_store_that_is_away_is_an_error_of_its_own(s3_kluis: Kluis, database_url: str, nergens: str) -> None:
    sha256 = s3_kluis.bewaar(b"er is er een")
    weg = maak_kluis("s3", s3_kluis.motor, database_url, s3_kluis.bucket, s3_endpoint=nergens)
    with pytest.raises(OpslagOnbereikbaar, match="EndpointConnectionError") as fout:
        weg.bewaar(b"er komt er een bij")
    assert "127.0.0.1" not in str(fout.value)
    with pytest.raises(OpslagOnbereikbaar):
        weg.lees(sha256)
    with pytest.raises(OpslagOnbereikbaar):
        weg.ruim_op()
    assert s3_kluis.rijen() == len(s3_kluis.bucket.sleutels()) == 1


def test_the_clean_up_of_rows_does_not_need_the_store(s3_kluis: Kluis, database_url: str, nergens: str) -> None:
    s3_kluis.bewaar(b"overbodig", gebruikt=False)
    weg = maak_kluis("s3", s3_kluis.motor, database_url, s3_kluis.bucket, s3_endpoint=nergens)
    klaar = regie("documenten", "opruimen", **weg.instellingen)
    assert klaar.returncode == 2
    assert klaar.stdout.startswith("inhoud ")
    assert klaar.stderr == "De opslag van documenten (S3) is nu niet bereikbaar: EndpointConnectionError.\n"
    assert s3_kluis.rijen() == 0
    assert s3_kluis.ruim_op() == ["object"]


def test_a_store_that_refuses_is_an_error_of_its_own(verwijzer: Engine, database_url: str, bucket: Bucket) -> None:
    anders = maak_kluis("s3", verwijzer, database_url, bucket, s3_bucket="die-is-er-niet")
    with pytest.raises(OpslagOnbereikbaar, match="NoSuchBucket"):
        anders.bewaar(b"waarheen?")
    bestand, sha256 = bestand_van(4, 33_000_000)
    with bestand, verwijzer.begin() as verbinding, pytest.raises(OpslagOnbereikbaar, match="NoSuchBucket"):
        anders.opslag.bewaar(verbinding, bestand, sha256, 33_000_000)


def test_an_answer_that_breaks_off_is_no_content(s3_kluis: Kluis, database_url: str) -> None:
    sha256 = s3_kluis.bewaar(os.urandom(300_000))
    with _breekt_af() as adres:
        weg = maak_kluis("s3", s3_kluis.motor, database_url, s3_kluis.bucket, s3_endpoint=adres)
        with pytest.raises(OpslagOnbereikbaar):
            weg.lees(sha256)


def test_a_new_prefix_keeps_the_old_content_readable(s3_kluis: Kluis, database_url: str) -> None:
    oud = s3_kluis.bewaar(b"onder het oude voorvoegsel")
    anders = maak_kluis("s3", s3_kluis.motor, database_url, s3_kluis.bucket, s3_voorvoegsel="")
    nieuw = anders.bewaar(b"zonder voorvoegsel")
    assert anders.ruim_op() == s3_kluis.ruim_op() == []
    assert (anders.lees(oud), anders.lees(nieuw)) == (b"onder het oude voorvoegsel", b"zonder voorvoegsel")
    assert {sleutel.partition("/")[0] for sleutel in s3_kluis.bucket.sleutels() if "/" in sleutel} == {"documenten"}


def test_a_large_content_goes_in_parts(s3_kluis: Kluis) -> None:
    bestand, sha256 = bestand_van(5, 33_000_000)
    with bestand, s3_kluis.motor.begin() as verbinding:
        s3_kluis.opslag.bewaar(verbinding, bestand, sha256, 33_000_000)
    (sleutel,) = s3_kluis.bucket.sleutels()
    etag = s3_kluis.bucket.client.head_object(Bucket=s3_kluis.bucket.naam, Key=sleutel)["ETag"]
    assert etag.endswith('-5"')


def test_keys_of_a_file_go_before_those_of_the_environment(
    s3_kluis: Kluis, monkeypatch: pytest.MonkeyPatch, sleutel_bestand: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "van-de-omgeving")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anders")
    gevraagd: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as luisteraar:

        def dien() -> None:
            verbinding, _ = luisteraar.accept()
            with verbinding:
                gevraagd.append(verbinding.recv(65536))
                verbinding.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        draad = threading.Thread(target=dien)
        draad.start()
        instellingen = Instellingen(
            opslag="s3",
            s3_bucket="b",
            s3_endpoint=f"http://127.0.0.1:{luisteraar.getsockname()[1]}",
            s3_region="nl-1",
            s3_sleutel_bestand=str(sleutel_bestand),
        )
        with s3_kluis.motor.connect() as verbinding, pytest.raises(OpslagOnbereikbaar, match="403") as fout:
            maak_opslag(instellingen).bewaar(verbinding, io.BytesIO(b"x"), "ab" * 32, 1)
        draad.join()
    assert f"Credential={SLEUTEL}/".encode() in gevraagd[0]
    assert b"/nl-1/s3/" in gevraagd[0]
    assert GEHEIM not in str(fout.value)


@pytest.mark.parametrize("tekst", [None, "", "[default]\naws_access_key_id = a\n", "geen ini\n", "[ander]\na = b\n"])
def test_a_file_without_keys_is_said_at_the_start(tmp_path: Path, tekst: str | None) -> None:
    bestand = tmp_path / "sleutels"
    if tekst is not None:
        bestand.write_text(tekst)
    with pytest.raises(InstellingFout, match=r"REGIE_S3_SLEUTEL_BESTAND: in .* zijn geen sleutels te lezen"):
        maak_opslag(Instellingen(s3_bucket="b", s3_sleutel_bestand=str(bestand)))


def test_without_a_bucket_the_client_is_not_loaded() -> None:
    code = (
        "import sys; from regiesysteem.config import Instellingen; from regiesysteem.storage import maak_opslag; "
        "maak_opslag(Instellingen()); assert 'boto3' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_library_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "regiesysteem.storage.s3", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(InstellingFout, match=r"installeer het Regiesysteem als regiesysteem\[s3\]"):
        maak_opslag(Instellingen(s3_bucket="b"))


def test_an_object_is_put_before_the_commit_and_not_after(s3_kluis: Kluis) -> None:
    with s3_kluis.motor.begin() as verbinding:
        s3_kluis.bewaar(b"eerst", verbinding)
        assert len(s3_kluis.bucket.sleutels()) == 1
        rij = verbinding.execute(text("SELECT opslag, sleutel FROM document_inhoud")).one()
    assert (rij.opslag, [rij.sleutel]) == ("s3", s3_kluis.bucket.sleutels())
