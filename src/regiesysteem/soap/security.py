"""The header Security of WS-Security 1.0: a UsernameToken with a password as text, and a Timestamp beside it.

Nothing here is proven; `regiesysteem.access.credentials` verifies what was read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from regiesysteem.access.caller import Login

_OASIS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE: Final = f"{_OASIS}wssecurity-secext-1.0.xsd"
WSU: Final = f"{_OASIS}wssecurity-utility-1.0.xsd"
SECURITY: Final = f"{{{WSSE}}}Security"
TEXT: Final = f"{_OASIS}username-token-profile-1.0#PasswordText"
DIGEST: Final = f"{_OASIS}username-token-profile-1.0#PasswordDigest"

_TOKEN: Final = f"{{{WSSE}}}UsernameToken"
_TIMESTAMPS: Final = (f"{{{WSU}}}Timestamp", f"{{{WSSE}}}Timestamp")  # Open Forms writes it in wsse
_LONGEST: Final = 4096  # characters of a name or a password, as in a header of HTTP basic
_LATE: Final = timedelta(minutes=1)  # that the clocks of two systems may differ

_TWO: Final = "In de SOAP-Header staan twee UsernameTokens; stuur er een."
_BY_DIGEST: Final = (
    "Een UsernameToken met PasswordDigest kan niet: daarvoor zou dit systeem het wachtwoord zelf moeten bewaren. "
    "Gebruik PasswordText."
)
_NO_PASSWORD: Final = "De UsernameToken heeft niet één Username en één Password, als tekst."  # noqa: S105 - no secret
_EXPIRED: Final = "De Timestamp in de SOAP-Header is verlopen."
_NO_MOMENT: Final = "De Timestamp in de SOAP-Header heeft geen tijdstip als 2026-11-24T12:00:00Z."


@dataclass(frozen=True, slots=True)
class Security:
    """A login, and the objection to what was sent (Dutch), "" when there is none."""

    login: Login | None = None
    objection: str = ""


def is_understood(block: etree._Element) -> bool:
    """Tell whether all of a Security header is read here; a signature, for one, is not."""
    return all(child.tag == _TOKEN or child.tag in _TIMESTAMPS for child in block.iterchildren(tag=etree.Element))


def read_security(blocks: Iterable[etree._Element], now: datetime) -> Security:
    """Read the Security headers that are meant for us; never fails on their values."""
    children = [child for block in blocks for child in block.iterchildren(tag=etree.Element)]
    tokens = [child for child in children if child.tag == _TOKEN]
    objections = [_objection_to_timestamp(child, now) for child in children if child.tag in _TIMESTAMPS]
    if len(tokens) > 1:
        return Security(objection=_TWO)
    login, objection = _read_token(tokens[0]) if tokens else (None, "")
    return Security(login, objection or next(filter(None, objections), ""))


def _read_token(token: etree._Element) -> tuple[Login | None, str]:
    names = token.findall(f"{{{WSSE}}}Username")
    passwords = token.findall(f"{{{WSSE}}}Password")
    if any(one.get("Type") == DIGEST for one in passwords):
        return None, _BY_DIGEST
    if len(names) != 1 or len(passwords) != 1 or passwords[0].get("Type", TEXT) not in ("", TEXT):
        return None, _NO_PASSWORD
    name, password = (names[0].text or "").strip(), passwords[0].text or ""
    if max(len(name), len(password)) > _LONGEST:
        return None, _NO_PASSWORD
    return Login(name, password), ""


def _objection_to_timestamp(timestamp: etree._Element, now: datetime) -> str:
    for child in timestamp.iterchildren(f"{{{WSU}}}Expires", f"{{{WSSE}}}Expires"):
        try:
            moment = datetime.fromisoformat((child.text or "").strip())
        except ValueError:
            return _NO_MOMENT
        if (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < now - _LATE:
            return _EXPIRED
    return ""
