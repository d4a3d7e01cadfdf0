"""Sends requests to our own server, past any proxy of the environment, for which 127.0.0.1 is another machine."""

import urllib.request
from contextlib import AbstractContextManager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

KENMERK_HEADER = "X-Regiesysteem"
"""The header that tells which Regiesysteem this is, to a receiver on this machine and at /readyz."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get_own(url: str, timeout: float) -> AbstractContextManager[Any]:
    """GET an http URL of our own, never through a proxy; `timeout` in seconds. Raises OSError, HTTPError among them."""
    answer: AbstractContextManager[Any] = _OPENER.open(url, timeout=timeout)
    return answer


def is_this_machine(url: str) -> bool:
    """Tell whether a URL names the machine that asks."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
