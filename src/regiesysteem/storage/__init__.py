"""The storage of the content of documents, by its SHA-256: in PostgreSQL or in an S3-compatible object store."""

from regiesysteem.config import Instellingen, InstellingFout
from regiesysteem.storage.postgres import PostgresBergplaats
from regiesysteem.storage.store import (
    Bergplaats,
    InhoudBeschadigd,
    InhoudFout,
    InhoudVerdwenen,
    Opslag,
    OpslagFout,
    OpslagOnbereikbaar,
)

__all__ = [
    "InhoudBeschadigd",
    "InhoudFout",
    "InhoudVerdwenen",
    "Opslag",
    "OpslagFout",
    "OpslagOnbereikbaar",
    "maak_opslag",
]


def maak_opslag(instellingen: Instellingen) -> Opslag:
    """Make the storage of one process; it may be used by several threads at once.

    A bucket in the settings is read and cleaned up also when new content goes to PostgreSQL. Raises InstellingFout.
    """
    plekken: list[Bergplaats] = [PostgresBergplaats()]
    if instellingen.s3_bucket:
        try:
            # Without a bucket boto3 is not needed, nor the memory that it takes.
            from regiesysteem.storage.s3 import maak_s3  # noqa: PLC0415
        except ImportError as fout:
            raise InstellingFout(
                "REGIE_S3_BUCKET: voor S3 is een bibliotheek nodig die er niet is; "
                "installeer het Regiesysteem als regiesysteem[s3]."
            ) from fout
        plekken.append(maak_s3(instellingen))
    plekken.sort(key=lambda plek: plek.naam != instellingen.opslag)
    return Opslag(*plekken)
