"""Of which Regiesysteem a message is: two on one machine deliver to the same ports with the shipped inrichting."""

from http.client import HTTPException
from typing import Final

from regiesysteem.nabij import KENMERKKOP, vraag

_WACHT_S: Final = 3.0


class Herkomst:
    """Knows the Regiesysteem at `adres` by what its /readyz says that it is; what cannot be asked is nobody else's."""

    def __init__(self, adres: str) -> None:
        """Prepare; nothing is asked yet."""
        self.adres = adres
        self._bekend = ""

    def is_ander(self, kenmerk: str) -> bool:
        """Tell whether who says to be `kenmerk` is another; asks anew when it is not who it was, or was not known."""
        if not kenmerk or kenmerk == self._bekend:
            return False
        self._bekend = _vraag_kenmerk(f"{self.adres.removesuffix('/stuf')}/readyz")
        return self._bekend not in {"", kenmerk}


def _vraag_kenmerk(url: str) -> str:
    try:
        with vraag(url, _WACHT_S) as antwoord:
            return str(antwoord.headers.get(KENMERKKOP, ""))
    except (OSError, HTTPException, ValueError):
        return ""
