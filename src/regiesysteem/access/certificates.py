"""Client certificates: their parts that prove something, and the ways in which the inrichting names one.

Nobody here looks at the issuer. The proxy that terminates TLS did, and only a proxy that is trusted by its address may
pass a certificate on; see docs/gebruiken/toegang.md.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from regiesysteem.inrichting.fields import FINGERPRINT, OIN, subject_of

_DIGITS_OF_OIN: Final = 20
_UNREADABLE: Final = (ValueError, TypeError, x509.InvalidVersion)


class CertificateError(ValueError):
    """A certificate that cannot be read; the text (Dutch) says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The parts of a certificate that prove something.

    `fingerprint` is the SHA-256 of its DER. `subject` has an object identifier and a value for each attribute. `oin` is
    the Organisatie-identificatienummer in subject.serialNumber (Digikoppeling), "" when there is none. A
    certificate of which a proxy passes only the fingerprint has nothing else.
    """

    fingerprint: str
    subject: tuple[tuple[str, str], ...] = ()
    name: str = ""
    oin: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def is_valid_at(self, now: datetime) -> bool:
        """Tell whether a moment is within its validity."""
        return (self.since is None or self.since <= now) and (self.until is None or now <= self.until)

    def answers_to(self, way: str) -> bool:
        """Tell whether a value of `certificaat` in the inrichting names this certificate.

        An attribute of the subject counts only when the subject has it once.
        """
        if way.startswith(FINGERPRINT):
            return way == FINGERPRINT + self.fingerprint
        if way.startswith(OIN):
            return way == OIN + self.oin
        return all(
            [value for oid, value in self.subject if oid == asked] == [expected] for asked, expected in subject_of(way)
        )


@lru_cache(maxsize=256)
def read_certificate(der: bytes) -> Certificate:
    """Read a certificate in DER. Raises CertificateError."""
    try:
        return _read(x509.load_der_x509_certificate(der))
    except _UNREADABLE as error:
        raise CertificateError("dit is geen certificaat dat te lezen is") from error


def read_certificate_file(data: bytes) -> Certificate:
    """Read a file with one certificate, in PEM (the first, when it has a chain) or DER. Raises CertificateError."""
    return read_certificate(der_of(data) if b"-----BEGIN CERTIFICATE-----" in data else data)


def der_of(pem: bytes) -> bytes:
    """The DER of the first certificate in a PEM text. Raises CertificateError."""
    try:
        return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except _UNREADABLE as error:
        raise CertificateError("dit is geen certificaat dat te lezen is") from error


def _read(found: x509.Certificate) -> Certificate:
    subject = tuple((attribute.oid.dotted_string, _text(attribute.value)) for attribute in found.subject)
    numbers = [value for oid, value in subject if oid == NameOID.SERIAL_NUMBER.dotted_string]
    oin = numbers[0] if len(numbers) == 1 and _is_oin(numbers[0]) else ""
    return Certificate(
        fingerprint=found.fingerprint(SHA256()).hex(),
        subject=subject,
        name=found.subject.rfc4514_string({NameOID.SERIAL_NUMBER: "serialNumber"}),
        oin=oin,
        since=found.not_valid_before_utc,
        until=found.not_valid_after_utc,
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _is_oin(number: str) -> bool:
    return len(number) == _DIGITS_OF_OIN and number.isascii() and number.isdecimal()
