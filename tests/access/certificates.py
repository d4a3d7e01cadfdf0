"""Certificates of the tests: an authority, and clients in the forms of the proxies that pass them on."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OIN = "00000001123456789000"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def write(self, map_: Path, naam: str) -> tuple[str, str]:
        """Write both in PEM; the paths of the certificate and of its key."""
        cert, key = map_ / f"{naam}.pem", map_ / f"{naam}.key"
        cert.write_bytes(self.pem)
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return str(cert), str(key)


def name(cn: str, *more: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    """A subject with a CN and other attributes."""
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in ((NameOID.COMMON_NAME, cn), *more)])


def make(
    subject: x509.Name,
    by: Made | None = None,
    *,
    begin: timedelta = -DAY,
    end: timedelta = DAY,
    hosts: tuple[str, ...] = (),
) -> Made:
    """Make a certificate, signed by another or by itself, that is valid from and until so long from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begin)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    from_ = by.key if by else key
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(from_.public_key()), False)
    builder = builder.add_extension(_usage(of_authority=by is None), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False)
    return Made(builder.sign(from_, hashes.SHA256()), key)


def _usage(*, of_authority: bool) -> x509.KeyUsage:
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
    no = dict.fromkeys((*names, "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=of_authority, crl_sign=of_authority, **no)


AUTHORITY = make(name("Test CA"))
OTHER_AUTHORITY = make(name("Andere CA"))
SUBJECT = (NameOID.ORGANIZATION_NAME, "Gemeente Voorbeeld"), (NameOID.SERIAL_NUMBER, OIN)
CLIENT = make(name("backoffice.voorbeeld.nl", *SUBJECT), AUTHORITY)
EXPIRED = make(name("backoffice.voorbeeld.nl", *SUBJECT), AUTHORITY, begin=-2 * DAY, end=-DAY)
FUTURE = make(name("backoffice.voorbeeld.nl", *SUBJECT), AUTHORITY, begin=DAY, end=2 * DAY)
STRANGER = make(name("vreemd.voorbeeld.nl"), AUTHORITY)


def nginx(made: Made) -> str:
    """$ssl_client_escaped_cert."""
    return quote(made.pem, safe="")


def haproxy(made: Made) -> str:
    """%[ssl_c_der,base64]."""
    return b64encode(made.der).decode()


def traefik(made: Made) -> str:
    """As Traefik 3 writes it."""
    return "".join(made.pem.decode().splitlines()[1:-1])


def envoy(made: Made) -> str:
    """With the element of a proxy before it."""
    return (
        f'By=spiffe://a;Hash={"0" * 64};Subject="CN=een\\"ander,O=x;y";URI=,'
        f'By=spiffe://b;Hash={made.fingerprint};Cert="{quote(made.pem)}";Subject="CN=x"'
    )


WRITERS = {
    "ssl-client-cert": nginx,
    "x-ssl-client-cert": haproxy,
    "x-forwarded-tls-client-cert": traefik,
    "x-forwarded-client-cert": envoy,
}
