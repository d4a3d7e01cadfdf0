"""The storage of the content of documents, by its SHA-256: in PostgreSQL or in an S3-compatible object store."""

from regiesysteem.config import SettingError, Settings
from regiesysteem.storage.postgres import PostgresStore
from regiesysteem.storage.store import (
    InhoudDamaged,
    InhoudError,
    InhoudVanished,
    Opslag,
    StorageError,
    StorageUnreachable,
    Store,
)

__all__ = [
    "InhoudDamaged",
    "InhoudError",
    "InhoudVanished",
    "Opslag",
    "StorageError",
    "StorageUnreachable",
    "make_storage",
]


def make_storage(settings: Settings) -> Opslag:
    """Make the storage of one process; it may be used by several threads at once.

    A bucket in the settings is read and cleaned up also when new content goes to PostgreSQL. Raises SettingError.
    """
    places: list[Store] = [PostgresStore()]
    if settings.s3_bucket:
        try:
            # Without a bucket boto3 is not needed, nor the memory that it takes.
            from regiesysteem.storage.s3 import make_s3  # noqa: PLC0415
        except ImportError as error:
            raise SettingError(
                "REGIE_S3_BUCKET: voor S3 is een bibliotheek nodig die er niet is; "
                "installeer het Regiesysteem als regiesysteem[s3]."
            ) from error
        places.append(make_s3(settings))
    places.sort(key=lambda place: place.naam != settings.opslag)
    return Opslag(*places)
