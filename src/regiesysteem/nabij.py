"""Asks our own server something. A proxy of the environment is not for that: 127.0.0.1 is another there."""

import urllib.request
from contextlib import AbstractContextManager
from ipaddress import ip_address
from urllib.parse import urlsplit

POORTKOP = "X-Regiesysteem-Poort"
"""The header that says to a receiver on this machine on which port of it our server listens."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def vraag(url: str, timeout: float) -> AbstractContextManager[object]:
    """GET an http URL of our own, never through a proxy; `timeout` in seconds. Raises OSError, HTTPError among them."""
    antwoord: AbstractContextManager[object] = _OPENER.open(url, timeout=timeout)
    return antwoord


def is_deze_machine(url: str) -> bool:
    """Tell whether a URL names the machine that asks."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
