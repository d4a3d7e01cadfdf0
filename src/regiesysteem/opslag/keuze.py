"""Makes the storage with the places that the settings name."""

from regiesysteem.config import Instellingen, InstellingFout
from regiesysteem.opslag.bergplaats import Bergplaats
from regiesysteem.opslag.inhoud import Opslag
from regiesysteem.opslag.postgres import PostgresBergplaats


def maak_opslag(instellingen: Instellingen) -> Opslag:
    """Make the storage of one process; it may be used by several threads at once.

    A bucket in the settings is read and cleaned up also when new content goes to PostgreSQL. Raises InstellingFout.
    """
    plekken: list[Bergplaats] = [PostgresBergplaats()]
    if instellingen.s3_bucket:
        try:
            # Without a bucket boto3 is not needed, nor the memory that it takes.
            from regiesysteem.opslag.s3 import maak_s3  # noqa: PLC0415
        except ImportError as fout:
            raise InstellingFout(
                "REGIE_S3_BUCKET: voor S3 is een bibliotheek nodig die er niet is; "
                "installeer het Regiesysteem als regiesysteem[s3]."
            ) from fout
        plekken.append(maak_s3(instellingen))
    plekken.sort(key=lambda plek: plek.naam != instellingen.opslag)
    return Opslag(*plekken)
