"""The line to the system under test: one POST at a time, bounded in time and size, and what came of it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import urllib3

from regiesysteem.conformance.outgoing import Outgoing
from regiesysteem.conformance.profile import Profile, ProfileError

MAX_ANSWER: Final = 64_000_000
_CONNECT_S: Final = 10
_PART: Final = 65_536


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The answer: the HTTP status, the body, and why there is none (Dutch)."""

    status: int = 0
    body: bytes = b""
    trouble: str = ""


class HttpLine:
    """Sends messages to one address. Nothing is sent twice: a lost connection is a result."""

    def __init__(self, address: str, profile: Profile) -> None:
        self.address = address
        self._pool = urllib3.PoolManager(num_pools=2, retries=False)
        self._headers = _authorization(profile)

    def post(self, message: Outgoing, seconds: int) -> HttpReply:
        """Send a message and wait for its answer."""
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{message.action}"',
            **self._headers,
        }
        timeout, until = urllib3.Timeout(connect=_CONNECT_S, read=seconds), time.monotonic() + seconds
        try:
            answer = self._pool.request(
                "POST", self.address, body=message.envelope, headers=headers, timeout=timeout, preload_content=False
            )
            try:
                body = _read(answer, until)
            finally:
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            return HttpReply(trouble=_reason(error, seconds))
        if body is None:
            return HttpReply(answer.status, trouble=f"te laat: na {seconds} seconden is het antwoord nog niet af")
        if len(body) > MAX_ANSWER:
            return HttpReply(answer.status, trouble=f"het antwoord is groter dan {MAX_ANSWER // 1_000_000} MB")
        return HttpReply(answer.status, body)


def _read(answer: urllib3.BaseHTTPResponse, until: float) -> bytes | None:
    """Read an answer in parts, because a timeout is about the next byte only; None when it is not whole in time.

    One that is larger than `MAX_ANSWER` is not read to its end.
    """
    body = bytearray()
    while len(body) <= MAX_ANSWER and (part := answer.read1(_PART)):
        body += part
        if time.monotonic() > until:
            return None
    return bytes(body)


def _authorization(profile: Profile) -> dict[str, str]:
    if not profile.gebruiker:
        return {}
    try:
        password = Path(profile.wachtwoord_bestand).read_text("utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"Het wachtwoord in {profile.wachtwoord_bestand} is niet te lezen: {error}") from None
    return dict(urllib3.make_headers(basic_auth=f"{profile.gebruiker}:{password}"))


def _reason(error: urllib3.exceptions.HTTPError, seconds: int) -> str:
    match error:
        case urllib3.exceptions.ReadTimeoutError():
            return f"te laat: geen antwoord binnen {seconds} seconden"
        case urllib3.exceptions.ConnectTimeoutError() | urllib3.exceptions.NewConnectionError():
            return "er is geen verbinding te maken"
        case urllib3.exceptions.SSLError():
            return "de beveiligde verbinding (TLS) komt niet tot stand"
        case _:
            return f"de verbinding brak af ({type(error).__name__})"
