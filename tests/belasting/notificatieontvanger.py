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
_ANTWOORD: Final = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<s:Bv03Bericht xmlns:s="{_STUF}"><s:stuurgegevens><s:berichtcode>Bv03</s:berichtcode>'
    "<s:zender><s:organisatie>1900</s:organisatie><s:applicatie>Proef</s:applicatie></s:zender>"
    "<s:ontvanger><s:organisatie>1900</s:organisatie><s:applicatie>Regiesysteem</s:applicatie></s:ontvanger>"
    "<s:referentienummer>bv</s:referentienummer><s:tijdstipBericht>20260101120000000</s:tijdstipBericht>"
    "<s:crossRefnummer>%s</s:crossRefnummer></s:stuurgegevens></s:Bv03Bericht></e:Body></e:Envelope>"
)
_KOP: Final = "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
_REFERENTIE: Final = re.compile(rb"referentienummer>([^<]+)<")
_ZAAK: Final = re.compile(rb"identificatie>([^<]+)<")


class _Verbinding(asyncio.Protocol):
    ontvangen: Final[list[tuple[float, str, str]]] = []
    laatste: tuple[bytes, bytes] = (b"", b"")
    aantal = 0

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._vervoer: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._vervoer = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (einde := self._buffer.find(b"\r\n\r\n")) >= 0:
            kop = bytes(self._buffer[:einde])
            lengte = inhoudslengte(kop) if kop.startswith(b"POST") else 0
            if len(self._buffer) < einde + 4 + lengte:
                return
            body = bytes(self._buffer[einde + 4 : einde + 4 + lengte])
            del self._buffer[: einde + 4 + lengte]
            antwoord = self._neem(kop, body) if body else self._vertel(kop.split()[1].decode())
            assert self._vervoer is not None
            self._vervoer.write((_KOP % len(antwoord)).encode() + antwoord)

    def _neem(self, kop: bytes, body: bytes) -> bytes:
        soort = _Verbinding
        soort.aantal += 1
        soort.laatste = kop, body
        zaak, referentie = _ZAAK.search(body), _REFERENTIE.search(body)
        pad = kop.split(maxsplit=2)[1]
        soort.ontvangen.append((time.time(), pad.decode(), zaak[1].decode() if zaak else ""))
        return (_ANTWOORD % (referentie[1].decode() if referentie else "")).encode()

    def _vertel(self, pad: str) -> bytes:
        soort = _Verbinding
        waarde: Any = {"aantal": soort.aantal, "cpu": time.process_time()}
        if pad == "/ontvangen":
            waarde = soort.ontvangen[:]
            soort.ontvangen.clear()
        elif pad == "/laatste":
            waarde = [deel.decode() for deel in soort.laatste]
        return json.dumps(waarde).encode()


def vraag(poort: int, wat: str) -> Any:
    """Ask a receiver: `stand`, `ontvangen` or `laatste`. Raises OSError when it is not there."""
    with urllib.request.urlopen(f"http://127.0.0.1:{poort}/{wat}", timeout=10) as antwoord:
        return json.loads(antwoord.read())


async def _luister(poort: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Verbinding, "127.0.0.1", poort)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_luister(int(sys.argv[1])))
