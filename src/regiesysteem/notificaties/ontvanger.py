"""A receiver: where an applicatie takes messages, and how we make ourselves known there."""

import base64
from dataclasses import dataclass
from typing import Literal

from regiesysteem.inrichting.geheimen import lees_geheim
from regiesysteem.inrichting.model import Applicatie


@dataclass(frozen=True, kw_only=True)
class Ontvanger:
    """An applicatie of the inrichting that receives.

    `timeout_s` bounds an exchange as a whole, from making a connection to the last byte of the answer.
    `wachtwoord_uit` says where the password is (env:NAAM or bestand:/pad); the password itself is in no field.
    The certificates are paths of PEM files; without `ca` the authorities of certifi are trusted.
    """

    applicatie: str
    organisatie: str
    adres: str
    administratie: str = ""
    timeout_s: float = 30
    soap: Literal["1.1", "1.2"] = "1.1"
    gebruiker: str = ""
    wachtwoord_uit: str = ""
    clientcertificaat: str = ""
    clientsleutel: str = ""
    ca: str = ""

    @property
    def sleutel(self) -> tuple[str, str, str]:
        """What identifies a system in StUF: organisatie, applicatie, administratie."""
        return self.organisatie, self.applicatie, self.administratie

    def aanmelding(self) -> str:
        """The value of the header Authorization, "" without a gebruiker. Raises GeheimFout."""
        if not self.gebruiker:
            return ""
        wachtwoord = lees_geheim(self.wachtwoord_uit)
        return "Basic " + base64.b64encode(self.gebruiker.encode() + b":" + wachtwoord).decode("ascii")


def ontvanger_van(applicatie: Applicatie, gemeentecode: str) -> Ontvanger | None:
    """The receiver that an applicatie is; None when it has no adres."""
    if not applicatie.adres:
        return None
    return Ontvanger(
        applicatie=applicatie.naam,
        organisatie=applicatie.organisatie or gemeentecode,
        administratie=applicatie.administratie,
        adres=applicatie.adres,
        timeout_s=applicatie.timeout,
        soap=applicatie.soap,
        gebruiker=applicatie.gebruiker,
        wachtwoord_uit=applicatie.wachtwoord_uit,
        clientcertificaat=applicatie.clientcertificaat,
        clientsleutel=applicatie.clientsleutel,
        ca=applicatie.ca,
    )
