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
from tests.notifications.conftest import Stuur
from tests.notifications.ontvangst import antwoord, bevestiging, envelop, ontvang, ruw

GOED = antwoord(envelop(bevestiging()))
NU = dt.datetime.now(dt.UTC)
DAG = dt.timedelta(days=1)


@dataclass(frozen=True)
class Uitgever:
    """An authority of our own, that writes what it issues in a directory."""

    map: Path
    sleutel: ec.EllipticCurvePrivateKey
    naam: x509.Name

    @property
    def ca(self) -> str:
        return str(self.map / "ca.pem")

    def geef(self, naam: str, adres: str = "127.0.0.1", tot: dt.datetime = NU + DAG, wachtwoord: bytes = b"") -> str:
        """Path of a file with a key and its certificate."""
        sleutel = ec.generate_private_key(ec.SECP256R1())
        namen = x509.SubjectAlternativeName([x509.IPAddress(ip_address(adres))])
        certificaat = (
            _certificaat(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, naam)]), self.naam, sleutel, tot)
            .add_extension(namen, critical=False)
            .sign(self.sleutel, hashes.SHA256())
        )
        versleuteld = serialization.BestAvailableEncryption(wachtwoord) if wachtwoord else serialization.NoEncryption()
        pem = sleutel.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, versleuteld)
        bestand = self.map / f"{naam}.pem"
        bestand.write_bytes(pem + certificaat.public_bytes(serialization.Encoding.PEM))
        return str(bestand)


def _certificaat(
    van: x509.Name, door: x509.Name, sleutel: ec.EllipticCurvePrivateKey, tot: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(van)
        .issuer_name(door)
        .public_key(sleutel.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NU - 2 * DAG)
        .not_valid_after(tot)
    )


@pytest.fixture
def uitgever(tmp_path: Path) -> Uitgever:
    """A new authority."""
    sleutel = ec.generate_private_key(ec.SECP256R1())
    naam = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Uitgever")])
    gebruik = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificaat = (
        _certificaat(naam, naam, sleutel, NU + DAG)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(gebruik, critical=True)
        .sign(sleutel, hashes.SHA256())
    )
    (tmp_path / "ca.pem").write_bytes(certificaat.public_bytes(serialization.Encoding.PEM))
    return Uitgever(tmp_path, sleutel, naam)


def _server(certificaat: str, klanten: str = "") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificaat)
    if klanten:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(klanten)
    return context


def test_an_authority_of_ones_own_is_trusted_when_ca_names_it(stuur: Stuur, uitgever: Uitgever) -> None:
    with ontvang(GOED, tls=_server(uitgever.geef("server"))) as ontvangst:
        for _ in range(2):
            assert stuur(ontvangst.adres, ca=uitgever.ca).soort == "bevestigd"
        assert [verzoek.verbinding for verzoek in ontvangst.verzoeken] == [1, 1]


def test_an_unknown_authority_is_not_trusted_and_nothing_is_sent(stuur: Stuur, uitgever: Uitgever) -> None:
    with ontvang(GOED, tls=_server(uitgever.geef("server"))) as ontvangst:
        uitkomst = stuur(ontvangst.adres)
    assert ontvangst.verzoeken == []
    assert uitkomst.soort == "tijdelijk"
    assert "de uitgever is niet bekend" in uitkomst.omschrijving


@pytest.mark.parametrize(
    ("anders", "bevat"), [({"adres": "10.0.0.1"}, "een ander IP-adres"), ({"tot": NU - DAG}, "verlopen")]
)
def test_a_certificate_that_is_not_right_is_not_trusted(
    stuur: Stuur, uitgever: Uitgever, anders: dict[str, str], bevat: str
) -> None:
    with ontvang(GOED, tls=_server(uitgever.geef("server", **anders))) as ontvangst:  # type: ignore[arg-type]
        uitkomst = stuur(ontvangst.adres, ca=uitgever.ca)
    assert uitkomst.soort == "tijdelijk"
    assert bevat in uitkomst.omschrijving


def test_a_client_certificate_is_shown_when_there_is_one(stuur: Stuur, uitgever: Uitgever) -> None:
    with ontvang(GOED, tls=_server(uitgever.geef("server"), klanten=uitgever.ca)) as ontvangst:
        zonder = stuur(ontvangst.adres, ca=uitgever.ca)
        met = stuur(ontvangst.adres, ca=uitgever.ca, clientcertificaat=uitgever.geef("klant"))
    assert zonder.soort == "tijdelijk"
    assert re.search("vraagt (hij )?een clientcertificaat", zonder.omschrijving)
    assert met.soort == "bevestigd"


def test_a_key_with_a_password_or_a_file_that_is_not_there_is_told(stuur: Stuur, uitgever: Uitgever) -> None:
    slot = uitgever.geef("slot", wachtwoord=b"geheim")
    with ontvang(GOED, tls=_server(uitgever.geef("server"))) as ontvangst:
        gesloten = stuur(ontvangst.adres, ca=uitgever.ca, clientcertificaat=slot)
        weg = stuur(ontvangst.adres, ca=uitgever.ca, clientcertificaat="/bestaat/niet.pem")
        zonder_ca = stuur(ontvangst.adres, ca="/bestaat/niet.pem")
    assert "heeft een wachtwoord" in gesloten.omschrijving
    assert "/bestaat/niet.pem" in weg.omschrijving
    assert "/bestaat/niet.pem" in zonder_ca.omschrijving
    assert {gesloten.soort, weg.soort, zonder_ca.soort} == {"tijdelijk"}


def test_a_drip_over_tls_does_not_hold_us(stuur: Stuur, uitgever: Uitgever) -> None:
    with ontvang(
        ruw(b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 1000, na=0.1), tls=_server(uitgever.geef("server"))
    ) as ontvangst:
        uitkomst = stuur(ontvangst.adres, ca=uitgever.ca, timeout_s=0.5)
    assert "geen volledig antwoord" in uitkomst.omschrijving


def test_plain_http_where_tls_is_spoken_and_the_other_way_round(stuur: Stuur, uitgever: Uitgever) -> None:
    with ontvang(GOED, tls=_server(uitgever.geef("server"))) as ontvangst:
        assert stuur(ontvangst.adres.replace("https", "http"), timeout_s=2).soort == "tijdelijk"
    with ontvang(GOED) as ontvangst:
        uitkomst = stuur(ontvangst.adres.replace("http", "https"), timeout_s=2)
    assert uitkomst.soort == "tijdelijk"
