"""Content in an S3-compatible object store: one object for each upload, put before the transaction commits.

An object gets a name of its own, `<prefix><sha256>.<uuid>`, and its row has that name. So a late delete never hits a
newer upload of the same content, and an object without a row never gets one after its upload: it can be cleaned up.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.credentials import SharedCredentialProvider
from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy import Connection, Engine

from regiesysteem.config import SettingError, Settings
from regiesysteem.db import Sql
from regiesysteem.secret_file import SecretError, refuse_readable
from regiesysteem.storage.store import InhoudVanished, Removed, StorageUnreachable, StoredInhoud, Write

_BLOCK: Final = 256 * 1024
_IN_PARTS: Final = 32_000_000  # bytes from which an upload goes in parts, each of which can be tried again
_PART: Final = 8_000_000  # one part is in memory at a time
_PAGE: Final = 1000  # names that the store lists at a time
_CONNECT_S: Final = 5
_ANSWER_S: Final = 30
_ATTEMPTS: Final = 3
_VANISHED: Final = {"NoSuchKey", "404"}
_NAAM: Final = re.compile(r"([0-9a-f]{64})\.[0-9a-f]{32}")

_HOLD_LOCK: Final = Sql("SELECT pg_advisory_xact_lock_shared(:slot)")
_FREE: Final = Sql("SELECT s FROM unnest(CAST(:sloten AS bigint[])) AS s WHERE pg_try_advisory_xact_lock(s)")
_NAMED: Final = Sql("SELECT sleutel FROM document_inhoud WHERE sha256 = ANY(CAST(:digests AS bytea[]))")


class S3Store:
    """The bucket of one installation, or the part of it under a prefix; unknown objects there are left alone.

    `waiting_time` is how long an object without a row stays.
    """

    naam = "s3"

    def __init__(self, client: Any, bucket: str, prefix: str, waiting_time: timedelta) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._waiting_time = waiting_time
        # Threads would be faster to a distant store, and each would hold a part in memory.
        self._in_parts = TransferConfig(
            multipart_threshold=_IN_PARTS, multipart_chunksize=_PART, io_chunksize=_BLOCK, use_threads=False
        )

    def new_sleutel(self, sha256: str) -> str:
        """Give a name that no object has or had."""
        return f"{self._prefix}{sha256}.{uuid.uuid4().hex}"

    def write(self, connection: Connection, inhoud: StoredInhoud, file: IO[bytes]) -> None:
        """Put the object; until the end of the transaction a lock shows the clean-up that it may still get its row."""
        _HOLD_LOCK.run(connection, {"slot": _lock(inhoud.sha256)})
        where = {"Bucket": self._bucket, "Key": inhoud.sleutel}
        with _translated():
            if inhoud.grootte < _IN_PARTS:
                self._client.put_object(**where, Body=file, ContentLength=inhoud.grootte)
            else:
                self._client.upload_fileobj(file, **where, Config=self._in_parts)

    def read(self, _connection: Connection, inhoud: StoredInhoud, write: Write) -> None:
        """Read the object as it streams in."""
        with _translated():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=inhoud.sleutel)
            except ClientError as error:
                if _code(error) in _VANISHED:
                    raise InhoudVanished(inhoud.sha256) from error
                raise
            with closing(answer["Body"]) as body:
                for block in body.iter_chunks(_BLOCK):
                    write(block)

    def clean_up(self, engine: Engine) -> Iterator[Removed]:
        """Remove objects and unfinished uploads that no row names and no transaction is making."""
        here = {
            "Bucket": self._bucket,
            "Prefix": self._prefix,
            "PaginationConfig": {"PageSize": _PAGE},
        }
        with _translated():
            for page in self._client.get_paginator("list_objects_v2").paginate(**here):
                objecten = {thing["Key"]: thing["Size"] for thing in self._old(page.get("Contents"), "LastModified")}
                for key in self._without_row(engine, objecten):
                    self._client.delete_object(Bucket=self._bucket, Key=key)
                    yield Removed("object", self._sha256(key), objecten[key])
            for page in self._client.get_paginator("list_multipart_uploads").paginate(**here):
                uploads = {thing["Key"]: thing["UploadId"] for thing in self._old(page.get("Uploads"), "Initiated")}
                for key in self._without_row(engine, uploads):
                    self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=uploads[key])
                    yield Removed("upload", self._sha256(key), 0)

    def _old(self, things: Iterable[dict[str, Any]] | None, since: str) -> Iterator[dict[str, Any]]:
        bound = datetime.now(UTC) - self._waiting_time
        return (thing for thing in things or () if self._sha256(thing["Key"]) and thing[since] <= bound)

    def _sha256(self, sleutel: str) -> str:
        """Give the SHA-256 in the name of an object of ours, nothing for another object."""
        found = _NAAM.fullmatch(sleutel.removeprefix(self._prefix))
        return found[1] if found else ""

    def _without_row(self, engine: Engine, sleutels: Iterable[str]) -> list[str]:
        """Give the objects that no row names, and whose content no transaction is storing.

        First the locks, then the rows: a transaction that had the lock has committed or rolled back by then, and its
        row is visible.
        """
        with engine.connect() as connection:
            over = self._unnamed(connection, list(sleutels))
            if not over:
                return []
            locks = {key: _lock(self._sha256(key)) for key in over}
            free = set(_FREE.run(connection, {"sloten": list(set(locks.values()))}).scalars())
            return self._unnamed(connection, [key for key in over if locks[key] in free])

    def _unnamed(self, connection: Connection, sleutels: list[str]) -> list[str]:
        digests = [bytes.fromhex(self._sha256(key)) for key in sleutels]
        named = set(_NAMED.run(connection, {"digests": digests}).scalars())
        return [key for key in sleutels if key not in named]


def make_s3(settings: Settings) -> S3Store:
    """Make the place that the settings describe; nothing connects before the first use.

    Raises SettingError when the file with keys cannot be used.
    """
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        region_name=settings.s3_region or None,
        config=Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_ANSWER_S,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=settings.threads,
            tcp_keepalive=True,
            # Stores other than that of AWS have no names in DNS for buckets, and may not know the newer checksums.
            s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        **_sleutels(settings.s3_sleutel_bestand),
    )
    waiting_time = timedelta(minutes=settings.s3_wachttijd_minuten)
    return S3Store(client, settings.s3_bucket, settings.s3_voorvoegsel, waiting_time)


def _sleutels(file: str) -> dict[str, str | None]:
    """Read the keys of the section [default] of a file; without a file boto3 looks where AWS programs look."""
    if not file:
        return {}
    try:
        refuse_readable(Path(file))
    except SecretError as error:
        raise SettingError(f"REGIE_S3_SLEUTEL_BESTAND: {error}.") from None
    try:
        found = SharedCredentialProvider(file, profile_name="default").load()
    except BotoCoreError:
        found = None
    if found is None:
        raise SettingError(
            f"REGIE_S3_SLEUTEL_BESTAND: in {file} zijn geen sleutels te lezen; verwacht wordt een bestand met "
            "[default], aws_access_key_id en aws_secret_access_key."
        )
    return {
        "aws_access_key_id": found.access_key,
        "aws_secret_access_key": found.secret_key,
        "aws_session_token": found.token,
    }


def _lock(sha256: str) -> int:
    """Give the number of the advisory lock of a content."""
    return int.from_bytes(bytes.fromhex(sha256[:16]), signed=True)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn an error of the client into ours; its own text names machine, bucket and object."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        reason = _code(error) if isinstance(error, ClientError) else type(error).__name__
        raise StorageUnreachable(f"De opslag van documenten (S3) is nu niet bereikbaar: {reason}.") from error
