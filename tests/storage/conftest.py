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
from tests.conftest import vrije_poort, wacht_tot

from regiesysteem.config import Instellingen
from regiesysteem.storage import Opslag, maak_opslag

SLEUTEL, GEHEIM = "sleutel-van-de-proef", "geheim-van-de-proef"
_SERVER = "import sys; from moto.server import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class Bucket:
    """A bucket of the S3 server, and the settings with which this product uses it."""

    client: Any
    naam: str
    instellingen: dict[str, str]

    def sleutels(self) -> list[str]:
        paginas = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.naam)
        return [ding["Key"] for pagina in paginas for ding in pagina.get("Contents", ())]

    def uploads(self) -> list[str]:
        return [ding["Key"] for ding in self.client.list_multipart_uploads(Bucket=self.naam).get("Uploads", ())]


@dataclass(frozen=True)
class Kluis:
    """The storage under test, in one of the places, with what a test does to it from outside."""

    soort: str
    opslag: Opslag
    motor: Engine
    instellingen: dict[str, str]
    bucket: Bucket

    def bewaar(self, inhoud: bytes, verbinding: Connection | None = None, *, gebruikt: bool = True) -> str:
        """Store a content, in a transaction of its own when none is given; `gebruikt`: and refer to it."""
        if verbinding is None:
            with self.motor.begin() as eigen:
                return self.bewaar(inhoud, eigen, gebruikt=gebruikt)
        sha256 = hashlib.sha256(inhoud).hexdigest()
        self.opslag.bewaar(verbinding, io.BytesIO(inhoud), sha256, len(inhoud))
        if gebruikt:
            self.verwijs(verbinding, sha256)
        return sha256

    def lees(self, sha256: str) -> bytes:
        with self.motor.connect() as verbinding, self.opslag.lees(verbinding, sha256) as bestand:
            return bestand.read()

    def verwijs(self, verbinding: Connection, sha256: str) -> None:
        verbinding.execute(text("INSERT INTO proef (inhoud) VALUES (:sha)"), {"sha": bytes.fromhex(sha256)})

    def vergeet(self, sha256: str) -> None:
        with self.motor.begin() as verbinding:
            verbinding.execute(text("DELETE FROM proef WHERE inhoud = :sha"), {"sha": bytes.fromhex(sha256)})

    def ruim_op(self) -> list[str]:
        return [weg.wat for weg in self.opslag.ruim_op(self.motor)]

    def rijen(self) -> int:
        return self.tel("document_inhoud")

    def tel(self, tabel: str) -> int:
        with self.motor.connect() as verbinding:
            return verbinding.execute(text(f"SELECT count(*) FROM {tabel}")).scalar_one()

    def leeg(self) -> bool:
        """Nothing is left anywhere."""
        tabellen = self.tel("document_inhoud") + self.tel("document_stuk")
        return not tabellen and not self.bucket.sleutels() and not self.bucket.uploads()

    def verander(self, sha256: str, hoe: Callable[[bytes], bytes]) -> None:
        """Change the bytes that are kept, behind the back of the storage."""
        with self.motor.begin() as verbinding:
            sleutel = verbinding.execute(
                text("SELECT sleutel FROM document_inhoud WHERE sha256 = :sha"), {"sha": bytes.fromhex(sha256)}
            ).scalar_one()
            if self.soort == "postgres":
                laatste = "sha256 = :sha AND volgnummer = (SELECT max(volgnummer) FROM document_stuk)"
                waar = {"sha": bytes.fromhex(sha256)}
                stuk = verbinding.execute(text(f"SELECT bytes FROM document_stuk WHERE {laatste}"), waar).scalar_one()
                verbinding.execute(
                    text(f"UPDATE document_stuk SET bytes = :nieuw WHERE {laatste}"), waar | {"nieuw": hoe(bytes(stuk))}
                )
                return
        ding = {"Bucket": self.bucket.naam, "Key": sleutel}
        self.bucket.client.put_object(**ding, Body=hoe(self.bucket.client.get_object(**ding)["Body"].read()))

    def verlies(self, sha256: str) -> None:
        """Remove the bytes, and leave the row."""
        with self.motor.begin() as verbinding:
            verbinding.execute(text("DELETE FROM document_stuk"))
        for sleutel in self.bucket.sleutels():
            if sha256 in sleutel:
                self.bucket.client.delete_object(Bucket=self.bucket.naam, Key=sleutel)


@pytest.fixture(scope="session")
def s3_adres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an S3 server, a process of its own."""
    poort, logboek = vrije_poort(), tmp_path_factory.mktemp("s3") / "s3.log"
    with logboek.open("w") as uitvoer:
        proces = subprocess.Popen(
            [sys.executable, "-c", _SERVER, "-H", "127.0.0.1", "-p", str(poort)], stdout=uitvoer, stderr=uitvoer
        )
    try:
        wacht_tot(lambda: proces.poll() is not None or "Running on" in logboek.read_text(), "S3", logboek=logboek)
        assert proces.poll() is None, logboek.read_text()
        yield f"http://127.0.0.1:{poort}"
    finally:
        proces.kill()
        proces.wait()


@pytest.fixture
def sleutel_bestand(tmp_path: Path) -> Path:
    """A file with the keys of the S3 server."""
    bestand = tmp_path / "sleutels"
    bestand.write_text(f"[default]\naws_access_key_id = {SLEUTEL}\naws_secret_access_key = {GEHEIM}\n")
    return bestand


@pytest.fixture(scope="session")
def s3_client(s3_adres: str) -> Iterator[Any]:
    """A client of the S3 server that is not that of the product."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_adres,
        region_name="us-east-1",
        aws_access_key_id=SLEUTEL,
        aws_secret_access_key=GEHEIM,
    )
    yield client
    client.close()


@pytest.fixture
def bucket(s3_client: Any, s3_adres: str, sleutel_bestand: Path) -> Bucket:
    """An empty bucket; what has no row may be cleaned up at once."""
    naam = f"b{os.urandom(8).hex()}"
    s3_client.create_bucket(Bucket=naam)
    instellingen = {
        "s3_endpoint": s3_adres,
        "s3_bucket": naam,
        "s3_region": "us-east-1",
        "s3_sleutel_bestand": str(sleutel_bestand),
        "s3_wachttijd_minuten": "0",
    }
    return Bucket(s3_client, naam, instellingen)


@pytest.fixture
def verwijzer(engine: Engine) -> Engine:
    """The engine of a database in which a table refers to content, as the versions of documents do."""
    with engine.begin() as verbinding:
        verbinding.execute(text("CREATE TABLE proef (inhoud bytea NOT NULL REFERENCES document_inhoud)"))
        verbinding.execute(text("CREATE INDEX ON proef (inhoud)"))
    return engine


@pytest.fixture(params=["postgres", "s3"])
def kluis(request: pytest.FixtureRequest, verwijzer: Engine, database_url: str, bucket: Bucket) -> Kluis:
    """The storage, in each of the places."""
    anders = {} if request.param == "s3" else {"s3_bucket": ""}
    return maak_kluis(request.param, verwijzer, database_url, bucket, **anders)


@pytest.fixture
def s3_kluis(verwijzer: Engine, database_url: str, bucket: Bucket) -> Kluis:
    """The storage in S3."""
    return maak_kluis("s3", verwijzer, database_url, bucket)


def maak_kluis(soort: str, motor: Engine, database_url: str, bucket: Bucket, **anders: str) -> Kluis:
    """Make the storage with the settings of a bucket, but for those that are given."""
    velden = bucket.instellingen | {"opslag": soort, "database_url": database_url} | anders
    omgeving = {f"REGIE_{veld.upper()}": waarde for veld, waarde in velden.items()}
    return Kluis(soort, maak_opslag(Instellingen(**velden)), motor, omgeving, bucket)
