"""The storage of the content of documents, by its SHA-256: in PostgreSQL or in an S3-compatible object store."""

from regiesysteem.opslag.fouten import InhoudBeschadigd, InhoudFout, InhoudVerdwenen, OpslagFout, OpslagOnbereikbaar
from regiesysteem.opslag.inhoud import Opslag
from regiesysteem.opslag.keuze import maak_opslag

__all__ = [
    "InhoudBeschadigd",
    "InhoudFout",
    "InhoudVerdwenen",
    "Opslag",
    "OpslagFout",
    "OpslagOnbereikbaar",
    "maak_opslag",
]
