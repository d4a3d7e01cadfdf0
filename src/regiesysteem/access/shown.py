"""Reads the credentials that a request shows in its HTTP headers; `credentials` tells what they prove.

A client certificate comes in a header of the proxy that terminated TLS. It is read only on a connection from an address
that the settings trust, as the socket has it: anybody can write the header.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from regiesysteem.access.caller import Login, Shown
from regiesysteem.access.certificates import CertificateError, der_of

_MAX_HEADER: Final = 4096  # characters of an Authorization header: a name and a password are far shorter
_MAX_CERTIFICATE: Final = 32_768
_UNREADABLE: Final = "Het clientcertificaat dat de proxy doorgeeft, is niet te lezen."
_ESCAPED: Final = re.compile(r"[A-Za-z0-9%+/=._~*-]+", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PAIR: Final = re.compile(r'(?P<key>[A-Za-z]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^",;]*)(?P<end>[;,]|$)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that are believed, by address, and the header in which they pass a client certificate."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    header: str = ""

    def trust(self, peer: str) -> bool:
        """Tell whether the other end of a connection is one of them."""
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)


NO_PROXIES: Final = Proxies()


def peer_of(environ: Mapping[str, Any]) -> str:
    """The address of the other end of the connection, as the socket has it, whatever a proxy says of its client."""
    before = environ.get("werkzeug.proxy_fix.orig") or environ
    return str(before.get("REMOTE_ADDR") or "")


def read_shown(environ: Mapping[str, Any], proxies: Proxies = NO_PROXIES) -> Shown:
    """Read the credentials of a WSGI request; never fails on their values."""
    basic, objection = _read_basic(str(environ.get("HTTP_AUTHORIZATION") or ""))
    certificate, fingerprint = b"", ""
    if proxies.header and proxies.trust(peer_of(environ)):
        header = str(environ.get("HTTP_" + proxies.header.upper().replace("-", "_")) or "")
        try:
            certificate, fingerprint = _read_certificate(proxies.header, header)
        except (CertificateError, ValueError):
            objection = objection or _UNREADABLE
    return Shown(
        basic=basic,
        certificate=certificate,
        fingerprint=fingerprint,
        objection=objection,
        address=str(environ.get("REMOTE_ADDR") or ""),
    )


# --- HTTP basic


def _read_basic(header: str) -> tuple[Login | None, str]:
    """The login of a header (RFC 7617, 2) and the objection to it (Dutch)."""
    if not header:
        return None, ""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None, "De header Authorization is niet van de soort Basic."
    unreadable = "De header Authorization is niet te lezen als HTTP basic."
    if len(header) > _MAX_HEADER:
        return None, unreadable
    try:
        raw = b64decode(encoded.strip(), validate=True)
    except ValueError:  # also for letters that are no ASCII
        return None, unreadable
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # clients from before RFC 7617
    naam, colon, password = text.partition(":")
    return (Login(naam, password), "") if colon else (None, unreadable)


# --- The client certificate in the header of a proxy, each form as its proxy writes it and in no other way


def _read_certificate(form: str, header: str) -> tuple[bytes, str]:
    """The certificate in DER, or only its fingerprint; nothing when there is none. Raises ValueError."""
    if len(header) > _MAX_CERTIFICATE:
        raise ValueError("too long")
    return FORMS[form](header) if header.strip() else (b"", "")


def _of_nginx(header: str) -> tuple[bytes, str]:
    """$ssl_client_escaped_cert: PEM, escaped as in a URL."""
    return _escaped_pem(header), ""


def _of_haproxy(header: str) -> tuple[bytes, str]:
    """%[ssl_c_der,base64]: DER in base64."""
    return b64decode(header, validate=True), ""


def _of_traefik(header: str) -> tuple[bytes, str]:
    """The lines of a PEM without its first and last and without line ends, escaped by older ones; its chain behind it.

    A space after the comma comes from our server, which so puts two headers together.
    """
    if ", " in header:
        raise ValueError("two headers")
    own = header.partition(",")[0]
    return b64decode(_unescaped(own) if "%" in own else own, validate=True), ""


def _of_envoy(header: str) -> tuple[bytes, str]:
    """X-Forwarded-Client-Cert: elements with pairs; the last element is that of the nearest proxy."""
    last: dict[str, str] = {}
    for key, value, is_last_of_element in _pairs(header):
        if key in last and key in {"cert", "hash"}:
            raise ValueError("twice")
        last[key] = value
        if is_last_of_element:
            element, last = last, {}
    der = _escaped_pem(element["cert"]) if element.get("cert") else b""
    fingerprint = element.get("hash", "").lower()
    if fingerprint and not _HASH.fullmatch(fingerprint):
        raise ValueError("no hash")
    return der, fingerprint


def _pairs(header: str) -> Iterator[tuple[str, str, bool]]:
    """The pairs of all elements, each with whether its element ends there. Raises ValueError for another form."""
    at = 0
    while at < len(header):
        found = _PAIR.match(header, at)
        if found is None or (found["end"] and found.end() == len(header)):
            raise ValueError("no pair")
        value = found["value"]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        yield found["key"].lower(), value, found["end"] != ";"
        at = found.end()


def _escaped_pem(text: str) -> bytes:
    pem = _unescaped(text)
    if pem.count(b"-----BEGIN") != 1:
        raise ValueError("not one certificate")
    return der_of(pem)


def _unescaped(text: str) -> bytes:
    if not _ESCAPED.fullmatch(text):
        raise ValueError("not escaped")
    return unquote_to_bytes(text)


FORMS: Final[Mapping[str, Callable[[str], tuple[bytes, str]]]] = {
    "ssl-client-cert": _of_nginx,
    "x-ssl-client-cert": _of_haproxy,
    "x-forwarded-tls-client-cert": _of_traefik,
    "x-forwarded-client-cert": _of_envoy,
}
"""The header in which a proxy passes a client certificate, and its reader."""
