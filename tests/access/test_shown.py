"""A client certificate that a proxy passes is read strictly, and from no other address."""

from base64 import b64encode
from urllib.parse import quote

import pytest
from tests.access.certificates import AUTHORITY, CLIENT, WRITERS, envoy, haproxy, nginx, traefik

from regiesysteem.access.caller import Shown
from regiesysteem.access.certificates import CertificateError, read_certificate
from regiesysteem.access.shown import FORMS, NO_PROXIES, Proxies, read_shown
from regiesysteem.config import CERTIFICATE_HEADERS, SettingError, Settings, load_settings

PROXY = "10.1.2.3"


def proxies(header: str) -> Proxies:
    settings = Settings(proxy_adressen="10.1.2.0/24, fd00::1", certificaat_kop=header)
    return Proxies(settings.proxies, settings.certificaat_kop)


def shown(header: str, value: str, peer: str = PROXY, **more: object) -> Shown:
    environ = {"REMOTE_ADDR": peer, "HTTP_" + header.upper().replace("-", "_"): value, **more}
    return read_shown(environ, proxies(header))


def test_each_header_of_the_settings_has_a_reader() -> None:
    assert set(FORMS) == set(CERTIFICATE_HEADERS) == set(WRITERS)


@pytest.mark.parametrize("header", CERTIFICATE_HEADERS)
def test_a_certificate_is_read_as_its_proxy_writes_it(header: str) -> None:
    got = shown(header, WRITERS[header](CLIENT))
    assert (got.certificate, got.objection) == (CLIENT.der, "")
    assert read_certificate(got.certificate).fingerprint == CLIENT.fingerprint
    assert shown(header, "") == shown(header, " ") == Shown(address=PROXY), "a connection without certificate"


@pytest.mark.parametrize("header", CERTIFICATE_HEADERS)
def test_a_header_from_anyone_else_is_dropped(header: str) -> None:
    value = WRITERS[header](CLIENT)
    for peer in ("10.1.3.3", "127.0.0.1", "::ffff:10.9.9.9", "", "onzin", "fd00::2"):
        assert shown(header, value, peer) == Shown(address=peer)
    for peer in ("::ffff:10.1.2.9", "fd00::1"):
        assert shown(header, value, peer).certificate == CLIENT.der
    environ = {"REMOTE_ADDR": PROXY, "HTTP_" + header.upper().replace("-", "_"): value}
    assert read_shown(environ, NO_PROXIES) == Shown(address=PROXY)
    for other in set(CERTIFICATE_HEADERS) - {header}:
        assert read_shown(environ, proxies(other)).certificate == b""


def test_the_socket_says_who_the_proxy_is_and_not_a_header() -> None:
    """ProxyFix puts the address of the client in its place, and keeps that of the socket."""
    forged = {"werkzeug.proxy_fix.orig": {"REMOTE_ADDR": "192.0.2.7"}}
    assert shown("ssl-client-cert", nginx(CLIENT), PROXY, **forged).certificate == b""
    behind = {"werkzeug.proxy_fix.orig": {"REMOTE_ADDR": PROXY}}
    got = shown("ssl-client-cert", nginx(CLIENT), "192.0.2.7", **behind)
    assert (got.certificate, got.address) == (CLIENT.der, "192.0.2.7")


@pytest.mark.parametrize("header", CERTIFICATE_HEADERS)
def test_a_certificate_of_a_version_that_does_not_exist_is_an_objection_and_no_error(header: str) -> None:
    version = bytes.fromhex("a003020102")
    strange = CLIENT.der.replace(version, version[:-1] + b"\x07", 1)
    pem = "-----BEGIN CERTIFICATE-----\n" + b64encode(strange).decode() + "\n-----END CERTIFICATE-----\n"
    value = quote(pem, safe="") if header == "ssl-client-cert" else f'Cert="{quote(pem, safe="")}"'
    if header in {"x-ssl-client-cert", "x-forwarded-tls-client-cert"}:
        assert shown(header, b64encode(strange).decode()).certificate == strange, "it is read later"
        with pytest.raises(CertificateError):
            read_certificate(strange)
    else:
        assert shown(header, value).objection


def two(write: object) -> str:
    """Two headers, as our server puts them together."""
    return f"{write(CLIENT)}, {write(CLIENT)}"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ssl-client-cert", "onzin"),
        ("ssl-client-cert", nginx(CLIENT)[:-40]),
        ("ssl-client-cert", CLIENT.pem.decode()),
        ("ssl-client-cert", two(nginx)),
        ("ssl-client-cert", quote(CLIENT.pem + AUTHORITY.pem, safe="")),
        ("ssl-client-cert", "%" * 40_000),
        ("ssl-client-cert", "(null)"),
        ("x-ssl-client-cert", two(haproxy)),
        ("x-ssl-client-cert", nginx(CLIENT)),
        ("x-ssl-client-cert", haproxy(CLIENT)[:-3]),
        ("x-forwarded-tls-client-cert", two(traefik)),
        ("x-forwarded-tls-client-cert", CLIENT.pem.decode().replace("\n", " ")),
        ("x-forwarded-client-cert", two(envoy)),
        ("x-forwarded-client-cert", "Hash=abc"),
        ("x-forwarded-client-cert", "Hash=" + "a" * 64 + ";Hash=" + "b" * 64),
        ("x-forwarded-client-cert", "Hash=" + "a" * 64 + ";"),
        ("x-forwarded-client-cert", "Hash=" + "a" * 64 + ","),
        ("x-forwarded-client-cert", 'Hash="' + "a" * 64),
        ("x-forwarded-client-cert", "onzin"),
        ("x-forwarded-client-cert", 'Cert="onzin"'),
    ],
)
def test_another_form_is_an_objection_and_no_certificate(header: str, value: str) -> None:
    got = shown(header, value)
    assert (got.certificate, got.fingerprint) == (b"", "")
    assert "niet te lezen" in got.objection


def test_of_envoy_the_last_element_counts_and_a_hash_is_enough() -> None:
    mine, other = "a" * 64, "b" * 64
    got = shown("x-forwarded-client-cert", f"Hash={other};URI=x,By=y;hash={mine.upper()}")
    assert (got.certificate, got.fingerprint, got.objection) == (b"", mine, "")
    assert shown("x-forwarded-client-cert", f"Hash={other},By=y").fingerprint == "", "the last one has none"


def test_an_older_traefik_escapes_and_sends_its_chain() -> None:
    chain = f"{traefik(CLIENT)},{traefik(AUTHORITY)}"
    assert shown("x-forwarded-tls-client-cert", chain).certificate == CLIENT.der
    assert shown("x-forwarded-tls-client-cert", quote(traefik(CLIENT), safe="")).certificate == CLIENT.der


@pytest.mark.parametrize(
    "environment",
    [
        {"REGIE_PROXY_ADRESSEN": "onzin"},
        {"REGIE_PROXY_ADRESSEN": "0.0.0.0/0"},
        {"REGIE_PROXY_ADRESSEN": "::/0"},
        {"REGIE_PROXY_ADRESSEN": "10.0.0.1/8"},
        {"REGIE_CERTIFICAAT_KOP": "ssl-client-cert"},
        {"REGIE_CERTIFICAAT_KOP": "X-Andere", "REGIE_PROXY_ADRESSEN": "10.0.0.1"},
    ],
)
def test_settings_that_would_believe_anybody_are_refused(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for naam, value in environment.items():
        monkeypatch.setenv(naam, value)
    with pytest.raises(SettingError, match="REGIE_"):
        load_settings()


def test_the_header_may_be_in_capitals_and_no_address_has_none() -> None:
    settings = Settings(proxy_adressen="10.0.0.1", certificaat_kop="X-Forwarded-Client-Cert")
    assert settings.certificaat_kop == "x-forwarded-client-cert"
    assert Settings().proxies == ()
