"""Content in an S3-compatible object store: one object for each upload, put before the transaction commits.

An object gets a name of its own, `<prefix><sha256>.<uuid>`, and its row has that name. So a late delete never hits a
newer upload of the same content, and an object without a row never gets one after its upload: it can be cleaned up.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Final

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.credentials import SharedCredentialProvider
from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy import Connection, Engine

from regiesysteem.config import Instellingen, InstellingFout
from regiesysteem.db import Sql
from regiesysteem.storage.store import InhoudVerdwenen, OpslagOnbereikbaar, Schrijf, StoredInhoud, Verwijderd

_BLOK: Final = 256 * 1024
_IN_DELEN: Final = 32_000_000  # bytes from which an upload goes in parts, each of which can be tried again
_DEEL: Final = 8_000_000  # one part is in memory at a time
_PAGINA: Final = 1000  # names that the store lists at a time
_VERBIND_S: Final = 5
_ANTWOORD_S: Final = 30
_POGINGEN: Final = 3
_VERDWENEN: Final = {"NoSuchKey", "404"}
_NAAM: Final = re.compile(r"([0-9a-f]{64})\.[0-9a-f]{32}")

_HOUD_SLOT: Final = Sql("SELECT pg_advisory_xact_lock_shared(:slot)")
_VRIJ: Final = Sql("SELECT s FROM unnest(CAST(:sloten AS bigint[])) AS s WHERE pg_try_advisory_xact_lock(s)")
_GENOEMD: Final = Sql("SELECT sleutel FROM document_inhoud WHERE sha256 = ANY(CAST(:digests AS bytea[]))")


class S3Bergplaats:
    """The bucket of one installation, or the part of it under a prefix; unknown objects there are left alone.

    `wachttijd` is how long an object without a row stays.
    """

    naam = "s3"

    def __init__(self, client: Any, bucket: str, voorvoegsel: str, wachttijd: timedelta) -> None:
        self._client = client
        self._bucket = bucket
        self._voorvoegsel = voorvoegsel
        self._wachttijd = wachttijd
        # Threads would be faster to a distant store, and each would hold a part in memory.
        self._in_delen = TransferConfig(
            multipart_threshold=_IN_DELEN, multipart_chunksize=_DEEL, io_chunksize=_BLOK, use_threads=False
        )

    def nieuwe_sleutel(self, sha256: str) -> str:
        """Give a name that no object has or had."""
        return f"{self._voorvoegsel}{sha256}.{uuid.uuid4().hex}"

    def schrijf(self, verbinding: Connection, inhoud: StoredInhoud, bestand: IO[bytes]) -> None:
        """Put the object; until the end of the transaction a lock shows the clean-up that it may still get its row."""
        _HOUD_SLOT.voer_uit(verbinding, {"slot": _slot(inhoud.sha256)})
        waar = {"Bucket": self._bucket, "Key": inhoud.sleutel}
        with _vertaald():
            if inhoud.grootte < _IN_DELEN:
                self._client.put_object(**waar, Body=bestand, ContentLength=inhoud.grootte)
            else:
                self._client.upload_fileobj(bestand, **waar, Config=self._in_delen)

    def lees(self, _verbinding: Connection, inhoud: StoredInhoud, schrijf: Schrijf) -> None:
        """Read the object as it streams in."""
        with _vertaald():
            try:
                antwoord = self._client.get_object(Bucket=self._bucket, Key=inhoud.sleutel)
            except ClientError as fout:
                if _code(fout) in _VERDWENEN:
                    raise InhoudVerdwenen(inhoud.sha256) from fout
                raise
            with closing(antwoord["Body"]) as stroom:
                for blok in stroom.iter_chunks(_BLOK):
                    schrijf(blok)

    def ruim_op(self, motor: Engine) -> Iterator[Verwijderd]:
        """Remove objects and unfinished uploads that no row names and no transaction is making."""
        hier = {
            "Bucket": self._bucket,
            "Prefix": self._voorvoegsel,
            "PaginationConfig": {"PageSize": _PAGINA},
        }
        with _vertaald():
            for pagina in self._client.get_paginator("list_objects_v2").paginate(**hier):
                objecten = {ding["Key"]: ding["Size"] for ding in self._oud(pagina.get("Contents"), "LastModified")}
                for sleutel in self._zonder_rij(motor, objecten):
                    self._client.delete_object(Bucket=self._bucket, Key=sleutel)
                    yield Verwijderd("object", self._sha256(sleutel), objecten[sleutel])
            for pagina in self._client.get_paginator("list_multipart_uploads").paginate(**hier):
                uploads = {ding["Key"]: ding["UploadId"] for ding in self._oud(pagina.get("Uploads"), "Initiated")}
                for sleutel in self._zonder_rij(motor, uploads):
                    self._client.abort_multipart_upload(Bucket=self._bucket, Key=sleutel, UploadId=uploads[sleutel])
                    yield Verwijderd("upload", self._sha256(sleutel), 0)

    def _oud(self, dingen: Iterable[dict[str, Any]] | None, sinds: str) -> Iterator[dict[str, Any]]:
        grens = datetime.now(UTC) - self._wachttijd
        return (ding for ding in dingen or () if self._sha256(ding["Key"]) and ding[sinds] <= grens)

    def _sha256(self, sleutel: str) -> str:
        """Give the SHA-256 in the name of an object of ours, nothing for another object."""
        gevonden = _NAAM.fullmatch(sleutel.removeprefix(self._voorvoegsel))
        return gevonden[1] if gevonden else ""

    def _zonder_rij(self, motor: Engine, sleutels: Iterable[str]) -> list[str]:
        """Give the objects that no row names, and whose content no transaction is storing.

        First the locks, then the rows: a transaction that had the lock has committed or rolled back by then, and its
        row is visible.
        """
        with motor.connect() as verbinding:
            over = self._ongenoemd(verbinding, list(sleutels))
            if not over:
                return []
            sloten = {sleutel: _slot(self._sha256(sleutel)) for sleutel in over}
            vrij = set(_VRIJ.voer_uit(verbinding, {"sloten": list(set(sloten.values()))}).scalars())
            return self._ongenoemd(verbinding, [sleutel for sleutel in over if sloten[sleutel] in vrij])

    def _ongenoemd(self, verbinding: Connection, sleutels: list[str]) -> list[str]:
        digests = [bytes.fromhex(self._sha256(sleutel)) for sleutel in sleutels]
        genoemd = set(_GENOEMD.voer_uit(verbinding, {"digests": digests}).scalars())
        return [sleutel for sleutel in sleutels if sleutel not in genoemd]


def maak_s3(instellingen: Instellingen) -> S3Bergplaats:
    """Make the place that the settings describe; nothing connects before the first use.

    Raises InstellingFout when the file with keys cannot be used.
    """
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=instellingen.s3_endpoint or None,
        region_name=instellingen.s3_region or None,
        config=Config(
            connect_timeout=_VERBIND_S,
            read_timeout=_ANTWOORD_S,
            retries={"mode": "standard", "total_max_attempts": _POGINGEN},
            max_pool_connections=instellingen.threads,
            tcp_keepalive=True,
            # Stores other than that of AWS have no names in DNS for buckets, and may not know the newer checksums.
            s3={"addressing_style": "path" if instellingen.s3_endpoint else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        **_sleutels(instellingen.s3_sleutel_bestand),
    )
    wachttijd = timedelta(minutes=instellingen.s3_wachttijd_minuten)
    return S3Bergplaats(client, instellingen.s3_bucket, instellingen.s3_voorvoegsel, wachttijd)


def _sleutels(bestand: str) -> dict[str, str | None]:
    """Read the keys of the section [default] of a file; without a file boto3 looks where AWS programs look."""
    if not bestand:
        return {}
    try:
        gevonden = SharedCredentialProvider(bestand, profile_name="default").load()
    except BotoCoreError:
        gevonden = None
    if gevonden is None:
        raise InstellingFout(
            f"REGIE_S3_SLEUTEL_BESTAND: in {bestand} zijn geen sleutels te lezen; verwacht wordt een bestand met "
            "[default], aws_access_key_id en aws_secret_access_key."
        )
    return {
        "aws_access_key_id": gevonden.access_key,
        "aws_secret_access_key": gevonden.secret_key,
        "aws_session_token": gevonden.token,
    }


def _slot(sha256: str) -> int:
    """Give the number of the advisory lock of a content."""
    return int.from_bytes(bytes.fromhex(sha256[:16]), signed=True)


def _code(fout: ClientError) -> str:
    return str(fout.response.get("Error", {}).get("Code", ""))


@contextmanager
def _vertaald() -> Iterator[None]:
    """Turn an error of the client into ours; its own text names machine, bucket and object."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as fout:
        reden = _code(fout) if isinstance(fout, ClientError) else type(fout).__name__
        raise OpslagOnbereikbaar(f"De opslag van documenten (S3) is nu niet bereikbaar: {reden}.") from fout
