"""A migrated database with a table that refers to content, an S3 server, and the storage in both places."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from sqlalchemy import Connection, Engine, text
from tests.conftest import vrije_port, wait_until

from regiesysteem.config import Settings
from regiesysteem.storage import Opslag, make_storage

SLEUTEL, SECRET = "sleutel-van-de-proef", "geheim-van-de-proef"
_SERVER = "import sys; from moto.server import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class Bucket:
    """A bucket of the S3 server, and the settings with which this product uses it."""

    client: Any
    naam: str
    settings: dict[str, str]

    def sleutels(self) -> list[str]:
        paginas = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.naam)
        return [thing["Key"] for page in paginas for thing in page.get("Contents", ())]

    def uploads(self) -> list[str]:
        return [thing["Key"] for thing in self.client.list_multipart_uploads(Bucket=self.naam).get("Uploads", ())]


@dataclass(frozen=True)
class Kluis:
    """The storage under test, in one of the places, with what a test does to it from outside."""

    soort: str
    opslag: Opslag
    engine: Engine
    settings: dict[str, str]
    bucket: Bucket

    def keep(self, inhoud: bytes, connection: Connection | None = None, *, used: bool = True) -> str:
        """Store a content, in a transaction of its own when none is given; `used`: and refer to it."""
        if connection is None:
            with self.engine.begin() as own:
                return self.keep(inhoud, own, used=used)
        sha256 = hashlib.sha256(inhoud).hexdigest()
        self.opslag.keep(connection, io.BytesIO(inhoud), sha256, len(inhoud))
        if used:
            self.verwijs(connection, sha256)
        return sha256

    def read(self, sha256: str) -> bytes:
        with self.engine.connect() as connection, self.opslag.read(connection, sha256) as file:
            return file.read()

    def verwijs(self, connection: Connection, sha256: str) -> None:
        connection.execute(text("INSERT INTO proef (inhoud) VALUES (:sha)"), {"sha": bytes.fromhex(sha256)})

    def forget(self, sha256: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("DELETE FROM proef WHERE inhoud = :sha"), {"sha": bytes.fromhex(sha256)})

    def clean_up(self) -> list[str]:
        return [gone.wat for gone in self.opslag.clean_up(self.engine)]

    def rijen(self) -> int:
        return self.count("document_inhoud")

    def count(self, table: str) -> int:
        with self.engine.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()

    def empty(self) -> bool:
        """Nothing is left anywhere."""
        tables = self.count("document_inhoud") + self.count("document_stuk")
        return not tables and not self.bucket.sleutels() and not self.bucket.uploads()

    def verander(self, sha256: str, hoe: Callable[[bytes], bytes]) -> None:
        """Change the bytes that are kept, behind the back of the storage."""
        with self.engine.begin() as connection:
            sleutel = connection.execute(
                text("SELECT sleutel FROM document_inhoud WHERE sha256 = :sha"), {"sha": bytes.fromhex(sha256)}
            ).scalar_one()
            if self.soort == "postgres":
                last = "sha256 = :sha AND volgnummer = (SELECT max(volgnummer) FROM document_stuk)"
                where = {"sha": bytes.fromhex(sha256)}
                piece = connection.execute(text(f"SELECT bytes FROM document_stuk WHERE {last}"), where).scalar_one()
                connection.execute(
                    text(f"UPDATE document_stuk SET bytes = :nieuw WHERE {last}"), where | {"nieuw": hoe(bytes(piece))}
                )
                return
        thing = {"Bucket": self.bucket.naam, "Key": sleutel}
        self.bucket.client.put_object(**thing, Body=hoe(self.bucket.client.get_object(**thing)["Body"].read()))

    def verlies(self, sha256: str) -> None:
        """Remove the bytes, and leave the row."""
        with self.engine.begin() as connection:
            connection.execute(text("DELETE FROM document_stuk"))
        for sleutel in self.bucket.sleutels():
            if sha256 in sleutel:
                self.bucket.client.delete_object(Bucket=self.bucket.naam, Key=sleutel)


@pytest.fixture(scope="session")
def s3_adres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an S3 server, a process of its own."""
    port, logboek = vrije_port(), tmp_path_factory.mktemp("s3") / "s3.log"
    with logboek.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, "-H", "127.0.0.1", "-p", str(port)], stdout=output, stderr=output
        )
    try:
        wait_until(lambda: process.poll() is not None or "Running on" in logboek.read_text(), "S3", logboek=logboek)
        assert process.poll() is None, logboek.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def sleutel_file(tmp_path: Path) -> Path:
    """A file with the keys of the S3 server."""
    file = tmp_path / "sleutels"
    file.touch(0o600)
    file.write_text(f"[default]\naws_access_key_id = {SLEUTEL}\naws_secret_access_key = {SECRET}\n")
    return file


@pytest.fixture(scope="session")
def s3_client(s3_adres: str) -> Iterator[Any]:
    """A client of the S3 server that is not that of the product."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_adres,
        region_name="us-east-1",
        aws_access_key_id=SLEUTEL,
        aws_secret_access_key=SECRET,
    )
    yield client
    client.close()


@pytest.fixture
def bucket(s3_client: Any, s3_adres: str, sleutel_file: Path) -> Bucket:
    """An empty bucket; what has no row may be cleaned up at once."""
    naam = f"b{os.urandom(8).hex()}"
    s3_client.create_bucket(Bucket=naam)
    settings = {
        "s3_endpoint": s3_adres,
        "s3_bucket": naam,
        "s3_region": "us-east-1",
        "s3_sleutel_bestand": str(sleutel_file),
        "s3_wachttijd_minuten": "0",
    }
    return Bucket(s3_client, naam, settings)


@pytest.fixture
def verwijzer(engine: Engine) -> Engine:
    """The engine of a database in which a table refers to content, as the versions of documents do."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE proef (inhoud bytea NOT NULL REFERENCES document_inhoud)"))
        connection.execute(text("CREATE INDEX ON proef (inhoud)"))
    return engine


@pytest.fixture(params=["postgres", "s3"])
def kluis(request: pytest.FixtureRequest, verwijzer: Engine, database_url: str, bucket: Bucket) -> Kluis:
    """The storage, in each of the places."""
    otherwise = {} if request.param == "s3" else {"s3_bucket": ""}
    return make_kluis(request.param, verwijzer, database_url, bucket, **otherwise)


@pytest.fixture
def s3_kluis(verwijzer: Engine, database_url: str, bucket: Bucket) -> Kluis:
    """The storage in S3."""
    return make_kluis("s3", verwijzer, database_url, bucket)


def make_kluis(soort: str, engine: Engine, database_url: str, bucket: Bucket, **otherwise: str) -> Kluis:
    """Make the storage with the settings of a bucket, but for those that are given."""
    fields = bucket.settings | {"opslag": soort, "database_url": database_url} | otherwise
    environment = {f"REGIE_{field.upper()}": waarde for field, waarde in fields.items()}
    return Kluis(soort, make_storage(Settings(**fields)), engine, environment, bucket)
