"""The errors of content. The texts are Dutch, for operators; they name no machine, bucket or key."""

from regiesysteem.meldbaar import Meldbaar


class OpslagFout(Exception):
    """Content could not be stored or given."""


class OpslagOnbereikbaar(Meldbaar, OpslagFout):
    """The object store does not answer, or refuses us: the same message may succeed later (StUF058, in Fo03 StUF046).

    An unreachable PostgreSQL raises the error of SQLAlchemy, as with every other statement.
    """

    uitgang = 2


class InhoudFout(OpslagFout):
    """Something is wrong with one content; `verwijzing` is its SHA-256 in hex, by which an operator finds it."""

    def __init__(self, verwijzing: str, wat: str) -> None:
        super().__init__(f"De inhoud met verwijzing {verwijzing} {wat}.")
        self.verwijzing = verwijzing


class InhoudVerdwenen(InhoudFout):
    """Nothing is stored under this SHA-256, or its bytes are gone from the store."""

    def __init__(self, verwijzing: str) -> None:
        super().__init__(verwijzing, "is er niet meer")


class InhoudBeschadigd(InhoudFout):
    """The store gave other bytes than were put in it."""

    def __init__(self, verwijzing: str) -> None:
        super().__init__(verwijzing, "is beschadigd")
