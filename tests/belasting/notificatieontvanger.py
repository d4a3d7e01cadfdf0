"""A receiver that takes notifications as fast as it can, in a process of its own: asyncio, one answer for all.

    python -m tests.belasting.notificatieontvanger POORT

POST: a Bv03 to the message. GET /stand: how many came and what CPU that took; GET /ontvangen: [moment, path, zaak] of
each since the last time; GET /laatste: the last message, with its headers.
"""

import asyncio
import json
import re
import sys
import time
import urllib.request
from typing import Any, Final

from tests.belasting.klant import inhoudslengte

_STUF: Final = "http://www.egem.nl/StUF/StUF0301"
_ANSWER: Final = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<s:Bv03Bericht xmlns:s="{_STUF}"><s:stuurgegevens><s:berichtcode>Bv03</s:berichtcode>'
    "<s:zender><s:organisatie>1900</s:organisatie><s:applicatie>Proef</s:applicatie></s:zender>"
    "<s:ontvanger><s:organisatie>1900</s:organisatie><s:applicatie>Regiesysteem</s:applicatie></s:ontvanger>"
    "<s:referentienummer>bv</s:referentienummer><s:tijdstipBericht>20260101120000000</s:tijdstipBericht>"
    "<s:crossRefnummer>%s</s:crossRefnummer></s:stuurgegevens></s:Bv03Bericht></e:Body></e:Envelope>"
)
_HEAD: Final = "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
_REFERENTIE: Final = re.compile(rb"referentienummer>([^<]+)<")
_ZAAK: Final = re.compile(rb"identificatie>([^<]+)<")


class _Connection(asyncio.Protocol):
    received: Final[list[tuple[float, str, str]]] = []
    laatste: tuple[bytes, bytes] = (b"", b"")
    aantal = 0

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            length = inhoudslengte(head) if head.startswith(b"POST") else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + length])
            del self._buffer[: end + 4 + length]
            answer = self._take(head, body) if body else self._tell(head.split()[1].decode())
            assert self._transport is not None
            self._transport.write((_HEAD % len(answer)).encode() + answer)

    def _take(self, head: bytes, body: bytes) -> bytes:
        soort = _Connection
        soort.aantal += 1
        soort.laatste = head, body
        zaak, referentie = _ZAAK.search(body), _REFERENTIE.search(body)
        path = head.split(maxsplit=2)[1]
        soort.received.append((time.time(), path.decode(), zaak[1].decode() if zaak else ""))
        return (_ANSWER % (referentie[1].decode() if referentie else "")).encode()

    def _tell(self, path: str) -> bytes:
        soort = _Connection
        waarde: Any = {"aantal": soort.aantal, "cpu": time.process_time()}
        if path == "/ontvangen":
            waarde = soort.received[:]
            soort.received.clear()
        elif path == "/laatste":
            waarde = [part.decode() for part in soort.laatste]
        return json.dumps(waarde).encode()


def question(port: int, what: str) -> Any:
    """Ask a receiver: `state`, `received` or `last`. Raises OSError when it is not there."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{what}", timeout=10) as answer:
        return json.loads(answer.read())


async def _listen(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_listen(int(sys.argv[1])))
