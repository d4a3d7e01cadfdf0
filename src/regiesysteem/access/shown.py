"""Reads the credentials that a request shows in its HTTP headers; `credentials` tells what they prove."""

import binascii
from base64 import b64decode
from typing import Any, Final

from regiesysteem.access.caller import Login, Shown

_MAX_HEADER: Final = 4096  # characters of an Authorization header: a name and a password are far shorter


def read_shown(environ: dict[str, Any]) -> Shown:
    """Read the credentials of a WSGI request; never fails on their values."""
    basic, objection = _read_basic(str(environ.get("HTTP_AUTHORIZATION") or ""))
    return Shown(basic=basic, objection=objection, address=str(environ.get("REMOTE_ADDR") or ""))


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
    except binascii.Error:
        return None, unreadable
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # clients from before RFC 7617
    naam, colon, password = text.partition(":")
    return (Login(naam, password), "") if colon else (None, unreadable)
