"""A receiver: the address of an applicatie for a koppelvlak, and our credentials there."""

import base64
from dataclasses import dataclass
from typing import Literal

from regiesysteem.inrichting.model import Applicatie
from regiesysteem.inrichting.secrets import read_secret

Koppelvlak = Literal["zkn", "rzs"]


def koppelvlak_of(soort: str) -> Koppelvlak:
    """The koppelvlak of a message of ours: kennisgevingen of zaken and answers are StUF-ZKN, all others RZS 1.0."""
    return "zkn" if soort.endswith(("_Lk01", "La02", "Sa01", "Sh01")) else "rzs"


@dataclass(frozen=True, kw_only=True)
class Ontvanger:
    """An applicatie of the inrichting that receives, by one koppelvlak.

    `timeout_s` bounds an exchange as a whole, from making a connection to the last byte of the answer. `wachtwoord_uit`
    names the place of the password (env:NAAM or bestand:/pad); the password itself is in no field. The certificates are
    paths of PEM files; without `ca` the authorities of certifi are trusted.
    """

    applicatie: str
    organisatie: str
    adres: str
    koppelvlak: Koppelvlak = "zkn"
    administratie: str = ""
    timeout_s: float = 30
    soap: Literal["1.1", "1.2"] = "1.1"
    gebruiker: str = ""
    wachtwoord_uit: str = ""
    clientcertificaat: str = ""
    clientsleutel: str = ""
    ca: str = ""

    @property
    def sleutel(self) -> tuple[str, str, str, str]:
        """The identity of a system in StUF (organisatie, applicatie, administratie), and the koppelvlak."""
        return self.organisatie, self.applicatie, self.administratie, self.koppelvlak

    def authorization(self) -> str:
        """The value of the header Authorization, "" without a gebruiker. Raises SecretError."""
        if not self.gebruiker:
            return ""
        password = read_secret(self.wachtwoord_uit)
        return "Basic " + base64.b64encode(self.gebruiker.encode() + b":" + password).decode("ascii")


def ontvanger_of(applicatie: Applicatie, gemeentecode: str, koppelvlak: Koppelvlak = "zkn") -> Ontvanger | None:
    """The receiver of an applicatie for a koppelvlak; None when it has no adres."""
    if not applicatie.adres:
        return None
    return Ontvanger(
        applicatie=applicatie.naam,
        organisatie=applicatie.organisatie or gemeentecode,
        administratie=applicatie.administratie,
        adres=(applicatie.adres_rzs if koppelvlak == "rzs" else "") or applicatie.adres,
        koppelvlak=koppelvlak,
        timeout_s=applicatie.timeout,
        soap=applicatie.soap,
        gebruiker=applicatie.gebruiker,
        wachtwoord_uit=applicatie.wachtwoord_uit,
        clientcertificaat=applicatie.clientcertificaat,
        clientsleutel=applicatie.clientsleutel,
        ca=applicatie.ca,
    )
