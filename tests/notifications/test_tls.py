"""Delivery over TLS: an authority of one's own, and a client certificate."""

import datetime as dt
import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.notifications.conftest import Send
from tests.notifications.ontvangst import answer, bevestiging, envelope, raw, receive

GOOD = answer(envelope(bevestiging()))
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Uitgever:
    """An authority of our own, that writes what it issues in a directory.

    Its certificates have key identifiers, because Python 3.13 trusts none without (RFC 5280, 4.2.1.1).
    """

    map: Path
    sleutel: ec.EllipticCurvePrivateKey
    naam: x509.Name

    @property
    def ca(self) -> str:
        return str(self.map / "ca.pem")

    def give(self, naam: str, adres: str = "127.0.0.1", until: dt.datetime = NOW + DAY, password: bytes = b"") -> str:
        """Path of a file with a key and its certificate."""
        sleutel = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(adres))])
        certificate = (
            _certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, naam)]), self.naam, sleutel, until)
            .add_extension(names, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.sleutel.public_key()), False)
            .sign(self.sleutel, hashes.SHA256())
        )
        versleuteld = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        pem = sleutel.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, versleuteld)
        file = self.map / f"{naam}.pem"
        file.touch(0o600)
        file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
        return str(file)


def _certificate(
    from_: x509.Name, by: x509.Name, sleutel: ec.EllipticCurvePrivateKey, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(from_)
        .issuer_name(by)
        .public_key(sleutel.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 2 * DAY)
        .not_valid_after(until)
    )


@pytest.fixture
def uitgever(tmp_path: Path) -> Uitgever:
    """A new authority."""
    sleutel = ec.generate_private_key(ec.SECP256R1())
    naam = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Uitgever")])
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        _certificate(naam, naam, sleutel, NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(sleutel.public_key()), critical=False)
        .sign(sleutel, hashes.SHA256())
    )
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Uitgever(tmp_path, sleutel, naam)


def _server(certificate: str, clients: str = "") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


def test_an_authority_of_ones_own_is_trusted_when_ca_names_it(send: Send, uitgever: Uitgever) -> None:
    with receive(GOOD, tls=_server(uitgever.give("server"))) as reception:
        for _ in range(2):
            assert send(reception.adres, ca=uitgever.ca).soort == "bevestigd"
        assert [request.connection for request in reception.verzoeken] == [1, 1]


def test_an_unknown_authority_is_not_trusted_and_nothing_is_sent(send: Send, uitgever: Uitgever) -> None:
    with receive(GOOD, tls=_server(uitgever.give("server"))) as reception:
        outcome = send(reception.adres)
    assert reception.verzoeken == []
    assert outcome.soort == "tijdelijk"
    assert "de uitgever is niet bekend" in outcome.omschrijving


@pytest.mark.parametrize(
    ("otherwise", "contains"), [({"adres": "10.0.0.1"}, "een ander IP-adres"), ({"until": NOW - DAY}, "verlopen")]
)
def test_a_certificate_that_is_not_right_is_not_trusted(
    send: Send, uitgever: Uitgever, otherwise: dict[str, str], contains: str
) -> None:
    with receive(GOOD, tls=_server(uitgever.give("server", **otherwise))) as reception:  # type: ignore[arg-type]
        outcome = send(reception.adres, ca=uitgever.ca)
    assert outcome.soort == "tijdelijk"
    assert contains in outcome.omschrijving


def test_a_client_certificate_is_shown_when_there_is_one(send: Send, uitgever: Uitgever) -> None:
    with receive(GOOD, tls=_server(uitgever.give("server"), clients=uitgever.ca)) as reception:
        without = send(reception.adres, ca=uitgever.ca)
        with_ = send(reception.adres, ca=uitgever.ca, clientcertificaat=uitgever.give("klant"))
    assert without.soort == "tijdelijk"
    assert re.search("vraagt (hij )?een clientcertificaat", without.omschrijving)
    assert with_.soort == "bevestigd"


def test_a_key_that_others_may_read_is_not_used(send: Send, uitgever: Uitgever) -> None:
    shared = uitgever.give("gedeeld")
    Path(shared).chmod(0o644)
    with receive(GOOD, tls=_server(uitgever.give("server"), clients=uitgever.ca)) as reception:
        outcome = send(reception.adres, ca=uitgever.ca, clientcertificaat=shared)
    assert reception.verzoeken == []
    assert outcome.soort == "tijdelijk"
    assert f"chmod go= {shared}" in outcome.omschrijving


def test_a_key_with_a_password_or_a_file_that_is_not_there_is_told(send: Send, uitgever: Uitgever) -> None:
    lock = uitgever.give("slot", password=b"geheim")
    with receive(GOOD, tls=_server(uitgever.give("server"))) as reception:
        gesloten = send(reception.adres, ca=uitgever.ca, clientcertificaat=lock)
        gone = send(reception.adres, ca=uitgever.ca, clientcertificaat="/bestaat/niet.pem")
        without_ca = send(reception.adres, ca="/bestaat/niet.pem")
    assert "heeft een wachtwoord" in gesloten.omschrijving
    assert "/bestaat/niet.pem" in gone.omschrijving
    assert "/bestaat/niet.pem" in without_ca.omschrijving
    assert {gesloten.soort, gone.soort, without_ca.soort} == {"tijdelijk"}


def test_a_drip_over_tls_does_not_hold_us(send: Send, uitgever: Uitgever) -> None:
    with receive(
        raw(b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 1000, after=0.1), tls=_server(uitgever.give("server"))
    ) as reception:
        outcome = send(reception.adres, ca=uitgever.ca, timeout_s=0.5)
    assert "geen volledig antwoord" in outcome.omschrijving


def test_plain_http_where_tls_is_spoken_and_the_other_way_round(send: Send, uitgever: Uitgever) -> None:
    with receive(GOOD, tls=_server(uitgever.give("server"))) as reception:
        assert send(reception.adres.replace("https", "http"), timeout_s=2).soort == "tijdelijk"
    with receive(GOOD) as reception:
        outcome = send(reception.adres.replace("http", "https"), timeout_s=2)
    assert outcome.soort == "tijdelijk"
